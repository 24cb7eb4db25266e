#include "journal/journal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "journal/journal_priv.h"

enum {
  QUEUE_BYTES_DEFAULT = 64 << 20,
  GROUP_BYTES_DEFAULT = 8 << 20,
  GROUP_BATCHES_DEFAULT = 4096,
  CHECKPOINT_KIB_DEFAULT = 4 << 10,
  WARNING_MAX = 768
};

static void *heap_resize(void *ctx, void *old, size_t old_size,
                         size_t new_size) {
  (void)ctx;
  (void)old_size;
  if (new_size == 0) {
    free(old);
    return NULL;
  }
  return realloc(old, new_size);
}

const struct mem journal_heap = {.resize = heap_resize, .ctx = NULL};

enum bt_err journal_init(struct journal *j, const struct journal_ops *ops,
                         const struct journal_options *options) {
  *j = (struct journal){.ops = ops, .options = *options};
  struct journal_options *o = &j->options;
  if (o->queue_bytes == 0) {
    o->queue_bytes = QUEUE_BYTES_DEFAULT;
  }
  if (o->group_bytes == 0) {
    o->group_bytes = GROUP_BYTES_DEFAULT;
  }
  if (o->group_batches == 0) {
    o->group_batches = GROUP_BATCHES_DEFAULT;
  }
  if (o->checkpoint_kib == 0) {
    o->checkpoint_kib = CHECKPOINT_KIB_DEFAULT;
  }
  textbuf_init(&j->centre, &journal_heap);
  textbuf_init(&j->covered, &journal_heap);
  textbuf_add(&j->centre, options->centre);
  o->centre = textbuf_text(&j->centre);
  return j->centre.failed ? BT_ERR_NOMEM : BT_ERR_OK;
}

void journal_release(struct journal *j) {
  textbuf_free(&j->centre);
  textbuf_free(&j->covered);
}

enum bt_err journal_fail(struct journal_error *why, enum bt_err code,
                         const char *format, ...) {
  if (why != NULL) {
    why->code = code;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(why->text, sizeof why->text, format, args);
    va_end(args);
  }
  return code;
}

enum bt_err journal_no_thread(struct journal_error *why, int system_error) {
  return journal_fail(why, BT_ERR_NOMEM,
                      "Cannot start the journal's thread: %s. Raise the limit "
                      "of threads or of memory.",
                      strerror(system_error));
}

void journal_warn(const struct journal *j, const char *format, ...) {
  if (j->options.on_warning == NULL) {
    return;
  }
  char sentence[WARNING_MAX];
  va_list args;
  va_start(args, format);
  (void)vsnprintf(sentence, sizeof sentence, format, args);
  va_end(args);
  j->options.on_warning(j->options.ctx, sentence);
}

enum bt_err journal_fault(const struct journal *j, enum journal_point point) {
  const struct journal_options *o = &j->options;
  return o->fault == NULL ? BT_ERR_OK : o->fault(o->ctx, point);
}

/* ---- the cover */

/* What is kept instead of @bytes; borrowed until the next call. */
static enum bt_err cover(struct journal *j, enum journal_part part,
                         struct text *bytes) {
  const struct journal_cover *c = j->options.cover;
  if (c == NULL) {
    return BT_ERR_OK;
  }
  textbuf_clear(&j->covered);
  const enum bt_err err = c->seal(c->ctx, part, *bytes, &j->covered);
  *bytes = textbuf_text(&j->covered);
  return err == BT_ERR_OK && j->covered.failed ? BT_ERR_NOMEM : err;
}

/* And what was given, added to @out. */
static enum bt_err uncover(const struct journal *j, enum journal_part part,
                           struct text bytes, struct textbuf *out) {
  const struct journal_cover *c = j->options.cover;
  if (c == NULL) {
    textbuf_add(out, bytes);
  }
  const enum bt_err err =
      c == NULL ? BT_ERR_OK : c->open(c->ctx, part, bytes, out);
  return err == BT_ERR_OK && out->failed ? BT_ERR_NOMEM : err;
}

/* A sink that is shown what was given. */
struct uncovering {
  const struct journal *j;
  const struct journal_sink *sink;
  struct textbuf bytes;
};

static enum bt_err open_part(struct uncovering *u, enum journal_part part,
                             struct text bytes) {
  textbuf_clear(&u->bytes);
  return uncover(u->j, part, bytes, &u->bytes);
}

static enum bt_err on_snapshot(void *ctx, uint64_t seq, struct text bytes) {
  struct uncovering *u = ctx;
  const enum bt_err err = open_part(u, JOURNAL_SNAPSHOT, bytes);
  return err == BT_ERR_OK
             ? u->sink->snapshot(u->sink->ctx, seq, textbuf_text(&u->bytes))
             : err;
}

static enum bt_err on_batch(void *ctx, uint64_t seq, struct text bytes) {
  struct uncovering *u = ctx;
  const enum bt_err err = open_part(u, JOURNAL_BATCH, bytes);
  return err == BT_ERR_OK
             ? u->sink->batch(u->sink->ctx, seq, textbuf_text(&u->bytes))
             : err;
}

static enum bt_err load_covered(struct journal *j,
                                const struct journal_sink *sink,
                                struct journal_error *why) {
  struct uncovering u = {.j = j, .sink = sink};
  const struct journal_sink shown = {
      .ctx = &u, .snapshot = on_snapshot, .batch = on_batch};
  textbuf_init(&u.bytes, &journal_heap);
  const enum bt_err err = j->ops->load(j, &shown, why);
  textbuf_free(&u.bytes);
  return err;
}

