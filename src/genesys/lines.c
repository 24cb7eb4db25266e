/* From a session to its customer's webhook: in order, again and again for a
 * while, and never the next before the one before it. */
#include "genesys/lines_priv.h"

#include <stdio.h>
#include <string.h>

#include "base/calendar.h"
#include "base/map.h"

enum { SECOND_US = 1000000, RETRIES = 5, NOTE_MAX = 200 };
#define KEPT_NAME "channel:genesys"

static const struct watch_ops watch_ops;

/* ---- life */

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

static void drop_first(struct line *l) {
  struct parcel *p = l->first;
  l->first = p->next;
  l->last = l->first == NULL ? NULL : l->last;
  l->tries = 0;
  l->due_us = 0;
  mem_free(l->g->mem, p, sizeof *p + p->len);
}

static struct line **bucket_of(struct genesys *g, struct text integration,
                               struct text customer) {
  const uint64_t hash = hash_u64(hash_text(integration)) ^ hash_text(customer);
  return &g->lines->buckets[hash % LINE_BUCKETS];
}

static void line_free(struct line *l) {
  struct genesys *g = l->g;
  if (l->call != NULL) {
    courier_cancel(l->call);
  }
  while (l->first != NULL) {
    drop_first(l);
  }
  topics_remove(api_topics(g->api), &l->watch);
  struct line **at = bucket_of(g, l->integration, l->customer);
  while (*at != NULL && *at != l) {
    at = &(*at)->same;
  }
  if (*at == l) {
    *at = l->same;
  }
  *(l->prev != NULL ? &l->prev->next : &g->lines->first) = l->next;
  if (l->next != NULL) {
    l->next->prev = l->prev;
  }
  disown(g, l->integration);
  disown(g, l->customer);
  disown(g, l->from);
  mem_free(g->mem, l, sizeof *l);
}

struct line *lines_find(struct genesys *g, struct text integration,
                        struct text customer) {
  const struct engine *e = api_engine(g->api);
  for (struct line *l = *bucket_of(g, integration, customer); l != NULL;
       l = l->same) {
    uint32_t slot;
    if (!l->ended && text_equal(l->customer, customer) &&
        text_equal(l->integration, integration) &&
        engine_find(e, l->watch.session, &slot)) {
      const uint32_t status = engine_session(e, slot)->status;
      if (status != SESSION_WRAPUP && status != SESSION_COMPLETED) {
        return l;
      }
    }
  }
  return NULL;
}

struct line *line_new(struct genesys *g, struct id session,
                      const struct json *customer) {
  struct line *l = mem_new(g->mem, sizeof *l);
  if (l == NULL) {
    return NULL;
  }
  l->g = g;
  l->watch = (struct watch){.ops = &watch_ops, .owner = l, .session = session};
  l->next = g->lines->first;
  if (l->next != NULL) {
    l->next->prev = l;
  }
  g->lines->first = l;
  if (!own(g, json_text_of(customer, "integration"), &l->integration) ||
      !own(g, json_text_of(customer, "id"), &l->customer) ||
      !own(g, customer->source, &l->from) ||
      !topics_add(api_topics(g->api), &l->watch)) {
    line_free(l);
    return NULL;
  }
  struct line **bucket = bucket_of(g, l->integration, l->customer);
  l->same = *bucket;
  *bucket = l;
  return l;
}

/* ---- what the timeline and the engine are told */

static void note(struct line *l, const char *sentence) {
  struct command cmd = api_own_command(COMMAND_NOTE_BOT);
  record_set_id(&cmd.args, FIELD_SESSION, l->watch.session);
  record_set_text(&cmd.args, FIELD_NOTE, text_from(sentence));
  api_submit(l->g->api, &cmd, NULL, NULL);
}

/* How far the customer has read stays with the session; that it is ours; and
 * that it knows of the end. */
static void keep(struct line *l, bool knows_end) {
  char kept[80];
  (void)snprintf(kept, sizeof kept,
                 "{\"" KEPT_NAME "\":{\"delivered\":%u,\"ended\":%s}}",
                 (unsigned)l->delivered, knows_end ? "true" : "false");
  api_keep(l->g->api, l->watch.session, text_from(kept));
}

