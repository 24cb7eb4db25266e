/* What a run knows of the centre: shifts, hours, overflow, RONA, wrap-up; and
 * that it is the same each time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "simulate/change.h"
#include "simulate/result.h"
#include "support.h"

#define NOW_US    INT64_C(1772434800000000) /* 2026-03-02 07:00 UTC, a Monday */
#define HOUR_US   INT64_C(3600000000)
#define SECOND_US INT64_C(1000000)

enum { LISTED_MAX = 4, OBJECTS_MAX = 8 };

/* A small centre and its plan. */
struct stage {
  struct test_mem tm;
  struct simulate_object objects[OBJECTS_MAX];
  struct simulate_stream stream;
  struct simulate_contact contacts[LISTED_MAX];
  struct simulate_shift shift;
  struct simulate_plan plan;
  struct simulate_setting setting;
  struct simulate_tally tally;
};

static void put(struct stage *s, enum config_object kind, const char *id,
                const char *json) {
  s->objects[s->setting.object_count++] = (struct simulate_object){
      .kind = kind, .id = text_from(id), .json = text_from(json)};
}

static void begin(struct stage *s) {
  *s = (struct stage){0};
  test_mem_init(&s->tm);
  s->setting.objects = s->objects;
  s->setting.plan = &s->plan;
  s->stream.form.priority = SIMULATE_OPEN;
  s->plan = (struct simulate_plan){.from_us = NOW_US,
                                   .to_us = NOW_US + 10 * HOUR_US,
                                   .interval_us = HOUR_US,
                                   .streams = &s->stream,
                                   .stream_count = 1,
                                   .contacts = s->contacts,
                                   .people = {.back_us = 30 * SECOND_US}};
}

/* Comes @after_s seconds after the beginning, talks for a minute. */
static void come(struct stage *s, const char *target, int64_t after_s) {
  s->contacts[s->plan.contact_count++] = (struct simulate_contact){
      .at_us = NOW_US + after_s * SECOND_US,
      .times_us = {60 * SECOND_US, 10 * SECOND_US, 1000 * SECOND_US},
      .priority = SIMULATE_OPEN,
      .target = text_from(target)};
}

static void play(struct stage *s) {
  struct simulate_error why;
  const struct simulate_draw draw = {1, 0};
  const enum bt_err err =
      simulate_play(&s->tm.mem, &s->setting, draw, &s->tally, &why);
  if (err != BT_ERR_OK) {
    fail_msg("%s", why.text);
  }
}

static void end(struct stage *s) {
  simulate_tally_free(&s->tally);
  assert_int_equal(s->tm.live_bytes, 0);
}

static int64_t figure(const struct stage *s, size_t row,
                      enum queue_figure figure) {
  return simulate_cell_at(&s->tally, row, 0)->figures.v[figure];
}

static const char *const one_chat =
    "{\"id\":\"anna\",\"capacity\":{\"chat\":1}}";

static void the_second_waits_for_conversation_and_wrap_up(void **state) {
  (void)state;
  struct stage s;
  begin(&s);
  put(&s, CONFIG_QUEUE, "q", "{\"id\":\"q\",\"serviceTarget\":60}");
  put(&s, CONFIG_AGENT, "anna", one_chat);
  come(&s, "q", 0);
  come(&s, "q", 5);
  play(&s);
  assert_int_equal(figure(&s, 0, QUEUE_ANSWERED), 2);
  assert_int_equal(figure(&s, 0, QUEUE_ANSWER_US), 65 * SECOND_US);
  assert_int_equal(figure(&s, 0, QUEUE_IN_TARGET), 1);
  assert_int_equal(figure(&s, 0, QUEUE_TALK_US), 120 * SECOND_US);
  assert_int_equal(figure(&s, 0, QUEUE_WRAPUP_US), 20 * SECOND_US);
  assert_int_equal(s.tally.hours[0].work_us, 140 * SECOND_US);
  assert_int_equal(s.tally.hours[0].ready_us, HOUR_US);
  end(&s);
}