/* ---- the parts that all kinds share */

enum bt_err journal_load(struct journal *j, const struct journal_sink *sink,
                         struct journal_error *why) {
  bt_check(!j->loaded);
  bt_check(sink->snapshot != NULL && sink->batch != NULL);
  const bool opens = j->options.cover != NULL && !sink->covered;
  const enum bt_err err =
      opens ? load_covered(j, sink, why) : j->ops->load(j, sink, why);
  j->loaded = err == BT_ERR_OK;
  return err;
}

static void forget_finished(const struct journal *j,
                            const struct journal_batch *b) {
  const struct journal_cover *c = j->options.cover;
  for (size_t i = 0; c != NULL && i < b->finished_count; i++) {
    c->forget(c->ctx, b->finished[i].session);
  }
}

enum bt_err journal_append(struct journal *j, const struct journal_batch *b) {
  bt_check(j->loaded);
  if (j->options.read_only) {
    return BT_ERR_STATE;
  }
  bt_check(b->seq == journal_last(j) + 1);
  struct journal_batch kept = *b;
  enum bt_err err = cover(j, JOURNAL_BATCH, &kept.bytes);
  if (err == BT_ERR_OK) {
    err = j->ops->append(j, &kept);
  }
  if (err == BT_ERR_OK) {
    forget_finished(j, b);
  }
  return err;
}

enum bt_err journal_snapshot(struct journal *j, uint64_t seq,
                             struct text bytes) {
  bt_check(j->loaded);
  bt_check(seq <= journal_last(j));
  if (j->options.read_only) {
    return BT_ERR_STATE;
  }
  const enum bt_err err = cover(j, JOURNAL_SNAPSHOT, &bytes);
  return err == BT_ERR_OK ? j->ops->snapshot(j, seq, bytes) : err;
}

uint64_t journal_last(const struct journal *j) {
  return atomic_load_explicit(&j->last, memory_order_acquire);
}

uint64_t journal_durable(const struct journal *j) {
  return atomic_load_explicit(&j->durable, memory_order_acquire);
}

enum bt_err journal_read(struct journal *j, uint64_t seq, struct textbuf *out) {
  if (seq == 0 || seq > journal_durable(j)) {
    return BT_ERR_NOT_FOUND;
  }
  if (j->options.cover == NULL) {
    return j->ops->read(j, seq, out);
  }
  struct textbuf bytes;
  textbuf_init(&bytes, &journal_heap);
  enum bt_err err = j->ops->read(j, seq, &bytes);
  if (err == BT_ERR_OK) {
    err = uncover(j, JOURNAL_BATCH, textbuf_text(&bytes), out);
  }
  textbuf_free(&bytes);
  return err;
}

enum bt_err journal_read_snapshot(struct journal *j, uint64_t before,
                                  uint64_t *seq, struct textbuf *out) {
  if (j->options.cover == NULL) {
    return j->ops->read_snapshot(j, before, seq, out);
  }
  struct textbuf bytes;
  textbuf_init(&bytes, &journal_heap);
  enum bt_err err = j->ops->read_snapshot(j, before, seq, &bytes);
  if (err == BT_ERR_OK) {
    err = uncover(j, JOURNAL_SNAPSHOT, textbuf_text(&bytes), out);
  }
  textbuf_free(&bytes);
  return err;
}

enum bt_err journal_read_range(struct journal *j, uint64_t first, uint64_t last,
                               const struct journal_sink *sink) {
  const uint64_t durable = journal_durable(j);
  const uint64_t from = first == 0 ? 1 : first;
  const uint64_t to = last < durable ? last : durable;
  enum bt_err err = BT_ERR_OK;
  struct textbuf bytes;
  textbuf_init(&bytes, &journal_heap);
  for (uint64_t seq = from; seq <= to && err == BT_ERR_OK; seq++) {
    textbuf_clear(&bytes);
    err = journal_read(j, seq, &bytes);
    if (err == BT_ERR_OK) {
      err = sink->batch(sink->ctx, seq, textbuf_text(&bytes));
    }
  }
  textbuf_free(&bytes);
  return err;
}

enum bt_err journal_find_finished(struct journal *j, struct id session,
                                  uint64_t *last_seq) {
  return j->ops->find_finished(j, session, last_seq);
}

enum bt_err journal_sync_wait(struct journal *j, uint64_t seq,
                              int64_t timeout_ms) {
  bt_check(seq <= journal_last(j));
  return seq <= journal_durable(j) ? BT_ERR_OK
                                   : j->ops->sync_wait(j, seq, timeout_ms);
}

void journal_get_stats(struct journal *j, struct journal_stats *out) {
  *out = (struct journal_stats){0};
  j->ops->get_stats(j, out);
}

struct text journal_centre(const struct journal *j) {
  return textbuf_text(&j->centre);
}

void journal_close(struct journal *j) {
  if (j != NULL) {
    j->ops->close(j);
  }
}

const char *journal_point_name(enum journal_point point) {
#define X(name, text) [JOURNAL_##name] = #name,
  static const char *const names[] = {JOURNAL_POINT_LIST(X)};
#undef X
  bt_check(point < JOURNAL_POINTS);
  return names[point];
}
