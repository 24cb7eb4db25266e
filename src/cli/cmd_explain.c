/* Asks a running server for a session's story. */
#include <stdio.h>
#include <string.h>

#include "cli/server_ask.h"

static void print(struct text story) {
  (void)fwrite(story.ptr, 1, story.len, stdout);
  if (story.len > 0 && story.ptr[story.len - 1] != '\n') {
    (void)fputc('\n', stdout);
  }
}

static int explain(struct server_ask *ask, const char *session, bool json) {
  char path[128];
  struct text body;
  (void)snprintf(path, sizeof path, "/sessions/%s/explain", session);
  const struct server_question q = {.method = "GET",
                                    .path = path,
                                    .accept = json ? "application/json"
                                                   : "text/plain"};
  const int status = server_ask(ask, &q, &body);
  if (status == 200) {
    print(body);
    return CLI_DONE;
  }
  if (status > 0) {
    server_ask_say(ask, status, body);
  }
  return CLI_FAILED;
}

static bool is_plain(const char *session) {
  return session[0] != '\0' &&
         strspn(session, "0123456789abcdefABCDEF-") == strlen(session) &&
         strlen(session) < 64;
}

int cmd_explain(const struct cli_command *self, int argc, char **argv) {
  struct server_access access = SERVER_ACCESS_DEFAULT;
  bool json = false;
  const struct cli_option options[] = {
      SERVER_ACCESS_OPTIONS(access),
      {"--json", CLI_FLAG, &json, NULL, "as a JSON object"},
      {NULL, CLI_FLAG, NULL, NULL, NULL}};
  static const char *const examples[] = {
      "BATON_TOKEN=... baton explain 0192f1c4-7d3e-7b2a-9f00-2f1d5a7c9e10",
      NULL};
  const struct cli_page page = {options, examples, 1, 1};
  struct server_ask *ask = NULL;
  int exit_code;
  if (!cli_parse(self, &page, &argc, argv, &exit_code)) {
    return exit_code;
  }
  if (!is_plain(argv[1])) {
    cli_error("'%s' is not the id of a session", argv[1]);
    return CLI_MISUSE;
  }
  exit_code = server_ask_open(&access, &ask);
  if (exit_code == CLI_DONE) {
    exit_code = explain(ask, argv[1], json);
  }
  server_ask_close(ask);
  return exit_code;
}
