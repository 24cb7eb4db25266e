/* value_priv.h - what a variable holds, and the heap that it lives on.
 *
 * Numbers, booleans, dates and null stand in the value itself; texts
 * (immutable), lists and objects are on the run's heap, which counts every byte
 * and is swept by marking. Nothing ever moves. Collection happens only between
 * two statements, or before an instruction is tried again for want of room: C
 * code may therefore hold pointers to what it has just allocated.
 */
#ifndef BATON_STUDIO_VALUE_PRIV_H
#define BATON_STUDIO_VALUE_PRIV_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

/* A number comes first, for the sake of VALUE_BOX. */
enum value_tag {
  VALUE_NUMBER,
  VALUE_NULL,
  VALUE_BOOL,
  VALUE_DATE,
  VALUE_TEXT, /* this and what follows is on the heap */
  VALUE_LIST,
  VALUE_OBJECT
};

struct heap_obj {
  struct heap_obj *next; /* of all objects of the heap */
  struct heap_obj *grey; /* to be looked at, while marking */
  uint8_t tag;           /* VALUE_TEXT, VALUE_LIST, VALUE_OBJECT */
  bool marked;
  bool constant;  /* belongs to the program: never marked, never freed */
  bool grows;     /* a text that one variable alone has: see heap_share() */
  uint32_t index; /* constant: among the program's texts; else for image_save */
};

struct text_obj {
  struct heap_obj head;
  uint32_t len, room; /* bytes, and for how many there is place */
  char bytes[];       /* followed by a NUL */
};

/* Eight bytes. A number is its IEEE double; everything else hides in the
 * NaNs that no computation makes: sign and all of the exponent set, then three
 * bits of tag (never 0: that is the NaN of the processor), then 48 bits of
 * what belongs to it. Hence two loads and an addition tell whether both were
 * numbers: the sum is a NaN if one was not. */
struct value {
  uint64_t bits;
};

#define VALUE_BOX     UINT64_C(0xfff8000000000000)
#define VALUE_PAYLOAD UINT64_C(0x0000ffffffffffff)
enum {
  VALUE_TAG_SHIFT = 48,
  VALUE_JOINED = 1 /* in the address of a text: the result of a join */
};

struct list_obj {
  struct heap_obj head;
  struct value *items;
  size_t count, cap;
};

struct member {
  struct text_obj *key;
  struct value value;
};

struct object_obj {
  struct heap_obj head;
  struct member *members; /* in order of appearance */
  size_t count, cap;
};

struct heap {
  const struct mem *mem;
  struct heap_obj *first;
  size_t used;  /* bytes of all objects */
  size_t limit; /* of used */
  size_t next_collection;
  bool out_of_memory; /* the last refusal was the machine's, not the limit's */
};

/* ---- heap.c */

void heap_init(struct heap *h, const struct mem *mem, size_t limit);
void heap_free(struct heap *h);
static inline bool heap_wants_collection(const struct heap *h) {
  return h->used >= h->next_collection;
}

/* NULL (false) when the limit or the memory does not allow it; nothing has
 * changed then. */
struct text_obj *heap_new_text(struct heap *h, struct text t);
/* With place for @room bytes. */
struct text_obj *heap_new_text_with_room(struct heap *h, struct text t,
                                         size_t room);
struct list_obj *heap_new_list(struct heap *h, size_t room);
struct object_obj *heap_new_object(struct heap *h);
bool heap_list_reserve(struct heap *h, struct list_obj *list, size_t count);
bool heap_object_reserve(struct heap *h, struct object_obj *o, size_t count);
bool heap_list_add(struct heap *h, struct list_obj *list, struct value v);
/* Sets or adds the member. */
bool heap_object_set(struct heap *h, struct object_obj *o, struct text_obj *key,
                     struct value v);
bool heap_object_set_text(struct heap *h, struct object_obj *o, struct text key,
                          struct value v);
void heap_object_remove(struct object_obj *o, struct text key);

/* Marking: begin, mark every root, then sweep what was not reached. */
struct heap_marking {
  struct heap_obj *grey;
};
void heap_mark(struct heap_marking *m, struct value v);
void heap_sweep(struct heap *h, struct heap_marking *m);
/* Only follows what was marked; the marks stay until heap_unmark(). */
void heap_follow(struct heap_marking *m);
void heap_unmark(const struct heap *h);

/* ---- value.c */

/* Inline: the machine's loop makes little else. */

/* One of enum value_tag. */
static inline unsigned value_tag(struct value v) {
  return v.bits < VALUE_BOX ? VALUE_NUMBER
                            : (unsigned)(v.bits >> VALUE_TAG_SHIFT & 7);
}

/* Has it this tag, which is not that of a number? */
static inline bool value_is(struct value v, enum value_tag tag) {
  return v.bits >> VALUE_TAG_SHIFT ==
         (VALUE_BOX >> VALUE_TAG_SHIFT | (uint64_t)tag);
}

static inline struct value value_box(enum value_tag tag, uint64_t payload) {
  return (struct value){VALUE_BOX | (uint64_t)tag << VALUE_TAG_SHIFT | payload};
}

static inline struct value value_null(void) {
  return value_box(VALUE_NULL, 0);
}

static inline struct value value_bool(bool b) {
  return value_box(VALUE_BOOL, b);
}

/* @d is what a computation made: bytes from outside go through
 * value_foreign_number(). */
static inline struct value value_number(double d) {
  struct value v;
  memcpy(&v.bits, &d, sizeof d);
  return v;
}

