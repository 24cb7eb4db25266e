/* Card numbers are written over, and other numbers are not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/cards.h"

static void assert_masked(const char *given, const char *wanted, bool json) {
  char bytes[512];
  const size_t len = strlen(given);
  memcpy(bytes, given, len + 1);
  (void)cards_mask(bytes, len, json);
  assert_string_equal(bytes, wanted);
}

static void says(const char *given, const char *wanted) {
  assert_masked(given, wanted, false);
}

static void stays(const char *given) {
  says(given, given);
}

/* Numbers that the schemes give out for tests. */
static void each_scheme_is_known(void **state) {
  (void)state;
  says("4111111111111111", "************1111");
  says("4222222222222", "*********2222");
  says("5555555555554444", "************4444");
  says("2223003122003222", "************3222");
  says("378282246310005", "***********0005");
  says("30569309025904", "**********5904");
  says("6011111111111117", "************1117");
  says("3530111333300000", "************0000");
  says("6200000000000005", "************0005");
  says("6304000000000000", "************0000");
}

static void digits_may_stand_in_groups(void **state) {
  (void)state;
  says("It is 4111 1111 1111 1111, until 12/29.",
       "It is **** **** **** 1111, until 12/29.");
  says("4111-1111-1111-1111", "****-****-****-1111");
  says("4111 - 1111 - 1111 - 1111", "**** - **** - **** - 1111");
  says("3782 822463 10005", "**** ****** *0005");
  says("4111.1111.1111.1111/x", "****.****.****.1111/x");
  says("4111\xC2\xA0"
       "1111\xC2\xA0"
       "1111\xE2\x80\xAF"
       "1111",
       "****\xC2\xA0****\xC2\xA0****\xE2\x80\xAF"
       "1111");
}

static void it_is_found_between_other_numbers(void **state) {
  (void)state;
  says("order 12 4111 1111 1111 1111 30", "order 12 **** **** **** 1111 30");
  says("Visa4111111111111111, MC-5555555555554444",
       "Visa************1111, MC-************4444");
}

static void a_second_one_is_found_too(void **state) {
  (void)state;
  char two[] = "4111111111111111 or 5555555555554444";
  assert_int_equal(cards_mask(two, strlen(two), false), 2);
  assert_string_equal(two, "************1111 or ************4444");
}

static void other_numbers_stay(void **state) {
  (void)state;
  stays("4111111111111112");       /* the check digit */
  stays("9111111111111111");       /* no scheme begins so */
  stays("order 2026030112345678"); /* neither */
  stays("+49 30 1234567, +49 171 1234567");
  stays("41111111111111111111111");     /* longer than any card */
  stays("4111 1111 1111");              /* shorter */
  stays("DE89 3704 0044 0532 0130 00"); /* an account */
  stays("2026-03-01T09:30:00.000Z");
  stays("");
}

static void ids_stay(void **state) {
  (void)state;
  stays("01234567-4111-1111-1111-111111114444");
  stays("018bcfe5-4111-1111-1111-1111a2b3c4d5");
  stays("41111111-1111-1111-8abc-0123456789ab");
  stays("5f4111111111111111aa01bc");
  stays("5f4111111111111111");
  stays("A-17-4111111111111111");
}

static void json_stays_json(void **state) {
  (void)state;
  assert_masked("{\"card\":\"4111 1111 1111 1111\",\"n\":4111111111111111}",
                "{\"card\":\"**** **** **** 1111\",\"n\":9999999999991111}",
                true);
  assert_masked("[\"a\\\"4111111111111111\",1]",
                "[\"a\\\"************1111\",1]", true);
  /* 4111 - 1111 … is no number without quotation marks. */
  assert_masked("[4111,1111,1111,1111]", "[4111,1111,1111,1111]", true);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_scheme_is_known),
      cmocka_unit_test(digits_may_stand_in_groups),
      cmocka_unit_test(it_is_found_between_other_numbers),
      cmocka_unit_test(a_second_one_is_found_too),
      cmocka_unit_test(other_numbers_stay),
      cmocka_unit_test(ids_stay),
      cmocka_unit_test(json_stays_json),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
