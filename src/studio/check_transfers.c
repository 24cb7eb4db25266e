/* What a transfer names, and the statuses that a script asks for. */
#include "studio/action.h"
#include "studio/checker_priv.h"

/* ---- targets and options, as far as they stand there */

static const struct expr *nth_arg(const struct expr *call, uint32_t n) {
  const struct expr *arg = call->args;
  for (; arg != NULL && n > 0; n--) {
    arg = arg->next;
  }
  return arg;
}

static const struct expr *target_of(const struct expr *call) {
  if (checker_is_action(call, ACTION_REQ_AGENT)) {
    return nth_arg(call, 0);
  }
  return checker_is_action(call, ACTION_TRANSFER) && call->argc >= 2
             ? nth_arg(call, 1)
             : NULL;
}

static bool is_known(const struct checker *c, struct text name) {
  for (size_t i = 0; i < c->world.target_count; i++) {
    if (text_equal_nocase(c->world.targets[i], name)) {
      return true;
    }
  }
  return text_starts(name, TEXT("sip:"));
}

static void check_name(struct checker *c, const struct expr *target) {
  if (target->kind != EXPR_TEXT || c->world.targets == NULL ||
      is_known(c, text_trim(target->text))) {
    return;
  }
  struct textbuf hint;
  textbuf_init(&hint, c->reporter.diags->arena.mem);
  report(&c->reporter,
         (struct finding){.code = DIAGNOSTIC_CODE_UNKNOWN_TARGET,
                          .at = target->at,
                          .hint = report_nearest(&hint, target->text,
                                                 c->world.targets,
                                                 c->world.target_count)},
         "the centre has no queue, skill, agent or bot '%.*s'",
         TEXT_ARG(target->text));
  textbuf_free(&hint);
}

static void check_options(struct checker *c, const struct expr *options) {
  struct textbuf why;
  if (options == NULL || options->kind != EXPR_TEXT ||
      c->world.options_fit == NULL) {
    return;
  }
  textbuf_init(&why, c->reporter.diags->arena.mem);
  if (!c->world.options_fit(options->text, &why)) {
    report(
        &c->reporter,
        (struct finding){.code = DIAGNOSTIC_CODE_BAD_OPTION, .at = options->at},
        "%.*s", TEXT_ARG(textbuf_text(&why)));
  }
  c->failed = c->failed || why.failed;
  textbuf_free(&why);
}

/* ---- statuses */

static const struct text statuses[] = {
#define STATUS(name, text, now, released, why) {text, sizeof(text) - 1},
#include "studio/statuses.def"
#undef STATUS
};

static void check_status(struct checker *c, const struct expr *e) {
  if (e == NULL || e->kind != EXPR_TEXT || checker_status_set(e->text) != 0) {
    return;
  }
  struct textbuf hint;
  textbuf_init(&hint, c->reporter.diags->arena.mem);
  const struct text nearest =
      report_nearest(&hint, e->text, statuses, CHECKER_STATUSES);
  report(&c->reporter,
         (struct finding){.code = DIAGNOSTIC_CODE_UNKNOWN_STATUS,
                          .at = e->at,
                          .hint = nearest.len > 0
                                      ? nearest
                                      : TEXT("pending, connected, releasing, "
                                             "idle, queued, offered, active, "
                                             "wrapup or completed")},
         "no session is ever '%.*s'", TEXT_ARG(e->text));
  textbuf_free(&hint);
}

static bool is_info(const struct expr *e) {
  return checker_is_action(e, ACTION_GET_SESSION_INFO);
}

static bool is_status(struct checker *c, const struct unit *unit,
                      const struct expr *e) {
  return e->kind == EXPR_MEMBER && text_equal(e->text, TEXT("status")) &&
         (is_info(e->left) || checker_always(c, unit, e->left, is_info));
}

static void look_at_expr(struct checker *c, const struct unit *unit,
                         const struct expr *e) {
  const struct expr *target = target_of(e);
  if (target != NULL) {
    check_name(c, target);
  }
  if (checker_is_action(e, ACTION_TRANSFER)) {
    check_options(c, nth_arg(e, 2));
  } else if (checker_is_action(e, ACTION_WAIT_FOR)) {
    check_status(c, nth_arg(e, 1));
  }
  if (e->kind == EXPR_BINARY && e->op >= EXPR_OP_EQ && e->op <= EXPR_OP_GE) {
    check_status(c, is_status(c, unit, e->left)    ? e->right
                    : is_status(c, unit, e->right) ? e->left
                                                   : NULL);
  }
}

static void look_at_stmt(struct checker *c, const struct unit *unit,
                         const struct stmt *s) {
  if (s->kind != STMT_SWITCH || !is_status(c, unit, s->value)) {
    return;
  }
  for (const struct arm *arm = s->arms; arm != NULL; arm = arm->next) {
    for (const struct expr *e = arm->values; e != NULL; e = e->next) {
      check_status(c, e);
    }
  }
}

void check_transfers(struct checker *c) {
  checker_walk(c, look_at_expr);
  checker_walk_statements(c, look_at_stmt);
}
