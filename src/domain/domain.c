#include "domain/domain.h"

#include "base/check.h"
#include "codec/batch.h"
#include "codec/snapshot.h"
#include "domain/domain_priv.h"

enum {
  SNAPSHOT_EVERY_DEFAULT = 4000,
  /* Beyond this somebody is faster than the disk for too long. */
  HELD_MAX = 16384,
  /* A snapshot waits for a quiet moment, but not for ever. */
  QUIET_PATIENCE = 4,
  /* Folded at a start in a fraction of a second. */
  FOLDED_SOON = 250000,
  TICKS_MAX = 1000, /* in one call: commands want their turn, too */
  CLOSE_PATIENCE_MS = 5000
};

/* ---- opening */

struct restoring {
  struct domain *domain;
  struct seal_reader opens;
};

static enum bt_err load_snapshot(void *ctx, uint64_t seq, struct text bytes) {
  (void)seq;
  struct restoring *r = ctx;
  struct domain *d = r->domain;
  const enum bt_err err = snapshot_decode_kept(d->engine, bytes, &r->opens);
  d->pace.last_len = bytes.len;
  /* Of another version: the batches say the same. The engine is still fresh,
   * for the version is looked at first. */
  return err == BT_ERR_FOREIGN ? BT_ERR_UNSUPPORTED : err;
}

static enum bt_err load_batch(void *ctx, uint64_t seq, struct text bytes) {
  struct restoring *r = ctx;
  struct domain *d = r->domain;
  struct batch_reader reader;
  enum bt_err err = seal_reader_batch(bytes, &reader);
  while (err == BT_ERR_OK) {
    struct record event;
    err = batch_next(&reader, &event);
    if (err == BT_ERR_OK) {
      err = seal_reader_open(&r->opens, &event);
    }
    if (err == BT_ERR_OK) {
      engine_apply(d->engine, seq, &event);
    }
  }
  d->pace.batches++;
  d->pace.bytes += bytes.len;
  return err == BT_ERR_NOT_FOUND ? BT_ERR_OK : err;
}

static enum bt_err restore(struct domain *d, const struct seal *seal,
                           struct journal_error *why) {
  struct restoring r = {.domain = d, .opens = {.seal = seal}};
  const struct journal_sink sink = {.ctx = &r,
                                    .covered = seal != NULL,
                                    .snapshot = load_snapshot,
                                    .batch = load_batch};
  textbuf_init(&r.opens.plain, d->mem);
  const enum bt_err err = journal_load(d->journal, &sink, why);
  textbuf_free(&r.opens.plain);
  return err;
}

static void discard(struct domain *d) {
  engine_free(d->engine);
  while (d->held.count > 0) {
    const struct held h = held_ring_pop(&d->held);
    if (h.step != NULL) {
      step_pool_give(&d->steps, h.step);
    }
  }
  reports_free(&d->reports, d->mem);
  held_ring_free(&d->held, d->mem);
  held_ring_free(&d->refused, d->mem);
  step_pool_free(&d->steps);
  textbuf_free(&d->out.bytes);
  mem_free(d->mem, d->out.finished,
           d->out.finished_cap * sizeof *d->out.finished);
  mem_free(d->mem, d, sizeof *d);
}

static enum bt_err no_memory(struct journal_error *why) {
  *why = (struct journal_error){.code = BT_ERR_NOMEM,
                                .text = "There is no memory for the domain."};
  return BT_ERR_NOMEM;
}

enum bt_err domain_open(const struct mem *mem, struct journal *take_journal,
                        const struct domain_options *options,
                        struct domain **out, struct journal_error *why) {
  struct domain *d = mem_new(mem, sizeof *d);
  if (d == NULL) {
    journal_close(take_journal);
    return no_memory(why);
  }
  d->mem = mem;
  d->journal = take_journal;
  d->steps.mem = mem;
  textbuf_init(&d->out.bytes, mem);
  rand_seed(&d->rand, options->seed);
  d->pace.every = options->snapshot_every != 0 ? options->snapshot_every
                                               : SNAPSHOT_EVERY_DEFAULT;
  enum bt_err err = engine_create(mem, &options->engine, &d->engine);
  if (err == BT_ERR_NOMEM) {
    err = no_memory(why);
  } else if (err == BT_ERR_OK) {
    err = restore(d, options->seal, why);
  }
  if (err != BT_ERR_OK) {
    journal_close(take_journal);
    discard(d);
    return err;
  }
  d->released = engine_seq(d->engine);
  *out = d;
  return BT_ERR_OK;
}

