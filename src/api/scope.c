/* How far the rights of a supervisor and of an administrator go: the own teams,
 * and what people said. What a role may do at all stands in routes.def. */
#include "api/scope_priv.h"

#include "api/serve_priv.h"
#include "codec/seal.h"

static serve_fn *const conversations[] = {
#define CONVERSATION(serve) serve_##serve,
#include "api/conversation.def"
#undef CONVERSATION
};

/* ---- teams */

uint64_t scope_teams(const struct api *api, enum role role,
                     const struct auth_source *source) {
  return role == ROLE_SUPERVISOR ? teams_led_by(&api->teams, source->subject)
                                 : 0;
}

enum bt_err api_set_teams(struct api *api, const struct api_team *teams,
                          size_t count) {
  const enum bt_err err = teams_set(&api->teams, teams, count);
  if (err == BT_ERR_OK) {
    streams_scope(api);
  }
  return err;
}

static const struct directory *directory_of(const struct api *api) {
  return engine_directory(api_engine(api));
}

uint64_t scope_of_queue(struct api *api, uint32_t queue) {
  return teams_of_queue(&api->teams, directory_of(api), queue);
}

uint64_t scope_of_agent(struct api *api, uint32_t agent) {
  return teams_of_agent(&api->teams, directory_of(api), agent);
}

uint64_t scope_of_session(struct api *api, uint32_t slot) {
  const struct session *s = engine_session(api_engine(api), slot);
  return scope_of_queue(api, s->queue) | scope_of_agent(api, s->agent) |
         scope_of_agent(api, engine_session_last_agent(api_engine(api), slot));
}

struct from_row {
  struct api *api;
  uint64_t mask;
  bool found;
};

static bool on_row(void *ctx, const struct history_row *row) {
  struct from_row *f = ctx;
  const struct directory *d = directory_of(f->api);
  f->mask = scope_of_queue(f->api, directory_queue(d, row->queue)) |
            scope_of_agent(f->api, directory_agent(d, row->agent));
  f->found = true;
  return false;
}

/* Of a session that goes on, or has left the engine. False: nobody knows it. */
static bool mask_of_session(struct api *api, struct text name, uint64_t *mask) {
  struct id id;
  uint32_t slot;
  struct from_row f = {.api = api};
  if (!id_from_text(name, &id)) {
    return false;
  }
  if (engine_find(api_engine(api), id, &slot)) {
    *mask = scope_of_session(api, slot);
    return true;
  }
  if (api->options.history == NULL ||
      history_read(api->options.history, id, on_row, &f) != BT_ERR_OK) {
    return false;
  }
  *mask = f.mask;
  return f.found;
}

bool call_refuse_team(struct call *c, const char *kind, struct text name,
                      uint64_t mask) {
  struct textbuf theirs, own;
  textbuf_init(&theirs, c->api->mem);
  textbuf_init(&own, c->api->mem);
  teams_write(&c->api->teams, mask, &theirs);
  teams_write(&c->api->teams, c->teams, &own);
  const struct text detail =
      call_format(c, "The %s %.*s is of %.*s; '%.*s' supervises %.*s.", kind,
                  TEXT_ARG(name), TEXT_ARG(textbuf_text(&theirs)),
                  TEXT_ARG(c->by.name), TEXT_ARG(textbuf_text(&own)));
  textbuf_free(&theirs);
  textbuf_free(&own);
  call_refuse(c, REFUSAL_OTHER_TEAM, detail, TEXT(""));
  return false;
}

static bool may_act_on_session(struct call *c) {
  uint64_t mask = 0;
  if (!mask_of_session(c->api, c->params[0], &mask)) {
    call_refuse(
        c, REFUSAL_UNKNOWN_SESSION,
        call_format(c, "No session has the id %.*s.", TEXT_ARG(c->params[0])),
        TEXT(""));
    return false;
  }
  return (mask & c->teams) != 0 ||
         call_refuse_team(c, "session", c->params[0], mask);
}

/* What the path names; what it names in vain is refused where it is served. */
static bool is_of_team(struct call *c) {
  const struct text path = text_from(c->route->path);
  const struct directory *d = directory_of(c->api);
  if (c->teams == 0) {
    return true;
  }
  if (text_starts(path, TEXT("/api/v1/sessions/{session}"))) {
    return may_act_on_session(c);
  }
  if (text_starts(path, TEXT("/api/v1/queues/{queue}"))) {
    const uint32_t queue = directory_queue(d, c->params[0]);
    const uint64_t mask = scope_of_queue(c->api, queue);
    return queue == DIR_NONE || (mask & c->teams) != 0 ||
           call_refuse_team(c, "queue", c->params[0], mask);
  }
  if (text_starts(path, TEXT("/api/v1/agents/{agent}"))) {
    const uint32_t agent = directory_agent(d, c->params[0]);
    const uint64_t mask = scope_of_agent(c->api, agent);
    return agent == DIR_NONE || (mask & c->teams) != 0 ||
           call_refuse_team(c, "agent", c->params[0], mask);
  }
  return true;
}

