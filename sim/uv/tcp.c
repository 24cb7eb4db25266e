/* tcp.c - libuv's TCP sockets, as the server's ends of lines. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "line.h"
#include "played.h"
#include "world.h"

enum { ONE_PARTIAL = 16, PORT = 8080 };

struct tcp_end {
  uv_tcp_t *tcp;
  struct line *line;           /* NULL: a listener, or not connected any more */
  struct tcp_end *next, *prev; /* of all */
  struct tcp_end *next_ready;
  uv_write_t *write; /* that waits for room */
  uv_write_cb on_written;
  uv_shutdown_t *shutdown;
  uv_shutdown_cb on_shutdown;
  uv_buf_t *left; /* of the write, copies of what it was given */
  unsigned left_count;
  bool listens, waits; /* for the accept of whom it was told of */
  bool reading, ready, was_reset, shut;
};

static struct tcp_end *end_of(const void *tcp) {
  return ((const uv_handle_t *)tcp)->u.reserved[1];
}

/* ---- who is ready */

void tcp_wake(struct tcp_end *e) {
  if (!e->ready) {
    e->ready = true;
    e->next_ready = NULL;
    *played.ready_last = e;
    played.ready_last = &e->next_ready;
  }
}

static void forget_ready(const struct tcp_end *e) {
  struct tcp_end **at = &played.ready;
  while (*at != NULL && *at != e) {
    at = &(*at)->next_ready;
  }
  if (*at != NULL) {
    *at = e->next_ready;
  }
  for (at = &played.ready; *at != NULL; at = &(*at)->next_ready) {
  }
  played.ready_last = at;
}

void tcp_reset(struct tcp_end *e) {
  e->was_reset = true;
  tcp_wake(e);
}

bool tcp_is_shut(const struct tcp_end *e) {
  return e->shut;
}

static struct tcp_end *listener(void) {
  struct tcp_end *e = played.ends;
  while (e != NULL && !e->listens) {
    e = e->next;
  }
  return e;
}

bool tcp_listens(void) {
  return listener() != NULL;
}

void tcp_knock(void) {
  struct tcp_end *e = listener();
  if (e != NULL) {
    tcp_wake(e);
  }
}

void tcp_lose_all(void) {
  for (struct tcp_end *e = played.ends; e != NULL; e = e->next) {
    e->line = NULL;
    if (!e->listens) {
      tcp_reset(e);
    }
  }
}

/* ---- life */

int uv_tcp_init(uv_loop_t *loop, uv_tcp_t *tcp) {
  struct tcp_end *e = calloc(1, sizeof *e);
  bt_check(e != NULL);
  void *data = tcp->data;
  memset(tcp, 0, sizeof *tcp);
  tcp->data = data;
  tcp->loop = loop;
  tcp->type = UV_TCP;
  tcp->u.reserved[1] = e;
  e->tcp = tcp;
  e->next = played.ends;
  if (e->next != NULL) {
    e->next->prev = e;
  }
  played.ends = e;
  played.handles++;
  return 0;
}

/* The line hears of it at once, as if the system had closed it. */
void tcp_close(uv_handle_t *h) {
  struct tcp_end *e = end_of(h);
  e->reading = e->listens = false;
  if (e->line != NULL) {
    line_drop(e->line);
    e->line = NULL;
  }
  if (e->ready) {
    forget_ready(e);
    e->ready = false;
  }
}

static void end_write(struct tcp_end *e, int status) {
  uv_write_t *write = e->write;
  e->write = NULL;
  free(e->left);
  e->left = NULL;
  e->on_written(write, status);
}

void tcp_closed(uv_handle_t *h) {
  struct tcp_end *e = end_of(h);
  if (e->write != NULL) {
    end_write(e, UV_ECANCELED);
  }
  if (e->shutdown != NULL) {
    e->on_shutdown(e->shutdown, UV_ECANCELED);
  }
  if (e->prev != NULL) {
    e->prev->next = e->next;
  } else {
    played.ends = e->next;
  }
  if (e->next != NULL) {
    e->next->prev = e->prev;
  }
  free(e);
}

/* ---- listening */

int uv_tcp_bind(uv_tcp_t *tcp, const struct sockaddr *address, unsigned flags) {
  (void)tcp;
  (void)address;
  (void)flags;
  return 0;
}

int uv_listen(uv_stream_t *s, int backlog, uv_connection_cb cb) {
  (void)backlog;
  if (tcp_listens()) {
    return UV_EADDRINUSE;
  }
  s->connection_cb = cb;
  end_of(s)->listens = true;
  return 0;
}

