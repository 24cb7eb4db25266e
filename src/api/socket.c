/* WebSockets: frames in, frames out, and whose they are. */
#include <stdio.h>
#include <string.h>

#include "api/api_priv.h"
#include "base/check.h"
#include "engine/form.h"

enum {
  FRAME_DEPTH = 64,
  FRAME_BYTES_MAX = 4 << 20,
  FRAME_ID_MAX = 128,
  FRAME_LOOKED_INTO = 4096,
  SOCKET_NAME_MAX = 128
};

/* ---- out */

void socket_close(struct socket *s, uint16_t code, const char *reason) {
  if (s->ws != NULL) {
    ws_close(s->ws, code, text_from(reason));
  }
}

static void send_to(struct ws *ws, struct text text) {
  if (text.len == 0) {
    ws_close(ws, WS_CODE_INTERNAL, TEXT("out of memory"));
  } else if (ws_send_text(ws, text) == BT_ERR_FULL) {
    ws_close(ws, WS_CODE_TRY_LATER, TEXT("reads too slowly"));
  }
}

void socket_send(struct socket *s, struct text text) {
  if (s->ws != NULL) {
    send_to(s->ws, text);
  }
}

/* A frame that waits until what it tells is durable. */
struct held_frame {
  struct pending pending;
  struct api *api;
  struct net_ref ref;
  const char *last; /* why the socket is closed then; NULL: it is not */
  size_t len;
  char text[];
};

static void on_frame_durable(void *ctx, const struct answer *unused) {
  (void)unused;
  struct held_frame *f = ctx;
  struct ws *ws = ws_find(f->api->server, f->ref);
  if (ws != NULL) {
    send_to(ws, (struct text){f->text, f->len});
    if (f->last != NULL) {
      ws_close(ws, WS_CODE_NORMAL, text_from(f->last));
    }
  }
  pending_free(f->api, &f->pending);
}

static bool is_durable(const struct socket *s, uint64_t made_from) {
  return made_from <= domain_released(s->api->domain);
}

static void hold(struct socket *s, struct text text, const char *last) {
  struct api *api = s->api;
  struct held_frame *f =
      s->ws == NULL ? NULL : pending_new(api, sizeof *f + text.len);
  if (f == NULL) {
    socket_close(s, WS_CODE_INTERNAL, "out of memory");
    return;
  }
  f->api = api;
  f->ref = s->ref;
  f->last = last;
  f->len = text.len;
  if (text.len > 0) {
    memcpy(f->text, text.ptr, text.len);
  }
  domain_when_durable(api->domain, on_frame_durable, f);
}

uint64_t socket_send_held(struct socket *s, uint64_t made_from,
                          struct text text) {
  const uint64_t seq = api_last_seq(s->api);
  if (is_durable(s, made_from)) {
    socket_send(s, text);
  } else {
    hold(s, text, NULL);
  }
  return seq;
}

void socket_end_held(struct socket *s, uint64_t made_from, struct text text,
                     const char *reason) {
  if (is_durable(s, made_from)) {
    socket_send(s, text);
    socket_close(s, WS_CODE_NORMAL, reason);
  } else {
    hold(s, text, reason);
  }
}

/* ---- refusing */

static struct text problem_frame(struct api *api, struct text id,
                                 struct text problem) {
  struct json_out o = api_frame_begin(api, "problem");
  if (id.len > 0) {
    json_key(&o, "id");
    json_put_raw(&o, id);
  }
  json_key(&o, "problem");
  json_put_raw(&o, problem);
  return api_frame_end(api, &o);
}

static void refuse(struct socket *s, const struct frame *f,
                   const struct engine_problem *p) {
  struct textbuf b;
  struct json_out o;
  textbuf_init(&b, s->api->mem);
  json_out_init(&o, &b);
  engine_write_problem(api_engine(s->api), p, &o);
  socket_send(
      s, problem_frame(s->api, f == NULL ? TEXT("") : f->id, textbuf_text(&b)));
  textbuf_free(&b);
}

void socket_refuse(struct socket *s, const struct frame *f,
                   enum refusal refusal, struct text detail,
                   struct text pointer) {
  const struct engine_problem p = {
      .refusal = refusal, .detail = detail, .pointer = pointer};
  refuse(s, f, &p);
}

