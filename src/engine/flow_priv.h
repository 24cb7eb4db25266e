/* flow_priv.h - how fast a queue's sessions have been taken of late.
 *
 * The gap between one acceptance and the next, or from the entry of the session
 * if it came after the last: the time that the queue needed to serve its first.
 * The mean weighs the newest gap by 1/8, so that about the last twenty count.
 */
#ifndef BATON_ENGINE_FLOW_PRIV_H
#define BATON_ENGINE_FLOW_PRIV_H

#include <stdint.h>

enum { FLOW_ENOUGH = 3, FLOW_WEIGHT = 8, FLOW_COUNT_MAX = 1000000 };

#define FLOW_METHOD                                                            \
  "position times the mean time between the queue's last acceptances (each "   \
  "new one weighs 1/8)"

struct flow {
  uint32_t taken; /* counted no further than FLOW_COUNT_MAX */
  int64_t last_us, mean_us;
};

void flow_note_taken(struct flow *f, int64_t entered_us, int64_t at_us);
/* For the session at that place; -1: too few were taken to tell. */
int64_t flow_estimate_us(const struct flow *f, uint32_t position);

#endif
