#include "engine/explain.h"

#include "base/calendar.h"
#include "session/refusal.h"

/* One story being told. */
struct tale {
  const struct engine *e;
  struct textbuf *out;
  int64_t first_us;   /* when the session opened */
  int64_t goodbye_us; /* of the bot that is being released; 0: none */
  const struct record *agent_event; /* the last that named an agent */
  const struct record *refused;     /* the last refusal that was told whole */
};

/* "+ 1.203 s  " since the opening. */
static void begin(struct tale *t, const struct record *ev) {
  const int64_t ms = (record_num(ev, FIELD_AT) - t->first_us) / 1000;
  textbuf_addf(t->out, "%+6lld.%03lld s  ", (long long)(ms / 1000),
               (long long)(ms % 1000));
}

static void end(struct tale *t) {
  textbuf_add_char(t->out, '\n');
}

static struct text name_of(const struct tale *t, const struct record *ev,
                           enum field f) {
  const struct directory *d = engine_directory(t->e);
  const size_t i = (size_t)record_num(ev, f);
  const bool known = record_has(ev, f);
  if (f == FIELD_QUEUE && known && i < d->queue_count) {
    return d->queues[i].id;
  }
  if (f == FIELD_AGENT && known && i < d->agent_count) {
    return d->agents[i].id;
  }
  if (f == FIELD_SCRIPT && known && i < d->script_count) {
    return d->scripts[i].name;
  }
  if (f == FIELD_ENTRY && known && i < d->entry_count) {
    return d->entries[i].id;
  }
  return TEXT("?");
}

static struct text holder_of(const struct tale *t, const struct record *ev) {
  const struct directory *d = engine_directory(t->e);
  const size_t i = (size_t)record_num(ev, FIELD_HOLDER_NUMBER);
  switch ((uint32_t)record_num(ev, FIELD_HOLDER)) {
  case SESSION_HOLDER_BOT:
    return i < d->bot_count ? d->bots[i].id : TEXT("?");
  case SESSION_HOLDER_SCRIPT:
    return i < d->script_count ? d->scripts[i].name : TEXT("?");
  default:
    return TEXT("?");
  }
}

/* Who caused it, as "script forum, line 5". */
static void cause(struct tale *t, const struct record *ev) {
  const struct text who = record_text(ev, FIELD_ACTOR);
  textbuf_addf(t->out, "%s%s%.*s",
               role_name((uint32_t)record_num(ev, FIELD_ROLE)),
               who.len > 0 ? " " : "", TEXT_ARG(who));
  if (record_has(ev, FIELD_LINE)) {
    textbuf_addf(t->out, ", line %lld", (long long)record_num(ev, FIELD_LINE));
  }
}

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
static void remedy_line(struct tale *t, const struct record *ev,
                        const char *script) {
  struct text line = text_from(script);
  textbuf_add(t->out, TEXT("\n                    "));
  if (copy_to(t, &line, TEXT("{target}"))) {
    textbuf_add(t->out, record_text(ev, FIELD_TARGET));
  }
  if (copy_to(t, &line, TEXT("{options}")) && record_has(ev, FIELD_PRIORITY)) {
    textbuf_addf(t->out, "priority:%lld,",
                 (long long)record_num(ev, FIELD_PRIORITY));
  }
  textbuf_add(t->out, line);
}

static void remedies(struct tale *t, const struct record *ev) {
  const enum refusal why = (enum refusal)record_num(ev, FIELD_REFUSAL);
  const struct refusal_remedy *r;
  for (size_t i = 0; (r = refusal_remedy(why, i)) != NULL; i++) {
    textbuf_addf(t->out, "\n              %s %s",
                 i == 0 ? "Cure:" : "   or:", r->does);
    if (r->script[0] != '\0') {
      remedy_line(t, ev, r->script);
    }
  }
}

static void allowed_from(struct tale *t) {
  const uint32_t from = session_allowed_from(SESSION_CMD_TRANSFER);
  bool first = true;
  for (uint32_t s = 0; s < SESSION_STATUSES; s++) {
    if (from >> s & 1) {
      textbuf_addf(t->out, "%s %s", first ? "" : " or", session_status_name(s));
      first = false;
    }
  }
}

/* A script that tries again and again is refused alike each time. */
static bool told_before(const struct tale *t, const struct record *ev) {
  const struct record *last = t->refused;
  return last != NULL &&
         record_num(last, FIELD_REFUSAL) == record_num(ev, FIELD_REFUSAL) &&
         record_num(last, FIELD_FROM_STATUS) ==
             record_num(ev, FIELD_FROM_STATUS) &&
         record_num(last, FIELD_PRIORITY) == record_num(ev, FIELD_PRIORITY) &&
         text_equal(record_text(last, FIELD_TARGET),
                    record_text(ev, FIELD_TARGET));
}

