/* studio.h - what scripts cost, beside the same programs in PUC Lua.
 *
 * Each round measures a program here and then in a Lua process of its own,
 * so that both see the machine in the same mood; both count processor time
 * alone, and both must come to the same result.
 */
#ifndef BATON_BENCH_STUDIO_H
#define BATON_BENCH_STUDIO_H

#include <stddef.h>
#include <stdint.h>

#include "bench/bench.h"

enum { STUDIO_ROWS_MAX = 16, STUDIO_ROUNDS_MAX = 99 };

struct bench_studio_options {
  const char *lua; /* the interpreter's name or path */
  unsigned rounds; /* 1 to STUDIO_ROUNDS_MAX */
  uint32_t sleepers;
};

/* One measurement; figures of Lua are 0 if there is no Lua. */
struct bench_studio_row {
  const char *name, *unit, *doc;
  double ours, lua; /* medians */
  double ratio;     /* the median of the rounds' ours / lua */
};

struct bench_studio_result {
  struct bench_studio_row rows[STUDIO_ROWS_MAX];
  size_t count;
  char lua_version[64]; /* as it says itself; empty if there is none */
};

/* BT_ERR_IO: Lua failed. BT_ERR_CORRUPT: it came to another result.
 * BT_ERR_NOMEM. */
enum bt_err bench_studio(struct bench *b, const struct bench_studio_options *o,
                         struct bench_studio_result *out) BT_USE_RESULT;

#endif
