#include "studio/builtin_priv.h"
#include "studio/date_priv.h"
#include "studio/parser_priv.h"

/* Loosest first; NOT and unary minus are levels of their own. */
enum level {
  LEVEL_OR,
  LEVEL_AND,
  LEVEL_NOT,
  LEVEL_COMPARE,
  LEVEL_ADD,
  LEVEL_XOR,
  LEVEL_MULTIPLY,
  LEVEL_MINUS
};

static const struct operator{
  enum token_kind token;
  enum keyword keyword;
  enum expr_op op;
  enum level level;
}
operators[] = {
    {TOKEN_WORD, KEYWORD_OR, EXPR_OP_OR, LEVEL_OR},
    {TOKEN_BAR, KEYWORD_NONE, EXPR_OP_OR, LEVEL_OR},
    {TOKEN_WORD, KEYWORD_AND, EXPR_OP_AND, LEVEL_AND},
    {TOKEN_AMP, KEYWORD_NONE, EXPR_OP_AND, LEVEL_AND},
    {TOKEN_ASSIGN, KEYWORD_NONE, EXPR_OP_EQ, LEVEL_COMPARE},
    {TOKEN_EQ, KEYWORD_NONE, EXPR_OP_EQ, LEVEL_COMPARE},
    {TOKEN_NE, KEYWORD_NONE, EXPR_OP_NE, LEVEL_COMPARE},
    {TOKEN_LT, KEYWORD_NONE, EXPR_OP_LT, LEVEL_COMPARE},
    {TOKEN_LE, KEYWORD_NONE, EXPR_OP_LE, LEVEL_COMPARE},
    {TOKEN_GT, KEYWORD_NONE, EXPR_OP_GT, LEVEL_COMPARE},
    {TOKEN_GE, KEYWORD_NONE, EXPR_OP_GE, LEVEL_COMPARE},
    {TOKEN_PLUS, KEYWORD_NONE, EXPR_OP_ADD, LEVEL_ADD},
    {TOKEN_MINUS, KEYWORD_NONE, EXPR_OP_SUB, LEVEL_ADD},
    {TOKEN_XOR, KEYWORD_NONE, EXPR_OP_XOR, LEVEL_XOR},
    {TOKEN_STAR, KEYWORD_NONE, EXPR_OP_MUL, LEVEL_MULTIPLY},
    {TOKEN_SLASH, KEYWORD_NONE, EXPR_OP_DIV, LEVEL_MULTIPLY},
    {TOKEN_PERCENT, KEYWORD_NONE, EXPR_OP_MOD, LEVEL_MULTIPLY},
    {TOKEN_BACKSLASH, KEYWORD_NONE, EXPR_OP_IDIV, LEVEL_MULTIPLY},
};

static struct expr *new_expr(struct parser *p, enum expr_kind kind,
                             struct place at) {
  struct expr *e = parser_new(p, sizeof *e);
  if (e != NULL) {
    e->kind = kind;
    e->at = at;
  }
  return e;
}

static struct expr *level_expr(struct parser *p, enum level level);

/* Chains lean to the left without the parser going down: a.b.c …, a + b + … */
static struct expr *new_chained(struct parser *p, enum expr_kind kind,
                                struct place at, const struct expr *left) {
  if (left->depth >= EXPR_DEPTH_MAX) {
    parser_error(p,
                 (struct finding){.code = DIAGNOSTIC_CODE_TOO_LARGE, .at = at},
                 "this expression has more than %d links", EXPR_DEPTH_MAX);
    return NULL;
  }
  struct expr *e = new_expr(p, kind, at);
  if (e != NULL) {
    e->depth = left->depth + 1;
  }
  return e;
}

/* ---- calls and paths */

void parser_skip_braces(struct parser *p) {
  size_t at = p->at, depth = 0;
  for (; p->tokens[at].kind != TOKEN_END; at++) {
    depth += p->tokens[at].kind == TOKEN_BRACE_OPEN;
    if (p->tokens[at].kind == TOKEN_BRACE_CLOSE && --depth == 0) {
      p->at = at + 1;
      return;
    }
  }
  p->at++;
}

