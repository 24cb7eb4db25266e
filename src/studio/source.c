#include <stdio.h>

#include "studio/source_priv.h"

static uint32_t count_lines(struct text text) {
  uint32_t n = 1;
  for (size_t i = 0; i < text.len; i++) {
    n += text.ptr[i] == '\n';
  }
  return n;
}

bool source_init(struct source *s, struct arena *arena, struct text file_name,
                 struct text text) {
  *s = (struct source){.lines = count_lines(text)};
  s->file_name = arena_copy_text(arena, file_name);
  s->text = arena_copy_text(arena, text);
  s->starts = arena_alloc(arena, ((size_t)s->lines + 1) * sizeof *s->starts);
  if (s->file_name.ptr == NULL || s->text.ptr == NULL || s->starts == NULL) {
    return false;
  }
  uint32_t line = 1;
  for (size_t i = 0; i < text.len; i++) {
    if (text.ptr[i] == '\n') {
      s->starts[line++] = (uint32_t)i + 1;
    }
  }
  s->starts[line] = (uint32_t)text.len;
  return true;
}

struct text source_line(const struct source *s, uint32_t line) {
  if (line < 1 || line > s->lines) {
    return TEXT("");
  }
  const size_t from = s->starts[line - 1];
  struct text t = text_sub(s->text, from, s->starts[line] - from);
  while (t.len > 0 && (t.ptr[t.len - 1] == '\n' || t.ptr[t.len - 1] == '\r')) {
    t.len--;
  }
  if (line == 1 && text_starts(t, TEXT("\xEF\xBB\xBF"))) {
    t = text_sub(t, 3, t.len);
  }
  return t;
}

void report(struct reporter *r, struct finding f, const char *format, ...) {
  va_list args;
  va_start(args, format);
  report_list(r, f, format, args);
  va_end(args);
}

/* Lines longer than this are shown in part. */
enum { SHOWN_MAX = 240, SHOWN_BEFORE = 80 };

size_t source_offset(struct text line, uint32_t column) {
  size_t at = 0;
  for (uint32_t i = 1; i < column && at < line.len; i++) {
    const size_t n = utf8_length(line, at);
    at += n == 0 ? 1 : n;
  }
  return at;
}

static void show_line(const struct source *s, struct diagnostic *item) {
  const struct text line = source_line(s, item->line);
  item->source_line = line;
  if (line.len <= SHOWN_MAX) {
    return;
  }
  const bool later = item->column > SHOWN_BEFORE;
  item->first_column = later ? item->column - SHOWN_BEFORE / 2 : 1;
  const size_t from = source_offset(line, item->first_column);
  const struct text rest = text_sub(line, from, line.len);
  const size_t len =
      source_offset(text_sub(rest, 0, (size_t)4 * SHOWN_MAX), SHOWN_MAX / 2);
  item->source_line = text_sub(rest, 0, len);
  item->cut = len < rest.len;
}

void report_list(struct reporter *r, struct finding f, const char *format,
                 va_list args) {
  char message[512];
  const int n = vsnprintf(message, sizeof message, format, args);
  struct diagnostic item = {
      .code = f.code,
      .severity = diagnostic_severity_of(f.code),
      .line = f.at.line,
      .column = f.at.column,
      .length = f.at.length == 0 ? 1 : f.at.length,
      .message = utf8_printed(message, sizeof message, n),
      .hint = f.hint,
      .edit = f.edit,
  };
  if (r->diags->count < DIAGNOSTICS_MAX) { /* of further ones none is shown */
    show_line(r->source, &item);
  }
  diagnostics_add(r->diags, &item);
}

struct text report_nearest(struct textbuf *out, struct text word,
                           const struct text *candidates, size_t count) {
  const size_t i = text_nearest(word, candidates, count);
  if (i < count) {
    textbuf_addf(out, "did you mean '%.*s'?", TEXT_ARG(candidates[i]));
  }
  return textbuf_text(out);
}
