/* The layout of scripts: stories of single lines, and the two promises over
 * every script of this tree: formatting twice changes nothing more, and the
 * compiled program is the same. */
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#include "host.h"
#include "same_program.h"
#include "studio/format.h"

static void assert_text(struct text found, const char *expected) {
  if (!text_equal(found, text_from(expected))) {
    print_error("expected:\n%s\nfound:\n%.*s\n", expected, TEXT_ARG(found));
    fail();
  }
}

static void check_layout(const char *before, const char *after) {
  struct test_mem tm;
  struct diagnostics diags;
  struct textbuf once, twice;
  test_mem_init(&tm);
  diagnostics_init(&diags, &tm.mem);
  textbuf_init(&once, &tm.mem);
  textbuf_init(&twice, &tm.mem);
  assert_int_equal(
      format_script(&tm.mem, TEXT("f"), text_from(before), &diags, &once),
      BT_ERR_OK);
  assert_text(textbuf_text(&once), after);
  assert_int_equal(
      format_script(&tm.mem, TEXT("f"), textbuf_text(&once), &diags, &twice),
      BT_ERR_OK);
  assert_text(textbuf_text(&twice), after);
  textbuf_free(&once);
  textbuf_free(&twice);
  diagnostics_free(&diags);
  assert_int_equal(tm.live_bytes, 0);
}

static void test_blanks(void **state) {
  (void)state;
  check_layout("", "");
  check_layout("\n\n", "");
  check_layout("x=1", "x = 1\n");
  check_layout("assign  x\t= 1+2 *-3^ -2", "ASSIGN x = 1 + 2 * -3 ^ -2\n");
  check_layout("x = ( - y )-- z", "x = (-y) - -z\n");
  check_layout("x = f ( a ,b ) . left ( 1 ) [ 2 ] . $value",
               "x = f(a, b).left(1)[2].$value\n");
  check_layout("x = 1<>2 & 3!=4|NOT(a~b)\\7",
               "x = 1 <> 2 & 3 != 4 | NOT (a ~ b) \\ 7\n");
  check_layout("x = 0.5 + 5 . length ( )", "x = 0.5 + 5.length()\n");
  check_layout("x = global:n\nreturn -1", "x = global:n\nRETURN -1\n");
}

static void test_words(void **state) {
  (void)state;
  check_layout("trace NOT True and FALSE or Null",
               "TRACE NOT true AND false OR null\n");
  check_layout("o.if.END = o.true\nend=1\nto.x = step\non[1] = in",
               "o.if.END = o.true\nend = 1\nto.x = step\non[1] = in\n");
  check_layout("for to=to to to step step\nnext to\n",
               "FOR to = to TO to STEP step\nNEXT to\n");
  check_layout("for i=1 to 3{break}\nforeach in in in{continue}",
               "FOR i = 1 TO 3 {\n  BREAK\n}\nFOREACH in IN in {\n"
               "  CONTINUE\n}\n");
  check_layout("on botreleased\nend on", "ON BotReleased\nEND ON\n");
  check_layout("if a\nendif end1 = 2", "IF a\nENDIF\nend1 = 2\n");
  check_layout("x = trace(1)\ntrace(1)", "x = trace(1)\nTRACE (1)\n");
}

static void test_pasted(void **state) {
  (void)state;
  check_layout("\xEF\xBB\xBFx =\xC2\xA0\xE2\x80\x9C"
               "a\xC2\xA0"
               "b\xE2\x80\x9D\r\n",
               "x = \"a\xC2\xA0"
               "b\"\n");
}

static void test_pasted_inside(void **state) {
  (void)state;
  /* What is quoted by plain marks keeps its typographic ones. */
  check_layout("x = \"say \xE2\x80\x9Chi\xE2\x80\x9D\" + \"y\"",
               "x = \"say \xE2\x80\x9Chi\xE2\x80\x9D\" + \"y\"\n");
  check_layout("x = \"a{ f ( \xE2\x80\x9Cq\xE2\x80\x9D ) +1 }b{c}\"",
               "x = \"a{f(\"q\") + 1}b{c}\"\n");
  check_layout("x = $\"\\{{a}\\\"\"  // tail \t",
               "x = $\"\\{{a}\\\"\"  // tail\n");
}

