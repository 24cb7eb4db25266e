/* change.h - another setting, made of one by what a supervisor would type:
 * "agents=+2", "queue.support.strategy=most_skilled". change.def has all. */
#ifndef BATON_SIMULATE_CHANGE_H
#define BATON_SIMULATE_CHANGE_H

#include "base/arena.h"
#include "simulate/world.h"

/* The setting that is being changed; all of it lives in the arena or is
 * borrowed from the one it was made of. */
struct simulate_changed {
  struct arena *arena;
  struct simulate_plan plan;
  struct simulate_object *objects;
  struct simulate_stream *streams;
  struct simulate_contact *contacts;
  struct simulate_shift *shifts;
  size_t object_count, object_cap, shift_count, shift_cap;
  size_t agent_count;
  uint32_t added; /* agents so far */
};

/* A copy, to be changed. BT_ERR_NOMEM. */
enum bt_err
simulate_change_begin(struct simulate_changed *c, struct arena *arena,
                      const struct simulate_setting *setting) BT_USE_RESULT;
/* One change. BT_ERR_SYNTAX: *why says what is wrong with it, with the nearest
 * name. BT_ERR_NOMEM. */
enum bt_err simulate_change_apply(struct simulate_changed *c,
                                  struct text change,
                                  struct simulate_error *why) BT_USE_RESULT;
/* Does it change who the agents are, what they can or which a queue names? */
bool simulate_change_is_of_agents(struct text change);
/* It, to be played. Borrows @c. */
struct simulate_setting simulate_change_end(struct simulate_changed *c);

#endif
