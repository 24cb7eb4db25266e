/* Scripts that were cut, joined or mistyped: every flow of examples/flows/ and
 * examples/handover/ with one thing changed, for each place where it can be.
 * Nothing crashes, each fault is a few errors in order, and a bracket, brace or
 * quotation mark that was taken away is reported at its line or at its opener.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "studio/checker.h"
#include "studio/program.h"
#include "support.h"

/* From one cause. A file that is cut has an error for each block that is open
 * there, and one for each function that comes later. */
enum { ERRORS_MAX = 5, ERRORS_OF_CUT_MAX = 7 };

static const char *const folders[] = {"examples/flows", "examples/handover"};

struct mutant {
  const char *file, *what;
  size_t at; /* where it was changed */
  uint32_t line;
  char sign; /* that was there */
};

static unsigned mutants, most;
static size_t step = 1; /* from one place to the next */

static uint32_t line_of(struct text source, size_t at) {
  uint32_t line = 1;
  for (size_t i = 0; i < at && i < source.len; i++) {
    line += source.ptr[i] == '\n';
  }
  return line;
}

static void print_mutant(const struct mutant *m, struct text source,
                         const struct diagnostics *d) {
  print_message("%s: %s at byte %zu, line %u\n", m->file, m->what, m->at,
                m->line);
  for (size_t i = 0; i < d->count; i++) {
    print_message("  %u:%u: %.*s\n", d->items[i].line, d->items[i].column,
                  TEXT_ARG(d->items[i].message));
  }
  if (getenv("MUTANT") != NULL) {
    print_message("%.*s\n", TEXT_ARG(source));
  }
}

static unsigned count_errors(const struct diagnostics *d) {
  unsigned errors = 0;
  for (size_t i = 0; i < d->count; i++) {
    errors += d->items[i].severity == DIAGNOSTIC_ERROR;
    if (i > 0) {
      const struct diagnostic *a = &d->items[i - 1], *b = &d->items[i];
      assert_true(a->line < b->line ||
                  (a->line == b->line && a->column <= b->column));
    }
  }
  return errors;
}

static bool names_line(struct text hint, uint32_t line) {
  char wanted[32];
  (void)snprintf(wanted, sizeof wanted, "of line %u,", line);
  return text_find(hint, text_from(wanted), 0) < hint.len;
}

/* A parenthesis or a quotation mark that is missing is noticed on its line. */
static bool is_near(const struct mutant *m, const struct diagnostics *d) {
  if (strcmp(m->what, "sign taken away") != 0 || d->errors == 0 ||
      strchr("()[]\"'", m->sign) == NULL) {
    return true;
  }
  for (size_t i = 0; i < d->count; i++) {
    const struct diagnostic *item = &d->items[i];
    if (item->severity == DIAGNOSTIC_ERROR &&
        (item->line == m->line || names_line(item->hint, m->line))) {
      return true;
    }
  }
  return false;
}

static bool is_few(const struct mutant *m, const struct diagnostics *d) {
  const unsigned errors = count_errors(d);
  most = errors > most ? errors : most;
  mutants++;
  return errors <= (strcmp(m->what, "cut") == 0 ? (unsigned)ERRORS_OF_CUT_MAX
                                                : (unsigned)ERRORS_MAX);
}

/* False, and printed, if it has too many errors. */
static bool try_mutant(const struct mutant *m, struct text source) {
  struct test_mem tm;
  struct diagnostics diags;
  struct program *program = NULL;
  const struct checker_world world = checker_world_default();
  test_mem_init(&tm);
  diagnostics_init(&diags, &tm.mem);
  if (program_compile(&tm.mem, TEXT("mutant.studio"), source, &diags,
                      &program) == BT_ERR_OK) {
    assert_int_equal(checker_run(&tm.mem, program, &world, &diags), BT_ERR_OK);
  }
  const bool good = is_few(m, &diags) && is_near(m, &diags);
  if (!good) {
    print_mutant(m, source, &diags);
  }
  program_free(program);
  diagnostics_free(&diags);
  assert_int_equal(tm.live_bytes, 0);
  return good;
}

/* ---- the kinds of change */

/* Of what stands from @from to @to: @middle. */
struct edit {
  size_t from, to;
  struct text middle;
};

static unsigned change(const char *file, const char *what, struct text source,
                       struct edit edit) {
  struct test_mem tm;
  struct textbuf changed;
  test_mem_init(&tm);
  textbuf_init(&changed, &tm.mem);
  textbuf_add(&changed, text_sub(source, 0, edit.from));
  textbuf_add(&changed, edit.middle);
  textbuf_add(&changed, text_sub(source, edit.to, source.len));
  const struct mutant m = {.file = file,
                           .what = what,
                           .at = edit.from,
                           .line = line_of(source, edit.from),
                           .sign = source.ptr[edit.from]};
  const bool good = try_mutant(&m, textbuf_text(&changed));
  textbuf_free(&changed);
  return !good;
}

