/* ws_frame.h - WebSocket framing (RFC 6455, section 5). Pure.
 *
 * The reader turns bytes into whole messages: it checks every rule of the
 * protocol, joins fragments and checks text as it comes, so that a bad byte is
 * found with the frame that has it and not at the message's end.
 */
#ifndef BATON_NET_WS_FRAME_H
#define BATON_NET_WS_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum ws_opcode {
  WS_OP_CONTINUATION = 0,
  WS_OP_TEXT = 1,
  WS_OP_BINARY = 2,
  WS_OP_CLOSE = 8,
  WS_OP_PING = 9,
  WS_OP_PONG = 10
};

enum { WS_HEADER_MAX = 14, WS_CONTROL_MAX = 125, WS_MASK_LEN = 4 };

/* Writes the header of one unfragmented frame of @length bytes, masked if @mask
 * (WS_MASK_LEN bytes) is not NULL; returns its size. */
size_t ws_header_write(char out[WS_HEADER_MAX], enum ws_opcode opcode,
                       uint64_t length, const uint8_t *mask);
/* Masks or unmasks in place; @bytes[0] is byte @offset of the payload. */
void ws_mask(char *bytes, size_t len, const uint8_t mask[WS_MASK_LEN],
             uint64_t offset);

/* Well-formedness of UTF-8 that comes in pieces. Zero at first. */
struct utf8_check {
  uint8_t need;      /* bytes still to come of the current sequence */
  uint8_t low, high; /* bounds of the next one */
};
/* False at the first byte that cannot belong to well-formed text. The text is
 * whole when .need is 0. */
bool utf8_check_take(struct utf8_check *c, struct text piece);

/* May this code stand in a close frame (section 7.4)? */
bool ws_code_is_valid(unsigned code);

enum ws_item_type {
  WS_ITEM_NONE, /* more bytes are needed */
  WS_ITEM_TEXT,
  WS_ITEM_BINARY,
  WS_ITEM_PING,
  WS_ITEM_PONG,
  WS_ITEM_CLOSE, /* code (1005 if the frame has none) and reason */
  WS_ITEM_BROKEN /* the peer broke the protocol: close with code and reason */
};

struct ws_item {
  enum ws_item_type type;
  uint16_t code;       /* CLOSE and BROKEN */
  struct text payload; /* or the reason; borrowed until the next call */
};

struct ws_reader {
  struct textbuf message; /* what has come of a message in pieces */
  size_t message_max;
  uint64_t length; /* payload of the current data frame … */
  uint64_t left;   /* … and how much of it is still to come */
  uint8_t mask[WS_MASK_LEN];
  struct utf8_check utf8;
  uint8_t opcode; /* of the current message; 0 for none */
  bool in_frame;  /* the current data frame has begun */
  bool final;     /* … and is its message's last */
  bool masked;    /* must the peer mask? A server's reader: yes */
};

void ws_reader_init(struct ws_reader *r, const struct mem *mem,
                    size_t message_max, bool peer_masks);
void ws_reader_free(struct ws_reader *r);
/* Looks at @bytes (which it unmasks in place), says in *@used how many it has
 * done with (a frame may be left for when more has come) and returns the first
 * item found. After BROKEN or CLOSE the reader must not be asked again. */
struct ws_item ws_reader_take(struct ws_reader *r, char *bytes, size_t len,
                              size_t *used);
/* Gives back the memory of a delivered message. */
void ws_reader_rest(struct ws_reader *r);

#endif