/* ---- into the journal */

/* Sessions that the engine gives up go with this batch, so that they can
 * always be found in one place or the other. */
static void collect_finished(struct domain *d) {
  struct outgoing *o = &d->out;
  struct journal_finished f;
  o->finished_count = 0;
  while (mem_grow(d->mem, &o->finished, &o->finished_cap, o->finished_count + 1,
                  sizeof *o->finished) &&
         engine_take_finished(d->engine, &f.session, &f.last_seq)) {
    o->finished[o->finished_count++] = f;
  }
}

static void append(struct domain *d) {
  struct outgoing *o = &d->out;
  const struct journal_batch b = {.seq = journal_last(d->journal) + 1,
                                  .bytes = textbuf_text(&o->bytes),
                                  .finished = o->finished,
                                  .finished_count = o->finished_count};
  /* A failed journal keeps it stuck: its answers never leave. */
  o->stuck = journal_append(d->journal, &b) != BT_ERR_OK;
  if (!o->stuck) {
    d->pace.batches++;
    d->pace.bytes += b.bytes.len;
    textbuf_clear(&o->bytes);
  }
}

static void write_batch(struct domain *d, const struct step *step) {
  bt_check(!d->out.stuck);
  bt_check(step->seq == journal_last(d->journal) + 1);
  textbuf_clear(&d->out.bytes);
  batch_encode(step->events, step->event_count, &d->out.bytes);
  bt_check(!d->out.bytes.failed); /* what has happened cannot be taken back */
  collect_finished(d);
  append(d);
}

/* A batch for which there was no room may have some now. */
static void look_at_journal(struct domain *d) {
  struct journal_stats stats;
  journal_get_stats(d->journal, &stats);
  d->full = stats.full;
  d->failed = stats.failed;
  if (d->out.stuck && !stats.full && !stats.failed) {
    append(d);
  }
}

bool domain_failed(const struct domain *d) {
  struct journal_stats stats;
  journal_get_stats(d->journal, &stats);
  return stats.failed;
}

/* ---- submitting */

static void tell_work(struct domain *d) {
  if (!d->worked && d->on_work != NULL) {
    d->worked = true;
    d->on_work(d->work_ctx);
  }
}

void domain_on_work(struct domain *d, void (*fn)(void *ctx), void *ctx) {
  d->on_work = fn;
  d->work_ctx = ctx;
  d->worked = false;
  tell_work(d);
}

static void refuse(struct domain *d, domain_answer_fn *fn, void *ctx) {
  if (fn == NULL) {
    return;
  }
  const struct held h = {.fn = fn, .ctx = ctx};
  const bool room = held_ring_reserve(&d->refused, d->mem);
  bt_check(room);
  held_ring_push(&d->refused, &h);
}

/* What is decided now could not be written, or not for now. */
static bool is_closed(const struct domain *d) {
  return d->out.stuck || d->full || d->failed || d->held.count >= HELD_MAX;
}

/* A step cannot be taken back: all that it needs must be there before. */
static struct step *admit(struct domain *d) {
  if (is_closed(d) || !held_ring_reserve(&d->held, d->mem)) {
    return NULL;
  }
  return step_pool_take(&d->steps);
}

static bool is_empty(const struct step *step) {
  return step->event_count == 0 && step->effect_count == 0;
}

/* False: there is no room now, and nothing was done. */
static bool carry_out(struct domain *d, const struct command *cmd,
                      domain_answer_fn *fn, void *ctx) {
  struct step *step = admit(d);
  d->last = step;
  if (step == NULL) {
    return false;
  }
  engine_step(d->engine, cmd, step);
  if (step->event_count > 0) {
    write_batch(d, step);
  } else if (is_empty(step) && fn == NULL) {
    d->last = NULL;
    step_pool_give(&d->steps, step);
    return true;
  }
  const struct held h = {.seq = engine_seq(d->engine),
                         .step = step,
                         .has_batch = step->event_count > 0,
                         .fn = fn,
                         .ctx = ctx};
  held_ring_push(&d->held, &h);
  return true;
}

/* What happened while there was no room comes before all that follows it. */
static bool carry_out_reports(struct domain *d) {
  const struct command *first = NULL;
  while ((first = reports_first(&d->reports)) != NULL) {
    if (!carry_out(d, first, NULL, NULL)) {
      return false;
    }
    reports_drop_first(&d->reports, d->mem);
  }
  return true;
}

