#include "codec/snapshot.h"

#include "codec/record_priv.h"

enum { WORD_BYTES = 8, HEADER_BYTES = 1 + 2 * WORD_BYTES };

static void set_u64(char *bytes, uint64_t n) {
  for (size_t i = 0; i < WORD_BYTES; i++) {
    bytes[i] = (char)(unsigned char)(n >> (56 - 8 * i));
  }
}

static uint64_t get_u64(const char *bytes) {
  uint64_t n = 0;
  for (size_t i = 0; i < WORD_BYTES; i++) {
    n = n << 8 | (unsigned char)bytes[i];
  }
  return n;
}

struct sink {
  struct textbuf *out;
  struct record none; /* nothing is like before: texts may be gone by then */
  uint64_t count;
};

static bool put_record(void *ctx, const struct record *r) {
  struct sink *s = ctx;
  codec_put_record(s->out, r, &s->none);
  s->count++;
  return !s->out->failed;
}

void snapshot_encode(const struct engine *e, struct textbuf *out) {
  const size_t at = out->len;
  char header[HEADER_BYTES] = {SNAPSHOT_VERSION};
  set_u64(header + 1, engine_seq(e));
  textbuf_add(out, (struct text){header, sizeof header});
  struct sink s = {.out = out};
  record_init(&s.none, 0);
  if (engine_save(e, put_record, &s) && !out->failed) {
    set_u64(out->ptr + at + 1 + WORD_BYTES, s.count);
  }
}

enum bt_err snapshot_open(struct text bytes, struct text *records,
                          uint64_t *count) {
  if (bytes.len < HEADER_BYTES || bytes.ptr[0] == 0) {
    return BT_ERR_CORRUPT;
  }
  if (bytes.ptr[0] != SNAPSHOT_VERSION) {
    return BT_ERR_FOREIGN;
  }
  *count = get_u64(bytes.ptr + 1 + WORD_BYTES);
  *records = text_sub(bytes, HEADER_BYTES, bytes.len);
  return BT_ERR_OK;
}

static enum bt_err take_record(struct engine *e, struct text *rest,
                               struct seal_reader *u) {
  struct record r;
  record_init(&r, 0);
  enum bt_err err = codec_take_record(rest, &r);
  if (err == BT_ERR_OK) {
    err = seal_reader_open(u, &r);
  }
  if (err == BT_ERR_OK && !engine_restore(e, &r)) {
    err = BT_ERR_CORRUPT;
  }
  return err;
}

enum bt_err snapshot_decode_kept(struct engine *e, struct text bytes,
                                 struct seal_reader *u) {
  struct text rest;
  uint64_t count = 0;
  const enum bt_err opened = snapshot_open(bytes, &rest, &count);
  if (opened != BT_ERR_OK) {
    return opened;
  }
  const uint64_t seq = get_u64(bytes.ptr + 1);
  for (uint64_t i = 0; i < count; i++) {
    const enum bt_err err = take_record(e, &rest, u);
    if (err != BT_ERR_OK) {
      return err;
    }
  }
  if (rest.len > 0) {
    return BT_ERR_CORRUPT;
  }
  engine_restore_done(e, seq);
  return BT_ERR_OK;
}

enum bt_err snapshot_decode(struct engine *e, struct text bytes) {
  struct seal_reader none = {.seal = NULL};
  return snapshot_decode_kept(e, bytes, &none);
}
