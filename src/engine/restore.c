/* Snapshots, read back. What does not fit is a corrupt snapshot, never a crash:
 * numbers are looked at before they are used. */
#include "base/check.h"
#include "engine/debug_priv.h"
#include "engine/engine_priv.h"
#include "engine/publish_priv.h"
#include "engine/state_priv.h"

static bool is_below(const struct record *r, enum field f, size_t count) {
  return record_has(r, f) && record_num(r, f) >= 0 &&
         (uint64_t)record_num(r, f) < count;
}

static uint32_t num32(const struct record *r, enum field f) {
  return (uint32_t)record_num(r, f);
}

/* The timer comes where it came among those with the same deadline. */
static void restore_order(struct engine *e, const struct record *r,
                          enum field order, uint32_t timer) {
  if (timer != TIMER_NONE && record_has(r, order)) {
    timers_reorder(&e->timers, timer, (uint64_t)record_num(r, order));
  }
}

static bool restore_numbers(struct engine *e, const struct record *r) {
  e->now_us = record_num(r, FIELD_AT);
  router_advance(&e->router, e->now_us);
  e->next_order = (uint64_t)record_num(r, FIELD_ORDER);
  e->next_transfer = (uint64_t)record_num(r, FIELD_TRANSFER);
  e->next_run = (uint64_t)record_num(r, FIELD_RUN);
  e->next_question = 1;
  if (record_has(r, FIELD_QUESTION)) { /* else of an earlier version */
    e->next_question = (uint64_t)record_num(r, FIELD_QUESTION);
  }
  e->offers.next_id = (uint64_t)record_num(r, FIELD_OFFER);
  e->timers.next_order = (uint64_t)record_num(r, FIELD_TIMER_ORDER);
  return true;
}

/* Older snapshots had one turn an agent, for all queues. */
static void restore_common_turn(struct engine *e, const struct record *r) {
  const uint32_t agent = num32(r, FIELD_AGENT);
  const uint64_t turn = (uint64_t)record_num(r, FIELD_OFFER);
  if (turn > 0 && !e->dir.agents[agent].origin.removed) {
    for (uint32_t i = 0; i < e->dir.queue_count; i++) {
      router_note_turn(&e->router, i, agent, turn);
    }
  }
}

static bool restore_agent(struct engine *e, const struct record *r) {
  const struct text load = record_text(r, FIELD_LIMITS);
  if (!is_below(r, FIELD_AGENT, e->dir.agent_count) ||
      !is_below(r, FIELD_PRESENCE, AGENT_PRESENCES) ||
      load.len != 4 * AGENT_CHANNELS + 1) {
    return false;
  }
  const uint32_t number = num32(r, FIELD_AGENT);
  struct agent_slot *slot = &e->agents[number];
  struct agent *a = &slot->a;
  a->presence = (uint8_t)record_num(r, FIELD_PRESENCE);
  a->away_code = num32(r, FIELD_AWAY);
  a->idle_since_us = record_num(r, FIELD_IDLE_SINCE);
  slot->doing_us = record_num(r, FIELD_SINCE);
  slot->planned_us = record_num(r, FIELD_PLANNED);
  a->visit = num32(r, FIELD_VISIT);
  a->limits = e->dir.agents[number].limits;
  for (size_t c = 0; c < AGENT_CHANNELS; c++) {
    a->load[c].capacity = (uint8_t)load.ptr[4 * c];
    a->load[c].reserved = (uint8_t)load.ptr[4 * c + 1];
    a->load[c].active = (uint8_t)load.ptr[4 * c + 2];
    a->load[c].wrapup = (uint8_t)load.ptr[4 * c + 3];
  }
  a->resume = (uint8_t)load.ptr[load.len - 1];
  if (record_has(r, FIELD_DEADLINE)) {
    slot->timer = apply_start_timer(e, TIMER_AGENT, number, a->visit,
                                    record_num(r, FIELD_DEADLINE));
    restore_order(e, r, FIELD_TIMER_ORDER, slot->timer);
  }
  apply_agent_state(e, number);
  restore_common_turn(e, r);
  return true;
}

static bool restore_turn(struct engine *e, const struct record *r) {
  if (!is_below(r, FIELD_QUEUE, e->dir.queue_count) ||
      !is_below(r, FIELD_AGENT, e->dir.agent_count) ||
      e->dir.agents[record_num(r, FIELD_AGENT)].origin.removed) {
    return false;
  }
  router_note_turn(&e->router, num32(r, FIELD_QUEUE), num32(r, FIELD_AGENT),
                   (uint64_t)record_num(r, FIELD_OFFER));
  return true;
}

