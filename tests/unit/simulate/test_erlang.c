/* The simulation against Erlang C and Erlang A, over thirty settings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>

#include "simulate/erlang.h"
#include "simulate/statistics.h"
#include "simulate/world.h"
#include "support.h"

enum { RUNS = 10, CONTACTS = 900, WARM_UP = 150, AGENTS_MAX = 64 };

/* Load in percent of what the agents can do; patience in seconds, 0: Erlang C.
 * Handling takes 180 s, the target is 20 s. */
static const struct setting {
  uint32_t agents, load, patience_s;
} settings[] = {
    {1, 50, 0},    {1, 70, 0},    {2, 60, 0},    {2, 80, 0},   {3, 70, 0},
    {4, 75, 0},    {5, 60, 0},    {5, 80, 0},    {7, 80, 0},   {8, 70, 0},
    {10, 75, 0},   {10, 85, 0},   {15, 80, 0},   {20, 85, 0},  {30, 90, 0},
    {1, 80, 60},   {1, 150, 120}, {2, 90, 60},   {2, 120, 30}, {3, 100, 180},
    {4, 90, 90},   {5, 110, 60},  {5, 100, 300}, {7, 95, 120}, {8, 130, 180},
    {10, 100, 60}, {12, 105, 90}, {15, 110, 60}, {20, 95, 30}, {30, 100, 120},
};
enum { SETTINGS = sizeof settings / sizeof settings[0] };

enum figure { SERVICE, ANSWER, ABANDONMENT, OCCUPANCY, FIGURES };

static const char *const names[FIGURES] = {"service level", "speed of answer",
                                           "abandonment", "occupancy"};

/* Every comparison has a chance of one in a thousand to miss for nothing: of
 * all of them about one in nine that any does. */
#define LEVEL 0.999

static struct erlang_load load_of(const struct setting *c) {
  return (struct erlang_load){.arrivals_per_s =
                                  c->agents * c->load / 100.0 / 180,
                              .handling_s = 180,
                              .patience_s = c->patience_s,
                              .agents = c->agents,
                              .target_s = 20,
                              .short_s = FIGURES_SHORT_US / 1e6};
}

static void centre_of(uint32_t agents, struct simulate_object *objects) {
  static char json[AGENTS_MAX][64];
  objects[0] = (struct simulate_object){
      .kind = CONFIG_QUEUE,
      .id = TEXT("support"),
      .json = TEXT("{\"id\":\"support\",\"serviceTarget\":20}")};
  for (uint32_t i = 0; i < agents; i++) {
    (void)snprintf(json[i], sizeof json[i],
                   "{\"id\":\"agent%u\",\"capacity\":{\"chat\":1}}", i);
    objects[i + 1] = (struct simulate_object){
        .kind = CONFIG_AGENT, .id = TEXT("agent"), .json = text_from(json[i])};
  }
}

static double ratio(int64_t over, int64_t under) {
  return under > 0 ? (double)over / (double)under : (double)NAN;
}

/* Figures of one run, as a row of each. */
static void take(const struct simulate_tally *t, double out[FIGURES][RUNS],
                 size_t run) {
  const struct figures_interval *f = &t->cells[0].figures;
  const int64_t gone = f->v[QUEUE_ABANDONED];
  out[SERVICE][run] = ratio(f->v[QUEUE_IN_TARGET],
                            f->v[QUEUE_ANSWERED] + gone - f->v[QUEUE_SHORT]);
  out[ANSWER][run] = ratio(f->v[QUEUE_ANSWER_US], f->v[QUEUE_ANSWERED]) / 1e6;
  out[ABANDONMENT][run] = ratio(gone, f->v[QUEUE_ANSWERED] + gone);
  out[OCCUPANCY][run] = ratio(t->hours[0].work_us, t->hours[0].ready_us);
}

