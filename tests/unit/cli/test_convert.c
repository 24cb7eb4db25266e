/* Whatever is converted has no errors afterwards: every input of the golden
 * files, and every story of the language with one line missing. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cli/convert.h"
#include "domain/heap.h"
#include "studio/format.h"
#include "studio/program.h"

static void assert_sound(const char *what, struct text script) {
  struct diagnostics diags;
  struct program *program = NULL;
  struct textbuf again;
  diagnostics_init(&diags, heap_mem());
  textbuf_init(&again, heap_mem());
  if (program_compile(heap_mem(), TEXT("s"), script, &diags, &program) !=
      BT_ERR_OK) {
    fail_msg("%s: the result has errors:\n%.*s", what, TEXT_ARG(script));
  }
  assert_int_equal(format_script(heap_mem(), TEXT("s"), script, &diags, &again),
                   BT_ERR_OK);
  assert_true(text_equal(script, textbuf_text(&again)));
  textbuf_free(&again);
  program_free(program);
  diagnostics_free(&diags);
}

/* True: a script was made. */
static bool convert(const char *what, struct text source) {
  struct convert c;
  struct textbuf script;
  convert_init(&c, source);
  textbuf_init(&script, heap_mem());
  const enum bt_err err = convert_run(&c, &script);
  if (err == BT_ERR_OK) {
    assert_sound(what, textbuf_text(&script));
  } else {
    assert_int_equal(err, BT_ERR_SYNTAX);
    assert_true(c.error.line >= 1 && c.error.message.len > 0);
  }
  convert_free(&c);
  textbuf_free(&script);
  return err == BT_ERR_OK;
}

/* ---- files */

enum { FILE_MAX = 1 << 16 };

static struct text read_file(const char *path, char bytes[FILE_MAX]) {
  FILE *f = fopen(path, "rb");
  assert_non_null(f);
  const size_t len = fread(bytes, 1, FILE_MAX, f);
  (void)fclose(f);
  return (struct text){bytes, len};
}

typedef size_t each_file(const char *path, struct text source);

/* The sum of what @look returns for the files of a folder of tests/. */
static size_t for_files(const char *folder, each_file *look) {
  static char bytes[FILE_MAX];
  char path[1024];
  size_t sum = 0;
  const char *tail = strstr(__FILE__, "unit/cli/test_convert.c");
  assert_non_null(tail);
  (void)snprintf(path, sizeof path, "%.*s%s", (int)(tail - __FILE__), __FILE__,
                 folder);
  DIR *d = opendir(path);
  assert_non_null(d);
  for (struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
    if (e->d_name[0] != '.') {
      char file[2048];
      (void)snprintf(file, sizeof file, "%s/%s", path, e->d_name);
      sum += look(file, read_file(file, bytes));
    }
  }
  (void)closedir(d);
  return sum;
}

static size_t convert_whole(const char *path, struct text source) {
  return convert(path, source);
}

static void test_golden_inputs(void **state) {
  (void)state;
  assert_true(for_files("golden/cli/convert", convert_whole) >= 19);
}

/* Each line left out in turn, and the rest cut off behind it. */
static size_t convert_without_lines(const char *path, struct text source) {
  static char rest[FILE_MAX];
  size_t count = 0;
  for (size_t from = 0; from < source.len; count++) {
    const size_t to = text_find(source, TEXT("\n"), from) + 1;
    const struct text behind = text_sub(source, to, source.len);
    memcpy(rest, source.ptr, from);
    memcpy(rest + from, behind.ptr, behind.len);
    (void)convert(path, (struct text){rest, from + behind.len});
    (void)convert(path, text_sub(source, 0, from));
    from = to;
  }
  return count;
}

static void test_missing_lines(void **state) {
  (void)state;
  assert_true(for_files("studio", convert_without_lines) > 500);
}

/* ---- what is not carried over is said */

static void test_notes(void **state) {
  (void)state;
  struct convert c;
  struct textbuf script;
  convert_init(&c, TEXT("{\"action\":\"Transfer\",\n\"queueId\":\"a\",\n"
                        "\"colour\":\"red\"}\n{\"action\":\"Dance\"}"));
  textbuf_init(&script, heap_mem());
  assert_int_equal(convert_run(&c, &script), BT_ERR_OK);
  assert_int_equal(c.note_count, 2);
  assert_int_equal(c.notes[0].line, 1);
  assert_true(text_equal(c.notes[0].message,
                         TEXT("left out: the member \"colour\" (\"red\")")));
  assert_int_equal(c.notes[1].line, 4);
  convert_free(&c);
  textbuf_free(&script);
}

static void test_pasted(void **state) {
  (void)state;
  struct convert c;
  struct textbuf script;
  convert_init(&c, TEXT("\xEF\xBB\xBF"
                        "x = \xE2\x80\x9C"
                        "a\xE2\x80\x9D\r\n"
                        "\xC2\xA0\xC2\xA0"
                        "y++;\r\n"));
  textbuf_init(&script, heap_mem());
  assert_int_equal(convert_run(&c, &script), BT_ERR_OK);
  assert_true(
      text_equal(textbuf_text(&script), TEXT("x = \"a\"\nASSIGN y = y + 1\n")));
  assert_int_equal(c.note_count, 0);
  convert_free(&c);
  textbuf_free(&script);
}

static void test_no_script(void **state) {
  (void)state;
  assert_false(convert("cut JSON", TEXT("{\"action\":\"Transfer\",")));
  assert_false(convert("bytes", TEXT("x = \"\xFF\"")));
  assert_true(convert("nothing", TEXT("")));
  assert_true(convert("signs", TEXT("}}}{{{ ]](( \"\n&&&\n\n*/ /*\n'")));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_golden_inputs),
      cmocka_unit_test(test_missing_lines),
      cmocka_unit_test(test_notes),
      cmocka_unit_test(test_pasted),
      cmocka_unit_test(test_no_script),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
