#include "simulate/statistics.h"

#include <math.h>

#include "base/check.h"

#define HALF_PI 1.57079632679489661923

/* The probability to lie within ±t, by the finite sums for whole degrees of
 * freedom (Abramowitz and Stegun 26.7.3 and 26.7.4). */
static double within(double t, size_t freedom) {
  const double whole = sqrt((double)freedom + t * t);
  const double sine = t / whole, cosine = sqrt((double)freedom) / whole;
  const size_t first = freedom % 2 == 1 ? 3 : 2;
  double term = freedom % 2 == 1 ? cosine : 1, sum = 0;
  for (size_t k = first; k <= freedom; k += 2) {
    sum += term;
    term *= cosine * cosine * (double)(k - 1) / (double)k;
  }
  return freedom % 2 == 1 ? (asin(sine) + sine * sum) / HALF_PI : sine * sum;
}

double statistics_t(size_t freedom, double level) {
  bt_check(freedom > 0 && level > 0 && level < 1);
  double low = 0, high = 1;
  while (within(high, freedom) < level) {
    high *= 2;
  }
  for (int i = 0; i < 60; i++) {
    const double middle = (low + high) / 2;
    if (within(middle, freedom) < level) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return high;
}

struct estimate statistics_estimate(const double *values, size_t count,
                                    double level) {
  struct estimate e = {(double)NAN, (double)NAN, 0};
  double sum = 0, squares = 0;
  for (size_t i = 0; i < count; i++) {
    sum += isnan(values[i]) ? 0 : values[i];
    e.count += isnan(values[i]) ? 0 : 1;
  }
  if (e.count == 0) {
    return e;
  }
  e.mean = sum / (double)e.count;
  for (size_t i = 0; i < count; i++) {
    const double d = isnan(values[i]) ? 0 : values[i] - e.mean;
    squares += d * d;
  }
  if (e.count > 1) {
    e.half = statistics_t(e.count - 1, level) *
             sqrt(squares / (double)(e.count - 1) / (double)e.count);
  }
  return e;
}

/* A heap sort: the worst case costs as much as any other. */
static void sift(int64_t *v, size_t at, size_t count) {
  const int64_t moving = v[at];
  for (size_t child = 2 * at + 1; child < count; child = 2 * at + 1) {
    child += child + 1 < count && v[child] < v[child + 1];
    if (v[child] <= moving) {
      break;
    }
    v[at] = v[child];
    at = child;
  }
  v[at] = moving;
}

void statistics_sort(int64_t *values, size_t count) {
  for (size_t i = count / 2; i-- > 0;) {
    sift(values, i, count);
  }
  for (size_t end = count; end-- > 1;) {
    const int64_t last = values[end];
    values[end] = values[0];
    values[0] = last;
    sift(values, 0, end);
  }
}

int64_t statistics_quantile(const int64_t *sorted, size_t count,
                            unsigned thousandths) {
  if (count == 0) {
    return 0;
  }
  const size_t rank = (count * thousandths + 999) / 1000;
  return sorted[rank == 0 ? 0 : rank - 1];
}
