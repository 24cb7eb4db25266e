#include "base/check.h"
#include "studio/date_priv.h"
#include "studio/letters_priv.h"
#include "studio/value_priv.h"

struct text text_obj_text(const struct text_obj *t) {
  return (struct text){t->bytes, t->len};
}

struct text value_as_text(struct value v) {
  bt_check(value_tag(v) == VALUE_TEXT);
  return text_obj_text(value_text_of(v));
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
      [VALUE_NUMBER] = "a number", [VALUE_DATE] = "a date",
      [VALUE_TEXT] = "a text",     [VALUE_LIST] = "a list",
      [VALUE_OBJECT] = "an object"};
  bt_check(value_tag(v) <= VALUE_OBJECT);
  return names[value_tag(v)];
}

bool value_text_is_number(struct text text, double *out) {
  const struct text t = text_trim(text);
  /* Cheaper than trying: almost all texts begin with a letter. */
  const bool may_be = t.len > 0 && t.ptr[0] <= '9';
  return may_be && text_to_double(t, out);
}

static bool text_number(struct value v, double *out) {
  return value_text_is_number(value_as_text(v), out);
}

bool value_to_number(struct value v, double *out) {
  if (value_tag(v) == VALUE_NUMBER) {
    *out = value_number_of(v);
    return true;
  }
  if (value_tag(v) == VALUE_DATE) {
    *out = date_from_ms(value_date_of(v));
    return true;
  }
  return value_tag(v) == VALUE_TEXT && text_number(v, out);
}

bool value_to_operand(struct value v, double *out) {
  if (value_tag(v) == VALUE_NULL) {
    *out = 0;
    return true;
  }
  return value_to_number(v, out);
}

bool value_is_true(struct value v) {
  double d;
  switch (value_tag(v)) {
  case VALUE_NULL:
    return false;
  case VALUE_BOOL:
    return value_bool_of(v);
  case VALUE_NUMBER:
    return value_number_of(v) != 0;
  case VALUE_TEXT:
    if (text_number(v, &d)) {
      return d != 0;
    }
    return value_text_of(v)->len > 0 &&
           !text_equal_nocase(value_as_text(v), TEXT("false"));
  default:
    return true;
  }
}

void value_print(struct value v, struct textbuf *out) {
  char buffer[VALUE_SHORT];
  switch (value_tag(v)) {
  case VALUE_NULL:
    break;
  case VALUE_BOOL:
    textbuf_add(out, value_bool_of(v) ? TEXT("true") : TEXT("false"));
    break;
  case VALUE_NUMBER:
    textbuf_add_double(out, value_number_of(v));
    break;
  case VALUE_DATE:
    textbuf_add(out, value_short_text(v, buffer));
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
struct text value_short_text(struct value v, char buffer[VALUE_SHORT]) {
  if (value_tag(v) == VALUE_DATE) {
    return date_to_text(date_from_ms(value_date_of(v)), buffer);
  }
  static const struct mem none = {.resize = refuse};
  struct textbuf out = {.mem = &none, .cap = VALUE_SHORT};
  out.ptr = buffer;
  textbuf_add_double(&out, value_number_of(v));
  bt_check(!out.failed);
  return textbuf_text(&out);
}

/* The printed form of what is no text, without allocating: numbers,
 * dates and booleans are short. Lists and objects have none. */
static struct text short_text(struct value v, char buffer[VALUE_SHORT]) {
  if (value_tag(v) == VALUE_TEXT) {
    return value_as_text(v);
  }
  if (value_tag(v) == VALUE_BOOL) {
    return value_bool_of(v) ? TEXT("true") : TEXT("false");
  }
  if (value_tag(v) != VALUE_NUMBER && value_tag(v) != VALUE_DATE) {
    return TEXT("");
  }
  return value_short_text(v, buffer);
}

/* A boolean against something that can be one. */
static bool as_boolean(struct value v, bool *out) {
  double d;
  if (value_tag(v) == VALUE_BOOL) {
    *out = value_bool_of(v);
    return true;
  }
  if (value_to_number(v, &d)) {
    *out = d != 0;
    return true;
  }
  if (value_tag(v) != VALUE_TEXT) {
    return false;
  }
  const struct text t = value_as_text(v);
  *out = text_equal_nocase(t, TEXT("true"));
  return *out || text_equal_nocase(t, TEXT("false"));
}

static int order(double a, double b) {
  return a < b ? -1 : a > b;
}

/* Two dates, or a date and a text that is one. */
static bool as_dates(struct value a, struct value b, double *x, double *y) {
  const bool left = value_tag(a) == VALUE_DATE;
  const struct value date = left ? a : b, other = left ? b : a;
  double *d = left ? x : y, *o = left ? y : x;
  if (value_tag(date) != VALUE_DATE || value_tag(other) != VALUE_TEXT ||
      !date_read(value_as_text(other), NULL, true, o)) {
    return false;
  }
  *d = date_from_ms(value_date_of(date));
  return true;
}

int value_compare(struct value a, struct value b) {
  double x, y;
  bool p, q;
  char left[VALUE_SHORT], right[VALUE_SHORT];
  if (value_to_number(a, &x) && value_to_number(b, &y)) {
    return order(x, y);
  }
  if ((value_tag(a) == VALUE_BOOL || value_tag(b) == VALUE_BOOL) &&
      as_boolean(a, &p) && as_boolean(b, &q)) {
    return (int)p - (int)q;
  }
  if (as_dates(a, b, &x, &y)) {
    return order(x, y);
  }
  return letters_compare(short_text(a, left), short_text(b, right));
}

static bool is_dynamic(struct value v) {
  return value_tag(v) == VALUE_LIST || value_tag(v) == VALUE_OBJECT;
}

/* Written as a whole number is printed: then no other text is the same. */
static bool is_plain_number(struct text t) {
  size_t at = 0;
  while (at < t.len && t.ptr[at] >= '0' && t.ptr[at] <= '9') {
    at++;
  }
  return at == t.len && t.len > 0 && t.len <= 15 && t.ptr[0] != '0';
}

/* Answers of customers and codes are compared all the time: without looking
 * for numbers in them, if that can be. */
bool value_equal(struct value a, struct value b) {
  if (value_tag(a) == VALUE_TEXT && value_tag(b) == VALUE_TEXT) {
    const struct text x = value_as_text(a), y = value_as_text(b);
    if (text_equal(x, y)) {
      return true;
    }
    if (is_plain_number(x) && is_plain_number(y)) {
      return false;
    }
  }
  if (is_dynamic(a) || is_dynamic(b)) {
    return value_tag(a) == value_tag(b) && value_head_of(a) == value_head_of(b);
  }
  return value_compare(a, b) == 0;
}

bool value_identical(struct value a, struct value b) {
  if (value_tag(a) != value_tag(b)) {
    return false;
  }
  switch (value_tag(a)) {
  case VALUE_NULL:
    return true;
  case VALUE_BOOL:
    return value_bool_of(a) == value_bool_of(b);
  case VALUE_DATE:
    return a.bits == b.bits;
  case VALUE_NUMBER:
    return order(value_number_of(a), value_number_of(b)) == 0;
  case VALUE_TEXT:
    return text_equal(value_as_text(a), value_as_text(b));
  default:
    return value_head_of(a) == value_head_of(b);
  }
}

bool value_is_proxy(struct value v) {
  if (value_tag(v) != VALUE_OBJECT) {
    return false;
  }
  const struct value *type = object_find(value_object_of(v), TEXT("__type"));
  return type != NULL && value_tag(*type) == VALUE_TEXT &&
         text_equal(value_as_text(*type), TEXT("RESTProxy"));
}
