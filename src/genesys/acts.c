/* What is done to conversations: accept, say, transfer, wrap up, end. Each is a
 * request of /api/v1, in the name of whoever has the participant. */
#include "genesys/scope_priv.h"
#include "genesys/story_priv.h"

/* ---- what a request is about; texts and numbers only, the story is gone */

struct target {
  enum party_kind kind;
  enum party_state state;
  uint32_t number;
  bool wrapping, found;
  uint32_t status;     /* of the session */
  struct text session; /* in which it is */
  bool beside;     /* that is not the conversation's own: a transfer waits */
  uint32_t holder; /* there, to be accepted; and who offers it */
};

static uint32_t who_has_it(const struct story *s) {
  for (size_t i = 0; i < s->party_count; i++) {
    const struct party *p = &s->parties[i];
    if (p->kind == PARTY_AGENT && p->state == PARTY_CONNECTED &&
        id_equal(p->session, s->session)) {
      return p->number;
    }
  }
  return SESSION_NOBODY;
}

static void refuse_participant(struct ask *a, size_t param) {
  const struct ask_error e = {
      .status = 404,
      .code = "not.found",
      .message = ask_format(a, "The conversation has no participant '%.*s'.",
                            TEXT_ARG(a->params[param])),
      .entity = a->params[param]};
  ask_fail(a, &e);
}

/* The participant of parameter @param, by its id or its communication's. False:
 * answered. */
static bool find_target(struct ask *a, size_t param, struct target *out) {
  struct story s;
  struct id id = {0, 0};
  if (!ask_read_story(a, &s)) {
    return false;
  }
  const struct party *p =
      id_from_text(a->params[param], &id) ? story_party(&s, id) : NULL;
  if (p != NULL) {
    char session[ID_TEXT_LEN];
    id_to_text(p->session, session);
    *out =
        (struct target){.session = arena_copy_text(
                            &a->arena, (struct text){session, sizeof session}),
                        .beside = !id_equal(p->session, s.session),
                        .holder = who_has_it(&s),
                        .kind = p->kind,
                        .state = p->state,
                        .number = p->number,
                        .wrapping = p->wrapping,
                        .found = true,
                        .status = s.status};
  }
  story_free(&s);
  if (p == NULL) {
    refuse_participant(a, param);
  }
  return p != NULL;
}

/* ---- steps */

static void do_session_then(struct ask *a, const struct caller *by,
                            const char *resource, struct text body,
                            ask_then_fn *then) {
  const struct ask_step step = {
      .by = *by,
      .method = HTTP_POST,
      .path = ask_path(a, "/api/v1/sessions/", a->params[0], resource),
      .body = body,
      .then = then};
  ask_api(a, &step);
}

static void do_session(struct ask *a, const struct caller *by,
                       const char *resource, struct text body) {
  do_session_then(a, by, resource, body, ask_then_202);
}

/* What an agent's participant does, its agent does, where it is. */
static void do_as_agent(struct ask *a, const struct target *t,
                        const char *resource, struct text body) {
  struct ask_step step = {
      .method = HTTP_POST, .body = body, .then = ask_then_202};
  if (ask_as_agent(a, t->number, &step.by)) {
    step.path = ask_path(a, "/api/v1/sessions/", t->session, resource);
    ask_api(a, &step);
  }
}

/* The transfer that nobody has accepted yet is over; who offers it keeps the
 * conversation. */
static void take_back(struct ask *a, const struct target *t) {
  struct ask_step step = {
      .method = HTTP_DELETE, .body = TEXT(""), .then = ask_then_202};
  if (ask_as_agent(a, t->holder, &step.by)) {
    step.path = ask_path(a, "/api/v1/sessions/", a->params[0], "/consult");
    ask_api(a, &step);
  }
}

/* ---- wrap-up */

static struct text wrapup_body(struct ask *a, const struct json *wrapup) {
  const struct text code = json_text_of(wrapup, "code");
  const struct text name = json_text_of(wrapup, "name");
  const struct text notes = json_text_of(wrapup, "notes");
  struct json_out o = ask_json(a);
  json_open_object(&o);
  if (code.len > 0 || name.len > 0) {
    put_key_text(&o, "disposition", code.len > 0 ? code : name);
  }
  if (notes.len > 0) {
    put_key_text(&o, "note", notes);
  }
  json_close_object(&o);
  return arena_copy_text(&a->arena, textbuf_text(&a->out));
}

static void set_wrapup(struct ask *a, const struct target *t,
                       const struct json *wrapup) {
  if (t->kind != PARTY_AGENT) {
    ask_fail_code(a, 400, "bad.request",
                  TEXT("Only an agent's participant has a wrap-up."));
    return;
  }
  do_as_agent(a, t, t->wrapping ? "/complete" : "/disposition",
              wrapup_body(a, wrapup));
}

