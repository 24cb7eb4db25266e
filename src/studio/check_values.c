/* + that ignores a text. */
#include "studio/action.h"
#include "studio/builtin_priv.h"
#include "studio/checker_priv.h"

/* ---- + */

/* A part of a text with which it can be no number. */
static bool is_word(const struct expr *part) {
  if (part->kind != EXPR_TEXT) {
    return false;
  }
  for (size_t i = 0; i < part->text.len; i++) {
    const char c = part->text.ptr[i];
    if ((c >= 'a' && c <= 'z' && c != 'e') ||
        (c >= 'A' && c <= 'Z' && c != 'E')) {
      return true;
    }
  }
  return false;
}

/* A quoted text that is no number. */
static bool is_plain_text(const struct expr *e) {
  double number;
  if (e == NULL) {
    return false;
  }
  if (e->kind != EXPR_TEMPLATE) {
    return e->kind == EXPR_TEXT && !text_to_double(text_trim(e->text), &number);
  }
  bool plain = false;
  for (const struct expr *part = e->args; part != NULL; part = part->next) {
    plain = plain || is_word(part);
  }
  return plain;
}

static bool is_answer(const struct expr *e) {
  return e->callee == CALLEE_ACTION && e->kind == EXPR_CALL;
}

/* info.status and such are never numbers. */
static bool is_word_of_answer(struct checker *c, const struct unit *unit,
                              const struct expr *e) {
  static const struct text members[] = {
      {"status", 6}, {"message", 7}, {"id", 2}, {"channel", 7}};
  if (e->kind != EXPR_MEMBER) {
    return false;
  }
  for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
    if (text_equal(members[i], e->text)) {
      return is_answer(e->left) || checker_always(c, unit, e->left, is_answer);
    }
  }
  return false;
}

/* What + would ignore. */
static bool holds_text(struct checker *c, const struct unit *unit,
                       const struct expr *e) {
  return is_word_of_answer(c, unit, e) ||
         checker_always(c, unit, e, is_plain_text);
}

/* Joins happen from left to right: "a" + b + c joins all the way. */
static bool joins(const struct expr *e) {
  return expr_is_literal(e) ||
         (e->kind == EXPR_BINARY && e->op == EXPR_OP_ADD &&
          (joins(e->left) || expr_is_literal(e->right)));
}

static void look_at_sum(struct checker *c, const struct unit *unit,
                        const struct expr *e) {
  if (e->kind != EXPR_BINARY || e->op != EXPR_OP_ADD || joins(e)) {
    return;
  }
  const struct expr *parts[] = {e->left, e->right};
  for (size_t i = 0; i < 2; i++) {
    if (holds_text(c, unit, parts[i])) {
      report(&c->reporter,
             (struct finding){.code = DIAGNOSTIC_CODE_IGNORED_TEXT,
                              .at = parts[i]->at,
                              .hint = TEXT("to join texts write \"{a}{b}\"")},
             "'%.*s' holds a text that is no number: + ignores it here",
             TEXT_ARG(parts[i]->text));
    }
  }
}

void check_joins(struct checker *c) {
  checker_walk(c, look_at_sum);
}
