#include "cli/server_ask.h"

#include <stdio.h>

#include "domain/heap.h"

enum {
  ANSWER_BYTES_MAX = 64 * 1024 * 1024,
  PATIENCE_MS = 30000,
  TURN_US = 1000000,
  TIMES_MAX = 30 /* that a server that is busy is asked again */
};

struct server_ask {
  const struct server_access *access;
  struct loop *loop;
  struct outbound *outbound;
  char base[SERVER_BASE_MAX], bearer[512];
  struct textbuf body;
  int status;             /* 0: not answered yet */
  int64_t retry_after_ms; /* of that answer; 0: it says nothing of it */
};

static int misuse_url(const char *url) {
  cli_error("'%s' is not an address such as http://127.0.0.1:8080", url);
  return CLI_MISUSE;
}

static int reach(struct server_ask *ask, const struct server_url *place) {
  const struct server_access *a = ask->access;
  const struct server_reach how = {text_from(a->authorities), ANSWER_BYTES_MAX};
  if (loop_create(heap_mem(), &ask->loop) != BT_ERR_OK) {
    cli_error("the system gives no event loop");
    return CLI_FAILED;
  }
  const enum bt_err err =
      server_url_reach(place, &how, ask->loop, &ask->outbound);
  if (err == BT_ERR_SYNTAX) {
    return misuse_url(a->url);
  }
  if (err != BT_ERR_OK) {
    cli_error("cannot ask %s: %s", a->url, bt_err_text(err));
  }
  return err == BT_ERR_OK ? CLI_DONE : CLI_FAILED;
}

int server_ask_open(const struct server_access *access,
                    struct server_ask **out) {
  struct server_url place;
  if (!server_url_read(access->url, &place)) {
    return misuse_url(access->url);
  }
  if (access->token == NULL) {
    cli_error("a token is needed: --token or the environment's BATON_TOKEN");
    return CLI_MISUSE;
  }
  struct server_ask *ask = mem_new(heap_mem(), sizeof *ask);
  if (ask == NULL) {
    cli_error("%s", bt_err_text(BT_ERR_NOMEM));
    return CLI_FAILED;
  }
  ask->access = access;
  textbuf_init(&ask->body, heap_mem());
  server_url_base(&place, ask->base);
  (void)snprintf(ask->bearer, sizeof ask->bearer, "Bearer %s", access->token);
  const int code = reach(ask, &place);
  if (code == CLI_DONE) {
    *out = ask;
  } else {
    server_ask_close(ask);
  }
  return code;
}

void server_ask_close(struct server_ask *ask) {
  if (ask != NULL) {
    outbound_free(ask->outbound);
    if (ask->loop != NULL) {
      loop_free(ask->loop);
    }
    textbuf_free(&ask->body);
    mem_free(heap_mem(), ask, sizeof *ask);
  }
}

static void say_unreachable(const struct server_ask *ask, struct text reason) {
  const char *url = ask->access->url;
  if (text_starts(reason, TEXT("TLS:"))) {
    cli_error("%s cannot be trusted: %.*s; --authorities FILE names who "
              "vouches for it",
              url, TEXT_ARG(reason));
  } else {
    cli_error("%s does not answer: %.*s; is 'baton serve' running there?", url,
              TEXT_ARG(reason));
  }
}

static void on_reply(void *ctx, const struct outbound_reply *r) {
  struct server_ask *ask = ctx;
  ask->status = r->status;
  ask->retry_after_ms = r->retry_after_ms;
  textbuf_add(&ask->body, r->body);
  if (r->status < 0) {
    say_unreachable(ask, r->reason);
  } else if (ask->body.failed) {
    cli_error("%s", bt_err_text(BT_ERR_NOMEM));
    ask->status = -1;
  }
}

/* The status; -1: there is none, which has been said. */
static int ask_once(struct server_ask *ask,
                    const struct outbound_request *request) {
  textbuf_clear(&ask->body);
  ask->status = 0;
  const enum bt_err err = outbound_call(ask->outbound, request, on_reply, ask);
  if (err != BT_ERR_OK) {
    cli_error("cannot ask %s: %s", ask->access->url, bt_err_text(err));
    return -1;
  }
  while (ask->status == 0) {
    loop_turn(ask->loop, TURN_US);
  }
  return ask->status;
}

static void wait_as_asked(struct server_ask *ask) {
  const int64_t until_us = loop_now_us() + ask->retry_after_ms * 1000;
  while (loop_now_us() < until_us) {
    loop_turn(ask->loop, until_us - loop_now_us());
  }
}

int server_ask(struct server_ask *ask, const struct server_question *q,
               struct text *body) {
  char url[512];
  const int len = snprintf(url, sizeof url, "%s/api/v1%s", ask->base, q->path);
  const struct http_header headers[] = {
      {TEXT("Authorization"), text_from(ask->bearer)},
      {TEXT("Accept"), text_from(q->accept)},
      {TEXT("Content-Type"), TEXT("application/json")}};
  const struct outbound_request request = {.method = text_from(q->method),
                                           .url = text_from(url),
                                           .body = q->body,
                                           .headers = headers,
                                           .header_count =
                                               q->body.len > 0 ? 3 : 2,
                                           .timeout_ms = PATIENCE_MS,
                                           .stays = true};
  if (len < 0 || (size_t)len >= sizeof url) {
    cli_error("%s/api/v1%s is too long", ask->base, q->path);
    return -1;
  }
  int status = ask_once(ask, &request);
  for (int i = 0; i < TIMES_MAX && status == 503 && ask->retry_after_ms > 0;
       i++) {
    wait_as_asked(ask);
    status = ask_once(ask, &request);
  }
  *body = textbuf_text(&ask->body);
  return status;
}

void server_ask_say(const struct server_ask *ask, int status,
                    struct text body) {
  (void)fprintf(stderr, "baton: %s refused with %d\n%.*s\n", ask->access->url,
                status, TEXT_ARG(body));
}
