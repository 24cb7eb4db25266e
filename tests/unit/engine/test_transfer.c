/* Transfers: the order of the checks, every status, every option. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "centre.h"

static void expect_refusal(const struct centre *c, enum refusal why) {
  if (c->step.answer.refusal != why) {
    print_error("%.*s\n", TEXT_ARG(c->step.answer.body));
  }
  assert_int_equal(c->step.answer.refusal, why);
}

static void expect_code(const struct centre *c, int code) {
  if (c->step.answer.code != code) {
    print_error("%.*s\n", TEXT_ARG(c->step.answer.body));
  }
  assert_int_equal(c->step.answer.code, code);
}

/* ---- where a session stands, by the way it gets there */

static void get_idle(struct centre *c) {
  centre_open_with_bot(c, true);
  centre_bot(c, COMMAND_BOT_CLOSED, NULL);
}

static void get_queued(struct centre *c) {
  get_idle(c);
  centre_transfer(c, "{\"queue\":\"support\"}");
}

static void get_offered(struct centre *c) {
  centre_ready(c, "anna");
  get_queued(c);
}

static void get_active(struct centre *c) {
  get_offered(c);
  centre_agent(c, "anna", COMMAND_ACCEPT_OFFER, NULL);
}

static void get_wrapup(struct centre *c) {
  get_active(c);
  centre_do(c, COMMAND_LEAVE, ROLE_CUSTOMER, SESSION_NOBODY, NULL);
}

static void get_connected(struct centre *c) {
  centre_open_with_bot(c, false);
}

static void get_releasing(struct centre *c) {
  centre_open_with_bot(c, true);
}

static void begin(struct centre *c, void (*get_there)(struct centre *c)) {
  centre_init(c, NULL);
  get_there(c);
}

static const struct standing {
  enum session_status status;
  void (*get_there)(struct centre *c);
  enum refusal now, released; /* what an admin's script would hear: NONE: 200 */
} standings[] = {
    {SESSION_PENDING, centre_open, REFUSAL_BOT_NOT_ATTACHED,
     REFUSAL_BOT_NOT_ATTACHED},
    {SESSION_CONNECTED, get_connected, REFUSAL_BOT_STILL_HOLDS, REFUSAL_NONE},
    {SESSION_RELEASING, get_releasing, REFUSAL_RELEASE_IN_PROGRESS,
     REFUSAL_NONE},
    {SESSION_IDLE, get_idle, REFUSAL_NONE, REFUSAL_NONE},
    {SESSION_QUEUED, get_queued, REFUSAL_NONE, REFUSAL_NONE},
    {SESSION_OFFERED, get_offered, REFUSAL_OFFER_PENDING,
     REFUSAL_OFFER_PENDING},
    {SESSION_ACTIVE, get_active, REFUSAL_WITH_AGENT, REFUSAL_WITH_AGENT},
    {SESSION_WRAPUP, get_wrapup, REFUSAL_SESSION_ENDED, REFUSAL_SESSION_ENDED},
};
enum { STANDINGS = sizeof standings / sizeof standings[0] };

/* Of somebody who may transfer, and may not take from an agent. */
static void transfer_as_script(struct centre *c, const char *json) {
  centre_do(c, COMMAND_TRANSFER, ROLE_SCRIPT, SESSION_NOBODY, json);
}

/* The story once for each place that a session can be in. */
static void in_each(void (*story)(struct centre *c, const struct standing *s)) {
  for (size_t i = 0; i < STANDINGS; i++) {
    struct centre c;
    begin(&c, standings[i].get_there);
    assert_int_equal(centre_status(&c), standings[i].status);
    story(&c, &standings[i]);
    centre_free(&c);
  }
}

static bool has_bot(const struct standing *s) {
  return s->status == SESSION_CONNECTED || s->status == SESSION_RELEASING;
}

static void transfer_now(struct centre *c, const struct standing *s) {
  const struct session before = *centre_session(c);
  transfer_as_script(c, "{\"skill\":\"AgentSkill\"}");
  expect_refusal(c, s->now);
  if (s->now != REFUSAL_NONE) {
    assert_int_equal(centre_count(c, EVENT_TRANSFER_REFUSED), 1);
    assert_int_equal(c->step.event_count, 1);
    assert_int_equal(centre_session(c)->epoch, before.epoch);
  }
}

