/* Notification channels: made, subscribed to, listened to. */
#include "genesys/scope_priv.h"

#include <string.h>

enum { PER_OWNER_MAX = 20, TOPICS_MAX = 1000 };

#define LIFE_US  (INT64_C(86400) * 1000000)
#define HEART_US (INT64_C(30) * 1000000)

/* ---- memory */

static bool own(struct genesys *g, struct text t, struct text *out) {
  char *copy = mem_new(g->mem, t.len + 1);
  if (copy == NULL) {
    return false;
  }
  if (t.len > 0) {
    memcpy(copy, t.ptr, t.len);
  }
  *out = (struct text){copy, t.len};
  return true;
}

static void disown(struct genesys *g, struct text t) {
  union {
    const char *given;
    char *owned;
  } bytes = {.given = t.ptr};
  if (t.ptr != NULL) {
    mem_free(g->mem, bytes.owned, t.len + 1);
  }
}

static void clear_topics(struct post_box *c) {
  while (c->topic_count > 0) {
    disown(c->g, c->topics[--c->topic_count]);
    c->g->channels->topics--;
  }
}

/* ---- frames */

static void put_frame(struct genesys *g, struct text topic, struct text body,
                      struct textbuf *b) {
  struct json_out o;
  uint64_t random[2];
  api_fill_random(g->api, random, sizeof random);
  json_out_init(&o, b);
  json_open_object(&o);
  put_key_text(&o, "topicName", topic);
  put_key_text(&o, "version", TEXT("2"));
  json_key(&o, "eventBody");
  json_put_raw(&o, body);
  json_key(&o, "metadata");
  json_open_object(&o);
  put_key_id(&o, "CorrelationId",
             genesys_id((struct id){random[0], random[1]}, "event", 0));
  json_close_object(&o);
  json_close_object(&o);
}

static void send_text(struct post_box *c, struct text frame) {
  /* Who reads too slowly is closed, and finds what it missed by asking. */
  if (c->ear != NULL && ws_send_text(c->ear->ws, frame) == BT_ERR_FULL) {
    ws_close(c->ear->ws, WS_CODE_TRY_LATER, TEXT("too slow"));
  }
}

static void say(struct post_box *c, const char *topic, const char *body) {
  struct textbuf b;
  textbuf_init(&b, c->g->mem);
  put_frame(c->g, text_from(topic), text_from(body), &b);
  if (!b.failed) {
    send_text(c, textbuf_text(&b));
  }
  textbuf_free(&b);
}

static bool has_topic(const struct post_box *c, struct text topic) {
  size_t i = 0;
  while (i < c->topic_count && !text_equal(c->topics[i], topic)) {
    i++;
  }
  return i < c->topic_count;
}

static bool hears(const struct post_box *c, struct text topic) {
  size_t i = 0;
  while (i < c->topic_count && !notify_has(c->topics[i], topic)) {
    i++;
  }
  return i < c->topic_count;
}

bool channels_want(const struct genesys *g, struct text prefix) {
  for (const struct post_box *c = g->channels->first; c != NULL; c = c->next) {
    for (size_t i = 0; c->ear != NULL && i < c->topic_count; i++) {
      if (text_starts(c->topics[i], prefix)) {
        return true;
      }
    }
  }
  return false;
}

static struct caller owner_as_caller(const struct post_box *c) {
  return (struct caller){.role = c->role, .name = c->name};
}

static bool may_be_told(struct post_box *c, const struct telling *t) {
  const struct caller by = owner_as_caller(c);
  const uint64_t own_teams = api_teams_led(c->g->api, &by);
  return own_teams == 0 || (own_teams & t->teams) != 0;
}

static bool reads_content(struct post_box *c) {
  const struct caller by = owner_as_caller(c);
  return api_reads_content(c->g->api, &by);
}

