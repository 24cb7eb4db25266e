#include "studio/diagnostic.h"

#include <string.h>

#include "base/check.h"
#include "base/json.h"

struct code_info {
  const char *slug, *doc;
  enum diagnostic_severity severity;
};

static const struct code_info codes[] = {
#define DIAGNOSTIC(name, severity, slug, doc)                                  \
  [DIAGNOSTIC_CODE_##name] = {slug, doc, DIAGNOSTIC_##severity},
#include "studio/diagnostics.def"
#undef DIAGNOSTIC
};

static const struct code_info *info_of(enum diagnostic_code code) {
  bt_check(code < DIAGNOSTIC_CODES);
  return &codes[code];
}

const char *diagnostic_slug(enum diagnostic_code code) {
  return info_of(code)->slug;
}

const char *diagnostic_doc(enum diagnostic_code code) {
  return info_of(code)->doc;
}

enum diagnostic_severity diagnostic_severity_of(enum diagnostic_code code) {
  return info_of(code)->severity;
}

const char *diagnostic_severity_name(enum diagnostic_severity severity) {
  static const char *const names[] = {[DIAGNOSTIC_ERROR] = "error",
                                      [DIAGNOSTIC_WARNING] = "warning",
                                      [DIAGNOSTIC_NOTE] = "note"};
  bt_check(severity <= DIAGNOSTIC_NOTE);
  return names[severity];
}

void diagnostics_init(struct diagnostics *d, const struct mem *mem) {
  *d = (struct diagnostics){0};
  arena_init(&d->arena, mem, 0);
}

void diagnostics_free(struct diagnostics *d) {
  mem_free(d->arena.mem, d->items, d->cap * sizeof *d->items);
  arena_free(&d->arena);
  *d = (struct diagnostics){0};
}

static bool keep_text(struct arena *arena, struct text *t) {
  if (t->len == 0) {
    *t = TEXT("");
    return true;
  }
  *t = arena_copy_text(arena, *t);
  return t->ptr != NULL;
}

static void count_severity(struct diagnostics *d,
                           enum diagnostic_severity severity) {
  switch (severity) {
  case DIAGNOSTIC_ERROR:
    d->errors++;
    break;
  case DIAGNOSTIC_WARNING:
    d->warnings++;
    break;
  case DIAGNOSTIC_NOTE:
    d->notes++;
    break;
  }
}

void diagnostics_add(struct diagnostics *d, const struct diagnostic *item) {
  struct diagnostic copy = *item;
  bt_check(item->line >= 1 && item->column >= 1);
  count_severity(d, item->severity);
  if (d->count >= DIAGNOSTICS_MAX) {
    return;
  }
  if (!mem_grow(d->arena.mem, &d->items, &d->cap, d->count + 1,
                sizeof *d->items) ||
      !keep_text(&d->arena, &copy.message) ||
      !keep_text(&d->arena, &copy.hint) || !keep_text(&d->arena, &copy.edit) ||
      !keep_text(&d->arena, &copy.source_line)) {
    d->failed = true;
    return;
  }
  d->items[d->count++] = copy;
}

void diagnostics_take_back(struct diagnostics *d, size_t from) {
  size_t kept = from;
  for (size_t i = from; i < d->count; i++) {
    if (d->items[i].severity == DIAGNOSTIC_ERROR) {
      d->errors--;
    } else {
      d->items[kept++] = d->items[i];
    }
  }
  d->count = kept < d->count ? kept : d->count;
}

static bool comes_before(const struct diagnostic *a,
                         const struct diagnostic *b) {
  return a->line != b->line ? a->line < b->line : a->column < b->column;
}

/* By insertion: the list is short, mostly in order, and must stay stable. */
void diagnostics_sort(struct diagnostics *d) {
  for (size_t i = 1; i < d->count; i++) {
    const struct diagnostic item = d->items[i];
    size_t at = i;
    while (at > 0 && comes_before(&item, &d->items[at - 1])) {
      d->items[at] = d->items[at - 1];
      at--;
    }
    d->items[at] = item;
  }
}

static bool is_control(struct text t, size_t at, size_t length) {
  const unsigned char first = (unsigned char)t.ptr[at];
  if (length == 1) {
    return (first < ' ' && first != '\t') || first == 0x7f;
  }
  return length == 2 && first == 0xc2 && (unsigned char)t.ptr[at + 1] < 0xa0;
}

/* A script may be somebody else's: what a terminal would obey is shown as
 * U+FFFD, and so is what is not UTF-8. Either has one column. */
static void print_shown(struct text t, struct textbuf *out) {
  for (size_t at = 0; at < t.len;) {
    const size_t n = utf8_length(t, at);
    const bool plain = n > 0 && !is_control(t, at, n);
    textbuf_add(out, plain ? text_sub(t, at, n) : TEXT("\xEF\xBF\xBD"));
    at += n == 0 ? 1 : n;
  }
}

/* Blanks up to the marked column; tabs stay, so that the caret stands right
 * whatever a tab's width is. */
static void print_caret(const struct diagnostic *item, struct textbuf *out) {
  const struct text line = item->source_line;
  const uint32_t first = item->first_column == 0 ? 1 : item->first_column;
  size_t at = 0;
  if (first > 1) {
    textbuf_add_char(out, ' '); /* below the ellipsis */
  }
  for (uint32_t column = first; column < item->column && at < line.len;
       column++) {
    const size_t n = utf8_length(line, at);
    textbuf_add_char(out, line.ptr[at] == '\t' ? '\t' : ' ');
    at += n == 0 ? 1 : n;
  }
  textbuf_add_char(out, '^');
  for (uint32_t i = 1; i < item->length && at + i < line.len; i++) {
    textbuf_add_char(out, '~');
  }
  textbuf_add_char(out, '\n');
}

void diagnostic_print(const struct diagnostic *item, struct text file_name,
                      struct textbuf *out) {
  textbuf_add(out, file_name);
  textbuf_addf(out, ":%u:%u: %s: ", item->line, item->column,
               diagnostic_severity_name(item->severity));
  print_shown(item->message, out);
  textbuf_addf(out, " [%s]\n  ", diagnostic_slug(item->code));
  textbuf_add(out, item->first_column > 1 ? TEXT("\xE2\x80\xA6") : TEXT(""));
  print_shown(item->source_line, out);
  textbuf_add(out, item->cut ? TEXT("\xE2\x80\xA6") : TEXT(""));
  textbuf_add(out, TEXT("\n  "));
  print_caret(item, out);
  if (item->hint.len > 0) {
    textbuf_add(out, TEXT("  hint: "));
    textbuf_add(out, item->hint);
    textbuf_add_char(out, '\n');
  }
  if (item->edit.len > 0) {
    textbuf_add(out, TEXT("  write: "));
    textbuf_add(out, item->edit);
    textbuf_add_char(out, '\n');
  }
}

void diagnostics_print(const struct diagnostics *d, struct text file_name,
                       struct textbuf *out) {
  for (size_t i = 0; i < d->count; i++) {
    diagnostic_print(&d->items[i], file_name, out);
  }
  const size_t all = d->errors + d->warnings + d->notes;
  if (all > d->count) {
    textbuf_add(out, file_name);
    textbuf_addf(out, ": %zu more are not shown\n", all - d->count);
  }
}

static void put_optional(struct json_out *json, const char *key,
                         struct text value) {
  if (value.len > 0) {
    json_key(json, key);
    json_put_text(json, value);
  }
}

static void print_item_json(const struct diagnostic *item,
                            struct text file_name, struct json_out *json) {
  json_open_object(json);
  json_key(json, "file");
  json_put_text(json, file_name);
  json_key(json, "line");
  json_put_u64(json, item->line);
  json_key(json, "column");
  json_put_u64(json, item->column);
  json_key(json, "length");
  json_put_u64(json, item->length);
  json_key(json, "severity");
  json_put_text(json, text_from(diagnostic_severity_name(item->severity)));
  json_key(json, "code");
  json_put_text(json, text_from(diagnostic_slug(item->code)));
  json_key(json, "message");
  json_put_text(json, item->message);
  put_optional(json, "hint", item->hint);
  put_optional(json, "edit", item->edit);
  json_close_object(json);
}

void diagnostics_put_json(const struct diagnostics *d, struct text file_name,
                          struct json_out *json) {
  for (size_t i = 0; i < d->count; i++) {
    print_item_json(&d->items[i], file_name, json);
  }
}

void diagnostics_print_json(const struct diagnostics *d, struct text file_name,
                            struct textbuf *out) {
  struct json_out json;
  json_out_init(&json, out);
  json_open_list(&json);
  diagnostics_put_json(d, file_name, &json);
  json_close_list(&json);
}
