#include "net/client.h"

#include <string.h>

#include "base/check.h"
#include "net/client_priv.h"
#include "net/url.h"

/* Calls. */

struct client_call *client_first_call(const struct client *client) {
  return link_is_alone(&client->calls)
             ? NULL
             : LINK_OWNER(client->calls.next, struct client_call, link);
}

static void call_free(const struct mem *mem, struct client_call *call) {
  textbuf_free(&call->bytes);
  mem_free(mem, call, sizeof *call);
}

void client_answer(struct client *client,
                   const struct client_response *response) {
  struct client_call *call = client_first_call(client);
  bt_check(call != NULL);
  client_fn *fn = call->fn;
  void *ctx = call->ctx;
  link_remove(&call->link);
  call_free(client->loop->mem, call);
  loop_run_early(client->loop, &client->kick);
  fn(ctx, response);
}

void client_fail(struct client *client, enum bt_err err, const char *message) {
  const struct client_response response = {.err = err, .message = message};
  client_answer(client, &response);
}

static void on_kick(struct loop_task *task) {
  struct client *client = LINK_OWNER(task, struct client, kick);
  if (client_first_call(client) == NULL) {
    return;
  }
  if (client->conn == NULL) {
    const enum bt_err err = client_conn_open(client);
    if (err != BT_ERR_OK) {
      client_fail(client, err, "no memory or descriptor for a connection");
    }
  } else if (client->conn->phase == CLIENT_READY) {
    client_conn_send(client->conn);
  }
}

/* The request as bytes. */

static void add_header(struct textbuf *b, struct text name, struct text value) {
  textbuf_add(b, name);
  textbuf_add(b, TEXT(": "));
  textbuf_add(b, value);
  textbuf_add(b, TEXT("\r\n"));
}

static void add_host(struct textbuf *b, const struct client *client) {
  const struct text host = textbuf_text(&client->host);
  const bool v6 = text_find(host, TEXT(":"), 0) < host.len;
  if (client->outbound != NULL && client->port == (client->tls ? 443 : 80)) {
    textbuf_addf(b, v6 ? "Host: [%.*s]\r\n" : "Host: %.*s\r\n", TEXT_ARG(host));
    return;
  }
  textbuf_addf(b, v6 ? "Host: [%.*s]:%u\r\n" : "Host: %.*s:%u\r\n",
               TEXT_ARG(host), (unsigned)client->port);
}

static void add_head(struct textbuf *b, const struct client *client,
                     const struct client_target *target) {
  textbuf_addf(b, "%s ", http_method_name(target->method));
  textbuf_add(b, target->path);
  textbuf_add(b, TEXT(" HTTP/1.1\r\n"));
  add_host(b, client);
  for (size_t i = 0; i < target->header_count; i++) {
    add_header(b, target->headers[i].name, target->headers[i].value);
  }
}

static struct client_call *call_new(const struct client *client,
                                    const struct client_target *target,
                                    client_fn *fn, void *ctx) {
  struct client_call *call = mem_new(client->loop->mem, sizeof *call);
  if (call == NULL) {
    return NULL;
  }
  call->method = target->method;
  call->fn = fn;
  call->ctx = ctx;
  textbuf_init(&call->bytes, client->loop->mem);
  add_head(&call->bytes, client, target);
  return call;
}

static enum bt_err enqueue(struct client *client, struct client_call *call) {
  if (call->bytes.failed) {
    call_free(client->loop->mem, call);
    return BT_ERR_NOMEM;
  }
  link_init(&call->link);
  link_add_last(&client->calls, &call->link);
  loop_run_early(client->loop, &client->kick);
  return BT_ERR_OK;
}

static bool has_body(enum http_method method, struct text body) {
  return body.len > 0 || method == HTTP_POST || method == HTTP_PUT ||
         method == HTTP_PATCH;
}

