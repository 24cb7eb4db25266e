/* A debugger watches the scripts of a session: what stands still, what goes on,
 * and what the journal says of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "centre.h"
#include "engine/debug.h"
#include "studio/inspect.h"

static const char script[] = "n = 1\n"                /* 1 */
                             "n = twice(n)\n"         /* 2 */
                             "LogInfo(\"n {n}\")\n"   /* 3 */
                             "r = Wait(5)\n"          /* 4 */
                             "n = n + 1\n"            /* 5 */
                             "LogInfo(\"end {n}\")\n" /* 6 */
                             "FUNCTION twice(v) {\n"  /* 7 */
                             "  w = v * 2\n"          /* 8 */
                             "  RETURN w\n"           /* 9 */
                             "}\n";

static uint32_t slot_of(const struct centre *c) {
  uint32_t slot = 0;
  assert_true(engine_find(c->e, c->session, &slot));
  return slot;
}

/* A session whose script has not begun, with a debugger. */
static void start(struct centre *c, const char *settings) {
  centre_init(c, script);
  centre_open_with_bot(c, false);
  centre_do(c, COMMAND_DEBUG, ROLE_SUPERVISOR, SESSION_NOBODY, settings);
  assert_int_equal(c->step.answer.code, 200);
  centre_bot(c, COMMAND_GOODBYE, "{\"outcome\":\"escalate\"}");
}

static void step(struct centre *c, const char *name) {
  char json[64];
  (void)snprintf(json, sizeof json, "{\"step\":\"%s\"}", name);
  centre_do(c, COMMAND_DEBUG_STEP, ROLE_SUPERVISOR, SESSION_NOBODY, json);
}

/* The line before which the run stands still; 0 if none does. */
static uint32_t paused_line(const struct centre *c) {
  struct vm *vm = NULL;
  const struct engine_run_state which = {.slot = slot_of(c)};
  if (engine_paused_run(c->e, which.slot) == 0) {
    return 0;
  }
  assert_int_equal(engine_open_run(c->e, &which, &c->tm.mem, &vm), BT_ERR_OK);
  const uint32_t line = vm_line(vm);
  vm_free(vm);
  return line;
}

static bool has_logged(const struct centre *c, const char *text) {
  const struct record *ev = centre_event(c, EVENT_LOGGED);
  return ev != NULL && text_equal(record_text(ev, FIELD_TEXT), text_from(text));
}

static void a_breakpoint_holds_only_the_run(void **state) {
  (void)state;
  struct centre c;
  start(&c, "{\"breakpoints\":[{\"line\":3}]}");
  assert_int_equal(paused_line(&c), 3);
  const struct record *slept = centre_event(&c, EVENT_SCRIPT_SLEPT);
  assert_non_null(slept);
  assert_true(text_equal(record_text(slept, FIELD_REASON), TEXT("breakpoint")));
  assert_int_equal(record_num(slept, FIELD_LINE), 3);
  /* The session's own life goes on meanwhile. */
  centre_bot(&c, COMMAND_BOT_CLOSED, NULL);
  assert_int_equal(centre_status(&c), SESSION_IDLE);
  assert_int_equal(paused_line(&c), 3);
  step(&c, "continue");
  assert_int_equal(c.step.answer.code, 200);
  assert_true(has_logged(&c, "n 2"));
  assert_int_equal(paused_line(&c), 0);
  centre_wait(&c, 5000);
  assert_true(has_logged(&c, "end 3"));
  centre_free(&c);
}

static void steps_go_in_over_and_out(void **state) {
  (void)state;
  struct centre c;
  start(&c, "{\"step\":\"pause\"}");
  assert_int_equal(paused_line(&c), 1);
  step(&c, "over");
  assert_int_equal(paused_line(&c), 2);
  step(&c, "in");
  assert_int_equal(paused_line(&c), 8);
  step(&c, "out");
  assert_int_equal(paused_line(&c), 3);
  step(&c, "over");
  assert_int_equal(paused_line(&c), 4);
  step(&c, "over"); /* over a line that sleeps: it stands still behind it */
  assert_int_equal(paused_line(&c), 0);
  centre_wait(&c, 5000);
  assert_int_equal(paused_line(&c), 5);
  centre_free(&c);
  start(&c, "{\"breakpoints\":[{\"line\":2}]}");
  step(&c, "over");
  assert_int_equal(paused_line(&c), 3);
  centre_free(&c);
}

