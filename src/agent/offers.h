/* offers.h - the offers of a domain: all pending ones, and the last ended ones.
 *
 * Ids are given out in order and never again, so an id that is not kept any
 * more can still be told from one that never was. The table owns its offers.
 */
#ifndef BATON_AGENT_OFFERS_H
#define BATON_AGENT_OFFERS_H

#include <stddef.h>
#include <stdint.h>

#include "agent/offer.h"
#include "base/err.h"
#include "base/map.h"
#include "base/mem.h"

/* How many ended offers are kept for late answers. */
enum { OFFERS_ENDED_KEPT = 4096 };

struct offers_node;

struct offers_list {
  uint32_t first, last;
  size_t count;
};

struct offers {
  const struct mem *mem;
  struct offers_node *nodes;
  size_t cap, used; /* nodes; used: those ever taken */
  struct map by_id;
  uint64_t next_id;           /* the id of the next offer; from 1 */
  uint32_t free_head;         /* nodes to use again */
  struct offers_list pending; /* in the order they were made */
  struct offers_list ended;   /* in the order they ended */
};

/* @o must not move afterwards: its map refers to it. */
void offers_init(struct offers *o, const struct mem *mem);
void offers_free(struct offers *o);

/* Room for @more offers, so that that many offers_put() cannot fail.
 * BT_ERR_NOMEM: nothing changed. */
enum bt_err offers_reserve(struct offers *o, size_t more) BT_USE_RESULT;

/* Keep an offer, pending or (from a snapshot) ended; room was reserved, and the
 * id is not there yet. next_id moves past it. */
void offers_put(struct offers *o, const struct offer *offer);

/* NULL if it is not kept; borrowed until the next change of the table. */
const struct offer *offers_get(const struct offers *o, uint64_t id);

/* offer_decide() on the offer with this id; FORGOTTEN or UNKNOWN without. */
enum offer_refusal offers_decide(const struct offers *o, uint64_t id,
                                 const struct offer_cmd *cmd,
                                 struct offer_out *out) BT_USE_RESULT;

/* Apply the event that ends a pending offer, and forget the oldest ended one
 * beyond OFFERS_ENDED_KEPT. */
void offers_apply(struct offers *o, uint64_t id, const struct offer_event *e);

/* Walk over all that are kept, for snapshots: NULL gives the first, the last
 * gives NULL. Ended ones come first. offers_put() in this order, and next_id,
 * restore the table. */
const struct offer *offers_next(const struct offers *o,
                                const struct offer *after);

#endif
