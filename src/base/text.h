/* text.h - text as a borrowed slice, and a buffer that grows.
 *
 * A `struct text` owns nothing and need not end in NUL. A `struct textbuf`
 * owns its bytes. Writing to a buffer never fails on the spot: it remembers
 * that it ran out, so that a page of writes needs one check at its end.
 */
#ifndef BATON_BASE_TEXT_H
#define BATON_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"

struct text {
  const char *ptr;
  size_t len;
};

/* A string literal, or an array that ends in NUL, as text. */
#define TEXT(literal) ((struct text){(literal), sizeof(literal) - 1})
/* For printf("%.*s", TEXT_ARG(t)). */
#define TEXT_ARG(t) (int)(t).len, (t).ptr

/* NULL gives empty text. The length of a literal is known to the compiler. */
static inline struct text text_from(const char *nul_terminated) {
  return (struct text){nul_terminated == NULL ? "" : nul_terminated,
                       nul_terminated == NULL ? 0 : strlen(nul_terminated)};
}
bool text_equal(struct text a, struct text b);
bool text_equal_nocase(struct text a, struct text b); /* ASCII letters only */
int text_compare(struct text a, struct text b);       /* bytes, like memcmp */
int text_compare_nocase(struct text a, struct text b);
bool text_starts(struct text t, struct text prefix);
bool text_ends(struct text t, struct text suffix);
/* Offset of @needle in @t at or after @from; t.len if it is not there. */
size_t text_find(struct text t, struct text needle, size_t from);
struct text text_sub(struct text t, size_t from, size_t len); /* clipped */
struct text text_trim(struct text t); /* blanks, tabs, line ends */

/* Whole decimal integer, optional minus. False if it is anything else, or
 * does not fit; *out is then untouched. */
bool text_to_i64(struct text t, int64_t *out);
/* Whole decimal or exponent form, no hexadecimal, no infinity, no blanks; the
 * digits before the point may be missing, as in ".5". */
bool text_to_double(struct text t, double *out);

/* Length in bytes of the valid UTF-8 sequence at @t[at]; 0 if it is malformed,
 * overlong, a surrogate or beyond U+10FFFF. */
size_t utf8_length(struct text t, size_t at);
/* Offset of the first malformed byte, or t.len if all is well-formed. */
size_t utf8_first_bad(struct text t);
/* The code point at @t[at] (which must be well-formed) and its length. */
uint32_t utf8_decode(struct text t, size_t at, size_t *length);
size_t utf8_encode(uint32_t code_point, char out[4]); /* 1 to 4 */
size_t utf8_count(struct text t); /* code points of well-formed text */
/* The first bytes of well-formed text, at most @max, that end with a whole
 * character: what a sentence quotes, and what fits. */
struct text utf8_cut(struct text t, size_t max);
/* What snprintf(), which returned @length, has left in @buffer of @size bytes:
 * if it had to cut, whole characters. Empty if it failed. */
struct text utf8_printed(const char *buffer, size_t size, int length);

/* How many letters were inserted, left out, changed, or swapped with their
 * neighbour; case-insensitive, at most 64 bytes of each counted. */
unsigned text_distance(struct text a, struct text b);
/* Index of the candidate nearest to @word that a person could have meant
 * (distance at most a third of its length, at least 1, or a shared prefix of
 * four); @count if there is none. For "did you mean". */
size_t text_nearest(struct text word, const struct text *candidates,
                    size_t count);

struct textbuf {
  const struct mem *mem;
  char *ptr;
  size_t len;
  size_t cap;
  size_t limit; /* bytes; 0 for no limit; set before the first write */
  bool failed;  /* ran out of memory or over the limit: content is cut */
};

void textbuf_init(struct textbuf *b, const struct mem *mem);
void textbuf_free(struct textbuf *b);
void textbuf_clear(struct textbuf *b); /* keeps the memory, cleared */
/* Room for @more bytes; false (and .failed) if there is none. */
bool textbuf_reserve(struct textbuf *b, size_t more);
void textbuf_add(struct textbuf *b, struct text t);
void textbuf_add_char(struct textbuf *b, char c);
void textbuf_add_i64(struct textbuf *b, int64_t n);
void textbuf_add_u64(struct textbuf *b, uint64_t n);
/* As people write numbers: 15 significant digits, no trailing zeros, no ".0",
 * "-0" is "0"; infinities and NaN as "inf", "-inf", "nan". */
void textbuf_add_double(struct textbuf *b, double d);
/* The same with as many digits, up to 17, as it takes to read @d back. */
void textbuf_add_double_exact(struct textbuf *b, double d);
__attribute__((format(printf, 2, 3))) void
textbuf_addf(struct textbuf *b, const char *format, ...);
struct text
textbuf_text(const struct textbuf *b); /* borrowed until the next write */

#endif
