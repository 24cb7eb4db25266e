#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/command.h"
#include "engine/event.h"
#include "engine/record.h"

static void what_is_missing_reads_as_nothing(void **state) {
  (void)state;
  struct record r;
  memset(&r, 0xa5, sizeof r);
  record_init(&r, 7);
  assert_int_equal(r.type, 7);
  for (uint32_t f = 0; f < FIELDS; f++) {
    assert_false(record_has(&r, (enum field)f));
  }
  assert_int_equal(record_num(&r, FIELD_PRIORITY), 0);
  assert_true(id_is_null(record_id(&r, FIELD_SESSION)));
  assert_int_equal(record_text(&r, FIELD_TEXT).len, 0);
}

static void what_is_set_is_there(void **state) {
  (void)state;
  struct record r;
  record_init(&r, 0);
  record_set_num(&r, FIELD_PRIORITY, -5);
  record_set_id(&r, FIELD_SESSION, (struct id){1, 2});
  record_set_text(&r, FIELD_TEXT, TEXT(""));
  record_set_given(&r, FIELD_NOTE, TEXT(""));
  record_set_given(&r, FIELD_REASON, TEXT("why"));
  assert_int_equal(record_num(&r, FIELD_PRIORITY), -5);
  assert_int_equal(record_id(&r, FIELD_SESSION).lo, 2);
  assert_true(record_has(&r, FIELD_TEXT));
  assert_false(record_has(&r, FIELD_NOTE));
  assert_true(text_equal(record_text(&r, FIELD_REASON), TEXT("why")));
}

static void a_copy_takes_only_what_is_there(void **state) {
  (void)state;
  struct record from;
  struct record to;
  record_init(&from, 0);
  record_init(&to, 0);
  record_set_num(&from, FIELD_PRIORITY, 3);
  record_set_num(&to, FIELD_TIMEOUT, 4);
  record_copy(&to, FIELD_PRIORITY, &from);
  record_copy(&to, FIELD_TIMEOUT, &from);
  assert_int_equal(record_num(&to, FIELD_PRIORITY), 3);
  assert_int_equal(record_num(&to, FIELD_TIMEOUT), 4);
}

static void the_last_field_has_its_bit(void **state) {
  (void)state;
  const enum field last = (enum field)(FIELDS - 1);
  struct record r;
  record_init(&r, 0);
  if (field_is_text(last)) {
    record_set_text(&r, last, TEXT("x"));
  } else if (field_info(last)->kind == KIND_ID) {
    record_set_id(&r, last, (struct id){.hi = 1});
  } else {
    record_set_num(&r, last, 1);
  }
  assert_true(record_has(&r, last));
  assert_false(record_has(&r, (enum field)(FIELDS - 2)));
}

static void names_of_small_enumerations(void **state) {
  (void)state;
  int64_t n = -1;
  assert_true(field_name_to_num(KIND_WHEN, TEXT("Released"), &n));
  assert_int_equal(n, WHEN_RELEASED);
  assert_true(field_name_to_num(KIND_REQUIRE, TEXT("available"), &n));
  assert_string_equal(require_name((uint32_t)n), "available");
  assert_true(field_name_to_num(KIND_CHANNEL, TEXT("voice"), &n));
  assert_string_equal(channel_name((uint32_t)n), "voice");
  assert_true(field_name_to_num(KIND_ROLE, TEXT("supervisor"), &n));
  assert_int_equal(n, ROLE_SUPERVISOR);
  n = 77;
  assert_false(field_name_to_num(KIND_WHEN, TEXT("chat"), &n));
  assert_false(field_name_to_num(KIND_NUM, TEXT("now"), &n));
  assert_int_equal(n, 77);
}

static void names_for_messages(void **state) {
  (void)state;
  size_t count = 0;
  const char *const *names = field_names(KIND_WHEN, &count);
  assert_int_equal(count, WHENS);
  assert_string_equal(names[WHEN_RELEASED], "released");
  assert_null(field_names(KIND_NUM, &count));
  assert_int_equal(count, 0);
}

static void no_command_takes_two_members_of_one_name(void **state) {
  (void)state;
  for (uint32_t type = 0; type < COMMANDS; type++) {
    for (uint32_t f = 0; f < FIELDS; f++) {
      if (command_takes((enum command_type)type, (enum field)f)) {
        const struct text wire = text_from(field_info((enum field)f)->wire);
        assert_int_equal(command_field((enum command_type)type, wire), f);
      }
    }
  }
}

static void every_event_has_a_name_of_its_own(void **state) {
  (void)state;
  for (uint32_t a = 0; a < EVENTS; a++) {
    for (uint32_t b = 0; b < a && event_is_known(a); b++) {
      if (event_is_known(b)) {
        assert_string_not_equal(event_name(a), event_name(b));
      }
    }
  }
  assert_false(event_is_known(EVENTS));
  assert_false(event_is_known(UINT32_MAX));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_missing_reads_as_nothing),
      cmocka_unit_test(what_is_set_is_there),
      cmocka_unit_test(a_copy_takes_only_what_is_there),
      cmocka_unit_test(the_last_field_has_its_bit),
      cmocka_unit_test(names_of_small_enumerations),
      cmocka_unit_test(names_for_messages),
      cmocka_unit_test(no_command_takes_two_members_of_one_name),
      cmocka_unit_test(every_event_has_a_name_of_its_own),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
