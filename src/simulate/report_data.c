/* Reports for machines: JSON and CSV. */
#include <math.h>
#include <stdio.h>

#include "base/calendar.h"
#include "base/json.h"
#include "simulate/report_priv.h"

/* ---- JSON */

static void put_time(struct json_out *o, const char *key, int64_t us) {
  char text[TIME_TEXT_MAX];
  json_key(o, key);
  json_put_text(o, time_to_text(us, text));
}

/* No run knows more digits: ten thousandths of a share; of a count, and of
 * milliseconds, tenths. */
static double tidy(enum simulate_unit unit, double value) {
  const double scale = unit == SIMULATE_COUNT || unit == SIMULATE_MS ? 10 : 1e4;
  return round(value * scale) / scale;
}

static void put_estimate(struct json_out *o, enum simulate_unit unit,
                         double mean, double low, double high) {
  json_open_object(o);
  json_key(o, "mean");
  json_put_double(o, tidy(unit, mean));
  json_key(o, "low");
  json_put_double(o, tidy(unit, low));
  json_key(o, "high");
  json_put_double(o, tidy(unit, high));
  json_close_object(o);
}

static void put_measure(const struct simulate_result *result,
                        enum simulate_unit unit, struct simulate_place at,
                        struct json_out *o) {
  const struct estimate e = simulate_estimate(result, at);
  put_estimate(o, unit, e.mean, report_low(e), report_high(unit, e));
}

static void put_difference(const struct simulate_result *result,
                           const struct simulate_result *changed,
                           enum simulate_unit unit, struct simulate_place at,
                           struct json_out *o) {
  const struct estimate e = simulate_difference(result, changed, at);
  put_estimate(o, unit, e.mean, e.mean - e.half, e.mean + e.half);
}

/* The measures at a place; with @changed the difference to it. */
static void put_measures(const struct simulate_result *result,
                         const struct simulate_result *changed,
                         struct simulate_place at, struct json_out *o) {
  for (unsigned m = 0; m < SIMULATE_MEASURES; m++) {
    at.measure = (enum simulate_measure)m;
    const struct simulate_measure_info *info =
        simulate_measure_info(at.measure);
    if (info->unit == SIMULATE_OF_ALL && at.row + 1 < result->rows) {
      continue;
    }
    json_key(o, info->wire);
    if (changed == NULL) {
      put_measure(result, info->unit, at, o);
    } else {
      put_difference(result, changed, info->unit, at, o);
    }
  }
}

static void put_rows(const struct simulate_report *r,
                     const struct simulate_result *result,
                     const struct simulate_result *changed,
                     struct json_out *o) {
  json_key(o, "queues");
  json_open_list(o);
  for (size_t row = 0; row < result->rows; row++) {
    json_open_object(o);
    json_key(o, row < r->queue_count ? "queue" : "all");
    if (row < r->queue_count) {
      json_put_text(o, report_row_name(r, row));
    } else {
      json_put_bool(o, true);
    }
    put_measures(result, changed, (struct simulate_place){.row = row}, o);
    json_key(o, "intervals");
    json_open_list(o);
    for (size_t i = report_first_place(r); i < result->places; i++) {
      json_open_object(o);
      put_time(o, "from", report_place_us(r, i));
      put_measures(result, changed,
                   (struct simulate_place){.row = row, .place = i}, o);
      json_close_object(o);
    }
    json_close_list(o);
    json_close_object(o);
  }
  json_close_list(o);
}

void simulate_report_json(const struct simulate_report *r,
                          struct textbuf *out) {
  struct json_out o;
  json_out_init(&o, out);
  json_open_object(&o);
  json_key(&o, "centre");
  json_put_text(&o, r->centre);
  put_time(&o, "from", r->plan->from_us);
  put_time(&o, "to", r->plan->to_us);
  json_key(&o, "intervalSeconds");
  json_put_i64(&o, r->plan->interval_us / 1000000);
  json_key(&o, "agents");
  json_put_u64(&o, r->agent_count);
  json_key(&o, "runs");
  json_put_u64(&o, r->result->runs);
  json_key(&o, "seed");
  json_put_u64(&o, r->seed);
  json_key(&o, "confidence");
  json_put_double(&o, 0.95);
  put_rows(r, r->result, NULL, &o);
  if (r->changed != NULL) {
    json_key(&o, "change");
    json_open_object(&o);
    json_key(&o, "setting");
    json_put_text(&o, r->change);
    put_rows(r, r->changed, NULL, &o);
    json_key(&o, "differences");
    json_open_object(&o);
    put_rows(r, r->result, r->changed, &o);
    json_close_object(&o);
    json_close_object(&o);
  }
  json_close_object(&o);
  textbuf_add_char(out, '\n');
}

/* ---- CSV: means and half intervals; nothing where there is no value */

void report_csv_text(struct textbuf *out, struct text t) {
  textbuf_add_char(out, '"');
  for (size_t i = 0; i < t.len; i++) {
    textbuf_add(out, t.ptr[i] == '"' ? TEXT("\"\"") : text_sub(t, i, 1));
  }
  textbuf_add_char(out, '"');
}

static void add_number(struct textbuf *out, enum simulate_unit unit,
                       double value) {
  textbuf_add_char(out, ',');
  if (!isnan(value)) {
    textbuf_add_double(out, tidy(unit, value));
  }
}

static void add_line(const struct simulate_report *r,
                     const struct simulate_result *result,
                     struct simulate_place at, struct textbuf *out) {
  char from[REPORT_TIME_MAX];
  report_csv_text(out, result == r->result ? TEXT("") : r->change);
  textbuf_add_char(out, ',');
  report_csv_text(out, report_row_name(r, at.row));
  textbuf_add_char(out, ',');
  if (at.place > 0) {
    textbuf_add(out, report_moment(r, report_place_us(r, at.place), from));
  }
  for (unsigned m = 0; m < SIMULATE_MEASURES; m++) {
    at.measure = (enum simulate_measure)m;
    const struct estimate e = simulate_estimate(result, at);
    const enum simulate_unit unit = simulate_measure_info(at.measure)->unit;
    add_number(out, unit, e.mean);
    add_number(out, unit, e.half);
  }
  textbuf_add_char(out, '\n');
}

static void add_lines(const struct simulate_report *r,
                      const struct simulate_result *result,
                      struct textbuf *out) {
  for (size_t row = 0; row < result->rows; row++) {
    add_line(r, result, (struct simulate_place){.row = row}, out);
    for (size_t i = report_first_place(r); i < result->places; i++) {
      add_line(r, result, (struct simulate_place){.row = row, .place = i}, out);
    }
  }
}

void simulate_report_csv(const struct simulate_report *r, struct textbuf *out) {
  textbuf_add(out, TEXT("change,queue,from"));
  for (unsigned m = 0; m < SIMULATE_MEASURES; m++) {
    const char *wire = simulate_measure_info((enum simulate_measure)m)->wire;
    textbuf_addf(out, ",%s,%sPlusMinus", wire, wire);
  }
  textbuf_add_char(out, '\n');
  add_lines(r, r->result, out);
  if (r->changed != NULL) {
    add_lines(r, r->changed, out);
  }
}
