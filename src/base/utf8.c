#include "base/check.h"
#include "base/text.h"
#include "base/word_priv.h"

static unsigned char byte_at(struct text t, size_t at) {
  return (unsigned char)t.ptr[at];
}

static bool continues(unsigned char byte) {
  return (byte & 0xc0) == 0x80;
}

/* The second byte also tells overlong forms, surrogates and what lies beyond
 * U+10FFFF (Unicode 15, table 3-7). */
static bool second_fits(unsigned char first, unsigned char second) {
  switch (first) {
  case 0xe0:
    return second >= 0xa0 && second <= 0xbf;
  case 0xed:
    return second >= 0x80 && second <= 0x9f;
  case 0xf0:
    return second >= 0x90 && second <= 0xbf;
  case 0xf4:
    return second >= 0x80 && second <= 0x8f;
  default:
    return continues(second);
  }
}

/* 0 for a byte that begins nothing. */
static size_t length_from_first(unsigned char first) {
  if (first < 0x80) {
    return 1;
  }
  if (first < 0xc2) {
    return 0;
  }
  if (first < 0xe0) {
    return 2;
  }
  if (first < 0xf0) {
    return 3;
  }
  return first < 0xf5 ? 4 : 0;
}

size_t utf8_length(struct text t, size_t at) {
  if (at >= t.len) {
    return 0;
  }
  const unsigned char first = byte_at(t, at);
  const size_t length = length_from_first(first);
  if (length < 2) {
    return length;
  }
  if (length > t.len - at || !second_fits(first, byte_at(t, at + 1))) {
    return 0;
  }
  for (size_t i = 2; i < length; i++) {
    if (!continues(byte_at(t, at + i))) {
      return 0;
    }
  }
  return length;
}

static bool eight_are_ascii(const char *ptr) {
  return (word_load(ptr) & WORD_ONES * 0x80) == 0;
}

size_t utf8_first_bad(struct text t) {
  size_t at = 0;
  while (at < t.len) {
    if (t.len - at >= 8 && eight_are_ascii(t.ptr + at)) {
      at += 8;
      continue;
    }
    const size_t length = utf8_length(t, at);
    if (length == 0) {
      return at;
    }
    at += length;
  }
  return t.len;
}

uint32_t utf8_decode(struct text t, size_t at, size_t *length) {
  const size_t bytes = utf8_length(t, at);
  bt_check(bytes != 0);
  static const unsigned char first_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
  uint32_t code_point = byte_at(t, at) & first_bits[bytes];
  for (size_t i = 1; i < bytes; i++) {
    code_point = code_point << 6 | (byte_at(t, at + i) & 0x3f);
  }
  *length = bytes;
  return code_point;
}

static char continuation(uint32_t code_point, unsigned shift) {
  return (char)(0x80 | (code_point >> shift & 0x3f));
}

size_t utf8_encode(uint32_t code_point, char out[4]) {
  bt_check(code_point <= 0x10ffff);
  bt_check(code_point < 0xd800 || code_point > 0xdfff);
  if (code_point < 0x80) {
    out[0] = (char)code_point;
    return 1;
  }
  if (code_point < 0x800) {
    out[0] = (char)(0xc0 | code_point >> 6);
    out[1] = continuation(code_point, 0);
    return 2;
  }
  if (code_point < 0x10000) {
    out[0] = (char)(0xe0 | code_point >> 12);
    out[1] = continuation(code_point, 6);
    out[2] = continuation(code_point, 0);
    return 3;
  }
  out[0] = (char)(0xf0 | code_point >> 18);
  out[1] = continuation(code_point, 12);
  out[2] = continuation(code_point, 6);
  out[3] = continuation(code_point, 0);
  return 4;
}

size_t utf8_count(struct text t) {
  size_t count = 0;
  for (size_t i = 0; i < t.len; i++) {
    count += !continues(byte_at(t, i));
  }
  return count;
}

struct text utf8_cut(struct text t, size_t max) {
  size_t len = t.len < max ? t.len : max;
  while (len > 0 && len < t.len && continues(byte_at(t, len))) {
    len--;
  }
  return text_sub(t, 0, len);
}

/* The last byte that was left is given up: without the one behind it nobody
 * knows whether a character ends there. */
struct text utf8_printed(const char *buffer, size_t size, int length) {
  if (length < 0 || size < 2) {
    return TEXT("");
  }
  const size_t len = (size_t)length;
  return len < size ? (struct text){buffer, len}
                    : utf8_cut((struct text){buffer, size - 1}, size - 2);
}
