/* The shapes of Chatwoot's API. */
#include <string.h>

#include "facades/chatwoot/chatwoot_priv.h"

enum {
  SECOND_US = 1000000,
  INCOMING = 0,
  OUTGOING = 1,
  /* More than a script says in one step; and ids stay exact in JavaScript. */
  MESSAGES_OF_BATCH = 1024
};

void put_text_member(struct json_out *o, const char *key, struct text value) {
  json_key(o, key);
  json_put_text(o, value);
}

void put_number_member(struct json_out *o, const char *key, int64_t n) {
  json_key(o, key);
  json_put_i64(o, n);
}

static void put_raw(struct json_out *o, const char *key, struct text json) {
  json_key(o, key);
  json_put_raw(o, json);
}

int64_t message_id(struct message_ids *ids, uint64_t batch) {
  ids->count = ids->batch == batch ? ids->count + 1 : 0;
  ids->batch = batch;
  return (int64_t)batch * MESSAGES_OF_BATCH + ids->count;
}

/* ---- people and queues: their numbers in the directory, from 1 on */

static const char *availability(const struct engine *e, uint32_t agent,
                                struct arena *arena) {
  struct textbuf b;
  struct json_out o;
  struct json *tree = NULL;
  textbuf_init(&b, arena->mem);
  json_out_init(&o, &b);
  engine_write_agent(e, agent, &o);
  const bool read = json_parse(arena, textbuf_text(&b), JSON_DEPTH_MAX, &tree,
                               NULL) == BT_ERR_OK;
  const struct text state = read ? peer_text(tree, "state") : TEXT("");
  const char *shown = text_equal(state, TEXT("available")) ? "online"
                      : text_equal(state, TEXT("offline")) ? "offline"
                                                           : "busy";
  textbuf_free(&b);
  return shown;
}

void put_agent(struct json_out *o, const struct facade *f, uint32_t agent,
               int64_t account) {
  const struct engine *e = api_engine(f->api);
  const struct dir_agent *d = &engine_directory(e)->agents[agent];
  struct arena arena;
  arena_init(&arena, f->mem, 0);
  json_open_object(o);
  put_number_member(o, "id", (int64_t)agent + 1);
  put_text_member(o, "uid", d->id);
  put_text_member(o, "name", d->name);
  put_text_member(o, "available_name", d->name);
  put_number_member(o, "account_id", account);
  put_text_member(o, "role", TEXT("agent"));
  json_key(o, "confirmed");
  json_put_bool(o, true);
  put_text_member(o, "availability_status",
                  text_from(availability(e, agent, &arena)));
  put_text_member(o, "type", TEXT("user"));
  json_close_object(o);
  arena_free(&arena);
}

void put_team(struct json_out *o, const struct facade *f, uint32_t queue,
              int64_t account) {
  const struct dir_queue *d =
      &engine_directory(api_engine(f->api))->queues[queue];
  json_open_object(o);
  put_number_member(o, "id", (int64_t)queue + 1);
  put_text_member(o, "name", d->name);
  put_text_member(o, "description", d->id);
  json_key(o, "allow_auto_assign");
  json_put_bool(o, true);
  put_number_member(o, "account_id", account);
  json_close_object(o);
}

/* ---- a conversation */

static void put_attributes(struct json_out *o, const struct chat *chat) {
  const struct engine *e = api_engine(chat->visit.visits->facade->api);
  struct arena arena;
  struct json *tree = NULL;
  uint32_t slot;
  const struct text all = visit_is_open(&chat->visit, &slot)
                              ? engine_session_attributes(e, slot)
                              : TEXT("{}");
  arena_init(&arena, o->buf->mem, 0);
  const bool read =
      json_parse(&arena, all, JSON_DEPTH_MAX, &tree, NULL) == BT_ERR_OK;
  const struct json *labels = read ? json_member(tree, TEXT("labels")) : NULL;
  put_raw(o, "custom_attributes", read ? all : TEXT("{}"));
  put_raw(o, "additional_attributes", TEXT("{}"));
  put_raw(o, "labels",
          labels != NULL && labels->type == JSON_LIST ? labels->source
                                                      : TEXT("[]"));
  arena_free(&arena);
}

static void put_meta(struct json_out *o, const struct chat *chat) {
  uint32_t agent;
  json_key(o, "meta");
  json_open_object(o);
  json_key(o, "sender");
  put_contact(o, textbuf_text(&chat->customer));
  put_text_member(o, "channel", TEXT("Channel::Api"));
  if (chat_agent(chat, &agent)) {
    json_key(o, "assignee");
    put_agent(o, chat->visit.visits->facade, agent, chat->account);
  }
  json_close_object(o);
}

void put_chat_members(struct json_out *o, const struct chat *chat) {
  char uuid[ID_TEXT_LEN];
  id_to_text(chat_session(chat), uuid);
  put_meta(o, chat);
  put_number_member(o, "id", chat->number);
  put_number_member(o, "account_id", chat->account);
  put_text_member(o, "uuid", (struct text){uuid, sizeof uuid});
  put_number_member(o, "inbox_id", INBOX);
  put_text_member(o, "status", text_from(chat_status(chat)));
  put_attributes(o, chat);
  put_number_member(o, "timestamp", chat->changed_s);
  put_number_member(o, "last_activity_at", chat->changed_s);
  put_number_member(o, "contact_last_seen_at", 0);
  put_number_member(o, "agent_last_seen_at", 0);
  put_number_member(o, "unread_count", 0);
  json_key(o, "can_reply");
  json_put_bool(o, true);
}

