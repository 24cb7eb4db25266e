/* Events and the sections of a script: each of them, its data, and what it
 * interrupts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "centre.h"

/* A session with the bot, and the script beside it. */
static void start(struct centre *c, const char *script) {
  centre_init(c, script);
  centre_open_with_bot(c, true);
}

static void to_queue(struct centre *c) {
  centre_transfer(c, "{\"skill\":\"AgentSkill\",\"when\":\"released\","
                     "\"reason\":\"wants a person\",\"priority\":7}");
}

/* ---- each of them */

static void test_bot_released_queued_transfer(void **state) {
  (void)state;
  struct centre c;
  start(&c,
        "ON BotReleased { LogInfo(\"{event.name} {event.bot} {event.status} "
        "{event.fromStatus}\") }\n"
        "ON Queued { LogInfo(\"{event.name} {event.queue} {event.priority} "
        "{event.reason}\") }\n"
        "ON Transfer { LogInfo(\"{event.name} {event.queue} {event.by} "
        "{event.who}\") }\n"
        "Wait(100)\nLogInfo(\"never\")\n");
  to_queue(&c);
  centre_bot_closes(&c);
  assert_string_equal(centre_lines(&c),
                      "BotReleased cognigy idle releasing\n"
                      "Queued skill:AgentSkill 7 wants a person\n"
                      "Transfer skill:AgentSkill supervisor supervisor\n");
  centre_free(&c);
}

static void test_bot_lost(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  centre_put_script(&c, "listens",
                    "ON BotLost { LogInfo(\"{event.name} {event.bot} "
                    "{event.status}\") }\nWait(100)\n");
  centre_open_with_bot(&c, false);
  centre_do(&c, COMMAND_RUN_SCRIPT, ROLE_SUPERVISOR, SESSION_NOBODY,
            "{\"name\":\"listens\"}");
  centre_bot_closes(&c); /* without a goodbye */
  assert_string_equal(centre_lines(&c), "BotLost cognigy idle\n");
  centre_free(&c);
}

static void test_answer_and_release(void **state) {
  (void)state;
  struct centre c;
  start(&c, "ON Answer { LogInfo(\"{event.name} {event.agent} {event.queue} "
            "{event.waitSeconds}\") }\n"
            "ON Release { LogInfo(\"{event.name} {event.agent}\") }\n"
            "Wait(100)\n");
  to_queue(&c);
  centre_bot_closes(&c);
  c.now_us += 2500000;
  centre_ready(&c, "anna");
  centre_agent(&c, "anna", COMMAND_ACCEPT_OFFER, NULL);
  assert_string_equal(centre_lines(&c), "Answer anna skill:AgentSkill 2.5\n");
  centre_agent(&c, "anna", COMMAND_END, NULL);
  assert_string_equal(centre_lines(&c), "Release anna\n");
  centre_free(&c);
}

static void test_offer_expired(void **state) {
  (void)state;
  struct centre c;
  start(&c, "ON OfferExpired { LogInfo(\"{event.name} {event.agent} "
            "{event.queue} {event.waitSeconds}\") }\nWait(1000)\n");
  centre_ready(&c, "anna");
  to_queue(&c);
  centre_bot_closes(&c);
  centre_tick_after(&c, 20000);
  assert_string_equal(centre_lines(&c),
                      "OfferExpired anna skill:AgentSkill 20\n");
  centre_free(&c);
}

static void test_abandon(void **state) {
  (void)state;
  struct centre c;
  start(&c, "ON Abandon { LogInfo(\"{event.name} {event.endReason} "
            "{event.fromStatus}\") }\nWait(1000)\n");
  to_queue(&c);
  centre_bot_closes(&c);
  centre_do(&c, COMMAND_LEAVE, ROLE_CUSTOMER, SESSION_NOBODY, NULL);
  assert_string_equal(centre_lines(&c), "Abandon customer_left queued\n");
  centre_free(&c);
}

static void test_customer_returned(void **state) {
  (void)state;
  struct centre c;
  start(&c, "ON CustomerReturned { LogInfo(\"{event.name} "
            "{event.awaySeconds}\") }\nWait(1000)\n");
  centre_connection(&c, COMMAND_CUSTOMER_JOINED, NULL);
  assert_string_equal(centre_lines(&c), "");
  centre_connection(&c, COMMAND_CUSTOMER_DROPPED, NULL);
  c.now_us += 1500000;
  centre_connection(&c, COMMAND_CUSTOMER_JOINED, NULL);
  assert_string_equal(centre_lines(&c), "CustomerReturned 1.5\n");
  centre_free(&c);
}

static void test_a_bot_that_is_invited_by_a_transfer(void **state) {
  (void)state;
  struct centre c;
  start(&c, "ON Transfer { LogInfo(\"{event.name} {event.bot} "
            "{event.status}\") }\nWait(1000)\n");
  centre_transfer(&c, "{\"bot\":\"cognigy\",\"when\":\"released\"}");
  centre_bot_closes(&c);
  assert_string_equal(centre_lines(&c), "Transfer cognigy pending\n");
  centre_free(&c);
}

