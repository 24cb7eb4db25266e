#include "laws.h"
#include "laws_priv.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"

__attribute__((format(printf, 2, 3))) static bool
broken(struct laws *w, const char *format, ...) {
  va_list args;
  va_start(args, format);
  (void)vsnprintf(w->broken, sizeof w->broken, format, args);
  va_end(args);
  return false;
}

static const struct live *live_at(const struct engine *e, uint32_t slot) {
  return slot < e->live_used && e->lives[slot]->used ? e->lives[slot] : NULL;
}

static const char *status_of(const struct live *l) {
  return session_status_name(l->s.status);
}

/* ---- before the step */

static uint64_t hash_messages(const struct live *l, size_t count) {
  uint64_t hash = 0;
  for (size_t i = 0; i < count; i++) {
    const struct message *m = &l->messages[i];
    hash = hash_u64(hash ^ hash_text(m->text) ^ m->number ^ m->role);
  }
  return hash;
}

static void remember(struct laws *w, const struct engine *e) {
  bt_check(e->live_used <= LAWS_SLOTS);
  for (uint32_t slot = 0; slot < e->live_used; slot++) {
    const struct live *l = e->lives[slot];
    w->before[slot].used = l->used;
    if (!l->used) {
      continue;
    }
    w->before[slot] =
        (struct laws_session){.used = true,
                              .id = l->id,
                              .s = l->s,
                              .entered_us = l->entered_us,
                              .order = l->order,
                              .priority = l->priority,
                              .messages = l->message_count,
                              .transcript = hash_messages(l, l->message_count)};
  }
}

/* What it was before, if it is still the same session. */
static const struct laws_session *was(const struct laws *w, uint32_t slot,
                                      const struct live *l) {
  const struct laws_session *b = &w->before[slot];
  return b->used && id_equal(b->id, l->id) ? b : NULL;
}

static void learn_agents(struct laws *w, const struct engine *e) {
  bt_check(e->dir.agent_count <= LAWS_AGENTS);
  for (uint32_t i = 0; i < e->dir.agent_count; i++) {
    struct arena arena;
    arena_init(&arena, &e->mem, 0);
    const struct json *c = config_parse(&arena, e->dir.agents[i].config);
    const struct router_agent_params p =
        directory_agent_params(&e->dir, i, c, &arena);
    bt_check(p.skill_count <= LAWS_SKILLS && p.queue_count <= LAWS_SKILLS);
    bt_check(p.post_count <= LAWS_SKILLS);
    struct laws_agent *a = &w->agents[i];
    *a = (struct laws_agent){.skill_count = p.skill_count,
                             .queue_count = p.queue_count,
                             .post_count = p.post_count,
                             .all_queues = p.all_queues};
    memcpy(a->skills, p.skills, p.skill_count * sizeof *p.skills);
    if (p.post_count > 0) {
      memcpy(a->posts, p.posts, p.post_count * sizeof *p.posts);
    }
    if (p.queue_count > 0) {
      memcpy(a->queues, p.queues, p.queue_count * sizeof *p.queues);
    }
    arena_free(&arena);
  }
}

/* ---- who must be heard, and who must not */

static bool is_over(const struct session *s) {
  return s->status == SESSION_WRAPUP || s->status == SESSION_COMPLETED;
}

static bool bot_acts_stale(const struct session *s, const struct command *cmd) {
  const uint32_t epoch = (uint32_t)record_num(&cmd->args, FIELD_EPOCH);
  const bool holds = s->holder == SESSION_HOLDER_BOT &&
                     s->holder_id == cmd->by.number && epoch == s->epoch;
  const bool invited = s->invited == SESSION_HOLDER_BOT &&
                       s->invited_id == cmd->by.number && epoch == s->epoch;
  switch (cmd->args.type) {
  case COMMAND_ACCEPT_INVITE:
  case COMMAND_BOT_CLOSED:
  case COMMAND_TRANSFER:
    return !holds && !invited;
  default:
    return !holds;
  }
}

static enum laws_expect expect_bot(const struct session *s,
                                   const struct command *cmd) {
  if (bot_acts_stale(s, cmd)) {
    return LAWS_REFUSED;
  }
  switch (cmd->args.type) {
  case COMMAND_SAY:
  case COMMAND_BOT_CLOSED:
  case COMMAND_GOODBYE:
  case COMMAND_ACCEPT_INVITE:
    return LAWS_TAKEN;
  default:
    return LAWS_EITHER;
  }
}

