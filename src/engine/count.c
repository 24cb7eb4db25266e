/* Running figures: what the events of sessions and agents add to them. */
#include "base/check.h"
#include "engine/engine_priv.h"

/* Everything that a session's event is counted for. */
struct counting {
  struct figures *f;
  const struct engine *e;
  const struct live *l;
  uint32_t queue; /* the one it was in, or is in */
  int64_t at_us;
};

static void add_to_skills(const struct router_skill *skills, uint32_t count,
                          const struct counting *c, enum queue_figure figure,
                          int64_t amount) {
  for (uint32_t i = 0; i < count; i++) {
    figures_add(c->f, (struct figures_key){FIGURES_SKILL, skills[i].skill},
                figure, c->at_us, amount);
  }
}

/* To the queue, and to each skill that the queue or the session asks for. */
static void add(const struct counting *c, enum queue_figure figure,
                int64_t amount) {
  if (c->queue == SESSION_NOBODY) {
    return;
  }
  const struct router_queue_params *q = &c->e->dir.queues[c->queue].params;
  figures_add(c->f, (struct figures_key){FIGURES_QUEUE, c->queue}, figure,
              c->at_us, amount);
  add_to_skills(q->needs, q->need_count, c, figure, amount);
  add_to_skills(c->l->needs.needs, c->l->needs.count, c, figure, amount);
}

/* ---- waiting */

static void count_answered(const struct counting *c, int64_t waited_us) {
  const int64_t target_us = c->e->dir.queues[c->queue].target_ms * 1000;
  add(c, QUEUE_ANSWERED, 1);
  add(c, QUEUE_IN_TARGET, waited_us <= target_us);
  add(c, QUEUE_ANSWER_US, waited_us);
}

static void count_abandoned(const struct counting *c, int64_t waited_us) {
  add(c, QUEUE_ABANDONED, 1);
  add(c, QUEUE_SHORT, waited_us <= FIGURES_SHORT_US);
  add(c, QUEUE_ABANDON_US, waited_us);
}

static void count_departure(const struct counting *c, uint32_t type,
                            const struct counted *before) {
  const int64_t waited_us = c->at_us - before->entered_us;
  switch (type) {
  case EVENT_OF_SESSION(CONNECTED):
    count_answered(c, waited_us);
    break;
  case EVENT_OF_SESSION(OVERFLOWED):
    add(c, QUEUE_OVERFLOWED, 1);
    break;
  case EVENT_OF_SESSION(ENDED):
    if (live_customer_left(c->l)) {
      count_abandoned(c, waited_us);
      break;
    }
    add(c,
        text_equal(c->l->end_reason, TEXT("max_wait")) ? QUEUE_TIMED_OUT
                                                       : QUEUE_MOVED,
        1);
    break;
  default:
    add(c, QUEUE_MOVED, 1);
    break;
  }
  add(c, QUEUE_LONGEST_US, waited_us);
}

static void count_offer(const struct counting *c, uint32_t type) {
  switch (type) {
  case EVENT_OF_SESSION(OFFERED):
    add(c, QUEUE_OFFERS, 1);
    break;
  case EVENT_OF_SESSION(OFFER_DECLINED):
    add(c, QUEUE_DECLINED, 1);
    break;
  case EVENT_OF_SESSION(OFFER_EXPIRED):
    add(c, QUEUE_UNANSWERED, 1);
    break;
  default:
    break;
  }
}

/* ---- with an agent */

static void count_work(const struct counting *c, const struct counted *before) {
  const bool ends = c->l->s.status != before->s.status;
  if (beside_is_offer(c->l)) {
    return; /* the conversation is that of the session which was accepted */
  }
  if (ends && before->s.status == SESSION_ACTIVE) {
    const int64_t talk_us = c->at_us - before->since_us;
    add(c, QUEUE_HANDLED, 1);
    add(c, QUEUE_TALK_US, talk_us);
    figures_add(c->f, (struct figures_key){FIGURES_AGENT, before->s.agent},
                AGENT_FIG_HANDLED, c->at_us, 1);
  } else if (ends && before->s.status == SESSION_WRAPUP) {
    add(c, QUEUE_WRAPUP_US, c->at_us - before->since_us);
  }
}

