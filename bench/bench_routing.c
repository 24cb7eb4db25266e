/* bench_routing.c - what a routing decision costs.
 *
 * usage: bench_routing [--steps N] [AGENTS DIFFERENCE]...
 *        bench_routing --log AGENTS DIFFERENCE STEPS
 *
 * DIFFERENCE > 0: so many sessions wait and all agents are busy; < 0: so many
 * agents are idle. Without arguments, a grid. --log prints the assignments
 * ("R agent session", "E session agent") to compare with another engine's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "peer_loop.h"

enum { STEPS = 300000, WARM_STEPS = 30000 };

struct counting_mem {
  struct mem mem;
  size_t live;
};

static void *counting_resize(void *ctx, void *old, size_t old_size,
                             size_t new_size) {
  struct counting_mem *m = ctx;
  m->live += new_size - old_size;
  if (new_size == 0) {
    free(old);
    return NULL;
  }
  return realloc(old, new_size);
}

struct samples {
  uint32_t *ns;
  size_t count;
};

struct measure {
  struct samples decide, whole; /* only of steps that matched */
  struct timespec at[PEER_END + 1];
};

static uint32_t between(const struct timespec *a, const struct timespec *b) {
  return (uint32_t)((b->tv_sec - a->tv_sec) * 1000000000 + b->tv_nsec -
                    a->tv_nsec);
}

static void on_mark(void *ctx, enum peer_mark mark, bool matched) {
  struct measure *m = ctx;
  (void)clock_gettime(CLOCK_MONOTONIC, &m->at[mark]);
  if (mark == PEER_END && matched) {
    m->decide.ns[m->decide.count++] =
        between(&m->at[PEER_DECIDE], &m->at[PEER_DECIDED]);
    m->whole.ns[m->whole.count++] =
        between(&m->at[PEER_BEGIN], &m->at[PEER_END]);
  }
}

static void on_assigned(void *ctx, char how, uint32_t agent, uint32_t session) {
  (void)ctx;
  printf("%c %u %u\n", how, how == 'R' ? agent : session,
         how == 'R' ? session : agent);
}

static int compare_ns(const void *a, const void *b) {
  const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

static uint32_t percentile(struct samples *s, unsigned percent) {
  if (s->count == 0) {
    return 0;
  }
  qsort(s->ns, s->count, sizeof *s->ns, compare_ns);
  const size_t at = s->count * percent / 100;
  return s->ns[at < s->count ? at : s->count - 1];
}

static void *array_of(size_t count, size_t size) {
  void *array = calloc(count, size);
  if (array == NULL) {
    (void)fputs("bench_routing: out of memory\n", stderr);
    exit(1);
  }
  return array;
}

static void open_loop(struct peer_loop *l, struct counting_mem *cm,
                      uint32_t agents, long difference) {
  cm->mem = (struct mem){.resize = counting_resize, .ctx = cm};
  l->mem = &cm->mem;
  const uint32_t waiting = difference > 0 ? (uint32_t)difference : 0;
  const uint32_t idle = difference < 0 ? (uint32_t)-difference : 0;
  peer_open(l, agents, waiting, idle);
  for (uint32_t i = 0; i < waiting; i++) {
    (void)peer_enter(l);
  }
}

static void print_row(uint32_t agents, long difference, struct measure *m,
                      double bytes) {
  printf("%7u %9ld %9u %9u %9u %9u ", agents, difference,
         percentile(&m->decide, 50), percentile(&m->decide, 99),
         percentile(&m->whole, 50), percentile(&m->whole, 99));
  if (difference > 0) {
    printf("%9.0f\n", bytes / (double)difference);
  } else {
    printf("%9s\n", "-");
  }
  (void)fflush(stdout);
}

static void run(uint32_t agents, long difference, size_t steps) {
  struct counting_mem cm = {.live = 0};
  struct measure m = {.decide = {array_of(2 * steps, sizeof(uint32_t)), 0},
                      .whole = {array_of(2 * steps, sizeof(uint32_t)), 0}};
  struct peer_loop l = {.ctx = &m};
  open_loop(&l, &cm, agents, difference);
  const double bytes = (double)cm.live;
  for (size_t i = 0; i < WARM_STEPS; i++) {
    peer_step(&l);
  }
  l.mark = on_mark;
  for (size_t i = 0; i < steps; i++) {
    peer_step(&l);
  }
  print_row(agents, difference, &m, bytes);
  peer_close(&l);
  free(m.decide.ns);
  free(m.whole.ns);
}

static int print_log(uint32_t agents, long difference, size_t steps) {
  struct counting_mem cm = {.live = 0};
  struct peer_loop l = {.assigned = on_assigned};
  open_loop(&l, &cm, agents, difference);
  for (size_t i = 0; i < steps; i++) {
    peer_step(&l);
  }
  peer_close(&l);
  return 0;
}

static void run_grid(size_t steps) {
  static const long differences[] = {1000, 10000, 100000, 1000000, 0, -50};
  static const uint32_t agents[] = {100, 1000, 10000};
  for (size_t i = 0; i < sizeof agents / sizeof *agents; i++) {
    for (size_t j = 0; j < sizeof differences / sizeof *differences; j++) {
      run(agents[i], differences[j] < 0 ? -(long)agents[i] / 2 : differences[j],
          steps);
    }
  }
}

static long number(const char *word) {
  return strtol(word, NULL, 10);
}

int main(int argc, char **argv) {
  size_t steps = STEPS;
  int arg = 1;
  if (argc == 5 && strcmp(argv[1], "--log") == 0) {
    return print_log((uint32_t)number(argv[2]), number(argv[3]),
                     (size_t)number(argv[4]));
  }
  if (argc > 2 && strcmp(argv[1], "--steps") == 0) {
    steps = (size_t)number(argv[2]);
    arg = 3;
  }
  printf("%7s %9s %9s %9s %9s %9s %9s\n", "agents", "waiting", "decide50",
         "decide99", "whole50", "whole99", "bytes");
  if (arg == argc) {
    run_grid(steps);
  }
  for (; arg + 1 < argc; arg += 2) {
    run((uint32_t)number(argv[arg]), number(argv[arg + 1]), steps);
  }
  return 0;
}
