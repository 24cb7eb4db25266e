/* A queue with hours: refused outside of them, and what scripts are told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/calendar.h"
#include "centre.h"

static void go_to(struct centre *c, const char *time) {
  assert_true(time_from_text(text_from(time), &c->now_us));
}

/* Open on working days from nine to five, Greenwich; Christmas is a Friday. */
static void put_hours(struct centre *c) {
  centre_put(c, COMMAND_PUT_HOURS,
             "{\"id\":\"office\",\"name\":\"Office hours\","
             "\"thu\":\"09:00-17:00\",\"fri\":\"09:00-17:00\","
             "\"holidays\":[{\"date\":\"2026-12-25\","
             "\"name\":\"Christmas\"}]}");
  centre_put(c, COMMAND_PUT_QUEUE, "{\"id\":\"billing\",\"hours\":\"office\"}");
}

static bool body_has(const struct centre *c, const char *part) {
  return text_find(c->step.answer.body, text_from(part), 0) <
         c->step.answer.body.len;
}

static void a_closed_queue_refuses_and_says_when_it_opens(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  go_to(&c, "2026-12-25T10:00:00Z");
  put_hours(&c);
  centre_open_with_bot(&c, true);
  go_to(&c, "2026-12-25T10:00:00Z");
  const uint32_t before = centre_status(&c);
  centre_transfer(&c, "{\"queue\":\"billing\",\"when\":\"released\"}");
  assert_int_equal(c.step.answer.code, 409);
  assert_int_equal(c.step.answer.refusal, REFUSAL_QUEUE_CLOSED);
  assert_int_equal(centre_status(&c), before);
  assert_true(body_has(&c, "\"refusal\":\"queue_closed\""));
  assert_true(body_has(&c, "Queue 'billing' is closed: Christmas; it opens "
                           "2026-12-31T09:00:00+00:00."));
  assert_true(body_has(&c, "\"opensAt\":\"2026-12-31T09:00:00.000Z\""));
  /* Six days less an hour. */
  assert_true(c.step.answer.retry_after_ms ==
              INT64_C(1000) * (6 * 86400 - 3600));
  centre_free(&c);
}

static void pause(struct centre *c, int64_t until_us) {
  struct command cmd =
      centre_command(c, COMMAND_PAUSE_QUEUE, ROLE_SUPERVISOR, SESSION_NOBODY);
  record_set_num(&cmd.args, FIELD_QUEUE,
                 directory_queue(engine_directory(c->e), TEXT("billing")));
  if (until_us != 0) {
    record_set_num(&cmd.args, FIELD_UNTIL, until_us);
  }
  centre_run(c, &cmd);
  assert_int_equal(c->step.answer.code, 200);
}

/* It said the end of the pause, at which it is closed. */
static void
a_pause_that_ends_after_hours_opens_with_the_calendar(void **state) {
  (void)state;
  struct centre c;
  int64_t until_us = 0;
  centre_init(&c, NULL);
  go_to(&c, "2026-12-24T10:00:00Z");
  put_hours(&c);
  centre_queue(&c, "{\"queue\":\"support\"}");
  go_to(&c, "2026-12-24T10:00:00Z");
  assert_true(time_from_text(TEXT("2026-12-24T18:00:00Z"), &until_us));
  pause(&c, until_us);
  centre_transfer(&c, "{\"queue\":\"billing\"}");
  assert_int_equal(c.step.answer.refusal, REFUSAL_QUEUE_PAUSED);
  assert_true(body_has(&c, "it opens 2026-12-31T09:00:00+00:00."));
  assert_true(body_has(&c, "\"opensAt\":\"2026-12-31T09:00:00.000Z\""));
  pause(&c, 0); /* until somebody opens it */
  centre_transfer(&c, "{\"queue\":\"billing\"}");
  assert_true(body_has(&c, "\"opensAt\":null"));
  assert_int_equal(c.step.answer.retry_after_ms, 0);
  centre_free(&c);
}

static void who_waits_already_stays(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  go_to(&c, "2026-12-24T16:59:00Z");
  put_hours(&c);
  centre_open_with_bot(&c, true);
  centre_transfer(&c, "{\"queue\":\"billing\",\"when\":\"released\"}");
  centre_bot(&c, COMMAND_BOT_CLOSED, NULL);
  assert_int_equal(centre_status(&c), SESSION_QUEUED);
  centre_wait(&c, INT64_C(600) * 1000);
  assert_int_equal(centre_status(&c), SESSION_QUEUED);
  centre_free(&c);
}

static bool is_in(const struct centre *c, const char *queue) {
  return centre_status(c) == SESSION_QUEUED &&
         centre_session(c)->queue ==
             directory_queue(engine_directory(c->e), text_from(queue));
}

