/* Scripts that run other scripts: calls that return, scripts in the place of
 * others, scripts beside others, and what each knows of the other's variables.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "centre.h"

/* The centre with script "forum" out of @own and script "other" out of @other;
 * then a session that "forum" holds. */
static void start(struct centre *c, const char *own, const char *other) {
  centre_init(c, own);
  centre_put_script(c, "other", other);
  centre_put(c, COMMAND_PUT_ENTRY,
             "{\"id\":\"main\",\"script\":\"forum\",\"fallback\":\"support\"}");
  centre_open(c);
}

static unsigned runs(const struct centre *c) {
  struct engine_counts n;
  engine_count(c->e, &n);
  return n.runs;
}

/* ---- RunSub */

static void test_a_called_script_returns_its_value(void **state) {
  (void)state;
  struct centre c;
  start(&c,
        "r = RunSub(\"other\", 20, \"x\")\nLogInfo(r.code)\nLogInfo(r.value)\n",
        "LogInfo(p1)\nLogInfo(p2)\nLogInfo(p3 = null)\nRETURN p1 + 1\n");
  assert_string_equal(centre_lines(&c), "20\nx\ntrue\n200\n21\n");
  assert_int_equal(centre_count(&c, EVENT_SCRIPT_STARTED), 2);
  assert_int_equal(centre_count(&c, EVENT_SCRIPT_ENDED), 2);
  assert_int_equal(runs(&c), 0);
  assert_int_equal(centre_status(&c), SESSION_IDLE);
  centre_free(&c);
}

static void test_a_called_script_may_sleep_and_survives_a_restart(void **s) {
  (void)s;
  struct centre c;
  start(&c,
        "global:n = 1\nr = RunSub(\"other\", \"a\")\n"
        "LogInfo(global:n)\nLogInfo(r.value.who)\n",
        "global:n = global:n + 1\nWait(5)\nglobal:n = global:n + 1\n"
        "DYNAMIC o\no.who = p1\nRETURN o\n");
  assert_int_equal(runs(&c), 2);
  assert_int_equal(centre_status(&c), SESSION_CONNECTED); /* still held */
  centre_reload(&c);
  centre_tick_after(&c, 5000);
  assert_string_equal(centre_lines(&c), "3\na\n");
  assert_int_equal(runs(&c), 0);
  centre_free(&c);
}

static void test_globals_pass_through_a_script_that_knows_none(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, "global:a = 1\nr = RunSub(\"middle\")\nLogInfo(global:a)\n"
                  "LogInfo(global:b)\n");
  centre_put_script(&c, "middle", "r = RunSub(\"inner\")\n");
  centre_put_script(&c, "inner",
                    "Wait(1)\nglobal:a = global:a + 1\n"
                    "global:b = \"new\"\nlocal = 5\n");
  centre_put(&c, COMMAND_PUT_ENTRY, "{\"id\":\"main\",\"script\":\"forum\"}");
  centre_open(&c);
  assert_int_equal(runs(&c), 3);
  centre_reload(&c);
  centre_tick_after(&c, 1000);
  assert_string_equal(centre_lines(&c), "2\nnew\n");
  centre_free(&c);
}

static void test_an_unknown_script_is_refused_with_the_nearest(void **state) {
  (void)state;
  struct centre c;
  start(&c,
        "r = RunSub(\"othr\")\nLogInfo(r.code)\nLogInfo(r.detail)\n"
        "r = Spawn(\"nothing like it\")\nLogInfo(r.code)\n"
        "r = RunScript(\"othr\")\nLogInfo(r.code)\n"
        "r = RunSub(\"Other.studio\")\nLogInfo(r.code)\n",
        "LogInfo(\"here\")\n");
  assert_string_equal(centre_lines(&c),
                      "404\nNo script is called 'othr'. Did you mean 'other'?\n"
                      "404\n404\nhere\n200\n");
  centre_free(&c);
}

static void test_an_error_in_a_called_script_is_one_of_the_call(void **state) {
  (void)state;
  struct centre c;
  start(&c,
        "ON Error { LogError(_ERRLINE)\n LogError(_ERR) }\n"
        "Wait(1)\nr = RunSub(\"other\")\nLogInfo(\"never\")\n",
        "x = 1\ny = x / 0\n");
  centre_tick_after(&c, 1000);
  assert_string_equal(centre_lines(&c),
                      "4\nscript 'other', line 2: division by zero\n");
  assert_int_equal(centre_count(&c, EVENT_SCRIPT_FAILED), 1);
  centre_free(&c);
}

static void test_nobody_is_stranded_by_a_called_script(void **state) {
  (void)state;
  struct centre c;
  start(&c, "r = RunSub(\"other\")\n", "y = 1 / 0\n");
  assert_int_equal(centre_count(&c, EVENT_SCRIPT_FAILED), 2);
  assert_int_equal(centre_status(&c), SESSION_QUEUED);
  assert_int_equal(runs(&c), 0);
  centre_free(&c);
}

