/* The ticket, and the ways out of it, told to the engine by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "centre.h"

#define FORUM                                                                  \
  "// Get current session\n"                                                   \
  "ASSIGN session = GetSessionInfo()\n"                                        \
  "\n"                                                                         \
  "// Attempt transfer\n"                                                      \
  "%s"                                                                         \
  "ASSIGN result = Transfer(session.id, \"AgentSkill\", \"%s\")\n"             \
  "\n"                                                                         \
  "IF result.code == 200\n"                                                    \
  " // Success path\n"                                                         \
  "ELSE\n"                                                                     \
  " // Fails here\n"                                                           \
  " LogError(\"Transfer failed: \" + result.message)\n"                        \
  "END IF\n"

static void start(struct centre *c, const char *before, const char *options) {
  char script[1024];
  (void)snprintf(script, sizeof script, FORUM, before, options);
  centre_init(c, script);
  centre_agent(c, "anna", COMMAND_AGENT_JOINED, NULL);
  centre_agent(c, "anna", COMMAND_AGENT_STATE, "{\"state\":\"available\"}");
  centre_open_with_bot(c, true);
}

static void test_the_forum_script_is_refused_in_the_release(void **state) {
  (void)state;
  struct centre c;
  start(&c, "", "priority:1");
  const struct record *refused = centre_event(&c, EVENT_TRANSFER_REFUSED);
  assert_non_null(refused);
  assert_int_equal(record_num(refused, FIELD_REFUSAL),
                   REFUSAL_RELEASE_IN_PROGRESS);
  assert_int_equal(record_num(refused, FIELD_LINE), 5);
  const struct record *log = centre_event(&c, EVENT_LOGGED);
  assert_non_null(log);
  assert_true(text_equal(
      record_text(log, FIELD_TEXT),
      TEXT("Transfer failed: Resource conflict. Session is not in a valid "
           "state for transfer.")));
  assert_int_equal(centre_status(&c), SESSION_RELEASING);
  centre_free(&c);
}

static void accept_and_check(struct centre *c) {
  assert_int_equal(centre_status(c), SESSION_OFFERED);
  centre_agent(c, "anna", COMMAND_ACCEPT_OFFER, NULL);
  assert_int_equal(c->step.answer.code, 200);
  assert_int_equal(centre_status(c), SESSION_ACTIVE);
  centre_agent(c, "anna", COMMAND_SAY, "{\"text\":\"Hello, I am Anna.\"}");
  assert_int_equal(c->step.answer.code, 201);
  centre_do(c, COMMAND_SAY, ROLE_CUSTOMER, 0, "{\"text\":\"At last!\"}");
  assert_int_equal(c->step.answer.code, 201);
}

static void test_when_released_goes_in_the_step_of_the_close(void **state) {
  (void)state;
  struct centre c;
  start(&c, "", "priority:1,when:released");
  assert_int_equal(centre_status(&c), SESSION_RELEASING);
  centre_wait(&c, 1000);
  centre_bot(&c, COMMAND_BOT_CLOSED, NULL);
  assert_int_equal(centre_count(&c, EVENT_OF_SESSION(BOT_RELEASED)), 1);
  assert_int_equal(centre_count(&c, EVENT_OF_SESSION(QUEUED)), 1);
  assert_int_equal(centre_count(&c, EVENT_OF_SESSION(OFFERED)), 1);
  assert_int_equal(centre_count(&c, EVENT_SCRIPT_ENDED), 1);
  assert_int_equal(centre_count(&c, EVENT_LOGGED), 0);
  accept_and_check(&c);
  centre_free(&c);
}

static void test_wait_two_seconds(void **state) {
  (void)state;
  struct centre c;
  start(&c, "Wait(2)\n", "priority:1");
  centre_wait(&c, 1000);
  centre_bot(&c, COMMAND_BOT_CLOSED, NULL);
  assert_int_equal(centre_status(&c), SESSION_IDLE);
  centre_wait(&c, 1000);
  accept_and_check(&c);
  centre_free(&c);
}

static void test_end_conversation_first(void **state) {
  (void)state;
  struct centre c;
  start(&c, "EndConversation()\n", "priority:1");
  assert_int_equal(c.step.effect_count, 1);
  assert_int_equal(c.step.effects[0].type, EFFECT_CLOSE_BOT);
  centre_bot(&c, COMMAND_BOT_CLOSED, NULL);
  accept_and_check(&c);
  centre_free(&c);
}

static void test_hangup_first(void **state) {
  (void)state;
  struct centre c;
  start(&c, "Hangup()\n", "priority:1");
  assert_int_equal(c.step.effect_count, 1);
  accept_and_check(&c);
  centre_free(&c);
}

/* The script that follows the bot must not get between the end of the
 * invitation and the transfer that ended it. */
