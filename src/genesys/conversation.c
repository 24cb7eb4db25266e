/* Conversations as entities: one, and the open ones. */
#include "base/check.h"
#include "genesys/scope_priv.h"
#include "genesys/story_priv.h"

enum { OPEN_MAX = 500, SECOND_MS = 1000 };

/* ---- a participant */

static struct text party_name(struct genesys *g, const struct story *s,
                              const struct party *p) {
  const struct directory *d = genesys_directory(g);
  switch (p->kind) {
  case PARTY_BOT:
    return p->number < d->bot_count ? d->bots[p->number].name : TEXT("");
  case PARTY_SCRIPT:
    return p->number < d->script_count ? d->scripts[p->number].name : TEXT("");
  case PARTY_QUEUE:
    return p->number < d->queue_count ? d->queues[p->number].name : TEXT("");
  case PARTY_AGENT:
    return p->number < d->agent_count ? d->agents[p->number].name : TEXT("");
  case PARTY_CUSTOMER:
  default:
    return json_text_of(genesys_parse_copy(s->arena, s->customer), "name");
  }
}

static const char *channel_word(uint32_t channel) {
  return channel == CHANNEL_VOICE ? "call" : "message";
}

/* Values are texts there: others are written as JSON in one. */
static void put_attributes(const struct story *s, struct json_out *o) {
  const struct json *tree = genesys_parse_copy(s->arena, s->attributes);
  json_key(o, "attributes");
  json_open_object(o);
  for (const struct json *m = tree == NULL ? NULL : tree->first; m != NULL;
       m = m->next) {
    json_key_text(o, m->key);
    json_put_text(o, m->type == JSON_TEXT ? m->text : m->source);
  }
  json_close_object(o);
}

static void put_routing(struct genesys *g, const struct party *p,
                        struct json_out *o) {
  const struct directory *d = genesys_directory(g);
  if (p->kind != PARTY_QUEUE || p->number >= d->queue_count) {
    return;
  }
  const struct dir_queue *q = &d->queues[p->number];
  put_key_text(o, "queueId", q->id);
  put_key_text(o, "queueName", q->name);
  json_key(o, "queue");
  put_queue_ref(g, o, p->number);
  json_key(o, "conversationRoutingData");
  json_open_object(o);
  json_key(o, "queue");
  put_queue_ref(g, o, p->number);
  put_key_i64(o, "priority", p->priority);
  json_key(o, "skills");
  json_open_list(o);
  for (uint32_t i = 0; i < q->params.need_count; i++) {
    const struct text name = d->skills[q->params.needs[i].skill].name;
    put_ref(o, "/routing/skills/", name, name);
  }
  json_close_list(o);
  json_key(o, "scoredAgents");
  json_open_list(o);
  json_close_list(o);
  json_close_object(o);
}

/* The queue that an agent's leg came from. */
static uint32_t queue_before(const struct story *s, const struct party *p) {
  uint32_t queue = SESSION_NOBODY;
  for (const struct party *q = s->parties; q < p; q++) {
    queue = q->kind == PARTY_QUEUE ? q->number : queue;
  }
  return queue;
}

static void put_wrapup(const struct story *s, struct json_out *o) {
  json_key(o, "wrapup");
  json_open_object(o);
  put_key_text(o, "code", s->disposition);
  put_key_text(o, "name", s->disposition);
  put_key_text(o, "notes", s->note);
  json_close_object(o);
}

static void put_agent(struct genesys *g, const struct story *s,
                      const struct party *p, struct json_out *o) {
  const struct directory *d = genesys_directory(g);
  const uint32_t queue = queue_before(s, p);
  if (p->kind != PARTY_AGENT || p->number >= d->agent_count) {
    return;
  }
  put_key_text(o, "userId", d->agents[p->number].id);
  json_key(o, "user");
  put_user_ref(g, o, p->number);
  if (queue < d->queue_count) {
    put_key_text(o, "queueId", d->queues[queue].id);
    json_key(o, "queue");
    put_queue_ref(g, o, queue);
    put_key_i64(o, "alertingTimeoutMs", d->queues[queue].offer_ms);
    put_key_i64(o, "wrapupTimeoutMs", d->queues[queue].wrapup_ms);
  }
  put_key_text(o, "wrapupPrompt", TEXT("mandatoryTimeout"));
  put_key_time(o, "startAcwTime", p->acw_started_us);
  put_key_time(o, "endAcwTime", p->acw_ended_us);
  if (s->disposition.len > 0 && p->acw_started_us != 0) {
    put_wrapup(s, o);
  }
}

