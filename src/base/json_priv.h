/* json_priv.h - what the parts of the JSON reader and writer share. */
#ifndef BATON_BASE_JSON_PRIV_H
#define BATON_BASE_JSON_PRIV_H

#include <string.h>

#include "base/json.h"

/* A container that is being read, and where in it the reader is. */
struct json_frame {
  const struct json_frame *up;
  struct json *container;
  struct json *last;    /* member or element */
  const char *key_from; /* of the member being read; NULL between members */
  struct text key;
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

/* Reads the string whose opening quote is at the reader's place. */
enum bt_err json_read_string(struct json_reader *r, struct text *out);

/* BT_ERR_SYNTAX if two members of the object have the same key. */
enum bt_err json_refuse_twins(struct json_reader *r, struct json_frame *f);

/* Is one of the eight bytes a quote, a backslash, a control character or
 * beyond ASCII? Subtracting borrows from a byte exactly when it is smaller;
 * a borrow into the next byte can only follow a true find below it, and the
 * caller then looks at each byte anyway. */
static inline bool json_eight_need_care(const char *ptr) {
  const uint64_t ones = UINT64_C(0x0101010101010101);
  uint64_t word;
  memcpy(&word, ptr, sizeof word);
  const uint64_t quote = word ^ ones * '"';
  const uint64_t slash = word ^ ones * '\\';
  const uint64_t found =
      (word - ones * 0x20) | (quote - ones) | (slash - ones) | word;
  return (found & ones * 0x80) != 0;
}

static inline bool json_needs_care(char c) {
  return (unsigned char)c < 0x20 || (unsigned char)c >= 0x80 || c == '"' ||
         c == '\\';
}

/* The first byte from @at that is not plain ASCII text; @end if there is none.
 */
static inline const char *json_skip_plain(const char *at, const char *end) {
  while (end - at >= 8 && !json_eight_need_care(at)) {
    at += 8;
  }
  while (at < end && !json_needs_care(*at)) {
    at++;
  }
  return at;
}

#endif
