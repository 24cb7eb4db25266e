/* speak.c - what people want, as bytes: requests with keys, frames on sockets.
 *
 * Each party has its own ways: customers ask for sessions over HTTP and speak
 * over both, agents and bots have a socket, the office has HTTP alone. */
#include <stdio.h>

#include "domain/heap.h"
#include "peer.h"

/* ---- who they are */

/* Without a token sessions may be opened: the key must be hard to guess. */
static void put_token(struct world *w, const struct letter *l,
                      struct textbuf *b) {
  switch (l->party) {
  case PARTY_CUSTOMER:
    if (!id_is_null(l->session)) {
      textbuf_addf(b, "Authorization: Bearer %s\r\n",
                   w->customers[l->who].token);
    }
    break;
  case PARTY_AGENT:
    textbuf_addf(b, "Authorization: Bearer agent-%s\r\n", agents_id(l->who));
    break;
  case PARTY_BOT:
    textbuf_addf(b, "Authorization: Bearer bot-%s\r\n", bots_id(l->who));
    break;
  case PARTY_OFFICE:
    textbuf_addf(b, "Authorization: Bearer office\r\n");
    break;
  case PARTY_SERVER:
    break;
  }
}

/* ---- requests */

static const char *path_of(uint32_t type) {
  switch (type) {
  case COMMAND_SAY:
    return "messages";
  case COMMAND_LEAVE:
    return "leave";
  case COMMAND_TRANSFER:
    return "transfer";
  case COMMAND_HANGUP:
    return "hangup";
  case COMMAND_RELEASE:
    return "release";
  case COMMAND_REQUEUE:
    return "requeue";
  case COMMAND_WITHDRAW_OFFER:
    return "offer/withdraw";
  case COMMAND_SIGNAL:
    return "signal";
  case COMMAND_LISTEN:
    return "listen";
  default:
    return NULL;
  }
}

static void put_body(const struct letter *l, struct textbuf *b) {
  switch (l->type) {
  case COMMAND_OPEN_SESSION:
    textbuf_addf(b, "{\"entryPoint\":\"%s\",\"customer\":{\"name\":\"Kim\"}}",
                 wire_entry(l->word));
    break;
  case COMMAND_SAY:
    textbuf_addf(b, "{\"text\":\"%s #%llu.%u\"}", wire_text(l->word),
                 (unsigned long long)l->life, l->key);
    break;
  case COMMAND_TRANSFER:
    textbuf_addf(
        b, "{%s,\"priority\":%u%s}", wire_target(l->word), l->word / 6 % 10,
        l->party == PARTY_OFFICE && l->word % 4 == 0 ? ",\"when\":\"released\""
                                                     : "");
    break;
  default:
    textbuf_addf(b, "{}");
    break;
  }
}

/* Half of them keep the line, which the client then ends. */
static void put_request(struct world *w, const struct letter *l,
                        struct text path, struct textbuf *b) {
  struct textbuf body;
  textbuf_init(&body, heap_mem());
  put_body(l, &body);
  textbuf_addf(b, "POST /api/v1/%.*s HTTP/1.1\r\nHost: sim\r\n",
               TEXT_ARG(path));
  put_token(w, l, b);
  if (l->key != 0) {
    textbuf_addf(b, "Idempotency-Key: %016llx-%llu.%u\r\n",
                 (unsigned long long)hash_u64(w->options->seed ^ l->life),
                 (unsigned long long)l->life, l->key);
  }
  if (world_one_in(&w->rand, 2)) {
    textbuf_addf(b, "Connection: close\r\n");
  }
  if (world_one_in(&w->rand, 4)) {
    textbuf_addf(b,
                 "Content-Type: application/json\r\n"
                 "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n%zx\r\n%.*s\r\n"
                 "0\r\n\r\n",
                 body.len - 1, (int)body.len - 1, body.ptr + 1);
  } else {
    textbuf_addf(b,
                 "Content-Type: application/json\r\nContent-Length: %zu\r\n"
                 "\r\n%.*s",
                 body.len, TEXT_ARG(textbuf_text(&body)));
  }
  textbuf_free(&body);
}

