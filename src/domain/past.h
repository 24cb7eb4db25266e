/* past.h - an engine as it was: the journal folded once more, from the nearest
 * snapshot or its first batch, a few batches at a time, so that whoever asks
 * delays nobody else.
 *
 * It holds a whole second engine: one at a time is enough.
 */
#ifndef BATON_DOMAIN_PAST_H
#define BATON_DOMAIN_PAST_H

#include "domain/domain.h"

struct past;

/* Called with each event before it is folded: @e is as it was then. */
typedef void past_event_fn(void *ctx, const struct engine *e, uint64_t seq,
                           const struct record *event);

/* What is wanted: the events of batch @first (from 1) and of those behind it.
 * There may be some of before it, too. */
struct past_view {
  uint64_t first;
  past_event_fn *fn;
  void *ctx;
};

/* @d is borrowed. BT_ERR_NOMEM, and what journal_read_snapshot() and
 * snapshot_decode() answer. */
enum bt_err past_create(struct domain *d, const struct past_view *view,
                        struct past **out) BT_USE_RESULT;
void past_free(struct past *p); /* NULL is fine */

/* Folds at most @batches more, none behind @last, which is durable. Errors as
 * those of domain_events(): then it is of no use any more. */
enum bt_err past_fold(struct past *p, uint64_t last,
                      uint64_t batches) BT_USE_RESULT;
/* The batch folded last, or that of the snapshot; 0 before the first. */
uint64_t past_seq(const struct past *p);

#endif
