/* A snapshot is the engine: whatever goes on goes on in the restored one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "centre.h"

static void get_queued(struct centre *c) {
  centre_open_with_bot(c, true);
  centre_bot(c, COMMAND_BOT_CLOSED, NULL);
  centre_transfer(c, "{\"queue\":\"support\",\"priority\":3}");
}

static void test_a_waiting_transfer_and_its_timer(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  centre_open_with_bot(&c, false);
  centre_transfer(&c, "{\"skill\":\"AgentSkill\",\"when\":\"released\","
                      "\"timeout\":3}");
  centre_wait(&c, 1000);
  centre_restart(&c);
  centre_wait(&c, 1999);
  assert_int_equal(centre_session(&c)->waits, SESSION_WAIT_QUEUE);
  centre_wait(&c, 1);
  assert_int_equal(centre_session(&c)->waits, SESSION_WAIT_NONE);
  centre_free(&c);
}

static void test_an_offer_and_who_declined(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  centre_ready(&c, "anna");
  get_queued(&c);
  centre_ready(&c, "bert");
  centre_agent(&c, "anna", COMMAND_DECLINE_OFFER, NULL);
  centre_restart(&c);
  centre_agent(&c, "bert", COMMAND_DECLINE_OFFER, NULL);
  assert_int_equal(c.step.answer.code, 200);
  assert_int_equal(centre_status(&c), SESSION_QUEUED);
  centre_restart(&c);
  centre_wait(&c, 60000);
  assert_int_equal(centre_status(&c), SESSION_OFFERED);
  centre_free(&c);
}

static void test_place_and_clock(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  get_queued(&c);
  const struct id first = c.session;
  centre_wait(&c, 1000);
  get_queued(&c);
  centre_restart(&c);
  centre_ready(&c, "anna");
  c.session = first;
  assert_int_equal(centre_status(&c), SESSION_OFFERED);
  centre_free(&c);
}

static void test_a_sleeping_script_of_an_old_version(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, "x = 40\nWait(2)\nLogInfo(x + 2)\n"
                  "a = Ask(\"Well?\", 5)\nLogInfo(a.text)\n");
  centre_open_with_bot(&c, true);
  centre_put_script(&c, "forum", "LogInfo(\"another\")\n");
  centre_restart(&c);
  c.now_us += 2000000;
  centre_do(&c, COMMAND_TICK, ROLE_SYSTEM, SESSION_NOBODY, NULL);
  const struct record *log = centre_event(&c, EVENT_LOGGED);
  assert_non_null(log);
  assert_true(text_equal(record_text(log, FIELD_TEXT), TEXT("42")));
  centre_restart(&c);
  centre_do(&c, COMMAND_SAY, ROLE_CUSTOMER, SESSION_NOBODY,
            "{\"text\":\"yes\"}");
  log = centre_event(&c, EVENT_LOGGED);
  assert_non_null(log);
  assert_true(text_equal(record_text(log, FIELD_TEXT), TEXT("yes")));
  centre_free(&c);
}

static void test_a_lost_agent_and_its_sessions(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  centre_put(&c, COMMAND_PUT_AGENT,
             "{\"id\":\"anna\",\"skills\":[\"AgentSkill\"],"
             "\"capacity\":{\"chat\":3}}");
  centre_ready(&c, "anna");
  for (int i = 0; i < 3; i++) {
    get_queued(&c);
    centre_agent(&c, "anna", COMMAND_ACCEPT_OFFER, NULL);
    assert_int_equal(c.step.answer.code, 200);
  }
  centre_connection(&c, COMMAND_AGENT_DROPPED, "anna");
  assert_int_equal(centre_count(&c, EVENT_OF_SESSION(AGENT_LOST)), 3);
  centre_restart(&c);
  centre_connection(&c, COMMAND_AGENT_JOINED, "anna");
  assert_int_equal(centre_count(&c, EVENT_OF_SESSION(AGENT_RETURNED)), 3);
  centre_free(&c);
}

static void test_a_finished_session_is_forgotten_in_time(void **state) {
  (void)state;
  struct centre c;
  uint32_t slot;
  centre_init(&c, NULL);
  centre_open(&c);
  centre_do(&c, COMMAND_LEAVE, ROLE_CUSTOMER, SESSION_NOBODY, NULL);
  centre_restart(&c);
  assert_true(engine_find(c.e, c.session, &slot));
  centre_wait(&c, 60000);
  assert_false(engine_find(c.e, c.session, &slot));
  centre_free(&c);
}

static void test_what_was_configured_and_configured_again(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  centre_put(&c, COMMAND_PUT_AGENT, "{\"id\":\"cleo\",\"queues\":[\"later\"]}");
  centre_put(&c, COMMAND_PUT_QUEUE,
             "{\"id\":\"later\",\"paused\":true,\"skills\":[\"Dutch\"]}");
  centre_put(&c, COMMAND_PUT_AGENT,
             "{\"id\":\"cleo\",\"queues\":[\"later\"],"
             "\"skills\":[\"Dutch\"]}");
  centre_restart(&c);
  assert_true(directory_skill(engine_directory(c.e), TEXT("dutch")) !=
              DIR_NONE);
  centre_open_with_bot(&c, true);
  centre_bot(&c, COMMAND_BOT_CLOSED, NULL);
  centre_transfer(&c, "{\"queue\":\"later\"}");
  assert_int_equal(c.step.answer.refusal, REFUSAL_QUEUE_PAUSED);
  assert_true(centre_says(&c, "paused by configuration"));
  centre_free(&c);
}

/* Numbers that stand for nothing must not get in. */
static void test_a_record_that_does_not_fit_is_refused(void **state) {
  (void)state;
  struct centre c;
  struct record r;
  centre_init(&c, NULL);
  record_init(&r, 990);
  assert_false(engine_restore(c.e, &r));
  record_init(&r, EVENT_OF_SESSION(OPENED));
  assert_false(engine_restore(c.e, &r));
  centre_free(&c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_waiting_transfer_and_its_timer),
      cmocka_unit_test(test_an_offer_and_who_declined),
      cmocka_unit_test(test_place_and_clock),
      cmocka_unit_test(test_a_sleeping_script_of_an_old_version),
      cmocka_unit_test(test_a_lost_agent_and_its_sessions),
      cmocka_unit_test(test_a_finished_session_is_forgotten_in_time),
      cmocka_unit_test(test_what_was_configured_and_configured_again),
      cmocka_unit_test(test_a_record_that_does_not_fit_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
