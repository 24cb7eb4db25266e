/* The journal's own thread: takes all that is queued, writes it in one
 * transaction (group commit), tells what is durable, and between two groups
 * puts a part of a snapshot on disk or sees to the folding of the log.
 */
#include <string.h>
#include <time.h>

#include "base/check.h"
#include "journal/chain_priv.h"
#include "journal/sqlite_priv.h"

enum { RETRY_MS = 250, US_PER_S = 1000000 };
/* Under load commits begin so far apart. Sooner they hold less, and each costs
 * the same; later everybody waits. What a sleep takes beyond its time comes off
 * it: the kernel's timers are that coarse. */
enum { PACE_US = 250, PACE_BATCHES = 16, SLEEP_SLACK_US = 60 };

/* One transaction's worth of the queue. */
struct group {
  struct queue_cursor end;
  uint64_t batches, bytes, last_seq, chain;
  uint64_t row_first; /* of the row that is being filled; 0: none is */
  struct text alone;  /* the batch that is the only one in it */
};

int64_t clock_us(void) {
  struct timespec t;
  (void)clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * US_PER_S + t.tv_nsec / 1000;
}

/* --- one group ----------------------------------------------------------- */

static void begin_row(struct sqlite_journal *s, struct group *g,
                      const struct journal_batch *b) {
  textbuf_clear(&s->row);
  g->row_first = b->seq;
  g->alone = b->bytes;
}

static enum bt_err end_row(struct sqlite_journal *s, struct group *g) {
  if (g->row_first == 0) {
    return BT_ERR_OK;
  }
  const bool one = g->row_first == g->last_seq;
  const struct store_row row = {.first = g->row_first,
                                .seq = g->last_seq,
                                .chain = g->chain,
                                .bytes =
                                    one ? g->alone : textbuf_text(&s->row)};
  g->row_first = 0;
  return s->row.failed ? BT_ERR_NOMEM : store_put_row(&s->writer, &row);
}

static enum bt_err put_batch(struct sqlite_journal *s, struct group *g,
                             const struct journal_batch *b) {
  if (g->row_first == 0) {
    begin_row(s, g, b);
  }
  row_add(&s->row, b->bytes);
  g->chain = chain_next(g->chain, b->seq, b->bytes);
  g->last_seq = b->seq;
  g->batches++;
  g->bytes += b->bytes.len;
  enum bt_err err = s->row.len >= ROW_BYTES ? end_row(s, g) : BT_ERR_OK;
  for (size_t i = 0; i < b->finished_count && err == BT_ERR_OK; i++) {
    err = store_put_finished(&s->writer, &b->finished[i]);
  }
  return err;
}

static enum bt_err put_group(struct sqlite_journal *s, struct group *g) {
  const struct journal_options *o = &s->base.options;
  enum bt_err err = store_run(&s->writer, STORE_BEGIN);
  struct journal_batch b;
  while (err == BT_ERR_OK && g->batches < o->group_batches &&
         g->bytes < o->group_bytes && queue_next(&s->queue, &g->end, &b)) {
    err = put_batch(s, g, &b);
  }
  if (err == BT_ERR_OK) {
    err = end_row(s, g);
  }
  if (err == BT_ERR_OK) {
    err = journal_fault(&s->base, JOURNAL_BEFORE_COMMIT);
  }
  return err == BT_ERR_OK ? store_run(&s->writer, STORE_COMMIT) : err;
}

/* The mark is a witness, not the promise: that it cannot be written (a full
 * disk that copies on write) leaves it behind, which is allowed. */
static void leave_mark(struct sqlite_journal *s, const struct group *g) {
  const struct dir_mark mark = {.seq = g->last_seq, .chain = g->chain};
  if (dir_mark_write(&s->dir, mark) != BT_ERR_OK) {
    journal_warn(&s->base,
                 "%s: cannot write it; a lost log would not be noticed.",
                 s->dir.mark);
  }
}

static void publish(struct sqlite_journal *s, const struct group *g,
                    int64_t took_us) {
  (void)pthread_mutex_lock(&s->lock);
  queue_drop(&s->queue, s->cursor, g->end, g->batches);
  s->stats.batches += g->batches;
  s->stats.bytes += g->bytes;
  s->stats.groups++;
  s->stats.full = false;
  latency_add(&s->commits, took_us);
  atomic_store_explicit(&s->base.durable, g->last_seq, memory_order_release);
  if (s->waiters > 0) {
    (void)pthread_cond_broadcast(&s->published);
  }
  (void)pthread_mutex_unlock(&s->lock);
  s->cursor = g->end;
  s->chain = g->chain;
  if (s->base.options.on_durable != NULL) {
    s->base.options.on_durable(s->base.options.ctx, g->last_seq);
  }
}

static enum bt_err write_group(struct sqlite_journal *s) {
  const int64_t start_us = clock_us();
  struct group g = {.end = s->cursor, .chain = s->chain};
  enum bt_err err = journal_fault(&s->base, JOURNAL_BEFORE_WRITE);
  if (err == BT_ERR_OK) {
    err = put_group(s, &g);
  }
  if (err != BT_ERR_OK) {
    return err;
  }
  const int64_t took_us = clock_us() - start_us;
  err = journal_fault(&s->base, JOURNAL_AFTER_COMMIT);
  if (err == BT_ERR_OK) {
    leave_mark(s, &g);
    publish(s, &g, took_us);
  }
  return err;
}