static void a_condition_decides(void **state) {
  (void)state;
  struct centre c;
  start(&c, "{\"breakpoints\":[{\"line\":3,\"condition\":\"n > 10\"},"
            "{\"line\":5,\"condition\":\"n = 2\"}]}");
  assert_int_equal(paused_line(&c), 0);
  centre_wait(&c, 5000);
  assert_int_equal(paused_line(&c), 5);
  centre_free(&c);
  start(&c, "{\"breakpoints\":[{\"line\":3,\"condition\":\"nobody\"}]}");
  assert_int_equal(paused_line(&c), 3);
  const struct record *slept = centre_event(&c, EVENT_SCRIPT_SLEPT);
  assert_true(text_starts(record_text(slept, FIELD_REASON),
                          TEXT("breakpoint; its condition cannot")));
  centre_free(&c);
}

/* The lines on which the loop stood still, by what n was there. */
static void a_breakpoint_counts(const char *hits, const char *wanted) {
  struct centre c;
  char json[128], found[128] = "";
  (void)snprintf(json, sizeof json,
                 "{\"breakpoints\":[{\"line\":3,\"hits\":\"%s\"}]}", hits);
  centre_init(&c, "Wait(1)\nFOR i = 1 TO 7 {\n n = i\n}\nLogInfo(n)\n");
  centre_open_with_bot(&c, true);
  centre_supervise(&c, COMMAND_DEBUG, json);
  assert_int_equal(c.step.answer.code, 200);
  centre_tick_after(&c, 1000);
  while (centre_count(&c, EVENT_SCRIPT_SLEPT) > 0) {
    struct inspect_result r;
    struct vm *vm = NULL;
    uint32_t slot;
    assert_true(engine_find(c.e, c.session, &slot));
    const struct engine_run_state which = {.slot = slot};
    assert_int_equal(engine_open_run(c.e, &which, &c.tm.mem, &vm), BT_ERR_OK);
    inspect_result_init(&r, &c.tm.mem);
    assert_int_equal(inspect_evaluate(vm, 0, TEXT("i"), &r), BT_ERR_OK);
    (void)snprintf(found + strlen(found), sizeof found - strlen(found), "%.*s ",
                   TEXT_ARG(textbuf_text(&r.text)));
    inspect_result_free(&r);
    vm_free(vm);
    centre_supervise(&c, COMMAND_DEBUG_STEP, "{\"step\":\"continue\"}");
  }
  assert_string_equal(found, wanted);
  assert_string_equal(centre_lines(&c), "7\n");
  centre_free(&c);
}

static void a_breakpoint_counts_how_often_it_is_reached(void **state) {
  (void)state;
  a_breakpoint_counts("", "1 2 3 4 5 6 7 ");
  a_breakpoint_counts("5", "5 6 7 ");
  a_breakpoint_counts(">= 6", "6 7 ");
  a_breakpoint_counts(">6", "7 ");
  a_breakpoint_counts("=4", "4 ");
  a_breakpoint_counts("%3", "3 6 ");
}

static void hits_that_are_none_are_refused(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, "Wait(1)\n");
  centre_open_with_bot(&c, true);
  centre_supervise(&c, COMMAND_DEBUG,
                   "{\"breakpoints\":[{\"line\":1,\"hits\":\"often\"}]}");
  assert_true(centre_says(&c, "hits is how often it is reached"));
  centre_supervise(&c, COMMAND_DEBUG,
                   "{\"breakpoints\":[{\"line\":1,\"hits\":\"%0\"}]}");
  assert_true(centre_says(&c, "hits is how often it is reached"));
  centre_supervise(&c, COMMAND_DEBUG,
                   "{\"breakpoints\":[{\"line\":1,\"log\":7}]}");
  assert_true(centre_says(&c, "hits and log are texts"));
  centre_free(&c);
}

