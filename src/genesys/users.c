/* Users are the agents: their routing status, presence and skills. */
#include "base/check.h"
#include "engine/config.h"
#include "genesys/genesys_priv.h"
#include "genesys/scope_priv.h"

/* ---- finding one */

bool ask_find_user(struct ask *a, struct text id, uint32_t *agent) {
  *agent = directory_agent(genesys_directory(a->g), id);
  if (*agent != DIR_NONE) {
    return true;
  }
  const struct ask_error e = {
      .status = 404,
      .code = "not.found",
      .message = ask_format(a, "There is no user '%.*s'.", TEXT_ARG(id)),
      .entity = id};
  ask_fail(a, &e);
  return false;
}

void put_user_ref(struct genesys *g, struct json_out *o, uint32_t agent) {
  const struct dir_agent *d = &genesys_directory(g)->agents[agent];
  put_ref(o, "/users/", d->id, d->name);
}

/* ---- states */

/* What the engine shows of an agent; texts in an arena. */
struct shown {
  struct text state, reason, idle_since;
  bool busy; /* has a session */
};

static void look(struct genesys *g, struct arena *arena, uint32_t agent,
                 struct shown *out) {
  struct textbuf b;
  struct json_out o;
  textbuf_init(&b, g->mem);
  json_out_init(&o, &b);
  engine_write_agent(api_engine(g->api), agent, &o);
  const struct json *tree = genesys_parse(arena, &b);
  const struct json *sessions = json_part(tree, "sessions");
  *out = (struct shown){.state = json_text_of(tree, "state"),
                        .reason = json_text_of(tree, "awayReason"),
                        .idle_since = json_text_of(tree, "idleSince"),
                        .busy = sessions != NULL && sessions->count > 0};
}

static const char *routing_status_of(const struct shown *s) {
  if (text_equal(s->state, TEXT("away"))) {
    return text_equal(s->reason, TEXT("no answer")) ? "NOT_RESPONDING"
                                                    : "OFF_QUEUE";
  }
  if (text_equal(s->state, TEXT("offline")) ||
      text_equal(s->state, TEXT("lost")) || s->state.len == 0) {
    return "OFF_QUEUE";
  }
  return s->busy ? "INTERACTING" : "IDLE";
}

void put_routing_status(struct genesys *g, uint32_t agent, struct json_out *o) {
  struct arena arena;
  struct shown s;
  arena_init(&arena, g->mem, 0);
  look(g, &arena, agent, &s);
  json_open_object(o);
  put_key_text(o, "userId", genesys_directory(g)->agents[agent].id);
  put_key_text(o, "status", text_from(routing_status_of(&s)));
  if (s.idle_since.len > 0) {
    put_key_text(o, "startTime", s.idle_since);
  }
  json_close_object(o);
  arena_free(&arena);
}

/* The words that presences have everywhere; an agent is away with one of them
 * as its reason. */
static const char *const presences[] = {"AVAILABLE", "AWAY",     "BREAK",
                                        "BUSY",      "MEAL",     "MEETING",
                                        "TRAINING",  "ON_QUEUE", "OFFLINE"};

enum { PRESENCES = sizeof presences / sizeof presences[0] };

/* As it is written here, or in words: "On Queue". PRESENCES if it is none. */
static size_t find_presence(struct text word) {
  const bool in_words = text_equal_nocase(word, TEXT("On Queue"));
  const struct text name = in_words ? TEXT("ON_QUEUE") : word;
  size_t i = 0;
  while (i < PRESENCES && !text_equal_nocase(name, text_from(presences[i]))) {
    i++;
  }
  return i;
}

static const char *presence_of(const struct shown *s) {
  if (text_equal(s->state, TEXT("away"))) {
    const size_t i = find_presence(s->reason);
    return i < PRESENCES                              ? presences[i]
           : text_equal(s->reason, TEXT("no answer")) ? "ON_QUEUE"
           : text_equal(s->reason, TEXT("logged in")) ? "AVAILABLE"
                                                      : "AWAY";
  }
  return text_equal(s->state, TEXT("offline")) ||
                 text_equal(s->state, TEXT("lost")) || s->state.len == 0
             ? "OFFLINE"
             : "ON_QUEUE";
}