static void test_each_status_has_its_answer(void **state) {
  (void)state;
  in_each(transfer_now);
}

static void transfer_when_released(struct centre *c, const struct standing *s) {
  transfer_as_script(c, "{\"skill\":\"AgentSkill\",\"when\":\"released\"}");
  expect_refusal(c, s->released);
  assert_int_equal(centre_count(c, EVENT_OF_SESSION(TRANSFER_WAITS)),
                   has_bot(s));
}

static void test_when_released_waits_only_for_a_bot(void **state) {
  (void)state;
  in_each(transfer_when_released);
}

static void transfer_and_release(struct centre *c, const struct standing *s) {
  centre_transfer(c, "{\"queue\":\"support\",\"release\":true}");
  if (s->status == SESSION_WRAPUP) {
    expect_refusal(c, REFUSAL_SESSION_ENDED);
  } else {
    expect_code(c, has_bot(s) ? 202 : 200);
  }
  if (has_bot(s)) {
    assert_int_equal(c->step.effects[0].type, EFFECT_CLOSE_BOT);
    centre_bot(c, COMMAND_BOT_CLOSED, NULL);
    assert_int_equal(centre_count(c, EVENT_OF_SESSION(QUEUED)), 1);
  }
}

static void test_release_true_works_in_every_status(void **state) {
  (void)state;
  in_each(transfer_and_release);
}

/* ---- the order of the checks */

static void test_the_first_that_fails_is_the_answer(void **state) {
  (void)state;
  struct centre c;
  begin(&c, get_releasing);
  struct command cmd =
      centre_command(&c, COMMAND_TRANSFER, ROLE_CUSTOMER, SESSION_NOBODY);
  cmd.by.session = (struct id){1, 2};
  record_set_id(&cmd.args, FIELD_SESSION, (struct id){1, 2});
  record_set_num(&cmd.args, FIELD_IF_MATCH, 77);
  centre_run(&c, &cmd);
  expect_refusal(&c, REFUSAL_INVALID_MEMBER); /* no target at all */
  record_set_text(&cmd.args, FIELD_SKILL, TEXT("AgentSkil"));
  centre_run(&c, &cmd);
  expect_refusal(&c, REFUSAL_FORBIDDEN);
  cmd.by.role = ROLE_SUPERVISOR;
  centre_run(&c, &cmd);
  expect_refusal(&c, REFUSAL_UNKNOWN_SESSION);
  record_set_id(&cmd.args, FIELD_SESSION, c.session);
  centre_run(&c, &cmd);
  expect_refusal(&c, REFUSAL_UNKNOWN_TARGET);
  assert_true(centre_says(&c, "Did you mean 'AgentSkill'?"));
  record_set_text(&cmd.args, FIELD_SKILL, TEXT("AgentSkill"));
  centre_run(&c, &cmd);
  expect_refusal(&c, REFUSAL_VERSION_MISMATCH);
  record_set_num(&cmd.args, FIELD_IF_MATCH, centre_session(&c)->version);
  centre_run(&c, &cmd);
  expect_refusal(&c, REFUSAL_RELEASE_IN_PROGRESS);
  centre_free(&c);
}

static void test_an_old_version_does_not_make_a_newer_one(void **state) {
  (void)state;
  struct centre c;
  begin(&c, get_idle);
  const uint32_t version = centre_session(&c)->version;
  struct command cmd =
      centre_command(&c, COMMAND_TRANSFER, ROLE_ADMIN, SESSION_NOBODY);
  record_set_id(&cmd.args, FIELD_SESSION, c.session);
  record_set_text(&cmd.args, FIELD_QUEUE_ID, TEXT("support"));
  record_set_num(&cmd.args, FIELD_IF_MATCH, version - 1);
  centre_run(&c, &cmd);
  expect_code(&c, 412);
  record_set_num(&cmd.args, FIELD_IF_MATCH, version);
  centre_run(&c, &cmd);
  expect_code(&c, 200);
  centre_free(&c);
}

/* ---- waiting transfers */