bool parser_at_json(const struct parser *p) {
  const struct token *t = &p->tokens[p->at];
  if (t->kind != TOKEN_BRACE_OPEN) {
    return false;
  }
  do {
    t++;
  } while (t->kind == TOKEN_NEWLINE);
  return t->kind == TOKEN_TEXT && t[1].kind == TOKEN_COLON;
}

bool parser_reject_object(struct parser *p) {
  if (!parser_at(p, TOKEN_BRACE_OPEN)) {
    return false;
  }
  parser_error(p,
               (struct finding){
                   .code = DIAGNOSTIC_CODE_SYNTAX,
                   .at = parser_peek(p)->at,
                   .hint = TEXT("an object is made by DYNAMIC, or from JSON: "
                                "fromjson('{...}')")},
               "expected a value, found '{'");
  parser_skip_braces(p);
  return true;
}

static bool parse_args(struct parser *p, struct expr *call) {
  struct expr **end = &call->args;
  const struct token *open = parser_next(p);
  p->parens++;
  if (!parser_at(p, TOKEN_PAREN_CLOSE)) {
    do {
      struct expr *arg = parser_reject_object(p) ? NULL : parser_expr(p);
      if (arg == NULL) {
        return false;
      }
      *end = arg;
      end = &arg->next;
      call->argc++;
    } while (parser_take(p, TOKEN_COMMA));
  }
  if (!parser_at(p, TOKEN_PAREN_CLOSE)) {
    if (parser_at(p, TOKEN_COLON)) {
      parser_expected_hint(p, "',' or ')' after this argument",
                           "options stand in a text: \"priority:1\"");
    }
    parser_expected_closer(p, "',' or ')' after this argument", open);
    return false;
  }
  (void)parser_next(p);
  p->parens--;
  return true;
}

static struct expr *parse_member(struct parser *p, struct expr *object) {
  (void)parser_next(p); /* . */
  const struct token *name = parser_peek(p);
  if (name->kind != TOKEN_WORD) {
    parser_expected_hint(p, "the name of a member or a method after '.'",
                         "a + b joins texts; so does \"{a}{b}\"");
    return NULL;
  }
  (void)parser_next(p);
  const bool call = p->tokens[p->at].kind == TOKEN_PAREN_OPEN;
  struct expr *e =
      new_chained(p, call ? EXPR_METHOD : EXPR_MEMBER, name->at, object);
  if (e == NULL) {
    return NULL;
  }
  e->left = object;
  e->text = name->text;
  return !call || parse_args(p, e) ? e : NULL;
}

static struct expr *parse_index(struct parser *p, struct expr *object) {
  const struct token *open = parser_next(p);
  struct expr *e = new_chained(p, EXPR_INDEX, open->at, object);
  p->parens++;
  struct expr *index = e == NULL ? NULL : parser_expr(p);
  if (index == NULL) {
    return NULL;
  }
  e->left = object;
  e->right = index;
  if (!parser_at(p, TOKEN_BRACKET_CLOSE)) {
    parser_expected_closer(p, "']' after the index", open);
    return NULL;
  }
  (void)parser_next(p);
  p->parens--;
  return e;
}

static struct expr *parse_postfix(struct parser *p, struct expr *e) {
  while (e != NULL) {
    /* Looked at as it stands: a line that begins with a dot or a bracket does
     * not go on with the line before, except within parentheses. */
    const enum token_kind kind = parser_peek(p)->kind;
    if (kind == TOKEN_DOT) {
      e = parse_member(p, e);
    } else if (kind == TOKEN_BRACKET_OPEN) {
      e = parse_index(p, e);
    } else {
      break;
    }
  }
  return e;
}

static struct expr *parse_name(struct parser *p) {
  const struct token *t = parser_next(p);
  const bool call = p->tokens[p->at].kind == TOKEN_PAREN_OPEN;
  struct expr *e = new_expr(p, call ? EXPR_CALL : EXPR_NAME, t->at);
  if (e == NULL) {
    return NULL;
  }
  e->text = t->text;
  return !call || parse_args(p, e) ? e : NULL;
}

