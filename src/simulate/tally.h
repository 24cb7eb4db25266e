/* tally.h - what one run of a simulation counts.
 *
 * By queue and interval, in the figures that the running centre counts in
 * (routing/figures.def), but each contact in the interval in which it came.
 * Beside them every wait, for the percentiles, and the agents' time.
 */
#ifndef BATON_SIMULATE_TALLY_H
#define BATON_SIMULATE_TALLY_H

#include "routing/figures.h"
#include "simulate/plan.h"

struct simulate_cell {
  struct figures_interval figures;
  int64_t refused;  /* turned away: closed, full, paused, nobody can */
  int64_t unserved; /* neither answered nor gone when the run was over */
};

struct simulate_waits {
  int64_t *items_us; /* of those who were answered */
  size_t count, cap;
};

/* Agent time, all agents together. */
struct simulate_hours {
  int64_t work_us;  /* in a conversation or its wrap-up */
  int64_t ready_us; /* that, and idle or asked by an offer */
};

struct simulate_tally {
  const struct mem *mem;
  size_t rows, intervals;
  struct simulate_cell *cells;  /* rows × intervals */
  struct simulate_waits *waits; /* rows × intervals */
  struct simulate_hours *hours; /* by interval */
  bool no_memory;
};

/* BT_ERR_NOMEM. @mem is borrowed. */
enum bt_err simulate_tally_init(struct simulate_tally *t, const struct mem *mem,
                                size_t rows, size_t intervals) BT_USE_RESULT;
void simulate_tally_free(struct simulate_tally *t);

/* Of a row and an interval. */
struct simulate_cell *simulate_cell_at(const struct simulate_tally *t,
                                       size_t row, size_t interval);
void simulate_tally_wait(struct simulate_tally *t, size_t row, size_t interval,
                         int64_t wait_us);
/* The part of a stretch of an agent's time that lies between the warm-up and
 * the end, to the intervals that it lies in. */
void simulate_tally_time(struct simulate_tally *t,
                         const struct simulate_plan *plan, int64_t from_us,
                         int64_t to_us, bool at_work);

#endif
