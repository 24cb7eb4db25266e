/* order.c - what is remembered before a step, and compared after it. */
#include "order.h"

#include "base/check.h"

enum { CHAT = CHANNEL_CHAT };

static void remember_declines(struct order_session *s, const struct engine *e,
                              uint32_t slot) {
  struct router_exclusion list[SETTING_AGENTS];
  const size_t n = router_exclusions(&e->router, slot, list, SETTING_AGENTS);
  for (size_t i = 0; i < n && i < SETTING_AGENTS; i++) {
    s->declined_until_us[list[i].agent] = list[i].until_us;
  }
}

static struct order_session look_at(const struct engine *e, uint32_t slot) {
  const struct live *l = engine_live(e, slot);
  struct order_session s = {.waits = live_in_queue(&l->s),
                            .id = l->id,
                            .queue = l->s.queue,
                            .priority = l->priority,
                            .skipped = l->skip_queue,
                            .entered_us = l->entered_us,
                            .order = l->order};
  if (s.waits) {
    remember_declines(&s, e, slot);
  }
  return s;
}

void order_before(struct order *o, const struct engine *e, int64_t now_us) {
  o->now_us = now_us;
  bt_check(e->live_used <= LAWS_SLOTS);
  for (uint32_t slot = 0; slot < e->live_used; slot++) {
    o->before[slot] =
        e->lives[slot]->used ? look_at(e, slot) : (struct order_session){0};
  }
  for (uint32_t a = 0; a < SETTING_AGENTS && a < e->dir.agent_count; a++) {
    o->agents[a].ready = agent_ready(&e->agents[a].a, CHAT);
    o->agents[a].available = e->agents[a].a.presence == AGENT_AVAILABLE;
    o->agents[a].idle_since_us = e->agents[a].a.idle_since_us;
  }
  for (uint32_t q = 0; q < SETTING_QUEUES && q < e->queue_count; q++) {
    o->paused[q] = e->queues[q].paused;
  }
}

/* ---- the keys, as the documents say them */

static uint32_t precedence_of(const struct engine *e, uint32_t queue) {
  return e->dir.queues[queue].params.precedence;
}

static bool goes_before(const struct engine *e, const struct order_session *a,
                        const struct order_session *b) {
  const uint32_t heavy[] = {precedence_of(e, a->queue),
                            precedence_of(e, b->queue)};
  if (heavy[0] != heavy[1]) {
    return heavy[0] > heavy[1];
  }
  if (a->skipped != b->skipped) {
    return a->skipped;
  }
  if (a->priority != b->priority) {
    return a->priority > b->priority;
  }
  return a->entered_us != b->entered_us ? a->entered_us < b->entered_us
                                        : a->order < b->order;
}

/* Did the session wait through the whole step, as it is now? */
static bool waited_through(const struct order_session *before,
                           const struct order_session *now) {
  return before->waits && now->waits && id_equal(before->id, now->id) &&
         before->queue == now->queue && before->priority == now->priority &&
         before->skipped == now->skipped && before->order == now->order;
}

/* ---- one offer */

struct offered {
  const struct order *o;
  const struct laws *w;
  const struct engine *e;
  const struct step *step;
  uint32_t slot, agent;
  struct order_session s;
};

static bool declined(const struct offered *f, const struct order_session *s,
                     uint32_t agent) {
  return s->declined_until_us[agent] > f->o->now_us;
}

static bool can_take(const struct offered *f, uint32_t slot, uint32_t agent) {
  return laws_is_eligible(f->w, f->e, engine_live(f->e, slot), agent);
}

static bool somebody_went_before(const struct offered *f) {
  for (uint32_t slot = 0; engine_next_session(f->e, &slot); slot++) {
    const struct order_session now = look_at(f->e, slot);
    if (slot != f->slot && f->e->lives[slot]->s.status == SESSION_QUEUED &&
        waited_through(&f->o->before[slot], &now) &&
        goes_before(f->e, &now, &f->s) && !f->o->paused[now.queue] &&
        !f->e->queues[now.queue].paused && can_take(f, slot, f->agent) &&
        !declined(f, &f->o->before[slot], f->agent) &&
        !declined(f, &now, f->agent)) {
      return true;
    }
  }
  return false;
}

