#include "cli/convert.h"

#include <stdarg.h>
#include <stdio.h>

#include "domain/heap.h"
#include "studio/format.h"

void convert_init(struct convert *c, struct text source) {
  *c = (struct convert){.source = source};
  arena_init(&c->arena, heap_mem(), 0);
}

void convert_free(struct convert *c) {
  mem_free(heap_mem(), c->lines, c->cap * sizeof *c->lines);
  mem_free(heap_mem(), c->notes, c->note_cap * sizeof *c->notes);
  arena_free(&c->arena);
}

/* ---- lines and notes */

struct text convert_copy(struct convert *c, struct text t) {
  const struct text copy =
      t.len == 0 ? TEXT("") : arena_copy_text(&c->arena, t);
  if (copy.ptr == NULL) {
    c->failed = true;
    return TEXT("");
  }
  return copy;
}

void convert_insert(struct convert *c, size_t at, uint32_t from,
                    struct text line) {
  if (!mem_grow(heap_mem(), &c->lines, &c->cap, c->count + 1,
                sizeof *c->lines)) {
    c->failed = true;
    return;
  }
  for (size_t i = c->count; i > at; i--) {
    c->lines[i] = c->lines[i - 1];
  }
  c->lines[at] = (struct convert_line){convert_copy(c, line), from, false};
  c->count++;
}

void convert_add_text(struct convert *c, uint32_t from, struct text line) {
  convert_insert(c, c->count, from, line);
}

__attribute__((format(printf, 2, 0))) static struct text
format_text(struct convert *c, const char *format, va_list args) {
  va_list again;
  va_copy(again, args);
  const int n = vsnprintf(NULL, 0, format, args);
  const size_t size = n < 0 ? 1 : (size_t)n + 1;
  char *text = arena_alloc(&c->arena, size);
  if (text == NULL) {
    c->failed = true;
  } else {
    (void)vsnprintf(text, size, format, again);
  }
  va_end(again);
  return text == NULL ? TEXT("") : (struct text){text, size - 1};
}

void convert_add(struct convert *c, uint32_t from, const char *format, ...) {
  va_list args;
  va_start(args, format);
  convert_add_text(c, from, format_text(c, format, args));
  va_end(args);
}

/* On one line: it becomes a comment. */
static struct text one_line(struct convert *c, struct text t) {
  struct textbuf b;
  textbuf_init(&b, heap_mem());
  for (size_t i = 0; i < t.len; i++) {
    const bool blank = (unsigned char)t.ptr[i] <= ' ';
    if (!blank || (b.len > 0 && b.ptr[b.len - 1] != ' ')) {
      textbuf_add(&b, blank ? TEXT(" ") : text_sub(t, i, 1));
    }
  }
  const struct text line = convert_copy(c, text_trim(textbuf_text(&b)));
  textbuf_free(&b);
  return line;
}

void convert_note(struct convert *c, size_t at, uint32_t from,
                  const char *format, ...) {
  va_list args;
  va_start(args, format);
  const struct text message = one_line(c, format_text(c, format, args));
  va_end(args);
  if (!mem_grow(heap_mem(), &c->notes, &c->note_cap, c->note_count + 1,
                sizeof *c->notes)) {
    c->failed = true;
    return;
  }
  c->notes[c->note_count++] = (struct convert_note){from, message};
  struct textbuf line;
  textbuf_init(&line, heap_mem());
  textbuf_addf(&line, "// convert: line %u: ", from);
  textbuf_add(&line, message);
  convert_insert(c, at, from, textbuf_text(&line));
  textbuf_free(&line);
}

uint32_t convert_line_of(const struct convert *c, size_t offset) {
  uint32_t line = 1;
  for (size_t i = 0; i < offset && i < c->source.len; i++) {
    line += c->source.ptr[i] == '\n';
  }
  return line;
}

/* Notes are found in passes; people read them from the top. */
static void sort_notes(struct convert *c) {
  for (size_t i = 1; i < c->note_count; i++) {
    const struct convert_note note = c->notes[i];
    size_t at = i;
    for (; at > 0 && c->notes[at - 1].line > note.line; at--) {
      c->notes[at] = c->notes[at - 1];
    }
    c->notes[at] = note;
  }
}

/* ---- */

static enum bt_err lay_out(struct convert *c, struct textbuf *out) {
  struct textbuf text;
  struct diagnostics diags;
  textbuf_init(&text, heap_mem());
  diagnostics_init(&diags, heap_mem());
  for (size_t i = 0; i < c->count; i++) {
    textbuf_add(&text, c->lines[i].text);
    textbuf_add_char(&text, '\n');
  }
  const enum bt_err err = text.failed
                              ? BT_ERR_NOMEM
                              : format_script(heap_mem(), TEXT("script"),
                                              textbuf_text(&text), &diags, out);
  if (err != BT_ERR_OK && err != BT_ERR_NOMEM) { /* never seen: as it stands */
    textbuf_add(out, textbuf_text(&text));
  }
  diagnostics_free(&diags);
  textbuf_free(&text);
  return err == BT_ERR_NOMEM || out->failed ? BT_ERR_NOMEM : BT_ERR_OK;
}

enum bt_err convert_run(struct convert *c, struct textbuf *out) {
  if (utf8_first_bad(c->source) < c->source.len) {
    c->error = (struct convert_note){
        convert_line_of(c, utf8_first_bad(c->source)),
        TEXT("a byte here is not UTF-8: save the file as UTF-8")};
    return BT_ERR_SYNTAX;
  }
  if (convert_is_script(c)) {
    convert_read_script(c);
  } else if (!convert_looks_like_json(c->source)) {
    convert_read_snippet(c);
  } else if (!convert_read_json(c)) {
    return c->failed ? BT_ERR_NOMEM : BT_ERR_SYNTAX;
  }
  convert_repair(c);
  if (c->error.line > 0) {
    return BT_ERR_SYNTAX;
  }
  sort_notes(c);
  return c->failed ? BT_ERR_NOMEM : lay_out(c, out);
}
