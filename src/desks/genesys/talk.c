/* One conversation over there: one call at a time, each until it has arrived.
 * The platform knows a message by its messageId and time, so that what is sent
 * again, also by the next process, is there once. */
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "bots/shared/parts.h"
#include "desks/genesys/genesys_priv.h"

enum {
  FIRST_PAUSE_MS = 250,
  LONGEST_PAUSE_MS = 8000,
  WHY_MAX = 300,
  TOO_OFTEN = 429,
  SERVER_ERROR = 500
};

struct gtalk *gtalk_of(struct desk_link *link) {
  return (struct gtalk *)(void *)link;
}

static struct gdesk *desk_of(const struct gtalk *t) {
  return gdesk_of(t->link.desk);
}

/* ---- what is due, the most important first */

static bool is_due(const struct gtalk *t, const struct reply *r) {
  return (r->told < 1 && r->number <= t->seen.delivered) ||
         (r->told < 2 && r->number <= t->seen.read);
}

/* A receipt that is due; false: there is none. */
static bool next_reply(const struct gtalk *t, uint32_t *place) {
  const uint32_t known =
      t->reply_count < REPLIES_KEPT ? t->reply_count : REPLIES_KEPT;
  for (uint32_t i = 0; i < known; i++) {
    if (is_due(t, &t->replies[i])) {
      *place = i;
      return true;
    }
  }
  return false;
}

static bool write_message(struct gtalk *t, struct textbuf *body) {
  struct arena arena;
  arena_init(&arena, desks_mem(t->link.desk->desks), 0);
  const struct json *m = desk_next_message(&t->link, &arena);
  if (m != NULL) {
    t->op_number = (uint32_t)part_num(m, "number", 0);
    body_message(t, m, body);
  }
  arena_free(&arena);
  return m != NULL;
}

/* The next call of a conversation that goes on. False: there is none. */
static bool choose(struct gtalk *t, struct textbuf *body) {
  if (t->look) {
    t->op = GOP_LOOK;
  } else if (write_message(t, body)) {
    t->op = GOP_MESSAGE;
  } else if (next_reply(t, &t->op_number)) {
    struct reply *r = &t->replies[t->op_number];
    t->op = GOP_RECEIPT;
    body_receipt(t, r, r->number <= t->seen.read, body);
  } else if (t->types) {
    t->op = GOP_TYPING;
    body_typing(t, body);
  } else {
    return false;
  }
  return true;
}

static bool choose_end(struct gtalk *t, struct textbuf *body) {
  t->op = GOP_LEAVE;
  if (t->link.desk->settings.leaves_by_event) {
    body_leave(t, body);
  }
  return true;
}

static void write_url(const struct gtalk *t, struct textbuf *url) {
  static const char *const inbound[] = {
      [GOP_OPEN] = "message?prefetchConversationId=true",
      [GOP_MESSAGE] = "message",
      [GOP_RECEIPT] = "receipt",
      [GOP_TYPING] = "event",
      [GOP_LEAVE] = "event"};
  const struct gdesk *g = gdesk_of(t->link.desk);
  const int len = (int)t->link.conversation_len;
  if (t->op == GOP_LOOK) {
    gdesk_url(g, url, "/conversations/messages/%.*s", len,
              t->link.conversation);
  } else if (t->op == GOP_LEAVE && !t->link.desk->settings.leaves_by_event) {
    gdesk_url(g, url, "/conversations/%.*s/disconnect", len,
              t->link.conversation);
  } else {
    gdesk_url(g, url, "/conversations/messages/%.*s/inbound/open/%s",
              TEXT_ARG(t->link.desk->settings.integration), inbound[t->op]);
  }
}

/* ---- what came of it */

static void rest(struct gtalk *t, const struct outbound_reply *reply) {
  struct gdesk *g = desk_of(t);
  const int64_t now_us = loop_now_us();
  const int64_t pause_us = backoff_next_ms(&t->backoff, &g->chance) * 1000;
  const int64_t asked_us = reply->retry_after_ms * 1000;
  t->rest_until_us = now_us + (pause_us > asked_us ? pause_us : asked_us);
  t->failing_since_us = t->failing_since_us == 0 ? now_us : t->failing_since_us;
}

static void recover(struct gtalk *t) {
  backoff_reset(&t->backoff);
  t->failing_since_us = 0;
}

/* What is to be ended over there is ended when the platform is back, or nobody
 * there would know that the customer has gone. */
