/* Missing fallbacks: answers that can be a no, and that nothing looks at. */
#include "studio/action.h"
#include "studio/checker_priv.h"

static bool can_be_refused(const struct expr *e) {
  if (e == NULL || e->kind != EXPR_CALL || e->callee != CALLEE_ACTION) {
    return false;
  }
  return action_info((enum action_id)e->callee_id)->effect ==
             ACTION_EFFECT_TRANSFER ||
         e->callee_id == ACTION_CALLBACK;
}

static void report_ignored(struct checker *c, const struct expr *call) {
  const char *name = action_info((enum action_id)call->callee_id)->name.ptr;
  if (checker_has_finding(c, DIAGNOSTIC_CODE_TRANSFER_REFUSED, call->at)) {
    return; /* it has been said how */
  }
  report(&c->reporter,
         (struct finding){.code = DIAGNOSTIC_CODE_MISSING_FALLBACK,
                          .at = call->at,
                          .hint = TEXT("keep the answer, r = …, and go "
                                       "another way unless r.code is 200")},
         "nothing looks at what this %s answers: if it is refused (a queue "
         "that is closed, full or unknown), the customer stays where they are",
         name);
}

/* ---- the fallback itself needs none */

static bool asks_how_it_went(const struct expr *e) {
  if (e == NULL) {
    return false;
  }
  static const struct text members[] = {
      {"code", 4}, {"status", 6}, {"refusal", 7}, {"StatusCode", 10}};
  for (size_t i = 0; i < 4 && e->kind == EXPR_MEMBER; i++) {
    if (text_equal(members[i], e->text)) {
      return true;
    }
  }
  return asks_how_it_went(e->left) || asks_how_it_went(e->right);
}

static void look_at_block(struct checker *c, const struct unit *unit,
                          const struct block *block, bool fallback);

static void look_at_arms(struct checker *c, const struct unit *unit,
                         const struct stmt *s, bool fallback) {
  bool inside = fallback || asks_how_it_went(s->value);
  for (const struct arm *arm = s->arms; arm != NULL; arm = arm->next) {
    inside = inside || asks_how_it_went(arm->values);
    look_at_block(c, unit, &arm->body, inside);
  }
}

static bool is_never_read(struct checker *c, const struct unit *unit,
                          const struct stmt *s) {
  return s->kind == STMT_ASSIGN && s->target->kind == EXPR_NAME &&
         survey_find(&c->survey, unit, s->target)->first_read == NULL;
}

static void look_at_block(struct checker *c, const struct unit *unit,
                          const struct block *block, bool fallback) {
  for (const struct stmt *s = block->first; s != NULL; s = s->next) {
    const bool dropped = s->kind == STMT_CALL || is_never_read(c, unit, s);
    if (dropped && !fallback && can_be_refused(s->value)) {
      report_ignored(c, s->value);
    }
    look_at_arms(c, unit, s, fallback);
    look_at_block(c, unit, &s->body, fallback);
  }
}

/* ---- a script that leaves everybody to the entry point */

static void find_destination(struct checker *c, const struct unit *unit,
                             const struct expr *e) {
  (void)unit;
  static const bool leads_on[ACTIONS] = {
      [ACTION_TRANSFER] = true, [ACTION_REQ_AGENT] = true,
      [ACTION_HANGUP] = true,   [ACTION_CALLBACK] = true,
      [ACTION_RUN_SUB] = true,  [ACTION_RUN_SCRIPT] = true,
      [ACTION_SPAWN] = true};
  if ((e->kind == EXPR_CALL || e->kind == EXPR_METHOD) &&
      e->callee == CALLEE_ACTION &&
      (leads_on[e->callee_id] || e->callee_id == ACTION_REST_REQUEST)) {
    c->leads_on = true;
  }
}

static void check_destination(struct checker *c) {
  if (c->world.no_fallback.len == 0) {
    return;
  }
  checker_walk(c, find_destination);
  if (!c->leads_on) {
    report(&c->reporter,
           (struct finding){.code = DIAGNOSTIC_CODE_MISSING_FALLBACK,
                            .at = {1, 1, 1},
                            .hint = TEXT("transfer the session, or give the "
                                         "entry point a \"fallback\"")},
           "no path of this script leaves the customer with somebody, and "
           "entry point '%.*s' has no fallback: the session just ends",
           TEXT_ARG(c->world.no_fallback));
  }
}

void check_answers(struct checker *c) {
  for (const struct unit *u = c->program->script.units; u != NULL;
       u = u->next) {
    const bool error =
        u->kind == UNIT_SECTION && text_equal(u->name, TEXT("Error"));
    look_at_block(c, u, &u->body, error);
  }
  check_destination(c);
}