void genesys_wrap_up(struct ask *a) {
  struct target t;
  if (find_target(a, 2, &t)) {
    set_wrapup(a, &t, a->body);
  }
}

/* ---- state */

static void accept(struct ask *a, const struct target *t) {
  if (t->kind == PARTY_AGENT && t->state == PARTY_CONNECTED) {
    ask_send_empty(a, 202); /* it is what was asked for */
    return;
  }
  if (t->kind != PARTY_AGENT || t->state != PARTY_ALERTING) {
    ask_fail_code(a, 400, "postino.error.answer.not.alerting",
                  TEXT("The participant is not alerting: the accept came too "
                       "late, or is somebody else's."));
    return;
  }
  do_as_agent(a, t, "/offer/accept", TEXT("{}"));
}

static void leave(struct ask *a, const struct target *t) {
  if (t->state == PARTY_DISCONNECTED) {
    ask_send_empty(a, 202);
  } else if (t->beside && t->kind == PARTY_QUEUE) {
    take_back(a, t);
  } else if (t->kind == PARTY_AGENT) {
    do_as_agent(a, t, t->state == PARTY_ALERTING ? "/offer/decline" : "/end",
                TEXT("{}"));
  } else if (t->kind == PARTY_CUSTOMER) {
    do_session(a, &a->by, "/leave", TEXT("{}"));
  } else {
    do_session(a, &a->by, t->kind == PARTY_QUEUE ? "/end" : "/release",
               TEXT("{}"));
  }
}

static void change_state(struct ask *a, const struct target *t,
                         struct text state) {
  if (text_equal(state, TEXT("connected"))) {
    accept(a, t);
  } else if (text_equal(state, TEXT("disconnected"))) {
    leave(a, t);
  } else {
    ask_fail_field(a, "state", TEXT("state is connected or disconnected."));
  }
}

static bool find_changed(struct ask *a, struct target *out) {
  return find_target(a, a->params[2].len > 0 ? 2 : 1, out);
}

static void then_wrapped(struct ask *a, const struct json *unused) {
  struct target t;
  (void)unused;
  if (!find_changed(a, &t)) {
    return;
  }
  if (t.wrapping) {
    do_as_agent(a, &t, "/complete", TEXT("{}"));
  } else {
    ask_send_empty(a, 202); /* the queue has no wrap-up */
  }
}

static void then_leave(struct ask *a, const struct json *unused) {
  struct target t;
  struct caller by;
  (void)unused;
  if (find_changed(a, &t) && ask_as_agent(a, t.number, &by)) {
    do_session_then(a, &by, "/end", TEXT("{}"), then_wrapped);
  }
}

/* The outcome first: with a code that there is not, nothing is done. */
static void leave_wrapped(struct ask *a, const struct target *t,
                          const struct json *wrapup) {
  struct caller by;
  if (ask_as_agent(a, t->number, &by)) {
    do_session_then(a, &by, "/disposition", wrapup_body(a, wrapup), then_leave);
  }
}

void genesys_change_participant(struct ask *a) {
  const struct json *wrapup = ask_member(a, "wrapup");
  const struct json *state = ask_member(a, "state");
  struct target t;
  if (!find_changed(a, &t)) {
    return;
  }
  if (wrapup != NULL && (state == NULL || t.wrapping)) {
    set_wrapup(a, &t, wrapup);
  } else if (wrapup != NULL && t.kind == PARTY_AGENT &&
             t.state == PARTY_CONNECTED &&
             text_equal(ask_text(a, "state"), TEXT("disconnected"))) {
    leave_wrapped(a, &t, wrapup);
  } else if (state != NULL) {
    change_state(a, &t, ask_text(a, "state"));
  } else if (ask_member(a, "held") != NULL) {
    ask_send_empty(a, 202); /* messages have nothing that could be held */
  } else {
    ask_fail_code(a, 400, "bad.request",
                  TEXT("The body has none of state, wrapup and held."));
  }
}

void genesys_disconnect(struct ask *a) {
  do_session(a, &a->by, "/end", TEXT("{}"));
}

void genesys_change_conversation(struct ask *a) {
  if (text_equal(ask_text(a, "state"), TEXT("disconnected"))) {
    genesys_disconnect(a);
    return;
  }
  ask_fail_field(a, "state", TEXT("state is disconnected."));
}

