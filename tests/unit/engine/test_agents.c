/* Agents and their offers: what is asked of whom, and what is not lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "centre.h"

static void offer_to_anna(struct centre *c) {
  centre_ready(c, "anna");
  centre_queue(c, "{\"queue\":\"support\"}");
  assert_int_equal(centre_status(c), SESSION_OFFERED);
}

static void test_who_declines_is_not_asked_again_at_once(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  offer_to_anna(&c);
  centre_ready(&c, "bert");
  centre_agent(&c, "anna", COMMAND_DECLINE_OFFER, "{\"reason\":\"busy\"}");
  assert_int_equal(centre_session(&c)->agent, centre_number(&c, "bert"));
  centre_agent(&c, "bert", COMMAND_DECLINE_OFFER, NULL);
  assert_int_equal(centre_status(&c), SESSION_QUEUED);
  centre_wait(&c, 60000);
  assert_int_equal(centre_status(&c), SESSION_OFFERED);
  centre_free(&c);
}

static void test_who_is_alone_is_asked_again(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  offer_to_anna(&c);
  centre_agent(&c, "anna", COMMAND_DECLINE_OFFER, NULL);
  assert_int_equal(centre_status(&c), SESSION_OFFERED);
  centre_free(&c);
}

static void test_who_declined_and_is_left_alone_is_asked_again(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  offer_to_anna(&c);
  centre_ready(&c, "bert");
  centre_agent(&c, "anna", COMMAND_DECLINE_OFFER, NULL);
  centre_agent(&c, "bert", COMMAND_DECLINE_OFFER, NULL);
  assert_int_equal(centre_status(&c), SESSION_QUEUED);
  centre_agent(&c, "bert", COMMAND_AGENT_STATE, "{\"state\":\"away\"}");
  assert_int_equal(centre_status(&c), SESSION_OFFERED);
  assert_int_equal(centre_session(&c)->agent, centre_number(&c, "anna"));
  centre_free(&c);
}

static void test_no_answer_sends_the_agent_away(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  offer_to_anna(&c);
  centre_wait(&c, 20000);
  assert_int_equal(centre_status(&c), SESSION_QUEUED);
  centre_agent(&c, "anna", COMMAND_ACCEPT_OFFER, NULL);
  assert_int_equal(c.step.answer.refusal, REFUSAL_OFFER_GONE);
  assert_int_equal(centre_count(&c, EVENT_COMMAND_REFUSED), 1);
  centre_agent(&c, "anna", COMMAND_AGENT_STATE, "{\"state\":\"available\"}");
  /* Alone, and back by her own word: she is asked at once. */
  assert_int_equal(centre_status(&c), SESSION_OFFERED);
  centre_free(&c);
}

static void test_whose_connection_blinks_has_not_declined(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  offer_to_anna(&c);
  centre_ready(&c, "bert");
  centre_agent(&c, "bert", COMMAND_AGENT_STATE, "{\"state\":\"away\"}");
  centre_connection(&c, COMMAND_AGENT_DROPPED, "anna");
  assert_int_equal(centre_status(&c), SESSION_QUEUED);
  assert_int_equal(centre_count(&c, EVENT_AGENT_EXCLUDED), 0);
  centre_connection(&c, COMMAND_AGENT_JOINED, "anna");
  assert_int_equal(centre_session(&c)->agent, centre_number(&c, "anna"));
  centre_free(&c);
}

/* ---- lost, and back */

static void talk_with_anna(struct centre *c) {
  offer_to_anna(c);
  centre_agent(c, "anna", COMMAND_ACCEPT_OFFER, NULL);
  assert_int_equal(centre_status(c), SESSION_ACTIVE);
}

