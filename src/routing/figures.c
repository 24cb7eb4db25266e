#include "routing/figures.h"

#include <string.h>

#include "base/check.h"
#include "base/varint.h"

enum { FORMAT = 1 };

enum fold { SUM, MAX };
enum unit { COUNT, TIME };

static const struct figure_info queue_infos[] = {
#define QUEUE_FIGURE(name, wire, fold, unit, doc)                              \
  {(wire), (fold) == MAX, (unit) == TIME, (doc)},
#include "routing/figures.def"
#undef QUEUE_FIGURE
};
static const struct figure_info agent_infos[] = {
#define AGENT_FIGURE(name, wire, fold, unit, doc)                              \
  {(wire), (fold) == MAX, (unit) == TIME, (doc)},
#include "routing/figures.def"
#undef AGENT_FIGURE
};

void figures_init(struct figures *f, const struct mem *mem) {
  *f = (struct figures){.mem = mem};
}

static void free_series(struct figures *f, struct figures_series *s) {
  mem_free(f->mem, s->items, s->cap * sizeof *s->items);
  *s = (struct figures_series){0};
}

void figures_free(struct figures *f) {
  for (size_t of = 0; of < FIGURES_OBJECTS; of++) {
    for (size_t i = 0; i < f->caps[of]; i++) {
      free_series(f, &f->series[of][i]);
    }
    mem_free(f->mem, f->series[of], f->caps[of] * sizeof *f->series[of]);
  }
  figures_init(f, f->mem);
}

size_t figures_count(enum figures_of of) {
  return of == FIGURES_AGENT ? AGENT_FIGURES : QUEUE_FIGURES;
}

const struct figure_info *figures_info(enum figures_of of, uint32_t figure) {
  bt_check(figure < figures_count(of));
  return of == FIGURES_AGENT ? &agent_infos[figure] : &queue_infos[figure];
}

/* ---- intervals */

int64_t figures_begin_us(int64_t at_us) {
  return at_us - at_us % FIGURES_INTERVAL_US;
}

int64_t figures_overlap_us(int64_t begin_us, int64_t from_us, int64_t to_us) {
  const int64_t end_us = begin_us + FIGURES_INTERVAL_US;
  const int64_t first_us = from_us > begin_us ? from_us : begin_us;
  const int64_t last_us = to_us < end_us ? to_us : end_us;
  return last_us > first_us ? last_us - first_us : 0;
}

static struct figures_series *series_of(struct figures *f,
                                        struct figures_key key) {
  return mem_grow(f->mem, &f->series[key.of], &f->caps[key.of],
                  (size_t)key.number + 1, sizeof(struct figures_series))
             ? &f->series[key.of][key.number]
             : NULL;
}

static struct figures_interval *
add_interval(struct figures *f, struct figures_series *s, int64_t begin_us) {
  if (s->count == FIGURES_KEPT) {
    memmove(s->items, s->items + 1, (s->count - 1) * sizeof *s->items);
    s->count--;
  }
  if (!mem_grow(f->mem, &s->items, &s->cap, s->count + 1, sizeof *s->items)) {
    return NULL;
  }
  struct figures_interval *i = &s->items[s->count++];
  *i = (struct figures_interval){.begin_us = begin_us};
  return i;
}

/* The newest one, or a new one behind it: time does not go back. */
static struct figures_interval *
interval_at(struct figures *f, struct figures_key key, int64_t at_us) {
  struct figures_series *s = series_of(f, key);
  if (s == NULL) {
    return NULL;
  }
  const int64_t begin_us = figures_begin_us(at_us);
  if (s->count > 0 && s->items[s->count - 1].begin_us >= begin_us) {
    return &s->items[s->count - 1];
  }
  return add_interval(f, s, begin_us);
}

static void fold_one(enum figures_of of, uint32_t figure, int64_t *sum,
                     int64_t more) {
  if (!figures_info(of, figure)->is_max) {
    *sum += more;
  } else if (more > *sum) {
    *sum = more;
  }
}

void figures_add(struct figures *f, struct figures_key key, uint32_t figure,
                 int64_t at_us, int64_t amount) {
  struct figures_interval *i = interval_at(f, key, at_us);
  if (i == NULL) {
    f->lost++;
    return;
  }
  fold_one(key.of, figure, &i->v[figure], amount);
}

void figures_add_span(struct figures *f, struct figures_key key,
                      uint32_t figure, int64_t from_us, int64_t to_us) {
  const int64_t oldest_us =
      figures_begin_us(to_us) - (FIGURES_KEPT - 1) * FIGURES_INTERVAL_US;
  int64_t at_us = from_us > oldest_us ? from_us : oldest_us;
  while (at_us < to_us) {
    const int64_t begin_us = figures_begin_us(at_us);
    figures_add(f, key, figure, at_us,
                figures_overlap_us(begin_us, at_us, to_us));
    at_us = begin_us + FIGURES_INTERVAL_US;
  }
}