/* Ready before and after the step, and idle for longer. */
static bool somebody_was_idle_longer(const struct offered *f) {
  for (uint32_t a = 0; a < SETTING_AGENTS; a++) {
    const struct agent *now = &f->e->agents[a].a;
    if (a != f->agent && f->o->agents[a].ready && agent_ready(now, CHAT) &&
        now->idle_since_us == f->o->agents[a].idle_since_us &&
        now->idle_since_us < f->o->agents[f->agent].idle_since_us &&
        f->o->agents[f->agent].ready && can_take(f, f->slot, a) &&
        !declined(f, &f->s, a)) {
      return true;
    }
  }
  return false;
}

/* Within this step. */
static bool has_just_declined(const struct offered *f) {
  for (size_t i = 0; i < f->step->event_count; i++) {
    const struct record *ev = &f->step->events[i];
    if (ev->type == EVENT_AGENT_EXCLUDED &&
        id_equal(record_id(ev, FIELD_SESSION), f->s.id) &&
        record_num(ev, FIELD_AGENT) == f->agent) {
      return true;
    }
  }
  return false;
}

/* It had said no, and somebody else who is there could take it one day. */
static bool was_asked_again(const struct offered *f) {
  const struct order_session *b = &f->o->before[f->slot];
  if (!has_just_declined(f) &&
      (!waited_through(b, &f->s) || !declined(f, b, f->agent))) {
    return false;
  }
  for (uint32_t a = 0; a < SETTING_AGENTS; a++) {
    if (a != f->agent && f->o->agents[a].available &&
        f->e->agents[a].a.presence == AGENT_AVAILABLE &&
        can_take(f, f->slot, a)) {
      return true;
    }
  }
  return false;
}

static const char *offer_holds(const struct offered *f) {
  if (f->e->agents[f->agent].a.presence != AGENT_AVAILABLE) {
    return "an agent who is not available was offered a session";
  }
  if (!can_take(f, f->slot, f->agent)) {
    return "a session was offered to an agent who cannot take it";
  }
  if (f->e->queues[f->s.queue].paused) {
    return "a session of a paused queue was offered";
  }
  if (somebody_went_before(f)) {
    return "a session was offered, and another one went before it";
  }
  if (somebody_was_idle_longer(f)) {
    return "a session was offered, and another agent was idle for longer";
  }
  if (was_asked_again(f)) {
    return "an agent who had declined was asked again";
  }
  return NULL;
}

/* ---- how long things take */

static bool is_late(const struct order *o, const struct engine *e,
                    uint32_t timer) {
  return timer != TIMER_NONE && timers_get(&e->timers, timer)->deadline_us >
                                    o->now_us + SETTING_UNIT_US;
}

/* Nothing that people wait for takes longer than it may. */
static bool something_takes_too_long(const struct order *o,
                                     const struct engine *e) {
  for (uint32_t slot = 0; engine_next_session(e, &slot); slot++) {
    const struct live *l = engine_live(e, slot);
    const struct order_session now = look_at(e, slot);
    for (uint32_t a = 0; a < SETTING_AGENTS; a++) {
      if (now.declined_until_us[a] > o->now_us + SETTING_UNIT_US) {
        return true;
      }
    }
    if ((l->s.status == SESSION_OFFERED || l->s.status == SESSION_WRAPUP ||
         l->s.away) &&
        is_late(o, e, l->timer_status)) {
      return true;
    }
  }
  for (uint32_t a = 0; a < e->dir.agent_count; a++) {
    const uint32_t timer = e->agents[a].timer;
    if (is_late(o, e, timer) ||
        (e->agents[a].a.presence == AGENT_LOST && timer == TIMER_NONE)) {
      return true;
    }
  }
  return false;
}

const char *order_holds(const struct order *o, const struct laws *w,
                        const struct engine *e, const struct step *step) {
  const char *broken = NULL;
  for (size_t i = 0; i < step->event_count && broken == NULL; i++) {
    const struct record *ev = &step->events[i];
    struct offered f = {.o = o, .w = w, .e = e, .step = step};
    if (ev->type != EVENT_OF_SESSION(OFFERED) ||
        !engine_find(e, record_id(ev, FIELD_SESSION), &f.slot) ||
        engine_session(e, f.slot)->status != SESSION_OFFERED) {
      continue;
    }
    f.agent = engine_session(e, f.slot)->agent;
    f.s = look_at(e, f.slot);
    broken = offer_holds(&f);
  }
  if (broken == NULL && something_takes_too_long(o, e)) {
    broken = "an offer, a wrap-up, a grace or a pause lasts too long";
  }
  return broken;
}
