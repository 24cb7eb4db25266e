#include "bots/cognigy/packet.h"

enum { BEYOND_BMP = 0x10000, ID_DIGITS_MAX = 18 };

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/* Behind the "4" of Engine.IO: type, "/namespace,", id, JSON. */
static bool read_message(struct text t, struct packet *out) {
  static const enum packet_type types[] = {PACKET_CONNECT, PACKET_DISCONNECT,
                                           PACKET_EVENT,   PACKET_ACK,
                                           PACKET_ERROR,   PACKET_BINARY};
  if (t.len == 0 || !is_digit(t.ptr[0])) {
    return false;
  }
  const size_t type = (size_t)(t.ptr[0] - '0');
  out->type =
      type < sizeof types / sizeof types[0] ? types[type] : PACKET_OTHER;
  t = text_sub(t, 1, t.len);
  if (text_starts(t, TEXT("/"))) {
    const size_t end = text_find(t, TEXT(","), 0);
    const struct text space =
        text_sub(t, 0, text_find(text_sub(t, 0, end), TEXT("?"), 0));
    if (space.len > 1) {
      out->wants = out->type == PACKET_CONNECT ? space : TEXT("");
      out->type = PACKET_OTHER;
    }
    t = text_sub(t, end + 1, t.len);
  }
  size_t digits = 0;
  while (digits < t.len && digits < ID_DIGITS_MAX && is_digit(t.ptr[digits])) {
    out->id = out->id * 10 + (uint64_t)(t.ptr[digits++] - '0');
  }
  out->has_id = digits > 0;
  out->body = text_sub(t, digits, t.len);
  return true;
}

bool packet_read(struct text bytes, struct packet *out) {
  static const enum packet_type types[] = {
      PACKET_OPEN,  PACKET_CLOSE, PACKET_PING, PACKET_PONG,
      PACKET_OTHER, PACKET_OTHER, PACKET_OTHER};
  *out = (struct packet){0};
  if (text_starts(bytes, TEXT("b4"))) { /* an attachment where all is text */
    out->type = PACKET_OTHER;
    return true;
  }
  if (bytes.len == 0 || bytes.ptr[0] < '0' || bytes.ptr[0] > '6') {
    return false;
  }
  out->body = text_sub(bytes, 1, bytes.len);
  if (bytes.ptr[0] == '4') {
    return read_message(out->body, out);
  }
  out->type = types[bytes.ptr[0] - '0'];
  return true;
}

/* ---- polling payloads */

/* One code unit, or two for what is beyond the basic plane; malformed bytes
 * count one each, so that nothing is read past the end. */
static size_t take_units(struct text t, uint64_t units) {
  size_t at = 0;
  while (at < t.len && units > 0) {
    size_t len = utf8_length(t, at);
    uint64_t width = 1;
    if (len == 0) {
      len = 1;
    } else {
      width = utf8_decode(t, at, &len) >= BEYOND_BMP ? 2 : 1;
    }
    if (width > units) {
      break;
    }
    units -= width;
    at += len;
  }
  return units == 0 ? at : t.len + 1;
}

bool packet_next(struct text *payload, struct text *packet) {
  const size_t colon = text_find(*payload, TEXT(":"), 0);
  int64_t units = 0;
  if (colon == payload->len ||
      !text_to_i64(text_sub(*payload, 0, colon), &units) || units < 1) {
    return false;
  }
  const struct text rest = text_sub(*payload, colon + 1, payload->len);
  const size_t len = take_units(rest, (uint64_t)units);
  if (len > rest.len) {
    return false;
  }
  *packet = text_sub(rest, 0, len);
  *payload = text_sub(rest, len, rest.len);
  return true;
}

void packet_add(struct textbuf *payload, struct text packet) {
  uint64_t units = 0;
  for (size_t at = 0; at < packet.len;) {
    size_t len = utf8_length(packet, at);
    if (len == 0) {
      len = 1;
      units++;
    } else {
      units += utf8_decode(packet, at, &len) >= BEYOND_BMP ? 2 : 1;
    }
    at += len;
  }
  textbuf_add_u64(payload, units);
  textbuf_add_char(payload, ':');
  textbuf_add(payload, packet);
}