struct expr *parser_path(struct parser *p) {
  const struct token *t = parser_peek(p);
  if (t->kind != TOKEN_WORD || keyword_is_hard(t->keyword)) {
    parser_expected(p, "the name of a variable");
    return NULL;
  }
  return parse_postfix(p, parse_name(p));
}

/* ---- operands */

static struct expr *parse_constant(struct parser *p, enum expr_kind kind,
                                   double number) {
  struct expr *e = new_expr(p, kind, parser_next(p)->at);
  if (e != NULL) {
    e->number = number;
  }
  return e;
}

static struct expr *parse_not(struct parser *p) {
  struct expr *e = new_expr(p, EXPR_UNARY, parser_next(p)->at);
  if (e == NULL || !parser_enter(p)) {
    return NULL;
  }
  e->op = EXPR_OP_NOT;
  e->left = level_expr(p, LEVEL_NOT);
  parser_leave(p);
  return e->left == NULL ? NULL : e;
}

static struct expr *parse_word(struct parser *p) {
  const struct token *t = parser_peek(p);
  switch ((unsigned)t->keyword) {
  case KEYWORD_TRUE:
    return parse_constant(p, EXPR_BOOL, 1);
  case KEYWORD_FALSE:
    return parse_constant(p, EXPR_BOOL, 0);
  case KEYWORD_NULL:
    return parse_constant(p, EXPR_NULL, 0);
  case KEYWORD_NOT:
    return parse_not(p);
  default:
    break;
  }
  if (keyword_is_hard(t->keyword)) {
    parser_expected_hint(
        p, "a value",
        t->keyword == KEYWORD_IF ? "IF is a statement: it has no value" : "");
    return NULL;
  }
  return parse_name(p);
}

static struct expr *parse_text(struct parser *p) {
  const struct token *t = parser_next(p);
  struct expr *e = new_expr(p, EXPR_TEXT, t->at);
  if (e != NULL) {
    e->text = t->text;
  }
  return e;
}

/* To the end of the text that has gone wrong: its braces are none of blocks. */
static void skip_template(struct parser *p) {
  unsigned texts = 1;
  for (; texts > 0; p->at++) {
    switch ((unsigned)p->tokens[p->at].kind) {
    case TOKEN_NEWLINE:
    case TOKEN_END:
      return;
    case TOKEN_TEXT_OPEN:
      texts++;
      break;
    case TOKEN_TEXT_CLOSE:
      texts--;
      break;
    default:
      break;
    }
  }
}

static struct expr *parse_substitution(struct parser *p) {
  const struct token *open = parser_next(p);
  if (parser_at(p, TOKEN_SUBST_CLOSE)) {
    parser_error(
        p, (struct finding){.code = DIAGNOSTIC_CODE_BAD_TEXT, .at = open->at},
        "nothing stands between { and } in this text");
    return NULL;
  }
  if (parser_at(p, TOKEN_BRACE_OPEN)) {
    parser_expected_hint(p, "a value",
                         "for the character { itself write \\{ in a text that "
                         "begins with $\"");
    return NULL;
  }
  if (parser_at(p, TOKEN_BACKSLASH)) {
    parser_expected_hint(p, "a value",
                         "JSON stands in a text of the other quotation marks, "
                         "'{\"name\": 1}', or as $\"\\{\\\"name\\\": 1}\"");
    return NULL;
  }
  struct expr *e = parser_expr(p);
  if (e != NULL && !parser_take(p, TOKEN_SUBST_CLOSE)) {
    parser_expected_hint(p, "'}' after the expression in the text",
                         "JSON stands in a text of the other quotation marks: "
                         "'{\"name\": 1}'");
    return NULL;
  }
  return e;
}

