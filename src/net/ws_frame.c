#include "net/ws_frame.h"

#include <string.h>

#include "base/check.h"

enum { FIN = 0x80, RESERVED = 0x70, OPCODE = 0x0f, MASKED = 0x80 };
enum { LENGTH_16 = 126, LENGTH_64 = 127 };

size_t ws_header_write(char out[WS_HEADER_MAX], enum ws_opcode opcode,
                       uint64_t length, const uint8_t *mask) {
  const unsigned masked = mask != NULL ? MASKED : 0;
  size_t extra = 0;
  size_t at = 2;
  out[0] = (char)(FIN | (unsigned)opcode);
  if (length < LENGTH_16) {
    out[1] = (char)(masked | (unsigned)length);
  } else if (length <= UINT16_MAX) {
    out[1] = (char)(masked | LENGTH_16);
    extra = 2;
  } else {
    out[1] = (char)(masked | LENGTH_64);
    extra = 8;
  }
  while (extra > 0) {
    extra--;
    out[at++] = (char)((length >> (8 * extra)) & 0xff);
  }
  if (mask != NULL) {
    memcpy(out + at, mask, WS_MASK_LEN);
    at += WS_MASK_LEN;
  }
  return at;
}

void ws_mask(char *bytes, size_t len, const uint8_t mask[WS_MASK_LEN],
             uint64_t offset) {
  uint8_t turned[sizeof(uint64_t)];
  for (size_t i = 0; i < sizeof turned; i++) {
    turned[i] = mask[(offset + i) % WS_MASK_LEN];
  }
  uint64_t key;
  memcpy(&key, turned, sizeof key);
  size_t at = 0;
  for (; len - at >= sizeof key; at += sizeof key) {
    uint64_t word;
    memcpy(&word, bytes + at, sizeof word);
    word ^= key;
    memcpy(bytes + at, &word, sizeof word);
  }
  for (; at < len; at++) {
    bytes[at] = (char)((uint8_t)bytes[at] ^ turned[at % sizeof turned]);
  }
}

/* UTF-8 in pieces (Unicode, table 3-7). */

static bool utf8_begin(struct utf8_check *c, uint8_t byte) {
  c->low = 0x80;
  c->high = 0xbf;
  if (byte >= 0xc2 && byte <= 0xdf) {
    c->need = 1;
  } else if (byte >= 0xe0 && byte <= 0xef) {
    c->need = 2;
    c->low = byte == 0xe0 ? 0xa0 : 0x80;  /* overlong */
    c->high = byte == 0xed ? 0x9f : 0xbf; /* surrogates */
  } else if (byte >= 0xf0 && byte <= 0xf4) {
    c->need = 3;
    c->low = byte == 0xf0 ? 0x90 : 0x80;  /* overlong */
    c->high = byte == 0xf4 ? 0x8f : 0xbf; /* beyond U+10FFFF */
  } else {
    return byte < 0x80;
  }
  return true;
}

static bool utf8_next(struct utf8_check *c, uint8_t byte) {
  if (byte < c->low || byte > c->high) {
    return false;
  }
  c->low = 0x80;
  c->high = 0xbf;
  c->need--;
  return true;
}

/* Length of the ASCII run at @from, in whole words. */
static size_t ascii_run(struct text t, size_t from) {
  size_t at = from;
  uint64_t word;
  for (; t.len - at >= sizeof word; at += sizeof word) {
    memcpy(&word, t.ptr + at, sizeof word);
    if ((word & UINT64_C(0x8080808080808080)) != 0) {
      break;
    }
  }
  return at - from;
}

bool utf8_check_take(struct utf8_check *c, struct text piece) {
  for (size_t at = 0; at < piece.len; at++) {
    if (c->need == 0) {
      at += ascii_run(piece, at);
      if (at == piece.len) {
        break;
      }
    }
    const uint8_t byte = (uint8_t)piece.ptr[at];
    const bool good = c->need > 0 ? utf8_next(c, byte) : utf8_begin(c, byte);
    if (!good) {
      return false;
    }
  }
  return true;
}

/* The reader. */

bool ws_code_is_valid(unsigned code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
         (code >= 3000 && code <= 4999);
}

void ws_reader_init(struct ws_reader *r, const struct mem *mem,
                    size_t message_max, bool peer_masks) {
  *r = (struct ws_reader){.message_max = message_max, .masked = peer_masks};
  textbuf_init(&r->message, mem);
}

