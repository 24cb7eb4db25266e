#include "bench/journal.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/check.h"
#include "bench/machine.h"
#include "bench/progress.h"
#include "journal/journal.h"

enum { FINISHED_EVERY = 8, DISK_WRITES = 400, PATH_SIZE = 1024 };

struct run {
  struct bench *bench;
  struct journal *journal;
  int wake_fd;
  atomic_bool failed;
  uint64_t next; /* the number of the next batch */
  uint64_t seen; /* durable, as far as the loop knows */
  uint64_t flight;
  int64_t appended_ns[BENCH_JOURNAL_FLIGHT_MAX]; /* by number, a ring */
  struct samples latency_us, disk_us;
  struct progress bar;
  uint64_t done_us; /* of the rows before this one */
};

/* ---- on the journal's thread */

static void wake(void *ctx, uint64_t seq) {
  (void)seq;
  const uint64_t one = 1;
  const struct run *r = ctx;
  bt_check(write(r->wake_fd, &one, sizeof one) == sizeof one);
}

static void on_failed(void *ctx, const struct journal_error *why) {
  struct run *r = ctx;
  (void)bench_fail(r->bench, BT_ERR_IO, "%s", why->text);
  atomic_store(&r->failed, true);
  wake(r, 0);
}

/* ---- the load */

static enum bt_err append_one(struct run *r) {
  char bytes[BENCH_JOURNAL_BATCH_BYTES];
  memset(bytes, (int)(r->next % 251), sizeof bytes);
  const int64_t now_ns = machine_now_ns();
  const struct journal_finished finished = {
      .session = {.hi = (uint64_t)now_ns << 16, .lo = r->next},
      .last_seq = r->next};
  const struct journal_batch batch = {.seq = r->next,
                                      .bytes = {bytes, sizeof bytes},
                                      .finished = &finished,
                                      .finished_count =
                                          r->next % FINISHED_EVERY == 0};
  r->appended_ns[r->next % r->flight] = now_ns;
  const enum bt_err err = journal_append(r->journal, &batch);
  r->next += err == BT_ERR_OK;
  return err;
}

static void take_durable(struct run *r) {
  uint64_t count;
  bt_check(read(r->wake_fd, &count, sizeof count) == sizeof count);
  const uint64_t durable = journal_durable(r->journal);
  const int64_t now_ns = machine_now_ns();
  while (r->seen < durable) {
    r->seen++;
    samples_add(&r->latency_us,
                (now_ns - r->appended_ns[r->seen % r->flight]) / 1000);
  }
}

static enum bt_err drive(struct run *r, int64_t time_us) {
  const int64_t start_ns = machine_now_ns();
  const int64_t end_ns = start_ns + time_us * 1000;
  int64_t now_ns = start_ns;
  enum bt_err err = BT_ERR_OK;
  while (err == BT_ERR_OK && !atomic_load(&r->failed) &&
         (now_ns < end_ns || r->seen + 1 < r->next)) {
    while (err == BT_ERR_OK && now_ns < end_ns &&
           r->next - r->seen <= r->flight) {
      err = append_one(r);
    }
    take_durable(r);
    now_ns = machine_now_ns();
    progress_show(&r->bar, r->done_us + (uint64_t)((now_ns - start_ns) / 1000));
  }
  return atomic_load(&r->failed) ? BT_ERR_IO : err;
}

static enum bt_err measure(struct run *r, int64_t time_us,
                           struct bench_journal_row *row) {
  struct journal_stats before, after;
  journal_get_stats(r->journal, &before);
  samples_clear(&r->latency_us);
  const int64_t start_ns = machine_now_ns();
  const int64_t cpu_us = machine_own_cpu_us();
  const enum bt_err err = drive(r, time_us);
  if (err != BT_ERR_OK) {
    return err;
  }
  const double seconds = (double)(machine_now_ns() - start_ns) / 1e9;
  const double spent_us = (double)(machine_own_cpu_us() - cpu_us);
  journal_get_stats(r->journal, &after);
  const double batches = (double)(after.batches - before.batches);
  samples_sort(&r->latency_us);
  row->batches_per_s = batches / seconds;
  row->commits_per_s = (double)(after.groups - before.groups) / seconds;
  row->p50_us = samples_at(&r->latency_us, 500);
  row->p99_us = samples_at(&r->latency_us, 990);
  row->p999_us = samples_at(&r->latency_us, 999);
  row->max_us = samples_at(&r->latency_us, 1000);
  row->cpu_us = batches > 0 ? spent_us / batches : 0;
  return BT_ERR_OK;
}

