/* Direct Line 3.0, as its service: a conversation is one session.
 *
 * Activities are numbered as they happen and a watermark is such a number.
 * They are computed from the session's events alone, so that numbers are the
 * same after a restart.
 * learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-direct-line-3-0-api-reference
 */
#include "facades/directline/directline_priv.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/digest.h"
#include "bots/shared/parts.h"
#include "domain/domain.h"

/* How long a conversation that is over can be read. */
#define LINGER_US (600 * INT64_C(1000000))

/* ---- activities */

static void put_id(const struct talk *t, uint64_t number, struct json_out *o) {
  char id[VISIT_ADDRESS_MAX + 32];
  (void)snprintf(id, sizeof id, "%.*s|%07llu", (int)t->visit.address_len,
                 t->visit.address, (unsigned long long)number);
  json_key(o, "id");
  json_put_text(o, text_from(id));
}

static void open_party(struct json_out *o, const char *key, struct text id,
                       struct text name) {
  json_key(o, key);
  json_open_object(o);
  json_key(o, "id");
  json_put_text(o, id);
  if (name.len > 0) {
    json_key(o, "name");
    json_put_text(o, name);
  }
}

static void begin(const struct talk *t, const struct record *event,
                  const char *type, struct json_out *o) {
  json_open_object(o);
  json_key(o, "type");
  json_put_text(o, text_from(type));
  put_id(t, t->count + 1, o);
  api_put_time(o, "timestamp", record_num(event, FIELD_AT));
  json_key(o, "channelId");
  json_put_text(o, TEXT("directline"));
  open_party(o, "conversation",
             (struct text){t->visit.address, t->visit.address_len}, TEXT(""));
  json_close_object(o);
}

static void put_files(struct text links, struct arena *arena,
                      struct json_out *o) {
  const struct json *list = part_parse(arena, links);
  json_key(o, "attachments");
  json_open_list(o);
  for (const struct json *f = list == NULL ? NULL : list->first; f != NULL;
       f = f->next) {
    json_open_object(o);
    part_put_text(o, "contentType", part_text(f, "type"));
    part_put_text(o, "contentUrl", part_text(f, "url"));
    part_put_text(o, "name", part_text(f, "name"));
    json_close_object(o);
  }
  json_close_list(o);
}

/* Members of what comes with a message that are an activity's own stand where
 * an activity has them. False: there are none. */
static bool put_own(const struct json *data, struct json_out *o) {
  static const char *const own[] = {"attachments",      "attachmentLayout",
                                    "suggestedActions", "channelData",
                                    "entities",         "value",
                                    "inputHint",        "name"};
  bool any = false;
  for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
    const struct json *m = json_member(data, text_from(own[i]));
    if (m != NULL) {
      json_key(o, own[i]);
      json_put_raw(o, m->source);
      any = true;
    }
  }
  return any;
}

/* The customer's own is of those members alone; all else is channelData. */
static void put_data(const struct record *event, const struct json *data,
                     struct json_out *o) {
  if (!put_own(data, o) && data != NULL &&
      record_num(event, FIELD_ROLE) != ROLE_CUSTOMER) {
    json_key(o, "channelData");
    json_put_raw(o, data->source);
  }
}

/* @message: its number in the session; 0 for what is none. */
static void add(struct talk *t, struct textbuf *b, int64_t message) {
  const struct mem *mem = t->visit.visits->facade->mem;
  const struct text json = textbuf_text(b);
  struct activity *a = b->failed ? NULL : mem_new(mem, sizeof *a + json.len);
  if (a != NULL) {
    a->number = ++t->count;
    a->message = message;
    a->len = json.len;
    memcpy(a->json, json.ptr, json.len);
    struct activity **end = t->last == NULL ? &t->first : &t->last->next;
    *end = a;
    t->last = a;
    streams_tell(t, a);
  }
}

/* The customer as the client named it with this activity, or else with the
 * conversation: clients know their own words by that. */
static void put_customer(const struct talk *t, const struct json *data,
                         struct json_out *o) {
  const struct json *from = json_member(data, TEXT("from"));
  if (from != NULL) {
    open_party(o, "from", peer_text(from, "id"), peer_text(from, "name"));
  } else {
    open_party(o, "from", (struct text){t->user, t->user_len}, TEXT(""));
  }
}

static void put_from(const struct talk *t, const struct record *event,
                     const struct json *data, struct json_out *o) {
  const uint32_t role = (uint32_t)record_num(event, FIELD_ROLE);
  const struct text actor = record_text(event, FIELD_ACTOR);
  if (role == ROLE_CUSTOMER) {
    put_customer(t, data, o);
  } else {
    open_party(o, "from", actor,
               engine_party_name(api_engine(t->visit.visits->facade->api),
                                 (enum role)role, actor));
  }
  json_key(o, "role");
  json_put_text(o, role == ROLE_CUSTOMER ? TEXT("user") : TEXT("bot"));
  json_close_object(o);
}