static void test_an_agent_who_is_back_in_time_goes_on(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  talk_with_anna(&c);
  const uint32_t epoch = centre_session(&c)->epoch;
  centre_connection(&c, COMMAND_AGENT_DROPPED, "anna");
  centre_wait(&c, 29999);
  centre_connection(&c, COMMAND_AGENT_JOINED, "anna");
  assert_int_equal(centre_count(&c, EVENT_OF_SESSION(AGENT_RETURNED)), 1);
  assert_int_equal(centre_session(&c)->epoch, epoch);
  centre_wait(&c, 60000);
  assert_int_equal(centre_status(&c), SESSION_ACTIVE);
  centre_free(&c);
}

static void test_a_longer_grace_is_waited_for(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  centre_put(&c, COMMAND_PUT_ENTRY,
             "{\"id\":\"main\",\"bot\":\"cognigy\",\"agentGrace\":90}");
  talk_with_anna(&c);
  centre_connection(&c, COMMAND_AGENT_DROPPED, "anna");
  centre_wait(&c, 89000);
  assert_int_equal(centre_status(&c), SESSION_ACTIVE);
  centre_connection(&c, COMMAND_AGENT_JOINED, "anna");
  assert_int_equal(centre_count(&c, EVENT_OF_SESSION(AGENT_RETURNED)), 1);
  centre_connection(&c, COMMAND_AGENT_DROPPED, "anna");
  centre_wait(&c, 90000);
  assert_int_equal(centre_status(&c), SESSION_QUEUED);
  centre_free(&c);
}

static void test_who_comes_back_from_a_lost_agent_keeps_the_place(void **st) {
  (void)st;
  struct centre c;
  centre_init(&c, NULL);
  centre_put(&c, COMMAND_PUT_QUEUE,
             "{\"id\":\"short\",\"maxWait\":60,\"offerTimeout\":20}");
  centre_ready(&c, "anna");
  centre_queue(&c, "{\"queue\":\"short\"}");
  centre_agent(&c, "anna", COMMAND_ACCEPT_OFFER, NULL);
  centre_wait(&c, 3600000);
  centre_connection(&c, COMMAND_AGENT_DROPPED, "anna");
  centre_wait(&c, 30000);
  assert_int_equal(centre_status(&c), SESSION_QUEUED);
  /* The hour with the agent was no waiting: it is not thrown out for it. */
  centre_wait(&c, 59000);
  assert_int_equal(centre_status(&c), SESSION_QUEUED);
  centre_wait(&c, 1000);
  assert_int_equal(centre_status(&c), SESSION_COMPLETED);
  centre_free(&c);
}

/* ---- waiting */

static void test_an_overflow_keeps_the_clock(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  centre_put(&c, COMMAND_PUT_QUEUE,
             "{\"id\":\"first\",\"maxWait\":60,\"overflow\":\"second\"}");
  centre_put(&c, COMMAND_PUT_QUEUE, "{\"id\":\"second\",\"maxWait\":30}");
  centre_queue(&c, "{\"queue\":\"first\",\"priority\":4}");
  const int64_t entered_us = c.now_us;
  struct command tick =
      centre_command(&c, COMMAND_TICK, ROLE_SYSTEM, SESSION_NOBODY);
  tick.now_us = c.now_us + 60000000;
  centre_run(&c, &tick);
  c.now_us = tick.now_us;
  const struct record *ev = centre_event(&c, EVENT_OF_SESSION(OVERFLOWED));
  assert_non_null(ev);
  assert_int_equal(record_num(ev, FIELD_ENTERED), entered_us);
  assert_int_equal(record_num(ev, FIELD_PRIORITY), 4);
  /* The second queue's own maximum counts from the entry into it. */
  assert_int_equal(record_num(ev, FIELD_DEADLINE), c.now_us + 30000000);
  centre_free(&c);
}

static void test_maximum_wait_counts_through_the_offers(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  centre_put(&c, COMMAND_PUT_QUEUE,
             "{\"id\":\"short\",\"maxWait\":30,\"offerTimeout\":20}");
  centre_ready(&c, "anna");
  centre_queue(&c, "{\"queue\":\"short\"}");
  centre_wait(&c, 29999);
  assert_int_equal(centre_status(&c), SESSION_QUEUED); /* RONA at 20 s */
  centre_wait(&c, 1);
  assert_int_equal(centre_status(&c), SESSION_COMPLETED);
  centre_free(&c);
}