static enum bt_err measure_disk(struct run *r, const char *dir,
                                struct bench_journal_row *row) {
  samples_clear(&r->disk_us);
  const enum bt_err err =
      machine_time_disk(r->bench, dir, DISK_WRITES, &r->disk_us);
  samples_sort(&r->disk_us);
  row->disk_p50_us = samples_at(&r->disk_us, 500);
  row->disk_p99_us = samples_at(&r->disk_us, 990);
  return err;
}

static enum bt_err measure_all(struct run *r, const char *dir,
                               const struct bench_journal_options *options,
                               struct bench_journal_row *rows) {
  progress_begin(&r->bar, r->bench->progress, "journal, microseconds",
                 options->flight_count * (uint64_t)options->time_us);
  enum bt_err err = BT_ERR_OK;
  for (size_t i = 0; err == BT_ERR_OK && i < options->flight_count; i++) {
    rows[i] = (struct bench_journal_row){.flight = options->flights[i]};
    r->flight = options->flights[i];
    err = measure_disk(r, dir, &rows[i]);
    if (err == BT_ERR_OK) {
      err = measure(r, options->time_us, &rows[i]);
    }
    r->done_us += (uint64_t)options->time_us;
  }
  progress_end(&r->bar);
  return err;
}

/* ---- the journal */

static enum bt_err ignore(void *ctx, uint64_t seq, struct text bytes) {
  (void)ctx;
  (void)seq;
  (void)bytes;
  return BT_ERR_OK;
}

static enum bt_err open_journal(struct run *r, const char *dir) {
  char path[PATH_SIZE + sizeof "/journal"];
  (void)snprintf(path, sizeof path, "%s/journal", dir);
  const struct journal_options options = {.centre = TEXT("bench"),
                                          .ctx = r,
                                          .on_durable = wake,
                                          .on_failed = on_failed};
  const struct journal_sink sink = {.snapshot = ignore, .batch = ignore};
  struct journal_error why;
  enum bt_err err = journal_open_sqlite(path, &options, &r->journal, &why);
  if (err == BT_ERR_OK) {
    err = journal_load(r->journal, &sink, &why);
  }
  return err == BT_ERR_OK ? BT_ERR_OK
                          : bench_fail(r->bench, err, "%s", why.text);
}

static enum bt_err run_in(struct run *r, const char *dir,
                          const struct bench_journal_options *options,
                          struct bench_journal_row *rows) {
  r->wake_fd = eventfd(0, EFD_CLOEXEC);
  if (r->wake_fd < 0) {
    return bench_fail(r->bench, BT_ERR_IO, "no descriptors are left");
  }
  enum bt_err err = open_journal(r, dir);
  if (err == BT_ERR_OK) {
    err = measure_all(r, dir, options, rows);
  }
  journal_close(r->journal);
  (void)close(r->wake_fd);
  return err;
}

enum bt_err bench_journal(struct bench *b,
                          const struct bench_journal_options *options,
                          struct bench_journal_row *rows) {
  for (size_t i = 0; i < options->flight_count; i++) {
    if (options->flights[i] == 0 ||
        options->flights[i] > BENCH_JOURNAL_FLIGHT_MAX) {
      return bench_fail(b, BT_ERR_RANGE, "from 1 to %d batches in flight",
                        BENCH_JOURNAL_FLIGHT_MAX);
    }
  }
  char dir[PATH_SIZE];
  enum bt_err err = machine_make_dir(b, options->dir, dir, sizeof dir);
  if (err != BT_ERR_OK) {
    return err;
  }
  struct run *r = mem_new(b->mem, sizeof *r);
  if (r == NULL) {
    machine_remove_dir(dir);
    return bench_fail(b, BT_ERR_NOMEM, "no memory");
  }
  r->bench = b;
  r->next = 1;
  samples_init(&r->latency_us, b->mem);
  samples_init(&r->disk_us, b->mem);
  err = run_in(r, dir, options, rows);
  samples_free(&r->latency_us);
  samples_free(&r->disk_us);
  mem_free(b->mem, r, sizeof *r);
  machine_remove_dir(dir);
  return err;
}
