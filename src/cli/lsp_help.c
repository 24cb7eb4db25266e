/* Completion, hover, parameters of a call, and layout. */
#include "cli/lsp.h"
#include "domain/heap.h"
#include "studio/format.h"

/* ---- completion */

static int item_number(enum completion_kind kind, bool method) {
  switch (kind) {
  case COMPLETION_KEYWORD:
    return 14;
  case COMPLETION_VARIABLE:
    return 6;
  case COMPLETION_FUNCTION:
    return 3;
  case COMPLETION_BUILTIN:
  case COMPLETION_ACTION:
    return method ? 2 : 3;
  case COMPLETION_MEMBER:
    return 5;
  case COMPLETION_EVENT:
    return 23;
  }
  return 1;
}

static void put_markdown(struct json_out *o, const char *key,
                         struct text text) {
  json_key(o, key);
  json_open_object(o);
  json_key(o, "kind");
  json_put_text(o, TEXT("markdown"));
  json_key(o, "value");
  json_put_text(o, text);
  json_close_object(o);
}

static void put_item(void *ctx, const struct completion *item) {
  struct json_out *o = ctx;
  /* "text.left(count)" */
  const bool method = text_find(item->detail, TEXT("."), 0) <
                      text_find(item->detail, TEXT("("), 0);
  json_open_object(o);
  json_key(o, "label");
  json_put_text(o, item->label);
  json_key(o, "kind");
  json_put_i64(o, item_number(item->kind, method));
  json_key(o, "detail");
  json_put_text(o, item->detail);
  if (item->doc.len > 0) {
    put_markdown(o, "documentation", item->doc);
  }
  json_close_object(o);
}

void lsp_completion(struct lsp_call *c) {
  struct lsp_spot p;
  if (!lsp_spot_of(c, &p)) {
    return;
  }
  json_open_list(c->out);
  symbols_complete(p.symbols, p.at.line, p.at.column, put_item, c->out);
  json_close_list(c->out);
}

/* ---- hover */

void lsp_hover(struct lsp_call *c) {
  struct lsp_spot p;
  if (!lsp_spot_of(c, &p)) {
    return;
  }
  const struct symbol_use *use =
      symbols_find(p.symbols, p.at.line, p.at.column);
  struct textbuf text;
  textbuf_init(&text, heap_mem());
  if (use != NULL) {
    symbols_hover(p.symbols, use, &text);
  }
  if (use == NULL || text.len == 0) {
    json_put_null(c->out);
  } else {
    json_open_object(c->out);
    put_markdown(c->out, "contents", textbuf_text(&text));
    lsp_put_place(c->out, "range", p.document, use->at);
    json_close_object(c->out);
  }
  textbuf_free(&text);
}

/* ---- parameters */

static bool is_filler(char c) {
  return c == ' ' || c == '[' || c == ']';
}

/* Each part of "f(a, b [, c])" between parentheses and commas. */
static uint32_t put_parameters(struct json_out *o, struct text form) {
  uint32_t count = 0;
  size_t at = text_find(form, TEXT("("), 0) + 1;
  const size_t close = text_find(form, TEXT(")"), 0);
  while (at < close) {
    const size_t comma = text_find(form, TEXT(","), at);
    size_t from = at, to = comma < close ? comma : close;
    at = to + 1;
    while (from < to && is_filler(form.ptr[from])) {
      from++;
    }
    while (to > from && is_filler(form.ptr[to - 1])) {
      to--;
    }
    if (to > from) {
      json_open_object(o);
      json_key(o, "label");
      json_put_text(o, text_sub(form, from, to - from));
      json_close_object(o);
      count++;
    }
  }
  return count;
}

static void put_signature(struct json_out *o, const struct completion *item,
                          uint32_t argument) {
  json_open_object(o);
  json_key(o, "signatures");
  json_open_list(o);
  json_open_object(o);
  json_key(o, "label");
  json_put_text(o, item->detail);
  put_markdown(o, "documentation", item->doc);
  json_key(o, "parameters");
  json_open_list(o);
  const uint32_t count = put_parameters(o, item->detail);
  json_close_list(o);
  json_close_object(o);
  json_close_list(o);
  json_key(o, "activeSignature");
  json_put_i64(o, 0);
  json_key(o, "activeParameter"); /* the last one may go on, as in Spawn */
  json_put_u64(o, count > 0 && argument >= count ? count - 1 : argument);
  json_close_object(o);
}

void lsp_signature_help(struct lsp_call *c) {
  struct lsp_spot p;
  struct symbol_call call;
  struct completion item;
  if (!lsp_spot_of(c, &p)) {
    return;
  }
  if (symbols_call_at(p.symbols, p.at.line, p.at.column, &call) &&
      symbols_describe(p.symbols, call.name, call.is_method, &item)) {
    put_signature(c->out, &item, call.argument);
  } else {
    json_put_null(c->out);
  }
}

/* ---- layout */

static void put_whole(struct lsp_call *c, const struct lsp_document *d,
                      struct text after) {
  const struct text before = textbuf_text(&d->text);
  const struct lsp_range all = {{0, 0}, lsp_position_at(d, before.len)};
  json_open_list(c->out);
  if (!text_equal(before, after)) {
    json_open_object(c->out);
    lsp_put_range(c->out, "range", all);
    json_key(c->out, "newText");
    json_put_text(c->out, after);
    json_close_object(c->out);
  }
  json_close_list(c->out);
}

void lsp_formatting(struct lsp_call *c) {
  const struct lsp_document *d = lsp_document_of(c);
  if (d == NULL) {
    return;
  }
  struct diagnostics diags;
  struct textbuf after;
  diagnostics_init(&diags, heap_mem());
  textbuf_init(&after, heap_mem());
  const enum bt_err err = format_script(heap_mem(), textbuf_text(&d->uri),
                                        textbuf_text(&d->text), &diags, &after);
  if (err == BT_ERR_OK) {
    put_whole(c, d, textbuf_text(&after));
  } else if (err == BT_ERR_SYNTAX) {
    json_put_null(c->out); /* the errors are in the editor's list already */
  } else {
    lsp_fail(c, LSP_CODE_REQUEST_FAILED, "The script is left as it is: %s.",
             bt_err_text(err));
  }
  textbuf_free(&after);
  diagnostics_free(&diags);
}