static struct expr *parse_template(struct parser *p) {
  struct expr *e = new_expr(p, EXPR_TEMPLATE, parser_next(p)->at);
  if (e == NULL) {
    return NULL;
  }
  struct expr **end = &e->args;
  while (!parser_take(p, TOKEN_TEXT_CLOSE)) {
    struct expr *part = parser_at(p, TOKEN_TEXT)         ? parse_text(p)
                        : parser_at(p, TOKEN_SUBST_OPEN) ? parse_substitution(p)
                                                         : NULL;
    if (part == NULL) {
      parser_expected(p, "the rest of the text");
      skip_template(p);
      return NULL;
    }
    *end = part;
    end = &part->next;
    e->argc++;
  }
  return e;
}

/* One that stands as it is can be looked at now; of one with substitutions the
 * run has to tell. */
static void check_date(struct parser *p, const struct expr *text) {
  double days;
  if (text->kind == EXPR_TEXT && !date_read(text->text, NULL, false, &days)) {
    report(p->reporter,
           (struct finding){.code = DIAGNOSTIC_CODE_BAD_TEXT,
                            .at = text->at,
                            .hint = TEXT("write month/day/year, 02/09/2023 "
                                         "8:00 AM, or 2023-02-09 08:00")},
           "'%.*s' is no date", TEXT_ARG(utf8_cut(text->text, 40)));
  }
}

/* #"…" is a call of date() that no function of the script can take over. */
static struct expr *parse_date(struct parser *p) {
  struct expr *e = new_expr(p, EXPR_CALL, parser_next(p)->at);
  struct expr *text = parser_at(p, TOKEN_TEXT)        ? parse_text(p)
                      : parser_at(p, TOKEN_TEXT_OPEN) ? parse_template(p)
                                                      : NULL;
  if (e == NULL || text == NULL) {
    parser_expected(p, "a date in quotation marks");
    return NULL;
  }
  check_date(p, text);
  e->text = builtin_info(BUILTIN_DATE)->name;
  e->callee = CALLEE_BUILTIN;
  e->callee_id = BUILTIN_DATE;
  e->args = text;
  e->argc = 1;
  return e;
}

static struct expr *parse_parenthesis(struct parser *p) {
  const struct token *open = parser_next(p);
  p->parens++;
  struct expr *e = parser_expr(p);
  if (e == NULL) {
    return NULL;
  }
  if (!parser_at(p, TOKEN_PAREN_CLOSE)) {
    parser_expected_closer(p, "')'", open);
    return NULL;
  }
  (void)parser_next(p);
  p->parens--;
  return e;
}

static struct expr *parse_primary(struct parser *p) {
  const struct token *t = parser_peek(p);
  switch ((unsigned)t->kind) {
  case TOKEN_NUMBER:
    return parse_constant(p, EXPR_NUMBER, t->number);
  case TOKEN_TEXT:
    return parse_text(p);
  case TOKEN_TEXT_OPEN:
    return parse_template(p);
  case TOKEN_DATE:
    return parse_date(p);
  case TOKEN_WORD:
    return parse_word(p);
  case TOKEN_PAREN_OPEN:
    return parse_parenthesis(p);
  case TOKEN_BRACKET_OPEN:
    parser_error(
        p,
        (struct finding){
            .code = DIAGNOSTIC_CODE_SYNTAX,
            .at = t->at,
            .hint = TEXT(
                "an array is a text: \"a|b|c\"; a list comes from fromjson(...)")},
        "expected a value, found '['");
    return NULL;
  default:
    parser_expected_hint(
        p, "a value",
        t->kind == TOKEN_PLUS
            ? "a number needs no sign of its own to be positive"
            : "");
    return NULL;
  }
}

struct expr *parser_value(struct parser *p) {
  return parse_postfix(p, parse_primary(p));
}

/* ---- operators */

static struct expr *join(struct parser *p, enum expr_op op, struct place at,
                         struct expr *left, struct expr *right) {
  struct expr *e = left == NULL || right == NULL
                       ? NULL
                       : new_chained(p, EXPR_BINARY, at, left);
  if (e != NULL) {
    e->op = op;
    e->left = left;
    e->right = right;
  }
  return e;
}

