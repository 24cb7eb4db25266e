/* metrics.h - what a running server says of its journal, from /metrics. */
#ifndef BATON_BENCH_METRICS_H
#define BATON_BENCH_METRICS_H

#include <stdint.h>

#include "base/text.h"
#include "bench/bench.h"
#include "net/loop.h"

struct metrics {
  double batches, bytes, groups; /* since it was started */
  /* Write and sync of a group commit, of the newest ones. */
  double commit_p50_s, commit_p99_s;
};

/* Asks and waits, running the loop. BT_ERR_IO: no answer, or not such. */
enum bt_err metrics_fetch(struct bench *b, struct loop *loop, struct text host,
                          uint16_t port, struct metrics *out) BT_USE_RESULT;
/* What does not stand in @page reads as 0. */
struct metrics metrics_read(struct text page);

#endif