void genesys_set_attributes(struct ask *a) {
  const struct json *attributes = ask_member(a, "attributes");
  struct target t;
  if (!find_target(a, 1, &t)) {
    return;
  }
  if (attributes == NULL || attributes->type != JSON_OBJECT) {
    ask_fail_field(a, "attributes", TEXT("attributes is an object."));
    return;
  }
  const struct ask_step step = {
      .by = a->by,
      .method = HTTP_PATCH,
      .path = ask_path(a, "/api/v1/sessions/", a->params[0], "/attributes"),
      .body = attributes->source,
      .then = ask_then_202};
  ask_api(a, &step);
}

/* ---- transfers */

/* A holder that is a bot does not go by itself: docs/genesys.md. */
static void put_when(struct ask *a, const struct target *t,
                     struct json_out *o) {
  const enum genesys_from_bot how = a->g->settings.from_bot;
  if (t->kind != PARTY_BOT || how == GENESYS_REFUSE) {
    return;
  }
  if (how == GENESYS_WAIT) {
    put_key_text(o, "when", TEXT("released"));
    return;
  }
  json_key(o, "release");
  json_put_bool(o, true);
}

struct destination {
  const char *member; /* of /api/v1 */
  struct text name;
  const char *not_found; /* the code of one that is not there */
};

static bool is_same(struct ask *a, const struct target *t,
                    const struct destination *to) {
  const struct directory *d = genesys_directory(a->g);
  if (t->kind == PARTY_AGENT) {
    return text_equal(text_from(to->member), TEXT("agentId")) &&
           directory_agent(d, to->name) == t->number;
  }
  return t->kind == PARTY_QUEUE &&
         text_equal(text_from(to->member), TEXT("queueId")) &&
         directory_queue(d, to->name) == t->number;
}

static bool check_source(struct ask *a, const struct target *t,
                         const struct destination *to) {
  if (t->state == PARTY_DISCONNECTED || t->kind == PARTY_CUSTOMER) {
    ask_fail_code(a, 400, "conversations.error.transfer.not.connected",
                  TEXT("The participant is not connected: the one that is may "
                       "be replaced."));
    return false;
  }
  if (is_same(a, t, to)) {
    ask_fail_code(a, 400, "conversations.error.transfer.same.party",
                  TEXT("The destination has the conversation already."));
    return false;
  }
  return true;
}

static bool is_attended(const struct ask *a) {
  return text_equal(ask_text(a, "transferType"), TEXT("Attended"));
}

/* Only an agent waits for somebody to accept. */
static bool check_attended(struct ask *a, const struct target *t) {
  if (is_attended(a) && (t->kind == PARTY_BOT || t->kind == PARTY_SCRIPT)) {
    ask_fail_field(a, "transferType",
                   TEXT("A bot keeps nothing until somebody accepts. Send "
                        "Unattended."));
    return false;
  }
  return true;
}

static void transfer(struct ask *a, const struct destination *to) {
  struct target t;
  struct caller by = a->by;
  if (!find_target(a, 1, &t) || !check_source(a, &t, to) ||
      !check_attended(a, &t) ||
      (t.kind == PARTY_AGENT && t.state == PARTY_CONNECTED &&
       !ask_as_agent(a, t.number, &by))) {
    return;
  }
  struct json_out o = ask_json(a);
  json_open_object(&o);
  put_key_text(&o, to->member, to->name);
  put_when(a, &t, &o);
  if (is_attended(a)) {
    put_key_text(&o, "when", TEXT("accepted"));
  }
  if (ask_text(a, "reason").len > 0) {
    put_key_text(&o, "reason", ask_text(a, "reason"));
  }
  json_close_object(&o);
  a->not_found = to->not_found;
  const struct ask_step step = {
      .by = by,
      .method = HTTP_POST,
      .path = ask_path(a, "/api/v1/sessions/", t.session, "/transfer"),
      .body = arena_copy_text(&a->arena, textbuf_text(&a->out)),
      .then = ask_then_202};
  ask_api(a, &step);
}

static bool check_type(struct ask *a) {
  const struct text type = ask_text(a, "transferType");
  if (type.len == 0 || text_equal(type, TEXT("Unattended")) || is_attended(a)) {
    return true;
  }
  ask_fail_field(a, "transferType",
                 TEXT("transferType is Attended or Unattended."));
  return false;
}

static void refuse_destination(struct ask *a) {
  ask_fail_code(a, 400, "conversations.error.transfer.destination.required",
                TEXT("The body names no destination."));
}

static const char queue_gone[] = "conversations.error.queue.not.found";

/* An address is what a script writes as a target: a queue, or agent:ID,
 * skill:NAME, bot:NAME. Others are numbers to call. */
