/* lexer_scan_priv.h - the lexer's hands: places, names, quoted texts. */
#ifndef BATON_STUDIO_LEXER_SCAN_PRIV_H
#define BATON_STUDIO_LEXER_SCAN_PRIV_H

#include "studio/lexer_priv.h"

struct lexer {
  struct reporter *reporter;
  struct arena *arena;
  struct tokens *out;
  struct text text;
  size_t at;
  uint32_t line;
  size_t line_at;    /* where the line begins */
  size_t line_first; /* its first token */
  size_t line_found; /* its first diagnostic */
  uint32_t column;   /* of column_at: places are asked for in order */
  size_t column_at;
  uint32_t pasted_on;  /* the last line with a note on a pasted character */
  bool no_comment_end; /* was found to the end of the file */
  bool returned;       /* a line end of CR alone was reported */
  unsigned depth;      /* of texts within texts */
  bool failed;         /* no memory */
};

/* The kinds of quotation mark; .length is 0 where there is none. */
struct quote {
  size_t length;
  char plain; /* the mark that is meant: " or ' */
  bool pasted;
};

void lexer_token(struct lexer *l); /* at least one byte on */

/* The byte at the place @ahead; -1 at the end. */
int scan_peek(const struct lexer *l, size_t ahead);
struct quote scan_quote_at(const struct lexer *l, size_t at);
bool scan_is_full_width(const struct lexer *l, size_t at);
bool scan_name_starts(const struct lexer *l, size_t at);
void scan_name(struct lexer *l);   /* to its end */
void scan_blanks(struct lexer *l); /* and comments; not line ends */
void scan_new_line(struct lexer *l);
/* Notes, once a line, that the mark here was taken for a plain one. */
void scan_note_pasted_quote(struct lexer *l, size_t length);
/* Is the token before a value, so that a dot after it selects a member? */
bool scan_follows_value(const struct lexer *l);
bool scan_follows_dot(const struct lexer *l);
/* A token from @from to here. NULL: no memory (and l->failed). */
struct token *scan_push(struct lexer *l, enum token_kind kind, size_t from);
void scan_error(struct lexer *l, enum diagnostic_code code, size_t from,
                const char *message, const char *hint);
/* Reports the bytes here that are no UTF-8, all of a row at once, and passes
 * them. */
void scan_bad_bytes(struct lexer *l);
/* A sign of another language: reported, with what belongs to it passed over.
 * False, and nothing done, if none is next. */
bool scan_foreign(struct lexer *l);
/* A quoted text, whose mark is next; @escapes as in $"…". */
void scan_text(struct lexer *l, bool escapes);

#endif
