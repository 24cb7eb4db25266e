/* chatwoot_priv.h - Chatwoot's API: contacts, conversations, what is told. */
#ifndef BATON_FACADES_CHATWOOT_CHATWOOT_PRIV_H
#define BATON_FACADES_CHATWOOT_CHATWOOT_PRIV_H

#include "facades/shared/form.h"
#include "facades/shared/keep.h"
#include "facades/shared/reply.h"
#include "facades/shared/visits.h"

enum { NUMBER_MAX = 24, PATH_NUMBERS = 2, INBOX = 1 };
/* Programs keep ids in 32 bits. */
#define NUMBER_MASK INT64_C(0x7fffffff)

/* A contact: its texts are its own. */
struct contact {
  struct contact *newer, *older;
  uint32_t slot;
  int64_t number;
  struct text json; /* {"contact", "source_id", "id", "name", …} */
  struct text source, identifier;
  size_t size;
  char bytes[];
};

struct contacts {
  const struct mem *mem;
  struct contact **list; /* by slot */
  size_t cap, used, count;
  uint32_t hole; /* a slot below @used that is free, or MAP_NONE */
  struct map by_number, by_source, by_identifier;
  struct contact *newest, *oldest;
};

struct chatwoot {
  struct facade facade;
  struct visits visits;
  struct courier_target *webhook; /* NULL: none */
  struct contacts contacts;
  struct keeper keeper;          /* of files of messages */
  struct request_kept *keepings; /* requests that wait for the api */
};

/* What waits to be told to the webhook. */
struct post {
  struct post *next;
  struct id session;
  int64_t number; /* among those of its session */
  size_t len;
  char json[];
};

/* Messages are numbered by the batch that they are in, and within it: so an id
 * is known wherever the message is read, and the later one is the greater. */
struct message_ids {
  uint64_t batch;
  int64_t count;
};

/* One conversation: a session, or several one after the other. */
struct chat {
  struct visit visit; /* its address is the number */
  int64_t number, account;
  struct message_ids ids;  /* of what is told to the webhook */
  int64_t changed_s;       /* seconds since 1970 */
  struct textbuf customer; /* as the session has it */
  struct post *outbox, *outbox_end;
  int64_t posts; /* of the session so far */
  int64_t told;  /* of them the last process told so many; they are not made */
  bool posting, is_open;
};

extern const struct visit_ops chatwoot_visit_ops;

/* One request. */
struct ask {
  struct chatwoot *c;
  struct http_request *req; /* NULL: it is gone */
  struct arena arena;
  struct text query;
  const struct json *body; /* an object, or NULL */
  struct form_files files; /* of the body */
  struct text kept;        /* what became of them, a JSON list; or empty */
  struct text word;        /* of the path */
  int64_t account, numbers[PATH_NUMBERS];
  struct chat *chat; /* of the path, or NULL */
  uint64_t batch;    /* with what it did, once durable; 0: it did nothing */
  /* chatwoot_begin() */
  struct textbuf text;
  struct json_out out;
};

/* ---- chatwoot.c */
struct chat *chat_find(const struct chatwoot *c, int64_t number);
/* Its session, also when it is over. */
struct id chat_session(const struct chat *chat);
/* A new one for this contact, held; NULL: no memory. */
struct chat *chat_new(struct chatwoot *c, const struct contact *who);
const char *chat_status(const struct chat *chat);
/* Is it in a queue? */
bool chat_waits(const struct chat *chat);
/* An agent has it: its number in the directory. */
bool chat_agent(const struct chat *chat, uint32_t *agent);
/* The queue where it waits, or through which an agent got it. */
bool chat_team(const struct chat *chat, uint32_t *queue);
/* Who the programs are to the engine. */
struct caller chatwoot_caller(const struct facade *f);
/* A command about the session in the name of the agent bot, if one holds it and
 * @may_be_bot, or else of the facade. */
void chat_begin(const struct chat *chat, enum command_type type,
                bool may_be_bot, struct command *cmd);
