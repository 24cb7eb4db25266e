/* Open documents: their text as the editor has it, and positions in it. */
#include "cli/lsp.h"
#include "domain/heap.h"

/* ---- positions */

/* The protocol ends lines at \n, \r\n and \r, the compiler at \n alone. */
static bool ends_line(struct text text, size_t at) {
  const char c = text.ptr[at];
  const bool pair = at + 1 < text.len && text.ptr[at + 1] == '\n';
  return c == '\n' || (c == '\r' && !pair);
}

static size_t line_start(struct text text, uint32_t line) {
  size_t at = 0;
  for (; line > 0 && at < text.len; at++) {
    line -= ends_line(text, at);
  }
  return at;
}

static size_t line_end(struct text text, size_t at) {
  while (at < text.len && text.ptr[at] != '\n' && text.ptr[at] != '\r') {
    at++;
  }
  return at;
}

/* UTF-16 units of the character at @at, and its bytes. */
static uint32_t units_at(struct text text, size_t at, size_t *length) {
  *length = utf8_length(text, at);
  if (*length == 0) {
    *length = 1; /* malformed: editors show one sign */
  }
  return *length == 4 ? 2 : 1;
}

/* Behind the end of a line is its end; in the middle of a surrogate pair is
 * before the character. */
size_t lsp_offset(struct text text, struct lsp_position at) {
  size_t offset = line_start(text, at.line);
  const size_t end = line_end(text, offset);
  uint32_t left = at.character;
  while (offset < end) {
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

struct lsp_position lsp_position_at(struct text text, size_t offset) {
  struct lsp_position at = {0, 0};
  size_t start = 0;
  for (size_t i = 0; i < offset && i < text.len; i++) {
    if (ends_line(text, i)) {
      at.line++;
      start = i + 1;
    }
  }
  for (size_t i = start; i < offset && i < text.len;) {
    size_t length;
    at.character += units_at(text, i, &length);
    i += length;
  }
  return at;
}

/* Columns of the compiler begin behind a byte order mark. */
static size_t first_column(struct text text, size_t start) {
  return start == 0 && text_starts(text, TEXT("\xEF\xBB\xBF")) ? 3 : start;
}

static size_t byte_of(struct text text, uint32_t line, uint32_t column) {
  size_t start = 0;
  for (uint32_t i = 1; i < line && start < text.len; i++) {
    start = text_find(text, TEXT("\n"), start) + 1;
  }
  start = start < text.len ? start : text.len;
  const size_t end = text_find(text, TEXT("\n"), start);
  size_t at = first_column(text, start);
  for (uint32_t i = 1; i < column && at < end; i++) {
    size_t length;
    (void)units_at(text, at, &length);
    at += length;
  }
  return at;
}

struct lsp_range lsp_range_of(struct text text, struct symbol_place place) {
  return (struct lsp_range){
      lsp_position_at(text, byte_of(text, place.line, place.column)),
      lsp_position_at(text,
                      byte_of(text, place.line, place.column + place.length))};
}

static struct symbol_place place_at(struct text text, size_t offset) {
  struct symbol_place place = {1, 1, 0};
  size_t start = 0;
  for (size_t i = 0; i < offset; i++) {
    if (text.ptr[i] == '\n') {
      place.line++;
      start = i + 1;
    }
  }
  for (size_t i = first_column(text, start); i < offset; place.column++) {
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

void lsp_put_position(struct json_out *o, struct lsp_position at) {
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
  json_key(o, "start");
  lsp_put_position(o, range.start);
  json_key(o, "end");
  lsp_put_position(o, range.end);
  json_close_object(o);
}

void lsp_put_place(struct json_out *o, const char *key, struct text text,
                   struct symbol_place place) {
  lsp_put_range(o, key, lsp_range_of(text, place));
}

/* ---- documents */

static struct text uri_of(struct lsp_call *c) {
  const struct json *document = json_member(c->params, TEXT("textDocument"));
  const struct json *uri = json_member(document, TEXT("uri"));
  if (uri == NULL || uri->type != JSON_TEXT) {
    lsp_fail(c, LSP_CODE_INVALID_PARAMS, "textDocument.uri must be a text.");
    return (struct text){NULL, 0};
  }
  return uri->text;
}

static struct lsp_document *find(struct lsp *s, struct text uri, size_t *at) {
  for (size_t i = 0; i < s->count; i++) {
    if (text_equal(textbuf_text(&s->documents[i]->uri), uri)) {
      *at = i;
      return s->documents[i];
    }
  }
  return NULL;
}

struct lsp_document *lsp_document_of(struct lsp_call *c) {
  const struct text uri = uri_of(c);
  size_t at;
  struct lsp_document *d = uri.ptr == NULL ? NULL : find(c->server, uri, &at);
  if (uri.ptr != NULL && d == NULL) {
    lsp_fail(c, LSP_CODE_INVALID_PARAMS,
             "This document is not open: textDocument/didOpen comes first.");
  }
  return d;
}

struct symbols *lsp_symbols_of(struct lsp_call *c, struct lsp_document *d) {
  if (d->symbols == NULL && symbols_read(heap_mem(), textbuf_text(&d->text),
                                         &d->symbols) != BT_ERR_OK) {
    lsp_fail(c, LSP_CODE_INTERNAL, "There is no memory to read the script.");
  }
  return d->symbols;
}

bool lsp_place_of(struct lsp_call *c, const struct lsp_document *d,
                  struct symbol_place *out) {
  struct lsp_position at;
  if (!lsp_read_position(json_member(c->params, TEXT("position")), &at)) {
    lsp_fail(c, LSP_CODE_INVALID_PARAMS,
             "position must be {line, character}, whole numbers from 0.");
    return false;
  }
  const struct text text = textbuf_text(&d->text);
  *out = place_at(text, lsp_offset(text, at));
  return true;
}

static void free_document(struct lsp_document *d) {
  textbuf_free(&d->uri);
  textbuf_free(&d->text);
  diagnostics_free(&d->diags);
  symbols_free(d->symbols);
  mem_free(heap_mem(), d, sizeof *d);
}

void lsp_close_documents(struct lsp *s) {
  for (size_t i = 0; i < s->count; i++) {
    free_document(s->documents[i]);
  }
  mem_free(heap_mem(), s->documents, s->cap * sizeof(struct lsp_document *));
}

/* ---- notifications */

static struct lsp_document *add(struct lsp *s, struct text uri) {
  struct lsp_document *d = mem_new(heap_mem(), sizeof *d);
  if (d == NULL || !mem_grow(heap_mem(), &s->documents, &s->cap, s->count + 1,
                             sizeof(struct lsp_document *))) {
    mem_free(heap_mem(), d, d == NULL ? 0 : sizeof *d);
    return NULL;
  }
  textbuf_init(&d->uri, heap_mem());
  textbuf_init(&d->text, heap_mem());
  diagnostics_init(&d->diags, heap_mem());
  textbuf_add(&d->uri, uri);
  s->documents[s->count++] = d;
  return d;
}

static void set_text(struct lsp_document *d, struct text text) {
  textbuf_clear(&d->text);
  textbuf_add(&d->text, text);
  symbols_free(d->symbols);
  d->symbols = NULL;
}

static void read_version(struct lsp_call *c, struct lsp_document *d) {
  const struct json *document = json_member(c->params, TEXT("textDocument"));
  const struct json *version = json_member(document, TEXT("version"));
  d->version = version != NULL && version->type == JSON_INT ? version->i : 0;
}

void lsp_did_open(struct lsp_call *c) {
  const struct text uri = uri_of(c);
  const struct json *document = json_member(c->params, TEXT("textDocument"));
  const struct json *text = json_member(document, TEXT("text"));
  size_t at;
  if (uri.ptr == NULL) {
    return;
  }
  if (text == NULL || text->type != JSON_TEXT) {
    lsp_fail(c, LSP_CODE_INVALID_PARAMS, "textDocument.text must be a text.");
    return;
  }
  struct lsp_document *d = find(c->server, uri, &at);
  d = d == NULL ? add(c->server, uri) : d;
  if (d == NULL) {
    lsp_fail(c, LSP_CODE_INTERNAL, "There is no memory for the document.");
    return;
  }
  read_version(c, d);
  set_text(d, text->text);
  lsp_publish(c->server, d);
}

/* One change: of a range, or of the whole. */
static bool apply(struct lsp_document *d, const struct json *change) {
  const struct json *text = json_member(change, TEXT("text"));
  const struct json *range = json_member(change, TEXT("range"));
  struct lsp_range r = {{0, 0}, {0, 0}};
  if (text == NULL || text->type != JSON_TEXT ||
      (range != NULL && !lsp_read_range(range, &r))) {
    return false;
  }
  if (range == NULL) {
    set_text(d, text->text);
    return true;
  }
  const struct text old = textbuf_text(&d->text);
  const size_t from = lsp_offset(old, r.start), to = lsp_offset(old, r.end);
  if (to < from) {
    return false;
  }
  struct textbuf b;
  textbuf_init(&b, heap_mem());
  textbuf_add(&b, text_sub(old, 0, from));
  textbuf_add(&b, text->text);
  textbuf_add(&b, text_sub(old, to, old.len));
  set_text(d, textbuf_text(&b));
  textbuf_free(&b);
  return true;
}

void lsp_did_change(struct lsp_call *c) {
  struct lsp_document *d = lsp_document_of(c);
  const struct json *changes = json_member(c->params, TEXT("contentChanges"));
  if (d == NULL) {
    return;
  }
  if (changes == NULL || changes->type != JSON_LIST) {
    lsp_fail(c, LSP_CODE_INVALID_PARAMS, "contentChanges must be a list.");
    return;
  }
  for (const struct json *e = changes->first; e != NULL; e = e->next) {
    if (!apply(d, e)) {
      lsp_fail(c, LSP_CODE_INVALID_PARAMS,
               "A change is {text} or {range, text}; open the document anew.");
      return;
    }
  }
  read_version(c, d);
  lsp_publish(c->server, d);
}

void lsp_did_save(struct lsp_call *c) {
  struct lsp_document *d = lsp_document_of(c);
  if (d != NULL) {
    lsp_publish(c->server, d);
  }
}

void lsp_did_close(struct lsp_call *c) {
  const struct text uri = uri_of(c);
  size_t at;
  struct lsp_document *d = uri.ptr == NULL ? NULL : find(c->server, uri, &at);
  if (d == NULL) {
    return;
  }
  set_text(d, TEXT("")); /* its findings go from the editor's list */
  lsp_publish(c->server, d);
  free_document(d);
  c->server->documents[at] = c->server->documents[--c->server->count];
}
