#include "studio/action.h"
#include "studio/handover_priv.h"
#include "studio/options.h"

static const struct status_info {
  const char *name, *now, *released, *why;
} statuses[] = {
#define STATUS(name, text, now, released, why) {text, now, released, why},
#include "studio/statuses.def"
#undef STATUS
};

/* ---- when:released, release:true */

/* An option that the call may have, as far as literals tell. */
struct wish {
  struct checker *c;
  struct text name, value;
};

enum { DEPTH_MAX = 5 };

static bool text_wishes(const struct wish *wish, struct text options) {
  return text_equal_nocase(options_get(options, wish->name), wish->value);
}

/* "when:" + x, "…,when:{x}": nobody knows; taken for a wish. */
static bool text_asks(const struct wish *wish, struct text part) {
  part = text_trim(part);
  return text_ends(part, TEXT(":")) &&
         text_ends(text_sub(part, 0, part.len - 1), wish->name);
}

static bool value_wishes(const struct wish *wish, const struct expr *value) {
  if (value == NULL) {
    return false;
  }
  return value->kind == EXPR_BOOL
             ? value->number > 0
             : value->kind != EXPR_TEXT ||
                   text_equal_nocase(value->text, wish->value);
}

static bool options_wish(const struct wish *wish, const struct unit *unit,
                         const struct expr *e, unsigned depth);

static bool sets_wish(const struct wish *wish, const struct survey_set *s,
                      unsigned depth) {
  for (; s != NULL; s = s->next) {
    if (options_wish(wish, s->unit, s->value, depth)) {
      return true;
    }
  }
  return false;
}

/* o.when = "released" */
static bool members_wish(const struct wish *wish, const struct survey_set *s) {
  for (; s != NULL; s = s->next) {
    if (s->target->kind == EXPR_MEMBER &&
        text_equal(s->target->text, wish->name) &&
        value_wishes(wish, s->value)) {
      return true;
    }
  }
  return false;
}

static bool parts_wish(const struct wish *wish, const struct unit *unit,
                       const struct expr *e, unsigned depth) {
  for (const struct expr *part = e->args; part != NULL; part = part->next) {
    if (options_wish(wish, unit, part, depth) ||
        (part->kind == EXPR_TEXT && text_asks(wish, part->text))) {
      return true;
    }
  }
  return false;
}

static bool options_wish(const struct wish *wish, const struct unit *unit,
                         const struct expr *e, unsigned depth) {
  if (e == NULL || depth == 0) {
    return false;
  }
  if (e->kind == EXPR_TEXT) {
    return text_wishes(wish, e->text);
  }
  if (e->kind == EXPR_NAME) {
    const struct survey_var *v = survey_find(&wish->c->survey, unit, e);
    return sets_wish(wish, v->sets, depth - 1) ||
           sets_wish(wish, v->args, depth - 1) ||
           members_wish(wish, v->members);
  }
  if (e->kind == EXPR_BINARY && e->op == EXPR_OP_ADD) {
    return options_wish(wish, unit, e->left, depth) ||
           options_wish(wish, unit, e->right, depth) ||
           (e->left->kind == EXPR_TEXT && text_asks(wish, e->left->text));
  }
  if (e->kind == EXPR_METHOD) { /* "…".append(o), fromjson("…").copy() */
    return options_wish(wish, unit, e->left, depth) ||
           parts_wish(wish, unit, e, depth);
  }
  return e->kind == EXPR_TEMPLATE && parts_wish(wish, unit, e, depth);
}

/* The options of the call: its last argument, or the payload. */
static const struct expr *options_of(const struct expr *call) {
  const struct expr *arg = call->args;
  if (call->callee_id == ACTION_REQ_AGENT) {
    return arg->next;
  }
  return arg->next == NULL ? arg : arg->next->next;
}

bool handover_is_deferred(struct walker *w, const struct expr *call) {
  const struct wish wish = {w->h->c, TEXT("when"), TEXT("released")};
  return options_wish(&wish, w->unit, options_of(call), DEPTH_MAX) ||
         handover_is_released(w, call);
}

bool handover_is_released(struct walker *w, const struct expr *call) {
  const struct wish wish = {w->h->c, TEXT("release"), TEXT("true")};
  return options_wish(&wish, w->unit, options_of(call), DEPTH_MAX);
}

/* ---- the edit */

