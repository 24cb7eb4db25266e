/* A journal in memory: durable as soon as it is appended, gone with the
 * process. The engine's thread writes, any thread reads. */
#include <pthread.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/map.h"
#include "journal/journal_priv.h"

struct memory_batch {
  size_t offset, len;
};

struct memory_journal {
  struct journal base;
  pthread_mutex_t lock; /* all below */
  struct textbuf bytes; /* of all batches, one after the other */
  struct memory_batch *batches;
  size_t batch_cap;
  struct journal_finished *finished;
  size_t finished_cap, finished_count;
  struct map by_session; /* index in @finished */
  uint64_t snapshots;
};

static struct memory_journal *memory_of(struct journal *j) {
  return (struct memory_journal *)j;
}

static bool memory_same_session(const void *ctx, uint32_t value,
                                const void *key) {
  const struct memory_journal *m = ctx;
  return id_equal(m->finished[value].session, *(const struct id *)key);
}

static enum bt_err memory_load(struct journal *j,
                               const struct journal_sink *sink,
                               struct journal_error *why) {
  (void)j;
  (void)sink;
  (void)why;
  return BT_ERR_OK;
}

static bool memory_reserve(struct memory_journal *m,
                           const struct journal_batch *b) {
  return mem_grow(&journal_heap, &m->batches, &m->batch_cap, b->seq,
                  sizeof *m->batches) &&
         mem_grow(&journal_heap, &m->finished, &m->finished_cap,
                  m->finished_count + b->finished_count, sizeof *m->finished) &&
         map_reserve(&m->by_session, b->finished_count) &&
         textbuf_reserve(&m->bytes, b->bytes.len);
}

static void memory_put_finished(struct memory_journal *m,
                                const struct journal_finished *f) {
  const uint64_t hash = id_hash(f->session);
  const uint32_t found = map_get(&m->by_session, hash, &f->session);
  if (found != MAP_NONE) {
    m->finished[found] = *f;
    return;
  }
  m->finished[m->finished_count] = *f;
  bt_check(map_put(&m->by_session, hash, (uint32_t)m->finished_count));
  m->finished_count++;
}

static enum bt_err memory_append(struct journal *j,
                                 const struct journal_batch *b) {
  struct memory_journal *m = memory_of(j);
  (void)pthread_mutex_lock(&m->lock);
  const bool room = memory_reserve(m, b);
  m->bytes.failed = false; /* a refused batch must not spoil the next */
  if (room) {
    m->batches[b->seq - 1] =
        (struct memory_batch){.offset = m->bytes.len, .len = b->bytes.len};
    textbuf_add(&m->bytes, b->bytes);
    for (size_t i = 0; i < b->finished_count; i++) {
      memory_put_finished(m, &b->finished[i]);
    }
  }
  (void)pthread_mutex_unlock(&m->lock);
  if (!room) {
    return BT_ERR_NOMEM;
  }
  atomic_store_explicit(&j->last, b->seq, memory_order_release);
  atomic_store_explicit(&j->durable, b->seq, memory_order_release);
  if (j->options.on_durable != NULL) {
    j->options.on_durable(j->options.ctx, b->seq);
  }
  return BT_ERR_OK;
}

/* Nothing is ever loaded from a journal that dies with its process. */
static enum bt_err memory_snapshot(struct journal *j, uint64_t seq,
                                   struct text bytes) {
  (void)seq;
  (void)bytes;
  memory_of(j)->snapshots++;
  return BT_ERR_OK;
}

static enum bt_err memory_read_snapshot(struct journal *j, uint64_t before,
                                        uint64_t *seq, struct textbuf *out) {
  (void)j;
  (void)before;
  (void)seq;
  (void)out;
  return BT_ERR_NOT_FOUND;
}

static enum bt_err memory_read(struct journal *j, uint64_t seq,
                               struct textbuf *out) {
  struct memory_journal *m = memory_of(j);
  (void)pthread_mutex_lock(&m->lock);
  const struct memory_batch *b = &m->batches[seq - 1];
  textbuf_add(out, text_sub(textbuf_text(&m->bytes), b->offset, b->len));
  (void)pthread_mutex_unlock(&m->lock);
  return out->failed ? BT_ERR_NOMEM : BT_ERR_OK;
}

static enum bt_err memory_find_finished(struct journal *j, struct id session,
                                        uint64_t *last_seq) {
  struct memory_journal *m = memory_of(j);
  (void)pthread_mutex_lock(&m->lock);
  const uint32_t found = map_get(&m->by_session, id_hash(session), &session);
  if (found != MAP_NONE) {
    *last_seq = m->finished[found].last_seq;
  }
  (void)pthread_mutex_unlock(&m->lock);
  return found == MAP_NONE ? BT_ERR_NOT_FOUND : BT_ERR_OK;
}

static enum bt_err memory_sync_wait(struct journal *j, uint64_t seq,
                                    int64_t timeout_ms) {
  (void)timeout_ms;
  bt_check(seq <= journal_durable(j)); /* as soon as append has returned */
  return BT_ERR_OK;
}

static void memory_get_stats(struct journal *j, struct journal_stats *out) {
  struct memory_journal *m = memory_of(j);
  (void)pthread_mutex_lock(&m->lock);
  out->batches = out->groups = journal_durable(j);
  out->bytes = m->bytes.len;
  out->snapshots = m->snapshots;
  (void)pthread_mutex_unlock(&m->lock);
}

static void memory_close(struct journal *j) {
  struct memory_journal *m = memory_of(j);
  mem_free(&journal_heap, m->batches, m->batch_cap * sizeof *m->batches);
  mem_free(&journal_heap, m->finished, m->finished_cap * sizeof *m->finished);
  map_free(&m->by_session);
  textbuf_free(&m->bytes);
  (void)pthread_mutex_destroy(&m->lock);
  journal_release(j);
  free(m);
}

static const struct journal_ops memory_ops = {
    .load = memory_load,
    .append = memory_append,
    .snapshot = memory_snapshot,
    .read = memory_read,
    .read_snapshot = memory_read_snapshot,
    .find_finished = memory_find_finished,
    .sync_wait = memory_sync_wait,
    .get_stats = memory_get_stats,
    .close = memory_close,
};

enum bt_err journal_open_memory(const struct journal_options *options,
                                struct journal **out) {
  struct memory_journal *m = calloc(1, sizeof *m);
  if (m == NULL) {
    return BT_ERR_NOMEM;
  }
  const enum bt_err err = journal_init(&m->base, &memory_ops, options);
  if (err != BT_ERR_OK) {
    journal_release(&m->base);
    free(m);
    return err;
  }
  textbuf_init(&m->bytes, &journal_heap);
  map_init(&m->by_session, &journal_heap, memory_same_session, m);
  bt_check(pthread_mutex_init(&m->lock, NULL) == 0);
  *out = &m->base;
  return BT_ERR_OK;
}
