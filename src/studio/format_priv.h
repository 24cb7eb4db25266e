/* format_priv.h - what the parts of the formatter share. */
#ifndef BATON_STUDIO_FORMAT_PRIV_H
#define BATON_STUDIO_FORMAT_PRIV_H

#include "studio/ast_priv.h"
#include "studio/lexer_priv.h"

enum { FORMAT_INDENT = 2 }; /* blanks a level */

/* A block that is open: IF, FOR, CASE … */
struct format_block {
  enum keyword keyword;
  bool brace;
  size_t opener;  /* its token; of ELSE the IF that it belongs to */
  unsigned depth; /* of its header */
};

struct formatter {
  const struct mem *mem;
  struct text source;
  const struct token *tokens;
  size_t *owners; /* of an ELSE: its IF's token and 1; else 0 */
  struct textbuf *out;

  size_t at; /* the token to be written */
  struct format_block *blocks;
  size_t block_count, block_cap;
  struct format_block head; /* of the header that is being written */
  bool in_header;
  bool begins;         /* a statement begins here */
  bool brace_is_there; /* a { that stands on a later line is written already */

  unsigned depth;  /* of the next line */
  unsigned parens; /* open ( and [ */
  bool line_open;  /* something stands on the line */
  bool blank;      /* a blank line comes first */

  enum token_kind before; /* the last token on this line */
  bool value_before;      /* it ends a value */
  bool sign_before;       /* it is the minus of a number */
  enum keyword keyword_before;
  bool failed; /* no memory */
};

/* ---- format_layout.c */

void format_lines(struct formatter *f);

/* ---- format_words.c */

/* May the soft keyword at @at be one, or is it a variable that is set? */
bool format_is_set(const struct formatter *f, size_t at);
bool format_is_word(const struct formatter *f, size_t at, enum keyword keyword);
/* Writes the token at f->at, a whole quoted text at once, and goes on. */
void format_token(struct formatter *f);
/* A blank before it, if something stands on the line. */
void format_add(struct formatter *f, struct text text);

#endif
