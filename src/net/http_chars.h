/* http_chars.h - which bytes may stand where in a message (RFC 9110, 5.6).
 * Pure.
 */
#ifndef BATON_NET_HTTP_CHARS_H
#define BATON_NET_HTTP_CHARS_H

#include <stdbool.h>
#include <stdint.h>

/* A byte of a method or a header name. */
static inline bool http_is_token_char(char c) {
  /* ! # $ % & ' * + - . 0-9, then A-Z ^ _ ` a-z | ~ */
  static const uint64_t set[2] = {UINT64_C(0x03ff6cfa00000000),
                                  UINT64_C(0x57ffffffc7fffffe)};
  const unsigned byte = (unsigned char)c;
  return byte < 128 && ((set[byte / 64] >> (byte % 64)) & 1) != 0;
}

/* A byte of a header value: no control characters but the tab. */
static inline bool http_is_value_char(char c) {
  const unsigned byte = (unsigned char)c;
  return byte == '\t' || (byte >= ' ' && byte != 0x7f);
}

#endif
