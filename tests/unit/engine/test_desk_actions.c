/* Pages at the agent's desk, files, booked calls, and one turn with a bot. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "centre.h"

/* ---- the agent's desk, the customer's ear */

static void test_a_page_opens_where_an_agent_is(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, "ON Answer { LogInfo(ScreenPop(\"https://crm/1\").code)\n"
                  " LogInfo(ScreenPop(\"javascript:alert(1)\").code) }\n"
                  "LogInfo(ScreenPop(\"https://crm/0\").code)\nWait(100)\n");
  centre_open_with_bot(&c, true);
  assert_string_equal(centre_lines(&c), "409\n");
  centre_transfer(&c, "{\"skill\":\"AgentSkill\",\"when\":\"released\"}");
  centre_bot(&c, COMMAND_BOT_CLOSED, NULL);
  centre_ready(&c, "anna");
  centre_agent(&c, "anna", COMMAND_ACCEPT_OFFER, NULL);
  assert_string_equal(centre_lines(&c), "200\n422\n");
  const struct record *popped = centre_event(&c, EVENT_SCREEN_POPPED);
  assert_non_null(popped);
  assert_true(
      text_equal(record_text(popped, FIELD_URL), TEXT("https://crm/1")));
  centre_free(&c);
}

static void test_a_file_is_played(void **state) {
  (void)state;
  struct centre c;
  centre_init_held(&c, "LogInfo(Play(\"hello.wav\").code)\n"
                       "LogInfo(Play(\"\").code)\n");
  assert_string_equal(centre_lines(&c), "200\n422\n");
  assert_int_equal(centre_count(&c, EVENT_PLAYED), 1);
  centre_free(&c);
}

/* ---- booked calls */

static struct id booked(const struct centre *c) {
  const struct record *ev = centre_event(c, EVENT_CALLBACK_BOOKED);
  assert_non_null(ev);
  return record_id(ev, FIELD_BOOKED);
}

static void test_a_booked_call_joins_its_queue_when_it_is_due(void **state) {
  (void)state;
  struct centre c;
  centre_init_held(&c, "r = Callback(\"+49 30 1234\", 3600)\nLogInfo(r.code)\n"
                       "LogInfo(r.queue)\n");
  assert_string_equal(centre_lines(&c), "201\nsupport\n");
  c.session = booked(&c);
  assert_int_equal(centre_status(&c), SESSION_PENDING);
  centre_wait(&c, INT64_C(3599) * 1000);
  assert_int_equal(centre_status(&c), SESSION_PENDING);
  centre_wait(&c, 1000);
  assert_int_equal(centre_status(&c), SESSION_QUEUED);
  centre_free(&c);
}

static void restart(struct centre *c) {
  centre_reload(c);
  centre_do(c, COMMAND_RECOVERED, ROLE_SYSTEM, SESSION_NOBODY, NULL);
}

static void test_a_booked_call_survives_a_restart(void **state) {
  (void)state;
  struct centre c;
  centre_init_held(&c, "r = Callback(\"1\", 60, \"AgentSkill\")\n");
  c.session = booked(&c);
  restart(&c);
  assert_int_equal(centre_status(&c), SESSION_PENDING);
  centre_wait(&c, INT64_C(60) * 1000);
  assert_int_equal(centre_status(&c), SESSION_QUEUED);
  centre_free(&c);
}

static void test_what_cannot_be_booked(void **state) {
  (void)state;
  struct centre c;
  centre_init_held(&c, "LogInfo(Callback(\"\", 1).code)\n"
                       "LogInfo(Callback(\"1\", \"tomorrow\").code)\n"
                       "LogInfo(Callback(\"1\", 1, \"nowhere\").code)\n"
                       "LogInfo(Callback(\"1\", -1).code)\n"
                       "FOR i = 1 TO 11 { code = Callback(\"1\", i).code }\n"
                       "LogInfo(code)\n");
  assert_string_equal(centre_lines(&c), "422\n422\n404\n422\n429\n");
  centre_free(&c);
}

/* ---- a turn with a bot */

static void reply(struct centre *c, int64_t question, const char *json) {
  struct command cmd =
      centre_command(c, COMMAND_BOT_REPLY, ROLE_SYSTEM, SESSION_NOBODY);
  record_set_id(&cmd.args, FIELD_SESSION, c->session);
  record_set_num(&cmd.args, FIELD_QUESTION, question);
  record_set_num(&cmd.args, FIELD_BOT, 0);
  record_set_text(&cmd.args, FIELD_VALUE, text_from(json));
  centre_run(c, &cmd);
}

