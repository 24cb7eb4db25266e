/* erlang.h - what a queue of equal agents does in the long run, in closed form.
 *
 * Poisson arrivals, exponential handling times, one queue, first come first
 * served: M/M/c (Erlang C) when everybody waits, M/M/c+M (Erlang A) when
 * patience is exponential, too.
 */
#ifndef BATON_SIMULATE_ERLANG_H
#define BATON_SIMULATE_ERLANG_H

#include <stdbool.h>
#include <stdint.h>

struct erlang_load {
  double arrivals_per_s;
  double handling_s; /* mean; with the wrap-up, if that binds the agent */
  double patience_s; /* mean; 0: everybody waits */
  uint32_t agents;
  double target_s; /* who is answered within it is served well */
  double short_s;  /* who leaves within it does not count against anybody */
};

struct erlang_figures {
  double waiting;       /* share of those who are not answered at once */
  double service_level; /* as in routing/figures.def */
  double answer_s;      /* mean wait of those who are answered */
  double abandonment;
  double occupancy;
};

/* The share that finds all @agents busy if nobody may wait (Erlang B), for
 * @offered erlangs. */
double erlang_b(double offered, uint32_t agents);
/* Erlang A, and with a patience of 0 Erlang C. False: everybody waits and more
 * comes than the agents can do, so that the queue grows without end. */
bool erlang_figures(const struct erlang_load *load, struct erlang_figures *out);

#endif
