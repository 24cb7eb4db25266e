/* How many agents are needed: Erlang's answer where it holds, more where it
 * does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <math.h>

#include "simulate/staff.h"
#include "support.h"

#define NOW_US  INT64_C(1772434800000000)
#define HOUR_US INT64_C(3600000000)

enum { INTERVALS = 4, OBJECTS = 3 };

struct stage {
  struct test_mem tm;
  struct arena arena;
  struct simulate_piece pieces[INTERVALS];
  struct simulate_stream stream;
  struct simulate_plan plan;
  struct simulate_staff staff;
  enum staff_phase phase;
};

/* The centre's own agent is named in an order, and plays no part. */
static void furnish(struct simulate_object objects[OBJECTS]) {
  static const struct {
    enum config_object kind;
    const char *id, *json;
  } all[OBJECTS] = {{CONFIG_SKILL, "sales", "{\"name\":\"sales\"}"},
                    {CONFIG_QUEUE, "q",
                     "{\"id\":\"q\",\"skills\":[\"sales\"],"
                     "\"strategy\":\"ordered\",\"agents\":[\"anna\"]}"},
                    {CONFIG_AGENT, "anna", "{\"id\":\"anna\"}"}};
  for (size_t i = 0; i < OBJECTS; i++) {
    objects[i] = (struct simulate_object){.kind = all[i].kind,
                                          .id = text_from(all[i].id),
                                          .json = text_from(all[i].json)};
  }
}

static void begin(struct stage *s, const double contacts[INTERVALS]) {
  *s = (struct stage){.phase = STAFF_GOES_ON};
  test_mem_init(&s->tm);
  arena_init(&s->arena, &s->tm.mem, 0);
  for (size_t i = 0; i < INTERVALS; i++) {
    const int64_t from_us = NOW_US + (int64_t)i * HOUR_US;
    s->pieces[i] =
        (struct simulate_piece){from_us, from_us + HOUR_US, contacts[i]};
  }
  s->stream = (struct simulate_stream){
      .form = {.target = TEXT("q"), .priority = SIMULATE_OPEN},
      .laws = {[SIMULATE_HANDLING] = {.form = SIMULATE_EXPONENTIAL,
                                      .mean_s = 300}},
      .pieces = s->pieces,
      .piece_count = INTERVALS};
  s->plan = (struct simulate_plan){.from_us = NOW_US,
                                   .to_us = NOW_US + INTERVALS * HOUR_US,
                                   .interval_us = HOUR_US,
                                   .streams = &s->stream,
                                   .stream_count = 1};
  s->staff = (struct simulate_staff){.arena = &s->arena,
                                     .mem = &s->tm.mem,
                                     .goal = {0.8, 1, 1},
                                     .seed = 1,
                                     .runs = 30};
}

static void find(struct stage *s) {
  struct simulate_object objects[OBJECTS];
  const struct simulate_setting setting = {objects, OBJECTS, &s->plan};
  struct simulate_error why;
  furnish(objects);
  if (simulate_staff_begin(&s->staff, &setting, &why) != BT_ERR_OK) {
    fail_msg("%s", why.text);
  }
  while (s->phase == STAFF_GOES_ON) {
    if (simulate_staff_round(&s->staff, &s->phase, &why) != BT_ERR_OK) {
      fail_msg("%s", why.text);
    }
  }
}

static void end(struct stage *s) {
  arena_free(&s->arena);
  assert_int_equal(s->tm.live_bytes, 0);
}

static void the_answer_meets_the_goal_and_one_less_does_not(void **state) {
  (void)state;
  static const double contacts[INTERVALS] = {30, 120, 60, 0};
  struct stage s;
  begin(&s, contacts);
  find(&s);
  assert_int_equal(s.phase, STAFF_DONE);
  assert_int_equal(s.staff.group_count, 1);
  for (size_t i = 0; i + 1 < INTERVALS; i++) {
    const struct simulate_need *n = &s.staff.best[i];
    assert_true(n->service_level >= 0.8);
    assert_true(s.staff.too_few[i] >= (int32_t)n->agents - 1);
    assert_true(n->agents + 1 >= n->erlang && n->agents <= n->erlang + 2);
  }
  assert_int_equal(s.staff.best[0].erlang, 5); /* 2.5 erlangs: tables say 5 */
  assert_int_equal(s.staff.best[3].agents, 0);
  end(&s);
}

static void a_limit_of_occupancy_takes_more_agents(void **state) {
  (void)state;
  static const double contacts[INTERVALS] = {120, 120, 120, 120};
  struct stage s;
  begin(&s, contacts);
  s.staff.goal.occupancy = 0.6;
  find(&s);
  assert_int_equal(s.phase, STAFF_DONE);
  for (size_t i = 0; i < INTERVALS; i++) {
    assert_true(s.staff.best[i].occupancy <= 0.6);
    assert_int_equal(s.staff.best[i].erlang, 17); /* 10 erlangs / 0.6 */
  }
  end(&s);
}

static void a_goal_out_of_reach_is_said(void **state) {
  (void)state;
  static const double contacts[INTERVALS] = {12, 0, 0, 0};
  struct stage s;
  begin(&s, contacts);
  s.plan.people.answer =
      (struct simulate_law){.form = SIMULATE_CONSTANT, .mean_s = 15};
  s.stream.laws[SIMULATE_PATIENCE] =
      (struct simulate_law){.form = SIMULATE_EXPONENTIAL, .mean_s = 30};
  s.staff.goal.abandonment = 0.05;
  find(&s);
  assert_int_equal(s.phase, STAFF_GAVE_UP);
  assert_true(simulate_staff_missed(&s.staff, 0, 0));
  end(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_answer_meets_the_goal_and_one_less_does_not),
      cmocka_unit_test(a_limit_of_occupancy_takes_more_agents),
      cmocka_unit_test(a_goal_out_of_reach_is_said),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