static void test_a_transfer_that_waits_in_vain_is_withdrawn(void **state) {
  (void)state;
  struct centre c;
  begin(&c, get_connected);
  centre_transfer(&c, "{\"skill\":\"AgentSkill\",\"when\":\"released\","
                      "\"timeout\":3}");
  expect_code(&c, 202);
  centre_wait(&c, 2999);
  assert_int_equal(centre_session(&c)->waits, SESSION_WAIT_QUEUE);
  centre_wait(&c, 1);
  assert_int_equal(centre_session(&c)->waits, SESSION_WAIT_NONE);
  assert_int_equal(centre_status(&c), SESSION_CONNECTED);
  centre_do(&c, COMMAND_KEEP_ANSWER, ROLE_SYSTEM, SESSION_NOBODY, NULL);
  expect_refusal(&c, REFUSAL_RELEASE_TIMEOUT);
  assert_true(centre_says(&c, "did not release the session within 3000 ms"));
  centre_free(&c);
}

static void test_only_one_transfer_waits(void **state) {
  (void)state;
  struct centre c;
  begin(&c, get_connected);
  centre_transfer(&c, "{\"skill\":\"AgentSkill\",\"when\":\"released\"}");
  const struct id first = c.step.answer.transfer;
  centre_transfer(&c, "{\"queue\":\"support\",\"when\":\"released\"}");
  expect_refusal(&c, REFUSAL_TRANSFER_PENDING);
  char id[ID_TEXT_LEN + 1] = {0};
  id_to_text(first, id);
  assert_true(centre_says(&c, id));
  struct command cmd =
      centre_command(&c, COMMAND_CANCEL_TRANSFER, ROLE_ADMIN, SESSION_NOBODY);
  record_set_id(&cmd.args, FIELD_SESSION, c.session);
  record_set_id(&cmd.args, FIELD_TRANSFER_ID, first);
  centre_run(&c, &cmd);
  expect_code(&c, 200);
  centre_run(&c, &cmd);
  expect_refusal(&c, REFUSAL_TRANSFER_GONE);
  centre_free(&c);
}

static void test_what_was_asked_comes_with_it_into_the_queue(void **state) {
  (void)state;
  struct centre c;
  begin(&c, get_connected);
  centre_transfer(&c, "{\"queue\":\"support\",\"when\":\"released\","
                      "\"priority\":7,\"skipQueue\":true,"
                      "\"reason\":\"Bot handover\",\"note\":\"be kind\"}");
  centre_bot(&c, COMMAND_BOT_CLOSED, NULL);
  const struct record *ev = centre_event(&c, EVENT_OF_SESSION(QUEUED));
  assert_non_null(ev);
  assert_int_equal(record_num(ev, FIELD_PRIORITY), 7);
  assert_int_equal(record_num(ev, FIELD_SKIP_QUEUE), 1);
  assert_true(text_equal(record_text(ev, FIELD_REASON), TEXT("Bot handover")));
  assert_true(text_equal(record_text(ev, FIELD_NOTE), TEXT("be kind")));
  assert_int_equal(record_num(ev, FIELD_ROLE), ROLE_SUPERVISOR);
  centre_free(&c);
}

static void test_without_a_priority_it_is_the_queues(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  centre_put(&c, COMMAND_PUT_QUEUE, "{\"id\":\"vip\",\"priority\":40}");
  get_idle(&c);
  centre_transfer(&c, "{\"queue\":\"vip\"}");
  assert_int_equal(
      record_num(centre_event(&c, EVENT_OF_SESSION(QUEUED)), FIELD_PRIORITY),
      40);
  centre_transfer(&c, "{\"queue\":\"vip\",\"priority\":0}");
  assert_int_equal(
      record_num(centre_event(&c, EVENT_OF_SESSION(QUEUED)), FIELD_PRIORITY),
      0);
  centre_free(&c);
}