static void test_blocks(void **state) {
  (void)state;
  check_layout("if a{b=1}else if c{d=1}else{e=1}f=1",
               "IF a {\n  b = 1\n} ELSE IF c {\n  d = 1\n} ELSE {\n  e = 1\n"
               "}\nf = 1\n");
  check_layout("if a\n{\n}\nelse\n{\n}\n", "IF a {\n} ELSE {\n}\n");
  check_layout("if a\nb=1\nelse {c=1}\nend if",
               "IF a\n  b = 1\nELSE {\n  c = 1\n}\nEND IF\n");
  check_layout("select{case a{b=1}default{c=1}}",
               "SELECT {\n  CASE a {\n    b = 1\n  }\n  DEFAULT {\n    c = 1\n"
               "  }\n}\n");
  check_layout("switch a\ncase 1\ncase 2\nb=1\ndefault\nend switch\nc=1",
               "SWITCH a\n  CASE 1\n  CASE 2\n    b = 1\n  DEFAULT\n"
               "END SWITCH\nc = 1\n");
}

/* An ELSE behind a brace belongs to whichever IF then has its END IF. */
static void test_whose_else(void **state) {
  (void)state;
  check_layout("if a\nif b{\nc=1\n}\nelse\nd=1\nend if",
               "IF a\n  IF b {\n    c = 1\n  }\nELSE\n  d = 1\nEND IF\n");
  check_layout("if a\nif b{\nc=1\n}\nelse\nd=1\nend if\nend if",
               "IF a\n  IF b {\n    c = 1\n  } ELSE\n    d = 1\n  END IF\n"
               "END IF\n");
}

static void test_comments(void **state) {
  (void)state;
  check_layout("  // top\n\n\n\nx=1//a\n//b\n\n",
               "// top\n\nx = 1  //a\n//b\n");
  check_layout("if a // why\n\n// more\n{ // in\nb=1 // c\n}// d\nelse{}",
               "IF a {  // why\n  // more\n  // in\n  b = 1  // c\n}  // d\n"
               "ELSE {\n}\n");
  check_layout("switch a\ncase 1\nb=1\n// two\ncase 2\n// end\nend switch",
               "SWITCH a\n  CASE 1\n    b = 1\n  // two\n  CASE 2\n"
               "    // end\nEND SWITCH\n");
  check_layout("x = min(1, // one\n\n // two\n 2\n)",
               "x = min(1,  // one\n  // two\n  2\n)\n");
}

/* ---- malformed, and no memory */

static enum bt_err format(const struct mem *mem, struct text source,
                          struct diagnostics *diags, struct textbuf *out) {
  diagnostics_init(diags, mem);
  textbuf_init(out, mem);
  return format_script(mem, TEXT("f.studio"), source, diags, out);
}

static void test_malformed(void **state) {
  (void)state;
  struct test_mem tm;
  struct diagnostics diags;
  struct textbuf out;
  test_mem_init(&tm);
  assert_int_equal(format(&tm.mem, TEXT("IF x\nASSIGN y == 1\n"), &diags, &out),
                   BT_ERR_SYNTAX);
  assert_int_equal(diags.errors, 2);
  assert_int_equal(diags.items[0].line, 1);
  assert_int_equal(out.len, 0);
  diagnostics_free(&diags);
  textbuf_free(&out);
  /* A name that nobody knows is laid out like any other. */
  assert_int_equal(format(&tm.mem, TEXT("Foo( 1 )"), &diags, &out), BT_ERR_OK);
  assert_text(textbuf_text(&out), "Foo(1)\n");
  diagnostics_free(&diags);
  textbuf_free(&out);
  assert_int_equal(tm.live_bytes, 0);
}

static void test_no_memory(void **state) {
  (void)state;
  enum bt_err err = BT_ERR_NOMEM;
  for (uint64_t n = 1; err == BT_ERR_NOMEM; n++) {
    struct test_mem tm;
    struct diagnostics diags;
    struct textbuf out;
    test_mem_init(&tm);
    tm.fail_at = n;
    err = format(&tm.mem, TEXT("IF a{TRACE \"{b}\"}ELSE{c=1}"), &diags, &out);
    assert_true(err == BT_ERR_OK || err == BT_ERR_NOMEM);
    assert_true(err == BT_ERR_OK || out.len == 0);
    diagnostics_free(&diags);
    textbuf_free(&out);
    assert_int_equal(tm.live_bytes, 0);
    assert_true(n < 1000);
  }
}

