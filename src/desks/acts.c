/* What a desk says and does becomes commands; what it asks is read. */
#include <stdio.h>

#include "base/check.h"
#include "bots/shared/parts.h"
#include "desks/desks_priv.h"

static const struct engine *engine_of(const struct desk_link *l) {
  return api_engine(l->desk->desks->api);
}

void desk_note(struct desk_link *l, const char *sentence) {
  struct command cmd = link_command(l, COMMAND_ADD_NOTE);
  record_set_text(&cmd.args, FIELD_TEXT, text_from(sentence));
  api_submit_gone(l->desk->desks->api, &cmd);
}

/* ---- the session goes on */

void desk_taken(struct desk_link *l, struct text who) {
  struct command cmd = link_command(l, COMMAND_ASSIGN);
  char reason[256];
  if (l->stage != DESK_OPEN) {
    return;
  }
  (void)snprintf(reason, sizeof reason, "%.*s has taken it at the desk '%.*s'",
                 TEXT_ARG(who.len > 0 ? utf8_cut(who, 100) : TEXT("Somebody")),
                 TEXT_ARG(utf8_cut(l->desk->settings.id, 100)));
  record_set_text(&cmd.args, FIELD_AGENT_ID, l->desk->settings.id);
  record_set_text(&cmd.args, FIELD_REASON, text_from(reason));
  if (link_submit(l, &cmd)) {
    l->stage = DESK_TAKEN;
  }
}

static bool end_here(struct desk_link *l, struct text outcome) {
  struct command cmd = seat_command(l, COMMAND_END, TEXT(""));
  record_set_given(&cmd.args, FIELD_DISPOSITION, utf8_cut(outcome, 128));
  return link_submit(l, &cmd);
}

static bool hand_on(struct desk_link *l) {
  struct command cmd = seat_command(l, COMMAND_TRANSFER, TEXT(""));
  record_set_text(&cmd.args, FIELD_TARGET, l->desk->settings.then);
  record_set_text(&cmd.args, FIELD_REASON, TEXT("The desk has finished."));
  return l->desk->settings.then.len > 0 && link_submit(l, &cmd);
}

void desk_left(struct desk_link *l, struct text outcome) {
  if (l->stage == DESK_OPEN) {
    desk_lose(l, "The desk ended the conversation before anybody took it.");
  } else if (l->stage == DESK_TAKEN && !hand_on(l) && !end_here(l, outcome)) {
    desk_lose(l, "The desk ended the conversation.");
  }
}

/* To the queue that takes over; else it stays, and is tried again later. */
static void move_on(struct desk_link *l, const char *why) {
  const struct directory *d = engine_directory(engine_of(l));
  struct command cmd = link_command(l, COMMAND_MOVE);
  uint32_t slot;
  if (!link_find(l, &slot) || !link_is_at(l->desk, slot)) {
    return;
  }
  const struct session *s = engine_session(engine_of(l), slot);
  const struct text overflow = d->queues[s->queue].overflow;
  record_set_text(&cmd.args, FIELD_QUEUE_NAME, overflow);
  record_set_text(&cmd.args, FIELD_REASON, text_from(why));
  if (overflow.len > 0 && link_submit(l, &cmd)) {
    return;
  }
  struct desk_link *again = link_add(l->desk, l->session);
  if (again != NULL) {
    again->rest_until_us = loop_now_us() + l->desk->settings.patience_ms * 1000;
  }
}

void desk_lose(struct desk_link *l, const char *why) {
  struct desks *all = l->desk->desks;
  if (l->stage == DESK_ENDING) {
    return;
  }
  desk_note(l, why);
  if (l->stage == DESK_TAKEN) {
    struct command cmd = link_command(l, COMMAND_REQUEUE);
    record_set_text(&cmd.args, FIELD_REASON, text_from(why));
    (void)link_submit(l, &cmd);
  }
  l->stage = DESK_ENDING;
  move_on(l, why);
  links_admit(all);
  l->desk->ops->go_on(l);
}

/* ---- what is said there */

/* A program's message that comes again when somebody has taken the session by
 * now, or has it no more, was said under another name. */
static bool was_said(const struct desk_link *l, const struct caller *by,
                     struct text key) {
  const bool script = by->role == ROLE_SCRIPT;
  struct caller other = *by;
  struct id session;
  struct text body;
  other.role = script ? ROLE_AGENT : ROLE_SCRIPT;
  other.number = script ? l->desk->seat : SESSION_NOBODY;
  return engine_find_kept(engine_of(l), &other, key, &session, &body);
}