static void test_asking_again_for_the_same_queue_keeps_the_place(void **state) {
  (void)state;
  struct centre c;
  begin(&c, get_queued);
  const struct record *ev = centre_event(&c, EVENT_OF_SESSION(QUEUED));
  const int64_t entered_us = record_num(ev, FIELD_ENTERED);
  const int64_t order = record_num(ev, FIELD_ORDER);
  centre_wait(&c, 5000);
  centre_transfer(&c, "{\"queue\":\"support\",\"priority\":9}");
  ev = centre_event(&c, EVENT_OF_SESSION(QUEUED));
  assert_int_equal(record_num(ev, FIELD_ENTERED), entered_us);
  assert_int_equal(record_num(ev, FIELD_ORDER), order);
  assert_int_equal(record_num(ev, FIELD_PRIORITY), 9);
  centre_transfer(&c, "{\"skill\":\"AgentSkill\"}");
  ev = centre_event(&c, EVENT_OF_SESSION(QUEUED));
  assert_int_equal(record_num(ev, FIELD_ENTERED), c.now_us);
  centre_free(&c);
}

/* ---- queue and agents */

static void test_a_paused_queue_takes_nobody(void **state) {
  (void)state;
  struct centre c;
  begin(&c, get_idle);
  struct command cmd =
      centre_command(&c, COMMAND_PAUSE_QUEUE, ROLE_SUPERVISOR, SESSION_NOBODY);
  record_set_num(&cmd.args, FIELD_QUEUE,
                 directory_queue(engine_directory(c.e), TEXT("support")));
  record_set_text(&cmd.args, FIELD_REASON, TEXT("fire drill"));
  centre_run(&c, &cmd);
  centre_transfer(&c, "{\"queue\":\"support\",\"skipQueue\":true}");
  expect_refusal(&c, REFUSAL_QUEUE_PAUSED);
  assert_true(centre_says(&c, "fire drill"));
  assert_int_equal(centre_status(&c), SESSION_IDLE);
  /* How long the pause lasts nobody knows: to ask each second is of no use. */
  assert_int_equal(c.step.answer.retry_after_ms, 0);
  assert_true(centre_says(&c, "\"opensAt\":null"));
  centre_free(&c);
}

static void test_a_full_queue_takes_only_who_skips(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  centre_put(&c, COMMAND_PUT_QUEUE,
             "{\"id\":\"small\",\"maxSize\":1,\"overflow\":\"support\"}");
  get_idle(&c);
  centre_transfer(&c, "{\"queue\":\"small\"}");
  expect_code(&c, 200);
  centre_transfer(&c, "{\"queue\":\"small\",\"priority\":3}");
  expect_code(&c, 200); /* it is in it already */
  get_idle(&c);
  centre_transfer(&c, "{\"queue\":\"small\"}");
  expect_refusal(&c, REFUSAL_QUEUE_FULL);
  assert_true(centre_says(&c, "its overflow is support"));
  centre_transfer(&c, "{\"queue\":\"small\",\"skipQueue\":true}");
  expect_code(&c, 200);
  centre_free(&c);
}

static void test_require_agent(void **state) {
  (void)state;
  struct centre c;
  begin(&c, get_idle);
  static const char logged_in[] =
      "{\"skill\":\"AgentSkill\",\"requireAgent\":\"loggedIn\"}";
  static const char available[] =
      "{\"skill\":\"AgentSkill\",\"requireAgent\":\"available\"}";
  centre_transfer(&c, logged_in);
  expect_refusal(&c, REFUSAL_NO_AGENT_LOGGED_IN);
  centre_connection(&c, COMMAND_AGENT_JOINED, "anna");
  centre_transfer(&c, available);
  expect_refusal(&c, REFUSAL_NO_AGENT_AVAILABLE);
  centre_ready(&c, "anna");
  centre_transfer(&c, available);
  expect_code(&c, 200);
  assert_int_equal(centre_status(&c), SESSION_OFFERED);
  centre_free(&c);
}

static void test_a_skill_that_nobody_has_is_always_refused(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  centre_put(&c, COMMAND_PUT_SKILL, "{\"name\":\"klingon\"}");
  get_idle(&c);
  centre_transfer(&c, "{\"skill\":\"klingon\"}");
  expect_refusal(&c, REFUSAL_NO_AGENT_HAS_SKILL);
  centre_transfer(&c, "{\"queue\":\"support\",\"skills\":[{\"name\":"
                      "\"klingon\"}]}");
  expect_refusal(&c, REFUSAL_NO_AGENT_HAS_SKILL);
  centre_free(&c);
}

