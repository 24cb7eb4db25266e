/* From what happens to notification topics. */
#include <stdio.h>

#include "genesys/channels_priv.h"
#include "genesys/story_priv.h"

enum { TOPIC_MAX = 512 };

/* ---- names of topics */

static const char *const user_words[] = {"conversations",
                                         "conversations.messages",
                                         "routingStatus", "presence", NULL};
static const char *const queue_words[] = {"conversations",
                                          "conversations.messages", NULL};
static const char *const detail_words[] = {
    "acd.start",    "acd.end", "user.start", "user.end",
    "customer.end", "acw",     "wrapup",     NULL};

static const struct {
  struct text prefix;
  const char *const *words;
  enum topic_kind kind;
} topics[] = {{{"v2.users.", 9}, user_words, TOPIC_OF_USER},
              {{"v2.routing.queues.", 18}, queue_words, TOPIC_OF_QUEUE},
              {{"v2.detail.events.conversation.", 30},
               detail_words,
               TOPIC_OF_CONVERSATION}};

/* An id may have points in it: the words are looked for at the end. */
static bool knows_one(struct text topic) {
  if (text_equal(topic, TEXT("channel.metadata"))) {
    return true;
  }
  for (size_t i = 0; i < sizeof topics / sizeof topics[0]; i++) {
    const struct text prefix = topics[i].prefix;
    const struct text rest = text_sub(topic, prefix.len, topic.len);
    for (size_t w = 0; text_starts(topic, prefix) && topics[i].words[w] != NULL;
         w++) {
      const struct text word = text_from(topics[i].words[w]);
      if (text_ends(rest, word) && rest.len > word.len + 1 &&
          rest.ptr[rest.len - word.len - 1] == '.') {
        return true;
      }
    }
  }
  return false;
}

/* Without the longest of the words that it ends with. */
static struct text without_word(struct text rest, const char *const *words) {
  struct text id = rest;
  for (size_t w = 0; words[w] != NULL; w++) {
    const struct text word = text_from(words[w]);
    if (text_ends(rest, word) && rest.len > word.len &&
        rest.len - word.len - 1 < id.len) {
      id = text_sub(rest, 0, rest.len - word.len - 1);
    }
  }
  return id;
}

enum topic_kind notify_kind(struct text topic, struct text *id) {
  const size_t mark = text_find(topic, TEXT("?"), 0);
  for (size_t i = 0; i < sizeof topics / sizeof topics[0]; i++) {
    const struct text prefix = topics[i].prefix;
    if (text_starts(topic, prefix)) {
      const struct text rest = text_sub(topic, prefix.len, mark - prefix.len);
      *id = mark < topic.len ? rest : without_word(rest, topics[i].words);
      return topics[i].kind;
    }
  }
  return TOPIC_OF_NOTHING;
}

/* The next word of a combined topic: from *at, which is put behind it. */
static struct text next_word(struct text topic, size_t *at) {
  const size_t end = text_find(topic, TEXT("&"), *at);
  const struct text word = text_sub(topic, *at, end - *at);
  *at = end + 1;
  return word;
}

bool notify_knows(struct text topic) {
  const size_t mark = text_find(topic, TEXT("?"), 0);
  char name[TOPIC_MAX];
  if (mark == topic.len) {
    return knows_one(topic);
  }
  for (size_t at = mark + 1; at <= topic.len;) {
    const struct text word = next_word(topic, &at);
    const int n = snprintf(name, sizeof name, "%.*s.%.*s", (int)mark, topic.ptr,
                           TEXT_ARG(word));
    if (n < 0 || (size_t)n >= sizeof name ||
        !knows_one((struct text){name, (size_t)n})) {
      return false;
    }
  }
  return true;
}

bool notify_has(struct text topic, struct text name) {
  const size_t mark = text_find(topic, TEXT("?"), 0);
  if (mark == topic.len) {
    return text_equal(topic, name);
  }
  if (name.len <= mark || name.ptr[mark] != '.' ||
      !text_starts(name, text_sub(topic, 0, mark))) {
    return false;
  }
  const struct text wanted = text_sub(name, mark + 1, name.len);
  for (size_t at = mark + 1; at < topic.len;) {
    if (text_equal(next_word(topic, &at), wanted)) {
      return true;
    }
  }
  return false;
}

