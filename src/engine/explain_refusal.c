/* Why a transfer was refused, and what helps, in a session's story. */
#include "engine/explain_priv.h"
#include "session/refusal.h"

/* Copies *@line up to the word @mark; *@line goes on behind it. True: it was
 * there. */
static bool copy_to(struct tale *t, struct text *line, struct text mark) {
  const size_t at = text_find(*line, mark, 0);
  const bool found = at < line->len;
  textbuf_add(t->out, text_sub(*line, 0, at));
  *line = text_sub(*line, found ? at + mark.len : line->len, line->len);
  return found;
}

/* A remedy's line of script, for the transfer that was refused. */
static void tell_remedy_line(struct tale *t, const char *script) {
  struct text line = text_from(script);
  textbuf_add(t->out, TEXT(INDENT "      "));
  if (copy_to(t, &line, TEXT("{target}"))) {
    textbuf_add(t->out, record_text(t->ev, FIELD_TARGET));
  }
  if (copy_to(t, &line, TEXT("{options}")) &&
      record_has(t->ev, FIELD_PRIORITY)) {
    textbuf_addf(t->out, "priority:%lld,",
                 (long long)record_num(t->ev, FIELD_PRIORITY));
  }
  textbuf_add(t->out, line);
}

static void tell_remedies(struct tale *t) {
  const enum refusal why = (enum refusal)record_num(t->ev, FIELD_REFUSAL);
  const struct refusal_remedy *r;
  for (size_t i = 0; (r = refusal_remedy(why, i)) != NULL; i++) {
    textbuf_addf(t->out, INDENT "%s %s", i == 0 ? "Cure:" : "  or:", r->does);
    if (r->script[0] != '\0') {
      tell_remedy_line(t, r->script);
    }
  }
}

static void tell_allowed(struct tale *t) {
  const uint32_t from = session_allowed_from(SESSION_CMD_TRANSFER);
  textbuf_addf(
      t->out,
      INDENT "The session was %s. A transfer is taken at once while it is",
      session_status_name((uint32_t)record_num(t->ev, FIELD_FROM_STATUS)));
  bool first = true;
  for (uint32_t s = 0; s < SESSION_STATUSES; s++) {
    if (from >> s & 1) {
      textbuf_addf(t->out, "%s %s", first ? "" : " or", session_status_name(s));
      first = false;
    }
  }
  textbuf_add_char(t->out, '.');
}

/* A script that tries again and again is refused alike each time. */
static bool told_before(const struct tale *t) {
  const struct record *last = t->refused;
  static const enum field alike[] = {FIELD_REFUSAL, FIELD_FROM_STATUS,
                                     FIELD_PRIORITY};
  for (size_t i = 0; last != NULL && i < sizeof alike / sizeof alike[0]; i++) {
    if (record_num(last, alike[i]) != record_num(t->ev, alike[i])) {
      return false;
    }
  }
  return last != NULL && text_equal(record_text(last, FIELD_TARGET),
                                    record_text(t->ev, FIELD_TARGET));
}

void explain_refusal(struct tale *t) {
  textbuf_addf(t->out, INDENT "Why:  %.*s",
               TEXT_ARG(record_text(t->ev, FIELD_DETAIL)));
  if (told_before(t)) {
    textbuf_add(t->out, TEXT(INDENT "Cure: as above."));
    return;
  }
  const uint32_t was = (uint32_t)record_num(t->ev, FIELD_FROM_STATUS);
  if ((session_allowed_from(SESSION_CMD_TRANSFER) >> was & 1) == 0) {
    tell_allowed(t); /* else it is not the status that speaks against it */
  }
  tell_remedies(t);
}
