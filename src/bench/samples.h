/* samples.h - measured values, and their percentiles. */
#ifndef BATON_BENCH_SAMPLES_H
#define BATON_BENCH_SAMPLES_H

#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"

struct samples {
  const struct mem *mem;
  int64_t *items;
  size_t count, cap;
  size_t lost; /* there was no memory for them */
};

void samples_init(struct samples *s, const struct mem *mem);
void samples_free(struct samples *s);
void samples_clear(struct samples *s); /* keeps the memory */
void samples_add(struct samples *s, int64_t value);
void samples_sort(struct samples *s);
/* Of sorted samples: the value that @thousandths of them do not exceed; 0 if
 * there are none. */
int64_t samples_at(const struct samples *s, unsigned thousandths);

#endif