void socket_refuse_type(struct socket *s, const struct frame *f,
                        const char *const *known) {
  enum { TYPES_MAX = 32 };
  struct text names[TYPES_MAX];
  size_t count = 0;
  while (count < TYPES_MAX && known[count] != NULL) {
    names[count] = text_from(known[count]);
    count++;
  }
  const size_t near = text_nearest(f->type, names, count);
  char detail[256];
  (void)snprintf(detail, sizeof detail,
                 "No frame of this socket has the type \"%.*s\"%s%s%s",
                 TEXT_ARG(utf8_cut(f->type, 64)),
                 near < count ? "; did you mean \"" : ".",
                 near < count ? known[near] : "", near < count ? "\"?" : "");
  socket_refuse(s, f, REFUSAL_INVALID_MEMBER, text_from(detail), TEXT("/type"));
}

/* ---- in */

static bool read_id(const struct json *tree, struct text *id) {
  const struct json *m = json_member(tree, TEXT("id"));
  *id = (struct text){"", 0};
  if (m == NULL || m->type == JSON_NULL) {
    return true;
  }
  *id = m->source;
  return (m->type == JSON_TEXT || m->type == JSON_INT) &&
         m->source.len <= FRAME_ID_MAX;
}

static bool read_frame(struct socket *s, struct text message, struct frame *f) {
  struct json *tree = NULL;
  struct json_error error;
  if (json_parse(f->arena, message, FRAME_DEPTH, &tree, &error) != BT_ERR_OK) {
    char detail[400];
    (void)snprintf(detail, sizeof detail, "%s (line %u, column %u)",
                   error.message, error.line, error.column);
    socket_refuse(s, NULL, REFUSAL_BAD_REQUEST, text_from(detail),
                  text_from(error.pointer));
    return false;
  }
  const struct json *type = json_member(tree, TEXT("type"));
  if (!read_id(tree, &f->id)) {
    f->id = (struct text){"", 0};
    socket_refuse(s, f, REFUSAL_INVALID_MEMBER,
                  TEXT("An id is a text or a number of at most 128 bytes."),
                  TEXT("/id"));
    return false;
  }
  if (type == NULL || type->type != JSON_TEXT) {
    socket_refuse(s, f, REFUSAL_INVALID_MEMBER,
                  TEXT("A frame is an object with a \"type\", a text."),
                  TEXT("/type"));
    return false;
  }
  f->tree = tree;
  f->type = type->text;
  f->bytes = message;
  return true;
}

/* A frame that is none counts, too; one that is too much is only looked into
 * for the id that its refusal has to name. */
static bool take_frame(struct socket *s, struct text message, struct frame *f) {
  char detail[RATE_SENTENCE];
  struct engine_problem p = {.refusal = REFUSAL_RATE_LIMITED};
  if (rates_allow(&s->api->rates, &s->by, detail, &p.retry_after_ms)) {
    return read_frame(s, message, f);
  }
  p.detail = text_from(detail);
  struct json *tree = NULL;
  const bool named =
      message.len <= FRAME_LOOKED_INTO &&
      json_parse(f->arena, message, FRAME_DEPTH, &tree, NULL) == BT_ERR_OK &&
      read_id(tree, &f->id);
  refuse(s, named ? f : NULL, &p);
  return false;
}

static void on_message(void *ctx, struct ws *ws, struct text message) {
  (void)ws;
  struct socket *s = ctx;
  struct arena arena;
  arena_init(&arena, s->api->mem, FRAME_BYTES_MAX);
  struct frame f = {.arena = &arena};
  if (take_frame(s, message, &f)) {
    s->ops->on_frame(s, &f);
  }
  arena_free(&arena);
}

bool socket_read(struct socket *s, const struct frame *f,
                 enum command_type type, const char *const *ignore,
                 struct command *cmd) {
  enum { IGNORED_MAX = 16 };
  const char *ignored[IGNORED_MAX] = {"type", "id", "session"};
  for (size_t i = 0; ignore != NULL && ignore[i] != NULL; i++) {
    bt_check(i + 4 < IGNORED_MAX);
    ignored[i + 3] = ignore[i];
  }
  struct form_error error;
  *cmd = (struct command){.by = s->by};
  if (form_read_tree(type, f->tree, ignored, &cmd->args, &error)) {
    return true;
  }
  socket_refuse(s, f, error.refusal, text_from(error.detail),
                text_from(error.pointer));
  return false;
}

