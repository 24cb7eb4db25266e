/* From a session's events to participants, messages and transfers.
 *
 * pending → botflow alerting; connected, releasing → botflow connected; idle →
 * nobody; queued → acd connected; offered → acd connected, agent alerting;
 * active → agent connected; wrapup → agent disconnected, its wrap-up due.
 */
#include "genesys/story_priv.h"

/* ---- words */

const char *party_purpose(enum party_kind kind) {
  static const char *const names[] = {[PARTY_CUSTOMER] = "customer",
                                      [PARTY_BOT] = "botflow",
                                      [PARTY_SCRIPT] = "workflow",
                                      [PARTY_QUEUE] = "acd",
                                      [PARTY_AGENT] = "agent"};
  return names[kind];
}

const char *party_state_name(enum party_state state) {
  static const char *const names[] = {[PARTY_ALERTING] = "alerting",
                                      [PARTY_CONNECTED] = "connected",
                                      [PARTY_DISCONNECTED] = "disconnected"};
  return names[state];
}

/* ---- parties */

struct wanted {
  enum party_kind kind;
  uint32_t number;
  enum party_state state;
};

static uint32_t number_of(const struct record *ev, enum field f) {
  return record_has(ev, f) ? (uint32_t)record_num(ev, f) : SESSION_NOBODY;
}

static struct wanted of_holder(uint32_t holder, uint32_t number,
                               enum party_state state) {
  return (struct wanted){.kind = holder == SESSION_HOLDER_SCRIPT ? PARTY_SCRIPT
                                                                 : PARTY_BOT,
                         .number = number,
                         .state = state};
}

/* Who is there after the event, beside the customer; up to two. */
static size_t parties_after(const struct record *ev, struct wanted out[2]) {
  const struct wanted queue = {PARTY_QUEUE, number_of(ev, FIELD_QUEUE),
                               PARTY_CONNECTED};
  struct wanted agent = {PARTY_AGENT, number_of(ev, FIELD_AGENT),
                         PARTY_ALERTING};
  switch ((enum session_status)record_num(ev, FIELD_STATUS)) {
  case SESSION_PENDING:
    out[0] = of_holder((uint32_t)record_num(ev, FIELD_INVITED),
                       number_of(ev, FIELD_INVITED_NUMBER), PARTY_ALERTING);
    return 1;
  case SESSION_CONNECTED:
  case SESSION_RELEASING:
    out[0] = of_holder((uint32_t)record_num(ev, FIELD_HOLDER),
                       number_of(ev, FIELD_HOLDER_NUMBER), PARTY_CONNECTED);
    return 1;
  case SESSION_QUEUED:
    out[0] = queue;
    return 1;
  case SESSION_OFFERED:
    out[0] = queue;
    out[1] = agent;
    return 2;
  case SESSION_ACTIVE:
    agent.state = PARTY_CONNECTED;
    out[0] = agent;
    return 1;
  case SESSION_NONE:
  case SESSION_IDLE:
  case SESSION_WRAPUP:
  case SESSION_COMPLETED:
  case SESSION_STATUSES:
  default:
    return 0;
  }
}

static struct party *add_party(struct story *s, enum party_kind kind,
                               uint32_t number, int64_t at_us) {
  if (!mem_grow(s->mem, &s->parties, &s->party_cap, s->party_count + 1,
                sizeof *s->parties)) {
    s->failed = true;
    return NULL;
  }
  struct party *p = &s->parties[s->party_count];
  *p = (struct party){
      .id = genesys_id(s->session, "participant", s->party_count),
      .communication = genesys_id(s->session, "communication", s->party_count),
      .session = s->folds,
      .kind = kind,
      .number = number,
      .state = PARTY_ALERTING,
      .started_us = at_us,
      .started_seq = s->seq};
  s->party_count++;
  return p;
}

static void connect(struct party *p, int64_t at_us) {
  if (p != NULL && p->state == PARTY_ALERTING) {
    p->state = PARTY_CONNECTED;
    p->connected_us = at_us;
  }
}

static void disconnect(struct party *p, const char *how, int64_t at_us) {
  p->state = PARTY_DISCONNECTED;
  p->ended_us = at_us;
  p->disconnect = how;
}

