/* A picture of the day: one panel a measure, over the intervals; a band is the
 * confidence interval. The first setting is blue, the changed one orange;
 * dashes tell them apart without colours. */
#include <math.h>
#include <stdio.h>

#include "simulate/report_priv.h"

enum {
  WIDTH = 900,
  LEFT = 80,
  RIGHT = 20,
  TOP = 60,
  PANEL = 150,
  GAP = 45,
  BOTTOM = 40,
  TICKS = 4
};

static const struct panel {
  enum simulate_measure measure;
  const char *title;
} panels[] = {{SIMULATE_CONTACTS_M, "contacts"},
              {SIMULATE_SERVICE_LEVEL_M, "service level"},
              {SIMULATE_ASA_M, "speed of answer"},
              {SIMULATE_ABANDONMENT_M, "abandonment"},
              {SIMULATE_OCCUPANCY_M, "occupancy"}};
enum { PANELS = sizeof panels / sizeof panels[0] };

/* A panel that is being drawn. */
struct drawing {
  const struct simulate_report *r;
  struct textbuf *out;
  const struct panel *panel;
  enum simulate_unit unit;
  double top, max; /* of the picture; of the values */
};

static double x_of(const struct drawing *d, size_t place) {
  const size_t first = report_first_place(d->r);
  const size_t count = d->r->result->places - first;
  return LEFT + (double)(WIDTH - LEFT - RIGHT) *
                    ((double)(place - first) + 0.5) / (double)count;
}

static double y_of(const struct drawing *d, double value) {
  const double part = value < 0 ? 0 : value > d->max ? 1 : value / d->max;
  return d->top + PANEL * (1 - part);
}

static struct estimate estimate_at(const struct drawing *d,
                                   const struct simulate_result *result,
                                   size_t place) {
  return simulate_estimate(
      result,
      (struct simulate_place){d->r->queue_count, place, d->panel->measure});
}

/* 1, 2 or 5 times a power of ten, not below @value. */
static double round_up(double value) {
  double power = 1e-3;
  while (power * 10 <= value) {
    power *= 10;
  }
  return value <= power       ? power
         : value <= 2 * power ? 2 * power
         : value <= 5 * power ? 5 * power
                              : 10 * power;
}

static void find_max(struct drawing *d, const struct simulate_result *result) {
  for (size_t i = report_first_place(d->r);
       result != NULL && i < result->places; i++) {
    const struct estimate e = estimate_at(d, result, i);
    const double high = isnan(e.half) ? e.mean : report_high(d->unit, e);
    d->max = !isnan(high) && high > d->max ? high : d->max;
  }
}

static void add_frame(const struct drawing *d) {
  textbuf_addf(d->out,
               "<text x=\"%d\" y=\"%.0f\" font-weight=\"bold\">%s</text>\n",
               LEFT, d->top - 8, d->panel->title);
  for (int i = 0; i <= TICKS; i++) {
    char label[REPORT_VALUE_MAX];
    const double value = d->max * i / TICKS, y = y_of(d, value);
    report_value(d->unit, value, label);
    textbuf_addf(d->out,
                 "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" "
                 "stroke=\"#ddd\"/>\n<text x=\"%d\" y=\"%.1f\" "
                 "text-anchor=\"end\">%s</text>\n",
                 LEFT, WIDTH - RIGHT, y, y, LEFT - 6, y + 4, label);
  }
}

static void add_band(const struct drawing *d,
                     const struct simulate_result *result, const char *colour) {
  const size_t first = report_first_place(d->r);
  textbuf_addf(d->out, "<path fill=\"%s\" fill-opacity=\"0.2\" d=\"", colour);
  bool begun = false;
  for (size_t i = first; i < result->places; i++) {
    const struct estimate e = estimate_at(d, result, i);
    if (!isnan(e.half)) {
      textbuf_addf(d->out, "%s%.1f %.1f", begun ? "L" : "M", x_of(d, i),
                   y_of(d, report_high(d->unit, e)));
      begun = true;
    }
  }
  for (size_t i = result->places; i-- > first;) {
    const struct estimate e = estimate_at(d, result, i);
    if (!isnan(e.half)) {
      textbuf_addf(d->out, "L%.1f %.1f", x_of(d, i), y_of(d, report_low(e)));
    }
  }
  textbuf_add(d->out, begun ? TEXT("Z\"/>\n") : TEXT("\"/>\n"));
}