static bool is_past_patience(const struct gtalk *t) {
  const bool ends = t->link.stage == DESK_ENDING;
  return t->failing_since_us != 0 && !(ends && !t->link.desk->up) &&
         loop_now_us() - t->failing_since_us >
             t->link.desk->settings.patience_ms * 1000;
}

/* It did not arrive, or not for good: the same again, later. */
static bool is_worth_another(const struct outbound_reply *reply) {
  return reply->status < 0 || reply->status == 401 || reply->status == 408 ||
         reply->status == TOO_OFTEN || reply->status >= SERVER_ERROR;
}

/* Gives up for want of an answer: the last word on @t. */
static void give_up(struct gtalk *t) {
  t->failing_since_us = 0;
  if (t->link.stage == DESK_ENDING) {
    desk_log(t->link.desk, API_LOG_WARNING,
             TEXT("a conversation could not be ended at the desk"));
    desk_closed(&t->link);
  } else {
    desk_lose(&t->link, "The desk cannot be reached.");
  }
}

static void note_refused(struct gtalk *t, const struct outbound_reply *reply) {
  char why[WHY_MAX];
  (void)snprintf(why, sizeof why,
                 "The desk has not taken message %u of the customer: it "
                 "answered %d.",
                 t->op_number, reply->status);
  desk_note(&t->link, why);
}

/* Conversation ids that do not fit into what is kept are none of theirs. */
static bool take_conversation(struct gtalk *t, struct text body) {
  struct arena arena;
  arena_init(&arena, desks_mem(t->link.desk->desks), 0);
  const struct text id = part_text(part_parse(&arena, body), "conversationId");
  const bool good = id.len > 0 && id.len < DESK_CONVERSATION_MAX;
  const bool fresh =
      good && !text_equal(id, (struct text){t->link.conversation,
                                            t->link.conversation_len});
  if (fresh && t->link.conversation_len > 0) {
    desk_note(&t->link, "The desk has begun another conversation: the one "
                        "before was over there.");
  }
  if (fresh) {
    desk_opened(&t->link, id);
    t->subscribed = t->had_others = false;
    desk_of(t)->dirty = true;
  }
  arena_free(&arena);
  return good;
}

static void take_open(struct gtalk *t, const struct outbound_reply *reply) {
  char why[WHY_MAX];
  if (reply->status >= 200 && reply->status < 300 &&
      take_conversation(t, reply->body)) {
    talk_pump(t);
    return;
  }
  t->over = t->link.stage == DESK_ENDING;
  t->maybe_open = false;
  (void)snprintf(why, sizeof why,
                 "The desk has not opened a conversation: it answered %d%s.",
                 reply->status,
                 reply->status < 300 ? " without a conversationId" : "");
  if (t->over) {
    talk_pump(t);
  } else {
    desk_lose(&t->link, why);
  }
}

static void take_message(struct gtalk *t, const struct outbound_reply *reply) {
  if (reply->status >= 200 && reply->status < 300) {
    (void)take_conversation(t, reply->body);
  } else {
    note_refused(t, reply);
  }
  desk_told(&t->link, t->op_number);
  talk_pump(t);
}

/* A decline, or a transfer over there, is not the end: somebody else is waited
 * for. */
static void take_state(struct gtalk *t, const struct json *conversation) {
  const struct conversation_state s = conversation_read(conversation);
  if (!s.known) { /* an answer that says nothing ends nothing */
    talk_pump(t);
    return;
  }
  const bool ended = !s.others && (t->had_others || !s.customer);
  t->had_others = t->had_others || s.others;
  if (s.agent) {
    desk_taken(&t->link, s.name);
  }
  t->over = t->over || ended;
  if (ended) {
    desk_left(&t->link, s.outcome);
  } else {
    talk_pump(t);
  }
}

static void take_look(struct gtalk *t, const struct outbound_reply *reply) {
  struct arena arena;
  arena_init(&arena, desks_mem(t->link.desk->desks), 0);
  const struct json *tree =
      reply->status == 200 ? part_parse(&arena, reply->body) : NULL;
  if (reply->status == 404) {
    t->over = true;
    desk_left(&t->link, TEXT(""));
  } else if (tree != NULL) {
    take_state(t, tree);
  } else {
    talk_pump(t);
  }
  arena_free(&arena);
}

static void take_receipt(struct gtalk *t) {
  struct reply *r = &t->replies[t->op_number];
  r->told = r->number <= t->seen.read ? 2 : 1;
  talk_pump(t);
}

