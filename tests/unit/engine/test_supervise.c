/* What supervisors do to sessions, queues and agents by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "centre.h"
#include "engine/engine_priv.h"

/* Queue "second" beside "support"; nobody is logged in. */
static void begin(struct centre *c) {
  centre_init(c, NULL);
  centre_put(c, COMMAND_PUT_QUEUE, "{\"id\":\"second\",\"priority\":4}");
}

static void supervise_queue(struct centre *c, enum command_type type,
                            const char *queue, int64_t until_us) {
  struct command cmd = centre_command(c, type, ROLE_SUPERVISOR, SESSION_NOBODY);
  record_set_num(&cmd.args, FIELD_QUEUE,
                 directory_queue(engine_directory(c->e), text_from(queue)));
  record_set_text(&cmd.args, FIELD_REASON, TEXT("fire drill"));
  if (until_us != 0) {
    record_set_num(&cmd.args, FIELD_UNTIL, until_us);
  }
  centre_run(c, &cmd);
}

static int64_t entered_us(const struct centre *c) {
  uint32_t slot = 0;
  assert_true(engine_find(c->e, c->session, &slot));
  return c->e->lives[slot]->entered_us;
}

/* ---- moving */

static void a_moved_session_keeps_its_clock_unless_told(void **state) {
  (void)state;
  struct centre c;
  begin(&c);
  centre_queue(&c, "{\"queue\":\"support\",\"priority\":7,\"note\":\"gold\"}");
  const int64_t since_us = entered_us(&c);
  centre_wait(&c, 90000);
  centre_supervise(&c, COMMAND_MOVE,
                   "{\"queue\":\"second\",\"reason\":\"too long\"}");
  assert_int_equal(c.step.answer.code, 200);
  assert_int_equal(centre_session(&c)->queue,
                   directory_queue(engine_directory(c.e), TEXT("second")));
  assert_true(entered_us(&c) == since_us);
  const struct record *moved = centre_event(&c, EVENT_OF_SESSION(QUEUED));
  assert_int_equal(record_num(moved, FIELD_ROLE), ROLE_SUPERVISOR);
  assert_true(text_equal(record_text(moved, FIELD_REASON), TEXT("too long")));
  assert_true(text_equal(record_text(moved, FIELD_NOTE), TEXT("gold")));
  assert_int_equal(record_num(moved, FIELD_PRIORITY), 7);
  centre_supervise(&c, COMMAND_MOVE,
                   "{\"queue\":\"support\",\"keepClock\":false}");
  assert_true(entered_us(&c) == c.now_us);
  centre_free(&c);
}

static void only_who_waits_is_moved(void **state) {
  (void)state;
  struct centre c;
  begin(&c);
  centre_open_with_bot(&c, false);
  centre_supervise(&c, COMMAND_MOVE, "{\"queue\":\"second\"}");
  assert_int_equal(c.step.answer.refusal, REFUSAL_NOT_QUEUED);
  centre_supervise(&c, COMMAND_MOVE, "{}");
  assert_int_equal(c.step.answer.code, 422);
  centre_free(&c);
}

/* It was told as a transfer, with a transfer's cure; and a session that is over
 * was to be "transferred to a queue first". */
static void a_refused_move_is_told_as_a_move(void **state) {
  (void)state;
  struct centre c;
  begin(&c);
  supervise_queue(&c, COMMAND_PAUSE_QUEUE, "second", 0);
  centre_queue(&c, "{\"queue\":\"support\"}");
  centre_supervise(&c, COMMAND_MOVE, "{\"queue\":\"second\"}");
  assert_int_equal(c.step.answer.refusal, REFUSAL_QUEUE_PAUSED);
  assert_true(centre_says(&c, "choose another queue, or wait until it opens"));
  const struct record *refused = centre_event(&c, EVENT_TRANSFER_REFUSED);
  assert_true(text_equal(record_text(refused, FIELD_NAME), TEXT("move")));
  centre_supervise(&c, COMMAND_MOVE, "{\"queue\":\"support\"}");
  assert_true(centre_says(&c, "The session was moved."));
  centre_supervise(&c, COMMAND_END, NULL);
  static const enum command_type late[] = {COMMAND_MOVE, COMMAND_REPRIORITISE,
                                           COMMAND_REQUEUE,
                                           COMMAND_WITHDRAW_OFFER};
  static const char *const bodies[] = {"{\"queue\":\"support\"}",
                                       "{\"priority\":3}", NULL, NULL};
  for (size_t i = 0; i < 4; i++) {
    centre_supervise(&c, late[i], bodies[i]);
    assert_int_equal(c.step.answer.refusal, REFUSAL_SESSION_ENDED);
  }
  centre_free(&c);
}

