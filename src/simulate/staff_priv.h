/* staff_priv.h - what the parts of the staffing share. */
#ifndef BATON_SIMULATE_STAFF_PRIV_H
#define BATON_SIMULATE_STAFF_PRIV_H

#include "simulate/staff.h"

static inline size_t staff_at(const struct simulate_staff *s, size_t group,
                              size_t interval) {
  return group * s->intervals + interval;
}

/* ---- staff_load.c: groups, and what comes to them */

enum bt_err staff_find_groups(struct simulate_staff *s,
                              struct simulate_error *why);
/* Contacts, handling time and Erlang's agents of every interval. False: no
 * memory. */
bool staff_find_load(struct simulate_staff *s);

/* ---- staff_stage.c: the centre with the agents that are tried */

struct staff_stage {
  struct arena arena;
  struct simulate_plan plan;
  struct simulate_object *objects;
  struct simulate_shift *shifts;
  size_t object_cap, shift_cap;
  struct simulate_setting setting;
};

/* The setting without agents, and without what names them. False: no memory. */
bool staff_strip(struct simulate_staff *s,
                 const struct simulate_setting *setting);
/* As many agents as s->needs says. False: no memory. Either way
 * staff_unbuild() is due. @out must not move: its setting refers to it. */
bool staff_build(const struct simulate_staff *s, struct staff_stage *out);
void staff_unbuild(const struct simulate_staff *s, struct staff_stage *stage);

#endif
