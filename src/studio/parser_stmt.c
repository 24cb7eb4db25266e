#include "base/check.h"
#include "studio/parser_priv.h"

static struct stmt *new_stmt(struct parser *p, enum stmt_kind kind,
                             struct place at) {
  struct stmt *s = parser_new(p, sizeof *s);
  if (s != NULL) {
    s->kind = kind;
    s->at = at;
  }
  return s;
}

static void end_line(struct parser *p) {
  if (!p->panic && !parser_at(p, TOKEN_NEWLINE) && !parser_at(p, TOKEN_END) &&
      !parser_at(p, TOKEN_BRACE_CLOSE)) {
    parser_expected(p, "the end of the line");
  }
}

/* ---- setting variables */

static bool check_target(struct parser *p, const struct expr *target) {
  const char *why = NULL;
  if (target->kind == EXPR_CALL || target->kind == EXPR_METHOD) {
    why = "the result of a call cannot be set";
  } else if (target->kind == EXPR_MEMBER &&
             text_equal(target->text, TEXT("$value"))) {
    why = "$value can only be read";
  }
  if (why != NULL) {
    parser_error(
        p,
        (struct finding){.code = DIAGNOSTIC_CODE_BAD_TARGET, .at = target->at},
        "%s", why);
    return false;
  }
  if (target->kind == EXPR_MEMBER && text_equal(target->text, TEXT("__type"))) {
    parser_error(
        p, (struct finding){.code = DIAGNOSTIC_CODE_RESERVED, .at = target->at},
        "the member name __type is reserved");
    return false;
  }
  for (const struct expr *e = target; e->kind != EXPR_NAME; e = e->left) {
    if (e->kind != EXPR_MEMBER && e->kind != EXPR_INDEX) {
      parser_error(
          p,
          (struct finding){.code = DIAGNOSTIC_CODE_BAD_TARGET,
                           .at = e->at,
                           .hint = TEXT("keep the result in a variable first")},
          "a member of the result of a call cannot be set here");
      return false;
    }
  }
  return true;
}

static struct stmt *set_target(struct parser *p, struct expr *target,
                               struct place at) {
  if (parser_at(p, TOKEN_EQ)) {
    parser_error(p,
                 (struct finding){.code = DIAGNOSTIC_CODE_EQUALITY_IN_ASSIGN,
                                  .at = parser_peek(p)->at,
                                  .hint = TEXT("write = to set a variable")},
                 "== compares, it does not set");
    return NULL;
  }
  if (!parser_expect(p, TOKEN_ASSIGN, "'='") || !check_target(p, target)) {
    return NULL;
  }
  struct stmt *s = new_stmt(p, STMT_ASSIGN, at);
  if (s == NULL || parser_reject_object(p)) {
    return NULL;
  }
  struct expr *value = parser_expr(p);
  if (value == NULL) {
    return NULL;
  }
  s->target = target;
  s->value = value;
  return s;
}

static struct stmt *parse_assign_to(struct parser *p, struct place at) {
  struct expr *target = parser_path(p);
  return target == NULL ? NULL : set_target(p, target, at);
}

static struct stmt *parse_assign(struct parser *p) {
  return parse_assign_to(p, parser_next(p)->at);
}

/* DYNAMIC v; DYNAMIC v = e is what people write for v = e. */
static struct stmt *parse_dynamic(struct parser *p) {
  const struct place at = parser_next(p)->at;
  struct expr *target = parser_path(p);
  if (target == NULL) {
    return NULL;
  }
  if (parser_at(p, TOKEN_ASSIGN) || parser_at(p, TOKEN_EQ)) {
    return set_target(p, target, at);
  }
  struct stmt *s = new_stmt(p, STMT_DYNAMIC, at);
  if (s == NULL || !check_target(p, target)) {
    return NULL;
  }
  s->target = target;
  return s;
}

static bool begins_value(const struct token *t) {
  return t->kind == TOKEN_WORD || t->kind == TOKEN_TEXT ||
         t->kind == TOKEN_TEXT_OPEN || t->kind == TOKEN_NUMBER;
}

/* May a word that is no statement stand before it? */
static bool ends_word(const struct token *t) {
  return begins_value(t) || t->kind == TOKEN_NEWLINE || t->kind == TOKEN_END ||
         t->kind == TOKEN_BRACE_OPEN;
}

