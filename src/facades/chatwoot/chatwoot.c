/* Chatwoot, as its server: a conversation is one session after another.
 *
 * What happens is told to the webhook as agent bots know it: message_created,
 * conversation_created, conversation_opened, conversation_resolved; one after
 * the other for each conversation. developers.chatwoot.com/api-reference,
 * chatwoot.com/docs/product/others/agent-bots. */
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "bots/bot.h"
#include "domain/domain.h"
#include "facades/chatwoot/chatwoot_priv.h"

enum {
  ATTEMPTS = 6, /* then a bot is lost, and what it is told goes on */
  LASTS_MS = 10 * 60 * 1000,
  FIRST_PAUSE_MS = 250,
  LONGEST_PAUSE_MS = 5000,
  AT_ONCE = 64,
  WAITING_MAX = 10000,
  FAILURES = 8,
  ALONE_MS = 1000,
  POST_MS = 10000,
  SECOND_US = 1000000
};
/* How long a conversation that is over can be read, and opened again. */
#define LINGER_US (INT64_C(86400) * SECOND_US)

/* ---- what it is */

static struct api *api_of(const struct chat *chat) {
  return chat->visit.visits->facade->api;
}

static const struct session *session_of(const struct chat *chat) {
  uint32_t slot;
  return visit_is_open(&chat->visit, &slot)
             ? engine_session(api_engine(api_of(chat)), slot)
             : NULL;
}

struct id chat_session(const struct chat *chat) {
  return id_is_null(chat->visit.session) ? chat->visit.last
                                         : chat->visit.session;
}

bool chat_waits(const struct chat *chat) {
  const struct session *s = session_of(chat);
  return s != NULL &&
         (s->status == SESSION_QUEUED || s->status == SESSION_OFFERED);
}

const char *chat_status(const struct chat *chat) {
  const struct session *s = session_of(chat);
  if (s == NULL) {
    return "resolved";
  }
  /* Nobody holds what is idle: it is on its way to people. */
  return s->status == SESSION_IDLE || chat_waits(chat) ||
                 s->status == SESSION_ACTIVE
             ? "open"
             : "pending";
}

bool chat_agent(const struct chat *chat, uint32_t *agent) {
  const struct session *s = session_of(chat);
  if (s == NULL || s->holder != SESSION_HOLDER_AGENT) {
    return false;
  }
  *agent = s->holder_id;
  return true;
}

bool chat_team(const struct chat *chat, uint32_t *queue) {
  const struct session *s = session_of(chat);
  if (s == NULL || (!chat_waits(chat) && s->status != SESSION_ACTIVE)) {
    return false;
  }
  *queue = s->queue;
  return s->queue != SESSION_NOBODY;
}

struct bot_talk *chat_bot(const struct chat *chat) {
  const struct session *s = session_of(chat);
  struct bot_talk *t = s != NULL && s->holder == SESSION_HOLDER_BOT
                           ? bot_find_talk(chat->visit.visits->facade->bots,
                                           s->holder_id, chat->visit.session)
                           : NULL;
  return t != NULL && t->bot->settings->kind == BOT_CHATWOOT ? t : NULL;
}

struct caller chatwoot_caller(const struct facade *f) {
  return (struct caller){.role = ROLE_SUPERVISOR,
                         .number = SESSION_NOBODY,
                         .name = f->settings.id};
}

void chat_begin(const struct chat *chat, enum command_type type,
                bool may_be_bot, struct command *cmd) {
  const struct bot_talk *t = may_be_bot ? chat_bot(chat) : NULL;
  const struct directory *d = engine_directory(api_engine(api_of(chat)));
  *cmd = (struct command){.by = chatwoot_caller(chat->visit.visits->facade)};
  record_init(&cmd->args, type);
  record_set_id(&cmd->args, FIELD_SESSION, chat->visit.session);
  if (t != NULL) {
    cmd->by.role = ROLE_BOT;
    cmd->by.number = t->bot->number;
    cmd->by.name = d->bots[t->bot->number].id;
    bot_fill_command(t, cmd);
  }
}

/* ---- the webhook */

static void send_next(struct chat *chat);

static void drop_post(struct chat *chat) {
  struct post *p = chat->outbox;
  chat->outbox = p->next;
  chat->outbox_end = p->next == NULL ? NULL : chat->outbox_end;
  mem_free(chat->visit.visits->facade->mem, p, sizeof *p + p->len);
}