/* To those who read what is known of people, or to the others. */
static void tell_some(struct genesys *g, struct text topic,
                      const struct telling *t, bool readers) {
  struct textbuf b;
  textbuf_init(&b, g->mem);
  for (struct post_box *c = g->channels->first; c != NULL && !b.failed;
       c = c->next) {
    if (c->ear == NULL || !hears(c, topic) || !may_be_told(c, t) ||
        (t->bare.len > 0 && reads_content(c) != readers)) {
      continue;
    }
    if (b.len == 0) {
      put_frame(g, topic, readers ? t->body : t->bare, &b);
    }
    if (!b.failed) {
      send_text(c, textbuf_text(&b));
    }
  }
  textbuf_free(&b);
}

void channels_tell(struct genesys *g, struct text topic,
                   const struct telling *t) {
  tell_some(g, topic, t, true);
  if (t->bare.len > 0) {
    tell_some(g, topic, t, false);
  }
}

/* ---- life */

static void on_message(void *ctx, struct ws *ws, struct text message) {
  const struct ear *ear = ctx;
  struct post_box *c = ear->channel;
  struct arena arena;
  (void)ws;
  arena_init(&arena, ear->g->mem, 0);
  const struct json *tree = genesys_parse_copy(&arena, message);
  if (c != NULL && text_equal(json_text_of(tree, "message"), TEXT("ping"))) {
    say(c, "channel.metadata", "{\"message\":\"pong\"}");
  }
  arena_free(&arena);
}

static void on_close(void *ctx, struct ws *ws, uint16_t code,
                     struct text reason) {
  struct ear *ear = ctx;
  (void)ws;
  (void)code;
  (void)reason;
  if (ear->channel != NULL) {
    ear->channel->ear = NULL;
  }
  mem_free(ear->g->mem, ear, sizeof *ear);
}

static void hang_up(struct post_box *c, const char *why) {
  struct ear *ear = c->ear;
  if (ear != NULL) {
    say(c, "v2.system.socket_closing", why);
    ear->channel = NULL;
    c->ear = NULL;
    ws_close(ear->ws, WS_CODE_NORMAL, TEXT("closing"));
  }
}

static void channel_free(struct genesys *g, struct post_box *c,
                         const char *why) {
  struct post_box **at = &g->channels->first;
  while (*at != c) {
    at = &(*at)->next;
  }
  *at = c->next;
  hang_up(c, why);
  clear_topics(c);
  disown(g, c->owner);
  disown(g, c->name);
  mem_free(g->mem, c->topics, c->topic_cap * sizeof *c->topics);
  mem_free(g->mem, c, sizeof *c);
}

static void drop_expired(struct genesys *g) {
  const int64_t now_us = api_unix_us(g->api);
  for (struct post_box *c = g->channels->first, *next; c != NULL; c = next) {
    next = c->next;
    if (c->expires_us <= now_us) {
      channel_free(g, c, "{\"message\":\"The channel has expired.\"}");
    }
  }
}

static void on_heart(void *ctx) {
  struct genesys *g = ctx;
  drop_expired(g);
  for (struct post_box *c = g->channels->first; c != NULL; c = c->next) {
    say(c, "channel.metadata", "{\"message\":\"WebSocket Heartbeat\"}");
  }
  loop_timer_start_after(g->channels->heart, HEART_US);
}

enum bt_err channels_init(struct genesys *g) {
  g->channels = mem_new(g->mem, sizeof *g->channels);
  if (g->channels == NULL) {
    return BT_ERR_NOMEM;
  }
  const enum bt_err err =
      loop_timer_create(g->options.loop, on_heart, g, &g->channels->heart);
  if (err == BT_ERR_OK) {
    loop_timer_start_after(g->channels->heart, HEART_US);
  }
  return err;
}

void channels_stop(struct genesys *g) {
  for (struct post_box *c = g->channels->first; c != NULL; c = c->next) {
    hang_up(c, "{\"message\":\"The server is about to stop.\"}");
  }
}

void channels_free(struct genesys *g) {
  if (g->channels == NULL) {
    return;
  }
  while (g->channels->first != NULL) {
    channel_free(g, g->channels->first, "{}");
  }
  loop_timer_free(g->channels->heart);
  mem_free(g->mem, g->channels, sizeof *g->channels);
}

/* ---- over HTTP */

static struct text owner_of(struct ask *a) {
  return ask_format(a, "%.*s %.*s", TEXT_ARG(a->client_id), TEXT_ARG(a->user));
}

