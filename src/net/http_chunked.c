#include "base/check.h"
#include "base/digest.h"
#include "net/http_chars.h"
#include "net/http_parse.h"

enum state {
  SIZE,
  EXTENSION,
  SIZE_LF,
  DATA,
  DATA_CR,
  DATA_LF,
  TRAILER,
  TRAILER_NAME,
  TRAILER_VALUE,
  TRAILER_LF,
  END_LF,
  DONE,
  BROKEN
};

enum { SIZE_DIGITS_MAX = 15 };

void http_chunked_init(struct http_chunked *c, int64_t body_max,
                       int64_t overhead_max) {
  *c = (struct http_chunked){.body_left = (uint64_t)body_max,
                             .overhead_left = (uint64_t)overhead_max,
                             .state = SIZE};
}

static enum state after_size(struct http_chunked *c, char byte) {
  const int digit = hex_value(byte);
  if (digit >= 0 && c->digits < SIZE_DIGITS_MAX) {
    c->left = c->left * 16 + (uint64_t)digit;
    c->digits++;
    return SIZE;
  }
  if (c->digits == 0) {
    return BROKEN;
  }
  /* No blanks before the semicolon: readers have disagreed about them. */
  if (byte == ';') {
    return EXTENSION;
  }
  return byte == '\r' ? SIZE_LF : BROKEN;
}

static enum state after_size_line(struct http_chunked *c, char byte) {
  if (byte != '\n') {
    return BROKEN;
  }
  c->digits = 0;
  return c->left == 0 ? TRAILER : DATA;
}

static enum state after_trailer_start(char byte) {
  if (byte == '\r') {
    return END_LF;
  }
  return http_is_token_char(byte) ? TRAILER_NAME : BROKEN;
}

static enum state after_trailer_name(char byte) {
  if (byte == ':') {
    return TRAILER_VALUE;
  }
  return http_is_token_char(byte) ? TRAILER_NAME : BROKEN;
}

/* Extensions and trailer values go on to the end of their line. */
static enum state after_value(enum state self, enum state at_end, char byte) {
  if (byte == '\r') {
    return at_end;
  }
  return http_is_value_char(byte) ? self : BROKEN;
}

static enum state expect(char byte, char wanted, enum state next) {
  return byte == wanted ? next : BROKEN;
}

static enum state next_state(struct http_chunked *c, char byte) {
  switch ((enum state)c->state) {
  case SIZE:
    return after_size(c, byte);
  case EXTENSION:
    return after_value(EXTENSION, SIZE_LF, byte);
  case SIZE_LF:
    return after_size_line(c, byte);
  case DATA_CR:
    return expect(byte, '\r', DATA_LF);
  case DATA_LF:
    return expect(byte, '\n', SIZE);
  case TRAILER:
    return after_trailer_start(byte);
  case TRAILER_NAME:
    return after_trailer_name(byte);
  case TRAILER_VALUE:
    return after_value(TRAILER_VALUE, TRAILER_LF, byte);
  case TRAILER_LF:
    return expect(byte, '\n', TRAILER);
  case END_LF:
    return expect(byte, '\n', DONE);
  case DATA:
  case DONE:
  case BROKEN:
    break;
  }
  bt_check_failed("a state that takes bytes", __FILE__, __LINE__, __func__);
}

static bool is_overhead(enum state s) {
  return s == EXTENSION || s == TRAILER_NAME || s == TRAILER_VALUE;
}

static enum http_fault step(struct http_chunked *c, char byte) {
  const enum state s = next_state(c, byte);
  if (s == BROKEN || (is_overhead(s) && c->overhead_left-- == 0)) {
    return HTTP_FAULT_BAD_CHUNK;
  }
  if (s == DATA) {
    if (c->left > c->body_left) {
      return HTTP_FAULT_BODY_TOO_LARGE;
    }
    c->body_left -= c->left;
  }
  c->state = (uint8_t)s;
  return HTTP_FAULT_NONE;
}

bool http_chunked_take(struct http_chunked *c, struct text bytes, size_t *used,
                       struct text *data, enum http_fault *fault) {
  bt_check(c->state != DONE && c->state != BROKEN);
  *fault = HTTP_FAULT_NONE;
  *data = (struct text){bytes.ptr, 0};
  size_t at = 0;
  while (at < bytes.len && c->state != DATA) {
    *fault = step(c, bytes.ptr[at++]);
    if (*fault != HTTP_FAULT_NONE) {
      c->state = BROKEN;
      *used = at;
      return false;
    }
    if (c->state == DONE) {
      *used = at;
      return true;
    }
  }
  if (at < bytes.len) {
    data->ptr = bytes.ptr + at;
    data->len = c->left < bytes.len - at ? (size_t)c->left : bytes.len - at;
    c->left -= data->len;
    c->state = c->left == 0 ? DATA_CR : DATA;
  }
  *used = at + data->len;
  return false;
}
