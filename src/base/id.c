#include "base/id.h"

#include "base/check.h"
#include "base/map.h"

bool id_equal(struct id a, struct id b) {
  return a.hi == b.hi && a.lo == b.lo;
}

bool id_is_null(struct id a) {
  return a.hi == 0 && a.lo == 0;
}

int id_compare(struct id a, struct id b) {
  if (a.hi != b.hi) {
    return a.hi < b.hi ? -1 : 1;
  }
  return (a.lo > b.lo) - (a.lo < b.lo);
}

uint64_t id_hash(struct id a) {
  return hash_u64(a.hi ^ hash_u64(a.lo));
}

struct id id_make_v7(int64_t unix_ms, uint64_t entropy_hi,
                     uint64_t entropy_lo) {
  bt_check(unix_ms >= 0 && unix_ms < INT64_C(1) << 48);
  const uint64_t version = UINT64_C(7) << 12;
  const uint64_t variant = UINT64_C(2) << 62;
  return (struct id){
      .hi = (uint64_t)unix_ms << 16 | version | (entropy_hi & 0xfff),
      .lo = variant | (entropy_lo & (UINT64_MAX >> 2)),
  };
}

static bool is_dash(size_t at) {
  return at == 8 || at == 13 || at == 18 || at == 23;
}

void id_to_text(struct id a, char out[ID_TEXT_LEN]) {
  static const char hex[] = "0123456789abcdef";
  unsigned nibble = 0;
  for (size_t at = 0; at < ID_TEXT_LEN; at++) {
    if (is_dash(at)) {
      out[at] = '-';
      continue;
    }
    const uint64_t half = nibble < 16 ? a.hi : a.lo;
    out[at] = hex[half >> (60 - nibble % 16 * 4) & 0xf];
    nibble++;
  }
}

/* 16 for anything but a hexadecimal digit. */
static unsigned nibble_from(char c) {
  if (c >= '0' && c <= '9') {
    return (unsigned)(c - '0');
  }
  if (c >= 'a' && c <= 'f') {
    return (unsigned)(c - 'a') + 10;
  }
  if (c >= 'A' && c <= 'F') {
    return (unsigned)(c - 'A') + 10;
  }
  return 16;
}

bool id_from_text(struct text t, struct id *out) {
  if (t.len != ID_TEXT_LEN) {
    return false;
  }
  struct id a = {0, 0};
  for (size_t at = 0; at < ID_TEXT_LEN; at++) {
    if (is_dash(at)) {
      if (t.ptr[at] != '-') {
        return false;
      }
      continue;
    }
    const unsigned nibble = nibble_from(t.ptr[at]);
    if (nibble > 15) {
      return false;
    }
    a.hi = a.hi << 4 | a.lo >> 60;
    a.lo = a.lo << 4 | nibble;
  }
  *out = a;
  return true;
}

void id_to_bytes(struct id a, uint8_t out[ID_BYTES]) {
  for (unsigned i = 0; i < 8; i++) {
    out[i] = (uint8_t)(a.hi >> (56 - 8 * i));
    out[8 + i] = (uint8_t)(a.lo >> (56 - 8 * i));
  }
}

struct id id_from_bytes(const uint8_t bytes[ID_BYTES]) {
  struct id id = {0, 0};
  for (unsigned i = 0; i < 8; i++) {
    id.hi = id.hi << 8 | bytes[i];
    id.lo = id.lo << 8 | bytes[8 + i];
  }
  return id;
}
