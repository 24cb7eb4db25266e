#include "net/wire_priv.h"

#include <string.h>

#include "base/check.h"

enum {
  CHUNK_MIN = 1024,
  CHUNK_MAX = 16384,
  SPARES_MAX = 256,
  PIECES_MAX = 32,
  PAUSED_READ = 4096,
  WRITE_MAX = 256 * 1024,
  KEEPALIVE_S = 60 /* then the system asks whether the peer is still there */
};

/* A piece of what waits to be sent. */
struct chunk {
  struct chunk *next;
  uint32_t size; /* of the whole allocation */
  uint32_t from, to;
  char bytes[];
};

struct wire_write {
  uv_write_t uv;
  struct wire *wire;
};

struct wire_connect {
  uv_connect_t uv;
  struct wire *wire;
};

static struct wire *wire_of_handle(const void *handle) {
  return ((const uv_handle_t *)handle)->data;
}

/* Chunks. */

/* The small ones are the loop's, few and kept; the others count as the wire's
 * buffers. So a short answer can be given when those are used up. */
static struct chunk *chunk_new(const struct wire *wire, size_t size) {
  struct loop *loop = wire->loop;
  struct chunk *c = loop->spare;
  if (size == CHUNK_MIN && c != NULL) {
    loop->spare = c->next;
    loop->spare_count--;
  } else {
    const struct mem *mem = size == CHUNK_MIN ? loop->mem : wire->mem;
    c = mem->resize(mem->ctx, NULL, 0, size);
  }
  if (c != NULL) {
    *c = (struct chunk){.size = (uint32_t)size};
  }
  return c;
}

static void chunk_free(const struct wire *wire, struct chunk *c) {
  struct loop *loop = wire->loop;
  memset(c->bytes, 0, c->to); /* what it held was somebody's */
  if (c->size != CHUNK_MIN) {
    mem_free(wire->mem, c, c->size);
  } else if (loop->spare_count == SPARES_MAX) {
    mem_free(loop->mem, c, c->size);
  } else {
    c->next = loop->spare;
    loop->spare = c;
    loop->spare_count++;
  }
}

void wire_free_spares(struct loop *loop) {
  while (loop->spare != NULL) {
    struct chunk *c = loop->spare;
    loop->spare = c->next;
    mem_free(loop->mem, c, c->size);
  }
}

static size_t chunk_room(const struct chunk *c) {
  return c->size - sizeof *c - c->to;
}

/* The first chunk is small, since most answers are; a wire that writes more
 * gets larger ones. */
static size_t next_chunk_size(const struct wire *wire, size_t len) {
  size_t size = CHUNK_MIN;
  if (wire->out_last != NULL) {
    size = 2 * (size_t)wire->out_last->size;
    size = size < CHUNK_MAX ? size : CHUNK_MAX;
  }
  const size_t need = sizeof(struct chunk) + len;
  return need > size ? need : size;
}

char *wire_reserve(struct wire *wire, size_t len) {
  struct chunk *c = wire->out_last;
  if (c == NULL || chunk_room(c) < len) {
    bt_check(len < UINT32_MAX / 2);
    c = chunk_new(wire, next_chunk_size(wire, len));
    if (c == NULL) {
      return NULL;
    }
    if (wire->out_last != NULL) {
      wire->out_last->next = c;
    } else {
      wire->out_first = c;
    }
    wire->out_last = c;
  }
  return c->bytes + c->to;
}

void wire_commit(struct wire *wire, size_t len) {
  struct chunk *c = wire->out_last;
  bt_check(!wire->finishing && len <= chunk_room(c));
  c->to += (uint32_t)len;
  wire->out_bytes += len;
  if (!wire->closing) {
    loop_run_late(wire->loop, &wire->flush);
  }
}

bool wire_write(struct wire *wire, struct text bytes) {
  char *room = wire_reserve(wire, bytes.len);
  if (room == NULL) {
    return false;
  }
  if (bytes.len > 0) {
    memcpy(room, bytes.ptr, bytes.len);
  }
  wire_commit(wire, bytes.len);
  return true;
}

/* The system has taken @len bytes. */
static void drop_sent(struct wire *wire, size_t len) {
  wire->out_bytes -= len;
  if (wire->traffic != NULL) {
    wire->traffic->bytes_out += len;
  }
  struct chunk *c = wire->out_first;
  while (c != NULL && len >= c->to - c->from) {
    len -= c->to - c->from;
    wire->out_first = c->next;
    chunk_free(wire, c);
    c = wire->out_first;
  }
  if (c == NULL) {
    wire->out_last = NULL;
  } else {
    c->from += (uint32_t)len;
  }
}

static void drop_all(struct wire *wire) {
  while (wire->out_first != NULL) {
    struct chunk *c = wire->out_first;
    wire->out_first = c->next;
    chunk_free(wire, c);
  }
  wire->out_last = NULL;
  wire->out_bytes = 0;
}

