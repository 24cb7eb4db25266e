/* json_priv.h - what the parts of the JSON reader and writer share. */
#ifndef BATON_BASE_JSON_PRIV_H
#define BATON_BASE_JSON_PRIV_H

#include <string.h>

#include "base/json.h"
#include "base/word_priv.h"

/* A container that is being read, and where in it the reader is. */
struct json_frame {
  const struct json_frame *up;
  struct json *container;
  struct json *last;    /* member or element: the one being read */
  const char *key_from; /* of the member being read; NULL until its key
                         * is read, and between members */
};

struct json_reader {
  const char *begin, *at, *end;
  struct arena *arena;
  const struct json_frame *top;
  unsigned depth_left;
  struct json_error *error; /* may be NULL */
};

/* Fill in the error for the byte at @at and return @err. */
__attribute__((format(printf, 4, 5))) enum bt_err
json_fail(struct json_reader *r, enum bt_err err, const char *at,
          const char *format, ...);
/* The same, working out what a person has probably done: at the reader's place
 * something else was due. */
enum bt_err json_fail_value(struct json_reader *r);
enum bt_err json_fail_key(struct json_reader *r);
enum bt_err json_fail_colon(struct json_reader *r);
enum bt_err json_fail_separator(struct json_reader *r);
enum bt_err json_fail_trailing(struct json_reader *r);
enum bt_err json_fail_memory(struct json_reader *r);
/* The key being read is one that its object has already. */
enum bt_err json_fail_twin(struct json_reader *r);
/* A string that began at @from has no closing quote on its line. */
enum bt_err json_fail_unclosed(struct json_reader *r, const char *from);

/* Reads the string whose opening quote is at the reader's place and whose text
 * is plain as far as @at. */
enum bt_err json_read_rest(struct json_reader *r, const char *at,
                           struct text *out);

/* BT_ERR_SYNTAX if two members of the object have the same key. */
enum bt_err json_refuse_twins(struct json_reader *r, struct json_frame *f);

static inline bool json_needs_care(char c) {
  return (unsigned char)c < 0x20 || (unsigned char)c >= 0x80 || c == '"' ||
         c == '\\';
}

/* Bit 7 of each of eight bytes, the first one lowest, that needs care. A
 * subtraction borrows from a byte exactly when that is smaller; a borrow that
 * reaches the next byte can mark it wrongly, but only behind a true mark, so
 * the lowest mark is right. */
static inline uint64_t json_care_mask(const char *ptr) {
  const uint64_t word = word_load(ptr);
  const uint64_t quote = word ^ WORD_ONES * '"';
  const uint64_t slash = word ^ WORD_ONES * '\\';
  const uint64_t care = (word - WORD_ONES * 0x20) | (quote - WORD_ONES) |
                        (slash - WORD_ONES) | word;
  return care & WORD_ONES * 0x80;
}

/* The first byte from @at that is not plain ASCII text: a quote, a backslash, a
 * control character or beyond ASCII. @end if there is none. */
static inline const char *json_skip_plain(const char *at, const char *end) {
  while (end - at >= 8) {
    const uint64_t care = json_care_mask(at);
    if (care != 0) {
      return at + __builtin_ctzll(care) / 8;
    }
    at += 8;
  }
  while (at < end && !json_needs_care(*at)) {
    at++;
  }
  return at;
}

#endif
