/* parser_priv.h - from tokens to a tree, reporting every error of the file. */
#ifndef BATON_STUDIO_PARSER_PRIV_H
#define BATON_STUDIO_PARSER_PRIV_H

#include "studio/ast_priv.h"
#include "studio/lexer_priv.h"

enum {
  PARSER_DEPTH_MAX = 100, /* blocks and parentheses within each other */
  PARSER_UNITS_MAX = 1000 /* functions and sections */
};

/* How an open block is closed. */
struct opener {
  enum keyword keyword; /* IF, FOR, … that opened it */
  struct place at;
  bool brace;
  bool lost; /* its header or its closer: that none comes is no news */
  const struct opener *outer;
};

struct parser {
  struct reporter *reporter;
  struct arena *arena;
  const struct token *tokens;
  size_t at;
  const struct opener *open; /* innermost block */
  struct script *script;
  struct unit *unit; /* being read */
  struct unit **units_end;
  unsigned loops;  /* loops of this unit around this place */
  unsigned parens; /* open ( and [: lines end anywhere in them */
  unsigned depth;
  unsigned foreign_open; /* of those without braces, that may have an END */
  unsigned foreign; /* blocks of other languages that were reported, as bits */
  const struct opener *given_up; /* closed by what does not fit */
  bool lost_blocks;              /* which block a line is in is uncertain */
  struct place reported; /* the last error: at one place one is enough */
  bool too_deep; /* was reported: once for a file that has gone wrong so far */
  bool panic;    /* an error was reported: quiet until the next statement */
  bool failed;   /* no memory */
};

/* Reads the whole of @tokens (the last is TOKEN_END) into @script, which is as
 * good as its errors allow. False: no memory. */
bool parser_run(struct reporter *r, struct arena *arena,
                const struct token *tokens, struct script *script);

/* ---- between the parser's own files */

/* The next token; inside ( ) and [ ] line ends are passed over. */
const struct token *parser_peek(struct parser *p);
const struct token *parser_next(struct parser *p); /* takes it */
bool parser_take(struct parser *p, enum token_kind kind);
bool parser_at(struct parser *p, enum token_kind kind);
bool parser_at_keyword(struct parser *p, enum keyword keyword);
bool parser_take_keyword(struct parser *p, enum keyword keyword);
/* Reports that @what was expected here, unless in panic; begins panic. */
void parser_expected(struct parser *p, const char *what);
/* The same with the cure @hint, unless the token at hand has one of its own. */
void parser_expected_hint(struct parser *p, const char *what, const char *hint);
/* The same for what closes @open, which the cure names if it is on an earlier
 * line. */
void parser_expected_closer(struct parser *p, const char *what,
                            const struct token *open);
/* The same with words of its own. */
__attribute__((format(printf, 3, 4))) void
parser_error(struct parser *p, struct finding f, const char *format, ...);
bool parser_expect(struct parser *p, enum token_kind kind, const char *what);
void parser_skip_newlines(struct parser *p);
/* Counts a level of nesting; false (and reported) when there are too many. */
bool parser_enter(struct parser *p);
void parser_leave(struct parser *p);
void *parser_new(struct parser *p, size_t size);

/* NULL after an error. */
struct expr *parser_expr(struct parser *p);
/* An object written out, { … }, where a value is expected: reported and read
 * over. */
bool parser_reject_object(struct parser *p);
/* Is { "name": … at hand? */
bool parser_at_json(const struct parser *p);
/* Behind the brace that matches the one at hand, if one does. */
void parser_skip_braces(struct parser *p);
/* A name with members, indexes and calls behind it. NULL after an error. */
struct expr *parser_path(struct parser *p);
/* The same behind any value: "text".method() */
struct expr *parser_value(struct parser *p);

/* Is a block in braces what follows the header at hand? */
bool parser_opens_brace(const struct parser *p);

/* Reads a statement; NULL when it left nothing to execute. */
struct stmt *parser_stmt(struct parser *p);
/* FUNCTION and ON: become units of the script. */
void parser_function(struct parser *p);
void parser_section(struct parser *p);
/* Reads a body, brace or keyword, with its closer. @ELSE of an IF is left. */
void parser_body(struct parser *p, enum keyword keyword, struct place at,
                 struct block *out, bool *brace);
/* Reads over a block in braces that belongs to nothing, if one is next; its
 * errors count. */
void parser_reject_block(struct parser *p);
/* The block that is open up to the keyword or brace that closes it, which is
 * left standing; what does not fit is reported. */
void parser_statements(struct parser *p, struct block *out);
/* Takes the closer of @o, or reports that it is missing. */
void parser_close(struct parser *p, const struct opener *o);
/* Does the ELSE at token @at belong to an IF in braces that stands directly in
 * a keyword IF, and not to that one? */
bool parser_else_is_inner(const struct parser *p, size_t at);
/* Is there an END IF behind @at for one IF more than is open here? */
bool parser_if_is_closed(const struct parser *p, size_t at);
/* How many braces more are closed behind this place than are open in it? */
int parser_surplus_braces(const struct parser *p);
/* The keyword that the closer at @at names: IF for END IF and ENDIF; NONE if no
 * keyword closer stands there. */
enum keyword parser_closed_keyword(const struct parser *p, size_t at);
/* What the next closer of a SELECT or a SWITCH names. */
enum keyword parser_lost_keyword(const struct parser *p);
/* Has it a block that END and its name close? */
bool parser_opens_block(enum keyword keyword);
/* SELECT and SWITCH behind their header. */
struct arm *parser_cases(struct parser *p, enum keyword keyword,
                         struct place at);
/* A label outside of SELECT and SWITCH, which was reported: its block, those
 * behind it, and their closer. @brace: that is one. */
void parser_lost_cases(struct parser *p, enum keyword keyword, bool brace);
/* What a word of another language is here; empty for others. */
struct text parser_habit(struct text word);
/* The same for a function or a method. */
struct text parser_call_habit(struct text name);
/* How the call is written whose name stands where a statement begins; empty
 * for the name of none. */
struct text parser_call_hint(struct text word, struct textbuf *out);
/* A statement with a block of another language, WHILE x, TRY {, or the closer
 * of one: reported once, and passed. False, and nothing done, for others. */
bool parser_take_foreign(struct parser *p);
/* Is END WHILE, WEND … at hand, after such a block? */
bool parser_at_foreign_end(const struct parser *p);
/* Is ELSEIF, ELSIF or ELIF at hand? */
bool parser_at_elseif(const struct parser *p);
/* The cure for the token @t that stands where it cannot; empty if none is
 * known. @first: there is no token before it. */
struct text parser_found_hint(const struct token *t, bool first);
void parser_skip_line(struct parser *p); /* recovery: to a line end or brace */

#endif