/* Sending. */

/* Not too much at once: its end is how we see that the peer still reads. */
static unsigned gather(const struct wire *wire, uv_buf_t pieces[PIECES_MAX]) {
  unsigned count = 0;
  uint32_t left = WRITE_MAX;
  for (struct chunk *c = wire->out_first;
       c != NULL && count < PIECES_MAX && left > 0; c = c->next) {
    const uint32_t len = c->to - c->from < left ? c->to - c->from : left;
    pieces[count++] = uv_buf_init(c->bytes + c->from, len);
    left -= len;
  }
  return count;
}

static void on_shutdown(uv_shutdown_t *shutdown, int status) {
  struct wire *wire = wire_of_handle(shutdown->handle);
  mem_free(wire->loop->mem, shutdown, sizeof *shutdown);
  if (status != 0 || wire->ended) {
    wire_cut(wire, BT_ERR_OK);
  }
}

static void say_goodbye(struct wire *wire) {
  if (wire->carrier != NULL) {
    if (wire->carrier->ops->goodbye == NULL || wire->ended) {
      wire_cut(wire, BT_ERR_OK);
    } else {
      wire->carrier->ops->goodbye(wire->carrier);
    }
    return;
  }
  uv_shutdown_t *shutdown = mem_new(wire->loop->mem, sizeof *shutdown);
  if (shutdown == NULL) {
    wire_cut(wire, BT_ERR_OK);
    return;
  }
  if (uv_shutdown(shutdown, (uv_stream_t *)&wire->tcp, on_shutdown) != 0) {
    mem_free(wire->loop->mem, shutdown, sizeof *shutdown);
    wire_cut(wire, BT_ERR_CLOSED);
  }
}

static void on_all_sent(struct wire *wire) {
  if (wire->user->on_drained != NULL) {
    wire->user->on_drained(wire);
  }
  if (wire->finishing) {
    say_goodbye(wire);
  }
}

static void on_written(uv_write_t *uv, int status) {
  struct wire_write *write = uv->data;
  struct wire *wire = write->wire;
  mem_free(wire->loop->mem, write, sizeof *write);
  const size_t sent = wire->in_flight;
  wire->in_flight = 0;
  if (status != 0) {
    wire_cut(wire, net_err_from_uv(status));
    return;
  }
  drop_sent(wire, sent);
  if (wire->closing) {
    return;
  }
  if (wire->out_bytes > 0) {
    loop_run_late(wire->loop, &wire->flush);
  } else {
    on_all_sent(wire);
  }
}

/* The socket is full: the system tells us when it has room again. */
static void write_later(struct wire *wire) {
  uv_buf_t pieces[PIECES_MAX];
  const unsigned count = gather(wire, pieces);
  struct wire_write *write = mem_new(wire->loop->mem, sizeof *write);
  if (write == NULL) {
    wire_cut(wire, BT_ERR_NOMEM);
    return;
  }
  write->wire = wire;
  write->uv.data = write;
  const int status = uv_write(&write->uv, (uv_stream_t *)&wire->tcp, pieces,
                              count, on_written);
  if (status != 0) {
    mem_free(wire->loop->mem, write, sizeof *write);
    wire_cut(wire, net_err_from_uv(status));
    return;
  }
  for (unsigned i = 0; i < count; i++) {
    wire->in_flight += (uint32_t)pieces[i].len;
  }
  if (wire->user->on_blocked != NULL) {
    wire->user->on_blocked(wire);
  }
}

static void await(struct wire *wire) {
  wire->carrier->ops->await(wire->carrier, wire->reading, wire->full);
}

/* As on_blocked promises: when it begins, and after every so many bytes. */
static void note_blocked(struct wire *wire, bool at_first) {
  if ((at_first || wire->carried >= WRITE_MAX) &&
      wire->user->on_blocked != NULL) {
    wire->carried = 0;
    wire->user->on_blocked(wire);
  }
}

/* As much as the carrier takes, piece by piece. */
static void flush_on_carrier(struct wire *wire) {
  struct carrier *carrier = wire->carrier;
  while (wire->out_bytes > 0) {
    const struct chunk *c = wire->out_first;
    const int sent =
        carrier->ops->write(carrier, c->bytes + c->from, c->to - c->from);
    if (sent == UV_EAGAIN && !wire->hurried) {
      note_blocked(wire, !wire->blocked);
      wire->full = wire->blocked = true;
      await(wire);
      return;
    }
    if (sent < 0) {
      wire_cut(wire, net_err_from_uv(sent));
      return;
    }
    wire->carried += wire->carried < WRITE_MAX ? (uint32_t)sent : 0;
    drop_sent(wire, (size_t)sent);
  }
  wire->blocked = false;
  on_all_sent(wire);
}

