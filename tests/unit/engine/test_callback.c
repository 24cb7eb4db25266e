/* Booked calls: the place of who asked, and the hours of the queue, whoever
 * books, a customer over the API or a script. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/calendar.h"
#include "centre.h"
#include "engine/engine_priv.h"

/* Christmas is a Friday; the office opens again on Thursday, the last day of
 * the year. */
#define HOLIDAY "2026-12-25T10:00:00.000Z"
#define OPENS   "2026-12-31T09:00:00.000Z"

static void put_hours(struct centre *c, const char *openings) {
  char config[160];
  (void)snprintf(config, sizeof config,
                 "{\"id\":\"office\",%s\"holidays\":[{\"date\":\"2026-12-25\","
                 "\"name\":\"Christmas\"}]}",
                 openings);
  centre_put(c, COMMAND_PUT_HOURS, config);
}

static void go_to(struct centre *c, const char *time) {
  assert_true(time_from_text(text_from(time), &c->now_us));
}

/* The entry point's callers, and its fallback, keep office hours. */
static void begin(struct centre *c, const char *script) {
  centre_init(c, script);
  go_to(c, HOLIDAY);
  put_hours(c, "\"thu\":\"09:00-17:00\",\"fri\":\"09:00-17:00\",");
  centre_put(c, COMMAND_PUT_QUEUE, "{\"id\":\"callers\",\"hours\":\"office\"}");
  centre_put(c, COMMAND_PUT_ENTRY,
             script == NULL
                 ? "{\"id\":\"main\",\"bot\":\"cognigy\","
                   "\"callbacks\":\"callers\"}"
                 : "{\"id\":\"main\",\"script\":\"forum\","
                   "\"callbacks\":\"callers\",\"fallback\":\"callers\"}");
}

static void book(struct centre *c, const char *json) {
  centre_supervise(c, COMMAND_BOOK_CALL, json);
}

/* From now on the session is the call. */
static const struct live *the_call(struct centre *c) {
  const struct record *ev = centre_event(c, EVENT_CALLBACK_BOOKED);
  uint32_t slot = 0;
  assert_non_null(ev);
  c->session = record_id(ev, FIELD_BOOKED);
  assert_true(engine_find(c->e, c->session, &slot));
  return engine_live(c->e, slot);
}

static void wait_until(struct centre *c, const char *time) {
  int64_t at_us = 0;
  assert_true(time_from_text(text_from(time), &at_us));
  centre_wait(c, (at_us - c->now_us) / 1000);
}

static void a_call_outside_the_hours_is_booked_for_the_opening(void **state) {
  (void)state;
  struct centre c;
  begin(&c, NULL);
  centre_open_with_bot(&c, false);
  book(&c, "{\"number\":\"030 1234567\",\"due\":\"2026-12-26T12:00:00Z\"}");
  assert_int_equal(c.step.answer.code, 201);
  assert_true(centre_says(&c, "\"due\":\"" OPENS "\""));
  (void)the_call(&c);
  wait_until(&c, "2026-12-31T08:59:59.999Z");
  assert_int_equal(centre_status(&c), SESSION_PENDING);
  wait_until(&c, OPENS);
  assert_int_equal(centre_status(&c), SESSION_QUEUED);
  centre_free(&c);
}

static void a_script_that_books_keeps_to_the_same_hours(void **state) {
  (void)state;
  struct centre c;
  begin(&c, "r = Callback(\"+49 30 1234\", 60)\nLogInfo(\"{r.code} {r.due}\")\n"
            "r = Callback(\"+49 30 1234\", \"2026-12-31T10:00:00Z\")\n"
            "LogInfo(r.due)\n");
  centre_open(&c);
  assert_string_equal(centre_lines(&c),
                      "201 " OPENS "\n2026-12-31T10:00:00.000Z\n");
  centre_free(&c);
}