static const char *end_word(const struct record *ev, bool of_customer) {
  const struct text why = record_text(ev, FIELD_END_REASON);
  if (text_equal(why, TEXT("customer_lost"))) {
    return of_customer ? "timeout" : "peer";
  }
  if (text_equal(why, TEXT("customer_left"))) {
    return of_customer ? "client" : "peer";
  }
  return of_customer ? "peer" : "client";
}

/* Why somebody is there no more. */
static const char *leave_word(const struct party *p, const struct record *ev) {
  switch (ev->type) {
  case EVENT_OF_SESSION(OFFER_EXPIRED):
    return "transfer.noanswer";
  case EVENT_OF_SESSION(OFFER_DECLINED):
    return "client";
  case EVENT_OF_SESSION(OFFER_WITHDRAWN):
  case EVENT_OF_SESSION(INVITE_WITHDRAWN):
  case EVENT_OF_SESSION(UNQUEUED):
  case EVENT_OF_SESSION(HUNG_UP):
    return "system";
  case EVENT_OF_SESSION(BOT_LOST):
    return "error";
  case EVENT_OF_SESSION(INVITE_EXPIRED):
  case EVENT_OF_SESSION(BOT_SILENT):
  case EVENT_OF_SESSION(BOT_DRAINED):
  case EVENT_OF_SESSION(REQUEUED):
    return "timeout";
  case EVENT_OF_SESSION(BOT_RELEASED):
  case EVENT_OF_SESSION(SCRIPT_RELEASED):
    return "endpoint";
  case EVENT_OF_SESSION(WRAPPING):
  case EVENT_OF_SESSION(ENDED):
    return p->kind == PARTY_AGENT && p->state == PARTY_CONNECTED
               ? end_word(ev, false)
               : "peer";
  default:
    return "transfer";
  }
}

static bool is_wanted(const struct party *p, const struct wanted *list,
                      size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (list[i].kind == p->kind && list[i].number == p->number) {
      return true;
    }
  }
  return false;
}

static struct party *find_party(struct story *s, const struct wanted *w) {
  for (size_t i = s->party_count; i > 0; i--) {
    struct party *p = &s->parties[i - 1];
    if (p->kind == w->kind && p->number == w->number &&
        id_equal(p->session, s->folds) && p->state != PARTY_DISCONNECTED) {
      return p;
    }
  }
  return NULL;
}

static void fold_wrapup(struct story *s, const struct record *ev,
                        int64_t at_us) {
  const bool over = ev->type == EVENT_OF_SESSION(ENDED);
  if (ev->type != EVENT_OF_SESSION(WRAPPING) && !over) {
    return;
  }
  for (size_t i = 0; i < s->party_count; i++) {
    struct party *p = &s->parties[i];
    if (p->kind == PARTY_CUSTOMER && p->state != PARTY_DISCONNECTED) {
      disconnect(p, end_word(ev, true), at_us);
      p->ended_seq = s->seq;
    }
    if (p->wrapping && over) {
      p->wrapping = false;
      p->acw_ended_us = at_us;
      p->acw_ended_seq = s->seq;
    }
  }
}

/* Who is not among those that the event leaves there. */
static void part_parties(struct story *s, const struct record *ev,
                         const struct wanted *list, size_t count) {
  const int64_t at_us = record_num(ev, FIELD_AT);
  const bool wraps = ev->type == EVENT_OF_SESSION(WRAPPING);
  for (size_t i = 0; i < s->party_count; i++) {
    struct party *p = &s->parties[i];
    if (p->kind == PARTY_CUSTOMER || p->state == PARTY_DISCONNECTED ||
        !id_equal(p->session, s->folds) || is_wanted(p, list, count)) {
      continue;
    }
    disconnect(p, leave_word(p, ev), at_us);
    p->ended_seq = s->seq;
    if (wraps && p->kind == PARTY_AGENT) {
      p->wrapping = true;
      p->acw_started_us = at_us;
      p->acw_started_seq = s->seq;
    }
  }
}

