/* Cognigy's Socket endpoint as its web chats know it: pages and what they are
 * told.
 *
 *   in   processInput {text, data, userId, …}
 *   out  endpoint-ready, output, typingStatus, finalPing, exception
 *
 * What bots and agents say stays in the chat's outbox until the page has
 * acknowledged it, so a page that comes back hears what it missed, once. */
#include "facades/cognigy/cognigy_priv.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"

/* A turn is over when the bot has said nothing more for so long. */
enum { QUIET_US = 400000, OUTBOX_MAX = 1000 };
/* How long the last words of a session wait for a page that is away, and its
 * last inputs are known again. */
#define LINGER_US (600 * INT64_C(1000000))

/* ---- the outbox */

void chat_drop_output(struct chat *chat, struct output *o) {
  struct output **at = &chat->outbox;
  while (*at != o) {
    at = &(*at)->next;
  }
  *at = o->next;
  chat->output_count--;
  mem_free(chat->visit.visits->facade->mem, o, sizeof *o + o->len);
}

void chat_told_output(struct chat *chat, uint64_t id) {
  const struct cognigy *c =
      (struct cognigy *)(void *)chat->visit.visits->facade;
  struct output *o = chat->outbox;
  while (o != NULL && o->id != id) {
    o = o->next;
  }
  if (o == NULL) {
    return;
  }
  if (c->webhook != NULL) {
    visit_keep_told(&chat->visit, o->session, o->number);
  }
  chat_drop_output(chat, o);
}

static void add_output(struct chat *chat, const struct cognigy_output *out,
                       struct text data) {
  struct output *o =
      mem_new(chat->visit.visits->facade->mem, sizeof *o + data.len);
  if (o == NULL) {
    return; /* as for a page that is not there: the session has it */
  }
  if (chat->output_count == OUTBOX_MAX) {
    chat_drop_output(chat, chat->outbox);
  }
  o->id = ++chat->last_id;
  o->session = out->session;
  o->number = out->number;
  o->len = data.len;
  memcpy(o->data, data.ptr, data.len);
  struct output **end = &chat->outbox;
  while (*end != NULL) {
    end = &(*end)->next;
  }
  *end = o;
  chat->output_count++;
}

/* ---- out */

static void send_output(struct page *page, const struct output *o) {
  struct textbuf b;
  textbuf_init(&b, page->conn.all->facade->mem);
  textbuf_add(&b, TEXT("42"));
  if (page->acknowledges) {
    textbuf_add_u64(&b, o->id);
  }
  textbuf_add(&b, TEXT("[\"output\",{\"type\":\"output\",\"data\":"));
  textbuf_add(&b, (struct text){o->data, o->len});
  textbuf_add(&b, TEXT("}]"));
  eio_send(&page->conn, b.failed ? TEXT("41") : textbuf_text(&b));
  textbuf_free(&b);
}

/* Everything that waits, or what is new behind @after. What nobody will
 * acknowledge is done with as soon as it is sent. */
static void send_outputs(struct page *page, uint64_t after) {
  struct chat *chat = page->chat;
  for (struct output *o = chat->outbox, *next; o != NULL; o = next) {
    next = o->next;
    if (o->id > after) {
      send_output(page, o);
    }
  }
}

static void forget_unacknowledged(struct chat *chat) {
  bool waits = false;
  for (const struct page *p = chat->pages; p != NULL; p = p->next) {
    waits = waits || p->acknowledges;
  }
  while (!waits && chat->pages != NULL && chat->outbox != NULL) {
    chat_told_output(chat, chat->outbox->id);
  }
}

static void tell_pages(struct chat *chat, struct text packet) {
  for (struct page *p = chat->pages; p != NULL; p = p->next) {
    eio_send(&p->conn, packet);
  }
}

