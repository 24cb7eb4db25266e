/* Blocks: what opens them, what closes them, and what does not fit. */
#include "base/check.h"
#include "studio/parser_priv.h"

static const struct closer {
  enum keyword keyword; /* that opens */
  const char *text;     /* that closes */
} closers[] = {
    {KEYWORD_IF, "END IF"},
    {KEYWORD_FOR, "END FOR"},
    {KEYWORD_FOREACH, "END FOREACH"},
    {KEYWORD_REPEAT, "END REPEAT"},
    {KEYWORD_SELECT, "END SELECT"},
    {KEYWORD_SWITCH, "END SWITCH"},
    {KEYWORD_FUNCTION, "END FUNCTION"},
    {KEYWORD_ON, "END ON"},
};

static const char *closer_text(const struct opener *o) {
  if (o->brace) {
    return "}";
  }
  for (size_t i = 0; i < sizeof closers / sizeof closers[0]; i++) {
    if (closers[i].keyword == o->keyword) {
      return closers[i].text;
    }
  }
  bt_check_failed("every opener has a closer", __FILE__, __LINE__, __func__);
}

/* ---- what stands at the beginning of a statement? */

static const struct token *token_at(const struct parser *p, size_t at) {
  return &p->tokens[at];
}

static bool is_word(const struct token *t, enum keyword keyword) {
  return t->kind == TOKEN_WORD && t->keyword == keyword;
}

/* END, NEXT … may also be a variable that is being set. */
static bool is_set(const struct parser *p, size_t at) {
  const enum token_kind kind = token_at(p, at + 1)->kind;
  return kind == TOKEN_ASSIGN || kind == TOKEN_EQ || kind == TOKEN_DOT ||
         kind == TOKEN_BRACKET_OPEN;
}

static bool is_opener_word(enum keyword keyword) {
  for (size_t i = 0; i < sizeof closers / sizeof closers[0]; i++) {
    if (closers[i].keyword == keyword) {
      return true;
    }
  }
  return false;
}

/* The keyword that the closer at @at names: IF for END IF and ENDIF; NONE if
 * no keyword closer stands there. */
static enum keyword closed_keyword(const struct parser *p, size_t at) {
  const struct token *t = token_at(p, at);
  if (t->kind != TOKEN_WORD || is_set(p, at)) {
    return KEYWORD_NONE;
  }
  if (t->keyword == KEYWORD_ENDIF) {
    return KEYWORD_IF;
  }
  if (t->keyword == KEYWORD_NEXT) {
    return KEYWORD_FOR;
  }
  const struct token *named = token_at(p, at + 1);
  return t->keyword == KEYWORD_END && named->kind == TOKEN_WORD &&
                 is_opener_word(named->keyword)
             ? named->keyword
             : KEYWORD_NONE;
}

/* END alone on its line: other languages close any block so. */
static bool is_bare_end(const struct parser *p) {
  if (!is_word(token_at(p, p->at), KEYWORD_END)) {
    return false;
  }
  const enum token_kind behind = token_at(p, p->at + 1)->kind;
  return behind == TOKEN_NEWLINE || behind == TOKEN_END;
}

/* Does the token at hand end a block of some kind? */
static bool ends_some_block(const struct parser *p) {
  const struct token *t = token_at(p, p->at);
  return is_bare_end(p) || t->kind == TOKEN_BRACE_CLOSE ||
         is_word(t, KEYWORD_ELSE) || is_word(t, KEYWORD_CASE) ||
         is_word(t, KEYWORD_DEFAULT) ||
         closed_keyword(p, p->at) != KEYWORD_NONE;
}

/* A CASE without braces has no closer of its own. */
static bool is_keyword_case(const struct opener *o) {
  return o != NULL && o->keyword == KEYWORD_CASE && !o->brace;
}

/* The innermost block that has a closer. */
static const struct opener *innermost(const struct parser *p) {
  return is_keyword_case(p->open) ? p->open->outer : p->open;
}

/* … this one? */
static bool ends(const struct parser *p, const struct opener *o) {
  const struct token *t = token_at(p, p->at);
  if (is_bare_end(p)) {
    return !o->brace && o == innermost(p);
  }
  if (o->brace && o->keyword != KEYWORD_CASE) {
    return t->kind == TOKEN_BRACE_CLOSE;
  }
  if (o->keyword == KEYWORD_CASE) {
    return o->brace ? t->kind == TOKEN_BRACE_CLOSE
                    : is_word(t, KEYWORD_CASE) || is_word(t, KEYWORD_DEFAULT);
  }
  if (o->keyword == KEYWORD_IF && is_word(t, KEYWORD_ELSE)) {
    return true;
  }
  return closed_keyword(p, p->at) == o->keyword;
}

static const struct opener *find_ended(const struct parser *p) {
  for (const struct opener *o = p->open; o != NULL; o = o->outer) {
    if (ends(p, o)) {
      return o;
    }
  }
  return NULL;
}

/* The closer at hand: one word, or END and another. */
static size_t closer_words(const struct parser *p) {
  return is_word(token_at(p, p->at), KEYWORD_END) && !is_bare_end(p) ? 2 : 1;
}

