/* Everything that can happen to a few sessions, at random: the laws hold at
 * every step, a fold of the events and a snapshot give the same engine.
 *
 *   test_invariants [seed [steps]]
 *
 * What does not hold is made as short as it can be, and told. */
#include <setjmp.h>
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

#include "base/check.h"
#include "storm.h"
#include "support.h"

enum {
  WORLD_OPS = 1500,
  STEPS_USUAL = 200000,
  WORKERS = 2,
  COMPARE_EVERY = 300,
  COMPARE_OFTEN = 10, /* while a failure is made shorter */
  SHRINK_SECONDS = 40,
  TOO_LONG_S = 100
};

/* What a child tells before it dies. */
struct told {
  uint64_t steps, seed;
  uint32_t op; /* under way */
};

static uint64_t given_seed = 20260101;
static uint64_t given_steps;
static struct told *told; /* by worker; shared with the children */

static void fill(struct storm_op *ops, uint64_t seed) {
  struct rand rand;
  rand_seed(&rand, seed);
  for (size_t i = 0; i < WORLD_OPS; i++) {
    ops[i] = storm_pick(&rand);
  }
}

struct play {
  const struct storm_op *ops;
  size_t count;
  uint64_t compare_every;
  bool loud;
};

static bool play(const struct play *p, struct told *t) {
  static struct storm s;
  storm_init(&s, p->compare_every);
  s.loud = p->loud;
  bool good = true;
  for (size_t i = 0; i < p->count && good; i++) {
    t->op = (uint32_t)i;
    good = storm_do(&s, &p->ops[i]);
  }
  good = good && storm_end(&s);
  t->steps += s.steps;
  if (!good && p->loud) {
    print_error("%s\n", s.broken);
  }
  if (good) {
    storm_free(&s);
  }
  return good;
}

static bool ended_well(pid_t child) {
  int status = 0;
  assert_int_equal(waitpid(child, &status, 0), child);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* In a process of its own: a check that fails ends it. */
static bool survives(const struct play *p) {
  const pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    if (!p->loud && freopen("/dev/null", "w", stderr) == NULL) {
      _exit(2);
    }
    (void)alarm(TOO_LONG_S);
    _exit(play(p, &told[0]) ? 0 : 1);
  }
  return ended_well(child);
}

/* Every WORKERS-th world, until its share of the steps is done. */
static void work(struct told *t, uint32_t worker) {
  static struct storm_op ops[WORLD_OPS];
  const struct play p = {ops, WORLD_OPS, COMPARE_EVERY, false};
  if (freopen("/dev/null", "w", stderr) == NULL) {
    _exit(2);
  }
  for (t->seed = given_seed + worker; t->steps < given_steps / WORKERS;
       t->seed += WORKERS) {
    fill(ops, t->seed);
    if (!play(&p, t)) {
      _exit(1);
    }
  }
  _exit(0);
}

/* Leaves out ever smaller pieces, as long as what is left still fails. */
static size_t shrink(struct storm_op *ops, size_t count) {
  static struct storm_op fewer[WORLD_OPS];
  struct play p = {fewer, 0, COMPARE_OFTEN, false};
  const time_t end = time(NULL) + SHRINK_SECONDS;
  for (size_t piece = count / 2; piece > 0 && time(NULL) < end;) {
    bool shorter = false;
    for (size_t at = 0; at < count && time(NULL) < end;) {
      const size_t skip = piece < count - at ? piece : count - at;
      p.count = count - skip;
      memcpy(fewer, ops, at * sizeof *ops);
      memcpy(fewer + at, ops + at + skip, (p.count - at) * sizeof *ops);
      if (survives(&p)) {
        at += skip;
        continue;
      }
      count = p.count;
      memcpy(ops, fewer, count * sizeof *ops);
      shorter = true;
    }
    piece = shorter && piece > 1 ? piece : piece / 2;
  }
  return count;
}

static void tell_failure(const struct told *t) {
  static struct storm_op ops[WORLD_OPS];
  struct play p = {ops, t->op + 1, COMPARE_OFTEN, false};
  fill(ops, t->seed);
  print_error("seed %llu fails; made shorter:\n", (unsigned long long)t->seed);
  if (survives(&p)) {
    p.count = WORLD_OPS; /* it shows at the end, or by the exact comparison */
    p.compare_every = COMPARE_EVERY;
  } else {
    p.count = shrink(ops, p.count);
  }
  for (size_t i = 0; i < p.count; i++) {
    print_error("%s ", storm_kind_name(ops[i].kind));
  }
  print_error("(%zu operations)\n", p.count);
  p.loud = true;
  (void)survives(&p);
}

static void test_the_laws_hold_whatever_happens(void **state) {
  (void)state;
  bt_check(told != NULL);
  pid_t children[WORKERS];
  const struct told *broken = NULL;
  for (uint32_t i = 0; i < WORKERS; i++) {
    children[i] = fork();
    assert_true(children[i] >= 0);
    if (children[i] == 0) {
      work(&told[i], i);
    }
  }
  for (uint32_t i = 0; i < WORKERS; i++) {
    broken = ended_well(children[i]) ? broken : &told[i];
  }
  if (broken != NULL) {
    const struct told t = *broken;
    tell_failure(&t);
    fail();
  }
  uint64_t steps = 0;
  assert_non_null(told);
  for (uint32_t i = 0; i < WORKERS; i++) {
    steps += told[i].steps;
  }
  print_message("%llu steps from seed %llu\n", (unsigned long long)steps,
                (unsigned long long)given_seed);
}

int main(int argc, char **argv) {
  given_steps = test_steps(STEPS_USUAL);
  if (argc > 1) {
    given_seed = strtoull(argv[1], NULL, 10);
  }
  if (argc > 2) {
    given_steps = strtoull(argv[2], NULL, 10);
  }
  told = mmap(NULL, WORKERS * sizeof *told, PROT_READ | PROT_WRITE,
              MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (told == MAP_FAILED) {
    return 1;
  }
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_the_laws_hold_whatever_happens),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
