/* "Why not me?": each answer of why.def, with its numbers. */
#include "centre.h"

static void each_obstacle_has_its_name(void **state) {
  (void)state;
  struct centre c;
  struct router_why w;
  open_centre(&c);
  assert_int_equal(why(&c, 0, ANNA, 1, &w), ROUTER_WHY_NOT_WAITING);
  struct router_request q = wants(SUPPORT, ENGLISH, 10);
  q.needs[0].proficiency = 5;
  enter_as(&c, 0, q);
  assert_int_equal(why(&c, 0, ANNA, 11, &w), ROUTER_WHY_UNKNOWN_AGENT);

  const struct router_skill fair = {ENGLISH, 7};
  struct router_agent_params p = {.skills = &fair, .skill_count = 1};
  router_put_agent(&c.r, ANNA, &p);
  assert_int_equal(why(&c, 0, ANNA, 11, &w), ROUTER_WHY_NOT_SERVED);
  const uint32_t queue = SUPPORT;
  p.queues = &queue;
  p.queue_count = 1;
  router_put_agent(&c.r, ANNA, &p);
  assert_int_equal(why(&c, 0, ANNA, 11, &w), ROUTER_WHY_NO_CHANNEL);
  p.channels = 1;
  router_put_agent(&c.r, ANNA, &p);
  assert_int_equal(why(&c, 0, ANNA, 11, &w), ROUTER_WHY_LACKS_SKILL);
  assert_int_equal(w.skill, ENGLISH);
  assert_int_equal(w.needed, 5);
  assert_int_equal(w.has, 7);
  p.skill_count = 0;
  router_put_agent(&c.r, ANNA, &p);
  assert_int_equal(why(&c, 0, ANNA, 11, &w), ROUTER_WHY_LACKS_SKILL);
  assert_int_equal(w.has, 0);
  close_centre(&c);
}

static void presence_and_load_have_theirs(void **state) {
  (void)state;
  struct centre c;
  struct router_why w;
  open_centre(&c);
  hire(&c, ANNA, ENGLISH, 1);
  enter(&c, 0, ENGLISH, 10);
  assert_int_equal(why(&c, 0, ANNA, 11, &w), ROUTER_WHY_NOT_LOGGED_IN);
  set_state(&c, ANNA, ROUTER_AWAY, 0, 0);
  assert_int_equal(why(&c, 0, ANNA, 11, &w), ROUTER_WHY_AWAY);
  set_state(&c, ANNA, ROUTER_LOST, 0, 0);
  assert_int_equal(why(&c, 0, ANNA, 11, &w), ROUTER_WHY_LOST);
  make_busy(&c, ANNA);
  assert_int_equal(why(&c, 0, ANNA, 11, &w), ROUTER_WHY_AT_CAPACITY);
  assert_int_equal(w.used, 1);
  assert_int_equal(w.capacity, 1);
  struct router_agent_state s = {.presence = ROUTER_AVAILABLE};
  s.channels[CHAT].capacity = 1;
  router_set_agent_state(&c.r, ANNA, &s);
  assert_int_equal(why(&c, 0, ANNA, 11, &w), ROUTER_WHY_BLOCKED);
  make_free(&c, ANNA, 0);
  assert_int_equal(why(&c, 0, ANNA, 11, &w), ROUTER_WHY_WOULD_BE_OFFERED);
  router_pause(&c.r, SUPPORT, true);
  assert_int_equal(why(&c, 0, ANNA, 11, &w), ROUTER_WHY_QUEUE_PAUSED);
  close_centre(&c);
}

static void offers_and_declines_have_theirs(void **state) {
  (void)state;
  struct centre c;
  struct router_why w;
  open_centre(&c);
  hire(&c, ANNA, ENGLISH, 1);
  hire(&c, BERT, ENGLISH, 1);
  make_free(&c, ANNA, 0);
  make_free(&c, BERT, 1);
  enter(&c, 0, ENGLISH, 10);
  offer(&c, 0, ANNA);
  assert_int_equal(why(&c, 0, ANNA, 11, &w), ROUTER_WHY_OFFERED);
  assert_int_equal(why(&c, 0, BERT, 11, &w), ROUTER_WHY_RESERVED);
  assert_int_equal(w.other_agent, ANNA);
  decline(&c, 0, ANNA, 12, 60);
  assert_int_equal(why(&c, 0, ANNA, 13, &w), ROUTER_WHY_DECLINED);
  assert_true(w.until_us == 60 * second_us);
  assert_int_equal(why(&c, 0, BERT, 13, &w), ROUTER_WHY_WOULD_BE_OFFERED);
  close_centre(&c);
}

static void who_goes_first_is_told_with_the_numbers(void **state) {
  (void)state;
  struct centre c;
  struct router_why w;
  open_centre(&c);
  put_queue(&c, SALES, (struct router_queue_params){.precedence = 3});
  hire(&c, ANNA, ENGLISH, 1);
  hire(&c, BERT, ENGLISH, 1);
  make_free(&c, ANNA, 5);
  make_free(&c, BERT, 4);
  enter(&c, 0, ENGLISH, 10);
  assert_int_equal(why(&c, 0, ANNA, 11, &w), ROUTER_WHY_OTHER_AGENT_FIRST);
  assert_int_equal(w.other_agent, BERT);
  assert_true(w.mine.idle_since_us == 5 * second_us);
  assert_true(w.theirs.idle_since_us == 4 * second_us);

  enter_as(&c, 1, wants(SALES, ENGLISH, 20));
  assert_int_equal(why(&c, 0, BERT, 21, &w), ROUTER_WHY_OTHER_SESSION_FIRST);
  assert_int_equal(w.other_slot, 1);
  assert_int_equal(w.mine.precedence, 0);
  assert_int_equal(w.theirs.precedence, 3);
  assert_true(w.theirs.entered_us == 20 * second_us);
  close_centre(&c);
}

static void every_reason_has_a_name_and_a_sentence(void **state) {
  (void)state;
  for (uint32_t i = 0; i < ROUTER_WHYS; i++) {
    assert_non_null(router_why_text(i));
    assert_non_null(router_why_detail(i));
  }
  assert_string_equal(router_why_text(ROUTER_WHY_LACKS_SKILL), "lacks_skill");
  assert_string_equal(router_strategy_text(ROUTER_MOST_SKILLED),
                      "most_skilled");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_obstacle_has_its_name),
      cmocka_unit_test(presence_and_load_have_theirs),
      cmocka_unit_test(offers_and_declines_have_theirs),
      cmocka_unit_test(who_goes_first_is_told_with_the_numbers),
      cmocka_unit_test(every_reason_has_a_name_and_a_sentence),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
