/* Tests that always say the same, and = where something else is meant. */
#include "studio/action.h"
#include "studio/checker_priv.h"

static bool is_comparison(const struct expr *e) {
  return e->kind == EXPR_BINARY && e->op >= EXPR_OP_EQ && e->op <= EXPR_OP_GE;
}

static bool is_quoted_or_number(const struct expr *e) {
  return e->kind == EXPR_TEXT || e->kind == EXPR_NUMBER;
}

static struct text word_of(const struct checker *c, struct place at) {
  const struct text line = source_line(&c->program->source, at.line);
  size_t from = 0;
  for (uint32_t i = 1; i < at.column && from < line.len; i++) {
    const size_t n = utf8_length(line, from);
    from += n == 0 ? 1 : n;
  }
  return text_sub(line, from, at.length);
}

/* ---- x = "a" OR "b" */

/* The comparison that a lone literal beside it repeats, the nearest. */
static const struct expr *comparison_in(const struct expr *e) {
  while (e->kind == EXPR_BINARY &&
         (e->op == EXPR_OP_OR || e->op == EXPR_OP_AND)) {
    e = is_comparison(e->right) ? e->right : e->left;
  }
  return is_comparison(e) ? e : NULL;
}

static void report_literal(struct checker *c, const struct expr *e,
                           const struct expr *literal,
                           const struct expr *other) {
  struct textbuf hint;
  const struct expr *like = comparison_in(other);
  textbuf_init(&hint, c->reporter.diags->arena.mem);
  if (like != NULL && like->left->kind != EXPR_BINARY) {
    textbuf_addf(&hint, "each side needs its own comparison: … %s %.*s %.*s …",
                 e->op == EXPR_OP_OR ? "OR" : "AND",
                 TEXT_ARG(word_of(c, like->left->at)),
                 TEXT_ARG(word_of(c, like->at)));
  }
  report(&c->reporter,
         (struct finding){.code = DIAGNOSTIC_CODE_CONSTANT_CONDITION,
                          .at = literal->at,
                          .hint = textbuf_text(&hint)},
         "this side of %s is compared with nothing: it is always %s",
         e->op == EXPR_OP_OR ? "OR" : "AND",
         literal->kind == EXPR_NUMBER && !(literal->number > 0) ? "false"
                                                                : "true");
  textbuf_free(&hint);
}

static void look_at_logic(struct checker *c, const struct unit *unit,
                          const struct expr *e) {
  (void)unit;
  if (e->kind != EXPR_BINARY || (e->op != EXPR_OP_OR && e->op != EXPR_OP_AND)) {
    return;
  }
  if (is_quoted_or_number(e->right)) {
    report_literal(c, e, e->right, e->left);
  } else if (is_quoted_or_number(e->left)) {
    report_literal(c, e, e->left, e->right);
  }
}

/* ---- a whole answer where its code is meant */

static bool is_answer(const struct expr *e) {
  static const bool gives_nothing[ACTIONS] = {
      [ACTION_LOG] = true,       [ACTION_LOG_INFO] = true,
      [ACTION_LOG_WARN] = true,  [ACTION_LOG_ERROR] = true,
      [ACTION_TRACE] = true,     [ACTION_REST_REQUEST] = true,
      [ACTION_RUN_SCRIPT] = true};
  return e->kind == EXPR_CALL && e->callee == CALLEE_ACTION &&
         !gives_nothing[e->callee_id];
}

static bool holds_answer(struct checker *c, const struct unit *unit,
                         const struct expr *e) {
  return is_answer(e) || checker_always(c, unit, e, is_answer);
}

static void report_answer(struct checker *c, const struct expr *e,
                          const char *what) {
  report(&c->reporter,
         (struct finding){.code = DIAGNOSTIC_CODE_ANSWER_COMPARED,
                          .at = e->at,
                          .hint = TEXT("its .code says how it went: 200 is "
                                       "good")},
         "this is a whole answer, an object: %s", what);
}

