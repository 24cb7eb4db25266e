#include "studio/value_priv.h"

#include "base/arena.h"
#include "base/check.h"

/* ---- writing */

static bool put(struct json_out *json, struct value v, unsigned depth);

static bool put_list(struct json_out *json, const struct list_obj *list,
                     unsigned depth) {
  bool whole = true;
  json_open_list(json);
  for (size_t i = 0; i < list->count; i++) {
    whole = put(json, list->items[i], depth) && whole;
  }
  json_close_list(json);
  return whole;
}

static bool put_object(struct json_out *json, const struct object_obj *o,
                       unsigned depth) {
  bool whole = true;
  json_open_object(json);
  for (size_t i = 0; i < o->count; i++) {
    json_key_text(json, text_obj_text(o->members[i].key));
    whole = put(json, o->members[i].value, depth) && whole;
  }
  json_close_object(json);
  return whole;
}

static bool put(struct json_out *json, struct value v, unsigned depth) {
  char buffer[VALUE_SHORT];
  /* An object that holds itself would grow without end otherwise. */
  if (depth >= VALUE_DEPTH_MAX - 1 || json->buf->failed) {
    json_put_null(json);
    return value_tag(v) != VALUE_LIST && value_tag(v) != VALUE_OBJECT;
  }
  switch (value_tag(v)) {
  case VALUE_NULL:
    json_put_null(json);
    return true;
  case VALUE_BOOL:
    json_put_bool(json, value_bool_of(v));
    return true;
  case VALUE_NUMBER:
    json_put_double(json, value_number_of(v));
    return true;
  case VALUE_DATE:
    json_put_text(json, value_short_text(v, buffer));
    return true;
  case VALUE_TEXT:
    json_put_text(json, value_as_text(v));
    return true;
  case VALUE_LIST:
    return put_list(json, value_list_of(v), depth + 1);
  default:
    bt_check(value_tag(v) == VALUE_OBJECT);
    return put_object(json, value_object_of(v), depth + 1);
  }
}

bool value_to_json(struct value v, struct textbuf *out) {
  struct json_out json;
  json_out_init(&json, out);
  return put(&json, v, 0);
}

/* ---- reading */

static bool take(struct heap *h, const struct json *json, struct value *out);

static bool take_list(struct heap *h, const struct json *json,
                      struct value *out) {
  struct list_obj *list = heap_new_list(h, json->count);
  if (list == NULL) {
    return false;
  }
  *out = value_list(list);
  for (const struct json *e = json->first; e != NULL; e = e->next) {
    struct value v;
    if (!take(h, e, &v) || !heap_list_add(h, list, v)) {
      return false;
    }
  }
  return true;
}

static bool take_object(struct heap *h, const struct json *json,
                        struct value *out) {
  struct object_obj *o = heap_new_object(h);
  if (o == NULL) {
    return false;
  }
  *out = value_object(o);
  for (const struct json *m = json->first; m != NULL; m = m->next) {
    struct value v;
    if (!take(h, m, &v) || !heap_object_set_text(h, o, m->key, v)) {
      return false;
    }
  }
  return true;
}

static bool take_text(struct heap *h, const struct json *json,
                      struct value *out) {
  struct text_obj *t = heap_new_text(h, json->text);
  if (t == NULL) {
    return false;
  }
  *out = value_text(t);
  return true;
}

static bool take(struct heap *h, const struct json *json, struct value *out) {
  switch (json->type) {
  case JSON_NULL:
    *out = value_null();
    return true;
  case JSON_FALSE:
  case JSON_TRUE:
    *out = value_bool(json->type == JSON_TRUE);
    return true;
  case JSON_INT:
  case JSON_DOUBLE:
    *out = value_number(json->d);
    return true;
  case JSON_TEXT:
    return take_text(h, json, out);
  case JSON_LIST:
    return take_list(h, json, out);
  case JSON_OBJECT:
    return take_object(h, json, out);
  }
  bt_check_failed("a JSON type", __FILE__, __LINE__, __func__);
}

enum bt_err value_from_json(struct heap *h, struct text json, struct value *out,
                            struct json_error *error) {
  struct arena arena;
  struct json *tree;
  struct value v;
  arena_init(&arena, h->mem, 0);
  enum bt_err err = json_parse(&arena, json, VALUE_DEPTH_MAX - 2, &tree, error);
  if (err == BT_ERR_OK && !take(h, tree, &v)) {
    err = h->out_of_memory ? BT_ERR_NOMEM : BT_ERR_FULL;
  }
  if (err == BT_ERR_OK) {
    *out = v;
  }
  arena_free(&arena);
  return err;
}

/* ---- copying */

struct copier {
  struct heap *heap;
  bool too_deep;
};

static bool copy(struct copier *c, struct value v, unsigned depth,
                 struct value *out);

static bool copy_list(struct copier *c, const struct list_obj *from,
                      unsigned depth, struct value *out) {
  struct list_obj *list = heap_new_list(c->heap, from->count);
  if (list == NULL) {
    return false;
  }
  *out = value_list(list);
  for (size_t i = 0; i < from->count; i++) {
    struct value v;
    if (!copy(c, from->items[i], depth, &v) ||
        !heap_list_add(c->heap, list, v)) {
      return false;
    }
  }
  return true;
}

static bool copy_object(struct copier *c, const struct object_obj *from,
                        unsigned depth, struct value *out) {
  struct object_obj *o = heap_new_object(c->heap);
  if (o == NULL) {
    return false;
  }
  *out = value_object(o);
  for (size_t i = 0; i < from->count; i++) {
    struct value v;
    if (!copy(c, from->members[i].value, depth, &v) ||
        !heap_object_set(c->heap, o, from->members[i].key, v)) {
      return false;
    }
  }
  return true;
}

static bool copy(struct copier *c, struct value v, unsigned depth,
                 struct value *out) {
  if (value_tag(v) != VALUE_LIST && value_tag(v) != VALUE_OBJECT) {
    *out = v; /* texts are immutable: shared */
    return true;
  }
  if (depth >= VALUE_DEPTH_MAX) {
    c->too_deep = true;
    return false;
  }
  return value_tag(v) == VALUE_LIST
             ? copy_list(c, value_list_of(v), depth + 1, out)
             : copy_object(c, value_object_of(v), depth + 1, out);
}

bool value_copy(struct heap *h, struct value v, struct value *out,
                bool *too_deep) {
  struct copier c = {.heap = h};
  const bool done = copy(&c, v, 0, out);
  *too_deep = c.too_deep;
  return done;
}