static void tell(struct genesys *g, const char *prefix, struct text id,
                 const char *word, const struct telling *t) {
  char topic[TOPIC_MAX];
  const int n =
      snprintf(topic, sizeof topic, "%s%.*s.%s", prefix, TEXT_ARG(id), word);
  if (n > 0 && (size_t)n < sizeof topic) {
    channels_tell(g, (struct text){topic, (size_t)n}, t);
  }
}

/* ---- agents */

static void tell_states(struct genesys *g, uint32_t agent) {
  const struct text id = genesys_directory(g)->agents[agent].id;
  struct telling t = {.teams = api_teams_of_agent(g->api, agent)};
  struct textbuf b;
  struct json_out o;
  textbuf_init(&b, g->mem);
  json_out_init(&o, &b);
  json_open_object(&o);
  put_key_text(&o, "id", id);
  json_key(&o, "routingStatus");
  put_routing_status(g, agent, &o);
  json_close_object(&o);
  t.body = textbuf_text(&b);
  tell(g, "v2.users.", id, "routingStatus", &t);
  textbuf_clear(&b);
  json_out_init(&o, &b);
  put_presence(g, agent, &o);
  t.body = textbuf_text(&b);
  tell(g, "v2.users.", id, "presence", &t);
  textbuf_free(&b);
}

/* ---- conversations */

static void tell_of(struct genesys *g, const char *prefix, struct text id,
                    const struct telling *t) {
  tell(g, prefix, id, "conversations", t);
  tell(g, prefix, id, "conversations.messages", t);
}

/* Without what is known of the customer, and what agents wrote of it. */
static struct story without_content(const struct story *s) {
  struct story bare = *s;
  bare.customer = bare.attributes = bare.note = TEXT("");
  return bare;
}

static uint64_t teams_of(struct genesys *g, const struct story *s) {
  char id[ID_TEXT_LEN];
  uint64_t mask = 0;
  id_to_text(s->session, id);
  (void)api_teams_of_session(g->api, (struct text){id, sizeof id}, &mask);
  return mask;
}

/* Is it the first party of this kind and number? Each is told once. */
static bool is_first(const struct story *s, const struct party *p) {
  const struct party *q = s->parties;
  while (q->kind != p->kind || q->number != p->number) {
    q++;
  }
  return q == p;
}

static void tell_parties(struct genesys *g, const struct story *s,
                         const struct telling *t) {
  const struct directory *d = genesys_directory(g);
  for (size_t i = 0; i < s->party_count; i++) {
    const struct party *p = &s->parties[i];
    if (p->kind == PARTY_AGENT && is_first(s, p)) {
      tell_of(g, "v2.users.", d->agents[p->number].id, t);
    } else if (p->kind == PARTY_QUEUE && is_first(s, p)) {
      tell_of(g, "v2.routing.queues.", d->queues[p->number].id, t);
    }
  }
}

static void tell_conversation(struct genesys *g, const struct story *s,
                              const struct story *without) {
  struct textbuf b, bare;
  struct json_out o;
  textbuf_init(&b, g->mem);
  textbuf_init(&bare, g->mem);
  json_out_init(&o, &b);
  conversation_put(g, s, &o);
  json_out_init(&o, &bare);
  conversation_put(g, without, &o);
  const struct telling t = {textbuf_text(&b), textbuf_text(&bare),
                            teams_of(g, s)};
  if (!b.failed && !bare.failed) {
    tell_parties(g, s, &t);
  }
  textbuf_free(&b);
  textbuf_free(&bare);
}

/* ---- details */

static void put_detail(struct genesys *g, const struct story *s,
                       const struct party *p, struct json_out *o) {
  const struct directory *d = genesys_directory(g);
  json_open_object(o);
  put_key_i64(o, "eventTime", api_unix_us(g->api) / 1000);
  put_key_id(o, "conversationId", s->session);
  put_key_id(o, "participantId", p->id);
  put_key_id(o, "sessionId", p->communication);
  put_key_text(o, "mediaType", TEXT("MESSAGE"));
  put_key_text(o, "provider", TEXT("PureCloud Messaging"));
  put_key_text(o, "direction", TEXT("INBOUND"));
  if (p->kind == PARTY_AGENT) {
    put_key_text(o, "userId", d->agents[p->number].id);
  } else if (p->kind == PARTY_QUEUE) {
    put_key_text(o, "queueId", d->queues[p->number].id);
  }
  if (p->disconnect != NULL) {
    put_key_text(o, "disconnectType", text_from(p->disconnect));
  }
  if (p->acw_ended_us != 0) {
    put_key_text(o, "wrapupCode", s->disposition);
    put_key_text(o, "wrapupNotes", s->note);
    put_key_i64(o, "wrapupDurationMs",
                (p->acw_ended_us - p->acw_started_us) / 1000);
  }
  json_close_object(o);
}

