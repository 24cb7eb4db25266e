/* bench.h - what the measurements share: memory, a bar, what went wrong.
 *
 * The module drives Baton from outside, over its sockets, or one of its lower
 * parts by itself. It sees neither the engine nor the API: what it knows of a
 * session is what came over the wire.
 */
#ifndef BATON_BENCH_BENCH_H
#define BATON_BENCH_BENCH_H

#include <stdbool.h>

#include "base/err.h"
#include "base/mem.h"

enum { BENCH_WHY_SIZE = 1024 };

struct bench {
  const struct mem *mem;
  bool progress; /* a bar on standard error */
  /* After an error of any function that takes the bench: a sentence. */
  char why[BENCH_WHY_SIZE];
};

/* Keeps the sentence and answers @err. */
__attribute__((format(printf, 3, 4))) enum bt_err
bench_fail(struct bench *b, enum bt_err err, const char *format, ...);

#endif