static unsigned cut(const char *file, struct text s) {
  unsigned bad = 0;
  for (size_t i = 0; i < s.len; i += step) {
    bad += change(file, "cut", s, (struct edit){i, s.len, TEXT("")});
  }
  return bad;
}

static size_t line_end(struct text s, size_t at) {
  const size_t end = text_find(s, TEXT("\n"), at);
  return end < s.len ? end + 1 : s.len;
}

static unsigned exchange(const char *file, struct text s, size_t i) {
  const size_t end = line_end(s, i), next = line_end(s, end);
  struct test_mem tm;
  struct textbuf both;
  test_mem_init(&tm);
  textbuf_init(&both, &tm.mem);
  textbuf_add(&both, text_sub(s, end, next - end));
  textbuf_add(&both, text_sub(s, i, end - i));
  const unsigned bad = change(file, "lines exchanged", s,
                              (struct edit){i, next, textbuf_text(&both)});
  textbuf_free(&both);
  return bad;
}

static unsigned change_lines(const char *file, struct text s) {
  unsigned bad = 0;
  for (size_t i = 0; i < s.len; i = line_end(s, i)) {
    const size_t end = line_end(s, i);
    const struct text line = text_sub(s, i, end - i);
    bad += change(file, "line taken away", s, (struct edit){i, end, TEXT("")});
    bad += change(file, "line twice", s, (struct edit){i, i, line});
    bad += exchange(file, s, i);
  }
  return bad;
}

static unsigned change_signs(const char *file, struct text s) {
  unsigned bad = 0;
  for (size_t i = 0; i < s.len; i++) {
    if (strchr("(){}[]\"',.=+", s.ptr[i]) != NULL) {
      bad +=
          change(file, "sign taken away", s, (struct edit){i, i + 1, TEXT("")});
      bad +=
          change(file, "sign twice", s, (struct edit){i, i, text_sub(s, i, 1)});
    }
  }
  return bad;
}

static unsigned add_signs(const char *file, struct text s) {
  static const char *const signs[] = {"\"", "(", ")", "{", "}", "[", "\xFF"};
  unsigned bad = 0;
  for (size_t i = 1; i < s.len; i += step) {
    if (s.ptr[i] != ' ' && s.ptr[i] != '\n') {
      continue;
    }
    for (size_t k = 0; k < sizeof signs / sizeof signs[0]; k++) {
      bad +=
          change(file, signs[k], s, (struct edit){i, i, text_from(signs[k])});
    }
  }
  return bad;
}

/* ---- all of them */

static void read_file(const char *path, struct textbuf *out) {
  char block[4096];
  FILE *f = fopen(path, "rb");
  assert_non_null(f);
  for (size_t n; (n = fread(block, 1, sizeof block, f)) > 0;) {
    textbuf_add(out, (struct text){block, n});
  }
  (void)fclose(f);
}

static unsigned mutate(const char *file) {
  struct test_mem tm;
  struct textbuf source;
  test_mem_init(&tm);
  textbuf_init(&source, &tm.mem);
  read_file(file, &source);
  const struct text s = textbuf_text(&source);
  const unsigned bad = cut(file, s) + change_lines(file, s) +
                       change_signs(file, s) + add_signs(file, s);
  textbuf_free(&source);
  return bad;
}

static unsigned mutate_folder(const char *folder) {
  const char *tail = strstr(__FILE__, "tests/unit/studio/test_mutations.c");
  char path[2048];
  unsigned bad = 0;
  assert_non_null(tail);
  const int len = snprintf(path, sizeof path, "%.*s%s/", (int)(tail - __FILE__),
                           __FILE__, folder);
  DIR *dir = opendir(path);
  assert_non_null(dir);
  for (struct dirent *e; (e = readdir(dir)) != NULL;) {
    if (text_ends(text_from(e->d_name), TEXT(".studio"))) {
      (void)snprintf(path + len, sizeof path - (size_t)len, "%s", e->d_name);
      bad += mutate(path);
    }
  }
  (void)closedir(dir);
  return bad;
}

static void test_each_fault_is_a_few_errors(void **state) {
  unsigned bad = 0;
  (void)state;
  step = test_steps(10) < 10 ? 11 : 1;
  for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
    bad += mutate_folder(folders[i]);
  }
  print_message("%u scripts, at most %u errors\n", mutants, most);
  assert_true(mutants > 50000 / step);
  assert_int_equal(bad, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_each_fault_is_a_few_errors),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