/* ---- every script of the tree */

struct tally {
  size_t scripts, compiled;
};

/* The compiled program, or NULL if it does not compile. */
static struct program *compile(const struct mem *mem, struct text source) {
  struct diagnostics diags;
  struct program *program = NULL;
  diagnostics_init(&diags, mem);
  const enum bt_err err =
      program_compile(mem, TEXT("f.studio"), source, &diags, &program);
  assert_true(err == BT_ERR_OK || err == BT_ERR_SYNTAX);
  diagnostics_free(&diags);
  return program;
}

static void check_same(const struct mem *mem, const char *path,
                       struct text before, struct text after,
                       struct tally *tally) {
  struct program *a = compile(mem, before), *b = compile(mem, after);
  if ((a == NULL) != (b == NULL) || (a != NULL && !same_program(a, b))) {
    fail_msg("%s means something else when it is formatted", path);
  }
  tally->compiled += a != NULL;
  program_free(a);
  program_free(b);
}

static void check_script(const char *path, struct text source,
                         struct tally *tally) {
  struct test_mem tm;
  struct diagnostics diags, again;
  struct textbuf once, twice;
  test_mem_init(&tm);
  tally->scripts++;
  const enum bt_err err = format(&tm.mem, source, &diags, &once);
  if (err == BT_ERR_OK) {
    assert_int_equal(format(&tm.mem, textbuf_text(&once), &again, &twice),
                     BT_ERR_OK);
    if (!text_equal(textbuf_text(&once), textbuf_text(&twice))) {
      fail_msg("%s is laid out anew the second time", path);
    }
    assert_int_equal(again.notes, 0); /* nothing pasted is left */
    check_same(&tm.mem, path, source, textbuf_text(&once), tally);
    diagnostics_free(&again);
    textbuf_free(&twice);
  } else if (err != BT_ERR_SYNTAX) {
    fail_msg("%s: %s", path, bt_err_text(err));
  }
  diagnostics_free(&diags);
  textbuf_free(&once);
  assert_int_equal(tm.live_bytes, 0);
}

static void check_file(const char *path, struct tally *tally) {
  static char bytes[1 << 21];
  FILE *f = fopen(path, "rb");
  assert_non_null(f);
  const size_t len = fread(bytes, 1, sizeof bytes, f);
  (void)fclose(f);
  check_script(path, (struct text){bytes, len}, tally);
}

static bool is_kept(const char *name) {
  return name[0] != '.' && strcmp(name, "node_modules") != 0;
}

/* @all: files of any name, else those of scripts. */
static void check_folder(const char *path, bool all, struct tally *tally) {
  DIR *folder = opendir(path);
  assert_non_null(folder);
  for (struct dirent *e = readdir(folder); e != NULL; e = readdir(folder)) {
    char inner[2048];
    struct stat st;
    (void)snprintf(inner, sizeof inner, "%s/%s", path, e->d_name);
    if (!is_kept(e->d_name) || lstat(inner, &st) != 0) {
      continue;
    }
    if (S_ISDIR(st.st_mode)) {
      check_folder(inner, all, tally);
    } else if (all || text_ends(text_from(inner), TEXT(".studio"))) {
      check_file(inner, tally);
    }
  }
  (void)closedir(folder);
}

static void check_below(const char *folder, bool all, struct tally *tally) {
  char path[1024];
  const char *tail = strstr(__FILE__, "tests/unit/studio/test_format.c");
  assert_non_null(tail);
  (void)snprintf(path, sizeof path, "%.*s%s", (int)(tail - __FILE__), __FILE__,
                 folder);
  check_folder(path, all, tally);
}

static void test_whole_tree(void **state) {
  (void)state;
  struct tally tally = {0};
  check_below("tests", false, &tally);
  check_below("examples", false, &tally);
  check_below("tests/fuzz/corpus/studio", true, &tally);
  assert_true(tally.scripts > 70);
  assert_true(tally.compiled > 40);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_blanks),    cmocka_unit_test(test_words),
      cmocka_unit_test(test_pasted),    cmocka_unit_test(test_pasted_inside),
      cmocka_unit_test(test_blocks),    cmocka_unit_test(test_whose_else),
      cmocka_unit_test(test_comments),  cmocka_unit_test(test_malformed),
      cmocka_unit_test(test_no_memory), cmocka_unit_test(test_whole_tree),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
