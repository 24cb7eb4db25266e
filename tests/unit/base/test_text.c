#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"

static void equality_and_order(void **state) {
  (void)state;
  assert_true(text_equal(TEXT("queue"), TEXT("queue")));
  assert_false(text_equal(TEXT("queue"), TEXT("queues")));
  assert_false(text_equal(TEXT("queue"), TEXT("Queue")));
  assert_true(text_equal_nocase(TEXT("queue"), TEXT("QUEUE")));
  assert_false(text_equal_nocase(TEXT("[queue"), TEXT("{QUEUE")));
  assert_true(text_compare(TEXT("a"), TEXT("ab")) < 0);
  assert_true(text_compare(TEXT("b"), TEXT("ab")) > 0);
  assert_int_equal(text_compare(TEXT("ab"), TEXT("ab")), 0);
  assert_true(text_compare(TEXT("\x7f"), TEXT("\xff")) < 0);
  assert_true(text_compare_nocase(TEXT("ABC"), TEXT("abd")) < 0);
  assert_int_equal(text_compare_nocase(TEXT("ABC"), TEXT("abc")), 0);
}

static void empty_text_may_have_no_place(void **state) {
  (void)state;
  const struct text nowhere = {NULL, 0};
  assert_true(text_equal(nowhere, TEXT("")));
  assert_int_equal(text_compare(nowhere, TEXT("")), 0);
  assert_true(text_starts(nowhere, TEXT("")));
  assert_true(text_ends(nowhere, nowhere));
  assert_int_equal(text_find(nowhere, TEXT("x"), 0), 0);
  assert_int_equal(text_trim(nowhere).len, 0);
  assert_int_equal(text_sub(nowhere, 3, 3).len, 0);
  assert_int_equal(text_from(NULL).len, 0);
  assert_int_equal(text_from("four").len, 4);
}

static void beginnings_and_ends(void **state) {
  (void)state;
  assert_true(text_starts(TEXT("session-7"), TEXT("session")));
  assert_false(text_starts(TEXT("sess"), TEXT("session")));
  assert_true(text_ends(TEXT("centre.yaml"), TEXT(".yaml")));
  assert_false(text_ends(TEXT("yaml"), TEXT(".yaml")));
}

static void finding(void **state) {
  (void)state;
  const struct text t = TEXT("to be or not to be");
  assert_int_equal(text_find(t, TEXT("to"), 0), 0);
  assert_int_equal(text_find(t, TEXT("to"), 1), 13);
  assert_int_equal(text_find(t, TEXT("be"), 4), 16);
  assert_int_equal(text_find(t, TEXT("bee"), 0), t.len);
  assert_int_equal(text_find(t, TEXT("to"), 14), t.len);
  assert_int_equal(text_find(t, TEXT(""), 5), 5);
  assert_int_equal(text_find(t, TEXT("to"), 99), t.len);
  assert_int_equal(text_find(TEXT("aaab"), TEXT("aab"), 0), 1);
}

static void slices_are_clipped(void **state) {
  (void)state;
  const struct text t = TEXT("handover");
  assert_true(text_equal(text_sub(t, 4, 100), TEXT("over")));
  assert_true(text_equal(text_sub(t, 0, 4), TEXT("hand")));
  assert_int_equal(text_sub(t, 100, 1).len, 0);
  assert_true(text_equal(text_trim(TEXT(" \t\r\n a b \n")), TEXT("a b")));
  assert_int_equal(text_trim(TEXT(" \n ")).len, 0);
}

static void distance_counts_what_a_typist_does(void **state) {
  (void)state;
  assert_int_equal(text_distance(TEXT("kitten"), TEXT("sitting")), 3);
  assert_int_equal(text_distance(TEXT(""), TEXT("abc")), 3);
  assert_int_equal(text_distance(TEXT("abc"), TEXT("")), 3);
  assert_int_equal(text_distance(TEXT("Queue"), TEXT("qUEUE")), 0);
  assert_int_equal(text_distance(TEXT("flaw"), TEXT("lawn")), 2);
  assert_int_equal(text_distance(TEXT("agnet"), TEXT("agent")), 1);
  assert_int_equal(text_distance(TEXT("ab"), TEXT("ba")), 1);
  assert_int_equal(text_distance(TEXT("ca"), TEXT("abc")), 3);
  char many[200];
  for (size_t i = 0; i < sizeof many; i++) {
    many[i] = 'x';
  }
  assert_int_equal(text_distance((struct text){many, sizeof many}, TEXT("")),
                   64);
}

static void did_you_mean(void **state) {
  (void)state;
  const struct text words[] = {TEXT("transfer"), TEXT("timeout"),
                               TEXT("priority"), TEXT("queue"),
                               TEXT("acceleration")};
  assert_int_equal(text_nearest(TEXT("tranfser"), words, 5), 0);
  assert_int_equal(text_nearest(TEXT("quue"), words, 5), 3);
  assert_int_equal(text_nearest(TEXT("Timeot"), words, 5), 1);
  assert_int_equal(text_nearest(TEXT("acceltn"), words, 5), 4); /* prefix */
  assert_int_equal(text_nearest(TEXT("banana"), words, 5), 5);
  assert_int_equal(text_nearest(TEXT("queue"), words, 0), 0);
}

static void the_nearest_wins_and_the_first_of_equals(void **state) {
  (void)state;
  const struct text words[] = {TEXT("skills"), TEXT("skill"), TEXT("skull")};
  assert_int_equal(text_nearest(TEXT("skill"), words, 3), 1);
  const struct text twins[] = {TEXT("agentA"), TEXT("agentB")};
  assert_int_equal(text_nearest(TEXT("agentX"), twins, 2), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(equality_and_order),
      cmocka_unit_test(empty_text_may_have_no_place),
      cmocka_unit_test(beginnings_and_ends),
      cmocka_unit_test(finding),
      cmocka_unit_test(slices_are_clipped),
      cmocka_unit_test(distance_counts_what_a_typist_does),
      cmocka_unit_test(did_you_mean),
      cmocka_unit_test(the_nearest_wins_and_the_first_of_equals),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
