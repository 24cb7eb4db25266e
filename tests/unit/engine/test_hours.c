/* Calendars: openings, holidays, days on which clocks change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "base/calendar.h"
#include "engine/config.h"
#include "engine/hours.h"
#include "support.h"

#define BERLIN "CET-1CEST,M3.5.0,M10.5.0/3"

struct given {
  struct test_mem tm;
  struct arena arena;
  struct tz *zone;
  struct hours hours;
};

static void give(struct given *g, const char *rule, const char *source) {
  struct json *tree = NULL;
  struct config_error error;
  *g = (struct given){.zone = NULL};
  test_mem_init(&g->tm);
  arena_init(&g->arena, &g->tm.mem, 0);
  assert_int_equal(
      json_parse(&g->arena, text_from(source), JSON_DEPTH_DEFAULT, &tree, NULL),
      BT_ERR_OK);
  assert_true(config_check(CONFIG_HOURS, tree, 0, &error));
  assert_int_equal(hours_read(tree, &g->arena, &g->hours), BT_ERR_OK);
  if (rule != NULL) {
    assert_int_equal(tz_from_rule(&g->tm.mem, text_from(rule), &g->zone),
                     BT_ERR_OK);
  }
}

static void done(struct given *g) {
  tz_free(g->zone);
  arena_free(&g->arena);
  assert_int_equal(g->tm.live_blocks, 0);
}

static int64_t at(const char *t) {
  int64_t us = 0;
  assert_true(time_from_text(text_from(t), &us));
  return us;
}

static void text_is(struct text got, const char *expected) {
  assert_true(text_equal(got, text_from(expected)));
}

/* Open at @now, until @change; or closed until then. "" for no change. */
static void look(const struct given *g, const char *now, bool open,
                 const char *change) {
  const struct hours_look l = hours_look(&g->hours, g->zone, at(now));
  const int64_t change_us = open ? l.closes_us : l.opens_us;
  char text[HOURS_TIME_MAX];
  assert_int_equal(l.open, open);
  assert_true((open ? l.opens_us : l.closes_us) == 0);
  if (change[0] == '\0') {
    assert_true(change_us == 0);
    return;
  }
  text_is(hours_time_text(g->zone, change_us, text), change);
}

static void a_week_opens_and_closes_by_the_minute(void **state) {
  (void)state;
  struct given g;
  give(&g, NULL,
       "{\"id\":\"o\",\"mon\":\"09:00-12:30, 13:30-18:00\","
       "\"fri\":\"09:00-12:00\"}");
  look(&g, "2026-11-23T08:59:59Z", false, "2026-11-23T09:00:00+00:00");
  look(&g, "2026-11-23T09:00:00Z", true, "2026-11-23T12:30:00+00:00");
  look(&g, "2026-11-23T12:29:59Z", true, "2026-11-23T12:30:00+00:00");
  look(&g, "2026-11-23T12:30:00Z", false, "2026-11-23T13:30:00+00:00");
  look(&g, "2026-11-23T18:00:00Z", false, "2026-11-27T09:00:00+00:00");
  look(&g, "2026-11-27T12:00:00Z", false, "2026-11-30T09:00:00+00:00");
  done(&g);
}

static void a_night_goes_on_past_midnight(void **state) {
  (void)state;
  struct given g;
  give(&g, NULL,
       "{\"id\":\"n\",\"mon\":\"22:00-24:00\",\"tue\":\"00:00-06:00\"}");
  look(&g, "2026-11-23T23:00:00Z", true, "2026-11-24T06:00:00+00:00");
  look(&g, "2026-11-24T05:59:59Z", true, "2026-11-24T06:00:00+00:00");
  look(&g, "2026-11-24T06:00:00Z", false, "2026-11-30T22:00:00+00:00");
  done(&g);
}

