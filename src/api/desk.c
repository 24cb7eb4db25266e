/* The agent's socket: offers, sessions, messages.
 *
 * out  state {agent}, offer {offer, deadline, session}, offer.declined,
 *      offer.expired, offer.withdrawn, session.assigned {session}, message,
 *      typing, seen, session.attributes, customer.joined, customer.dropped,
 *      session.ended {status, reason}, session.left {status},
 *      supervisor.whispered {name, text}, supervisor.barged {name},
 *      session.noted {name, text}, session.held, session.resumed,
 *      recording.paused, recording.resumed, consent.set {consent},
 *      message.once (what "[not kept]" of the same number stands for),
 *      session.consult {consult}, consult.message (of its other session), done,
 *      problem
 * in   the frames of the table below
 */
#include "api/desk_priv.h"
#include "base/check.h"

/* So much of the transcript comes with an offer. */
enum { SUMMARY_MESSAGES = 10 };

static void on_event(struct watch *w, uint64_t seq, const struct record *event);
static void on_typing(struct watch *w, const struct typing *how);

static void on_receipt(struct watch *w, enum receipt_of whose,
                       const struct receipt *r);

static const struct watch_ops watch_ops = {
    .on_event = on_event, .on_typing = on_typing, .on_receipt = on_receipt};

/* ---- tasks */

static void drop_task(struct task *t) {
  struct api *api = t->desk->socket.api;
  struct task **at = &t->desk->tasks;
  while (*at != t) {
    at = &(*at)->next;
  }
  *at = t->next;
  task_unfollow(t);
  topics_remove(&api->topics, &t->watch);
  mem_free(api->mem, t, sizeof *t);
}

static struct task *find_task(struct desk *d, struct id session) {
  struct task *t = d->tasks;
  while (t != NULL && !id_equal(t->watch.session, session)) {
    t = t->next;
  }
  return t;
}

/* Without memory the desk is closed: it must not miss one unknowingly. */
static struct task *add_task(struct desk *d, struct id session) {
  struct api *api = d->socket.api;
  struct task *t = mem_new(api->mem, sizeof *t);
  if (t != NULL) {
    t->desk = d;
    t->watch =
        (struct watch){.ops = &watch_ops, .owner = t, .session = session};
    if (topics_add(&api->topics, &t->watch)) {
      t->next = d->tasks;
      d->tasks = t;
      return t;
    }
    mem_free(api->mem, t, sizeof *t);
  }
  socket_close(&d->socket, WS_CODE_TRY_LATER, "out of memory");
  return NULL;
}

/* ---- out */

static void put_view(struct json_out *o, struct task *t, uint32_t slot,
                     uint32_t after) {
  struct api *api = t->desk->socket.api;
  json_key(o, "session");
  engine_write_session(api_engine(api), slot, api_now_us(api), after, o);
}

static uint32_t messages_before(const struct api *api, uint32_t slot) {
  const uint32_t count = engine_message_count(api_engine(api), slot);
  return count > SUMMARY_MESSAGES ? count - SUMMARY_MESSAGES : 0;
}

static void put_deadline(struct json_out *o, int64_t deadline_us) {
  if (deadline_us != 0) {
    api_put_time(o, "deadline", deadline_us);
  }
}

static void tell_offer(struct task *t, uint32_t slot, int64_t deadline_us) {
  struct api *api = t->desk->socket.api;
  struct json_out o = api_frame_begin(api, "offer");
  json_key(&o, "offer");
  json_put_u64(&o, t->offer);
  put_deadline(&o, deadline_us);
  put_view(&o, t, slot, messages_before(api, slot));
  t->watch.after = socket_send_held(
      &t->desk->socket, api_session_seq(api, slot), api_frame_end(api, &o));
}

static void tell_assigned(struct task *t, uint32_t slot) {
  struct api *api = t->desk->socket.api;
  t->assigned = true;
  task_follow(t);
  const struct engine *e = api_engine(api);
  struct json_out o = api_frame_begin(api, "session.assigned");
  if (engine_session(e, slot)->status == SESSION_WRAPUP) {
    put_deadline(&o, engine_session_deadline_us(e, slot));
  }
  put_view(&o, t, slot, engine_last_messages(e, slot, 0));
  api_put_seen(api, t->watch.session, RECEIPT_CUSTOMER, &o);
  api_put_files_taken(api, slot, &o);
  t->watch.after = socket_send_held(
      &t->desk->socket, api_session_seq(api, slot), api_frame_end(api, &o));
}

