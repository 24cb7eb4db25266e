/* Reading XML 1.0, as far as data is written in it. */
#include <stdarg.h>
#include <stdio.h>

#include "studio/xml_priv.h"

struct xml_reader {
  struct heap *heap;
  struct text t;
  size_t at;
  unsigned depth;
  struct xml_error *error;
  enum bt_err err;
};

/* ---- errors */

__attribute__((format(printf, 2, 3))) static bool
fail(struct xml_reader *r, const char *format, ...) {
  if (r->err == BT_ERR_OK) {
    va_list args;
    va_start(args, format);
    (void)vsnprintf(r->error->message, sizeof r->error->message, format, args);
    va_end(args);
    r->error->at = r->at;
    r->err = BT_ERR_SYNTAX;
  }
  return false;
}

static bool no_room(struct xml_reader *r) {
  r->err = r->heap->out_of_memory ? BT_ERR_NOMEM : BT_ERR_FULL;
  return false;
}

static int shown(struct text t) {
  return (int)utf8_cut(t, 40).len;
}

/* ---- characters */

static bool at_end(const struct xml_reader *r) {
  return r->at >= r->t.len;
}

static char peek(const struct xml_reader *r) {
  if (at_end(r)) {
    return '\0';
  }
  return r->t.ptr[r->at];
}

static bool take(struct xml_reader *r, const char *what) {
  const struct text w = text_from(what);
  if (!text_starts(text_sub(r->t, r->at, w.len), w)) {
    return false;
  }
  r->at += w.len;
  return true;
}

static bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_blanks(struct xml_reader *r) {
  while (!at_end(r) && is_blank(peek(r))) {
    r->at++;
  }
}

/* Names of other scripts are taken as they are. */
static bool is_name_char(char c, bool first) {
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                      c == '_' || c == ':' || (unsigned char)c >= 0x80;
  return letter || (!first && ((c >= '0' && c <= '9') || c == '-' || c == '.'));
}

bool xml_is_name(struct text name) {
  for (size_t i = 0; i < name.len; i++) {
    if (!is_name_char(name.ptr[i], i == 0)) {
      return false;
    }
  }
  return name.len > 0;
}

static bool take_name(struct xml_reader *r, struct text *out) {
  const size_t from = r->at;
  while (!at_end(r) && is_name_char(peek(r), r->at == from)) {
    r->at++;
  }
  *out = text_sub(r->t, from, r->at - from);
  return out->len > 0 || fail(r, "a name is expected here");
}

/* Behind the next @end. */
static bool skip_to(struct xml_reader *r, const char *end, const char *what) {
  const size_t found = text_find(r->t, text_from(end), r->at);
  if (found == r->t.len) {
    return fail(r, "%s without its %s", what, end);
  }
  r->at = found + text_from(end).len;
  return true;
}

/* Comments, processing instructions and blanks between elements. */
static bool skip_between(struct xml_reader *r) {
  for (;;) {
    skip_blanks(r);
    if (take(r, "<!--")) {
      if (!skip_to(r, "-->", "a comment")) {
        return false;
      }
    } else if (take(r, "<?")) {
      if (!skip_to(r, "?>", "an instruction")) {
        return false;
      }
    } else {
      return true;
    }
  }
}

/* ---- text */

static const struct entity {
  const char *name;
  char plain;
} entities[] = {
    {"lt;", '<'}, {"gt;", '>'}, {"amp;", '&'}, {"apos;", '\''}, {"quot;", '"'}};

static int digit_value(char c, unsigned base) {
  const int n = c >= '0' && c <= '9'                     ? c - '0'
                : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
                                                         : 99;
  return n < (int)base ? n : -1;
}

static bool is_character(uint32_t c) {
  return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c < 0xD800) ||
         (c >= 0xE000 && c <= 0x10FFFF && c != 0xFFFE && c != 0xFFFF);
}

static bool take_numbered(struct xml_reader *r, struct textbuf *out) {
  const unsigned base = take(r, "x") ? 16 : 10;
  uint32_t c = 0;
  size_t digits = 0;
  char bytes[4];
  for (int d = digit_value(peek(r), base); d >= 0 && digits < 8;
       d = digit_value(peek(r), base)) {
    c = c * base + (uint32_t)d;
    r->at++;
    digits++;
  }
  if (digits == 0 || !take(r, ";") || !is_character(c)) {
    return fail(r, "this &#...; is no character");
  }
  textbuf_add(out, (struct text){bytes, utf8_encode(c, bytes)});
  return true;
}