static void join_parties(struct story *s, const struct record *ev,
                         const struct wanted *list, size_t count) {
  const int64_t at_us = record_num(ev, FIELD_AT);
  for (size_t i = 0; i < count; i++) {
    struct party *p = find_party(s, &list[i]);
    p = p != NULL ? p : add_party(s, list[i].kind, list[i].number, at_us);
    if (p != NULL && list[i].state == PARTY_CONNECTED) {
      connect(p, at_us);
    }
    if (p != NULL && record_has(ev, FIELD_PRIORITY)) {
      p->priority = (uint32_t)record_num(ev, FIELD_PRIORITY);
    }
  }
}

/* ---- who is asked to accept a transfer
 *
 * They wait, and are offered it, in a session of their own: the participants of
 * this one are shown here, beside the agent who stays. */

static bool fold_asked(void *ctx, uint64_t seq, const struct record *ev) {
  struct story *s = ctx;
  struct wanted list[2];
  if (seq > s->until || s->failed) {
    return false;
  }
  if (!event_is_session(ev->type)) {
    return true;
  }
  const uint32_t status = (uint32_t)record_num(ev, FIELD_STATUS);
  if (status == SESSION_ACTIVE) {
    return false; /* accepted: it goes on in the conversation itself */
  }
  const bool waits = status == SESSION_QUEUED || status == SESSION_OFFERED;
  const size_t count = waits ? parties_after(ev, list) : 0;
  s->seq = seq;
  part_parties(s, ev, list, count);
  join_parties(s, ev, list, count);
  return true;
}

static void fold_offered(struct story *s, struct id asked) {
  const uint64_t seq = s->seq;
  s->folds = asked;
  s->offered_in = asked;
  const enum bt_err err = domain_timeline(s->domain, asked, fold_asked, s);
  s->failed = s->failed || (err != BT_ERR_OK && err != BT_ERR_NOT_FOUND);
  s->folds = s->session;
  s->seq = seq;
}

/* Whoever was asked is in the conversation now. */
static void take_over(struct story *s) {
  for (size_t i = 0; i < s->party_count; i++) {
    struct party *p = &s->parties[i];
    if (id_equal(p->session, s->offered_in)) {
      p->session = s->session;
    }
  }
}

/* An accepted transfer passes a queue in one step, which nobody sees. */
static bool passes(const struct story *s, const struct record *ev) {
  const struct moved *m =
      s->move_count == 0 ? NULL : &s->moves[s->move_count - 1];
  return m != NULL && m->attended && ev->type == EVENT_OF_SESSION(QUEUED) &&
         id_equal(record_id(ev, FIELD_TRANSFER_ID), m->id);
}

static void fold_parties(struct story *s, const struct record *ev) {
  struct wanted list[2];
  const size_t count = parties_after(ev, list);
  if (passes(s, ev)) {
    s->goes_over = true;
    return;
  }
  if (s->goes_over) {
    s->goes_over = false;
    take_over(s);
  }
  part_parties(s, ev, list, count);
  join_parties(s, ev, list, count);
  fold_wrapup(s, ev, record_num(ev, FIELD_AT));
}

/* ---- transfers */

static struct moved *last_move(struct story *s) {
  return s->move_count == 0 ? NULL : &s->moves[s->move_count - 1];
}

static void set_move(struct moved *m, const char *state, int64_t at_us) {
  m->state = state;
  m->changed_us = at_us;
}

static bool is_in(const struct moved *m, const char *state) {
  return m != NULL && text_equal(text_from(m->state), text_from(state));
}

static void add_move(struct story *s, const struct record *ev, int64_t at_us) {
  const struct id id = record_id(ev, FIELD_TRANSFER_ID);
  struct moved *last = last_move(s);
  const bool waits = ev->type == EVENT_OF_SESSION(TRANSFER_WAITS);
  const bool attended = ev->type == EVENT_TRANSFER_OFFERED;
  if (last != NULL && id_equal(last->id, id)) {
    set_move(last, "Active", at_us);
    return;
  }
  if (is_in(last, "Active") && last->attended) {
    set_move(last, "Canceled", at_us); /* the agent did not wait for it */
  }
  if (!mem_grow(s->mem, &s->moves, &s->move_cap, s->move_count + 1,
                sizeof *s->moves)) {
    s->failed = true;
    return;
  }
  const bool to_bot =
      waits ? record_num(ev, FIELD_WAITS) == SESSION_WAIT_BOT
            : !attended && record_num(ev, FIELD_STATUS) == SESSION_PENDING;
  s->moves[s->move_count++] = (struct moved){
      .id = id,
      .state = waits ? "Pending" : "Active",
      .asked_us = at_us,
      .changed_us = at_us,
      .by = arena_copy_text(s->arena, record_text(ev, FIELD_ACTOR)),
      .role = (enum role)record_num(ev, FIELD_ROLE),
      .to_bot = to_bot,
      .attended = attended,
      .target = number_of(ev, waits    ? FIELD_WAIT_TARGET
                              : to_bot ? FIELD_INVITED_NUMBER
                                       : FIELD_QUEUE)};
}