/* An agent bot that cannot be told is no bot: the session is not left with it.
 */
static void lose_bot(struct chat *chat, const struct outbound_reply *reply) {
  char why[240];
  struct bot_talk *t = chat_bot(chat);
  if (t == NULL) {
    return;
  }
  const int n =
      reply->status < 0
          ? snprintf(why, sizeof why,
                     "The webhook of the agent bot cannot be told: %.*s",
                     TEXT_ARG(reply->reason))
          : snprintf(why, sizeof why,
                     "The webhook of the agent bot cannot be told: it answered "
                     "%d",
                     reply->status);
  bot_lose_talk(t, utf8_printed(why, sizeof why, n));
}

static void on_late(void *ctx, const struct outbound_reply *reply) {
  lose_bot(ctx, reply);
}

static void on_posted(void *ctx, const struct outbound_reply *reply) {
  struct chat *chat = ctx;
  chat->posting = false;
  visit_keep_told(&chat->visit, chat->outbox->session, chat->outbox->number);
  drop_post(chat);
  if (reply->status < 200 || reply->status >= 300) {
    lose_bot(chat, reply);
  }
  send_next(chat);
  visit_drop(&chat->visit);
}

static void send_next(struct chat *chat) {
  const struct chatwoot *c =
      (struct chatwoot *)(void *)chat->visit.visits->facade;
  static const struct http_header header = {{"Content-Type", 12},
                                            {"application/json", 16}};
  if (chat->posting || chat->outbox == NULL) {
    return;
  }
  const struct courier_request request = {
      .request = {.method = TEXT("POST"),
                  .url = c->facade.settings.webhook,
                  .body = {chat->outbox->json, chat->outbox->len},
                  .headers = &header,
                  .header_count = 1,
                  .timeout_ms = POST_MS},
      .may_repeat = true, /* the id tells that it is the same */
      .late = on_late};
  visit_hold(&chat->visit);
  chat->posting = true;
  if (courier_send(c->webhook, &request, on_posted, chat, NULL) != BT_ERR_OK) {
    chat->posting = false;
    visit_drop(&chat->visit);
  }
}

static void add_post(struct chat *chat, const struct textbuf *b) {
  const struct mem *mem = chat->visit.visits->facade->mem;
  const struct text json = textbuf_text(b);
  struct post *p = b->failed ? NULL : mem_new(mem, sizeof *p + json.len);
  if (p == NULL) {
    return;
  }
  p->session = chat_session(chat);
  p->number = chat->posts;
  p->len = json.len;
  memcpy(p->json, json.ptr, json.len);
  if (chat->outbox_end != NULL) {
    chat->outbox_end->next = p;
  } else {
    chat->outbox = p;
  }
  chat->outbox_end = p;
  send_next(chat);
}

static void put_account(struct json_out *o, const struct chat *chat) {
  json_key(o, "account");
  json_open_object(o);
  put_number_member(o, "id", chat->account);
  json_close_object(o);
  json_key(o, "inbox");
  json_open_object(o);
  put_number_member(o, "id", INBOX);
  put_text_member(o, "name", chat->visit.visits->facade->settings.id);
  json_close_object(o);
}

/* @message: NULL for what happens to the conversation itself. */
static void tell(struct chat *chat, const char *what,
                 const struct record *message, int64_t id) {
  const struct chatwoot *c =
      (struct chatwoot *)(void *)chat->visit.visits->facade;
  struct textbuf b;
  struct json_out o;
  if (c->webhook == NULL || ++chat->posts <= chat->told) {
    return;
  }
  textbuf_init(&b, c->facade.mem);
  json_out_init(&o, &b);
  json_open_object(&o);
  put_text_member(&o, "event", text_from(what));
  if (message == NULL) {
    put_chat_members(&o, chat);
  } else {
    put_told_message(&o, chat, message, id);
    json_key(&o, "conversation");
    put_chat(&o, chat);
  }
  put_account(&o, chat);
  json_close_object(&o);
  add_post(chat, &b);
  textbuf_free(&b);
}

static void tell_status(struct chat *chat, const char *what) {
  tell(chat, what, NULL, 0);
}

/* ---- from the session */

