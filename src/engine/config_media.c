/* Media types, as entry points name them (RFC 6838, 4.2). */
#include <string.h>

#include "engine/config_priv.h"

static bool is_token(struct text t) {
  for (size_t i = 0; i < t.len; i++) {
    const char c = t.ptr[i];
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool digit = c >= '0' && c <= '9';
    if (!letter && !digit && (c == '\0' || strchr("+-._", c) == NULL)) {
      return false;
    }
  }
  return t.len > 0;
}

bool config_is_media_type(struct text t) {
  const size_t slash = text_find(t, TEXT("/"), 0);
  const struct text family = text_sub(t, 0, slash);
  const struct text rest = text_sub(t, slash + 1, t.len);
  return text_equal(t, TEXT("*/*")) ||
         (is_token(family) && (is_token(rest) || text_equal(rest, TEXT("*"))));
}
