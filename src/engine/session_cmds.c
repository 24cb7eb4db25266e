/* Commands about one session: opening, talking, bots, offers, wrap-up. */
#include "base/check.h"
#include "engine/debug_priv.h"
#include "engine/engine_priv.h"
#include "engine/outcome_priv.h"

/* ---- opening */

static struct text unknown_entry(struct ctx *x, struct text name) {
  const struct directory *d = &x->e->dir;
  struct text near = {"", 0};
  for (size_t i = 0; i < d->entry_count; i++) {
    const struct text id = d->entries[i].id;
    if (text_nearest(name, &id, 1) == 0 &&
        (near.len == 0 ||
         text_distance(name, id) < text_distance(name, near))) {
      near = id;
    }
  }
  return ctx_format(x, "No entry point is called '%.*s'%s%.*s%s",
                    TEXT_ARG(name), near.len > 0 ? ". Did you mean '" : "",
                    TEXT_ARG(near), near.len > 0 ? "'?" : ".");
}

static uint32_t find_entry(struct ctx *x, const struct record *args,
                           struct answer *a) {
  const struct directory *d = &x->e->dir;
  const struct text name = record_text(args, FIELD_ENTRY_NAME);
  if (name.len == 0 && d->entry_count == 1) {
    return 0;
  }
  const uint32_t entry = directory_entry(d, name);
  if (entry == DIR_NONE) {
    answer_member(x, REFUSAL_INVALID_MEMBER, "/entryPoint",
                  name.len == 0
                      ? TEXT("The centre has several entry points: name one.")
                      : unknown_entry(x, name),
                  a);
  }
  return entry;
}

static bool channel_fits(struct ctx *x, const struct dir_entry *entry,
                         const struct record *args, struct answer *a) {
  if (!record_has(args, FIELD_CHANNEL) ||
      record_num(args, FIELD_CHANNEL) == entry->channel) {
    return true;
  }
  answer_member(x, REFUSAL_INVALID_MEMBER, "/channel",
                ctx_format(x, "Entry point '%.*s' serves the channel %s.",
                           TEXT_ARG(entry->id), channel_name(entry->channel)),
                a);
  return false;
}

bool open_has_room(struct ctx *x, uint32_t slot, struct answer *a) {
  if (x->e->by_id.count - x->e->finished_count < LIMIT_SESSIONS) {
    return true;
  }
  answer_refuse(x, slot, REFUSAL_UNAVAILABLE,
                TEXT("As many sessions are open as may be."), a);
  return false;
}

uint32_t open_session(struct ctx *x, uint32_t entry, uint32_t kind,
                      uint32_t target, const struct record *args) {
  const struct session none = session_none();
  const struct session_cmd cmd = {
      .type = SESSION_CMD_OPEN, .target = target, .target_kind = (uint8_t)kind};
  struct session_out out;
  enum refusal why = REFUSAL_NONE;
  const bool opened = session_decide(&none, &cmd, &out, &why);
  bt_check(opened);
  const struct dir_entry *e = &x->e->dir.entries[entry];
  struct record ev;
  ctx_event(x, &ev, EVENT_OF_SESSION(OPENED), SESSION_NOBODY);
  const struct id id = ctx_new_id(x);
  record_set_id(&ev, FIELD_SESSION, id);
  live_put_session(&ev, &out.event.after);
  record_set_num(&ev, FIELD_CHANNEL, e->channel);
  record_set_num(&ev, FIELD_ENTRY, entry);
  record_copy(&ev, FIELD_CUSTOMER, args);
  record_copy(&ev, FIELD_ATTRIBUTES, args);
  record_copy(&ev, FIELD_CALLBACK, args);
  record_copy(&ev, FIELD_ENTERED, args);
  record_copy(&ev, FIELD_PRIORITY, args);
  record_copy(&ev, FIELD_SKILLS, args);
  record_copy(&ev, FIELD_CONSULT, args);
  record_copy(&ev, FIELD_WHEN, args);
  record_set_num(&ev, FIELD_DEADLINE,
                 record_has(args, FIELD_DUE) ? record_num(args, FIELD_DUE)
                                             : x->now_us + e->invite_ms * 1000);
  emit(x, &ev);
  uint32_t slot = SESSION_NOBODY;
  const bool there = engine_find(x->e, id, &slot);
  bt_check(there);
  return slot;
}

