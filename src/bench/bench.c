#include "bench/bench.h"

#include <stdarg.h>
#include <stdio.h>

enum bt_err bench_fail(struct bench *b, enum bt_err err, const char *format,
                       ...) {
  va_list args;
  va_start(args, format);
  (void)vsnprintf(b->why, sizeof b->why, format, args);
  va_end(args);
  return err;
}
