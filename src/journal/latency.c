#include "journal/latency_priv.h"

#include <stddef.h>

/* 0 … 15 have a bucket each; above, the three bits after the leading one
 * choose the step within the doubling. */
static size_t bucket_of(uint64_t us) {
  unsigned shift = 0;
  while (us >> shift >= (uint64_t)2 * LATENCY_STEPS) {
    shift++;
  }
  const size_t i = (size_t)shift * LATENCY_STEPS + (size_t)(us >> shift);
  return i < LATENCY_BUCKETS ? i : LATENCY_BUCKETS - 1;
}

static int64_t bucket_top(size_t i) {
  if (i < (size_t)2 * LATENCY_STEPS) {
    return (int64_t)i;
  }
  const size_t shift = i / LATENCY_STEPS - 1;
  const uint64_t step = i - shift * LATENCY_STEPS;
  return (int64_t)(((step + 1) << shift) - 1);
}

void latency_add(struct latency *l, int64_t us) {
  l->bucket[bucket_of(us < 0 ? 0 : (uint64_t)us)]++;
  l->count++;
}

int64_t latency_percentile(const struct latency *l, unsigned percent) {
  const uint64_t rank = (l->count * percent + 99) / 100;
  uint64_t seen = 0;
  for (size_t i = 0; i < LATENCY_BUCKETS && rank > 0; i++) {
    seen += l->bucket[i];
    if (seen >= rank) {
      return bucket_top(i);
    }
  }
  return 0;
}