static void on_flush(struct loop_task *task) {
  struct wire *wire = LINK_OWNER(task, struct wire, flush);
  uv_buf_t pieces[PIECES_MAX];
  if (wire->carrier != NULL) {
    flush_on_carrier(wire);
    return;
  }
  while (wire->out_bytes > 0 && wire->in_flight == 0) {
    const unsigned count = gather(wire, pieces);
    const int sent = uv_try_write((uv_stream_t *)&wire->tcp, pieces, count);
    if (sent == UV_EAGAIN) {
      write_later(wire);
      return;
    }
    if (sent < 0) {
      wire_cut(wire, net_err_from_uv(sent));
      return;
    }
    drop_sent(wire, (size_t)sent);
  }
  if (wire->in_flight == 0) {
    on_all_sent(wire);
  }
}

/* Reading. */

/* The loop's buffer, behind what was kept, so that the user sees one piece. */
static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf) {
  (void)suggested;
  const struct wire *wire = wire_of_handle(handle);
  size_t room = LOOP_READ_BYTES - wire->kept_len;
  if (wire->paused && room > PAUSED_READ) {
    room = PAUSED_READ;
  }
  *buf = uv_buf_init(wire->loop->read_buf + wire->kept_len, (unsigned)room);
}

static void drop_kept(struct wire *wire) {
  mem_free(wire->mem_in, wire->kept, wire->kept_len);
  wire->kept = NULL;
  wire->kept_len = 0;
}

static void stop_reading(struct wire *wire) {
  if (wire->reading) {
    wire->reading = false;
    if (wire->carrier != NULL) {
      await(wire);
    } else {
      uv_read_stop((uv_stream_t *)&wire->tcp);
    }
  }
}

static void keep(struct wire *wire, const char *bytes, size_t len) {
  if (len == 0 || wire->closing || wire->finishing) {
    return;
  }
  wire->kept = wire->mem_in->resize(wire->mem_in->ctx, NULL, 0, len);
  if (wire->kept == NULL) {
    wire_cut(wire, BT_ERR_NOMEM);
    return;
  }
  memcpy(wire->kept, bytes, len);
  wire->kept_len = (uint32_t)len;
  /* A user who is not paused never leaves that much (see net_limits_check). */
  if (wire->paused || len > LOOP_READ_BYTES - PAUSED_READ) {
    stop_reading(wire);
  }
}

/* The loop's buffer holds @len bytes of this wire, the kept ones first. */
static void give(struct wire *wire, size_t len) {
  char *bytes = wire->loop->read_buf;
  drop_kept(wire);
  const size_t taken =
      wire->paused ? 0 : wire->user->on_bytes(wire, bytes, len);
  bt_check(taken <= len);
  keep(wire, bytes + taken, len - taken);
  memset(wire->loop->read_buf, 0, len);
}

static void on_eof(struct wire *wire) {
  wire->ended = true;
  wire->reading = false;
  if (!wire->finishing) {
    wire->user->on_end(wire);
  } else if (wire->out_bytes == 0) {
    wire_cut(wire, BT_ERR_OK);
  }
}

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf) {
  (void)buf;
  struct wire *wire = wire_of_handle(stream);
  if (got == UV_EOF) {
    on_eof(wire);
    return;
  }
  if (got < 0) {
    wire_cut(wire, net_err_from_uv((int)got));
    return;
  }
  if (wire->traffic != NULL) {
    wire->traffic->bytes_in += (uint64_t)got;
  }
  if (got == 0 || wire->finishing) {
    return;
  }
  if (wire->kept_len > 0) {
    memcpy(wire->loop->read_buf, wire->kept, wire->kept_len);
  }
  give(wire, wire->kept_len + (size_t)got);
}

static void start_reading(struct wire *wire) {
  if (wire->reading || wire->ended || wire->closing) {
    return;
  }
  if (wire->carrier != NULL) {
    wire->reading = true;
    await(wire);
    loop_run_early(wire->loop, &wire->resume); /* for what it holds already */
    return;
  }
  const int status =
      uv_read_start((uv_stream_t *)&wire->tcp, on_alloc, on_read);
  if (status != 0) {
    wire_cut(wire, net_err_from_uv(status));
    return;
  }
  wire->reading = true;
}

/* TLS may hold more than the socket shows: until there is nothing left. */
static void take_from_carrier(struct wire *wire) {
  int got = 1;
  while (got > 0 && wire->reading && !wire->closing) {
    uv_buf_t buf;
    on_alloc((uv_handle_t *)&wire->tcp, 0, &buf);
    got = wire->carrier->ops->read(wire->carrier, buf.base, buf.len);
    if (got != UV_EAGAIN) {
      on_read((uv_stream_t *)&wire->tcp, got == 0 ? UV_EOF : got, &buf);
    }
  }
}

