#include "net/server.h"

#include <string.h>

#include "base/check.h"
#include "net/server_priv.h"

enum { BACKLOG = 4096, RETRY_US = 100000 };

struct listener {
  uv_tcp_t tcp;
  struct http_server *server;
  struct tls *tls; /* NULL: none is spoken */
  const struct mem *mem;
  struct link link;
  bool starved; /* a connection waits for memory */
};

/* Whose they are. */

void http_server_let_go(struct http_server *server, const void *owner,
                        bool cut) {
  for (struct link *l = server->conns.next; l != &server->conns; l = l->next) {
    struct http_conn *conn = LINK_OWNER(l, struct http_conn, link);
    if (conn->owner == owner && cut) {
      wire_cut(&conn->wire, BT_ERR_BUSY);
    } else if (conn->owner == owner) {
      http_conn_stop(conn);
    }
  }
}

size_t http_server_owned(const struct http_server *server, const void *owner) {
  size_t count = 0;
  for (struct link *l = server->conns.next; l != &server->conns; l = l->next) {
    count += LINK_OWNER(l, struct http_conn, link)->owner == owner;
  }
  return count;
}

/* Birth and death. */

static void tell_stopped(struct loop_task *task) {
  struct http_server *server = LINK_OWNER(task, struct http_server, stopped);
  loop_timer_free(server->grace);
  server->grace = NULL;
  server->on_stopped(server->stopped_ctx);
}

static void check_stopped(struct http_server *server) {
  if (server->stopping && link_is_alone(&server->conns) &&
      link_is_alone(&server->listeners)) {
    loop_run_early(server->loop, &server->stopped);
  }
}

void http_server_conn_gone(struct http_server *server) {
  check_stopped(server);
}

static void cut_all(void *ctx) {
  const struct http_server *server = ctx;
  for (struct link *l = server->conns.next; l != &server->conns; l = l->next) {
    wire_cut(&LINK_OWNER(l, struct http_conn, link)->wire, BT_ERR_BUSY);
  }
}

/* Listening. */

static void free_listener(uv_handle_t *handle) {
  struct listener *listener = handle->data;
  mem_free(listener->mem, listener, sizeof *listener);
}

static void on_listener_closed(uv_handle_t *handle) {
  struct listener *listener = handle->data;
  struct http_server *server = listener->server;
  link_remove(&listener->link);
  free_listener(handle);
  check_stopped(server);
}

/* libuv listens no further before this connection is accepted, so one that
 * cannot be served now is tried again. */
static void accept_one(struct listener *listener) {
  struct http_server *server = listener->server;
  listener->starved = !http_conn_accept(server, &listener->tcp, listener->tls);
  if (listener->starved) {
    loop_timer_start_after(server->retry, RETRY_US);
  }
}

static void on_connection(uv_stream_t *stream, int status) {
  struct listener *listener = stream->data;
  if (status == 0 && !listener->server->stopping) {
    accept_one(listener);
  }
}

static void accept_starved(void *ctx) {
  const struct http_server *server = ctx;
  for (struct link *l = server->listeners.next;
       !server->stopping && l != &server->listeners; l = l->next) {
    struct listener *listener = LINK_OWNER(l, struct listener, link);
    if (listener->starved) {
      accept_one(listener);
    }
  }
}

static bool read_address(const char *address, uint16_t port,
                         union peer_address *out) {
  return uv_ip4_addr(address, port, &out->v4) == 0 ||
         uv_ip6_addr(address, port, &out->v6) == 0;
}

static int start_listening(struct listener *listener,
                           const union peer_address *address) {
  int status = uv_tcp_bind(&listener->tcp, &address->any, 0);
  if (status == 0) {
    status = uv_listen((uv_stream_t *)&listener->tcp, BACKLOG, on_connection);
  }
  return status;
}

static uint16_t port_of(const uv_tcp_t *tcp) {
  union peer_address name;
  int len = sizeof name;
  bt_check(uv_tcp_getsockname(tcp, &name.any, &len) == 0);
  return ntohs(name.any.sa_family == AF_INET ? name.v4.sin_port
                                             : name.v6.sin6_port);
}

void http_server_set_strict(struct http_server *server, bool strict) {
  server->strict = strict;
}

enum bt_err http_server_listen(struct http_server *server, const char *address,
                               uint16_t port, uint16_t *bound) {
  return http_server_listen_tls(server, address, port, NULL, bound);
}