/* The agent bot that holds the session, or NULL. */
struct bot_talk *chat_bot(const struct chat *chat);
enum bt_err chatwoot_webhook_init(struct chatwoot *c) BT_USE_RESULT;

/* ---- people.c */
void contacts_init(struct contacts *all, const struct mem *mem);
void contacts_free(struct contacts *all);
struct contact *contact_find(const struct contacts *all, int64_t number);
struct contact *contact_find_source(const struct contacts *all,
                                    struct text source);
struct contact *contact_find_identifier(const struct contacts *all,
                                        struct text identifier);
struct contact_facts {
  int64_t number;
  struct text json, source, identifier; /* copied; the last may be empty */
};
/* In the place of the one with this number, if there is one. Source and
 * identifier are of no other. Beyond the limit the oldest is forgotten. NULL:
 * there is no memory. */
struct contact *contact_put(struct contacts *all,
                            const struct contact_facts *facts);

/* ---- contacts.c */
/* Known again from a session's customer. */
void contact_learn(struct chatwoot *c, struct text customer);
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
/* The same without its braces. */
void put_chat_members(struct json_out *o, const struct chat *chat);
void put_agent(struct json_out *o, const struct facade *f, uint32_t agent,
               int64_t account);
void put_team(struct json_out *o, const struct facade *f, uint32_t queue,
              int64_t account);
int64_t message_id(struct message_ids *ids, uint64_t batch);
void put_message(struct json_out *o, const struct chat *chat,
                 const struct record *event, int64_t id);
/* The same without its braces, and with words for its type, as webhooks have
 * it. */
void put_told_message(struct json_out *o, const struct chat *chat,
                      const struct record *event, int64_t id);

/* ---- conversations.c, messages.c */
void chatwoot_serve_chats(struct ask *a);
void chatwoot_serve_chats_meta(struct ask *a);
void chatwoot_serve_filter(struct ask *a); /* filter.c */
void chatwoot_serve_new_chat(struct ask *a);
void chatwoot_serve_chat(struct ask *a);
void chatwoot_serve_toggle(struct ask *a);
void chatwoot_serve_assign(struct ask *a);
void chatwoot_serve_labels(struct ask *a);
void chatwoot_serve_new_labels(struct ask *a);
void chatwoot_serve_attributes(struct ask *a);
void chatwoot_serve_messages(struct ask *a);
void chatwoot_serve_new_message(struct ask *a);

/* The message of the request: its files are kept, or it has none. */
void chatwoot_say_message(struct ask *a);

/* ---- files.c */
/* Keeps the files of the request, then says its message. */
void chatwoot_keep_files(struct ask *a);
void chatwoot_serve_attachment(struct ask *a);
void put_file_url(struct textbuf *out, const struct chat *chat,
                  struct text file);
/* Is it a URL of ours, as we gave it away? */
bool chatwoot_is_signed(const struct chatwoot *c, struct http_request *req);
void chatwoot_files_free(struct chatwoot *c);

/* ---- requests.c */
/* The body is an object, of JSON or of a form. False: it was refused. */
bool chatwoot_read_body(struct ask *a);
/* {"error": …} */
void chatwoot_fail(struct ask *a, int status, struct text why);
/* The answer is written to what this returns, and leaves with the other. */
struct json_out *chatwoot_begin(struct ask *a);
void chatwoot_end(struct ask *a);
/* Submits for the chat of @a, and answers with @reply when it is durable, or
 * with the engine's refusal. A NULL @cmd: only waits for what is written. */
typedef void ask_fn(struct ask *a, const struct answer *answer);
void chatwoot_submit(struct ask *a, const struct command *cmd, ask_fn *reply);
/* The same for a function that gets an answer. NULL: no memory; it is told. */
struct pending;
struct pending *chatwoot_put_off(struct ask *a, ask_fn *reply);
void chatwoot_take_up(void *pending, const struct answer *answer);
/* What was submitted last is what it waits for. */
void chatwoot_note_batch(struct pending *p);

#endif