static void test_a_script_that_calls_itself_without_end(void **state) {
  (void)state;
  struct centre c;
  start(&c, "r = RunSub(\"other\")\n", "r = RunSub(\"other\")\n");
  const struct record *failed = centre_event(&c, EVENT_SCRIPT_FAILED);
  assert_non_null(failed);
  assert_true(text_equal(record_text(failed, FIELD_NAME), TEXT("too-deep")));
  assert_int_equal(centre_status(&c), SESSION_QUEUED);
  assert_int_equal(runs(&c), 0);
  centre_free(&c);
}

static void test_too_much_is_not_passed(void **state) {
  (void)state;
  struct centre c;
  start(&c,
        "t = \"0123456789abcdef\"\nREPEAT 15 { t = t + \"\" + t }\n"
        "r = RunSub(\"other\", t)\n",
        "LogInfo(\"never\")\n");
  const struct record *failed = centre_event(&c, EVENT_SCRIPT_FAILED);
  assert_non_null(failed);
  assert_true(
      text_equal(record_text(failed, FIELD_NAME), TEXT("too-much-data")));
  centre_free(&c);
}

/* ---- events */

static void test_the_innermost_script_hears_an_event(void **state) {
  (void)state;
  struct centre c;
  start(&c,
        "ON Signal { LogInfo(\"outer\") }\nr = RunSub(\"other\")\n"
        "LogInfo(r.value)\n",
        "ON Signal { LogInfo(\"inner \" + event.p1)\n RETURN 7 }\nWait(100)\n");
  centre_signal(&c, "{\"value\":\"now\"}");
  assert_string_equal(centre_lines(&c), "inner now\n7\n");
  centre_signal(&c, NULL);
  assert_string_equal(centre_lines(&c), "outer\n");
  centre_free(&c);
}

static void test_an_event_of_the_caller_ends_the_call(void **state) {
  (void)state;
  struct centre c;
  start(&c,
        "ON Signal { LogInfo(\"outer\")\n Wait(1)\n LogInfo(\"later\") }\n"
        "r = RunSub(\"other\")\nLogInfo(\"never\")\n",
        "Wait(100)\nLogInfo(\"never\")\n");
  assert_int_equal(runs(&c), 2);
  centre_signal(&c, NULL);
  assert_string_equal(centre_lines(&c), "outer\n");
  assert_int_equal(centre_count(&c, EVENT_SCRIPT_ENDED), 1);
  assert_int_equal(runs(&c), 1);
  centre_tick_after(&c, 1000);
  assert_string_equal(centre_lines(&c), "later\n");
  centre_free(&c);
}

/* ---- RunScript */

static void test_a_script_goes_on_as_another(void **state) {
  (void)state;
  struct centre c;
  start(&c,
        "name = \"Kim\"\nglobal:n = 3\nRunScript(\"other\")\n"
        "LogInfo(\"never\")\n",
        "LogInfo(name + \" \" + global:n)\nWait(1)\nLogInfo(\"on\")\n");
  assert_string_equal(centre_lines(&c), "Kim 3\n");
  assert_int_equal(centre_status(&c), SESSION_CONNECTED); /* still held */
  assert_int_equal(runs(&c), 1);
  centre_reload(&c);
  centre_tick_after(&c, 1000);
  assert_string_equal(centre_lines(&c), "on\n");
  assert_int_equal(centre_status(&c), SESSION_IDLE);
  centre_free(&c);
}

static void test_who_replaces_a_called_script_returns_for_it(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, "r = RunSub(\"first\")\nLogInfo(r.value)\n");
  centre_put_script(&c, "first", "RunScript(\"second\")\n");
  centre_put_script(&c, "second", "RETURN \"from second\"\n");
  centre_put(&c, COMMAND_PUT_ENTRY, "{\"id\":\"main\",\"script\":\"forum\"}");
  centre_open(&c);
  assert_string_equal(centre_lines(&c), "from second\n");
  centre_free(&c);
}

static void test_scripts_that_replace_each_other_are_stopped(void **state) {
  (void)state;
  struct centre c;
  start(&c, "RunScript(\"other\")\n", "RunScript(\"forum\")\n");
  const struct record *failed = centre_event(&c, EVENT_SCRIPT_FAILED);
  assert_non_null(failed);
  assert_true(
      text_equal(record_text(failed, FIELD_NAME), TEXT("endless-scripts")));
  assert_int_equal(centre_status(&c), SESSION_QUEUED);
  centre_free(&c);
}

/* ---- Spawn */

