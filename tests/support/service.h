/* service.h - the small centre behind a real server on the loopback, and peers
 * that talk to it. Whoever waits for something turns the loop.
 */
#ifndef BATON_TESTS_SERVICE_H
#define BATON_TESTS_SERVICE_H

#include "domain_centre.h"

#include "api/api.h"
#include "net/client.h"

enum { SERVICE_PATIENCE_US = 10 * 1000 * 1000, SERVICE_HEADERS_MAX = 16 };

struct service {
  struct centre centre;
  struct loop *loop;
  struct api *api;
  struct http_server *server;
  uint16_t port;
  bool visitors, stopped;
  /* the last answer */
  int status;
  char headers[4096]; /* "Name: value\n" */
  char body[262144];
  size_t body_len;
  bool answered;
};

static inline int64_t service_unix_us(void *ctx) {
  const struct service *s = ctx;
  return s->centre.now_us;
}

/* What the shell does once a turn. */
static inline void service_on_batch(void *ctx) {
  struct service *s = ctx;
  (void)domain_release(s->centre.domain);
  if (domain_due(s->centre.domain)) {
    loop_again(s->loop);
  }
}

static inline struct api_token service_token(const char *token, enum role role,
                                             const char *subject) {
  struct api_token t = {.role = role, .subject = text_from(subject)};
  api_hash_token(text_from(token), t.sha256);
  return t;
}

typedef enum bt_err service_fault_fn(void *ctx, enum journal_point point);

/* With @fault the journal is on disk, and asks it. */
static inline void service_begin_on(struct service *s,
                                    service_fault_fn *fault) {
  memset(s, 0, sizeof *s);
  centre_begin(&s->centre);
  if (fault != NULL) {
    centre_use_disk(&s->centre);
    s->centre.journal.fault = fault;
  }
  centre_open(&s->centre);
  centre_furnish(&s->centre);
  assert_int_equal(loop_create(&s->centre.heap.mem, &s->loop), BT_ERR_OK);
  const struct api_token tokens[] = {
      service_token("admin-token", ROLE_ADMIN, "root"),
      service_token("boss-token", ROLE_SUPERVISOR, "boss"),
      service_token("anna-token", ROLE_AGENT, "anna"),
      service_token("ben-token", ROLE_AGENT, "ben"),
      service_token("bot-token", ROLE_BOT, "cognigy"),
      service_token("ghost-token", ROLE_BOT, "nobody"),
      service_token("public-token", ROLE_CUSTOMER, "web"),
  };
  const struct api_options options = {
      .domain = s->centre.domain,
      .loop = s->loop,
      .tokens = tokens,
      .token_count = sizeof tokens / sizeof tokens[0],
      .visitors = true,
      .secret = TEXT("a secret of more than thirty-two bytes"),
      .version = TEXT("0.0.0"),
      .ctx = s,
      .unix_us = service_unix_us};
  assert_int_equal(api_create(&s->centre.heap.mem, &options, &s->api),
                   BT_ERR_OK);
}

static inline void service_begin(struct service *s) {
  service_begin_on(s, NULL);
}

static inline void service_listen(struct service *s) {
  assert_int_equal(http_server_create(s->loop, NULL, api_http_handlers(),
                                      s->api, &s->server),
                   BT_ERR_OK);
  api_attach(s->api, s->server);
  assert_int_equal(http_server_listen(s->server, "127.0.0.1", 0, &s->port),
                   BT_ERR_OK);
  loop_on_batch(s->loop, service_on_batch, s);
}

static inline void service_turn(struct service *s, int64_t deadline_us) {
  loop_turn(s->loop, 1000);
  if (loop_now_us() > deadline_us) {
    fail_msg("nothing happened; the last answer: %d %s", s->status, s->body);
  }
}

static inline void service_turns(struct service *s, unsigned count) {
  for (unsigned i = 0; i < count; i++) {
    loop_turn(s->loop, 1000);
  }
}

static inline void service_on_stopped(void *ctx) {
  struct service *s = ctx;
  s->stopped = true;
}

