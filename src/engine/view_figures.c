/* Running figures, as JSON. */
#include "base/check.h"
#include "engine/engine_priv.h"
#include "engine/put_priv.h"

static void put_ratios(enum figures_of of, const struct figures_interval *i,
                       struct json_out *o) {
  const char *wire;
  double value = 0;
  for (size_t r = 0;; r++) {
    const bool there = figures_ratio(of, i, r, &wire, &value);
    if (wire == NULL) {
      return;
    }
    json_key(o, wire);
    if (there) {
      json_put_double(o, value);
    } else {
      json_put_null(o);
    }
  }
}

static void put_figures(enum figures_of of, const struct figures_interval *i,
                        struct json_out *o) {
  for (uint32_t f = 0; f < figures_count(of); f++) {
    const struct figure_info *info = figures_info(of, f);
    put_num(o, info->wire, info->is_time ? i->v[f] / 1000 : i->v[f]);
  }
  put_ratios(of, i, o);
}

/* The interval as it is now; false: nothing has happened in it. */
static bool interval_now(const struct engine *e, struct figures_key key,
                         int64_t begin_us, int64_t now_us,
                         struct figures_interval *out) {
  static const struct figures_interval nothing = {0};
  const struct figures_interval *kept = figures_get(&e->figures, key, begin_us);
  *out = kept == NULL ? nothing : *kept;
  out->begin_us = begin_us;
  if (key.of == FIGURES_AGENT) {
    count_unfinished(e, key.number, now_us, out);
  }
  bool any = false;
  for (uint32_t f = 0; f < figures_count(key.of); f++) {
    any = any || out->v[f] != 0;
  }
  return any;
}

void engine_write_figures(const struct engine *e, struct figures_key key,
                          int64_t from_us, int64_t now_us, struct json_out *o) {
  struct figures_interval sum = {0};
  json_open_object(o);
  put_num(o, "intervalSeconds", FIGURES_INTERVAL_US / 1000000);
  put_time(o, "from", figures_begin_us(from_us));
  put_time(o, "to", now_us);
  json_key(o, "intervals");
  json_open_list(o);
  for (int64_t at_us = figures_begin_us(from_us); at_us <= now_us;
       at_us += FIGURES_INTERVAL_US) {
    struct figures_interval i;
    if (interval_now(e, key, at_us, now_us, &i)) {
      json_open_object(o);
      put_time(o, "begin", at_us);
      put_figures(key.of, &i, o);
      json_close_object(o);
      figures_fold(key.of, &sum, &i);
    }
  }
  json_close_list(o);
  json_key(o, "total");
  json_open_object(o);
  put_figures(key.of, &sum, o);
  json_close_object(o);
  json_close_object(o);
}