bool socket_read_session(struct socket *s, const struct frame *f,
                         struct id *session) {
  const struct json *m = json_member(f->tree, TEXT("session"));
  if (m != NULL && m->type == JSON_TEXT && id_from_text(m->text, session)) {
    return true;
  }
  socket_refuse(s, f,
                m == NULL ? REFUSAL_INVALID_MEMBER : REFUSAL_UNKNOWN_SESSION,
                m == NULL ? TEXT("The frame must name its session.")
                          : TEXT("No session has this id."),
                TEXT("/session"));
  return false;
}

void socket_type(struct socket *s, const struct frame *f, struct id session) {
  const struct json *on = json_member(f->tree, TEXT("on"));
  const struct typing t = {.role = s->by.role,
                           .number = s->by.number,
                           .author = s->by.name,
                           .on = on == NULL || on->type != JSON_FALSE};
  topics_type(&s->api->topics, session, &t);
}

/* False: refused. A member that is missing says nothing. */
static bool read_seen(struct socket *s, const struct frame *f, const char *name,
                      uint32_t most, uint32_t *out) {
  const struct json *n = json_member(f->tree, text_from(name));
  char pointer[32];
  if (n == NULL) {
    return true;
  }
  if (n->type == JSON_INT && n->i >= 0 && n->i <= most) {
    *out = (uint32_t)n->i;
    return true;
  }
  (void)snprintf(pointer, sizeof pointer, "/%s", name);
  socket_refuse(s, f, REFUSAL_INVALID_MEMBER,
                TEXT("It is the number of a message that the session has."),
                text_from(pointer));
  return false;
}

void socket_see(struct socket *s, const struct frame *f, struct id session) {
  struct receipt r = {0};
  uint32_t slot;
  if (!engine_find(api_engine(s->api), session, &slot)) {
    return; /* it has ended: nobody is left to be told */
  }
  const uint32_t most = engine_message_count(api_engine(s->api), slot);
  if (read_seen(s, f, "delivered", most, &r.delivered) &&
      read_seen(s, f, "read", most, &r.read)) {
    topics_receipt(
        &s->api->topics, session,
        s->by.role == ROLE_CUSTOMER ? RECEIPT_CUSTOMER : RECEIPT_AGENT, &r);
  }
}

/* ---- commands */

/* Who gets the answer. */
struct asked {
  struct pending pending;
  struct api *api;
  struct net_ref ref;
  size_t id_len;
  char id[FRAME_ID_MAX];
};

static struct text done_frame(struct api *api, struct text id, int code) {
  struct json_out o = api_frame_begin(api, "done");
  json_key(&o, "id");
  json_put_raw(&o, id);
  json_key(&o, "code");
  json_put_i64(&o, code);
  return api_frame_end(api, &o);
}

static void on_answer(void *ctx, const struct answer *a) {
  struct asked *q = ctx;
  struct ws *ws = ws_find(q->api->server, q->ref);
  const struct text id = {q->id, q->id_len};
  if (ws != NULL && a->code >= 400) {
    send_to(ws, problem_frame(q->api, id, a->body));
  } else if (ws != NULL && id.len > 0) {
    send_to(ws, done_frame(q->api, id, a->code));
  }
  pending_free(q->api, &q->pending);
}

/* A frame with an id may be sent again after a reconnection: it is carried out
 * once. */
static bool set_key(struct socket *s, const struct frame *f,
                    struct command *cmd) {
  if (f->id.len == 0) {
    return true;
  }
  char session[ID_TEXT_LEN] = {0};
  id_to_text(record_id(&cmd->args, FIELD_SESSION), session);
  struct textbuf key;
  textbuf_init(&key, s->api->mem);
  textbuf_addf(&key, "frame %.*s %.*s", ID_TEXT_LEN, session, TEXT_ARG(f->id));
  const struct text copy = arena_copy_text(f->arena, textbuf_text(&key));
  textbuf_free(&key);
  if (copy.ptr == NULL) {
    return false;
  }
  record_set_text(&cmd->args, FIELD_KEY, copy);
  record_set_num(&cmd->args, FIELD_HASH,
                 (int64_t)hash_bytes(f->bytes.ptr, f->bytes.len));
  return true;
}

