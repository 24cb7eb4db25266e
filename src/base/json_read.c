/* The JSON reader. Recursion follows the nesting, which max_depth bounds. */
#include "base/check.h"
#include "base/json_priv.h"

/* Up to here each new key is compared with all before it; beyond, once all
 * together at the end of the object. */
enum { MEMBERS_FEW = 16 };

static enum bt_err read_value(struct json_reader *r, struct json *v);

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

static char peek(const struct json_reader *r) {
  if (r->at == r->end) {
    return '\0';
  }
  return *r->at;
}

static bool take_byte(struct json_reader *r, char c) {
  const bool there = peek(r) == c;
  r->at += there;
  return there;
}

static void skip_blanks(struct json_reader *r) {
  const char *at = r->at;
  while (at < r->end &&
         (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')) {
    at++;
  }
  r->at = at;
}

/* Most strings are short, plain and borrowed: those are done here. */
static enum bt_err read_string(struct json_reader *r, struct text *out) {
  const char *from = r->at + 1;
  const char *at = json_skip_plain(from, r->end);
  if (at == r->end || *at != '"') {
    return json_read_rest(r, at, out);
  }
  *out = (struct text){from, (size_t)(at - from)};
  r->at = at + 1;
  return BT_ERR_OK;
}

/* NULL when there is no memory. */
static struct json *add_item(struct json_reader *r, struct json_frame *f) {
  struct json *item = arena_alloc(r->arena, sizeof *item);
  if (item == NULL) {
    return NULL;
  }
  if (f->last == NULL) {
    f->container->first = item;
  } else {
    f->last->next = item;
  }
  f->last = item;
  f->container->count++;
  return item;
}

/* After an item: the comma before another, or the closing bracket. */
static enum bt_err read_separator(struct json_reader *r, char close,
                                  bool *more) {
  skip_blanks(r);
  const char next = peek(r);
  if (next != ',' && next != close) {
    return json_fail_separator(r);
  }
  const char *comma = r->at++;
  *more = next == ',';
  if (*more) {
    skip_blanks(r);
    if (peek(r) == close) {
      return json_fail(r, BT_ERR_SYNTAX, comma,
                       "a comma before the closing %c: remove it", close);
    }
  }
  return BT_ERR_OK;
}

/* On success close_container must follow. */
static enum bt_err open_container(struct json_reader *r, struct json_frame *f) {
  if (r->depth_left == 0) {
    return json_fail(r, BT_ERR_RANGE, r->at,
                     "nested too deeply: lists and objects may lie inside each "
                     "other only so far");
  }
  r->depth_left--;
  r->top = f;
  r->at++;
  skip_blanks(r);
  return BT_ERR_OK;
}

static void close_container(struct json_reader *r, const struct json_frame *f) {
  r->depth_left++;
  r->top = f->up;
}

static enum bt_err read_list(struct json_reader *r, struct json *v) {
  struct json_frame f = {.up = r->top, .container = v};
  enum bt_err err = open_container(r, &f);
  if (err != BT_ERR_OK) {
    return err;
  }
  bool more = !take_byte(r, ']');
  while (more && err == BT_ERR_OK) {
    struct json *element = add_item(r, &f);
    err = element == NULL ? json_fail_memory(r) : read_value(r, element);
    if (err == BT_ERR_OK) {
      err = read_separator(r, ']', &more);
    }
  }
  close_container(r, &f);
  return err;
}

/* One bit of 64 for a key: if it was not seen before, neither was the key. */
static uint64_t key_bit(struct text key) {
  if (key.len == 0) {
    return 1;
  }
  const unsigned first = (unsigned char)key.ptr[0];
  const unsigned last = (unsigned char)key.ptr[key.len - 1];
  return UINT64_C(1) << ((first * 7 + last * 3 + key.len) & 63);
}

static enum bt_err refuse_twin(struct json_reader *r,
                               const struct json_frame *f) {
  for (const struct json *m = f->container->first; m != f->last; m = m->next) {
    if (text_equal(m->key, f->last->key)) {
      return json_fail_twin(r);
    }
  }
  return BT_ERR_OK;
}

/* The key and its colon. */
static enum bt_err read_key(struct json_reader *r, struct json_frame *f,
                            uint64_t *seen) {
  if (peek(r) != '"') {
    return json_fail_key(r);
  }
  const char *from = r->at;
  enum bt_err err = read_string(r, &f->last->key);
  if (err != BT_ERR_OK) {
    return err;
  }
  f->key_from = from;
  const uint64_t bit = key_bit(f->last->key);
  if ((*seen & bit) != 0 && f->container->count <= MEMBERS_FEW) {
    err = refuse_twin(r, f);
    if (err != BT_ERR_OK) {
      return err;
    }
  }
  *seen |= bit;
  skip_blanks(r);
  if (!take_byte(r, ':')) {
    return json_fail_colon(r);
  }
  skip_blanks(r);
  return BT_ERR_OK;
}

static enum bt_err read_member(struct json_reader *r, struct json_frame *f,
                               uint64_t *seen) {
  struct json *member = add_item(r, f);
  if (member == NULL) {
    return json_fail_memory(r);
  }
  enum bt_err err = read_key(r, f, seen);
  if (err == BT_ERR_OK) {
    err = read_value(r, member);
  }
  if (err == BT_ERR_OK) {
    f->key_from = NULL;
  }
  return err;
}

static enum bt_err read_object(struct json_reader *r, struct json *v) {
  struct json_frame f = {.up = r->top, .container = v};
  uint64_t seen = 0;
  enum bt_err err = open_container(r, &f);
  if (err != BT_ERR_OK) {
    return err;
  }
  bool more = !take_byte(r, '}');
  while (more && err == BT_ERR_OK) {
    err = read_member(r, &f, &seen);
    if (err == BT_ERR_OK) {
      err = read_separator(r, '}', &more);
    }
  }
  if (err == BT_ERR_OK && v->count > MEMBERS_FEW) {
    err = json_refuse_twins(r, &f);
  }
  close_container(r, &f);
  return err;
}

static const char *skip_digits(const struct json_reader *r, const char *at) {
  while (at < r->end && is_digit(*at)) {
    at++;
  }
  return at;
}

/* The digits before any point or exponent. */
static enum bt_err skip_integer(struct json_reader *r, const char **at) {
  const char *from = *at + (**at == '-');
  const char *end = skip_digits(r, from);
  if (end == from) {
    return json_fail_value(r);
  }
  if (*from == '0' && end - from > 1) {
    return json_fail(r, BT_ERR_SYNTAX, r->at,
                     "a number must not begin with 0: leave the zeros out, or "
                     "write a string in double quotes");
  }
  *at = end;
  return BT_ERR_OK;
}

static enum bt_err skip_fraction(struct json_reader *r, const char **at) {
  if (*at == r->end || **at != '.') {
    return BT_ERR_OK;
  }
  const char *end = skip_digits(r, *at + 1);
  if (end == *at + 1) {
    return json_fail(r, BT_ERR_SYNTAX, *at,
                     "digits must follow the point of a number");
  }
  *at = end;
  return BT_ERR_OK;
}

static enum bt_err skip_exponent(struct json_reader *r, const char **at) {
  if (*at == r->end || (**at != 'e' && **at != 'E')) {
    return BT_ERR_OK;
  }
  const char *from = *at + 1;
  if (from < r->end && (*from == '+' || *from == '-')) {
    from++;
  }
  const char *end = skip_digits(r, from);
  if (end == from) {
    return json_fail(r, BT_ERR_SYNTAX, *at,
                     "digits must follow the e of a number");
  }
  *at = end;
  return BT_ERR_OK;
}

static enum bt_err read_number(struct json_reader *r, struct json *v) {
  const char *at = r->at;
  enum bt_err err = skip_integer(r, &at);
  const char *integer_end = at;
  if (err == BT_ERR_OK) {
    err = skip_fraction(r, &at);
  }
  if (err == BT_ERR_OK) {
    err = skip_exponent(r, &at);
  }
  if (err != BT_ERR_OK) {
    return err;
  }
  const struct text written = {r->at, (size_t)(at - r->at)};
  if (at == integer_end && text_to_i64(written, &v->i)) {
    v->type = JSON_INT;
    v->d = (double)v->i;
  } else if (text_to_double(written, &v->d)) {
    v->type = JSON_DOUBLE;
  } else {
    return json_fail(r, BT_ERR_SYNTAX, r->at,
                     "this number is too large: the largest is about 1.8e308");
  }
  r->at = at;
  return BT_ERR_OK;
}

static enum bt_err read_word(struct json_reader *r, struct json *v) {
  static const struct {
    struct text word;
    enum json_type type;
  } words[] = {{{"true", 4}, JSON_TRUE},
               {{"false", 5}, JSON_FALSE},
               {{"null", 4}, JSON_NULL}};
  const struct text rest = {r->at, (size_t)(r->end - r->at)};
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
    if (text_starts(rest, words[i].word)) {
      v->type = words[i].type;
      r->at += words[i].word.len;
      return BT_ERR_OK;
    }
  }
  return json_fail_value(r);
}

