/* Documents of JSON with steps in them: one object, a list, several behind each
 * other, or a flow with a list inside. */
#include "cli/convert.h"
#include "domain/heap.h"

static struct text skip_blank(struct text t, size_t *from) {
  static const char *const blanks[] = {" ",  "\t",       "\r",
                                       "\n", ",",        "\xEF\xBB\xBF",
                                       ";",  "\xC2\xA0", "\xE2\x80\x8B"};
  for (size_t i = 0; i < sizeof blanks / sizeof blanks[0];) {
    const bool here = text_starts(text_sub(t, *from, 3), text_from(blanks[i]));
    *from += here ? text_from(blanks[i]).len : 0;
    i = here ? 0 : i + 1;
  }
  return text_sub(t, *from, t.len);
}

/* A line of a code fence, ```json. */
static struct text skip_fence(struct text t, size_t *from) {
  struct text rest = skip_blank(t, from);
  while (text_starts(rest, TEXT("```"))) {
    *from = text_find(t, TEXT("\n"), *from);
    rest = skip_blank(t, from);
  }
  return rest;
}

bool convert_looks_like_json(struct text source) {
  size_t from = 0;
  const struct text t = skip_fence(source, &from);
  return text_starts(t, TEXT("{")) || text_starts(t, TEXT("["));
}

/* ---- what people's editors make of JSON */

/* Where the value that begins at @from ends, quoted braces not counted. */
static size_t value_end(struct text t, size_t from) {
  size_t depth = 0;
  bool quoted = false;
  for (size_t i = from; i < t.len; i++) {
    const char c = t.ptr[i];
    if (quoted) {
      i += c == '\\';
      quoted = c != '"';
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      depth++;
    } else if ((c == '}' || c == ']') && --depth == 0) {
      return i + 1;
    }
  }
  return t.len;
}

static bool ends_object(struct text t, size_t at) {
  while (at < t.len && (t.ptr[at] == ' ' || t.ptr[at] == '\t' ||
                        t.ptr[at] == '\r' || t.ptr[at] == '\n')) {
    at++;
  }
  return at < t.len && (t.ptr[at] == '}' || t.ptr[at] == ']');
}

/* Copies what stands at @at, mended, and returns where it goes on. Line ends
 * stay where they are, so that lines can be named. */
static size_t mend_one(struct text t, size_t at, bool *quoted,
                       struct textbuf *b) {
  static const char *const pasted[] = {"\xE2\x80\x9C", "\xE2\x80\x9D",
                                       "\xE2\x80\x9E"};
  const struct text rest = text_sub(t, at, 3);
  for (size_t i = 0; i < sizeof pasted / sizeof pasted[0]; i++) {
    if (text_starts(rest, text_from(pasted[i]))) {
      *quoted = !*quoted;
      textbuf_add_char(b, '"');
      return at + 3;
    }
  }
  if (!*quoted && text_starts(rest, TEXT("\xC2\xA0"))) {
    textbuf_add_char(b, ' ');
    return at + 2;
  }
  if (!*quoted && text_starts(rest, TEXT("//"))) {
    return text_find(t, TEXT("\n"), at);
  }
  const char c = t.ptr[at];
  if (*quoted && c == '\\' && at + 1 < t.len) {
    textbuf_add(b, text_sub(t, at, 2));
    return at + 2;
  }
  *quoted = c == '"' ? !*quoted : *quoted;
  if (*quoted || c != ',' || !ends_object(t, at + 1)) {
    textbuf_add_char(b, c);
  }
  return at + 1;
}

static struct text mend(struct convert *c, struct text t) {
  struct textbuf b;
  bool quoted = false;
  textbuf_init(&b, heap_mem());
  for (size_t at = 0; at < t.len;) {
    at = mend_one(t, at, &quoted, &b);
  }
  const struct text copy = convert_copy(c, textbuf_text(&b));
  textbuf_free(&b);
  return copy;
}

/* ---- */

static bool read_one(struct convert *c, struct text slice, size_t offset) {
  struct json *tree = NULL;
  struct json_error why;
  const enum bt_err err =
      json_parse(&c->arena, slice, JSON_DEPTH_DEFAULT, &tree, &why);
  if (err == BT_ERR_OK) {
    convert_steps(c, tree, offset);
    return !c->failed;
  }
  c->failed = c->failed || err == BT_ERR_NOMEM;
  c->error = (struct convert_note){convert_line_of(c, offset + why.offset),
                                   convert_copy(c, text_from(why.message))};
  return false;
}

bool convert_read_json(struct convert *c) {
  c->source = mend(c, c->source);
  const struct text t = c->source;
  size_t from = 0;
  while (skip_fence(t, &from).len > 0 && !c->failed) {
    const size_t to = value_end(t, from);
    if (!read_one(c, text_sub(t, from, to - from), from)) {
      return false;
    }
    from = to;
  }
  return !c->failed;
}