static void what_never_changes_says_no_time(void **state) {
  (void)state;
  struct given g;
  give(&g, NULL, "{\"id\":\"never\"}");
  look(&g, "2026-11-23T09:00:00Z", false, "");
  done(&g);
  give(&g, BERLIN,
       "{\"id\":\"always\",\"mon\":\"00:00-24:00\",\"tue\":\"00:00-24:00\","
       "\"wed\":\"00:00-24:00\",\"thu\":\"00:00-24:00\","
       "\"fri\":\"00:00-24:00\",\"sat\":\"00:00-24:00\","
       "\"sun\":\"00:00-24:00\"}");
  look(&g, "2026-11-23T09:00:00Z", true, "");
  done(&g);
}

static void what_is_alike_for_long_changes_with_a_holiday(void **state) {
  (void)state;
  struct given g;
  give(&g, BERLIN,
       "{\"id\":\"but for one day\",\"mon\":\"00:00-24:00\","
       "\"tue\":\"00:00-24:00\",\"wed\":\"00:00-24:00\","
       "\"thu\":\"00:00-24:00\",\"fri\":\"00:00-24:00\","
       "\"sat\":\"00:00-24:00\",\"sun\":\"00:00-24:00\","
       "\"holidays\":[\"2026-11-01\",{\"date\":\"2027-10-03\"},"
       "{\"date\":\"2027-05-01\",\"open\":\"00:00-24:00\"}]}");
  look(&g, "2026-11-23T09:00:00Z", true, "2027-10-03T00:00:00+02:00");
  look(&g, "2027-09-30T09:00:00Z", true, "2027-10-03T00:00:00+02:00");
  done(&g);
  give(&g, BERLIN,
       "{\"id\":\"for one day\",\"holidays\":["
       "{\"date\":\"2027-10-03\",\"open\":\"10:00-12:00\"}]}");
  look(&g, "2026-11-23T09:00:00Z", false, "2027-10-03T10:00:00+02:00");
  look(&g, "2026-10-01T09:00:00Z", false, "");
  look(&g, "2027-10-03T08:00:00Z", true, "2027-10-03T12:00:00+02:00");
  done(&g);
}

static void holidays_close_or_have_their_own_hours(void **state) {
  (void)state;
  struct given g;
  give(&g, BERLIN,
       "{\"id\":\"o\",\"thu\":\"09:00-17:00\",\"fri\":\"09:00-17:00\","
       "\"mon\":\"09:00-17:00\",\"holidays\":[\"2026-12-28\","
       "{\"date\":\"2026-12-25\",\"to\":\"2026-12-26\","
       "\"name\":\"Christmas\"},{\"date\":\"2026-12-24\","
       "\"name\":\"Christmas Eve\",\"open\":\"09:00-12:00\"}]}");
  look(&g, "2026-12-24T10:59:00Z", true, "2026-12-24T12:00:00+01:00");
  look(&g, "2026-12-24T11:00:00Z", false, "2026-12-31T09:00:00+01:00");
  look(&g, "2026-12-25T10:00:00Z", false, "2026-12-31T09:00:00+01:00");
  /* Midnight in Berlin, not in Greenwich, makes the day. */
  text_is(hours_look(&g.hours, g.zone, at("2026-12-24T22:59:59Z")).holiday,
          "Christmas Eve");
  text_is(hours_look(&g.hours, g.zone, at("2026-12-24T23:00:00Z")).holiday,
          "Christmas");
  text_is(hours_look(&g.hours, g.zone, at("2026-12-28T10:00:00Z")).holiday,
          "holiday");
  text_is(hours_look(&g.hours, g.zone, at("2026-12-31T10:00:00Z")).holiday, "");
  done(&g);
}