static void the_queue_ends_a_wrap_up_that_takes_too_long(void **state) {
  (void)state;
  struct stage s;
  begin(&s);
  put(&s, CONFIG_QUEUE, "q", "{\"id\":\"q\",\"wrapUpTime\":4}");
  put(&s, CONFIG_AGENT, "anna", one_chat);
  come(&s, "q", 0);
  play(&s);
  assert_int_equal(figure(&s, 0, QUEUE_WRAPUP_US), 4 * SECOND_US);
  end(&s);
}

static void an_unanswered_offer_sends_the_agent_away_for_a_while(void **state) {
  (void)state;
  struct stage s;
  begin(&s);
  put(&s, CONFIG_QUEUE, "q",
      "{\"id\":\"q\",\"offerTimeout\":20,\"declinePause\":0}");
  put(&s, CONFIG_AGENT, "anna", one_chat);
  come(&s, "q", 0);
  s.plan.people.unanswered = 1;
  play(&s);
  /* 20 s of each offer and 30 s away, until the patience of 1000 s ends. */
  assert_int_equal(figure(&s, 0, QUEUE_UNANSWERED), 20);
  assert_int_equal(figure(&s, 0, QUEUE_ABANDONED), 1);
  assert_int_equal(figure(&s, 0, QUEUE_ABANDON_US), 1000 * SECOND_US);
  end(&s);
}

static void the_overflow_takes_who_waited_too_long(void **state) {
  (void)state;
  struct stage s;
  begin(&s);
  put(&s, CONFIG_QUEUE, "late", "{\"id\":\"late\"}");
  put(&s, CONFIG_QUEUE, "q",
      "{\"id\":\"q\",\"maxWait\":30,\"overflow\":\"late\"}");
  put(&s, CONFIG_AGENT, "anna",
      "{\"id\":\"anna\",\"capacity\":{\"chat\":1},\"queues\":[\"late\"]}");
  come(&s, "q", 0);
  play(&s);
  assert_int_equal(figure(&s, 1, QUEUE_ENTERED), 1);
  assert_int_equal(figure(&s, 1, QUEUE_OVERFLOWED), 1);
  assert_int_equal(figure(&s, 0, QUEUE_ENTERED), 1);
  assert_int_equal(figure(&s, 0, QUEUE_ANSWERED), 1);
  end(&s);
}

static void who_comes_outside_the_hours_is_turned_away(void **state) {
  (void)state;
  struct stage s;
  begin(&s);
  put(&s, CONFIG_HOURS, "office",
      "{\"id\":\"office\",\"mon\":\"07:01-18:00\"}");
  put(&s, CONFIG_QUEUE, "q", "{\"id\":\"q\",\"hours\":\"office\"}");
  put(&s, CONFIG_AGENT, "anna", one_chat);
  come(&s, "q", 30);
  come(&s, "q", 90);
  play(&s);
  assert_int_equal(simulate_cell_at(&s.tally, 0, 0)->refused, 1);
  assert_int_equal(figure(&s, 0, QUEUE_ANSWERED), 1);
  end(&s);
}

static void agents_work_in_their_shifts(void **state) {
  (void)state;
  struct stage s;
  begin(&s);
  put(&s, CONFIG_QUEUE, "q", "{\"id\":\"q\"}");
  put(&s, CONFIG_AGENT, "anna", one_chat);
  come(&s, "q", 0);
  come(&s, "q", 590);
  come(&s, "q", 600); /* waits for nobody: anna has gone after the last */
  s.shift = (struct simulate_shift){TEXT("anna"), NOW_US + 300 * SECOND_US,
                                    NOW_US + 600 * SECOND_US};
  s.plan.shifts = &s.shift;
  s.plan.shift_count = 1;
  play(&s);
  assert_int_equal(figure(&s, 0, QUEUE_ANSWERED), 2);
  assert_int_equal(figure(&s, 0, QUEUE_ANSWER_US), 300 * SECOND_US);
  assert_int_equal(figure(&s, 0, QUEUE_ABANDONED), 1);
  assert_int_equal(s.tally.hours[0].ready_us, 360 * SECOND_US);
  end(&s);
}

