#include "simulate/staff_report.h"

#include <math.h>
#include <stdio.h>

#include "base/calendar.h"
#include "base/json.h"
#include "simulate/grid.h"
#include "simulate/report_priv.h"
#include "simulate/staff_priv.h"

/* One column, for every form. */
static const struct column {
  const char *wire, *title;
  enum simulate_unit unit;
} columns[] = {{"contacts", "contacts", SIMULATE_COUNT},
               {"averageHandleMs", "handling", SIMULATE_MS},
               {"erlangAgents", "by Erlang", SIMULATE_COUNT},
               {"agents", "agents", SIMULATE_COUNT},
               {"serviceLevel", "service level", SIMULATE_SHARE},
               {"averageAnswerMs", "ASA", SIMULATE_MS},
               {"abandonment", "abandoned", SIMULATE_SHARE},
               {"occupancy", "occupancy", SIMULATE_SHARE}};
enum { COLUMNS = sizeof columns / sizeof columns[0], LEVEL_COLUMN = 4 };

static void values_of(const struct simulate_need *n, double out[COLUMNS]) {
  const double values[COLUMNS] = {
      n->contacts,      n->contacts > 0 ? n->handling_s * 1e3 : (double)NAN,
      n->erlang,        n->agents,
      n->service_level, n->answer_s * 1e3,
      n->abandonment,   n->occupancy};
  for (size_t i = 0; i < COLUMNS; i++) {
    out[i] = values[i];
  }
}

static const struct simulate_need *need_at(const struct simulate_staff *s,
                                           size_t group, size_t interval) {
  return &s->best[staff_at(s, group, interval)];
}

/* ---- for people */

static bool is_whole(size_t column) {
  return column == 2 || column == 3; /* agents */
}

static void put_cells(struct grid *g, const struct simulate_need *n) {
  double values[COLUMNS];
  values_of(n, values);
  for (size_t c = 0; c < COLUMNS; c++) {
    char value[REPORT_VALUE_MAX];
    report_value(columns[c].unit, values[c], value);
    if (is_whole(c)) {
      grid_cell(g, "%.0f", values[c]);
    } else if (c == LEVEL_COLUMN && !isnan(n->level.half)) {
      grid_cell(g, "%s ±%.1f", value, n->level.half * 100);
    } else {
      grid_cell(g, "%s", value);
    }
  }
  grid_end_row(g);
}

static void add_goal(const struct simulate_staff *s, struct textbuf *out) {
  textbuf_addf(out, "service level %.0f %%", s->goal.service_level * 100);
  if (s->goal.abandonment < 1) {
    textbuf_addf(out, ", abandonment at most %.1f %%",
                 s->goal.abandonment * 100);
  }
  if (s->goal.occupancy < 1) {
    textbuf_addf(out, ", occupancy at most %.0f %%", s->goal.occupancy * 100);
  }
}

static void add_group(const struct simulate_report *r,
                      const struct simulate_staff *s, size_t group,
                      struct textbuf *out) {
  struct grid g;
  char from[REPORT_TIME_MAX];
  textbuf_addf(out, "\n%.*s: answered within %.0f s\n",
               TEXT_ARG(s->groups[group].name), s->groups[group].target_s);
  grid_init(&g, out->mem);
  grid_cell(&g, "from");
  for (size_t c = 0; c < COLUMNS; c++) {
    grid_cell(&g, "%s", columns[c].title);
  }
  grid_end_row(&g);
  for (size_t i = 0; i < s->intervals; i++) {
    grid_cell(&g, "%.*s",
              TEXT_ARG(report_moment(r, report_place_us(r, i + 1), from)));
    put_cells(&g, need_at(s, group, i));
  }
  grid_print(&g, out);
  grid_free(&g);
}

void staff_report_table(const struct simulate_report *r,
                        const struct simulate_staff *s, struct textbuf *out) {
  textbuf_addf(out, "%.*s, agents for: ", TEXT_ARG(r->centre));
  add_goal(s, out);
  textbuf_addf(out, "; %u runs, seed %llu\n", s->runs,
               (unsigned long long)r->seed);
  for (size_t g = 0; g < s->group_count; g++) {
    add_group(r, s, g, out);
  }
  textbuf_addf(out, "\n%.1f agent hours\n", simulate_staff_hours(s));
}