const struct figures_interval *
figures_get(const struct figures *f, struct figures_key key, int64_t begin_us) {
  if (key.number >= f->caps[key.of]) {
    return NULL;
  }
  const struct figures_series *s = &f->series[key.of][key.number];
  for (size_t i = s->count; i > 0 && s->items[i - 1].begin_us >= begin_us;
       i--) {
    if (s->items[i - 1].begin_us == begin_us) {
      return &s->items[i - 1];
    }
  }
  return NULL;
}

void figures_fold(enum figures_of of, struct figures_interval *sum,
                  const struct figures_interval *more) {
  for (uint32_t i = 0; i < figures_count(of); i++) {
    fold_one(of, i, &sum->v[i], more->v[i]);
  }
}

/* ---- ratios */

struct fraction {
  const char *wire;
  int64_t over, under;
};

#define RATIO(wire, over, under, doc) {(wire), (over), (under)},

static struct fraction queue_ratio(const struct figures_interval *i,
                                   size_t ratio) {
#define QUEUE_RATIO RATIO
#define V(name)     i->v[QUEUE_##name]
  const struct fraction all[] = {
#include "routing/figures.def"
      {NULL, 0, 0}};
#undef V
#undef QUEUE_RATIO
  return all[ratio];
}

static struct fraction agent_ratio(const struct figures_interval *i,
                                   size_t ratio) {
#define AGENT_RATIO RATIO
#define V(name)     i->v[AGENT_FIG_##name]
  const struct fraction all[] = {
#include "routing/figures.def"
      {NULL, 0, 0}};
#undef V
#undef AGENT_RATIO
  return all[ratio];
}

bool figures_ratio(enum figures_of of, const struct figures_interval *i,
                   size_t ratio, const char **wire, double *out) {
  const struct fraction f =
      of == FIGURES_AGENT ? agent_ratio(i, ratio) : queue_ratio(i, ratio);
  *wire = f.wire;
  if (f.under == 0) {
    return false;
  }
  *out = (double)f.over / (double)f.under;
  return true;
}

/* ---- bytes: a format, how many figures an interval has, how many intervals;
 * of each the number of the interval since 1970 and its figures. */

void figures_encode(const struct figures *f, struct figures_key key,
                    struct textbuf *out) {
  const struct figures_series *s =
      key.number < f->caps[key.of] ? &f->series[key.of][key.number] : NULL;
  if (s == NULL || s->count == 0) {
    return;
  }
  varint_put(out, FORMAT);
  varint_put(out, figures_count(key.of));
  varint_put(out, s->count);
  for (size_t i = 0; i < s->count; i++) {
    varint_put(out, (uint64_t)(s->items[i].begin_us / FIGURES_INTERVAL_US));
    for (uint32_t v = 0; v < figures_count(key.of); v++) {
      varint_put(out, (uint64_t)s->items[i].v[v]);
    }
  }
}

/* @room figures are known here; a newer program's further ones are dropped, and
 * those that an older one did not have are 0. */
static bool take_interval(struct text *rest, uint64_t figures, size_t room,
                          struct figures_interval *out) {
  uint64_t n = 0;
  if (!varint_take(rest, &n) ||
      n > (uint64_t)(INT64_MAX / FIGURES_INTERVAL_US)) {
    return false;
  }
  *out =
      (struct figures_interval){.begin_us = (int64_t)n * FIGURES_INTERVAL_US};
  for (uint64_t v = 0; v < figures; v++) {
    if (!varint_take(rest, &n) || n > INT64_MAX) {
      return false;
    }
    if (v < room) {
      out->v[v] = (int64_t)n;
    }
  }
  return true;
}

static bool take_series(struct figures *f, enum figures_of of,
                        struct text *rest, struct figures_series *out) {
  uint64_t format = 0, figures = 0, count = 0;
  if (!varint_take(rest, &format) || format != FORMAT ||
      !varint_take(rest, &figures) || !varint_take(rest, &count) ||
      count == 0 || count > FIGURES_KEPT) {
    return false;
  }
  int64_t last_us = -1;
  for (uint64_t i = 0; i < count; i++) {
    struct figures_interval interval;
    if (!take_interval(rest, figures, figures_count(of), &interval) ||
        interval.begin_us <= last_us) {
      return false;
    }
    last_us = interval.begin_us;
    struct figures_interval *kept = add_interval(f, out, last_us);
    if (kept == NULL) {
      return false;
    }
    *kept = interval;
  }
  return rest->len == 0;
}

bool figures_decode(struct figures *f, struct figures_key key,
                    struct text bytes) {
  struct figures_series taken = {0};
  struct figures_series *s =
      take_series(f, key.of, &bytes, &taken) ? series_of(f, key) : NULL;
  if (s == NULL) {
    free_series(f, &taken);
    return false;
  }
  free_series(f, s);
  *s = taken;
  return true;
}
