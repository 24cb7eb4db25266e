/* What agents were planned to do, and did. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/calendar.h"
#include "centre.h"
#include "engine/engine_priv.h"

/* 2026-12-24 is a Thursday: anna works from nine to ten, a break of half an
 * hour, and on until twelve. */
static void begin(struct centre *c, const char *time) {
  centre_init(c, NULL);
  assert_true(time_from_text(text_from(time), &c->now_us));
  centre_put(c, COMMAND_PUT_HOURS,
             "{\"id\":\"early\",\"thu\":\"09:00-10:00, 10:30-12:00\"}");
  centre_put(c, COMMAND_PUT_AGENT,
             "{\"id\":\"anna\",\"skills\":[\"AgentSkill\"],\"shift\":"
             "\"early\",\"capacity\":{\"chat\":1}}");
}

static void state(struct centre *c, const char *what) {
  centre_agent(c, "anna", COMMAND_AGENT_STATE, what);
  assert_int_equal(c->step.answer.code, 200);
}

static void minutes(struct centre *c, int64_t count) {
  centre_wait(c, count * 60000);
}

static void has(struct centre *c, const char *expected) {
  struct textbuf b;
  struct json_out o;
  textbuf_init(&b, &c->tm.mem);
  json_out_init(&o, &b);
  engine_write_figures(
      c->e, (struct figures_key){FIGURES_AGENT, centre_number(c, "anna")},
      c->now_us - INT64_C(12) * 3600 * 1000000, c->now_us, &o);
  textbuf_add_char(&b, '\0');
  const struct text total = TEXT("\"total\":");
  const size_t at = text_find(textbuf_text(&b), total, 0);
  const struct text rest = text_sub(textbuf_text(&b), at, b.len);
  if (text_find(rest, text_from(expected), 0) == rest.len) {
    fail_msg("%s is not in %s", expected, b.ptr + at);
  }
  textbuf_free(&b);
}

static void who_keeps_to_the_plan_and_who_does_not(void **s) {
  (void)s;
  struct centre c;
  begin(&c, "2026-12-24T08:30:00Z");
  minutes(&c, 15);
  centre_ready(&c, "anna"); /* 8:45, before the shift */
  minutes(&c, 60);          /* 9:45 */
  state(&c, "{\"state\":\"away\",\"reason\":\"coffee\"}");
  has(&c, "\"plannedMs\":2700000,\"adherentMs\":2700000,"
          "\"unplannedMs\":900000");
  centre_restart(&c);
  minutes(&c, 60); /* 10:45: away for 15 planned minutes, the break, and 15 */
  has(&c, "\"plannedMs\":4500000,\"adherentMs\":2700000,"
          "\"unplannedMs\":900000,\"adherence\":0.6");
  state(&c, "{\"state\":\"available\"}");
  minutes(&c, 90); /* 12:15 */
  has(&c, "\"plannedMs\":9000000,\"adherentMs\":7200000,"
          "\"unplannedMs\":1800000,\"adherence\":0.8");
  centre_free(&c);
}

static void who_does_not_come_at_all_adheres_to_nothing(void **s) {
  (void)s;
  struct centre c;
  begin(&c, "2026-12-24T08:30:00Z");
  minutes(&c, 60);
  has(&c, "\"plannedMs\":1800000,\"adherentMs\":0,\"unplannedMs\":0,"
          "\"adherence\":0");
  centre_free(&c);
}

static void a_plan_that_changes_counts_from_then_on(void **s) {
  (void)s;
  struct centre c;
  begin(&c, "2026-12-24T09:00:00Z");
  centre_ready(&c, "anna");
  minutes(&c, 30);
  centre_put(&c, COMMAND_PUT_HOURS,
             "{\"id\":\"early\",\"thu\":\"18:00-19:00\"}");
  minutes(&c, 30);
  has(&c, "\"plannedMs\":1800000,\"adherentMs\":1800000,"
          "\"unplannedMs\":1800000");
  centre_put(&c, COMMAND_PUT_AGENT,
             "{\"id\":\"anna\",\"skills\":[\"AgentSkill\"]}");
  minutes(&c, 30); /* no plan, nothing to keep to */
  has(&c, "\"plannedMs\":1800000,\"adherentMs\":1800000,"
          "\"unplannedMs\":1800000");
  centre_restart(&c);
  centre_free(&c);
}

static void a_shift_is_a_calendar_that_is_there(void **s) {
  (void)s;
  struct centre c;
  begin(&c, "2026-12-24T09:00:00Z");
  struct command cmd =
      centre_command(&c, COMMAND_PUT_AGENT, ROLE_ADMIN, SESSION_NOBODY);
  record_set_text(&cmd.args, FIELD_CONFIG,
                  TEXT("{\"id\":\"anna\",\"shift\":\"late\"}"));
  centre_run(&c, &cmd);
  assert_int_equal(c.step.answer.code, 422);
  assert_true(centre_says(&c, "No calendar is called 'late'"));
  centre_free(&c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(who_keeps_to_the_plan_and_who_does_not),
      cmocka_unit_test(who_does_not_come_at_all_adheres_to_nothing),
      cmocka_unit_test(a_plan_that_changes_counts_from_then_on),
      cmocka_unit_test(a_shift_is_a_calendar_that_is_there),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
