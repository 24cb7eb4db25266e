#include "bench/progress.h"

#include <inttypes.h>
#include <stdio.h>

#include "bench/machine.h"

enum { WIDTH = 40 };
#define QUIET_NS   INT64_C(2000000000)
#define BETWEEN_NS INT64_C(200000000)

void progress_begin(struct progress *p, bool wanted, const char *what,
                    uint64_t all) {
  *p = (struct progress){.what = what,
                         .all = all,
                         .began_ns = machine_now_ns(),
                         .wanted = wanted && all > 0};
}

static void draw(const struct progress *p, uint64_t done) {
  char bar[WIDTH + 1];
  for (uint64_t i = 0; i < WIDTH; i++) {
    bar[i] = i * p->all < done * WIDTH ? '#' : '.';
  }
  bar[WIDTH] = '\0';
  (void)fprintf(stderr, "\r%s [%s] %" PRIu64 " of %" PRIu64 "\033[K", p->what,
                bar, done, p->all);
  (void)fflush(stderr);
}

void progress_show(struct progress *p, uint64_t done) {
  if (!p->wanted) {
    return;
  }
  const int64_t now_ns = machine_now_ns();
  if (now_ns - p->began_ns < QUIET_NS || now_ns - p->drawn_ns < BETWEEN_NS) {
    return;
  }
  p->drawn_ns = now_ns;
  p->drawn = true;
  draw(p, done);
}

void progress_end(struct progress *p) {
  if (p->drawn) {
    (void)fputs("\r\033[K", stderr);
    (void)fflush(stderr);
    p->drawn = false;
  }
}
