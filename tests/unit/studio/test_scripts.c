/* Runs every tests/studio/ *.studio and compares what it prints with the
 * comments in it:
 *
 *   // expect: LINE           the next line that it prints
 *   // error: LINE:COL: TEXT  a finding of the compiler; TEXT is its beginning
 *   // answer: JSON           the host's next answer
 *   // event: NAME JSON       after the main part, starts the section
 *   // show actions           actions are printed too
 *   // now: TIME              the time when it begins (RFC 3339)
 *   // zone: RULE             the tenant's clock, as a POSIX rule
 *
 * A failure of the script prints as "!LINE: SLUG: MESSAGE". Each script runs
 * twice, the second time through its saved image at every action. */
#include "host.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/calendar.h"
#include "base/tz.h"

static struct text directive(struct text line, const char *name) {
  const size_t at = text_find(line, text_from(name), 0);
  return at == line.len ? (struct text){NULL, 0}
                        : text_sub(line, at + strlen(name), line.len);
}

struct script {
  struct host *host;
  struct text source;
  struct textbuf expected, errors;
  struct tz *zone;
  struct text events[8];
  size_t event_count;
};

static void read_clock(struct script *s) {
  const struct text line = s->source;
  const struct text now = directive(line, "// now: ");
  const struct text zone = directive(line, "// zone: ");
  if (now.ptr != NULL) {
    assert_true(time_from_text(text_sub(now, 0, text_find(now, TEXT("\n"), 0)),
                               &s->host->env.now_us));
  }
  if (zone.ptr != NULL) {
    assert_int_equal(
        tz_from_rule(&s->host->tm.mem,
                     text_sub(zone, 0, text_find(zone, TEXT("\n"), 0)),
                     &s->zone),
        BT_ERR_OK);
    s->host->env.zone = s->zone;
  }
}

static void read_directives(struct script *s) {
  struct text rest = s->source;
  while (rest.len > 0) {
    const size_t end = text_find(rest, TEXT("\n"), 0);
    struct text line = text_sub(rest, 0, end);
    rest = text_sub(rest, end + 1, rest.len);
    if (text_ends(line, TEXT("\r"))) {
      line.len--;
    }
    const struct text expect = directive(line, "// expect: ");
    const struct text error = directive(line, "// error: ");
    const struct text answer = directive(line, "// answer: ");
    const struct text event = directive(line, "// event: ");
    if (expect.ptr != NULL) {
      textbuf_add(&s->expected, expect);
      textbuf_add_char(&s->expected, '\n');
    } else if (error.ptr != NULL) {
      textbuf_add(&s->errors, error);
      textbuf_add_char(&s->errors, '\n');
    } else if (answer.ptr != NULL) {
      s->host->answers[s->host->answer_count++] = answer;
    } else if (event.ptr != NULL) {
      s->events[s->event_count++] = event;
    }
  }
  s->host->show_actions = directive(s->source, "// show actions").ptr != NULL;
}

static void run_events(struct script *s, struct vm **vm,
                       enum vm_status *status) {
  for (size_t i = 0; i < s->event_count && *status == VM_DONE; i++) {
    const size_t blank = text_find(s->events[i], TEXT(" "), 0);
    assert_int_equal(
        vm_start_section(*vm, text_sub(s->events[i], 0, blank),
                         text_sub(s->events[i], blank + 1, s->events[i].len)),
        BT_ERR_OK);
    *status = host_run(s->host, vm);
  }
}

static void run_program(struct script *s, const struct program *program) {
  struct vm *vm = NULL;
  assert_int_equal(vm_start(&s->host->tm.mem, program, &vm), BT_ERR_OK);
  enum vm_status status = host_run(s->host, &vm);
  run_events(s, &vm, &status);
  if (status == VM_ERROR) {
    host_print_failure(s->host, vm);
  }
  vm_free(vm);
}

/* Each error line must be the beginning of the finding at its place. */
static void compare_errors(struct script *s, const struct diagnostics *d) {
  struct text rest = textbuf_text(&s->errors);
  char found[1024];
  for (size_t i = 0; i < d->count; i++) {
    const struct diagnostic *item = &d->items[i];
    if (item->severity != DIAGNOSTIC_ERROR) {
      continue;
    }
    const size_t end = text_find(rest, TEXT("\n"), 0);
    const struct text wanted = text_sub(rest, 0, end);
    rest = text_sub(rest, end + 1, rest.len);
    const int n = snprintf(found, sizeof found, "%u:%u: %.*s", item->line,
                           item->column, TEXT_ARG(item->message));
    const bool same =
        wanted.len > 0 && text_starts((struct text){found, (size_t)n}, wanted);
    if (!same) {
      print_error("wanted %.*s\nfound  %s\n", TEXT_ARG(wanted), found);
    }
    assert_true(same);
  }
  if (rest.len > 0) {
    print_error("not found: %.*s\n", TEXT_ARG(rest));
  }
  assert_int_equal(rest.len, 0);
}