/* The word of the language that a person may have meant; empty for none. */
static struct text statement_hint(struct text word, struct textbuf *near) {
  static const struct text statements[] = {
#define KEYWORD(name, text, use) {text, sizeof(text) - 1},
#include "studio/tokens.def"
#undef KEYWORD
      {"ELSE IF", 7},
      {"END IF", 6},
  };
  const struct text habit = parser_habit(word);
  const struct text call = parser_call_hint(word, near);
  return habit.len > 0 ? habit
         : call.len > 0
             ? call
             : report_nearest(near, word, statements,
                              sizeof statements / sizeof statements[0]);
}

/* ELSEIF x, PRINT "a": a word, and something that could be what it is about;
 * or RETRUN, alone, if it is near to a word of the language. */
static bool report_statement(struct parser *p, const struct expr *word) {
  const bool alone = !begins_value(parser_peek(p));
  struct textbuf near;
  textbuf_init(&near, p->arena->mem);
  const struct text hint = statement_hint(word->text, &near);
  const bool reports = !alone || hint.len > 0;
  if (reports) {
    parser_error(p,
                 (struct finding){.code = DIAGNOSTIC_CODE_SYNTAX,
                                  .at = word->at,
                                  .hint = hint},
                 "expected a statement, found '%.*s'", TEXT_ARG(word->text));
  }
  textbuf_free(&near);
  return reports;
}

/* VAR x = 1, behind the word */
static bool sets_behind(struct parser *p) {
  return parser_at(p, TOKEN_WORD) && p->tokens[p->at + 1].kind == TOKEN_ASSIGN;
}

static void reject_no_statement(struct parser *p) {
  const bool json = parser_at_json(p);
  parser_expected_hint(p, "a statement",
                       json ? "JSON alone is no script: baton convert makes "
                              "one of it"
                            : "");
  if (json) {
    parser_skip_braces(p);
  }
  parser_reject_block(p);
}

/* A line that begins with a name or a value: it sets something, or it calls
 * something. */
static struct stmt *parse_plain(struct parser *p) {
  const struct token *first = parser_peek(p);
  const bool name = first->kind == TOKEN_WORD;
  if (name && parser_take_foreign(p)) {
    return NULL;
  }
  const bool value = first->kind == TOKEN_TEXT ||
                     first->kind == TOKEN_TEXT_OPEN ||
                     first->kind == TOKEN_PAREN_OPEN;
  if (!name && !value) {
    reject_no_statement(p);
    return NULL;
  }
  struct expr *e = name ? parser_path(p) : parser_value(p);
  if (e == NULL) {
    return NULL;
  }
  const bool call = e->kind == EXPR_CALL || e->kind == EXPR_METHOD;
  if (e->kind == EXPR_NAME && ends_word(parser_peek(p)) &&
      report_statement(p, e)) {
    if (sets_behind(p)) {
      p->panic = p->failed; /* what it is set to may be wrong as well */
      return parse_assign_to(p, first->at);
    }
    parser_skip_line(p);
    parser_reject_block(p);
    return NULL;
  }
  if (name && (!call || parser_at(p, TOKEN_ASSIGN))) {
    return set_target(p, e, first->at);
  }
  if (!call) {
    parser_expected(p, "'.' and a method: a value alone does nothing");
    return NULL;
  }
  struct stmt *s = new_stmt(p, STMT_CALL, first->at);
  if (s != NULL) {
    s->value = e;
  }
  return s;
}

/* ---- IF */

/* The ELSE that goes on with a chain, if one does; blank lines before it. */
static bool take_else(struct parser *p, bool brace) {
  const size_t before = p->at;
  if (brace) {
    parser_skip_newlines(p);
  }
  if ((parser_at_keyword(p, KEYWORD_ELSE) || parser_at_elseif(p)) &&
      (!brace || parser_else_is_inner(p, p->at))) {
    return true;
  }
  p->at = before;
  return false;
}

/* After a chain of both forms that ends in a brace, END IF is accepted if no
 * keyword IF around could claim it. */
