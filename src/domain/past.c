#include "domain/past.h"

#include "codec/snapshot.h"
#include "domain/domain_priv.h"

struct past {
  struct domain *domain;
  struct engine *engine;
  struct past_view view;
  uint64_t seq;
};

/* The journal's nearest snapshot, if it has one that is understood; else all
 * is folded. */
static enum bt_err start_near(struct past *p, uint64_t first) {
  struct textbuf state;
  uint64_t seq = 0;
  textbuf_init(&state, p->domain->mem);
  enum bt_err err =
      journal_read_snapshot(p->domain->journal, first, &seq, &state);
  if (err == BT_ERR_OK) {
    err = snapshot_decode(p->engine, textbuf_text(&state));
    p->seq = err == BT_ERR_OK ? seq : 0;
  }
  textbuf_free(&state);
  return err == BT_ERR_NOT_FOUND || err == BT_ERR_FOREIGN ? BT_ERR_OK : err;
}

enum bt_err past_create(struct domain *d, const struct past_view *view,
                        struct past **out) {
  const struct engine_options options = {.centre = journal_centre(d->journal)};
  struct past *p = mem_new(d->mem, sizeof *p);
  if (p == NULL) {
    return BT_ERR_NOMEM;
  }
  *p = (struct past){.domain = d, .view = *view};
  enum bt_err err = engine_create(d->mem, &options, &p->engine);
  if (err != BT_ERR_OK) {
    mem_free(d->mem, p, sizeof *p);
    return err;
  }
  err = start_near(p, view->first);
  if (err != BT_ERR_OK) {
    past_free(p);
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
  p->view.fn(p->view.ctx, p->engine, seq, event);
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