static void report_stray(struct parser *p) {
  const struct token *t = token_at(p, p->at);
  const struct opener *o = innermost(p);
  const struct finding f = {.code = DIAGNOSTIC_CODE_BAD_BLOCK, .at = t->at};
  const bool pair = closer_words(p) == 2;
  const struct text first = t->kind == TOKEN_WORD ? t->text : TEXT("}");
  const struct text second = pair ? token_at(p, p->at + 1)->text : TEXT("");
  if (o == NULL) {
    parser_error(p, f, "'%.*s%s%.*s' closes nothing: no block is open here",
                 TEXT_ARG(first), pair ? " " : "", TEXT_ARG(second));
  } else {
    parser_error(p, f,
                 "'%.*s%s%.*s' does not close the %s of line %u, which needs "
                 "'%s'",
                 TEXT_ARG(first), pair ? " " : "", TEXT_ARG(second),
                 keyword_text(o->keyword), o->at.line, closer_text(o));
  }
  p->at += closer_words(p);
  parser_skip_line(p);
  parser_reject_block(p);
}

static void report_unclosed(struct parser *p, const struct opener *o) {
  const struct token *t = token_at(p, p->at);
  const bool brace = o->brace;
  parser_error(p,
               (struct finding){.code = DIAGNOSTIC_CODE_BAD_BLOCK, .at = o->at},
               "this %s%s has no '%s': expected before line %u%s",
               keyword_text(o->keyword), brace ? " {" : "", closer_text(o),
               t->at.line, t->kind == TOKEN_END ? ", the end of the file" : "");
}

/* END where END IF is needed: reported, and taken for it. */
static void report_bare_end(struct parser *p, const struct opener *o) {
  struct textbuf hint;
  textbuf_init(&hint, p->arena->mem);
  textbuf_addf(&hint, "write %s", closer_text(o));
  parser_error(p,
               (struct finding){.code = DIAGNOSTIC_CODE_BAD_BLOCK,
                                .at = token_at(p, p->at)->at,
                                .hint = textbuf_text(&hint)},
               "'END' alone closes nothing: the %s of line %u needs '%s'",
               keyword_text(o->keyword), o->at.line, closer_text(o));
  textbuf_free(&hint);
  p->panic = p->failed;
}

/* ---- statements up to the end of their block */

void parser_statements(struct parser *p, struct block *out) {
  struct stmt **end = &out->first;
  for (;;) {
    p->panic = p->failed;
    p->parens = 0;
    parser_skip_newlines(p);
    if (token_at(p, p->at)->kind == TOKEN_END || p->failed) {
      return;
    }
    if (ends_some_block(p)) {
      if (find_ended(p) != NULL) {
        return; /* the caller sees whether it is this block that ends */
      }
      report_stray(p);
      continue;
    }
    const size_t before = p->at;
    struct stmt *s = parser_stmt(p);
    if (p->panic) {
      p->at += p->at == before; /* always on, whatever it was */
      parser_skip_line(p);
      parser_reject_block(p); /* whatever it belonged to */
    }
    if (s != NULL) {
      *end = s;
      end = &s->next;
    }
  }
}

void parser_close(struct parser *p, const struct opener *o) {
  if (p->failed || is_keyword_case(o)) {
    return; /* ended by what comes next */
  }
  const bool here = token_at(p, p->at)->kind != TOKEN_END && ends(p, o);
  if (!here) {
    report_unclosed(p, o);
    p->panic = false; /* what stands here is in order */
  } else if (!is_word(token_at(p, p->at), KEYWORD_ELSE)) {
    if (is_bare_end(p)) {
      report_bare_end(p, o);
    }
    const bool next = is_word(token_at(p, p->at), KEYWORD_NEXT);
    p->at += closer_words(p);
    if (next && token_at(p, p->at)->kind == TOKEN_WORD) {
      p->at++; /* NEXT i */
    }
  }
}

void parser_body(struct parser *p, enum keyword keyword, struct place at,
                 struct block *out, bool *brace) {
  if (p->panic) {
    parser_skip_line(p); /* a bad header has a body all the same */
    p->panic = p->failed;
  }
  p->parens = 0;
  if (!parser_at(p, TOKEN_NEWLINE) && !parser_at(p, TOKEN_BRACE_OPEN)) {
    parser_expected_hint(p, "'{' or the end of the line",
                         "what stands on the same line needs braces: { … }");
    parser_skip_line(p);
    p->panic = p->failed;
  }
  parser_skip_newlines(p);
  const bool open = parser_take(p, TOKEN_BRACE_OPEN);
  const struct opener o = {
      .keyword = keyword, .at = at, .brace = open, .outer = p->open};
  *brace = open;
  if (!parser_enter(p)) {
    return;
  }
  p->open = &o;
  parser_statements(p, out);
  parser_close(p, &o);
  p->open = o.outer;
  parser_leave(p);
}

void parser_reject_block(struct parser *p) {
  struct block ignored = {0};
  bool brace;
  if (token_at(p, p->at)->kind == TOKEN_BRACE_OPEN) {
    p->panic = p->failed;
    parser_body(p, KEYWORD_IF, token_at(p, p->at)->at, &ignored, &brace);
  }
}

/* ---- whose ELSE is it? */

enum { LOOK_AHEAD_MAX = 10000 }; /* tokens: nobody's block is longer */

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
  const enum keyword closed = closed_keyword(p, at);
  if (closed != KEYWORD_NONE) {
    return count_closer(n, closed, unmatched);
  }
  if (is_opener_word(t->keyword) && !opens_brace(p, at)) {
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

bool parser_else_is_inner(const struct parser *p, size_t at) {
  const struct opener *o = p->open;
  const bool same_line =
      at > 0 && token_at(p, at - 1)->kind == TOKEN_BRACE_CLOSE;
  const bool in_keyword_if = o != NULL && o->keyword == KEYWORD_IF && !o->brace;
  if (same_line || !in_keyword_if || opens_brace(p, at)) {
    return true;
  }
  unsigned open = 0;
  for (; o != NULL && o->keyword == KEYWORD_IF && !o->brace; o = o->outer) {
    open++;
  }
  return count_closers(p, at + 1) > open;
}