/* ---- assigning */

static void an_assigned_session_claims_its_place(void **state) {
  (void)state;
  struct centre c;
  begin(&c);
  centre_queue(&c, "{\"queue\":\"support\"}");
  centre_supervise(&c, COMMAND_ASSIGN, "{\"agentId\":\"anna\"}");
  assert_int_equal(c.step.answer.refusal, REFUSAL_NOT_LOGGED_IN);
  centre_connection(&c, COMMAND_AGENT_JOINED, "anna"); /* away, but there */
  centre_supervise(&c, COMMAND_ASSIGN,
                   "{\"agentId\":\"anna\",\"reason\":\"VIP\"}");
  assert_int_equal(c.step.answer.code, 200);
  assert_int_equal(centre_status(&c), SESSION_ACTIVE);
  assert_int_equal(centre_count(&c, EVENT_OF_AGENT(ASSIGNED)), 1);
  const struct record *taken = centre_event(&c, EVENT_OF_SESSION(CONNECTED));
  assert_int_equal(record_num(taken, FIELD_ROLE), ROLE_SUPERVISOR);
  assert_true(text_equal(record_text(taken, FIELD_REASON), TEXT("VIP")));
  centre_queue(&c, "{\"queue\":\"support\"}");
  centre_supervise(&c, COMMAND_ASSIGN, "{\"agentId\":\"anna\"}");
  assert_int_equal(c.step.answer.refusal, REFUSAL_AGENT_AT_CAPACITY);
  assert_true(centre_says(&c, "1 of 1 in hand"));
  assert_int_equal(centre_status(&c), SESSION_QUEUED);
  centre_supervise(&c, COMMAND_ASSIGN, "{\"agentId\":\"anne\"}");
  assert_int_equal(c.step.answer.code, 404);
  assert_true(centre_says(&c, "Did you mean 'anna'?"));
  centre_free(&c);
}

static void what_is_offered_or_held_can_be_assigned_too(void **state) {
  (void)state;
  struct centre c;
  begin(&c);
  centre_ready(&c, "anna");
  centre_queue(&c, "{\"queue\":\"support\"}");
  assert_int_equal(centre_status(&c), SESSION_OFFERED);
  centre_connection(&c, COMMAND_AGENT_JOINED, "bert");
  centre_supervise(&c, COMMAND_ASSIGN, "{\"agentId\":\"bert\"}");
  assert_int_equal(centre_session(&c)->agent, centre_number(&c, "bert"));
  assert_int_equal(centre_count(&c, EVENT_OF_OFFER(WITHDRAWN)), 1);
  centre_supervise(&c, COMMAND_ASSIGN, "{\"agentId\":\"anna\"}");
  assert_int_equal(centre_status(&c), SESSION_ACTIVE);
  assert_int_equal(centre_session(&c)->agent, centre_number(&c, "anna"));
  centre_supervise(&c, COMMAND_ASSIGN, "{\"agentId\":\"anna\"}");
  assert_int_equal(c.step.event_count, 0);
  centre_restart(&c);
  centre_free(&c);
}

static void the_agent_who_is_asked_has_it_at_once(void **state) {
  (void)state;
  struct centre c;
  begin(&c);
  centre_ready(&c, "anna");
  centre_queue(&c, "{\"queue\":\"support\"}");
  centre_supervise(&c, COMMAND_ASSIGN, "{\"agentId\":\"anna\"}");
  assert_int_equal(centre_status(&c), SESSION_ACTIVE);
  assert_int_equal(centre_count(&c, EVENT_OF_OFFER(ACCEPTED)), 1);
  centre_free(&c);
}

/* The offer has run out, and its timer is late: it cannot be accepted any more,
 * and the agent can still be given the session. */