static void test_a_customer_who_leaves_is_offered_to_nobody(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  offer_to_anna(&c);
  centre_do(&c, COMMAND_LEAVE, ROLE_CUSTOMER, SESSION_NOBODY, NULL);
  assert_int_equal(centre_count(&c, EVENT_OF_OFFER(WITHDRAWN)), 1);
  assert_int_equal(record_num(centre_event(&c, EVENT_OF_OFFER(WITHDRAWN)),
                              FIELD_OFFER_REASON),
                   OFFER_REASON_CUSTOMER_LEFT);
  centre_agent(&c, "anna", COMMAND_ACCEPT_OFFER, NULL);
  assert_int_equal(c.step.answer.code, 404);
  centre_free(&c);
}

static void test_the_longest_idle_is_first_whoever_is_looked_at(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  talk_with_anna(&c);
  centre_ready(&c, "bert");
  centre_wait(&c, 1000);
  /* Anna is free and the session waits, both in this step. */
  centre_agent(&c, "anna", COMMAND_TRANSFER, "{\"skill\":\"AgentSkill\"}");
  assert_int_equal(centre_session(&c)->agent, centre_number(&c, "bert"));
  centre_free(&c);
}

/* ---- presence */

static void test_offline_with_work_in_hand_is_refused(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  talk_with_anna(&c);
  centre_agent(&c, "anna", COMMAND_AGENT_STATE, "{\"state\":\"offline\"}");
  assert_int_equal(c.step.answer.refusal, REFUSAL_AGENT_HAS_WORK);
  centre_do(&c, COMMAND_LEAVE, ROLE_CUSTOMER, SESSION_NOBODY, NULL);
  centre_agent(&c, "anna", COMMAND_COMPLETE, NULL);
  centre_agent(&c, "anna", COMMAND_AGENT_STATE, "{\"state\":\"offline\"}");
  assert_int_equal(c.step.answer.code, 200);
  centre_free(&c);
}

static void test_a_refused_state_leaves_no_away_reason(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  centre_agent(&c, "anna", COMMAND_AGENT_STATE,
               "{\"state\":\"away\",\"reason\":\"lunch\"}");
  assert_int_equal(c.step.answer.refusal, REFUSAL_NOT_LOGGED_IN);
  assert_int_equal(c.step.event_count, 0);
  centre_agent(&c, "anna", COMMAND_AGENT_STATE, "{\"state\":\"gone\"}");
  assert_int_equal(c.step.answer.refusal, REFUSAL_INVALID_MEMBER);
  centre_free(&c);
}

static void test_a_new_queue_is_served_by_who_named_it_before(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  centre_put(&c, COMMAND_PUT_AGENT, "{\"id\":\"cleo\",\"queues\":[\"later\"]}");
  centre_ready(&c, "cleo");
  centre_put(&c, COMMAND_PUT_QUEUE, "{\"id\":\"later\"}");
  centre_queue(&c, "{\"queue\":\"later\"}");
  assert_int_equal(centre_session(&c)->agent, centre_number(&c, "cleo"));
  centre_free(&c);
}

/* ---- the end */

static void test_the_outcome_is_recorded_with_the_end(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  talk_with_anna(&c);
  centre_agent(&c, "anna", COMMAND_END,
               "{\"disposition\":\"sold\",\"reason\":\"all done\"}");
  assert_int_equal(centre_status(&c), SESSION_WRAPUP);
  assert_int_equal(centre_count(&c, EVENT_DISPOSITION_SET), 1);
  centre_agent(&c, "anna", COMMAND_COMPLETE, "{\"note\":\"a nice one\"}");
  const struct record *ev = centre_event(&c, EVENT_DISPOSITION_SET);
  assert_non_null(ev);
  assert_false(record_has(ev, FIELD_DISPOSITION));
  assert_int_equal(centre_status(&c), SESSION_COMPLETED);
  centre_free(&c);
}