static void tell_refused(struct tale *t, const struct record *ev) {
  const enum refusal why = (enum refusal)record_num(ev, FIELD_REFUSAL);
  const struct refusal_info *info = refusal_info(why);
  const struct text target = record_text(ev, FIELD_TARGET);
  cause(t, ev);
  textbuf_addf(t->out,
               " asked for a transfer to '%.*s' and was refused with "
               "%u %s (%s).",
               TEXT_ARG(target), info->http, refusal_http_text(info->http),
               info->wire);
  textbuf_addf(t->out, "\n              Why: %s. %.*s", info->title,
               TEXT_ARG(record_text(ev, FIELD_DETAIL)));
  if (told_before(t, ev)) {
    textbuf_add(t->out, TEXT("\n              Cures: as above."));
    return;
  }
  t->refused = ev;
  textbuf_addf(
      t->out,
      "\n              The session was %s; a transfer now is "
      "accepted from",
      session_status_name((uint32_t)record_num(ev, FIELD_FROM_STATUS)));
  allowed_from(t);
  textbuf_add_char(t->out, '.');
  remedies(t, ev);
}

static void tell_released(struct tale *t, const struct record *ev,
                          const char *how) {
  textbuf_addf(t->out, "%s", how);
  if (record_has(ev, FIELD_WINDOW)) {
    textbuf_addf(t->out,
                 " The window between goodbye and release was %lld ms: "
                 "a transfer with when=now is refused in it.",
                 (long long)record_num(ev, FIELD_WINDOW));
  }
}

static void tell_queued(struct tale *t, const struct record *ev) {
  textbuf_addf(t->out, "The session waits in queue '%.*s' with priority %lld; ",
               TEXT_ARG(name_of(t, ev, FIELD_QUEUE)),
               (long long)record_num(ev, FIELD_PRIORITY));
  cause(t, ev);
  textbuf_add(t->out, TEXT(" sent it there."));
}

static void tell_agent(struct tale *t, const struct record *ev,
                       const char *format) {
  const struct record *named =
      record_has(ev, FIELD_AGENT) ? ev : t->agent_event;
  const struct text agent =
      named == NULL ? TEXT("?") : name_of(t, named, FIELD_AGENT);
  struct text line = text_from(format);
  if (copy_to(t, &line, TEXT("%"))) {
    textbuf_addf(t->out, "'%.*s'", TEXT_ARG(agent));
  }
  textbuf_add(t->out, line);
}

/* Events that one fixed sentence tells; % stands for the agent. */
static const struct {
  uint32_t type;
  const char *sentence;
} sentences[] = {
    {EVENT_OF_SESSION(INVITE_EXPIRED), "The invited bot did not come in time."},
    {EVENT_OF_SESSION(INVITE_WITHDRAWN), "The invitation was taken back."},
    {EVENT_OF_SESSION(BOT_DISMISSED), "The bot was told to end its part."},
    {EVENT_OF_SESSION(BOT_AWAY), "The server restarted; the bot has a moment "
                                 "to come back."},
    {EVENT_OF_SESSION(BOT_RETURNED), "The bot came back."},
    {EVENT_OF_SESSION(SCRIPT_RELEASED), "The script gave the session up."},
    {EVENT_OF_SESSION(UNQUEUED), "The session left its queue."},
    {EVENT_OF_SESSION(OVERFLOWED), "The longest wait was over: the overflow "
                                   "took the session."},
    {EVENT_OF_SESSION(TRANSFER_CANCELLED), "The waiting transfer was "
                                           "withdrawn."},
    {EVENT_OF_SESSION(TRANSFER_EXPIRED), "The waiting transfer was withdrawn "
                                         "at its timeout: the bot had not "
                                         "released the session."},
    {EVENT_OF_SESSION(OFFERED), "The session is offered to agent %."},
    {EVENT_OF_SESSION(CONNECTED), "Agent % accepted and holds the session."},
    {EVENT_OF_SESSION(OFFER_DECLINED), "Agent % declined; the session keeps "
                                       "its place and its clock."},
    {EVENT_OF_SESSION(OFFER_EXPIRED), "Agent % did not answer; the session "
                                      "keeps its place and its clock."},
    {EVENT_OF_SESSION(AGENT_LOST), "The connection of agent % died; the "
                                   "session waits for its return."},
    {EVENT_OF_SESSION(AGENT_RETURNED), "Agent % is connected again."},
    {EVENT_OF_SESSION(REQUEUED), "Agent % did not return: the session is back "
                                 "at its old place."},
    {EVENT_OF_SESSION(WRAPPING), "The conversation is over; agent % "
                                 "documents."},
    {EVENT_CUSTOMER_JOINED, "The customer is connected."},
    {EVENT_CUSTOMER_DROPPED, "The customer's connection died."},
};

static bool tell_sentence(struct tale *t, const struct record *ev) {
  for (size_t i = 0; i < sizeof sentences / sizeof sentences[0]; i++) {
    if (sentences[i].type == ev->type) {
      tell_agent(t, ev, sentences[i].sentence);
      return true;
    }
  }
  return false;
}

