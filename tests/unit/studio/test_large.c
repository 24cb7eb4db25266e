/* Files as large as people paste them: time grows with the size and no faster,
 * and what is found is still readable. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#include "studio/checker.h"
#include "studio/program.h"
#include "support.h"

/* Lines of one kind; # is the line's number, @ the next one. */
static const struct {
  const char *what, *before, *line, *after;
} kinds[] = {
    {"assignments", "", "ASSIGN v# = \"a{v@}b\" + # // a comment\n", ""},
    {"variables that nothing sets", "", "v# = w@\n", ""},
    {"members", "DYNAMIC o\n", "o.m# = o.M@\n", ""},
    {"functions", "", "FUNCTION f#(a) {\n RETURN f#(a)\n}\n", ""},
    {"targets", "s = GetSessionInfo()\n",
     "Transfer(s.id, \"skill #\", \"when:released\")\n", ""},
    {"cases", "SWITCH x {\n", "CASE # { TRACE \"#\" }\n", "}\n"},
    {"branches", "IF x\n", "ELSE IF x = #\n TRACE \"{x}\"\n", "END IF\n"},
    {"answers", "", "r = Transfer(\"a\", \"b\")\nTRACE r.code\n", ""},
    {"errors of syntax", "", "ASIGN v# = = \"a\n", ""},
    {"one-line IFs", "IF x\n", "IF x = # THEN TRACE 1\n", "END IF\n"},
    {"labels of nothing", "", "CASE # { }\nFUNCTION f#() { }\n", ""},
    {"loops of others", "", "WHILE x < # {\n BREAK\n}\n", ""},
    {"braces of nothing", "", "x = = { } } {\n", ""},
    {"blocks that do not end", "", "IF x = #\n", ""},
    {"one line", "x = \"", "a{x}“b” \\ ", "\""},
    {"one line of texts", "x = f(", "\"{x}\", 'b', ", "1)"},
    {"one line of errors", "", "? ! ", ""},
    {"one line of braces", "x = '", "{\"a\" ", "'"},
};

static void write_line(const char *line, uint32_t number, struct textbuf *out) {
  for (; *line != '\0'; line++) {
    if (*line == '#' || *line == '@') {
      textbuf_add_u64(out, number + (*line == '@'));
    } else {
      textbuf_add_char(out, *line);
    }
  }
}

static void write_source(size_t kind, uint32_t lines, struct textbuf *out) {
  textbuf_add(out, text_from(kinds[kind].before));
  for (uint32_t i = 1; i <= lines; i++) {
    write_line(kinds[kind].line, i, out);
  }
  textbuf_add(out, text_from(kinds[kind].after));
}

static double check_seconds(struct text source) {
  struct test_mem tm;
  struct diagnostics diags;
  struct program *program = NULL;
  const struct checker_world world = checker_world_default();
  test_mem_init(&tm);
  diagnostics_init(&diags, &tm.mem);
  const clock_t begin = clock();
  const enum bt_err err =
      program_compile(&tm.mem, TEXT("large.studio"), source, &diags, &program);
  if (err == BT_ERR_OK) {
    assert_int_equal(checker_run(&tm.mem, program, &world, &diags), BT_ERR_OK);
  }
  const clock_t end = clock();
  program_free(program);
  diagnostics_free(&diags);
  assert_int_equal(tm.live_bytes, 0);
  return (double)(end - begin) / CLOCKS_PER_SEC;
}

/* The best of some, so that other work on the machine does not count. */
static double best_seconds(size_t kind, uint32_t lines) {
  struct test_mem tm;
  struct textbuf source;
  double best = 1e9;
  test_mem_init(&tm);
  textbuf_init(&source, &tm.mem);
  write_source(kind, lines, &source);
  for (int i = 0; i < 4; i++) {
    const double s = check_seconds(textbuf_text(&source));
    best = s < best ? s : best;
  }
  textbuf_free(&source);
  return best;
}

/* Four times the lines: four times as long, or sixteen if something looks at
 * every line for every line. */
static void time_grows_with_the_lines(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
    const double few = best_seconds(i, 1000), many = best_seconds(i, 4000);
    if (many > 9 * few + 0.01) {
      print_error("%s: %.1f ms for 1000 lines, %.1f ms for 4000\n",
                  kinds[i].what, few * 1000, many * 1000);
    }
    assert_true(many <= 9 * few + 0.01);
  }
}