static void compare_output(const struct script *s) {
  const struct text wanted = textbuf_text(&s->expected);
  const struct text found = textbuf_text(&s->host->out);
  if (!text_equal(wanted, found)) {
    print_error("wanted:\n%.*sfound:\n%.*s", TEXT_ARG(wanted), TEXT_ARG(found));
  }
  assert_true(text_equal(wanted, found));
}

static void check_script(const char *name, struct text source, bool reload) {
  struct host host;
  struct script s = {.host = &host, .source = source};
  struct diagnostics diags;
  struct program *program = NULL;
  host_init(&host);
  host.save_and_load = reload;
  textbuf_init(&s.expected, &host.tm.mem);
  textbuf_init(&s.errors, &host.tm.mem);
  diagnostics_init(&diags, &host.tm.mem);
  read_directives(&s);
  read_clock(&s);
  const enum bt_err err =
      program_compile(&host.tm.mem, text_from(name), source, &diags, &program);
  compare_errors(&s, &diags);
  assert_int_equal(err, s.errors.len > 0 ? BT_ERR_SYNTAX : BT_ERR_OK);
  if (err == BT_ERR_OK) {
    run_program(&s, program);
  }
  compare_output(&s);
  program_free(program);
  diagnostics_free(&diags);
  textbuf_free(&s.expected);
  textbuf_free(&s.errors);
  tz_free(s.zone);
  host_free(&host);
}

static char *read_file(const char *path, size_t *len) {
  FILE *f = fopen(path, "rb");
  assert_non_null(f);
  assert_int_equal(fseek(f, 0, SEEK_END), 0);
  const long size = ftell(f);
  rewind(f);
  char *bytes = malloc((size_t)size + 1);
  assert_non_null(bytes);
  *len = fread(bytes, 1, (size_t)size, f);
  fclose(f);
  return bytes;
}

static void test_script(void **state) {
  const char *path = *state;
  const char *name = strrchr(path, '/') + 1;
  size_t len;
  char *bytes = read_file(path, &len);
  check_script(name, (struct text){bytes, len}, false);
  check_script(name, (struct text){bytes, len}, true);
  free(bytes);
}

enum { SCRIPTS_MAX = 256, FOLDER_MAX = 768, PATH_MAX_LEN = 1280 };

static char paths[SCRIPTS_MAX][PATH_MAX_LEN];

static int is_script(const struct dirent *entry) {
  return text_ends(text_from(entry->d_name), TEXT(".studio"));
}

/* The scripts lie beside the unit tests: …/tests/studio. */
static size_t find_scripts(void) {
  char folder[FOLDER_MAX];
  struct dirent **entries;
  const char *tail = strstr(__FILE__, "unit/studio/test_scripts.c");
  assert_non_null(tail);
  (void)snprintf(folder, sizeof folder, "%.*sstudio", (int)(tail - __FILE__),
                 __FILE__);
  const int n = scandir(folder, &entries, is_script, alphasort);
  assert_true(n > 0 && n <= SCRIPTS_MAX);
  for (int i = 0; i < n; i++) {
    (void)snprintf(paths[i], PATH_MAX_LEN, "%s/%s", folder, entries[i]->d_name);
    free(entries[i]);
  }
  free(entries);
  return (size_t)n;
}

int main(int argc, char **argv) {
  static struct CMUnitTest tests[SCRIPTS_MAX];
  size_t n = find_scripts();
  if (argc > 1) { /* one script by its path */
    (void)snprintf(paths[0], PATH_MAX_LEN, "%s", argv[1]);
    n = 1;
  }
  for (size_t i = 0; i < n; i++) {
    tests[i] = (struct CMUnitTest){.name = strrchr(paths[i], '/') + 1,
                                   .test_func = test_script,
                                   .initial_state = paths[i]};
  }
  return _cmocka_run_group_tests("scripts", tests, n, NULL, NULL);
}