void cognigy_put_output(struct json_out *o, const struct cognigy_output *out) {
  char session[ID_TEXT_LEN];
  char trace[ID_TEXT_LEN + 24];
  id_to_text(out->session, session);
  (void)snprintf(trace, sizeof trace, "%.*s-%lld", ID_TEXT_LEN, session,
                 (long long)out->number);
  json_open_object(o);
  json_key(o, "text");
  if (out->text.len > 0) {
    json_put_text(o, out->text);
  } else {
    json_put_null(o);
  }
  json_key(o, "data");
  json_put_raw(o, out->data.len > 0 ? out->data : TEXT("{}"));
  json_key(o, "source");
  json_put_text(o, out->by_agent ? TEXT("agent") : TEXT("bot"));
  json_key(o, "traceId");
  json_put_text(o, text_from(trace));
  json_close_object(o);
}

void chat_say(struct chat *chat, const struct cognigy_output *out) {
  struct textbuf b;
  struct json_out o;
  textbuf_init(&b, chat->visit.visits->facade->mem);
  json_out_init(&o, &b);
  cognigy_put_output(&o, out);
  const uint64_t before = chat->last_id;
  if (!b.failed) {
    add_output(chat, out, textbuf_text(&b));
  }
  textbuf_free(&b);
  for (struct page *p = chat->pages; p != NULL; p = p->next) {
    send_outputs(p, before);
  }
  forget_unacknowledged(chat);
}

static void ping(struct chat *chat) {
  const bool as_output = chat->visit.visits->facade->settings.ping_as_output;
  tell_pages(chat, as_output
                       ? TEXT("42[\"output\",{\"type\":\"finalPing\","
                              "\"data\":{\"type\":\"regular\"}}]")
                       : TEXT("42[\"finalPing\",{\"type\":\"regular\"}]"));
}

static void end_turn(struct chat *chat) {
  if (chat->turns) {
    chat->turns = false;
    ping(chat);
  }
  chat_answer_rest(chat);
}

static void on_quiet(void *ctx) {
  end_turn(ctx);
}

void chat_start_timer(struct chat *chat, int64_t wait_us) {
  if (chat->quiet != NULL) {
    loop_timer_start_after(chat->quiet, wait_us);
  }
}

/* ---- from the session */

static void on_message(struct chat *chat, const struct record *event) {
  const uint32_t role = (uint32_t)record_num(event, FIELD_ROLE);
  if (role == ROLE_CUSTOMER) {
    return;
  }
  const bool by_agent = role == ROLE_AGENT || role == ROLE_SUPERVISOR;
  const struct cognigy_output out = {
      .session = record_id(event, FIELD_SESSION),
      .number = record_num(event, FIELD_MESSAGE),
      .text = record_text(event, FIELD_TEXT),
      .data = record_has(event, FIELD_DATA) ? record_text(event, FIELD_DATA)
                                            : TEXT(""),
      .by_agent = by_agent};
  chat_say(chat, &out);
  chat->turns = chat->turns || !by_agent;
  chat_start_timer(chat, QUIET_US);
  webhook_send(chat);
}

static void on_event(struct visit *v, uint64_t seq,
                     const struct record *event) {
  struct chat *chat = (struct chat *)(void *)v;
  (void)seq;
  if (event->type == EVENT_MESSAGE) {
    on_message(chat, event);
  } else if (event->type == EVENT_OF_SESSION(WRAPPING) ||
             event->type == EVENT_OF_SESSION(ENDED)) {
    end_turn(chat);
  }
}

static void on_typing(struct visit *v, const struct typing *how) {
  tell_pages((struct chat *)(void *)v,
             how->on ? TEXT("42[\"typingStatus\",{\"status\":\"typingOn\"}]")
                     : TEXT("42[\"typingStatus\",{\"status\":\"typingOff\"}]"));
}

static bool make_timer(struct chat *chat) {
  if (chat->quiet == NULL &&
      loop_timer_create(chat->visit.visits->facade->loop, on_quiet, chat,
                        &chat->quiet) != BT_ERR_OK) {
    chat->quiet = NULL;
  }
  return chat->quiet != NULL;
}

/* ---- after a restart: nobody knows what the page has heard since the customer
 * last spoke, so it is told all of that again, under the same traceId. What a
 * webhook was told is known. */