static void test_a_spawned_script_runs_beside(void **state) {
  (void)state;
  struct centre c;
  start(&c,
        "s = Spawn(\"other\", \"p\")\nLogInfo(s.code)\nWait(2)\n"
        "LogInfo(\"own\")\n",
        "LogInfo(\"beside \" + p1)\nWait(1)\nLogInfo(\"beside again\")\n");
  assert_string_equal(centre_lines(&c), "201\nbeside p\n");
  assert_int_equal(runs(&c), 2);
  centre_reload(&c);
  centre_tick_after(&c, 1000);
  assert_string_equal(centre_lines(&c), "beside again\n");
  assert_int_equal(centre_status(&c), SESSION_CONNECTED);
  centre_tick_after(&c, 1000);
  assert_string_equal(centre_lines(&c), "own\n");
  assert_int_equal(centre_status(&c), SESSION_IDLE);
  centre_free(&c);
}

static void test_the_error_of_a_spawned_script_is_its_own(void **state) {
  (void)state;
  struct centre c;
  start(&c, "s = Spawn(\"other\")\nWait(1)\nLogInfo(\"own\")\n", "x = 1 / 0\n");
  assert_int_equal(centre_count(&c, EVENT_SCRIPT_FAILED), 1);
  assert_int_equal(centre_status(&c), SESSION_CONNECTED);
  centre_tick_after(&c, 1000);
  assert_string_equal(centre_lines(&c), "own\n");
  centre_free(&c);
}

static void test_each_script_hears_a_signal(void **state) {
  (void)state;
  struct centre c;
  start(&c, "ON Signal { LogInfo(\"own\") }\ns = Spawn(\"other\")\nWait(9)\n",
        "ON Signal { LogInfo(\"beside\") }\nWait(9)\n");
  centre_signal(&c, NULL);
  assert_string_equal(centre_lines(&c), "own\nbeside\n");
  centre_free(&c);
}

static void test_a_session_spawns_a_hundred_scripts(void **state) {
  (void)state;
  struct centre c;
  start(&c,
        "n = 0\nREPEAT 101 {\n s = Spawn(\"other\")\n n = n + 1\n"
        " IF n = 100 { LogInfo(n) }\n}\n",
        "x = 1\n");
  assert_string_equal(centre_lines(&c), "100\n");
  const struct record *failed = centre_event(&c, EVENT_SCRIPT_FAILED);
  assert_non_null(failed);
  assert_true(
      text_equal(record_text(failed, FIELD_NAME), TEXT("too-many-spawned")));
  assert_int_equal(record_num(failed, FIELD_LINE), 3);
  assert_int_equal(centre_status(&c), SESSION_QUEUED);
  centre_free(&c);
}

static void test_all_end_with_the_session(void **state) {
  (void)state;
  struct centre c;
  start(&c, "s = Spawn(\"other\")\nr = RunSub(\"other\")\n", "Wait(100)\n");
  assert_int_equal(runs(&c), 3);
  centre_do(&c, COMMAND_LEAVE, ROLE_CUSTOMER, SESSION_NOBODY, NULL);
  assert_int_equal(centre_count(&c, EVENT_SCRIPT_ENDED), 3);
  assert_int_equal(runs(&c), 0);
  centre_free(&c);
}

static void test_a_supervisor_stops_all_of_them(void **state) {
  (void)state;
  struct centre c;
  start(&c, "s = Spawn(\"other\")\nr = RunSub(\"other\")\n", "Wait(100)\n");
  centre_do(&c, COMMAND_STOP_SCRIPT, ROLE_SUPERVISOR, SESSION_NOBODY, NULL);
  assert_int_equal(c.step.answer.code, 200);
  assert_int_equal(runs(&c), 0);
  assert_int_equal(centre_status(&c), SESSION_IDLE);
  centre_free(&c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_called_script_returns_its_value),
      cmocka_unit_test(test_a_called_script_may_sleep_and_survives_a_restart),
      cmocka_unit_test(test_globals_pass_through_a_script_that_knows_none),
      cmocka_unit_test(test_an_unknown_script_is_refused_with_the_nearest),
      cmocka_unit_test(test_an_error_in_a_called_script_is_one_of_the_call),
      cmocka_unit_test(test_nobody_is_stranded_by_a_called_script),
      cmocka_unit_test(test_a_script_that_calls_itself_without_end),
      cmocka_unit_test(test_too_much_is_not_passed),
      cmocka_unit_test(test_the_innermost_script_hears_an_event),
      cmocka_unit_test(test_an_event_of_the_caller_ends_the_call),
      cmocka_unit_test(test_a_script_goes_on_as_another),
      cmocka_unit_test(test_who_replaces_a_called_script_returns_for_it),
      cmocka_unit_test(test_scripts_that_replace_each_other_are_stopped),
      cmocka_unit_test(test_a_spawned_script_runs_beside),
      cmocka_unit_test(test_the_error_of_a_spawned_script_is_its_own),
      cmocka_unit_test(test_each_script_hears_a_signal),
      cmocka_unit_test(test_a_session_spawns_a_hundred_scripts),
      cmocka_unit_test(test_all_end_with_the_session),
      cmocka_unit_test(test_a_supervisor_stops_all_of_them),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