void ws_reader_free(struct ws_reader *r) {
  textbuf_free(&r->message);
}

void ws_reader_rest(struct ws_reader *r) {
  if (r->opcode == 0 && r->message.cap > 0) {
    textbuf_free(&r->message);
  }
}

static struct ws_item broken(uint16_t code, const char *why) {
  return (struct ws_item){WS_ITEM_BROKEN, code, text_from(why)};
}

static const struct ws_item nothing = {WS_ITEM_NONE, 0, {"", 0}};

struct frame {
  uint8_t opcode;
  bool final;
  bool control;
  uint8_t mask[WS_MASK_LEN];
  size_t header_len;
  uint64_t length;
};

static uint64_t read_number(const char *bytes, size_t count) {
  uint64_t n = 0;
  for (size_t i = 0; i < count; i++) {
    n = n << 8 | (uint8_t)bytes[i];
  }
  return n;
}

/* What the first two bytes give away. NULL if they are in order. */
static const char *check_start(const struct ws_reader *r, uint8_t first,
                               uint8_t second) {
  const unsigned opcode = first & OPCODE;
  const bool control = opcode >= WS_OP_CLOSE;
  if ((first & RESERVED) != 0) {
    return "a reserved bit is set without an extension";
  }
  if (opcode > WS_OP_PONG || (opcode > WS_OP_BINARY && !control)) {
    return "unknown opcode";
  }
  if (((second & MASKED) != 0) != r->masked) {
    return r->masked ? "a client must mask its frames"
                     : "a server must not mask its frames";
  }
  if (control && (first & FIN) == 0) {
    return "a control frame is fragmented";
  }
  if (control && (second & ~(unsigned)MASKED) > WS_CONTROL_MAX) {
    return "a control frame is longer than 125 bytes";
  }
  if (opcode == WS_OP_CONTINUATION && r->opcode == 0) {
    return "a continuation without a beginning";
  }
  if (opcode != WS_OP_CONTINUATION && !control && r->opcode != 0) {
    return "a new message inside a fragmented one";
  }
  return NULL;
}

static const char *read_length(const char *bytes, size_t extra,
                               struct frame *f) {
  if (extra == 0) {
    return NULL;
  }
  f->length = read_number(bytes + 2, extra);
  const uint64_t least = extra == 2 ? LENGTH_16 : (uint64_t)UINT16_MAX + 1;
  if (f->length < least) {
    return "a length is not in its shortest form";
  }
  return f->length >> 63 != 0 ? "a length is negative" : NULL;
}

/* The header at the start of @bytes. NONE with header_len 0: it is not whole.
 */
static struct ws_item read_header(const struct ws_reader *r, const char *bytes,
                                  size_t len, struct frame *f) {
  f->header_len = 0;
  if (len < 2) {
    return nothing;
  }
  const uint8_t first = (uint8_t)bytes[0];
  const uint8_t second = (uint8_t)bytes[1];
  const char *why = check_start(r, first, second);
  if (why != NULL) {
    return broken(1002, why);
  }
  f->opcode = first & OPCODE;
  f->final = (first & FIN) != 0;
  f->control = f->opcode >= WS_OP_CLOSE;
  f->length = second & ~(unsigned)MASKED & 0xff;
  size_t extra = f->length == LENGTH_16 ? 2 : 0;
  extra = f->length == LENGTH_64 ? 8 : extra;
  const size_t mask_len = r->masked ? WS_MASK_LEN : 0;
  if (len < 2 + extra) {
    return nothing;
  }
  why = read_length(bytes, extra, f);
  if (why != NULL) {
    return broken(1002, why);
  }
  if (len < 2 + extra + mask_len) {
    return nothing;
  }
  memcpy(f->mask, bytes + 2 + extra, mask_len);
  f->header_len = 2 + extra + mask_len;
  return nothing;
}

static struct ws_item read_close(struct text payload) {
  struct utf8_check utf8 = {0};
  if (payload.len == 0) {
    return (struct ws_item){WS_ITEM_CLOSE, 1005, payload};
  }
  if (payload.len == 1) {
    return broken(1002, "a close frame with half a code");
  }
  const unsigned code = (unsigned)read_number(payload.ptr, 2);
  const struct text reason = {payload.ptr + 2, payload.len - 2};
  if (!ws_code_is_valid(code)) {
    return broken(1002, "a close code that must not be sent");
  }
  if (!utf8_check_take(&utf8, reason) || utf8.need != 0) {
    return broken(1007, "a close reason that is not UTF-8");
  }
  return (struct ws_item){WS_ITEM_CLOSE, (uint16_t)code, reason};
}

