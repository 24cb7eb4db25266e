/* heap.h - the C library's allocator as a struct mem, for the shells. */
#ifndef BATON_DOMAIN_HEAP_H
#define BATON_DOMAIN_HEAP_H

#include <stdbool.h>

#include "base/mem.h"

/* Static storage; any number of objects may share it, one thread at a time. */
const struct mem *heap_mem(void);

/* For a process that keeps much and for long: what it has lies on huge pages,
 * as far as the system has them. Before anything is taken, and before there is
 * a second thread. */
void heap_use_huge_pages(void);

/* Memory for when there is no more; before anything is taken. False: it cannot
 * be had. */
bool heap_keep_reserve(void);
/* The same for who takes memory as the C library gives it, and ends the process
 * without it: libuv. As malloc(), calloc(), realloc() and free(). */
void *heap_c_malloc(size_t size);
void *heap_c_calloc(size_t count, size_t size);
void *heap_c_realloc(void *old, size_t size);
void heap_c_free(void *old);
/* Is memory so short that the reserve is used? Then what has begun is finished
 * and nothing new is begun. Asks the C library, if it was short the last time.
 */
bool heap_is_short(void);

#endif
