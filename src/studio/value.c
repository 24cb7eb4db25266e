#include "base/check.h"
#include "studio/value_priv.h"

struct text text_obj_text(const struct text_obj *t) {
  return (struct text){t->bytes, t->len};
}

struct text value_as_text(struct value v) {
  bt_check(v.tag == VALUE_TEXT);
  return text_obj_text(v.as.text);
}

struct value *object_find(const struct object_obj *o, struct text key) {
  for (size_t i = 0; i < o->count; i++) {
    if (text_equal(text_obj_text(o->members[i].key), key)) {
      return &o->members[i].value;
    }
  }
  return NULL;
}

struct value *object_find_key(const struct object_obj *o,
                              const struct text_obj *key) {
  for (size_t i = 0; i < o->count; i++) {
    if (o->members[i].key == key) {
      return &o->members[i].value;
    }
  }
  return object_find(o, text_obj_text(key));
}

const char *value_type_name(struct value v) {
  static const char *const names[] = {
      [VALUE_NULL] = "null",       [VALUE_BOOL] = "a boolean",
      [VALUE_NUMBER] = "a number", [VALUE_TEXT] = "a text",
      [VALUE_LIST] = "a list",     [VALUE_OBJECT] = "an object"};
  bt_check(v.tag <= VALUE_OBJECT);
  return names[v.tag];
}

static bool text_number(struct value v, double *out) {
  const struct text t = text_trim(value_as_text(v));
  /* Cheaper than trying: almost all texts begin with a letter. */
  const bool may_be = t.len > 0 && t.ptr[0] <= '9';
  return may_be && text_to_double(t, out);
}

bool value_to_number(struct value v, double *out) {
  if (v.tag == VALUE_NUMBER) {
    *out = v.as.number;
    return true;
  }
  return v.tag == VALUE_TEXT && text_number(v, out);
}

bool value_to_operand(struct value v, double *out) {
  if (v.tag == VALUE_NULL) {
    *out = 0;
    return true;
  }
  return value_to_number(v, out);
}

bool value_is_true(struct value v) {
  double d;
  switch (v.tag) {
  case VALUE_NULL:
    return false;
  case VALUE_BOOL:
    return v.as.boolean;
  case VALUE_NUMBER:
    return v.as.number != 0;
  case VALUE_TEXT:
    if (text_number(v, &d)) {
      return d != 0;
    }
    return v.as.text->len > 0 &&
           !text_equal_nocase(value_as_text(v), TEXT("false"));
  default:
    return true;
  }
}

void value_print(struct value v, struct textbuf *out) {
  switch (v.tag) {
  case VALUE_NULL:
    break;
  case VALUE_BOOL:
    textbuf_add(out, v.as.boolean ? TEXT("true") : TEXT("false"));
    break;
  case VALUE_NUMBER:
    textbuf_add_double(out, v.as.number);
    break;
  case VALUE_TEXT:
    textbuf_add(out, value_as_text(v));
    break;
  default:
    (void)value_to_json(v, out);
  }
}

/* ---- comparison */

static void *refuse(void *ctx, void *old, size_t old_size, size_t new_size) {
  (void)ctx;
  (void)old;
  (void)old_size;
  (void)new_size;
  return NULL;
}

/* Printed where the caller says: no number is longer than VALUE_SHORT. */
struct text value_short_number(struct value v, char buffer[VALUE_SHORT]) {
  static const struct mem none = {.resize = refuse};
  struct textbuf out = {.mem = &none, .cap = VALUE_SHORT};
  out.ptr = buffer;
  textbuf_add_double(&out, v.as.number);
  bt_check(!out.failed);
  return textbuf_text(&out);
}

/* The printed form of what is no text, without allocating: numbers and
 * booleans are short. Lists and objects have none. */
static struct text short_text(struct value v, char buffer[VALUE_SHORT]) {
  if (v.tag == VALUE_TEXT) {
    return value_as_text(v);
  }
  if (v.tag == VALUE_BOOL) {
    return v.as.boolean ? TEXT("true") : TEXT("false");
  }
  if (v.tag != VALUE_NUMBER) {
    return TEXT("");
  }
  return value_short_number(v, buffer);
}

/* A boolean against something that can be one. */
static bool as_boolean(struct value v, bool *out) {
  double d;
  if (v.tag == VALUE_BOOL) {
    *out = v.as.boolean;
    return true;
  }
  if (value_to_number(v, &d)) {
    *out = d != 0;
    return true;
  }
  if (v.tag != VALUE_TEXT) {
    return false;
  }
  const struct text t = value_as_text(v);
  *out = text_equal_nocase(t, TEXT("true"));
  return *out || text_equal_nocase(t, TEXT("false"));
}

static int order(double a, double b) {
  return a < b ? -1 : a > b;
}

int value_compare(struct value a, struct value b) {
  double x, y;
  bool p, q;
  char left[VALUE_SHORT], right[VALUE_SHORT];
  if (value_to_number(a, &x) && value_to_number(b, &y)) {
    return order(x, y);
  }
  if ((a.tag == VALUE_BOOL || b.tag == VALUE_BOOL) && as_boolean(a, &p) &&
      as_boolean(b, &q)) {
    return (int)p - (int)q;
  }
  return text_compare_nocase(short_text(a, left), short_text(b, right));
}

static bool is_dynamic(struct value v) {
  return v.tag == VALUE_LIST || v.tag == VALUE_OBJECT;
}

bool value_equal(struct value a, struct value b) {
  if (is_dynamic(a) || is_dynamic(b)) {
    return a.tag == b.tag && a.as.head == b.as.head;
  }
  return value_compare(a, b) == 0;
}

bool value_identical(struct value a, struct value b) {
  if (a.tag != b.tag) {
    return false;
  }
  switch (a.tag) {
  case VALUE_NULL:
    return true;
  case VALUE_BOOL:
    return a.as.boolean == b.as.boolean;
  case VALUE_NUMBER:
    return order(a.as.number, b.as.number) == 0;
  case VALUE_TEXT:
    return text_equal(value_as_text(a), value_as_text(b));
  default:
    return a.as.head == b.as.head;
  }
}

bool value_is_proxy(struct value v) {
  if (v.tag != VALUE_OBJECT) {
    return false;
  }
  const struct value *type = object_find(v.as.object, TEXT("__type"));
  return type != NULL && type->tag == VALUE_TEXT &&
         text_equal(value_as_text(*type), TEXT("RESTProxy"));
}