int uv_accept(uv_stream_t *server, uv_stream_t *client) {
  struct world *w = played.world;
  struct tcp_end *e = end_of(client);
  if (w->backlog_count == 0) {
    return UV_EAGAIN;
  }
  struct line *l = w->lines[w->backlog[0]];
  w->backlog_count--;
  memmove(w->backlog, w->backlog + 1, w->backlog_count * sizeof *w->backlog);
  end_of(server)->waits = false;
  l->waits = false;
  l->served = true;
  l->end = e;
  e->line = l;
  tcp_wake(e);
  if (w->backlog_count > 0) {
    tcp_wake(end_of(server));
  }
  return 0;
}

int uv_tcp_nodelay(uv_tcp_t *tcp, int on) {
  (void)tcp;
  (void)on;
  return 0;
}

int uv_tcp_keepalive(uv_tcp_t *tcp, int on, unsigned delay) {
  (void)tcp;
  (void)on;
  (void)delay;
  return 0;
}

/* Each line has an address of its own. */
static int name_of(uint32_t host, struct sockaddr *name, int *len) {
  struct sockaddr_in in = {.sin_family = AF_INET,
                           .sin_port = htons(PORT),
                           .sin_addr = {.s_addr = htonl(0x0a000000u + host)}};
  memcpy(name, &in, sizeof in);
  *len = sizeof in;
  return 0;
}

int uv_tcp_getsockname(const uv_tcp_t *tcp, struct sockaddr *name, int *len) {
  (void)tcp;
  return name_of(0, name, len);
}

int uv_tcp_getpeername(const uv_tcp_t *tcp, struct sockaddr *name, int *len) {
  const struct tcp_end *e = end_of(tcp);
  return e->line == NULL ? UV_ENOTCONN
                         : name_of(e->line->number + 1, name, len);
}

/* ---- reading */

int uv_read_start(uv_stream_t *s, uv_alloc_cb alloc, uv_read_cb cb) {
  struct tcp_end *e = end_of(s);
  s->alloc_cb = alloc;
  s->read_cb = cb;
  e->reading = true;
  tcp_wake(e);
  return 0;
}

int uv_read_stop(uv_stream_t *s) {
  end_of(s)->reading = false;
  return 0;
}

static void tell_read(struct tcp_end *e, ssize_t got, const uv_buf_t *buf) {
  if (got < 0) {
    e->reading = false;
  }
  ((uv_stream_t *)e->tcp)->read_cb((uv_stream_t *)e->tcp, got, buf);
}

static void read_some(struct tcp_end *e) {
  uv_stream_t *s = (uv_stream_t *)e->tcp;
  uv_buf_t buf = {.base = NULL};
  if (e->was_reset || e->line == NULL) {
    tell_read(e, UV_ECONNRESET, &buf);
    return;
  }
  if (e->line->up.here > 0) {
    s->alloc_cb((uv_handle_t *)s, 65536, &buf);
    const size_t got = line_read(e->line, buf.base, buf.len);
    if (e->line->up.here > 0 || e->line->up.over) {
      tcp_wake(e);
    }
    tell_read(e, (ssize_t)got, &buf);
  } else if (e->line->up.over) {
    tell_read(e, UV_EOF, &buf);
  }
}

/* ---- writing */

/* As much as there is room for, of the first bytes of @bufs; sometimes less. */
static size_t put(struct tcp_end *e, const uv_buf_t *bufs, unsigned count) {
  size_t room = line_room(e->line);
  size_t done = 0;
  if (room > 1 && world_one_in(&played.world->rand, ONE_PARTIAL)) {
    room = 1 + (size_t)rand_below(&played.world->rand, room);
  }
  for (unsigned i = 0; i < count && room > 0; i++) {
    const size_t len = bufs[i].len < room ? bufs[i].len : room;
    if (len > 0) {
      line_put(e->line, bufs[i].base, len);
    }
    done += len;
    room -= len;
  }
  return done;
}

int uv_try_write(uv_stream_t *s, const uv_buf_t bufs[], unsigned count) {
  struct tcp_end *e = end_of(s);
  if (e->was_reset || e->line == NULL) {
    return UV_ECONNRESET;
  }
  const size_t done = e->write == NULL ? put(e, bufs, count) : 0;
  return done == 0 ? UV_EAGAIN : (int)done;
}

int uv_write(uv_write_t *req, uv_stream_t *s, const uv_buf_t bufs[],
             unsigned count, uv_write_cb cb) {
  struct tcp_end *e = end_of(s);
  bt_check(e->write == NULL && count > 0); /* as net writes: one at a time */
  e->left = malloc(count * sizeof *e->left);
  bt_check(e->left != NULL);
  memcpy(e->left, bufs, count * sizeof *e->left);
  e->left_count = count;
  e->write = req;
  e->on_written = cb;
  req->handle = s;
  tcp_wake(e);
  return 0;
}