static enum bt_err read_by_first_byte(struct json_reader *r, struct json *v) {
  const char first = peek(r);
  switch (first) {
  case '{':
    v->type = JSON_OBJECT;
    return read_object(r, v);
  case '[':
    v->type = JSON_LIST;
    return read_list(r, v);
  case '"':
    v->type = JSON_TEXT;
    return read_string(r, &v->text);
  default:
    return first == '-' || is_digit(first) ? read_number(r, v)
                                           : read_word(r, v);
  }
}

static enum bt_err read_value(struct json_reader *r, struct json *v) {
  const char *from = r->at;
  v->offset = (size_t)(from - r->begin);
  const enum bt_err err = read_by_first_byte(r, v);
  v->source = (struct text){from, (size_t)(r->at - from)};
  return err;
}

enum bt_err json_parse(struct arena *arena, struct text source,
                       unsigned max_depth, struct json **out,
                       struct json_error *error) {
  bt_check(max_depth <= JSON_DEPTH_MAX);
  struct json_reader r = {.begin = source.ptr,
                          .at = source.ptr,
                          .end = source.len == 0 ? source.ptr
                                                 : source.ptr + source.len,
                          .arena = arena,
                          .depth_left = max_depth,
                          .error = error};
  struct json *root = arena_alloc(arena, sizeof *root);
  if (root == NULL) {
    return json_fail_memory(&r);
  }
  skip_blanks(&r);
  const enum bt_err err = read_value(&r, root);
  if (err != BT_ERR_OK) {
    return err;
  }
  skip_blanks(&r);
  if (r.at != r.end) {
    return json_fail_trailing(&r);
  }
  *out = root;
  return BT_ERR_OK;
}

const struct json *json_member(const struct json *object, struct text key) {
  if (object == NULL || object->type != JSON_OBJECT) {
    return NULL;
  }
  for (const struct json *m = object->first; m != NULL; m = m->next) {
    if (text_equal(m->key, key)) {
      return m;
    }
  }
  return NULL;
}

struct text json_member_text(const struct json *object, struct text key) {
  const struct json *m = json_member(object, key);
  return m != NULL && m->type == JSON_TEXT ? m->text : TEXT("");
}

const char *json_type_name(enum json_type type) {
  static const char *const names[] = {
      [JSON_NULL] = "null",       [JSON_FALSE] = "false",
      [JSON_TRUE] = "true",       [JSON_INT] = "an integer",
      [JSON_DOUBLE] = "a number", [JSON_TEXT] = "a string",
      [JSON_LIST] = "a list",     [JSON_OBJECT] = "an object"};
  bt_check(type <= JSON_OBJECT);
  return names[type];
}