/* The byte behind @columns code points of @line. */
static size_t byte_of(struct text line, uint32_t columns) {
  size_t at = 0;
  while (columns > 0 && at < line.len) {
    const size_t n = utf8_length(line, at);
    at += n == 0 ? 1 : n;
    columns--;
  }
  return at;
}

static void insert(struct textbuf *out, struct text line, size_t at,
                   struct text extra) {
  textbuf_add(out, text_sub(line, 0, at));
  textbuf_add(out, extra);
  textbuf_add(out, text_sub(line, at, line.len));
}

/* The line of the call with when:released in its options; nothing if they are
 * not a literal on that line. */
static void write_edit(struct checker *c, const struct expr *call,
                       struct textbuf *out) {
  const struct expr *options = options_of(call);
  const struct expr *last = call->args;
  while (last->next != NULL) {
    last = last->next;
  }
  if (last->at.line != call->at.line || call->argc < 2 ||
      call->callee_id != ACTION_TRANSFER) {
    return;
  }
  const struct text line = source_line(&c->program->source, call->at.line);
  const uint32_t end = last->at.column - 1 + last->at.length;
  if (options == NULL && (last->kind == EXPR_TEXT || last->kind == EXPR_NAME)) {
    insert(out, line, byte_of(line, end), TEXT(", \"when:released\""));
  } else if (options != NULL && options->kind == EXPR_TEXT) {
    const bool empty = text_trim(options->text).len == 0;
    insert(out, line, byte_of(line, end - 1),
           empty ? TEXT("when:released") : TEXT(",when:released"));
  }
}

/* ---- the words */

static void describe(const struct site *site, struct textbuf *out) {
  bool first = true;
  for (unsigned i = 0; i < CHECKER_STATUSES; i++) {
    if ((site->refused & 1u << i) == 0) {
      continue;
    }
    const char *refusal =
        site->deferred ? statuses[i].released : statuses[i].now;
    textbuf_addf(out, "%s'%s' (%s), which is refused %s", first ? "" : ", or ",
                 statuses[i].name, statuses[i].why, refusal);
    first = false;
  }
}

static struct text cure(const struct site *site) {
  const uint32_t bot = CHECKER_SET(CONNECTED) | CHECKER_SET(RELEASING);
  if ((site->refused & bot) != 0) {
    return TEXT("with when:released it is accepted now and carried out in the "
                "moment in which the bot's hold ends; or end the bot's part "
                "first: EndConversation(session.id)");
  }
  if (site->refused & CHECKER_SET(PENDING)) {
    return TEXT("wait until the bot is there: WaitFor(session.id, "
                "\"connected\", 10)");
  }
  if (site->refused & (CHECKER_SET(WRAPUP) | CHECKER_SET(COMPLETED))) {
    return TEXT("the session is over here: nothing can be transferred");
  }
  return TEXT("a transfer before this one may have gone through: test its "
              "result first");
}

static void report_refusal(struct checker *c, const struct site *site) {
  struct textbuf words, edit;
  textbuf_init(&words, c->reporter.diags->arena.mem);
  textbuf_init(&edit, c->reporter.diags->arena.mem);
  describe(site, &words);
  const uint32_t bot = CHECKER_SET(CONNECTED) | CHECKER_SET(RELEASING);
  if ((site->refused & bot) != 0) {
    write_edit(c, site->call, &edit);
  }
  c->failed = c->failed || words.failed || edit.failed;
  report(&c->reporter,
         (struct finding){.code = DIAGNOSTIC_CODE_TRANSFER_REFUSED,
                          .at = site->call->at,
                          .hint = cure(site),
                          .edit = text_trim(textbuf_text(&edit))},
         "this %s can be refused: the session can be %.*s",
         action_info((enum action_id)site->call->callee_id)->name.ptr,
         TEXT_ARG(textbuf_text(&words)));
  textbuf_free(&words);
  textbuf_free(&edit);
}

void handover_report(struct checker *c, const struct site *site) {
  if (site->refused != 0 && site->lost) {
    report_refusal(c, site);
  } else if (site->by_time && site->refused == 0 && !site->deferred) {
    report(
        &c->reporter,
        (struct finding){.code = DIAGNOSTIC_CODE_EXACT_HANDOVER,
                         .at = site->call->at,
                         .hint = TEXT("with when:released it goes through in "
                                      "the moment in which the bot's hold "
                                      "ends")},
        "safe because enough time has passed, not because the bot is known "
        "to have gone");
  }
}
