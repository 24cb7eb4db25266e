/* json.h - strict RFC 8259, both ways, without the C library's allocator.
 *
 * Reading makes a tree in an arena. Strict: one value, no trailing text, UTF-8
 * only, duplicate keys refused, depth limited, integers exact to 64 bits. Every
 * error has the place (offset, line, column), the JSON Pointer of the member
 * that was being read, and a sentence that a person can act on; typographic
 * quotes pasted from a web page are named as such.
 */
#ifndef BATON_BASE_JSON_H
#define BATON_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"

enum json_type {
  JSON_NULL,
  JSON_FALSE,
  JSON_TRUE,
  JSON_INT,    /* fits in 64 bits and was written without . or e */
  JSON_DOUBLE, /* any other number */
  JSON_TEXT,
  JSON_LIST,
  JSON_OBJECT
};

struct json {
  enum json_type type;
  uint32_t count;     /* members of an object, elements of a list */
  struct text key;    /* when this is a member of an object */
  size_t offset;      /* where the value begins in the source */
  int64_t i;          /* JSON_INT */
  double d;           /* JSON_INT and JSON_DOUBLE */
  struct text text;   /* JSON_TEXT, unescaped (may hold NUL) */
  struct text source; /* the bytes of the value as written */
  struct json *first; /* members or elements, in order */
  struct json *next;
};

struct json_error {
  size_t offset;
  uint32_t line, column; /* from 1; column in code points */
  char pointer[256];     /* RFC 6901, cut if longer */
  char message[256];
};

enum { JSON_DEPTH_DEFAULT = 64, JSON_DEPTH_MAX = 256 };

/* BT_ERR_SYNTAX: *@error says where and why. BT_ERR_RANGE: deeper than
 * @max_depth (error filled). BT_ERR_NOMEM (error filled). @max_depth is at most
 * JSON_DEPTH_MAX; @error may be NULL. The tree borrows @source. */
enum bt_err json_parse(struct arena *arena, struct text source,
                       unsigned max_depth, struct json **out,
                       struct json_error *error) BT_USE_RESULT;
/* The member, or NULL. @object may be NULL or another type. */
const struct json *json_member(const struct json *object, struct text key);
/* Its text; empty if there is no such member, or it is of another type. */
struct text json_member_text(const struct json *object, struct text key);
const char *json_type_name(enum json_type type); /* "a number", "an object" … */

/* Writing: commas and colons come by themselves. */
struct json_out {
  struct textbuf *buf;
  unsigned depth; /* containers that are open */
  bool has_item;  /* the innermost one has something in it */
  bool after_key;
};

void json_out_init(struct json_out *o, struct textbuf *buf);
void json_open_object(struct json_out *o);
void json_close_object(struct json_out *o);
void json_open_list(struct json_out *o);
void json_close_list(struct json_out *o);
void json_key_text(struct json_out *o, struct text key);
static inline void json_key(struct json_out *o, const char *key) {
  json_key_text(o, text_from(key));
}
void json_put_text(struct json_out *o,
                   struct text t); /* invalid UTF-8 as U+FFFD */
void json_put_i64(struct json_out *o, int64_t n);
void json_put_u64(struct json_out *o, uint64_t n);
/* As short as reads back to the same number; not finite: null. */
void json_put_double(struct json_out *o, double d);
void json_put_bool(struct json_out *o, bool b);
void json_put_null(struct json_out *o);
/* @json is already JSON text, well-formed by the caller's word. */
void json_put_raw(struct json_out *o, struct text json);
/* A parsed tree, written anew: compact, numbers with a point or beyond 64 bits
 * as they were written. */
void json_put_tree(struct json_out *o, const struct json *tree);

#endif