struct json_out task_begin(struct task *t, const char *type) {
  struct json_out o = api_frame_begin(t->desk->socket.api, type);
  api_put_session_id(&o, t->watch.session);
  return o;
}

void task_send(struct task *t, struct json_out *o) {
  socket_send(&t->desk->socket, api_frame_end(t->desk->socket.api, o));
}

static void put_status(struct json_out *o, const struct record *event) {
  const uint32_t status = (uint32_t)record_num(event, FIELD_STATUS);
  json_key(o, "status");
  json_put_text(o, text_from(session_status_name(status)));
}

static void tell_offer_over(struct task *t, const struct record *event) {
  const char *type =
      event->type == EVENT_OF_SESSION(OFFER_DECLINED)  ? "offer.declined"
      : event->type == EVENT_OF_SESSION(OFFER_EXPIRED) ? "offer.expired"
                                                       : "offer.withdrawn";
  struct json_out o = task_begin(t, type);
  json_key(&o, "offer");
  json_put_u64(&o, t->offer);
  task_send(t, &o);
}

static void tell_ended(struct task *t, const struct record *event) {
  struct json_out o = task_begin(t, "session.ended");
  put_status(&o, event);
  json_key(&o, "reason");
  json_put_text(&o, record_text(event, FIELD_END_REASON));
  if (record_has(event, FIELD_DEADLINE)) {
    api_put_time(&o, "deadline", record_num(event, FIELD_DEADLINE));
  }
  task_send(t, &o);
}

/* ---- what happens to a session of the desk */

static bool is_mine(const struct task *t, const struct record *event) {
  return record_has(event, FIELD_AGENT) &&
         record_num(event, FIELD_AGENT) == t->desk->socket.by.number;
}

/* The engine may be further than what is told: then the task is over before it
 * was shown. */
static bool still_mine(const struct task *t, uint32_t *slot) {
  const struct engine *e = api_engine(t->desk->socket.api);
  if (!engine_find(e, t->watch.session, slot)) {
    return false;
  }
  const struct session *s = engine_session(e, *slot);
  return s->agent == t->desk->socket.by.number &&
         (s->status == SESSION_ACTIVE || s->status == SESSION_WRAPUP);
}

static void on_taken(struct task *t, const struct record *event) {
  uint32_t slot;
  if (is_mine(t, event) && still_mine(t, &slot)) {
    tell_assigned(t, slot);
    return;
  }
  tell_offer_over(t, event);
  drop_task(t);
}

static void on_moved(struct task *t, const struct record *event) {
  const uint32_t status = (uint32_t)record_num(event, FIELD_STATUS);
  if (status == SESSION_WRAPUP || status == SESSION_COMPLETED) {
    tell_ended(t, event);
  } else if (!is_mine(t, event)) {
    struct json_out o = task_begin(t, "session.left");
    put_status(&o, event);
    task_send(t, &o);
  }
  if (status == SESSION_COMPLETED || !is_mine(t, event)) {
    drop_task(t);
  }
}

static void tell_message(struct task *t, const char *type,
                         const struct record *message) {
  struct json_out o = task_begin(t, type);
  api_put_message(&o, message);
  api_put_name(t->desk->socket.api, &o,
               (enum role)record_num(message, FIELD_ROLE),
               record_text(message, FIELD_ACTOR));
  task_send(t, &o);
}

static void on_other(struct task *t, const struct record *event) {
  struct json_out o;
  switch (event->type) {
  case EVENT_MESSAGE:
    tell_message(t, "message", event);
    return;
  case EVENT_ATTRIBUTES_SET:
    o = task_begin(t, "session.attributes");
    json_key(&o, "attributes");
    json_put_raw(&o, record_text(event, FIELD_ATTRIBUTES));
    break;
  case EVENT_CUSTOMER_JOINED:
  case EVENT_CUSTOMER_DROPPED:
    o = task_begin(t, event_name(event->type));
    break;
  default:
    task_tell_beside(t, event);
    return;
  }
  task_send(t, &o);
}

