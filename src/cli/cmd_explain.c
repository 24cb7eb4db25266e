/* Asks a running server for a session's story. The token comes from --token or
 * BATON_TOKEN: on a shared machine the environment is seen by fewer people. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/server_url.h"
#include "domain/heap.h"
#include "net/outbound.h"

enum { STORY_MAX_BYTES = 64 * 1024 * 1024, PATIENCE_MS = 30000 };

struct ask {
  struct loop *loop;
  const char *url, *session, *token, *authorities;
  bool json;
  int exit_code;
};

static void on_reply(void *ctx, const struct outbound_reply *r) {
  struct ask *ask = ctx;
  ask->exit_code = CLI_FAILED;
  if (r->status < 0 && text_starts(r->reason, TEXT("TLS:"))) {
    cli_error("%s cannot be trusted: %.*s; --authorities FILE names who "
              "vouches for it",
              ask->url, TEXT_ARG(r->reason));
  } else if (r->status < 0) {
    cli_error("%s does not answer: %.*s; is 'baton serve' running there?",
              ask->url, TEXT_ARG(r->reason));
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
static int ask_server(struct ask *ask, const struct server_url *place) {
  struct outbound *outbound = NULL;
  char base[SERVER_BASE_MAX], url[512], bearer[512];
  server_url_base(place, base);
  (void)snprintf(url, sizeof url, "%s/api/v1/sessions/%s/explain", base,
                 ask->session);
  (void)snprintf(bearer, sizeof bearer, "Bearer %s", ask->token);
  const struct http_header headers[] = {
      {TEXT("Authorization"), text_from(bearer)},
      {TEXT("Accept"),
       ask->json ? TEXT("application/json") : TEXT("text/plain")}};
  const struct outbound_request request = {.method = TEXT("GET"),
                                           .url = text_from(url),
                                           .headers = headers,
                                           .header_count = 2,
                                           .timeout_ms = PATIENCE_MS,
                                           .stays = true};
  const struct server_reach how = {text_from(ask->authorities),
                                   STORY_MAX_BYTES};
  enum bt_err err = server_url_reach(place, &how, ask->loop, &outbound);
  if (err == BT_ERR_SYNTAX) {
    cli_error("'%s' is not an address such as http://127.0.0.1:8080", ask->url);
    return CLI_MISUSE;
  }
  if (err == BT_ERR_OK) {
    err = outbound_call(outbound, &request, on_reply, ask);
  }
  if (err == BT_ERR_OK) {
    loop_run(ask->loop);
  } else {
    cli_error("cannot ask %s: %s", ask->url, bt_err_text(err));
  }
  outbound_free(outbound);
  return ask->exit_code;
}

static bool is_plain(const char *session) {
  return session[0] != '\0' &&
         strspn(session, "0123456789abcdefABCDEF-") == strlen(session) &&
         strlen(session) < 64;
}

int cmd_explain(const struct cli_command *self, int argc, char **argv) {
  struct ask ask = {.url = "http://127.0.0.1:8080",
                    .token = getenv("BATON_TOKEN"),
                    .authorities = "",
                    .exit_code = CLI_FAILED};
  const struct cli_option options[] = {
      {"--url", CLI_TEXT, &ask.url, "URL",
       "the server; default http://127.0.0.1:8080"},
      {"--token", CLI_TEXT, &ask.token, "TOKEN",
       "a token of the centre; default the environment's BATON_TOKEN"},
      {"--authorities", CLI_TEXT, &ask.authorities, "FILE",
       "certificate authorities in PEM, instead of the system's"},
      {"--json", CLI_FLAG, &ask.json, NULL, "as a JSON object"},
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
  if (!server_url_read(ask.url, &place)) {
    cli_error("'%s' is not an address such as http://127.0.0.1:8080", ask.url);
    return CLI_MISUSE;
  }
  if (!is_plain(argv[1])) {
    cli_error("'%s' is not the id of a session", argv[1]);
    return CLI_MISUSE;
  }
  if (ask.token == NULL) {
    cli_error("a token is needed: --token or the environment's BATON_TOKEN");
    return CLI_MISUSE;
  }
  ask.session = argv[1];
  if (loop_create(heap_mem(), &ask.loop) != BT_ERR_OK) {
    cli_error("the system gives no event loop");
    return CLI_FAILED;
  }
  exit_code = ask_server(&ask, &place);
  loop_free(ask.loop);
  return exit_code;
}