static void write_on(struct tcp_end *e) {
  if (e->was_reset || e->line == NULL) {
    end_write(e, UV_ECONNRESET);
    return;
  }
  size_t done = put(e, e->left, e->left_count);
  bool all = true;
  for (unsigned i = 0; i < e->left_count; i++) {
    uv_buf_t *b = &e->left[i];
    const size_t part = done < b->len ? done : b->len;
    *b = (uv_buf_t){.base = b->base + part, .len = b->len - part};
    done -= part;
    all = all && b->len == 0;
  }
  if (all) {
    end_write(e, 0);
  } else if (line_room(e->line) > 0) {
    tcp_wake(e);
  }
}

int uv_shutdown(uv_shutdown_t *req, uv_stream_t *s, uv_shutdown_cb cb) {
  struct tcp_end *e = end_of(s);
  if (e->was_reset || e->line == NULL) {
    return UV_ENOTCONN;
  }
  bt_check(e->write == NULL);
  req->handle = s;
  e->shutdown = req;
  e->on_shutdown = cb;
  tcp_wake(e);
  return 0;
}

static void shut(struct tcp_end *e) {
  uv_shutdown_t *req = e->shutdown;
  const bool stands = !e->was_reset && e->line != NULL;
  e->shutdown = NULL;
  if (stands) {
    e->shut = true;
    line_shut(e->line);
  }
  e->on_shutdown(req, stands ? 0 : UV_ENOTCONN);
}

/* ---- the turn */

static bool is_closing(const struct tcp_end *e) {
  return (e->tcp->flags & PLAYED_CLOSING) != 0;
}

static void look_at(struct tcp_end *e) {
  uv_stream_t *s = (uv_stream_t *)e->tcp;
  if (e->listens) {
    if (!e->waits && played.world->backlog_count > 0) {
      e->waits = true;
      played.called = true;
      s->connection_cb(s, 0);
    }
    return;
  }
  played.called = true;
  if (e->reading) {
    read_some(e);
  }
  if (!is_closing(e) && e->write != NULL) {
    write_on(e);
  }
  if (!is_closing(e) && e->shutdown != NULL) {
    shut(e);
  }
}

/* Those that become ready meanwhile wait for the next turn. */
void tcp_turn(void) {
  size_t count = 0;
  for (const struct tcp_end *e = played.ready; e != NULL; e = e->next_ready) {
    count++;
  }
  for (; count > 0 && played.ready != NULL; count--) {
    struct tcp_end *e = played.ready;
    played.ready = e->next_ready;
    if (played.ready == NULL) {
      played.ready_last = &played.ready;
    }
    e->ready = false;
    look_at(e);
  }
}

/* ---- what the simulated server never does: it calls nobody, speaks no TLS,
 * asks no name server. */

int uv_tcp_connect(uv_connect_t *req, uv_tcp_t *tcp, const struct sockaddr *to,
                   uv_connect_cb cb) {
  (void)req;
  (void)tcp;
  (void)to;
  (void)cb;
  return UV_ENETUNREACH;
}

/* libuv's own signature. NOLINTNEXTLINE(readability-function-size) */
int uv_getaddrinfo(uv_loop_t *loop, uv_getaddrinfo_t *req, uv_getaddrinfo_cb cb,
                   const char *node, const char *service,
                   const struct addrinfo *hints) {
  (void)loop;
  (void)req;
  (void)cb;
  (void)node;
  (void)service;
  (void)hints;
  return UV_ENETUNREACH;
}

void uv_freeaddrinfo(struct addrinfo *list) {
  (void)list;
}

int uv_cancel(uv_req_t *req) {
  (void)req;
  return UV_EBUSY;
}

/* NOLINTNEXTLINE(readability-non-const-parameter) */
int uv_fileno(const uv_handle_t *handle, uv_os_fd_t *fd) {
  (void)handle;
  (void)fd;
  return UV_ENOTSUP;
}

int uv_poll_init_socket(uv_loop_t *loop, uv_poll_t *poll, uv_os_sock_t socket) {
  (void)loop;
  (void)poll;
  (void)socket;
  return UV_ENOTSUP;
}

int uv_poll_start(uv_poll_t *poll, int events, uv_poll_cb cb) {
  (void)poll;
  (void)events;
  (void)cb;
  return UV_ENOTSUP;
}

int uv_poll_stop(uv_poll_t *poll) {
  (void)poll;
  return 0;
}

int uv_replace_allocator(uv_malloc_func take, uv_realloc_func resize,
                         uv_calloc_func take_clear, uv_free_func give) {
  (void)take;
  (void)resize;
  (void)take_clear;
  (void)give;
  return UV_ENOTSUP;
}
