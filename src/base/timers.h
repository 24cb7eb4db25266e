/* timers.h - which deadline comes next.
 *
 * A timer is data: a deadline and two numbers that say whose it is. Nothing
 * fires by itself: the owner asks for what is due. Equal deadlines come in the
 * order in which they were started, so that a replay sees the same order.
 */
#ifndef BATON_BASE_TIMERS_H
#define BATON_BASE_TIMERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"

#define TIMER_NONE 0u

struct timer {
  int64_t deadline_us;
  uint64_t order; /* start order among equal deadlines */
  uint32_t kind;  /* the owner's enum */
  uint32_t owner; /* the owner's index */
  uint32_t visit; /* which visit of the owner it was armed for */
};

struct timers_node;
struct timers_entry;

struct timers {
  const struct mem *mem;
  struct timers_node *nodes; /* by id */
  struct timers_entry *heap;
  size_t node_cap, heap_cap, count;
  uint32_t free_head;
  uint64_t next_order;
};

void timers_init(struct timers *t, const struct mem *mem);
void timers_free(struct timers *t);
bool timers_reserve(struct timers *t, size_t more);
/* The id of the new timer; TIMER_NONE when there is no memory. @spec.order is
 * ignored. */
uint32_t timers_start(struct timers *t, struct timer spec);
/* @id may be TIMER_NONE; else it must be running. */
void timers_stop(struct timers *t, uint32_t id);
/* Among equal deadlines it comes as if it had been started as number @order.
 * For timers that are read back from where they were kept. */
void timers_reorder(struct timers *t, uint32_t id, uint64_t order);
/* The running timer with this id. */
const struct timer *timers_get(const struct timers *t, uint32_t id);
/* The earliest deadline; INT64_MAX if nothing runs. */
int64_t timers_next(const struct timers *t);
/* If one is due at @now_us: takes it out, writes it and its id, returns true.
 */
bool timers_take_due(struct timers *t, int64_t now_us, struct timer *out,
                     uint32_t *id);

#endif