/* Of any bits: what would be taken for something else becomes the one NaN. */
static inline struct value value_foreign_number(double d) {
  return !isnan(d) ? value_number(d)
                   : (struct value){UINT64_C(0x7ff8000000000000)};
}

/* Milliseconds since 1899-12-30; within the years of date_priv.h they fit when
 * they are counted from the first of those. */
#define VALUE_DATE_FIRST_MS (INT64_C(-292192) * 86400000)

static inline struct value value_date(int64_t ms) {
  return value_box(VALUE_DATE, (uint64_t)(ms - VALUE_DATE_FIRST_MS));
}

/* A pointer has 48 bits that matter on the machines that Baton runs on;
 * heap.c checks each that it gets. */
static inline struct value value_object_at(enum value_tag tag,
                                           struct heap_obj *o) {
  return value_box(tag, (uint64_t)(uintptr_t)o);
}

static inline struct value value_text(struct text_obj *t) {
  return value_object_at(VALUE_TEXT, &t->head);
}

static inline struct value value_list(struct list_obj *l) {
  return value_object_at(VALUE_LIST, &l->head);
}

static inline struct value value_object(struct object_obj *o) {
  return value_object_at(VALUE_OBJECT, &o->head);
}

/* What is in it; the tag must be right. */

static inline bool value_bool_of(struct value v) {
  return (v.bits & 1) != 0;
}

static inline double value_number_of(struct value v) {
  double d;
  memcpy(&d, &v.bits, sizeof d);
  return d;
}

static inline int64_t value_date_of(struct value v) {
  return (int64_t)(v.bits & VALUE_PAYLOAD) + VALUE_DATE_FIRST_MS;
}

static inline struct heap_obj *value_head_of(struct value v) {
  const uint64_t at = v.bits & VALUE_PAYLOAD & ~(uint64_t)VALUE_JOINED;
  return (
      struct heap_obj *)(uintptr_t)at; /* NOLINT(performance-no-int-to-ptr) */
}

/* Whoever takes a copy of a value says so: from then on a text that grew in its
 * place, because a variable alone had it, is what it is for ever. */
static inline void heap_share(struct value v) {
  if (value_is(v, VALUE_TEXT) && value_head_of(v)->grows) {
    value_head_of(v)->grows = false;
  }
}

static inline struct text_obj *value_text_of(struct value v) {
  return (struct text_obj *)value_head_of(v);
}

static inline struct list_obj *value_list_of(struct value v) {
  return (struct list_obj *)value_head_of(v);
}

static inline struct object_obj *value_object_of(struct value v) {
  return (struct object_obj *)value_head_of(v);
}

/* Is it the result of a join, which + must know? Only texts are. */
static inline bool value_is_joined(struct value v) {
  return value_tag(v) == VALUE_TEXT && (v.bits & VALUE_JOINED) != 0;
}

static inline struct value value_joined(struct value text) {
  return (struct value){text.bits | VALUE_JOINED};
}

struct text text_obj_text(const struct text_obj *t);
struct text value_as_text(struct value v); /* of a VALUE_TEXT */
/* NULL if there is no such member; case-sensitive. */
struct value *object_find(const struct object_obj *o, struct text key);

/* The same, faster for a key that is the very text that the member was made
 * with, as names in a script are: its program has each text once. */
struct value *object_find_key(const struct object_obj *o,
                              const struct text_obj *key);

const char *value_type_name(struct value v); /* "a number", "null" … */
/* Is it what GetRESTProxy() gives? */
bool value_is_proxy(struct value v);
bool value_is_true(struct value v);
/* A number, a date as one, or a text that holds one. */
bool value_to_number(struct value v, double *out);
bool value_text_is_number(struct text text, double *out);
/* The same, and null as 0: what arithmetic other than + takes. */
bool value_to_operand(struct value v, double *out);
/* As TRACE prints it; lists and objects as JSON, cut where they are too deep.
 */
void value_print(struct value v, struct textbuf *out);
/* A number or a date as it prints. */
enum { VALUE_SHORT = 64 };
struct text value_short_text(struct value v, char buffer[VALUE_SHORT]);
bool value_equal(struct value a, struct value b);
/* Same type and same content; texts byte by byte. */
bool value_identical(struct value a, struct value b);
/* -1, 0, 1: as numbers if both are, else as texts without regard to case. */
int value_compare(struct value a, struct value b);
/* What comparing them is charged for, in bytes: letter by letter it takes that
 * much longer than looking at bytes. 0 if not both are texts. */
static inline size_t value_comparing_bytes(struct value a, struct value b) {
  if (!value_is(a, VALUE_TEXT) || !value_is(b, VALUE_TEXT)) {
    return 0;
  }
  const size_t x = value_text_of(a)->len, y = value_text_of(b)->len;
  return 16 * (x < y ? x : y);
}

/* ---- value_json.c */

enum { VALUE_DEPTH_MAX = 64 };

/* False: nested too deeply (perhaps in itself); @out then holds part of it. */
bool value_to_json(struct value v, struct textbuf *out);
/* BT_ERR_SYNTAX, BT_ERR_RANGE (too deep): *@error says why. BT_ERR_FULL: no
 * room on the heap. BT_ERR_NOMEM. */
enum bt_err value_from_json(struct heap *h, struct text json, struct value *out,
                            struct json_error *error) BT_USE_RESULT;
/* All the way down. False: no room, or too deep (*too_deep). */
bool value_copy(struct heap *h, struct value v, struct value *out,
                bool *too_deep);

#endif
