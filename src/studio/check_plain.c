/* Members that no text and no number has, and indexes that no element has:
 * s.upper without its parentheses, s.lenght, list[0]. */
#include "studio/action.h"
#include "studio/builtin_priv.h"
#include "studio/checker_priv.h"

/* ---- what is certain to be a text, a number or a date */

static bool gives_plain(enum builtin_id id) {
  switch ((unsigned)id) {
  case BUILTIN_GETRESTPROXY:
  case BUILTIN_FROMJSON:
  case BUILTIN_FROMXML:
  case BUILTIN_COPY:
  case BUILTIN_KEYS:
  case BUILTIN_SORT:
  case BUILTIN_SLICE:
  case BUILTIN_REVERSE:
  case BUILTIN_ADD:
  case BUILTIN_INSERT:
  case BUILTIN_REMOVE:
  case BUILTIN_MIN:
  case BUILTIN_MAX:
    return false; /* may be a list or an object */
  default:
    return true;
  }
}

static bool is_plain_value(const struct expr *e) {
  switch ((unsigned)e->kind) {
  case EXPR_TEXT:
  case EXPR_TEMPLATE:
  case EXPR_NUMBER:
  case EXPR_BOOL:
  case EXPR_UNARY:
  case EXPR_BINARY:
    return true;
  case EXPR_CALL:
  case EXPR_METHOD:
    return e->callee == CALLEE_BUILTIN &&
           gives_plain((enum builtin_id)e->callee_id);
  default:
    return false;
  }
}

/* A name that ends in $ always holds text. */
static bool is_text_name(const struct expr *e) {
  return e->kind == EXPR_NAME && text_ends(e->text, TEXT("$"));
}

static bool is_plain(struct checker *c, const struct unit *unit,
                     const struct expr *e) {
  if (e->kind != EXPR_NAME) {
    return is_plain_value(e);
  }
  const struct survey_var *v = survey_find(&c->survey, unit, e);
  return v->members == NULL &&
         (is_text_name(e) || checker_always(c, unit, e, is_plain_value));
}

/* ---- members */

static void suggest(const struct expr *e, struct textbuf *hint) {
  struct text names[BUILTINS + 2];
  const enum builtin_id id = builtin_find(e->text);
  if (id != BUILTINS) {
    textbuf_addf(hint, "a call has parentheses: write .%.*s(%s)",
                 TEXT_ARG(builtin_info(id)->name),
                 builtin_info(id)->min_args > 1 ? "…" : "");
    return;
  }
  for (size_t i = 0; i < BUILTINS; i++) {
    names[i] = builtin_info((enum builtin_id)i)->name;
  }
  names[BUILTINS] = TEXT("length");
  names[BUILTINS + 1] = TEXT("size");
  (void)report_nearest(hint, e->text, names, BUILTINS + 2);
}

static void check_member(struct checker *c, const struct unit *unit,
                         const struct expr *e) {
  struct textbuf hint;
  if (text_starts(e->text, TEXT("$")) ||
      text_equal_nocase(e->text, TEXT("length")) ||
      text_equal_nocase(e->text, TEXT("size")) || !is_plain(c, unit, e->left)) {
    return;
  }
  textbuf_init(&hint, c->reporter.diags->arena.mem);
  suggest(e, &hint);
  report(&c->reporter,
         (struct finding){.code = DIAGNOSTIC_CODE_UNKNOWN_MEMBER,
                          .at = e->at,
                          .hint = textbuf_text(&hint)},
         "no text and no number has a member '%.*s': it reads as null",
         TEXT_ARG(e->text));
  c->failed = c->failed || hint.failed;
  textbuf_free(&hint);
}

/* ---- elements */

static bool is_below_one(const struct expr *e) {
  return (e->kind == EXPR_NUMBER && e->number < 1) ||
         (e->kind == EXPR_UNARY && e->op == EXPR_OP_NEG &&
          e->left->kind == EXPR_NUMBER);
}

static void check_index(struct checker *c, const struct expr *e) {
  if (is_below_one(e->right)) {
    report(&c->reporter,
           (struct finding){
               .code = DIAGNOSTIC_CODE_BAD_INDEX,
               .at = e->right->at,
               .hint = TEXT("the first element is [1], the last [v.size]")},
           "no element has this index: it is an error when the line runs");
  }
}

/* FOR i = 0 … list[i], as languages that count from 0 have it. What stands in
 * a branch may be kept from the first round, and is not looked at. */
static void look_at_counted(struct checker *c, const struct unit *unit,
                            const struct expr *e) {
  (void)unit;
  if (e->kind == EXPR_INDEX && e->right->kind == EXPR_NAME &&
      e->right->variable.local == c->counter->variable.local &&
      e->right->variable.index == c->counter->variable.index) {
    report(&c->reporter,
           (struct finding){.code = DIAGNOSTIC_CODE_BAD_INDEX,
                            .at = e->right->at,
                            .hint = TEXT("the first element is [1], the last "
                                         "[v.size]")},
           "the loop begins below 1, and no element has that index");
  }
}

static void look_at_loop(struct checker *c, const struct unit *unit,
                         const struct stmt *s) {
  if (s->kind != STMT_FOR || s->target == NULL || s->value == NULL ||
      !is_below_one(s->value)) {
    return;
  }
  c->counter = s->target;
  for (const struct stmt *in = s->body.first; in != NULL; in = in->next) {
    const bool sets = in->kind == STMT_ASSIGN && in->target != NULL &&
                      in->target->kind == EXPR_NAME &&
                      text_equal_nocase(in->target->text, s->target->text);
    if (sets || in->arms != NULL) {
      break; /* from here on nothing is certain */
    }
    checker_walk_expr(c, unit, in->value, look_at_counted);
    checker_walk_expr(c, unit, in->target, look_at_counted);
  }
}

/* ---- Transfer("x") */

static void check_payload(struct checker *c, const struct unit *unit,
                          const struct expr *e) {
  if (!checker_is_action(e, ACTION_TRANSFER) || e->argc != 1 ||
      !is_plain(c, unit, e->args)) {
    return;
  }
  report(&c->reporter,
         (struct finding){
             .code = DIAGNOSTIC_CODE_BAD_OPTION,
             .at = e->args->at,
             .hint = TEXT("write Transfer(session.id, \"queue\"); a payload "
                          "as JSON is fromjson(text)")},
         "Transfer with one argument takes a dynamic object, and refuses a "
         "text");
}

static void look_at_plain(struct checker *c, const struct unit *unit,
                          const struct expr *e) {
  if (e->kind == EXPR_MEMBER) {
    check_member(c, unit, e);
  } else if (e->kind == EXPR_INDEX) {
    check_index(c, e);
  } else if (e->kind == EXPR_CALL) {
    check_payload(c, unit, e);
  }
}

void check_plain(struct checker *c) {
  checker_walk(c, look_at_plain);
  checker_walk_statements(c, look_at_loop);
}
