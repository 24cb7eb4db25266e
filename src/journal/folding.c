/* Folding the log into the file, in two steps.
 *
 * A thread of its own copies what the log holds while the journal's thread goes
 * on committing; SQLite lets both be done at once from two connections. What
 * was committed meanwhile is little: the journal's thread copies that between
 * two groups, and with the next group the log begins anew. In one step on that
 * thread nothing would be committed for as long as all of the log takes. */
#include <string.h>

#include "base/check.h"
#include "journal/sqlite_priv.h"

enum { KIB = 1024, FAR_BEHIND = 4 };

/* ---- the folding thread */

static bool await_request(struct sqlite_journal *s) {
  struct folding *f = &s->folding;
  (void)pthread_mutex_lock(&s->lock);
  while (f->stage != FOLD_ASKED && !f->stop) {
    (void)pthread_cond_wait(&f->changed, &s->lock);
  }
  const bool asked = !f->stop;
  (void)pthread_mutex_unlock(&s->lock);
  return asked;
}

static void tell_done(struct sqlite_journal *s, enum bt_err err) {
  struct folding *f = &s->folding;
  (void)pthread_mutex_lock(&s->lock);
  f->stage = FOLD_DONE;
  f->err = err;
  (void)pthread_cond_signal(&s->work);
  (void)pthread_cond_broadcast(&f->changed);
  (void)pthread_mutex_unlock(&s->lock);
}

static void *folding_main(void *arg) {
  struct sqlite_journal *s = arg;
  while (await_request(s)) {
    tell_done(s, store_checkpoint(&s->folding.store));
  }
  return NULL;
}

enum bt_err folding_start(struct sqlite_journal *s, struct journal_error *why) {
  const int err = pthread_create(&s->folding.thread, NULL, folding_main, s);
  s->folding.running = err == 0;
  return err == 0 ? BT_ERR_OK : journal_no_thread(why, err);
}

void folding_stop(struct sqlite_journal *s) {
  struct folding *f = &s->folding;
  if (!f->running) {
    return;
  }
  (void)pthread_mutex_lock(&s->lock);
  f->stop = true;
  (void)pthread_cond_broadcast(&f->changed);
  (void)pthread_mutex_unlock(&s->lock);
  bt_check(pthread_join(f->thread, NULL) == 0);
  f->running = false;
}

/* ---- the journal's thread */

static bool is_long(const struct sqlite_journal *s, uint32_t times) {
  const uint64_t bytes = (uint64_t)s->writer.wal_pages * STORE_PAGE_SIZE;
  return bytes / KIB >= (uint64_t)s->base.options.checkpoint_kib * times;
}

static enum fold_stage stage_now(struct sqlite_journal *s, bool wait) {
  struct folding *f = &s->folding;
  (void)pthread_mutex_lock(&s->lock);
  while (wait && f->stage == FOLD_ASKED) {
    (void)pthread_cond_wait(&f->changed, &s->lock);
  }
  const enum fold_stage stage = f->stage;
  (void)pthread_mutex_unlock(&s->lock);
  return stage;
}

static void set_stage(struct sqlite_journal *s, enum fold_stage stage) {
  (void)pthread_mutex_lock(&s->lock);
  s->folding.stage = stage;
  (void)pthread_cond_broadcast(&s->folding.changed);
  (void)pthread_mutex_unlock(&s->lock);
}

static enum bt_err ask(struct sqlite_journal *s) {
  const enum bt_err err = journal_fault(&s->base, JOURNAL_BEFORE_CHECKPOINT);
  if (err == BT_ERR_OK) {
    set_stage(s, FOLD_ASKED);
  }
  return err;
}

static void count(struct sqlite_journal *s, int64_t took_us) {
  (void)pthread_mutex_lock(&s->lock);
  s->stats.checkpoints++;
  if (took_us > s->stats.checkpoint_max_us) {
    s->stats.checkpoint_max_us = took_us;
  }
  (void)pthread_mutex_unlock(&s->lock);
}

static enum bt_err finish(struct sqlite_journal *s, struct store **blamed) {
  const int64_t start_us = clock_us();
  enum bt_err err = s->folding.err;
  set_stage(s, FOLD_IDLE);
  if (err == BT_ERR_OK) {
    *blamed = &s->writer;
    err = store_checkpoint(&s->writer);
  }
  if (err == BT_ERR_OK) {
    err = dir_mark_sync(&s->dir);
  }
  count(s, clock_us() - start_us);
  return err;
}

enum bt_err folding_step(struct sqlite_journal *s, struct store **blamed) {
  const enum fold_stage stage = stage_now(s, is_long(s, FAR_BEHIND));
  *blamed = &s->folding.store;
  if (stage == FOLD_DONE) {
    return finish(s, blamed);
  }
  return stage == FOLD_IDLE && is_long(s, 1) ? ask(s) : BT_ERR_OK;
}
