/* Asks a running server for a session's story. The token comes from --token or
 * BATON_TOKEN: on a shared machine the environment is seen by fewer people. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/server_url.h"
#include "domain/heap.h"
#include "net/client.h"

struct ask {
  struct loop *loop;
  const char *url;
  int exit_code;
};

static void on_response(void *ctx, const struct client_response *r) {
  struct ask *ask = ctx;
  ask->exit_code = CLI_FAILED;
  if (r->err != BT_ERR_OK) {
    cli_error("%s does not answer: %s; is 'baton serve' running there?",
              ask->url, r->message);
  } else if (r->status == 200) {
    (void)fwrite(r->body.ptr, 1, r->body.len, stdout);
    if (r->body.len > 0 && r->body.ptr[r->body.len - 1] != '\n') {
      (void)fputc('\n', stdout);
    }
    ask->exit_code = CLI_DONE;
  } else {
    (void)fprintf(stderr, "baton: %s refused with %d\n%.*s\n", ask->url,
                  r->status, TEXT_ARG(r->body));
  }
  loop_stop(ask->loop);
}

/* Sends the one request and waits for its answer. */
static int ask_server(struct ask *ask, const struct server_url *place,
                      const char *session, const char *token, bool json) {
  struct client *client = NULL;
  char path[256], bearer[512];
  (void)snprintf(path, sizeof path, "/api/v1/sessions/%s/explain", session);
  (void)snprintf(bearer, sizeof bearer, "Bearer %s", token);
  const struct http_header headers[] = {
      {TEXT("Authorization"), text_from(bearer)},
      {TEXT("Accept"), json ? TEXT("application/json") : TEXT("text/plain")}};
  const struct client_target target = {.method = HTTP_GET,
                                       .path = text_from(path),
                                       .headers = headers,
                                       .header_count = 2};
  enum bt_err err =
      client_create(ask->loop, place->host, place->port, NULL, &client);
  if (err == BT_ERR_OK) {
    err = client_request(client, &target, TEXT(""), on_response, ask);
  }
  if (err == BT_ERR_OK) {
    loop_run(ask->loop);
  } else {
    cli_error("cannot ask %s: %s", ask->url, bt_err_text(err));
  }
  client_free(client);
  return ask->exit_code;
}

static bool is_plain(const char *session) {
  return session[0] != '\0' &&
         strspn(session, "0123456789abcdefABCDEF-") == strlen(session) &&
         strlen(session) < 64;
}

int cmd_explain(const struct cli_command *self, int argc, char **argv) {
  bool json = false;
  const char *url = "http://127.0.0.1:8080", *token = getenv("BATON_TOKEN");
  const struct cli_option options[] = {
      {"--url", CLI_TEXT, &url, "URL",
       "the server; default http://127.0.0.1:8080"},
      {"--token", CLI_TEXT, &token, "TOKEN",
       "a token of the centre; default the environment's BATON_TOKEN"},
      {"--json", CLI_FLAG, &json, NULL, "as a JSON object"},
      {NULL, CLI_FLAG, NULL, NULL, NULL}};
  static const char *const examples[] = {
      "BATON_TOKEN=... baton explain 0192f1c4-7d3e-7b2a-9f00-2f1d5a7c9e10",
      NULL};
  const struct cli_page page = {options, examples, 1, 1};
  int exit_code;
  struct server_url place;
  if (!cli_parse(self, &page, &argc, argv, &exit_code)) {
    return exit_code;
  }
  if (!server_url_read(url, &place)) {
    cli_error("'%s' is not an address such as http://127.0.0.1:8080", url);
    return CLI_MISUSE;
  }
  if (!is_plain(argv[1])) {
    cli_error("'%s' is not the id of a session", argv[1]);
    return CLI_MISUSE;
  }
  if (token == NULL) {
    cli_error("a token is needed: --token or the environment's BATON_TOKEN");
    return CLI_MISUSE;
  }
  struct ask ask = {.url = url, .exit_code = CLI_FAILED};
  if (loop_create(heap_mem(), &ask.loop) != BT_ERR_OK) {
    cli_error("the system gives no event loop");
    return CLI_FAILED;
  }
  exit_code = ask_server(&ask, &place, argv[1], token, json);
  loop_free(ask.loop);
  return exit_code;
}