static void put_times(const struct party *p, struct json_out *o) {
  put_key_time(o, "startTime", p->started_us);
  put_key_time(o, "connectedTime", p->connected_us);
  put_key_time(o, "endTime", p->ended_us);
  put_key_text(o, "state", text_from(party_state_name(p->state)));
  if (p->disconnect != NULL) {
    put_key_text(o, "disconnectType", text_from(p->disconnect));
  }
}

/* What was said by the party, as details of its communication. */
static void put_said(const struct story *s, size_t party, struct json_out *o) {
  json_key(o, "messages");
  json_open_list(o);
  for (size_t i = 0; i < s->said_count; i++) {
    const struct said *m = &s->said[i];
    if (m->party == party) {
      json_open_object(o);
      put_key_id(o, "messageId", m->id);
      put_key_time(o, "messageTime", m->at_us);
      put_key_text(o, "messageStatus", TEXT("sent"));
      put_key_i64(o, "messageSegmentCount", 1);
      json_close_object(o);
    }
  }
  json_close_list(o);
}

static void put_communication(const struct story *s, const struct party *p,
                              struct json_out *o) {
  json_key(o, "messages");
  json_open_list(o);
  json_open_object(o);
  put_key_id(o, "id", p->communication);
  put_key_text(o, "direction", TEXT("inbound"));
  json_key(o, "held");
  json_put_bool(o, false);
  put_key_text(o, "type", TEXT("open"));
  put_key_text(o, "provider", TEXT("PureCloud Messaging"));
  json_key(o, "afterCallWorkRequired");
  json_put_bool(o, p->wrapping);
  put_times(p, o);
  put_said(s, (size_t)(p - s->parties), o);
  json_close_object(o);
  json_close_list(o);
}

static void put_party(struct genesys *g, const struct story *s,
                      const struct party *p, struct json_out *o) {
  json_open_object(o);
  put_key_id(o, "id", p->id);
  put_key_text(o, "purpose", text_from(party_purpose(p->kind)));
  put_key_text(o, "name", party_name(g, s, p));
  put_key_text(o, "direction", TEXT("inbound"));
  put_times(p, o);
  json_key(o, "held");
  json_put_bool(o, false);
  json_key(o, "wrapupRequired");
  json_put_bool(o, p->kind == PARTY_AGENT);
  put_agent(g, s, p, o);
  put_routing(g, p, o);
  put_attributes(s, o);
  put_communication(s, p, o);
  json_close_object(o);
}

/* ---- the conversation */

static void put_move(struct genesys *g, const struct moved *m,
                     struct json_out *o) {
  const struct directory *d = genesys_directory(g);
  json_open_object(o);
  put_key_id(o, "id", m->id);
  put_key_text(o, "state", text_from(m->state));
  put_key_time(o, "dateIssued", m->asked_us);
  json_key(o, "initiator");
  json_open_object(o);
  if (m->role == ROLE_AGENT) {
    put_key_text(o, "userId", m->by);
  }
  put_key_text(o, "id", m->by);
  json_close_object(o);
  json_key(o, "destination");
  json_open_object(o);
  if (m->to_bot && m->target < d->bot_count) {
    put_key_text(o, "address", d->bots[m->target].id);
  } else if (m->target < d->queue_count) {
    const struct dir_queue *q = &d->queues[m->target];
    if (q->agent != DIR_NONE) {
      put_key_text(o, "userId", d->agents[q->agent].id);
    } else {
      put_key_text(o, "queueId", q->id);
      put_key_text(o, "queueName", q->name);
    }
  }
  json_close_object(o);
  put_key_text(o, "transferType",
               m->attended ? TEXT("Attended") : TEXT("Unattended"));
  json_close_object(o);
}