/* Control frames are short: they are taken when they are whole. */
static struct ws_item take_control(const struct ws_reader *r,
                                   const struct frame *f, char *payload) {
  const size_t len = (size_t)f->length;
  if (r->masked) {
    ws_mask(payload, len, f->mask, 0);
  }
  const struct text t = {payload, len};
  if (f->opcode == WS_OP_CLOSE) {
    return read_close(t);
  }
  const enum ws_item_type type =
      f->opcode == WS_OP_PING ? WS_ITEM_PING : WS_ITEM_PONG;
  return (struct ws_item){type, 0, t};
}

static struct ws_item begin_frame(struct ws_reader *r, const struct frame *f) {
  if (f->length > r->message_max - r->message.len) {
    return broken(1009, "the message is too long");
  }
  r->length = r->left = f->length;
  r->final = f->final;
  r->in_frame = true;
  memcpy(r->mask, f->mask, sizeof r->mask);
  if (f->opcode != WS_OP_CONTINUATION) {
    r->opcode = f->opcode;
    r->utf8 = (struct utf8_check){0};
  }
  return nothing;
}

static struct ws_item end_message(struct ws_reader *r, struct text whole) {
  const uint8_t opcode = r->opcode;
  r->opcode = 0;
  if (opcode == WS_OP_BINARY) {
    return (struct ws_item){WS_ITEM_BINARY, 0, whole};
  }
  if (r->utf8.need != 0) {
    return broken(1007, "the text is not UTF-8");
  }
  return (struct ws_item){WS_ITEM_TEXT, 0, whole};
}

/* Payload of the current data frame. A message that came in one piece is
 * delivered where it lies; else it is gathered. */
static struct ws_item take_payload(struct ws_reader *r, char *bytes,
                                   size_t len) {
  if (r->masked) {
    ws_mask(bytes, len, r->mask, r->length - r->left);
  }
  const struct text piece = {bytes, len};
  if (r->opcode == WS_OP_TEXT && !utf8_check_take(&r->utf8, piece)) {
    return broken(1007, "the text is not UTF-8");
  }
  r->left -= len;
  r->in_frame = r->left > 0;
  const bool done = !r->in_frame && r->final;
  if (done && r->message.len == 0) {
    return end_message(r, piece);
  }
  textbuf_add(&r->message, piece);
  if (r->message.failed) {
    return broken(1011, "out of memory");
  }
  return done ? end_message(r, textbuf_text(&r->message)) : nothing;
}

/* One frame's header, or as much payload as there is. *@used 0: needs more. */
static struct ws_item take_some(struct ws_reader *r, char *bytes, size_t len,
                                size_t *used) {
  *used = 0;
  if (r->in_frame) {
    const size_t n = r->left < len ? (size_t)r->left : len;
    *used = n;
    return n > 0 ? take_payload(r, bytes, n) : nothing;
  }
  struct frame f;
  struct ws_item item = read_header(r, bytes, len, &f);
  if (item.type == WS_ITEM_BROKEN || f.header_len == 0) {
    return item;
  }
  if (f.control) {
    if (len - f.header_len < f.length) {
      return nothing;
    }
    *used = f.header_len + (size_t)f.length;
    return take_control(r, &f, bytes + f.header_len);
  }
  item = begin_frame(r, &f);
  *used = f.header_len;
  if (item.type == WS_ITEM_NONE && f.length == 0) {
    return take_payload(r, bytes + f.header_len, 0);
  }
  return item;
}

struct ws_item ws_reader_take(struct ws_reader *r, char *bytes, size_t len,
                              size_t *used) {
  if (r->opcode == 0) {
    textbuf_clear(&r->message); /* what was delivered last time */
  }
  struct ws_item item = nothing;
  size_t step = 0;
  *used = 0;
  do {
    item = take_some(r, bytes + *used, len - *used, &step);
    *used += step;
  } while (item.type == WS_ITEM_NONE && step > 0);
  return item;
}