static void on_event(struct watch *w, uint64_t seq,
                     const struct record *event) {
  (void)seq;
  struct task *t = w->owner;
  if (!event_is_session(event->type)) {
    if (t->assigned) {
      on_other(t, event);
    }
  } else if (t->assigned) {
    on_moved(t, event);
  } else if (event->type == EVENT_OF_SESSION(CONNECTED)) {
    on_taken(t, event);
  } else if (record_num(event, FIELD_STATUS) != SESSION_OFFERED) {
    tell_offer_over(t, event);
    drop_task(t);
  }
}

static void on_typing(struct watch *w, const struct typing *how) {
  struct task *t = w->owner;
  const bool own =
      how->role == ROLE_AGENT && how->number == t->desk->socket.by.number;
  if (t->assigned && !own) {
    struct json_out o = task_begin(t, "typing");
    api_put_typing(&o, how);
    api_put_name(t->desk->socket.api, &o, how->role, how->author);
    task_send(t, &o);
  }
}

static void on_receipt(struct watch *w, enum receipt_of whose,
                       const struct receipt *r) {
  struct task *t = w->owner;
  if (t->assigned && whose == RECEIPT_CUSTOMER) {
    struct json_out o = task_begin(t, "seen");
    api_put_receipt(&o, r);
    task_send(t, &o);
  }
}

/* ---- what happens to the agent */

static void tell_state(struct desk *d) {
  struct api *api = d->socket.api;
  struct json_out o = api_frame_begin(api, "state");
  json_key(&o, "agent");
  engine_write_agent(api_engine(api), d->socket.by.number, &o);
  (void)socket_send_held(&d->socket, api_last_seq(api), api_frame_end(api, &o));
}

static void offer_to(struct desk *d, const struct record *event) {
  const struct engine *e = api_engine(d->socket.api);
  const struct id session = record_id(event, FIELD_SESSION);
  uint32_t slot;
  /* What has changed again already need not be shown. */
  if (!engine_find(e, session, &slot) ||
      engine_session(e, slot)->status != SESSION_OFFERED ||
      engine_session(e, slot)->offer !=
          (uint64_t)record_num(event, FIELD_OFFER) ||
      find_task(d, session) != NULL) {
    return;
  }
  struct task *t = add_task(d, session);
  if (t != NULL) {
    t->offer = (uint64_t)record_num(event, FIELD_OFFER);
    tell_offer(t, slot, record_num(event, FIELD_DEADLINE));
  }
}

/* A session that came without an offer: pulled, or assigned. */
static void assign_to(struct desk *d, const struct record *event) {
  const struct id session = record_id(event, FIELD_SESSION);
  uint32_t slot;
  struct task *t = find_task(d, session) == NULL ? add_task(d, session) : NULL;
  if (t != NULL) {
    still_mine(t, &slot) ? tell_assigned(t, slot) : drop_task(t);
  }
}

/* Told by the agent, not by the session: ON Answer opens a page in the very
 * step in which the session is assigned, and the view that tells of it knows
 * more than this already. */
static void pop_screen(struct desk *d, const struct record *event) {
  struct api *api = d->socket.api;
  struct json_out o = api_frame_begin(api, "screen.pop");
  api_put_session_id(&o, record_id(event, FIELD_SESSION));
  json_key(&o, "url");
  json_put_text(&o, record_text(event, FIELD_URL));
  socket_send(&d->socket, api_frame_end(api, &o));
}

void desks_on_event(struct api *api, uint64_t seq, const struct record *event) {
  (void)seq;
  const uint32_t agent = (uint32_t)record_num(event, FIELD_AGENT);
  const bool offered = event->type == EVENT_OF_SESSION(OFFERED);
  const bool taken = event->type == EVENT_OF_SESSION(CONNECTED);
  const bool pops = event->type == EVENT_SCREEN_POPPED;
  if (!record_has(event, FIELD_AGENT) || agent >= api->desk_cap ||
      (!offered && !taken && !pops && !event_is_agent(event->type))) {
    return;
  }
  for (struct desk *d = api->desks[agent]; d != NULL; d = d->next) {
    if (pops) {
      pop_screen(d, event);
      continue;
    }
    offered ? offer_to(d, event) : taken ? assign_to(d, event) : tell_state(d);
  }
}

