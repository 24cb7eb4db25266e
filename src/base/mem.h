/* mem.h - where memory comes from: handed in by the shell, never taken.
 *
 * Pure modules must not call malloc: the simulator and the tests decide what
 * they get and which allocation fails. Every object that grows keeps the
 * `struct mem` it was made with, borrowed: the shell's outlives it.
 */
#ifndef BATON_BASE_MEM_H
#define BATON_BASE_MEM_H

#include <stdbool.h>
#include <stddef.h>

/* resize(ctx, NULL, 0, n) allocates, (p, old, n) moves, (p, old, 0) frees and
 * returns NULL. Returns NULL when there is no more; @old then still stands.
 * Memory is aligned for any type; new bytes are not cleared. */
struct mem {
  void *(*resize)(void *ctx, void *old, size_t old_size, size_t new_size);
  void *ctx;
};

/* NULL when there is no more. Cleared to zero. */
void *mem_new(const struct mem *mem, size_t size);
void mem_free(const struct mem *mem, void *ptr, size_t size);
/* The same for what is only read until then. */
void mem_free_const(const struct mem *mem, const void *ptr, size_t size);

/* Make room for @want elements of @size bytes in the array *@ptr of *@cap
 * elements, growing by half again at least; new elements are cleared. True if
 * there is room; on false nothing has changed. */
bool mem_grow(const struct mem *mem, void *ptr_to_ptr, size_t *cap, size_t want,
              size_t size);

#endif
