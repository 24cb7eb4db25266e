#include "golden.h"

#include <ctype.h>
#include <stdio.h>

enum { LINE_BYTES = 32 };

void golden_print_hex(struct text bytes, struct textbuf *out) {
  for (size_t i = 0; i < bytes.len; i++) {
    const bool last = i + 1 == bytes.len || i % LINE_BYTES == LINE_BYTES - 1;
    textbuf_addf(out, "%02x%s", (unsigned)(unsigned char)bytes.ptr[i],
                 last ? "\n" : "");
  }
}

static unsigned digit(char c) {
  return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

void golden_parse_hex(struct text hex, struct textbuf *out) {
  unsigned pending = 0;
  bool half = false;
  for (size_t i = 0; i < hex.len; i++) {
    if (!isxdigit((unsigned char)hex.ptr[i])) {
      continue;
    }
    if (half) {
      textbuf_add_char(out, (char)(pending << 4 | digit(hex.ptr[i])));
    }
    pending = digit(hex.ptr[i]);
    half = !half;
  }
}

/* ---- files */

static FILE *open_file(const char *prefix, const char *suffix,
                       const char *mode) {
  char path[4096];
  (void)snprintf(path, sizeof path, "%s%s", prefix, suffix);
  FILE *f = fopen(path, mode);
  if (f == NULL) {
    perror(path);
  }
  return f;
}

bool golden_read(const char *prefix, const char *suffix, struct textbuf *out) {
  FILE *f = open_file(prefix, suffix, "rb");
  if (f == NULL) {
    return false;
  }
  char block[4096];
  size_t got = 0;
  while ((got = fread(block, 1, sizeof block, f)) > 0) {
    textbuf_add(out, (struct text){block, got});
  }
  (void)fclose(f);
  return !out->failed;
}

bool golden_write(const char *prefix, const char *suffix,
                  const struct textbuf *b) {
  FILE *f = open_file(prefix, suffix, "wb");
  if (f == NULL) {
    return false;
  }
  const bool wrote = fwrite(b->ptr, 1, b->len, f) == b->len;
  return fclose(f) == 0 && wrote;
}
