#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "server/log.h"
#include "support.h"

struct piped {
  struct log log;
  int read_fd;
  char line[4096];
};

static void begin(struct piped *p, enum log_format format) {
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  p->log = (struct log){.fd = ends[1], .format = format, .level = API_LOG_INFO};
  p->read_fd = ends[0];
}

/* What was written; ends the log. */
static const char *end(struct piped *p) {
  (void)close(p->log.fd);
  const ssize_t n = read(p->read_fd, p->line, sizeof p->line - 1);
  assert_true(n >= 0);
  p->line[n] = '\0';
  (void)close(p->read_fd);
  return p->line;
}

static void an_entry_is_one_json_object_on_one_line(void **state) {
  (void)state;
  struct piped p;
  struct test_mem tm;
  struct arena arena;
  struct json *tree = NULL;
  begin(&p, LOG_JSON);
  log_say(&p.log, API_LOG_WARNING, "journal.full", "no \"room\"\n%s", "\xff");
  const char *line = end(&p);
  const size_t len = strlen(line);
  test_mem_init(&tm);
  arena_init(&arena, &tm.mem, 0);
  assert_int_equal(line[len - 1], '\n');
  assert_null(memchr(line, '\n', len - 1));
  assert_int_equal(json_parse(&arena, (struct text){line, len}, 8, &tree, NULL),
                   BT_ERR_OK);
  assert_true(
      text_equal(json_member(tree, TEXT("level"))->text, TEXT("warning")));
  assert_true(
      text_equal(json_member(tree, TEXT("msg"))->text, TEXT("journal.full")));
  const struct json *fields = json_member(tree, TEXT("fields"));
  assert_true(text_equal(json_member(fields, TEXT("detail"))->text,
                         TEXT("no \"room\"\n\xef\xbf\xbd")));
  arena_free(&arena);
}

static void people_get_a_line_without_control_characters(void **state) {
  (void)state;
  struct piped p;
  begin(&p, LOG_TEXT);
  const struct log_field fields[] = {
      {.name = "detail", .text = TEXT("a\033[31mb")},
      {.name = "code", .number = 503}};
  log_write(&p.log, API_LOG_ERROR, "request", fields, 2);
  const char *line = end(&p);
  assert_non_null(strstr(line, "Z error   request detail=\"a"));
  assert_non_null(strstr(line, " code=503\n"));
  assert_null(strchr(line, '\033'));
}

static void what_is_below_the_level_is_not_written(void **state) {
  (void)state;
  struct piped p;
  begin(&p, LOG_JSON);
  log_say(&p.log, API_LOG_DEBUG, "request", "quiet");
  assert_string_equal(end(&p), "");
}

static void empty_fields_of_the_api_are_left_out(void **state) {
  (void)state;
  struct piped p;
  begin(&p, LOG_JSON);
  const struct api_log entry = {.level = API_LOG_INFO,
                                .what = "request",
                                .who = TEXT("agent anna"),
                                .code = 200};
  log_api(&p.log, &entry);
  assert_non_null(
      strstr(end(&p), "\"fields\":{\"who\":\"agent anna\",\"code\":200}}\n"));
}

/* A reader that went away must not take the server with it. */
static void a_log_that_nobody_reads_is_lost_and_nothing_else(void **state) {
  (void)state;
  const struct log nowhere = {.fd = -1, .level = API_LOG_DEBUG};
  log_say(&nowhere, API_LOG_ERROR, "anything", "at all");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_entry_is_one_json_object_on_one_line),
      cmocka_unit_test(people_get_a_line_without_control_characters),
      cmocka_unit_test(what_is_below_the_level_is_not_written),
      cmocka_unit_test(empty_fields_of_the_api_are_left_out),
      cmocka_unit_test(a_log_that_nobody_reads_is_lost_and_nothing_else),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
