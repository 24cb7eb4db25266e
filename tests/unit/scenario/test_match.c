/* What fits an expectation, and what does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "domain/heap.h"
#include "scenario/match_priv.h"

static bool texts(const char *pattern, const char *t) {
  return match_text(text_from(pattern), text_from(t));
}

static void test_a_star_is_any_text(void **state) {
  (void)state;
  assert_true(texts("", ""));
  assert_true(texts("*", ""));
  assert_true(texts("Goodbye*", "Goodbye, an agent will be with you."));
  assert_true(texts("*with*you*", "with with you"));
  assert_true(texts("a*b*c", "a-b-b-c"));
  assert_false(texts("a*b*c", "a-c-b"));
  assert_false(texts("Goodbye", "Goodbye!"));
  assert_false(texts("", "x"));
  assert_true(texts("5 \\* 3", "5 * 3"));
  assert_false(texts("5 \\* 3", "5 + 3"));
  assert_true(texts("*\\**", "a*b"));
  assert_false(texts("Get", "GET"));
  assert_true(match_text_nocase(TEXT("Get"), TEXT("GET")));
}

static bool lists(const char *expected, const char *found) {
  struct arena arena;
  struct json *e = NULL, *f = NULL;
  arena_init(&arena, heap_mem(), 0);
  enum bt_err err = json_parse(&arena, text_from(expected), 8, &e, NULL);
  if (err == BT_ERR_OK) {
    err = json_parse(&arena, text_from(found), 8, &f, NULL);
  }
  assert_int_equal(err, BT_ERR_OK);
  const bool good = match_json(e, f);
  arena_free(&arena);
  return good;
}

static void test_members_that_are_not_named_are_free(void **state) {
  (void)state;
  assert_true(lists("{}", "{\"a\":1}"));
  assert_true(lists("{\"a\":1}", "{\"b\":2,\"a\":1}"));
  assert_true(
      lists("{\"a\":{\"b\":\"x*\"}}", "{\"a\":{\"b\":\"xyz\",\"c\":0}}"));
  assert_false(lists("{\"a\":1}", "{\"a\":2}"));
  assert_false(lists("{\"a\":1}", "{}"));
  assert_true(lists("{\"a\":null}", "{}"));
  assert_true(lists("{\"a\":null}", "{\"a\":null}"));
  assert_false(lists("{\"a\":null}", "{\"a\":false}"));
  assert_true(lists("{\"a\":1}", "{\"a\":1.0}"));
  assert_true(lists("{\"a\":17}", "{\"a\":\"17\"}"));
  assert_true(lists("{\"a\":\"17\"}", "{\"a\":17}"));
  assert_false(lists("{\"a\":{}}", "{\"a\":[]}"));
}

static void test_two_stars_are_any_number_of_elements(void **state) {
  (void)state;
  assert_true(lists("[1,2]", "[1,2]"));
  assert_false(lists("[1,2]", "[2,1]"));
  assert_false(lists("[1]", "[1,2]"));
  assert_true(lists("[\"**\"]", "[]"));
  assert_true(lists("[1,\"**\",9]", "[1,9]"));
  assert_true(lists("[1,\"**\",9]", "[1,9,5,9]"));
  assert_false(lists("[1,\"**\",9]", "[1,9,5]"));
}

static void test_a_body_is_json_if_json_is_expected(void **state) {
  (void)state;
  struct arena arena;
  struct json *form = NULL, *object = NULL;
  arena_init(&arena, heap_mem(), 0);
  assert_int_equal(json_parse(&arena, TEXT("\"a=*\""), 8, &form, NULL),
                   BT_ERR_OK);
  assert_int_equal(json_parse(&arena, TEXT("{\"a\":1}"), 8, &object, NULL),
                   BT_ERR_OK);
  assert_true(match_body(&arena, form, TEXT("a=1&b=2")));
  assert_false(match_body(&arena, form, TEXT("b=2")));
  assert_true(match_body(&arena, object, TEXT("{\"b\":2,\"a\":1}")));
  assert_false(match_body(&arena, object, TEXT("a=1")));
  arena_free(&arena);
}

static void test_order_may_be_free(void **state) {
  (void)state;
  const struct text expected[] = {TEXT("a"), TEXT("b*")};
  const struct text found[] = {TEXT("bc"), TEXT("a")};
  const struct text more[] = {TEXT("bc"), TEXT("x"), TEXT("a")};
  const struct text open[] = {TEXT("a"), TEXT("**"), TEXT("b*")};
  assert_false(match_texts(expected, 2, found, 2));
  assert_true(match_texts_unordered(expected, 2, found, 2));
  assert_false(match_texts_unordered(expected, 2, more, 3));
  assert_false(match_texts_unordered(expected, 2, more, 2));
  assert_true(match_texts_unordered(open, 3, more, 3));
}

static void test_a_difference_shows_what_is_in_both(void **state) {
  (void)state;
  const struct text expected[] = {TEXT("idle"), TEXT("queued"), TEXT("active")};
  const struct text found[] = {TEXT("idle"), TEXT("offered"), TEXT("active")};
  struct textbuf out;
  textbuf_init(&out, heap_mem());
  match_diff(expected, 3, found, 3, &out);
  assert_true(text_equal(textbuf_text(&out), TEXT("        idle\n"
                                                  "      - queued\n"
                                                  "      + offered\n"
                                                  "        active\n")));
  textbuf_free(&out);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_star_is_any_text),
      cmocka_unit_test(test_members_that_are_not_named_are_free),
      cmocka_unit_test(test_two_stars_are_any_number_of_elements),
      cmocka_unit_test(test_a_body_is_json_if_json_is_expected),
      cmocka_unit_test(test_order_may_be_free),
      cmocka_unit_test(test_a_difference_shows_what_is_in_both),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
