/* Sessions that are not the script's own: what is done there does not move it,
 * and tells nothing about it. */
#include "studio/action.h"
#include "studio/handover_priv.h"

/* What can only be another session's id: one that stands there, or one that a
 * signal brought. */
static bool is_foreign_id(const struct expr *e) {
  const bool of_event = e->kind == EXPR_MEMBER && e->left->kind == EXPR_NAME &&
                        text_equal_nocase(e->left->text, TEXT("event"));
  const bool parameter = of_event && e->text.len == 2 && e->text.ptr[0] == 'p';
  return parameter || (e->kind == EXPR_TEXT && e->text.len > 0);
}

/* What tells of another session: a call that was booked, or what is known of a
 * foreign id. */
static bool is_foreign_answer(const struct expr *e) {
  const bool asked =
      checker_is_action(e, ACTION_GET_SESSION_INFO) && e->args != NULL;
  return checker_is_action(e, ACTION_CALLBACK) ||
         (asked && is_foreign_id(e->args));
}

static bool is_or_holds(const struct walker *w, const struct expr *e,
                        bool (*is)(const struct expr *e)) {
  return is(e) ||
         (e->kind == EXPR_NAME && checker_always(w->h->c, w->unit, e, is));
}

static bool is_foreign(const struct walker *w, const struct expr *id) {
  const bool member =
      id->kind == EXPR_MEMBER && text_equal(id->text, TEXT("id"));
  return is_or_holds(w, id, is_foreign_id) ||
         (member && is_or_holds(w, id->left, is_foreign_answer));
}

bool handover_is_other(const struct walker *w, const struct expr *call) {
  /* Transfer(payload) and ReqAgent(skill) are about the script's own. */
  const bool named = checker_is_action(call, ACTION_TRANSFER)
                         ? call->argc >= 2
                         : !checker_is_action(call, ACTION_REQ_AGENT);
  return named && call->args != NULL && is_foreign(w, call->args);
}
