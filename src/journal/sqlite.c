/* The journal in a directory: opening, and the side of the engine's thread and
 * of the readers. What happens on the journal's thread is in writer.c. */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "base/check.h"
#include "journal/chain_priv.h"
#include "journal/sqlite_priv.h"

struct sqlite_journal *sqlite_journal_of(struct journal *j) {
  return (struct sqlite_journal *)j;
}

static enum bt_err sqlite_append(struct journal *j,
                                 const struct journal_batch *b) {
  struct sqlite_journal *s = sqlite_journal_of(j);
  (void)pthread_mutex_lock(&s->lock);
  const enum bt_err err =
      s->stats.failed ? BT_ERR_IO : queue_push(&s->queue, b);
  if (err == BT_ERR_OK) {
    atomic_store_explicit(&j->last, b->seq, memory_order_release);
    if (s->asleep) {
      (void)pthread_cond_signal(&s->work);
    }
  }
  (void)pthread_mutex_unlock(&s->lock);
  return err;
}

static enum bt_err may_snapshot(struct sqlite_journal *s) {
  (void)pthread_mutex_lock(&s->lock);
  const bool busy = s->snapshot_busy;
  const bool failed = s->stats.failed;
  (void)pthread_mutex_unlock(&s->lock);
  if (failed) {
    return BT_ERR_IO;
  }
  return busy ? BT_ERR_BUSY : BT_ERR_OK;
}

/* The copy is made without the lock: only this thread ever asks for one. */
static enum bt_err sqlite_snapshot(struct journal *j, uint64_t seq,
                                   struct text bytes) {
  struct sqlite_journal *s = sqlite_journal_of(j);
  const enum bt_err err = may_snapshot(s);
  if (err != BT_ERR_OK) {
    return err;
  }
  struct textbuf copy;
  textbuf_init(&copy, &journal_heap);
  textbuf_add(&copy, bytes);
  if (copy.failed) {
    textbuf_free(&copy);
    return BT_ERR_NOMEM;
  }
  (void)pthread_mutex_lock(&s->lock);
  s->snapshot = copy;
  s->snapshot_seq = seq;
  s->snapshot_asked = s->snapshot_busy = true;
  (void)pthread_cond_signal(&s->work);
  (void)pthread_mutex_unlock(&s->lock);
  return BT_ERR_OK;
}

static enum bt_err keep_verified(struct sqlite_journal *s,
                                 const struct store_row *row, uint64_t before) {
  if (!row_verifies(row, before)) {
    return BT_ERR_CORRUPT;
  }
  textbuf_clear(&s->read_bytes);
  textbuf_add(&s->read_bytes, row->bytes);
  if (s->read_bytes.failed) {
    return BT_ERR_NOMEM;
  }
  s->read_row = *row;
  s->read_row.bytes = textbuf_text(&s->read_bytes);
  return BT_ERR_OK;
}

/* The row with batch @seq becomes the one that was read last. */
static enum bt_err read_row(struct sqlite_journal *s, uint64_t seq) {
  struct store_row row;
  uint64_t before = s->genesis;
  s->read_row = (struct store_row){0};
  enum bt_err err = store_get_row(&s->reader, seq, &row);
  if (err == BT_ERR_OK && row.first > 1) {
    err = store_get_chain(&s->reader, row.first - 1, &before);
  }
  if (err == BT_ERR_OK) {
    err = keep_verified(s, &row, before);
  }
  store_rest(&s->reader, STORE_GET_ROW);
  return err == BT_ERR_NOT_FOUND ? BT_ERR_CORRUPT : err;
}

/* Who reads one batch mostly reads the next: they lie in the same row. */
static enum bt_err read_verified(struct sqlite_journal *s, uint64_t seq,
                                 struct textbuf *out) {
  const bool there = seq >= s->read_row.first && seq <= s->read_row.seq;
  const enum bt_err err = there ? BT_ERR_OK : read_row(s, seq);
  if (err != BT_ERR_OK) {
    return err;
  }
  struct row_walk w = row_walk_begin(&s->read_row);
  struct text batch = {"", 0};
  uint64_t at = 0;
  while (at != seq) {
    const bool more = row_walk_next(&w, &at, &batch);
    bt_check(more); /* it was verified */
  }
  textbuf_add(out, batch);
  return out->failed ? BT_ERR_NOMEM : BT_ERR_OK;
}

