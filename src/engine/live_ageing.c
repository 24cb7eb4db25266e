/* live_ageing.c - how a session's priority grows where it says so itself: in
 * events and snapshots, for the router, and for people. */
#include "engine/engine_priv.h"
#include "engine/put_priv.h"

struct own_ageing live_ageing(const struct record *r) {
  return (struct own_ageing){
      .has_points = record_has(r, FIELD_ACCELERATION),
      .has_most = record_has(r, FIELD_MAX_PRIORITY),
      .most = (uint16_t)record_num(r, FIELD_MAX_PRIORITY),
      .points = (uint32_t)record_num(r, FIELD_ACCELERATION)};
}

void live_put_ageing(struct record *r, const struct own_ageing *a) {
  if (a->has_points) {
    record_set_num(r, FIELD_ACCELERATION, a->points);
  }
  if (a->has_most) {
    record_set_num(r, FIELD_MAX_PRIORITY, a->most);
  }
}

void live_ask_ageing(const struct own_ageing *a, struct router_request *q) {
  q->has_ageing = a->has_points;
  q->ageing = a->points;
  q->has_max_priority = a->has_most;
  q->max_priority = a->most;
}

void live_view_ageing(const struct live *l,
                      const struct router_queue_params *queue,
                      struct json_out *o) {
  const struct own_ageing *a = &l->ageing;
  put_hundredths(o, "acceleration", a->has_points ? a->points : queue->ageing);
  put_num(o, "maxPriority", a->has_most ? a->most : queue->max_priority);
}
