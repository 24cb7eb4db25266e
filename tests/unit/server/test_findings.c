#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/findings.h"
#include "support.h"

static struct finding_place place(const char *file, uint32_t line,
                                  uint32_t column) {
  return (struct finding_place){
      .file = text_from(file), .line = line, .column = column};
}

static void assert_printed(const struct findings *f, const char *expected) {
  struct textbuf b;
  textbuf_init(&b, f->arena.mem);
  findings_print(f, &b);
  textbuf_add_char(&b, '\0');
  assert_string_equal(b.ptr, expected);
  textbuf_free(&b);
}

static void findings_are_read_from_the_top_of_each_file(void **state) {
  (void)state;
  struct test_mem tm;
  struct findings f;
  test_mem_init(&tm);
  findings_init(&f, &tm.mem);
  findings_add(&f, FINDING_ERROR, place("b.yaml", 7, 1), "seventh");
  findings_add(&f, FINDING_WARNING, place("a.studio", 1, 1), "script");
  findings_add(&f, FINDING_ERROR, place("b.yaml", 2, 9), "second %d", 2);
  findings_add(&f, FINDING_ERROR, place("b.yaml", 2, 3), "before it");
  findings_add(&f, FINDING_ERROR, place("b.yaml", 0, 0), "the whole");
  findings_sort(&f);
  assert_int_equal(f.errors, 4);
  assert_int_equal(f.warnings, 1);
  assert_printed(&f, "b.yaml: error: the whole\n"
                     "b.yaml:2:3: error: before it\n"
                     "b.yaml:2:9: error: second 2\n"
                     "b.yaml:7:1: error: seventh\n"
                     "a.studio:1:1: warning: script\n");
  findings_free(&f);
  assert_int_equal(tm.live_bytes, 0);
}

static void a_file_full_of_errors_is_cut(void **state) {
  (void)state;
  struct test_mem tm;
  struct findings f;
  test_mem_init(&tm);
  findings_init(&f, &tm.mem);
  for (uint32_t i = 1; i <= FINDINGS_MAX + 5; i++) {
    findings_add(&f, FINDING_ERROR, place("x", i, 1), "wrong");
  }
  assert_int_equal(f.count, FINDINGS_MAX);
  assert_int_equal(f.errors, FINDINGS_MAX + 5);
  struct textbuf b;
  textbuf_init(&b, &tm.mem);
  findings_print(&f, &b);
  assert_true(text_ends(textbuf_text(&b), TEXT("\n(and 5 more)\n")));
  textbuf_free(&b);
  findings_free(&f);
}

static void the_nearest_name_is_offered_or_all_of_them(void **state) {
  (void)state;
  static const struct text names[] = {{"support", 7}, {"billing", 7}};
  static const struct text letters[] = {
      {"aaaaaa", 6}, {"bbbbbb", 6}, {"cccccc", 6}, {"dddddd", 6},
      {"eeeeee", 6}, {"ffffff", 6}, {"gggggg", 6}, {"hhhhhh", 6},
      {"iiiiii", 6}, {"jjjjjj", 6}, {"kkkkkk", 6}, {"llllll", 6}};
  struct test_mem tm;
  struct findings f;
  test_mem_init(&tm);
  findings_init(&f, &tm.mem);
  assert_true(text_equal(findings_suggest(&f, TEXT("suport"), names, 2),
                         TEXT("; did you mean \"support\"?")));
  assert_true(text_equal(findings_suggest(&f, TEXT("sales"), names, 2),
                         TEXT("; there are \"support\", \"billing\"")));
  assert_true(text_equal(findings_suggest(&f, TEXT("sales"), names, 1),
                         TEXT("; there is \"support\"")));
  assert_true(text_equal(findings_suggest(&f, TEXT("sales"), names, 0),
                         TEXT("; there is none at all")));
  assert_true(text_ends(findings_suggest(&f, TEXT("sales"), letters, 12),
                        TEXT("\"jjjjjj\" and more")));
  findings_free(&f);
  assert_int_equal(tm.live_bytes, 0);
}

static void memory_may_run_out_at_any_moment(void **state) {
  (void)state;
  bool failed = true;
  for (uint64_t nth = 1; failed; nth++) {
    struct test_mem tm;
    struct findings f;
    test_mem_init(&tm);
    tm.fail_at = nth;
    findings_init(&f, &tm.mem);
    findings_add(&f, FINDING_ERROR, place("x", 1, 1), "wrong");
    (void)findings_suggest(&f, TEXT("a"), NULL, 0);
    failed = f.failed;
    assert_int_equal(f.errors, 1);
    findings_free(&f);
    assert_int_equal(tm.live_bytes, 0);
    assert_true(nth < 20);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(findings_are_read_from_the_top_of_each_file),
      cmocka_unit_test(a_file_full_of_errors_is_cut),
      cmocka_unit_test(the_nearest_name_is_offered_or_all_of_them),
      cmocka_unit_test(memory_may_run_out_at_any_moment),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
