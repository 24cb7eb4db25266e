/* value_priv.h - what a variable holds, and the heap that it lives on.
 *
 * Numbers, booleans and null stand in the value itself; texts (immutable),
 * lists and objects are on the run's heap, which counts every byte and is
 * swept by marking. Nothing ever moves. Collection happens only between two
 * statements, or before an instruction is tried again for want of room: C code
 * may therefore hold pointers to what it has just allocated.
 */
#ifndef BATON_STUDIO_VALUE_PRIV_H
#define BATON_STUDIO_VALUE_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

enum value_tag {
  VALUE_NULL,
  VALUE_BOOL,
  VALUE_NUMBER,
  VALUE_TEXT,
  VALUE_LIST,
  VALUE_OBJECT
};

struct heap_obj {
  struct heap_obj *next; /* of all objects of the heap */
  struct heap_obj *grey; /* to be looked at, while marking */
  uint8_t tag;           /* VALUE_TEXT, VALUE_LIST, VALUE_OBJECT */
  bool marked;
  bool constant;  /* belongs to the program: never marked, never freed */
  uint32_t index; /* constant: in the program's table; else for image_save */
};

struct text_obj {
  struct heap_obj head;
  uint32_t len;
  char bytes[]; /* followed by a NUL */
};

/* How a value tells that it is the result of a join, which + must know. */
struct value {
  uint8_t tag;
  bool joined;
  union {
    bool boolean;
    double number;
    struct text_obj *text;
    struct list_obj *list;
    struct object_obj *object;
    struct heap_obj *head;
  } as;
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
struct list_obj *heap_new_list(struct heap *h, size_t room);
struct object_obj *heap_new_object(struct heap *h);
bool heap_list_reserve(struct heap *h, struct list_obj *list, size_t count);
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
static inline struct value value_null(void) {
  return (struct value){.tag = VALUE_NULL};
}

static inline struct value value_bool(bool b) {
  return (struct value){.tag = VALUE_BOOL, .as.boolean = b};
}

static inline struct value value_number(double d) {
  return (struct value){.tag = VALUE_NUMBER, .as.number = d};
}

static inline struct value value_text(struct text_obj *t) {
  return (struct value){.tag = VALUE_TEXT, .as.text = t};
}

static inline struct value value_list(struct list_obj *l) {
  return (struct value){.tag = VALUE_LIST, .as.list = l};
}

static inline struct value value_object(struct object_obj *o) {
  return (struct value){.tag = VALUE_OBJECT, .as.object = o};
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
/* A number, or a text that holds one. */
bool value_to_number(struct value v, double *out);
/* The same, and null as 0: what arithmetic other than + takes. */
bool value_to_operand(struct value v, double *out);
/* As TRACE prints it; lists and objects as JSON, cut where they are too deep.
 */
void value_print(struct value v, struct textbuf *out);
/* A number as it prints. */
enum { VALUE_SHORT = 64 };
struct text value_short_number(struct value v, char buffer[VALUE_SHORT]);
bool value_equal(struct value a, struct value b);
/* Same type and same content; texts byte by byte. */
bool value_identical(struct value a, struct value b);
/* -1, 0, 1: as numbers if both are, else as texts without regard to case. */
int value_compare(struct value a, struct value b);

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