static bool is_of(const struct json *message, const char *from) {
  return text_equal(peer_text(message, "from"), text_from(from));
}

static void say_again(struct chat *chat, const struct json *m, int64_t told) {
  const struct json *data = json_member(m, TEXT("data"));
  const struct json *number = json_member(m, TEXT("number"));
  const struct cognigy_output out = {
      .session = chat->visit.session,
      .number = number == NULL ? 0 : number->i,
      .text = peer_text(m, "text"),
      .data =
          data != NULL && data->type == JSON_OBJECT ? data->source : TEXT(""),
      .by_agent = is_of(m, "agent") || is_of(m, "supervisor")};
  if (out.number > told) {
    chat_say(chat, &out);
  }
}

static void on_found(struct visit *v, uint32_t slot) {
  struct chat *chat = (struct chat *)(void *)v;
  const struct facade *f = v->visits->facade;
  const bool pages = f->settings.webhook.len == 0;
  const int64_t told = pages ? 0 : visit_told(v, slot);
  struct arena arena;
  struct textbuf view;
  struct json_out o;
  struct json *tree = NULL;
  if (!make_timer(chat)) {
    return; /* its bot's turns do not end */
  }
  arena_init(&arena, f->mem, 0);
  textbuf_init(&view, f->mem);
  json_out_init(&o, &view);
  engine_write_session(api_engine(f->api), slot, api_unix_us(f->api), 0, &o);
  const struct json *list = json_parse(&arena, textbuf_text(&view),
                                       JSON_DEPTH_MAX, &tree, NULL) == BT_ERR_OK
                                ? json_member(tree, TEXT("messages"))
                                : NULL;
  for (const struct json *m = list == NULL ? NULL : list->first; m != NULL;
       m = m->next) {
    if (!is_of(m, "customer")) {
      say_again(chat, m, told);
    }
    while (pages && is_of(m, "customer") && chat->outbox != NULL) {
      chat_drop_output(chat, chat->outbox);
    }
  }
  webhook_send(chat);
  textbuf_free(&view);
  arena_free(&arena);
}

static void on_free(struct visit *v) {
  struct chat *chat = (struct chat *)(void *)v;
  bt_check(chat->pages == NULL);
  loop_timer_free(chat->quiet);
  while (chat->outbox != NULL) {
    chat_drop_output(chat, chat->outbox);
  }
}

static const struct visit_ops visit_ops = {.bytes = sizeof(struct chat),
                                           .linger_us = LINGER_US,
                                           .on_event = on_event,
                                           .on_typing = on_typing,
                                           .on_found = on_found,
                                           .on_free = on_free};

struct chat *chat_get(struct cognigy *c, struct text session) {
  struct chat *chat = (struct chat *)(void *)visits_get(&c->visits, session);
  if (chat != NULL && !make_timer(chat)) {
    visit_drop(&chat->visit);
    return NULL;
  }
  return chat;
}

/* ---- from the page */

/* An input that is being carried out: its page may go meanwhile. */
struct input {
  struct cognigy *owner;
  char sid[EIO_SID];
  bool wants;
  uint64_t id;
};

static struct page *find_page(struct cognigy *c, const char *sid) {
  struct eio *conn = c->io.conns;
  while (conn != NULL && memcmp(conn->sid, sid, EIO_SID) != 0) {
    conn = conn->next;
  }
  return (struct page *)(void *)conn;
}

static void send_exception(struct page *page, struct text message) {
  struct textbuf b;
  struct json_out o;
  textbuf_init(&b, page->conn.all->facade->mem);
  textbuf_add(&b, TEXT("42[\"exception\","));
  json_out_init(&o, &b);
  json_open_object(&o);
  json_key(&o, "error");
  json_put_text(&o, message);
  json_close_object(&o);
  textbuf_add_char(&b, ']');
  eio_send(&page->conn, b.failed ? TEXT("41") : textbuf_text(&b));
  textbuf_free(&b);
}