void socket_submit(struct socket *s, const struct frame *f,
                   struct command *cmd) {
  struct asked *q = set_key(s, f, cmd) ? pending_new(s->api, sizeof *q) : NULL;
  if (q == NULL) {
    socket_refuse(s, f, REFUSAL_UNAVAILABLE, TEXT("There is no memory for it."),
                  TEXT(""));
    return;
  }
  q->api = s->api;
  q->ref = s->ref;
  q->id_len = f->id.len;
  if (f->id.len > 0) {
    memcpy(q->id, f->id.ptr, f->id.len);
  }
  cmd->terse = true; /* a good answer is told as its code */
  api_submit(s->api, cmd, on_answer, q);
}

/* ---- life */

static void note_socket(struct socket *s, const char *what, uint16_t code) {
  const struct api_log entry = {.level = API_LOG_INFO,
                                .what = what,
                                .who = s->by.name,
                                .request = s->by.request,
                                .detail = text_from(role_name(s->by.role)),
                                .code = code};
  api_note(s->api, &entry);
}

static void on_close(void *ctx, struct ws *ws, uint16_t code,
                     struct text reason) {
  (void)ws;
  (void)reason;
  struct socket *s = ctx;
  note_socket(s, "socket.closed", code);
  s->ws = NULL;
  if (s->api->next_socket == s) {
    s->api->next_socket = s->next;
  }
  if (s->prev != NULL) {
    s->prev->next = s->next;
  } else {
    s->api->sockets = s->next;
  }
  if (s->next != NULL) {
    s->next->prev = s->prev;
  }
  const struct mem *mem = s->api->mem;
  char *name = s->name;
  const size_t len = s->by.name.len;
  s->ops->on_closed(s);
  mem_free(mem, name, name == NULL ? 0 : len + 1);
}

static const struct ws_handlers ws_handlers = {.on_message = on_message,
                                               .on_close = on_close};

static bool refuse_plain(struct call *c) {
  call_refuse(c, REFUSAL_BAD_REQUEST,
              TEXT("This resource is a WebSocket: connect with Upgrade: "
                   "websocket."),
              TEXT(""));
  return false;
}

/* Of nearly all the name is "customer", for which nothing is kept. */
static bool keep_name(struct socket *s, struct text name) {
  static const struct text customer = {"customer", 8};
  if (text_equal(name, customer)) {
    s->name = NULL;
    s->by.name = customer;
    return true;
  }
  const struct text kept = utf8_cut(name, SOCKET_NAME_MAX);
  s->name = mem_new(s->api->mem, kept.len + 1);
  if (s->name != NULL && kept.len > 0) {
    memcpy(s->name, kept.ptr, kept.len);
  }
  s->by.name = (struct text){s->name, kept.len};
  return s->name != NULL;
}

bool socket_open(struct socket *s, struct call *c,
                 const struct socket_ops *ops) {
  struct api *api = c->api;
  struct http_request *req = call_request(c);
  if (req == NULL) {
    call_end(c); /* the peer has gone meanwhile */
    return false;
  }
  if (!http_request_wants_ws(req)) {
    return refuse_plain(c);
  }
  struct socket opened = {
      .api = api, .ops = ops, .by = c->by, .source = c->who.source};
  if (!keep_name(&opened, c->by.name)) {
    call_refuse_memory(c);
    return false;
  }
  const enum bt_err err = ws_accept(req, TEXT(""), &ws_handlers, s, &opened.ws);
  if (err != BT_ERR_OK) {
    mem_free(api->mem, opened.name, opened.by.name.len + 1);
    call_end(c);
    return false;
  }
  *s = opened;
  s->ref = ws_ref(s->ws);
  s->by.request = TEXT("");
  s->next = api->sockets;
  if (s->next != NULL) {
    s->next->prev = s;
  }
  api->sockets = s;
  note_socket(s, "socket.opened", 0);
  call_end(c);
  return true;
}

static void close_if_revoked(struct socket *s) {
  if (!api_still(s->api, &s->source)) {
    socket_close(s, WS_CODE_POLICY, "the token was revoked");
  }
}

void api_revoke(struct api *api) {
  for (struct socket *s = api->sockets; s != NULL; s = s->next) {
    close_if_revoked(s);
  }
  streams_revoke(api);
}

enum bt_err api_set_tokens(struct api *api, const struct api_token *tokens,
                           size_t count) {
  const enum bt_err err = auth_set(&api->auth, tokens, count);
  if (err == BT_ERR_OK) {
    api_revoke(api);
    api_await_expiry(api);
  }
  return err;
}
