/* rpc_stdio.h - JSON messages framed by a Content-Length header, as editors
 * speak them: the Language Server Protocol and the Debug Adapter Protocol have
 * the same frame ("Base protocol" of both specifications):
 *
 *   Content-Length: 119\r\n
 *   \r\n
 *   {"seq":153,"type":"request","command":"next", …}
 *
 * What comes in is the editor's word and not trusted: the header and the
 * message have limits, and each thing that does not fit is a typed error.
 */
#ifndef BATON_CLI_RPC_STDIO_H
#define BATON_CLI_RPC_STDIO_H

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/text.h"

enum {
  RPC_HEADER_MAX = 4096,              /* bytes of all header lines */
  RPC_MESSAGE_MAX = 16 * 1024 * 1024, /* bytes of one message */
  RPC_WAIT_FOREVER = -1
};

/* Two descriptors (borrowed) and what was read ahead. */
struct rpc_stdio {
  int in, out;
  struct textbuf ahead; /* read and not yet taken, from byte @taken on */
  size_t taken;
  uint64_t skip; /* bytes of a message that was too large */
  bool ended;    /* the other side has closed */
};

struct rpc_error {
  char message[512]; /* a sentence for the log or the answer */
};

/* From then on a reader that is gone is an error of rpc_write(), not the signal
 * SIGPIPE. */
void rpc_open(struct rpc_stdio *r, int in, int out);
void rpc_close(struct rpc_stdio *r); /* leaves the descriptors open */

/* The next message, as a tree in @arena. Waits up to @wait_ms milliseconds for
 * it, 0 for not at all, RPC_WAIT_FOREVER.
 *
 * The stream goes on after: BT_ERR_BUSY: no whole message came in time.
 * BT_ERR_SYNTAX: the message is no JSON. BT_ERR_RANGE: it is larger than
 * RPC_MESSAGE_MAX, or nested too deep, and was passed over.
 * It is over after: BT_ERR_CLOSED: the input ended between two messages.
 * BT_ERR_CORRUPT: the frame is broken, so that nobody can tell where the next
 * message begins. BT_ERR_IO, BT_ERR_NOMEM.
 * @why (may be NULL) is filled on each but BT_ERR_BUSY and BT_ERR_CLOSED. */
enum bt_err rpc_read(struct rpc_stdio *r, int wait_ms, struct arena *arena,
                     struct json **out, struct rpc_error *why) BT_USE_RESULT;

/* Writes @json, one JSON value, with its header, whole. BT_ERR_IO: nobody reads
 * any more. */
enum bt_err rpc_write(struct rpc_stdio *r, struct text json) BT_USE_RESULT;

#endif
