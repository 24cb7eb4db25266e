/* latency_priv.h - how long something takes: percentiles in constant space. */
#ifndef BATON_JOURNAL_LATENCY_PRIV_H
#define BATON_JOURNAL_LATENCY_PRIV_H

#include <stdint.h>

/* Eight buckets to each doubling: an answer is at most an eighth too high. */
enum { LATENCY_STEPS = 8, LATENCY_BUCKETS = 40 * LATENCY_STEPS };

struct latency {
  uint64_t count;
  uint64_t bucket[LATENCY_BUCKETS];
};

void latency_add(struct latency *l, int64_t us);
/* The value that @percent of all were not above; 0 if there are none. */
int64_t latency_percentile(const struct latency *l, unsigned percent);

#endif
