/* What the compiler and the checker say, as diagnostics, and their cures as
 * quick fixes. */
#include <stdio.h>

#include "cli/lsp.h"
#include "domain/heap.h"
#include "studio/checker.h"

/* ---- diagnostics */

static void check(struct lsp_document *d) {
  struct program *program = NULL;
  diagnostics_free(&d->diags);
  diagnostics_init(&d->diags, heap_mem());
  const enum bt_err err =
      program_compile(heap_mem(), textbuf_text(&d->uri), textbuf_text(&d->text),
                      &d->diags, &program);
  if (err == BT_ERR_OK) {
    const struct checker_world world = checker_world_default();
    (void)!checker_run(heap_mem(), program, &world, &d->diags);
  }
  program_free(program);
}

static struct symbol_place place_of(const struct diagnostic *item) {
  return (struct symbol_place){item->line, item->column, item->length};
}

static int severity_number(enum diagnostic_severity severity) {
  switch (severity) {
  case DIAGNOSTIC_ERROR:
    return 1;
  case DIAGNOSTIC_WARNING:
    return 2;
  case DIAGNOSTIC_NOTE:
    return 3; /* information */
  }
  return 1;
}

static void put_message(struct json_out *o, const struct diagnostic *item) {
  struct textbuf b;
  textbuf_init(&b, heap_mem());
  textbuf_add(&b, item->message);
  if (item->hint.len > 0) {
    textbuf_add(&b, TEXT("\n"));
    textbuf_add(&b, item->hint);
  }
  json_key(o, "message");
  json_put_text(o, textbuf_text(&b));
  textbuf_free(&b);
}

static void put_link(struct json_out *o, const struct lsp *s,
                     const struct diagnostic *item) {
  struct textbuf b;
  textbuf_init(&b, heap_mem());
  textbuf_add(&b, textbuf_text(&s->docs));
  textbuf_add(&b, text_from(diagnostic_slug(item->code)));
  json_key(o, "codeDescription");
  json_open_object(o);
  json_key(o, "href");
  json_put_text(o, textbuf_text(&b));
  json_close_object(o);
  textbuf_free(&b);
}

static void put_diagnostic(struct json_out *o, const struct lsp *s,
                           const struct lsp_document *d,
                           const struct diagnostic *item) {
  json_open_object(o);
  lsp_put_place(o, "range", d, place_of(item));
  json_key(o, "severity");
  json_put_i64(o, severity_number(item->severity));
  json_key(o, "code");
  json_put_text(o, text_from(diagnostic_slug(item->code)));
  put_link(o, s, item);
  json_key(o, "source");
  json_put_text(o, TEXT("baton"));
  put_message(o, item);
  json_close_object(o);
}

void lsp_publish(struct lsp *s, struct lsp_document *d) {
  struct textbuf b;
  struct json_out o;
  check(d);
  textbuf_init(&b, heap_mem());
  json_out_init(&o, &b);
  json_open_object(&o);
  json_key(&o, "uri");
  json_put_text(&o, textbuf_text(&d->uri));
  json_key(&o, "version");
  json_put_i64(&o, d->version);
  json_key(&o, "diagnostics");
  json_open_list(&o);
  for (size_t i = 0; i < d->diags.count; i++) {
    put_diagnostic(&o, s, d, &d->diags.items[i]);
  }
  json_close_list(&o);
  json_close_object(&o);
  lsp_notify(s, "textDocument/publishDiagnostics", textbuf_text(&b));
  textbuf_free(&b);
}

/* ---- quick fixes */

/* What to put where. */
struct fix {
  char title[160];
  struct symbol_place at;
  struct text text;
};

/* The finding's own edit: what the line should say, without its indentation. */
static bool fix_line(const struct diagnostic *item, struct fix *fix) {
  const struct text line = text_trim(item->source_line);
  const size_t indent = text_find(item->source_line, text_sub(line, 0, 1), 0);
  if (item->edit.len == 0 || line.len == 0) {
    return false;
  }
  const struct text before = text_sub(item->source_line, 0, indent);
  (void)snprintf(fix->title, sizeof fix->title, "Write: %.*s",
                 TEXT_ARG(utf8_cut(item->edit, 120)));
  fix->at = (struct symbol_place){item->line, (uint32_t)utf8_count(before) + 1,
                                  (uint32_t)utf8_count(line)};
  fix->text = item->edit;
  return true;
}

/* The nearest name: "did you mean 'x'?" */
static bool fix_name(const struct diagnostic *item, struct fix *fix) {
  const struct text before = TEXT("did you mean '");
  if (!text_starts(item->hint, before)) {
    return false;
  }
  const size_t end = text_find(item->hint, TEXT("'"), before.len);
  fix->text = text_sub(item->hint, before.len, end - before.len);
  fix->at = place_of(item);
  (void)snprintf(fix->title, sizeof fix->title, "Change to %.*s",
                 TEXT_ARG(fix->text));
  return true;
}

static bool fix_equality(const struct diagnostic *item, struct fix *fix) {
  if (item->code != DIAGNOSTIC_CODE_EQUALITY_IN_ASSIGN) {
    return false;
  }
  fix->text = TEXT("=");
  fix->at = place_of(item);
  (void)snprintf(fix->title, sizeof fix->title, "Change == to =");
  return true;
}

static void put_fix(struct lsp_call *c, const struct lsp_document *d,
                    const struct diagnostic *item, const struct fix *fix) {
  struct json_out *o = c->out;
  json_open_object(o);
  json_key(o, "title");
  json_put_text(o, text_from(fix->title));
  json_key(o, "kind");
  json_put_text(o, TEXT("quickfix"));
  json_key(o, "isPreferred");
  json_put_bool(o, true);
  json_key(o, "diagnostics");
  json_open_list(o);
  put_diagnostic(o, c->server, d, item);
  json_close_list(o);
  json_key(o, "edit");
  json_open_object(o);
  json_key(o, "changes");
  json_open_object(o);
  json_key_text(o, textbuf_text(&d->uri));
  json_open_list(o);
  json_open_object(o);
  lsp_put_place(o, "range", d, fix->at);
  json_key(o, "newText");
  json_put_text(o, fix->text);
  json_close_object(o);
  json_close_list(o);
  json_close_object(o);
  json_close_object(o);
  json_close_object(o);
}

/* Of the findings on these lines, as they were published. */
void lsp_code_action(struct lsp_call *c) {
  const struct lsp_document *d = lsp_document_of(c);
  struct lsp_range range;
  if (d == NULL) {
    return;
  }
  if (!lsp_read_range(json_member(c->params, TEXT("range")), &range)) {
    lsp_fail(c, LSP_CODE_INVALID_PARAMS, "range must be {start, end}.");
    return;
  }
  json_open_list(c->out);
  for (size_t i = 0; i < d->diags.count; i++) {
    const struct diagnostic *item = &d->diags.items[i];
    struct fix fix = {.at = place_of(item)};
    const bool here =
        item->line - 1 >= range.start.line && item->line - 1 <= range.end.line;
    if (here && (fix_line(item, &fix) || fix_name(item, &fix) ||
                 fix_equality(item, &fix))) {
      put_fix(c, d, item, &fix);
    }
  }
  json_close_list(c->out);
}
