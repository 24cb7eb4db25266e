/* + that ignores a text, and JSON that is posted as form data. */
#include "studio/action.h"
#include "studio/builtin_priv.h"
#include "studio/checker_priv.h"

/* ---- + */

/* A quoted text that is no number. */
static bool is_plain_text(const struct expr *e) {
  double number;
  if (e == NULL) {
    return false;
  }
  return e->kind == EXPR_TEXT && !text_to_double(text_trim(e->text), &number);
}

static bool is_literal(const struct expr *e) {
  return e->kind == EXPR_TEXT || e->kind == EXPR_TEMPLATE;
}

/* A variable that only ever holds texts which + would ignore. */
static bool holds_text(struct checker *c, const struct unit *unit,
                       const struct expr *e) {
  if (e->kind != EXPR_NAME) {
    return false;
  }
  const struct survey_var *v = survey_find(&c->survey, unit, e);
  bool all = v->sets != NULL;
  for (const struct survey_set *s = v->sets; s != NULL; s = s->next) {
    all = all && is_plain_text(s->value);
  }
  return all;
}

/* Joins happen from left to right: "a" + b + c joins all the way. */
static bool joins(const struct expr *e) {
  return is_literal(e) || (e->kind == EXPR_BINARY && e->op == EXPR_OP_ADD &&
                           (joins(e->left) || is_literal(e->right)));
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

/* ---- requests */

static bool begins_as_json(const struct expr *e) {
  if (e->kind == EXPR_TEMPLATE) {
    e = e->args;
  }
  if (e == NULL || e->kind != EXPR_TEXT) {
    return false;
  }
  const struct text t = text_trim(e->text);
  return text_starts(t, TEXT("{")) || text_starts(t, TEXT("["));
}

static bool is_json(struct checker *c, const struct unit *unit,
                    const struct expr *e) {
  if (e->kind == EXPR_METHOD || e->kind == EXPR_CALL) {
    return e->callee == CALLEE_BUILTIN && e->callee_id == BUILTIN_ASJSON;
  }
  if (e->kind != EXPR_NAME) {
    return begins_as_json(e);
  }
  const struct survey_var *v = survey_find(&c->survey, unit, e);
  for (const struct survey_set *s = v->sets; s != NULL; s = s->next) {
    if (s->value != NULL && s->value->kind != EXPR_NAME &&
        is_json(c, unit, s->value)) {
      return true;
    }
  }
  return false;
}

static bool sets_content_type(const struct survey_var *proxy) {
  for (const struct survey_set *s = proxy->members; s != NULL; s = s->next) {
    if (text_equal(s->target->text, TEXT("ContentType"))) {
      return true;
    }
  }
  return false;
}

static void look_at_request(struct checker *c, const struct unit *unit,
                            const struct expr *e) {
  if (e->kind != EXPR_METHOD || e->callee != CALLEE_ACTION ||
      e->callee_id != ACTION_REST_REQUEST || e->left->kind != EXPR_NAME ||
      e->argc < 2) {
    return;
  }
  const struct survey_var *proxy = survey_find(&c->survey, unit, e->left);
  if (sets_content_type(proxy) || !is_json(c, unit, e->args->next)) {
    return;
  }
  report(&c->reporter,
         (struct finding){.code = DIAGNOSTIC_CODE_FORM_JSON,
                          .at = e->args->next->at,
                          .hint = TEXT("set ContentType to "
                                       "\"application/json\" before")},
         "this is JSON, and '%.*s' sends it as "
         "application/x-www-form-urlencoded",
         TEXT_ARG(proxy->name));
}

void check_requests(struct checker *c) {
  checker_walk(c, look_at_request);
}
