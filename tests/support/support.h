/* support.h - what tests share: memory that counts, and fails on purpose;
 * how much to do. */
#ifndef BATON_TESTS_SUPPORT_H
#define BATON_TESTS_SUPPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"

struct test_mem {
  struct mem mem;    /* pass &tm.mem to the code under test */
  size_t live_bytes; /* handed out and not given back */
  size_t live_blocks;
  uint64_t calls;     /* allocations so far */
  uint64_t fail_at;   /* the call (from 1) that returns NULL; 0 never */
  bool fail_for_ever; /* … and every one after it */
};

void test_mem_init(struct test_mem *tm);

/* How many of @steps a test that only counts them takes: a tenth under a
 * sanitizer, where each costs about ten times as much. */
uint64_t test_steps(uint64_t steps);

#endif
