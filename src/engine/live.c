#include "engine/live_priv.h"

#include <string.h>

#include "base/check.h"
#include "engine/event.h"

enum { FLAG_AWAY = 1, FLAG_CLOSING = 2, FLAG_ENDING = 4 };

void live_own(const struct mem *mem, struct text *owned, struct text t) {
  char *copy = NULL;
  if (t.len > 0) {
    copy = mem_new(mem, t.len);
    bt_check(copy != NULL); /* an event is a fact: it must be kept */
    memcpy(copy, t.ptr, t.len);
  }
  if (owned->len > 0) {
    /* What is shown as const is what this function once allocated. */
    const union {
      const char *shown;
      void *own;
    } bytes = {.shown = owned->ptr};
    mem_free(mem, bytes.own, owned->len);
  }
  *owned = (struct text){copy == NULL ? "" : copy, t.len};
}

void live_init(struct live *l) {
  *l = (struct live){.s = session_none(),
                     .entry = SESSION_NOBODY,
                     .link_next = SESSION_NOBODY,
                     .link_prev = SESSION_NOBODY,
                     .last_agent = SESSION_NOBODY,
                     .preferred = SESSION_NOBODY,
                     .transfer = {.preferred = SESSION_NOBODY},
                     .call_queue = SESSION_NOBODY,
                     .run = SESSION_NOBODY,
                     .watchers = SESSION_NOBODY};
}

static void own_all(struct live *l, const struct mem *mem) {
  struct text *const texts[] = {
      &l->skills,          &l->customer,      &l->attributes,
      &l->bot_kept,        &l->reason,        &l->note,
      &l->disposition,     &l->end_reason,    &l->transfer.skills,
      &l->transfer.reason, &l->transfer.note, &l->transfer.actor};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    live_own(mem, texts[i], TEXT(""));
  }
}

void live_set_debug(struct live *l, const struct mem *mem,
                    struct live_debug *take) {
  if (l->debug != NULL) {
    live_own(mem, &l->debug->breakpoints, TEXT(""));
    mem_free(mem, l->debug, sizeof *l->debug);
  }
  l->debug = take;
}

void live_free(struct live *l, const struct mem *mem) {
  own_all(l, mem);
  for (size_t i = 0; i < l->message_count; i++) {
    live_own(mem, &l->messages[i].author, TEXT(""));
    live_own(mem, &l->messages[i].text, TEXT(""));
    live_own(mem, &l->messages[i].data, TEXT(""));
  }
  live_set_debug(l, mem, NULL);
  mem_free(mem, l->messages, l->message_cap * sizeof *l->messages);
  mem_free(mem, l->legs, l->leg_cap * sizeof *l->legs);
  live_init(l);
}

void live_put_session(struct record *r, const struct session *s) {
  record_set_num(r, FIELD_STATUS, s->status);
  record_set_num(r, FIELD_HOLDER, s->holder);
  record_set_num(r, FIELD_EPOCH, s->epoch);
  record_set_num(r, FIELD_VISIT, s->visit);
  record_set_num(r, FIELD_VERSION, s->version);
  const struct {
    enum field field;
    uint32_t value, missing;
  } rare[] = {
      {FIELD_HOLDER_NUMBER, s->holder_id, SESSION_NOBODY},
      {FIELD_INVITED, s->invited, 0},
      {FIELD_INVITED_NUMBER, s->invited_id, SESSION_NOBODY},
      {FIELD_FLAGS,
       (uint32_t)(s->away * FLAG_AWAY + s->closing * FLAG_CLOSING +
                  s->ending * FLAG_ENDING),
       0},
      {FIELD_WAITS, s->waits, 0},
      {FIELD_WAIT_TARGET, s->transfer_target, SESSION_NOBODY},
      {FIELD_AGENT, s->agent, SESSION_NOBODY},
      {FIELD_QUEUE, s->queue, SESSION_NOBODY},
  };
  for (size_t i = 0; i < sizeof rare / sizeof rare[0]; i++) {
    if (rare[i].value != rare[i].missing) {
      record_set_num(r, rare[i].field, rare[i].value);
    }
  }
  if (s->transfer != 0) {
    record_set_num(r, FIELD_TRANSFER, (int64_t)s->transfer);
  }
  if (s->offer != 0) {
    record_set_num(r, FIELD_OFFER, (int64_t)s->offer);
  }
}