static void take_needless_end(struct parser *p) {
  const size_t before = p->at;
  for (const struct opener *o = p->open; o != NULL; o = o->outer) {
    if (o->keyword == KEYWORD_IF && !o->brace) {
      return;
    }
  }
  parser_skip_newlines(p);
  if (parser_take_keyword(p, KEYWORD_ENDIF) ||
      (parser_take_keyword(p, KEYWORD_END) &&
       parser_take_keyword(p, KEYWORD_IF))) {
    return;
  }
  p->at = before;
}

static void reject_then(struct parser *p) {
  if (!p->panic && parser_at_keyword(p, KEYWORD_THEN)) {
    parser_error(p,
                 (struct finding){.code = DIAGNOSTIC_CODE_SYNTAX,
                                  .at = parser_peek(p)->at,
                                  .hint = parser_habit(TEXT("THEN"))},
                 "expected '{' or the end of the line, found 'THEN'");
    (void)parser_next(p);
    p->panic = p->failed;
  }
}

/* ELSEIF x: reported, and read as ELSE IF. */
static bool reject_elseif(struct parser *p) {
  const struct token *t = parser_peek(p);
  if (!parser_at_elseif(p)) {
    return false;
  }
  parser_error(p,
               (struct finding){.code = DIAGNOSTIC_CODE_SYNTAX,
                                .at = t->at,
                                .hint = parser_habit(t->text)},
               "expected a statement, found '%.*s'", TEXT_ARG(t->text));
  p->panic = p->failed;
  return true;
}

/* @chain: the first IF, which END IF closes; a brace closes its own branch. */
static struct arm *parse_branch(struct parser *p, struct place chain,
                                bool *brace, bool *is_last) {
  struct arm *arm = parser_new(p, sizeof *arm);
  if (arm == NULL) {
    return NULL;
  }
  arm->at = parser_peek(p)->at;
  *is_last = !reject_elseif(p) && parser_take_keyword(p, KEYWORD_ELSE) &&
             !parser_at_keyword(p, KEYWORD_IF);
  arm->is_default = *is_last;
  if (!*is_last) {
    (void)parser_next(p); /* IF, or what was read as ELSE IF */
    arm->values = parser_expr(p);
    reject_then(p);
  }
  parser_body(p, KEYWORD_IF, parser_opens_brace(p) ? arm->at : chain,
              &arm->body, brace);
  return arm;
}

static struct stmt *parse_if(struct parser *p) {
  struct stmt *s = new_stmt(p, STMT_IF, parser_peek(p)->at);
  struct arm **end = s == NULL ? NULL : &s->arms;
  bool brace = false, is_last = false, any_keyword = false, more = s != NULL;
  while (more) {
    struct arm *arm = parse_branch(p, s->at, &brace, &is_last);
    if (arm == NULL) {
      break;
    }
    *end = arm;
    end = &arm->next;
    any_keyword = any_keyword || !brace;
    more = !p->failed && take_else(p, brace);
    if (more && is_last) {
      parser_error(p,
                   (struct finding){.code = DIAGNOSTIC_CODE_MISPLACED,
                                    .at = parser_peek(p)->at},
                   "this IF has had its ELSE already, on line %u",
                   arm->at.line);
      p->panic = p->failed;
    }
  }
  if (brace && any_keyword) {
    take_needless_end(p);
  }
  return s;
}

/* ---- loops */

static void parse_loop_body(struct parser *p, struct stmt *s,
                            enum keyword keyword) {
  bool brace;
  p->loops++;
  parser_body(p, keyword, s->at, &s->body, &brace);
  p->loops--;
}

static struct expr *loop_variable(struct parser *p) {
  struct expr *e = parser_path(p);
  if (e != NULL && e->kind != EXPR_NAME) {
    parser_error(
        p, (struct finding){.code = DIAGNOSTIC_CODE_BAD_TARGET, .at = e->at},
        "a loop counts in a plain variable");
    return NULL;
  }
  return e;
}

static bool expect_keyword(struct parser *p, enum keyword keyword,
                           const char *what) {
  if (parser_take_keyword(p, keyword)) {
    return true;
  }
  parser_expected(p, what);
  return false;
}

static bool expect_to(struct parser *p) {
  if (parser_take_keyword(p, KEYWORD_TO)) {
    return true;
  }
  parser_expected_hint(p, "TO and the last value", "write FOR i = 1 TO 10");
  return false;
}

