/* statistics.h - what several runs say together, and how sure that is. */
#ifndef BATON_SIMULATE_STATISTICS_H
#define BATON_SIMULATE_STATISTICS_H

#include <stddef.h>
#include <stdint.h>

/* A mean over runs, and how far the truth may lie from it either way. */
struct estimate {
  double mean; /* NAN: no run says anything */
  double half; /* NAN: fewer than two runs do */
  size_t count;
};

/* Student's t with @freedom degrees (at least 1): the value that stays within
 * ± with the probability @level. */
double statistics_t(size_t freedom, double level);
/* Over those values that are not NAN; they are independent of one another. */
struct estimate statistics_estimate(const double *values, size_t count,
                                    double level);

void statistics_sort(int64_t *values, size_t count);
/* Of sorted values: the one that @thousandths of them do not exceed; 0 if there
 * is none. */
int64_t statistics_quantile(const int64_t *sorted, size_t count,
                            unsigned thousandths);

#endif