static uint32_t number_or(const struct record *r, enum field f,
                          uint32_t missing) {
  return record_has(r, f) ? (uint32_t)record_num(r, f) : missing;
}

struct session live_get_session(const struct session *before,
                                const struct record *r) {
  struct session s = *before;
  const int64_t flags = record_num(r, FIELD_FLAGS);
  s.status = (uint8_t)record_num(r, FIELD_STATUS);
  s.holder = (uint8_t)record_num(r, FIELD_HOLDER);
  s.holder_id = number_or(r, FIELD_HOLDER_NUMBER, SESSION_NOBODY);
  s.invited = (uint8_t)record_num(r, FIELD_INVITED);
  s.invited_id = number_or(r, FIELD_INVITED_NUMBER, SESSION_NOBODY);
  s.away = (flags & FLAG_AWAY) != 0;
  s.closing = (flags & FLAG_CLOSING) != 0;
  s.ending = (flags & FLAG_ENDING) != 0;
  s.waits = (uint8_t)record_num(r, FIELD_WAITS);
  s.transfer_target = number_or(r, FIELD_WAIT_TARGET, SESSION_NOBODY);
  s.agent = number_or(r, FIELD_AGENT, SESSION_NOBODY);
  s.queue = number_or(r, FIELD_QUEUE, SESSION_NOBODY);
  s.epoch = (uint32_t)record_num(r, FIELD_EPOCH);
  s.visit = (uint32_t)record_num(r, FIELD_VISIT);
  s.version = (uint32_t)record_num(r, FIELD_VERSION);
  s.transfer = s.waits == 0 ? 0 : (uint64_t)record_num(r, FIELD_TRANSFER);
  s.offer =
      s.status == SESSION_OFFERED ? (uint64_t)record_num(r, FIELD_OFFER) : 0;
  return s;
}

bool live_in_queue(const struct session *s) {
  return s->status == SESSION_QUEUED || s->status == SESSION_OFFERED;
}

bool live_is_listed(const struct session *s) {
  return s->agent != SESSION_NOBODY || s->holder == SESSION_HOLDER_BOT ||
         s->invited == SESSION_HOLDER_BOT;
}

static struct leg *last_leg(struct live *l, uint8_t role) {
  for (size_t i = l->leg_count; i-- > 0;) {
    if (l->legs[i].role == role && l->legs[i].left_us == 0) {
      return &l->legs[i];
    }
  }
  return NULL;
}

static void add_leg(struct live *l, const struct mem *mem, struct leg leg) {
  const bool room =
      mem_grow(mem, &l->legs, &l->leg_cap, l->leg_count + 1, sizeof *l->legs);
  bt_check(room);
  l->legs[l->leg_count++] = leg;
}

static void end_leg(struct live *l, uint8_t role, int64_t at_us,
                    const char *reason) {
  struct leg *leg = last_leg(l, role);
  if (leg != NULL) {
    leg->left_us = at_us;
    leg->reason = reason;
  }
}

static void fold_bot_leg(struct live *l, const struct mem *mem,
                         const struct record *ev, const struct session *after) {
  const int64_t at_us = record_num(ev, FIELD_AT);
  if (after->status == SESSION_PENDING) {
    if (after->invited == SESSION_HOLDER_BOT) {
      add_leg(l, mem,
              (struct leg){.role = ROLE_BOT,
                           .number = after->invited_id,
                           .epoch = after->epoch});
    }
    return;
  }
  struct leg *leg = last_leg(l, ROLE_BOT);
  if (leg == NULL) {
    return;
  }
  if (ev->type == EVENT_OF_SESSION(ATTACHED)) {
    leg->joined_us = at_us;
    leg->epoch = after->epoch;
  } else if (after->holder != SESSION_HOLDER_BOT) {
    end_leg(l, ROLE_BOT, at_us, event_name(ev->type));
  }
}