static void a_breakpoint_that_logs_does_not_stop(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, "Wait(1)\nFOR i = 1 TO 4 {\n n = i\n}\nLogInfo(n)\n");
  centre_open_with_bot(&c, true);
  centre_supervise(
      &c, COMMAND_DEBUG,
      "{\"breakpoints\":[{\"line\":3,\"hits\":\">1\",\"condition\":"
      "\"i != 3\",\"log\":\"a \\\"quoted\\\" \\\\ {i + 1} "
      "{\\\"x\\\".upper()}\"},"
      "{\"line\":5,\"log\":\"{nobody}\"}]}");
  assert_int_equal(c.step.answer.code, 200);
  centre_tick_after(&c, 1000);
  assert_string_equal(centre_lines(&c),
                      "a \"quoted\" \\ 3 X\na \"quoted\" \\ 5 X\n"
                      "the log cannot be computed: column 4: no variable "
                      "is called 'nobody' here\n4\n");
  assert_int_equal(centre_count(&c, EVENT_SCRIPT_SLEPT), 0);
  centre_free(&c);
}

static void breakpoints_of_other_scripts_are_theirs(void **state) {
  (void)state;
  struct centre c;
  start(&c, "{\"breakpoints\":[{\"line\":3,\"script\":\"other\"},"
            "{\"line\":5,\"script\":\"forum\"}]}");
  assert_int_equal(paused_line(&c), 0);
  centre_wait(&c, 5000);
  assert_int_equal(paused_line(&c), 5);
  centre_free(&c);
}

static void a_pause_has_a_limit(void **state) {
  (void)state;
  struct centre c;
  start(&c, "{\"breakpoints\":[{\"line\":3},{\"line\":6}],\"pauseLimit\":10}");
  assert_int_equal(paused_line(&c), 3);
  centre_wait(&c, 10000);
  assert_non_null(centre_event(&c, EVENT_DEBUGGER_GONE));
  assert_true(has_logged(&c, "n 2"));
  centre_wait(&c, 5000); /* nobody is there for line 6 */
  assert_true(has_logged(&c, "end 3"));
  centre_free(&c);
}

static void a_restart_lets_the_run_go_on(void **state) {
  (void)state;
  struct centre c;
  start(&c, "{\"breakpoints\":[{\"line\":3}]}");
  assert_int_equal(paused_line(&c), 3);
  centre_do(&c, COMMAND_RECOVERED, ROLE_SYSTEM, SESSION_NOBODY, NULL);
  assert_non_null(centre_event(&c, EVENT_DEBUGGER_GONE));
  assert_true(has_logged(&c, "n 2"));
  assert_int_equal(paused_line(&c), 0);
  centre_free(&c);
}

static void a_debugger_that_goes_lets_the_run_go_on(void **state) {
  (void)state;
  struct centre c;
  start(&c, "{\"breakpoints\":[{\"line\":3}]}");
  centre_do(&c, COMMAND_DEBUG_OFF, ROLE_SUPERVISOR, SESSION_NOBODY, NULL);
  assert_int_equal(c.step.answer.code, 200);
  assert_true(has_logged(&c, "n 2"));
  centre_do(&c, COMMAND_DEBUG_OFF, ROLE_SUPERVISOR, SESSION_NOBODY, NULL);
  assert_int_equal(c.step.answer.refusal, REFUSAL_NOT_FOUND);
  centre_free(&c);
}

static void an_event_of_the_session_comes_first(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, "n = 1\nn = 2\nON Signal {\n  LogInfo(\"signal {n}\")\n}\n");
  centre_open_with_bot(&c, false);
  centre_do(&c, COMMAND_DEBUG, ROLE_SUPERVISOR, SESSION_NOBODY,
            "{\"breakpoints\":[{\"line\":2}]}");
  centre_bot(&c, COMMAND_GOODBYE, "{\"outcome\":\"escalate\"}");
  assert_int_equal(paused_line(&c), 2);
  centre_do(&c, COMMAND_SIGNAL, ROLE_SUPERVISOR, SESSION_NOBODY, "{}");
  assert_true(has_logged(&c, "signal 1"));
  assert_int_equal(paused_line(&c), 0);
  centre_free(&c);
}

