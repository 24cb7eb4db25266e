/* A session's story. Each event that matters is one line of a table; a refusal
 * also says why, what would have been accepted, and the cures. */
#include "engine/explain.h"

#include "engine/explain_priv.h"
#include "session/refusal.h"

/* ---- who and what */

static struct text nobody(void) {
  return (struct text){"?", 1};
}

static void put_quoted(struct tale *t, const char *what, struct text name) {
  textbuf_addf(t->out, "%s'%.*s'", what, TEXT_ARG(name));
}

static void put_agent(struct tale *t) {
  const struct directory *d = engine_directory(t->e);
  const struct record *ev =
      record_has(t->ev, FIELD_AGENT) ? t->ev : t->agent_ev;
  const size_t i = ev == NULL ? SIZE_MAX : (size_t)record_num(ev, FIELD_AGENT);
  put_quoted(t, "", i < d->agent_count ? d->agents[i].id : nobody());
}

/* Some make themselves: of an agent, of a skill. */
static void put_queue(struct tale *t, enum field f) {
  const struct directory *d = engine_directory(t->e);
  const size_t i = (size_t)record_num(t->ev, f);
  if (i >= d->queue_count) {
    put_quoted(t, "queue ", nobody());
  } else if (d->queues[i].agent != DIR_NONE) {
    put_quoted(t, "the queue of agent ", d->agents[d->queues[i].agent].id);
  } else if (d->queues[i].skill != DIR_NONE) {
    put_quoted(t, "the queue of skill ", d->skills[d->queues[i].skill].name);
  } else {
    put_quoted(t, "queue ", d->queues[i].id);
  }
}

static void put_bot(struct tale *t, enum field f) {
  const struct directory *d = engine_directory(t->e);
  const size_t i = (size_t)record_num(t->ev, f);
  put_quoted(t, "bot ", i < d->bot_count ? d->bots[i].id : nobody());
}

static void put_script(struct tale *t, enum field f) {
  const struct directory *d = engine_directory(t->e);
  const size_t i = (size_t)record_num(t->ev, f);
  put_quoted(t, "script ", i < d->script_count ? d->scripts[i].name : nobody());
}

static void put_entry(struct tale *t) {
  const struct directory *d = engine_directory(t->e);
  const size_t i = (size_t)record_num(t->ev, FIELD_ENTRY);
  put_quoted(t, "", i < d->entry_count ? d->entries[i].id : nobody());
}

static void put_party(struct tale *t, enum field kind, enum field number) {
  if (record_num(t->ev, kind) == SESSION_HOLDER_SCRIPT) {
    put_script(t, number);
  } else {
    put_bot(t, number);
  }
}

static void put_target(struct tale *t) {
  if (record_num(t->ev, FIELD_WAITS) == SESSION_WAIT_BOT) {
    put_bot(t, FIELD_WAIT_TARGET);
  } else {
    put_queue(t, FIELD_WAIT_TARGET);
  }
}

/* Who caused it: "script 'forum', line 5,". */
static void put_cause(struct tale *t) {
  const uint32_t role = (uint32_t)record_num(t->ev, FIELD_ROLE);
  if (role == ROLE_SYSTEM || role == ROLE_CUSTOMER) {
    textbuf_add(t->out, role == ROLE_SYSTEM ? TEXT("the server")
                                            : TEXT("the customer"));
    return;
  }
  textbuf_addf(t->out, "%s ", role_name(role));
  put_quoted(t, "", record_text(t->ev, FIELD_ACTOR));
  if (record_has(t->ev, FIELD_LINE)) {
    textbuf_addf(t->out, ", line %lld,",
                 (long long)record_num(t->ev, FIELD_LINE));
  }
}

/* ---- how long, and how */

static void put_seconds(struct tale *t, int64_t us) {
  textbuf_addf(t->out, "%lld.%lld s", (long long)(us / 1000000),
               (long long)(us / 100000 % 10));
}