static void invite_first(struct ctx *x, uint32_t slot, uint32_t kind,
                         uint32_t target) {
  const struct live *l = engine_live(x->e, slot);
  if (kind == SESSION_HOLDER_SCRIPT) {
    script_begin(x, slot, target, true);
    return;
  }
  struct record *fx = ctx_effect(x, EFFECT_INVITE_BOT);
  record_set_id(fx, FIELD_SESSION, l->id);
  record_set_num(fx, FIELD_BOT, target);
  record_set_num(fx, FIELD_EPOCH, l->s.epoch);
}

void cmd_open(struct ctx *x, uint32_t slot, const struct record *args,
              struct answer *a) {
  const uint32_t entry = find_entry(x, args, a);
  if (entry == DIR_NONE ||
      !channel_fits(x, &x->e->dir.entries[entry], args, a)) {
    return;
  }
  const struct dir_entry *e = &x->e->dir.entries[entry];
  const bool bot = e->bot.len > 0;
  const uint32_t target = bot ? directory_bot(&x->e->dir, e->bot)
                              : directory_script(&x->e->dir, e->script);
  if (target == DIR_NONE) {
    answer_refuse(x, SESSION_NOBODY, REFUSAL_UNAVAILABLE,
                  TEXT("The entry point's first holder is not configured."), a);
    return;
  }
  if (!open_has_room(x, SESSION_NOBODY, a)) {
    return;
  }
  const uint32_t kind = bot ? SESSION_HOLDER_BOT : SESSION_HOLDER_SCRIPT;
  slot = open_session(x, entry, kind, target, args);
  if (record_has(args, FIELD_BREAKPOINTS)) {
    debug_attach(x, slot, args); /* the shell debugs from the first line on */
  }
  invite_first(x, slot, kind, target);
  answer_view(x, slot, 201, a);
}

/* ---- the customer's connection */

void cmd_customer(struct ctx *x, uint32_t slot, const struct record *args,
                  struct answer *a) {
  const struct live *l = engine_live(x->e, slot);
  const bool joins = args->type == COMMAND_CUSTOMER_JOINED;
  const bool over =
      l->s.status == SESSION_WRAPUP || l->s.status == SESSION_COMPLETED;
  if (over || l->customer_here == joins) {
    answer_session(x, slot, 200, "Nothing has changed.", a);
    return;
  }
  struct record ev;
  ctx_event(x, &ev, joins ? EVENT_CUSTOMER_JOINED : EVENT_CUSTOMER_DROPPED,
            slot);
  const int64_t ms = x->e->dir.entries[l->entry].customer_ms;
  const bool returns = joins && l->timer_customer != TIMER_NONE;
  const int64_t dropped_us =
      returns ? timers_get(&x->e->timers, l->timer_customer)->deadline_us -
                    ms * 1000
              : 0;
  if (!joins) {
    record_set_num(&ev, FIELD_DEADLINE, x->now_us + ms * 1000);
  }
  emit(x, &ev);
  if (returns) {
    script_tell_returned(x, slot, dropped_us);
  }
  answer_session(
      x, slot, 200,
      joins ? "The customer is there." : "The customer is gone for now.", a);
}

void cmd_leave(struct ctx *x, uint32_t slot, const struct record *args,
               struct answer *a) {
  const struct session_cmd cmd = {.type = SESSION_CMD_LEAVE};
  struct record extra;
  record_init(&extra, 0);
  record_copy(&extra, FIELD_REASON, args);
  record_set_text(&extra, FIELD_END_REASON,
                  record_has(args, FIELD_END_REASON)
                      ? record_text(args, FIELD_END_REASON)
                      : TEXT("customer_left"));
  enum refusal why = REFUSAL_NONE;
  if (!do_session(x, slot, &cmd, &extra, &why)) {
    answer_refuse_usual(x, slot, why, a);
    return;
  }
  answer_session(x, slot, 200, "The customer left.", a);
}