static struct destination address_of(struct ask *a, struct text address) {
  static const struct {
    struct text prefix;
    const char *ours;
  } kinds[] = {{{"agent:", 6}, "agentId"},
               {{"skill:", 6}, "skill"},
               {{"bot:", 4}, "bot"}};
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
    if (text_starts(address, kinds[i].prefix)) {
      return (struct destination){
          kinds[i].ours, text_sub(address, kinds[i].prefix.len, address.len),
          "not.found"};
    }
  }
  const bool queue =
      directory_queue(genesys_directory(a->g), address) != DIR_NONE;
  return (struct destination){queue ? "queueId" : "address", address,
                              "not.found"};
}

static void replace_with(struct ask *a, const char *const *members) {
  static const struct {
    const char *member, *ours, *not_found;
  } known[] = {{"queueId", "queueId", queue_gone},
               {"queueName", "queueId", queue_gone},
               {"userId", "agentId", "not.found"},
               {"userName", "agentId", "not.found"},
               {"address", NULL, "not.found"}};
  for (; *members != NULL; members++) {
    const struct text name = ask_text(a, *members);
    for (size_t i = 0; name.len > 0 && i < sizeof known / sizeof known[0];
         i++) {
      const struct destination to =
          known[i].ours == NULL
              ? address_of(a, name)
              : (struct destination){known[i].ours, name, known[i].not_found};
      if (text_equal(text_from(*members), text_from(known[i].member))) {
        transfer(a, &to);
        return;
      }
    }
  }
  refuse_destination(a);
}

void genesys_replace(struct ask *a) {
  static const char *const members[] = {"queueId",  "userId",    "address",
                                        "userName", "queueName", NULL};
  replace_with(a, members);
}

void genesys_replace_queue(struct ask *a) {
  static const char *const members[] = {"queueId", "queueName", NULL};
  if (check_type(a)) {
    replace_with(a, members);
  }
}

void genesys_replace_agent(struct ask *a) {
  static const char *const members[] = {"userId", "userName", NULL};
  if (check_type(a)) {
    replace_with(a, members);
  }
}

void genesys_assign(struct ask *a) {
  const struct text user = ask_text(a, "id");
  uint32_t agent;
  if (user.len == 0) {
    ask_fail_field(a, "id", TEXT("The body names the user: {\"id\": …}."));
    return;
  }
  if (!ask_find_user(a, user, &agent) || !ask_may_send_to(a, user)) {
    return;
  }
  struct json_out o = ask_json(a);
  json_open_object(&o);
  put_key_text(&o, "agentId", genesys_directory(a->g)->agents[agent].id);
  json_close_object(&o);
  do_session(a, &a->by, "/assign",
             arena_copy_text(&a->arena, textbuf_text(&a->out)));
}

/* ---- saying something */

static void then_said(struct ask *a, const struct json *answer) {
  const struct json *number = json_part(answer, "number");
  struct id session = {0, 0};
  if (number == NULL || !id_from_text(a->params[0], &session)) {
    ask_fail_memory(a);
    return;
  }
  const struct said said = {
      .id = genesys_id(session, "message", (uint64_t)number->i),
      .number = (uint32_t)number->i,
      .role = ROLE_AGENT,
      .at_us = api_unix_us(a->g->api),
      .author = ((const struct destination *)a->kept)->name,
      .text = ask_text(a, "textBody")};
  const struct story s = {.session = session};
  struct json_out o = ask_json(a);
  said_put(a->g, &s, &said, &o);
  ask_send(a, 200);
}

static void say(struct ask *a, const struct caller *by, struct text text) {
  struct destination *from = arena_alloc(&a->arena, sizeof *from);
  if (from == NULL) {
    ask_fail_memory(a);
    return;
  }
  from->name = arena_copy_text(&a->arena, by->name);
  a->kept = from;
  struct json_out o = ask_json(a);
  json_open_object(&o);
  put_key_text(&o, "text", text);
  json_close_object(&o);
  const struct ask_step step = {
      .by = *by,
      .method = HTTP_POST,
      .path = ask_path(a, "/api/v1/sessions/", a->params[0], "/messages"),
      .body = arena_copy_text(&a->arena, textbuf_text(&a->out)),
      .then = then_said};
  ask_api(a, &step);
}

void genesys_say(struct ask *a) {
  const struct text text = ask_text(a, "textBody");
  struct target t;
  struct caller by;
  if (!find_target(a, 1, &t)) {
    return;
  }
  if (text.len == 0) {
    ask_fail_field(a, "textBody", TEXT("textBody holds what is said."));
    return;
  }
  if (t.kind != PARTY_AGENT || t.state != PARTY_CONNECTED) {
    ask_fail_code(a, 400, "conversations.error.transfer.not.connected",
                  TEXT("The communication is not that of a connected agent."));
    return;
  }
  if (ask_as_agent(a, t.number, &by)) {
    say(a, &by, text);
  }
}
