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

static bool defers(struct text options) {
  return text_equal_nocase(options_get(options, TEXT("when")),
                           TEXT("released")) ||
         text_equal_nocase(options_get(options, TEXT("release")), TEXT("true"));
}

static bool literal_defers(const struct expr *e) {
  if (e == NULL) {
    return false;
  }
  if (e->kind == EXPR_TEXT) {
    return defers(e->text);
  }
  for (const struct expr *part = e->kind == EXPR_TEMPLATE ? e->args : NULL;
       part != NULL; part = part->next) {
    if (part->kind == EXPR_TEXT && defers(part->text)) {
      return true;
    }
  }
  return false;
}

static bool is_true(const struct expr *e) {
  return e != NULL &&
         (e->kind == EXPR_BOOL ? e->number > 0
                               : e->kind == EXPR_TEXT &&
                                     text_equal_nocase(e->text, TEXT("true")));
}

/* o.when = "released", o.release = true */
static bool member_defers(const struct survey_set *s) {
  if (s->target->kind != EXPR_MEMBER || s->value == NULL) {
    return false;
  }
  const struct text name = s->target->text;
  return (text_equal(name, TEXT("when")) && s->value->kind == EXPR_TEXT &&
          text_equal_nocase(s->value->text, TEXT("released"))) ||
         (text_equal(name, TEXT("release")) && is_true(s->value));
}

static bool variable_defers(const struct survey_var *v) {
  for (const struct survey_set *s = v->sets; s != NULL; s = s->next) {
    if (literal_defers(s->value)) {
      return true;
    }
  }
  for (const struct survey_set *s = v->members; s != NULL; s = s->next) {
    if (member_defers(s)) {
      return true;
    }
  }
  return false;
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
  const struct expr *options = options_of(call);
  if (options == NULL) {
    return false;
  }
  if (options->kind == EXPR_NAME) {
    return variable_defers(survey_find(&w->h->c->survey, w->unit, options));
  }
  return literal_defers(options);
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
  for (unsigned i = 0; i < CHECKER_BITS; i++) {
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
  if (site->refused != 0) {
    report_refusal(c, site);
  } else if (site->by_time && !site->deferred) {
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