static void days_on_which_clocks_change_are_as_long_as_they_are(void **state) {
  (void)state;
  struct given g;
  give(&g, BERLIN, "{\"id\":\"o\",\"sun\":\"01:30-04:00\"}");
  /* 2026-03-29: 02:00 is 03:00, so that 04:00 comes an hour sooner. */
  look(&g, "2026-03-29T00:30:00Z", true, "2026-03-29T04:00:00+02:00");
  look(&g, "2026-03-29T01:59:59Z", true, "2026-03-29T04:00:00+02:00");
  look(&g, "2026-03-29T02:00:00Z", false, "2026-04-05T01:30:00+02:00");
  /* 2026-10-25: 03:00 is 02:00 once more. */
  look(&g, "2026-10-24T23:29:59Z", false, "2026-10-25T01:30:00+02:00");
  look(&g, "2026-10-25T02:59:59Z", true, "2026-10-25T04:00:00+01:00");
  look(&g, "2026-10-25T03:00:00Z", false, "2026-11-01T01:30:00+01:00");
  done(&g);
  /* An opening that lies in the hour left out does not take place. */
  give(&g, BERLIN, "{\"id\":\"o\",\"sun\":\"02:00-03:00\"}");
  look(&g, "2026-03-29T00:59:00Z", false, "2026-04-05T02:00:00+02:00");
  look(&g, "2026-03-29T01:10:00Z", false, "2026-04-05T02:00:00+02:00");
  done(&g);
}

static void refused(const char *source, const char *pointer,
                    const char *message) {
  struct test_mem tm;
  struct arena arena;
  struct json *tree = NULL;
  struct config_error error;
  test_mem_init(&tm);
  arena_init(&arena, &tm.mem, 0);
  assert_int_equal(
      json_parse(&arena, text_from(source), JSON_DEPTH_DEFAULT, &tree, NULL),
      BT_ERR_OK);
  assert_false(config_check(CONFIG_HOURS, tree, 0, &error));
  assert_string_equal(error.pointer, pointer);
  assert_string_equal(error.message, message);
  arena_free(&arena);
}

static void what_is_no_calendar_is_refused_with_its_cure(void **state) {
  (void)state;
  static const char *const bad[] = {"9:00-12:00",  "22:00-06:00",
                                    "09:00-25:00", "09:00",
                                    "09:60-10:00", "09:00-12:00, 11:00-13:00"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    char source[128];
    char message[256];
    (void)snprintf(source, sizeof source, "{\"id\":\"o\",\"mon\":\"%s\"}",
                   bad[i]);
    (void)snprintf(message, sizeof message,
                   "expected times such as \"09:00-12:30, 13:30-18:00\", each "
                   "later than the one before, at most 8, found \"%s\"; a "
                   "night is two: until 24:00, and from 00:00 on the next day",
                   bad[i]);
    refused(source, "/mon", message);
  }
  refused("{\"id\":\"o\",\"holidays\":[\"2026-02-30\"]}", "/holidays/0",
          "expected a date such as \"2026-12-25\", found \"2026-02-30\"");
  refused("{\"id\":\"o\",\"holidays\":[{\"name\":\"x\"}]}", "/holidays/0",
          "\"date\" is missing");
  refused("{\"id\":\"o\",\"holidays\":[{\"date\":\"2026-12-26\","
          "\"to\":\"2026-12-25\"}]}",
          "/holidays/0", "\"to\" lies before \"date\": exchange the two");
  refused("{\"id\":\"o\",\"holidays\":[{\"date\":\"2026-12-26\","
          "\"nmae\":\"x\"}]}",
          "/holidays/0/nmae",
          "unknown member \"nmae\"; did you mean \"name\"?");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_week_opens_and_closes_by_the_minute),
      cmocka_unit_test(a_night_goes_on_past_midnight),
      cmocka_unit_test(what_never_changes_says_no_time),
      cmocka_unit_test(what_is_alike_for_long_changes_with_a_holiday),
      cmocka_unit_test(holidays_close_or_have_their_own_hours),
      cmocka_unit_test(days_on_which_clocks_change_are_as_long_as_they_are),
      cmocka_unit_test(what_is_no_calendar_is_refused_with_its_cure),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
