/* past.h - an engine as it was: the journal folded once more, from its first
 * batch, a few batches at a time, so that whoever asks delays nobody else.
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

/* @d is borrowed. BT_ERR_NOMEM. */
enum bt_err past_create(struct domain *d, past_event_fn *fn, void *ctx,
                        struct past **out) BT_USE_RESULT;
void past_free(struct past *p); /* NULL is fine */

/* Folds at most @batches more, none behind @last, which is durable. Errors as
 * those of domain_events(): then it is of no use any more. */
enum bt_err past_fold(struct past *p, uint64_t last,
                      uint64_t batches) BT_USE_RESULT;
/* The batch folded last; 0 before the first. */
uint64_t past_seq(const struct past *p);

#endif