static bool parse_for_header(struct parser *p, struct stmt *s) {
  if (parser_at(p, TOKEN_PAREN_OPEN)) {
    parser_expected_hint(p, "the name of a variable", "write FOR i = 1 TO 10");
    return false;
  }
  s->target = loop_variable(p);
  if (s->target != NULL && text_equal_nocase(s->target->text, TEXT("each")) &&
      parser_peek(p)->kind == TOKEN_WORD) {
    parser_error(p,
                 (struct finding){.code = DIAGNOSTIC_CODE_SYNTAX,
                                  .at = s->target->at,
                                  .hint = parser_habit(TEXT("EACH"))},
                 "FOR counts, and has no EACH");
  }
  if (s->target != NULL && parser_at_keyword(p, KEYWORD_IN)) {
    parser_error(p,
                 (struct finding){.code = DIAGNOSTIC_CODE_SYNTAX,
                                  .at = parser_peek(p)->at,
                                  .hint = parser_habit(TEXT("EACH"))},
                 "expected '=' and the first value, found the keyword 'IN'");
    return false;
  }
  return s->target != NULL &&
         parser_expect(p, TOKEN_ASSIGN, "'=' and the first value") &&
         (s->value = parser_expr(p)) != NULL && expect_to(p) &&
         (s->limit = parser_expr(p)) != NULL &&
         (!parser_take_keyword(p, KEYWORD_STEP) ||
          (s->step = parser_expr(p)) != NULL);
}

static struct stmt *parse_for(struct parser *p) {
  struct stmt *s = new_stmt(p, STMT_FOR, parser_next(p)->at);
  if (s == NULL) {
    return NULL;
  }
  const bool good = parse_for_header(p, s);
  parse_loop_body(p, s, KEYWORD_FOR);
  return good ? s : NULL;
}

static struct stmt *parse_foreach(struct parser *p) {
  struct stmt *s = new_stmt(p, STMT_FOREACH, parser_next(p)->at);
  if (s == NULL) {
    return NULL;
  }
  const bool good =
      (s->target = loop_variable(p)) != NULL &&
      expect_keyword(p, KEYWORD_IN, "IN and an array or a list") &&
      (s->value = parser_expr(p)) != NULL;
  parse_loop_body(p, s, KEYWORD_FOREACH);
  return good ? s : NULL;
}

static struct stmt *parse_repeat(struct parser *p) {
  struct stmt *s = new_stmt(p, STMT_REPEAT, parser_next(p)->at);
  if (s == NULL) {
    return NULL;
  }
  s->value = parser_expr(p);
  const bool good = s->value != NULL;
  parse_loop_body(p, s, KEYWORD_REPEAT);
  return good ? s : NULL;
}

/* BREAK and CONTINUE */
static struct stmt *parse_jump(struct parser *p, enum stmt_kind kind) {
  const struct token *t = parser_next(p);
  if (p->loops == 0 && !p->lost_blocks) {
    parser_error(
        p,
        (struct finding){
            .code = DIAGNOSTIC_CODE_MISPLACED,
            .at = t->at,
            .hint = TEXT("a CASE ends by itself; RETURN leaves a function")},
        "%s stands in no loop", keyword_text(t->keyword));
    return NULL;
  }
  return new_stmt(p, kind, t->at);
}

/* ---- SELECT and SWITCH */

static bool begins_cases(struct parser *p) {
  parser_skip_newlines(p);
  return parser_at(p, TOKEN_BRACE_OPEN) || parser_at_keyword(p, KEYWORD_CASE) ||
         parser_at_keyword(p, KEYWORD_DEFAULT);
}

static struct stmt *parse_select(struct parser *p) {
  struct stmt *s = new_stmt(p, STMT_SELECT, parser_next(p)->at);
  if (!parser_at(p, TOKEN_NEWLINE) && !parser_at(p, TOKEN_BRACE_OPEN)) {
    parser_expected_hint(p, "'{' or the end of the line",
                         parser_at_keyword(p, KEYWORD_CASE)
                             ? "SELECT CASE x is SWITCH x here; SELECT takes "
                               "the first CASE that is true"
                             : "SWITCH x compares x with each CASE; SELECT "
                               "takes the first CASE that is true");
    parser_skip_line(p);
    p->panic = p->failed;
    if (!begins_cases(p)) {
      return NULL; /* SELECT name FROM customers */
    }
  }
  if (s != NULL) {
    s->arms = parser_cases(p, KEYWORD_SELECT, s->at);
  }
  return s;
}