static size_t effects_of(const struct centre *c, uint32_t type) {
  size_t n = 0;
  for (size_t i = 0; i < c->step.effect_count; i++) {
    n += c->step.effects[i].type == type;
  }
  return n;
}

/* Of the turn that the last step asked for. */
static int64_t question_of(const struct centre *c, const char *payload) {
  for (size_t i = 0; i < c->step.effect_count; i++) {
    const struct record *fx = &c->step.effects[i];
    if (fx->type == EFFECT_ASK_BOT) {
      assert_true(text_equal(record_text(fx, FIELD_VALUE), text_from(payload)));
      return record_num(fx, FIELD_QUESTION);
    }
  }
  fail_msg("no bot was asked");
  return 0;
}

static void test_a_turn_with_a_bot(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, "r = BotExchange(\"cognigy\", \"hi\")\nLogInfo(r.branch)\n"
                  "LogInfo(r.payload.intent)\n"
                  "r = BotExchange(\"cognigy\")\nLogInfo(r.code)\n"
                  "LogInfo(r.branch)\n");
  centre_connection(&c, COMMAND_BOT_JOINED, "cognigy");
  centre_open_with_bot(&c, true);
  const int64_t first = question_of(&c, "\"hi\"");
  reply(&c, first,
        "{\"branch\":2,\"messages\":[\"One\",{\"text\":\"Two\"}],"
        "\"payload\":{\"intent\":\"buy\"}}");
  assert_string_equal(centre_lines(&c), "OnReturnControlToScript\nbuy\n");
  assert_int_equal(centre_count(&c, EVENT_MESSAGE), 2);
  const int64_t second = question_of(&c, "null");
  reply(&c, first, "{}"); /* this one was answered */
  assert_int_equal(c.step.event_count, 0);
  centre_tick_after(&c, 20000); /* the bot's goodbye is taken as its release */
  centre_tick_after(&c, 10000);
  assert_string_equal(centre_lines(&c), "408\nOnError\n");
  reply(&c, second, "{}"); /* too late: nobody waits */
  assert_int_equal(c.step.event_count, 0);
  centre_free(&c);
}

static void test_a_turn_is_asked_again_when_the_bot_is_back(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, "r = BotExchange(\"cognigy\", \"hi\")\nLogInfo(r.branch)\n");
  centre_connection(&c, COMMAND_BOT_JOINED, "cognigy");
  centre_open_with_bot(&c, true);
  const int64_t asked = question_of(&c, "\"hi\"");
  centre_connection(&c, COMMAND_BOT_JOINED, "cognigy"); /* a second socket */
  assert_int_equal(effects_of(&c, EFFECT_ASK_BOT), 0);
  restart(&c);
  centre_connection(&c, COMMAND_BOT_JOINED, "cognigy");
  assert_int_equal(effects_of(&c, EFFECT_ASK_BOT), 1);
  reply(&c, asked, "{\"branch\":\"ReturnControlToScript\"}");
  assert_string_equal(centre_lines(&c), "OnReturnControlToScript\n");
  centre_free(&c);
}

static void test_a_bot_that_cannot_be_asked(void **state) {
  (void)state;
  struct centre c;
  centre_init_held(&c, "r = BotExchange(\"cognigy\")\nLogInfo(r.code)\n"
                       "LogInfo(r.branch)\n"
                       "LogInfo(BotExchange(\"nobody\").code)\n");
  assert_string_equal(centre_lines(&c), "503\nOnError\n404\n");
  centre_free(&c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_page_opens_where_an_agent_is),
      cmocka_unit_test(test_a_file_is_played),
      cmocka_unit_test(test_a_booked_call_joins_its_queue_when_it_is_due),
      cmocka_unit_test(test_a_booked_call_survives_a_restart),
      cmocka_unit_test(test_what_cannot_be_booked),
      cmocka_unit_test(test_a_turn_with_a_bot),
      cmocka_unit_test(test_a_turn_is_asked_again_when_the_bot_is_back),
      cmocka_unit_test(test_a_bot_that_cannot_be_asked),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