static void test_a_transfer_that_ends_the_invitation_goes_first(void **state) {
  (void)state;
  struct centre c;
  char script[1024];
  (void)snprintf(script, sizeof script, FORUM, "", "priority:1");
  centre_init(&c, script);
  centre_open(&c);
  centre_do(&c, COMMAND_TRANSFER, ROLE_SUPERVISOR, 0,
            "{\"queueId\":\"support\",\"release\":true}");
  assert_int_equal(c.step.answer.code, 200);
  assert_int_equal(centre_status(&c), SESSION_QUEUED);
  assert_int_equal(centre_count(&c, EVENT_SCRIPT_STARTED), 0);
  centre_free(&c);
}

static void test_the_problem_document_is_whole(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  centre_open_with_bot(&c, true);
  c.now_us += 67000;
  centre_do(&c, COMMAND_TRANSFER, ROLE_ADMIN, 0,
            "{\"skill\":\"AgentSkill\",\"priority\":1}");
  assert_int_equal(c.step.answer.code, 409);
  static const char *const members[] = {
      "\"code\":409",
      "\"status\":\"Conflict\"",
      "\"message\":\"Resource conflict. Session is not in a valid state for tr",
      "/problems/bot-still-holds\"",
      "\"title\":\"The bot still holds",
      "Bot 'cognigy' said goodbye 67 ms ago and its connection is not closed",
      "\"instance\":\"/api/v1/sessions/",
      "\"refusal\":\"release_in_progress\"",
      "\"status\":\"releasing\"",
      "\"kind\":\"bot\",\"id\":\"cognigy\"",
      "\"allowedFrom\":[\"idle\",\"queued\"]",
      "Transfer(session.id, \\\"AgentSkill\\\", \\\"priority:1,when:released",
      "EndConversation(session.id)",
      "\"retryAfterMs\":4933"};
  for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
    if (!centre_says(&c, members[i])) {
      print_error("missing %s in %.*s\n", members[i],
                  TEXT_ARG(c.step.answer.body));
      fail();
    }
  }
  centre_free(&c);
}

static void test_an_unknown_target_names_the_nearest(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  centre_open_with_bot(&c, true);
  centre_do(&c, COMMAND_TRANSFER, ROLE_ADMIN, 0, "{\"queueId\":\"suport\"}");
  assert_int_equal(c.step.answer.code, 404);
  assert_true(centre_says(&c, "Did you mean 'support'?"));
  centre_do(&c, COMMAND_TRANSFER, ROLE_ADMIN, 0,
            "{\"queue\":\"sip:+4930@example.org\"}");
  assert_int_equal(c.step.answer.code, 404);
  assert_true(centre_says(&c, "this version serves no voice"));
  centre_free(&c);
}

static void test_a_customer_who_leaves_ends_it(void **state) {
  (void)state;
  struct centre c;
  start(&c, "", "priority:1,when:released");
  centre_do(&c, COMMAND_LEAVE, ROLE_CUSTOMER, 0, NULL);
  assert_int_equal(centre_status(&c), SESSION_COMPLETED);
  assert_int_equal(centre_count(&c, EVENT_SCRIPT_ENDED), 1);
  centre_free(&c);
}

static void test_rona_keeps_the_place(void **state) {
  (void)state;
  struct centre c;
  start(&c, "Hangup()\n", "priority:1");
  centre_agent(&c, "bert", COMMAND_AGENT_JOINED, NULL);
  centre_agent(&c, "bert", COMMAND_AGENT_STATE, "{\"state\":\"available\"}");
  centre_wait(&c, 20000);
  assert_int_equal(centre_status(&c), SESSION_OFFERED);
  centre_agent(&c, "anna", COMMAND_ACCEPT_OFFER, NULL);
  assert_int_equal(c.step.answer.code, 409);
  centre_agent(&c, "bert", COMMAND_ACCEPT_OFFER, NULL);
  assert_int_equal(c.step.answer.code, 200);
  centre_free(&c);
}