/* Who asks speaks where it is asked, and who was let in, with the customer. */
static bool may_say(const struct engine *e, const struct live *l,
                    uint32_t agent) {
  uint32_t slot;
  if (is_over(&l->s) ||
      (l->s.agent == agent && l->s.status == SESSION_ACTIVE)) {
    return !is_over(&l->s);
  }
  return (l->consults == CONSULTS_ABOUT || l->consults == CONSULTS_MERGED) &&
         engine_find(e, l->consult, &slot) &&
         e->lives[slot]->s.agent == agent &&
         e->lives[slot]->s.status == SESSION_ACTIVE;
}

static enum laws_expect expect_agent(const struct engine *e,
                                     const struct live *l,
                                     const struct command *cmd) {
  const struct session *s = &l->s;
  const bool mine = s->agent == cmd->by.number;
  const struct offer *o = offers_get(&e->offers, s->offer);
  switch (cmd->args.type) {
  case COMMAND_ACCEPT_OFFER:
  case COMMAND_DECLINE_OFFER:
    if (!mine || s->status != SESSION_OFFERED ||
        (record_has(&cmd->args, FIELD_OFFER) &&
         (uint64_t)record_num(&cmd->args, FIELD_OFFER) != s->offer)) {
      return LAWS_REFUSED;
    }
    return o != NULL && o->deadline_us > cmd->now_us ? LAWS_TAKEN : LAWS_EITHER;
  case COMMAND_COMPLETE:
    return mine && s->status == SESSION_WRAPUP ? LAWS_TAKEN : LAWS_REFUSED;
  case COMMAND_SAY:
    return may_say(e, l, cmd->by.number) ? LAWS_TAKEN : LAWS_REFUSED;
  case COMMAND_END:
  case COMMAND_HANGUP:
    return mine && s->status == SESSION_ACTIVE ? LAWS_TAKEN : LAWS_EITHER;
  default:
    return LAWS_EITHER;
  }
}

static enum laws_expect expect_session(const struct engine *e,
                                       const struct live *l,
                                       const struct command *cmd) {
  if (record_has(&cmd->args, FIELD_IF_MATCH) &&
      record_num(&cmd->args, FIELD_IF_MATCH) != l->s.version) {
    return LAWS_REFUSED;
  }
  if (cmd->by.role == ROLE_BOT) {
    return expect_bot(&l->s, cmd);
  }
  if (cmd->by.role == ROLE_AGENT) {
    return expect_agent(e, l, cmd);
  }
  switch (cmd->args.type) {
  case COMMAND_LEAVE:
  case COMMAND_END:
  case COMMAND_SAY:
    return is_over(&l->s) ? LAWS_REFUSED : LAWS_TAKEN;
  case COMMAND_CUSTOMER_JOINED:
  case COMMAND_CUSTOMER_DROPPED:
    return LAWS_TAKEN;
  default:
    return LAWS_EITHER;
  }
}

static enum laws_expect expect(const struct engine *e,
                               const struct command *cmd) {
  uint32_t slot;
  if (cmd->args.type == COMMAND_OPEN_SESSION ||
      !record_has(&cmd->args, FIELD_SESSION) ||
      record_has(&cmd->args, FIELD_KEY)) { /* the first answer counts */
    return LAWS_EITHER;
  }
  if (!engine_find(e, record_id(&cmd->args, FIELD_SESSION), &slot) ||
      !engine_may_see(e, slot, &cmd->by)) {
    return LAWS_REFUSED;
  }
  return expect_session(e, e->lives[slot], cmd);
}

void laws_before(struct laws *w, const struct engine *e,
                 const struct command *cmd) {
  remember(w, e);
  w->now_us = cmd->now_us;
  w->broken[0] = '\0';
  w->expect = expect(e, cmd);
}

/* ---- 1: one holder, and its number only grows */

static bool one_holder(struct laws *w, uint32_t slot, const struct live *l) {
  const struct laws_session *b = was(w, slot, l);
  session_check(&l->s);
  if (b == NULL) {
    return true;
  }
  const bool moved =
      b->s.holder != l->s.holder || b->s.holder_id != l->s.holder_id;
  if (l->s.epoch < b->s.epoch || (moved && l->s.epoch == b->s.epoch)) {
    return broken(w, "law 1: epoch %u after %u", l->s.epoch, b->s.epoch);
  }
  if (l->s.version < b->s.version) {
    return broken(w, "law 1: version %u after %u", l->s.version, b->s.version);
  }
  return true;
}

/* ---- 1b: a consultation is one of two sessions, and ends with either */

