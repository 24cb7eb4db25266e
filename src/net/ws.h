/* ws.h - an open WebSocket (RFC 6455), of the server's side or the client's.
 *
 * Good until on_close has returned. Pings are answered, silence is pinged,
 * fragments are joined, text is checked to be UTF-8 before it is delivered. No
 * extensions are negotiated.
 */
#ifndef BATON_NET_WS_H
#define BATON_NET_WS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/text.h"

struct ws;

/* RFC 6455 section 7.4.1. */
enum ws_code {
  WS_CODE_NORMAL = 1000,
  WS_CODE_GOING_AWAY = 1001,
  WS_CODE_PROTOCOL = 1002,
  WS_CODE_UNSUPPORTED = 1003,
  WS_CODE_NONE = 1005,     /* a close frame without a code; never sent */
  WS_CODE_ABNORMAL = 1006, /* the connection went away; never sent */
  WS_CODE_NOT_UTF8 = 1007,
  WS_CODE_POLICY = 1008,
  WS_CODE_TOO_BIG = 1009,
  WS_CODE_INTERNAL = 1011,
  WS_CODE_TRY_LATER = 1013
};

struct ws_handlers {
  /* A whole text message, well-formed UTF-8; borrowed for the call. */
  void (*on_message)(void *ctx, struct ws *ws, struct text message);
  /* Optional; without it a binary message closes with 1003. */
  void (*on_binary)(void *ctx, struct ws *ws, struct text message);
  /* Exactly once, the last call. @code is the peer's; 1002, 1007, 1009 or 1003
   * when it broke a rule and we closed; 1006 when the connection went away.
   * @reason is borrowed. */
  void (*on_close)(void *ctx, struct ws *ws, uint16_t code, struct text reason);
};

/* @message must be UTF-8. BT_ERR_FULL: the peer reads too slowly and nothing
 * was queued (closing is the caller's choice). BT_ERR_CLOSED: closing.
 * BT_ERR_NOMEM: the connection is cut, since the peer must not miss a message
 * unknowingly. */
enum bt_err ws_send_text(struct ws *ws, struct text message);
enum bt_err ws_send_binary(struct ws *ws, struct text message);
/* Begins the closing handshake; on_close follows. @reason is cut to 123 bytes.
 * Nothing happens if it is closing already. */
void ws_close(struct ws *ws, uint16_t code, struct text reason);
/* Bytes queued that the system has not taken yet. */
size_t ws_waiting_bytes(const struct ws *ws);
void ws_set_tag(struct ws *ws, void *tag); /* something of the user's */
void *ws_tag(const struct ws *ws);

#endif