static struct expr *parse_power(struct parser *p) {
  struct expr *base = parser_value(p);
  if (base == NULL || !parser_at(p, TOKEN_POWER)) {
    return base;
  }
  const struct place at = parser_next(p)->at;
  return join(p, EXPR_OP_POW, at, base, level_expr(p, LEVEL_MINUS));
}

static struct expr *parse_negation(struct parser *p) {
  struct expr *e = new_expr(p, EXPR_UNARY, parser_next(p)->at);
  if (e == NULL) {
    return NULL;
  }
  e->op = EXPR_OP_NEG;
  e->left = level_expr(p, LEVEL_MINUS);
  return e->left == NULL ? NULL : e;
}

/* Every way down to an operand leads through here: depth is counted here. */
static struct expr *parse_minus(struct parser *p) {
  if (!parser_enter(p)) {
    return NULL;
  }
  struct expr *e =
      parser_at(p, TOKEN_MINUS) ? parse_negation(p) : parse_power(p);
  parser_leave(p);
  return e;
}

static const struct operator* operator_at(struct parser *p, enum level level) {
  const struct token *t = parser_peek(p);
  for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
    const struct operator* o = & operators[i];
    const bool word_fits = t->kind != TOKEN_WORD || t->keyword == o->keyword;
    if (o->level == level && o->token == t->kind && word_fits) {
      return o;
    }
  }
  return NULL;
}

#define LINE_HINT                                                              \
  "a line goes on only inside of ( ): put them around the whole expression"

/* Could the line that begins with @t be the rest of an expression? */
static bool may_go_on(const struct token *t) {
  return t->kind != TOKEN_WORD ||
         (!keyword_is_hard(t->keyword) && t[1].kind != TOKEN_ASSIGN);
}

/* AND, + and their like at the end of a line. What follows is read as if it
 * went on, so that one mistake is one error. */
static void reject_line_end(struct parser *p) {
  if (p->parens > 0 || p->tokens[p->at].kind != TOKEN_NEWLINE) {
    return;
  }
  parser_expected_hint(p, "a value", LINE_HINT);
  const size_t before = p->at;
  parser_skip_newlines(p);
  p->at = may_go_on(&p->tokens[p->at]) ? p->at : before;
}

/* AND and OR, which begin no statement, at the beginning of the next line. */
static const struct operator*
    operator_of_next_line(struct parser *p, enum level level) {
  const size_t before = p->at;
  parser_skip_newlines(p);
  const struct operator* o = operator_at(p, level);
  if (o == NULL) {
    p->at = before;
    return NULL;
  }
  parser_error(p,
               (struct finding){.code = DIAGNOSTIC_CODE_SYNTAX,
                                .at = parser_peek(p)->at,
                                .hint = TEXT(LINE_HINT)},
               "the line before ends the expression");
  return o;
}

static const struct operator*
    next_operator(struct parser *p, enum level level) {
  const bool ends = p->parens == 0 && p->tokens[p->at].kind == TOKEN_NEWLINE;
  return ends && level <= LEVEL_AND ? operator_of_next_line(p, level)
                                    : operator_at(p, level);
}

static struct expr *binary_expr(struct parser *p, enum level level) {
  const enum level tighter = (enum level)(level + 1);
  struct expr *left = level_expr(p, tighter);
  const struct operator* o;
  while (left != NULL && (o = next_operator(p, level)) != NULL) {
    const struct place at = parser_next(p)->at;
    reject_line_end(p);
    left = join(p, o->op, at, left, level_expr(p, tighter));
  }
  return left;
}

static struct expr *level_expr(struct parser *p, enum level level) {
  if (level == LEVEL_MINUS) {
    return parse_minus(p);
  }
  if (level == LEVEL_NOT) {
    return parser_at_keyword(p, KEYWORD_NOT) ? parse_not(p)
                                             : level_expr(p, LEVEL_COMPARE);
  }
  return binary_expr(p, level);
}

struct expr *parser_expr(struct parser *p) {
  return level_expr(p, LEVEL_OR);
}