static void tell_detail(struct genesys *g, const struct story *s,
                        const struct party *p, const char *word) {
  const struct story without = without_content(s);
  char id[ID_TEXT_LEN];
  struct textbuf b, bare;
  struct json_out o;
  id_to_text(s->session, id);
  textbuf_init(&b, g->mem);
  textbuf_init(&bare, g->mem);
  json_out_init(&o, &b);
  put_detail(g, s, p, &o);
  json_out_init(&o, &bare);
  put_detail(g, &without, p, &o);
  const struct telling t = {textbuf_text(&b), textbuf_text(&bare),
                            teams_of(g, s)};
  tell(g, "v2.detail.events.conversation.", (struct text){id, sizeof id}, word,
       &t);
  textbuf_free(&b);
  textbuf_free(&bare);
}

static void tell_party(struct genesys *g, const struct story *s,
                       const struct party *p, uint64_t seq) {
  const bool acd = p->kind == PARTY_QUEUE, user = p->kind == PARTY_AGENT;
  if (p->started_seq == seq && (acd || user)) {
    tell_detail(g, s, p, acd ? "acd.start" : "user.start");
  }
  if (p->ended_seq == seq && (acd || user)) {
    tell_detail(g, s, p, acd ? "acd.end" : "user.end");
  }
  if (p->ended_seq == seq && p->kind == PARTY_CUSTOMER) {
    tell_detail(g, s, p, "customer.end");
  }
  if (p->acw_started_seq == seq) {
    tell_detail(g, s, p, "acw");
  }
  if (p->acw_ended_seq == seq) {
    tell_detail(g, s, p, "wrapup");
  }
}

/* ---- events */

/* Whose conversation it is: a transfer that waits to be accepted does so in a
 * session that nobody is told of by itself. */
static struct id conversation_of(struct genesys *g, struct id session) {
  const struct engine *e = api_engine(g->api);
  struct id other;
  uint32_t slot;
  return engine_find(e, session, &slot) &&
                 engine_session_offers(e, slot, &other)
             ? other
             : session;
}

/* All events of a session in one batch are one notification: the story is told
 * as it is after the batch. */
static bool is_told(struct genesys *g, uint64_t seq, struct id session) {
  struct channels *c = g->channels;
  const bool told = c->told_seq == seq && id_equal(c->told, session);
  c->told_seq = seq;
  c->told = session;
  return told;
}

static void tell_session(struct genesys *g, uint64_t seq, struct id session) {
  struct arena arena;
  struct story s;
  arena_init(&arena, g->mem, 0);
  if (story_read(g, session, seq, &arena, &s) == BT_ERR_OK) {
    const struct story without = without_content(&s);
    tell_conversation(g, &s, &without);
    for (size_t i = 0; i < s.party_count; i++) {
      tell_party(g, &s, &s.parties[i], seq);
    }
  }
  story_free(&s);
  arena_free(&arena);
}

void notify_on_event(void *ctx, uint64_t seq, const struct record *event) {
  struct genesys *g = ctx;
  if (g->channels->topics == 0 || !channels_want(g, TEXT("v2."))) {
    return; /* nobody listens */
  }
  if (event_is_agent(event->type) && record_has(event, FIELD_AGENT)) {
    tell_states(g, (uint32_t)record_num(event, FIELD_AGENT));
  }
  const bool moves = event_is_session(event->type) ||
                     event->type == EVENT_MESSAGE ||
                     event->type == EVENT_TRANSFER_OFFERED ||
                     event->type == EVENT_CONSULT_ENDED ||
                     event->type == EVENT_ATTRIBUTES_SET ||
                     event->type == EVENT_DISPOSITION_SET;
  if (!moves || !record_has(event, FIELD_SESSION)) {
    return;
  }
  const struct id session = conversation_of(g, record_id(event, FIELD_SESSION));
  if (!is_told(g, seq, session)) {
    tell_session(g, seq, session);
  }
}
