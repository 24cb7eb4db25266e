/* Findings as people and programs read them. */
#include "host.h"

#include "studio/diagnostic.h"

static void add(struct diagnostics *d, uint32_t line, uint32_t column,
                struct text message, struct text source_line) {
  const struct diagnostic item = {
      .code = DIAGNOSTIC_CODE_TRANSFER_REFUSED,
      .severity = DIAGNOSTIC_WARNING,
      .line = line,
      .column = column,
      .length = 3,
      .message = message,
      .hint = line == 1 ? TEXT("a hint") : TEXT(""),
      .edit = line == 1 ? TEXT("abc") : TEXT(""),
      .source_line = source_line,
  };
  diagnostics_add(d, &item);
}

static void test_text_and_json(void **state) {
  (void)state;
  struct test_mem tm;
  struct diagnostics d;
  struct textbuf out;
  test_mem_init(&tm);
  diagnostics_init(&d, &tm.mem);
  textbuf_init(&out, &tm.mem);
  add(&d, 2, 3, TEXT("second"),
      TEXT("\t\xC3\xBC"
           "def"));
  add(&d, 1, 1, TEXT("first"), TEXT("xyz"));
  diagnostics_sort(&d);
  assert_int_equal(d.warnings, 2);
  diagnostics_print(&d, TEXT("f.studio"), &out);
  assert_true(
      text_equal(textbuf_text(&out),
                 TEXT("f.studio:1:1: warning: first [transfer-refused]\n"
                      "  xyz\n  ^~~\n  hint: a hint\n  write: abc\n"
                      "f.studio:2:3: warning: second [transfer-refused]\n"
                      "  \t\xC3\xBC"
                      "def\n  \t ^~~\n")));
  textbuf_clear(&out);
  diagnostics_print_json(&d, TEXT("f.studio"), &out);
  assert_true(text_starts(
      textbuf_text(&out),
      TEXT("[{\"file\":\"f.studio\",\"line\":1,\"column\":1,\"length\":3,"
           "\"severity\":\"warning\",\"code\":\"transfer-refused\","
           "\"message\":\"first\",\"hint\":\"a hint\",\"edit\":\"abc\"},")));
  textbuf_free(&out);
  diagnostics_free(&d);
  assert_int_equal(tm.live_bytes, 0);
}

static void test_too_many_are_counted(void **state) {
  (void)state;
  struct test_mem tm;
  struct diagnostics d;
  test_mem_init(&tm);
  diagnostics_init(&d, &tm.mem);
  for (uint32_t i = 1; i <= 2 * DIAGNOSTICS_MAX; i++) {
    add(&d, i, 1, TEXT("m"), TEXT("l"));
  }
  assert_int_equal(d.count, DIAGNOSTICS_MAX);
  assert_int_equal(d.warnings, 2 * DIAGNOSTICS_MAX);
  diagnostics_free(&d);
}

static void test_a_terminal_obeys_nothing_in_a_script(void **state) {
  (void)state;
  struct test_mem tm;
  struct diagnostics d;
  struct textbuf out;
  test_mem_init(&tm);
  diagnostics_init(&d, &tm.mem);
  textbuf_init(&out, &tm.mem);
  add(&d, 2, 3, TEXT("no \x1B]0;x\x07"),
      TEXT("\t\x1B\xC2\x9B"
           "31m\x7F\xFF\xC3\xBC"));
  diagnostics_print(&d, TEXT("f.studio"), &out);
  textbuf_add_char(&out, 0);
  assert_string_equal(out.ptr,
                      "f.studio:2:3: warning: no \uFFFD]0;x\uFFFD "
                      "[transfer-refused]\n"
                      "  \t\uFFFD\uFFFD31m\uFFFD\uFFFD\u00FC\n  \t ^~~\n");
  textbuf_free(&out);
  diagnostics_free(&d);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_text_and_json),
      cmocka_unit_test(test_too_many_are_counted),
      cmocka_unit_test(test_a_terminal_obeys_nothing_in_a_script),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