static void set_here(struct line *l, bool here) {
  struct command cmd = api_own_command(here ? COMMAND_CUSTOMER_JOINED
                                            : COMMAND_CUSTOMER_DROPPED);
  record_set_id(&cmd.args, FIELD_SESSION, l->watch.session);
  api_submit(l->g->api, &cmd, NULL, NULL);
}

/* ---- sending */

static void on_reply(void *ctx, const struct outbound_reply *reply);

static void arm(struct genesys *g, int64_t at_us) {
  if (g->lines->next_us == 0 || at_us < g->lines->next_us) {
    g->lines->next_us = at_us;
    loop_timer_start_at(g->lines->timer, at_us);
  }
}

static void rest(struct line *l) {
  l->due_us = loop_now_us() + l->g->settings.retry_s * SECOND_US;
  arm(l->g, l->due_us);
}

/* A line without a session and without a parcel has done its work. */
static void go_on(struct line *l) {
  if (l->first == NULL && l->ended) {
    line_free(l);
    return;
  }
  if (l->first == NULL || l->call != NULL || l->due_us != 0 || l->silent) {
    return;
  }
  const struct text bytes = {l->first->bytes, l->first->len};
  if (!outbound_send(l, bytes, on_reply, l, &l->call)) {
    l->call = NULL;
    l->tries++;
    rest(l); /* it counts, so that it ends when the integration is gone */
  }
}

static void give_up(struct line *l, const char *why) {
  char sentence[NOTE_MAX];
  (void)snprintf(sentence, sizeof sentence,
                 "The webhook was tried %u times for message %u, and given up: "
                 "%s. The customer counts as gone until it writes again.",
                 l->tries, (unsigned)l->first->number, why);
  note(l, sentence);
  if (l->ended) {
    line_free(l); /* nobody will write again */
    return;
  }
  l->silent = true;
  set_here(l, false);
}

static void refuse(struct line *l, int status) {
  char sentence[NOTE_MAX];
  if (l->first->number == 0) {
    return; /* nobody misses that somebody typed */
  }
  (void)snprintf(sentence, sizeof sentence,
                 "The webhook refused message %u with %d: it is not sent "
                 "again.",
                 (unsigned)l->first->number, status);
  note(l, sentence);
}

static void settle(struct line *l) {
  const uint32_t number = l->first->number;
  const bool is_end = l->ended && l->first->next == NULL;
  if (number > l->delivered || is_end) {
    l->delivered = number > l->delivered ? number : l->delivered;
    keep(l, is_end);
  }
  drop_first(l);
}

static void on_reply(void *ctx, const struct outbound_reply *reply) {
  struct line *l = ctx;
  const int status = reply->status;
  char why[NOTE_MAX / 2];
  l->call = NULL;
  /* Typing is news for a moment: it is not repeated. */
  const bool brief = l->first->number == 0 && !l->ended;
  const bool refused =
      status >= 400 && status < 500 && status != 429 && status != 408;
  if (refused) {
    refuse(l, status);
  }
  if (brief || refused || (status >= 200 && status < 400)) {
    settle(l);
  } else if (l->tries++ < RETRIES) {
    rest(l);
  } else {
    (void)snprintf(why, sizeof why, "%.*s",
                   (int)(reply->reason.len < 80 ? reply->reason.len : 80),
                   status < 0 ? reply->reason.ptr : "it answers with an error");
    give_up(l, why);
    return;
  }
  go_on(l);
}

static void on_timer(void *ctx) {
  struct genesys *g = ctx;
  const int64_t now_us = loop_now_us();
  g->lines->next_us = 0;
  for (struct line *l = g->lines->first, *next; l != NULL; l = next) {
    next = l->next;
    if (l->due_us > now_us) {
      arm(g, l->due_us);
    } else if (l->due_us != 0) {
      l->due_us = 0;
      l->tries > RETRIES ? give_up(l, "the integration is no more") : go_on(l);
    }
  }
}

