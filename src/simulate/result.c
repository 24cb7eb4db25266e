#include "simulate/result.h"

#include <math.h>
#include <string.h>

#include "base/check.h"

#define LEVEL 0.95

static const struct simulate_measure_info infos[SIMULATE_MEASURES] = {
#define MEASURE(name, wire, title, unit, doc)                                  \
  {(wire), (title), SIMULATE_##unit, (doc)},
#include "simulate/measure.def"
#undef MEASURE
};

const struct simulate_measure_info *
simulate_measure_info(enum simulate_measure measure) {
  bt_check(measure < SIMULATE_MEASURES);
  return &infos[measure];
}

enum bt_err simulate_result_init(struct simulate_result *r,
                                 const struct mem *mem, size_t rows,
                                 size_t intervals, size_t runs) {
  const double bytes = (double)(rows + 1) * (double)(intervals + 1) *
                       SIMULATE_MEASURES * (double)runs * sizeof *r->values;
  if (bytes > (double)SIMULATE_RESULT_BYTES) {
    return BT_ERR_RANGE;
  }
  *r = (struct simulate_result){
      .mem = mem, .rows = rows + 1, .places = intervals + 1, .runs = runs};
  r->values = mem_new(mem, r->rows * r->places * SIMULATE_MEASURES * runs *
                               sizeof *r->values);
  return r->values == NULL ? BT_ERR_NOMEM : BT_ERR_OK;
}

void simulate_result_free(struct simulate_result *r) {
  if (r->mem == NULL) {
    return;
  }
  mem_free(r->mem, r->values,
           r->rows * r->places * SIMULATE_MEASURES * r->runs *
               sizeof *r->values);
  *r = (struct simulate_result){0};
}

static double *values_at(const struct simulate_result *r,
                         struct simulate_place at) {
  bt_check(at.row < r->rows && at.place < r->places);
  return r->values +
         ((at.row * r->places + at.place) * SIMULATE_MEASURES + at.measure) *
             r->runs;
}

/* ---- the measures of one run */

/* What they are made of. */
struct scope {
  struct simulate_cell sum;
  const struct simulate_waits *waits; /* NULL: they are not known here */
  const struct simulate_hours *hours; /* the same */
  bool whole;                         /* all queues */
};

static void fold(struct simulate_cell *sum, const struct simulate_cell *more) {
  figures_fold(FIGURES_QUEUE, &sum->figures, &more->figures);
  sum->refused += more->refused;
  sum->unserved += more->unserved;
}

/* A ratio of figures.def, by its name. */
static double ratio(const struct scope *s, const char *name) {
  const char *wire = name;
  for (size_t i = 0; wire != NULL; i++) {
    double value = 0;
    const bool known =
        figures_ratio(FIGURES_QUEUE, &s->sum.figures, i, &wire, &value);
    if (wire != NULL && strcmp(wire, name) == 0) {
      return known ? value : (double)NAN;
    }
  }
  return (double)NAN;
}

static double wait_ms(const struct scope *s, unsigned thousandths) {
  return s->waits == NULL || s->waits->count == 0
             ? (double)NAN
             : (double)statistics_quantile(s->waits->items_us, s->waits->count,
                                           thousandths) /
                   1e3;
}

static double occupancy(const struct scope *s) {
  return s->hours == NULL || s->hours->ready_us == 0
             ? (double)NAN
             : (double)s->hours->work_us / (double)s->hours->ready_us;
}

static double contacts(const struct scope *s) {
  const int64_t *v = s->sum.figures.v;
  return (double)(v[QUEUE_ENTERED] + s->sum.refused -
                  (s->whole ? v[QUEUE_OVERFLOWED] : 0));
}

static double measure(const struct scope *s, enum simulate_measure m) {
  static const uint16_t quantiles[SIMULATE_MEASURES] = {[SIMULATE_P50_M] = 500,
                                                        [SIMULATE_P90_M] = 900,
                                                        [SIMULATE_P95_M] = 950,
                                                        [SIMULATE_P99_M] = 990};
  static const uint8_t figures[SIMULATE_MEASURES] = {
      [SIMULATE_ANSWERED_M] = QUEUE_ANSWERED + 1,
      [SIMULATE_ABANDONED_M] = QUEUE_ABANDONED + 1,
      [SIMULATE_OVERFLOWED_M] = QUEUE_OVERFLOWED + 1,
      [SIMULATE_TIMED_OUT_M] = QUEUE_TIMED_OUT + 1,
      [SIMULATE_UNANSWERED_M] = QUEUE_UNANSWERED + 1,
      [SIMULATE_DECLINED_M] = QUEUE_DECLINED + 1};
  if (quantiles[m] != 0) {
    return wait_ms(s, quantiles[m]);
  }
  if (figures[m] != 0) {
    return (double)s->sum.figures.v[figures[m] - 1];
  }
  switch ((unsigned)m) {
  case SIMULATE_CONTACTS_M:
    return contacts(s);
  case SIMULATE_REFUSED_M:
    return (double)s->sum.refused;
  case SIMULATE_UNSERVED_M:
    return (double)s->sum.unserved;
  case SIMULATE_LONGEST_M:
    return (double)s->sum.figures.v[QUEUE_LONGEST_US] / 1e3;
  case SIMULATE_OCCUPANCY_M:
    return occupancy(s);
  default:
    return ratio(s, infos[m].wire);
  }
}

static void put(struct simulate_result *r, size_t row, size_t place,
                const struct scope *s) {
  for (unsigned m = 0; m < SIMULATE_MEASURES; m++) {
    const struct simulate_place at = {row, place, (enum simulate_measure)m};
    values_at(r, at)[r->done] = measure(s, at.measure);
  }
}

/* ---- a run's tally */

/* What a run is folded into, with the waits of the scope at hand. */
struct folding {
  struct simulate_result *r;
  const struct simulate_tally *t;
  struct simulate_waits waits;
  bool no_memory;
};

/* Adds a cell to the scope, and its waits. */
static void take(struct folding *f, struct scope *s, size_t row,
                 size_t interval) {
  const struct simulate_waits *w =
      &f->t->waits[row * f->t->intervals + interval];
  struct simulate_waits *all = &f->waits;
  fold(&s->sum, simulate_cell_at(f->t, row, interval));
  if (!mem_grow(f->t->mem, &all->items_us, &all->cap, all->count + w->count,
                sizeof *all->items_us)) {
    f->no_memory = true;
    return;
  }
  if (w->count > 0) {
    memcpy(all->items_us + all->count, w->items_us,
           w->count * sizeof *w->items_us);
    all->count += w->count;
  }
}

/* The measures of the scope; the next one begins. */
static void tell(struct folding *f, struct scope *s, size_t row, size_t place) {
  statistics_sort(f->waits.items_us, f->waits.count);
  s->waits = &f->waits;
  put(f->r, row, place, s);
  f->waits.count = 0;
}

static void add_queue(struct folding *f, size_t row) {
  struct scope whole = {.waits = NULL};
  for (size_t i = 0; i < f->t->intervals; i++) {
    struct scope one = {.waits = NULL};
    take(f, &one, row, i);
    tell(f, &one, row, i + 1);
  }
  for (size_t i = 0; i < f->t->intervals; i++) {
    take(f, &whole, row, i);
  }
  tell(f, &whole, row, 0);
}

static void add_whole(struct folding *f) {
  const struct simulate_tally *t = f->t;
  struct simulate_hours hours = {0, 0};
  struct scope whole = {.hours = &hours, .whole = true};
  for (size_t i = 0; i < t->intervals; i++) {
    struct scope one = {.hours = &t->hours[i], .whole = true};
    for (size_t row = 0; row < t->rows; row++) {
      take(f, &one, row, i);
    }
    tell(f, &one, t->rows, i + 1);
    hours.work_us += t->hours[i].work_us;
    hours.ready_us += t->hours[i].ready_us;
  }
  for (size_t i = 0; i < t->intervals * t->rows; i++) {
    take(f, &whole, i / t->intervals, i % t->intervals);
  }
  tell(f, &whole, t->rows, 0);
}

enum bt_err simulate_result_add(struct simulate_result *r,
                                const struct simulate_tally *t) {
  bt_check(r->done < r->runs && t->rows + 1 == r->rows &&
           t->intervals + 1 == r->places);
  struct folding f = {.r = r, .t = t};
  for (size_t row = 0; row < t->rows; row++) {
    add_queue(&f, row);
  }
  add_whole(&f);
  mem_free(t->mem, f.waits.items_us, f.waits.cap * sizeof *f.waits.items_us);
  r->done += !f.no_memory;
  return f.no_memory ? BT_ERR_NOMEM : BT_ERR_OK;
}

/* ---- over runs */

struct estimate simulate_estimate(const struct simulate_result *r,
                                  struct simulate_place at) {
  return statistics_estimate(values_at(r, at), r->done, LEVEL);
}

struct estimate simulate_difference(const struct simulate_result *a,
                                    const struct simulate_result *b,
                                    struct simulate_place at) {
  const double *x = values_at(a, at), *y = values_at(b, at);
  const size_t count = a->done < b->done ? a->done : b->done;
  struct estimate e = {(double)NAN, (double)NAN, 0};
  double *apart = mem_new(a->mem, (count + 1) * sizeof *apart);
  if (apart != NULL) {
    for (size_t i = 0; i < count; i++) {
      apart[i] = y[i] - x[i];
    }
    e = statistics_estimate(apart, count, LEVEL);
  }
  mem_free(a->mem, apart, (count + 1) * sizeof *apart);
  return e;
}