void conversation_put(struct genesys *g, const struct story *s,
                      struct json_out *o) {
  char id[ID_TEXT_LEN];
  id_to_text(s->session, id);
  json_open_object(o);
  put_key_id(o, "id", s->session);
  put_key_time(o, "startTime", s->opened_us);
  put_key_time(o, "endTime", s->ended_us);
  put_key_text(o, "mediaType", text_from(channel_word(s->channel)));
  put_key_text(o, "state",
               s->ended_us != 0 ? TEXT("disconnected") : TEXT("connected"));
  json_key(o, "participants");
  json_open_list(o);
  for (size_t i = 0; i < s->party_count; i++) {
    put_party(g, s, &s->parties[i], o);
  }
  json_close_list(o);
  json_key(o, "recentTransfers");
  json_open_list(o);
  for (size_t i = 0; i < s->move_count; i++) {
    put_move(g, &s->moves[i], o);
  }
  json_close_list(o);
  json_key(o, "otherMediaUris");
  json_open_list(o);
  json_close_list(o);
  put_self(o, "/conversations/", (struct text){id, sizeof id});
  json_close_object(o);
}

static bool sees(const struct ask *a, const struct story *s) {
  if (a->by.role != ROLE_AGENT) {
    return true;
  }
  for (size_t i = 0; i < s->party_count; i++) {
    if (s->parties[i].kind == PARTY_AGENT &&
        s->parties[i].number == a->by.number) {
      return true;
    }
  }
  return false;
}

static void refuse_unknown(struct ask *a) {
  const struct ask_error e = {
      .status = 404,
      .code = "conversation.error.conversation.not.found",
      .message = ask_format(a, "There is no conversation '%.*s'.",
                            TEXT_ARG(a->params[0])),
      .entity = a->params[0]};
  ask_fail(a, &e);
}

bool ask_read_story(struct ask *a, struct story *out) {
  struct id id = {0, 0};
  if (!id_from_text(a->params[0], &id)) {
    refuse_unknown(a);
    return false;
  }
  const enum bt_err err = story_read(a->g, id, UINT64_MAX, &a->arena, out);
  if (err == BT_ERR_OK && sees(a, out)) {
    return true;
  }
  story_free(out);
  if (err == BT_ERR_OK || err == BT_ERR_NOT_FOUND) {
    refuse_unknown(a);
  } else {
    ask_fail_code(a, 503, "service.unavailable",
                  TEXT("The conversation cannot be read at this moment."));
  }
  return false;
}

void genesys_conversation(struct ask *a) {
  struct story s;
  if (ask_read_story(a, &s)) {
    struct json_out o = ask_json(a);
    conversation_put(a->g, &s, &o);
    story_free(&s);
    ask_send(a, 200);
  }
}

/* ---- those that are open */

static bool is_listed(struct ask *a, uint32_t slot) {
  const struct engine *e = api_engine(a->g->api);
  const struct session *s = engine_session(e, slot);
  const struct text type = ask_query(a, "communicationType");
  const uint32_t user = directory_agent(genesys_directory(a->g), a->user);
  if (s->status == SESSION_COMPLETED || !ask_has_session(a, slot) ||
      (type.len > 0 && !text_equal(type, TEXT("message")))) {
    return false;
  }
  return a->user.len == 0 || s->agent == user;
}

/* Who is to accept a transfer has its conversation. To everybody else the
 * session in which it is offered is none. */
static bool find_listed(struct ask *a, uint32_t slot, struct id *out) {
  const struct engine *e = api_engine(a->g->api);
  if (engine_session_offers(e, slot, out)) {
    return a->user.len > 0;
  }
  *out = engine_session_id(e, slot);
  return true;
}

static void put_listed(struct ask *a, struct id id, struct json_out *o) {
  struct story s;
  if (story_read(a->g, id, UINT64_MAX, &a->arena, &s) == BT_ERR_OK) {
    conversation_put(a->g, &s, o);
  }
  story_free(&s);
}