bool call_may_send_to(struct call *c, const struct record *args) {
  const struct text name = record_text(args, FIELD_AGENT_ID);
  const uint32_t agent = directory_agent(directory_of(c->api), name);
  if (c->teams == 0 || args->type != COMMAND_ASSIGN || agent == DIR_NONE) {
    return true;
  }
  const uint64_t mask = scope_of_agent(c->api, agent);
  return (mask & c->teams) != 0 || call_refuse_team(c, "agent", name, mask);
}

/* ---- for other modules */

static struct auth_source source_of(const struct caller *by) {
  return (struct auth_source){.subject =
                                  by->name.len == 0 ? 0 : hash_text(by->name)};
}

uint64_t api_teams_led(const struct api *api, const struct caller *by) {
  const struct auth_source source = source_of(by);
  return scope_teams(api, by->role, &source);
}

uint64_t api_teams_of_queue(struct api *api, uint32_t queue) {
  return scope_of_queue(api, queue);
}

uint64_t api_teams_of_agent(struct api *api, uint32_t agent) {
  return scope_of_agent(api, agent);
}

uint64_t api_teams_of_slot(struct api *api, uint32_t slot) {
  return scope_of_session(api, slot);
}

bool api_teams_of_session(struct api *api, struct text id, uint64_t *mask) {
  return mask_of_session(api, id, mask);
}

void api_write_teams(const struct api *api, uint64_t mask,
                     struct textbuf *out) {
  teams_write(&api->teams, mask, out);
}

bool api_reads_content(struct api *api, const struct caller *by) {
  const struct auth_source source = source_of(by);
  return scope_reads(api, by->role, &source);
}

/* ---- grants */

bool scope_reads(struct api *api, enum role role,
                 const struct auth_source *source) {
  return role != ROLE_ADMIN ||
         (api->options.grants != NULL &&
          grants_find(api->options.grants, source->subject, api_now_us(api)) !=
              NULL);
}

static bool is_conversation(struct call *c) {
  for (size_t i = 0; i < sizeof conversations / sizeof conversations[0]; i++) {
    if (c->serve == conversations[i]) {
      return true;
    }
  }
  return (c->serve == serve_session && call_query_flag(c, TEXT("messages"))) ||
         (c->serve == serve_sessions && call_query(c, TEXT("q")).len > 0) ||
         c->route->command == COMMAND_LISTEN;
}

static bool is_granted(struct call *c) {
  if (c->by.role != ROLE_ADMIN || !is_conversation(c) ||
      scope_reads(c->api, c->by.role, &c->who.source)) {
    return true;
  }
  call_refuse(c, REFUSAL_NO_GRANT,
              call_format(c,
                          "The administrator '%.*s' has no grant at this time; "
                          "what was asked for holds what people said.",
                          TEXT_ARG(c->by.name)),
              TEXT(""));
  return false;
}

bool call_in_scope(struct call *c) {
  return c->fn != NULL || (is_of_team(c) && is_granted(c));
}

/* ---- events */

bool scope_has_event(struct api *api, uint64_t teams,
                     const struct record *event) {
  uint32_t slot;
  if (teams == 0) {
    return true;
  }
  if (record_has(event, FIELD_SESSION)) {
    return engine_find(api_engine(api), record_id(event, FIELD_SESSION),
                       &slot) &&
           (scope_of_session(api, slot) & teams) != 0;
  }
  if (record_has(event, FIELD_QUEUE)) {
    const uint32_t queue = (uint32_t)record_num(event, FIELD_QUEUE);
    return (scope_of_queue(api, queue) & teams) != 0;
  }
  if (record_has(event, FIELD_AGENT)) {
    const uint32_t agent = (uint32_t)record_num(event, FIELD_AGENT);
    return (scope_of_agent(api, agent) & teams) != 0;
  }
  return true; /* of the centre: a script was published */
}

void scope_without_content(const struct record *event, struct record *out) {
  record_init(out, event->type);
  for (uint32_t f = record_next(event, 0); f < FIELDS;
       f = record_next(event, f + 1)) {
    if (!record_has(event, FIELD_SESSION) || !seal_is_content((enum field)f)) {
      record_copy(out, (enum field)f, event);
    }
  }
}
