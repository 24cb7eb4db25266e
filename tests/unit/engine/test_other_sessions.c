/* Scripts that act on a session that is not their own: what they wait for there
 * comes, or ends, or is put off by a restart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "centre.h"
#include "engine/engine_priv.h"

/* Two sessions with a bot. The script of the second is told of the first. */
struct two {
  struct centre c;
  struct id first, second;
};

static void start(struct two *t, const char *section) {
  char script[1024], signal[128];
  char id[ID_TEXT_LEN];
  (void)snprintf(script, sizeof script, "ON Signal { id = event.p1\n%s }\n",
                 section);
  centre_init(&t->c, script);
  centre_open_with_bot(&t->c, false);
  t->first = t->c.session;
  centre_open_with_bot(&t->c, true);
  t->second = t->c.session;
  id_to_text(t->first, id);
  (void)snprintf(signal, sizeof signal, "{\"value\":\"%.*s\"}", ID_TEXT_LEN,
                 id);
  centre_signal(&t->c, signal);
  assert_string_equal(centre_lines(&t->c), "");
  t->c.session = t->first;
}

static void goodbye(struct two *t) {
  centre_bot(&t->c, COMMAND_GOODBYE, NULL);
  assert_int_equal(t->c.step.answer.code, 200);
}

/* ---- a status */

static const char waits[] = "r = WaitFor(id, \"idle\", 60)\nLogInfo(r.code)\n"
                            "LogInfo(r.message)\n";

static void test_a_status_of_another_session(void **state) {
  (void)state;
  struct two t;
  start(&t, waits);
  goodbye(&t);
  assert_string_equal(centre_lines(&t.c), "");
  centre_bot_closes(&t.c);
  assert_string_equal(centre_lines(&t.c), "200\nThe session has the status.\n");
  centre_free(&t.c);
}

static void test_a_status_that_passes_within_one_step(void **state) {
  (void)state;
  struct two t;
  start(&t, waits);
  centre_transfer(&t.c, "{\"skill\":\"AgentSkill\",\"when\":\"released\"}");
  goodbye(&t);
  centre_bot_closes(&t.c); /* idle, and queued in the same step */
  assert_int_equal(centre_status(&t.c), SESSION_QUEUED);
  assert_string_equal(centre_lines(&t.c), "200\nThe session has the status.\n");
  centre_free(&t.c);
}

static void test_its_own_status_wakes_nobody_who_waits_for_another(void **s) {
  (void)s;
  struct two t;
  start(&t, waits);
  t.c.session = t.second;
  centre_bot_closes(&t.c);
  assert_int_equal(centre_status(&t.c), SESSION_IDLE);
  assert_string_equal(centre_lines(&t.c), "");
  centre_free(&t.c);
}

static void test_the_other_session_ends_before(void **state) {
  (void)state;
  struct two t;
  start(&t, waits);
  centre_do(&t.c, COMMAND_LEAVE, ROLE_CUSTOMER, SESSION_NOBODY, NULL);
  assert_string_equal(centre_lines(&t.c), "409\nThe session is completed.\n");
  t.c.session = t.second; /* one that is over is not waited for */
  char signal[128], id[ID_TEXT_LEN];
  id_to_text(t.first, id);
  (void)snprintf(signal, sizeof signal, "{\"value\":\"%.*s\"}", ID_TEXT_LEN,
                 id);
  centre_signal(&t.c, signal);
  assert_string_equal(centre_lines(&t.c), "409\nThe session is completed.\n");
  centre_free(&t.c);
}

static void test_the_time_is_over(void **state) {
  (void)state;
  struct two t;
  start(&t, "r = WaitFor(id, \"active\", 2)\nLogInfo(r.code)\n");
  centre_tick_after(&t.c, 2000);
  assert_string_equal(centre_lines(&t.c), "408\n");
  goodbye(&t); /* nobody listens any more */
  centre_bot_closes(&t.c);
  centre_free(&t.c);
}

static void test_a_section_ends_the_wait(void **state) {
  (void)state;
  struct two t;
  start(&t, waits);
  t.c.session = t.second;
  centre_signal(&t.c,
                "{\"value\":\"0\"}"); /* no session: 404, and it listens */
  assert_int_equal(centre_count(&t.c, EVENT_SCRIPT_SLEPT), 1);
  t.c.session = t.first;
  goodbye(&t);
  centre_bot_closes(&t.c);
  assert_string_equal(centre_lines(&t.c), "");
  centre_free(&t.c);
}

static void test_a_restart_forgets_nobody(void **state) {
  (void)state;
  struct two t;
  start(&t, waits);
  centre_restart(&t.c);
  goodbye(&t);
  centre_restart(&t.c);
  centre_bot_closes(&t.c);
  assert_string_equal(centre_lines(&t.c), "200\nThe session has the status.\n");
  centre_free(&t.c);
}

