/* The customer's socket: one session, in the customer's words.
 *
 * out  session.opened {session, token?, seen, files?, callback, mail}, message,
 *      typing, seen, session.status, queue {position, estimatedWaitSeconds?},
 *      session.held, session.resumed, recording.paused, recording.resumed,
 *      session.ended {reason}, done, problem
 * in   message {text, id?}, typing {on}, seen {delivered?, read?},
 *      leave {reason?}
 */
#include "api/serve_priv.h"
#include "base/check.h"

/* How often those who wait are told their place, and for how many at most: it
 * costs as much as there are others before them. */
#define PLACE_EVERY_US (5 * INT64_C(1000000))
#define PLACE_SOON_US  INT64_C(50000) /* then the next of so many */
enum { PLACES_MAX = 500 };

struct chat {
  struct socket socket; /* first: it is the same object */
  struct watch watch;
  uint32_t status, holder, holder_id; /* as they were told last */
  uint32_t place;
};

static void on_event(struct watch *w, uint64_t seq, const struct record *event);
static void on_typing(struct watch *w, const struct typing *t);
static void on_frame(struct socket *s, const struct frame *f);
static void on_closed(struct socket *s);

static void on_receipt(struct watch *w, enum receipt_of whose,
                       const struct receipt *r);

static const struct watch_ops watch_ops = {
    .on_event = on_event, .on_typing = on_typing, .on_receipt = on_receipt};
static const struct socket_ops socket_ops = {.on_frame = on_frame,
                                             .on_closed = on_closed};

/* ---- out */

static bool find(const struct chat *chat, uint32_t *slot) {
  return engine_find(api_engine(chat->socket.api), chat->watch.session, slot);
}

/* What somebody who holds is called by the customer. */
static struct text holder_name(const struct engine *e, uint32_t kind,
                               uint32_t number) {
  const struct directory *d = engine_directory(e);
  if (kind == SESSION_HOLDER_BOT && number < d->bot_count) {
    return d->bots[number].name;
  }
  if (kind == SESSION_HOLDER_AGENT && number < d->agent_count) {
    return d->agents[number].name;
  }
  if (kind == SESSION_HOLDER_QUEUE && number < d->queue_count) {
    return d->queues[number].name;
  }
  return (struct text){"", 0};
}

static void tell_status(struct chat *chat, uint32_t status, uint32_t holder,
                        uint32_t holder_id) {
  if (status == chat->status && holder == chat->holder &&
      holder_id == chat->holder_id) {
    return;
  }
  chat->status = status;
  chat->holder = holder;
  chat->holder_id = holder_id;
  struct api *api = chat->socket.api;
  struct json_out o = api_frame_begin(api, "session.status");
  json_key(&o, "status");
  json_put_text(&o, text_from(session_status_name(status)));
  json_key(&o, "holder");
  json_open_object(&o);
  json_key(&o, "kind");
  json_put_text(&o, text_from(session_holder_name(holder)));
  json_key(&o, "name");
  json_put_text(&o, holder_name(api_engine(api), holder, holder_id));
  json_close_object(&o);
  socket_send(&chat->socket, api_frame_end(api, &o));
}

static void tell_place(struct chat *chat) {
  struct api *api = chat->socket.api;
  uint32_t slot;
  const uint32_t place =
      find(chat, &slot) ? engine_queue_position(api_engine(api), slot) : 0;
  if (place == 0 || place == chat->place) {
    return;
  }
  chat->place = place;
  struct json_out o = api_frame_begin(api, "queue");
  json_key(&o, "position");
  json_put_u64(&o, place);
  const int64_t wait_ms = engine_estimated_wait_ms(api_engine(api), slot);
  if (wait_ms >= 0) {
    json_key(&o, "estimatedWaitSeconds");
    json_put_i64(&o, wait_ms / 1000);
  }
  /* Behind session.opened, which waits for the same batch. */
  (void)socket_send_held(&chat->socket, api_session_seq(api, slot),
                         api_frame_end(api, &o));
  if (!api->places_wait) { /* who comes must not put the others off */
    api->places_wait = true;
    loop_timer_start_after(api->place_timer, PLACE_EVERY_US);
  }
}

/* @made_from: as in socket_send_held(); 0: it is told as an event. */
static void tell_end(struct chat *chat, uint64_t made_from,
                     struct text reason) {
  struct api *api = chat->socket.api;
  struct json_out o = api_frame_begin(api, "session.ended");
  json_key(&o, "reason");
  json_put_text(&o, reason);
  socket_end_held(&chat->socket, made_from, api_frame_end(api, &o),
                  "the session is over");
}