/* ---- talking */

/* May the caller speak in this session now? (A bot that does not hold was
 * refused before.) */
bool ctx_may_speak(const struct ctx *x, const struct live *l,
                   enum refusal *why) {
  const struct session *s = &l->s;
  if (s->status == SESSION_WRAPUP || s->status == SESSION_COMPLETED) {
    *why = REFUSAL_SESSION_ENDED;
    return false;
  }
  *why = REFUSAL_STALE_HOLDER;
  if (x->by.role == ROLE_AGENT) {
    return (s->status == SESSION_ACTIVE && s->agent == x->by.number) ||
           consult_speaks(x->e, l, x->by.number);
  }
  return x->by.role != ROLE_SCRIPT || s->status != SESSION_ACTIVE;
}

/* A script that speaks in ON Answer learns when it is heard. */
static struct text why_silent(struct ctx *x, uint32_t slot, enum refusal why) {
  const struct session *s = &engine_live(x->e, slot)->s;
  if (why != REFUSAL_STALE_HOLDER || x->by.role != ROLE_SCRIPT) {
    return refusal_detail(x, slot, why);
  }
  return ctx_format(
      x,
      "Agent '%.*s' holds the session, and a script talks to the customer only "
      "while no agent does: say it before the transfer, or in ON Queued.",
      TEXT_ARG(live_actor_name(x->e, ROLE_AGENT, s->agent)));
}

void add_message(struct ctx *x, uint32_t slot, const struct record *args) {
  const struct live *l = engine_live(x->e, slot);
  struct record ev;
  if (x->by.role == ROLE_CUSTOMER && live_is_unkept(l)) {
    recording_pass_by(x, slot, args);
    return;
  }
  ctx_event(x, &ev, EVENT_MESSAGE, slot);
  record_set_text(&ev, FIELD_TEXT, record_text(args, FIELD_TEXT));
  record_copy(&ev, FIELD_DATA, args);
  record_set_num(&ev, FIELD_MESSAGE, (int64_t)l->message_count + 1);
  emit(x, &ev);
}

bool has_room_for_message(const struct live *l) {
  return l->message_count < LIMIT_MESSAGES;
}

void cmd_say(struct ctx *x, uint32_t slot, const struct record *args,
             struct answer *a) {
  const struct live *l = engine_live(x->e, slot);
  enum refusal why = REFUSAL_NONE;
  if (!ctx_may_speak(x, l, &why)) {
    answer_refuse_told(x, slot, why, why_silent(x, slot, why), a);
    return;
  }
  if (!has_room_for_message(l)) {
    answer_refuse(
        x, slot, REFUSAL_TOO_LARGE,
        ctx_format(x, "A session holds at most %d messages.", LIMIT_MESSAGES),
        a);
    return;
  }
  if (x->by.role == ROLE_AGENT && l->s.agent == x->by.number) {
    beside_resume(x, slot); /* who is spoken to does not wait */
  }
  add_message(x, slot, args);
  answer_said(x, slot, a);
}

/* ---- bots */

void cmd_accept_invite(struct ctx *x, uint32_t slot, const struct record *args,
                       struct answer *a) {
  const struct live *l = engine_live(x->e, slot);
  const struct session_cmd cmd = {.type = SESSION_CMD_ATTACH,
                                  .epoch =
                                      (uint32_t)record_num(args, FIELD_EPOCH),
                                  .target = x->by.number};
  enum refusal why = REFUSAL_INVITE_GONE;
  if (!ctx_is_fenced(x, l, args)) { /* it came back, and was invited again */
    answer_session(x, slot, 200, "The bot holds the session.", a);
    return;
  }
  if (l->s.invited_id != x->by.number ||
      !do_session(x, slot, &cmd, NULL, &why)) {
    answer_refuse_told(x, slot, why,
                       ctx_format(x,
                                  "The session is %s; this invitation is not "
                                  "open.",
                                  session_status_name(l->s.status)),
                       a);
    return;
  }
  answer_session(x, slot, 200, "The bot holds the session.", a);
}

