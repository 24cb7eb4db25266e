/* word_priv.h - eight bytes looked at as one number. */
#ifndef BATON_BASE_WORD_PRIV_H
#define BATON_BASE_WORD_PRIV_H

#include <stdint.h>

/* Times a byte: that byte in all eight places. */
#define WORD_ONES UINT64_C(0x0101010101010101)

/* The first byte is the lowest, on every machine; where that is the machine's
 * own order, compilers make a single load of it. */
static inline uint64_t word_load(const void *ptr) {
  const unsigned char *p = ptr;
  return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 |
         (uint64_t)p[3] << 24 | (uint64_t)p[4] << 32 | (uint64_t)p[5] << 40 |
         (uint64_t)p[6] << 48 | (uint64_t)p[7] << 56;
}

#endif