static void fold_agent_leg(struct live *l, const struct mem *mem,
                           const struct record *ev,
                           const struct session *after) {
  const int64_t at_us = record_num(ev, FIELD_AT);
  if (ev->type == EVENT_OF_SESSION(CONNECTED)) {
    l->last_agent = after->agent;
    add_leg(l, mem,
            (struct leg){.role = ROLE_AGENT,
                         .number = after->agent,
                         .epoch = after->epoch,
                         .joined_us = at_us});
  } else if (after->status != SESSION_ACTIVE) {
    end_leg(l, ROLE_AGENT, at_us, event_name(ev->type));
  }
}

static void fold_opened(struct live *l, const struct mem *mem,
                        const struct record *ev) {
  l->id = record_id(ev, FIELD_SESSION);
  l->used = true;
  l->opened_us = record_num(ev, FIELD_AT);
  l->spoken_us = l->opened_us;
  l->channel = (uint8_t)record_num(ev, FIELD_CHANNEL);
  l->entry = (uint32_t)record_num(ev, FIELD_ENTRY);
  l->call_queue = (uint32_t)record_num(ev, FIELD_CALLBACK) - 1;
  /* Of a call that is booked by somebody who waits: the place. */
  l->entered_us = record_num(ev, FIELD_ENTERED);
  l->priority = (uint32_t)record_num(ev, FIELD_PRIORITY);
  live_own(mem, &l->skills, record_text(ev, FIELD_SKILLS));
  if (record_has(ev, FIELD_CONSULT)) {
    l->consult = record_id(ev, FIELD_CONSULT);
    l->consults = CONSULTS_ABOUT;
    l->given = record_num(ev, FIELD_WHEN) == WHEN_ACCEPTED;
  }
  live_own(mem, &l->customer, record_text(ev, FIELD_CUSTOMER));
  live_own(mem, &l->attributes, record_text(ev, FIELD_ATTRIBUTES));
  add_leg(l, mem,
          (struct leg){.role = ROLE_CUSTOMER,
                       .number = SESSION_NOBODY,
                       .joined_us = l->opened_us});
}

void live_ask_needs(const struct live *l, struct router_request *q) {
  q->need_count = l->needs.count;
  for (uint32_t i = 0; i < l->needs.count; i++) {
    q->needs[i] = l->needs.needs[i];
    q->best[i] = l->needs.best[i];
  }
}

/* A place in a queue: new with a transfer, kept when an agent is lost. */
static void fold_queued(struct live *l, const struct mem *mem,
                        const struct record *ev) {
  if ((uint64_t)record_num(ev, FIELD_ORDER) != l->order) {
    l->waits_us = record_num(ev, FIELD_AT);
    l->rings_us = l->waits_us;
    l->told_us = 0;
    l->ring = 0;
  }
  l->preferred = number_or(ev, FIELD_PREFERRED, SESSION_NOBODY);
  l->preferred_until_us = record_num(ev, FIELD_PREFERRED_UNTIL);
  l->entered_us = record_num(ev, FIELD_ENTERED);
  l->order = (uint64_t)record_num(ev, FIELD_ORDER);
  l->priority = (uint32_t)record_num(ev, FIELD_PRIORITY);
  l->skip_queue = record_num(ev, FIELD_SKIP_QUEUE) != 0;
  l->ageing = live_ageing(ev);
  live_own(mem, &l->skills, record_text(ev, FIELD_SKILLS));
  /* A transfer that says no reason leaves what the bot said. */
  if (record_has(ev, FIELD_REASON)) {
    live_own(mem, &l->reason, record_text(ev, FIELD_REASON));
  }
  live_own(mem, &l->note, record_text(ev, FIELD_NOTE));
}