static void each_line_becomes_an_event(void **state) {
  (void)state;
  struct centre c;
  start(&c, "{\"trace\":true}");
  assert_int_equal(centre_count(&c, EVENT_SCRIPT_LINE), 6);
  const struct record *line = centre_event(&c, EVENT_SCRIPT_LINE);
  assert_int_equal(record_num(line, FIELD_LINE), 1);
  assert_true(text_equal(record_text(line, FIELD_CHANGED),
                         TEXT("{\"n\":{\"old\":null,\"new\":1}}")));
  /* One can look at the run as the line left it, whatever came since. */
  struct vm *vm = NULL;
  struct inspect_result r;
  const struct engine_run_state which = {
      .slot = slot_of(&c), .image = record_text(line, FIELD_IMAGE)};
  assert_int_equal(engine_open_run(c.e, &which, &c.tm.mem, &vm), BT_ERR_OK);
  inspect_result_init(&r, &c.tm.mem);
  assert_int_equal(vm_line(vm), 2);
  assert_int_equal(inspect_evaluate(vm, 0, TEXT("n + 10"), &r), BT_ERR_OK);
  assert_true(text_equal(textbuf_text(&r.text), TEXT("11")));
  inspect_result_free(&r);
  vm_free(vm);
  const uint32_t version = centre_session(&c)->version;
  centre_wait(&c, 5000);
  line = centre_event(&c, EVENT_SCRIPT_LINE);
  assert_int_equal(record_num(line, FIELD_LINE), 4);
  assert_int_equal(record_num(line, FIELD_ELAPSED), 5000000);
  assert_int_equal(centre_count(&c, EVENT_SCRIPT_LINE), 3);
  /* Being watched is no change that a caller's If-Match must see. */
  assert_true(centre_session(&c)->version < version + 4);
  centre_free(&c);
}

static void a_long_loop_does_not_flood_the_journal(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, "FOR i = 1 TO 5000 {\n  n = i\n}\nWait(1)\n");
  centre_open_with_bot(&c, false);
  centre_do(&c, COMMAND_DEBUG, ROLE_SUPERVISOR, SESSION_NOBODY,
            "{\"trace\":true}");
  centre_bot(&c, COMMAND_GOODBYE, "{\"outcome\":\"escalate\"}");
  assert_int_equal(centre_count(&c, EVENT_SCRIPT_LINE), 1001);
  int64_t left_out = 0;
  for (size_t i = 0; i < c.step.event_count; i++) {
    left_out += record_num(&c.step.events[i], FIELD_LEFT_OUT);
  }
  assert_int_equal(left_out, 9001);
  centre_free(&c);
}

static void a_watched_loop_does_not_hold_up_the_others(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, "FOR i = 1 TO 50000 {\n  n = i\n}\nWait(1)\n");
  centre_open_with_bot(&c, false);
  centre_do(&c, COMMAND_DEBUG, ROLE_SUPERVISOR, SESSION_NOBODY,
            "{\"breakpoints\":[{\"line\":2,\"condition\":\"i < 0\"}]}");
  centre_bot(&c, COMMAND_GOODBYE, "{\"outcome\":\"escalate\"}");
  const struct record *slept = centre_event(&c, EVENT_SCRIPT_SLEPT);
  assert_true(text_ends(record_text(slept, FIELD_REASON),
                        TEXT("10000 times at one moment")));
  step(&c, "continue"); /* and goes on looking where it stood */
  assert_int_equal(paused_line(&c), 2);
  centre_free(&c);
}

static void a_variable_of_a_paused_run_can_be_changed(void **state) {
  (void)state;
  struct centre c;
  start(&c, "{\"breakpoints\":[{\"line\":9}]}");
  centre_do(&c, COMMAND_DEBUG_CHANGE, ROLE_ADMIN, SESSION_NOBODY,
            "{\"name\":\"w\",\"expression\":\"v + 40\"}");
  assert_int_equal(c.step.answer.code, 200);
  const struct record *ev = centre_event(&c, EVENT_SCRIPT_CHANGED);
  assert_true(text_equal(record_text(ev, FIELD_VALUE), TEXT("41")));
  centre_do(&c, COMMAND_DEBUG_CHANGE, ROLE_ADMIN, SESSION_NOBODY,
            "{\"name\":\"nobody\",\"expression\":\"1\"}");
  assert_int_equal(c.step.answer.code, 422);
  assert_true(centre_says(&c, "no variable is called 'nobody' here"));
  centre_do(&c, COMMAND_DEBUG_CHANGE, ROLE_ADMIN, SESSION_NOBODY,
            "{\"name\":\"w\",\"expression\":\"1 +\"}");
  assert_int_equal(c.step.answer.code, 422);
  centre_do(&c, COMMAND_DEBUG_CHANGE, ROLE_ADMIN, SESSION_NOBODY,
            "{\"name\":\"w\",\"expression\":\"1\",\"frame\":7}");
  assert_int_equal(c.step.answer.code, 422);
  step(&c, "continue");
  assert_true(has_logged(&c, "n 41"));
  centre_free(&c);
}

