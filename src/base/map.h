/* map.h - a hash index: from a key to a 32-bit number, usually an array index.
 *
 * The map stores hashes and numbers, never keys: the caller's objects hold
 * those, and say through @same whether a number's object has the key. Order of
 * iteration is not offered: it would make decisions depend on hashes.
 */
#ifndef BATON_BASE_MAP_H
#define BATON_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/text.h"

struct map_slot;

/* Does the object numbered @value, of the owner @ctx, have the key *@key? */
typedef bool map_same_fn(const void *ctx, uint32_t value, const void *key);

struct map {
  const struct mem *mem;
  const void *ctx;
  map_same_fn *same;
  struct map_slot *slots;
  size_t cap; /* a power of two, or 0 */
  size_t count;
};

#define MAP_NONE UINT32_MAX

void map_init(struct map *m, const struct mem *mem, map_same_fn *same,
              const void *ctx);
void map_free(struct map *m);
void map_clear(struct map *m);
uint32_t map_get(const struct map *m, uint64_t hash, const void *key);
/* Room for @more further keys, so that that many map_put cannot fail. */
bool map_reserve(struct map *m, size_t more);
/* The key must not be there yet. False when there is no memory. */
bool map_put(struct map *m, uint64_t hash, uint32_t value);
/* Removes exactly this number under this hash; false if it is not there. */
bool map_remove(struct map *m, uint64_t hash, uint32_t value);

/* The memory that it has taken. */
size_t map_bytes(const struct map *m);

uint64_t hash_bytes(const void *ptr,
                    size_t len); /* fixed seed, for ever the same */
uint64_t hash_text(struct text t);
uint64_t hash_text_nocase(struct text t);
uint64_t hash_u64(uint64_t n);

#endif