/* ---- random days */

static void busy_day(struct stage *s, const struct simulate_piece *piece) {
  begin(s);
  put(s, CONFIG_QUEUE, "q", "{\"id\":\"q\"}");
  put(s, CONFIG_AGENT, "anna", one_chat);
  put(s, CONFIG_AGENT, "bert", "{\"id\":\"bert\",\"capacity\":{\"chat\":1}}");
  s->stream.form.target = TEXT("q");
  s->stream.laws[SIMULATE_HANDLING] = (struct simulate_law){
      .form = SIMULATE_LOGNORMAL, .mean_s = 200, .deviation_s = 150};
  s->stream.laws[SIMULATE_PATIENCE] =
      (struct simulate_law){.form = SIMULATE_EXPONENTIAL, .mean_s = 120};
  s->stream.pieces = piece;
  s->stream.piece_count = 1;
}

static void play_days(struct stage *s, const struct simulate_setting *setting,
                      uint64_t seed, struct simulate_result *out) {
  assert_int_equal(simulate_result_init(out, &s->tm.mem, 1, 10, 6), BT_ERR_OK);
  for (uint64_t run = 0; run < 6; run++) {
    struct simulate_error why;
    struct simulate_tally tally;
    const struct simulate_draw draw = {seed, run};
    assert_int_equal(simulate_play(&s->tm.mem, setting, draw, &tally, &why),
                     BT_ERR_OK);
    assert_int_equal(simulate_result_add(out, &tally), BT_ERR_OK);
    simulate_tally_free(&tally);
  }
}

static const struct simulate_place whole = {1, 0, SIMULATE_ASA_M};

static void the_same_seed_is_the_same_day(void **state) {
  (void)state;
  const struct simulate_piece piece = {NOW_US, NOW_US + 10 * HOUR_US, 300};
  struct stage s;
  struct simulate_result a, b, other;
  busy_day(&s, &piece);
  play_days(&s, &s.setting, 1, &a);
  play_days(&s, &s.setting, 1, &b);
  play_days(&s, &s.setting, 2, &other);
  const size_t size = a.rows * a.places * SIMULATE_MEASURES * a.runs;
  assert_memory_equal(a.values, b.values, size * sizeof *a.values);
  assert_true(simulate_estimate(&a, whole).mean !=
              simulate_estimate(&other, whole).mean);
  simulate_result_free(&a);
  simulate_result_free(&b);
  simulate_result_free(&other);
  end(&s);
}

/* The same customers twice tell a small change better than other ones do. */
static void pairs_tell_more_than_strangers(void **state) {
  (void)state;
  const struct simulate_piece piece = {NOW_US, NOW_US + 10 * HOUR_US, 300};
  struct stage s;
  struct arena arena;
  struct simulate_changed changed;
  struct simulate_error why;
  struct simulate_result before, after, strangers;
  busy_day(&s, &piece);
  arena_init(&arena, &s.tm.mem, 0);
  assert_int_equal(simulate_change_begin(&changed, &arena, &s.setting),
                   BT_ERR_OK);
  assert_int_equal(simulate_change_apply(&changed, TEXT("handling=-5%"), &why),
                   BT_ERR_OK);
  const struct simulate_setting other = simulate_change_end(&changed);
  play_days(&s, &s.setting, 1, &before);
  play_days(&s, &other, 1, &after);
  play_days(&s, &other, 2, &strangers);
  const struct estimate d = simulate_difference(&before, &after, whole);
  assert_true(d.mean + d.half < 0);
  assert_true(2 * d.half <
              simulate_difference(&before, &strangers, whole).half);
  simulate_result_free(&before);
  simulate_result_free(&after);
  simulate_result_free(&strangers);
  arena_free(&arena);
  end(&s);
}

