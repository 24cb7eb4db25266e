/* Reading back: one session's events by its chain, and ranges of batches. */
#include "base/check.h"
#include "codec/batch.h"
#include "domain/domain_priv.h"

/* The batches of a session, newest first. */
struct chain {
  uint64_t *seqs;
  size_t count, cap;
};

static bool is_of(const struct record *event, struct id session) {
  return record_has(event, FIELD_SESSION) &&
         id_equal(record_id(event, FIELD_SESSION), session);
}

/* The first event of the session in these bytes names the batch before it. */
static enum bt_err find_prev(struct text bytes, struct id session,
                             uint64_t *prev) {
  struct batch_reader reader;
  enum bt_err err = batch_open(bytes, &reader);
  while (err == BT_ERR_OK) {
    struct record r;
    err = batch_next(&reader, &r);
    if (err == BT_ERR_OK && is_of(&r, session)) {
      *prev = (uint64_t)record_num(&r, FIELD_PREV);
      return BT_ERR_OK;
    }
  }
  /* The chain led here: the batch must have one. */
  return err == BT_ERR_NOT_FOUND ? BT_ERR_CORRUPT : err;
}

static enum bt_err follow(struct domain *d, struct id session, uint64_t last,
                          struct chain *chain) {
  struct textbuf bytes;
  textbuf_init(&bytes, d->mem);
  enum bt_err err = BT_ERR_OK;
  for (uint64_t seq = last; seq != 0 && err == BT_ERR_OK;) {
    uint64_t prev = 0;
    textbuf_clear(&bytes);
    err = journal_read(d->journal, seq, &bytes);
    if (err == BT_ERR_OK) {
      err = find_prev(textbuf_text(&bytes), session, &prev);
    }
    if (err == BT_ERR_OK && prev >= seq) {
      err = BT_ERR_CORRUPT; /* a chain only goes back */
    }
    if (err == BT_ERR_OK && !mem_grow(d->mem, &chain->seqs, &chain->cap,
                                      chain->count + 1, sizeof *chain->seqs)) {
      err = BT_ERR_NOMEM;
    }
    if (err == BT_ERR_OK) {
      chain->seqs[chain->count++] = seq;
      seq = prev;
    }
  }
  textbuf_free(&bytes);
  return err;
}

/* What is not durable yet is not shown: the chain begins before it. */
static uint64_t skip_held(const struct domain *d, struct id session,
                          uint64_t last) {
  const uint64_t durable = journal_durable(d->journal);
  if (last <= durable) {
    return last;
  }
  for (size_t i = 0; i < d->held.count; i++) {
    const struct held *h = held_ring_at(&d->held, i);
    for (size_t k = 0;
         h->seq > durable && h->has_batch && k < h->step->event_count; k++) {
      if (is_of(&h->step->events[k], session)) {
        return (uint64_t)record_num(&h->step->events[k], FIELD_PREV);
      }
    }
  }
  bt_check_failed("what is not durable is held", __FILE__, __LINE__, __func__);
}

static enum bt_err find_last(struct domain *d, struct id session,
                             uint64_t *last) {
  uint32_t slot;
  if (!engine_find(d->engine, session, &slot)) {
    return journal_find_finished(d->journal, session, last);
  }
  *last = skip_held(d, session, engine_session_last_seq(d->engine, slot));
  return *last == 0 ? BT_ERR_NOT_FOUND : BT_ERR_OK;
}

/* Gives the events of one batch to @fn; those of @session only, unless it is
 * null. False in *more: @fn wants no more. */
struct giving {
  struct id session;
  domain_event_fn *fn;
  void *ctx;
  bool more;
};

static enum bt_err give_batch(void *ctx, uint64_t seq, struct text bytes) {
  struct giving *g = ctx;
  struct batch_reader reader;
  enum bt_err err = batch_open(bytes, &reader);
  while (err == BT_ERR_OK && g->more) {
    struct record r;
    err = batch_next(&reader, &r);
    if (err == BT_ERR_OK && (id_is_null(g->session) || is_of(&r, g->session))) {
      g->more = g->fn(g->ctx, seq, &r);
    }
  }
  if (err == BT_ERR_OK || err == BT_ERR_NOT_FOUND) {
    return g->more ? BT_ERR_OK : BT_ERR_CLOSED;
  }
  return err;
}

enum bt_err domain_timeline(struct domain *d, struct id session,
                            domain_event_fn *fn, void *ctx) {
  uint64_t last = 0;
  enum bt_err err = find_last(d, session, &last);
  if (err != BT_ERR_OK) {
    return err;
  }
  struct chain chain = {0};
  struct textbuf bytes;
  textbuf_init(&bytes, d->mem);
  struct giving g = {.session = session, .fn = fn, .ctx = ctx, .more = true};
  err = follow(d, session, last, &chain);
  for (size_t i = chain.count; i > 0 && err == BT_ERR_OK; i--) {
    textbuf_clear(&bytes);
    err = journal_read(d->journal, chain.seqs[i - 1], &bytes);
    if (err == BT_ERR_OK) {
      err = give_batch(&g, chain.seqs[i - 1], textbuf_text(&bytes));
    }
  }
  textbuf_free(&bytes);
  mem_free(d->mem, chain.seqs, chain.cap * sizeof *chain.seqs);
  return err == BT_ERR_CLOSED ? BT_ERR_OK : err;
}

enum bt_err domain_events(struct domain *d, uint64_t first, uint64_t last,
                          domain_event_fn *fn, void *ctx) {
  struct giving g = {.fn = fn, .ctx = ctx, .more = true};
  const struct journal_sink sink = {.ctx = &g, .batch = give_batch};
  const enum bt_err err = journal_read_range(d->journal, first, last, &sink);
  return err == BT_ERR_CLOSED ? BT_ERR_OK : err;
}