static bool restore_figures(struct engine *e, const struct record *r) {
  const size_t counts[FIGURES_OBJECTS] = {[FIGURES_QUEUE] = e->dir.queue_count,
                                          [FIGURES_SKILL] = e->dir.skill_count,
                                          [FIGURES_AGENT] = e->dir.agent_count};
  if (!is_below(r, FIELD_FIGURES_OF, FIGURES_OBJECTS)) {
    return false;
  }
  const struct figures_key key = {(enum figures_of)num32(r, FIELD_FIGURES_OF),
                                  num32(r, FIELD_FIGURES_NUMBER)};
  return is_below(r, FIELD_FIGURES_NUMBER, counts[key.of]) &&
         figures_decode(&e->figures, key, record_text(r, FIELD_FIGURES));
}

static bool restore_offer(struct engine *e, const struct record *r) {
  uint32_t slot = SESSION_NOBODY;
  const bool pending = record_num(r, FIELD_PRESENCE) == OFFER_PENDING;
  if (pending && !engine_find(e, record_id(r, FIELD_SESSION), &slot)) {
    return false;
  }
  const struct offer o = {.id = (uint64_t)record_num(r, FIELD_OFFER),
                          .made_us = record_num(r, FIELD_AT),
                          .deadline_us = record_num(r, FIELD_DEADLINE),
                          .session = slot,
                          .agent = num32(r, FIELD_AGENT),
                          .queue = num32(r, FIELD_QUEUE),
                          .channel = (uint8_t)record_num(r, FIELD_CHANNEL),
                          .state = (uint8_t)record_num(r, FIELD_PRESENCE),
                          .reason = (uint8_t)record_num(r, FIELD_OFFER_REASON)};
  if (o.state >= OFFER_STATES || offers_get(&e->offers, o.id) != NULL) {
    return false;
  }
  const enum bt_err err = offers_reserve(&e->offers, 1);
  bt_check(err == BT_ERR_OK);
  offers_put(&e->offers, &o);
  return true;
}

/* ---- sessions */

static struct live *part_of(struct engine *e, const struct record *r,
                            uint32_t *slot) {
  return engine_find(e, record_id(r, FIELD_SESSION), slot) ? e->lives[*slot]
                                                           : NULL;
}

static uint32_t agent_or_nobody(const struct record *r, enum field f) {
  return record_has(r, f) ? num32(r, f) : SESSION_NOBODY;
}

static bool restore_flow(struct engine *e, const struct record *r) {
  if (!is_below(r, FIELD_QUEUE, e->queue_count) ||
      record_num(r, FIELD_WINDOW) < 0) {
    return false;
  }
  e->queues[num32(r, FIELD_QUEUE)].flow =
      (struct flow){.taken = num32(r, FIELD_SEEN),
                    .last_us = record_num(r, FIELD_AT),
                    .mean_us = record_num(r, FIELD_WINDOW)};
  return true;
}

/* Paused, draining or open, and the timer that opens it. */
static bool restore_queue(struct engine *e, const struct record *r) {
  if (!is_below(r, FIELD_QUEUE, e->queue_count)) {
    return false;
  }
  apply_queue_state(e, r);
  if (record_has(r, FIELD_UNTIL)) {
    restore_order(e, r, FIELD_TIMER_ORDER,
                  e->queues[num32(r, FIELD_QUEUE)].timer);
  }
  return true;
}

