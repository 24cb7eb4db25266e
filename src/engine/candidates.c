/* For each agent, why it would or would not be offered a session. */
#include "engine/candidates_priv.h"
#include "engine/engine_priv.h"
#include "engine/put_priv.h"

/* The keys that were compared, mine before theirs. */
static void put_ranks(const struct router_why *w, struct json_out *o) {
  if (w->reason == ROUTER_WHY_OTHER_SESSION_FIRST) {
    put_num(o, "precedence", w->mine.precedence);
    put_num(o, "otherPrecedence", w->theirs.precedence);
    put_points(o, "priority", w->mine.effective);
    put_points(o, "otherPriority", w->theirs.effective);
    put_hundredths(o, "acceleration", w->mine.ageing);
    put_hundredths(o, "otherAcceleration", w->theirs.ageing);
    put_num(o, "maxPriority", w->mine.max_priority);
    put_num(o, "otherMaxPriority", w->theirs.max_priority);
    put_bool(o, "skipQueue", w->mine.skip_queue);
    put_bool(o, "otherSkipQueue", w->theirs.skip_queue);
    put_time(o, "enteredAt", w->mine.entered_us);
    put_time(o, "otherEnteredAt", w->theirs.entered_us);
  } else if (w->reason == ROUTER_WHY_OTHER_AGENT_FIRST) {
    const bool in_turn = w->mine.strategy == ROUTER_ROUND_ROBIN;
    put_name(o, "strategy", router_strategy_text(w->mine.strategy));
    put_num(o, "score", in_turn ? (int64_t)w->mine.turn : w->mine.score);
    put_num(o, "otherScore",
            in_turn ? (int64_t)w->theirs.turn : w->theirs.score);
    put_time(o, "idleSince", w->mine.idle_since_us);
    put_time(o, "otherIdleSince", w->theirs.idle_since_us);
  }
}

/* When a time of the session's own will change the answer; 0: none will. */
static int64_t until_us(const struct engine *e, const struct live *l,
                        const struct router_why *w) {
  if (w->reason == ROUTER_WHY_OTHER_PREFERRED) {
    return l->preferred_until_us;
  }
  if (w->reason == ROUTER_WHY_OUTSIDE_RING) {
    const struct dir_queue *q = &e->dir.queues[l->s.queue];
    return l->rings_us + q->ring_after_ms[w->ring - 1] * 1000;
  }
  return w->until_us;
}

/* What is sent to an agent asks for a skill that nobody else has. */
static bool is_meant_for_another(const struct engine *e,
                                 const struct router_why *w) {
  return w->reason == ROUTER_WHY_LACKS_SKILL && w->skill < e->dir.skill_count &&
         e->dir.queues[e->dir.skills[w->skill].queue].agent != DIR_NONE;
}

static void put_why(const struct engine *e, const struct live *l,
                    const struct router_why *w, struct json_out *o) {
  if (live_in_queue(&l->s) && e->dir.queues[l->s.queue].desk.len > 0) {
    put_name(o, "why", "at_desk");
    put_name(o, "detail",
             "the queue is served by a desk outside: who is there takes it");
    put_text(o, "desk", e->dir.queues[l->s.queue].desk);
    return;
  }
  if (is_meant_for_another(e, w)) {
    put_name(o, "why", "meant_for_another");
    put_name(o, "detail", "the session is meant for another agent alone");
    put_text(
        o, "otherAgent",
        e->dir.agents[e->dir.queues[e->dir.skills[w->skill].queue].agent].id);
    return;
  }
  const bool pulled =
      w->reason == ROUTER_WHY_QUEUE_PAUSED && !e->queues[l->s.queue].paused;
  put_name(o, "why", pulled ? "pull_only" : router_why_text(w->reason));
  put_name(o, "detail",
           pulled ? "the queue offers nothing by itself: agents pull"
                  : router_why_detail(w->reason));
  if (w->needed != 0 && w->skill < e->dir.skill_count) {
    put_text(o, "skill", e->dir.skills[w->skill].name);
    put_num(o, "neededProficiency", w->needed);
    put_num(o, "hasProficiency", w->has);
  }
  if (w->capacity != 0) {
    put_num(o, "used", w->used);
    put_num(o, "capacity", w->capacity);
  }
  if (w->reason == ROUTER_WHY_OUTSIDE_RING) {
    put_num(o, "ring", w->ring);
  }
  const int64_t until = until_us(e, l, w);
  if (until != 0) {
    put_time(o, "until", until);
  }
  if (w->other_agent != ROUTER_NONE && w->other_agent < e->dir.agent_count) {
    put_text(o, "otherAgent", e->dir.agents[w->other_agent].id);
  }
  if (w->other_slot != ROUTER_NONE && w->other_slot < e->live_used &&
      e->lives[w->other_slot]->used) {
    put_id(o, "otherSession", e->lives[w->other_slot]->id);
  }
  put_ranks(w, o);
}

void candidates_put_session(const struct engine *e, const struct live *l,
                            struct json_out *o) {
  put_id(o, "session", l->id);
  put_name(o, "status", session_status_name(l->s.status));
  put_name_or_null(o, "queue",
                   live_in_queue(&l->s)
                       ? view_holder_name(e, SESSION_HOLDER_QUEUE, l->s.queue)
                       : TEXT(""));
}

void candidates_put_list(const struct engine *e, uint32_t slot, int64_t now_us,
                         struct text only, struct json_out *o) {
  const struct live *l = engine_live(e, slot);
  const uint32_t alone =
      only.len == 0 ? DIR_NONE : directory_agent(&e->dir, only);
  json_key(o, "candidates");
  json_open_list(o);
  for (uint32_t a = 0; a < e->dir.agent_count; a++) {
    struct router_why w;
    if ((only.len > 0 && a != alone) || e->dir.agents[a].origin.removed) {
      continue;
    }
    router_explain(&e->router, slot, a, now_us, &w);
    json_open_object(o);
    put_text(o, "agent", e->dir.agents[a].id);
    put_name(o, "state", agent_shown_text(agent_shown(&e->agents[a].a)));
    put_why(e, l, &w, o);
    json_close_object(o);
  }
  json_close_list(o);
}

void engine_write_candidates(const struct engine *e, uint32_t slot,
                             int64_t now_us, struct text only,
                             struct json_out *o) {
  json_open_object(o);
  candidates_put_session(e, engine_live(e, slot), o);
  candidates_put_list(e, slot, now_us, only, o);
  json_close_object(o);
}
