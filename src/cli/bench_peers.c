/* Peer workload v1 on Baton, Redis and PostgreSQL: the drivers are Node's, with
 * the clients that people use. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/bench_cli.h"

enum { PATH_SIZE = 4096, WORD_SIZE = 32 };
enum { SECONDS, ROUNDS, FLIGHT, NUMBERS };

struct asked {
  const char *drivers, *only, *door;
  long long numbers[NUMBERS];
  bool json;
};

/* This program, as the drivers start it. */
static bool own_path(char path[PATH_SIZE]) {
  const ssize_t n = readlink("/proc/self/exe", path, PATH_SIZE - 1);
  path[n > 0 ? n : 0] = '\0';
  return n > 0;
}

static int start(const char *drivers, char *const *words) {
  char packages[PATH_SIZE];
  (void)snprintf(packages, sizeof packages, "%s/node_modules/pg", drivers);
  if (access(words[1], R_OK) != 0) {
    cli_error("there is no %s: run it in the source tree, or say --drivers DIR",
              words[1]);
    return CLI_FAILED;
  }
  if (access(packages, R_OK) != 0) {
    cli_error("the drivers' packages are not installed: npm ci in %s, or "
              "./dev bench peers",
              drivers);
    return CLI_FAILED;
  }
  (void)execvp(words[0], words);
  cli_error("cannot start node: %s", strerror(errno));
  return CLI_FAILED;
}

static int start_drivers(const struct asked *a) {
  char program[PATH_SIZE], script[PATH_SIZE], list[PATH_SIZE];
  char numbers[NUMBERS][WORD_SIZE], node[] = "node", format[WORD_SIZE];
  for (size_t i = 0; i < NUMBERS; i++) {
    (void)snprintf(numbers[i], WORD_SIZE, "%lld", a->numbers[i]);
  }
  (void)snprintf(script, sizeof script, "%s/run.mjs", a->drivers);
  (void)snprintf(list, sizeof list, "%s", a->only);
  (void)snprintf(format, sizeof format, "%s", a->json ? "json" : "text");
  if (!own_path(program)) {
    cli_error("cannot find this program's own file");
    return CLI_FAILED;
  }
  char *const words[] = {node,
                         script,
                         program,
                         list,
                         numbers[SECONDS],
                         numbers[ROUNDS],
                         numbers[FLIGHT],
                         format,
                         NULL};
  return start(a->drivers, words);
}

int bench_cli_peers(const struct cli_command *self, int argc, char **argv) {
  struct asked asked = {.drivers = "bench/peers",
                        .only = "baton,redis,postgres",
                        .numbers = {3, 3, 64}};
  const struct cli_option options[] = {
      {"--seconds", CLI_NUM, &asked.numbers[SECONDS], "N",
       "of each measurement (default 3), after one to warm up"},
      {"--rounds", CLI_NUM, &asked.numbers[ROUNDS], "N",
       "times that all take turns (default 3)"},
      {"--flight", CLI_NUM, &asked.numbers[FLIGHT], "N",
       "requests at a time (default 64)"},
      {"--only", CLI_TEXT, &asked.only, "LIST", "of baton, redis and postgres"},
      {"--drivers", CLI_TEXT, &asked.drivers, "DIR",
       "where run.mjs lies (default bench/peers)"},
      {"--door", CLI_TEXT, &asked.door, "DIR",
       "be the door that the drivers ask: a socket, the journal in DIR"},
      {"--json", CLI_FLAG, &asked.json, NULL, "one JSON object"},
      {NULL, CLI_FLAG, NULL, NULL, NULL}};
  static const char *const examples[] = {
      "baton bench peers", "baton bench peers --only baton,redis --json", NULL};
  const struct cli_page page = {options, examples, 0, 0};
  int exit_code;
  if (!cli_parse(self, &page, &argc, argv, &exit_code)) {
    return exit_code;
  }
  if (asked.door != NULL) {
    return bench_door(asked.door);
  }
  return start_drivers(&asked);
}
