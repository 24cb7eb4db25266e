#include "base/check.h"
#include "base/json_priv.h"

void json_out_init(struct json_out *o, struct textbuf *buf) {
  *o = (struct json_out){.buf = buf};
}

/* Before every value: the comma, unless a key has just made the place, and
 * room for @more bytes. False when there is none. */
static bool begin_value(struct json_out *o, size_t more) {
  const bool comma = o->has_item && !o->after_key;
  o->has_item = true;
  o->after_key = false;
  if (!textbuf_reserve(o->buf, more + 1)) {
    return false;
  }
  if (comma) {
    o->buf->ptr[o->buf->len++] = ',';
  }
  return true;
}

static void open(struct json_out *o, char bracket) {
  if (begin_value(o, 1)) {
    o->buf->ptr[o->buf->len++] = bracket;
  }
  o->depth++;
  o->has_item = false;
}

/* The container that is closed is an item of the one around it, so one bit is
 * enough for all levels. */
static void close(struct json_out *o, char bracket) {
  bt_check(o->depth > 0 && !o->after_key);
  textbuf_add_char(o->buf, bracket);
  o->depth--;
  o->has_item = true;
}

void json_open_object(struct json_out *o) {
  open(o, '{');
}

void json_close_object(struct json_out *o) {
  close(o, '}');
}

void json_open_list(struct json_out *o) {
  open(o, '[');
}

void json_close_list(struct json_out *o) {
  close(o, ']');
}

static void add_escape(struct textbuf *b, char c) {
  static const char hex[] = "0123456789abcdef";
  static const char letters[] = {
      ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f',
      ['\r'] = 'r', ['"'] = '"',  ['\\'] = '\\'};
  const unsigned byte = (unsigned char)c;
  if (letters[byte] != '\0') {
    const char escape[] = {'\\', letters[byte]};
    textbuf_add(b, (struct text){escape, sizeof escape});
    return;
  }
  const char escape[] = {'\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15]};
  textbuf_add(b, (struct text){escape, sizeof escape});
}

/* Adds the one character at @at that is not plain; returns its length. */
static size_t add_special(struct textbuf *b, struct text t, size_t at) {
  if ((unsigned char)t.ptr[at] < 0x80) {
    add_escape(b, t.ptr[at]);
    return 1;
  }
  const size_t length = utf8_length(t, at);
  textbuf_add(b, length == 0 ? TEXT("\uFFFD") : text_sub(t, at, length));
  return length == 0 ? 1 : length;
}

/* The quotes around a text, and the colon after a key. */
enum { PUNCTUATION = 3 };

static void add_with_escapes(struct textbuf *b, struct text t, size_t at) {
  while (at < t.len) {
    at += add_special(b, t, at);
    const char *run = t.ptr + at;
    const char *stop = json_skip_plain(run, t.ptr + t.len);
    textbuf_add(b, (struct text){run, (size_t)(stop - run)});
    at += (size_t)(stop - run);
  }
}

/* There is room for the text as it is, and for the punctuation. If escapes
 * make it longer than there is memory: false. Else a colon still has room. */
static bool add_quoted(struct textbuf *b, struct text t) {
  char *to = b->ptr + b->len;
  size_t plain = 0;
  *to = '"';
  if (t.len != 0) {
    plain = (size_t)(json_skip_plain(t.ptr, t.ptr + t.len) - t.ptr);
    memcpy(to + 1, t.ptr, plain);
  }
  b->len += 1 + plain;
  if (plain != t.len) {
    add_with_escapes(b, t, plain);
    if (!textbuf_reserve(b, PUNCTUATION)) {
      return false;
    }
  }
  b->ptr[b->len++] = '"';
  return true;
}

void json_key_text(struct json_out *o, struct text key) {
  bt_check(o->depth > 0 && !o->after_key);
  if (begin_value(o, key.len + PUNCTUATION) && add_quoted(o->buf, key)) {
    o->buf->ptr[o->buf->len++] = ':';
  }
  o->after_key = true;
}

void json_put_text(struct json_out *o, struct text t) {
  if (begin_value(o, t.len + PUNCTUATION)) {
    (void)add_quoted(o->buf, t);
  }
}

void json_put_i64(struct json_out *o, int64_t n) {
  if (begin_value(o, 0)) {
    textbuf_add_i64(o->buf, n);
  }
}

void json_put_u64(struct json_out *o, uint64_t n) {
  if (begin_value(o, 0)) {
    textbuf_add_u64(o->buf, n);
  }
}

void json_put_double(struct json_out *o, double d) {
  const bool finite = d - d == 0;
  if (!finite) {
    json_put_null(o);
    return;
  }
  if (begin_value(o, 0)) {
    textbuf_add_double_exact(o->buf, d);
  }
}

void json_put_bool(struct json_out *o, bool b) {
  json_put_raw(o, b ? TEXT("true") : TEXT("false"));
}

void json_put_null(struct json_out *o) {
  json_put_raw(o, TEXT("null"));
}

void json_put_raw(struct json_out *o, struct text json) {
  if (begin_value(o, json.len)) {
    textbuf_add(o->buf, json);
  }
}

static void put_members(struct json_out *o, const struct json *object) {
  json_open_object(o);
  for (const struct json *m = object->first; m != NULL; m = m->next) {
    json_key_text(o, m->key);
    json_put_tree(o, m);
  }
  json_close_object(o);
}

static void put_elements(struct json_out *o, const struct json *list) {
  json_open_list(o);
  for (const struct json *e = list->first; e != NULL; e = e->next) {
    json_put_tree(o, e);
  }
  json_close_list(o);
}

/* Recursion is bounded by the depth that json_parse allowed. */
void json_put_tree(struct json_out *o, const struct json *tree) {
  switch (tree->type) {
  case JSON_NULL:
    json_put_null(o);
    break;
  case JSON_FALSE:
  case JSON_TRUE:
    json_put_bool(o, tree->type == JSON_TRUE);
    break;
  case JSON_INT:
    json_put_i64(o, tree->i);
    break;
  case JSON_DOUBLE:
    json_put_raw(o, tree->source);
    break;
  case JSON_TEXT:
    json_put_text(o, tree->text);
    break;
  case JSON_LIST:
    put_elements(o, tree);
    break;
  case JSON_OBJECT:
    put_members(o, tree);
    break;
  }
}