static void simulate(const struct setting *c, double out[FIGURES][RUNS]) {
  struct test_mem tm;
  struct simulate_object objects[AGENTS_MAX + 1];
  const struct erlang_load load = load_of(c);
  const double span_s = CONTACTS / load.arrivals_per_s;
  const int64_t from_us = INT64_C(1700000000000000);
  const struct simulate_piece piece = {
      from_us, from_us + (int64_t)(span_s * 1e6), CONTACTS};
  const struct simulate_stream stream = {
      .form = {.target = TEXT("support"), .priority = SIMULATE_OPEN},
      .laws = {[SIMULATE_HANDLING] = {.form = SIMULATE_EXPONENTIAL,
                                      .mean_s = load.handling_s},
               [SIMULATE_PATIENCE] = {.form = c->patience_s > 0
                                                  ? SIMULATE_EXPONENTIAL
                                                  : SIMULATE_NONE,
                                      .mean_s = load.patience_s}},
      .pieces = &piece,
      .piece_count = 1};
  const struct simulate_plan plan = {.from_us = from_us,
                                     .to_us = piece.to_us,
                                     .interval_us = piece.to_us - from_us,
                                     .warm_up_us = (int64_t)(span_s * 1e6) *
                                                   WARM_UP / CONTACTS,
                                     .streams = &stream,
                                     .stream_count = 1};
  const struct simulate_setting setting = {objects, c->agents + 1, &plan};
  centre_of(c->agents, objects);
  test_mem_init(&tm);
  for (size_t run = 0; run < RUNS; run++) {
    struct simulate_tally tally;
    struct simulate_error why;
    const struct simulate_draw draw = {2026, run};
    const enum bt_err err =
        simulate_play(&tm.mem, &setting, draw, &tally, &why);
    if (err != BT_ERR_OK) {
      fail_msg("%s", why.text);
    }
    take(&tally, out, run);
    simulate_tally_free(&tally);
  }
  assert_int_equal(tm.live_bytes, 0);
}

static void theory(const struct erlang_load *load, double out[FIGURES]) {
  struct erlang_figures f;
  assert_true(erlang_figures(load, &f));
  out[SERVICE] = f.service_level;
  out[ANSWER] = f.answer_s;
  out[ABANDONMENT] = f.abandonment;
  out[OCCUPANCY] = f.occupancy;
}

static double seen[SETTINGS][FIGURES][RUNS];

/* How many figures of the table lie outside their interval, if a setting's
 * theory is that of @load. */
static unsigned misses(void (*wrong)(struct erlang_load *load), bool tell) {
  unsigned count = 0;
  for (size_t i = 0; i < SETTINGS; i++) {
    struct erlang_load load = load_of(&settings[i]);
    double expected[FIGURES];
    wrong(&load);
    theory(&load, expected);
    for (size_t f = 0; f < FIGURES; f++) {
      const struct estimate e = statistics_estimate(seen[i][f], RUNS, LEVEL);
      const double off = fabs(e.mean - expected[f]);
      count += off > e.half;
      if (tell && off > e.half) {
        print_error("setting %zu: %s is %.4f ± %.4f, not %.4f\n", i, names[f],
                    e.mean, e.half, expected[f]);
      }
    }
  }
  return count;
}

static void right(struct erlang_load *load) {
  (void)load;
}

static void the_simulation_agrees_with_theory(void **state) {
  (void)state;
  for (size_t i = 0; i < SETTINGS; i++) {
    simulate(&settings[i], seen[i]);
  }
  assert_int_equal(misses(right, true), 0);
}

static void one_agent_more(struct erlang_load *load) {
  load->agents++;
}

static void half_the_patience(struct erlang_load *load) {
  load->patience_s /= 2;
}

static void a_tenth_longer(struct erlang_load *load) {
  load->handling_s *= load->patience_s > 0 ? 1.1 : 1.05;
}

/* The comparison can fail: what is nearly right is found to be wrong. */
static void wrong_theories_are_noticed(void **state) {
  (void)state;
  assert_true(misses(one_agent_more, false) >= SETTINGS);
  assert_true(misses(half_the_patience, false) >= SETTINGS / 2);
  assert_true(misses(a_tenth_longer, false) >= SETTINGS / 2);
}

/* Known values: Erlang B, and Erlang C by its own formula. */
static void the_formulas_agree_with_tables(void **state) {
  (void)state;
  assert_true(fabs(erlang_b(10, 10) - 0.21458) < 1e-5);
  assert_true(fabs(erlang_b(1, 2) - 0.2) < 1e-12);
  const struct erlang_load load = {.arrivals_per_s = 8 / 180.0,
                                   .handling_s = 180,
                                   .agents = 10,
                                   .target_s = 20};
  struct erlang_figures f;
  assert_true(erlang_figures(&load, &f));
  const double b = erlang_b(8, 10), c = b / (1 - 0.8 * (1 - b));
  assert_true(fabs(f.waiting - c) < 1e-9);
  assert_true(fabs(f.service_level - (1 - c * exp(-2 * 20 / 180.0))) < 1e-9);
  assert_true(fabs(f.answer_s - c * 180 / 2) < 1e-6);
  assert_true(fabs(f.occupancy - 0.8) < 1e-12);
  const struct erlang_load endless = {
      .arrivals_per_s = 1, .handling_s = 10, .agents = 10};
  assert_false(erlang_figures(&endless, &f));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_formulas_agree_with_tables),
      cmocka_unit_test(the_simulation_agrees_with_theory),
      cmocka_unit_test(wrong_theories_are_noticed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
