#include "bots/shared/parts.h"

const struct json *part_of(const struct json *object, const char *key) {
  const struct json *m = json_member(object, text_from(key));
  return m == NULL || m->type == JSON_NULL ? NULL : m;
}

struct text part_text(const struct json *object, const char *key) {
  return json_member_text(object, text_from(key));
}

int64_t part_num(const struct json *object, const char *key,
                 int64_t otherwise) {
  const struct json *m = part_of(object, key);
  return m != NULL && m->type == JSON_INT ? m->i : otherwise;
}

struct text part_payload(const struct json *data, struct text words) {
  const struct text payload = data != NULL && data->type == JSON_OBJECT
                                  ? part_text(data, "payload")
                                  : TEXT("");
  return payload.len > 0 ? payload : words;
}

const struct json *part_parse(struct arena *arena, struct text bytes) {
  struct json *tree = NULL;
  const struct text copy = arena_copy_text(arena, bytes);
  return copy.ptr != NULL && copy.len > 0 &&
                 json_parse(arena, copy, JSON_DEPTH_MAX, &tree, NULL) ==
                     BT_ERR_OK
             ? tree
             : NULL;
}

void part_put(struct json_out *o, const char *key, const struct json *value) {
  json_key(o, key);
  json_put_raw(o, value == NULL ? TEXT("null") : value->source);
}

void part_put_text(struct json_out *o, const char *key, struct text value) {
  json_key(o, key);
  json_put_text(o, value);
}

static bool is_nested(const struct json *value) {
  return value->type == JSON_LIST || value->type == JSON_OBJECT;
}

void part_put_flat(struct json_out *o, const struct json *object,
                   bool all_text) {
  const struct json *first =
      object != NULL && object->type == JSON_OBJECT ? object->first : NULL;
  json_open_object(o);
  for (const struct json *m = first; m != NULL; m = m->next) {
    json_key_text(o, m->key);
    if (is_nested(m) ||
        (all_text && m->type != JSON_TEXT && m->type != JSON_NULL)) {
      json_put_text(o, m->source);
    } else {
      json_put_tree(o, m);
    }
  }
  json_close_object(o);
}

const struct json *part_with(struct arena *arena, const struct json *object,
                             const char *key, struct text value) {
  struct textbuf b;
  struct json_out o;
  if (value.len == 0 || (object != NULL && object->type != JSON_OBJECT)) {
    return object;
  }
  textbuf_init(&b, arena->mem);
  json_out_init(&o, &b);
  json_open_object(&o);
  for (const struct json *m = object == NULL ? NULL : object->first; m != NULL;
       m = m->next) {
    if (!text_equal(m->key, text_from(key))) {
      json_key_text(&o, m->key);
      json_put_raw(&o, m->source);
    }
  }
  json_key(&o, key);
  json_put_raw(&o, value);
  json_close_object(&o);
  const struct json *tree =
      b.failed ? NULL : part_parse(arena, textbuf_text(&b));
  textbuf_free(&b);
  return tree == NULL ? object : tree;
}