void staff_report_missed(const struct simulate_report *r,
                         const struct simulate_staff *s, struct textbuf *out) {
  size_t count = 0;
  for (size_t cell = 0; cell < s->group_count * s->intervals; cell++) {
    const size_t g = cell / s->intervals, i = cell % s->intervals;
    char from[REPORT_TIME_MAX];
    if (!simulate_staff_missed(s, g, i)) {
      continue;
    }
    count++;
    if (count == 1) {
      textbuf_addf(out,
                   "the goal was not reached, first for %.*s at %.*s with %u "
                   "agents: where more agents do not help, the time in which "
                   "offers are answered, offers that are not, or a longest "
                   "wait are in its way",
                   TEXT_ARG(s->groups[g].name),
                   TEXT_ARG(report_moment(r, report_place_us(r, i + 1), from)),
                   need_at(s, g, i)->agents);
    }
  }
  if (count > 1) {
    textbuf_addf(out, " (and %zu more intervals)", count - 1);
  }
}

/* ---- for machines */

static double tidy(double value) {
  return round(value * 1e4) / 1e4;
}

static void put_interval(const struct simulate_report *r,
                         const struct simulate_need *n, size_t interval,
                         struct json_out *o) {
  char text[TIME_TEXT_MAX];
  double values[COLUMNS];
  values_of(n, values);
  json_open_object(o);
  json_key(o, "from");
  json_put_text(o, time_to_text(report_place_us(r, interval + 1), text));
  for (size_t c = 0; c < COLUMNS; c++) {
    json_key(o, columns[c].wire);
    json_put_double(o, tidy(values[c]));
  }
  json_key(o, "serviceLevelLow");
  json_put_double(o, tidy(report_low(n->level)));
  json_key(o, "serviceLevelHigh");
  json_put_double(o, tidy(report_high(SIMULATE_SHARE, n->level)));
  json_close_object(o);
}

static void put_number(struct json_out *o, const char *key, double value) {
  json_key(o, key);
  json_put_double(o, tidy(value));
}

void staff_report_json(const struct simulate_report *r,
                       const struct simulate_staff *s, struct textbuf *out) {
  struct json_out o;
  json_out_init(&o, out);
  json_open_object(&o);
  json_key(&o, "centre");
  json_put_text(&o, r->centre);
  put_number(&o, "serviceLevel", s->goal.service_level);
  put_number(&o, "maxAbandonment", s->goal.abandonment);
  put_number(&o, "maxOccupancy", s->goal.occupancy);
  json_key(&o, "reached");
  json_put_bool(&o, s->reached);
  put_number(&o, "runs", s->runs);
  json_key(&o, "seed");
  json_put_u64(&o, r->seed);
  put_number(&o, "agentHours", simulate_staff_hours(s));
  json_key(&o, "groups");
  json_open_list(&o);
  for (size_t g = 0; g < s->group_count; g++) {
    json_open_object(&o);
    json_key(&o, "queue");
    json_put_text(&o, s->groups[g].name);
    put_number(&o, "targetSeconds", s->groups[g].target_s);
    json_key(&o, "intervals");
    json_open_list(&o);
    for (size_t i = 0; i < s->intervals; i++) {
      put_interval(r, need_at(s, g, i), i, &o);
    }
    json_close_list(&o);
    json_close_object(&o);
  }
  json_close_list(&o);
  json_close_object(&o);
  textbuf_add_char(out, '\n');
}

void staff_report_csv(const struct simulate_report *r,
                      const struct simulate_staff *s, struct textbuf *out) {
  textbuf_add(out, TEXT("queue,from"));
  for (size_t c = 0; c < COLUMNS; c++) {
    textbuf_addf(out, ",%s", columns[c].wire);
  }
  textbuf_add_char(out, '\n');
  for (size_t cell = 0; cell < s->group_count * s->intervals; cell++) {
    const size_t g = cell / s->intervals, i = cell % s->intervals;
    char from[REPORT_TIME_MAX];
    double values[COLUMNS];
    values_of(need_at(s, g, i), values);
    report_csv_text(out, s->groups[g].name);
    textbuf_addf(out, ",%.*s",
                 TEXT_ARG(report_moment(r, report_place_us(r, i + 1), from)));
    for (size_t c = 0; c < COLUMNS; c++) {
      textbuf_add_char(out, ',');
      if (!isnan(values[c])) {
        textbuf_add_double(out, tidy(values[c]));
      }
    }
    textbuf_add_char(out, '\n');
  }
}
