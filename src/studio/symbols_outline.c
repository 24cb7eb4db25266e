/* Functions, sections and variables of a script, with the lines they take. */
#include "studio/symbols_priv.h"

static bool add(struct symbols *s, struct symbol_outline item) {
  if (!mem_grow(s->mem, &s->outline, &s->outline_cap, s->outline_count + 1,
                sizeof *s->outline)) {
    return false;
  }
  s->outline[s->outline_count++] = item;
  return true;
}

struct text symbols_params(struct symbols *s, const struct unit *unit) {
  struct textbuf b;
  textbuf_init(&b, s->mem);
  textbuf_add_char(&b, '(');
  for (const struct param *p = unit->params; p != NULL; p = p->next) {
    textbuf_add(&b, p == unit->params ? TEXT("") : TEXT(", "));
    textbuf_add(&b, p->name);
  }
  textbuf_add_char(&b, ')');
  struct text copy = arena_copy_text(&s->arena, textbuf_text(&b));
  if (b.failed || copy.ptr == NULL) {
    copy = TEXT("");
  }
  textbuf_free(&b);
  return copy;
}

const struct unit *symbols_function(const struct symbols *s, struct text name) {
  for (const struct unit *u = s->script.units; u != NULL; u = u->next) {
    if (u->kind == UNIT_FUNCTION && text_equal_nocase(u->name, name)) {
      return u;
    }
  }
  return NULL;
}

/* ---- where a unit ends */

static bool is_at_or_after(struct place a, struct place b) {
  return a.line != b.line ? a.line > b.line : a.column >= b.column;
}

/* The line of the brace that matches the one at @at. */
static uint32_t brace_end(const struct symbols *s, size_t at) {
  size_t depth = 0;
  for (; s->tokens.items[at].kind != TOKEN_END; at++) {
    depth += s->tokens.items[at].kind == TOKEN_BRACE_OPEN;
    if (s->tokens.items[at].kind == TOKEN_BRACE_CLOSE && --depth == 0) {
      break;
    }
  }
  return s->tokens.items[at].at.line;
}

static uint32_t keyword_end(const struct symbols *s, size_t at,
                            enum keyword keyword) {
  for (; s->tokens.items[at].kind != TOKEN_END; at++) {
    const struct token *t = &s->tokens.items[at];
    const bool end = t->kind == TOKEN_WORD && t->keyword == KEYWORD_END;
    if (end && t[1].kind == TOKEN_WORD && t[1].keyword == keyword) {
      break;
    }
  }
  return s->tokens.items[at].at.line;
}

/* The first token of the body, behind name and parameters. */
static size_t body_of(const struct symbols *s, const struct unit *u) {
  size_t at = 0;
  while (s->tokens.items[at].kind != TOKEN_END &&
         !is_at_or_after(s->tokens.items[at].at, u->at)) {
    at++;
  }
  while (s->tokens.items[at].kind != TOKEN_END &&
         s->tokens.items[at].kind != TOKEN_NEWLINE &&
         s->tokens.items[at].kind != TOKEN_BRACE_OPEN) {
    at++;
  }
  while (s->tokens.items[at].kind == TOKEN_NEWLINE) {
    at++;
  }
  return at;
}

static uint32_t last_line(const struct symbols *s, const struct unit *u) {
  const size_t at = body_of(s, u);
  return s->tokens.items[at].kind == TOKEN_BRACE_OPEN
             ? brace_end(s, at)
             : keyword_end(s, at,
                           u->kind == UNIT_FUNCTION ? KEYWORD_FUNCTION
                                                    : KEYWORD_ON);
}

/* ---- */

static bool add_units(struct symbols *s) {
  for (const struct unit *u = s->script.units; u != NULL; u = u->next) {
    if (u->kind == UNIT_MAIN || u->name.len == 0) {
      continue;
    }
    const bool function = u->kind == UNIT_FUNCTION;
    const struct symbol_outline item = {
        .kind = function ? SYMBOL_FUNCTION : SYMBOL_SECTION,
        .name = u->name,
        .detail = function ? symbols_params(s, u) : TEXT(""),
        .at = {u->at.line, u->at.column, u->at.length},
        .last_line = last_line(s, u)};
    if (!add(s, item)) {
      return false;
    }
  }
  return true;
}

/* Of the variables of the script, where each is set first. */
static bool add_variables(struct symbols *s) {
  bool *seen = arena_alloc(&s->arena, s->script.variable_count + 1);
  if (seen == NULL) {
    return false;
  }
  for (size_t i = 0; i < s->use_count; i++) {
    const struct symbol_use *u = &s->uses[i];
    if (u->kind != SYMBOL_VARIABLE || u->unit != 0 || !u->sets ||
        u->id >= s->script.variable_count || seen[u->id]) {
      continue;
    }
    seen[u->id] = true;
    if (!add(s, (struct symbol_outline){.kind = SYMBOL_VARIABLE,
                                        .name = u->name,
                                        .detail = TEXT(""),
                                        .at = u->at,
                                        .last_line = u->at.line})) {
      return false;
    }
  }
  return true;
}

bool symbols_make_outline(struct symbols *s) {
  return add_units(s) && add_variables(s);
}
