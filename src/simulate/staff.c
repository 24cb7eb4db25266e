#include "simulate/staff.h"

#include <math.h>
#include <string.h>

#include "simulate/result.h"
#include "simulate/staff_priv.h"

#define LEVEL 0.95

/* ---- what the runs of a round say */

/* Sums over runs of one group in one interval. */
struct seen {
  struct figures_interval sum;
  double *levels; /* the service level of each run */
};

static double ratio(int64_t over, int64_t under) {
  return under > 0 ? (double)over / (double)under : (double)NAN;
}

static double level_of(const int64_t *v) {
  return ratio(v[QUEUE_IN_TARGET],
               v[QUEUE_ANSWERED] + v[QUEUE_ABANDONED] - v[QUEUE_SHORT]);
}

/* The group's rows. */
static struct figures_interval group_sum(const struct simulate_staff *s,
                                         const struct simulate_tally *t,
                                         size_t group, size_t interval) {
  struct figures_interval sum = {0};
  for (size_t row = 0; row < t->rows; row++) {
    if (s->pooled || row == group) {
      figures_fold(FIGURES_QUEUE, &sum,
                   &simulate_cell_at(t, row, interval)->figures);
    }
  }
  return sum;
}

static void see(const struct simulate_staff *s, const struct simulate_tally *t,
                struct seen *all, uint32_t run) {
  for (size_t cell = 0; cell < s->group_count * s->intervals; cell++) {
    const struct figures_interval one =
        group_sum(s, t, cell / s->intervals, cell % s->intervals);
    figures_fold(FIGURES_QUEUE, &all[cell].sum, &one);
    all[cell].levels[run] = level_of(one.v);
  }
}

static void judge(const struct simulate_staff *s, const struct seen *seen,
                  struct simulate_need *n) {
  const int64_t *v = seen->sum.v;
  const double staffed_us = (double)n->agents *
                            (double)s->setting.plan->interval_us *
                            (double)s->runs;
  n->service_level = level_of(v);
  n->answer_s = ratio(v[QUEUE_ANSWER_US], v[QUEUE_ANSWERED]) / 1e6;
  n->abandonment =
      ratio(v[QUEUE_ABANDONED], v[QUEUE_ANSWERED] + v[QUEUE_ABANDONED]);
  n->occupancy =
      staffed_us > 0
          ? (double)(v[QUEUE_TALK_US] + v[QUEUE_WRAPUP_US]) / staffed_us
          : (double)NAN;
  n->level = statistics_estimate(seen->levels, s->runs, LEVEL);
}

/* A comparison with NAN is false: where nobody came everything is well. */
static bool is_missed(const struct simulate_goal *goal,
                      const struct simulate_need *n) {
  return n->service_level < goal->service_level ||
         n->abandonment > goal->abandonment || n->occupancy > goal->occupancy ||
         (n->contacts > 0 && n->agents == 0);
}

static enum bt_err play_runs(struct simulate_staff *s, struct seen *all,
                             struct simulate_error *why) {
  struct staff_stage stage;
  enum bt_err err = staff_build(s, &stage) ? BT_ERR_OK : BT_ERR_NOMEM;
  for (uint32_t run = 0; err == BT_ERR_OK && run < s->runs; run++) {
    struct simulate_tally tally;
    const struct simulate_draw draw = {s->seed, run};
    err = simulate_play(s->mem, &stage.setting, draw, &tally, why);
    if (err == BT_ERR_OK) {
      see(s, &tally, all, run);
      simulate_tally_free(&tally);
    }
  }
  staff_unbuild(s, &stage);
  return err;
}

static enum bt_err play_round(struct simulate_staff *s,
                              struct simulate_error *why) {
  const size_t cells = s->group_count * s->intervals;
  struct arena arena;
  arena_init(&arena, s->mem, 0);
  struct seen *all = arena_alloc(&arena, (cells + 1) * sizeof *all);
  bool good = all != NULL;
  for (size_t i = 0; good && i < cells; i++) {
    all[i].levels = arena_alloc(&arena, (s->runs + 1) * sizeof *all[i].levels);
    good = all[i].levels != NULL;
  }
  enum bt_err err = good ? play_runs(s, all, why) : BT_ERR_NOMEM;
  for (size_t i = 0; err == BT_ERR_OK && i < cells; i++) {
    judge(s, &all[i], &s->needs[i]);
  }
  arena_free(&arena);
  return err;
}