/* What the time between goodbye and release meant for transfers. */
static void put_window(struct tale *t) {
  if (!record_has(t->ev, FIELD_WINDOW)) {
    return;
  }
  textbuf_addf(t->out, INDENT "From its goodbye to this moment it was %lld ms",
               (long long)record_num(t->ev, FIELD_WINDOW));
  if (t->refusals > 0) {
    const bool one = t->refusals == 1;
    textbuf_addf(t->out,
                 ", and %u transfer%s refused meanwhile. With when:released "
                 "%s would go through now",
                 t->refusals, one ? " was" : "s were",
                 one ? "it" : "the first of them");
  }
  textbuf_add_char(t->out, '.');
}

static void put_end(struct tale *t) {
  static const struct {
    const char *code, *words;
  } ends[] = {{"customer_left", "the customer left"},
              {"customer_lost", "the customer's connection did not come back"},
              {"bot_ended", "the bot ended it"},
              {"agent_ended", "the agent ended it"},
              {"script_ended", "a script ended it"},
              {"ended", "it was ended from outside"},
              {"callback", "the customer is called back"},
              {"nobody_took_it", "nobody took it, and there is no fallback"},
              {"max_wait", "the longest wait was over, without an overflow"},
              {"script_failed", "its script failed, and there is no fallback"}};
  const struct text code = record_text(t->ev, FIELD_END_REASON);
  for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
    if (text_equal(code, text_from(ends[i].code))) {
      textbuf_addf(t->out, ": %s", ends[i].words);
      return;
    }
  }
  textbuf_addf(t->out, "%s%.*s", code.len > 0 ? ": " : "", TEXT_ARG(code));
}

/* ---- the lines */

