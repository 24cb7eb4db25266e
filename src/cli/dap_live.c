/* The connection of a debug adapter with a running server. */
#include "cli/dap_live.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/heap.h"

struct text live_text(const struct json *object, const char *name) {
  return json_member_text(object, text_from(name));
}

int64_t live_num(const struct json *object, const char *name) {
  const struct json *m = json_member(object, text_from(name));
  return m != NULL && m->type == JSON_INT ? m->i : 0;
}

/* ---- requests */

static void on_response(void *ctx, const struct client_response *r) {
  struct dap_live *l = ctx;
  l->answered = true;
  l->status = r->err == BT_ERR_OK ? r->status : 0;
  textbuf_clear(&l->body);
  if (r->err == BT_ERR_OK) {
    textbuf_add(&l->body, r->body);
  } else {
    (void)snprintf(l->trouble, sizeof l->trouble, "%s", r->message);
  }
}

static void send(struct dap_live *l, const struct live_request *q) {
  struct textbuf path;
  textbuf_init(&path, heap_mem());
  textbuf_addf(&path, "/api/v1%.*s", TEXT_ARG(q->path));
  const struct http_header headers[] = {
      {TEXT("Authorization"), text_from(l->bearer)},
      {TEXT("Content-Type"), TEXT("application/json")}};
  const struct client_target target = {.method = q->method,
                                       .path = textbuf_text(&path),
                                       .headers = headers,
                                       .header_count = q->body.len > 0 ? 2 : 1};
  l->answered = path.failed || client_request(l->http, &target, q->body,
                                              on_response, l) != BT_ERR_OK;
  l->status = 0;
  (void)snprintf(l->trouble, sizeof l->trouble, "not enough memory");
  textbuf_free(&path);
}

static void wait_for_answer(struct dap_live *l) {
  const int64_t until_us = loop_now_us() + LIVE_WAIT_US;
  while (!l->answered && loop_now_us() < until_us) {
    loop_turn(l->loop, LIVE_TURN_MS * 1000);
  }
  if (!l->answered) {
    (void)snprintf(l->trouble, sizeof l->trouble, "no answer in %d seconds",
                   LIVE_WAIT_US / 1000000);
  }
}

/* The problem's detail, else its message. */
static void refuse(struct dap *d, const struct dap_request *r,
                   const struct json *problem) {
  const struct dap_live *l = d->live;
  struct text why = live_text(problem, "detail");
  if (why.len == 0) {
    why = live_text(problem, "message");
  }
  if (l->status == 0 && text_starts(text_from(l->trouble), TEXT("TLS:"))) {
    dap_refuse(d, r,
               "%s cannot be trusted: %s; \"authorities\" names the file of "
               "who vouches for it",
               l->url, l->trouble);
  } else if (l->status == 0) {
    dap_refuse(d, r, "%s does not answer: %s; is 'baton serve' running there?",
               l->url, l->trouble);
  } else if (l->status == 401) {
    dap_refuse(d, r,
               "the server does not know the token: set the variable "
               "that \"tokenEnv\" names to one of a supervisor");
  } else {
    dap_refuse(d, r, "%d: %.*s", l->status, TEXT_ARG(why));
  }
}

bool live_ask(struct dap *d, const struct dap_request *r,
              const struct live_request *q, struct arena *arena,
              struct json **out) {
  struct dap_live *l = d->live;
  struct json *tree = NULL;
  send(l, q);
  wait_for_answer(l);
  const struct text body = arena_copy_text(arena, textbuf_text(&l->body));
  const bool read =
      l->status != 0 && body.ptr != NULL &&
      json_parse(arena, body, JSON_DEPTH_MAX, &tree, NULL) == BT_ERR_OK;
  const bool good = read && l->status < 400;
  if (!good && r != NULL) {
    refuse(d, r, tree);
  }
  if (good && out != NULL) {
    *out = tree;
  }
  return good;
}

bool live_ask_session(struct dap *d, const struct dap_request *r,
                      enum http_method method, const char *path,
                      struct text body) {
  char whole[256];
  (void)snprintf(whole, sizeof whole, "/sessions/%s%s", d->live->session, path);
  const struct live_request q = {method, text_from(whole), body};
  return live_ask(d, r, &q, &d->arena, NULL);
}

/* ---- the trace */

static void add_event(struct dap_live *l, struct text message) {
  if (l->events.len + message.len < LIVE_EVENTS_BYTES) {
    textbuf_add(&l->events, message);
    textbuf_add_char(&l->events, '\n');
  }
}

static void on_message(void *ctx, struct ws *ws, struct text message) {
  (void)ws;
  add_event(ctx, message);
}

static void leave(struct dap_live *l, const char *why) {
  l->gone = true;
  (void)snprintf(l->why, sizeof l->why, "%s", why);
}

static void on_close(void *ctx, struct ws *ws, uint16_t code,
                     struct text reason) {
  struct dap_live *l = ctx;
  (void)ws;
  (void)code;
  (void)reason;
  l->ws = NULL;
  leave(l, "the connection to the server is closed");
}

static void on_open(void *ctx, struct ws *ws) {
  struct dap_live *l = ctx;
  l->ws = ws;
  l->answered = true;
}