static void test_an_agent_ends_only_what_it_holds(void **state) {
  (void)state;
  static const enum command_type types[] = {COMMAND_END, COMMAND_HANGUP,
                                            COMMAND_RELEASE};
  struct centre c;
  centre_init(&c, NULL);
  centre_queue(&c, "{\"queue\":\"support\"}");
  for (size_t i = 0; i < 3; i++) {
    centre_agent(&c, "bert", types[i], NULL);
    assert_int_equal(c.step.answer.code, 403);
    assert_int_equal(centre_status(&c), SESSION_QUEUED);
  }
  centre_free(&c);
}

static void test_no_time_to_wrap_up_is_none(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  centre_put(&c, COMMAND_PUT_QUEUE, "{\"id\":\"brisk\",\"wrapUpTime\":0}");
  centre_ready(&c, "anna");
  centre_queue(&c, "{\"queue\":\"brisk\"}");
  centre_agent(&c, "anna", COMMAND_ACCEPT_OFFER, NULL);
  const struct id first = c.session;
  centre_queue(&c, "{\"queue\":\"brisk\"}");
  const struct id next = c.session;
  c.session = first;
  centre_do(&c, COMMAND_LEAVE, ROLE_CUSTOMER, SESSION_NOBODY, NULL);
  /* All in the step in which the customer left, without a timer. */
  assert_int_equal(centre_status(&c), SESSION_COMPLETED);
  c.session = next;
  assert_int_equal(centre_status(&c), SESSION_OFFERED);
  centre_restart(&c);
  assert_int_equal(centre_status(&c), SESSION_OFFERED);
  centre_free(&c);
}

static void test_a_lost_customer_is_waited_for_and_not_for_ever(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  centre_queue(&c, "{\"queue\":\"support\"}");
  centre_connection(&c, COMMAND_CUSTOMER_JOINED, NULL);
  centre_connection(&c, COMMAND_CUSTOMER_DROPPED, NULL);
  centre_wait(&c, 59000);
  centre_connection(&c, COMMAND_CUSTOMER_JOINED, NULL);
  centre_wait(&c, 3600000);
  assert_int_equal(centre_status(&c), SESSION_QUEUED);
  centre_connection(&c, COMMAND_CUSTOMER_DROPPED, NULL);
  centre_wait(&c, 60000);
  assert_int_equal(centre_status(&c), SESSION_COMPLETED);
  centre_free(&c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_who_declines_is_not_asked_again_at_once),
      cmocka_unit_test(test_who_is_alone_is_asked_again),
      cmocka_unit_test(test_who_declined_and_is_left_alone_is_asked_again),
      cmocka_unit_test(test_no_answer_sends_the_agent_away),
      cmocka_unit_test(test_whose_connection_blinks_has_not_declined),
      cmocka_unit_test(test_an_agent_who_is_back_in_time_goes_on),
      cmocka_unit_test(test_a_longer_grace_is_waited_for),
      cmocka_unit_test(test_who_comes_back_from_a_lost_agent_keeps_the_place),
      cmocka_unit_test(test_an_overflow_keeps_the_clock),
      cmocka_unit_test(test_maximum_wait_counts_through_the_offers),
      cmocka_unit_test(test_a_customer_who_leaves_is_offered_to_nobody),
      cmocka_unit_test(test_the_longest_idle_is_first_whoever_is_looked_at),
      cmocka_unit_test(test_offline_with_work_in_hand_is_refused),
      cmocka_unit_test(test_a_refused_state_leaves_no_away_reason),
      cmocka_unit_test(test_a_new_queue_is_served_by_who_named_it_before),
      cmocka_unit_test(test_the_outcome_is_recorded_with_the_end),
      cmocka_unit_test(test_an_agent_ends_only_what_it_holds),
      cmocka_unit_test(test_no_time_to_wrap_up_is_none),
      cmocka_unit_test(test_a_lost_customer_is_waited_for_and_not_for_ever),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