void wire_is_ready(struct wire *wire, bool readable, bool writable) {
  if (writable && wire->full) {
    wire->full = false;
    loop_run_late(wire->loop, &wire->flush);
  }
  if (readable) {
    take_from_carrier(wire);
  }
  if (!wire->closing) {
    await(wire);
  }
}

void wire_begin_on(struct wire *wire, struct carrier *carrier) {
  wire->carrier = carrier;
  carrier->wire = wire;
  start_reading(wire);
  if (wire->user->on_connected != NULL) {
    wire->user->on_connected(wire);
  }
}

void wire_pause(struct wire *wire) {
  wire->paused = true;
}

static void on_resume(struct loop_task *task) {
  struct wire *wire = LINK_OWNER(task, struct wire, resume);
  if (!wire->paused && !wire->finishing && wire->kept_len > 0) {
    memcpy(wire->loop->read_buf, wire->kept, wire->kept_len);
    give(wire, wire->kept_len);
  }
  if (wire->carrier != NULL) {
    take_from_carrier(wire);
  }
}

void wire_resume(struct wire *wire) {
  wire->paused = false;
  if (wire->kept_len > 0) {
    loop_run_early(wire->loop, &wire->resume);
  }
  start_reading(wire);
}

/* Birth and death. */

enum bt_err wire_init(struct wire *wire, struct loop *loop,
                      const struct mem *mem, const struct wire_user *user) {
  *wire = (struct wire){.loop = loop, .mem = mem, .mem_in = mem, .user = user};
  loop_task_init(&wire->resume, on_resume);
  loop_task_init(&wire->flush, on_flush);
  const int status = uv_tcp_init(&loop->uv, &wire->tcp);
  wire->tcp.data = wire;
  return net_err_from_uv(status);
}

/* Both are refused only when the peer is gone already. */
static void tune(struct wire *wire) {
  (void)uv_tcp_nodelay(&wire->tcp, 1);
  (void)uv_tcp_keepalive(&wire->tcp, 1, KEEPALIVE_S);
}

enum bt_err wire_accept(struct wire *wire, uv_tcp_t *listener) {
  const int status =
      uv_accept((uv_stream_t *)listener, (uv_stream_t *)&wire->tcp);
  if (status == 0) {
    tune(wire);
  }
  return net_err_from_uv(status);
}

void wire_begin(struct wire *wire) {
  start_reading(wire);
}

static void on_connect(uv_connect_t *uv, int status) {
  struct wire_connect *connect = uv->data;
  struct wire *wire = connect->wire;
  mem_free(wire->loop->mem, connect, sizeof *connect);
  if (status != 0) {
    wire_cut(wire, net_err_from_uv(status));
  }
  if (wire->closing) {
    return;
  }
  tune(wire);
  start_reading(wire);
  if (wire->user->on_connected != NULL) {
    wire->user->on_connected(wire);
  }
}

enum bt_err wire_connect(struct wire *wire, const struct sockaddr *to) {
  struct wire_connect *connect = mem_new(wire->loop->mem, sizeof *connect);
  if (connect == NULL) {
    return BT_ERR_NOMEM;
  }
  connect->wire = wire;
  connect->uv.data = connect;
  const int status = uv_tcp_connect(&connect->uv, &wire->tcp, to, on_connect);
  if (status != 0) {
    mem_free(wire->loop->mem, connect, sizeof *connect);
  }
  return net_err_from_uv(status);
}

void wire_finish(struct wire *wire) {
  if (wire->finishing || wire->closing) {
    return;
  }
  wire->finishing = true;
  drop_kept(wire);
  start_reading(wire); /* to notice the peer's goodbye */
  if (wire->in_flight == 0) {
    loop_run_late(wire->loop, &wire->flush);
  }
}

void wire_hurry(struct wire *wire) {
  wire->hurried = true;
  if (wire->full) {
    wire_cut(wire, BT_ERR_CLOSED);
  } else {
    wire_finish(wire);
  }
}

static void on_close(uv_handle_t *handle) {
  struct wire *wire = wire_of_handle(handle);
  drop_all(wire);
  wire->user->on_closed(wire, (enum bt_err)wire->why);
}

void wire_cut(struct wire *wire, enum bt_err why) {
  if (wire->closing) {
    return;
  }
  wire->closing = true;
  wire->reading = false;
  wire->why = (uint8_t)why;
  loop_task_cancel(&wire->resume);
  loop_task_cancel(&wire->flush);
  drop_kept(wire);
  if (wire->carrier != NULL) {
    wire->carrier->ops->close(wire->carrier);
    wire->carrier = NULL;
  }
  uv_close((uv_handle_t *)&wire->tcp, on_close);
}
