/* image_read_priv.h - the bytes of an image, read one thing after the other.
 *
 * Each reader is told where to begin and says where it ended; behind a fault
 * that is the end, where nothing more is read. The place is handed round and
 * not kept in the reader, because then it stays in a register: it moves with
 * every byte.
 */
#ifndef BATON_STUDIO_IMAGE_READ_PRIV_H
#define BATON_STUDIO_IMAGE_READ_PRIV_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

struct image_reader {
  const unsigned char *end;
  bool bad; /* ran out, or something in it cannot be */
};

static inline struct image_reader image_reader_of(struct text bytes) {
  return (struct image_reader){(const unsigned char *)bytes.ptr + bytes.len,
                               false};
}

static inline const unsigned char *fault(struct image_reader *r) {
  r->bad = true;
  return r->end;
}

static inline const unsigned char *
take_byte(struct image_reader *r, const unsigned char *at, unsigned *out) {
  if (at == r->end) {
    *out = 0;
    return fault(r);
  }
  *out = *at;
  return at + 1;
}

static inline const unsigned char *
take_fixed(struct image_reader *r, const unsigned char *at, uint64_t *out) {
  *out = 0;
  if (r->end - at < 8) {
    return fault(r);
  }
  *out = (uint64_t)at[0] | (uint64_t)at[1] << 8 | (uint64_t)at[2] << 16 |
         (uint64_t)at[3] << 24 | (uint64_t)at[4] << 32 | (uint64_t)at[5] << 40 |
         (uint64_t)at[6] << 48 | (uint64_t)at[7] << 56;
  return at + 8;
}

static const unsigned char *take_long_uint(struct image_reader *r,
                                           const unsigned char *at,
                                           uint64_t max, uint64_t *out) {
  uint64_t n = 0;
  *out = 0;
  for (unsigned shift = 0; shift < 64 && at < r->end; shift += 7) {
    const unsigned byte = *at++;
    n |= (uint64_t)(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) {
      *out = n <= max ? n : 0;
      return n <= max ? at : fault(r);
    }
  }
  return fault(r);
}

/* At most @max, else 0 and a fault. Nearly all have one byte. */
static inline const unsigned char *take_uint(struct image_reader *r,
                                             const unsigned char *at,
                                             uint64_t max, uint64_t *out) {
  if (at < r->end && *at < 0x80 && *at <= max) {
    *out = *at;
    return at + 1;
  }
  return take_long_uint(r, at, max, out);
}

static inline const unsigned char *
take_int(struct image_reader *r, const unsigned char *at, int64_t *out) {
  uint64_t n;
  at = take_uint(r, at, UINT64_MAX, &n);
  *out = (int64_t)(n >> 1 ^ (n & 1 ? UINT64_MAX : 0));
  return at;
}

/* Not looked at. */
static inline const unsigned char *
take_bytes(struct image_reader *r, const unsigned char *at, struct text *out) {
  uint64_t len;
  at = take_uint(r, at, (uint64_t)(r->end - at), &len);
  if (len > (uint64_t)(r->end - at)) {
    at = fault(r);
    len = 0;
  }
  *out = (struct text){(const char *)at, (size_t)len};
  return at + len;
}

static inline const unsigned char *
take_text(struct image_reader *r, const unsigned char *at, struct text *out) {
  at = take_bytes(r, at, out);
  return utf8_first_bad(*out) == out->len ? at : fault(r);
}

#endif