static enum bt_err sqlite_read(struct journal *j, uint64_t seq,
                               struct textbuf *out) {
  struct sqlite_journal *s = sqlite_journal_of(j);
  (void)pthread_mutex_lock(&s->read_lock);
  const enum bt_err err = read_verified(s, seq, out);
  (void)pthread_mutex_unlock(&s->read_lock);
  return err;
}

static enum bt_err sqlite_find_finished(struct journal *j, struct id session,
                                        uint64_t *last_seq) {
  struct sqlite_journal *s = sqlite_journal_of(j);
  (void)pthread_mutex_lock(&s->read_lock);
  const enum bt_err err = store_get_finished(&s->reader, session, last_seq);
  (void)pthread_mutex_unlock(&s->read_lock);
  return err;
}

static enum bt_err sqlite_sync_wait(struct journal *j, uint64_t seq,
                                    int64_t timeout_ms) {
  struct sqlite_journal *s = sqlite_journal_of(j);
  const struct timespec until = clock_after(timeout_ms < 0 ? 0 : timeout_ms);
  int waited = 0;
  (void)pthread_mutex_lock(&s->lock);
  s->waiters++;
  while (journal_durable(j) < seq && !s->stats.failed && waited != ETIMEDOUT) {
    waited = timeout_ms < 0
                 ? pthread_cond_wait(&s->published, &s->lock)
                 : pthread_cond_timedwait(&s->published, &s->lock, &until);
  }
  s->waiters--;
  const bool failed = s->stats.failed;
  (void)pthread_mutex_unlock(&s->lock);
  if (journal_durable(j) >= seq) {
    return BT_ERR_OK;
  }
  return failed ? BT_ERR_IO : BT_ERR_BUSY;
}

static void sqlite_get_stats(struct journal *j, struct journal_stats *out) {
  struct sqlite_journal *s = sqlite_journal_of(j);
  (void)pthread_mutex_lock(&s->lock);
  *out = s->stats;
  out->queued_batches = s->queue.batches;
  out->queued_bytes = s->queue.bytes;
  out->commit_p50_us = latency_percentile(&s->commits, 50);
  out->commit_p99_us = latency_percentile(&s->commits, 99);
  (void)pthread_mutex_unlock(&s->lock);
}

/* --- opening and closing ------------------------------------------------- */

static void init_threads(struct sqlite_journal *s) {
  pthread_condattr_t attr;
  bt_check(pthread_condattr_init(&attr) == 0);
  bt_check(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0);
  bt_check(pthread_cond_init(&s->work, &attr) == 0);
  bt_check(pthread_cond_init(&s->published, &attr) == 0);
  bt_check(pthread_cond_init(&s->folding.changed, &attr) == 0);
  (void)pthread_condattr_destroy(&attr);
  bt_check(pthread_mutex_init(&s->lock, NULL) == 0);
  bt_check(pthread_mutex_init(&s->read_lock, NULL) == 0);
}

static void sqlite_free(struct sqlite_journal *s) {
  store_close(&s->reader); /* before the writer: the last one folds the log */
  store_close(&s->folding.store);
  store_close(&s->writer);
  dir_close(&s->dir);
  queue_free(&s->queue);
  textbuf_free(&s->read_bytes);
  textbuf_free(&s->row);
  textbuf_free(&s->job.bytes);
  if (s->snapshot_asked) {
    textbuf_free(&s->snapshot);
  }
  (void)pthread_cond_destroy(&s->work);
  (void)pthread_cond_destroy(&s->published);
  (void)pthread_cond_destroy(&s->folding.changed);
  (void)pthread_mutex_destroy(&s->lock);
  (void)pthread_mutex_destroy(&s->read_lock);
  journal_release(&s->base);
  free(s);
}