/* The one who keeps it until then may be lost and come back meanwhile. */
static bool is_taken(const struct moved *m, const struct record *ev,
                     uint32_t status) {
  return m->attended ? ev->type == EVENT_OF_SESSION(CONNECTED)
                     : status == SESSION_ACTIVE || status == SESSION_CONNECTED;
}

static void fold_moves(struct story *s, const struct record *ev,
                       int64_t at_us) {
  const uint32_t status = (uint32_t)record_num(ev, FIELD_STATUS);
  struct moved *last = last_move(s);
  const bool pending = is_in(last, "Pending"), active = is_in(last, "Active");
  if (ev->type == EVENT_OF_SESSION(TRANSFER_CANCELLED) && pending) {
    set_move(last, "Canceled", at_us);
  } else if (ev->type == EVENT_OF_SESSION(TRANSFER_EXPIRED) && pending) {
    set_move(last, "Timeout", at_us);
  } else if (record_has(ev, FIELD_TRANSFER_ID)) {
    add_move(s, ev, at_us);
  } else if (pending && (ev->type == EVENT_OF_SESSION(QUEUED) ||
                         ev->type == EVENT_OF_SESSION(BOT_INVITED))) {
    set_move(last, "Active", at_us);
  } else if (active && is_taken(last, ev, status)) {
    set_move(last, "Complete", at_us);
  } else if ((active || pending) &&
             (status == SESSION_WRAPUP || status == SESSION_COMPLETED ||
              (last->attended && ev->type == EVENT_OF_SESSION(REQUEUED)))) {
    set_move(last, "Failed", at_us);
  }
}

/* Nobody accepted it, and its agent still has the conversation. */
static void fold_unaccepted(struct story *s, const struct record *ev,
                            int64_t at_us) {
  struct moved *last = last_move(s);
  const bool taken_back =
      text_equal(record_text(ev, FIELD_END_REASON), TEXT("agent_ended"));
  if (is_in(last, "Active") && last->attended && s->status == SESSION_ACTIVE) {
    set_move(last, taken_back ? "Canceled" : "Timeout", at_us);
  }
}

/* ---- messages */

static size_t speaker(const struct story *s, enum role role) {
  const enum party_kind kind = role == ROLE_CUSTOMER ? PARTY_CUSTOMER
                               : role == ROLE_AGENT  ? PARTY_AGENT
                               : role == ROLE_SCRIPT ? PARTY_SCRIPT
                                                     : PARTY_BOT;
  for (size_t i = s->party_count; i > 0; i--) {
    if (s->parties[i - 1].kind == kind &&
        id_equal(s->parties[i - 1].session, s->session)) {
      return i - 1;
    }
  }
  return s->party_count == 0 ? 0 : s->party_count - 1;
}

static void fold_message(struct story *s, const struct record *ev,
                         int64_t at_us) {
  if (!mem_grow(s->mem, &s->said, &s->said_cap, s->said_count + 1,
                sizeof *s->said)) {
    s->failed = true;
    return;
  }
  struct said *m = &s->said[s->said_count++];
  m->number = (uint32_t)record_num(ev, FIELD_MESSAGE);
  m->id = genesys_id(s->session, "message", m->number);
  m->role = (enum role)record_num(ev, FIELD_ROLE);
  m->at_us = at_us;
  m->author = arena_copy_text(s->arena, record_text(ev, FIELD_ACTOR));
  m->text = arena_copy_text(s->arena, record_text(ev, FIELD_TEXT));
  m->data = arena_copy_text(s->arena, record_text(ev, FIELD_DATA));
  m->party = speaker(s, m->role);
}

