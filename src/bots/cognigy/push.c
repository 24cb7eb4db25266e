#include "bots/cognigy/push.h"

#include <stdio.h>

enum {
  ATTEMPTS = 3,
  FIRST_PAUSE_MS = 250,
  LONGEST_PAUSE_MS = 2000,
  AT_ONCE = 64,
  WAITING = 1024,
  WITHIN_MS = 10000,
  NOTIFY = 1
};

/* One that is under way. */
struct pushed {
  struct pushed *next, *prev;
  struct push *push;
  struct id session;
};

struct push {
  struct bot *bot;
  struct courier_target *target;
  struct pushed *list;
};

static const struct bot_settings *settings_of(const struct push *push) {
  return push->bot->settings;
}

static void drop(struct pushed *p) {
  if (p->prev != NULL) {
    p->prev->next = p->next;
  } else {
    p->push->list = p->next;
  }
  if (p->next != NULL) {
    p->next->prev = p->prev;
  }
  mem_free(bots_mem(p->push->bot->bots), p, sizeof *p);
}

static void on_reply(void *ctx, const struct outbound_reply *reply) {
  struct pushed *p = ctx;
  const struct bot *bot = p->push->bot;
  struct bot_talk *talk = bot_find_talk(bot->bots, bot->number, p->session);
  const bool good = reply->status >= 200 && reply->status < 300;
  char sentence[480];
  drop(p);
  if (good || talk == NULL) {
    return;
  }
  if (reply->status < 0) {
    (void)snprintf(sentence, sizeof sentence,
                   "The flow was not told that the session is back: %.*s",
                   TEXT_ARG(reply->reason));
  } else {
    (void)snprintf(sentence, sizeof sentence,
                   "The flow was not told that the session is back: the API "
                   "answered %d.",
                   reply->status);
  }
  bot_note(talk, text_from(sentence));
}

static void put_text(struct json_out *o, const char *key, struct text value) {
  json_key(o, key);
  json_put_text(o, value);
}

static void write_body(const struct push *push, const struct bot_talk *talk,
                       struct text user, struct json_out *o) {
  const struct bot_settings *s = settings_of(push);
  char id[ID_TEXT_LEN];
  id_to_text(talk->session, id);
  json_open_object(o);
  put_text(o, "URLToken", bot_setting_text(s, BOT_OPTION_COGNIGY_TOKEN));
  put_text(o, "userId", user);
  put_text(o, "sessionId", (struct text){id, sizeof id});
  put_text(o, "text", bot_setting_text(s, BOT_OPTION_COGNIGY_RETURN_TEXT));
  json_key(o, "data");
  json_open_object(o);
  put_text(o, "baton", TEXT("returned"));
  json_close_object(o);
  json_close_object(o);
}

static enum bt_err send(struct push *push, struct pushed *p,
                        const struct bot_talk *talk, struct text user) {
  const struct bot_settings *s = settings_of(push);
  const struct text api = bot_setting_text(s, BOT_OPTION_COGNIGY_API);
  const bool notify =
      bot_setting_num(s, BOT_OPTION_COGNIGY_RETURN_BY) == NOTIFY;
  const struct http_header headers[] = {
      {TEXT("Content-Type"), TEXT("application/json")},
      {TEXT("x-api-key"), bot_setting_text(s, BOT_OPTION_COGNIGY_API_KEY)}};
  struct textbuf url, body;
  struct json_out o;
  textbuf_init(&url, bots_mem(push->bot->bots));
  textbuf_init(&body, bots_mem(push->bot->bots));
  json_out_init(&o, &body);
  write_body(push, talk, user, &o);
  textbuf_add(&url, api);
  textbuf_add(&url, text_ends(api, TEXT("/")) ? TEXT("v2.0/endpoint/")
                                              : TEXT("/v2.0/endpoint/"));
  textbuf_add(&url, notify ? TEXT("notify") : TEXT("inject"));
  const struct courier_request request = {
      .request = {.method = TEXT("POST"),
                  .url = textbuf_text(&url),
                  .body = textbuf_text(&body),
                  .headers = headers,
                  .header_count = sizeof headers / sizeof headers[0],
                  .timeout_ms = WITHIN_MS,
                  .stays = true}};
  const enum bt_err err =
      url.failed || body.failed
          ? BT_ERR_NOMEM
          : courier_send(push->target, &request, on_reply, p, NULL);
  textbuf_free(&url);
  textbuf_free(&body);
  return err;
}

void push_return(struct push *push, const struct bot_talk *talk,
                 struct text user) {
  struct pushed *p = mem_new(bots_mem(push->bot->bots), sizeof *p);
  if (p == NULL) {
    return; /* the customer's next message tells the flow */
  }
  *p = (struct pushed){
      .next = push->list, .push = push, .session = talk->session};
  if (p->next != NULL) {
    p->next->prev = p;
  }
  push->list = p;
  if (send(push, p, talk, user) != BT_ERR_OK) {
    drop(p);
  }
}

enum bt_err push_create(struct bot *bot, struct push **out) {
  const struct courier_policy policy = {.attempts = ATTEMPTS,
                                        .first_pause_ms = FIRST_PAUSE_MS,
                                        .longest_pause_ms = LONGEST_PAUSE_MS,
                                        .at_once_max = AT_ONCE,
                                        .waiting_max = WAITING,
                                        .alone_ms = 1};
  if (bot_setting_text(bot->settings, BOT_OPTION_COGNIGY_API).len == 0) {
    return BT_ERR_OK;
  }
  struct push *push = mem_new(bots_mem(bot->bots), sizeof *push);
  if (push == NULL) {
    return BT_ERR_NOMEM;
  }
  push->bot = bot;
  const enum bt_err err =
      courier_add_target(bots_courier(bot->bots), &policy, &push->target);
  if (err != BT_ERR_OK) {
    mem_free(bots_mem(bot->bots), push, sizeof *push);
    return err;
  }
  *out = push;
  return BT_ERR_OK;
}

void push_free(struct push *push) {
  if (push == NULL) {
    return;
  }
  courier_drop_target(push->target);
  while (push->list != NULL) {
    drop(push->list);
  }
  mem_free(bots_mem(push->bot->bots), push, sizeof *push);
}