void line_begin(struct line *l) {
  keep(l, false);
}

void line_wake(struct line *l) {
  set_here(l, true);
  if (l->silent) {
    l->silent = false;
    l->tries = 0;
    l->due_us = 0;
    go_on(l);
  }
}

/* ---- what happens in the session */

static void put_parcel(struct line *l, uint32_t number, struct textbuf *take) {
  struct parcel *p =
      take->failed ? NULL : mem_new(l->g->mem, sizeof *p + take->len);
  if (p != NULL) {
    p->number = number;
    p->len = take->len;
    memcpy(p->bytes, take->ptr, take->len);
    *(l->last != NULL ? &l->last->next : &l->first) = p;
    l->last = p;
  } else {
    note(l, "There was no memory for a message to the customer.");
  }
  textbuf_free(take);
}

static void put_message(struct line *l, const struct message_out *m) {
  struct textbuf b;
  struct json_out o;
  textbuf_init(&b, l->g->mem);
  json_out_init(&o, &b);
  outbound_write_message(l, m, &o);
  put_parcel(l, m->number, &b);
}

static void put_event(struct line *l, const char *kind, const char *state) {
  struct textbuf b;
  struct json_out o;
  textbuf_init(&b, l->g->mem);
  json_out_init(&o, &b);
  outbound_write_event(l, kind, state, &o);
  put_parcel(l, 0, &b);
}

static void put_end(struct line *l) {
  put_event(l, "Presence", "Disconnect");
  l->ended = true;
}

static void on_event(struct watch *w, uint64_t seq,
                     const struct record *event) {
  struct line *l = w->owner;
  (void)seq;
  if (event->type == EVENT_MESSAGE &&
      record_num(event, FIELD_ROLE) != ROLE_CUSTOMER) {
    const struct message_out m = {
        .number = (uint32_t)record_num(event, FIELD_MESSAGE),
        .role = (enum role)record_num(event, FIELD_ROLE),
        .at_us = record_num(event, FIELD_AT),
        .author = record_text(event, FIELD_ACTOR),
        .text = record_text(event, FIELD_TEXT),
        .data = record_text(event, FIELD_DATA)};
    put_message(l, &m);
  } else if (!l->ended && (event->type == EVENT_OF_SESSION(WRAPPING) ||
                           event->type == EVENT_OF_SESSION(ENDED))) {
    put_end(l);
  } else {
    return;
  }
  go_on(l);
}

/* Nothing that would be worth a repetition, or worth waiting for. */
static void on_typing(struct watch *w, const struct typing *t) {
  struct line *l = w->owner;
  if (t->role == ROLE_CUSTOMER || l->first != NULL || l->silent) {
    return;
  }
  put_event(l, "Typing", t->on ? "On" : "Off");
  go_on(l);
}

static const struct watch_ops watch_ops = {.on_event = on_event,
                                           .on_typing = on_typing};

/* ---- after a restart */

static void put_unread(struct line *l, struct arena *arena, uint32_t slot) {
  struct textbuf b;
  struct json_out o;
  textbuf_init(&b, l->g->mem);
  json_out_init(&o, &b);
  engine_write_session(api_engine(l->g->api), slot, api_unix_us(l->g->api),
                       l->delivered, &o);
  const struct json *list = json_part(genesys_parse(arena, &b), "messages");
  for (const struct json *m = list == NULL ? NULL : list->first; m != NULL;
       m = m->next) {
    int64_t role = 0;
    struct message_out out = {.number =
                                  (uint32_t)json_member(m, TEXT("number"))->i,
                              .author = json_text_of(m, "author"),
                              .text = json_text_of(m, "text")};
    const struct json *data = json_part(m, "data");
    out.data = data != NULL ? data->source : TEXT("");
    (void)time_from_text(json_text_of(m, "at"), &out.at_us);
    (void)field_name_to_num(KIND_ROLE, json_text_of(m, "from"), &role);
    out.role = (enum role)role;
    if (out.role != ROLE_CUSTOMER) {
      put_message(l, &out);
    }
  }
}

