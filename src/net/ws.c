#include <string.h>

#include "base/check.h"
#include "net/ws_priv.h"

/* Sending. */

static bool write_frame(struct ws *ws, enum ws_opcode opcode,
                        struct text payload) {
  uint8_t mask[WS_MASK_LEN];
  char *room = wire_reserve(ws->wire, WS_HEADER_MAX + payload.len);
  if (room == NULL) {
    wire_cut(ws->wire, BT_ERR_NOMEM);
    return false;
  }
  if (ws->is_client) {
    net_random(mask, sizeof mask);
  }
  const size_t header =
      ws_header_write(room, opcode, payload.len, ws->is_client ? mask : NULL);
  if (payload.len > 0) {
    memcpy(room + header, payload.ptr, payload.len);
  }
  if (ws->is_client) {
    ws_mask(room + header, payload.len, mask, 0);
  }
  wire_commit(ws->wire, header + payload.len);
  return true;
}

static bool has_room(const struct ws *ws, size_t len) {
  const size_t waiting = ws->wire->out_bytes + WS_HEADER_MAX;
  return waiting <= ws->out_max && len <= ws->out_max - waiting;
}

static enum bt_err send_message(struct ws *ws, enum ws_opcode opcode,
                                struct text message) {
  if (ws->close_sent || ws->over || ws->wire->closing) {
    return BT_ERR_CLOSED;
  }
  if (!has_room(ws, message.len)) {
    return BT_ERR_FULL;
  }
  return write_frame(ws, opcode, message) ? BT_ERR_OK : BT_ERR_NOMEM;
}

enum bt_err ws_send_text(struct ws *ws, struct text message) {
  return send_message(ws, WS_OP_TEXT, message);
}

enum bt_err ws_send_binary(struct ws *ws, struct text message) {
  return send_message(ws, WS_OP_BINARY, message);
}

static void send_close(struct ws *ws, uint16_t code, struct text reason) {
  char payload[WS_CONTROL_MAX];
  size_t len = 0;
  if (code != WS_CODE_NONE) {
    payload[0] = (char)(code >> 8);
    payload[1] = (char)(code & 0xff);
    len = utf8_cut(reason, sizeof payload - 2).len;
    memcpy(payload + 2, reason.ptr, len);
    len += 2;
  }
  ws->close_sent = true;
  (void)write_frame(ws, WS_OP_CLOSE, (struct text){payload, len});
}

void ws_close(struct ws *ws, uint16_t code, struct text reason) {
  bt_check(ws_code_is_valid(code));
  if (ws->close_sent || ws->over || ws->wire->closing) {
    return;
  }
  send_close(ws, code, reason);
  ws->host->set_deadline(ws, DEADLINE_WS_CLOSE);
}

/* The end. */

static void end(struct ws *ws, uint16_t code, struct text reason) {
  if (ws->over) {
    return;
  }
  ws->over = true;
  ws->handlers->on_close(ws->ctx, ws, code, reason);
  ws->host->on_over(ws);
}

/* Both have said goodbye, or talking on is no use. */
static void end_with(struct ws *ws, uint16_t code, struct text reason) {
  if (!ws->close_sent && !ws->wire->closing) {
    send_close(ws, code, reason);
  }
  ws->host->set_deadline(ws, DEADLINE_LINGER);
  wire_finish(ws->wire);
  end(ws, code, reason);
}

void ws_free(struct ws *ws) {
  const struct mem *mem = ws->wire->loop->mem;
  if (ws->handlers != NULL) {
    end(ws, WS_CODE_ABNORMAL, TEXT(""));
  }
  ws_reader_free(&ws->reader);
  mem_free(mem, ws, sizeof *ws);
}

static void too_late(struct ws *ws) {
  end_with(ws, WS_CODE_POLICY, TEXT("the message was not whole in time"));
  ws_reader_free(&ws->reader); /* now, and not when the peer has gone */
}

static bool is_late(const struct ws *ws) {
  return ws->message_until_us != 0 && !ws->close_sent &&
         loop_turn_us(ws->wire->loop) >= ws->message_until_us;
}

void ws_on_drained(struct ws *ws) {
  if (!ws->over && is_late(ws)) {
    too_late(ws);
  }
}

