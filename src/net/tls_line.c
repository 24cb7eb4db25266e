/* tls_line.c - the carrier of one connection that speaks TLS. */
#include <errno.h>
#include <openssl/err.h>
#include <sys/socket.h>

#include "net/tls_priv.h"

enum { DROP_BYTES = 4096, DROPS_MAX = 16 };

/* For a peer that speaks HTTP without TLS, which is a common mistake. */
static const char plain_answer[] =
    "HTTP/1.1 400 Bad Request\r\n"
    "Content-Type: text/plain; charset=utf-8\r\n"
    "Content-Length: 61\r\n"
    "Connection: close\r\n"
    "\r\n"
    "This port speaks TLS: write https:// (or wss://) in the URL.\n";

/* OpenSSL may have to write before it can read on, and the other way round, as
 * long as both sides agree on keys. */
struct tls_line {
  struct carrier carrier;
  struct loop *loop;
  SSL *ssl;
  uv_poll_t poll;
  int fd;
  bool read_wants_write, write_wants_read;
  bool over; /* nothing is said any more, and what comes is dropped */
};

static struct tls_line *line_of(struct carrier *c) {
  return LINK_OWNER(c, struct tls_line, carrier);
}

static int drop_what_comes(const struct tls_line *l) {
  char dropped[DROP_BYTES];
  for (int i = 0; i < DROPS_MAX; i++) {
    const ssize_t got = recv(l->fd, dropped, sizeof dropped, MSG_DONTWAIT);
    if (got == 0) {
      return 0;
    }
    if (got < 0) {
      return errno == EAGAIN || errno == EINTR ? UV_EAGAIN : UV_ECONNRESET;
    }
  }
  return UV_EAGAIN;
}

static void stop_talking(struct tls_line *l) {
  l->over = true;
  (void)shutdown(l->fd, SHUT_WR);
}

/* What OpenSSL could not do at once. */
static int explain(struct tls_line *l, int result) {
  switch (SSL_get_error(l->ssl, result)) {
  case SSL_ERROR_WANT_READ:
  case SSL_ERROR_WANT_WRITE:
    return UV_EAGAIN;
  case SSL_ERROR_ZERO_RETURN:
    return 0;
  case SSL_ERROR_SSL:
    if (ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_HTTP_REQUEST) {
      (void)send(l->fd, plain_answer, sizeof plain_answer - 1,
                 MSG_NOSIGNAL | MSG_DONTWAIT);
      stop_talking(l);
      return UV_EAGAIN;
    }
    return UV_EPROTO;
  default:
    return UV_ECONNRESET;
  }
}

static int line_read(struct carrier *c, char *bytes, size_t len) {
  struct tls_line *l = line_of(c);
  size_t got = 0;
  if (l->over) {
    return drop_what_comes(l);
  }
  ERR_clear_error();
  l->read_wants_write = false;
  const int result = SSL_read_ex(l->ssl, bytes, len, &got);
  if (result == 1) {
    return (int)got;
  }
  l->read_wants_write = SSL_want_write(l->ssl) != 0;
  return explain(l, result);
}

static int line_write(struct carrier *c, const char *bytes, size_t len) {
  struct tls_line *l = line_of(c);
  size_t sent = 0;
  if (l->over) {
    return (int)len;
  }
  ERR_clear_error();
  l->write_wants_read = false;
  const int result = SSL_write_ex(l->ssl, bytes, len, &sent);
  if (result == 1) {
    return (int)sent;
  }
  l->write_wants_read = SSL_want_read(l->ssl) != 0;
  const int error = explain(l, result);
  return error == 0 ? UV_ECONNRESET : error;
}

static void on_ready(uv_poll_t *poll, int status, int events) {
  struct tls_line *l = poll->data;
  if (status < 0) {
    wire_cut(l->carrier.wire, net_err_from_uv(status));
    return;
  }
  const bool in = (events & UV_READABLE) != 0;
  const bool out = (events & UV_WRITABLE) != 0;
  wire_is_ready(l->carrier.wire, in || (out && l->read_wants_write),
                out || (in && l->write_wants_read));
}

static void line_await(struct carrier *c, bool readable, bool writable) {
  struct tls_line *l = line_of(c);
  int events = 0;
  if (readable) {
    events |= l->read_wants_write ? UV_WRITABLE : UV_READABLE;
  }
  if (writable) {
    events |= l->write_wants_read ? UV_READABLE : UV_WRITABLE;
  }
  if (events == 0) {
    (void)uv_poll_stop(&l->poll);
  } else {
    (void)uv_poll_start(&l->poll, events, on_ready);
  }
}

static void line_goodbye(struct carrier *c) {
  struct tls_line *l = line_of(c);
  if (!l->over) {
    ERR_clear_error();
    (void)SSL_shutdown(l->ssl);
    stop_talking(l);
  }
}

static void on_poll_closed(uv_handle_t *handle) {
  struct tls_line *l = handle->data;
  mem_free(l->loop->mem, l, sizeof *l);
}

/* The socket is the wire's, which closes it after this. */
static void line_close(struct carrier *c) {
  struct tls_line *l = line_of(c);
  (void)uv_poll_stop(&l->poll);
  SSL_free(l->ssl);
  uv_close((uv_handle_t *)&l->poll, on_poll_closed);
}

static const struct carrier_ops line_ops = {.write = line_write,
                                            .read = line_read,
                                            .await = line_await,
                                            .goodbye = line_goodbye,
                                            .close = line_close};

/* libuv allows a second handle on the wire's socket because the wire itself
 * does not read or write it. */
static bool attach(struct tls_line *l, SSL_CTX *ctx, struct wire *wire) {
  uv_os_fd_t fd = -1;
  if (uv_fileno((uv_handle_t *)&wire->tcp, &fd) != 0) {
    return false;
  }
  l->fd = fd;
  l->ssl = SSL_new(ctx);
  if (l->ssl == NULL || SSL_set_fd(l->ssl, fd) != 1 ||
      uv_poll_init_socket(&l->loop->uv, &l->poll, fd) != 0) {
    SSL_free(l->ssl);
    ERR_clear_error();
    return false;
  }
  SSL_set_accept_state(l->ssl);
  l->poll.data = l;
  return true;
}

enum bt_err tls_accept(struct tls *tls, struct wire *wire) {
  struct tls_line *l = mem_new(wire->loop->mem, sizeof *l);
  if (l == NULL) {
    return BT_ERR_NOMEM;
  }
  l->carrier.ops = &line_ops;
  l->loop = wire->loop;
  if (!attach(l, tls->ctx, wire)) {
    mem_free(l->loop->mem, l, sizeof *l);
    return BT_ERR_IO;
  }
  wire_begin_on(wire, &l->carrier);
  return BT_ERR_OK;
}