static void own_order(struct transfer *t, const struct mem *mem,
                      const struct record *ev) {
  t->id = record_id(ev, FIELD_TRANSFER_ID);
  t->number = (uint64_t)record_num(ev, FIELD_TRANSFER);
  t->role = (uint8_t)record_num(ev, FIELD_ROLE);
  t->skip_queue = record_num(ev, FIELD_SKIP_QUEUE) != 0;
  t->priority = (uint32_t)record_num(ev, FIELD_PRIORITY);
  t->ageing = live_ageing(ev);
  t->preferred = number_or(ev, FIELD_PREFERRED, SESSION_NOBODY);
  t->prefer_ms = record_num(ev, FIELD_PREFER_FOR) * 1000;
  t->asked_us = record_num(ev, FIELD_AT);
  live_own(mem, &t->skills, record_text(ev, FIELD_SKILLS));
  live_own(mem, &t->reason, record_text(ev, FIELD_REASON));
  live_own(mem, &t->note, record_text(ev, FIELD_NOTE));
  live_own(mem, &t->actor, record_text(ev, FIELD_ACTOR));
}

static void fold_waits(struct live *l, const struct mem *mem,
                       const struct record *ev) {
  struct transfer *t = &l->transfer;
  own_order(t, mem, ev);
  t->to_bot = l->s.waits == SESSION_WAIT_BOT;
  t->target = l->s.transfer_target;
  t->deadline_us = record_num(ev, FIELD_DEADLINE);
  t->done_us = 0;
  t->state = TRANSFER_WAITING;
}

/* A transfer that was carried out at once is one that never waited. */
static void fold_done(struct live *l, const struct mem *mem,
                      const struct record *ev) {
  struct transfer *t = &l->transfer;
  own_order(t, mem, ev);
  t->to_bot = l->s.status == SESSION_PENDING;
  t->target = t->to_bot ? l->s.invited_id : l->s.queue;
  t->done_us = t->asked_us;
  t->deadline_us = 0;
  t->state = TRANSFER_DONE;
}

/* It waits until somebody accepts it, in the session that offers it. */
static void fold_offered(struct live *l, const struct mem *mem,
                         const struct record *ev) {
  struct transfer *t = &l->transfer;
  own_order(t, mem, ev);
  t->to_bot = false;
  t->target = (uint32_t)record_num(ev, FIELD_QUEUE);
  t->deadline_us = 0;
  t->done_us = 0;
  t->state = TRANSFER_WAITING;
  l->consult = record_id(ev, FIELD_CONSULT);
  l->consults = CONSULTS_ASKS;
  l->given = true;
}

/* Nobody accepted, or it was: then the transfer is done already. */
static void fold_consult_ended(struct live *l, const struct record *ev) {
  struct transfer *t = &l->transfer;
  if (l->given && t->state == TRANSFER_WAITING) {
    t->done_us = record_num(ev, FIELD_AT);
    t->state =
        l->s.status != SESSION_ACTIVE ? TRANSFER_DROPPED
        : text_equal(record_text(ev, FIELD_END_REASON), TEXT("agent_ended"))
            ? TRANSFER_CANCELLED
            : TRANSFER_EXPIRED;
  }
  l->consult = (struct id){0, 0};
  l->consults = CONSULTS_NOT;
  l->given = false;
}

static void fold_transfer(struct live *l, const struct record *ev,
                          const struct session *before) {
  struct transfer *t = &l->transfer;
  if (before->waits == SESSION_WAIT_NONE || l->s.waits != SESSION_WAIT_NONE) {
    return;
  }
  t->done_us = record_num(ev, FIELD_AT);
  if (ev->type == EVENT_OF_SESSION(TRANSFER_CANCELLED)) {
    t->state = TRANSFER_CANCELLED;
  } else if (ev->type == EVENT_OF_SESSION(TRANSFER_EXPIRED)) {
    t->state = TRANSFER_EXPIRED;
  } else if (l->s.status == SESSION_COMPLETED) {
    t->state = TRANSFER_DROPPED;
  } else {
    t->state = TRANSFER_DONE;
  }
}