static void what_cannot_be_is_refused(void **state) {
  (void)state;
  struct centre c;
  static const struct {
    const char *json, *says;
  } bad[] = {
      {"{\"breakpoints\":[{\"line\":0}]}", "needs a line from 1 on"},
      {"{\"breakpoints\":[{\"lines\":1}]}", "needs a line from 1 on"},
      {"{\"breakpoints\":[{\"line\":1,\"if\":\"x\"}]}", "not line, script"},
      {"{\"breakpoints\":[{\"line\":1,\"condition\":1}]}", "are texts"},
      {"{\"step\":\"back\"}", "there are continue, in, over, out and pause"},
  };
  centre_init(&c, script);
  centre_open_with_bot(&c, false);
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    centre_do(&c, COMMAND_DEBUG, ROLE_SUPERVISOR, SESSION_NOBODY, bad[i].json);
    assert_int_equal(c.step.answer.code, 422);
    if (!centre_says(&c, bad[i].says)) {
      fail_msg("%.*s", TEXT_ARG(c.step.answer.body));
    }
  }
  step(&c, "over");
  assert_int_equal(c.step.answer.refusal, REFUSAL_NOT_PAUSED);
  centre_agent(&c, "anna", COMMAND_DEBUG, "{}");
  assert_int_equal(c.step.answer.refusal, REFUSAL_FORBIDDEN);
  centre_free(&c);
}

static bool to_other(void *ctx, const struct record *r) {
  return engine_restore(ctx, r);
}

static void a_snapshot_keeps_the_debugger(void **state) {
  (void)state;
  struct centre c;
  start(&c, "{\"breakpoints\":[{\"line\":3}],\"trace\":true}");
  const struct engine_options options = {.centre = TEXT("test")};
  struct engine *other = NULL;
  assert_int_equal(engine_create(&c.tm.mem, &options, &other), BT_ERR_OK);
  assert_true(engine_save(c.e, to_other, other));
  engine_restore_done(other, engine_seq(c.e));
  struct engine *first = c.e;
  c.e = other;
  assert_int_equal(paused_line(&c), 3);
  step(&c, "over");
  assert_int_equal(paused_line(&c), 4);
  c.e = first;
  engine_free(other);
  centre_free(&c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_breakpoint_holds_only_the_run),
      cmocka_unit_test(steps_go_in_over_and_out),
      cmocka_unit_test(a_condition_decides),
      cmocka_unit_test(a_breakpoint_counts_how_often_it_is_reached),
      cmocka_unit_test(hits_that_are_none_are_refused),
      cmocka_unit_test(a_breakpoint_that_logs_does_not_stop),
      cmocka_unit_test(breakpoints_of_other_scripts_are_theirs),
      cmocka_unit_test(a_pause_has_a_limit),
      cmocka_unit_test(a_restart_lets_the_run_go_on),
      cmocka_unit_test(a_debugger_that_goes_lets_the_run_go_on),
      cmocka_unit_test(an_event_of_the_session_comes_first),
      cmocka_unit_test(each_line_becomes_an_event),
      cmocka_unit_test(a_long_loop_does_not_flood_the_journal),
      cmocka_unit_test(a_watched_loop_does_not_hold_up_the_others),
      cmocka_unit_test(a_variable_of_a_paused_run_can_be_changed),
      cmocka_unit_test(what_cannot_be_is_refused),
      cmocka_unit_test(a_snapshot_keeps_the_debugger),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