static void test_release_of_a_session_without_an_agent(void **state) {
  (void)state;
  struct centre c;
  start(&c, "ON Release { LogInfo(\"{event.name} {event.status}\") }\n"
            "Wait(1000)\n");
  centre_do(&c, COMMAND_END, ROLE_SUPERVISOR, SESSION_NOBODY, NULL);
  assert_string_equal(centre_lines(&c), "Release completed\n");
  centre_free(&c);
}

/* ---- what a section interrupts */

static void test_a_section_ends_a_section(void **state) {
  (void)state;
  struct centre c;
  start(&c, "n = 0\n"
            "ON Signal { n = n + 1\n LogInfo(\"signal {n}\")\n Wait(10)\n"
            " LogInfo(\"never\") }\n"
            "ON BotReleased { LogInfo(\"released {n}\")\n Wait(1)\n"
            " LogInfo(\"on\") }\nWait(100)\n");
  centre_do(&c, COMMAND_SIGNAL, ROLE_SUPERVISOR, SESSION_NOBODY, NULL);
  assert_string_equal(centre_lines(&c), "signal 1\n");
  centre_bot_closes(&c);
  assert_string_equal(centre_lines(&c), "released 1\n");
  centre_tick_after(&c, 1000);
  assert_string_equal(centre_lines(&c), "on\n");
  centre_tick_after(&c, 10000); /* the first section's Wait is forgotten */
  assert_string_equal(centre_lines(&c), "");
  centre_free(&c);
}

static void test_signals_of_one_moment_are_not_merged(void **state) {
  (void)state;
  struct centre c;
  start(&c, "n = 0\nsum = 0\n"
            "ON Signal { n = n + 1\n sum = sum + event.p1\n"
            " IF n = 200 { LogInfo(\"{n} {sum}\") } }\n"
            "id = GetSessionInfo().id\nrefused = 0\n"
            "FOR i = 1 TO 200 { Signal(id, i) }\n");
  assert_string_equal(centre_lines(&c), "200 20100\n");
  centre_free(&c);
}

static void test_a_flood_of_signals_is_refused(void **state) {
  (void)state;
  struct centre c;
  start(&c, "ON Signal { x = 1 }\n"
            "id = GetSessionInfo().id\ncode = 200\n"
            "FOR i = 1 TO 300 { IF code = 200 { code = Signal(id, i).code } }\n"
            "LogInfo(code)\n");
  assert_string_equal(centre_lines(&c), "429\n");
  assert_int_equal(centre_count(&c, EVENT_SCRIPT_FAILED), 0);
  centre_free(&c);
}

static void test_on_error_and_then_an_event(void **state) {
  (void)state;
  struct centre c;
  start(&c, "ON Error { LogInfo(\"error {_ERRLINE}\")\n Wait(50) }\n"
            "ON Signal { LogInfo(\"signal {event.p1}\")\n y = 1 / 0 }\n"
            "x = 1 / 0\n");
  assert_string_equal(centre_lines(&c), "error 5\n");
  centre_do(&c, COMMAND_SIGNAL, ROLE_SUPERVISOR, SESSION_NOBODY,
            "{\"value\":5}");
  assert_string_equal(centre_lines(&c), "signal 5\nerror 4\n");
  centre_free(&c);
}

/* ---- when all fails */

static void test_the_fallback_says_something_first(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, "Say(\"Hello\")\nx = 1 / 0\n");
  centre_put(&c, COMMAND_PUT_ENTRY,
             "{\"id\":\"main\",\"script\":\"forum\",\"fallback\":\"support\","
             "\"fallbackMessage\":\"One moment, please.\"}");
  centre_open(&c);
  assert_int_equal(centre_status(&c), SESSION_QUEUED);
  assert_int_equal(centre_count(&c, EVENT_MESSAGE), 2);
  centre_put(&c, COMMAND_PUT_ENTRY,
             "{\"id\":\"main\",\"script\":\"forum\","
             "\"fallbackMessage\":\"We are sorry.\"}");
  centre_open(&c);
  assert_int_equal(centre_status(&c), SESSION_COMPLETED);
  assert_int_equal(centre_count(&c, EVENT_MESSAGE), 2);
  centre_free(&c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_bot_released_queued_transfer),
      cmocka_unit_test(test_bot_lost),
      cmocka_unit_test(test_answer_and_release),
      cmocka_unit_test(test_offer_expired),
      cmocka_unit_test(test_abandon),
      cmocka_unit_test(test_customer_returned),
      cmocka_unit_test(test_a_bot_that_is_invited_by_a_transfer),
      cmocka_unit_test(test_release_of_a_session_without_an_agent),
      cmocka_unit_test(test_a_section_ends_a_section),
      cmocka_unit_test(test_signals_of_one_moment_are_not_merged),
      cmocka_unit_test(test_a_flood_of_signals_is_refused),
      cmocka_unit_test(test_on_error_and_then_an_event),
      cmocka_unit_test(test_the_fallback_says_something_first),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
