#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "api/api.h"
#include "cli/cli.h"

enum { HEX_DIGITS = 64, PRINTED_MAX = 1024 };

struct printed {
  int exit_code;
  char text[PRINTED_MAX];
};

static const struct cli_command *find(const char *name) {
  const struct cli_command *c = cli_commands();
  while (strcmp(c->name, name) != 0) {
    c++;
  }
  return c;
}

/* Runs `baton token` with these words and catches its standard output. */
static void run(struct printed *p, int argc, char **argv) {
  FILE *caught = tmpfile();
  assert_non_null(caught);
  (void)fflush(stdout);
  const int before = dup(STDOUT_FILENO);
  assert_true(before >= 0);
  assert_true(dup2(fileno(caught), STDOUT_FILENO) >= 0);
  p->exit_code = find("token")->run(find("token"), argc, argv);
  (void)fflush(stdout);
  assert_true(dup2(before, STDOUT_FILENO) >= 0);
  (void)close(before);
  rewind(caught);
  p->text[fread(p->text, 1, sizeof p->text - 1, caught)] = '\0';
  (void)fclose(caught);
}

static void the_line_for_the_file_has_the_hash_of_the_token(void **state) {
  (void)state;
  struct printed p;
  char *argv[] = {(char[]){"token"}, (char[]){"--role=agent"},
                  (char[]){"--subject=anna"}, NULL};
  run(&p, 3, argv);
  assert_int_equal(p.exit_code, CLI_DONE);
  assert_int_equal(strspn(p.text, "0123456789abcdef"), HEX_DIGITS);
  uint8_t hash[32];
  char line[PRINTED_MAX] = "\n  - { role: agent, subject: anna, sha256: ";
  api_hash_token((struct text){p.text, HEX_DIGITS}, hash);
  for (size_t i = 0; i < sizeof hash; i++) {
    const size_t at = strlen(line);
    (void)snprintf(line + at, sizeof line - at, "%02x", hash[i]);
  }
  assert_non_null(strstr(p.text, line));
  assert_string_equal(p.text + strlen(p.text) - 3, " }\n");
}

static void no_two_tokens_are_the_same(void **state) {
  (void)state;
  struct printed one, two;
  char *argv[] = {(char[]){"token"}, NULL};
  run(&one, 1, argv);
  run(&two, 1, argv);
  assert_int_not_equal(strncmp(one.text, two.text, HEX_DIGITS), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_line_for_the_file_has_the_hash_of_the_token),
      cmocka_unit_test(no_two_tokens_are_the_same),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