enum bt_err client_request(struct client *client,
                           const struct client_target *target, struct text body,
                           client_fn *fn, void *ctx) {
  bt_check(client->ws_handlers == NULL);
  struct client_call *call = call_new(client, target, fn, ctx);
  if (call == NULL) {
    return BT_ERR_NOMEM;
  }
  if (has_body(target->method, body)) {
    textbuf_addf(&call->bytes, "Content-Length: %zu\r\n", body.len);
  }
  textbuf_add(&call->bytes, TEXT("\r\n"));
  textbuf_add(&call->bytes, body);
  return enqueue(client, call);
}

/* WebSocket. */

static void on_ws_refused(void *ctx, const struct client_response *response) {
  struct client *client = ctx;
  client->ws_handlers->on_refused(client->ws_ctx, response);
}

enum bt_err client_ws_open(struct client *client,
                           const struct client_target *target,
                           const struct client_ws_handlers *handlers,
                           void *ctx) {
  char key[WS_KEY_LEN];
  if (client->ws_handlers != NULL || client->conn != NULL ||
      client_first_call(client) != NULL) {
    return BT_ERR_STATE;
  }
  bt_check(target->method == HTTP_GET);
  struct client_call *call = call_new(client, target, on_ws_refused, client);
  if (call == NULL) {
    return BT_ERR_NOMEM;
  }
  ws_make_key(key);
  ws_accept_key((struct text){key, sizeof key}, call->accept);
  call->opens_ws = true;
  textbuf_add(&call->bytes, TEXT("Upgrade: websocket\r\n"
                                 "Connection: Upgrade\r\n"
                                 "Sec-WebSocket-Version: 13\r\n"
                                 "Sec-WebSocket-Key: "));
  textbuf_add(&call->bytes, (struct text){key, sizeof key});
  textbuf_add(&call->bytes, TEXT("\r\n\r\n"));
  const enum bt_err err = enqueue(client, call);
  if (err == BT_ERR_OK) {
    client->ws_handlers = handlers;
    client->ws_ctx = ctx;
  }
  return err;
}

/* Birth and death. */

enum bt_err client_create(struct loop *loop, struct text host, uint16_t port,
                          const struct net_limits *limits,
                          struct client **out) {
  struct client *client = mem_new(loop->mem, sizeof *client);
  if (client == NULL) {
    return BT_ERR_NOMEM;
  }
  client->loop = loop;
  client->limits = limits != NULL ? *limits : net_limits_default();
  client->port = port;
  link_init(&client->calls);
  loop_task_init(&client->kick, on_kick);
  textbuf_init(&client->host, loop->mem);
  textbuf_add(&client->host, host);
  const enum bt_err err = deadlines_init(&client->deadlines, loop,
                                         &client->limits, client_conn_on_due);
  if (err != BT_ERR_OK || client->host.failed) {
    client_free(client);
    return BT_ERR_NOMEM;
  }
  *out = client;
  return BT_ERR_OK;
}

enum bt_err client_create_over(struct loop *loop, struct outbound *outbound,
                               struct text url, const struct net_limits *limits,
                               struct client **out) {
  struct url_parts parts;
  const char *why;
  if (!url_split(url, &parts, &why)) {
    return BT_ERR_SYNTAX;
  }
  struct text host = parts.host;
  if (text_starts(host, TEXT("["))) {
    host = text_sub(host, 1, host.len - 2);
  }
  const enum bt_err err = client_create(loop, host, parts.port, limits, out);
  if (err == BT_ERR_OK) {
    (*out)->outbound = outbound;
    (*out)->tls = parts.tls;
  }
  return err;
}

void client_free(struct client *client) {
  if (client == NULL) {
    return;
  }
  const struct mem *mem = client->loop->mem;
  loop_task_cancel(&client->kick);
  if (client->conn != NULL) {
    client_conn_abandon(client->conn);
  }
  while (client_first_call(client) != NULL) {
    struct client_call *call = client_first_call(client);
    link_remove(&call->link);
    call_free(mem, call);
  }
  deadlines_free(&client->deadlines);
  textbuf_free(&client->host);
  mem_free(mem, client, sizeof *client);
}