static void take(struct gtalk *t, const struct outbound_reply *reply) {
  recover(t);
  switch (t->op) {
  case GOP_OPEN:
    take_open(t, reply);
    break;
  case GOP_MESSAGE:
    take_message(t, reply);
    break;
  case GOP_LOOK:
    take_look(t, reply);
    break;
  case GOP_RECEIPT:
    take_receipt(t);
    break;
  case GOP_TYPING:
    talk_pump(t);
    break;
  case GOP_LEAVE:
    desk_closed(&t->link);
    break;
  }
}

static void on_reply(void *ctx, const struct outbound_reply *reply) {
  struct gtalk *t = ctx;
  t->call = NULL;
  if (!is_worth_another(reply)) {
    take(t, reply);
    return;
  }
  if (reply->status == 401) {
    gdesk_drop_token(desk_of(t));
  }
  t->look = t->look || t->op == GOP_LOOK;
  rest(t, reply);
}

/* ---- sending */

static void send(struct gtalk *t, const struct textbuf *body) {
  struct gdesk *g = desk_of(t);
  struct textbuf url;
  textbuf_init(&url, desks_mem(t->link.desk->desks));
  write_url(t, &url);
  const struct gcall call = {.method = t->op == GOP_LOOK ? "GET" : "POST",
                             .url = textbuf_text(&url),
                             .body = textbuf_text(body)};
  if (url.failed || body->failed ||
      gdesk_send(g, &call, on_reply, t, &t->call) != BT_ERR_OK) {
    const struct outbound_reply none = {.status = -1};
    t->call = NULL;
    rest(t, &none);
  } else {
    t->maybe_open = t->maybe_open || t->op == GOP_OPEN;
    t->look = t->look && t->op != GOP_LOOK;
    t->types = t->types && t->op != GOP_TYPING;
  }
  textbuf_free(&url);
}

static bool is_done(const struct gtalk *t) {
  return t->link.stage == DESK_ENDING &&
         (t->over || (t->link.conversation_len == 0 && !t->maybe_open));
}

static bool write_next(struct gtalk *t, struct textbuf *body) {
  if (t->link.conversation_len == 0) {
    t->op = GOP_OPEN;
    return body_open(t, body);
  }
  return t->link.stage == DESK_ENDING ? choose_end(t, body) : choose(t, body);
}

void talk_pump(struct gtalk *t) {
  struct textbuf body;
  if (t->call != NULL) {
    return;
  }
  if (is_done(t)) {
    desk_closed(&t->link);
    return;
  }
  if (is_past_patience(t)) {
    give_up(t);
    return;
  }
  if (desk_of(t)->token.len == 0) {
    t->failing_since_us =
        t->failing_since_us == 0 ? loop_now_us() : t->failing_since_us;
    return;
  }
  if (t->over || loop_now_us() < t->rest_until_us) {
    return;
  }
  textbuf_init(&body, desks_mem(t->link.desk->desks));
  const bool some = write_next(t, &body);
  if (some) {
    send(t, &body);
  }
  textbuf_free(&body);
  if (!some && t->link.stage == DESK_ENDING) {
    desk_closed(&t->link); /* the session is no more */
  }
}

/* ---- from the session */

void talk_begin(struct desk_link *link) {
  struct gtalk *t = gtalk_of(link);
  t->backoff =
      (struct backoff){.first_ms = FIRST_PAUSE_MS, .most_ms = LONGEST_PAUSE_MS};
  t->maybe_open = link->stage == DESK_ENDING;
  desk_of(t)->dirty = desk_of(t)->dirty || link->conversation_len > 0;
  talk_pump(t);
}

void talk_go_on(struct desk_link *link) {
  talk_pump(gtalk_of(link));
}

void talk_typing(struct desk_link *link, bool on) {
  struct gtalk *t = gtalk_of(link);
  t->types = on && link->conversation_len > 0;
  talk_pump(t);
}

void talk_seen(struct desk_link *link, const struct receipt *how) {
  gtalk_of(link)->seen = *how;
  talk_pump(gtalk_of(link));
}

void talk_add_reply(struct gtalk *t, uint32_t number, struct text id) {
  struct reply *r = &t->replies[t->reply_count++ % REPLIES_KEPT];
  *r = (struct reply){.number = number, .id_len = id.len};
  bt_check(id.len <= sizeof r->id);
  memcpy(r->id, id.ptr, id.len);
  talk_pump(t);
}

/* What has not arrived yet is left: the next process sends it again. */
void talk_free(struct desk_link *link) {
  struct gtalk *t = gtalk_of(link);
  if (t->call != NULL) {
    courier_cancel(t->call);
  }
}