static const struct {
  uint32_t type;
  const char *words; /* {…}: see put_word() */
} lines[] = {
    {EVENT_OF_SESSION(OPENED),
     "a customer came in at entry point {entry}; {invited} is to take it."},
    {EVENT_OF_SESSION(ATTACHED), "{holder} holds the session."},
    {EVENT_OF_SESSION(BOT_GOODBYE),
     "{holder} said goodbye. Its connection is still open, so it still holds "
     "the session, which is releasing."},
    {EVENT_OF_SESSION(BOT_RELEASED),
     "the bot's connection closed: nobody holds the session.{window}"},
    {EVENT_OF_SESSION(BOT_LOST),
     "the bot's connection closed without a goodbye: nobody holds the "
     "session."},
    {EVENT_OF_SESSION(BOT_SILENT),
     "bot and customer were silent for too long: nobody holds the session."},
    {EVENT_OF_SESSION(BOT_DRAINED),
     "the bot did not close its connection, so the server did: nobody holds "
     "the session.{window}"},
    {EVENT_OF_SESSION(BOT_DISMISSED), "{cause} told the bot to end its part."},
    {EVENT_OF_SESSION(BOT_AWAY),
     "the server restarted; the bot has a moment to come back."},
    {EVENT_OF_SESSION(BOT_RETURNED), "the bot is back and goes on."},
    {EVENT_OF_SESSION(INVITE_EXPIRED),
     "the invited bot did not come in time: nobody holds the session."},
    {EVENT_OF_SESSION(INVITE_WITHDRAWN),
     "{cause} took the invitation back: nobody holds the session."},
    {EVENT_OF_SESSION(SCRIPT_RELEASED),
     "the script gave the session up: nobody holds it."},
    {EVENT_OF_SESSION(HUNG_UP),
     "{cause} ended the holder's part at once: nobody holds the "
     "session.{window}"},
    {EVENT_OF_SESSION(QUEUED),
     "{cause} sent the session to {queue}, priority {priority}{clock}."},
    {EVENT_OF_SESSION(BOT_INVITED),
     "{cause} sent the session to {invited}, which is invited."},
    {EVENT_OF_SESSION(OVERFLOWED),
     "the queue's longest wait was over: {queue} took the session; its clock "
     "goes on."},
    {EVENT_OVERFLOW_SKIPPED, "{queue} was to take over and did not: {detail}"},
    {EVENT_OVERFLOW_POSTPONED,
     "no queue takes over now: the session stays as it is, and they are asked "
     "again in {timeout}."},
    {EVENT_CALLBACK_POSTPONED,
     "the call was due, and {queue} is closed: it joins the queue when that "
     "opens, in {timeout}."},
    {EVENT_OF_SESSION(UNQUEUED),
     "{cause} took the session out of its queue: nobody holds it."},
    {EVENT_OF_SESSION(TRANSFER_WAITS),
     "{cause} asked for a transfer to {target} when the bot releases the "
     "session. It waits for that, {timeout} at most."},
    {EVENT_OF_SESSION(TRANSFER_CANCELLED),
     "{cause} withdrew the waiting transfer."},
    {EVENT_OF_SESSION(TRANSFER_EXPIRED),
     "the transfer had waited long enough and was withdrawn: the bot had not "
     "released the session."},
    {EVENT_OF_SESSION(OFFERED), "the session is offered to agent {agent}."},
    {EVENT_OF_SESSION(CONNECTED), "{taken}, after {waited} in the queue."},
    {EVENT_OF_SESSION(OFFER_DECLINED),
     "agent {agent} did not take it; the session keeps its place and its "
     "clock."},
    {EVENT_OF_SESSION(OFFER_EXPIRED),
     "agent {agent} did not answer; the session keeps its place and its "
     "clock."},
    {EVENT_OF_SESSION(AGENT_LOST),
     "the connection of agent {agent} died; the session waits for its "
     "return."},
    {EVENT_OF_SESSION(AGENT_RETURNED), "agent {agent} is connected again."},
    {EVENT_OF_SESSION(REQUEUED),
     "{requeued}: the session is at its old place in {queue}."},
    {EVENT_OF_SESSION(OFFER_WITHDRAWN),
     "{cause} took the offer to agent {agent} back{why}; the session keeps its "
     "place and its clock."},
    {EVENT_ANNOUNCED, "the customer was at place {position} of {queue}{told}."},
    {EVENT_REPRIORITISED, "{cause} set the priority to {priority}{why}."},
    {EVENT_AGENT_EXCLUDED,
     "agent {agent} is not offered it again for {pause}, unless nobody else "
     "could take it."},
    {EVENT_OF_SESSION(WRAPPING),
     "the conversation is over{end}. Agent {agent} documents it."},
    {EVENT_OF_SESSION(ENDED), "the session is over{end}."},
    {EVENT_LISTENING, "{cause} began to listen{why}."},
    {EVENT_LISTENED, "{cause} listens no more."},
    {EVENT_WHISPERED, "{cause} whispered to agent {agent}: {text}"},
    {EVENT_BARGED, "{cause} stepped into the conversation{why}."},
    {EVENT_NOTED, "{cause} noted: {text}"},
    {EVENT_HELD, "{cause} put the customer on hold{why}."},
    {EVENT_RESUMED, "{cause} took the customer back from hold."},
    {EVENT_RECORDING_PAUSED,
     "{cause} paused the recording{why}: what the customer types is not kept."},
    {EVENT_RECORDING_RESUMED, "{cause} let the recording go on."},
    {EVENT_CONSENT_SET, "{cause} said whether the customer agrees that the "
                        "conversation is kept."},
    {EVENT_CONSULT_ASKED,
     "{cause} asked {wanted} for advice, in a session between the two."},
    {EVENT_CONSULT_MERGED,
     "{cause} let agent {agent} into the conversation with the customer."},
    {EVENT_CONSULT_ENDED, "the consultation was over{end}."},
    {EVENT_TRANSFER_OFFERED,
     "{cause} offers the session to {wanted}{why}, and keeps it until somebody "
     "accepts."},
    {EVENT_CUSTOMER_JOINED, "the customer is connected."},
    {EVENT_CUSTOMER_DROPPED, "the customer's connection died."},
    {EVENT_COMMAND_REFUSED, "{cause} was refused '{name}': {detail}"},
    {EVENT_TRANSFER_REFUSED,
     "{cause} {asked} {wanted} and was refused: {refusal}."},
    {EVENT_SCRIPT_STARTED, "{script} began."},
    {EVENT_SCRIPT_FAILED, "the script failed in line {line}: {detail}"},
    {EVENT_SCRIPT_ENDED, "the script ended ({reason})."},
    {EVENT_LOGGED, "{cause} wrote: {text}"},
};

static void put_refusal(struct tale *t) {
  const enum refusal why = (enum refusal)record_num(t->ev, FIELD_REFUSAL);
  const struct refusal_info *info = refusal_info(why);
  textbuf_addf(t->out, "%u %s, %s", info->http, refusal_http_text(info->http),
               info->wire);
}