void put_presence(struct genesys *g, uint32_t agent, struct json_out *o) {
  const struct text id = genesys_directory(g)->agents[agent].id;
  struct arena arena;
  struct shown s;
  arena_init(&arena, g->mem, 0);
  look(g, &arena, agent, &s);
  const struct text word = text_from(presence_of(&s));
  json_open_object(o);
  put_key_text(o, "userId", id);
  put_key_text(o, "source", TEXT("PURECLOUD"));
  json_key(o, "primary");
  json_put_bool(o, true);
  json_key(o, "presenceDefinition");
  json_open_object(o);
  put_key_text(o, "id", word);
  put_key_text(o, "systemPresence", word);
  put_self(o, "/presencedefinitions/", word);
  json_close_object(o);
  put_key_text(o, "message", s.reason);
  if (s.idle_since.len > 0) {
    put_key_text(o, "modifiedDate", s.idle_since);
  }
  json_close_object(o);
  arena_free(&arena);
}

/* ---- skills: 0.0 is the least of theirs, 5.0 the most; 20 and 1 are ours */

enum { LEVEL_LEAST = 20, LEVELS = 19, STARS = 5 };

static uint32_t level_of(double proficiency) {
  const double below = proficiency < 0       ? 0
                       : proficiency > STARS ? STARS
                                             : proficiency;
  return LEVEL_LEAST - (uint32_t)(below * LEVELS / STARS + 0.5);
}

/* In halves: there are fewer of them than there are levels. */
static double proficiency_of(uint32_t level) {
  const double exact =
      (double)(LEVEL_LEAST - (level < 1 ? 1 : level)) * STARS / LEVELS;
  return (double)(int)(exact * 2 + 0.5) / 2;
}

static const struct json *agent_skills(struct ask *a, uint32_t agent) {
  const struct dir_agent *d = &genesys_directory(a->g)->agents[agent];
  return json_part(genesys_parse_copy(&a->arena, d->config), "skills");
}

static void put_skill(struct json_out *o, const struct json *element) {
  const struct text name = config_skill_name(element);
  json_open_object(o);
  put_key_text(o, "id", name);
  put_key_text(o, "name", name);
  json_key(o, "proficiency");
  json_put_double(o, proficiency_of(config_skill_level(element, 1)));
  put_key_text(o, "state", TEXT("active"));
  put_self(o, "/routing/skills/", name);
  json_close_object(o);
}

void genesys_user_skills(struct ask *a) {
  uint32_t agent;
  struct listing l;
  if (!ask_find_user(a, a->params[0], &agent) || !list_begin(&l, a)) {
    return;
  }
  const struct json *list = agent_skills(a, agent);
  for (const struct json *m = list == NULL ? NULL : list->first; m != NULL;
       m = m->next) {
    if (list_next(&l)) {
      put_skill(&l.o, m);
    }
  }
  list_send(&l);
}

static void then_skill(struct ask *a, const struct json *unused) {
  uint32_t agent;
  (void)unused;
  if (!ask_find_user(a, a->params[0], &agent)) {
    return;
  }
  const struct text name = ask_text(a, "id");
  struct json_out o = ask_json(a);
  const struct json *list = agent_skills(a, agent);
  for (const struct json *m = list == NULL ? NULL : list->first; m != NULL;
       m = m->next) {
    if (text_equal_nocase(config_skill_name(m), name)) {
      put_skill(&o, m);
    }
  }
  ask_send(a, 200);
}

/* The agent's skills without @name, and with it again at @level if that is not
 * 0. */
static void change_skills(struct ask *a, uint32_t agent, struct text name,
                          uint32_t level) {
  const struct json *list = agent_skills(a, agent);
  struct json_out o = ask_json(a);
  json_open_object(&o);
  json_key(&o, "skills");
  json_open_list(&o);
  for (const struct json *m = list == NULL ? NULL : list->first; m != NULL;
       m = m->next) {
    if (!text_equal_nocase(config_skill_name(m), name)) {
      json_put_tree(&o, m);
    }
  }
  if (level != 0) {
    json_open_object(&o);
    put_key_text(&o, "name", name);
    put_key_i64(&o, "proficiency", level);
    json_close_object(&o);
  }
  json_close_list(&o);
  json_close_object(&o);
  const struct ask_step step = {
      .by = a->by,
      .method = HTTP_PATCH,
      .path = ask_path(a, "/api/v1/agents/",
                       genesys_directory(a->g)->agents[agent].id, ""),
      .body = arena_copy_text(&a->arena, textbuf_text(&a->out)),
      .then = level != 0 ? then_skill : ask_then_204};
  ask_api(a, &step);
}