void ws_on_due(struct ws *ws, enum deadline_kind kind) {
  if (kind == DEADLINE_WS_MESSAGE) {
    too_late(ws);
  } else if (kind != DEADLINE_WS_PING) {
    wire_cut(ws->wire, BT_ERR_BUSY);
  } else if (write_frame(ws, WS_OP_PING, TEXT(""))) {
    ws->host->set_deadline(ws, DEADLINE_WS_PONG);
  }
}

/* Receiving. */

static void on_binary(struct ws *ws, struct text message) {
  if (ws->handlers->on_binary != NULL) {
    ws->handlers->on_binary(ws->ctx, ws, message);
    return;
  }
  const struct text reason = TEXT("only text messages are understood here");
  end_with(ws, WS_CODE_UNSUPPORTED, reason);
}

/* A peer that pings faster than it reads gets no more pongs until it reads. */
static void on_ping(struct ws *ws, struct text payload) {
  if (!ws->close_sent && has_room(ws, payload.len)) {
    (void)write_frame(ws, WS_OP_PONG, payload);
  }
}

static void on_item(struct ws *ws, const struct ws_item *item) {
  switch (item->type) {
  case WS_ITEM_TEXT:
    if (!ws->close_sent) {
      ws->handlers->on_message(ws->ctx, ws, item->payload);
    }
    break;
  case WS_ITEM_BINARY:
    if (!ws->close_sent) {
      on_binary(ws, item->payload);
    }
    break;
  case WS_ITEM_PING:
    on_ping(ws, item->payload);
    break;
  case WS_ITEM_CLOSE:
  case WS_ITEM_BROKEN:
    end_with(ws, item->code, item->payload);
    break;
  case WS_ITEM_PONG:
  case WS_ITEM_NONE:
    break;
  }
}

/* Any byte is a sign of life, but an unfinished message holds memory that all
 * share: its deadline begins with it, and no byte moves it on. */
static void set_deadline(struct ws *ws) {
  if (ws->close_sent || ws->over || ws->wire->closing) {
    return;
  }
  if (ws->reader.opcode == 0) {
    ws->message_until_us = 0;
    ws->host->set_deadline(ws, DEADLINE_WS_PING);
  } else if (ws->message_until_us == 0) {
    ws->message_until_us = loop_turn_us(ws->wire->loop) + ws->message_us;
    ws->host->set_deadline(ws, DEADLINE_WS_MESSAGE);
  } else if (is_late(ws)) {
    too_late(ws);
  }
}

size_t ws_take(struct ws *ws, char *bytes, size_t len) {
  size_t taken = 0;
  struct ws_item item = {.type = WS_ITEM_PONG};
  while (item.type != WS_ITEM_NONE && !ws->over && !ws->wire->closing) {
    size_t used = 0;
    item = ws_reader_take(&ws->reader, bytes + taken, len - taken, &used);
    taken += used;
    if (item.type == WS_ITEM_TEXT || item.type == WS_ITEM_BINARY) {
      ws->message_until_us = 0; /* the next one has its own time */
    }
    on_item(ws, &item);
  }
  set_deadline(ws);
  ws_reader_rest(&ws->reader);
  return ws->over ? len : taken;
}

/* Birth. */

struct ws *ws_create(struct wire *wire, const struct ws_host *host,
                     const struct net_limits *limits, bool is_client) {
  struct ws *ws = mem_new(wire->loop->mem, sizeof *ws);
  if (ws == NULL) {
    return NULL;
  }
  ws->wire = wire;
  ws->host = host;
  ws->is_client = is_client;
  ws->out_max = (size_t)limits->out_bytes;
  ws->message_us = limits->body_us;
  ws_reader_init(&ws->reader, wire->mem_in, (size_t)limits->ws_message_bytes,
                 !is_client);
  return ws;
}

void ws_begin(struct ws *ws, const struct ws_handlers *handlers, void *ctx) {
  ws->handlers = handlers;
  ws->ctx = ctx;
  ws->host->set_deadline(ws, DEADLINE_WS_PING);
}

size_t ws_waiting_bytes(const struct ws *ws) {
  return ws->wire->out_bytes;
}

void ws_set_tag(struct ws *ws, void *tag) {
  ws->tag = tag;
}

void *ws_tag(const struct ws *ws) {
  return ws->tag;
}
