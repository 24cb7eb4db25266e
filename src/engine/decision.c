#include "engine/decision.h"

#include "engine/candidates_priv.h"
#include "engine/engine_priv.h"
#include "engine/put_priv.h"

/* ---- the rule */

/* What was compared: agents for the session, sessions for the agent. */
struct compared {
  uint32_t agents, sessions;
};

static struct compared count_compared(const struct engine *e, uint32_t slot,
                                      uint32_t agent, int64_t now_us) {
  struct compared f = {1, 1};
  struct router_why w;
  for (uint32_t a = 0; a < e->dir.agent_count; a++) {
    router_explain(&e->router, slot, a, now_us, &w);
    f.agents += a != agent && w.reason == ROUTER_WHY_OTHER_AGENT_FIRST;
  }
  for (uint32_t s = 0; engine_next_session(e, &s); s++) {
    if (s != slot && router_waits(&e->router, s)) {
      router_explain(&e->router, s, agent, now_us, &w);
      f.sessions += w.reason == ROUTER_WHY_OTHER_SESSION_FIRST;
    }
  }
  return f;
}

static void put_rule(const struct engine *e, const struct live *l,
                     const struct compared *f, struct json_out *o) {
  const uint32_t strategy = e->dir.queues[l->s.queue].params.strategy;
  put_num(o, "agentsReady", f->agents);
  put_num(o, "sessionsWaiting", f->sessions);
  put_name(o, "strategy", router_strategy_text(strategy));
}

/* ---- the offer */

bool decision_write(const struct engine *e, uint64_t seq,
                    const struct record *offered, struct text only,
                    struct json_out *o) {
  const uint32_t agent = (uint32_t)record_num(offered, FIELD_AGENT);
  const int64_t now_us = record_num(offered, FIELD_AT);
  uint32_t slot;
  if (!engine_find(e, record_id(offered, FIELD_SESSION), &slot) ||
      agent >= e->dir.agent_count) {
    return false;
  }
  const struct live *l = engine_live(e, slot);
  const struct compared f = count_compared(e, slot, agent, now_us);
  json_open_object(o);
  put_num(o, "seq", (int64_t)seq);
  put_time(o, "at", now_us);
  candidates_put_session(e, l, o);
  put_text(o, "agent", e->dir.agents[agent].id);
  put_rule(e, l, &f, o);
  candidates_put_list(e, slot, now_us, only, o);
  json_close_object(o);
  return true;
}

/* ---- in words */

static struct text said(const struct json *object, const char *key) {
  const struct json *m = json_member(object, text_from(key));
  return m == NULL ? TEXT("") : m->type == JSON_TEXT ? m->text : m->source;
}

static bool is_said(struct text key) {
  static const char *const keys[] = {"agent", "state", "why", "detail"};
  for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
    if (text_equal(key, text_from(keys[i]))) {
      return true;
    }
  }
  return false;
}

/* The numbers behind the reason stand in brackets, as in the JSON. */
static void tell_agent(const struct json *c, struct textbuf *out) {
  textbuf_addf(out, "           %-16.*s %-14.*s %.*s",
               TEXT_ARG(said(c, "agent")), TEXT_ARG(said(c, "state")),
               TEXT_ARG(said(c, "detail")));
  const char *before = " (";
  for (const struct json *m = c->first; m != NULL; m = m->next) {
    if (!is_said(m->key) && m->type != JSON_NULL) {
      textbuf_addf(out, "%s%.*s %.*s", before, TEXT_ARG(m->key),
                   TEXT_ARG(m->source));
      before = ", ";
    }
  }
  textbuf_add(out, before[0] == ',' ? TEXT(")\n") : TEXT("\n"));
}

static void tell_rule(const struct json *d, struct textbuf *out) {
  const struct text agents = said(d, "agentsReady");
  const struct text sessions = said(d, "sessionsWaiting");
  textbuf_add(out, text_equal(agents, TEXT("1"))
                       ? TEXT("the only agent who was ready for it")
                       : TEXT(""));
  if (!text_equal(agents, TEXT("1"))) {
    textbuf_addf(out, "first of %.*s agents who were ready, by %.*s",
                 TEXT_ARG(agents), TEXT_ARG(said(d, "strategy")));
  }
  if (!text_equal(sessions, TEXT("1"))) {
    textbuf_addf(out, "; the session was first of %.*s for this agent",
                 TEXT_ARG(sessions));
  }
}

void decision_tell(const struct mem *mem, struct text json,
                   struct textbuf *out) {
  struct arena arena;
  struct json *d = NULL;
  arena_init(&arena, mem, 0);
  if (json_parse(&arena, json, JSON_DEPTH_MAX, &d, NULL) == BT_ERR_OK) {
    textbuf_addf(out,
                 "%7.*s  %.*s  offer of session %.*s, queue %.*s, to %.*s: ",
                 TEXT_ARG(said(d, "seq")), TEXT_ARG(said(d, "at")),
                 TEXT_ARG(said(d, "session")), TEXT_ARG(said(d, "queue")),
                 TEXT_ARG(said(d, "agent")));
    tell_rule(d, out);
    textbuf_add_char(out, '\n');
    const struct json *list = json_member(d, TEXT("candidates"));
    for (const struct json *c = list == NULL ? NULL : list->first; c != NULL;
         c = c->next) {
      tell_agent(c, out);
    }
  }
  arena_free(&arena);
}