static void a_queue_that_never_opens_calls_nobody(void **state) {
  (void)state;
  struct centre c;
  begin(&c, "r = Callback(\"1\", 60)\nLogInfo(\"{r.code} {r.refusal}\")\n");
  put_hours(&c, "");
  centre_open(&c);
  assert_string_equal(centre_lines(&c), "409 queue_closed\n");
  book(&c, "{\"number\":\"030 1234567\"}");
  assert_int_equal(c.step.answer.refusal, REFUSAL_QUEUE_CLOSED);
  assert_true(centre_says(&c, "Queue 'callers' does not open within a year."));
  assert_int_equal(centre_count(&c, EVENT_CALLBACK_BOOKED), 0);
  centre_free(&c);
}

/* The calendar was changed after the booking: nobody is called into a closed
 * queue, and over a restart the call is not forgotten. */
static void a_due_call_waits_for_a_queue_that_closed_meanwhile(void **state) {
  (void)state;
  struct centre c;
  begin(&c, NULL);
  centre_open_with_bot(&c, false);
  book(&c, "{\"number\":\"030 1234567\"}");
  (void)the_call(&c);
  put_hours(&c, "\"fri\":\"09:00-17:00\",");
  wait_until(&c, OPENS);
  assert_int_equal(centre_status(&c), SESSION_PENDING);
  assert_int_equal(centre_count(&c, EVENT_CALLBACK_POSTPONED), 1);
  centre_restart(&c);
  wait_until(&c, "2027-01-01T08:59:59Z");
  assert_int_equal(centre_status(&c), SESSION_PENDING);
  wait_until(&c, "2027-01-01T09:00:00Z");
  assert_int_equal(centre_status(&c), SESSION_QUEUED);
  centre_free(&c);
}

static void who_waits_is_called_at_the_same_place(void **state) {
  (void)state;
  struct centre c;
  begin(&c, NULL);
  centre_queue(&c, "{\"queue\":\"support\",\"priority\":7}");
  uint32_t slot = 0;
  assert_true(engine_find(c.e, c.session, &slot));
  const int64_t since_us = engine_live(c.e, slot)->entered_us;
  centre_wait(&c, 60000);
  book(&c, "{\"number\":\"030 1234567\"}");
  assert_int_equal(centre_status(&c), SESSION_COMPLETED);
  (void)the_call(&c);
  centre_wait(&c, 1);
  const struct live *call = NULL;
  assert_true(engine_find(c.e, c.session, &slot));
  call = engine_live(c.e, slot);
  assert_int_equal(call->s.status, SESSION_QUEUED);
  assert_true(call->entered_us == since_us);
  assert_int_equal(call->priority, 7);
  centre_free(&c);
}

static void a_script_that_books_keeps_the_place_too(void **state) {
  (void)state;
  struct centre c;
  centre_init_held(&c, "id = GetSessionInfo().id\n"
                       "Transfer(id, \"support\", \"priority:7\")\nWait(60)\n"
                       "Callback(\"+49 30 1234\", 0)\nHangup(id)\n");
  uint32_t slot = 0;
  assert_true(engine_find(c.e, c.session, &slot));
  const int64_t since_us = engine_live(c.e, slot)->entered_us;
  assert_true(since_us != 0);
  centre_wait(&c, 60000);
  const struct live *call = NULL;
  for (slot = 0; engine_next_session(c.e, &slot); slot++) {
    const struct live *l = engine_live(c.e, slot);
    call = l->call_queue == SESSION_NOBODY ? call : l;
  }
  assert_non_null(call);
  assert_int_equal(call->s.status, SESSION_QUEUED);
  assert_true(call->entered_us == since_us);
  assert_int_equal(call->priority, 7);
  centre_free(&c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_call_outside_the_hours_is_booked_for_the_opening),
      cmocka_unit_test(a_script_that_books_keeps_to_the_same_hours),
      cmocka_unit_test(a_queue_that_never_opens_calls_nobody),
      cmocka_unit_test(a_due_call_waits_for_a_queue_that_closed_meanwhile),
      cmocka_unit_test(who_waits_is_called_at_the_same_place),
      cmocka_unit_test(a_script_that_books_keeps_the_place_too),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
