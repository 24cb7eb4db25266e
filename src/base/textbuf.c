#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/text.h"

enum { CAP_FIRST = 64 };

void textbuf_init(struct textbuf *b, const struct mem *mem) {
  *b = (struct textbuf){.mem = mem};
}

void textbuf_free(struct textbuf *b) {
  mem_free(b->mem, b->ptr, b->cap);
  *b = (struct textbuf){.mem = b->mem, .limit = b->limit};
}

/* Buffers that are kept and used again are many, and what people said stands in
 * most of them for a moment. */
void textbuf_clear(struct textbuf *b) {
  if (b->len > 0) {
    memset(b->ptr, 0, b->len);
  }
  b->len = 0;
  b->failed = false;
}

static bool grow(struct textbuf *b, size_t more) {
  const size_t max = b->limit != 0 ? b->limit : SIZE_MAX / 2;
  if (b->len > max || more > max - b->len) {
    return false;
  }
  const size_t want = b->len + more;
  size_t cap = b->cap + b->cap / 2 + CAP_FIRST;
  cap = cap < max ? cap : max;
  cap = cap > want ? cap : want;
  char *moved = b->mem->resize(b->mem->ctx, b->ptr, b->cap, cap);
  if (moved == NULL) {
    return false;
  }
  b->ptr = moved;
  b->cap = cap;
  return true;
}

/* Once it has failed it takes nothing more: what is there is always the
 * beginning of what was to be written, never a text with a hole. */
bool textbuf_reserve(struct textbuf *b, size_t more) {
  if (!b->failed && more > b->cap - b->len) {
    b->failed = !grow(b, more);
  }
  return !b->failed;
}

void textbuf_add(struct textbuf *b, struct text t) {
  if (t.len != 0 && textbuf_reserve(b, t.len)) {
    memcpy(b->ptr + b->len, t.ptr, t.len);
    b->len += t.len;
  }
}

void textbuf_add_char(struct textbuf *b, char c) {
  if (textbuf_reserve(b, 1)) {
    b->ptr[b->len++] = c;
  }
}

/* vsnprintf ends with a NUL that is not part of the text, so the first try
 * goes to a place of its own, and only long results are printed in place. */
void textbuf_addf(struct textbuf *b, const char *format, ...) {
  char small[256];
  va_list args;
  va_start(args, format);
  const int length = vsnprintf(small, sizeof small, format, args);
  va_end(args);
  bt_check(length >= 0);
  const size_t len = (size_t)length;
  if (len < sizeof small) {
    textbuf_add(b, (struct text){small, len});
    return;
  }
  if (textbuf_reserve(b, len + 1)) {
    va_start(args, format);
    (void)vsnprintf(b->ptr + b->len, len + 1, format, args);
    va_end(args);
    b->len += len;
  }
}

struct text textbuf_text(const struct textbuf *b) {
  return b->ptr == NULL ? TEXT("") : (struct text){b->ptr, b->len};
}
