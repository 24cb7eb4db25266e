/* chatwoot_priv.h - Chatwoot's API: contacts, conversations, what is told. */
#ifndef BATON_FACADES_CHATWOOT_CHATWOOT_PRIV_H
#define BATON_FACADES_CHATWOOT_CHATWOOT_PRIV_H

#include "facades/shared/reply.h"
#include "facades/shared/visits.h"

enum { NUMBER_MAX = 24, PATH_NUMBERS = 2, INBOX = 1 };
/* A message is numbered within its session; a session by its first batch. */
#define MESSAGES_OF_SESSION INT64_C(16384)

struct contact {
  struct contact *next;
  int64_t number;
  uint64_t source, identifier; /* hashes of those members */
  size_t len;
  char json[]; /* {"contact", "source_id", "id", "name", …} */
};

struct chatwoot {
  struct facade facade;
  struct visits visits;
  struct loop_timer *timer;
  struct courier_target *webhook; /* NULL: none */
  struct contact *contacts;       /* the newest first */
  size_t contact_count;
};

/* What waits to be told to the webhook. */
struct post {
  struct post *next;
  bool is_message;
  size_t len;
  char json[];
};

/* One conversation: a session, or several one after the other. */
struct chat {
  struct visit visit; /* its address is the number */
  int64_t number, account;
  struct id last;          /* session, also when it is over */
  int64_t first_batch;     /* of that session */
  int64_t changed_s;       /* seconds since 1970 */
  struct textbuf customer; /* as the session has it */
  struct post *outbox, *outbox_end;
  bool posting, is_open, lingers;
  int64_t until_us; /* it is kept so long; by loop_now_us() */
};

extern const struct visit_ops chatwoot_visit_ops;

/* One request. */
struct ask {
  struct chatwoot *c;
  struct http_request *req; /* NULL: it is gone */
  struct arena arena;
  struct text query;
  const struct json *body; /* an object, or NULL */
  int64_t account, numbers[PATH_NUMBERS];
  struct chat *chat; /* of the path, or NULL */
};

/* ---- chatwoot.c */
struct chat *chat_find(const struct chatwoot *c, int64_t number);
/* A new one for this contact, held; NULL: no memory. */
struct chat *chat_new(struct chatwoot *c, const struct contact *who);
const char *chat_status(const struct chat *chat);
/* An agent has it: its number in the directory. */
bool chat_agent(const struct chat *chat, uint32_t *agent);
/* A command about the session in the name of the agent bot, if one holds it and
 * @may_be_bot, or else of the facade. */
void chat_begin(const struct chat *chat, enum command_type type,
                bool may_be_bot, struct command *cmd);
/* The agent bot that holds the session, or NULL. */
struct bot_talk *chat_bot(const struct chat *chat);
enum bt_err chatwoot_webhook_init(struct chatwoot *c) BT_USE_RESULT;

/* ---- contacts.c */
struct contact *contact_find(const struct chatwoot *c, int64_t number);
struct contact *contact_find_source(const struct chatwoot *c,
                                    struct text source);
/* Known again from a session's customer. */
void contact_learn(struct chatwoot *c, struct text customer);
void contacts_free(struct chatwoot *c);
void put_contact(struct json_out *o, struct text customer);
void chatwoot_serve_contacts(struct ask *a);
void chatwoot_serve_new_contact(struct ask *a);
void chatwoot_serve_contact(struct ask *a);
void chatwoot_serve_contact_change(struct ask *a);
void chatwoot_serve_contact_search(struct ask *a);
void chatwoot_serve_contact_chats(struct ask *a);

/* ---- put.c */
void put_text_member(struct json_out *o, const char *key, struct text value);
void put_number_member(struct json_out *o, const char *key, int64_t n);
void put_chat(struct json_out *o, const struct chat *chat);
void put_agent(struct json_out *o, const struct facade *f, uint32_t agent,
               int64_t account);
void put_team(struct json_out *o, const struct facade *f, uint32_t queue,
              int64_t account);
/* @words: message types as words, as webhooks have them. */
void put_message(struct json_out *o, const struct chat *chat,
                 const struct record *event, bool words);
int64_t message_id(const struct chat *chat, int64_t number);

/* ---- conversations.c, messages.c */
void chatwoot_serve_chats(struct ask *a);
void chatwoot_serve_chats_meta(struct ask *a);
void chatwoot_serve_new_chat(struct ask *a);
void chatwoot_serve_chat(struct ask *a);
void chatwoot_serve_toggle(struct ask *a);
void chatwoot_serve_assign(struct ask *a);
void chatwoot_serve_labels(struct ask *a);
void chatwoot_serve_new_labels(struct ask *a);
void chatwoot_serve_attributes(struct ask *a);
void chatwoot_serve_messages(struct ask *a);
void chatwoot_serve_new_message(struct ask *a);

/* ---- requests.c */
/* {"error": …} */
void chatwoot_fail(struct ask *a, int status, struct text why);
void chatwoot_reply(struct ask *a, int status, const struct textbuf *b);
/* Submits for the chat of @a, and answers with @reply when it is durable, or
 * with the engine's refusal. A NULL @cmd: only waits for what is written. */
typedef void ask_fn(struct ask *a, const struct answer *answer);
void chatwoot_submit(struct ask *a, const struct command *cmd, ask_fn *reply);
/* The same for a function that gets an answer. NULL: no memory; it is told. */
struct pending;
struct pending *chatwoot_put_off(struct ask *a, ask_fn *reply);
void chatwoot_take_up(void *pending, const struct answer *answer);

#endif