/* The hours are those of the moment in which it comes, not of the transfer. */
static void an_overflow_that_has_closed_is_passed_over(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  go_to(&c, "2026-12-24T16:59:00Z");
  put_hours(&c);
  centre_put(&c, COMMAND_PUT_QUEUE,
             "{\"id\":\"billing\",\"hours\":\"office\","
             "\"overflow\":\"support\"}");
  centre_put(&c, COMMAND_PUT_QUEUE,
             "{\"id\":\"first\",\"maxWait\":60,\"overflow\":\"billing\"}");
  centre_queue(&c, "{\"queue\":\"first\"}");
  centre_wait(&c, 60000);
  assert_true(is_in(&c, "support"));
  const struct record *skipped = centre_event(&c, EVENT_OVERFLOW_SKIPPED);
  assert_int_equal(record_num(skipped, FIELD_REFUSAL), REFUSAL_QUEUE_CLOSED);
  centre_free(&c);
}

static void a_fallback_that_is_closed_takes_it_when_it_opens(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  go_to(&c, "2026-12-31T08:00:00Z");
  put_hours(&c);
  centre_put(&c, COMMAND_PUT_ENTRY,
             "{\"id\":\"main\",\"bot\":\"cognigy\",\"fallback\":\"billing\"}");
  centre_open_with_bot(&c, true);
  centre_bot(&c, COMMAND_BOT_CLOSED, NULL);
  centre_wait(&c, INT64_C(3599) * 1000);
  assert_int_equal(centre_status(&c), SESSION_IDLE);
  centre_wait(&c, 1001);
  assert_true(is_in(&c, "billing"));
  centre_free(&c);
}

static void a_queue_needs_a_calendar_that_is_there(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  struct command cmd =
      centre_command(&c, COMMAND_PUT_QUEUE, ROLE_SYSTEM, SESSION_NOBODY);
  record_set_text(&cmd.args, FIELD_CONFIG,
                  TEXT("{\"id\":\"billing\",\"hours\":\"offcie\"}"));
  centre_run(&c, &cmd);
  assert_int_equal(c.step.answer.code, 422);
  centre_free(&c);
}

/* ---- CheckHours */

static const char script[] =
    "h = CheckHours(\"office\")\n"
    "LogInfo(\"{h.code} {h.open} {h.opensAt} {h.closesAt} {h.reason}\")\n"
    "u = CheckHours(\"offise\")\n"
    "LogInfo(\"{u.code} {u.detail}\")\n"
    "q = GetQueueInfo(\"billing\")\nLogInfo(\"{q.open}\")\n";

static struct text logged(const struct centre *c, unsigned n) {
  for (size_t i = 0; i < c->step.event_count; i++) {
    if (c->step.events[i].type == EVENT_LOGGED && n-- == 0) {
      return record_text(&c->step.events[i], FIELD_TEXT);
    }
  }
  return TEXT("");
}

static void logs(struct centre *c, const char *time, const char *hours,
                 const char *open) {
  const char *const expected[] = {
      hours, "404 No calendar is called 'offise'. Did you mean 'office'?",
      open};
  go_to(c, time);
  centre_open(c);
  for (unsigned i = 0; i < 3; i++) {
    const struct text line = logged(c, i);
    char text[128];
    (void)snprintf(text, sizeof text, "%.*s", TEXT_ARG(line));
    assert_string_equal(text, expected[i]);
  }
}

static void put_script_centre(struct centre *c) {
  centre_init(c, script);
  put_hours(c);
  centre_put(c, COMMAND_PUT_ENTRY,
             "{\"id\":\"main\",\"script\":\"forum\",\"fallback\":\"support\"}");
}

static void a_script_asks_a_calendar(void **state) {
  (void)state;
  struct centre c;
  put_script_centre(&c);
  logs(&c, "2026-12-24T10:00:00Z", "200 true  2026-12-24T17:00:00+00:00 ",
       "true");
  logs(&c, "2026-12-25T10:00:00Z",
       "200 false 2026-12-31T09:00:00+00:00  Christmas", "false");
  centre_free(&c);
}

static bool keep(void *ctx, const struct record *r) {
  return engine_restore(ctx, r);
}

static void calendars_come_back_out_of_a_snapshot(void **state) {
  (void)state;
  struct centre c;
  put_script_centre(&c);
  struct engine *copy = NULL;
  const struct engine_options options = {.centre = TEXT("test")};
  assert_int_equal(engine_create(&c.tm.mem, &options, &copy), BT_ERR_OK);
  assert_true(engine_save(c.e, keep, copy));
  engine_restore_done(copy, engine_seq(c.e));
  step_clear(&c.step);
  engine_free(c.e);
  c.e = copy;
  logs(&c, "2026-12-25T10:00:00Z",
       "200 false 2026-12-31T09:00:00+00:00  Christmas", "false");
  centre_free(&c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_closed_queue_refuses_and_says_when_it_opens),
      cmocka_unit_test(a_pause_that_ends_after_hours_opens_with_the_calendar),
      cmocka_unit_test(who_waits_already_stays),
      cmocka_unit_test(an_overflow_that_has_closed_is_passed_over),
      cmocka_unit_test(a_fallback_that_is_closed_takes_it_when_it_opens),
      cmocka_unit_test(a_queue_needs_a_calendar_that_is_there),
      cmocka_unit_test(a_script_asks_a_calendar),
      cmocka_unit_test(calendars_come_back_out_of_a_snapshot),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
