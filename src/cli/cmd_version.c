#include <stdio.h>

#include "cli/cli.h"

int cmd_version(const struct cli_command *self, int argc, char **argv) {
  bool json = false;
  const struct cli_option options[] = {
      {"--json", CLI_FLAG, &json, NULL, "as a JSON object"},
      {NULL, CLI_FLAG, NULL, NULL, NULL}};
  static const char *const examples[] = {NULL};
  const struct cli_page page = {options, examples, 0, 0};
  int exit_code;
  if (!cli_parse(self, &page, &argc, argv, &exit_code)) {
    return exit_code;
  }
  printf(json ? "{\"name\":\"baton\",\"version\":\"%s\"}\n" : "baton %s\n",
         BATON_VERSION);
  return CLI_DONE;
}