static struct post_box *find(struct genesys *g, struct text id) {
  struct post_box *c = g->channels->first;
  while (c != NULL && !text_equal((struct text){c->id, sizeof c->id}, id)) {
    c = c->next;
  }
  return c;
}

/* Another's channel is not shown to exist. */
static struct post_box *find_own(struct ask *a) {
  drop_expired(a->g);
  struct post_box *c = find(a->g, a->params[0]);
  if (c != NULL && text_equal(c->owner, owner_of(a))) {
    return c;
  }
  ask_fail_code(a, 404, "not.found",
                TEXT("There is no such channel: make one with POST "
                     "/api/v2/notifications/channels."));
  return NULL;
}

static void make_room(struct ask *a) {
  const struct text owner = owner_of(a);
  struct post_box *oldest = NULL;
  size_t count = 0;
  drop_expired(a->g);
  for (struct post_box *c = a->g->channels->first; c != NULL; c = c->next) {
    if (text_equal(c->owner, owner)) {
      oldest = c;
      count++;
    }
  }
  if (count >= PER_OWNER_MAX) {
    channel_free(a->g, oldest,
                 "{\"message\":\"A newer channel has taken its place.\"}");
  }
}

static void put_channel(struct ask *a, const struct post_box *c,
                        struct json_out *o) {
  struct http_request *req = http_request_find(a->g->server, a->ref);
  const struct text host =
      req == NULL ? TEXT("localhost") : http_request_host(req);
  const bool secure = req != NULL && http_request_is_https(req);
  json_open_object(o);
  put_key_text(
      o, "connectUri",
      ask_format(a, "%s://%.*s/api/v2/notifications/channels/%.*s/socket",
                 secure ? "wss" : "ws", TEXT_ARG(host), ID_TEXT_LEN, c->id));
  put_key_text(o, "id", (struct text){c->id, sizeof c->id});
  put_key_time(o, "expires", c->expires_us);
  json_close_object(o);
}

void genesys_add_channel(struct ask *a) {
  uint64_t random[2];
  make_room(a);
  struct post_box *c = mem_new(a->g->mem, sizeof *c);
  if (c == NULL || !own(a->g, owner_of(a), &c->owner) ||
      !own(a->g, a->by.name, &c->name)) {
    if (c != NULL) {
      disown(a->g, c->owner);
    }
    mem_free(a->g->mem, c, c == NULL ? 0 : sizeof *c);
    ask_fail_memory(a);
    return;
  }
  c->role = a->by.role;
  api_fill_random(a->g->api, random, sizeof random);
  id_to_text(genesys_id((struct id){random[0], random[1]}, "stream", 0), c->id);
  c->g = a->g;
  c->expires_us = api_unix_us(a->g->api) + LIFE_US;
  c->next = a->g->channels->first;
  a->g->channels->first = c;
  struct json_out o = ask_json(a);
  put_channel(a, c, &o);
  ask_send(a, 200);
}

void genesys_channels(struct ask *a) {
  const struct text owner = owner_of(a);
  struct json_out o = ask_json(a);
  drop_expired(a->g);
  json_open_object(&o);
  json_key(&o, "entities");
  json_open_list(&o);
  for (const struct post_box *c = a->g->channels->first; c != NULL;
       c = c->next) {
    if (text_equal(c->owner, owner)) {
      put_channel(a, c, &o);
    }
  }
  json_close_list(&o);
  json_close_object(&o);
  ask_send(a, 200);
}

void genesys_channel(struct ask *a) {
  if (find_own(a) != NULL) {
    ask_send_empty(a, 200);
  }
}

/* ---- subscriptions */

static void show_topics(struct ask *a, const struct post_box *c) {
  struct json_out o = ask_json(a);
  json_open_object(&o);
  json_key(&o, "entities");
  json_open_list(&o);
  for (size_t i = 0; i < c->topic_count; i++) {
    json_open_object(&o);
    put_key_text(&o, "id", c->topics[i]);
    put_key_text(&o, "state", TEXT("Permitted"));
    json_close_object(&o);
  }
  json_close_list(&o);
  json_close_object(&o);
  ask_send(a, 200);
}