static void test_the_session_that_waits_ends(void **state) {
  (void)state;
  struct two t;
  start(&t, waits);
  t.c.session = t.second;
  centre_do(&t.c, COMMAND_LEAVE, ROLE_CUSTOMER, SESSION_NOBODY, NULL);
  t.c.session = t.first;
  goodbye(&t);
  centre_bot_closes(&t.c);
  assert_string_equal(centre_lines(&t.c), "");
  centre_free(&t.c);
}

/* ---- transfers and ends of holds */

static void test_a_transfer_that_waits_for_the_release(void **state) {
  (void)state;
  struct two t;
  start(&t, "r = Transfer(id, \"AgentSkill\", \"when:released,timeout:9\")\n"
            "LogInfo(r.code)\nLogInfo(r.session.status)\n");
  goodbye(&t);
  centre_restart(&t.c);
  centre_bot_closes(&t.c);
  assert_string_equal(centre_lines(&t.c), "200\nqueued\n");
  centre_free(&t.c);
}

static void test_a_transfer_that_is_withdrawn(void **state) {
  (void)state;
  struct two t;
  start(&t,
        "r = Transfer(id, \"AgentSkill\", \"when:released,timeout:3\")\n"
        "LogInfo(r.code)\nLogInfo(r.refusal)\nLogInfo(r.session.id = id)\n");
  centre_tick_after(&t.c, 3000);
  assert_string_equal(centre_lines(&t.c), "409\nrelease_timeout\ntrue\n");
  centre_free(&t.c);
}

static void test_a_transfer_that_nobody_waits_for(void **state) {
  (void)state;
  struct two t;
  start(&t, "Wait(1)\n"
            "r = Transfer(id, \"AgentSkill\", \"when:released,async:true\")\n"
            "LogInfo(r.code)\n");
  centre_tick_after(&t.c, 1000);
  assert_string_equal(centre_lines(&t.c), "202\n");
  centre_free(&t.c);
}

static void test_the_end_of_another_bots_part(void **state) {
  (void)state;
  struct two t;
  start(&t, "r = EndConversation(id)\nLogInfo(r.code)\nLogInfo(r.message)\n");
  centre_restart(&t.c);
  centre_bot_closes(&t.c);
  assert_int_equal(centre_status(&t.c), SESSION_IDLE);
  assert_string_equal(centre_lines(&t.c), "200\nThe bot's part is over.\n");
  centre_free(&t.c);
}

static void test_a_booked_call_is_waited_for(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, "r = Callback(\"1\", 1, \"AgentSkill\")\n"
                  "w = WaitFor(r.id, \"queued\", 60)\nLogInfo(w.code)\n");
  centre_open_with_bot(&c, true);
  assert_string_equal(centre_lines(&c), "");
  centre_tick_after(&c, 1000);
  assert_string_equal(centre_lines(&c), "200\n");
  centre_free(&c);
}

/* ---- how many */

static void test_too_many_wait_for_one_session(void **state) {
  (void)state;
  struct centre c;
  char script[256], id[ID_TEXT_LEN];
  centre_init(&c, NULL);
  centre_open(&c);
  id_to_text(c.session, id);
  (void)snprintf(script, sizeof script,
                 "r = WaitFor(\"%.*s\", \"idle\", 600)\nLogInfo(r.code)\n"
                 "LogInfo(r.refusal)\n",
                 ID_TEXT_LEN, id);
  centre_put_script(&c, "watch", script);
  centre_put(&c, COMMAND_PUT_ENTRY, "{\"id\":\"main\",\"script\":\"watch\"}");
  for (int i = 0; i < LIMIT_WATCHERS; i++) {
    centre_open(&c);
    assert_string_equal(centre_lines(&c), "");
  }
  centre_open(&c);
  assert_string_equal(centre_lines(&c), "429\nrate_limited\n");
  centre_free(&c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_status_of_another_session),
      cmocka_unit_test(test_a_status_that_passes_within_one_step),
      cmocka_unit_test(test_its_own_status_wakes_nobody_who_waits_for_another),
      cmocka_unit_test(test_the_other_session_ends_before),
      cmocka_unit_test(test_the_time_is_over),
      cmocka_unit_test(test_a_section_ends_the_wait),
      cmocka_unit_test(test_a_restart_forgets_nobody),
      cmocka_unit_test(test_the_session_that_waits_ends),
      cmocka_unit_test(test_a_transfer_that_waits_for_the_release),
      cmocka_unit_test(test_a_transfer_that_is_withdrawn),
      cmocka_unit_test(test_a_transfer_that_nobody_waits_for),
      cmocka_unit_test(test_the_end_of_another_bots_part),
      cmocka_unit_test(test_a_booked_call_is_waited_for),
      cmocka_unit_test(test_too_many_wait_for_one_session),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