static void on_refused(void *ctx, const struct client_response *r) {
  struct dap_live *l = ctx;
  on_response(ctx, r);
  leave(l, "the server shows no trace");
}

bool live_listen(struct dap *d, const struct dap_request *r) {
  struct dap_live *l = d->live;
  char path[256];
  (void)snprintf(path, sizeof path, "/api/v1/sessions/%s/debugger/trace/socket",
                 l->session);
  const struct http_header headers[] = {
      {TEXT("Authorization"), text_from(l->bearer)}};
  const struct client_target target = {.method = HTTP_GET,
                                       .path = text_from(path),
                                       .headers = headers,
                                       .header_count = 1};
  static const struct client_ws_handlers handlers = {
      .ws = {.on_message = on_message, .on_close = on_close},
      .on_open = on_open,
      .on_refused = on_refused};
  l->answered = false;
  l->status = 0;
  if (client_ws_open(l->stream, &target, &handlers, l) == BT_ERR_OK) {
    wait_for_answer(l);
  }
  if (l->ws == NULL) {
    refuse(d, r, NULL);
  }
  return l->ws != NULL;
}

/* ---- life */

static bool read_token(struct dap *d, const struct dap_request *r) {
  struct text name = dap_text(r, "tokenEnv");
  char plain[128];
  name = name.len == 0 ? TEXT("BATON_TOKEN") : name;
  (void)snprintf(plain, sizeof plain, "%.*s", TEXT_ARG(name));
  const char *token = getenv(plain);
  if (token == NULL || token[0] == '\0') {
    dap_refuse(d, r,
               "the environment has no variable %s: it holds the token of a "
               "supervisor; \"tokenEnv\" names another one",
               plain);
    return false;
  }
  (void)snprintf(d->live->bearer, sizeof d->live->bearer, "Bearer %s", token);
  return true;
}

static void refuse_url(struct dap *d, const struct dap_request *r) {
  dap_refuse(d, r, "'%s' is no address such as http://127.0.0.1:8080",
             d->live->url);
}

static bool read_url(struct dap *d, const struct dap_request *r,
                     struct server_url *place) {
  struct dap_live *l = d->live;
  const struct text url = dap_text(r, "url");
  (void)snprintf(l->url, sizeof l->url, "%.*s", TEXT_ARG(url));
  if (url.len == 0) {
    (void)snprintf(l->url, sizeof l->url, "http://127.0.0.1:%d",
                   SERVER_PORT_DEFAULT);
  }
  const bool good = server_url_read(l->url, place);
  if (!good) {
    refuse_url(d, r);
  }
  return good;
}

static enum bt_err reach(struct dap *d, const struct dap_request *r,
                         const struct server_url *place) {
  struct dap_live *l = d->live;
  char base[SERVER_BASE_MAX];
  const struct server_reach how = {dap_text(r, "authorities"),
                                   LIVE_EVENTS_BYTES};
  server_url_base(place, base);
  enum bt_err err = loop_create(heap_mem(), &l->loop);
  if (err == BT_ERR_OK) {
    err = server_url_reach(place, &how, l->loop, &l->outbound);
  }
  if (err == BT_ERR_OK) {
    err = client_create_over(l->loop, l->outbound, text_from(base), NULL,
                             &l->http);
  }
  if (err == BT_ERR_OK) {
    err = client_create_over(l->loop, l->outbound, text_from(base), NULL,
                             &l->stream);
  }
  return err;
}

bool live_connect(struct dap *d, const struct dap_request *r) {
  struct dap_live *l = calloc(1, sizeof *l);
  struct server_url place;
  if (l == NULL) {
    dap_refuse(d, r, "not enough memory");
    return false;
  }
  d->live = l;
  textbuf_init(&l->events, heap_mem());
  textbuf_init(&l->body, heap_mem());
  if (!read_token(d, r) || !read_url(d, r, &place)) {
    return false;
  }
  const enum bt_err err = reach(d, r, &place);
  if (err == BT_ERR_SYNTAX) {
    refuse_url(d, r);
  } else if (err != BT_ERR_OK) {
    dap_refuse(d, r, "the system gives no connection");
  }
  return err == BT_ERR_OK;
}

void dap_live_detach(struct dap *d) {
  struct dap_live *l = d->live;
  if (l == NULL || !l->attached) {
    return;
  }
  if (!l->gone) {
    (void)live_ask_session(d, NULL, HTTP_DELETE, "/debugger", TEXT(""));
  }
  l->attached = false;
}

void dap_live_close(struct dap *d) {
  struct dap_live *l = d->live;
  if (l == NULL) {
    return;
  }
  if (l->loop != NULL) {
    dap_live_detach(d);
    client_free(l->stream);
    client_free(l->http);
    outbound_free(l->outbound);
    loop_free(l->loop);
  }
  textbuf_free(&l->events);
  textbuf_free(&l->body);
  mem_free(heap_mem(), l->marks, l->mark_cap * sizeof *l->marks);
  explicit_bzero(l->bearer, sizeof l->bearer);
  free(l);
  d->live = NULL;
}
