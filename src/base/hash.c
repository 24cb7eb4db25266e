/* The hashes of map.h. Snapshots and tests know their values: never change. */
#include "base/map.h"
#include "base/word_priv.h"

#define SEED UINT64_C(0x8a91a6d40bf42040)
#define STEP UINT64_C(0xe7037ed1a0b428db)

static uint64_t finish(uint64_t h) {
  h = (h ^ h >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  h = (h ^ h >> 27) * UINT64_C(0x94d049bb133111eb);
  return h ^ h >> 31;
}

static uint64_t add_word(uint64_t h, uint64_t word) {
  h = (h ^ word) * STEP;
  return h ^ h >> 32;
}

static uint64_t load_tail(const unsigned char *p, size_t len) {
  uint64_t word = 0;
  for (size_t i = 0; i < len; i++) {
    word |= (uint64_t)p[i] << 8 * i;
  }
  return word;
}

/* ASCII capitals become small letters, in all eight bytes at once. */
static uint64_t fold_case(uint64_t word) {
  const uint64_t low = word & WORD_ONES * 0x7f;
  const uint64_t from_a = low + WORD_ONES * (0x80 - 'A');
  const uint64_t above_z = low + WORD_ONES * (0x80 - 'Z' - 1);
  const uint64_t capital = from_a & ~above_z & ~word & WORD_ONES * 0x80;
  return word | capital >> 2;
}

uint64_t hash_bytes(const void *ptr, size_t len) {
  const unsigned char *p = ptr;
  uint64_t h = SEED ^ len * STEP;
  for (; len >= 8; len -= 8, p += 8) {
    h = add_word(h, word_load(p));
  }
  return finish(add_word(h, load_tail(p, len)));
}

uint64_t hash_text(struct text t) {
  return hash_bytes(t.ptr, t.len);
}

uint64_t hash_text_nocase(struct text t) {
  const unsigned char *p = (const unsigned char *)t.ptr;
  size_t len = t.len;
  uint64_t h = SEED ^ len * STEP;
  for (; len >= 8; len -= 8, p += 8) {
    h = add_word(h, fold_case(word_load(p)));
  }
  return finish(add_word(h, fold_case(load_tail(p, len))));
}

uint64_t hash_u64(uint64_t n) {
  return finish(n + SEED);
}
