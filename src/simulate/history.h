/* history.h - contacts and agents out of what has happened: the events of a
 * centre's journal.
 *
 * Read from it: when each session joined a queue and which, with its skills,
 * priority and channel; how long conversation and wrap-up took; how long those
 * who left had waited; when each agent was available; how offers were answered.
 *
 * Of a customer who was answered it is not known how long it would have waited
 * yet. Patience is taken as exponential: its mean is all time waited divided by
 * how many left (the maximum likelihood under censoring), and what is unknown
 * is the wait that is known and such a time more.
 */
#ifndef BATON_SIMULATE_HISTORY_H
#define BATON_SIMULATE_HISTORY_H

#include "engine/engine.h"
#include "simulate/read.h"

struct history_visit;
struct history_agent;

struct simulate_history {
  struct simulate_reader *reader; /* takes the contacts; borrowed */
  struct engine *engine;          /* folds the events: it knows the names */
  struct history_visit *visits;   /* by the engine's slot */
  struct history_agent *agents;   /* by number */
  size_t visit_cap, agent_cap;
  int64_t last_us;
  uint64_t offers, declined, unanswered;
  double *answers_s; /* from offer to acceptance */
  size_t answer_count, answer_cap;
  bool no_memory;
};

/* BT_ERR_NOMEM. */
enum bt_err simulate_history_init(struct simulate_history *h,
                                  struct simulate_reader *reader) BT_USE_RESULT;
void simulate_history_free(struct simulate_history *h);
/* The next event of batch @seq, in order from the first. */
void simulate_history_event(struct simulate_history *h, uint64_t seq,
                            const struct record *ev);
/* Behind the last event of a batch. */
void simulate_history_batch(struct simulate_history *h);
/* Behind the last one: what is still open, and the laws of what is unknown. */
void simulate_history_close(struct simulate_history *h);

#endif