void put_chat(struct json_out *o, const struct chat *chat) {
  json_open_object(o);
  put_chat_members(o, chat);
  json_close_object(o);
}

/* ---- a message */

static void put_sender(struct json_out *o, const struct chat *chat,
                       const struct record *event) {
  const uint32_t role = (uint32_t)record_num(event, FIELD_ROLE);
  const struct facade *f = chat->visit.visits->facade;
  const struct text actor = record_text(event, FIELD_ACTOR);
  const struct directory *d = engine_directory(api_engine(f->api));
  json_key(o, "sender");
  if (role == ROLE_CUSTOMER) {
    put_contact(o, textbuf_text(&chat->customer));
    return;
  }
  const uint32_t agent =
      role == ROLE_AGENT ? directory_agent(d, actor) : DIR_NONE;
  if (agent != DIR_NONE) {
    put_agent(o, f, agent, chat->account);
    return;
  }
  json_open_object(o);
  put_number_member(o, "id", 0);
  put_text_member(
      o, "name", engine_party_name(api_engine(f->api), (enum role)role, actor));
  put_text_member(o, "type",
                  role == ROLE_SUPERVISOR ? TEXT("user") : TEXT("agent_bot"));
  json_close_object(o);
}

static const char *kind_of(struct text type) {
  static const char *const kinds[] = {"image", "audio", "video"};
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
    if (text_starts(type, text_from(kinds[i]))) {
      return kinds[i];
    }
  }
  return "file";
}

static void put_attachment(struct json_out *o, const struct chat *chat,
                           const struct json *file, int64_t message) {
  struct textbuf url;
  const struct text id = peer_text(file, "id");
  const struct json *size = json_member(file, TEXT("size"));
  textbuf_init(&url, o->buf->mem);
  put_file_url(&url, chat, id);
  json_open_object(o);
  put_number_member(o, "id", (int64_t)hash_text(id) & NUMBER_MASK);
  put_number_member(o, "message_id", message);
  put_number_member(o, "account_id", chat->account);
  put_text_member(o, "file_type", text_from(kind_of(peer_text(file, "type"))));
  put_text_member(o, "content_type", peer_text(file, "type"));
  put_text_member(o, "file_name", peer_text(file, "name"));
  put_number_member(o, "file_size", size == NULL ? 0 : size->i);
  put_text_member(o, "data_url", textbuf_text(&url));
  put_text_member(o, "thumb_url", textbuf_text(&url));
  json_close_object(o);
  textbuf_free(&url);
}

static void put_attachments(struct json_out *o, const struct chat *chat,
                            const struct json *files, int64_t message) {
  json_key(o, "attachments");
  json_open_list(o);
  for (const struct json *f = files->first; f != NULL; f = f->next) {
    put_attachment(o, chat, f, message);
  }
  json_close_list(o);
}

/* Data that an API client gave has its members where it gave them. */
static void put_data(struct json_out *o, const struct chat *chat,
                     struct text data, int64_t message) {
  struct arena arena;
  struct json *tree = NULL;
  arena_init(&arena, o->buf->mem, 0);
  const bool read = data.len > 0 && json_parse(&arena, data, JSON_DEPTH_MAX,
                                               &tree, NULL) == BT_ERR_OK;
  const struct json *type =
      read ? json_member(tree, TEXT("content_type")) : NULL;
  const struct json *files = read ? json_member(tree, TEXT("files")) : NULL;
  const struct json *given =
      read ? json_member(tree, TEXT("attachments")) : NULL;
  const struct json *own =
      read ? json_member(tree, TEXT("content_attributes")) : NULL;
  put_text_member(o, "content_type",
                  type != NULL && type->type == JSON_TEXT ? type->text
                                                          : TEXT("text"));
  put_raw(o, "content_attributes",
          own != NULL             ? own->source
          : read && files == NULL ? data
                                  : TEXT("{}"));
  if (files != NULL && files->type == JSON_LIST) {
    put_attachments(o, chat, files, message);
  } else if (given != NULL) {
    put_raw(o, "attachments", given->source);
  }
  arena_free(&arena);
}

static bool is_incoming(const struct record *event) {
  return record_num(event, FIELD_ROLE) == ROLE_CUSTOMER;
}

static void put_message_members(struct json_out *o, const struct chat *chat,
                                const struct record *event, int64_t id) {
  put_number_member(o, "id", id);
  put_text_member(o, "content", record_text(event, FIELD_TEXT));
  put_number_member(o, "account_id", chat->account);
  put_number_member(o, "inbox_id", INBOX);
  put_number_member(o, "created_at", record_num(event, FIELD_AT) / SECOND_US);
  json_key(o, "private");
  json_put_bool(o, false);
  put_text_member(o, "status", TEXT("sent"));
  put_data(o, chat, record_text(event, FIELD_DATA), id);
  put_sender(o, chat, event);
}

void put_message(struct json_out *o, const struct chat *chat,
                 const struct record *event, int64_t id) {
  json_open_object(o);
  put_message_members(o, chat, event, id);
  put_number_member(o, "conversation_id", chat->number);
  put_number_member(o, "message_type",
                    is_incoming(event) ? INCOMING : OUTGOING);
  json_close_object(o);
}

void put_told_message(struct json_out *o, const struct chat *chat,
                      const struct record *event, int64_t id) {
  put_message_members(o, chat, event, id);
  put_text_member(o, "message_type",
                  is_incoming(event) ? TEXT("incoming") : TEXT("outgoing"));
}