static inline void service_stop(struct service *s) {
  const int64_t deadline_us = loop_now_us() + SERVICE_PATIENCE_US;
  http_server_stop(s->server, 0, service_on_stopped, s);
  while (!s->stopped) {
    service_turn(s, deadline_us);
  }
  http_server_free(s->server);
}

static inline void service_end_loop(struct service *s) {
  api_free(s->api);
  loop_on_batch(s->loop, NULL, NULL);
  loop_free(s->loop);
  centre_end(&s->centre);
}

static inline void service_end(struct service *s) {
  service_stop(s);
  service_end_loop(s);
}

/* The clock moves, and what is due happens. */
static inline void service_advance(struct service *s, int64_t us) {
  s->centre.now_us += us;
  domain_tick(s->centre.domain, s->centre.now_us);
  service_turns(s, 3);
}

/* ---- requests */

static inline void service_on_response(void *ctx,
                                       const struct client_response *r) {
  struct service *s = ctx;
  s->answered = true;
  s->status = r->err == BT_ERR_OK ? r->status : -1;
  s->headers[0] = '\0';
  size_t at = 0;
  for (size_t i = 0; r->err == BT_ERR_OK && i < r->header_count; i++) {
    const int n =
        snprintf(s->headers + at, sizeof s->headers - at, "%.*s: %.*s\n",
                 TEXT_ARG(r->headers[i].name), TEXT_ARG(r->headers[i].value));
    at += (size_t)n;
    assert_true(at < sizeof s->headers);
  }
  s->body_len = r->err == BT_ERR_OK ? r->body.len : 0;
  assert_true(s->body_len < sizeof s->body);
  if (s->body_len > 0) {
    memcpy(s->body, r->body.ptr, s->body_len);
  }
  s->body[s->body_len] = '\0';
}

/* @headers: "Name: value\n" lines, or NULL. The answer comes later. */
static inline struct client *service_send(struct service *s,
                                          enum http_method method,
                                          const char *path, const char *headers,
                                          const char *body) {
  struct client *client = NULL;
  struct http_header list[SERVICE_HEADERS_MAX];
  size_t count = 0;
  struct text rest = text_from(headers);
  while (rest.len > 0) {
    const size_t end = text_find(rest, TEXT("\n"), 0);
    const struct text line = text_sub(rest, 0, end);
    const size_t colon = text_find(line, TEXT(": "), 0);
    list[count++] = (struct http_header){text_sub(line, 0, colon),
                                         text_sub(line, colon + 2, line.len)};
    rest = text_sub(rest, end + 1, rest.len);
  }
  s->answered = false;
  assert_int_equal(
      client_create(s->loop, TEXT("127.0.0.1"), s->port, NULL, &client),
      BT_ERR_OK);
  const struct client_target target = {.method = method,
                                       .path = text_from(path),
                                       .headers = list,
                                       .header_count = count};
  assert_int_equal(
      client_request(client, &target, text_from(body), service_on_response, s),
      BT_ERR_OK);
  return client;
}

static inline void service_await(struct service *s, struct client *client) {
  const int64_t deadline_us = loop_now_us() + SERVICE_PATIENCE_US;
  while (!s->answered) {
    service_turn(s, deadline_us);
  }
  client_free(client);
}

static inline int service_do(struct service *s, enum http_method method,
                             const char *path, const char *headers,
                             const char *body) {
  service_await(s, service_send(s, method, path, headers, body));
  return s->status;
}

/* As somebody, with a JSON body or none. */
static inline int service_as(struct service *s, const char *token,
                             enum http_method method, const char *path,
                             const char *body) {
  char headers[512];
  (void)snprintf(headers, sizeof headers, "Authorization: Bearer %s\n%s", token,
                 body == NULL ? "" : "Content-Type: application/json\n");
  return service_do(s, method, path, headers, body);
}

static inline bool service_said(const struct service *s, const char *words) {
  return strstr(s->body, words) != NULL;
}

static inline bool service_header(const struct service *s, const char *line) {
  return strstr(s->headers, line) != NULL;
}

