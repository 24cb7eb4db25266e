/* progress.h - a bar on standard error for what takes more than two seconds. */
#ifndef BATON_BENCH_PROGRESS_H
#define BATON_BENCH_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
  const char *what;
  uint64_t all;
  int64_t began_ns, drawn_ns;
  bool wanted, drawn;
};

void progress_begin(struct progress *p, bool wanted, const char *what,
                    uint64_t all);
/* Draws at most five times a second. */
void progress_show(struct progress *p, uint64_t done);
/* Takes the bar away. */
void progress_end(struct progress *p);

#endif