static void send_ack(struct page *page, uint64_t id) {
  struct textbuf b;
  textbuf_init(&b, page->conn.all->facade->mem);
  textbuf_addf(&b, "43%llu[]", (unsigned long long)id);
  eio_send(&page->conn, textbuf_text(&b));
  textbuf_free(&b);
}

static void refuse(struct page *page, const struct answer *a) {
  struct arena arena;
  struct json *tree = NULL;
  arena_init(&arena, page->conn.all->facade->mem, 0);
  const struct text said =
      json_parse(&arena, a->body, JSON_DEPTH_MAX, &tree, NULL) == BT_ERR_OK
          ? peer_text(tree, "detail")
          : TEXT("");
  send_exception(
      page, said.len > 0 ? said
                         : TEXT("The message cannot be taken now: try again."));
  arena_free(&arena);
}

static void on_answer(void *ctx, const struct answer *a) {
  struct input *in = ctx;
  struct cognigy *c = in->owner;
  struct page *page = find_page(c, in->sid);
  if (page != NULL && a->code >= 400) {
    refuse(page, a);
  }
  if (page != NULL && in->wants) {
    send_ack(page, in->id);
  }
  c->inputs--;
  mem_free(c->facade.mem, in, sizeof *in);
}

bool cognigy_read_input(const struct json *tree, struct visit_said *out) {
  const struct json *data = json_member(tree, TEXT("data"));
  const struct json *text = json_member(tree, TEXT("text"));
  const bool rich =
      data != NULL && data->type == JSON_OBJECT && data->count > 0;
  *out = (struct visit_said){.text = peer_text(tree, "text"),
                             .data = rich ? data->source : TEXT(""),
                             .user = peer_text(tree, "userId"),
                             .key = visit_key(peer_text(tree, "messageId"))};
  return tree != NULL && tree->type == JSON_OBJECT &&
         (text == NULL || text->type == JSON_TEXT || text->type == JSON_NULL);
}

static void process(struct page *page, const struct json *argument,
                    const struct packet *p) {
  struct cognigy *c = (struct cognigy *)(void *)page->conn.all->facade;
  struct visit_said said;
  const char *why = !cognigy_read_input(argument, &said)
                        ? "processInput takes an object whose text is a text."
                        : visit_check(&said);
  if (why != NULL) {
    send_exception(page, text_from(why));
    if (p->has_id) {
      send_ack(page, p->id);
    }
    return;
  }
  struct input *in = mem_new(c->facade.mem, sizeof *in);
  if (in == NULL) {
    send_exception(page, TEXT("There is no memory for it: try again."));
    return;
  }
  *in = (struct input){.owner = c, .wants = p->has_id, .id = p->id};
  memcpy(in->sid, page->conn.sid, EIO_SID);
  c->inputs++;
  (void)visit_say(&page->chat->visit, &said, on_answer, in);
}

static void on_packet(struct eio *conn, const struct packet *p) {
  struct page *page = (struct page *)(void *)conn;
  if (p->type == PACKET_ACK) {
    if (p->has_id) {
      chat_told_output(page->chat, p->id); /* again: it is done with already */
    }
    return;
  }
  if (p->type == PACKET_BINARY) {
    send_exception(page, TEXT("An event holds no binary data here: send it as "
                              "a text, or a file by a link."));
    return;
  }
  struct arena arena;
  struct json *tree = NULL;
  arena_init(&arena, conn->all->facade->mem, 0);
  const bool read =
      json_parse(&arena, p->body, JSON_DEPTH_DEFAULT, &tree, NULL) == BT_ERR_OK;
  const struct json *name =
      read && tree->type == JSON_LIST ? tree->first : NULL;
  if (name == NULL || name->type != JSON_TEXT) {
    send_exception(page, TEXT("An event is a list that begins with its name."));
  } else if (text_equal(name->text, TEXT("processInput"))) {
    process(page, name->next, p);
  } else if (text_equal(name->text, TEXT("typingStatus"))) {
    visit_types(&page->chat->visit, !text_equal(peer_text(name->next, "status"),
                                                TEXT("typingOff")));
  } else {
    send_exception(page, TEXT("This endpoint knows the events processInput and "
                              "typingStatus."));
  }
  arena_free(&arena);
}