static void sqlite_close(struct journal *j) {
  struct sqlite_journal *s = sqlite_journal_of(j);
  writer_stop(s);
  sqlite_free(s);
}

static int64_t unix_us(void) {
  struct timespec t;
  (void)clock_gettime(CLOCK_REALTIME, &t);
  return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static enum bt_err check_centre(struct sqlite_journal *s, struct text stored,
                                struct journal_error *why) {
  const struct text wanted = journal_centre(&s->base);
  if (text_equal(stored, wanted)) {
    return BT_ERR_OK;
  }
  if (s->base.options.read_only && wanted.len == 0) {
    textbuf_add(&s->base.centre, stored);
    return s->base.centre.failed ? BT_ERR_NOMEM : BT_ERR_OK;
  }
  return journal_fail(why, BT_ERR_FOREIGN,
                      "%s is the journal of the centre '%.*s', not of '%.*s'. "
                      "Name that centre's own directory, or an empty one.",
                      s->dir.db, TEXT_ARG(stored), TEXT_ARG(wanted));
}

static enum bt_err open_stores(struct sqlite_journal *s,
                               struct journal_error *why) {
  const bool read_only = s->base.options.read_only;
  enum bt_err err = store_check_header(s->dir.db, why);
  if (err == BT_ERR_OK && !read_only) {
    err = store_open(&s->writer, s->dir.db, false, why);
  }
  if (err == BT_ERR_OK && !read_only) {
    err = store_open(&s->folding.store, s->dir.db, false, why);
  }
  return err == BT_ERR_OK ? store_open(&s->reader, s->dir.db, true, why) : err;
}

static enum bt_err identify(struct sqlite_journal *s,
                            struct journal_error *why) {
  struct text stored;
  int64_t created_us;
  enum bt_err err = store_get_centre(&s->reader, &stored, &created_us);
  if (err != BT_ERR_OK) {
    (void)store_explain(&s->reader, err, "read whose journal it is", why);
  } else {
    s->genesis = chain_begin(stored, created_us);
    err = check_centre(s, stored, why);
  }
  store_rest(&s->reader, STORE_GET_CENTRE);
  return err;
}

static enum bt_err open_in(struct sqlite_journal *s, const char *dir,
                           struct journal_error *why) {
  enum bt_err err = dir_open(&s->dir, dir, s->base.options.read_only, why);
  if (err == BT_ERR_OK && !s->dir.has_db) {
    err = store_create(&s->dir, journal_centre(&s->base), unix_us(), why);
  }
  if (err == BT_ERR_OK) {
    err = open_stores(s, why);
  }
  return err == BT_ERR_OK ? identify(s, why) : err;
}

static const struct journal_ops sqlite_ops = {
    .load = sqlite_load,
    .append = sqlite_append,
    .snapshot = sqlite_snapshot,
    .read = sqlite_read,
    .read_snapshot = sqlite_read_snapshot,
    .find_finished = sqlite_find_finished,
    .sync_wait = sqlite_sync_wait,
    .get_stats = sqlite_get_stats,
    .close = sqlite_close,
};

enum bt_err journal_open_sqlite(const char *dir,
                                const struct journal_options *options,
                                struct journal **out,
                                struct journal_error *why) {
  struct sqlite_journal *s = calloc(1, sizeof *s);
  if (s == NULL) {
    return journal_fail(why, BT_ERR_NOMEM, "%s: no memory to open it.", dir);
  }
  s->dir.lock_fd = s->dir.mark_fd = -1;
  textbuf_init(&s->read_bytes, &journal_heap);
  textbuf_init(&s->row, &journal_heap);
  init_threads(s);
  enum bt_err err = journal_init(&s->base, &sqlite_ops, options);
  queue_init(&s->queue, s->base.options.queue_bytes);
  err = err == BT_ERR_OK
            ? open_in(s, dir, why)
            : journal_fail(why, err, "%s: no memory to open it.", dir);
  if (err != BT_ERR_OK) {
    sqlite_free(s);
    return err;
  }
  *out = &s->base;
  return BT_ERR_OK;
}