static void an_offer_that_is_over_does_not_stand_in_the_way(void **state) {
  (void)state;
  struct centre c;
  begin(&c);
  centre_ready(&c, "anna");
  centre_queue(&c, "{\"queue\":\"support\"}");
  assert_int_equal(centre_status(&c), SESSION_OFFERED);
  c.now_us += 20 * INT64_C(1000000);
  centre_supervise(&c, COMMAND_ASSIGN, "{\"agentId\":\"anna\"}");
  assert_int_equal(c.step.answer.code, 200);
  assert_int_equal(centre_count(&c, EVENT_OF_OFFER(WITHDRAWN)), 1);
  assert_int_equal(centre_count(&c, EVENT_OF_AGENT(ASSIGNED)), 1);
  assert_int_equal(centre_status(&c), SESSION_ACTIVE);
  centre_wait(&c, 60000); /* the timer finds nothing to do */
  assert_int_equal(centre_status(&c), SESSION_ACTIVE);
  centre_free(&c);
}

static void nobodys_session_is_assigned_and_a_bots_is_not(void **state) {
  (void)state;
  struct centre c;
  begin(&c);
  centre_connection(&c, COMMAND_AGENT_JOINED, "anna");
  centre_open_with_bot(&c, false);
  centre_supervise(&c, COMMAND_ASSIGN, "{\"agentId\":\"anna\"}");
  assert_int_equal(c.step.answer.refusal, REFUSAL_BOT_STILL_HOLDS);
  centre_bot(&c, COMMAND_GOODBYE, NULL);
  centre_bot(&c, COMMAND_BOT_CLOSED, NULL);
  assert_int_equal(centre_status(&c), SESSION_IDLE);
  centre_supervise(&c, COMMAND_ASSIGN, "{\"agentId\":\"anna\"}");
  assert_int_equal(centre_status(&c), SESSION_ACTIVE);
  centre_free(&c);
}

static void
capacity_holds_against_work_that_must_not_be_interrupted(void **state) {
  (void)state;
  struct centre c;
  begin(&c);
  centre_put(&c, COMMAND_PUT_AGENT,
             "{\"id\":\"anna\",\"capacity\":{\"chat\":1,\"voice\":1},"
             "\"notDuring\":{\"chat\":[\"chat\"]}}");
  centre_put(&c, COMMAND_PUT_AGENT,
             "{\"id\":\"anna\",\"capacity\":{\"chat\":2},"
             "\"notDuring\":{\"chat\":[\"chat\"]}}");
  centre_connection(&c, COMMAND_AGENT_JOINED, "anna");
  centre_queue(&c, "{\"queue\":\"support\"}");
  centre_supervise(&c, COMMAND_ASSIGN, "{\"agentId\":\"anna\"}");
  assert_int_equal(c.step.answer.code, 200);
  centre_queue(&c, "{\"queue\":\"support\"}");
  centre_supervise(&c, COMMAND_ASSIGN, "{\"agentId\":\"anna\"}");
  assert_int_equal(c.step.answer.refusal, REFUSAL_CHANNEL_BLOCKED);
  centre_free(&c);
}

/* ---- taking back */

static void a_requeued_session_has_its_place_and_goes_to_another(void **state) {
  (void)state;
  struct centre c;
  begin(&c);
  centre_ready(&c, "anna");
  centre_queue(&c, "{\"queue\":\"support\"}");
  const int64_t since_us = entered_us(&c);
  centre_agent(&c, "anna", COMMAND_ACCEPT_OFFER, NULL);
  centre_wait(&c, 5000);
  centre_ready(&c, "bert");
  centre_supervise(&c, COMMAND_REQUEUE, "{\"reason\":\"wrong person\"}");
  assert_int_equal(c.step.answer.code, 200);
  assert_int_equal(centre_status(&c), SESSION_OFFERED);
  assert_int_equal(centre_session(&c)->agent, centre_number(&c, "bert"));
  assert_true(entered_us(&c) == since_us);
  const struct record *back = centre_event(&c, EVENT_OF_SESSION(REQUEUED));
  assert_int_equal(record_num(back, FIELD_ROLE), ROLE_SUPERVISOR);
  assert_true(
      text_equal(record_text(back, FIELD_REASON), TEXT("wrong person")));
  centre_supervise(&c, COMMAND_REQUEUE, NULL);
  assert_int_equal(c.step.answer.refusal, REFUSAL_NOT_WITH_AGENT);
  centre_free(&c);
}

