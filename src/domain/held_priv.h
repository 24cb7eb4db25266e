/* held_priv.h - what may not leave yet: steps in the order of their batches.
 *
 * A step keeps its events, effects and answer until they are let out; then it
 * is used again. So nothing is copied on the way.
 */
#ifndef BATON_DOMAIN_HELD_PRIV_H
#define BATON_DOMAIN_HELD_PRIV_H

#include "domain/domain.h"

struct held {
  uint64_t seq;      /* durable with this batch, and everything before it */
  struct step *step; /* NULL: only somebody who waits until then */
  bool has_batch;    /* the step made batch @seq */
  bool reads;        /* does not wait for a journal that cannot write */
  domain_answer_fn *fn;
  void *ctx;
};

struct held_ring {
  struct held *entries;
  size_t cap, first, count;
};

/* Steps that are free. */
struct step_pool {
  const struct mem *mem;
  struct step **free;
  size_t count, cap;
};

void held_ring_free(struct held_ring *r, const struct mem *mem);
bool held_ring_reserve(struct held_ring *r, const struct mem *mem);
/* There is room: held_ring_reserve() said so. */
void held_ring_push(struct held_ring *r, const struct held *h);
struct held held_ring_pop(struct held_ring *r);
/* The @i-th from the oldest. */
const struct held *held_ring_at(const struct held_ring *r, size_t i);

/* NULL when there is no memory. */
struct step *step_pool_take(struct step_pool *p);
void step_pool_give(struct step_pool *p, struct step *step);
void step_pool_free(struct step_pool *p);

#endif
