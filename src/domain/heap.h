/* heap.h - the C library's allocator as a struct mem, for the shells. */
#ifndef BATON_DOMAIN_HEAP_H
#define BATON_DOMAIN_HEAP_H

#include "base/mem.h"

/* Static storage; any number of objects may share it, one thread at a time. */
const struct mem *heap_mem(void);

/* For a process that keeps much and for long: what it has lies on huge pages,
 * as far as the system has them. Before anything is taken, and before there is
 * a second thread. */
void heap_use_huge_pages(void);

#endif
