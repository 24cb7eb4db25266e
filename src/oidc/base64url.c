#include "oidc/base64url.h"

static const char digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void base64url_write(const uint8_t *bytes, size_t size, char *out) {
  uint32_t bits = 0;
  unsigned held = 0;
  for (size_t i = 0; i < size; i++) {
    bits = bits << 8 | bytes[i];
    held += 8;
    while (held >= 6) {
      held -= 6;
      *out++ = digits[bits >> held & 63];
    }
  }
  if (held > 0) {
    *out = digits[bits << (6 - held) & 63];
  }
}

/* -1 if it is no digit. */
static int value_of(char c) {
  if (c >= 'A' && c <= 'Z') {
    return c - 'A';
  }
  if (c >= 'a' && c <= 'z') {
    return c - 'a' + 26;
  }
  if (c >= '0' && c <= '9') {
    return c - '0' + 52;
  }
  return c == '-' ? 62 : c == '_' ? 63 : -1;
}

enum bt_err base64url_read(struct arena *arena, struct text t,
                           struct text *out) {
  char *bytes = arena_alloc(arena, t.len * 3 / 4 + 1);
  uint32_t bits = 0;
  unsigned held = 0;
  size_t len = 0;
  if (bytes == NULL) {
    return BT_ERR_NOMEM;
  }
  for (size_t i = 0; i < t.len; i++) {
    const int value = value_of(t.ptr[i]);
    if (value < 0) {
      return BT_ERR_SYNTAX;
    }
    bits = bits << 6 | (uint32_t)value;
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes[len++] = (char)(bits >> held & 255);
    }
  }
  if (held == 6 || (bits & ((1u << held) - 1)) != 0) {
    return BT_ERR_SYNTAX;
  }
  *out = (struct text){bytes, len};
  return BT_ERR_OK;
}
