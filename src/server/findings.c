#include "server/findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { MESSAGE_MAX = 1024, NAMES_SHOWN = 10 };

void findings_init(struct findings *f, const struct mem *mem) {
  *f = (struct findings){0};
  arena_init(&f->arena, mem, 0);
}

void findings_free(struct findings *f) {
  mem_free(f->arena.mem, f->items, f->cap * sizeof *f->items);
  arena_free(&f->arena);
}

/* Its number and its name, which are those of an earlier finding if there is
 * one. */
static void name_file(struct findings *f, struct finding *item) {
  for (size_t i = f->count; i > 0; i--) {
    const struct finding *before = &f->items[i - 1];
    if (text_equal(before->place.file, item->place.file)) {
      item->file = before->file;
      item->place.file = before->place.file;
      return;
    }
  }
  item->file = f->files++;
  item->place.file = arena_copy_text(&f->arena, item->place.file);
}

void findings_add(struct findings *f, enum finding_level level,
                  struct finding_place place, const char *format, ...) {
  *(level == FINDING_ERROR ? &f->errors : &f->warnings) += 1;
  if (f->count == FINDINGS_MAX) {
    return;
  }
  char message[MESSAGE_MAX];
  va_list args;
  va_start(args, format);
  const int n = vsnprintf(message, sizeof message, format, args);
  va_end(args);
  struct finding item = {.level = level, .place = place};
  name_file(f, &item);
  item.message =
      arena_copy_text(&f->arena, utf8_printed(message, sizeof message, n));
  if (item.message.ptr == NULL || item.place.file.ptr == NULL ||
      !mem_grow(f->arena.mem, &f->items, &f->cap, f->count + 1,
                sizeof *f->items)) {
    f->failed = true;
    return;
  }
  f->items[f->count++] = item;
}

/* ---- in order */

static bool is_before(const struct finding *a, const struct finding *b) {
  if (a->file != b->file) {
    return a->file < b->file;
  }
  const struct finding_place *pa = &a->place, *pb = &b->place;
  return pa->line != pb->line ? pa->line < pb->line : pa->column < pb->column;
}

/* Keeps the order of equals; the list is short. */
void findings_sort(struct findings *f) {
  for (size_t i = 1; i < f->count; i++) {
    for (size_t k = i; k > 0 && is_before(&f->items[k], &f->items[k - 1]);
         k--) {
      const struct finding swapped = f->items[k];
      f->items[k] = f->items[k - 1];
      f->items[k - 1] = swapped;
    }
  }
}

/* ---- as text */

const char *finding_level_name(enum finding_level level) {
  return level == FINDING_ERROR ? "error" : "warning";
}

void finding_print(const struct finding *item, struct textbuf *out) {
  textbuf_add(out, item->place.file);
  if (item->place.line > 0) {
    textbuf_addf(out, ":%u:%u", item->place.line, item->place.column);
  }
  textbuf_addf(out, ": %s: ", finding_level_name(item->level));
  textbuf_add(out, item->message);
  textbuf_add_char(out, '\n');
}

void findings_print(const struct findings *f, struct textbuf *out) {
  for (size_t i = 0; i < f->count; i++) {
    finding_print(&f->items[i], out);
  }
  const size_t all = f->errors + f->warnings;
  if (all > f->count) {
    textbuf_addf(out, "(and %zu more)\n", all - f->count);
  }
}

static void add_names(struct textbuf *b, const struct text *known,
                      size_t count) {
  textbuf_add(b, count == 1 ? TEXT("; there is ") : TEXT("; there are "));
  for (size_t i = 0; i < count && i < NAMES_SHOWN; i++) {
    textbuf_add(b, i == 0 ? TEXT("\"") : TEXT(", \""));
    textbuf_add(b, known[i]);
    textbuf_add_char(b, '"');
  }
  if (count > NAMES_SHOWN) {
    textbuf_addf(b, " and more");
  }
}

struct text findings_suggest(struct findings *f, struct text wrong,
                             const struct text *known, size_t count) {
  struct textbuf b;
  textbuf_init(&b, f->arena.mem);
  const size_t near = text_nearest(wrong, known, count);
  if (near < count) {
    textbuf_addf(&b, "; did you mean \"%.*s\"?", TEXT_ARG(known[near]));
  } else if (count > 0) {
    add_names(&b, known, count);
  } else {
    textbuf_add(&b, TEXT("; there is none at all"));
  }
  const struct text copy = arena_copy_text(&f->arena, textbuf_text(&b));
  f->failed = f->failed || b.failed || copy.ptr == NULL;
  textbuf_free(&b);
  return copy.ptr == NULL ? TEXT("") : copy;
}