void genesys_add_user_skill(struct ask *a) {
  const struct json *p = ask_member(a, "proficiency");
  const struct text name = ask_text(a, "id");
  uint32_t agent;
  if (!ask_find_user(a, a->params[0], &agent)) {
    return;
  }
  if (directory_skill(genesys_directory(a->g), name) == DIR_NONE) {
    ask_fail_field(a, "id",
                   ask_format(a, "There is no skill '%.*s'.", TEXT_ARG(name)));
    return;
  }
  if (p == NULL || (p->type != JSON_INT && p->type != JSON_DOUBLE) ||
      p->d < 0 || p->d > STARS) {
    ask_fail_field(a, "proficiency",
                   TEXT("proficiency is a number 0.0 … 5.0."));
    return;
  }
  change_skills(a, agent, name, level_of(p->d));
}

void genesys_drop_user_skill(struct ask *a) {
  uint32_t agent;
  if (ask_find_user(a, a->params[0], &agent)) {
    change_skills(a, agent, a->params[1], 0);
  }
}

/* ---- a user */

static bool expands(struct ask *a, const char *word) {
  struct text rest = ask_query(a, "expand");
  while (rest.len > 0) {
    const size_t end = text_find(rest, TEXT(","), 0);
    if (text_equal(text_trim(text_sub(rest, 0, end)), text_from(word))) {
      return true;
    }
    rest = text_sub(rest, end + 1, rest.len);
  }
  return false;
}

static void put_expanded(struct ask *a, uint32_t agent, struct json_out *o) {
  if (expands(a, "routingStatus")) {
    json_key(o, "routingStatus");
    put_routing_status(a->g, agent, o);
  }
  if (expands(a, "presence")) {
    json_key(o, "presence");
    put_presence(a->g, agent, o);
  }
  if (expands(a, "skills")) {
    const struct json *list = agent_skills(a, agent);
    json_key(o, "skills");
    json_open_list(o);
    for (const struct json *m = list == NULL ? NULL : list->first; m != NULL;
         m = m->next) {
      put_skill(o, m);
    }
    json_close_list(o);
  }
}

static void put_user(struct ask *a, uint32_t agent, struct json_out *o) {
  const struct dir_agent *d = &genesys_directory(a->g)->agents[agent];
  json_open_object(o);
  put_key_text(o, "id", d->id);
  put_key_text(o, "name", d->name);
  put_key_text(o, "username", d->id);
  put_key_text(o, "state", TEXT("active"));
  json_key(o, "acdAutoAnswer");
  json_put_bool(o, false);
  put_key_i64(o, "version", 1);
  put_expanded(a, agent, o);
  put_self(o, "/users/", d->id);
  json_close_object(o);
}

void genesys_me(struct ask *a) {
  const uint32_t agent = directory_agent(genesys_directory(a->g), a->user);
  struct json_out o = ask_json(a);
  if (a->user.len > 0 && agent != DIR_NONE) {
    put_user(a, agent, &o);
  } else { /* a client that is nobody's is shown as itself */
    json_open_object(&o);
    put_key_text(&o, "id", a->client_id);
    put_key_text(&o, "name", a->client_id);
    put_key_text(&o, "username", a->client_id);
    put_key_text(&o, "state", TEXT("active"));
    put_key_i64(&o, "version", 1);
    put_self(&o, "/users/", a->client_id);
    json_close_object(&o);
  }
  ask_send(a, 200);
}

void genesys_user(struct ask *a) {
  uint32_t agent;
  if (ask_find_user(a, a->params[0], &agent)) {
    struct json_out o = ask_json(a);
    put_user(a, agent, &o);
    ask_send(a, 200);
  }
}

void genesys_users(struct ask *a) {
  const struct directory *d = genesys_directory(a->g);
  struct listing l;
  if (!list_begin(&l, a)) {
    return;
  }
  for (uint32_t i = 0; i < d->agent_count; i++) {
    if (!d->agents[i].origin.removed && ask_has_agent(a, i) &&
        ask_wants(a, "id", d->agents[i].id) && list_next(&l)) {
      put_user(a, i, &l.o);
    }
  }
  list_send(&l);
}

void genesys_routing_status(struct ask *a) {
  uint32_t agent;
  if (ask_find_user(a, a->params[0], &agent)) {
    struct json_out o = ask_json(a);
    put_routing_status(a->g, agent, &o);
    ask_send(a, 200);
  }
}

