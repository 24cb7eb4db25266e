/* What an integration's webhook is told: its JSON, its signature, its call. */
#include "genesys/attachments.h"
#include "genesys/lines_priv.h"
#include "genesys/signature.h"

enum { TIMEOUT_MS = 10000, HEADERS_MAX = 40 };

/* ---- channel */

static void put_sender(struct line *l, const struct message_out *m,
                       struct json_out *o) {
  json_key(o, "from");
  json_open_object(o);
  put_key_text(o, "nickname",
               engine_party_name(api_engine(l->g->api), m->role, m->author));
  put_key_text(o, "id", m->author);
  put_key_text(o, "idType", TEXT("Opaque"));
  json_close_object(o);
}

static void put_channel(struct line *l, const struct message_out *m,
                        struct id id, struct json_out *o) {
  json_key(o, "channel");
  json_open_object(o);
  put_key_id(o, "id", genesys_id(l->watch.session, "channel", 0));
  put_key_text(o, "platform", TEXT("Open"));
  put_key_text(o, "type", TEXT("Private"));
  json_key(o, "to");
  json_open_object(o);
  put_key_text(o, "id", l->customer);
  json_close_object(o);
  put_sender(l, m, o);
  put_key_time(o, "time", m->at_us);
  put_key_id(o, "messageId", id);
  json_close_object(o);
}

/* ---- content: quick replies and buttons of bots, whatever they speak */

static struct text label_of(const struct json *m) {
  static const char *const names[] = {"text", "title", "label"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (json_text_of(m, names[i]).len > 0) {
      return json_text_of(m, names[i]);
    }
  }
  return m->type == JSON_TEXT ? m->text : TEXT("");
}

static struct text payload_of(const struct json *m) {
  static const char *const names[] = {"payload", "value", "postback"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (json_text_of(m, names[i]).len > 0) {
      return json_text_of(m, names[i]);
    }
  }
  return label_of(m);
}

static void put_replies(const struct json *list, struct json_out *o) {
  const struct json *first =
      list != NULL && list->type == JSON_LIST ? list->first : NULL;
  for (const struct json *m = first; m != NULL; m = m->next) {
    if (label_of(m).len == 0) {
      continue;
    }
    json_open_object(o);
    put_key_text(o, "contentType", TEXT("QuickReply"));
    json_key(o, "quickReply");
    json_open_object(o);
    put_key_text(o, "text", label_of(m));
    put_key_text(o, "payload", payload_of(m));
    put_key_text(o, "action", TEXT("Message"));
    json_close_object(o);
    json_close_object(o);
  }
}

/* What is content already goes as it is. */
static void put_content(struct line *l, struct text data, struct json_out *o) {
  struct arena arena;
  arena_init(&arena, l->g->mem, 0);
  const struct json *tree = genesys_parse_copy(&arena, data);
  const struct json *content = json_part(tree, "content");
  json_key(o, "content");
  json_open_list(o);
  for (const struct json *m = content != NULL && content->type == JSON_LIST
                                  ? content->first
                                  : NULL;
       m != NULL; m = m->next) {
    json_put_tree(o, m);
  }
  genesys_put_attachments(
      api_link_files(l->g->api, l->watch.session, data, &arena), o);
  put_replies(json_part(tree, "quickReplies"), o);
  put_replies(json_part(tree, "quick_replies"), o);
  put_replies(json_part(tree, "buttons"), o);
  json_close_list(o);
  json_key(o, "metadata");
  json_open_object(o);
  put_key_text(o, "data", data);
  json_close_object(o);
  arena_free(&arena);
}

/* ---- the whole */

static void put_tail(struct line *l, bool human, struct json_out *o) {
  put_key_text(o, "originatingEntity", human ? TEXT("Human") : TEXT("Bot"));
  put_key_text(o, "direction", TEXT("Outbound"));
  put_key_id(o, "conversationId", l->watch.session);
  json_close_object(o);
}

void outbound_write_message(struct line *l, const struct message_out *m,
                            struct json_out *o) {
  const struct id id = genesys_id(l->watch.session, "message", m->number);
  json_open_object(o);
  put_key_id(o, "id", id);
  put_channel(l, m, id, o);
  put_key_text(o, "type", m->data.len > 0 ? TEXT("Structured") : TEXT("Text"));
  put_key_text(o, "text", m->text);
  if (m->data.len > 0) {
    put_content(l, m->data, o);
  }
  put_tail(l, m->role == ROLE_AGENT || m->role == ROLE_SUPERVISOR, o);
}

void outbound_write_event(struct line *l, const char *kind, const char *state,
                          struct json_out *o) {
  const bool typing = text_equal(text_from(kind), TEXT("Typing"));
  uint64_t random[2];
  api_fill_random(l->g->api, random, sizeof random);
  const struct id id =
      genesys_id((struct id){random[0], random[1]}, "event", 0);
  const struct message_out m = {.role = ROLE_AGENT,
                                .at_us = api_unix_us(l->g->api),
                                .author = l->integration};
  json_open_object(o);
  put_key_id(o, "id", id);
  put_channel(l, &m, id, o);
  put_key_text(o, "type", TEXT("Event"));
  json_key(o, "events");
  json_open_list(o);
  json_open_object(o);
  put_key_text(o, "eventType", text_from(kind));
  json_key(o, typing ? "typing" : "presence");
  json_open_object(o);
  put_key_text(o, "type", text_from(state));
  json_close_object(o);
  json_close_object(o);
  json_close_list(o);
  put_tail(l, true, o);
}

/* ---- on its way */

bool outbound_send(struct line *l, struct text bytes, outbound_fn *fn,
                   void *ctx, struct courier_call **call) {
  struct http_header headers[HEADERS_MAX] = {
      {TEXT("Content-Type"), TEXT("application/json; charset=utf-8")}};
  struct courier_request r = {.request = {.method = TEXT("POST"),
                                          .body = bytes,
                                          .headers = headers,
                                          .header_count = 1,
                                          .timeout_ms = TIMEOUT_MS}};
  struct open_integration to;
  struct arena arena;
  char signature[GENESYS_SIGNATURE_MAX];
  arena_init(&arena, l->g->mem, 0);
  struct courier_target *target = lines_target(l->g, l->integration);
  bool sent =
      target != NULL && integration_find(l->g, &arena, l->integration, &to);
  if (sent) {
    r.request.url = to.url;
    for (size_t i = 0; i < to.header_count && r.request.header_count < 33;
         i++) {
      headers[r.request.header_count++] = to.headers[i];
    }
    if (to.secret.len > 0) {
      headers[r.request.header_count++] = (struct http_header){
          TEXT(GENESYS_SIGNATURE), genesys_sign(to.secret, bytes, signature)};
    }
    sent = courier_send(target, &r, fn, ctx, call) == BT_ERR_OK;
  }
  arena_free(&arena);
  return sent;
}