static void on_event(struct watch *w, uint64_t seq,
                     const struct record *event) {
  (void)seq;
  struct chat *chat = w->owner;
  struct api *api = chat->socket.api;
  if (event->type == EVENT_MESSAGE) {
    struct json_out o = api_frame_begin(api, "message");
    api_put_message(&o, event);
    api_put_name(api, &o, (enum role)record_num(event, FIELD_ROLE),
                 record_text(event, FIELD_ACTOR));
    socket_send(&chat->socket, api_frame_end(api, &o));
    return;
  }
  if (event->type == EVENT_PLAYED) {
    struct json_out o = api_frame_begin(api, "play");
    json_key(&o, "file");
    json_put_text(&o, record_text(event, FIELD_URL));
    socket_send(&chat->socket, api_frame_end(api, &o));
    return;
  }
  if (event->type == EVENT_HELD || event->type == EVENT_RESUMED ||
      event->type == EVENT_RECORDING_PAUSED ||
      event->type == EVENT_RECORDING_RESUMED) {
    struct json_out o = api_frame_begin(api, event_name(event->type));
    api_put_time(&o, "at", record_num(event, FIELD_AT));
    socket_send(&chat->socket, api_frame_end(api, &o));
    return;
  }
  if (!event_is_session(event->type)) {
    return;
  }
  const uint32_t status = (uint32_t)record_num(event, FIELD_STATUS);
  tell_status(chat, status, (uint32_t)record_num(event, FIELD_HOLDER),
              record_has(event, FIELD_HOLDER_NUMBER)
                  ? (uint32_t)record_num(event, FIELD_HOLDER_NUMBER)
                  : SESSION_NOBODY);
  if (event->type == EVENT_OF_SESSION(WRAPPING) ||
      event->type == EVENT_OF_SESSION(ENDED)) {
    tell_end(chat, 0, record_text(event, FIELD_END_REASON));
  } else if (status == SESSION_QUEUED) {
    tell_place(chat);
  }
}

static void on_typing(struct watch *w, const struct typing *t) {
  struct chat *chat = w->owner;
  if (t->role != ROLE_CUSTOMER) {
    struct json_out o = api_frame_begin(chat->socket.api, "typing");
    api_put_typing(&o, t);
    api_put_name(chat->socket.api, &o, t->role, t->author);
    socket_send(&chat->socket, api_frame_end(chat->socket.api, &o));
  }
}

static void on_receipt(struct watch *w, enum receipt_of whose,
                       const struct receipt *r) {
  struct chat *chat = w->owner;
  if (whose != RECEIPT_CUSTOMER) {
    struct json_out o = api_frame_begin(chat->socket.api, "seen");
    api_put_receipt(&o, r);
    socket_send(&chat->socket, api_frame_end(chat->socket.api, &o));
  }
}

/* Those who wait hear how they come forward. */
void chats_on_timer(void *ctx) {
  struct api *api = ctx;
  size_t told = 0;
  struct socket *s = api->next_socket != NULL ? api->next_socket : api->sockets;
  const bool goes_on = api->next_socket != NULL;
  api->places_wait = true; /* this round says itself when the next one is */
  for (; s != NULL && told < PLACES_MAX; s = api->next_socket) {
    struct chat *chat = (struct chat *)(void *)s;
    api->next_socket = s->next;
    if (s->ops == &socket_ops && chat->status == SESSION_QUEUED) {
      tell_place(chat);
      told++;
    }
  }
  api->places_wait = goes_on || told > 0;
  if (api->places_wait) {
    loop_timer_start_after(api->place_timer,
                           s != NULL ? PLACE_SOON_US : PLACE_EVERY_US);
  }
}

/* ---- in */

static void on_frame(struct socket *s, const struct frame *f) {
  static const char *const known[] = {"message", "typing", "seen", "leave",
                                      NULL};
  struct chat *chat = (struct chat *)(void *)s;
  struct command cmd;
  if (text_equal(f->type, TEXT("typing"))) {
    socket_type(s, f, chat->watch.session);
    return;
  }
  if (text_equal(f->type, TEXT("seen"))) {
    socket_see(s, f, chat->watch.session);
    return;
  }
  const bool says = text_equal(f->type, TEXT("message"));
  if (!says && !text_equal(f->type, TEXT("leave"))) {
    socket_refuse_type(s, f, known);
    return;
  }
  if (socket_read(s, f, says ? COMMAND_SAY : COMMAND_LEAVE, NULL, &cmd)) {
    record_set_id(&cmd.args, FIELD_SESSION, chat->watch.session);
    socket_submit(s, f, &cmd);
  }
}

/* ---- life */

static bool has_chat(const struct topics *t, struct id session) {
  for (const struct watch *w = topics_first(t, session); w != NULL;
       w = w->next) {
    if (w->ops == &watch_ops) {
      return true;
    }
  }
  return false;
}

static void on_closed(struct socket *s) {
  struct chat *chat = (struct chat *)(void *)s;
  struct api *api = s->api;
  topics_remove(&api->topics, &chat->watch);
  if (!has_chat(&api->topics, chat->watch.session)) {
    struct command cmd = api_own_command(COMMAND_CUSTOMER_DROPPED);
    record_set_id(&cmd.args, FIELD_SESSION, chat->watch.session);
    api_submit_gone(api, &cmd);
  }
  mem_free(api->mem, chat, sizeof *chat);
}