static struct stmt *parse_switch(struct parser *p) {
  struct stmt *s = new_stmt(p, STMT_SWITCH, parser_next(p)->at);
  if (s == NULL) {
    return NULL;
  }
  s->value = parser_expr(p);
  const bool good = s->value != NULL;
  s->arms = parser_cases(p, KEYWORD_SWITCH, s->at);
  return good ? s : NULL;
}

/* ---- the rest */

static struct stmt *parse_return(struct parser *p) {
  struct stmt *s = new_stmt(p, STMT_RETURN, parser_next(p)->at);
  const bool bare = parser_at(p, TOKEN_NEWLINE) || parser_at(p, TOKEN_END) ||
                    parser_at(p, TOKEN_BRACE_CLOSE);
  if (s == NULL || bare) {
    return s;
  }
  s->value = parser_expr(p);
  return s->value == NULL ? NULL : s;
}

static struct stmt *parse_trace(struct parser *p) {
  struct stmt *s = new_stmt(p, STMT_TRACE, parser_next(p)->at);
  if (s == NULL) {
    return NULL;
  }
  s->value = parser_expr(p);
  return s->value == NULL ? NULL : s;
}

/* A soft keyword with one of these behind it is a variable that is set. */
static bool is_variable(struct parser *p, const struct token *t) {
  if (keyword_is_hard(t->keyword)) {
    return false;
  }
  switch ((unsigned)p->tokens[p->at + 1].kind) {
  case TOKEN_ASSIGN:
  case TOKEN_EQ:
  case TOKEN_DOT:
  case TOKEN_BRACKET_OPEN:
    return true;
  default:
    return false;
  }
}

static struct stmt *parse_block_stmt(struct parser *p, enum keyword keyword) {
  switch ((unsigned)keyword) {
  case KEYWORD_IF:
    return parse_if(p);
  case KEYWORD_SELECT:
    return parse_select(p);
  case KEYWORD_SWITCH:
    return parse_switch(p);
  case KEYWORD_FOR:
    return parse_for(p);
  case KEYWORD_FOREACH:
    return parse_foreach(p);
  case KEYWORD_REPEAT:
    return parse_repeat(p);
  case KEYWORD_FUNCTION:
    parser_function(p);
    return NULL;
  default:
    bt_check(keyword == KEYWORD_ON);
    parser_section(p);
    return NULL;
  }
}

static struct stmt *parse_simple_stmt(struct parser *p, enum keyword keyword) {
  switch ((unsigned)keyword) {
  case KEYWORD_ASSIGN:
    return parse_assign(p);
  case KEYWORD_DYNAMIC:
    return parse_dynamic(p);
  case KEYWORD_RETURN:
    return parse_return(p);
  case KEYWORD_EXIT:
    return new_stmt(p, STMT_EXIT, parser_next(p)->at);
  case KEYWORD_BREAK:
    return parse_jump(p, STMT_BREAK);
  case KEYWORD_CONTINUE:
    return parse_jump(p, STMT_CONTINUE);
  case KEYWORD_TRACE:
    return parse_trace(p);
  default:
    return parse_plain(p);
  }
}

static bool opens_block(enum keyword keyword) {
  switch ((unsigned)keyword) {
  case KEYWORD_IF:
  case KEYWORD_SELECT:
  case KEYWORD_SWITCH:
  case KEYWORD_FOR:
  case KEYWORD_FOREACH:
  case KEYWORD_REPEAT:
  case KEYWORD_FUNCTION:
  case KEYWORD_ON:
    return true;
  default:
    return false;
  }
}

struct stmt *parser_stmt(struct parser *p) {
  const struct token *t = parser_peek(p);
  const bool variable = t->kind != TOKEN_WORD || is_variable(p, t);
  const enum keyword keyword = variable ? KEYWORD_NONE : t->keyword;
  if (opens_block(keyword)) {
    return parse_block_stmt(p, keyword);
  }
  struct stmt *s = parse_simple_stmt(p, keyword);
  end_line(p);
  return s;
}