static void fold_ended(struct live *l, const struct mem *mem,
                       const struct record *ev) {
  l->ended_us = record_num(ev, FIELD_AT);
  l->customer_here = false;
  end_leg(l, ROLE_CUSTOMER, l->ended_us, "session.ended");
  if (l->end_reason.len == 0) {
    live_own(mem, &l->end_reason, record_text(ev, FIELD_END_REASON));
  }
}

static void fold_transition(struct live *l, const struct mem *mem,
                            const struct record *ev) {
  const struct session before = l->s;
  const int64_t at_us = record_num(ev, FIELD_AT);
  const struct session_event e = {.type = ev->type - EVENT_SESSION_FIRST,
                                  .after = live_get_session(&before, ev)};
  l->s = session_apply(before, &e);
  if (l->s.status != before.status) {
    l->since_us = at_us;
  }
  if (l->s.holder != before.holder || l->s.holder_id != before.holder_id) {
    l->holder_since_us = at_us;
  }
  if (l->s.status != SESSION_ACTIVE || l->s.agent != before.agent) {
    l->held_us = 0;
    l->paused_us = 0;
  }
  if (l->s.visit != before.visit) {
    l->deadline_us = record_num(ev, FIELD_DEADLINE);
  }
  switch (e.type) {
  case SESSION_EV_OPENED:
    fold_opened(l, mem, ev);
    break;
  case SESSION_EV_ATTACHED:
    l->spoken_us = at_us;
    l->followed = false;
    break;
  case SESSION_EV_BOT_GOODBYE:
    l->goodbye_us = at_us;
    live_own(mem, &l->reason, record_text(ev, FIELD_REASON));
    break;
  case SESSION_EV_CONNECTED:
    l->preferred = SESSION_NOBODY;
    break;
  case SESSION_EV_TRANSFER_WAITS:
    fold_waits(l, mem, ev);
    break;
  case SESSION_EV_WRAPPING:
    live_own(mem, &l->end_reason, record_text(ev, FIELD_END_REASON));
    end_leg(l, ROLE_CUSTOMER, at_us, "session.wrapping");
    l->customer_here = false;
    break;
  case SESSION_EV_ENDED:
    fold_ended(l, mem, ev);
    break;
  default:
    break;
  }
  if (e.type == SESSION_EV_REQUEUED) {
    l->waits_us = at_us;
  } else if (record_has(ev, FIELD_ORDER)) {
    fold_queued(l, mem, ev);
  }
  if (l->s.holder != SESSION_HOLDER_BOT) {
    l->goodbye_us = 0;
  }
  if (record_has(ev, FIELD_TRANSFER_ID) && l->s.waits == SESSION_WAIT_NONE) {
    fold_done(l, mem, ev);
  }
  fold_bot_leg(l, mem, ev, &l->s);
  fold_agent_leg(l, mem, ev, &l->s);
  fold_transfer(l, ev, &before);
}

static void fold_message(struct live *l, const struct mem *mem,
                         const struct record *ev) {
  const bool room = mem_grow(mem, &l->messages, &l->message_cap,
                             l->message_count + 1, sizeof *l->messages);
  bt_check(room);
  struct message *m = &l->messages[l->message_count++];
  *m = (struct message){.at_us = record_num(ev, FIELD_AT),
                        .number = (uint32_t)record_num(ev, FIELD_MESSAGE),
                        .role = (uint8_t)record_num(ev, FIELD_ROLE)};
  live_own(mem, &m->author, record_text(ev, FIELD_ACTOR));
  live_own(mem, &m->text, record_text(ev, FIELD_TEXT));
  live_own(mem, &m->data, record_text(ev, FIELD_DATA));
  l->spoken_us = m->at_us;
}

static void own_given(const struct mem *mem, struct text *owned,
                      const struct record *ev, enum field f) {
  if (record_has(ev, f)) {
    live_own(mem, owned, record_text(ev, f));
  }
}

