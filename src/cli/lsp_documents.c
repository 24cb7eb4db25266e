/* Open documents: their text as the editor has it. */
#include "cli/lsp.h"
#include "domain/heap.h"

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

static bool read_place(struct lsp_call *c, const struct lsp_document *d,
                       struct symbol_place *out) {
  struct lsp_position at;
  if (!lsp_read_position(json_member(c->params, TEXT("position")), &at)) {
    lsp_fail(c, LSP_CODE_INVALID_PARAMS,
             "position must be {line, character}, whole numbers from 0.");
    return false;
  }
  *out = lsp_place_at(d, lsp_offset(d, at));
  return true;
}

bool lsp_spot_of(struct lsp_call *c, struct lsp_spot *spot) {
  spot->document = lsp_document_of(c);
  if (spot->document == NULL || !read_place(c, spot->document, &spot->at)) {
    return false;
  }
  spot->symbols = lsp_symbols_of(c, spot->document);
  return spot->symbols != NULL;
}

static void free_document(struct lsp_document *d) {
  textbuf_free(&d->uri);
  textbuf_free(&d->text);
  diagnostics_free(&d->diags);
  symbols_free(d->symbols);
  lsp_free_lines(d);
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
  lsp_index_lines(d);
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
  const size_t from = lsp_offset(d, r.start), to = lsp_offset(d, r.end);
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
