/* arena.h - memory that is given back all at once.
 *
 * For what lives as long as one step, one request or one compilation. Grows by
 * chunks from its `struct mem`; reset keeps the largest chunk for the next use.
 */
#ifndef BATON_BASE_ARENA_H
#define BATON_BASE_ARENA_H

#include <stddef.h>

#include "base/mem.h"
#include "base/text.h"

struct arena_chunk;

struct arena {
  const struct mem *mem;
  struct arena_chunk *chunk; /* newest first */
  size_t limit;              /* bytes in all; 0 for no limit */
  size_t used;
};

void arena_init(struct arena *a, const struct mem *mem, size_t limit);
void arena_reset(struct arena *a);
void arena_free(struct arena *a);

/* NULL when the limit or the memory is used up. Cleared, aligned for any type.
 */
void *arena_alloc(struct arena *a, size_t size);

/* A copy of @t that lives in @a, followed by a NUL that is not counted.
 * A text with ptr NULL when there is no more memory. */
struct text arena_copy_text(struct arena *a, struct text t);

#endif