static bool on_open(struct eio *conn, struct text query) {
  struct page *page = (struct page *)(void *)conn;
  struct cognigy *c = (struct cognigy *)(void *)conn->all->facade;
  struct arena arena;
  arena_init(&arena, c->facade.mem, 0);
  const struct text token = query_text(&arena, query, TEXT("urlToken"));
  const struct text session = query_text(&arena, query, TEXT("sessionId"));
  page->acknowledges =
      text_equal(query_text(&arena, query, TEXT("emitWithAck")), TEXT("true"));
  struct chat *chat = secret_equal(token, c->facade.settings.token)
                          ? chat_get(c, session)
                          : NULL;
  arena_free(&arena);
  if (chat == NULL) {
    return false;
  }
  page->chat = chat;
  page->next = chat->pages;
  chat->pages = page;
  if (page->next == NULL) {
    visit_joined(&chat->visit);
  }
  eio_send(conn, TEXT("42[\"endpoint-ready\"]"));
  send_outputs(page, 0);
  forget_unacknowledged(chat);
  return true;
}

static void on_closed(struct eio *conn) {
  struct page *page = (struct page *)(void *)conn;
  struct chat *chat = page->chat;
  struct page **at = &chat->pages;
  while (*at != page) {
    at = &(*at)->next;
  }
  *at = page->next;
  if (chat->pages == NULL) {
    visit_gone(&chat->visit);
  }
  visit_drop(&chat->visit);
}

static const struct eio_ops eio_ops = {.bytes = sizeof(struct page),
                                       .on_open = on_open,
                                       .on_packet = on_packet,
                                       .on_closed = on_closed};

/* ---- the facade */

static enum bt_err start(struct facade *f) {
  struct cognigy *c = (struct cognigy *)(void *)f;
  enum bt_err err = engineio_init(&c->io, f, &eio_ops);
  if (err == BT_ERR_OK && f->settings.webhook.len > 0) {
    err = webhook_init(c);
  }
  return err == BT_ERR_OK ? visits_init(&c->visits, f, &visit_ops) : err;
}

static void stop(struct facade *f) {
  struct cognigy *c = (struct cognigy *)(void *)f;
  engineio_free(&c->io);
  visits_free(&c->visits);
}

/* Does the request's token, or its connection, belong to this endpoint? */
static bool is_ours(struct cognigy *c, struct http_request *req) {
  struct arena arena;
  arena_init(&arena, c->facade.mem, 0);
  const struct text query = http_request_query(req);
  const struct text token = query_text(&arena, query, TEXT("urlToken"));
  const bool known = query_text(&arena, query, TEXT("sid")).len > 0 ||
                     secret_equal(token, c->facade.settings.token);
  arena_free(&arena);
  return known;
}

static bool serve(struct facade *f, struct http_request *req) {
  struct cognigy *c = (struct cognigy *)(void *)f;
  if (engineio_is_path(req)) {
    return http_request_method(req) != HTTP_OPTIONS && is_ours(c, req) &&
           engineio_serve(&c->io, req);
  }
  return cognigy_serve_rest(c, req);
}

static bool refuse_rest(struct facade *f, struct http_request *req) {
  (void)f;
  if (!engineio_is_path(req)) {
    return false;
  }
  if (http_request_method(req) == HTTP_OPTIONS) {
    reply_preflight(req);
  } else {
    const struct text query = http_request_query(req);
    engineio_refuse(req, text_find(query, TEXT("sid="), 0) < query.len ? 1 : 4);
  }
  return true;
}

const struct facade_ops facade_cognigy_ops = {.bytes = sizeof(struct cognigy),
                                              .start = start,
                                              .stop = stop,
                                              .serve = serve,
                                              .refuse = refuse_rest};
