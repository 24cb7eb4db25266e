#include "net/http_chars.h"

#include <stdint.h>

/* Bits of ! # $ % & ' * + - . 0-9 and of A-Z ^ _ ` a-z | ~. */
static const uint64_t token_chars[2] = {UINT64_C(0x03ff6cfa00000000),
                                        UINT64_C(0x57ffffffc7fffffe)};

bool http_is_token_char(char c) {
  const unsigned byte = (unsigned char)c;
  return byte < 128 && ((token_chars[byte / 64] >> (byte % 64)) & 1) != 0;
}

bool http_is_value_char(char c) {
  const unsigned byte = (unsigned char)c;
  return byte == '\t' || (byte >= ' ' && byte != 0x7f);
}

int http_hex_digit(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char lower = (char)(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}
