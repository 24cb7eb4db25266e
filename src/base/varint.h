/* varint.h - whole numbers as bytes: LEB128, always in the shortest form. */
#ifndef BATON_BASE_VARINT_H
#define BATON_BASE_VARINT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

enum { VARINT_BYTES_MAX = 10 };

/* Writes @n at @out, which has room for VARINT_BYTES_MAX; returns the byte
 * behind it. */
char *varint_write(char *out, uint64_t n);
/* The same at the end of @out. */
void varint_put(struct textbuf *out, uint64_t n);
/* Takes a number from the beginning of @rest. False: cut off, beyond 64 bits,
 * or not in its shortest form; then *out stands. Most are below 128. */
bool varint_take_long(struct text *rest, uint64_t *out);
static inline bool varint_take(struct text *rest, uint64_t *out) {
  if (rest->len == 0 || (unsigned char)*rest->ptr >= 0x80) {
    return varint_take_long(rest, out);
  }
  *out = (unsigned char)*rest->ptr++;
  rest->len--;
  return true;
}

#endif