static void a_withdrawn_offer_goes_to_another(void **state) {
  (void)state;
  struct centre c;
  begin(&c);
  centre_ready(&c, "anna");
  centre_queue(&c, "{\"queue\":\"support\"}");
  centre_ready(&c, "bert");
  centre_supervise(&c, COMMAND_WITHDRAW_OFFER, "{\"reason\":\"not her\"}");
  assert_int_equal(c.step.answer.code, 200);
  assert_int_equal(centre_session(&c)->agent, centre_number(&c, "bert"));
  const struct record *over = centre_event(&c, EVENT_OF_OFFER(WITHDRAWN));
  assert_int_equal(record_num(over, FIELD_OFFER_REASON),
                   OFFER_REASON_SUPERVISOR);
  centre_agent(&c, "bert", COMMAND_ACCEPT_OFFER, NULL);
  centre_supervise(&c, COMMAND_WITHDRAW_OFFER, NULL);
  assert_int_equal(c.step.answer.refusal, REFUSAL_OFFER_GONE);
  centre_free(&c);
}

/* ---- agents */

static void force(struct centre *c, const char *agent, enum role role) {
  struct command cmd = centre_command(
      c, COMMAND_AGENT_STATE, role,
      role == ROLE_AGENT ? centre_number(c, agent) : SESSION_NOBODY);
  record_set_num(&cmd.args, FIELD_AGENT, centre_number(c, agent));
  record_set_text(&cmd.args, FIELD_STATE, TEXT("offline"));
  record_set_text(&cmd.args, FIELD_REASON, TEXT("went home"));
  record_set_num(&cmd.args, FIELD_FORCE, 1);
  centre_run(c, &cmd);
}

static void an_agent_is_forced_offline_and_nothing_is_lost(void **state) {
  (void)state;
  struct centre c;
  begin(&c);
  centre_ready(&c, "anna");
  centre_queue(&c, "{\"queue\":\"support\"}");
  centre_agent(&c, "anna", COMMAND_ACCEPT_OFFER, NULL);
  const int64_t since_us = entered_us(&c);
  force(&c, "anna", ROLE_AGENT);
  assert_int_equal(c.step.answer.refusal, REFUSAL_FORBIDDEN);
  force(&c, "anna", ROLE_SUPERVISOR);
  assert_int_equal(c.step.answer.code, 200);
  assert_int_equal(centre_status(&c), SESSION_QUEUED);
  assert_true(entered_us(&c) == since_us);
  const struct record *out = centre_event(&c, EVENT_OF_AGENT(LOGGED_OUT));
  assert_int_equal(record_num(out, FIELD_ROLE), ROLE_SUPERVISOR);
  assert_true(text_equal(record_text(out, FIELD_REASON), TEXT("went home")));
  force(&c, "anna", ROLE_SUPERVISOR); /* it is so already */
  assert_int_equal(c.step.answer.code, 200);
  assert_int_equal(c.step.event_count, 0);
  centre_free(&c);
}

static void a_lost_agent_is_not_waited_for_any_longer(void **state) {
  (void)state;
  struct centre c;
  begin(&c);
  centre_ready(&c, "anna");
  centre_queue(&c, "{\"queue\":\"support\"}");
  centre_agent(&c, "anna", COMMAND_ACCEPT_OFFER, NULL);
  centre_connection(&c, COMMAND_AGENT_DROPPED, "anna");
  centre_ready(&c, "bert");
  force(&c, "anna", ROLE_SUPERVISOR);
  assert_int_equal(centre_count(&c, EVENT_OF_AGENT(GIVEN_UP)), 1);
  assert_int_equal(centre_session(&c)->agent, centre_number(&c, "bert"));
  centre_restart(&c);
  centre_free(&c);
}

/* ---- queues */

static void a_pause_ends_by_itself_over_a_restart(void **state) {
  (void)state;
  struct centre c;
  begin(&c);
  centre_queue(&c, "{\"queue\":\"support\"}");
  supervise_queue(&c, COMMAND_PAUSE_QUEUE, "support", c.now_us + 30000000);
  assert_int_equal(c.step.answer.code, 200);
  centre_ready(&c, "anna");
  assert_int_equal(centre_status(&c), SESSION_QUEUED);
  centre_restart(&c);
  centre_wait(&c, 29999);
  assert_int_equal(centre_status(&c), SESSION_QUEUED);
  centre_wait(&c, 1);
  assert_int_equal(centre_count(&c, EVENT_QUEUE_OPENED), 1);
  assert_int_equal(centre_status(&c), SESSION_OFFERED);
  centre_free(&c);
}