static bool take_entity(struct xml_reader *r, struct textbuf *out) {
  if (take(r, "&#")) {
    return take_numbered(r, out);
  }
  r->at++;
  for (size_t i = 0; i < sizeof entities / sizeof entities[0]; i++) {
    if (take(r, entities[i].name)) {
      textbuf_add_char(out, entities[i].plain);
      return true;
    }
  }
  return fail(r, "& stands only in &lt; &gt; &amp; &apos; &quot; and &#...;");
}

/* Line ends are line feeds. */
static void take_char(struct xml_reader *r, struct textbuf *out) {
  const char c = peek(r);
  r->at++;
  if (c != '\r') {
    textbuf_add_char(out, c);
  } else if (peek(r) != '\n') {
    textbuf_add_char(out, '\n');
  }
}

static bool take_cdata(struct xml_reader *r, struct textbuf *out) {
  const size_t from = r->at;
  if (!skip_to(r, "]]>", "a CDATA section")) {
    return false;
  }
  textbuf_add(out, text_sub(r->t, from, r->at - 3 - from));
  return true;
}

static bool keep_text(struct xml_reader *r, const struct textbuf *from,
                      struct text t, struct value *out) {
  struct text_obj *o = from->failed ? NULL : heap_new_text(r->heap, t);
  if (o == NULL) {
    r->heap->out_of_memory = r->heap->out_of_memory || from->failed;
    return no_room(r);
  }
  *out = value_text(o);
  return true;
}

/* ---- members */

static bool open_object(struct xml_reader *r, struct object_obj **o) {
  if (*o == NULL) {
    *o = heap_new_object(r->heap);
  }
  return *o != NULL || no_room(r);
}

/* A name that comes again makes a list of what is there. */
static bool add_member(struct xml_reader *r, struct object_obj *o,
                       struct text name, struct value v) {
  struct value *there = object_find(o, name);
  if (there == NULL) {
    return heap_object_set_text(r->heap, o, name, v) || no_room(r);
  }
  if (value_tag(*there) != VALUE_LIST) {
    struct list_obj *list = heap_new_list(r->heap, 2);
    if (list == NULL) {
      return no_room(r);
    }
    (void)heap_list_add(r->heap, list, *there);
    *there = value_list(list);
  }
  return heap_list_add(r->heap, value_list_of(*there), v) || no_room(r);
}

static bool take_quoted(struct xml_reader *r, struct textbuf *out) {
  const char mark = peek(r);
  if (mark != '"' && mark != '\'') {
    return fail(r, "the value of an attribute stands in quotation marks");
  }
  r->at++;
  while (!at_end(r) && peek(r) != mark) {
    if (peek(r) == '<') {
      return fail(r, "< in the value of an attribute: write &lt;");
    }
    if (peek(r) == '&') {
      if (!take_entity(r, out)) {
        return false;
      }
    } else if (is_blank(peek(r))) {
      textbuf_add_char(out, ' ');
      r->at++;
    } else {
      take_char(r, out);
    }
  }
  return take(r, mark == '"' ? "\"" : "'") ||
         fail(r, "this value of an attribute has no end");
}

/* @out holds the name, behind an @, while it is read. */
static bool take_attribute(struct xml_reader *r, struct object_obj **o) {
  struct textbuf name, value;
  struct text plain = TEXT("");
  struct value v;
  textbuf_init(&name, r->heap->mem);
  textbuf_init(&value, r->heap->mem);
  bool good = take_name(r, &plain);
  textbuf_add_char(&name, '@');
  textbuf_add(&name, plain);
  skip_blanks(r);
  good = good && (take(r, "=") || fail(r, "= is expected behind %.*s",
                                       shown(plain), plain.ptr));
  skip_blanks(r);
  good = good && take_quoted(r, &value) && open_object(r, o);
  if (good && object_find(*o, textbuf_text(&name)) != NULL) {
    good = fail(r, "the attribute %.*s comes twice", shown(plain), plain.ptr);
  }
  good = good && keep_text(r, &value, textbuf_text(&value), &v) &&
         add_member(r, *o, textbuf_text(&name), v);
  textbuf_free(&name);
  textbuf_free(&value);
  return good;
}

/* ---- elements */

static bool take_element(struct xml_reader *r, struct text *name,
                         struct value *out);

