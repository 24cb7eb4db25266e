/* Writing XML. */
#include "base/check.h"
#include "studio/xml_priv.h"

struct xml_writer {
  struct textbuf *out;
  struct text bad_name;
  bool too_deep;
};

static void put_element(struct xml_writer *w, struct text name, struct value v,
                        unsigned depth);

/* What XML cannot hold, however it is written, becomes U+FFFD. */
static void put_char(struct xml_writer *w, char c, bool attribute) {
  const bool control =
      (unsigned char)c < 0x20 && c != '\t' && c != '\n' && c != '\r';
  if (c == '<') {
    textbuf_add(w->out, TEXT("&lt;"));
  } else if (c == '>') {
    textbuf_add(w->out, TEXT("&gt;"));
  } else if (c == '&') {
    textbuf_add(w->out, TEXT("&amp;"));
  } else if (c == '"' && attribute) {
    textbuf_add(w->out, TEXT("&quot;"));
  } else if (c == '\r' || (attribute && (c == '\t' || c == '\n'))) {
    textbuf_addf(w->out, "&#%d;", c);
  } else if (control) {
    textbuf_add(w->out, TEXT("\xEF\xBF\xBD"));
  } else {
    textbuf_add_char(w->out, c);
  }
}

static void put_text(struct xml_writer *w, struct value v, bool attribute) {
  char buffer[VALUE_SHORT];
  struct text t = TEXT("");
  switch (value_tag(v)) {
  case VALUE_TEXT:
    t = value_as_text(v);
    break;
  case VALUE_BOOL:
    t = value_bool_of(v) ? TEXT("true") : TEXT("false");
    break;
  case VALUE_NUMBER:
  case VALUE_DATE:
    t = value_short_text(v, buffer);
    break;
  default:
    break;
  }
  for (size_t i = 0; i < t.len; i++) {
    put_char(w, t.ptr[i], attribute);
  }
}

static bool is_attribute(const struct member *m) {
  return text_starts(text_obj_text(m->key), TEXT("@"));
}

static bool is_own_text(const struct member *m) {
  return text_equal(text_obj_text(m->key), TEXT("$value"));
}

static bool check_name(struct xml_writer *w, struct text name) {
  if (!xml_is_name(name) && w->bad_name.ptr == NULL) {
    w->bad_name = name;
  }
  return w->bad_name.ptr == NULL;
}

static void put_attributes(struct xml_writer *w, const struct object_obj *o) {
  for (size_t i = 0; i < o->count; i++) {
    const struct member *m = &o->members[i];
    if (is_attribute(m)) {
      const struct text key = text_obj_text(m->key);
      const struct text name = text_sub(key, 1, key.len);
      (void)check_name(w, name);
      textbuf_add_char(w->out, ' ');
      textbuf_add(w->out, name);
      textbuf_add(w->out, TEXT("=\""));
      put_text(w, m->value, true);
      textbuf_add_char(w->out, '"');
    }
  }
}

static void put_content(struct xml_writer *w, const struct object_obj *o,
                        unsigned depth) {
  for (size_t i = 0; i < o->count; i++) {
    const struct member *m = &o->members[i];
    if (is_own_text(m)) {
      put_text(w, m->value, false);
    } else if (!is_attribute(m)) {
      put_element(w, text_obj_text(m->key), m->value, depth);
    }
  }
}

static void put_items(struct xml_writer *w, struct text name,
                      const struct list_obj *list, unsigned depth) {
  for (size_t i = 0; i < list->count; i++) {
    put_element(w, name, list->items[i], depth);
  }
}

/* <name …>…</name>; a list at this place is its items within one element. */
static void put_whole(struct xml_writer *w, struct text name, struct value v,
                      unsigned depth) {
  if (!check_name(w, name)) {
    return;
  }
  textbuf_add_char(w->out, '<');
  textbuf_add(w->out, name);
  if (value_tag(v) == VALUE_OBJECT) {
    put_attributes(w, value_object_of(v));
  }
  textbuf_add_char(w->out, '>');
  if (value_tag(v) == VALUE_OBJECT) {
    put_content(w, value_object_of(v), depth + 1);
  } else if (value_tag(v) == VALUE_LIST) {
    put_items(w, TEXT("item"), value_list_of(v), depth + 1);
  } else {
    put_text(w, v, false);
  }
  textbuf_add(w->out, TEXT("</"));
  textbuf_add(w->out, name);
  textbuf_add_char(w->out, '>');
}

static void put_element(struct xml_writer *w, struct text name, struct value v,
                        unsigned depth) {
  if (depth >= VALUE_DEPTH_MAX) {
    w->too_deep = true;
    return;
  }
  if (w->out->failed || w->too_deep) {
    return;
  }
  if (value_tag(v) == VALUE_LIST) {
    put_items(w, name, value_list_of(v), depth + 1);
  } else {
    put_whole(w, name, v, depth);
  }
}

/* An object with one member, as it came from a document, names its own root. */
static const struct member *only_member(struct value v) {
  if (value_tag(v) != VALUE_OBJECT || value_object_of(v)->count != 1) {
    return NULL;
  }
  const struct member *m = &value_object_of(v)->members[0];
  const bool plain =
      !is_attribute(m) && !is_own_text(m) && value_tag(m->value) != VALUE_LIST;
  return plain ? m : NULL;
}

enum bt_err xml_write(struct value v, struct text root, struct textbuf *out,
                      struct text *bad_name) {
  struct xml_writer w = {.out = out};
  const struct member *only = root.len == 0 ? only_member(v) : NULL;
  if (only != NULL) {
    put_whole(&w, text_obj_text(only->key), only->value, 0);
  } else {
    put_whole(&w, root.len == 0 ? TEXT("root") : root, v, 0);
  }
  if (w.bad_name.ptr != NULL) {
    *bad_name = w.bad_name;
    return BT_ERR_SYNTAX;
  }
  return w.too_deep ? BT_ERR_RANGE : BT_ERR_OK;
}

struct value *xml_find(const struct object_obj *o, struct text name) {
  for (size_t i = 0; i < o->count; i++) {
    const struct text key = text_obj_text(o->members[i].key);
    if (key.len <= name.len || !text_ends(key, name)) {
      continue;
    }
    const char before = key.ptr[key.len - name.len - 1];
    if (before == ':' || (before == '@' && key.len == name.len + 1)) {
      return &o->members[i].value;
    }
  }
  return NULL;
}