struct counted counted_of(const struct live *l) {
  return (struct counted){
      .s = l->s, .entered_us = l->entered_us, .since_us = l->since_us};
}

/* A queue may be joined anew without leaving the status. */
static bool joins(uint32_t type) {
  return type == EVENT_OF_SESSION(QUEUED) ||
         type == EVENT_OF_SESSION(OVERFLOWED);
}

void count_session(struct engine *e, uint32_t slot, const struct record *ev,
                   const struct counted *before) {
  struct counting c = {.f = &e->figures,
                       .e = e,
                       .l = e->lives[slot],
                       .queue = before->s.queue,
                       .at_us = record_num(ev, FIELD_AT)};
  const bool was = live_in_queue(&before->s);
  const bool counted = beside_was_accepted(ev);
  if (was && !counted && (joins(ev->type) || !live_in_queue(&c.l->s))) {
    count_departure(&c, ev->type, before);
  }
  count_work(&c, before);
  c.queue = c.l->s.queue;
  if (joins(ev->type) && !counted) {
    add(&c, QUEUE_ENTERED, 1);
  } else if (ev->type == EVENT_OF_SESSION(REQUEUED)) {
    add(&c, QUEUE_REQUEUED, 1);
  }
  count_offer(&c, ev->type);
}

/* ---- agents */

/* What the agent's time counts as; AGENT_FIGURES: as nothing. */
static enum agent_figure doing(const struct agent *a) {
  uint32_t reserved = 0, active = 0, wrapup = 0;
  for (uint32_t c = 0; c < AGENT_CHANNELS; c++) {
    reserved += a->load[c].reserved;
    active += a->load[c].active;
    wrapup += a->load[c].wrapup;
  }
  if (a->presence == AGENT_OFFLINE) {
    return AGENT_FIGURES;
  }
  return active > 0                       ? AGENT_FIG_TALK_US
         : wrapup > 0                     ? AGENT_FIG_WRAPUP_US
         : reserved > 0                   ? AGENT_FIG_RESERVED_US
         : a->presence == AGENT_AVAILABLE ? AGENT_FIG_IDLE_US
                                          : AGENT_FIG_AWAY_US;
}

static void count_reply(struct engine *e, uint32_t agent, uint32_t type,
                        int64_t at_us) {
  static const uint8_t figures[AGENT_EVENTS] = {
      [AGENT_EV_RESERVED] = AGENT_FIG_OFFERS + 1,
      [AGENT_EV_ACCEPTED] = AGENT_FIG_ACCEPTED + 1,
      [AGENT_EV_DECLINED] = AGENT_FIG_DECLINED + 1,
      [AGENT_EV_UNANSWERED] = AGENT_FIG_UNANSWERED + 1};
  if (figures[type] != 0) {
    figures_add(&e->figures, (struct figures_key){FIGURES_AGENT, agent},
                (uint32_t)figures[type] - 1, at_us, 1);
  }
}

/* ---- the plan */

static bool is_working(enum agent_figure doing) {
  return doing == AGENT_FIG_IDLE_US || doing == AGENT_FIG_RESERVED_US ||
         doing == AGENT_FIG_TALK_US || doing == AGENT_FIG_WRAPUP_US;
}

/* One stretch within which neither the plan nor the doing changes. */
struct plan_sink {
  void (*add)(void *ctx, enum agent_figure figure, int64_t from_us,
              int64_t to_us);
  void *ctx;
};