static void put_holder(struct tale *t) {
  put_party(t, FIELD_HOLDER, FIELD_HOLDER_NUMBER);
}

static void put_invited(struct tale *t) {
  put_party(t, FIELD_INVITED, FIELD_INVITED_NUMBER);
}

static void put_its_queue(struct tale *t) {
  put_queue(t, FIELD_QUEUE);
}

static void put_its_script(struct tale *t) {
  put_script(t, FIELD_SCRIPT);
}

static void put_wanted(struct tale *t) {
  put_quoted(t, "", record_text(t->ev, FIELD_TARGET));
}

static void put_asked(struct tale *t) {
  textbuf_add(t->out, record_has(t->ev, FIELD_NAME)
                          ? TEXT("wanted to move the session to")
                          : TEXT("asked for a transfer to"));
}

static void put_waited(struct tale *t) {
  put_seconds(t, record_num(t->ev, FIELD_AT) - t->entered_us);
}

static void put_timeout(struct tale *t) {
  put_seconds(t,
              record_num(t->ev, FIELD_DEADLINE) - record_num(t->ev, FIELD_AT));
}

static void put_why(struct tale *t) {
  const struct text reason = record_text(t->ev, FIELD_REASON);
  textbuf_addf(t->out, "%s%.*s%s", reason.len > 0 ? " (" : "", TEXT_ARG(reason),
               reason.len > 0 ? ")" : "");
}

static void put_clock(struct tale *t) {
  if (record_num(t->ev, FIELD_KEEP_CLOCK) != 0) {
    textbuf_add(t->out, TEXT("; its clock goes on"));
  }
}

/* How an agent came by the session. */
static void put_taken(struct tale *t) {
  const uint32_t role = (uint32_t)record_num(t->ev, FIELD_ROLE);
  const bool own = (role == ROLE_AGENT && !record_has(t->ev, FIELD_CONSULT)) ||
                   role == ROLE_SYSTEM;
  if (!own) {
    put_cause(t);
    textbuf_add(t->out, TEXT(" gave the session to agent "));
    put_agent(t);
    put_why(t);
    return;
  }
  textbuf_add(t->out, TEXT("agent "));
  put_agent(t);
  textbuf_add(t->out, record_num(t->ev, FIELD_FROM_STATUS) == SESSION_QUEUED
                          ? TEXT(" pulled the session and holds it")
                          : TEXT(" accepted and holds the session"));
}

static void put_requeued(struct tale *t) {
  if (record_num(t->ev, FIELD_ROLE) == ROLE_SYSTEM) {
    textbuf_add(t->out, TEXT("agent "));
    put_agent(t);
    textbuf_add(t->out, TEXT(" did not come back"));
    return;
  }
  put_cause(t);
  textbuf_add(t->out, TEXT(" took it from agent "));
  put_agent(t);
  put_why(t);
}

/* What was announced, and by which method. */
static void put_told(struct tale *t) {
  const bool said = record_has(t->ev, FIELD_DETAIL);
  if (said && record_has(t->ev, FIELD_ESTIMATE)) {
    textbuf_addf(t->out,
                 " and was told so, with an estimated wait of %lld s (%.*s)",
                 (long long)record_num(t->ev, FIELD_ESTIMATE),
                 TEXT_ARG(record_text(t->ev, FIELD_DETAIL)));
  } else {
    textbuf_add(t->out, said ? TEXT(" and was told so")
                             : TEXT("; nothing was said, for the wait cannot "
                                    "be estimated yet"));
  }
}

static void put_pause(struct tale *t) {
  put_seconds(t, record_num(t->ev, FIELD_UNTIL) - record_num(t->ev, FIELD_AT));
}

/* Who gave it is known to have offered it. */
static void put_accepted(struct tale *t) {
  textbuf_add(t->out, TEXT("agent "));
  put_agent(t);
  textbuf_add(t->out, TEXT(" accepted: "));
  put_cause(t);
  textbuf_add(t->out, TEXT(" handed the session over"));
}

