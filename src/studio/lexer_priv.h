/* lexer_priv.h - from source text to words and signs. */
#ifndef BATON_STUDIO_LEXER_PRIV_H
#define BATON_STUDIO_LEXER_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "studio/source_priv.h"

#define TOKEN(name, text) TOKEN_##name,
enum token_kind {
#include "studio/tokens.def"
  TOKENS
};
#undef TOKEN

#define KEYWORD(name, text, use) KEYWORD_##name,
enum keyword {
  KEYWORD_NONE,
#include "studio/tokens.def"
  KEYWORDS
};
#undef KEYWORD

/* A quoted text with substitutions is TEXT_OPEN, then TEXT for each literal
 * part and SUBST_OPEN … SUBST_CLOSE round the tokens of each expression, then
 * TEXT_CLOSE. One without is a single TEXT. DATE stands
 * before the text of a date. */
struct token {
  enum token_kind kind;
  enum keyword keyword; /* of a WORD */
  struct place at;
  uint32_t from, to; /* its bytes in the source */
  struct text text;  /* of a WORD as written; of a TEXT its content */
  double number;
  bool unclosed; /* BAD: a text that has no mark at its end */
};

struct tokens {
  struct token *items; /* the last one is TOKEN_END */
  size_t count, cap;
};

const char *token_kind_text(enum token_kind kind);
const char *keyword_text(enum keyword keyword);
bool keyword_is_hard(enum keyword keyword);

/* All tokens of the source; what is malformed is reported and becomes BAD.
 * Texts live in @arena or borrow the source. False: no memory. The caller
 * frees the array: mem_free(mem, items, cap * sizeof *items). */
bool lexer_run(struct reporter *r, struct arena *arena, struct tokens *out);

#endif
