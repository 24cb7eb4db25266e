/* What a script names of its centre, and the statuses that it asks for. */
#include "studio/action.h"
#include "studio/checker_priv.h"

/* ---- names and options, as far as they stand there */

static const struct expr *nth_arg(const struct expr *call, uint32_t n) {
  const struct expr *arg = call->args;
  for (; arg != NULL && n > 0; n--) {
    arg = arg->next;
  }
  return arg;
}

static bool is_known(const struct checker_names *known, struct text name) {
  size_t i = 0;
  while (i < known->count && !text_equal_nocase(known->names[i], name)) {
    i++;
  }
  return i < known->count;
}

/* A script may be named as its file is. */
static bool is_there(const struct checker *c, enum checker_kind kind,
                     struct text name) {
  const struct checker_names *known = &c->world.names[kind];
  const bool file = kind == CHECKER_SCRIPTS && text_ends(name, TEXT(".studio"));
  return is_known(known, name) ||
         (file && is_known(known, text_sub(name, 0, name.len - 7)));
}

static void check_name(struct checker *c, const struct expr *e,
                       enum checker_kind kind) {
  static const char *const words[CHECKER_KINDS] = {
      [CHECKER_TARGETS] = "queue, skill, agent or bot",
      [CHECKER_QUEUES] = "queue or skill",
      [CHECKER_BOTS] = "bot",
      [CHECKER_CALENDARS] = "calendar",
      [CHECKER_SCRIPTS] = "script"};
  if (e == NULL || e->kind != EXPR_TEXT || c->world.names == NULL ||
      is_there(c, kind, text_trim(e->text))) {
    return;
  }
  const struct checker_names *known = &c->world.names[kind];
  struct textbuf hint;
  textbuf_init(&hint, c->reporter.diags->arena.mem);
  report(&c->reporter,
         (struct finding){.code = DIAGNOSTIC_CODE_UNKNOWN_TARGET,
                          .at = e->at,
                          .hint = report_nearest(&hint, e->text, known->names,
                                                 known->count)},
         "the centre has no %s '%.*s'", words[kind], TEXT_ARG(e->text));
  textbuf_free(&hint);
}

/* Which argument of which action names what. */
static const struct naming {
  enum action_id action;
  uint32_t argument;
  enum checker_kind kind;
} namings[] = {{ACTION_REQ_AGENT, 0, CHECKER_TARGETS},
               {ACTION_GET_QUEUE_INFO, 0, CHECKER_QUEUES},
               {ACTION_CALLBACK, 2, CHECKER_QUEUES},
               {ACTION_BOT_EXCHANGE, 0, CHECKER_BOTS},
               {ACTION_CHECK_HOURS, 0, CHECKER_CALENDARS},
               {ACTION_RUN_SUB, 0, CHECKER_SCRIPTS},
               {ACTION_RUN_SCRIPT, 0, CHECKER_SCRIPTS},
               {ACTION_SPAWN, 0, CHECKER_SCRIPTS}};

static void check_names_of(struct checker *c, const struct expr *call) {
  /* With one argument it is a payload. */
  if (checker_is_action(call, ACTION_TRANSFER) && call->argc >= 2) {
    check_name(c, nth_arg(call, 1), CHECKER_TARGETS);
  }
  for (size_t i = 0; i < sizeof namings / sizeof namings[0]; i++) {
    if (checker_is_action(call, namings[i].action)) {
      check_name(c, nth_arg(call, namings[i].argument), namings[i].kind);
    }
  }
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
  check_names_of(c, e);
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
