/* How far a client's rights go beyond its role: a supervisor's teams, and what
 * people said, which an administrator reads by a grant alone. As /api/v1 has
 * it (api/scope.c), under the client's id in place of a token's name. */
#include <string.h>

#include "genesys/scope_priv.h"

static uint64_t teams_of(const struct ask *a) {
  return api_teams_led(a->g->api, &a->by);
}

bool ask_has_queue(struct ask *a, uint32_t queue) {
  const uint64_t teams = teams_of(a);
  return teams == 0 || (api_teams_of_queue(a->g->api, queue) & teams) != 0;
}

bool ask_has_agent(struct ask *a, uint32_t agent) {
  const uint64_t teams = teams_of(a);
  return teams == 0 || (api_teams_of_agent(a->g->api, agent) & teams) != 0;
}

bool ask_has_session(struct ask *a, uint32_t slot) {
  const uint64_t teams = teams_of(a);
  return teams == 0 || (api_teams_of_slot(a->g->api, slot) & teams) != 0;
}

/* ---- refusing */

static bool refuse(struct ask *a, enum refusal refusal, struct text detail) {
  const struct engine_problem p = {.refusal = refusal, .detail = detail};
  struct textbuf b;
  struct json_out o;
  textbuf_init(&b, a->g->mem);
  json_out_init(&o, &b);
  engine_write_problem(api_engine(a->g->api), &p, &o);
  const struct json *problem = genesys_parse(&a->arena, &b);
  if (problem == NULL) {
    ask_fail_memory(a);
  } else {
    ask_fail_problem(a, problem);
  }
  return false;
}

static bool refuse_team(struct ask *a, const char *kind, struct text name,
                        uint64_t mask) {
  struct textbuf theirs, own;
  textbuf_init(&theirs, a->g->mem);
  textbuf_init(&own, a->g->mem);
  api_write_teams(a->g->api, mask, &theirs);
  api_write_teams(a->g->api, teams_of(a), &own);
  const struct text detail =
      ask_format(a, "The %s %.*s is of %.*s; '%.*s' supervises %.*s.", kind,
                 TEXT_ARG(name), TEXT_ARG(textbuf_text(&theirs)),
                 TEXT_ARG(a->by.name), TEXT_ARG(textbuf_text(&own)));
  textbuf_free(&theirs);
  textbuf_free(&own);
  return refuse(a, REFUSAL_OTHER_TEAM, detail);
}

/* What is not known is refused where it is looked for. */
static bool may_queue(struct ask *a, struct text name) {
  const uint32_t queue = directory_queue(genesys_directory(a->g), name);
  return queue == DIR_NONE || ask_has_queue(a, queue) ||
         refuse_team(a, "queue", name, api_teams_of_queue(a->g->api, queue));
}

static bool may_agent(struct ask *a, struct text name) {
  const uint32_t agent = directory_agent(genesys_directory(a->g), name);
  return agent == DIR_NONE || ask_has_agent(a, agent) ||
         refuse_team(a, "agent", name, api_teams_of_agent(a->g->api, agent));
}

static bool may_session(struct ask *a, struct text name) {
  uint64_t mask = 0;
  const uint64_t teams = teams_of(a);
  return teams == 0 || !api_teams_of_session(a->g->api, name, &mask) ||
         (mask & teams) != 0 || refuse_team(a, "session", name, mask);
}

/* ---- the gates */

/* What the first parameter of a route names. */
static bool is_of_team(struct ask *a) {
  const char *brace = strchr(a->route->path, '{');
  switch (brace == NULL ? '\0' : brace[1]) {
  case 'c':
    return may_session(a, a->params[0]);
  case 'q':
    return may_queue(a, a->params[0]);
  case 'u':
    return may_agent(a, a->params[0]);
  default:
    return true;
  }
}

static bool is_granted(struct ask *a) {
  return a->route->serve != genesys_message ||
         api_reads_content(a->g->api, &a->by) ||
         refuse(a, REFUSAL_NO_GRANT,
                ask_format(a,
                           "The administrator '%.*s' has no grant at this "
                           "time; what was asked for holds what people said.",
                           TEXT_ARG(a->by.name)));
}

bool ask_in_scope(struct ask *a) {
  return is_of_team(a) && is_granted(a);
}

bool ask_may_send_to(struct ask *a, struct text agent) {
  return may_agent(a, agent);
}

bool ask_may_hear(struct ask *a, struct text topic) {
  struct text id;
  switch (notify_kind(topic, &id)) {
  case TOPIC_OF_USER:
    return may_agent(a, id);
  case TOPIC_OF_QUEUE:
    return may_queue(a, id);
  case TOPIC_OF_CONVERSATION:
    return may_session(a, id);
  case TOPIC_OF_NOTHING:
    break;
  }
  return true;
}
