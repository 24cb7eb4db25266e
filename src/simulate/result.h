/* result.h - the measures of several runs, and of two settings side by side. */
#ifndef BATON_SIMULATE_RESULT_H
#define BATON_SIMULATE_RESULT_H

#include "simulate/statistics.h"
#include "simulate/tally.h"

enum simulate_unit {
  SIMULATE_COUNT,
  SIMULATE_SHARE,
  SIMULATE_MS,
  SIMULATE_OF_ALL
};

#define MEASURE(name, wire, title, unit, doc) SIMULATE_##name##_M,
enum simulate_measure {
#include "simulate/measure.def"
  SIMULATE_MEASURES
};
#undef MEASURE

struct simulate_measure_info {
  const char *wire, *title; /* title: NULL for none */
  enum simulate_unit unit;
  const char *doc;
};

const struct simulate_measure_info *
simulate_measure_info(enum simulate_measure measure);

#define SIMULATE_RESULT_BYTES (INT64_C(1) << 31)

/* By row (the queues, and behind them all together), place (0 for the whole
 * time, then the intervals), measure and run. NAN: there is no such value. */
struct simulate_result {
  const struct mem *mem;
  size_t rows, places, runs, done;
  double *values;
};

/* For the tallies of @runs runs with @rows queues. BT_ERR_RANGE: they would
 * take more than SIMULATE_RESULT_BYTES. BT_ERR_NOMEM. */
enum bt_err simulate_result_init(struct simulate_result *r,
                                 const struct mem *mem, size_t rows,
                                 size_t intervals, size_t runs) BT_USE_RESULT;
/* One that was never made is fine, if it is zero. */
void simulate_result_free(struct simulate_result *r);
/* The next run. BT_ERR_NOMEM. */
enum bt_err simulate_result_add(struct simulate_result *r,
                                const struct simulate_tally *t) BT_USE_RESULT;

struct simulate_place {
  size_t row, place;
  enum simulate_measure measure;
};

/* At 95 in a hundred, over the runs. */
struct estimate simulate_estimate(const struct simulate_result *r,
                                  struct simulate_place at);
/* Of the differences @b - @a, run by run: both met the same customers. */
struct estimate simulate_difference(const struct simulate_result *a,
                                    const struct simulate_result *b,
                                    struct simulate_place at);

#endif