/* ---- what is shown of long lines */

static void assert_shown(struct text source, const char *expected) {
  struct test_mem tm;
  struct diagnostics diags;
  struct program *program = NULL;
  struct textbuf out;
  test_mem_init(&tm);
  diagnostics_init(&diags, &tm.mem);
  textbuf_init(&out, &tm.mem);
  assert_int_equal(
      program_compile(&tm.mem, TEXT("a"), source, &diags, &program),
      BT_ERR_SYNTAX);
  diagnostics_print(&diags, TEXT("a"), &out);
  textbuf_add_char(&out, '\0');
  assert_string_equal(out.ptr, expected);
  textbuf_free(&out);
  diagnostics_free(&diags);
}

static void
an_error_in_a_line_of_a_megabyte_shows_its_surroundings(void **state) {
  (void)state;
  struct test_mem tm;
  struct textbuf source;
  test_mem_init(&tm);
  textbuf_init(&source, &tm.mem);
  textbuf_add(&source, TEXT("x = \""));
  for (int i = 0; i < 500000; i++) {
    textbuf_add(&source, TEXT("ü"));
  }
  textbuf_add(&source, TEXT("\" ! 1"));
  assert_shown(textbuf_text(&source),
               "a:1:500008: error: this sign is not part of the language "
               "[bad-character]\n"
               "  …üüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüü\" ! 1\n"
               "                                           ^\n"
               "  hint: write NOT\n");
  textbuf_free(&source);
}

static void bytes_that_are_no_text_are_one_error(void **state) {
  (void)state;
  assert_shown(TEXT("x = \xff\xfe\xfd\ny = \"a\xe4z\"\n"),
               "a:1:5: error: these bytes are not UTF-8 [bad-character]\n"
               "  x = \uFFFD\uFFFD\uFFFD\n"
               "      ^~~\n"
               "  hint: save the file as UTF-8\n"
               "a:2:7: error: this byte is not UTF-8 [bad-character]\n"
               "  y = \"a\uFFFDz\"\n"
               "        ^\n"
               "  hint: save the file as UTF-8\n");
}

static size_t count_errors(struct text source) {
  struct test_mem tm;
  struct diagnostics diags;
  struct program *program = NULL;
  test_mem_init(&tm);
  diagnostics_init(&diags, &tm.mem);
  assert_int_equal(
      program_compile(&tm.mem, TEXT("a"), source, &diags, &program),
      BT_ERR_SYNTAX);
  const size_t errors = diags.errors;
  diagnostics_free(&diags);
  assert_int_equal(tm.live_bytes, 0);
  return errors;
}

#define BYTES(literal) ((struct text){literal, sizeof(literal) - 1})

static void a_file_of_another_kind_is_one_error(void **state) {
  (void)state;
  assert_int_equal(count_errors(BYTES("x\0 \0=\0 \0001\0\n\0")), 1);
  assert_int_equal(count_errors(BYTES("\0x\0 \0=\0 \0001\0\n")), 1);
  assert_int_equal(count_errors(BYTES("\xFF\xFEx\0=\0001\0")), 1);
  assert_int_equal(count_errors(BYTES("x = 1\nTRACE x\0\0\0\0")), 1);
  assert_int_equal(count_errors(TEXT("x = 1\rTRACE x\rIF x\rEND IF\r")), 1);
}

static void too_many_blocks_are_one_error(void **state) {
  static const char *const blocks[][2] = {{"IF x {\n", "}\n"},
                                          {"IF x\n", "END IF\n"},
                                          {"IF x\n", ""},
                                          {"SWITCH x {\nCASE 1 {\n", "}\n}\n"}};
  (void)state;
  for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
    struct test_mem tm;
    struct textbuf source;
    test_mem_init(&tm);
    textbuf_init(&source, &tm.mem);
    for (int n = 0; n < 2000; n++) {
      textbuf_add(&source, text_from(blocks[i][n / 1000]));
    }
    assert_int_equal(count_errors(textbuf_text(&source)), 1);
    textbuf_free(&source);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(time_grows_with_the_lines),
      cmocka_unit_test(an_error_in_a_line_of_a_megabyte_shows_its_surroundings),
      cmocka_unit_test(bytes_that_are_no_text_are_one_error),
      cmocka_unit_test(a_file_of_another_kind_is_one_error),
      cmocka_unit_test(too_many_blocks_are_one_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
