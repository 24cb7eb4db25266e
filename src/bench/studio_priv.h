/* studio_priv.h - between the files of the scripts' benchmark. */
#ifndef BATON_BENCH_STUDIO_PRIV_H
#define BATON_BENCH_STUDIO_PRIV_H

#include "base/text.h"
#include "bench/studio.h"
#include "studio/program.h"
#include "studio/vm.h"

enum { STUDIO_FIGURES_MAX = 4 };

/* What one side measured in one round. */
struct studio_measure {
  double figures[STUDIO_FIGURES_MAX]; /* one for each row of the work */
  struct textbuf result; /* what it computed: both sides must agree */
};

/* A piece of work that both sides can do. */
struct studio_work {
  const char *source;
  /* A Lua program that prints the figures and then the result, with a blank
   * between them; COUNT is a variable that holds .count. */
  const char *lua;
  double per; /* operations of one run */
  bool many;  /* done for options.sleepers scripts, not again and again */
  struct bench_studio_row rows[STUDIO_FIGURES_MAX]; /* names and units */
  size_t row_count;
  /* BT_ERR_NOMEM, BT_ERR_CORRUPT: the script did not end as it should. */
  enum bt_err (*measure)(struct bench *b, const struct studio_work *work,
                         const struct program *program, uint32_t count,
                         struct studio_measure *out);
};

int64_t studio_cpu_ns(void); /* used by this thread so far */
/* The variable `result` of a run. */
void studio_result(const struct vm *vm, struct textbuf *out);

extern const struct studio_work studio_flow, studio_sleep;

#endif
