#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "net/server_priv.h"

/* Size in hexadecimal and two line ends. */
enum { CHUNK_LINES_MAX = 24 };

static void on_stream_closed(struct loop_task *task) {
  struct http_stream *stream = LINK_OWNER(task, struct http_stream, closed);
  if (stream->handlers != NULL && stream->handlers->on_close != NULL) {
    stream->handlers->on_close(stream->ctx, stream, stream->why);
  }
  mem_free(stream->server->loop->mem, stream, sizeof *stream);
}

static struct http_stream *stream_new(struct http_conn *conn, bool chunked) {
  struct http_server *server = conn->server;
  struct http_stream *stream = mem_new(server->loop->mem, sizeof *stream);
  if (stream == NULL) {
    return NULL;
  }
  stream->server = server;
  stream->conn = conn;
  stream->chunked = chunked;
  loop_task_init(&stream->closed, on_stream_closed);
  return stream;
}

static bool write_head(struct http_conn *conn, const struct http_answer *a) {
  size_t len = 0;
  if (http_answer_begin(conn, a, 0, &len) == NULL) {
    return false;
  }
  wire_commit(&conn->wire, len);
  return true;
}

enum bt_err http_stream_open(struct http_request *req,
                             const struct http_header *headers, size_t count,
                             struct http_stream **out) {
  struct http_conn *conn = req->conn;
  const bool chunked = !req->head.minor_zero;
  bt_check(conn->phase == CONN_BUSY);
  conn->keep_alive = chunked && req->head.keep_alive && !conn->server->stopping;
  const struct http_answer a = {.status = 200,
                                .headers = headers,
                                .count = count,
                                .chunked = chunked,
                                .length = -1,
                                .keep_alive = conn->keep_alive};
  const bool head_only = req->head.method == HTTP_HEAD;
  struct http_stream *stream = stream_new(conn, chunked && !head_only);
  const bool written = stream != NULL && write_head(conn, &a);
  http_request_end(req);
  if (!written) {
    mem_free(conn->server->loop->mem, stream, sizeof *stream);
    wire_cut(&conn->wire, BT_ERR_NOMEM);
    return BT_ERR_NOMEM;
  }
  conn->phase = CONN_STREAM;
  conn->stream = stream;
  conn->server->counters.streams++;
  *out = stream;
  if (head_only) {
    http_stream_end(stream, BT_ERR_OK);
  }
  return BT_ERR_OK;
}

void http_stream_handle(struct http_stream *stream,
                        const struct http_stream_handlers *handlers,
                        void *ctx) {
  stream->handlers = handlers;
  stream->ctx = ctx;
}

static bool write_chunk(struct http_stream *stream, struct text bytes) {
  struct wire *wire = &stream->conn->wire;
  if (!stream->chunked) {
    return wire_write(wire, bytes);
  }
  char *room = wire_reserve(wire, CHUNK_LINES_MAX + bytes.len);
  if (room == NULL) {
    return false;
  }
  const int size = snprintf(room, CHUNK_LINES_MAX, "%zx\r\n", bytes.len);
  bt_check(size > 0 && size < CHUNK_LINES_MAX - 2);
  char *to = room + size;
  memcpy(to, bytes.ptr, bytes.len);
  to[bytes.len] = '\r';
  to[bytes.len + 1] = '\n';
  wire_commit(wire, (size_t)size + bytes.len + 2);
  return true;
}

enum bt_err http_stream_write(struct http_stream *stream, struct text bytes) {
  if (stream->conn == NULL || stream->conn->wire.closing) {
    return BT_ERR_CLOSED;
  }
  if (bytes.len == 0) {
    return BT_ERR_OK; /* an empty chunk would end the answer */
  }
  struct wire *wire = &stream->conn->wire;
  const size_t max = (size_t)stream->server->limits.out_bytes;
  if (wire->out_bytes > max || bytes.len > max - wire->out_bytes) {
    stream->server->counters.overflows++;
    wire_cut(wire, BT_ERR_FULL);
    return BT_ERR_FULL;
  }
  if (!write_chunk(stream, bytes)) {
    wire_cut(wire, BT_ERR_NOMEM);
    return BT_ERR_NOMEM;
  }
  return BT_ERR_OK;
}

size_t http_stream_waiting_bytes(const struct http_stream *stream) {
  return stream->conn == NULL ? 0 : stream->conn->wire.out_bytes;
}

void http_stream_end(struct http_stream *stream, enum bt_err why) {
  struct http_conn *conn = stream->conn;
  stream->conn = NULL;
  stream->why = why;
  conn->stream = NULL;
  conn->server->counters.streams--;
  http_slot_renew(conn);
  loop_run_early(stream->server->loop, &stream->closed);
  if (conn->wire.closing) {
    return;
  }
  if (conn->server->stopping || !stream->chunked) {
    conn->keep_alive = false;
  }
  if (stream->chunked && !wire_write(&conn->wire, TEXT("0\r\n\r\n"))) {
    wire_cut(&conn->wire, BT_ERR_NOMEM);
    return;
  }
  http_conn_next(conn);
}

void http_stream_close(struct http_stream *stream) {
  if (stream->conn != NULL && !stream->conn->wire.closing) {
    http_stream_end(stream, BT_ERR_OK);
  }
}

struct net_ref http_stream_ref(const struct http_stream *stream) {
  return stream->conn != NULL ? http_slot_ref(stream->conn)
                              : (struct net_ref){UINT32_MAX, 0};
}

struct http_stream *http_stream_find(struct http_server *server,
                                     struct net_ref ref) {
  const struct http_conn *conn = http_slot_find(server, ref);
  return conn != NULL ? conn->stream : NULL;
}