static bool restore_transfer(struct engine *e, const struct record *r) {
  const struct id id = record_id(r, FIELD_SESSION);
  uint32_t slot;
  if (engine_find(e, id, &slot)) {
    return false; /* it comes before its session */
  }
  slot = apply_new_slot(e, id);
  struct live *l = e->lives[slot];
  struct transfer *t = &l->transfer;
  t->id = record_id(r, FIELD_TRANSFER_ID);
  t->number = (uint64_t)record_num(r, FIELD_TRANSFER);
  t->state = (uint8_t)record_num(r, FIELD_PRESENCE);
  t->role = (uint8_t)record_num(r, FIELD_ROLE);
  t->skip_queue = record_num(r, FIELD_SKIP_QUEUE) != 0;
  t->to_bot = record_num(r, FIELD_WAITS) != 0;
  t->target = num32(r, FIELD_WAIT_TARGET);
  t->priority = num32(r, FIELD_PRIORITY);
  t->ageing = live_ageing(r);
  t->preferred = agent_or_nobody(r, FIELD_PREFERRED);
  t->prefer_ms = 1000 * record_num(r, FIELD_PREFER_FOR);
  t->asked_us = record_num(r, FIELD_AT);
  t->deadline_us = record_num(r, FIELD_DEADLINE);
  t->done_us = record_num(r, FIELD_UNTIL);
  live_own(&e->mem, &t->skills, record_text(r, FIELD_SKILLS));
  live_own(&e->mem, &t->reason, record_text(r, FIELD_REASON));
  live_own(&e->mem, &t->note, record_text(r, FIELD_NOTE));
  live_own(&e->mem, &t->actor, record_text(r, FIELD_ACTOR));
  return t->state <= TRANSFER_DROPPED && t->role < ROLES &&
         (t->preferred == SESSION_NOBODY || t->preferred < e->dir.agent_count);
}

/* Are the numbers in it those of things that are there? */
static bool is_sound(const struct engine *e, const struct session *s,
                     const struct record *r) {
  const struct directory *d = &e->dir;
  const bool bot_holds = s->holder == SESSION_HOLDER_BOT;
  return is_below(r, FIELD_ENTRY, d->entry_count) &&
         is_below(r, FIELD_CHANNEL, CHANNELS) && s->status > SESSION_NONE &&
         s->status < SESSION_STATUSES && s->holder < SESSION_HOLDERS &&
         s->invited < SESSION_HOLDERS &&
         (s->agent == SESSION_NOBODY || s->agent < d->agent_count) &&
         (s->queue == SESSION_NOBODY || s->queue < d->queue_count) &&
         (!bot_holds || s->holder_id < d->bot_count) &&
         (s->invited != SESSION_HOLDER_BOT || s->invited_id < d->bot_count) &&
         (!record_has(r, FIELD_RING) ||
          is_below(r, FIELD_RING, ROUTER_RINGS_MAX + 1)) &&
         (uint64_t)record_num(r, FIELD_ORDER) <= ROUTER_ORDER_MAX &&
         (!record_has(r, FIELD_PREFERRED) ||
          is_below(r, FIELD_PREFERRED, d->agent_count)) &&
         (!live_in_queue(s) || s->queue < d->queue_count);
}

static void restore_live(struct live *l, const struct mem *mem,
                         const struct record *r) {
  l->channel = (uint8_t)record_num(r, FIELD_CHANNEL);
  l->entry = num32(r, FIELD_ENTRY);
  l->customer_here = record_num(r, FIELD_SEEN) != 0;
  l->followed = record_num(r, FIELD_RELEASE) != 0;
  l->opened_us = record_num(r, FIELD_AT);
  l->ended_us = record_num(r, FIELD_WAKE);
  l->since_us = record_num(r, FIELD_IDLE_SINCE);
  l->holder_since_us = record_num(r, FIELD_RETRY_MS);
  l->goodbye_us = record_num(r, FIELD_WINDOW);
  l->spoken_us = record_num(r, FIELD_RUN);
  l->entered_us = record_num(r, FIELD_ENTERED);
  l->waits_us = record_num(r, FIELD_WAITS_SINCE);
  l->rings_us = record_has(r, FIELD_RINGS_SINCE)
                    ? record_num(r, FIELD_RINGS_SINCE)
                    : l->waits_us;
  l->ring = num32(r, FIELD_RING);
  l->told_us = record_num(r, FIELD_TOLD);
  l->preferred = agent_or_nobody(r, FIELD_PREFERRED);
  l->preferred_until_us = record_num(r, FIELD_PREFERRED_UNTIL);
  l->order = (uint64_t)record_num(r, FIELD_ORDER);
  l->priority = num32(r, FIELD_PRIORITY);
  l->skip_queue = record_num(r, FIELD_SKIP_QUEUE) != 0;
  l->ageing = live_ageing(r);
  l->last_seq = (uint64_t)record_num(r, FIELD_PREV);
  l->last_agent = num32(r, FIELD_AWAY);
  l->spawned = num32(r, FIELD_SPAWNED);
  l->callbacks = num32(r, FIELD_SEEN_CALLS);
  l->call_queue = num32(r, FIELD_CALLBACK) - 1;
  beside_restore(l, r);
  l->deadline_us = record_num(r, FIELD_DEADLINE);
  live_own(mem, &l->skills, record_text(r, FIELD_SKILLS));
  live_own(mem, &l->customer, record_text(r, FIELD_CUSTOMER));
  live_own(mem, &l->attributes, record_text(r, FIELD_ATTRIBUTES));
  live_own(mem, &l->bot_kept, record_text(r, FIELD_KEPT));
  live_own(mem, &l->reason, record_text(r, FIELD_REASON));
  live_own(mem, &l->note, record_text(r, FIELD_NOTE));
  live_own(mem, &l->disposition, record_text(r, FIELD_DISPOSITION));
  live_own(mem, &l->end_reason, record_text(r, FIELD_END_REASON));
}

