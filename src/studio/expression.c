/* An expression, from its text to a part of a program. */
#include "studio/expression_priv.h"

#include <string.h>

#include "base/check.h"
#include "studio/parser_priv.h"

/* The whole text is one expression, or it is reported. */
static struct expr *parse(struct reporter *r, struct arena *arena,
                          const struct token *tokens, bool *no_memory) {
  struct script script = {0};
  struct parser p = {
      .reporter = r, .arena = arena, .tokens = tokens, .script = &script};
  struct expr *e = parser_expr(&p);
  parser_skip_newlines(&p);
  if (!p.panic && !parser_at(&p, TOKEN_END)) {
    parser_expected(&p, "the end of the expression");
  }
  *no_memory = p.failed;
  return e;
}

static enum bt_err understand(struct reporter *r,
                              const struct expression_source *from,
                              struct arena *arena, struct expr **out) {
  struct tokens tokens = {0};
  bool no_memory = !lexer_run(r, arena, &tokens);
  struct expr *e = NULL;
  if (!no_memory) {
    e = parse(r, arena, tokens.items, &no_memory);
  }
  mem_free(arena->mem, tokens.items, tokens.cap * sizeof *tokens.items);
  if (no_memory || r->diags->failed) {
    return BT_ERR_NOMEM;
  }
  if (e == NULL || r->diags->errors > 0) {
    return BT_ERR_SYNTAX;
  }
  const struct scope_place at = {&from->program->script,
                                 from->program->parts[from->of].unit};
  scope_bind_expression(r, &at, e);
  *out = e;
  if (r->diags->failed) {
    return BT_ERR_NOMEM;
  }
  return r->diags->errors > 0 ? BT_ERR_SYNTAX : BT_ERR_OK;
}

static enum bt_err compile(const struct expression_source *from,
                           struct diagnostics *diags, struct expression *out) {
  struct program *p = &out->program;
  struct source source;
  struct expr *e = NULL;
  if (!source_init(&source, &p->arena, TEXT("expression"), from->source)) {
    return BT_ERR_NOMEM;
  }
  struct reporter r = {.source = &source, .diags = diags};
  const enum bt_err err = understand(&r, from, &p->arena, &e);
  if (err != BT_ERR_OK) {
    return err;
  }
  if (!compiler_run_expression(&r, out, from->program->parts[from->of].unit,
                               e)) {
    return BT_ERR_NOMEM;
  }
  return diags->errors > 0 ? BT_ERR_SYNTAX : BT_ERR_OK;
}

enum bt_err expression_compile(const struct mem *mem,
                               const struct expression_source *from,
                               struct diagnostics *diags,
                               struct expression *out) {
  bt_check(diags->errors == 0);
  *out = (struct expression){.program = *from->program,
                             .part = from->program->script.unit_count};
  out->program.mem = mem;
  arena_init(&out->program.arena, mem, 0);
  const enum bt_err err = compile(from, diags, out);
  if (err != BT_ERR_OK) {
    expression_free(out);
  }
  return err;
}

void expression_free(struct expression *e) {
  arena_free(&e->program.arena);
}
