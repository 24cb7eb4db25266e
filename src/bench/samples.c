#include "bench/samples.h"

#include <stdlib.h>

void samples_init(struct samples *s, const struct mem *mem) {
  *s = (struct samples){.mem = mem};
}

void samples_free(struct samples *s) {
  mem_free(s->mem, s->items, s->cap * sizeof *s->items);
  samples_init(s, s->mem);
}

void samples_clear(struct samples *s) {
  s->count = 0;
  s->lost = 0;
}

void samples_add(struct samples *s, int64_t value) {
  if (!mem_grow(s->mem, &s->items, &s->cap, s->count + 1, sizeof *s->items)) {
    s->lost++;
    return;
  }
  s->items[s->count++] = value;
}

static int compare(const void *a, const void *b) {
  const int64_t x = *(const int64_t *)a;
  const int64_t y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

void samples_sort(struct samples *s) {
  if (s->count > 0) {
    qsort(s->items, s->count, sizeof *s->items, compare);
  }
}

int64_t samples_at(const struct samples *s, unsigned thousandths) {
  if (s->count == 0) {
    return 0;
  }
  /* Nearest rank, rounded up: the median of one sample is that sample. */
  const size_t rank = (s->count * thousandths + 999) / 1000;
  return s->items[rank == 0 ? 0 : rank - 1];
}