void cmd_goodbye(struct ctx *x, uint32_t slot, const struct record *args,
                 struct answer *a) {
  const struct text outcome = record_text(args, FIELD_OUTCOME);
  const struct session_cmd cmd = {
      .type = SESSION_CMD_GOODBYE,
      .epoch = (uint32_t)record_num(args, FIELD_EPOCH),
      .ending = text_equal_nocase(outcome, TEXT("end"))};
  if (record_has(args, FIELD_ATTRIBUTES)) {
    cmd_attributes(x, slot, args, a);
    if (a->refusal != REFUSAL_NONE) {
      return;
    }
  }
  /* What is said with the goodbye is said while the bot still holds. */
  if (record_has(args, FIELD_TEXT)) {
    add_message(x, slot, args);
  }
  struct record extra;
  record_init(&extra, 0);
  record_copy(&extra, FIELD_OUTCOME, args);
  record_copy(&extra, FIELD_REASON, args);
  do_session_late(x, slot, &cmd, &extra);
  answer_session(x, slot, 200, "Goodbye was said; close the connection.", a);
}

/* Is the connection that ended the one of who holds or is invited? */
static bool closes_its_own(const struct ctx *x, const struct session *s) {
  const uint32_t bot =
      s->holder == SESSION_HOLDER_BOT ? s->holder_id : s->invited_id;
  return x->by.role != ROLE_BOT || bot == x->by.number;
}

void cmd_bot_closed(struct ctx *x, uint32_t slot, const struct record *args,
                    struct answer *a) {
  const struct session_cmd cmd = {.type = SESSION_CMD_DETACH,
                                  .epoch =
                                      (uint32_t)record_num(args, FIELD_EPOCH)};
  enum refusal why = REFUSAL_STALE_HOLDER;
  /* A close that comes late is no news: the bot was told to, or was closed. */
  if (!closes_its_own(x, &engine_live(x->e, slot)->s) ||
      !do_session(x, slot, &cmd, NULL, &why)) {
    answer_refuse_usual(x, slot, why, a);
    return;
  }
  answer_session(x, slot, 200, "The bot's part is closed.", a);
}

/* ---- what is known */

static struct json *parse_object(struct ctx *x, struct text t) {
  struct json *tree = NULL;
  struct json_error error;
  const enum bt_err err = json_parse(ctx_arena(x), t.len > 0 ? t : TEXT("{}"),
                                     JSON_DEPTH_DEFAULT, &tree, &error);
  bt_check(err == BT_ERR_OK); /* its form was checked before */
  return tree;
}

/* The members of @patch replace those of @base; null takes one away. */
static struct text merge_objects(struct ctx *x, struct text base,
                                 struct text patch) {
  const struct json *old = parse_object(x, base);
  const struct json *new = parse_object(x, patch);
  struct textbuf b;
  struct json_out o;
  textbuf_init(&b, x->out->arena.mem);
  json_out_init(&o, &b);
  json_open_object(&o);
  for (const struct json *m = old->first; m != NULL; m = m->next) {
    if (json_member(new, m->key) == NULL) {
      json_key_text(&o, m->key);
      json_put_tree(&o, m);
    }
  }
  for (const struct json *m = new->first; m != NULL; m = m->next) {
    if (m->type != JSON_NULL) {
      json_key_text(&o, m->key);
      json_put_tree(&o, m);
    }
  }
  json_close_object(&o);
  const struct text merged = arena_copy_text(ctx_arena(x), textbuf_text(&b));
  textbuf_free(&b);
  return merged;
}