static void submit_joined(struct chat *chat, uint32_t after) {
  struct command cmd = {.by = chat->socket.by};
  record_init(&cmd.args, COMMAND_CUSTOMER_JOINED);
  record_set_id(&cmd.args, FIELD_SESSION, chat->watch.session);
  record_set_num(&cmd.args, FIELD_SEEN, after);
  api_submit(chat->socket.api, &cmd, NULL, NULL);
}

/* The session as it is; what happens from here on is told as events. */
static void tell_opened(struct chat *chat, uint32_t slot, uint32_t after,
                        bool with_token) {
  struct api *api = chat->socket.api;
  const struct session *s = engine_session(api_engine(api), slot);
  struct textbuf view;
  textbuf_init(&view, api->mem);
  api_view_session(api, slot, &chat->socket.by,
                   engine_last_messages(api_engine(api), slot, after), &view);
  struct json_out o = api_frame_begin(api, "session.opened");
  json_key(&o, "session");
  json_put_raw(&o, view.failed ? TEXT("null") : textbuf_text(&view));
  api_put_seen(api, chat->watch.session, RECEIPT_AGENT, &o);
  api_put_files_taken(api, slot, &o);
  json_key(&o, "callback");
  json_put_bool(&o, api_entry_of(api, slot)->callbacks.len > 0);
  json_key(&o, "mail");
  json_put_bool(&o, api->options.mail.url != NULL);
  if (with_token) {
    char token[CUSTOMER_TOKEN_TEXT];
    auth_customer_token(&api->auth, chat->watch.session, token);
    json_key(&o, "token");
    json_put_text(&o, (struct text){token, sizeof token});
  }
  textbuf_free(&view);
  chat->status = s->status;
  chat->holder = s->holder;
  chat->holder_id = s->holder_id;
  chat->watch.after = socket_send_held(
      &chat->socket, api_session_seq(api, slot), api_frame_end(api, &o));
  if (s->status == SESSION_WRAPUP || s->status == SESSION_COMPLETED) {
    struct session_brief brief;
    engine_session_brief(api_engine(api), slot, &brief);
    tell_end(chat, api_session_seq(api, slot), brief.reason);
  } else if (s->status == SESSION_QUEUED) {
    tell_place(chat);
  }
}

/* True: the call is taken by a socket that follows @session. */
static bool start(struct call *c, struct id session, uint32_t after,
                  bool fresh) {
  struct api *api = c->api;
  struct chat *chat = mem_new(api->mem, sizeof *chat);
  if (chat == NULL) {
    call_refuse_memory(c);
    return false;
  }
  /* Whatever token opened it: who comes back has the session's, and a frame
   * that is sent again then is known by the same name. */
  c->by.session = session;
  c->by.name = TEXT("customer");
  if (!socket_open(&chat->socket, c, &socket_ops)) {
    mem_free(api->mem, chat, sizeof *chat);
    return false;
  }
  chat->watch =
      (struct watch){.ops = &watch_ops, .owner = chat, .session = session};
  uint32_t slot = SESSION_NOBODY;
  if (!topics_add(&api->topics, &chat->watch) || !find(chat, &slot)) {
    socket_close(&chat->socket, WS_CODE_TRY_LATER, "not at this moment");
    return true;
  }
  submit_joined(chat, after);
  tell_opened(chat, slot, after, fresh);
  return true;
}

void serve_chat_again(struct call *c) {
  uint32_t after = 0;
  if (call_query_after(c, &after) && call_find_session(c)) {
    (void)start(c, c->session, after, false);
  }
}

/* Nobody will ever know of the session: it is not left waiting. */
static void give_up(struct api *api, struct id session) {
  struct command cmd = api_own_command(COMMAND_LEAVE);
  record_set_id(&cmd.args, FIELD_SESSION, session);
  api_submit(api, &cmd, NULL, NULL);
}

static void on_opened(void *ctx, const struct answer *a) {
  struct call *c = ctx;
  struct api *api = c->api;
  if (a->code >= 400) {
    call_answer(c, a);
  } else if (!start(c, a->session, 0, true)) {
    give_up(api, a->session);
  }
}

void serve_chat(struct call *c) {
  struct http_request *req = call_request(c);
  if (req == NULL || !http_request_wants_ws(req)) {
    call_refuse(c, REFUSAL_BAD_REQUEST,
                TEXT("This resource is a WebSocket: connect with Upgrade: "
                     "websocket; or POST /api/v1/sessions."),
                TEXT(""));
    return;
  }
  if (!call_may_enter(c, call_query(c, TEXT("entryPoint")))) {
    return;
  }
  struct command cmd = {.by = c->by, .terse = true};
  record_init(&cmd.args, COMMAND_OPEN_SESSION);
  record_set_given(&cmd.args, FIELD_ENTRY_NAME,
                   call_query(c, TEXT("entryPoint")));
  api_submit(c->api, &cmd, on_opened, c);
}
