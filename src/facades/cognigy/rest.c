/* Cognigy's REST and Webhook endpoints: POST /{URLToken} {userId, sessionId,
 * text, data}.
 *
 * REST: the answer is what was said in the turn, {text, data, outputStack}.
 * Webhook: the answer is empty, and each output is POSTed to the webhook,
 * {userId, sessionId, AIOutput}, one after the other. */
#include "base/check.h"
#include "facades/cognigy/cognigy_priv.h"

enum {
  TURN_US = 10000000,   /* a bot that is silent for longer has said nothing */
  WAITING_US = 1000000, /* the same, if something waits to be told */
  ATTEMPTS = 6,
  LASTS_MS = 10 * 60 * 1000, /* as long as the last words of a session wait */
  FIRST_PAUSE_MS = 250,
  LONGEST_PAUSE_MS = 30000,
  AT_ONCE = 64,
  WAITING_MAX = 10000,
  FAILURES = 8,
  ALONE_MS = 1000,
  POST_MS = 10000
};

static void put_error(const struct mem *mem, struct http_request *req,
                      int status, struct text message) {
  struct textbuf b;
  struct json_out o;
  textbuf_init(&b, mem);
  json_out_init(&o, &b);
  json_open_object(&o);
  json_key(&o, "type");
  json_put_text(&o, TEXT("error"));
  json_key(&o, "code");
  json_put_i64(&o, status);
  json_key(&o, "error");
  json_put_text(&o, http_status_reason(status));
  json_key(&o, "message");
  json_put_text(&o, message);
  json_close_object(&o);
  reply_json(req, status, textbuf_text(&b));
  textbuf_free(&b);
}

static struct http_request *take_request(struct chat *chat) {
  struct http_server *server = api_server(chat->visit.visits->facade->api);
  if (!chat->asked || server == NULL) {
    return NULL;
  }
  chat->asked = false;
  return http_request_find(server, chat->request);
}

/* ---- a turn's answer */

static void put_member(struct json_out *o, const char *key,
                       const struct json *output) {
  const struct json *m = json_member(output, text_from(key));
  json_key(o, key);
  if (m != NULL) {
    json_put_raw(o, m->source);
  } else {
    json_put_null(o);
  }
}

/* text and data of the answer are those of the last output, as the vendor's
 * are; all of them are the stack. */
static void put_stack(struct chat *chat, struct arena *arena,
                      struct json_out *o) {
  struct json *last = NULL;
  json_open_object(o);
  json_key(o, "outputStack");
  json_open_list(o);
  for (const struct output *out = chat->outbox; out != NULL; out = out->next) {
    const struct text data = {out->data, out->len};
    json_put_raw(o, data);
    if (out->next == NULL &&
        json_parse(arena, data, JSON_DEPTH_MAX, &last, NULL) != BT_ERR_OK) {
      last = NULL;
    }
  }
  json_close_list(o);
  put_member(o, "text", last);
  put_member(o, "data", last);
  json_key(o, "sessionId");
  json_put_text(o, (struct text){chat->visit.address, chat->visit.address_len});
  json_close_object(o);
}

void chat_answer_rest(struct chat *chat) {
  struct http_request *req = take_request(chat);
  struct textbuf b;
  struct json_out o;
  struct arena arena;
  if (req == NULL) {
    return; /* what was said waits for the next request */
  }
  textbuf_init(&b, chat->visit.visits->facade->mem);
  arena_init(&arena, chat->visit.visits->facade->mem, 0);
  json_out_init(&o, &b);
  put_stack(chat, &arena, &o);
  reply_json(req, 200, textbuf_text(&b));
  while (!b.failed && chat->outbox != NULL) {
    chat_drop_output(chat, chat->outbox);
  }
  arena_free(&arena);
  textbuf_free(&b);
}

/* ---- the request */

static void take_refusal(struct chat *chat, const struct answer *a) {
  struct http_request *req = take_request(chat);
  struct arena arena;
  struct json *tree = NULL;
  if (req == NULL) {
    return;
  }
  arena_init(&arena, chat->visit.visits->facade->mem, 0);
  const bool read =
      json_parse(&arena, a->body, JSON_DEPTH_MAX, &tree, NULL) == BT_ERR_OK;
  const struct text detail = read ? peer_text(tree, "detail") : TEXT("");
  put_error(arena.mem, req, a->code,
            detail.len > 0 ? detail : TEXT("It cannot be taken now."));
  arena_free(&arena);
}

static void on_said(void *ctx, const struct answer *a) {
  struct chat *chat = ctx;
  const struct cognigy *c =
      (struct cognigy *)(void *)chat->visit.visits->facade;
  if (a != NULL && a->code >= 400) {
    take_refusal(chat, a);
  } else if (c->webhook != NULL) {
    struct http_request *req = take_request(chat);
    if (req != NULL) {
      reply_json(req, 200, TEXT("{}"));
    }
  }
  visit_drop(&chat->visit);
}

