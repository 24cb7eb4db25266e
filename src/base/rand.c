#include "base/rand.h"

#include "base/check.h"

/* splitmix64: fills the state so that near seeds give far streams. */
static uint64_t split_mix(uint64_t *state) {
  *state += UINT64_C(0x9e3779b97f4a7c15);
  uint64_t z = *state;
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return z ^ z >> 31;
}

void rand_seed(struct rand *r, uint64_t seed) {
  for (int i = 0; i < 4; i++) {
    r->s[i] = split_mix(&seed);
  }
}

static uint64_t rotate_left(uint64_t n, unsigned by) {
  return n << by | n >> (64 - by);
}

uint64_t rand_u64(struct rand *r) {
  uint64_t *s = r->s;
  const uint64_t result = rotate_left(s[1] * 5, 7) * 9;
  const uint64_t t = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = rotate_left(s[3], 45);
  return result;
}

uint64_t rand_below(struct rand *r, uint64_t bound) {
  bt_check(bound > 0);
  uint64_t mask = bound - 1;
  for (unsigned by = 1; by < 64; by *= 2) {
    mask |= mask >> by;
  }
  /* Throwing away what is too big keeps every result equally likely; the mask
   * makes that less than one throw on average. */
  uint64_t n = rand_u64(r) & mask;
  while (n >= bound) {
    n = rand_u64(r) & mask;
  }
  return n;
}

double rand_unit(struct rand *r) {
  return (double)(rand_u64(r) >> 11) * 0x1p-53;
}
