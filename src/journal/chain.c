#include "journal/chain_priv.h"

#include <string.h>

/* XXH64 as specified in github.com/Cyan4973/xxHash, doc/xxhash_spec.md 0.1.1;
 * the names of the primes and the steps are the specification's. */
static const uint64_t PRIME_1 = 0x9E3779B185EBCA87u;
static const uint64_t PRIME_2 = 0xC2B2AE3D27D4EB4Fu;
static const uint64_t PRIME_3 = 0x165667B19E3779F9u;
static const uint64_t PRIME_4 = 0x85EBCA77C2B2AE63u;
static const uint64_t PRIME_5 = 0x27D4EB2F165667C5u;

enum { STRIPE = 32, LANES = 4 };

static uint64_t rotate(uint64_t x, unsigned bits) {
  return x << bits | x >> (64 - bits);
}

/* Little-endian on every machine; compilers make one load of it. */
static uint64_t read_le(const char *p, unsigned bytes) {
  uint64_t n = 0;
  for (unsigned i = 0; i < bytes; i++) {
    n |= (uint64_t)(unsigned char)p[i] << (8 * i);
  }
  return n;
}

static uint64_t lane_round(uint64_t lane, uint64_t input) {
  return rotate(lane + input * PRIME_2, 31) * PRIME_1;
}

static uint64_t lanes_merge(const uint64_t lane[LANES]) {
  uint64_t acc = rotate(lane[0], 1) + rotate(lane[1], 7) + rotate(lane[2], 12) +
                 rotate(lane[3], 18);
  for (int i = 0; i < LANES; i++) {
    acc = (acc ^ lane_round(0, lane[i])) * PRIME_1 + PRIME_4;
  }
  return acc;
}

static uint64_t hash_stripes(const char **at, const char *end, uint64_t seed) {
  uint64_t lane[LANES] = {seed + PRIME_1 + PRIME_2, seed + PRIME_2, seed,
                          seed - PRIME_1};
  while (end - *at >= STRIPE) {
    for (int i = 0; i < LANES; i++, *at += 8) {
      lane[i] = lane_round(lane[i], read_le(*at, 8));
    }
  }
  return lanes_merge(lane);
}

static uint64_t hash_tail(uint64_t acc, const char *p, const char *end) {
  for (; end - p >= 8; p += 8) {
    acc = rotate(acc ^ lane_round(0, read_le(p, 8)), 27) * PRIME_1 + PRIME_4;
  }
  if (end - p >= 4) {
    acc = rotate(acc ^ read_le(p, 4) * PRIME_1, 23) * PRIME_2 + PRIME_3;
    p += 4;
  }
  for (; p < end; p++) {
    acc = rotate(acc ^ read_le(p, 1) * PRIME_5, 11) * PRIME_1;
  }
  return acc;
}

uint64_t chain_hash(struct text bytes, uint64_t seed) {
  const char *at = bytes.len == 0 ? "" : bytes.ptr;
  const char *end = at + bytes.len;
  uint64_t acc =
      bytes.len >= STRIPE ? hash_stripes(&at, end, seed) : seed + PRIME_5;
  acc = hash_tail(acc + bytes.len, at, end);
  acc = (acc ^ acc >> 33) * PRIME_2;
  acc = (acc ^ acc >> 29) * PRIME_3;
  return acc ^ acc >> 32;
}

uint64_t chain_begin(struct text centre, int64_t created_us) {
  return chain_hash(centre, (uint64_t)created_us);
}

uint64_t chain_next(uint64_t before, uint64_t seq, struct text bytes) {
  return chain_hash(bytes, before ^ seq * PRIME_3);
}
