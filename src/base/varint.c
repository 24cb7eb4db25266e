#include "base/varint.h"

char *varint_write(char *out, uint64_t n) {
  while (n >= 0x80) {
    *out++ = (char)(n | 0x80);
    n >>= 7;
  }
  *out++ = (char)n;
  return out;
}

void varint_put(struct textbuf *out, uint64_t n) {
  char bytes[VARINT_BYTES_MAX];
  const char *end = varint_write(bytes, n);
  textbuf_add(out, (struct text){bytes, (size_t)(end - bytes)});
}

bool varint_take_long(struct text *rest, uint64_t *out) {
  uint64_t n = 0;
  for (size_t i = 0; i < rest->len && i < VARINT_BYTES_MAX; i++) {
    const uint64_t byte = (unsigned char)rest->ptr[i];
    const bool too_large = i == VARINT_BYTES_MAX - 1 && byte > 1;
    const bool too_long = i > 0 && byte == 0;
    if (too_large || too_long) {
      return false;
    }
    n |= (byte & 0x7f) << (7 * i);
    if (byte < 0x80) {
      *rest = text_sub(*rest, i + 1, rest->len);
      *out = n;
      return true;
    }
  }
  return false;
}
