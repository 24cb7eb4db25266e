/* wire_priv.h - the bytes of one connection.
 *
 * A wire carries bytes between a socket and a protocol (its user), and knows
 * none. HTTP/1.1, WebSocket and the client are users; HTTP/2 will be one. TLS
 * is below this interface (a carrier): between the socket's bytes and on_bytes
 * on one side, between wire_reserve and the socket on the other, so that no
 * protocol notices.
 *
 * An idle wire owns no buffer: it reads into the loop's, keeps only what the
 * user could not take yet, and what is written lives until it is sent. All that
 * is written in one turn leaves in one system call.
 *
 * No callback comes from inside a wire_ function.
 */
#ifndef BATON_NET_WIRE_PRIV_H
#define BATON_NET_WIRE_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/err.h"
#include "base/text.h"
#include "net/loop_priv.h"

struct wire;

struct wire_user {
  /* Bytes from the peer, which may be changed in place, borrowed. Returns how
   * many were taken; the others come again with what follows them (or after
   * wire_resume). */
  size_t (*on_bytes)(struct wire *wire, char *bytes, size_t len);
  /* The peer sends no more. It may still read. */
  void (*on_end)(struct wire *wire);
  /* Client: connected (BT_ERR_OK). Otherwise on_closed follows. May be NULL. */
  void (*on_connected)(struct wire *wire);
  /* The system takes no more for now; again after every 256 KiB that it took
   * and there is still more. May be NULL. */
  void (*on_blocked)(struct wire *wire);
  /* The system has taken all that was written. May be NULL. */
  void (*on_drained)(struct wire *wire);
  /* The last call: the user may give the wire's memory back. BT_ERR_OK if
   * wire_finish came to its end, else what wire_cut or the system said. */
  void (*on_closed)(struct wire *wire, enum bt_err why);
};

/* What carries a wire's bytes, if it is not its socket alone: TLS. Part of a
 * larger object, which the last call frees. */
struct carrier {
  const struct carrier_ops *ops;
  struct wire *wire;
};

struct carrier_ops {
  /* Bytes taken or given; 0 at the end of what comes in; UV_EAGAIN; or another
   * error of libuv's. */
  int (*write)(struct carrier *c, const char *bytes, size_t len);
  int (*read)(struct carrier *c, char *bytes, size_t len);
  /* wire_is_ready() is to be called when one of these can be done. */
  void (*await)(struct carrier *c, bool readable, bool writable);
  /* Nothing more will be written; what comes is dropped, and its end is still
   * told. NULL: the carrier is closed instead. */
  void (*goodbye)(struct carrier *c);
  void (*close)(struct carrier *c);
};

struct wire_traffic {
  uint64_t bytes_in, bytes_out;
};

struct wire {
  uv_tcp_t tcp;
  struct carrier *carrier; /* NULL: tcp itself */
  struct loop *loop;
  const struct mem *mem;    /* for what is written */
  const struct mem *mem_in; /* … and for what the user has not taken */
  const struct wire_user *user;
  struct loop_task resume; /* early: give the user what was kept */
  struct loop_task flush;  /* late: send what was written */
  char *kept;              /* bytes the user has not taken */
  uint32_t kept_len;
  uint32_t in_flight; /* of out_bytes, with a uv_write, which takes few */
  struct chunk *out_first, *out_last;
  size_t out_bytes;             /* written, and not taken by the system */
  struct wire_traffic *traffic; /* counts for the user; may be NULL */
  uint32_t carried; /* by the carrier since on_blocked, or more than enough */
  bool paused, reading, ended, finishing, closing;
  bool full;    /* the carrier's, until it is writable */
  bool blocked; /* … or at least until it has taken all */
  bool hurried; /* see wire_hurry() */
  uint8_t why;  /* enum bt_err of the end */
};

/* Then one of the next two, or wire_cut(). Buffers come from @mem, borrowed;
 * before the first byte .mem_in may be set to another. BT_ERR_IO. */
enum bt_err wire_init(struct wire *wire, struct loop *loop,
                      const struct mem *mem,
                      const struct wire_user *user) BT_USE_RESULT;
/* Takes a connection of @listener; wire_begin() or wire_begin_on() follows.
 * BT_ERR_IO, BT_ERR_CLOSED. */
enum bt_err wire_accept(struct wire *wire, uv_tcp_t *listener) BT_USE_RESULT;
/* Reads from the accepted connection. */
void wire_begin(struct wire *wire);
/* on_connected or on_closed follows. BT_ERR_NOMEM, BT_ERR_IO. */
enum bt_err wire_connect(struct wire *wire,
                         const struct sockaddr *to) BT_USE_RESULT;

/* Reads from @carrier, which is connected: on_connected comes now. */
void wire_begin_on(struct wire *wire, struct carrier *carrier);
void wire_is_ready(struct wire *wire, bool readable, bool writable);

/* Room for @len bytes in a row; NULL when there is no memory. wire_commit says
 * how many of them were written; nothing else may be called in between. */
char *wire_reserve(struct wire *wire, size_t len) BT_USE_RESULT;
void wire_commit(struct wire *wire, size_t len);
/* Both in one; false when there is no memory. */
bool wire_write(struct wire *wire, struct text bytes) BT_USE_RESULT;

/* The user takes no bytes until wire_resume(); little is read meanwhile. */
void wire_pause(struct wire *wire);
void wire_resume(struct wire *wire);
/* Sends the rest, says goodbye and drops what comes, until the peer says
 * goodbye, too: closing at once could reset the connection before the peer has
 * read our last words. Takes no further writes. */
void wire_finish(struct wire *wire);
/* For a wire on a carrier that nobody looks after any more: the same, but what
 * the carrier does not take at once is dropped, so that no slow peer keeps it.
 */
void wire_hurry(struct wire *wire);
/* The end, at once. Only the first @why counts. */
void wire_cut(struct wire *wire, enum bt_err why);

void wire_free_spares(struct loop *loop);

#endif