struct timespec clock_after(int64_t ms) {
  const int64_t at_us = clock_us() + ms * 1000;
  return (struct timespec){.tv_sec = at_us / US_PER_S,
                           .tv_nsec = at_us % US_PER_S * 1000};
}

/* --- failures ------------------------------------------------------------ */

static void report(struct sqlite_journal *s, struct store *blamed,
                   enum bt_err err, const char *what) {
  struct journal_error why;
  (void)store_explain(blamed, err, what, &why);
  store_rollback(&s->writer);
  if (s->base.options.on_failed != NULL) {
    s->base.options.on_failed(s->base.options.ctx, &why);
  }
}

static void fail_for_good(struct sqlite_journal *s, struct store *blamed,
                          enum bt_err err, const char *what) {
  (void)pthread_mutex_lock(&s->lock);
  s->stats.failed = true;
  (void)pthread_cond_broadcast(&s->published);
  (void)pthread_mutex_unlock(&s->lock);
  report(s, blamed, err, what);
  store_keep_log(&s->writer);
}

/* Waits a while for room on the disk, or in memory; false if it is time to
 * stop. */
static bool wait_for_room(struct sqlite_journal *s, enum bt_err shortage) {
  const struct timespec until = clock_after(RETRY_MS);
  (void)pthread_mutex_lock(&s->lock);
  const bool first = !s->stats.full;
  s->stats.full = true;
  (void)pthread_mutex_unlock(&s->lock);
  if (first) {
    report(s, &s->writer, shortage, "write batches");
  }
  store_rollback(&s->writer);
  (void)pthread_mutex_lock(&s->lock);
  int waited = 0;
  while (!s->stop && waited == 0) {
    waited = pthread_cond_timedwait(&s->work, &s->lock, &until);
  }
  const bool go_on = !s->stop;
  (void)pthread_mutex_unlock(&s->lock);
  return go_on;
}

/* --- between groups ------------------------------------------------------ */

/* A snapshot that cannot be written is only missed at the next start. */
static void give_up_snapshot(struct sqlite_journal *s) {
  struct journal_error why;
  (void)store_explain(&s->writer, BT_ERR_FULL, "write a snapshot", &why);
  store_rollback(&s->writer);
  journal_warn(&s->base, "%s The next start will take longer.", why.text);
  if (store_run(&s->writer, STORE_DROP_TAIL) != BT_ERR_OK) {
    store_rollback(&s->writer); /* the next start takes them away */
  }
  s->job.stage = SNAPSHOT_NONE;
}

static enum bt_err begin_snapshot(struct sqlite_journal *s) {
  struct snapshot_job *job = &s->job;
  uint64_t chain = 0;
  enum bt_err err =
      store_get_number(&s->writer, STORE_GET_NEXT_PART, &job->row.first_part);
  if (err == BT_ERR_OK) {
    err = row_chain_at(&s->writer, s->genesis, job->row.seq, &chain);
  }
  job->written = 0;
  job->row.parts = 0;
  job->row.size = job->bytes.len;
  job->row.sum = chain_next(chain, job->row.seq, textbuf_text(&job->bytes));
  return err;
}

static enum bt_err put_part(struct sqlite_journal *s) {
  struct snapshot_job *job = &s->job;
  enum bt_err err = journal_fault(&s->base, JOURNAL_SNAPSHOT_PART);
  const struct text part =
      text_sub(textbuf_text(&job->bytes), job->written, SNAPSHOT_PART_BYTES);
  if (err == BT_ERR_OK) {
    err =
        store_put_part(&s->writer, job->row.first_part + job->row.parts, part);
  }
  if (err == BT_ERR_OK) {
    job->written += part.len;
    job->row.parts++;
  }
  return err;
}

static enum bt_err end_snapshot(struct sqlite_journal *s) {
  enum bt_err err = journal_fault(&s->base, JOURNAL_SNAPSHOT_END);
  if (err == BT_ERR_OK) {
    err = store_run(&s->writer, STORE_BEGIN);
  }
  if (err == BT_ERR_OK) {
    err = store_put_snapshot(&s->writer, &s->job.row);
  }
  if (err == BT_ERR_OK) {
    err = store_run(&s->writer, STORE_THIN_OUT);
  }
  return err == BT_ERR_OK ? store_run(&s->writer, STORE_COMMIT) : err;
}

static enum bt_err write_part(struct sqlite_journal *s) {
  struct snapshot_job *job = &s->job;
  enum bt_err err = job->row.parts == 0 ? begin_snapshot(s) : BT_ERR_OK;
  if (err == BT_ERR_OK) {
    err = put_part(s);
  }
  if (err != BT_ERR_OK || job->written < job->bytes.len) {
    return err;
  }
  err = end_snapshot(s);
  if (err == BT_ERR_OK) {
    job->stage = SNAPSHOT_TRIM;
    textbuf_free(&job->bytes);
    (void)pthread_mutex_lock(&s->lock);
    s->stats.snapshots++;
    (void)pthread_mutex_unlock(&s->lock);
  }
  return err;
}