static void ask(struct world *w, const struct letter *l, struct text path,
                uint32_t count) {
  struct textbuf b;
  textbuf_init(&b, heap_mem());
  put_request(w, l, path, &b);
  (void)peer_ask(w, l, textbuf_text(&b), count);
  textbuf_free(&b);
}

/* Nothing is asked for in a body. */
static void ask_bare(struct world *w, const struct letter *l,
                     const char *method, const char *path) {
  struct textbuf b;
  textbuf_init(&b, heap_mem());
  textbuf_addf(&b, "%s /api/v1/%s HTTP/1.1\r\nHost: sim\r\n", method, path);
  put_token(w, l, &b);
  if (l->key != 0) {
    textbuf_addf(&b, "Idempotency-Key: office-%u\r\n", l->key);
  }
  textbuf_addf(&b, "\r\n");
  (void)peer_ask(w, l, textbuf_text(&b),
                 l->key != 0 && world_fault(w, FAULT_REPEATS) ? 2 : 1);
  textbuf_free(&b);
}

static void withdraw(struct world *w, const struct letter *l) {
  const struct id transfer = {l->life, (uint64_t)l->offer};
  char path[128], session[ID_TEXT_LEN], waits[ID_TEXT_LEN];
  id_to_text(l->session, session);
  id_to_text(transfer, waits);
  (void)snprintf(path, sizeof path, "sessions/%.*s/transfers/%.*s", ID_TEXT_LEN,
                 session, ID_TEXT_LEN, waits);
  ask_bare(w, l, "DELETE", path);
}

void speak_look(struct world *w, const struct letter *l) {
  static const char *const tails[] = {"",          "/messages",   "/explain",
                                      "/timeline", "/candidates", ""};
  char path[96], session[ID_TEXT_LEN];
  id_to_text(l->session, session);
  (void)snprintf(path, sizeof path, "sessions/%.*s%s", ID_TEXT_LEN, session,
                 tails[l->word % 6]);
  ask_bare(w, l, "GET", path);
}

/* Twice, while requests are repeated: one behind the other on the same line, or
 * beside each other on two. */
static void request(struct world *w, const struct letter *l) {
  char path[96], id[ID_TEXT_LEN];
  const char *tail = path_of(l->type);
  const bool twice = l->key != 0 && world_fault(w, FAULT_REPEATS);
  const bool in_a_row = twice && world_one_in(&w->rand, 2);
  id_to_text(l->session, id);
  if (l->type == COMMAND_CANCEL_TRANSFER) {
    withdraw(w, l);
    return;
  }
  if (l->type == COMMAND_OPEN_SESSION) {
    (void)snprintf(path, sizeof path, "sessions");
  } else if (l->type == COMMAND_PAUSE_QUEUE || l->type == COMMAND_OPEN_QUEUE) {
    (void)snprintf(path, sizeof path, "queues/%s/%s", wire_queue(l->word),
                   l->type == COMMAND_PAUSE_QUEUE ? "pause" : "open");
  } else if (tail != NULL) {
    (void)snprintf(path, sizeof path, "sessions/%.*s/%s", ID_TEXT_LEN, id,
                   tail);
  } else {
    return;
  }
  ask(w, l, text_from(path), in_a_row ? 2 : 1);
  if (twice && !in_a_row) {
    ask(w, l, text_from(path), 1);
  }
}

/* ---- frames */

static const char *type_of(const struct letter *l) {
  switch (l->type) {
  case COMMAND_SAY:
    return "message";
  case COMMAND_ACCEPT_INVITE:
    return "session.accept";
  case COMMAND_GOODBYE:
    return "session.goodbye";
  case COMMAND_BOT_CLOSED:
    return "session.close";
  case COMMAND_TRANSFER:
    return l->party == PARTY_BOT ? "session.transfer" : "transfer";
  case COMMAND_ACCEPT_OFFER:
    return "offer.accept";
  case COMMAND_DECLINE_OFFER:
    return "offer.decline";
  case COMMAND_END:
    return "end";
  case COMMAND_COMPLETE:
    return "complete";
  case COMMAND_AGENT_STATE:
    return "state";
  default:
    return NULL;
  }
}