static void add_message(struct talk *t, const struct record *event) {
  const struct facade *f = t->visit.visits->facade;
  struct textbuf b;
  struct json_out o;
  struct arena arena;
  arena_init(&arena, f->mem, 0);
  textbuf_init(&b, f->mem);
  json_out_init(&o, &b);
  begin(t, event, "message", &o);
  const struct text data =
      record_has(event, FIELD_DATA) ? record_text(event, FIELD_DATA) : TEXT("");
  const struct json *tree = part_parse(&arena, data);
  put_from(t, event, tree, &o);
  json_key(&o, "text");
  json_put_text(&o, record_text(event, FIELD_TEXT));
  const struct text links =
      api_link_files(f->api, record_id(event, FIELD_SESSION), data, &arena);
  if (links.len > 0) {
    put_files(links, &arena, &o);
  } else {
    put_data(event, tree, &o);
  }
  json_close_object(&o);
  add(t, &b, record_num(event, FIELD_MESSAGE));
  textbuf_free(&b);
  arena_free(&arena);
}

static void add_event(struct talk *t, const struct record *event,
                      const char *name, const char *state) {
  struct textbuf b;
  struct json_out o;
  textbuf_init(&b, t->visit.visits->facade->mem);
  json_out_init(&o, &b);
  begin(t, event, name == NULL ? "endOfConversation" : "event", &o);
  open_party(&o, "from", TEXT("baton"), TEXT(""));
  json_close_object(&o);
  if (name != NULL) {
    json_key(&o, "name");
    json_put_text(&o, text_from(name));
    json_key(&o, "value");
    json_open_object(&o);
    json_key(&o, state == NULL ? "reason" : "state");
    json_put_text(&o, state == NULL ? record_text(event, FIELD_REASON)
                                    : text_from(state));
    json_close_object(&o);
  }
  json_close_object(&o);
  add(t, &b, 0);
  textbuf_free(&b);
}

static void set_handoff(struct talk *t, const struct record *event,
                        enum handoff to) {
  static const char *const states[] = {[HANDOFF_ACCEPTED] = "accepted",
                                       [HANDOFF_FAILED] = "failed",
                                       [HANDOFF_COMPLETED] = "completed"};
  if (t->handoff == to) {
    return;
  }
  t->handoff = to;
  if (to == HANDOFF_INITIATED) {
    add_event(t, event, "handoff.initiate", NULL);
  } else {
    add_event(t, event, "handoff.status", states[to]);
  }
}

/* The part of whoever had it is over: with an agent, or before there was one.
 */
static void end_handoff(struct talk *t, const struct record *event) {
  if (t->handoff == HANDOFF_ACCEPTED) {
    set_handoff(t, event, HANDOFF_COMPLETED);
  } else if (t->handoff == HANDOFF_INITIATED) {
    set_handoff(t, event, HANDOFF_FAILED);
  }
}

static void fold(struct talk *t, const struct record *event) {
  if (event->type == EVENT_MESSAGE) {
    add_message(t, event);
  } else if (event->type == EVENT_OF_SESSION(QUEUED) &&
             t->handoff != HANDOFF_ACCEPTED) {
    set_handoff(t, event, HANDOFF_INITIATED);
  } else if (event->type == EVENT_OF_SESSION(CONNECTED)) {
    set_handoff(t, event, HANDOFF_ACCEPTED);
  } else if (event->type == EVENT_OF_SESSION(BOT_INVITED) ||
             event->type == EVENT_OF_SESSION(UNQUEUED)) {
    end_handoff(t, event);
  } else if ((event->type == EVENT_OF_SESSION(WRAPPING) ||
              event->type == EVENT_OF_SESSION(ENDED)) &&
             !t->over) {
    end_handoff(t, event);
    t->over = true;
    add_event(t, event, NULL, NULL);
  }
}

/* ---- the visit */

static void read_user(struct talk *t) {
  const struct engine *e = api_engine(t->visit.visits->facade->api);
  struct arena arena;
  struct json *tree = NULL;
  uint32_t slot;
  arena_init(&arena, t->visit.visits->facade->mem, 0);
  const struct text user =
      t->user_len == 0 && engine_find(e, t->visit.session, &slot) &&
              json_parse(&arena, engine_session_customer(e, slot),
                         JSON_DEPTH_MAX, &tree, NULL) == BT_ERR_OK
          ? peer_text(tree, "id")
          : TEXT("");
  if (user.len > 0 && user.len <= sizeof t->user) {
    memcpy(t->user, user.ptr, user.len);
    t->user_len = user.len;
  }
  arena_free(&arena);
}

static void on_event(struct visit *v, uint64_t seq,
                     const struct record *event) {
  struct talk *t = (struct talk *)(void *)v;
  (void)seq;
  read_user(t);
  fold(t, event);
}

static void on_typing(struct visit *v, const struct typing *how) {
  streams_type((struct talk *)(void *)v, how);
}

static bool on_past(void *ctx, uint64_t seq, const struct record *event) {
  (void)seq;
  fold(ctx, event);
  return true;
}

static void on_found(struct visit *v, uint32_t slot) {
  struct talk *t = (struct talk *)(void *)v;
  (void)slot;
  read_user(t);
  /* Without its past the conversation begins anew. */
  (void)!domain_timeline(api_domain(v->visits->facade->api), v->session,
                         on_past, t);
}

static void on_free(struct visit *v) {
  struct talk *t = (struct talk *)(void *)v;
  while (t->first != NULL) {
    struct activity *a = t->first;
    t->first = a->next;
    mem_free(v->visits->facade->mem, a, sizeof *a + a->len);
  }
}

const struct visit_ops directline_visit_ops = {.bytes = sizeof(struct talk),
                                               .linger_us = LINGER_US,
                                               .on_event = on_event,
                                               .on_typing = on_typing,
                                               .on_found = on_found,
                                               .on_free = on_free};