/* ---- all of it */

static void keep(struct story *s, struct text *to, const struct record *ev,
                 enum field f) {
  if (record_has(ev, f)) {
    *to = arena_copy_text(s->arena, record_text(ev, f));
    s->failed = s->failed || to->ptr == NULL;
  }
}

static void fold_opened(struct story *s, const struct record *ev,
                        int64_t at_us) {
  s->opened_us = at_us;
  s->channel = (uint32_t)record_num(ev, FIELD_CHANNEL);
  s->entry = number_of(ev, FIELD_ENTRY);
  keep(s, &s->customer, ev, FIELD_CUSTOMER);
  connect(add_party(s, PARTY_CUSTOMER, SESSION_NOBODY, at_us), at_us);
}

static bool fold(void *ctx, uint64_t seq, const struct record *ev) {
  struct story *s = ctx;
  const int64_t at_us = record_num(ev, FIELD_AT);
  if (seq > s->until) {
    return false;
  }
  s->seq = seq;
  if (ev->type == EVENT_OF_SESSION(OPENED)) {
    fold_opened(s, ev, at_us);
  }
  keep(s, &s->attributes, ev, FIELD_ATTRIBUTES);
  keep(s, &s->disposition, ev, FIELD_DISPOSITION);
  if (ev->type == EVENT_DISPOSITION_SET) {
    keep(s, &s->note, ev, FIELD_NOTE);
  }
  if (ev->type == EVENT_MESSAGE) {
    fold_message(s, ev, at_us);
  }
  if (event_is_session(ev->type)) {
    s->status = (uint32_t)record_num(ev, FIELD_STATUS);
    s->ended_us = ev->type == EVENT_OF_SESSION(ENDED) ||
                          ev->type == EVENT_OF_SESSION(WRAPPING)
                      ? s->ended_us == 0 ? at_us : s->ended_us
                      : s->ended_us;
    fold_parties(s, ev);
    fold_moves(s, ev, at_us);
  } else if (ev->type == EVENT_TRANSFER_OFFERED) {
    add_move(s, ev, at_us);
    fold_offered(s, record_id(ev, FIELD_CONSULT));
  } else if (ev->type == EVENT_CONSULT_ENDED) {
    fold_unaccepted(s, ev, at_us);
  }
  return !s->failed;
}

enum bt_err story_read(struct genesys *g, struct id session, uint64_t until,
                       struct arena *arena, struct story *out) {
  *out = (struct story){.mem = g->mem,
                        .arena = arena,
                        .domain = api_domain(g->api),
                        .session = session,
                        .folds = session,
                        .until = until,
                        .customer = TEXT(""),
                        .attributes = TEXT(""),
                        .disposition = TEXT(""),
                        .note = TEXT("")};
  const enum bt_err err = domain_timeline(out->domain, session, fold, out);
  return err == BT_ERR_OK && out->failed ? BT_ERR_NOMEM : err;
}

void story_free(struct story *s) {
  mem_free(s->mem, s->parties, s->party_cap * sizeof *s->parties);
  mem_free(s->mem, s->said, s->said_cap * sizeof *s->said);
  mem_free(s->mem, s->moves, s->move_cap * sizeof *s->moves);
}

const struct party *story_party(const struct story *s, struct id id) {
  for (size_t i = 0; i < s->party_count; i++) {
    if (id_equal(s->parties[i].id, id) ||
        id_equal(s->parties[i].communication, id)) {
      return &s->parties[i];
    }
  }
  return NULL;
}

const struct party *story_current(const struct story *s, enum party_kind kind) {
  for (size_t i = s->party_count; i > 0; i--) {
    const struct party *p = &s->parties[i - 1];
    if (p->kind == kind && p->state != PARTY_DISCONNECTED) {
      return p;
    }
  }
  return NULL;
}

const struct said *story_said(const struct story *s, struct id id) {
  for (size_t i = 0; i < s->said_count; i++) {
    if (id_equal(s->said[i].id, id)) {
      return &s->said[i];
    }
  }
  return NULL;
}