void desks_show_once(struct api *api, const struct record *effect) {
  const uint32_t agent = (uint32_t)record_num(effect, FIELD_AGENT);
  for (struct desk *d = agent < api->desk_cap ? api->desks[agent] : NULL;
       d != NULL; d = d->next) {
    struct task *t = find_task(d, record_id(effect, FIELD_SESSION));
    if (t != NULL && t->assigned) {
      tell_message(t, "message.once", effect);
    }
  }
}

/* ---- in */

static const struct {
  const char *type;
  enum command_type command;
  bool about_session;
} frames[] = {
    {"message", COMMAND_SAY, true},
    {"offer.accept", COMMAND_ACCEPT_OFFER, true},
    {"offer.decline", COMMAND_DECLINE_OFFER, true},
    {"transfer", COMMAND_TRANSFER, true},
    {"release", COMMAND_RELEASE, true},
    {"end", COMMAND_END, true},
    {"complete", COMMAND_COMPLETE, true},
    {"disposition", COMMAND_SET_DISPOSITION, true},
    {"attributes", COMMAND_SET_ATTRIBUTES, true},
    {"note", COMMAND_ADD_NOTE, true},
    {"hold", COMMAND_HOLD, true},
    {"resume", COMMAND_RESUME, true},
    {"recording.pause", COMMAND_PAUSE_RECORDING, true},
    {"recording.resume", COMMAND_RESUME_RECORDING, true},
    {"consent", COMMAND_SET_CONSENT, true},
    {"consult", COMMAND_CONSULT, true},
    {"consult.merge", COMMAND_MERGE_CONSULT, true},
    {"consult.complete", COMMAND_COMPLETE_CONSULT, true},
    {"consult.end", COMMAND_END_CONSULT, true},
    {"pull", COMMAND_PULL, true},
    {"pull.next", COMMAND_PULL_NEXT, false},
    {"state", COMMAND_AGENT_STATE, false},
};
enum { FRAMES = sizeof frames / sizeof frames[0] };

static void refuse_type(struct socket *s, const struct frame *f) {
  const char *known[FRAMES + 3];
  for (size_t i = 0; i < FRAMES; i++) {
    known[i] = frames[i].type;
  }
  known[FRAMES] = "typing";
  known[FRAMES + 1] = "seen";
  known[FRAMES + 2] = NULL;
  socket_refuse_type(s, f, known);
}

/* "offer": the number of the offer that is answered; else the present one. */
static bool read_offer(struct socket *s, const struct frame *f,
                       struct record *args) {
  const struct json *offer = json_member(f->tree, TEXT("offer"));
  if (offer == NULL) {
    return true;
  }
  if (offer->type != JSON_INT || offer->i < 0) {
    socket_refuse(s, f, REFUSAL_INVALID_MEMBER,
                  TEXT("An offer is the number that came with it."),
                  TEXT("/offer"));
    return false;
  }
  record_set_num(args, FIELD_OFFER, offer->i);
  return true;
}

/* What is told to the others as it is, and never stored. */
static void tell_along(struct socket *s, const struct frame *f) {
  struct id session = {0, 0};
  const struct task *t = socket_read_session(s, f, &session)
                             ? find_task((struct desk *)(void *)s, session)
                             : NULL;
  if (t == NULL || !t->assigned) {
    return;
  }
  text_equal(f->type, TEXT("seen")) ? socket_see(s, f, session)
                                    : socket_type(s, f, session);
}

static void on_frame(struct socket *s, const struct frame *f) {
  static const char *const ignore[] = {"offer", NULL};
  struct id session = {0, 0};
  struct command cmd;
  size_t i = 0;
  if (text_equal(f->type, TEXT("typing")) ||
      text_equal(f->type, TEXT("seen"))) {
    tell_along(s, f);
    return;
  }
  while (i < FRAMES && !text_equal(f->type, text_from(frames[i].type))) {
    i++;
  }
  if (i == FRAMES) {
    refuse_type(s, f);
    return;
  }
  const bool answers = text_starts(f->type, TEXT("offer."));
  if ((frames[i].about_session && !socket_read_session(s, f, &session)) ||
      !socket_read(s, f, frames[i].command, answers ? ignore : NULL, &cmd) ||
      (answers && !read_offer(s, f, &cmd.args))) {
    return;
  }
  record_set_id(&cmd.args, FIELD_SESSION, session);
  socket_submit(s, f, &cmd);
}