void desk_say(struct desk_link *l, const struct desk_said *said,
              domain_answer_fn *fn, void *ctx) {
  if (said->person) {
    desk_taken(l, said->from);
  }
  struct command cmd = seat_command(l, COMMAND_SAY, said->from);
  if (l->stage != DESK_TAKEN) { /* before somebody has it, a program speaks */
    cmd.by.role = ROLE_SCRIPT;
    cmd.by.number = SESSION_NOBODY;
  }
  struct textbuf key;
  textbuf_init(&key, l->desk->desks->mem);
  textbuf_addf(&key, "desk:%.*s", TEXT_ARG(said->delivery));
  record_set_text(&cmd.args, FIELD_TEXT, said->text);
  record_set_given(&cmd.args, FIELD_DATA, said->data);
  record_set_text(&cmd.args, FIELD_KEY, textbuf_text(&key));
  record_set_num(&cmd.args, FIELD_HASH, 0);
  if (!said->person && was_said(l, &cmd.by, textbuf_text(&key))) {
    domain_when_durable(api_domain(l->desk->desks->api), fn, ctx);
  } else {
    api_submit(l->desk->desks->api, &cmd, fn, ctx);
  }
  textbuf_free(&key);
}

void desk_types(struct desk_link *l, struct text from, bool on) {
  const struct typing how = {
      .role = ROLE_AGENT, .number = l->desk->seat, .author = from, .on = on};
  if (l->stage == DESK_TAKEN) {
    topics_type(api_topics(l->desk->desks->api), l->session, &how);
  }
}

void desk_receipt(struct desk_link *l, const struct receipt *how) {
  topics_receipt(api_topics(l->desk->desks->api), l->session, RECEIPT_AGENT,
                 how);
}

/* ---- what the desk is told */

const struct json *desk_read_session(const struct desk_link *l, uint32_t after,
                                     struct arena *arena) {
  struct textbuf text;
  struct json_out o;
  uint32_t slot;
  if (!link_find(l, &slot)) {
    return NULL;
  }
  textbuf_init(&text, l->desk->desks->mem);
  json_out_init(&o, &text);
  engine_write_session(engine_of(l), slot, api_unix_us(l->desk->desks->api),
                       after, &o);
  const struct json *tree =
      text.failed ? NULL : part_parse(arena, textbuf_text(&text));
  textbuf_free(&text);
  return tree;
}

const struct json *desk_next_message(struct desk_link *l, struct arena *arena) {
  if (l->sent >= l->known) {
    return NULL;
  }
  const struct json *list =
      part_of(desk_read_session(l, l->sent, arena), "messages");
  for (const struct json *m = list == NULL ? NULL : list->first; m != NULL;
       m = m->next) {
    const uint32_t number = (uint32_t)part_num(m, "number", 0);
    if (number > l->known) {
      return NULL;
    }
    if (text_equal(part_text(m, "from"), TEXT("customer"))) {
      return m;
    }
    l->sent = number; /* what others said is not for the desk */
  }
  return NULL;
}

static struct text speaker(const struct json *session, const struct json *m) {
  const struct text name = part_text(part_of(session, "customer"), "name");
  if (!text_equal(part_text(m, "from"), TEXT("customer"))) {
    return part_text(m, "name");
  }
  return name.len > 0 ? name : TEXT("Customer");
}

/* What a message takes in a transcript; 0 for one without words. */
static size_t line_len(const struct json *session, const struct json *m) {
  const struct text text = part_text(m, "text");
  return text.len == 0 ? 0 : speaker(session, m).len + text.len + 3;
}

void desk_write_transcript(const struct json *session, uint32_t upto,
                           size_t max, struct textbuf *out) {
  const struct json *list = part_of(session, "messages");
  const struct json *first = list == NULL ? NULL : list->first;
  size_t left = 0;
  for (const struct json *m = first;
       m != NULL && part_num(m, "number", 0) <= upto; m = m->next) {
    left += line_len(session, m);
  }
  for (const struct json *m = first;
       m != NULL && part_num(m, "number", 0) <= upto; m = m->next) {
    const size_t len = line_len(session, m);
    if (len > 0 && left <= max) {
      textbuf_addf(out, "%.*s: %.*s\n", TEXT_ARG(speaker(session, m)),
                   TEXT_ARG(part_text(m, "text")));
    }
    left -= len;
  }
}