static void on_event(struct visit *v, uint64_t seq,
                     const struct record *event) {
  struct chat *chat = (struct chat *)(void *)v;
  chat->changed_s = record_num(event, FIELD_AT) / SECOND_US;
  if (event->type == EVENT_OF_SESSION(OPENED)) {
    chat->posts = 0;
    tell_status(chat, "conversation_created");
  } else if (event->type == EVENT_MESSAGE) {
    tell(chat, "message_created", event, message_id(&chat->ids, seq));
  } else if ((event->type == EVENT_OF_SESSION(QUEUED) ||
              event->type == EVENT_OF_SESSION(CONNECTED)) &&
             !chat->is_open) {
    chat->is_open = true;
    tell_status(chat, "conversation_opened");
  } else if (event->type == EVENT_OF_SESSION(BOT_INVITED)) {
    chat->is_open = false;
    tell_status(chat, "conversation_pending");
  } else if (event->type == EVENT_OF_SESSION(WRAPPING) ||
             event->type == EVENT_OF_SESSION(ENDED)) {
    chat->is_open = false;
    tell_status(chat, "conversation_resolved");
  }
}

/* ---- life */

struct chat *chat_find(const struct chatwoot *c, int64_t number) {
  char address[NUMBER_MAX];
  const int len = snprintf(address, sizeof address, "%lld", (long long)number);
  return (struct chat *)(void *)visits_find(
      &c->visits, (struct text){address, (size_t)len});
}

static void init(struct chat *chat) {
  if (chat->number == 0) {
    (void)text_to_i64(
        (struct text){chat->visit.address, chat->visit.address_len},
        &chat->number);
    chat->account = 1;
    textbuf_init(&chat->customer, chat->visit.visits->facade->mem);
  }
}

struct chat *chat_new(struct chatwoot *c, const struct contact *who) {
  char address[NUMBER_MAX];
  int64_t number;
  do {
    api_random(c->facade.api, &number, sizeof number);
    number &= NUMBER_MASK;
  } while (number == 0 || chat_find(c, number) != NULL);
  const int len = snprintf(address, sizeof address, "%lld", (long long)number);
  struct chat *chat = (struct chat *)(void *)visits_get(
      &c->visits, (struct text){address, (size_t)len});
  if (chat != NULL) {
    init(chat);
    chat->changed_s = api_unix_us(c->facade.api) / SECOND_US;
    textbuf_add(&chat->customer, who->json);
  }
  return chat;
}

static bool on_past(void *ctx, uint64_t seq, const struct record *event) {
  on_event(ctx, seq, event);
  return true;
}

/* What happened to the session happens again, and what the webhook was not told
 * is told now. */
static void on_found(struct visit *v, uint32_t slot) {
  struct chat *chat = (struct chat *)(void *)v;
  struct chatwoot *c = (struct chatwoot *)(void *)v->visits->facade;
  const struct engine *e = api_engine(c->facade.api);
  init(chat);
  chat->changed_s = engine_session_spoken_us(e, slot) / SECOND_US;
  textbuf_add(&chat->customer, engine_session_customer(e, slot));
  contact_learn(c, textbuf_text(&chat->customer));
  if (c->webhook != NULL) {
    chat->told = visit_told(v, slot);
    /* Without its past only what comes is told. */
    (void)!domain_timeline(api_domain(c->facade.api), v->session, on_past,
                           chat);
    chat->told = 0;
  }
}

static void on_free(struct visit *v) {
  struct chat *chat = (struct chat *)(void *)v;
  while (chat->outbox != NULL) {
    drop_post(chat);
  }
  textbuf_free(&chat->customer);
}

const struct visit_ops chatwoot_visit_ops = {.bytes = sizeof(struct chat),
                                             .linger_us = LINGER_US,
                                             .on_event = on_event,
                                             .on_found = on_found,
                                             .on_free = on_free};

enum bt_err chatwoot_webhook_init(struct chatwoot *c) {
  static const struct courier_policy policy = {.attempts = ATTEMPTS,
                                               .lasts_ms = LASTS_MS,
                                               .first_pause_ms = FIRST_PAUSE_MS,
                                               .longest_pause_ms =
                                                   LONGEST_PAUSE_MS,
                                               .at_once_max = AT_ONCE,
                                               .waiting_max = WAITING_MAX,
                                               .failures_max = FAILURES,
                                               .alone_ms = ALONE_MS};
  return courier_add_target(c->facade.courier, &policy, &c->webhook);
}
