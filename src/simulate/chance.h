/* chance.h - random times by their law, and the chances that decide them.
 *
 * What happens to one contact is drawn from that contact's own numbers, made of
 * seed, run, stream and place: a change of the centre leaves them as they are.
 * Two settings that are compared so meet the same customers (common random
 * numbers), and only what the change makes differs.
 */
#ifndef BATON_SIMULATE_CHANCE_H
#define BATON_SIMULATE_CHANCE_H

#include <stddef.h>
#include <stdint.h>

#include "base/rand.h"

enum simulate_form {
  SIMULATE_NONE,     /* not known: whoever draws says what that means */
  SIMULATE_CONSTANT, /* always the mean */
  SIMULATE_EXPONENTIAL,
  SIMULATE_LOGNORMAL,
  SIMULATE_SAMPLE /* one of those that were seen, each as likely */
};

struct simulate_law {
  enum simulate_form form;
  double mean_s, deviation_s; /* the deviation of a log-normal one */
  const double *seen_s;       /* of a sample; borrowed */
  size_t seen_count;
  double scale; /* every time is multiplied by it; 0 counts as 1 */
};

/* Numbers that belong to (a, b, c) and to nothing else. */
struct rand chance_of(uint64_t a, uint64_t b, uint64_t c);
/* Seconds; 0 of a law that is not known. Takes two numbers whatever the law. */
double simulate_law_draw(const struct simulate_law *law, struct rand *r);
double simulate_law_mean(const struct simulate_law *law);

#endif
