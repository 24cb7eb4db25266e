/* staff.h - how many agents each interval needs for a goal.
 *
 * Erlang's formulas give the numbers to begin with; then days are played with
 * them, intervals that miss the goal get one agent more, and intervals that
 * might do with one less are tried with it, until neither is left. So
 * what the formulas do not know (backlogs of the interval before, conversations
 * that go on over its end, log-normal times, RONA, priorities between queues)
 * is in the answer.
 *
 * Agents of the centre's file play no part: each queue gets agents of its own,
 * who have what it and its contacts require, at the best proficiency, and one
 * conversation at a time. Pooled, there is one kind, who can do everything.
 */
#ifndef BATON_SIMULATE_STAFF_H
#define BATON_SIMULATE_STAFF_H

#include "base/arena.h"
#include "simulate/statistics.h"
#include "simulate/world.h"

struct simulate_goal {
  double service_level;          /* at least, 0 … 1 */
  double occupancy, abandonment; /* at most; 1 for no limit */
};

/* What one group needs in one interval. */
struct simulate_need {
  double contacts, handling_s; /* expected; with the wrap-up */
  uint32_t erlang;             /* agents by the formula */
  uint32_t agents;             /* by simulation */
  /* over all runs; NAN where nobody came */
  double service_level, answer_s, abandonment, occupancy;
  struct estimate level; /* the service level once more, with its interval */
};

struct staff_group {
  struct text name;   /* the row's; "all" if pooled */
  struct text skills; /* of its agents: a JSON list */
  struct text queue;  /* the one that they serve; empty: all */
  struct text *names; /* by which contacts call it; none: it takes all */
  size_t name_count;
  double target_s;
};

enum staff_phase { STAFF_GOES_ON, STAFF_DONE, STAFF_GAVE_UP };

struct simulate_staff {
  struct arena *arena; /* all lists; borrowed */
  const struct mem *mem;
  struct simulate_setting setting; /* without agents */
  struct simulate_goal goal;
  uint64_t seed;
  uint32_t runs, rounds;
  bool pooled, reached;
  struct simulate_rows rows; /* names; in the arena */
  struct staff_group *groups;
  size_t group_count, intervals;
  struct simulate_need *needs, *best; /* groups × intervals */
  int32_t *too_few; /* the most agents that were not enough; -1 */
};

enum { STAFF_ROUNDS_MAX = 60, STAFF_AGENTS_MAX = 5000 };

/* Groups, what comes, and Erlang's numbers. Set mem, arena, goal, seed, runs
 * and pooled before. Errors as simulate_play(). */
enum bt_err simulate_staff_begin(struct simulate_staff *s,
                                 const struct simulate_setting *setting,
                                 struct simulate_error *why) BT_USE_RESULT;
/* One round of days. *@phase: STAFF_DONE when s->best is the answer;
 * STAFF_GAVE_UP when the goal was not reached, and s->best is how far it got.
 */
enum bt_err simulate_staff_round(struct simulate_staff *s,
                                 enum staff_phase *phase,
                                 struct simulate_error *why) BT_USE_RESULT;
/* Does the answer miss the goal there? */
bool simulate_staff_missed(const struct simulate_staff *s, size_t group,
                           size_t interval);
/* Agents times hours of the answer. */
double simulate_staff_hours(const struct simulate_staff *s);

#endif