/* The path of the present session with something behind it. */
static inline const char *service_path(const struct service *s,
                                       const char *rest) {
  static char path[512];
  char id[ID_TEXT_LEN];
  id_to_text(s->centre.session, id);
  (void)snprintf(path, sizeof path, "/api/v1/sessions/%.*s%s", ID_TEXT_LEN, id,
                 rest);
  return path;
}

/* ---- WebSockets */

struct wire_peer {
  struct service *service;
  struct client *client;
  struct ws *ws;
  struct textbuf got; /* one line a frame */
  int refused;        /* status of the answer instead of the handshake */
  int closed;         /* code */
};

static inline void peer_on_message(void *ctx, struct ws *ws,
                                   struct text message) {
  (void)ws;
  struct wire_peer *p = ctx;
  textbuf_add(&p->got, message);
  textbuf_add_char(&p->got, '\n');
}

static inline void peer_on_close(void *ctx, struct ws *ws, uint16_t code,
                                 struct text reason) {
  (void)ws;
  (void)reason;
  struct wire_peer *p = ctx;
  p->ws = NULL;
  p->closed = code;
}

static inline void peer_on_open(void *ctx, struct ws *ws) {
  struct wire_peer *p = ctx;
  p->ws = ws;
}

static inline void peer_on_refused(void *ctx, const struct client_response *r) {
  struct wire_peer *p = ctx;
  p->refused = r->err == BT_ERR_OK ? r->status : -1;
  textbuf_add(&p->got, r->body);
}

static inline void peer_connect(struct wire_peer *p, struct service *s,
                                const char *path, const char *token) {
  static const struct client_ws_handlers handlers = {
      .ws = {.on_message = peer_on_message, .on_close = peer_on_close},
      .on_open = peer_on_open,
      .on_refused = peer_on_refused};
  *p = (struct wire_peer){.service = s};
  textbuf_init(&p->got, &s->centre.log_heap.mem);
  char bearer[256];
  (void)snprintf(bearer, sizeof bearer, "Bearer %s",
                 token == NULL ? "" : token);
  const struct http_header header = {TEXT("Authorization"), text_from(bearer)};
  assert_int_equal(
      client_create(s->loop, TEXT("127.0.0.1"), s->port, NULL, &p->client),
      BT_ERR_OK);
  const struct client_target target = {.method = HTTP_GET,
                                       .path = text_from(path),
                                       .headers = &header,
                                       .header_count = token == NULL ? 0 : 1};
  assert_int_equal(client_ws_open(p->client, &target, &handlers, p), BT_ERR_OK);
  const int64_t deadline_us = loop_now_us() + SERVICE_PATIENCE_US;
  while (p->ws == NULL && p->refused == 0) {
    service_turn(s, deadline_us);
  }
}

static inline void peer_say(struct wire_peer *p, const char *frame) {
  assert_non_null(p->ws);
  assert_int_equal(ws_send_text(p->ws, text_from(frame)), BT_ERR_OK);
}

static inline bool peer_heard(const struct wire_peer *p, const char *words) {
  const struct text all = textbuf_text(&p->got);
  return text_find(all, text_from(words), 0) < all.len;
}

/* Until these words have come. */
static inline void peer_await(struct wire_peer *p, const char *words) {
  const int64_t deadline_us = loop_now_us() + SERVICE_PATIENCE_US;
  while (!peer_heard(p, words)) {
    loop_turn(p->service->loop, 1000);
    if (loop_now_us() > deadline_us) {
      fail_msg("\"%s\" did not come, but:\n%.*s", words,
               TEXT_ARG(textbuf_text(&p->got)));
    }
  }
}

static inline void peer_await_close(struct wire_peer *p) {
  const int64_t deadline_us = loop_now_us() + SERVICE_PATIENCE_US;
  while (p->ws != NULL) {
    service_turn(p->service, deadline_us);
  }
}

static inline void peer_forget(struct wire_peer *p) {
  textbuf_clear(&p->got);
}

static inline void peer_hang_up(struct wire_peer *p) {
  client_free(p->client);
  textbuf_free(&p->got);
  service_turns(p->service, 5);
}

#endif