/* The agent's plan from the time up to which it is counted until @to_us. */
static void walk_plan(const struct engine *e, uint32_t agent,
                      enum agent_figure doing, int64_t to_us,
                      const struct plan_sink *sink) {
  const struct agent_slot *slot = &e->agents[agent];
  const uint32_t number =
      directory_calendar(&e->dir, e->dir.agents[agent].shift);
  const int64_t oldest_us = to_us - FIGURES_KEPT * FIGURES_INTERVAL_US;
  int64_t at_us = slot->planned_us > oldest_us ? slot->planned_us : oldest_us;
  if (slot->planned_us == 0 || number == DIR_NONE) {
    return;
  }
  const struct dir_calendar *k = &e->dir.calendars[number];
  while (at_us < to_us) {
    const struct hours_look l = hours_look(&k->hours, k->zone, at_us);
    const int64_t change_us = l.open ? l.closes_us : l.opens_us;
    const int64_t end_us =
        change_us <= at_us || change_us > to_us ? to_us : change_us;
    if (l.open) {
      sink->add(sink->ctx, AGENT_FIG_PLANNED_US, at_us, end_us);
    }
    if (is_working(doing)) {
      sink->add(sink->ctx,
                l.open ? AGENT_FIG_ADHERENT_US : AGENT_FIG_UNPLANNED_US, at_us,
                end_us);
    }
    at_us = end_us;
  }
}

struct planned {
  struct figures *f;
  uint32_t agent;
};

static void add_planned(void *ctx, enum agent_figure figure, int64_t from_us,
                        int64_t to_us) {
  const struct planned *p = ctx;
  figures_add_span(p->f, (struct figures_key){FIGURES_AGENT, p->agent}, figure,
                   from_us, to_us);
}

static void count_plan_of(struct engine *e, uint32_t agent,
                          const struct agent *before, int64_t now_us) {
  struct planned p = {&e->figures, agent};
  struct agent_slot *slot = &e->agents[agent];
  if (e->restoring) {
    return;
  }
  walk_plan(e, agent, doing(before), now_us,
            &(struct plan_sink){add_planned, &p});
  slot->planned_us = now_us > slot->planned_us ? now_us : slot->planned_us;
}

void count_plan(struct engine *e, uint32_t agent, int64_t now_us) {
  count_plan_of(e, agent, &e->agents[agent].a, now_us);
}

void count_plans(struct engine *e, uint32_t calendar, int64_t now_us) {
  for (uint32_t i = 0; i < e->dir.agent_count; i++) {
    if (directory_calendar(&e->dir, e->dir.agents[i].shift) == calendar) {
      count_plan(e, i, now_us);
    }
  }
}

static void add_unfinished(void *ctx, enum agent_figure figure, int64_t from_us,
                           int64_t to_us) {
  struct figures_interval *i = ctx;
  i->v[figure] += figures_overlap_us(i->begin_us, from_us, to_us);
}

void count_agent(struct engine *e, uint32_t agent, const struct record *ev,
                 const struct agent *before) {
  count_plan_of(e, agent, before, record_num(ev, FIELD_AT));
  struct agent_slot *slot = &e->agents[agent];
  const int64_t at_us = record_num(ev, FIELD_AT);
  const enum agent_figure was = doing(before);
  if (was != AGENT_FIGURES && was != doing(&slot->a)) {
    figures_add_span(&e->figures, (struct figures_key){FIGURES_AGENT, agent},
                     was, slot->doing_us, at_us);
  }
  if (was != doing(&slot->a)) {
    slot->doing_us = at_us;
  }
  count_reply(e, agent, ev->type - EVENT_AGENT_FIRST, at_us);
}

/* What goes on is not in the figures yet: its part of an interval. */
void count_unfinished(const struct engine *e, uint32_t agent, int64_t now_us,
                      struct figures_interval *i) {
  const struct agent_slot *slot = &e->agents[agent];
  const enum agent_figure is = doing(&slot->a);
  if (is != AGENT_FIGURES) {
    i->v[is] += figures_overlap_us(i->begin_us, slot->doing_us, now_us);
  }
  walk_plan(e, agent, is, now_us, &(struct plan_sink){add_unfinished, i});
}