static void add_curve(const struct drawing *d,
                      const struct simulate_result *result, const char *colour,
                      const char *dashes) {
  textbuf_addf(d->out,
               "<path fill=\"none\" stroke=\"%s\" stroke-width=\"2\" "
               "stroke-dasharray=\"%s\" d=\"",
               colour, dashes);
  bool goes_on = false;
  for (size_t i = report_first_place(d->r); i < result->places; i++) {
    const struct estimate e = estimate_at(d, result, i);
    if (!isnan(e.mean)) {
      textbuf_addf(d->out, "%s%.1f %.1f", goes_on ? "L" : "M", x_of(d, i),
                   y_of(d, e.mean));
    }
    goes_on = !isnan(e.mean);
  }
  textbuf_add(d->out, TEXT("\"/>\n"));
}

static void add_panel(const struct simulate_report *r, size_t number,
                      struct textbuf *out) {
  struct drawing d = {.r = r,
                      .out = out,
                      .panel = &panels[number],
                      .unit =
                          simulate_measure_info(panels[number].measure)->unit,
                      .top = TOP + (double)number * (PANEL + GAP)};
  find_max(&d, r->result);
  find_max(&d, r->changed);
  const bool share = d.unit == SIMULATE_SHARE || d.unit == SIMULATE_OF_ALL;
  d.max = share && d.max > 0.5 ? 1 : d.max > 0 ? round_up(d.max) : 1;
  add_frame(&d);
  add_band(&d, r->result, "#1f5fa8");
  add_curve(&d, r->result, "#1f5fa8", "none");
  if (r->changed != NULL) {
    add_band(&d, r->changed, "#d9730d");
    add_curve(&d, r->changed, "#d9730d", "6 3");
  }
}

static void add_escaped(struct textbuf *out, struct text t) {
  for (size_t i = 0; i < t.len; i++) {
    const char c = t.ptr[i];
    textbuf_add(out, c == '<'   ? TEXT("&lt;")
                     : c == '&' ? TEXT("&amp;")
                                : text_sub(t, i, 1));
  }
}

static void add_hours(const struct simulate_report *r, double y,
                      struct textbuf *out) {
  const struct drawing d = {.r = r};
  const size_t first = report_first_place(r);
  const size_t step = (r->result->places - first) / 12 + 1;
  for (size_t i = first; i < r->result->places; i += step) {
    char clock[REPORT_TIME_MAX];
    textbuf_addf(out,
                 "<text x=\"%.1f\" y=\"%.0f\" text-anchor=\"middle\">%.*s"
                 "</text>\n",
                 x_of(&d, i), y,
                 TEXT_ARG(report_clock(r, report_place_us(r, i), clock)));
  }
}

void simulate_report_svg(const struct simulate_report *r, struct textbuf *out) {
  const int height = TOP + PANELS * (PANEL + GAP) - GAP + BOTTOM;
  char from[REPORT_TIME_MAX];
  textbuf_addf(out,
               "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d "
               "%d\" font-family=\"sans-serif\" font-size=\"12\">\n"
               "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n"
               "<text x=\"%d\" y=\"24\" font-size=\"16\">",
               WIDTH, height, LEFT);
  add_escaped(out, r->centre);
  textbuf_addf(out, ", %.*s",
               TEXT_ARG(report_moment(r, r->plan->from_us, from)));
  if (r->changed != NULL) {
    textbuf_add(out, TEXT("; dashed: with "));
    add_escaped(out, r->change);
  }
  textbuf_add(out, TEXT("</text>\n"));
  for (size_t i = 0; i < PANELS; i++) {
    add_panel(r, i, out);
  }
  add_hours(r, height - 15, out);
  textbuf_add(out, TEXT("</svg>\n"));
}
