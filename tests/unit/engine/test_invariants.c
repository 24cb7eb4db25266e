/* Everything that can happen to a few sessions, at random: the laws hold at
 * every step, a fold of the events and a snapshot give the same engine.
 *
 *   test_invariants [seed [steps]]
 *
 * What does not hold is made as short as it can be, and told. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "storm.h"

enum {
  WORLD_OPS = 1500,
  STEPS_USUAL = 100000,
  COMPARE_EVERY = 300,
  COMPARE_OFTEN = 10, /* while a failure is made shorter */
  SHRINK_SECONDS = 40,
  TOO_LONG_S = 100
};

/* What a child tells before it dies. */
struct told {
  uint64_t steps;
  uint32_t op; /* under way */
};

static uint64_t given_seed = 20260101;
static uint64_t given_steps = STEPS_USUAL;
static struct told *told;

static void fill(struct storm_op *ops, size_t count, uint64_t seed) {
  struct rand rand;
  rand_seed(&rand, seed);
  for (size_t i = 0; i < count; i++) {
    ops[i] = storm_pick(&rand);
  }
}

static bool play(const struct storm_op *ops, size_t count, uint64_t every,
                 bool loud) {
  static struct storm s;
  storm_init(&s, every);
  s.loud = loud;
  bool good = true;
  for (size_t i = 0; i < count && good; i++) {
    told->op = (uint32_t)i;
    good = storm_do(&s, &ops[i]);
  }
  told->op = (uint32_t)count;
  good = good && storm_end(&s);
  told->steps += s.steps;
  if (!good && loud) {
    print_error("%s\n", s.broken);
  }
  if (good) {
    storm_free(&s);
  }
  return good;
}

/* In a process of its own: a check that fails ends it. */
static bool survives(const struct storm_op *ops, size_t count, uint64_t every,
                     bool loud) {
  const pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    if (!loud) {
      (void)freopen("/dev/null", "w", stderr);
    }
    (void)alarm(TOO_LONG_S);
    _exit(play(ops, count, every, loud) ? 0 : 1);
  }
  int status = 0;
  assert_int_equal(waitpid(child, &status, 0), child);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Leaves out ever smaller pieces, as long as what is left still fails. */
static size_t shrink(struct storm_op *ops, size_t count) {
  struct storm_op *fewer = malloc(count * sizeof *ops);
  assert_non_null(fewer);
  const time_t end = time(NULL) + SHRINK_SECONDS;
  for (size_t piece = count / 2; piece > 0;) {
    bool shorter = false;
    for (size_t at = 0; at < count && time(NULL) < end;) {
      const size_t skip = piece < count - at ? piece : count - at;
      memcpy(fewer, ops, at * sizeof *ops);
      memcpy(fewer + at, ops + at + skip, (count - at - skip) * sizeof *ops);
      if (survives(fewer, count - skip, COMPARE_OFTEN, false)) {
        at += skip;
        continue;
      }
      count -= skip;
      memcpy(ops, fewer, count * sizeof *ops);
      shorter = true;
    }
    piece = shorter && piece > 1 ? piece : piece / 2;
  }
  free(fewer);
  return count;
}

static void tell_failure(struct storm_op *ops, uint64_t seed) {
  size_t count = told->op < WORLD_OPS ? told->op + 1 : WORLD_OPS;
  print_error("seed %llu fails; made shorter:\n", (unsigned long long)seed);
  if (!survives(ops, count, COMPARE_OFTEN, false)) {
    count = shrink(ops, count);
  }
  for (size_t i = 0; i < count; i++) {
    print_error("%s ", storm_kind_name(ops[i].kind));
  }
  print_error("(%zu operations)\n", count);
  (void)survives(ops, count, COMPARE_OFTEN, true);
}

static void test_the_laws_hold_whatever_happens(void **state) {
  (void)state;
  static struct storm_op ops[WORLD_OPS];
  told->steps = 0;
  for (uint64_t seed = given_seed; told->steps < given_steps; seed++) {
    fill(ops, WORLD_OPS, seed);
    if (!survives(ops, WORLD_OPS, COMPARE_EVERY, false)) {
      tell_failure(ops, seed);
      fail();
    }
  }
  print_message("%llu steps from seed %llu\n", (unsigned long long)told->steps,
                (unsigned long long)given_seed);
}

int main(int argc, char **argv) {
  if (argc > 1) {
    given_seed = strtoull(argv[1], NULL, 10);
  }
  if (argc > 2) {
    given_steps = strtoull(argv[2], NULL, 10);
  }
  told = mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE,
              MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (told == MAP_FAILED) {
    return 1;
  }
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_the_laws_hold_whatever_happens),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