void cmd_attributes(struct ctx *x, uint32_t slot, const struct record *args,
                    struct answer *a) {
  const struct live *l = engine_live(x->e, slot);
  const struct text merged =
      merge_objects(x, l->attributes, record_text(args, FIELD_ATTRIBUTES));
  if (merged.len > LIMIT_ATTRIBUTE_BYTES) {
    answer_member(x, REFUSAL_INVALID_MEMBER, "/attributes",
                  ctx_format(x,
                             "The attributes would be %zu bytes; the limit "
                             "is %d.",
                             merged.len, LIMIT_ATTRIBUTE_BYTES),
                  a);
    return;
  }
  struct record ev;
  ctx_event(x, &ev, EVENT_ATTRIBUTES_SET, slot);
  record_set_text(&ev, FIELD_ATTRIBUTES, merged);
  emit(x, &ev);
  answer_session(x, slot, 200, "The attributes were set.", a);
}

void cmd_keep_bot(struct ctx *x, uint32_t slot, const struct record *args,
                  struct answer *a) {
  const struct text merged = merge_objects(x, engine_live(x->e, slot)->bot_kept,
                                           record_text(args, FIELD_KEPT));
  if (merged.len > LIMIT_BOT_KEPT_BYTES) {
    answer_refuse_usual(x, slot, REFUSAL_TOO_LARGE, a);
    return;
  }
  struct record ev;
  ctx_event(x, &ev, EVENT_BOT_KEPT, slot);
  record_copy(&ev, FIELD_BOT, args);
  record_set_text(&ev, FIELD_KEPT, merged);
  emit(x, &ev);
  answer_session(x, slot, 200, "It was kept.", a);
}

/* Skills that are there and that somebody has; and not one way of ageing too
 * many. */
static bool change_fits(struct ctx *x, const struct live *l,
                        const struct record *args, struct answer *a) {
  const struct own_ageing own = live_ageing(args);
  struct router_request q = {.queue = l->s.queue, .channel = l->channel};
  if (!body_skills(x,
                   record_has(args, FIELD_SKILLS)
                       ? record_text(args, FIELD_SKILLS)
                       : l->skills,
                   &q, a)) {
    return false;
  }
  for (uint32_t i = 0; record_has(args, FIELD_SKILLS) && i < q.need_count;
       i++) {
    if (!router_has_skill_holder(&x->e->router, q.needs[i].skill)) {
      answer_member(
          x, REFUSAL_INVALID_MEMBER, "/skills",
          ctx_format(x, "No agent has the skill '%.*s'.",
                     TEXT_ARG(x->e->dir.skills[q.needs[i].skill].name)),
          a);
      return false;
    }
  }
  live_ask_ageing(&own, &q);
  return body_ageing_fits(x, &own, &q, a);
}

void cmd_reprioritise(struct ctx *x, uint32_t slot, const struct record *args,
                      struct answer *a) {
  const struct live *l = engine_live(x->e, slot);
  if (!live_in_queue(&l->s)) {
    answer_refuse_usual(x, slot, REFUSAL_NOT_QUEUED, a);
    return;
  }
  if (!change_fits(x, l, args, a)) {
    return;
  }
  struct record ev;
  ctx_event(x, &ev, EVENT_REPRIORITISED, slot);
  record_copy(&ev, FIELD_PRIORITY, args);
  record_copy(&ev, FIELD_ACCELERATION, args);
  record_copy(&ev, FIELD_MAX_PRIORITY, args);
  record_copy(&ev, FIELD_SKILLS, args);
  record_copy(&ev, FIELD_REASON, args);
  emit(x, &ev);
  answer_session(x, slot, 200, "The waiting session was changed.", a);
}

/* ---- offers and wrap-up */