static void changes_are_what_they_say(void **state) {
  (void)state;
  const struct simulate_piece piece = {NOW_US, NOW_US + HOUR_US, 30};
  struct stage s;
  struct arena arena;
  struct simulate_changed c;
  struct simulate_error why;
  busy_day(&s, &piece);
  s.shift = (struct simulate_shift){TEXT("bert"), NOW_US, NOW_US + HOUR_US};
  s.plan.shifts = &s.shift;
  s.plan.shift_count = 1;
  arena_init(&arena, &s.tm.mem, 0);
  static const char *const good[] = {"agents=+2",
                                     "queue.q.strategy=most_skilled",
                                     "queue.q.ageing=1.5",
                                     "contacts=+20%",
                                     "handling.q=100",
                                     "patience=200%",
                                     "agents.capacity=chat:2,voice:0",
                                     "agent.anna.skills=sales:2,billing",
                                     "answer=3",
                                     "declined=5%",
                                     "agents=-1"};
  assert_int_equal(simulate_change_begin(&c, &arena, &s.setting), BT_ERR_OK);
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    if (simulate_change_apply(&c, text_from(good[i]), &why) != BT_ERR_OK) {
      fail_msg("%s", why.text);
    }
  }
  assert_int_equal(c.agent_count, 3);
  assert_int_equal(c.shift_count,
                   1); /* the copy of bert is the one that went */
  assert_true(fabs(c.streams[0].scale - 1.2) < 1e-9);
  assert_true(fabs(simulate_law_mean(&c.streams[0].laws[SIMULATE_HANDLING]) -
                   100) < 1e-9);
  assert_true(fabs(c.plan.people.declined - 0.05) < 1e-9);
  const struct text queue = c.objects[0].json, anna = c.objects[1].json;
  assert_true(text_find(queue, TEXT("\"most_skilled\""), 0) < queue.len);
  assert_true(text_find(anna, TEXT("\"proficiency\":2"), 0) < anna.len);
  assert_true(text_find(anna, TEXT("\"voice\":0"), 0) < anna.len);
  const struct simulate_setting setting = simulate_change_end(&c);
  const struct simulate_draw draw = {1, 0};
  assert_int_equal(simulate_play(&s.tm.mem, &setting, draw, &s.tally, &why),
                   BT_ERR_OK);
  arena_free(&arena);
  end(&s);
}

static void what_does_not_fit_is_said(void **state) {
  (void)state;
  const struct simulate_draw draw = {1, 0};
  struct stage s;
  begin(&s);
  come(&s, "nowhere", 0);
  put(&s, CONFIG_QUEUE, "q", "{\"id\":\"q\"}");
  struct simulate_error why;
  assert_int_equal(simulate_play(&s.tm.mem, &s.setting, draw, &s.tally, &why),
                   BT_ERR_NOT_FOUND);
  assert_non_null(strstr(why.text, "'nowhere'"));
  s.objects[0].json = TEXT("{\"id\":\"q\",\"strategy\":\"best\"}");
  assert_int_equal(simulate_play(&s.tm.mem, &s.setting, draw, &s.tally, &why),
                   BT_ERR_SYNTAX);
  assert_non_null(strstr(why.text, "'q' is not taken"));
  assert_int_equal(s.tm.live_bytes, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_second_waits_for_conversation_and_wrap_up),
      cmocka_unit_test(the_queue_ends_a_wrap_up_that_takes_too_long),
      cmocka_unit_test(an_unanswered_offer_sends_the_agent_away_for_a_while),
      cmocka_unit_test(the_overflow_takes_who_waited_too_long),
      cmocka_unit_test(who_comes_outside_the_hours_is_turned_away),
      cmocka_unit_test(agents_work_in_their_shifts),
      cmocka_unit_test(the_same_seed_is_the_same_day),
      cmocka_unit_test(pairs_tell_more_than_strangers),
      cmocka_unit_test(changes_are_what_they_say),
      cmocka_unit_test(what_does_not_fit_is_said),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
