#include "studio/symbols.h"

#include "base/check.h"
#include "studio/parser_priv.h"
#include "studio/program.h"
#include "studio/scope_priv.h"
#include "studio/symbols_priv.h"

/* ---- reading */

static bool read(struct symbols *s, struct diagnostics *diags) {
  struct reporter r = {.source = &s->source, .diags = diags};
  if (!lexer_run(&r, &s->arena, &s->tokens) ||
      !parser_run(&r, &s->arena, s->tokens.items, &s->script)) {
    return false;
  }
  s->broken = s->broken || diags->errors > 0;
  return scope_run(&r, &s->arena, &s->script) && symbols_collect(s) &&
         symbols_make_outline(s) && !diags->failed;
}

enum bt_err symbols_read(const struct mem *mem, struct text source,
                         struct symbols **out) {
  struct symbols *s = mem_new(mem, sizeof *s);
  if (s == NULL) {
    return BT_ERR_NOMEM;
  }
  struct diagnostics diags;
  const bool too_long = source.len > PROGRAM_SOURCE_MAX;
  diagnostics_init(&diags, mem);
  s->mem = mem;
  s->broken = too_long;
  arena_init(&s->arena, mem, 0);
  const bool good = source_init(&s->source, &s->arena, TEXT(""),
                                too_long ? TEXT("") : source) &&
                    read(s, &diags);
  diagnostics_free(&diags);
  if (!good) {
    symbols_free(s);
    return BT_ERR_NOMEM;
  }
  *out = s;
  return BT_ERR_OK;
}

void symbols_free(struct symbols *s) {
  if (s != NULL) {
    mem_free(s->mem, s->tokens.items, s->tokens.cap * sizeof *s->tokens.items);
    mem_free(s->mem, s->uses, s->use_cap * sizeof *s->uses);
    mem_free(s->mem, s->outline, s->outline_cap * sizeof *s->outline);
    arena_free(&s->arena);
    mem_free(s->mem, s, sizeof *s);
  }
}

bool symbols_is_broken(const struct symbols *s) {
  return s->broken;
}

/* ---- uses */

size_t symbols_use_count(const struct symbols *s) {
  return s->use_count;
}

const struct symbol_use *symbols_use(const struct symbols *s, size_t i) {
  bt_check(i < s->use_count);
  return &s->uses[i];
}

const struct symbol_use *symbols_find(const struct symbols *s, uint32_t line,
                                      uint32_t column) {
  const struct symbol_use *touching = NULL;
  for (size_t i = 0; i < s->use_count; i++) {
    const struct symbol_place at = s->uses[i].at;
    if (at.line == line && column >= at.column &&
        column - at.column <= at.length) {
      touching = &s->uses[i]; /* of two that touch, the one that begins */
    }
  }
  return touching;
}

bool symbols_is_same(const struct symbol_use *a, const struct symbol_use *b) {
  if (a->kind != b->kind || a->unit != b->unit || a->id != b->id) {
    return false;
  }
  return a->kind != SYMBOL_MEMBER || text_equal(a->name, b->name);
}

const struct symbol_use *symbols_definition(const struct symbols *s,
                                            const struct symbol_use *use) {
  for (size_t i = 0; i < s->use_count; i++) {
    if (s->uses[i].sets && symbols_is_same(&s->uses[i], use)) {
      return &s->uses[i];
    }
  }
  return NULL;
}

size_t symbols_outline_count(const struct symbols *s) {
  return s->outline_count;
}

const struct symbol_outline *symbols_outline(const struct symbols *s,
                                             size_t i) {
  bt_check(i < s->outline_count);
  return &s->outline[i];
}

/* ---- new names */

/* One word that may name a variable, as the lexer reads it. */
static bool is_name(const struct mem *mem, struct text name) {
  struct arena arena;
  struct source source;
  struct tokens tokens = {0};
  struct diagnostics diags;
  arena_init(&arena, mem, 0);
  diagnostics_init(&diags, mem);
  struct reporter r = {.source = &source, .diags = &diags};
  const bool good =
      source_init(&source, &arena, TEXT(""), name) &&
      lexer_run(&r, &arena, &tokens) && tokens.count >= 2 &&
      tokens.items[0].kind == TOKEN_WORD && tokens.items[0].to == name.len &&
      tokens.items[0].from == 0 && !keyword_is_hard(tokens.items[0].keyword);
  mem_free(mem, tokens.items, tokens.cap * sizeof *tokens.items);
  diagnostics_free(&diags);
  arena_free(&arena);
  return good;
}

static bool is_machines_own(struct text name) {
  return text_equal_nocase(name, TEXT("_ERR")) ||
         text_equal_nocase(name, TEXT("_ERRLINE")) ||
         text_equal_nocase(name, TEXT(SCOPE_RESULT)) ||
         text_equal_nocase(name, TEXT("event"));
}

static bool is_taken(const struct symbols *s, const struct symbol_use *use,
                     struct text name) {
  for (size_t i = 0; i < s->use_count; i++) {
    const struct symbol_use *other = &s->uses[i];
    const bool counts = other->kind != SYMBOL_MEMBER &&
                        other->kind != SYMBOL_SECTION &&
                        !symbols_is_same(other, use);
    if (counts && text_equal_nocase(other->name, name)) {
      return true;
    }
  }
  return false;
}

static bool is_global(struct text name) {
  return text_equal_nocase(text_sub(name, 0, 7), TEXT("global:"));
}

const char *symbols_rename_refusal(const struct symbols *s,
                                   const struct symbol_use *use,
                                   struct text name) {
  if (s->broken) {
    return "The script has errors: mend them first, so that no place is missed.";
  }
  if (use->kind != SYMBOL_VARIABLE && use->kind != SYMBOL_PARAMETER &&
      use->kind != SYMBOL_FUNCTION) {
    return "Only variables, parameters and functions of the script have names "
           "of their own.";
  }
  if (is_machines_own(use->name) || is_machines_own(name)) {
    return "The machine itself sets _ERR, _ERRLINE, _RETURN and event.";
  }
  if (!is_name(s->mem, name)) {
    return "This cannot be a name: letters, digits, _ and $, first a letter or "
           "_, and no keyword.";
  }
  if (!text_equal_nocase(use->name, name) && is_taken(s, use, name)) {
    return "This name stands for something else in this script.";
  }
  if (text_ends(use->name, TEXT("$")) != text_ends(name, TEXT("$"))) {
    return "A name that ends in $ always holds text: the $ must stay as it is.";
  }
  if (is_global(use->name) != is_global(name)) {
    return "global: says where the variable lives, and must stay as it is.";
  }
  return NULL;
}
