/* plan.h - who comes, when, for how long; and how agents work.
 *
 * A plan is what the centre's configuration does not say: contacts as streams
 * (Poisson, by interval) or one by one (a file, a journal), the laws of
 * handling times, wrap-ups and patience, and when which agent is there.
 * All times are microseconds, absolute ones since 1970.
 */
#ifndef BATON_SIMULATE_PLAN_H
#define BATON_SIMULATE_PLAN_H

#include <stdbool.h>

#include "base/err.h"
#include "base/mem.h"
#include "engine/record.h"
#include "simulate/chance.h"

#define SIMULATE_OPEN (-1) /* not stated: drawn, or the queue's own */

enum simulate_time {
  SIMULATE_HANDLING, /* the conversation */
  SIMULATE_WRAPUP,
  SIMULATE_PATIENCE, /* how long a customer waits at most */
  SIMULATE_TIMES
};

struct simulate_contact {
  int64_t at_us;
  int64_t times_us[SIMULATE_TIMES]; /* or SIMULATE_OPEN */
  int64_t priority;                 /* or SIMULATE_OPEN */
  uint32_t channel;                 /* enum channel */
  uint32_t stream;                  /* whose laws hold */
  struct text target;    /* a queue or a skill, as scripts write it */
  struct text skills;    /* JSON, as in a transfer; or empty */
  struct text preferred; /* an agent; or empty */
  bool skip_queue;
  /* A patience that is known only from below: who was answered after so long
   * would have waited that long, and on by the law. */
  int64_t waited_us;
};

/* So many contacts are expected between two moments. */
struct simulate_piece {
  int64_t from_us, to_us;
  double contacts;
};

/* Contacts of one kind. */
struct simulate_stream {
  struct simulate_contact form; /* at_us and times_us mean nothing */
  struct simulate_law laws[SIMULATE_TIMES];
  const struct simulate_piece *pieces; /* in order, apart from one another */
  size_t piece_count;
  double scale; /* of the number of contacts; 0 counts as 1 */
};

/* An agent is there; several do not overlap. */
struct simulate_shift {
  struct text agent; /* by id */
  int64_t from_us, to_us;
};

struct simulate_people {
  struct simulate_law answer;  /* from the offer to its answer */
  double declined, unanswered; /* shares of the offers */
  int64_t back_us; /* who was sent away for no answer is back after it */
};

struct simulate_plan {
  int64_t from_us, to_us;
  int64_t warm_up_us;  /* what comes in it is played and not counted */
  int64_t interval_us; /* of the figures */
  const struct simulate_stream *streams;
  size_t stream_count;
  const struct simulate_contact *contacts; /* one by one, in order of time */
  size_t contact_count;
  const struct simulate_shift *shifts; /* agents without one are there always */
  size_t shift_count;
  struct simulate_people people;
  bool impartial; /* no contact prefers an agent */
};

/* Which run of which seed. */
struct simulate_draw {
  uint64_t seed, run;
};

struct simulate_arrivals {
  struct simulate_contact *items; /* nothing is left open */
  uint64_t *keys;                 /* what each contact's chances belong to */
  uint32_t *order;                /* their places, in order of time */
  size_t count, cap, key_cap, order_cap;
};

enum { SIMULATE_CONTACTS_MAX = 20000000, SIMULATE_INTERVALS_MAX = 20000 };

/* Everybody who comes in this run. BT_ERR_NOMEM; BT_ERR_RANGE: more than
 * SIMULATE_CONTACTS_MAX. */
enum bt_err simulate_arrive(const struct mem *mem,
                            const struct simulate_plan *plan,
                            struct simulate_draw draw,
                            struct simulate_arrivals *out) BT_USE_RESULT;
void simulate_arrivals_free(const struct mem *mem, struct simulate_arrivals *a);

size_t simulate_interval_count(const struct simulate_plan *plan);
/* The interval of a moment from the plan's beginning to its end. */
size_t simulate_interval_of(const struct simulate_plan *plan, int64_t at_us);

#endif
