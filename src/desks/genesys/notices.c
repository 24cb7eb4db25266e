/* The notification channel: a WebSocket that stirs when something happens to a
 * conversation. What happened is read from the conversation itself, so that a
 * notification that is lost, late or doubled does no harm. */
#include <stdio.h>

#include "base/check.h"
#include "bots/shared/parts.h"
#include "desks/genesys/genesys_priv.h"
#include "net/url.h"

enum { MESSAGE_BYTES = 1 << 20, SILENCE_US = 90000000, SECOND_US = 1000000 };

static const struct text topic_prefix = {"v2.detail.events.conversation.", 30};
static const char *const topic_words[] = {"user.start", "user.end", "acd.end",
                                          "customer.end"};

/* ---- what comes */

static void look_at(struct gdesk *g, struct text conversation) {
  for (struct desk_link *l = desk_next_link(&g->desk, NULL); l != NULL;
       l = desk_next_link(&g->desk, l)) {
    if (text_equal((struct text){l->conversation, l->conversation_len},
                   conversation)) {
      gtalk_of(l)->look = true;
      talk_pump(gtalk_of(l));
      return;
    }
  }
}

static void take(struct gdesk *g, const struct json *frame) {
  const struct text topic = part_text(frame, "topicName");
  const struct text rest = text_sub(topic, topic_prefix.len, topic.len);
  if (text_equal(topic, TEXT("v2.system.socket_closing"))) {
    gdesk_fail(g, "the notification channel is about to be closed");
  } else if (text_starts(topic, topic_prefix)) {
    look_at(g, text_sub(rest, 0, text_find(rest, TEXT("."), 0)));
  }
}

static void on_message(void *ctx, struct ws *ws, struct text message) {
  struct gdesk *g = ctx;
  struct arena arena;
  (void)ws;
  g->heard_us = loop_now_us();
  arena_init(&arena, desks_mem(g->desk.desks), 0);
  take(g, part_parse(&arena, message));
  arena_free(&arena);
}

static void on_close(void *ctx, struct ws *ws, uint16_t code,
                     struct text reason) {
  struct gdesk *g = ctx;
  (void)ws;
  (void)code;
  (void)reason;
  g->ws = NULL;
  gdesk_fail(g, "the notification channel was cut");
}

/* Whoever rested meanwhile goes on at the next tick. */
static void forgive_all(struct gdesk *g) {
  for (struct desk_link *l = desk_next_link(&g->desk, NULL); l != NULL;
       l = desk_next_link(&g->desk, l)) {
    struct gtalk *t = gtalk_of(l);
    t->failing_since_us = t->rest_until_us = 0;
    backoff_reset(&t->backoff);
  }
}

static void on_open(void *ctx, struct ws *ws) {
  struct gdesk *g = ctx;
  g->ws = ws;
  g->live = true;
  g->heard_us = loop_now_us();
  g->dirty = true;
  backoff_reset(&g->backoff);
  if (!g->desk.up) {
    forgive_all(g);
  }
  desk_set_up(&g->desk, true, TEXT(""));
}

static void on_refused(void *ctx, const struct client_response *response) {
  char why[200];
  if (response->err == BT_ERR_OK) {
    (void)snprintf(why, sizeof why, "the notification channel was answered %d",
                   response->status);
  } else {
    (void)snprintf(why, sizeof why, "no notification channel: %.120s",
                   response->message);
  }
  gdesk_fail(ctx, why);
}

static const struct client_ws_handlers handlers = {
    .ws = {.on_message = on_message,
           .on_binary = on_message, /* the same JSON, as bytes */
           .on_close = on_close},
    .on_open = on_open,
    .on_refused = on_refused};

/* ---- the socket */