static void put_beside(struct tale *t) {
  char id[ID_TEXT_LEN];
  id_to_text(record_id(t->ev, FIELD_CONSULT), id);
  textbuf_addf(t->out, "%s session %.*s",
               record_num(t->ev, FIELD_WHEN) == WHEN_ACCEPTED
                   ? "offers somebody else"
                   : "asks for advice about",
               (int)ID_TEXT_LEN, id);
}

static const struct {
  const char *word;
  void (*put)(struct tale *t);
} words[] = {
    {"{agent}", put_agent},     {"{queue}", put_its_queue},
    {"{holder}", put_holder},   {"{invited}", put_invited},
    {"{entry}", put_entry},     {"{script}", put_its_script},
    {"{cause}", put_cause},     {"{target}", put_target},
    {"{wanted}", put_wanted},   {"{refusal}", put_refusal},
    {"{window}", put_window},   {"{waited}", put_waited},
    {"{timeout}", put_timeout}, {"{end}", put_end},
    {"{why}", put_why},         {"{clock}", put_clock},
    {"{taken}", put_taken},     {"{requeued}", put_requeued},
    {"{pause}", put_pause},     {"{told}", put_told},
    {"{asked}", put_asked},     {"{accepted}", put_accepted},
    {"{beside}", put_beside},
};

/* Words that are a field as it stands. */
static const struct {
  const char *word;
  enum field field;
} plain_words[] = {
    {"{detail}", FIELD_DETAIL},     {"{name}", FIELD_NAME},
    {"{reason}", FIELD_REASON},     {"{text}", FIELD_TEXT},
    {"{priority}", FIELD_PRIORITY}, {"{line}", FIELD_LINE},
    {"{position}", FIELD_PLACE},
};

static void put_word(struct tale *t, struct text word) {
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
    if (text_equal(word, text_from(words[i].word))) {
      words[i].put(t);
      return;
    }
  }
  for (size_t i = 0; i < sizeof plain_words / sizeof plain_words[0]; i++) {
    const enum field f = plain_words[i].field;
    if (!text_equal(word, text_from(plain_words[i].word))) {
      continue;
    }
    if (field_is_text(f)) {
      textbuf_add(t->out, record_text(t->ev, f));
    } else {
      textbuf_add_i64(t->out, record_num(t->ev, f));
    }
  }
}