static void tell_log(struct tale *t, const struct record *ev) {
  textbuf_add(t->out, TEXT("Written by "));
  cause(t, ev);
  textbuf_addf(t->out, ": %.*s", TEXT_ARG(record_text(ev, FIELD_TEXT)));
}

static void tell_wait(struct tale *t, const struct record *ev) {
  cause(t, ev);
  textbuf_addf(
      t->out,
      " asked for a transfer when the bot releases the "
      "session; it waits until then, %lld ms at most.",
      (long long)((record_num(ev, FIELD_DEADLINE) - record_num(ev, FIELD_AT)) /
                  1000));
}

static bool tell_session(struct tale *t, const struct record *ev) {
  switch (ev->type) {
  case EVENT_OF_SESSION(OPENED):
    textbuf_addf(t->out,
                 "A customer opened the session at entry point "
                 "'%.*s'.",
                 TEXT_ARG(name_of(t, ev, FIELD_ENTRY)));
    return true;
  case EVENT_OF_SESSION(ATTACHED):
    textbuf_addf(t->out, "'%.*s' attached and holds the session.",
                 TEXT_ARG(holder_of(t, ev)));
    return true;
  case EVENT_OF_SESSION(BOT_GOODBYE):
    textbuf_addf(t->out,
                 "Bot '%.*s' said goodbye; its connection is not "
                 "closed yet: the session is releasing.",
                 TEXT_ARG(holder_of(t, ev)));
    return true;
  case EVENT_OF_SESSION(BOT_RELEASED):
    tell_released(t, ev,
                  "The bot's connection is closed: nobody holds the "
                  "session.");
    return true;
  case EVENT_OF_SESSION(BOT_LOST):
    tell_released(t, ev, "The bot's connection closed without a goodbye.");
    return true;
  case EVENT_OF_SESSION(BOT_SILENT):
    tell_released(t, ev,
                  "Bot and customer were silent too long: the bot lost "
                  "the session.");
    return true;
  case EVENT_OF_SESSION(BOT_DRAINED):
    tell_released(t, ev,
                  "The bot never closed its connection: the server "
                  "did.");
    return true;
  case EVENT_OF_SESSION(HUNG_UP):
    tell_released(t, ev, "The holder's leg was ended at once.");
    return true;
  case EVENT_OF_SESSION(QUEUED):
    tell_queued(t, ev);
    return true;
  case EVENT_OF_SESSION(TRANSFER_WAITS):
    tell_wait(t, ev);
    return true;
  case EVENT_OF_SESSION(ENDED):
    textbuf_addf(t->out, "The session is over (%.*s).",
                 TEXT_ARG(record_text(ev, FIELD_END_REASON)));
    return true;
  default:
    return tell_sentence(t, ev);
  }
}

static bool tell_other(struct tale *t, const struct record *ev) {
  switch (ev->type) {
  case EVENT_TRANSFER_REFUSED:
    tell_refused(t, ev);
    return true;
  case EVENT_COMMAND_REFUSED:
    cause(t, ev);
    textbuf_addf(t->out, " was refused '%.*s': %.*s",
                 TEXT_ARG(record_text(ev, FIELD_NAME)),
                 TEXT_ARG(record_text(ev, FIELD_DETAIL)));
    return true;
  case EVENT_SCRIPT_STARTED:
    textbuf_addf(t->out, "Script '%.*s' began.",
                 TEXT_ARG(name_of(t, ev, FIELD_SCRIPT)));
    return true;
  case EVENT_SCRIPT_FAILED:
    textbuf_addf(t->out, "The script failed in line %lld: %.*s",
                 (long long)record_num(ev, FIELD_LINE),
                 TEXT_ARG(record_text(ev, FIELD_DETAIL)));
    return true;
  case EVENT_SCRIPT_ENDED:
    textbuf_addf(t->out, "The script ended (%.*s).",
                 TEXT_ARG(record_text(ev, FIELD_REASON)));
    return true;
  case EVENT_LOGGED:
    tell_log(t, ev);
    return true;
  default:
    return false;
  }
}

void explain_session(const struct engine *e, const struct record *events,
                     size_t count, int64_t now_us, struct textbuf *out) {
  struct tale t = {.e = e, .out = out};
  t.first_us = count > 0 ? record_num(&events[0], FIELD_AT) : now_us;
  struct textbuf line;
  textbuf_init(&line, out->mem);
  for (size_t i = 0; i < count; i++) {
    const struct record *ev = &events[i];
    /* A line is written aside: most events of a session need none. */
    textbuf_clear(&line);
    t.out = &line;
    begin(&t, ev);
    if (event_is_session(ev->type) || record_has(ev, FIELD_SESSION)) {
      const bool told = event_is_session(ev->type) || !tell_other(&t, ev)
                            ? tell_session(&t, ev)
                            : true;
      if (told) {
        end(&t);
        textbuf_add(out, textbuf_text(&line));
      }
    }
    if (event_is_session(ev->type) && record_has(ev, FIELD_AGENT)) {
      t.agent_event = ev;
    }
  }
  textbuf_free(&line);
}
