/* report.h - what came out, for people and for machines.
 *
 * All of it goes to a buffer of the caller's. Intervals are at 95 in a hundred,
 * over the runs.
 */
#ifndef BATON_SIMULATE_REPORT_H
#define BATON_SIMULATE_REPORT_H

#include "base/text.h"
#include "base/tz.h"
#include "simulate/result.h"

/* What is reported on; all of it is borrowed. */
struct simulate_report {
  struct text centre;
  const struct tz *zone; /* on whose clock moments are shown; NULL is UTC */
  const struct simulate_plan *plan;
  const struct text *queues; /* names of the rows */
  size_t queue_count, agent_count;
  uint64_t seed;
  const struct simulate_result *result;
  /* The other setting, and what it is; NULL: there is none. */
  const struct simulate_result *changed;
  struct text change;
};

/* A table by queue, and with another setting what it changes, in sentences. */
void simulate_report_table(const struct simulate_report *r,
                           struct textbuf *out);
/* The same of all queues, by interval. */
void simulate_report_intervals(const struct simulate_report *r,
                               struct textbuf *out);
void simulate_report_json(const struct simulate_report *r, struct textbuf *out);
/* A line for each queue and interval, and their head. */
void simulate_report_csv(const struct simulate_report *r, struct textbuf *out);
/* Curves over the day: contacts, service level, speed of answer, occupancy. */
void simulate_report_svg(const struct simulate_report *r, struct textbuf *out);

#endif