static bool consults_whole(struct laws *w, const struct engine *e,
                           const struct live *l) {
  uint32_t slot;
  if (l->held_us != 0 && l->s.status != SESSION_ACTIVE) {
    return broken(w, "on hold, and %s", session_status_name(l->s.status));
  }
  if (l->consults == CONSULTS_NOT || l->s.status == SESSION_COMPLETED) {
    return true;
  }
  if (!engine_find(e, l->consult, &slot)) {
    return broken(w, "its consultation has no other session");
  }
  const struct live *other = live_at(e, slot);
  bt_check(other != NULL);
  const bool about = l->consults == CONSULTS_ABOUT;
  if (!id_equal(other->consult, l->id) ||
      (other->consults == CONSULTS_ABOUT) == about) {
    return broken(w, "its consultation's other session knows nothing of it");
  }
  if (l->given != other->given) {
    return broken(w, "one of the two believes that the session is offered");
  }
  if (about && l->given && l->s.status == SESSION_ACTIVE) {
    return broken(w, "it was accepted, and the session stayed where it was");
  }
  return (about ? other : l)->s.status == SESSION_ACTIVE ||
         broken(w, "asks, and no agent has the customer");
}

/* ---- 2: nobody is stuck */

/* It waits only for being reported. */
static bool is_forgotten(const struct engine *e, uint32_t slot) {
  for (size_t i = 0; i < e->forgotten_count; i++) {
    if (e->forgotten[i] == slot) {
      return true;
    }
  }
  return false;
}

static bool can_move(const struct engine *e, uint32_t slot,
                     const struct live *l) {
  const bool timer =
      laws_timer_runs(e, l->timer_status, TIMER_STATUS, slot) &&
      timers_get(&e->timers, l->timer_status)->visit == l->s.visit;
  switch ((enum session_status)l->s.status) {
  case SESSION_CONNECTED:
    return l->s.holder == SESSION_HOLDER_SCRIPT
               ? laws_own_script_can_go_on(e, l)
               : timer;
  case SESSION_QUEUED:
    return timer || e->dir.queues[l->s.queue].max_wait_ms == 0;
  case SESSION_ACTIVE:
    return l->s.away ? timer
                     : e->agents[l->s.agent].a.presence == AGENT_AVAILABLE ||
                           e->agents[l->s.agent].a.presence == AGENT_AWAY;
  case SESSION_COMPLETED:
    return (laws_timer_runs(e, l->timer_customer, TIMER_FORGET, slot) ||
            is_forgotten(e, slot)) &&
           l->timer_status == TIMER_NONE && l->timer_transfer == TIMER_NONE &&
           laws_rest_can_go_on(e, l);
  case SESSION_PENDING:
  case SESSION_RELEASING:
  case SESSION_IDLE:
  case SESSION_OFFERED:
  case SESSION_WRAPUP:
    return timer;
  case SESSION_NONE:
  case SESSION_STATUSES:
    break;
  }
  return false;
}

static bool nobody_is_stuck(struct laws *w, const struct engine *e,
                            uint32_t slot, const struct live *l) {
  if (!can_move(e, slot, l)) {
    return broken(w, "law 2: a session that is %s is stuck", status_of(l));
  }
  if (!laws_runs_sleep(e, slot, l)) {
    return broken(w, "law 2: a run of a session does not sleep");
  }
  if (live_in_queue(&l->s) && live_widens_at(e, l) != INT64_MAX &&
      !laws_timer_runs(e, l->timer_widen, TIMER_WIDEN, slot)) {
    return broken(w, "law 2: a ring has no timer that opens it");
  }
  if (!live_in_queue(&l->s) && l->timer_widen != TIMER_NONE) {
    return broken(w, "law 2: a ring opens for a session that does not wait");
  }
  if (l->s.status == SESSION_WRAPUP && l->timer_customer != TIMER_NONE) {
    return broken(w, "law 2: a customer who is gone is awaited");
  }
  if ((l->s.waits != SESSION_WAIT_NONE) !=
      laws_timer_runs(e, l->timer_transfer, TIMER_TRANSFER, slot)) {
    return broken(w, "law 2: a transfer waits without its timer");
  }
  return true;
}

/* ---- 3: one offer a session, no agent beyond its capacity */

struct tally {
  uint32_t reserved, active, wrapup;
};

static bool load_is(struct laws *w, const struct engine *e, uint32_t agent,
                    uint32_t channel, const struct tally *t) {
  const struct agent_load *load = &e->agents[agent].a.load[channel];
  if (load->reserved != t->reserved || load->active != t->active ||
      load->wrapup != t->wrapup) {
    return broken(w, "law 3: agent %u has %u/%u/%u, its sessions are %u/%u/%u",
                  agent, load->reserved, load->active, load->wrapup,
                  t->reserved, t->active, t->wrapup);
  }
  if (t->reserved + t->active + t->wrapup > load->capacity) {
    return broken(w, "law 3: agent %u is beyond its capacity", agent);
  }
  return true;
}

