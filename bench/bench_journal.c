/* bench_journal.c - how many batches a second become durable, and how late.
 *
 * usage: bench_journal [DIR [SECONDS]]
 *
 * One thread keeps N batches of 300 bytes in flight, as the server does: it
 * sleeps on an eventfd that on_durable writes to. Every eighth batch ends a
 * session. In the same run the disk itself: a 4 KiB write and fdatasync in a
 * file that is already as long as it will be. DIR must be on the disk that is
 * meant (default: a new directory here), and is removed at the end.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "journal/journal.h"

enum {
  BATCH_BYTES = 300,
  FINISHED_EVERY = 8,
  ROUNDS = 3,
  RAW_WRITES = 400,
  RAW_BYTES = 4096,
  SAMPLES_MAX = 1 << 21,
  PATH_SIZE = 512
};

struct samples {
  int64_t *us;
  size_t count;
};

struct run {
  struct journal *journal;
  int wake_fd;
  uint64_t next;           /* the number of the next batch */
  uint64_t seen;           /* durable, as far as the loop knows */
  int64_t *appended_at_us; /* ring by number, as large as the flight */
  uint64_t flight;
  struct samples latency;
};

static int64_t now_us(void) {
  struct timespec t;
  (void)clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int64_t cpu_us(void) {
  struct rusage u;
  (void)getrusage(RUSAGE_SELF, &u);
  return ((int64_t)u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000 +
         u.ru_utime.tv_usec + u.ru_stime.tv_usec;
}

static int compare_us(const void *a, const void *b) {
  const int64_t x = *(const int64_t *)a;
  const int64_t y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

static void sample(struct samples *s, int64_t us) {
  if (s->count < SAMPLES_MAX) {
    s->us[s->count++] = us;
  }
}

static void sort(struct samples *s) {
  qsort(s->us, s->count, sizeof *s->us, compare_us);
}

/* Of sorted samples, in thousandths. */
static int64_t at(const struct samples *s, size_t thousandths) {
  return s->count == 0 ? 0 : s->us[(s->count - 1) * thousandths / 1000];
}

static void wake(void *ctx, uint64_t seq) {
  (void)seq;
  const uint64_t one = 1;
  const struct run *r = ctx;
  bt_check(write(r->wake_fd, &one, sizeof one) == sizeof one);
}

static void complain(void *ctx, const struct journal_error *why) {
  (void)ctx;
  (void)fprintf(stderr, "%s\n", why->text);
  exit(1);
}

static void append_one(struct run *r) {
  char bytes[BATCH_BYTES];
  memset(bytes, (int)(r->next % 251), sizeof bytes);
  const struct journal_finished finished = {
      .session = {.hi = (uint64_t)now_us() << 16, .lo = r->next},
      .last_seq = r->next};
  const struct journal_batch b = {.seq = r->next,
                                  .bytes = {bytes, sizeof bytes},
                                  .finished = &finished,
                                  .finished_count =
                                      r->next % FINISHED_EVERY == 0};
  r->appended_at_us[r->next % r->flight] = now_us();
  bt_check(journal_append(r->journal, &b) == BT_ERR_OK);
  r->next++;
}

static void take_durable(struct run *r) {
  uint64_t count;
  bt_check(read(r->wake_fd, &count, sizeof count) == sizeof count);
  const uint64_t durable = journal_durable(r->journal);
  const int64_t now = now_us();
  while (r->seen < durable) {
    r->seen++;
    sample(&r->latency, now - r->appended_at_us[r->seen % r->flight]);
  }
}

static void drive(struct run *r, uint64_t flight, int64_t for_us) {
  r->flight = flight;
  r->latency.count = 0;
  const int64_t until = now_us() + for_us;
  while (now_us() < until) {
    while (r->next - r->seen <= flight) {
      append_one(r);
    }
    take_durable(r);
  }
  while (r->seen + 1 < r->next) {
    take_durable(r);
  }
}

static void measure(struct run *r, uint64_t flight, int64_t for_us) {
  struct journal_stats before;
  struct journal_stats after;
  journal_get_stats(r->journal, &before);
  const int64_t start = now_us();
  const int64_t cpu = cpu_us();
  drive(r, flight, for_us);
  const double seconds = (double)(now_us() - start) / 1e6;
  const double cpu_seconds = (double)(cpu_us() - cpu) / 1e6;
  journal_get_stats(r->journal, &after);
  const double batches = (double)(after.batches - before.batches);
  const double groups = (double)(after.groups - before.groups);
  sort(&r->latency);
  printf("%6" PRIu64 " %11.0f %9.0f %7.1f %8" PRId64 " %8" PRId64 " %8" PRId64
         " %8" PRId64 " %9.1f\n",
         flight, batches / seconds, groups / seconds, batches / groups,
         at(&r->latency, 500), at(&r->latency, 990), at(&r->latency, 999),
         at(&r->latency, 1000), cpu_seconds * 1e6 / batches);
}

static void measure_disk(const char *dir) {
  char path[PATH_SIZE];
  (void)snprintf(path, sizeof path, "%s/raw", dir);
  char block[RAW_BYTES] = {1};
  int64_t us[RAW_WRITES];
  struct samples s = {.us = us};
  const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  bt_check(fd >= 0);
  for (int i = 0; i < RAW_WRITES; i++) {
    bt_check(pwrite(fd, block, sizeof block, (off_t)i * RAW_BYTES) > 0);
  }
  bt_check(fsync(fd) == 0);
  for (int i = 0; i < RAW_WRITES; i++) {
    const int64_t start = now_us();
    bt_check(pwrite(fd, block, sizeof block, (off_t)i * RAW_BYTES) > 0);
    bt_check(fdatasync(fd) == 0);
    sample(&s, now_us() - start);
  }
  (void)close(fd);
  (void)unlink(path);
  sort(&s);
  printf("disk: write 4 KiB and fdatasync: median %" PRId64 " us, p99 %" PRId64
         " us\n",
         at(&s, 500), at(&s, 990));
}

static enum bt_err ignore(void *ctx, uint64_t seq, struct text bytes) {
  (void)ctx;
  (void)seq;
  (void)bytes;
  return BT_ERR_OK;
}

static struct journal *open_journal(const char *dir, struct run *r) {
  const struct journal_options options = {.centre = TEXT("bench"),
                                          .ctx = r,
                                          .on_durable = wake,
                                          .on_failed = complain};
  const struct journal_sink sink = {.snapshot = ignore, .batch = ignore};
  struct journal *j = NULL;
  struct journal_error why;
  if (journal_open_sqlite(dir, &options, &j, &why) != BT_ERR_OK ||
      journal_load(j, &sink, &why) != BT_ERR_OK) {
    complain(NULL, &why);
  }
  return j;
}

static void reopen(const char *dir, struct run *r) {
  const int64_t closing = now_us();
  journal_close(r->journal);
  const int64_t opening = now_us();
  r->journal = open_journal(dir, r);
  printf("close %.3f s; open and verify %" PRIu64 " batches %.3f s\n",
         (double)(opening - closing) / 1e6, journal_last(r->journal),
         (double)(now_us() - opening) / 1e6);
  journal_close(r->journal);
}

static void remove_all(const char *dir) {
  static const char *const names[] = {"journal.db", "journal.lock",
                                      "journal.mark"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    char path[PATH_SIZE];
    (void)snprintf(path, sizeof path, "%s/%s", dir, names[i]);
    (void)unlink(path);
  }
  (void)rmdir(dir);
}

int main(int argc, char **argv) {
  static const uint64_t flights[] = {1, 16, 64, 256};
  static int64_t ring[256];
  char made[] = "bench_journal.XXXXXX";
  const char *dir = argc > 1 ? argv[1] : mkdtemp(made);
  const double seconds = argc > 2 ? strtod(argv[2], NULL) : 1.0;
  struct run r = {.next = 1, .appended_at_us = ring};
  bt_check(dir != NULL);
  r.latency.us = malloc(SAMPLES_MAX * sizeof *r.latency.us);
  r.wake_fd = eventfd(0, EFD_CLOEXEC);
  bt_check(r.latency.us != NULL && r.wake_fd >= 0);
  (void)setvbuf(stdout, NULL, _IOLBF, 0);
  r.journal = open_journal(dir, &r);
  puts("flight   batches/s  groups/s   group   p50 us   p99 us p99.9 us   max "
       "us cpu us/batch");
  for (int round = 0; round < ROUNDS; round++) {
    measure_disk(dir);
    for (size_t i = 0; i < sizeof flights / sizeof *flights; i++) {
      measure(&r, flights[i], (int64_t)(seconds * 1e6));
    }
  }
  struct journal_stats stats;
  journal_get_stats(r.journal, &stats);
  printf("commit p50 %" PRId64 " us, p99 %" PRId64 " us; %" PRIu64
         " checkpoints, the longest %" PRId64 " us\n",
         stats.commit_p50_us, stats.commit_p99_us, stats.checkpoints,
         stats.checkpoint_max_us);
  reopen(dir, &r);
  remove_all(dir);
  free(r.latency.us);
  (void)close(r.wake_fd);
  return 0;
}
