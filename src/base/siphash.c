#include "base/siphash.h"

#include <string.h>

#include "base/word_priv.h"

static uint64_t turn(uint64_t word, unsigned bits) {
  return word << bits | word >> (64 - bits);
}

static void mix(uint64_t v[4], unsigned rounds) {
  for (unsigned i = 0; i < rounds; i++) {
    v[0] += v[1];
    v[2] += v[3];
    v[1] = turn(v[1], 13) ^ v[0];
    v[3] = turn(v[3], 16) ^ v[2];
    v[0] = turn(v[0], 32);
    v[2] += v[1];
    v[0] += v[3];
    v[1] = turn(v[1], 17) ^ v[2];
    v[3] = turn(v[3], 21) ^ v[0];
    v[2] = turn(v[2], 32);
  }
}

static void absorb(uint64_t v[4], uint64_t word) {
  v[3] ^= word;
  mix(v, 2);
  v[0] ^= word;
}

uint64_t siphash_text(const struct siphash_key *key, struct text t) {
  /* "somepseudorandomlygeneratedbytes" */
  uint64_t v[4] = {key->k[0] ^ UINT64_C(0x736f6d6570736575),
                   key->k[1] ^ UINT64_C(0x646f72616e646f6d),
                   key->k[0] ^ UINT64_C(0x6c7967656e657261),
                   key->k[1] ^ UINT64_C(0x7465646279746573)};
  size_t at = 0;
  for (; at + 8 <= t.len; at += 8) {
    absorb(v, word_load(t.ptr + at));
  }
  unsigned char last[8] = {0};
  if (at < t.len) {
    memcpy(last, t.ptr + at, t.len - at);
  }
  last[7] = (unsigned char)t.len;
  absorb(v, word_load(last));
  v[2] ^= 0xff;
  mix(v, 4);
  return v[0] ^ v[1] ^ v[2] ^ v[3];
}