static void look_at_comparison(struct checker *c, const struct unit *unit,
                               const struct expr *e) {
  if (!is_comparison(e)) {
    return;
  }
  const struct expr *sides[] = {e->left, e->right};
  for (size_t i = 0; i < 2; i++) {
    const enum expr_kind other = sides[1 - i]->kind;
    if ((other == EXPR_TEXT || other == EXPR_NUMBER || other == EXPR_BOOL) &&
        holds_answer(c, unit, sides[i])) {
      report_answer(c, sides[i], "it equals no text, number or boolean");
    }
  }
}

/* ---- statements */

static void look_at_condition(struct checker *c, const struct unit *unit,
                              const struct expr *e) {
  const struct expr *tested =
      e->kind == EXPR_UNARY && e->op == EXPR_OP_NOT ? e->left : e;
  if (holds_answer(c, unit, tested)) {
    report_answer(c, tested, "it is always true");
  } else if (is_quoted_or_number(tested)) {
    report(&c->reporter,
           (struct finding){.code = DIAGNOSTIC_CODE_CONSTANT_CONDITION,
                            .at = tested->at},
           "this condition is compared with nothing: it is always the same");
  }
}

/* a = b = 1: the second = compares. Who means that writes ==. */
static void look_at_assignment(struct checker *c, const struct stmt *s) {
  const struct expr *e = s->value;
  if (e->kind != EXPR_BINARY || e->op != EXPR_OP_EQ ||
      !text_equal(word_of(c, e->at), TEXT("="))) {
    return;
  }
  report(&c->reporter,
         (struct finding){.code = DIAGNOSTIC_CODE_EQUALITY_AS_VALUE,
                          .at = e->at,
                          .hint = TEXT("to compare write ==; to set two "
                                       "variables write two lines")},
         "this = compares, and the result, true or false, is what is set");
}

static bool same(const struct expr *a, const struct expr *b);

static bool same_parts(const struct expr *a, const struct expr *b) {
  const struct expr *x = a->args, *y = b->args;
  while (x != NULL && y != NULL && same(x, y)) {
    x = x->next;
    y = y->next;
  }
  return x == NULL && y == NULL;
}

/* Do both say the same whenever they are asked? A call may not. */
static bool same(const struct expr *a, const struct expr *b) {
  if (a == NULL || b == NULL) {
    return a == b;
  }
  const bool calls = a->kind == EXPR_CALL || a->kind == EXPR_METHOD;
  const bool number = a->kind != EXPR_NUMBER ||
                      (!(a->number < b->number) && !(a->number > b->number));
  return a->kind == b->kind && !calls && a->op == b->op && number &&
         text_equal(a->text, b->text) && same(a->left, b->left) &&
         same(a->right, b->right) && same_parts(a, b);
}

/* Each is compared with so many: a table of ten thousand labels is read in no
 * time, too. */
enum { COMPARED_MAX = 200 };

/* The label or condition before @e that catches all that @e would. */
static const struct expr *caught_by(const struct stmt *s,
                                    const struct expr *e) {
  size_t compared = 0;
  for (const struct arm *arm = s->arms; arm != NULL; arm = arm->next) {
    for (const struct expr *v = arm->values; v != NULL; v = v->next) {
      if (v == e || ++compared > COMPARED_MAX) {
        return NULL;
      }
      if (same(v, e)) {
        return v;
      }
    }
  }
  return NULL;
}

static void look_at_arm(struct checker *c, const struct stmt *s,
                        const struct expr *e) {
  const struct expr *first = caught_by(s, e);
  if (first != NULL) {
    report(&c->reporter,
           (struct finding){.code = DIAGNOSTIC_CODE_UNREACHABLE, .at = e->at},
           "nothing reaches this branch: line %u asks the same before it",
           first->at.line);
  }
}

static void look_at_stmt(struct checker *c, const struct unit *unit,
                         const struct stmt *s) {
  if (s->kind == STMT_ASSIGN) {
    look_at_assignment(c, s);
  }
  for (const struct arm *arm = s->arms; arm != NULL; arm = arm->next) {
    for (const struct expr *e = arm->values; e != NULL; e = e->next) {
      if (s->kind != STMT_SWITCH) {
        look_at_condition(c, unit, e);
      }
      look_at_arm(c, s, e);
    }
  }
}

void check_conditions(struct checker *c) {
  checker_walk(c, look_at_logic);
  checker_walk(c, look_at_comparison);
  checker_walk_statements(c, look_at_stmt);
}