static bool offer_is_open(struct ctx *x, uint32_t slot,
                          const struct record *args, uint32_t type,
                          struct answer *a) {
  const struct live *l = engine_live(x->e, slot);
  const uint64_t number = record_has(args, FIELD_OFFER)
                              ? (uint64_t)record_num(args, FIELD_OFFER)
                              : l->s.offer;
  const struct offer_cmd cmd = {
      .type = type, .agent = x->by.number, .now_us = x->now_us};
  struct offer_out out;
  const enum offer_refusal no =
      offers_decide(&x->e->offers, number, &cmd, &out);
  if (no == OFFER_REFUSAL_NONE && number == l->s.offer) {
    return true;
  }
  answer_refuse_told(x, slot, REFUSAL_OFFER_GONE,
                     number == 0 ? TEXT("The session is not being offered.")
                     : no == OFFER_REFUSAL_UNKNOWN
                         ? TEXT("There was never such an offer.")
                         : ctx_format(x, "The answer came too late: %s.",
                                      no == OFFER_REFUSAL_NONE
                                          ? "the offer is another session's"
                                          : offer_refusal_detail(no)),
                     a);
  return false;
}

static void answer_offer(struct ctx *x, uint32_t slot,
                         const struct record *args, uint32_t session_cmd) {
  const struct session_cmd cmd = {.type = session_cmd,
                                  .target = x->by.number,
                                  .number = engine_live(x->e, slot)->s.offer};
  struct record extra;
  record_init(&extra, 0);
  record_copy(&extra, FIELD_REASON, args);
  enum refusal why = REFUSAL_NONE;
  const bool done = do_session(x, slot, &cmd, &extra, &why);
  bt_check(done); /* the offer is open: both tables say so */
}

void cmd_accept_offer(struct ctx *x, uint32_t slot, const struct record *args,
                      struct answer *a) {
  if (!offer_is_open(x, slot, args, OFFER_CMD_ACCEPT, a)) {
    return;
  }
  answer_offer(x, slot, args, SESSION_CMD_ACCEPT);
  answer_view(x, slot, 200, a);
}

void cmd_decline_offer(struct ctx *x, uint32_t slot, const struct record *args,
                       struct answer *a) {
  if (!offer_is_open(x, slot, args, OFFER_CMD_DECLINE, a)) {
    return;
  }
  answer_offer(x, slot, args, SESSION_CMD_DECLINE);
  answer_session(x, slot, 200, "The offer was declined.", a);
}

void cmd_complete(struct ctx *x, uint32_t slot, const struct record *args,
                  struct answer *a) {
  const struct session_cmd cmd = {.type = SESSION_CMD_DOCUMENTED,
                                  .target = x->by.number,
                                  .privileged = x->by.role != ROLE_AGENT};
  struct session_out out;
  enum refusal why = REFUSAL_NONE;
  if (!outcome_fits(x, slot, args, a)) {
    return;
  }
  if (!session_decide(&engine_live(x->e, slot)->s, &cmd, &out, &why)) {
    answer_refuse_usual(x, slot, why, a);
    return;
  }
  outcome_record(x, slot, args);
  do_session_late(x, slot, &cmd, NULL);
  answer_session(x, slot, 200, "The session is complete.", a);
}

/* ---- the end, by a person's or a flow's word */

void cmd_end(struct ctx *x, uint32_t slot, const struct record *args,
             struct answer *a) {
  if (x->by.role == ROLE_CUSTOMER) {
    cmd_leave(x, slot, args, a);
    return;
  }
  const struct live *l = engine_live(x->e, slot);
  const struct session_cmd cmd = {.type = SESSION_CMD_END,
                                  .privileged = ctx_is_privileged(x, l)};
  struct session_out out;
  struct record extra;
  record_init(&extra, 0);
  record_copy(&extra, FIELD_REASON, args);
  record_set_text(&extra, FIELD_END_REASON,
                  x->by.role == ROLE_AGENT    ? TEXT("agent_ended")
                  : x->by.role == ROLE_SCRIPT ? TEXT("script_ended")
                                              : TEXT("ended"));
  enum refusal why = REFUSAL_NONE;
  if (!ctx_may_end(x, l, a) || !outcome_fits(x, slot, args, a)) {
    return;
  }
  if (!session_decide(&l->s, &cmd, &out, &why)) {
    answer_refuse_usual(x, slot, why, a);
    return;
  }
  outcome_record(x, slot, args);
  do_session_late(x, slot, &cmd, &extra);
  answer_session(x, slot, 200, "The conversation was ended.", a);
}