/* Its last words may be on their way still, and that it is over. */
static void recover_line(struct line *l, struct arena *arena, uint32_t slot) {
  const uint32_t status = engine_session(api_engine(l->g->api), slot)->status;
  l->watch.after = api_last_seq(l->g->api);
  put_unread(l, arena, slot);
  if (status == SESSION_WRAPUP || status == SESSION_COMPLETED) {
    put_end(l);
  } else {
    set_here(l, true);
  }
  go_on(l);
}

static void recover_one(struct genesys *g, uint32_t slot) {
  const struct engine *e = api_engine(g->api);
  const struct text customer = engine_session_customer(e, slot);
  struct arena arena;
  const struct text all = engine_session_kept(e, slot);
  /* Anybody may say such a thing of its customer; only we keep it. */
  if (text_find(all, TEXT(KEPT_NAME), 0) == all.len) {
    return;
  }
  arena_init(&arena, g->mem, 0);
  const struct json *tree = genesys_parse_copy(&arena, customer);
  const struct json *kept =
      json_part(genesys_parse_copy(&arena, all), KEPT_NAME);
  const struct json *delivered = json_part(kept, "delivered");
  const struct json *ended = json_part(kept, "ended");
  const bool done = ended != NULL && ended->type == JSON_TRUE;
  struct line *l = tree == NULL || kept == NULL || done
                       ? NULL
                       : line_new(g, engine_session_id(e, slot), tree);
  if (l != NULL) {
    l->delivered = delivered != NULL ? (uint32_t)delivered->i : 0;
    recover_line(l, &arena, slot);
  }
  arena_free(&arena);
}

void lines_recover(struct genesys *g) {
  const struct engine *e = api_engine(g->api);
  for (uint32_t slot = 0; engine_next_session(e, &slot); slot++) {
    recover_one(g, slot);
  }
}

/* ---- all of them */

struct courier_target *lines_target(struct genesys *g,
                                    struct text integration) {
  static const struct courier_policy policy = {.attempts = 1,
                                               .first_pause_ms = 1,
                                               .longest_pause_ms = 1,
                                               .at_once_max = 64,
                                               .waiting_max = 1 << 20,
                                               .failures_max = 50,
                                               .alone_ms = 1000};
  struct lines *s = g->lines;
  struct hook hook = {.target = NULL};
  for (size_t i = 0; i < s->hook_count; i++) {
    if (text_equal(s->hooks[i].integration, integration)) {
      return s->hooks[i].target;
    }
  }
  if (!mem_grow(g->mem, &s->hooks, &s->hook_cap, s->hook_count + 1,
                sizeof hook) ||
      courier_add_target(courier_post_courier(s->post), &policy,
                         &hook.target) != BT_ERR_OK) {
    return NULL;
  }
  if (!own(g, integration, &hook.integration)) {
    courier_drop_target(hook.target);
    return NULL;
  }
  s->hooks[s->hook_count++] = hook;
  return hook.target;
}

enum bt_err lines_init(struct genesys *g) {
  const struct outbound_rules none = {.authorities = TEXT("")};
  g->lines = mem_new(g->mem, sizeof *g->lines);
  if (g->lines == NULL) {
    return BT_ERR_NOMEM;
  }
  const enum bt_err err =
      courier_post_create(g->options.loop, &none, &g->lines->post);
  return err == BT_ERR_OK
             ? loop_timer_create(g->options.loop, on_timer, g, &g->lines->timer)
             : err;
}

void lines_free(struct genesys *g) {
  struct lines *s = g->lines;
  if (s == NULL) {
    return;
  }
  while (s->first != NULL) {
    line_free(s->first);
  }
  while (s->hook_count > 0) {
    s->hook_count--;
    courier_drop_target(s->hooks[s->hook_count].target);
    disown(g, s->hooks[s->hook_count].integration);
  }
  courier_post_free(s->post);
  loop_timer_free(s->timer);
  mem_free(g->mem, s->hooks, s->hook_cap * sizeof *s->hooks);
  mem_free(g->mem, s, sizeof *s);
}
