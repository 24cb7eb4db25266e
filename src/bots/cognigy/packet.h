/* packet.h - packets of Engine.IO (protocol 3) and, within, of Socket.IO (v2).
 *
 * "42["event",{…}]", "4217["event",{…}]" (17: an acknowledgement is wanted),
 * "43 17[…]" without the blank, "2" and "3" (ping and pong of the client's).
 * github.com/socketio/engine.io-protocol (v3), socket.io-protocol (v4, which is
 * what Socket.IO 2 speaks).
 */
#ifndef BATON_BOTS_COGNIGY_PACKET_H
#define BATON_BOTS_COGNIGY_PACKET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

enum packet_type {
  PACKET_OPEN,
  PACKET_CLOSE,
  PACKET_PING,
  PACKET_PONG,
  PACKET_CONNECT, /* to the namespace */
  PACKET_DISCONNECT,
  PACKET_EVENT,
  PACKET_ACK,
  PACKET_ERROR,
  PACKET_BINARY, /* an event whose attachments come in frames of their own */
  PACKET_OTHER   /* an upgrade, nothing, another namespace: not ours */
};

struct packet {
  enum packet_type type;
  bool has_id;
  uint64_t id;       /* of the acknowledgement that is wanted, or given */
  struct text body;  /* JSON, or what follows a ping; borrowed */
  struct text wants; /* the namespace, not ours, that is asked for; or empty */
};

/* False: it is none. A namespace other than the main one is OTHER. */
bool packet_read(struct text bytes, struct packet *out);

/* The next packet of a polling payload, "LENGTH:PACKET…", with the length in
 * UTF-16 code units. False at the end, or where it is broken (then *payload is
 * not empty). */
bool packet_next(struct text *payload, struct text *packet);
void packet_add(struct textbuf *payload, struct text packet);

#endif
