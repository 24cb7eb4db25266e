/* golden.h - golden files: bytes as hexadecimal digits, and texts. */
#ifndef BATON_TESTS_GOLDEN_H
#define BATON_TESTS_GOLDEN_H

#include <stdbool.h>

#include "base/text.h"

/* PREFIX and @suffix make the path. False, and said: it could not be done. */
bool golden_read(const char *prefix, const char *suffix, struct textbuf *out);
bool golden_write(const char *prefix, const char *suffix,
                  const struct textbuf *b);

void golden_print_hex(struct text bytes, struct textbuf *out);
void golden_parse_hex(struct text hex, struct textbuf *out);

#endif