/* A sentence, begun with a capital whatever its first word is. */
static void put_sentence(struct tale *t, const char *sentence) {
  const struct text line = text_from(sentence);
  const size_t start = t->out->len;
  for (size_t at = 0; at < line.len;) {
    const size_t open = text_find(line, TEXT("{"), at);
    textbuf_add(t->out, text_sub(line, at, open - at));
    if (open == line.len) {
      break;
    }
    at = text_find(line, TEXT("}"), open) + 1;
    put_word(t, text_sub(line, open, at - open));
  }
  static const char capitals[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  char *first = t->out->len > start ? &t->out->ptr[start] : NULL;
  if (first != NULL && *first >= 'a' && *first <= 'z') {
    *first = capitals[*first - 'a'];
  }
}

/* ---- the story */

/* "    +1.203 s  " since the opening. */
static void begin_line(struct tale *t, int64_t at_us) {
  const int64_t ms = (at_us - t->first_us) / 1000;
  textbuf_addf(t->out, "%+6lld.%03lld s  ", (long long)(ms / 1000),
               (long long)(ms % 1000));
}

static void remember(struct tale *t) {
  const uint32_t type = t->ev->type;
  if (event_is_session(type) && record_has(t->ev, FIELD_AGENT)) {
    t->agent_ev = t->ev;
  }
  if (record_has(t->ev, FIELD_ENTERED)) {
    t->entered_us = record_num(t->ev, FIELD_ENTERED);
  }
  if (!t->beside &&
      (type == EVENT_TRANSFER_OFFERED || type == EVENT_CONSULT_ENDED)) {
    t->offers = type == EVENT_TRANSFER_OFFERED;
  }
  if (type == EVENT_OF_SESSION(QUEUED) || type == EVENT_OF_SESSION(CONNECTED)) {
    t->accepted =
        type == EVENT_OF_SESSION(QUEUED) && beside_was_accepted(t->ev);
  }
  if (type == EVENT_TRANSFER_REFUSED) {
    t->refused = t->ev;
    t->refusals++;
  } else if (type == EVENT_OF_SESSION(BOT_GOODBYE)) {
    t->refusals = 0;
  }
}

/* Steps that nobody sees: on the way to whoever was asked or accepted, and in
 * a session that is not a customer's. */
static bool is_passed_over(const struct tale *t) {
  const uint32_t type = t->ev->type;
  return (type == EVENT_OF_SESSION(QUEUED) &&
          record_has(t->ev, FIELD_CONSULT)) ||
         (type == EVENT_CONSULT_ENDED && t->accepted) ||
         (t->beside && type == EVENT_OF_SESSION(INVITE_WITHDRAWN)) ||
         (t->beside && t->offers && type == EVENT_OF_SESSION(WRAPPING));
}

/* The sentence of an event, unless what went before makes it another. */
static const char *sentence_for(const struct tale *t, const char *usual) {
  const uint32_t type = t->ev->type;
  if (type == EVENT_OF_SESSION(OPENED) && t->beside) {
    return "{cause} {beside}.";
  }
  if (type == EVENT_OF_SESSION(CONNECTED) && beside_was_accepted(t->ev)) {
    return "{accepted}.";
  }
  if (type == EVENT_OF_SESSION(CONNECTED) && t->beside && t->offers) {
    return "agent {agent} accepted, after {waited} in the queue: the session "
           "that was offered goes over.";
  }
  if (type == EVENT_OF_SESSION(CONNECTED) && record_has(t->ev, FIELD_CONSULT)) {
    return "{taken}.";
  }
  return type == EVENT_CONSULT_ENDED && t->offers
             ? "nobody has accepted it, and it is offered no more."
             : usual;
}

static void tell(struct tale *t) {
  if (t->ev->type == EVENT_OF_SESSION(OPENED)) {
    t->beside = record_has(t->ev, FIELD_CONSULT);
    t->offers = record_num(t->ev, FIELD_WHEN) == WHEN_ACCEPTED;
  }
  for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
    if (lines[i].type != t->ev->type || is_passed_over(t)) {
      continue;
    }
    begin_line(t, record_num(t->ev, FIELD_AT));
    put_sentence(t, sentence_for(t, lines[i].words));
    if (t->ev->type == EVENT_TRANSFER_REFUSED) {
      explain_refusal(t);
    }
    textbuf_add_char(t->out, '\n');
  }
  remember(t);
}

/* How it stands, if it is not over: the sentences of the tables. */
static void tell_now(struct tale *t, const struct live *l, int64_t now_us) {
#define STATUS(name, wire, kind, timer, doc) [SESSION_##name] = (doc),
  static const char *const statuses[] = {
#include "session/session_fsm.def"
  };
#undef STATUS
#define TIMER(name, wire, ms, doc) [SESSION_TIMER_##name] = (doc),
  static const char *const timers[] = {
#include "session/session_fsm.def"
  };
#undef TIMER
  begin_line(t, now_us);
  textbuf_addf(t->out, "Now it is %s (%s).", session_status_name(l->s.status),
               statuses[l->s.status]);
  if (l->timer_status != TIMER_NONE) {
    textbuf_add(t->out, TEXT(INDENT "In "));
    put_seconds(t, l->deadline_us > now_us ? l->deadline_us - now_us : 0);
    textbuf_addf(t->out, ": %s (%s).", timers[session_timer_of(&l->s)],
                 session_timer_name(session_timer_of(&l->s)));
  }
  textbuf_add_char(t->out, '\n');
}

void explain_session(const struct engine *e, const struct record *events,
                     size_t count, int64_t now_us, struct textbuf *out) {
  struct tale t = {.e = e, .out = out, .first_us = now_us};
  uint32_t slot;
  if (count == 0) {
    return;
  }
  t.first_us = record_num(&events[0], FIELD_AT);
  for (size_t i = 0; i < count; i++) {
    t.ev = &events[i];
    tell(&t);
  }
  if (engine_find(e, record_id(&events[0], FIELD_SESSION), &slot) &&
      engine_session(e, slot)->status != SESSION_COMPLETED) {
    tell_now(&t, engine_live(e, slot), now_us);
  }
}
