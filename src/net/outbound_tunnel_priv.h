/* outbound_tunnel_priv.h - a connection to another host, over TLS or without,
 * under the rules of an outbound; what is said on it is the user's. */
#ifndef BATON_NET_OUTBOUND_TUNNEL_PRIV_H
#define BATON_NET_OUTBOUND_TUNNEL_PRIV_H

#include "net/outbound_priv.h"
#include "net/wire_priv.h"

struct tunnel;

struct tunnel_end {
  struct text url; /* http or https: its host and port are meant; copied */
  int64_t timeout_ms;
  char *reason; /* OUTBOUND_REASON_MAX bytes: why there is no connection */
};

/* Connects @wire, which was initialized. wire_begin_on() follows; or the reason
 * is written, and the wire is cut. BT_ERR_NOMEM: nothing happened. */
enum bt_err tunnel_open(struct outbound *o, const struct tunnel_end *end,
                        struct wire *wire, struct tunnel **out) BT_USE_RESULT;
/* Before it is connected: nobody waits any more. */
void tunnel_abandon(struct tunnel *t);

#endif