void domain_submit(struct domain *d, const struct command *cmd,
                   domain_answer_fn *fn, void *ctx) {
  tell_work(d);
  if (carry_out_reports(d) && carry_out(d, cmd, fn, ctx)) {
    return;
  }
  d->last = NULL;
  if (fn != NULL || !reports_take(cmd) ||
      !reports_keep(&d->reports, d->mem, cmd)) {
    refuse(d, fn, ctx);
  }
}

const struct step *domain_last_step(const struct domain *d) {
  return d->last;
}

static void hold(struct domain *d, const struct held *h) {
  tell_work(d);
  const bool room = held_ring_reserve(&d->held, d->mem);
  bt_check(room);
  held_ring_push(&d->held, h);
}

void domain_when_durable(struct domain *d, domain_answer_fn *fn, void *ctx) {
  const struct held h = {.seq = engine_seq(d->engine), .fn = fn, .ctx = ctx};
  hold(d, &h);
}

void domain_when_readable(struct domain *d, domain_answer_fn *fn, void *ctx) {
  const struct held h = {
      .seq = engine_seq(d->engine), .reads = true, .fn = fn, .ctx = ctx};
  d->readers++;
  hold(d, &h);
}

static struct command own_command(struct domain *d, enum command_type type,
                                  int64_t now_us) {
  struct command cmd = {.by = {.role = ROLE_SYSTEM,
                               .number = SESSION_NOBODY,
                               .name = TEXT("server")},
                        .now_us = now_us,
                        .entropy = {rand_u64(&d->rand), rand_u64(&d->rand)},
                        .terse = true};
  record_init(&cmd.args, type);
  return cmd;
}

void domain_recover(struct domain *d, int64_t now_us) {
  if (engine_seq(d->engine) > 0) {
    const struct command cmd = own_command(d, COMMAND_RECOVERED, now_us);
    domain_submit(d, &cmd, NULL, NULL);
  }
}

void domain_tick(struct domain *d, int64_t now_us) {
  for (int i = 0; i < TICKS_MAX; i++) {
    if (engine_next_deadline(d->engine) > now_us || is_closed(d)) {
      return;
    }
    const struct command cmd = own_command(d, COMMAND_TICK, now_us);
    domain_submit(d, &cmd, NULL, NULL);
  }
}

int64_t domain_next_deadline(const struct domain *d) {
  return engine_next_deadline(d->engine);
}

/* ---- letting out */

void domain_listen(struct domain *d, const struct domain_listener *listener) {
  bt_check(d->listener_count < DOMAIN_LISTENERS_MAX);
  d->listeners[d->listener_count++] = *listener;
}

static void tell_events(struct domain *d, const struct held *h) {
  for (size_t i = 0; i < h->step->event_count; i++) {
    for (size_t l = 0; l < d->listener_count; l++) {
      const struct domain_listener *to = &d->listeners[l];
      if (to->on_event != NULL) {
        to->on_event(to->ctx, h->seq, &h->step->events[i]);
      }
    }
  }
}

static void tell_effects(struct domain *d, const struct step *step) {
  for (size_t i = 0; i < step->effect_count; i++) {
    for (size_t l = 0; l < d->listener_count; l++) {
      const struct domain_listener *to = &d->listeners[l];
      if (to->on_effect != NULL) {
        to->on_effect(to->ctx, &step->effects[i]);
      }
    }
  }
}

static void let_out(struct domain *d, const struct held *h) {
  d->readers -= h->reads;
  if (h->has_batch) {
    d->released = h->seq;
    tell_events(d, h);
  }
  if (h->step != NULL) {
    tell_effects(d, h->step);
  }
  if (h->fn != NULL) {
    h->fn(h->ctx, h->step == NULL ? NULL : &h->step->answer);
  }
  if (h->step != NULL) {
    step_pool_give(&d->steps, h->step);
  }
}

static void answer_unavailable(struct domain *d, const struct held *h) {
  struct textbuf b;
  struct json_out o;
  textbuf_init(&b, d->mem);
  json_out_init(&o, &b);
  const struct engine_problem p = {
      .refusal = REFUSAL_UNAVAILABLE,
      .detail = d->full ? TEXT("The journal's disk is full.")
                        : TEXT("The journal takes nothing now.")};
  engine_write_problem(d->engine, &p, &o);
  const struct answer a = {.code = refusal_info(REFUSAL_UNAVAILABLE)->http,
                           .refusal = REFUSAL_UNAVAILABLE,
                           .body = b.failed ? TEXT("{}") : textbuf_text(&b),
                           .retry_after_ms = 1000};
  h->fn(h->ctx, &a);
  textbuf_free(&b);
}