static bool take_child(struct xml_reader *r, struct object_obj **o) {
  struct text name;
  struct value v = value_null();
  return take_element(r, &name, &v) && open_object(r, o) &&
         add_member(r, *o, name, v);
}

static bool take_markup(struct xml_reader *r, struct object_obj **o,
                        struct textbuf *text) {
  if (take(r, "<!--")) {
    return skip_to(r, "-->", "a comment");
  }
  if (take(r, "<![CDATA[")) {
    return take_cdata(r, text);
  }
  if (take(r, "<?")) {
    return skip_to(r, "?>", "an instruction");
  }
  return take_child(r, o);
}

static bool take_end(struct xml_reader *r, struct text name) {
  struct text closes = TEXT("");
  if (!take_name(r, &closes)) {
    return false;
  }
  if (!text_equal(name, closes)) {
    r->at -= closes.len;
    return fail(r, "</%.*s> where <%.*s> is open", shown(closes), closes.ptr,
                shown(name), name.ptr);
  }
  skip_blanks(r);
  return take(r, ">") || fail(r, "> is expected here");
}

static bool take_content(struct xml_reader *r, struct text name,
                         struct object_obj **o, struct textbuf *text) {
  while (!at_end(r)) {
    if (take(r, "</")) {
      return take_end(r, name);
    }
    if (peek(r) == '<') {
      if (!take_markup(r, o, text)) {
        return false;
      }
    } else if (peek(r) == '&') {
      if (!take_entity(r, text)) {
        return false;
      }
    } else {
      take_char(r, text);
    }
  }
  return fail(r, "<%.*s> has no </%.*s>", shown(name), name.ptr, shown(name),
              name.ptr);
}

static bool take_attributes(struct xml_reader *r, struct object_obj **o) {
  for (;;) {
    const size_t before = r->at;
    skip_blanks(r);
    if (peek(r) == '>' || peek(r) == '/' || at_end(r)) {
      return true;
    }
    if (r->at == before) {
      return fail(r, "a blank is expected before an attribute");
    }
    if (!take_attribute(r, o)) {
      return false;
    }
  }
}

/* What an element is worth, from its members and its text. */
static bool close_element(struct xml_reader *r, struct object_obj *o,
                          const struct textbuf *text, struct value *out) {
  if (o == NULL) {
    return keep_text(r, text, textbuf_text(text), out);
  }
  *out = value_object(o);
  const struct text own = text_trim(textbuf_text(text));
  struct value v;
  return (own.len == 0 && !text->failed) ||
         (keep_text(r, text, own, &v) && add_member(r, o, TEXT("$value"), v));
}

static bool take_element(struct xml_reader *r, struct text *name,
                         struct value *out) {
  struct object_obj *o = NULL;
  struct textbuf text;
  if (!take(r, "<") || peek(r) == '!') {
    return fail(r, "%s",
                peek(r) == '!' ? "document types are not read"
                               : "an element, <name>, is expected");
  }
  if (++r->depth > VALUE_DEPTH_MAX - 4) {
    return fail(r, "elements are nested more than %d deep",
                VALUE_DEPTH_MAX - 4);
  }
  textbuf_init(&text, r->heap->mem);
  bool good = take_name(r, name) && take_attributes(r, &o);
  if (good && !take(r, "/>")) {
    good = (take(r, ">") || fail(r, "> is expected here")) &&
           take_content(r, *name, &o, &text);
  }
  good = good && close_element(r, o, &text, out);
  textbuf_free(&text);
  r->depth--;
  return good;
}

static bool take_document(struct xml_reader *r, struct value *out) {
  struct object_obj *document = heap_new_object(r->heap);
  struct text name;
  struct value root = value_null();
  if (document == NULL) {
    return no_room(r);
  }
  (void)take(r, "\xEF\xBB\xBF");
  if (!skip_between(r) || !take_element(r, &name, &root) || !skip_between(r)) {
    return false;
  }
  if (!at_end(r)) {
    return fail(r, "something stands behind the end of <%.*s>", shown(name),
                name.ptr);
  }
  *out = value_object(document);
  return add_member(r, document, name, root);
}

enum bt_err xml_read(struct heap *h, struct text xml, struct value *out,
                     struct xml_error *error) {
  struct xml_reader r = {.heap = h, .t = xml, .error = error};
  struct value v = value_null();
  if (take_document(&r, &v)) {
    *out = v;
  }
  return r.err;
}
