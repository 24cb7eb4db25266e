/* world.h - one run: the centre's own engine under virtual time.
 *
 * The engine is the server's, with its router, timers, calendars and refusals;
 * only customers, agents and the clock are played. So whatever the
 * configuration says acts here by the code by which it acts there. A contact
 * begins where the router does: at its transfer to a queue.
 */
#ifndef BATON_SIMULATE_WORLD_H
#define BATON_SIMULATE_WORLD_H

#include "base/tz.h"
#include "engine/config.h"
#include "simulate/tally.h"

/* A configured object as the engine takes it. */
struct simulate_object {
  enum config_object kind;
  struct text id, json;
  struct text zone, zone_file; /* of a calendar: name and TZif file; or UTC */
};

struct simulate_setting {
  const struct simulate_object *objects; /* what is referred to comes first */
  size_t object_count;
  const struct simulate_plan *plan;
};

/* What is counted for itself: the configured queues, in their order, and other
 * targets (skills) that contacts name. */
struct simulate_rows {
  struct text *names; /* borrowed from the setting */
  size_t count, cap;
};

struct simulate_error {
  char text[1024];
};

/* BT_ERR_NOT_FOUND: a contact names what the setting does not have.
 * BT_ERR_RANGE: more contacts than can be. BT_ERR_SYNTAX: the engine refused an
 * object. BT_ERR_NOMEM. Each with a sentence in *why. */
enum bt_err simulate_rows_of(const struct mem *mem,
                             const struct simulate_setting *setting,
                             struct simulate_rows *out,
                             struct simulate_error *why) BT_USE_RESULT;
void simulate_rows_free(const struct mem *mem, struct simulate_rows *rows);
/* Plays one run; errors as above. *@out has the rows of @rows. */
enum bt_err simulate_play(const struct mem *mem,
                          const struct simulate_setting *setting,
                          struct simulate_draw draw, struct simulate_tally *out,
                          struct simulate_error *why) BT_USE_RESULT;

#endif