void notices_open(struct gdesk *g, struct text uri, struct text id) {
  struct net_limits limits = net_limits_default();
  struct url_parts parts;
  const char *why = "its address is none";
  limits.ws_message_bytes = MESSAGE_BYTES;
  textbuf_clear(&g->channel);
  textbuf_add(&g->channel, id);
  if (!url_split(uri, &parts, &why) ||
      client_create_over(desks_loop(g->desk.desks),
                         desks_outbound(g->desk.desks), uri, &limits,
                         &g->client) != BT_ERR_OK) {
    gdesk_fail(g, why);
    return;
  }
  const struct client_target target = {
      .method = HTTP_GET, .path = parts.path.len > 0 ? parts.path : TEXT("/")};
  if (client_ws_open(g->client, &target, &handlers, g) != BT_ERR_OK) {
    gdesk_fail(g, "there is no memory for the notification channel");
  }
}

void notices_close(struct gdesk *g) {
  if (g->subscribing != NULL) {
    courier_cancel(g->subscribing);
    g->subscribing = NULL;
  }
  client_free(g->client);
  g->client = NULL;
  g->ws = NULL;
  g->live = false;
  for (struct desk_link *l = desk_next_link(&g->desk, NULL); l != NULL;
       l = desk_next_link(&g->desk, l)) {
    gtalk_of(l)->subscribed = gtalk_of(l)->subscribing = false;
  }
}

/* ---- which conversations it is about */

/* Something may have happened to it before it was subscribed to. */
static void on_subscribed(void *ctx, const struct outbound_reply *reply) {
  struct gdesk *g = ctx;
  const bool good = reply->status >= 200 && reply->status < 300;
  g->subscribing = NULL;
  if (reply->status == 401) {
    gdesk_drop_token(g);
  } else if (reply->status == 404) {
    gdesk_fail(g, "the notification channel is not known any more");
    return;
  }
  g->dirty = g->dirty || !good;
  g->retry_us = good ? g->retry_us : loop_now_us() + SECOND_US;
  struct desk_link *l = desk_next_link(&g->desk, NULL);
  while (l != NULL) {
    struct desk_link *next = desk_next_link(&g->desk, l);
    struct gtalk *t = gtalk_of(l);
    const bool fresh = t->subscribing && good;
    t->subscribing = false;
    if (fresh) {
      t->subscribed = t->look = true;
      talk_pump(t);
    }
    l = next;
  }
}

static void put_topics(struct gtalk *t, struct json_out *o) {
  for (size_t i = 0; i < sizeof topic_words / sizeof topic_words[0]; i++) {
    char topic[200];
    (void)snprintf(topic, sizeof topic, "%.*s%.*s.%s", TEXT_ARG(topic_prefix),
                   (int)t->link.conversation_len, t->link.conversation,
                   topic_words[i]);
    json_open_object(o);
    part_put_text(o, "id", text_from(topic));
    json_close_object(o);
  }
}

/* All that are open, in the place of those before: a channel has so many topics
 * at most. */
static void subscribe(struct gdesk *g) {
  struct textbuf url, body;
  struct json_out o;
  textbuf_init(&url, desks_mem(g->desk.desks));
  textbuf_init(&body, desks_mem(g->desk.desks));
  json_out_init(&o, &body);
  json_open_list(&o);
  for (struct desk_link *l = desk_next_link(&g->desk, NULL); l != NULL;
       l = desk_next_link(&g->desk, l)) {
    struct gtalk *t = gtalk_of(l);
    if (l->conversation_len > 0 && l->stage != DESK_ENDING) {
      t->subscribing = !t->subscribed;
      put_topics(t, &o);
    }
  }
  json_close_list(&o);
  gdesk_url(g, &url, "/notifications/channels/%.*s/subscriptions",
            TEXT_ARG(textbuf_text(&g->channel)));
  const struct gcall call = {
      .method = "PUT", .url = textbuf_text(&url), .body = textbuf_text(&body)};
  g->dirty =
      url.failed || body.failed ||
      gdesk_send(g, &call, on_subscribed, g, &g->subscribing) != BT_ERR_OK;
  textbuf_free(&url);
  textbuf_free(&body);
}

void notices_tick(struct gdesk *g) {
  if (!g->live) {
    return;
  }
  if (loop_now_us() - g->heard_us > SILENCE_US) {
    gdesk_fail(g, "the notification channel has been silent for too long");
  } else if (g->dirty && g->subscribing == NULL && g->token.len > 0 &&
             loop_now_us() >= g->retry_us) {
    subscribe(g);
  }
}