static enum bt_err trim_part(struct sqlite_journal *s) {
  const enum bt_err err = store_run(&s->writer, STORE_DROP_PART);
  if (err == BT_ERR_OK && store_changes(&s->writer) == 0) {
    s->job.stage = SNAPSHOT_NONE;
  }
  return err;
}

/* One part of the snapshot, or one part of an old one away. False if the
 * journal has failed. */
static bool snapshot_step(struct sqlite_journal *s) {
  struct snapshot_job *job = &s->job;
  if (job->stage == SNAPSHOT_NONE || job->row.seq > journal_durable(&s->base)) {
    return true;
  }
  const enum bt_err err =
      job->stage == SNAPSHOT_PARTS ? write_part(s) : trim_part(s);
  if (err == BT_ERR_FULL || err == BT_ERR_NOMEM) {
    give_up_snapshot(s);
  } else if (err != BT_ERR_OK) {
    fail_for_good(s, &s->writer, err, "write a snapshot");
    return false;
  }
  if (job->stage == SNAPSHOT_NONE) {
    textbuf_free(&job->bytes);
    (void)pthread_mutex_lock(&s->lock);
    s->snapshot_busy = false;
    (void)pthread_mutex_unlock(&s->lock);
  }
  return true;
}

/* False if the journal has failed. */
static bool checkpoint_step(struct sqlite_journal *s) {
  struct store *blamed = NULL;
  const enum bt_err err = folding_step(s, &blamed);
  /* Full: the next time, then. */
  if (err != BT_ERR_OK && err != BT_ERR_FULL) {
    fail_for_good(s, blamed, err, "fold the log into the file");
    return false;
  }
  return true;
}

/* --- the thread ---------------------------------------------------------- */

/* A group of several batches says that more are on their way. Few wait for
 * nothing: who is alone is answered as soon as the disk can. */
static void keep_pace(const struct sqlite_journal *s) {
  const int64_t left_us = s->paced_us + PACE_US - clock_us();
  if (s->paced_batches >= PACE_BATCHES && left_us > SLEEP_SLACK_US) {
    const struct timespec rest = {.tv_nsec = (left_us - SLEEP_SLACK_US) * 1000};
    (void)nanosleep(&rest, NULL);
  }
}

/* Everything that was taken from the queue. False if it is time to end. */
static bool write_taken(struct sqlite_journal *s) {
  while (s->cursor.at < s->queue.emptying.len) {
    const enum bt_err err = write_group(s);
    if (err == BT_ERR_FULL || err == BT_ERR_NOMEM) {
      if (!wait_for_room(s, err)) {
        return false;
      }
    } else if (err != BT_ERR_OK) {
      fail_for_good(s, &s->writer, err, "write batches");
      return false;
    } else if (!checkpoint_step(s)) {
      return false;
    }
  }
  return true;
}

static bool has_work(const struct sqlite_journal *s) {
  return s->queue.batches > 0 || s->snapshot_asked ||
         s->job.stage != SNAPSHOT_NONE || s->folding.stage == FOLD_DONE;
}

static void take_snapshot(struct sqlite_journal *s) {
  if (s->snapshot_asked) {
    s->job = (struct snapshot_job){.bytes = s->snapshot,
                                   .row = {.seq = s->snapshot_seq},
                                   .stage = SNAPSHOT_PARTS};
    s->snapshot_asked = false;
  }
}

/* Sleeps until there is work; false if there is none and never will be. */
static bool take_work(struct sqlite_journal *s) {
  keep_pace(s);
  (void)pthread_mutex_lock(&s->lock);
  while (!has_work(s) && !s->stop) {
    s->asleep = true;
    (void)pthread_cond_wait(&s->work, &s->lock);
    s->asleep = false;
  }
  const bool work = has_work(s);
  s->paced_batches = s->queue.batches;
  s->paced_us = clock_us();
  queue_swap(&s->queue);
  s->cursor = (struct queue_cursor){0};
  take_snapshot(s);
  (void)pthread_mutex_unlock(&s->lock);
  return work;
}

static void *writer_main(void *arg) {
  struct sqlite_journal *s = arg;
  while (take_work(s) && write_taken(s) && snapshot_step(s) &&
         checkpoint_step(s)) {
  }
  return NULL;
}

enum bt_err writer_start(struct sqlite_journal *s, struct journal_error *why) {
  const int err = pthread_create(&s->thread, NULL, writer_main, s);
  s->running = err == 0;
  return err == 0 ? folding_start(s, why) : journal_no_thread(why, err);
}

void writer_stop(struct sqlite_journal *s) {
  if (!s->running) {
    return;
  }
  (void)pthread_mutex_lock(&s->lock);
  s->stop = true;
  (void)pthread_cond_signal(&s->work);
  (void)pthread_mutex_unlock(&s->lock);
  bt_check(pthread_join(s->thread, NULL) == 0);
  s->running = false;
  folding_stop(s);
}