/* ---- life */

static void on_closed(struct socket *s) {
  struct desk *d = (struct desk *)(void *)s;
  struct api *api = s->api;
  const uint32_t agent = s->by.number;
  struct desk **at = &api->desks[agent];
  while (*at != d) {
    at = &(*at)->next;
  }
  *at = d->next;
  while (d->tasks != NULL) {
    drop_task(d->tasks);
  }
  if (api->desks[agent] == NULL) {
    struct command cmd = api_own_command(COMMAND_AGENT_DROPPED);
    record_set_num(&cmd.args, FIELD_AGENT, agent);
    api_submit_gone(api, &cmd);
  }
  mem_free(api->mem, d, sizeof *d);
}

static const struct socket_ops socket_ops = {.on_frame = on_frame,
                                             .on_closed = on_closed};

/* What the agent has already: after a reconnection, or on a second screen. */
static void tell_task(struct desk *d, struct id session) {
  const struct engine *e = api_engine(d->socket.api);
  uint32_t slot;
  struct task *t = NULL;
  if (!engine_find(e, session, &slot) || find_task(d, session) != NULL ||
      (t = add_task(d, session)) == NULL) {
    return;
  }
  const struct session *s = engine_session(e, slot);
  if (s->status == SESSION_OFFERED) {
    t->offer = s->offer;
    tell_offer(t, slot, engine_session_deadline_us(e, slot));
  } else {
    tell_assigned(t, slot);
  }
}

/* The agent's sessions are named in its view. */
static void tell_tasks(struct desk *d) {
  struct api *api = d->socket.api;
  struct textbuf view;
  struct arena arena;
  struct json_out o;
  struct json *tree = NULL;
  textbuf_init(&view, api->mem);
  arena_init(&arena, api->mem, 0);
  json_out_init(&o, &view);
  engine_write_agent(api_engine(api), d->socket.by.number, &o);
  if (view.failed || json_parse(&arena, textbuf_text(&view), JSON_DEPTH_DEFAULT,
                                &tree, NULL) != BT_ERR_OK) {
    socket_close(&d->socket, WS_CODE_TRY_LATER, "out of memory");
  }
  const struct json *list = json_member(tree, TEXT("sessions"));
  for (const struct json *s = list == NULL ? NULL : list->first; s != NULL;
       s = s->next) {
    struct id session;
    if (id_from_text(s->text, &session)) {
      tell_task(d, session);
    }
  }
  arena_free(&arena);
  textbuf_free(&view);
}

static bool is_own_desk(struct call *c) {
  const struct directory *d = engine_directory(api_engine(c->api));
  if (directory_agent(d, c->params[0]) == c->by.number) {
    return true;
  }
  call_refuse(c, REFUSAL_FORBIDDEN,
              call_format(c, "The token is that of agent '%.*s'.",
                          TEXT_ARG(c->by.name)),
              TEXT(""));
  return false;
}

void serve_desk(struct call *c) {
  struct api *api = c->api;
  const uint32_t agent = c->by.number;
  if (!is_own_desk(c)) {
    return;
  }
  struct desk *d = mem_new(api->mem, sizeof *d);
  if (d == NULL || !mem_grow(api->mem, &api->desks, &api->desk_cap, agent + 1,
                             sizeof(struct desk *))) {
    mem_free(api->mem, d, d == NULL ? 0 : sizeof *d);
    call_refuse_memory(c);
    return;
  }
  if (!socket_open(&d->socket, c, &socket_ops)) {
    mem_free(api->mem, d, sizeof *d);
    return;
  }
  d->next = api->desks[agent];
  api->desks[agent] = d;
  /* Also behind another desk: its agent may have signed out there, and be gone
   * without a word. To who is signed in it is nothing new. */
  struct command cmd = {.by = d->socket.by};
  record_init(&cmd.args, COMMAND_AGENT_JOINED);
  api_submit(api, &cmd, NULL, NULL);
  tell_state(d);
  tell_tasks(d);
}
