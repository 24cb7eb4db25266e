#include "studio/letters_priv.h"

#include <unicase.h>

static bool is_ascii(char c) {
  return (c & '\x80') == 0;
}

static char change_ascii(char c, char first, char last) {
  if (c < first || c > last) {
    return c;
  }
  return (char)(c ^ 0x20);
}

/* The code point at @at, and its bytes; of what is no UTF-8 one byte. */
static uint32_t next(struct text t, size_t at, size_t *length) {
  *length = utf8_length(t, at);
  if (*length == 0) {
    *length = 1;
    return UINT32_MAX;
  }
  return utf8_decode(t, at, length);
}

static void add_changed(struct text t, size_t *at, ucs4_t (*change)(ucs4_t),
                        struct textbuf *out) {
  size_t length;
  char bytes[4];
  const uint32_t c = next(t, *at, &length);
  struct text changed = text_sub(t, *at, length);
  if (c != UINT32_MAX) {
    changed = (struct text){bytes, utf8_encode(change(c), bytes)};
  }
  textbuf_add(out, changed);
  *at += length;
}

void letters_upper(struct text t, struct textbuf *out) {
  for (size_t at = 0; at < t.len;) {
    if (is_ascii(t.ptr[at])) {
      textbuf_add_char(out, change_ascii(t.ptr[at++], 'a', 'z'));
    } else {
      add_changed(t, &at, uc_toupper, out);
    }
  }
}

void letters_lower(struct text t, struct textbuf *out) {
  for (size_t at = 0; at < t.len;) {
    if (is_ascii(t.ptr[at])) {
      textbuf_add_char(out, change_ascii(t.ptr[at++], 'A', 'Z'));
    } else {
      add_changed(t, &at, uc_tolower, out);
    }
  }
}

/* ---- order */

/* What does not depend on the case. Small letters are made of capital ones:
 * the two small sigmas have one capital, and are the same letter. */
static uint32_t fold(struct text t, size_t *at) {
  size_t length;
  const uint32_t c = next(t, *at, &length);
  const uint32_t byte = (unsigned char)t.ptr[*at];
  *at += length;
  return c == UINT32_MAX ? byte | 0x80000000u : uc_tolower(uc_toupper(c));
}

/* From the first place on where a letter beyond ASCII stands. */
static int compare_rest(struct text a, struct text b) {
  size_t i = 0, j = 0;
  while (i < a.len && j < b.len) {
    const uint32_t x = fold(a, &i), y = fold(b, &j);
    if (x != y) {
      return x < y ? -1 : 1;
    }
  }
  return (i < a.len) - (j < b.len);
}

int letters_compare(struct text a, struct text b) {
  size_t i = 0;
  for (; i < a.len && i < b.len; i++) {
    if (!is_ascii(a.ptr[i]) || !is_ascii(b.ptr[i])) {
      return compare_rest(text_sub(a, i, a.len - i), text_sub(b, i, b.len - i));
    }
    const int order =
        change_ascii(a.ptr[i], 'A', 'Z') - change_ascii(b.ptr[i], 'A', 'Z');
    if (order != 0) {
      return order;
    }
  }
  return (i < a.len) - (i < b.len);
}
