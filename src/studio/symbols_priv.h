/* symbols_priv.h - how the names of a script are kept. */
#ifndef BATON_STUDIO_SYMBOLS_PRIV_H
#define BATON_STUDIO_SYMBOLS_PRIV_H

#include "base/arena.h"
#include "studio/ast_priv.h"
#include "studio/lexer_priv.h"
#include "studio/symbols.h"

struct symbols {
  const struct mem *mem;
  struct arena arena;
  struct source source;
  struct tokens tokens;
  struct script script;
  bool broken;
  struct symbol_use *uses; /* in the order of the text */
  size_t use_count, use_cap;
  struct symbol_outline *outline;
  size_t outline_count, outline_cap;
};

/* ---- symbols_walk.c: fills in the uses. False: no memory. */
bool symbols_collect(struct symbols *s);

/* ---- symbols_outline.c. False: no memory. */
bool symbols_make_outline(struct symbols *s);

/* "(a, b)" of a function; in the arena, empty if there is no memory. */
struct text symbols_params(struct symbols *s, const struct unit *unit);
/* The function of this name; NULL if there is none. */
const struct unit *symbols_function(const struct symbols *s, struct text name);

#endif
