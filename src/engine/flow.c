/* How fast a queue's sessions have been taken of late. */
#include "engine/flow_priv.h"

void flow_note_taken(struct flow *f, int64_t entered_us, int64_t at_us) {
  const int64_t from_us = entered_us > f->last_us ? entered_us : f->last_us;
  const int64_t gap_us = at_us > from_us ? at_us - from_us : 0;
  f->mean_us =
      f->taken == 0 ? gap_us : f->mean_us + (gap_us - f->mean_us) / FLOW_WEIGHT;
  f->last_us = at_us;
  f->taken += f->taken < FLOW_COUNT_MAX;
}

int64_t flow_estimate_us(const struct flow *f, uint32_t position) {
  return f->taken < FLOW_ENOUGH ? -1 : f->mean_us * position;
}