void genesys_presence(struct ask *a) {
  uint32_t agent;
  if (ask_find_user(a, a->params[0], &agent)) {
    struct json_out o = ask_json(a);
    put_presence(a->g, agent, &o);
    ask_send(a, 200);
  }
}

/* ---- changing states */

static void then_routing_status(struct ask *a, const struct json *unused) {
  (void)unused;
  genesys_routing_status(a);
}

static void then_presence(struct ask *a, const struct json *unused) {
  (void)unused;
  genesys_presence(a);
}

/* Who is offline is logged in first: there is no desk that would do it. */
static void log_in(struct ask *a, uint32_t agent) {
  struct command cmd = {.by = a->by};
  cmd.by.role = ROLE_SYSTEM;
  record_init(&cmd.args, COMMAND_AGENT_JOINED);
  record_set_num(&cmd.args, FIELD_AGENT, agent);
  api_submit(a->g->api, &cmd, NULL, NULL);
}

struct state_change {
  uint32_t agent;
  const char *state;
  struct text reason;
  ask_then_fn *then;
};

static void change_state(struct ask *a, const struct state_change *c) {
  const struct text id = genesys_directory(a->g)->agents[c->agent].id;
  struct json_out o = ask_json(a);
  if (a->by.role == ROLE_AGENT && a->by.number != c->agent) {
    ask_fail_code(a, 403, "not.authorized",
                  TEXT("This client acts as another user."));
    return;
  }
  if (!text_equal(text_from(c->state), TEXT("offline"))) {
    log_in(a, c->agent);
  }
  json_open_object(&o);
  put_key_text(&o, "state", text_from(c->state));
  if (c->reason.len > 0) {
    put_key_text(&o, "reason", c->reason);
  }
  json_close_object(&o);
  const struct ask_step step = {
      .by = a->by,
      .method = HTTP_PUT,
      .path = ask_path(a, "/api/v1/agents/", id, "/state"),
      .body = arena_copy_text(&a->arena, textbuf_text(&a->out)),
      .then = c->then};
  ask_api(a, &step);
}

/* INTERACTING and COMMUNICATING follow from what an agent has in hand: who is
 * said to be there is on the queue. */
static const struct {
  const char *status, *state, *reason;
} statuses[] = {{"IDLE", "available", ""},
                {"INTERACTING", "available", ""},
                {"COMMUNICATING", "available", ""},
                {"NOT_RESPONDING", "away", "no answer"},
                {"OFF_QUEUE", "away", "AVAILABLE"}};

void genesys_set_routing_status(struct ask *a) {
  struct state_change c = {.then = then_routing_status};
  const struct text word = ask_text(a, "status");
  if (!ask_find_user(a, a->params[0], &c.agent)) {
    return;
  }
  for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
    if (text_equal(word, text_from(statuses[i].status))) {
      c.state = statuses[i].state;
      c.reason = text_from(statuses[i].reason);
      change_state(a, &c);
      return;
    }
  }
  ask_fail_field(a, "status",
                 TEXT("status is OFF_QUEUE, IDLE, INTERACTING, "
                      "NOT_RESPONDING or COMMUNICATING."));
}

void genesys_set_presence(struct ask *a) {
  struct state_change c = {.then = then_presence};
  const struct json *definition = ask_member(a, "presenceDefinition");
  /* An id of theirs means nothing here; the word beside it does. */
  const size_t by_id = find_presence(json_text_of(definition, "id"));
  const size_t i =
      by_id < PRESENCES
          ? by_id
          : find_presence(json_text_of(definition, "systemPresence"));
  if (!ask_find_user(a, a->params[0], &c.agent)) {
    return;
  }
  if (i == PRESENCES) {
    ask_fail_field(a, "presenceDefinition",
                   TEXT("presenceDefinition has an id or systemPresence of "
                        "AVAILABLE, AWAY, BREAK, BUSY, MEAL, MEETING, "
                        "TRAINING, ON_QUEUE or OFFLINE."));
    return;
  }
  const bool on = text_equal(text_from(presences[i]), TEXT("ON_QUEUE"));
  const bool off = text_equal(text_from(presences[i]), TEXT("OFFLINE"));
  c.state = on ? "available" : off ? "offline" : "away";
  c.reason = on || off ? TEXT("") : text_from(presences[i]);
  change_state(a, &c);
}