static bool restore_session(struct engine *e, const struct record *r) {
  const struct id id = record_id(r, FIELD_SESSION);
  const struct session none = session_none();
  const struct session s = live_get_session(&none, r);
  uint32_t slot;
  if (!is_sound(e, &s, r)) {
    return false;
  }
  if (!engine_find(e, id, &slot)) {
    slot = apply_new_slot(e, id);
  } else if (e->lives[slot]->s.status != SESSION_NONE) {
    return false; /* twice */
  }
  struct live *l = e->lives[slot];
  session_check(&s);
  restore_live(l, &e->mem, r);
  apply_needs(e, l);
  l->s = s;
  apply_session_move(e, slot, EVENT_OWN_FIRST, &none);
  if (record_has(r, FIELD_UNTIL)) {
    timers_stop(&e->timers, l->timer_customer);
    l->timer_customer = apply_start_timer(
        e, s.status == SESSION_COMPLETED ? TIMER_FORGET : TIMER_CUSTOMER, slot,
        0, record_num(r, FIELD_UNTIL));
  }
  restore_order(e, r, FIELD_TIMER_ORDER, l->timer_status);
  restore_order(e, r, FIELD_TIMER_ORDER_2, l->timer_customer);
  restore_order(e, r, FIELD_TIMER_ORDER_3, l->timer_transfer);
  restore_order(e, r, FIELD_TIMER_ORDER_4, l->timer_widen);
  restore_order(e, r, FIELD_TIMER_ORDER_5, l->timer_announce);
  return true;
}

static bool restore_message(struct engine *e, const struct record *r) {
  uint32_t slot;
  struct live *l = part_of(e, r, &slot);
  if (l == NULL || !is_below(r, FIELD_ROLE, ROLES)) {
    return false;
  }
  const bool room = mem_grow(&e->mem, &l->messages, &l->message_cap,
                             l->message_count + 1, sizeof *l->messages);
  bt_check(room);
  struct message *m = &l->messages[l->message_count++];
  *m = (struct message){.at_us = record_num(r, FIELD_AT),
                        .number = num32(r, FIELD_MESSAGE),
                        .role = (uint8_t)record_num(r, FIELD_ROLE)};
  live_own(&e->mem, &m->author, record_text(r, FIELD_ACTOR));
  live_own(&e->mem, &m->text, record_text(r, FIELD_TEXT));
  live_own(&e->mem, &m->data, record_text(r, FIELD_DATA));
  return true;
}

/* Reasons of legs are names of events: static texts. */
static const char *leg_reason(struct text name) {
  for (uint32_t i = 0; i < SESSION_EVENTS; i++) {
    if (text_equal(name, text_from(session_event_name(i)))) {
      return session_event_name(i);
    }
  }
  return NULL;
}

static bool restore_leg(struct engine *e, const struct record *r) {
  uint32_t slot;
  struct live *l = part_of(e, r, &slot);
  if (l == NULL || !is_below(r, FIELD_ROLE, ROLES)) {
    return false;
  }
  /* Older snapshots have it where people's reasons stand. */
  const enum field field =
      record_has(r, FIELD_END_REASON) ? FIELD_END_REASON : FIELD_REASON;
  const bool room = mem_grow(&e->mem, &l->legs, &l->leg_cap, l->leg_count + 1,
                             sizeof *l->legs);
  bt_check(room);
  l->legs[l->leg_count++] =
      (struct leg){.role = (uint8_t)record_num(r, FIELD_ROLE),
                   .number = num32(r, FIELD_HOLDER_NUMBER),
                   .epoch = num32(r, FIELD_EPOCH),
                   .joined_us = record_num(r, FIELD_AT),
                   .left_us = record_num(r, FIELD_UNTIL),
                   .reason = leg_reason(record_text(r, field))};
  return true;
}