void genesys_conversations(struct ask *a) {
  const struct engine *e = api_engine(a->g->api);
  struct json_out o = ask_json(a);
  size_t count = 0;
  json_open_object(&o);
  json_key(&o, "entities");
  json_open_list(&o);
  for (uint32_t slot = 0; count < OPEN_MAX && engine_next_session(e, &slot);
       slot++) {
    struct id id;
    if (is_listed(a, slot) && find_listed(a, slot, &id)) {
      put_listed(a, id, &o);
      count++;
    }
  }
  json_close_list(&o);
  put_key_i64(&o, "total", (int64_t)count);
  put_self(&o, "/conversations", TEXT(""));
  json_close_object(&o);
  ask_send(a, 200);
}

/* ---- a message */

void said_put(struct genesys *g, const struct story *s, const struct said *m,
              struct json_out *o) {
  char id[ID_TEXT_LEN];
  const bool in = m->role == ROLE_CUSTOMER;
  (void)g;
  id_to_text(m->id, id);
  json_open_object(o);
  put_key_id(o, "id", m->id);
  put_key_id(o, "conversationId", s->session);
  put_key_text(o, "direction", in ? TEXT("inbound") : TEXT("outbound"));
  put_key_text(o, "messengerType", TEXT("open"));
  put_key_text(o, "textBody", m->text);
  put_key_text(o, "status", TEXT("sent"));
  put_key_time(o, "timestamp", m->at_us);
  put_key_text(o, "fromAddress", m->author);
  json_key(o, "normalizedMessage");
  json_open_object(o);
  put_key_id(o, "id", m->id);
  put_key_text(o, "type", m->data.len > 0 ? TEXT("Structured") : TEXT("Text"));
  put_key_text(o, "text", m->text);
  put_key_text(o, "direction", in ? TEXT("Inbound") : TEXT("Outbound"));
  if (m->data.len > 0) {
    json_key(o, "metadata");
    json_open_object(o);
    put_key_text(o, "data", m->data);
    json_close_object(o);
  }
  json_close_object(o);
  put_self(o, "/conversations/messages/messages/",
           (struct text){id, sizeof id});
  json_close_object(o);
}

void genesys_message(struct ask *a) {
  struct story s;
  struct id id = {0, 0};
  if (!ask_read_story(a, &s)) {
    return;
  }
  const struct said *m =
      id_from_text(a->params[1], &id) ? story_said(&s, id) : NULL;
  struct json_out o = ask_json(a);
  if (m != NULL) {
    said_put(a->g, &s, m, &o);
  }
  story_free(&s);
  if (m == NULL) {
    ask_fail_code(a, 404, "not.found",
                  TEXT("The conversation has no such message."));
    return;
  }
  ask_send(a, 200);
}

/* ---- wrap-up codes and outcomes */

/* Where the conversation last waited; DIR_NONE: nowhere, or it has ended. */
static uint32_t queue_of(const struct ask *a) {
  const struct engine *e = api_engine(a->g->api);
  struct id id;
  uint32_t slot;
  return id_from_text(a->params[0], &id) && engine_find(e, id, &slot)
             ? engine_session(e, slot)->queue
             : DIR_NONE;
}

void genesys_wrapup_codes(struct ask *a) {
  struct story s;
  struct wrapup_code code;
  uint32_t at = 0;
  if (!ask_read_story(a, &s)) {
    return;
  }
  story_free(&s);
  struct json_out o = ask_json(a);
  json_open_list(&o);
  while (genesys_next_code(a->g, queue_of(a), &at, &code)) {
    put_wrapup_code(&o, &code);
  }
  json_close_list(&o);
  ask_send(a, 200);
}

void genesys_wrapup(struct ask *a) {
  struct story s;
  if (!ask_read_story(a, &s)) {
    return;
  }
  struct json_out o = ask_json(a);
  json_open_object(&o);
  put_key_text(&o, "code", s.disposition);
  put_key_text(&o, "name", s.disposition);
  put_key_text(&o, "notes", s.note);
  json_close_object(&o);
  story_free(&s);
  ask_send(a, 200);
}