/* ---- to one agent, and back to a bot */

static void test_a_transfer_to_one_agent_is_offered_to_nobody_else(void **st) {
  (void)st;
  struct centre c;
  centre_init(&c, NULL);
  centre_ready(&c, "anna");
  get_idle(&c);
  centre_transfer(&c, "{\"agentId\":\"bert\"}");
  expect_code(&c, 200);
  assert_int_equal(centre_status(&c), SESSION_QUEUED);
  centre_ready(&c, "bert");
  assert_int_equal(centre_status(&c), SESSION_OFFERED);
  centre_free(&c);
}

/* A bot message that comes late, under the number of an earlier hold. */
static void late_bot(struct centre *c, enum command_type type, uint32_t epoch) {
  struct command cmd = centre_command(c, type, ROLE_BOT, 0);
  record_set_id(&cmd.args, FIELD_SESSION, c->session);
  record_set_num(&cmd.args, FIELD_EPOCH, epoch);
  record_set_text(&cmd.args, FIELD_TEXT, TEXT("Are you still there?"));
  record_set_text(&cmd.args, FIELD_QUEUE_ID, TEXT("support"));
  record_set_text(&cmd.args, FIELD_ATTRIBUTES, TEXT("{\"late\":true}"));
  centre_run(c, &cmd);
}

static void test_a_bot_that_wakes_up_late_can_do_nothing(void **state) {
  (void)state;
  static const enum command_type types[] = {
      COMMAND_SAY,     COMMAND_GOODBYE,        COMMAND_TRANSFER,
      COMMAND_RELEASE, COMMAND_SET_ATTRIBUTES, COMMAND_CANCEL_TRANSFER};
  struct centre c;
  begin(&c, get_connected);
  const uint32_t epoch = centre_session(&c)->epoch;
  centre_do(&c, COMMAND_HANGUP, ROLE_ADMIN, SESSION_NOBODY, NULL);
  centre_transfer(&c, "{\"bot\":\"cognigy\"}");
  expect_code(&c, 200);
  for (int again = 0; again < 2; again++) { /* invited again; holding again */
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
      const struct session before = *centre_session(&c);
      late_bot(&c, types[i], epoch);
      expect_refusal(&c, REFUSAL_STALE_HOLDER);
      assert_int_equal(centre_session(&c)->epoch, before.epoch);
      assert_int_equal(centre_status(&c), before.status);
    }
    late_bot(&c, COMMAND_BOT_CLOSED, epoch);
    expect_refusal(&c, REFUSAL_STALE_HOLDER);
    centre_bot(&c, COMMAND_ACCEPT_INVITE, NULL);
    expect_code(&c, 200);
  }
  assert_int_equal(centre_status(&c), SESSION_CONNECTED);
  centre_free(&c);
}

static void
test_an_invited_bot_cannot_transfer_under_a_guessed_hold(void **st) {
  (void)st;
  struct centre c;
  centre_init(&c, NULL);
  centre_open(&c);
  struct command cmd = centre_command(&c, COMMAND_TRANSFER, ROLE_BOT, 0);
  record_set_id(&cmd.args, FIELD_SESSION, c.session);
  record_set_text(&cmd.args, FIELD_QUEUE_ID, TEXT("support"));
  record_set_num(&cmd.args, FIELD_RELEASE, 1);
  centre_run(&c, &cmd);
  expect_refusal(&c, REFUSAL_STALE_HOLDER);
  record_set_num(&cmd.args, FIELD_EPOCH, centre_session(&c)->epoch);
  record_set_num(&cmd.args, FIELD_RELEASE, 0);
  centre_run(&c, &cmd);
  expect_refusal(&c, REFUSAL_BOT_NOT_ATTACHED);
  centre_free(&c);
}

static void test_a_bot_may_transfer_what_it_holds(void **state) {
  (void)state;
  struct centre c;
  begin(&c, get_connected);
  centre_bot(&c, COMMAND_TRANSFER,
             "{\"skill\":\"AgentSkill\",\"when\":\"released\"}");
  expect_code(&c, 202);
  centre_bot(&c, COMMAND_BOT_CLOSED, NULL);
  assert_int_equal(centre_status(&c), SESSION_QUEUED);
  centre_free(&c);
}