static bool restore_run(struct engine *e, const struct record *r) {
  uint32_t slot;
  struct live *l = part_of(e, r, &slot);
  const uint64_t number = (uint64_t)record_num(r, FIELD_RUN);
  if (l == NULL || number == 0 ||
      run_after(e, l, number - 1) != SESSION_NOBODY ||
      !is_below(r, FIELD_SCRIPT, e->dir.script_count) ||
      !is_below(r, FIELD_SLEEP, SLEEPS) ||
      engine_program(e, (uint64_t)record_num(r, FIELD_PROGRAM)) == NULL) {
    return false;
  }
  struct record started = *r;
  started.type = EVENT_SCRIPT_STARTED;
  run_apply(e, &started);
  struct record slept = *r;
  slept.type = EVENT_SCRIPT_SLEPT;
  run_apply(e, &slept);
  struct run *run = &e->runs[run_find(e, l, number)];
  live_own(&e->mem, &run->params, record_text(r, FIELD_VALUE));
  restore_order(e, r, FIELD_TIMER_ORDER, run->timer);
  return true;
}

static bool restore_watcher(struct engine *e, const struct record *r) {
  uint32_t slot, watched;
  const struct live *l = part_of(e, r, &slot);
  if (l == NULL || !engine_find(e, record_id(r, FIELD_WATCHED), &watched)) {
    return false;
  }
  const uint64_t number = (uint64_t)record_num(r, FIELD_RUN);
  const uint32_t run = number == 0 ? SESSION_NOBODY : run_find(e, l, number);
  if (run != SESSION_NOBODY) {
    run_watch(e, run, watched);
  }
  return run != SESSION_NOBODY;
}

static bool restore_debugger(struct engine *e, const struct record *r) {
  uint32_t slot;
  if (part_of(e, r, &slot) == NULL ||
      debug_step_find(record_text(r, FIELD_STEP)) == DEBUG_STEPS) {
    return false;
  }
  debug_apply(e, slot, r);
  return true;
}

static bool restore_exclusion(struct engine *e, const struct record *r) {
  uint32_t slot;
  struct live *l = part_of(e, r, &slot);
  if (l == NULL || !is_below(r, FIELD_AGENT, e->dir.agent_count)) {
    return false;
  }
  apply_excluded(e, slot, r);
  timers_stop(&e->timers, l->timer_rematch);
  l->timer_rematch = TIMER_NONE;
  if (record_has(r, FIELD_DEADLINE)) {
    l->timer_rematch = apply_start_timer(e, TIMER_REMATCH, slot, 0,
                                         record_num(r, FIELD_DEADLINE));
    restore_order(e, r, FIELD_TIMER_ORDER, l->timer_rematch);
  }
  return true;
}

bool engine_restore(struct engine *e, const struct record *r) {
  switch (r->type) {
  case STATE_NUMBERS:
    return restore_numbers(e, r);
  case STATE_VERSION:
    return restore_version(e, r);
  case STATE_AGENT:
    return restore_agent(e, r);
  case STATE_OFFER:
    return restore_offer(e, r);
  case STATE_SESSION:
    return restore_session(e, r);
  case STATE_TRANSFER:
    return restore_transfer(e, r);
  case STATE_MESSAGE:
    return restore_message(e, r);
  case STATE_LEG:
    return restore_leg(e, r);
  case STATE_RUN:
    return restore_run(e, r);
  case STATE_WATCHER:
    return restore_watcher(e, r);
  case STATE_DEBUGGER:
    return restore_debugger(e, r);
  case STATE_EXCLUSION:
    return restore_exclusion(e, r);
  case STATE_FLOW:
    return restore_flow(e, r);
  case STATE_FIGURES:
    return restore_figures(e, r);
  case STATE_TURN:
    return restore_turn(e, r);
  case EVENT_QUEUE_PAUSED:
  case EVENT_QUEUE_DRAINING:
  case EVENT_QUEUE_OPENED:
    return restore_queue(e, r);
  default:
    break;
  }
  if (r->type < EVENT_OWN_FIRST || r->type >= EVENTS) {
    return false;
  }
  e->restoring = true;
  engine_apply(e, 0, r);
  e->restoring = false;
  return true;
}

void engine_restore_done(struct engine *e, uint64_t seq) {
  e->seq = seq;
}