static void ask(struct cognigy *c, struct http_request *req,
                struct text session, const struct visit_said *said) {
  struct chat *chat = chat_get(c, session);
  if (chat == NULL) {
    put_error(c->facade.mem, req, 400,
              TEXT("\"sessionId\" is a text of 1 to 1024 bytes."));
    return;
  }
  chat_answer_rest(chat); /* of an older request */
  chat->request = http_request_ref(req);
  chat->asked = true;
  /* What an agent has said meanwhile comes with the answer. */
  chat_start_timer(chat, chat->outbox == NULL ? TURN_US : WAITING_US);
  (void)visit_say(&chat->visit, said, on_said, chat);
}

static bool is_path(const struct cognigy *c, struct http_request *req) {
  const struct text path = http_request_path(req);
  const size_t slash = text_ends(path, TEXT("/"));
  return path.len > 1 && secret_equal(text_sub(path, 1, path.len - 1 - slash),
                                      c->facade.settings.token);
}

bool cognigy_serve_rest(struct cognigy *c, struct http_request *req) {
  struct json_error error = {.message = "it is no object"};
  struct visit_said said;
  struct arena arena;
  if (!is_path(c, req)) {
    return false;
  }
  if (http_request_method(req) == HTTP_OPTIONS) {
    reply_preflight(req);
    return true;
  }
  if (http_request_method(req) != HTTP_POST) {
    put_error(c->facade.mem, req, 405, TEXT("An endpoint takes POST."));
    return true;
  }
  arena_init(&arena, c->facade.mem, 0);
  const struct json *tree = body_object(&arena, req, &error);
  const char *why = tree == NULL                       ? error.message
                    : !cognigy_read_input(tree, &said) ? "\"text\" is a text."
                                                       : visit_check(&said);
  if (why != NULL) {
    put_error(c->facade.mem, req, 400, text_from(why));
  } else {
    ask(c, req, peer_text(tree, "sessionId"), &said);
  }
  arena_free(&arena);
  return true;
}

/* ---- the webhook */

enum bt_err webhook_init(struct cognigy *c) {
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

static void on_posted(void *ctx, const struct outbound_reply *reply) {
  struct chat *chat = ctx;
  (void)reply; /* what could not be told after all attempts is not kept */
  chat_told_output(chat, chat->posting);
  chat->posting = 0;
  webhook_send(chat);
  visit_drop(&chat->visit);
}

/* The customer's id, as long as the session is there. */
static struct text user_of(const struct chat *chat, struct arena *arena) {
  const struct engine *e = api_engine(chat->visit.visits->facade->api);
  struct json *tree = NULL;
  uint32_t slot;
  return engine_find(e, chat->outbox->session, &slot) &&
                 json_parse(arena, engine_session_customer(e, slot),
                            JSON_DEPTH_MAX, &tree, NULL) == BT_ERR_OK
             ? peer_text(tree, "id")
             : (struct text){chat->visit.address, chat->visit.address_len};
}

static void put_post(const struct chat *chat, struct textbuf *b) {
  struct json_out o;
  struct arena arena;
  arena_init(&arena, b->mem, 0);
  json_out_init(&o, b);
  json_open_object(&o);
  json_key(&o, "sessionId");
  json_put_text(&o,
                (struct text){chat->visit.address, chat->visit.address_len});
  json_key(&o, "userId");
  json_put_text(&o, user_of(chat, &arena));
  json_key(&o, "AIOutput");
  json_put_raw(&o, (struct text){chat->outbox->data, chat->outbox->len});
  json_close_object(&o);
  arena_free(&arena);
}

void webhook_send(struct chat *chat) {
  const struct cognigy *c =
      (struct cognigy *)(void *)chat->visit.visits->facade;
  static const struct http_header header = {{"Content-Type", 12},
                                            {"application/json", 16}};
  if (c->webhook == NULL || chat->pages != NULL || chat->posting != 0 ||
      chat->outbox == NULL) {
    return;
  }
  struct textbuf b;
  textbuf_init(&b, c->facade.mem);
  put_post(chat, &b);
  const struct courier_request request = {
      .request = {.method = TEXT("POST"),
                  .url = c->facade.settings.webhook,
                  .body = textbuf_text(&b),
                  .headers = &header,
                  .header_count = 1,
                  .timeout_ms = POST_MS},
      .may_repeat = true}; /* the traceId tells that it is the same */
  visit_hold(&chat->visit);
  chat->posting = chat->outbox->id;
  if (b.failed ||
      courier_send(c->webhook, &request, on_posted, chat, NULL) != BT_ERR_OK) {
    chat->posting = 0;
    visit_drop(&chat->visit);
  }
  textbuf_free(&b);
}
