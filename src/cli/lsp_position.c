/* Positions: lines and UTF-16 units on the wire, lines and code points inside.
 */
#include "cli/lsp.h"
#include "domain/heap.h"

/* ---- where lines begin */

/* The protocol ends lines at \n, \r\n and \r, the compiler at \n alone. */
static bool ends_line(struct text text, size_t at) {
  const char c = text.ptr[at];
  const bool pair = at + 1 < text.len && text.ptr[at + 1] == '\n';
  return c == '\n' || (c == '\r' && !pair);
}

static void add_start(struct lsp_lines *lines, size_t at) {
  if (mem_grow(heap_mem(), &lines->starts, &lines->cap, lines->count + 1,
               sizeof *lines->starts)) {
    lines->starts[lines->count++] = at;
  }
}

void lsp_index_lines(struct lsp_document *d) {
  const struct text text = textbuf_text(&d->text);
  d->wire_lines.count = d->source_lines.count = 0;
  add_start(&d->wire_lines, 0);
  add_start(&d->source_lines, 0);
  for (size_t i = 0; i < text.len; i++) {
    if (ends_line(text, i)) {
      add_start(&d->wire_lines, i + 1);
    }
    if (text.ptr[i] == '\n') {
      add_start(&d->source_lines, i + 1);
    }
  }
}

void lsp_free_lines(struct lsp_document *d) {
  mem_free(heap_mem(), d->wire_lines.starts,
           d->wire_lines.cap * sizeof *d->wire_lines.starts);
  mem_free(heap_mem(), d->source_lines.starts,
           d->source_lines.cap * sizeof *d->source_lines.starts);
}

/* Beyond the last line is the end of the text. */
static size_t start_of(const struct lsp_lines *lines, uint32_t line,
                       struct text text) {
  return line < lines->count ? lines->starts[line] : text.len;
}

/* The line that @offset is on, from 0. */
static uint32_t line_of(const struct lsp_lines *lines, size_t offset) {
  size_t low = 0, high = lines->count;
  while (high - low > 1) {
    const size_t middle = (low + high) / 2;
    if (lines->starts[middle] <= offset) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return (uint32_t)low;
}

/* ---- characters */

/* UTF-16 units of the character at @at, and its bytes. */
static uint32_t units_at(struct text text, size_t at, size_t *length) {
  *length = utf8_length(text, at);
  if (*length == 0) {
    *length = 1; /* malformed: editors show one sign */
  }
  return *length == 4 ? 2 : 1;
}

static bool is_line_end(char c) {
  return c == '\n' || c == '\r';
}

/* Behind the end of a line is its end; in the middle of a surrogate pair is
 * before the character. */
size_t lsp_offset(const struct lsp_document *d, struct lsp_position at) {
  const struct text text = textbuf_text(&d->text);
  size_t offset = start_of(&d->wire_lines, at.line, text);
  uint32_t left = at.character;
  while (offset < text.len && !is_line_end(text.ptr[offset])) {
    size_t length;
    const uint32_t units = units_at(text, offset, &length);
    if (units > left) {
      break;
    }
    left -= units;
    offset += length;
  }
  return offset;
}

struct lsp_position lsp_position_at(const struct lsp_document *d,
                                    size_t offset) {
  const struct text text = textbuf_text(&d->text);
  struct lsp_position at = {line_of(&d->wire_lines, offset), 0};
  for (size_t i = start_of(&d->wire_lines, at.line, text);
       i < offset && i < text.len;) {
    size_t length;
    at.character += units_at(text, i, &length);
    i += length;
  }
  return at;
}

/* ---- places of the compiler */

/* Its columns begin behind a byte order mark. */
static size_t first_column(struct text text, size_t start) {
  return start == 0 && text_starts(text, TEXT("\xEF\xBB\xBF")) ? 3 : start;
}

static size_t byte_of(const struct lsp_document *d, uint32_t line,
                      uint32_t column) {
  const struct text text = textbuf_text(&d->text);
  size_t at = first_column(text, start_of(&d->source_lines, line - 1, text));
  for (uint32_t i = 1;
       i < column && at < text.len && !is_line_end(text.ptr[at]); i++) {
    size_t length;
    (void)units_at(text, at, &length);
    at += length;
  }
  return at;
}

struct lsp_range lsp_range_of(const struct lsp_document *d,
                              struct symbol_place place) {
  return (struct lsp_range){
      lsp_position_at(d, byte_of(d, place.line, place.column)),
      lsp_position_at(d, byte_of(d, place.line, place.column + place.length))};
}

struct symbol_place lsp_place_at(const struct lsp_document *d, size_t offset) {
  const struct text text = textbuf_text(&d->text);
  const uint32_t line = line_of(&d->source_lines, offset);
  struct symbol_place place = {line + 1, 1, 0};
  for (size_t i = first_column(text, start_of(&d->source_lines, line, text));
       i < offset; place.column++) {
    size_t length;
    (void)units_at(text, i, &length);
    i += length;
  }
  return place;
}

/* ---- positions in JSON */

static bool read_unit(const struct json *json, uint32_t *out) {
  if (json == NULL || json->type != JSON_INT || json->i < 0 ||
      json->i > INT32_MAX) {
    return false;
  }
  *out = (uint32_t)json->i;
  return true;
}

bool lsp_read_position(const struct json *json, struct lsp_position *out) {
  return read_unit(json_member(json, TEXT("line")), &out->line) &&
         read_unit(json_member(json, TEXT("character")), &out->character);
}

bool lsp_read_range(const struct json *json, struct lsp_range *out) {
  return lsp_read_position(json_member(json, TEXT("start")), &out->start) &&
         lsp_read_position(json_member(json, TEXT("end")), &out->end);
}

static void put_position(struct json_out *o, const char *key,
                         struct lsp_position at) {
  json_key(o, key);
  json_open_object(o);
  json_key(o, "line");
  json_put_u64(o, at.line);
  json_key(o, "character");
  json_put_u64(o, at.character);
  json_close_object(o);
}

void lsp_put_range(struct json_out *o, const char *key,
                   struct lsp_range range) {
  json_key(o, key);
  json_open_object(o);
  put_position(o, "start", range.start);
  put_position(o, "end", range.end);
  json_close_object(o);
}

void lsp_put_place(struct json_out *o, const char *key,
                   const struct lsp_document *d, struct symbol_place place) {
  lsp_put_range(o, key, lsp_range_of(d, place));
}
