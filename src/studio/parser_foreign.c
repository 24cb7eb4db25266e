/* Statements with blocks that other languages have and this one has not: each
 * is one error, whatever it takes with it. */
#include "studio/parser_priv.h"

enum use {
  USE_OPENS = 1,   /* a block */
  USE_LOOPS = 2,   /* in which BREAK means something */
  USE_GOES_ON = 4, /* with another block: CATCH behind TRY */
  USE_ENDS = 8,    /* alone, without END: WEND */
  USE_TAILS = 16   /* behind the brace: DO { … } WHILE x */
};

/* Those of one family have one bit in parser.foreign. */
static const struct foreign {
  const char *word;
  unsigned family, use;
} foreign[] = {
    {"WHILE", 1, USE_OPENS | USE_LOOPS | USE_TAILS},
    {"WEND", 1, USE_ENDS},
    {"ENDWHILE", 1, USE_ENDS},
    {"DO", 1, USE_OPENS | USE_LOOPS},
    {"LOOP", 1, USE_OPENS | USE_LOOPS | USE_ENDS},
    {"UNTIL", 1, USE_ENDS | USE_TAILS},
    {"TRY", 2, USE_OPENS},
    {"CATCH", 2, USE_GOES_ON},
    {"EXCEPT", 2, USE_GOES_ON},
    {"FINALLY", 2, USE_GOES_ON},
    {"SUB", 4, USE_OPENS},
    {"DEF", 4, USE_OPENS},
    {"FUNC", 4, USE_OPENS},
    {"PROCEDURE", 4, USE_OPENS},
    {"WITH", 8, USE_OPENS},
    {"UNLESS", 16, USE_OPENS},
};

static const struct foreign *find(const struct token *t) {
  for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
    if (t->kind == TOKEN_WORD &&
        text_equal_nocase(t->text, text_from(foreign[i].word))) {
      return &foreign[i];
    }
  }
  return NULL;
}

static bool is_line_end(const struct token *t) {
  return t->kind == TOKEN_NEWLINE || t->kind == TOKEN_END;
}

/* LOOP, LOOP WHILE x; and not LOOP 3 { */
static bool closes_loop(const struct token *t) {
  const struct foreign *behind = find(t + 1);
  return is_line_end(t + 1) ||
         (behind != NULL && (behind->use & USE_TAILS) != 0);
}

bool parser_at_foreign_end(const struct parser *p) {
  const struct token *t = &p->tokens[p->at];
  const bool end = t->kind == TOKEN_WORD && t->keyword == KEYWORD_END;
  if (end && is_line_end(t + 1)) { /* Lua's and Ruby's, of no other block */
    return p->open == NULL && p->foreign_open > 0;
  }
  const struct foreign *f = find(end ? t + 1 : t);
  if (f == NULL || (p->foreign & f->family) == 0) {
    return false;
  }
  return end ? is_line_end(t + 2)
             : (f->use & USE_ENDS) != 0 &&
                   ((f->use & USE_OPENS) == 0 || closes_loop(t));
}

/* WHILE x, LOOP {, and not a variable or a function of that name. */
static bool opens(const struct parser *p, const struct foreign *f) {
  switch ((unsigned)p->tokens[p->at + 1].kind) {
  case TOKEN_ASSIGN:
  case TOKEN_EQ:
  case TOKEN_DOT:
  case TOKEN_BRACKET_OPEN:
    return false;
  case TOKEN_PAREN_OPEN:
    return parser_opens_brace(p) || f == &foreign[0];
  default:
    return true;
  }
}

/* A block in braces behind the header, on its line or the next. */
static bool pass_block(struct parser *p) {
  const size_t before = p->at;
  parser_skip_line(p);
  parser_skip_newlines(p);
  if (p->tokens[p->at].kind != TOKEN_BRACE_OPEN) {
    p->at = before;
    parser_skip_line(p);
    return false;
  }
  p->loops++;
  parser_reject_block(p);
  p->loops--;
  return true;
}

/* } CATCH (e) { … }, } WHILE (x) */
static void pass_rest(struct parser *p, unsigned family) {
  for (bool block = true; block;) {
    const size_t before = p->at;
    parser_skip_newlines(p);
    const struct foreign *f = find(&p->tokens[p->at]);
    const bool same_line = p->at == before;
    if (f == NULL || f->family != family ||
        !((f->use & USE_GOES_ON) || (same_line && (f->use & USE_TAILS) != 0))) {
      p->at = before;
      return;
    }
    block = pass_block(p);
  }
}

static void take_opener(struct parser *p, const struct foreign *f) {
  const struct token *t = parser_peek(p);
  parser_error(p,
               (struct finding){.code = DIAGNOSTIC_CODE_SYNTAX,
                                .at = t->at,
                                .hint = parser_habit(t->text)},
               "expected a statement, found '%.*s'", TEXT_ARG(t->text));
  p->foreign |= f->family;
  (void)parser_next(p);
  if (pass_block(p)) {
    pass_rest(p, f->family);
    return;
  }
  p->foreign_open++;
  p->loops += (f->use & USE_LOOPS) != 0; /* for good: it does not run */
}

bool parser_take_foreign(struct parser *p) {
  const struct foreign *f = find(parser_peek(p));
  if (parser_at_foreign_end(p)) {
    p->foreign_open -= p->foreign_open > 0;
    parser_skip_line(p);
    return true;
  }
  if (f == NULL || !opens(p, f)) {
    return false;
  }
  if ((f->use & USE_GOES_ON) && (p->foreign & f->family)) {
    (void)pass_block(p);
    p->panic = p->failed;
    return true;
  }
  if ((f->use & USE_OPENS) == 0) {
    return false;
  }
  take_opener(p, f);
  p->panic = p->failed;
  return true;
}