static void test_a_lost_agent_gives_it_back_after_the_grace(void **state) {
  (void)state;
  struct centre c;
  start(&c, "Hangup()\n", "priority:1");
  accept_and_check(&c);
  centre_agent(&c, "anna", COMMAND_AGENT_DROPPED, NULL);
  assert_int_equal(c.step.answer.code, 403);
  const uint32_t anna = directory_agent(engine_directory(c.e), TEXT("anna"));
  centre_do(&c, COMMAND_AGENT_DROPPED, ROLE_SYSTEM, anna, NULL);
  assert_int_equal(centre_status(&c), SESSION_ACTIVE);
  centre_wait(&c, 30000);
  assert_int_equal(centre_status(&c), SESSION_QUEUED);
  centre_agent(&c, "bert", COMMAND_AGENT_JOINED, NULL);
  centre_agent(&c, "bert", COMMAND_AGENT_STATE, "{\"state\":\"available\"}");
  assert_int_equal(centre_status(&c), SESSION_OFFERED);
  centre_free(&c);
}

/* With about a hundred bytes beside its words each takes 1.1 KiB. */
static void test_a_socket_begins_with_the_last_messages_of_many(void **state) {
  (void)state;
  struct centre c;
  char said[1100];
  start(&c, "Hangup()\n", "priority:1");
  accept_and_check(&c);
  uint32_t slot = 0;
  assert_true(engine_find(c.e, c.session, &slot));
  const uint32_t before = engine_message_count(c.e, slot);
  assert_int_equal(engine_last_messages(c.e, slot, 0), 0);
  (void)snprintf(said, sizeof said, "{\"text\":\"%01000d\"}", 0);
  for (int i = 0; i < 40; i++) {
    centre_agent(&c, "anna", COMMAND_SAY, said);
  }
  const uint32_t last = before + 40;
  assert_int_equal(engine_message_count(c.e, slot), last);
  const uint32_t after = engine_last_messages(c.e, slot, 0);
  assert_in_range(last - after, 20, 32);
  assert_int_equal(engine_last_messages(c.e, slot, last - 2), last - 2);
  assert_int_equal(engine_last_messages(c.e, slot, last), last);
  centre_free(&c);
}

/* Whoever looks at the session sees only its fallback otherwise. */
static void test_what_makes_no_transfer_stands_in_the_story(void **state) {
  (void)state;
  struct centre c;
  start(&c, "", "prority:1");
  const struct record *ev = centre_event(&c, EVENT_COMMAND_REFUSED);
  assert_non_null(ev);
  assert_true(text_equal(record_text(ev, FIELD_NAME), TEXT("transfer")));
  assert_int_equal(record_num(ev, FIELD_REFUSAL), REFUSAL_INVALID_MEMBER);
  assert_true(text_equal(
      record_text(ev, FIELD_DETAIL),
      TEXT("unknown member \"prority\"; did you mean \"priority\"?")));
  centre_free(&c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_what_makes_no_transfer_stands_in_the_story),
      cmocka_unit_test(test_the_forum_script_is_refused_in_the_release),
      cmocka_unit_test(test_when_released_goes_in_the_step_of_the_close),
      cmocka_unit_test(test_wait_two_seconds),
      cmocka_unit_test(test_end_conversation_first),
      cmocka_unit_test(test_hangup_first),
      cmocka_unit_test(test_a_transfer_that_ends_the_invitation_goes_first),
      cmocka_unit_test(test_the_problem_document_is_whole),
      cmocka_unit_test(test_an_unknown_target_names_the_nearest),
      cmocka_unit_test(test_a_customer_who_leaves_ends_it),
      cmocka_unit_test(test_rona_keeps_the_place),
      cmocka_unit_test(test_a_lost_agent_gives_it_back_after_the_grace),
      cmocka_unit_test(test_a_socket_begins_with_the_last_messages_of_many),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
