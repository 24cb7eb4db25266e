/* What each name of a script is, for colours that a grammar cannot know. */
#include "cli/lsp.h"

enum { DECLARATION = 1, MODIFICATION = 2, DEFAULT_LIBRARY = 4 };

/* The legend: a type is named by its place here, a modifier by its bit above.
 */
static const char legend[] =
    "{\"legend\":{\"tokenTypes\":[\"variable\",\"parameter\",\"function\","
    "\"method\",\"event\",\"property\"],\"tokenModifiers\":[\"declaration\","
    "\"modification\",\"defaultLibrary\"]},\"full\":true}";

enum token { VARIABLE, PARAMETER, FUNCTION, METHOD, EVENT, PROPERTY };

void lsp_put_token_legend(struct json_out *o) {
  json_put_raw(o, text_from(legend));
}

static enum token token_of(const struct symbol_use *use) {
  switch (use->kind) {
  case SYMBOL_PARAMETER:
    return PARAMETER;
  case SYMBOL_FUNCTION:
  case SYMBOL_BUILTIN:
  case SYMBOL_ACTION:
    return use->is_method ? METHOD : FUNCTION;
  case SYMBOL_SECTION:
    return EVENT;
  case SYMBOL_MEMBER:
    return PROPERTY;
  case SYMBOL_VARIABLE:
    break;
  }
  return VARIABLE;
}

static unsigned modifiers_of(const struct symbol_use *use) {
  if (use->kind == SYMBOL_BUILTIN || use->kind == SYMBOL_ACTION) {
    return DEFAULT_LIBRARY;
  }
  if (!use->sets) {
    return 0;
  }
  return use->is_first ? DECLARATION | MODIFICATION : MODIFICATION;
}

/* Lines and columns count from the token before. False: it begins where that
 * one does, or before. */
static bool put_token(struct json_out *o, struct lsp_range at,
                      struct lsp_position *last, const struct symbol_use *use) {
  const uint32_t lines = at.start.line - last->line;
  const uint32_t from = lines == 0 ? last->character : 0;
  if (at.start.line < last->line || at.start.character < from ||
      at.end.line != at.start.line) {
    return false;
  }
  json_put_u64(o, lines);
  json_put_u64(o, at.start.character - from);
  json_put_u64(o, at.end.character - at.start.character);
  json_put_u64(o, token_of(use));
  json_put_u64(o, modifiers_of(use));
  *last = at.start;
  return true;
}

void lsp_semantic_tokens(struct lsp_call *c) {
  struct lsp_document *d = lsp_document_of(c);
  const struct symbols *s = d == NULL ? NULL : lsp_symbols_of(c, d);
  struct lsp_position last = {0, 0};
  const struct symbol_use *before = NULL;
  if (s == NULL) {
    return;
  }
  json_open_object(c->out);
  json_key(c->out, "data");
  json_open_list(c->out);
  for (size_t i = 0; i < symbols_use_count(s); i++) {
    const struct symbol_use *use = symbols_use(s, i);
    const bool again = before != NULL && before->at.line == use->at.line &&
                       before->at.column == use->at.column;
    if (!again && put_token(c->out, lsp_range_of(d, use->at), &last, use)) {
      before = use;
    }
  }
  json_close_list(c->out);
  json_close_object(c->out);
}
