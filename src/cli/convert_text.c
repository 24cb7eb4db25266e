/* Values of JSON as a script writes them. */
#include "cli/convert.h"
#include "domain/heap.h"

static bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_name_char(char c) {
  return is_name_start(c) || (c >= '0' && c <= '9') || c == '.' || c == '$';
}

/* {name}, {{name}} or ${name} at @at: where it ends; 0 if none is there. */
static size_t placeholder_end(struct text t, size_t at, struct text *name) {
  size_t from = at;
  from += text_starts(text_sub(t, from, 2), TEXT("${"));
  const size_t braces = text_starts(text_sub(t, from, 2), TEXT("{{")) ? 2 : 1;
  if (from >= t.len || t.ptr[from] != '{') {
    return 0;
  }
  from += braces;
  while (from < t.len && t.ptr[from] == ' ') {
    from++;
  }
  size_t to = from;
  while (to < t.len && is_name_char(t.ptr[to])) {
    to++;
  }
  *name = text_sub(t, from, to - from);
  while (to < t.len && t.ptr[to] == ' ') {
    to++;
  }
  const bool closed =
      text_starts(text_sub(t, to, braces), text_sub(TEXT("}}"), 0, braces));
  return closed && name->len > 0 && is_name_start(name->ptr[0]) ? to + braces
                                                                : 0;
}

static bool is_plain(struct text t, char mark) {
  for (size_t i = 0; i < t.len; i++) {
    struct text name;
    const bool brace = t.ptr[i] == '{' && placeholder_end(t, i, &name) == 0;
    if (t.ptr[i] == mark || (unsigned char)t.ptr[i] < ' ' || brace) {
      return false;
    }
  }
  return true;
}

static void add_escaped(struct textbuf *b, char c) {
  static const char from[] = "\t\r\n\b\"\\{";
  static const char to[] = "trnb\"\\{";
  for (size_t i = 0; i < sizeof from - 1; i++) {
    if (c == from[i]) {
      textbuf_add_char(b, '\\');
      textbuf_add_char(b, to[i]);
      return;
    }
  }
  if ((unsigned char)c < ' ') {
    c = ' ';
  }
  textbuf_add_char(b, c);
}

struct literal {
  struct textbuf text;
  struct text first; /* variable that it takes in */
  bool escapes;
};

static void add_content(struct literal *l, struct text t) {
  for (size_t i = 0; i < t.len;) {
    struct text name = {0};
    const size_t end = placeholder_end(t, i, &name);
    if (end > 0) {
      textbuf_addf(&l->text, "{%.*s}", TEXT_ARG(name));
      l->first = l->first.len == 0 ? name : l->first;
      i = end;
    } else if (l->escapes) {
      add_escaped(&l->text, t.ptr[i++]);
    } else {
      textbuf_add_char(&l->text, t.ptr[i++]);
    }
  }
}

/* Does a line before set the variable that @name begins with? */
static bool is_set(const struct convert *c, struct text name) {
  const struct text root = text_sub(name, 0, text_find(name, TEXT("."), 0));
  const struct text assign = TEXT("ASSIGN ");
  for (size_t i = 0; i < c->count; i++) {
    const struct text line = c->lines[i].text;
    const struct text rest = text_sub(line, assign.len, line.len);
    if (text_starts(line, assign) && text_starts(rest, root) &&
        text_starts(text_sub(rest, root.len, 2), TEXT(" ="))) {
      return true;
    }
  }
  return false;
}

static struct text text_literal(struct convert *c, struct text t,
                                uint32_t from) {
  struct literal l = {0};
  const char mark = is_plain(t, '"') || !is_plain(t, '\'') ? '"' : '\'';
  l.escapes = !is_plain(t, mark);
  textbuf_init(&l.text, heap_mem());
  textbuf_addf(&l.text, "%s%c", l.escapes ? "$" : "", mark);
  add_content(&l, t);
  textbuf_add_char(&l.text, mark);
  const struct text copy = convert_copy(c, textbuf_text(&l.text));
  textbuf_free(&l.text);
  if (l.first.len > 0 && !is_set(c, l.first)) {
    convert_note(c, c->count, from,
                 "{%.*s} is taken for a variable that the script must set",
                 TEXT_ARG(l.first));
  }
  return copy;
}

/* A list of texts and numbers is an array, "a|b|c". */
static bool add_array(const struct json *list, struct textbuf *b) {
  for (const struct json *e = list->first; e != NULL; e = e->next) {
    const bool good = e->type == JSON_TEXT || e->type == JSON_INT;
    if (!good || text_find(e->text, TEXT("|"), 0) < e->text.len) {
      return false;
    }
    textbuf_add(b, e == list->first ? TEXT("") : TEXT("|"));
    textbuf_add(b, e->type == JSON_TEXT ? e->text : e->source);
  }
  return list->first != NULL;
}

static struct text tree_literal(struct convert *c, const struct json *tree,
                                uint32_t from) {
  struct textbuf b, call;
  struct json_out o;
  textbuf_init(&b, heap_mem());
  textbuf_init(&call, heap_mem());
  if (tree->type == JSON_LIST && add_array(tree, &b)) {
    textbuf_add(&call, text_literal(c, textbuf_text(&b), from));
  } else {
    textbuf_clear(&b);
    json_out_init(&o, &b);
    json_put_tree(&o, tree);
    const struct text literal = text_literal(c, textbuf_text(&b), from);
    textbuf_addf(&call, "fromjson(%.*s)", TEXT_ARG(literal));
  }
  const struct text copy = convert_copy(c, textbuf_text(&call));
  c->failed = c->failed || b.failed || call.failed;
  textbuf_free(&b);
  textbuf_free(&call);
  return copy;
}

struct text convert_value(struct convert *c, const struct json *value,
                          uint32_t from) {
  switch (value->type) {
  case JSON_NULL:
    return TEXT("null");
  case JSON_FALSE:
    return TEXT("false");
  case JSON_TRUE:
    return TEXT("true");
  case JSON_INT:
  case JSON_DOUBLE:
    return convert_copy(c, value->source);
  case JSON_TEXT:
    return text_literal(c, value->text, from);
  case JSON_LIST:
  case JSON_OBJECT:
    return tree_literal(c, value, from);
  }
  return TEXT("null");
}