static void take_snapshot(struct domain *d) {
  struct textbuf state;
  textbuf_init(&state, d->mem);
  /* At once: a text that grows is copied again and again. */
  (void)textbuf_reserve(&state, d->pace.last_len + d->pace.last_len / 8);
  snapshot_encode(d->engine, &state);
  const enum bt_err err =
      state.failed ? BT_ERR_NOMEM
                   : journal_snapshot(d->journal, engine_seq(d->engine),
                                      textbuf_text(&state));
  if (err != BT_ERR_BUSY) {
    /* Without room it is tried again in its turn: batches say the same. */
    d->pace.last_len = state.len;
    d->pace.batches = 0;
    d->pace.bytes = 0;
  }
  textbuf_free(&state);
}

/* A large state is written less often: a snapshot costs half as much as the
 * batches that it replaces, or as much where those are many. */
static bool is_worth_it(const struct pace *p) {
  return p->bytes >= p->last_len &&
         (p->bytes / 2 >= p->last_len || p->batches >= FOLDED_SOON);
}

static bool wants_snapshot(const struct domain *d) {
  const struct pace *p = &d->pace;
  return !d->out.stuck && p->batches >= p->every && is_worth_it(p) &&
         (d->held.count == 0 || p->batches >= QUIET_PATIENCE * p->every);
}

/* A disk that is full may be so for hours: who only reads is told, and asks
 * again. Commands have happened: their answers wait. */
static void refuse_readers(struct domain *d, uint64_t durable) {
  if (d->readers == 0) {
    return;
  }
  for (size_t n = d->held.count; n > 0; n--) { /* once around, in order */
    const struct held h = held_ring_pop(&d->held);
    if (h.reads && h.seq > durable && held_ring_reserve(&d->refused, d->mem)) {
      d->readers--;
      held_ring_push(&d->refused, &h);
    } else {
      held_ring_push(&d->held, &h);
    }
  }
}

size_t domain_release(struct domain *d) {
  d->worked = false;
  d->last = NULL;
  look_at_journal(d);
  if (d->full || d->failed) {
    refuse_readers(d, journal_durable(d->journal));
  }
  for (size_t n = d->refused.count; n > 0; n--) {
    const struct held h = held_ring_pop(&d->refused);
    answer_unavailable(d, &h);
  }
  (void)carry_out_reports(d);
  d->last = NULL;
  const uint64_t durable = journal_durable(d->journal);
  for (size_t n = d->held.count;
       n > 0 && held_ring_at(&d->held, 0)->seq <= durable; n--) {
    const struct held h = held_ring_pop(&d->held);
    let_out(d, &h);
  }
  if (wants_snapshot(d)) {
    take_snapshot(d);
  }
  return d->held.count + d->refused.count;
}

bool domain_due(const struct domain *d) {
  return d->refused.count > 0 ||
         (d->held.count > 0 &&
          held_ring_at(&d->held, 0)->seq <= journal_durable(d->journal));
}

uint64_t domain_released(const struct domain *d) {
  return d->released;
}

void domain_watch(struct domain *d, engine_watch_fn *fn, void *ctx) {
  engine_watch(d->engine, fn, ctx);
}

void domain_set_zone(struct domain *d, const struct tz *zone) {
  engine_set_zone(d->engine, zone);
}

const struct engine *domain_engine(const struct domain *d) {
  return d->engine;
}

struct journal *domain_journal(struct domain *d) {
  return d->journal;
}

/* ---- closing */

void domain_close(struct domain *d, bool snapshot) {
  if (d->out.stuck) {
    /* What was taken before makes room; if it cannot, nobody was answered. */
    const enum bt_err err = journal_sync_wait(
        d->journal, journal_last(d->journal), CLOSE_PATIENCE_MS);
    if (err == BT_ERR_OK) {
      look_at_journal(d);
    }
  }
  if (snapshot && !d->out.stuck && d->pace.batches > 0) {
    take_snapshot(d);
  }
  journal_close(d->journal);
  discard(d);
}