static void put_members(const struct letter *l, struct textbuf *b) {
  switch (l->type) {
  case COMMAND_SAY:
    textbuf_addf(b, ",\"text\":\"%s #%llu.%u\"", wire_text(l->word),
                 (unsigned long long)l->life, l->key);
    break;
  case COMMAND_GOODBYE:
    textbuf_addf(b, ",\"outcome\":\"%s\"",
                 l->word % 8 == 0 ? "end" : "escalate");
    break;
  case COMMAND_TRANSFER:
    textbuf_addf(b, ",%s,\"priority\":%u%s", wire_target(l->word),
                 l->word / 6 % 10,
                 l->party == PARTY_BOT ? ",\"when\":\"released\"" : "");
    break;
  case COMMAND_ACCEPT_OFFER:
  case COMMAND_DECLINE_OFFER:
    if (l->offer != 0) {
      textbuf_addf(b, ",\"offer\":%lld", (long long)l->offer);
    }
    break;
  case COMMAND_AGENT_STATE:
    textbuf_addf(b, ",\"state\":\"%s\"", wire_state(l->word));
    break;
  default:
    break;
  }
}

static void put_names(struct world *w, const struct letter *l,
                      struct textbuf *b) {
  char id[ID_TEXT_LEN];
  if (l->party != PARTY_CUSTOMER && !id_is_null(l->session)) {
    id_to_text(l->session, id);
    textbuf_addf(b, ",\"session\":\"%.*s\"", ID_TEXT_LEN, id);
  }
  if (l->party == PARTY_CUSTOMER) {
    textbuf_addf(b, ",\"id\":%u", l->key);
  } else if (l->type == COMMAND_ACCEPT_INVITE) {
    textbuf_addf(b, ",\"id\":\"%u.%llu\"", l->who, (unsigned long long)l->life);
  } else if (l->type == COMMAND_SAY && l->party == PARTY_BOT &&
             bots_are_over(w, l)) {
    textbuf_addf(b, ",\"id\":\"over.%llu\"", (unsigned long long)++w->lives);
  }
}

static void frame(struct world *w, const struct letter *l, struct peer *p) {
  struct textbuf b;
  textbuf_init(&b, heap_mem());
  textbuf_addf(&b, "{\"type\":\"%s\"", type_of(l));
  put_names(w, l, &b);
  put_members(l, &b);
  textbuf_addf(&b, "}");
  peer_say(p, textbuf_text(&b));
  if (l->key != 0 && world_fault(w, FAULT_REPEATS)) {
    peer_say(p, textbuf_text(&b));
  }
  textbuf_free(&b);
}

void speak(struct world *w, const struct letter *l, struct link *link) {
  const bool by_frame = l->party == PARTY_CUSTOMER
                            ? l->type == COMMAND_SAY && l->word % 2 == 0
                            : link != NULL && l->type != COMMAND_HANGUP;
  if (!by_frame) {
    request(w, l);
  } else if (link->up && link->peer != NULL) {
    frame(w, l, link->peer);
  }
}

/* ---- sockets */

void speak_dial(struct world *w, const struct letter *l, struct link *link) {
  struct textbuf b;
  char id[ID_TEXT_LEN];
  textbuf_init(&b, heap_mem());
  textbuf_addf(&b, "GET /api/v1/");
  if (l->party == PARTY_CUSTOMER) {
    id_to_text(l->session, id);
    textbuf_addf(&b, "sessions/%.*s", ID_TEXT_LEN, id);
  } else if (l->party == PARTY_AGENT) {
    textbuf_addf(&b, "agents/%s", agents_id(l->who));
  } else {
    textbuf_addf(&b, "bots/%s", bots_id(l->who));
  }
  textbuf_addf(&b, "/socket HTTP/1.1\r\nHost: sim\r\n");
  put_token(w, l, &b);
  link->peer = peer_open(w, l, textbuf_text(&b));
  textbuf_free(&b);
}