static bool list_is_whole(struct laws *w, const struct engine *e,
                          uint32_t agent, uint32_t sessions) {
  uint32_t listed = 0;
  for (uint32_t s = e->agents[agent].first; s != SESSION_NOBODY;
       s = e->lives[s]->link_next) {
    if (e->lives[s]->s.agent != agent) {
      return broken(w, "law 3: agent %u lists a foreign session", agent);
    }
    listed++;
  }
  return listed == sessions ||
         broken(w, "law 3: agent %u lists %u of %u sessions", agent, listed,
                sessions);
}

static bool loads_hold(struct laws *w, const struct engine *e) {
  struct tally tally[LAWS_AGENTS][AGENT_CHANNELS] = {0};
  uint32_t sessions[LAWS_AGENTS] = {0};
  size_t offered = 0;
  for (uint32_t slot = 0; engine_next_session(e, &slot); slot++) {
    const struct live *l = e->lives[slot];
    if (l->s.agent == SESSION_NOBODY) {
      continue;
    }
    struct tally *t = &tally[l->s.agent][l->channel];
    t->reserved += l->s.status == SESSION_OFFERED;
    t->active += l->s.status == SESSION_ACTIVE;
    t->wrapup += l->s.status == SESSION_WRAPUP;
    sessions[l->s.agent]++;
    offered += l->s.status == SESSION_OFFERED;
  }
  for (uint32_t a = 0; a < e->dir.agent_count; a++) {
    for (uint32_t c = 0; c < AGENT_CHANNELS; c++) {
      if (!load_is(w, e, a, c, &tally[a][c])) {
        return false;
      }
    }
    if (!list_is_whole(w, e, a, sessions[a])) {
      return false;
    }
  }
  return offered == e->offers.pending.count ||
         broken(w, "law 3: %zu offers for %zu sessions",
                e->offers.pending.count, offered);
}

/* ---- 5: who waits keeps place and clock */

static bool has_event(const struct step *step, struct id session,
                      uint32_t type) {
  for (size_t i = 0; i < step->event_count; i++) {
    const struct record *ev = &step->events[i];
    if (ev->type == type && id_equal(record_id(ev, FIELD_SESSION), session)) {
      return true;
    }
  }
  return false;
}

static bool place_is_kept(struct laws *w, uint32_t slot, const struct live *l,
                          const struct step *step) {
  const struct laws_session *b = was(w, slot, l);
  if (b == NULL || !live_in_queue(&l->s) ||
      has_event(step, l->id, EVENT_OF_SESSION(QUEUED)) ||
      has_event(step, l->id, EVENT_OF_SESSION(OVERFLOWED))) {
    return true;
  }
  if (l->entered_us != b->entered_us || l->order != b->order) {
    return broken(w, "law 5: a waiting session lost its place");
  }
  if (l->priority != b->priority &&
      !has_event(step, l->id, EVENT_REPRIORITISED)) {
    return broken(w, "law 5: a waiting session changed its priority");
  }
  return true;
}

/* ---- 6: matched, or a reason */

/* Declined it, and somebody else could take it one day. */
static bool is_excluded(const struct laws *w, const struct engine *e,
                        uint32_t slot, uint32_t agent) {
  struct router_exclusion list[LAWS_AGENTS];
  const size_t n = router_exclusions(&e->router, slot, list, LAWS_AGENTS);
  bool declined = false;
  for (size_t i = 0; i < n && i < LAWS_AGENTS; i++) {
    declined =
        declined || (list[i].agent == agent && list[i].until_us > w->now_us);
  }
  bool alone = true;
  for (uint32_t a = 0; a < e->dir.agent_count; a++) {
    alone =
        alone && (a == agent || !laws_is_eligible(w, e, e->lives[slot], a) ||
                  e->agents[a].a.presence != AGENT_AVAILABLE);
  }
  return declined && !alone;
}

static bool matched(struct laws *w, const struct engine *e, uint32_t slot,
                    const struct live *l) {
  if (l->s.status != SESSION_QUEUED || w->late ||
      e->queues[l->s.queue].paused) {
    return true;
  }
  for (uint32_t a = 0; a < e->dir.agent_count; a++) {
    if (agent_ready(&e->agents[a].a, l->channel) &&
        laws_is_eligible(w, e, l, a) && !is_excluded(w, e, slot, a)) {
      return broken(w, "law 6: a session waits beside agent %u, who is free",
                    a);
    }
  }
  return true;
}

