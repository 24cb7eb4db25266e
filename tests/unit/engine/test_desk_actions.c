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
  centre_wait(&c, 3599 * 1000);
  assert_int_equal(centre_status(&c), SESSION_PENDING);
  centre_wait(&c, 1000);
  assert_int_equal(centre_status(&c), SESSION_QUEUED);
  centre_free(&c);
}

static bool keep(void *ctx, const struct record *r) {
  return engine_restore(ctx, r);
}

static void test_a_booked_call_survives_a_restart(void **state) {
  (void)state;
  struct centre c;
  centre_init_held(&c, "r = Callback(\"1\", 60, \"AgentSkill\")\n");
  c.session = booked(&c);
  struct engine *copy = NULL;
  const struct engine_options options = {.centre = TEXT("test")};
  assert_int_equal(engine_create(&c.tm.mem, &options, &copy), BT_ERR_OK);
  assert_true(engine_save(c.e, keep, copy));
  engine_restore_done(copy, engine_seq(c.e));
  step_clear(&c.step);
  engine_free(c.e);
  c.e = copy;
  centre_do(&c, COMMAND_RECOVERED, ROLE_SYSTEM, SESSION_NOBODY, NULL);
  assert_int_equal(centre_status(&c), SESSION_PENDING);
  centre_wait(&c, 60 * 1000);
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

static void reply(struct centre *c, int64_t run, const char *json) {
  struct command cmd =
      centre_command(c, COMMAND_BOT_REPLY, ROLE_SYSTEM, SESSION_NOBODY);
  record_set_id(&cmd.args, FIELD_SESSION, c->session);
  record_set_num(&cmd.args, FIELD_RUN, run);
  record_set_num(&cmd.args, FIELD_BOT, 0);
  record_set_text(&cmd.args, FIELD_VALUE, text_from(json));
  centre_run(c, &cmd);
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
  const struct record *asked = &c.step.effects[0];
  assert_int_equal(asked->type, EFFECT_ASK_BOT);
  assert_true(text_equal(record_text(asked, FIELD_VALUE), TEXT("\"hi\"")));
  const int64_t run = record_num(asked, FIELD_RUN);
  reply(&c, run,
        "{\"branch\":2,\"messages\":[\"One\",{\"text\":\"Two\"}],"
        "\"payload\":{\"intent\":\"buy\"}}");
  assert_string_equal(centre_lines(&c), "OnReturnControlToScript\nbuy\n");
  assert_int_equal(centre_count(&c, EVENT_MESSAGE), 2);
  c.now_us += 30 * INT64_C(1000000);
  centre_do(&c, COMMAND_TICK, ROLE_SYSTEM, SESSION_NOBODY, NULL);
  centre_do(&c, COMMAND_TICK, ROLE_SYSTEM, SESSION_NOBODY, NULL);
  reply(&c, run, "{}"); /* too late: nobody waits */
  assert_int_equal(c.step.event_count, 0);
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
      cmocka_unit_test(test_a_bot_that_cannot_be_asked),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