enum bt_err http_server_listen_tls(struct http_server *server,
                                   const char *address, uint16_t port,
                                   struct tls *tls, uint16_t *bound) {
  union peer_address where;
  if (!read_address(address, port, &where)) {
    return BT_ERR_SYNTAX;
  }
  struct listener *listener = mem_new(server->loop->mem, sizeof *listener);
  if (listener == NULL) {
    return BT_ERR_NOMEM;
  }
  listener->server = server;
  listener->tls = tls;
  listener->mem = server->loop->mem;
  int status = uv_tcp_init(&server->loop->uv, &listener->tcp);
  bt_check(status == 0);
  listener->tcp.data = listener;
  status = start_listening(listener, &where);
  if (status != 0) {
    uv_close((uv_handle_t *)&listener->tcp, free_listener);
    return net_err_from_uv(status);
  }
  link_init(&listener->link);
  link_add_last(&server->listeners, &listener->link);
  if (bound != NULL) {
    *bound = port_of(&listener->tcp);
  }
  return BT_ERR_OK;
}

/* Stopping. */

void http_server_stop(struct http_server *server, int64_t grace_us,
                      loop_fn *on_stopped, void *ctx) {
  bt_check(!server->stopping);
  server->stopping = true;
  server->on_stopped = on_stopped;
  server->stopped_ctx = ctx;
  for (struct link *l = server->listeners.next; l != &server->listeners;
       l = l->next) {
    struct listener *listener = LINK_OWNER(l, struct listener, link);
    uv_close((uv_handle_t *)&listener->tcp, on_listener_closed);
  }
  for (struct link *l = server->conns.next; l != &server->conns; l = l->next) {
    http_conn_stop(LINK_OWNER(l, struct http_conn, link));
  }
  loop_timer_start_after(server->grace, grace_us);
  check_stopped(server);
}

/* Birth and death. */

/* What peers leave unfinished must never take the room for answers, nor slow
 * WebSockets that for requests. */
static void share_buffers(struct http_server *server) {
  const size_t all = (size_t)server->limits.buffer_bytes;
  bounded_init(&server->buffers, server->loop->mem, all);
  bounded_share_init(&server->requests, &server->buffers, all - all / 4);
  bounded_share_init(&server->messages, &server->buffers, all / 2);
}

enum bt_err http_server_create(struct loop *loop,
                               const struct net_limits *limits,
                               const struct http_handlers *handlers, void *ctx,
                               struct http_server **out) {
  const struct net_limits chosen =
      limits != NULL ? *limits : net_limits_default();
  enum bt_err err = net_limits_check(&chosen);
  if (err != BT_ERR_OK) {
    return err;
  }
  struct http_server *server = mem_new(loop->mem, sizeof *server);
  if (server == NULL) {
    return BT_ERR_NOMEM;
  }
  *server = (struct http_server){
      .loop = loop, .handlers = handlers, .ctx = ctx, .limits = chosen};
  server->widest = chosen;
  if (chosen.upload_bytes > chosen.body_bytes) {
    server->widest.body_bytes = chosen.upload_bytes;
  }
  link_init(&server->conns);
  link_init(&server->listeners);
  loop_task_init(&server->stopped, tell_stopped);
  share_buffers(server);
  textbuf_init(&server->scratch, loop->mem);
  err = deadlines_init(&server->deadlines, loop, &chosen, http_conn_on_due);
  if (err == BT_ERR_OK) {
    err = loop_timer_create(loop, cut_all, server, &server->grace);
  }
  if (err == BT_ERR_OK) {
    err = loop_timer_create(loop, accept_starved, server, &server->retry);
  }
  if (err != BT_ERR_OK) {
    http_server_free(server);
    return err;
  }
  *out = server;
  return BT_ERR_OK;
}

void http_server_free(struct http_server *server) {
  const struct mem *mem = server->loop->mem;
  bt_check(link_is_alone(&server->conns));
  bt_check(link_is_alone(&server->listeners));
  loop_task_cancel(&server->stopped);
  loop_timer_free(server->grace);
  loop_timer_free(server->retry);
  deadlines_free(&server->deadlines);
  http_request_free_spares(server);
  textbuf_free(&server->scratch);
  bt_check(server->buffers.used == 0);
  mem_free(mem, server->slots, server->slot_cap * sizeof *server->slots);
  mem_free(mem, server, sizeof *server);
}

const struct net_limits *http_server_limits(const struct http_server *server) {
  return &server->limits;
}

struct http_counters http_server_counters(const struct http_server *server) {
  struct http_counters counters = server->counters;
  counters.bytes_in = server->traffic.bytes_in;
  counters.bytes_out = server->traffic.bytes_out;
  return counters;
}