/* An agent's client hears of itself. */
static bool may_hear(const struct ask *a, struct text topic) {
  const struct text users = TEXT("v2.users.");
  if (a->by.role != ROLE_AGENT) {
    return true;
  }
  const struct text rest = text_sub(topic, users.len, topic.len);
  return text_starts(topic, users) && text_starts(rest, a->user) &&
         (text_starts(text_sub(rest, a->user.len, rest.len), TEXT(".")) ||
          text_starts(text_sub(rest, a->user.len, rest.len), TEXT("?")));
}

static bool check_topics(struct ask *a, size_t had) {
  const struct json *list = a->body;
  if (list == NULL || list->type != JSON_LIST) {
    ask_fail_code(a, 400, "bad.request",
                  TEXT("The body is a list of topics: [{\"id\": …}]."));
    return false;
  }
  if (had + list->count > TOPICS_MAX) {
    ask_fail_code(a, 400, "invalid.value",
                  TEXT("A channel has up to 1000 topics."));
    return false;
  }
  for (const struct json *m = list->first; m != NULL; m = m->next) {
    const struct text id = json_text_of(m, "id");
    if (!notify_knows(id) || !may_hear(a, id)) {
      ask_fail_field(a, "id",
                     ask_format(a, "There is no topic '%.*s' for this client.",
                                TEXT_ARG(id)));
      return false;
    }
    if (!ask_may_hear(a, id)) {
      return false;
    }
  }
  return true;
}

static void subscribe(struct ask *a, struct post_box *c) {
  for (const struct json *m = a->body->first; m != NULL; m = m->next) {
    const struct text id = json_text_of(m, "id");
    if (has_topic(c, id)) {
      continue;
    }
    if (!mem_grow(a->g->mem, &c->topics, &c->topic_cap, c->topic_count + 1,
                  sizeof *c->topics) ||
        !own(a->g, id, &c->topics[c->topic_count])) {
      ask_fail_memory(a);
      return;
    }
    c->topic_count++;
    a->g->channels->topics++;
  }
  show_topics(a, c);
}

void genesys_add_topics(struct ask *a) {
  struct post_box *c = find_own(a);
  if (c != NULL && check_topics(a, c->topic_count)) {
    subscribe(a, c);
  }
}

void genesys_set_topics(struct ask *a) {
  struct post_box *c = find_own(a);
  if (c != NULL && check_topics(a, 0)) {
    clear_topics(c);
    subscribe(a, c);
  }
}

void genesys_topics(struct ask *a) {
  struct post_box *c = find_own(a);
  if (c != NULL) {
    show_topics(a, c);
  }
}

void genesys_drop_topics(struct ask *a) {
  struct post_box *c = find_own(a);
  if (c != NULL) {
    clear_topics(c);
    ask_send_empty(a, 200);
  }
}

/* ---- the socket; whoever has its address may listen */

void genesys_listen(struct ask *a) {
  /* Clients that write bytes send them in binary frames: the same JSON. */
  static const struct ws_handlers handlers = {
      .on_message = on_message, .on_binary = on_message, .on_close = on_close};
  struct http_request *req = http_request_find(a->g->server, a->ref);
  drop_expired(a->g);
  struct post_box *c = find(a->g, a->params[0]);
  if (c == NULL) {
    ask_fail_code(a, 404, "not.found", TEXT("There is no such channel."));
    return;
  }
  if (!http_request_wants_ws(req)) {
    ask_fail_code(a, 400, "bad.request",
                  TEXT("This is a WebSocket: connect with Upgrade: "
                       "websocket."));
    return;
  }
  hang_up(c, "{\"message\":\"Another socket has taken its place.\"}");
  struct ear *ear = mem_new(a->g->mem, sizeof *ear);
  if (ear == NULL) {
    ask_fail_memory(a);
    return;
  }
  *ear = (struct ear){.g = a->g, .channel = c};
  /* Wrong handshakes are answered by net. */
  if (ws_accept(req, TEXT(""), &handlers, ear, &ear->ws) == BT_ERR_OK) {
    c->ear = ear;
  } else {
    mem_free(a->g->mem, ear, sizeof *ear);
  }
  ask_forget(a);
}
