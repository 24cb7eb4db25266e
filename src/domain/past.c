#include "domain/past.h"

#include "domain/domain_priv.h"

struct past {
  struct domain *domain;
  struct engine *engine;
  past_event_fn *fn;
  void *ctx;
  uint64_t seq;
};

enum bt_err past_create(struct domain *d, past_event_fn *fn, void *ctx,
                        struct past **out) {
  const struct engine_options options = {.centre = journal_centre(d->journal)};
  struct past *p = mem_new(d->mem, sizeof *p);
  if (p == NULL) {
    return BT_ERR_NOMEM;
  }
  *p = (struct past){.domain = d, .fn = fn, .ctx = ctx};
  const enum bt_err err = engine_create(d->mem, &options, &p->engine);
  if (err != BT_ERR_OK) {
    mem_free(d->mem, p, sizeof *p);
    return err;
  }
  *out = p;
  return BT_ERR_OK;
}

void past_free(struct past *p) {
  if (p != NULL) {
    engine_free(p->engine);
    mem_free(p->domain->mem, p, sizeof *p);
  }
}

uint64_t past_seq(const struct past *p) {
  return p->seq;
}

static bool fold(void *ctx, uint64_t seq, const struct record *event) {
  struct past *p = ctx;
  p->fn(p->ctx, p->engine, seq, event);
  engine_apply(p->engine, seq, event);
  return true;
}

enum bt_err past_fold(struct past *p, uint64_t last, uint64_t batches) {
  const uint64_t first = p->seq + 1;
  const uint64_t end = last - p->seq < batches ? last : p->seq + batches;
  if (first > end) {
    return BT_ERR_OK;
  }
  const enum bt_err err = domain_events(p->domain, first, end, fold, p);
  struct id id;
  uint64_t seq;
  while (engine_take_finished(p->engine, &id, &seq)) {
  }
  p->seq = end;
  return err;
}
