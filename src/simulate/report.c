/* Tables and sentences. */
#include "simulate/report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/calendar.h"
#include "simulate/grid.h"
#include "simulate/report_priv.h"

/* ---- words */

struct text report_row_name(const struct simulate_report *r, size_t row) {
  return row < r->queue_count ? r->queues[row] : TEXT("all");
}

size_t report_first_place(const struct simulate_report *r) {
  return 1 + (size_t)(r->plan->warm_up_us / r->plan->interval_us);
}

int64_t report_place_us(const struct simulate_report *r, size_t place) {
  return r->plan->from_us + (int64_t)(place - 1) * r->plan->interval_us;
}

static struct civil local(const struct simulate_report *r, int64_t at_us) {
  return civil_from_us(at_us + tz_offset_at(r->zone, at_us / 1000000) *
                                   INT64_C(1000000));
}

struct text report_moment(const struct simulate_report *r, int64_t at_us,
                          char out[REPORT_TIME_MAX]) {
  const struct civil c = local(r, at_us);
  const int len = snprintf(out, REPORT_TIME_MAX, "%04d-%02u-%02u %02u:%02u",
                           (int)c.year, c.month, c.day, c.hour, c.minute);
  return (struct text){out, (size_t)len};
}

struct text report_clock(const struct simulate_report *r, int64_t at_us,
                         char out[REPORT_TIME_MAX]) {
  const struct civil c = local(r, at_us);
  const int len = snprintf(out, REPORT_TIME_MAX, "%02u:%02u", c.hour, c.minute);
  return (struct text){out, (size_t)len};
}

void report_value(enum simulate_unit unit, double value,
                  char out[REPORT_VALUE_MAX]) {
  if (isnan(value)) {
    (void)snprintf(out, REPORT_VALUE_MAX, "-");
  } else if (unit == SIMULATE_COUNT) {
    (void)snprintf(out, REPORT_VALUE_MAX, "%.*f", fabs(value) < 100 ? 1 : 0,
                   value);
  } else if (unit == SIMULATE_MS) {
    (void)snprintf(out, REPORT_VALUE_MAX, "%.1f s", value / 1e3);
  } else {
    (void)snprintf(out, REPORT_VALUE_MAX, "%.1f %%", value * 100);
  }
}

double report_low(struct estimate e) {
  const double low = e.mean - e.half;
  return low < 0 ? 0 : low;
}

double report_high(enum simulate_unit unit, struct estimate e) {
  const bool share = unit == SIMULATE_SHARE || unit == SIMULATE_OF_ALL;
  const double high = e.mean + e.half;
  return share && high > 1 ? 1 : high;
}

/* "83.2 % ±1.1"; half an interval is in the value's unit. */
static void put_estimate(struct grid *g, enum simulate_unit unit,
                         struct estimate e) {
  char value[REPORT_VALUE_MAX];
  report_value(unit, e.mean, value);
  if (isnan(e.half) || isnan(e.mean)) {
    grid_cell(g, "%s", value);
    return;
  }
  const double scale = unit == SIMULATE_COUNT ? 1
                       : unit == SIMULATE_MS  ? 1e-3
                                              : 100;
  grid_cell(g, "%s ±%.1f", value, e.half * scale);
}

/* ---- tables */

static void put_head(struct grid *g, const char *first) {
  grid_cell(g, "%s", first);
  for (unsigned m = 0; m < SIMULATE_MEASURES; m++) {
    const char *title = simulate_measure_info((enum simulate_measure)m)->title;
    if (title != NULL) {
      grid_cell(g, "%s", title);
    }
  }
  grid_end_row(g);
}

static void put_row(struct grid *g, const struct simulate_result *result,
                    size_t row, size_t place) {
  for (unsigned m = 0; m < SIMULATE_MEASURES; m++) {
    const struct simulate_place at = {row, place, (enum simulate_measure)m};
    const struct simulate_measure_info *info =
        simulate_measure_info(at.measure);
    if (info->title != NULL) {
      put_estimate(g, info->unit, simulate_estimate(result, at));
    }
  }
  grid_end_row(g);
}

static void add_table(const struct simulate_report *r,
                      const struct simulate_result *result,
                      struct textbuf *out) {
  struct grid g;
  grid_init(&g, out->mem);
  put_head(&g, "queue");
  for (size_t row = 0; row < result->rows; row++) {
    grid_cell(&g, "%.*s", TEXT_ARG(report_row_name(r, row)));
    put_row(&g, result, row, 0);
  }
  grid_print(&g, out);
  grid_free(&g);
}

/* What has no column and did happen. */
static void add_rest(const struct simulate_report *r,
                     const struct simulate_result *result,
                     struct textbuf *out) {
  static const struct {
    enum simulate_measure measure;
    const char *words;
  } rest[] = {
      {SIMULATE_REFUSED_M, "were turned away (closed, full, paused, or nobody "
                           "has the skills)"},
      {SIMULATE_OVERFLOWED_M, "were taken by the overflow"},
      {SIMULATE_TIMED_OUT_M, "were sent away after the longest wait"},
      {SIMULATE_UNSERVED_M, "still waited when the last agent had gone"},
      {SIMULATE_UNANSWERED_M, "offers were not answered (RONA)"},
      {SIMULATE_DECLINED_M, "offers were declined"}};
  for (size_t i = 0; i < sizeof rest / sizeof rest[0]; i++) {
    const struct simulate_place at = {r->queue_count, 0, rest[i].measure};
    const struct estimate e = simulate_estimate(result, at);
    if (e.mean > 0) {
      char value[REPORT_VALUE_MAX];
      report_value(SIMULATE_COUNT, e.mean, value);
      textbuf_addf(out, "%s %s\n", value, rest[i].words);
    }
  }
}