static void a_paused_queue_says_why_and_until_when(void **state) {
  (void)state;
  struct centre c;
  begin(&c);
  supervise_queue(&c, COMMAND_PAUSE_QUEUE, "second", c.now_us + 30000000);
  centre_queue(&c, "{\"queue\":\"support\"}");
  centre_transfer(&c, "{\"queue\":\"second\"}");
  assert_int_equal(c.step.answer.refusal, REFUSAL_QUEUE_PAUSED);
  assert_true(centre_says(&c, "Queue 'second' is paused: fire drill; it opens "
                              "2023-11-14T22:13:50+00:00."));
  assert_true(c.step.answer.retry_after_ms == 30000);
  supervise_queue(&c, COMMAND_PAUSE_QUEUE, "second", c.now_us - 1);
  assert_int_equal(c.step.answer.code, 422);
  supervise_queue(&c, COMMAND_PAUSE_QUEUE, "second", 0); /* now by hand */
  assert_int_equal(centre_count(&c, EVENT_QUEUE_PAUSED), 1);
  supervise_queue(&c, COMMAND_PAUSE_QUEUE, "second", 0);
  assert_int_equal(c.step.event_count, 0);
  centre_wait(&c, 60000);
  supervise_queue(&c, COMMAND_OPEN_QUEUE, "second", 0);
  assert_int_equal(centre_count(&c, EVENT_QUEUE_OPENED), 1);
  centre_free(&c);
}

static void a_drained_queue_serves_who_waits_and_takes_nobody(void **state) {
  (void)state;
  struct centre c;
  begin(&c);
  centre_queue(&c, "{\"queue\":\"support\"}");
  supervise_queue(&c, COMMAND_DRAIN_QUEUE, "support", 0);
  assert_int_equal(centre_count(&c, EVENT_QUEUE_DRAINING), 1);
  centre_restart(&c);
  const struct id first = c.session;
  centre_open_with_bot(&c, true);
  centre_bot(&c, COMMAND_BOT_CLOSED, NULL);
  centre_transfer(&c, "{\"queue\":\"support\"}");
  assert_int_equal(c.step.answer.refusal, REFUSAL_QUEUE_DRAINING);
  assert_true(centre_says(&c, "Queue 'support' is being drained: fire drill."));
  c.session = first;
  centre_transfer(&c, "{\"queue\":\"support\",\"priority\":9}"); /* is there */
  assert_int_equal(c.step.answer.code, 200);
  centre_ready(&c, "anna");
  assert_int_equal(centre_status(&c), SESSION_OFFERED);
  centre_free(&c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_moved_session_keeps_its_clock_unless_told),
      cmocka_unit_test(only_who_waits_is_moved),
      cmocka_unit_test(a_refused_move_is_told_as_a_move),
      cmocka_unit_test(an_assigned_session_claims_its_place),
      cmocka_unit_test(what_is_offered_or_held_can_be_assigned_too),
      cmocka_unit_test(the_agent_who_is_asked_has_it_at_once),
      cmocka_unit_test(an_offer_that_is_over_does_not_stand_in_the_way),
      cmocka_unit_test(nobodys_session_is_assigned_and_a_bots_is_not),
      cmocka_unit_test(
          capacity_holds_against_work_that_must_not_be_interrupted),
      cmocka_unit_test(a_requeued_session_has_its_place_and_goes_to_another),
      cmocka_unit_test(a_withdrawn_offer_goes_to_another),
      cmocka_unit_test(an_agent_is_forced_offline_and_nothing_is_lost),
      cmocka_unit_test(a_lost_agent_is_not_waited_for_any_longer),
      cmocka_unit_test(a_pause_ends_by_itself_over_a_restart),
      cmocka_unit_test(a_paused_queue_says_why_and_until_when),
      cmocka_unit_test(a_drained_queue_serves_who_waits_and_takes_nobody),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
