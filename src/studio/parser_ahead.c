/* Looking ahead: which closer belongs to what, and which braces have another.
 */
#include "studio/parser_priv.h"

enum { LOOK_AHEAD_MAX = 10000 }; /* tokens: nobody's block is longer */

static const struct token *token_at(const struct parser *p, size_t at) {
  return &p->tokens[at];
}

/* Where the header that begins at @at ends: at its '{' or its line end. */
static size_t header_end(const struct parser *p, size_t at) {
  unsigned parens = 0;
  for (;; at++) {
    switch ((unsigned)token_at(p, at)->kind) {
    case TOKEN_PAREN_OPEN:
    case TOKEN_BRACKET_OPEN:
      parens++;
      break;
    case TOKEN_PAREN_CLOSE:
    case TOKEN_BRACKET_CLOSE:
      parens -= parens > 0;
      break;
    case TOKEN_NEWLINE:
      if (parens == 0) {
        return at;
      }
      break;
    case TOKEN_BRACE_OPEN:
    case TOKEN_BRACE_CLOSE:
    case TOKEN_END:
      return at;
    default:
      break;
    }
  }
}

static bool opens_brace(const struct parser *p, size_t at) {
  at = header_end(p, at);
  while (token_at(p, at)->kind == TOKEN_NEWLINE) {
    at++;
  }
  return token_at(p, at)->kind == TOKEN_BRACE_OPEN;
}

bool parser_opens_brace(const struct parser *p) {
  return opens_brace(p, p->at);
}

static bool begins_statement(const struct parser *p, size_t at) {
  const enum token_kind before = token_at(p, at - 1)->kind;
  return before == TOKEN_NEWLINE || before == TOKEN_BRACE_OPEN ||
         before == TOKEN_BRACE_CLOSE;
}

/* Keyword blocks that were opened within a stretch of tokens. */
struct nesting {
  unsigned ifs, others, braces;
};

/* False: here ends the block that surrounds the stretch. */
static bool count_closer(struct nesting *n, enum keyword keyword,
                         unsigned *unmatched) {
  if (keyword != KEYWORD_IF) {
    return n->others-- > 0;
  }
  *unmatched += n->ifs == 0;
  n->ifs -= n->ifs > 0;
  return true;
}

/* END alone, as other languages close any block. */
static bool is_bare_end(const struct parser *p, size_t at) {
  const enum token_kind behind = token_at(p, at + 1)->kind;
  return token_at(p, at)->keyword == KEYWORD_END &&
         (behind == TOKEN_NEWLINE || behind == TOKEN_END);
}

static bool count_bare_end(struct nesting *n, unsigned *unmatched) {
  if (n->others > 0) {
    n->others--;
  } else {
    (void)count_closer(n, KEYWORD_IF, unmatched);
  }
  return true;
}

static bool count_token(const struct parser *p, size_t at, struct nesting *n,
                        unsigned *unmatched) {
  const struct token *t = token_at(p, at);
  if (t->kind == TOKEN_BRACE_OPEN) {
    n->braces++;
    return true;
  }
  if (t->kind == TOKEN_BRACE_CLOSE) {
    return n->braces-- > 0;
  }
  if (t->kind != TOKEN_WORD || !begins_statement(p, at)) {
    return true;
  }
  const enum keyword closed = parser_closed_keyword(p, at);
  if (is_bare_end(p, at)) {
    return count_bare_end(n, unmatched);
  }
  if (closed != KEYWORD_NONE) {
    return count_closer(n, closed, unmatched);
  }
  if (parser_opens_block(t->keyword) && !opens_brace(p, at)) {
    n->ifs += t->keyword == KEYWORD_IF;
    n->others += t->keyword != KEYWORD_IF;
  }
  return true;
}

/* How many END IF from @at to the end of the surrounding block close an IF
 * that was opened before @at? */
static unsigned count_closers(const struct parser *p, size_t at) {
  struct nesting n = {0};
  unsigned unmatched = 0;
  const size_t end = at + LOOK_AHEAD_MAX;
  while (at < end && token_at(p, at)->kind != TOKEN_END &&
         count_token(p, at, &n, &unmatched)) {
    at++;
  }
  return unmatched;
}

/* The keyword IFs that stand directly in each other here. */
static unsigned open_ifs(const struct parser *p) {
  unsigned open = 0;
  for (const struct opener *o = p->open;
       o != NULL && o->keyword == KEYWORD_IF && !o->brace; o = o->outer) {
    open++;
  }
  return open;
}

bool parser_if_is_closed(const struct parser *p, size_t at) {
  return count_closers(p, at) > open_ifs(p);
}

bool parser_else_is_inner(const struct parser *p, size_t at) {
  const struct opener *o = p->open;
  const bool same_line =
      at > 0 && token_at(p, at - 1)->kind == TOKEN_BRACE_CLOSE;
  const bool in_keyword_if = o != NULL && o->keyword == KEYWORD_IF && !o->brace;
  if (same_line || !in_keyword_if || opens_brace(p, at)) {
    return true;
  }
  return parser_if_is_closed(p, at + 1);
}

enum keyword parser_lost_keyword(const struct parser *p) {
  for (size_t at = p->at;
       at < p->at + LOOK_AHEAD_MAX && token_at(p, at)->kind != TOKEN_END;
       at++) {
    const enum keyword closed = parser_closed_keyword(p, at);
    if (closed == KEYWORD_SWITCH || closed == KEYWORD_SELECT) {
      return closed;
    }
  }
  return KEYWORD_SELECT;
}

int parser_surplus_braces(const struct parser *p) {
  int open = 0, unmatched = 0, inner = 0;
  for (const struct opener *o = p->open; o != NULL; o = o->outer) {
    open += o->brace;
  }
  for (size_t at = p->at; at < p->at + LOOK_AHEAD_MAX; at++) {
    const enum token_kind kind = token_at(p, at)->kind;
    if (kind == TOKEN_END) {
      break;
    }
    inner += kind == TOKEN_BRACE_OPEN;
    if (kind == TOKEN_BRACE_CLOSE) {
      unmatched += inner == 0;
      inner -= inner > 0;
    }
  }
  return unmatched - open;
}
