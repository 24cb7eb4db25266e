/* journal.h - how many batches a second become durable, and how late.
 *
 * One thread keeps a number of batches in flight, as the server does: it sleeps
 * on a descriptor that the journal's thread writes to. Every eighth batch ends
 * a session.
 */
#ifndef BATON_BENCH_JOURNAL_H
#define BATON_BENCH_JOURNAL_H

#include <stddef.h>
#include <stdint.h>

#include "bench/bench.h"

enum { BENCH_JOURNAL_BATCH_BYTES = 300, BENCH_JOURNAL_FLIGHT_MAX = 4096 };

struct bench_journal_options {
  const char *dir; /* a new directory is made in it, and removed */
  const uint32_t *flights;
  size_t flight_count;
  int64_t time_us; /* of each row */
};

struct bench_journal_row {
  uint32_t flight;
  double batches_per_s, commits_per_s;
  int64_t p50_us, p99_us, p999_us, max_us; /* append to "durable" */
  double cpu_us;                           /* of this process, a batch */
  int64_t disk_p50_us, disk_p99_us; /* write and fdatasync, just before */
};

/* @rows: one for each flight. BT_ERR_IO, BT_ERR_NOMEM, BT_ERR_RANGE: a flight
 * is 0 or too large. */
enum bt_err bench_journal(struct bench *b,
                          const struct bench_journal_options *options,
                          struct bench_journal_row *rows) BT_USE_RESULT;

#endif