/* ---- from round to round */

static uint64_t total(const struct simulate_staff *s,
                      const struct simulate_need *needs) {
  uint64_t sum = 0;
  for (size_t i = 0; i < s->group_count * s->intervals; i++) {
    sum += needs[i].agents;
  }
  return sum;
}

static void keep(struct simulate_staff *s) {
  memcpy(s->best, s->needs, s->group_count * s->intervals * sizeof *s->best);
}

/* More than that would help nobody: something else is in the goal's way. */
static uint32_t enough(const struct simulate_need *n) {
  return 3 * n->erlang + 10;
}

/* One more where the goal was missed, a twentieth more of many. False: nowhere
 * that it could help. */
static bool raise(struct simulate_staff *s) {
  bool any = false;
  for (size_t i = 0; i < s->group_count * s->intervals; i++) {
    struct simulate_need *n = &s->needs[i];
    if (is_missed(&s->goal, n) && n->agents < enough(n)) {
      any = true;
      s->too_few[i] = (int32_t)n->agents > s->too_few[i] ? (int32_t)n->agents
                                                         : s->too_few[i];
      n->agents += 1 + (s->reached ? 0 : n->agents / 20);
    }
  }
  return any;
}

bool simulate_staff_missed(const struct simulate_staff *s, size_t group,
                           size_t interval) {
  return is_missed(&s->goal, &s->best[staff_at(s, group, interval)]);
}

/* One less where that has not been too few yet. False: nowhere. */
static bool lower(struct simulate_staff *s) {
  bool any = false;
  for (size_t i = 0; i < s->group_count * s->intervals; i++) {
    struct simulate_need *n = &s->needs[i];
    if (n->agents > 0 && (int32_t)n->agents - 1 > s->too_few[i]) {
      n->agents--;
      any = true;
    }
  }
  return any;
}

enum bt_err simulate_staff_round(struct simulate_staff *s,
                                 enum staff_phase *phase,
                                 struct simulate_error *why) {
  const enum bt_err err = play_round(s, why);
  if (err != BT_ERR_OK) {
    return err;
  }
  bool missed = false;
  for (size_t i = 0; i < s->group_count * s->intervals; i++) {
    missed = missed || is_missed(&s->goal, &s->needs[i]);
  }
  if (!missed && (!s->reached || total(s, s->needs) <= total(s, s->best))) {
    keep(s);
    s->reached = true;
  } else if (!s->reached) {
    keep(s);
  }
  s->rounds++;
  const bool more = missed ? raise(s) : lower(s);
  *phase = more && s->rounds < STAFF_ROUNDS_MAX ? STAFF_GOES_ON
           : s->reached                         ? STAFF_DONE
                                                : STAFF_GAVE_UP;
  return BT_ERR_OK;
}

enum bt_err simulate_staff_begin(struct simulate_staff *s,
                                 const struct simulate_setting *setting,
                                 struct simulate_error *why) {
  (void)memcpy(why->text, "there is no memory", sizeof "there is no memory");
  s->intervals = simulate_interval_count(setting->plan);
  if (!staff_strip(s, setting)) {
    return BT_ERR_NOMEM;
  }
  const enum bt_err err = staff_find_groups(s, why);
  if (err != BT_ERR_OK) {
    return err;
  }
  const size_t cells = s->group_count * s->intervals;
  s->needs = arena_alloc(s->arena, (cells + 1) * sizeof *s->needs);
  s->best = arena_alloc(s->arena, (cells + 1) * sizeof *s->best);
  s->too_few = arena_alloc(s->arena, (cells + 1) * sizeof *s->too_few);
  if (s->needs == NULL || s->best == NULL || s->too_few == NULL) {
    return BT_ERR_NOMEM;
  }
  for (size_t i = 0; i < cells; i++) {
    s->too_few[i] = -1;
  }
  return staff_find_load(s) ? BT_ERR_OK : BT_ERR_NOMEM;
}

double simulate_staff_hours(const struct simulate_staff *s) {
  return (double)total(s, s->best) *
         ((double)s->setting.plan->interval_us / 3.6e9);
}
