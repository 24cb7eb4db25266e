/* figures.h - running figures of queues, skills and agents, by interval.
 *
 * Each object has a series of intervals of FIGURES_INTERVAL_US: only those in
 * which something happened, and the newest FIGURES_KEPT of them. The engine
 * adds what its events say; nothing is decided by a figure. What there is no
 * memory for is not counted, and that is counted.
 *
 * Times are microseconds since 1970; an object's never go back.
 */
#ifndef BATON_ROUTING_FIGURES_H
#define BATON_ROUTING_FIGURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/text.h"

#define FIGURES_INTERVAL_US (INT64_C(900) * 1000000)
/* A day, if something happens in each; who abandons within FIGURES_SHORT_US has
 * not waited. */
enum { FIGURES_KEPT = 96, FIGURES_SHORT_US = 5000000 };

enum figures_of {
  FIGURES_QUEUE,
  FIGURES_SKILL,
  FIGURES_AGENT,
  FIGURES_OBJECTS
};

/* Whose figures. */
struct figures_key {
  enum figures_of of;
  uint32_t number;
};

#define QUEUE_FIGURE(name, wire, fold, unit, doc) QUEUE_##name,
enum queue_figure {
#include "routing/figures.def"
  QUEUE_FIGURES
};
#undef QUEUE_FIGURE

#define AGENT_FIGURE(name, wire, fold, unit, doc) AGENT_FIG_##name,
enum agent_figure {
#include "routing/figures.def"
  AGENT_FIGURES
};
#undef AGENT_FIGURE

enum { FIGURES_MOST = QUEUE_FIGURES };
_Static_assert((int)AGENT_FIGURES <= (int)FIGURES_MOST, "an interval has room");

struct figures_interval {
  int64_t begin_us;
  int64_t v[FIGURES_MOST];
};

/* Oldest first. */
struct figures_series {
  struct figures_interval *items;
  size_t count, cap;
};

struct figures {
  const struct mem *mem;
  struct figures_series *series[FIGURES_OBJECTS]; /* by number */
  size_t caps[FIGURES_OBJECTS];
  uint64_t lost; /* for want of memory */
};

struct figure_info {
  const char *wire;
  bool is_max, is_time;
  const char *doc;
};

void figures_init(struct figures *f, const struct mem *mem);
void figures_free(struct figures *f);

/* How many figures such an object has, and what the one is. */
size_t figures_count(enum figures_of of);
const struct figure_info *figures_info(enum figures_of of, uint32_t figure);

/* Adds to a sum, or raises a maximum. */
void figures_add(struct figures *f, struct figures_key key, uint32_t figure,
                 int64_t at_us, int64_t amount);
/* Adds a stretch of time to the intervals that it lies in. */
void figures_add_span(struct figures *f, struct figures_key key,
                      uint32_t figure, int64_t from_us, int64_t to_us);
/* The part of a stretch of time that lies in an interval. */
int64_t figures_overlap_us(int64_t begin_us, int64_t from_us, int64_t to_us);
/* The beginning of the interval that @at_us lies in. */
int64_t figures_begin_us(int64_t at_us);

/* The interval that begins at @begin_us, or NULL: nothing happened in it. */
const struct figures_interval *
figures_get(const struct figures *f, struct figures_key key, int64_t begin_us);
/* Folds @more of such an object into @sum. */
void figures_fold(enum figures_of of, struct figures_interval *sum,
                  const struct figures_interval *more);

/* A ratio of the table; false: there is nothing to divide by. *@wire is NULL
 * behind the last one. */
bool figures_ratio(enum figures_of of, const struct figures_interval *i,
                   size_t ratio, const char **wire, double *out);

/* One object's series as bytes, for snapshots; nothing is written of one that
 * has none. */
void figures_encode(const struct figures *f, struct figures_key key,
                    struct textbuf *out);
/* False: no such bytes, and nothing was taken; or there is no memory. */
bool figures_decode(struct figures *f, struct figures_key key,
                    struct text bytes);

#endif
