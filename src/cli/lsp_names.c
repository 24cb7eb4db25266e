/* Where a name is set and used, new names, and the outline. */
#include "cli/lsp.h"
#include "domain/heap.h"

/* What the cursor is at. */
struct target {
  struct lsp_document *document;
  struct symbols *symbols;
  const struct symbol_use *use; /* NULL: no name */
};

/* False: the call has failed. */
static bool find(struct lsp_call *c, struct target *t) {
  struct lsp_spot p;
  if (!lsp_spot_of(c, &p)) {
    return false;
  }
  *t = (struct target){p.document, p.symbols,
                       symbols_find(p.symbols, p.at.line, p.at.column)};
  return true;
}

static void put_location(struct json_out *o, const struct lsp_document *d,
                         struct symbol_place place) {
  json_open_object(o);
  json_key(o, "uri");
  json_put_text(o, textbuf_text(&d->uri));
  lsp_put_place(o, "range", d, place);
  json_close_object(o);
}

void lsp_definition(struct lsp_call *c) {
  struct target t;
  if (!find(c, &t)) {
    return;
  }
  const struct symbol_use *at =
      t.use == NULL ? NULL : symbols_definition(t.symbols, t.use);
  if (at == NULL) {
    json_put_null(c->out);
  } else {
    put_location(c->out, t.document, at->at);
  }
}

void lsp_references(struct lsp_call *c) {
  struct target t;
  if (!find(c, &t)) {
    return;
  }
  const struct json *context = json_member(c->params, TEXT("context"));
  const struct json *with = json_member(context, TEXT("includeDeclaration"));
  const struct symbol_use *definition =
      t.use == NULL ? NULL : symbols_definition(t.symbols, t.use);
  const bool all = with == NULL || with->type != JSON_FALSE;
  json_open_list(c->out);
  for (size_t i = 0; t.use != NULL && i < symbols_use_count(t.symbols); i++) {
    const struct symbol_use *u = symbols_use(t.symbols, i);
    if (symbols_is_same(u, t.use) && (all || u != definition)) {
      put_location(c->out, t.document, u->at);
    }
  }
  json_close_list(c->out);
}

void lsp_highlight(struct lsp_call *c) {
  struct target t;
  if (!find(c, &t)) {
    return;
  }
  json_open_list(c->out);
  for (size_t i = 0; t.use != NULL && i < symbols_use_count(t.symbols); i++) {
    const struct symbol_use *u = symbols_use(t.symbols, i);
    if (symbols_is_same(u, t.use)) {
      json_open_object(c->out);
      lsp_put_place(c->out, "range", t.document, u->at);
      json_key(c->out, "kind");
      json_put_i64(c->out, u->sets ? 3 : 2); /* written, read */
      json_close_object(c->out);
    }
  }
  json_close_list(c->out);
}

/* ---- new names */

void lsp_prepare_rename(struct lsp_call *c) {
  struct target t;
  if (!find(c, &t)) {
    return;
  }
  const char *why = t.use == NULL
                        ? "There is no name here."
                        : symbols_rename_refusal(t.symbols, t.use, t.use->name);
  if (why != NULL) {
    lsp_fail(c, LSP_CODE_REQUEST_FAILED, "%s", why);
    return;
  }
  json_open_object(c->out);
  lsp_put_place(c->out, "range", t.document, t.use->at);
  json_key(c->out, "placeholder");
  json_put_text(c->out, t.use->name);
  json_close_object(c->out);
}

static void put_renaming(struct lsp_call *c, const struct target *t,
                         struct text name) {
  struct json_out *o = c->out;
  json_open_object(o);
  json_key(o, "changes");
  json_open_object(o);
  json_key_text(o, textbuf_text(&t->document->uri));
  json_open_list(o);
  for (size_t i = 0; i < symbols_use_count(t->symbols); i++) {
    const struct symbol_use *u = symbols_use(t->symbols, i);
    if (symbols_is_same(u, t->use)) {
      json_open_object(o);
      lsp_put_place(o, "range", t->document, u->at);
      json_key(o, "newText");
      json_put_text(o, name);
      json_close_object(o);
    }
  }
  json_close_list(o);
  json_close_object(o);
  json_close_object(o);
}

void lsp_rename(struct lsp_call *c) {
  struct target t;
  const struct json *name = json_member(c->params, TEXT("newName"));
  if (!find(c, &t)) {
    return;
  }
  if (name == NULL || name->type != JSON_TEXT) {
    lsp_fail(c, LSP_CODE_INVALID_PARAMS, "newName must be a text.");
    return;
  }
  const char *why = t.use == NULL
                        ? "There is no name here."
                        : symbols_rename_refusal(t.symbols, t.use, name->text);
  if (why != NULL) {
    lsp_fail(c, LSP_CODE_REQUEST_FAILED, "%s", why);
    return;
  }
  put_renaming(c, &t, name->text);
}

/* ---- outline */

static int symbol_number(enum symbol_kind kind) {
  switch (kind) {
  case SYMBOL_FUNCTION:
    return 12;
  case SYMBOL_SECTION:
    return 24; /* event */
  case SYMBOL_VARIABLE:
  case SYMBOL_PARAMETER:
  case SYMBOL_BUILTIN:
  case SYMBOL_ACTION:
  case SYMBOL_MEMBER:
    break;
  }
  return 13; /* variable */
}

/* From the beginning of its line to the end of its last one. */
static struct lsp_range whole(const struct lsp_document *d,
                              const struct symbol_outline *item) {
  const struct symbol_place end = {item->last_line, UINT32_MAX / 2, 0};
  struct lsp_range range = lsp_range_of(d, end);
  range.start = (struct lsp_position){item->at.line - 1, 0};
  return range;
}

static void put_outline(struct json_out *o, const struct lsp_document *d,
                        const struct symbol_outline *item) {
  json_open_object(o);
  json_key(o, "name");
  json_put_text(o, item->name);
  if (item->detail.len > 0) {
    json_key(o, "detail");
    json_put_text(o, item->detail);
  }
  json_key(o, "kind");
  json_put_i64(o, symbol_number(item->kind));
  lsp_put_range(o, "range", whole(d, item));
  lsp_put_place(o, "selectionRange", d, item->at);
  json_close_object(o);
}

void lsp_document_symbol(struct lsp_call *c) {
  struct lsp_document *d = lsp_document_of(c);
  const struct symbols *s = d == NULL ? NULL : lsp_symbols_of(c, d);
  if (s == NULL) {
    return;
  }
  json_open_list(c->out);
  for (size_t i = 0; i < symbols_outline_count(s); i++) {
    put_outline(c->out, d, symbols_outline(s, i));
  }
  json_close_list(c->out);
}