/* What the router says about it agrees: nobody would be offered it now. */
static bool explained(struct laws *w, const struct engine *e, uint32_t slot,
                      const struct live *l) {
  for (uint32_t a = 0; a < e->dir.agent_count && live_in_queue(&l->s); a++) {
    struct router_why why;
    router_explain(&e->router, slot, a, w->now_us, &why);
    const bool would = why.reason == ROUTER_WHY_WOULD_BE_OFFERED ||
                       why.reason == ROUTER_WHY_OTHER_AGENT_FIRST ||
                       why.reason == ROUTER_WHY_OTHER_SESSION_FIRST;
    if ((would && !w->late) || why.reason == ROUTER_WHY_NOT_WAITING) {
      return broken(w, "law 6: agent %u and a session: %s", a,
                    router_why_text(why.reason));
    }
  }
  return true;
}

/* ---- 7: messages in one order, each once */

static bool messages_hold(struct laws *w, uint32_t slot, const struct live *l,
                          const struct step *step) {
  const struct laws_session *b = was(w, slot, l);
  size_t said = 0;
  for (size_t i = 0; i < step->event_count; i++) {
    said += step->events[i].type == EVENT_MESSAGE &&
            id_equal(record_id(&step->events[i], FIELD_SESSION), l->id);
  }
  const size_t before = b == NULL ? 0 : b->messages;
  if (l->message_count != before + said) {
    return broken(w, "law 7: %zu messages after %zu and %zu new ones",
                  l->message_count, before, said);
  }
  for (size_t i = before; i < l->message_count; i++) {
    if (l->messages[i].number != i + 1) {
      return broken(w, "law 7: message %zu has number %u", i + 1,
                    l->messages[i].number);
    }
  }
  return b == NULL || hash_messages(l, before) == b->transcript ||
         broken(w, "law 7: an earlier message has changed");
}

/* ---- what was refused changed nothing but the timeline */

static bool is_note(uint32_t type) {
  return type == EVENT_COMMAND_REFUSED || type == EVENT_TRANSFER_REFUSED ||
         type == EVENT_ANSWER_KEPT;
}

static bool refused_changed_nothing(struct laws *w, const struct engine *e,
                                    const struct step *step) {
  if (step->answer.code < 400 || w->late) {
    return true;
  }
  for (size_t i = 0; i < step->event_count && !step->answer.replayed; i++) {
    if (!is_note(step->events[i].type)) {
      return broken(w, "refused, and yet: %s",
                    event_name(step->events[i].type));
    }
  }
  for (uint32_t slot = 0; engine_next_session(e, &slot); slot++) {
    const struct live *l = e->lives[slot];
    const struct laws_session *b = was(w, slot, l);
    struct session then = b == NULL ? session_none() : b->s;
    then.version = l->s.version;
    if (b == NULL || memcmp(&then, &l->s, sizeof then) != 0) {
      return broken(w, "refused, and yet a session changed");
    }
  }
  return step->effect_count == 0 || broken(w, "refused, and yet an effect");
}

static bool heard(struct laws *w, const struct step *step) {
  const int code = step->answer.code;
  if (w->expect == LAWS_TAKEN && code >= 400) {
    return broken(w, "must be taken, and was refused with %d: %.*s", code,
                  TEXT_ARG(step->answer.body));
  }
  if (w->expect == LAWS_REFUSED && code < 400) {
    return broken(w, "must be refused, and was taken with %d", code);
  }
  return code >= 200 || broken(w, "no answer");
}

/* ---- all of them */

static bool session_holds(struct laws *w, const struct engine *e, uint32_t slot,
                          const struct step *step) {
  const struct live *l = live_at(e, slot);
  return one_holder(w, slot, l) && consults_whole(w, e, l) &&
         nobody_is_stuck(w, e, slot, l) && place_is_kept(w, slot, l, step) &&
         matched(w, e, slot, l) && explained(w, e, slot, l) &&
         messages_hold(w, slot, l, step);
}

bool laws_hold(struct laws *w, const struct engine *e,
               const struct command *cmd, const struct step *step) {
  const uint32_t type = cmd->args.type;
  if (type == COMMAND_PUT_AGENT || type == COMMAND_PUT_QUEUE) {
    learn_agents(w, e);
  }
  w->late = engine_next_deadline(e) <= w->now_us;
  for (uint32_t slot = 0; engine_next_session(e, &slot); slot++) {
    if (!session_holds(w, e, slot, step)) {
      return false;
    }
  }
  return loads_hold(w, e) && heard(w, step) &&
         refused_changed_nothing(w, e, step);
}