static void add_title(const struct simulate_report *r, struct textbuf *out) {
  char from[REPORT_TIME_MAX], to[REPORT_TIME_MAX];
  textbuf_addf(out,
               "%.*s, %.*s to %.*s, %zu agent%s, %zu run%s, seed %llu; ± is "
               "95 %% confidence\n\n",
               TEXT_ARG(r->centre),
               TEXT_ARG(report_moment(r, r->plan->from_us, from)),
               TEXT_ARG(report_moment(r, r->plan->to_us, to)), r->agent_count,
               r->agent_count == 1 ? "" : "s", r->result->runs,
               r->result->runs == 1 ? "" : "s", (unsigned long long)r->seed);
}

/* ---- what a change changes */

/* "+1.4 … +5.4 points" */
static void add_interval(enum simulate_unit unit, struct estimate d,
                         struct textbuf *out) {
  const double scale = unit == SIMULATE_COUNT ? 1
                       : unit == SIMULATE_MS  ? 1e-3
                                              : 100;
  textbuf_addf(out, "%+.1f … %+.1f%s", (d.mean - d.half) * scale,
               (d.mean + d.half) * scale,
               unit == SIMULATE_COUNT ? ""
               : unit == SIMULATE_MS  ? " s"
                                      : " points");
}

static void add_sentence(const struct simulate_report *r, const char *what,
                         struct simulate_place at, struct textbuf *out) {
  const enum simulate_unit unit = simulate_measure_info(at.measure)->unit;
  const struct estimate d = simulate_difference(r->result, r->changed, at);
  char before[REPORT_VALUE_MAX], after[REPORT_VALUE_MAX];
  report_value(unit, simulate_estimate(r->result, at).mean, before);
  report_value(unit, simulate_estimate(r->changed, at).mean, after);
  if (isnan(d.mean)) {
    return;
  }
  textbuf_addf(out, "  %.*s: %s ", TEXT_ARG(report_row_name(r, at.row)), what);
  if (isnan(d.half)) {
    textbuf_addf(out, "was %s and is %s; one run cannot say how sure that is\n",
                 before, after);
    return;
  }
  if (d.mean == 0 && d.half == 0) {
    textbuf_addf(out, "stays as it is (%s)\n", before);
    return;
  }
  if (fabs(d.mean) <= d.half) {
    textbuf_addf(out, "shows no sure difference: %s, then %s (", before, after);
  } else {
    textbuf_addf(out, "%s from %s to %s (", d.mean > 0 ? "rises" : "falls",
                 before, after);
  }
  add_interval(unit, d, out);
  textbuf_add(out, TEXT(")\n"));
}

static void add_comparison(const struct simulate_report *r,
                           struct textbuf *out) {
  static const struct {
    enum simulate_measure measure;
    const char *what;
  } told[] = {{SIMULATE_SERVICE_LEVEL_M, "the service level"},
              {SIMULATE_ASA_M, "the average speed of answer"},
              {SIMULATE_ABANDONMENT_M, "the abandonment"},
              {SIMULATE_OCCUPANCY_M, "the occupancy"}};
  for (size_t row = r->queue_count == 1 ? 1 : 0; row <= r->queue_count; row++) {
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
      const struct simulate_place at = {row, 0, told[i].measure};
      add_sentence(r, told[i].what, at, out);
    }
  }
}

void simulate_report_table(const struct simulate_report *r,
                           struct textbuf *out) {
  add_title(r, out);
  add_table(r, r->result, out);
  add_rest(r, r->result, out);
  if (r->changed == NULL) {
    return;
  }
  textbuf_addf(out, "\nwith %.*s\n\n", TEXT_ARG(r->change));
  add_table(r, r->changed, out);
  add_rest(r, r->changed, out);
  textbuf_addf(out,
               "\nWhat %.*s changes for the same customers; in brackets the "
               "95 %% confidence interval of the difference:\n",
               TEXT_ARG(r->change));
  add_comparison(r, out);
}

static void add_intervals(const struct simulate_report *r,
                          const struct simulate_result *result,
                          struct textbuf *out) {
  struct grid g;
  char from[REPORT_TIME_MAX];
  grid_init(&g, out->mem);
  put_head(&g, "from");
  for (size_t i = report_first_place(r); i < result->places; i++) {
    grid_cell(&g, "%.*s",
              TEXT_ARG(report_moment(r, report_place_us(r, i), from)));
    put_row(&g, result, r->queue_count, i);
  }
  grid_print(&g, out);
  grid_free(&g);
}

void simulate_report_intervals(const struct simulate_report *r,
                               struct textbuf *out) {
  textbuf_add_char(out, '\n');
  add_intervals(r, r->result, out);
  if (r->changed != NULL) {
    textbuf_addf(out, "\nwith %.*s\n\n", TEXT_ARG(r->change));
    add_intervals(r, r->changed, out);
  }
}