/* ---- from an agent */

static void test_the_agent_who_holds_may_transfer(void **state) {
  (void)state;
  struct centre c;
  begin(&c, get_active);
  centre_ready(&c, "bert");
  centre_wait(&c, 1000);
  centre_agent(&c, "anna", COMMAND_TRANSFER, "{\"skill\":\"AgentSkill\"}");
  expect_code(&c, 200);
  /* It goes to who has been free for longer, not back to where it came from. */
  assert_int_equal(centre_status(&c), SESSION_OFFERED);
  assert_int_equal(centre_session(&c)->agent,
                   directory_agent(engine_directory(c.e), TEXT("bert")));
  centre_free(&c);
}

static void test_an_owner_of_the_queue_may_take_an_offer_back(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  centre_put(&c, COMMAND_PUT_QUEUE, "{\"id\":\"owned\",\"owners\":[\"bert\"]}");
  centre_ready(&c, "anna");
  get_idle(&c);
  centre_transfer(&c, "{\"queue\":\"owned\"}");
  assert_int_equal(centre_status(&c), SESSION_OFFERED);
  centre_agent(&c, "anna", COMMAND_TRANSFER, "{\"queue\":\"support\"}");
  expect_refusal(&c, REFUSAL_OFFER_PENDING);
  centre_agent(&c, "bert", COMMAND_TRANSFER, "{\"agentId\":\"bert\"}");
  expect_code(&c, 200);
  assert_int_equal(centre_count(&c, EVENT_OF_OFFER(WITHDRAWN)), 1);
  centre_free(&c);
}

static void test_an_action_that_is_no_transfer_is_named(void **state) {
  (void)state;
  struct centre c;
  begin(&c, get_idle);
  centre_transfer(&c, "{\"action\":\"Consult\",\"queueId\":\"support\"}");
  expect_refusal(&c, REFUSAL_INVALID_MEMBER);
  assert_true(centre_says(&c, "/action"));
  centre_transfer(&c, "{\"queueId\":\"support\",\"bot\":\"cognigy\"}");
  expect_refusal(&c, REFUSAL_INVALID_MEMBER);
  assert_true(centre_says(&c, "2 are given"));
  centre_transfer(&c, "{\"action\":\"Transfer\",\"queueId\":\"support\"}");
  expect_code(&c, 200);
  centre_free(&c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_each_status_has_its_answer),
      cmocka_unit_test(test_when_released_waits_only_for_a_bot),
      cmocka_unit_test(test_release_true_works_in_every_status),
      cmocka_unit_test(test_the_first_that_fails_is_the_answer),
      cmocka_unit_test(test_an_old_version_does_not_make_a_newer_one),
      cmocka_unit_test(test_a_transfer_that_waits_in_vain_is_withdrawn),
      cmocka_unit_test(test_only_one_transfer_waits),
      cmocka_unit_test(test_what_was_asked_comes_with_it_into_the_queue),
      cmocka_unit_test(test_without_a_priority_it_is_the_queues),
      cmocka_unit_test(test_asking_again_for_the_same_queue_keeps_the_place),
      cmocka_unit_test(test_a_paused_queue_takes_nobody),
      cmocka_unit_test(test_a_full_queue_takes_only_who_skips),
      cmocka_unit_test(test_require_agent),
      cmocka_unit_test(test_a_skill_that_nobody_has_is_always_refused),
      cmocka_unit_test(test_a_transfer_to_one_agent_is_offered_to_nobody_else),
      cmocka_unit_test(test_a_bot_that_wakes_up_late_can_do_nothing),
      cmocka_unit_test(
          test_an_invited_bot_cannot_transfer_under_a_guessed_hold),
      cmocka_unit_test(test_a_bot_may_transfer_what_it_holds),
      cmocka_unit_test(test_the_agent_who_holds_may_transfer),
      cmocka_unit_test(test_an_owner_of_the_queue_may_take_an_offer_back),
      cmocka_unit_test(test_an_action_that_is_no_transfer_is_named),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