/* What the event names is changed, the rest stays. */
static void fold_changed(struct live *l, const struct mem *mem,
                         const struct record *ev) {
  const struct own_ageing a = live_ageing(ev);
  if (record_has(ev, FIELD_PRIORITY)) {
    l->priority = (uint32_t)record_num(ev, FIELD_PRIORITY);
  }
  if (a.has_points) {
    l->ageing.has_points = true;
    l->ageing.points = a.points;
  }
  if (a.has_most) {
    l->ageing.has_most = true;
    l->ageing.most = a.most;
  }
  own_given(mem, &l->skills, ev, FIELD_SKILLS);
}

bool live_is_unkept(const struct live *l) {
  return l->s.status == SESSION_ACTIVE &&
         (l->paused_us != 0 || l->consent == CONSENT_REFUSED);
}

/* What is done beside the conversation. */
static void fold_beside(struct live *l, const struct record *ev) {
  switch (ev->type) {
  case EVENT_HELD:
    l->held_us = record_num(ev, FIELD_AT);
    break;
  case EVENT_RESUMED:
    l->held_us = 0;
    break;
  case EVENT_RECORDING_PAUSED:
    l->paused_us = record_num(ev, FIELD_AT);
    break;
  case EVENT_RECORDING_RESUMED:
    l->paused_us = 0;
    break;
  case EVENT_CONSENT_SET:
    l->consent =
        record_num(ev, FIELD_CONSENT) != 0 ? CONSENT_GIVEN : CONSENT_REFUSED;
    break;
  case EVENT_CONSULT_ASKED:
    l->consult = record_id(ev, FIELD_CONSULT);
    l->consults = CONSULTS_ASKS;
    break;
  case EVENT_CONSULT_MERGED:
    l->consults = CONSULTS_MERGED;
    break;
  case EVENT_CONSULT_ENDED:
    fold_consult_ended(l, ev);
    break;
  default:
    break;
  }
}

/* Events of the session that are no transitions. */
static void fold_other(struct live *l, const struct mem *mem,
                       const struct record *ev) {
  switch (ev->type) {
  case EVENT_MESSAGE:
    fold_message(l, mem, ev);
    break;
  case EVENT_CUSTOMER_JOINED:
  case EVENT_CUSTOMER_DROPPED:
    l->customer_here = ev->type == EVENT_CUSTOMER_JOINED;
    break;
  case EVENT_ATTRIBUTES_SET:
    live_own(mem, &l->attributes, record_text(ev, FIELD_ATTRIBUTES));
    break;
  case EVENT_BOT_KEPT:
    live_own(mem, &l->bot_kept, record_text(ev, FIELD_KEPT));
    break;
  case EVENT_DISPOSITION_SET:
    own_given(mem, &l->disposition, ev, FIELD_DISPOSITION);
    own_given(mem, &l->note, ev, FIELD_NOTE);
    break;
  case EVENT_WIDENED:
    l->ring = (uint32_t)record_num(ev, FIELD_RING);
    l->preferred = SESSION_NOBODY;
    break;
  case EVENT_ANNOUNCED:
    l->told_us = record_num(ev, FIELD_AT);
    break;
  case EVENT_OVERFLOW_POSTPONED:
  case EVENT_CALLBACK_POSTPONED:
    l->deadline_us = record_num(ev, FIELD_DEADLINE);
    break;
  case EVENT_REPRIORITISED:
    fold_changed(l, mem, ev);
    break;
  case EVENT_SCRIPT_STARTED:
    l->followed = true;
    break;
  case EVENT_CALLBACK_BOOKED:
    l->callbacks++;
    break;
  case EVENT_TRANSFER_OFFERED:
    fold_offered(l, mem, ev);
    break;
  default:
    fold_beside(l, ev);
    break;
  }
}

void live_apply(struct live *l, const struct mem *mem, uint64_t seq,
                const struct record *ev) {
  if (event_is_session(ev->type)) {
    fold_transition(l, mem, ev);
  } else {
    /* Being looked at changes nothing that a caller has seen. */
    l->s.version += ev->type != EVENT_SCRIPT_LINE;
    fold_other(l, mem, ev);
  }
  l->last_seq = seq;
}
