/* Folding: what an event changes beside the session's own value. */
#include <string.h>

#include "base/check.h"
#include "engine/debug_priv.h"
#include "engine/engine_priv.h"

/* ---- sessions by slot */

static uint32_t take_free_slot(struct engine *e) {
  if (e->free_count > 0) {
    return e->free_slots[--e->free_count];
  }
  const bool room = mem_grow(&e->mem, &e->lives, &e->live_cap, e->live_used + 1,
                             sizeof(void *));
  bt_check(room);
  struct live *l = mem_new(&e->mem, sizeof *l);
  bt_check(l != NULL);
  e->lives[e->live_used] = l;
  return (uint32_t)e->live_used++;
}

uint32_t apply_new_slot(struct engine *e, struct id id) {
  const uint32_t slot = take_free_slot(e);
  live_init(e->lives[slot]);
  e->lives[slot]->id = id;
  e->lives[slot]->used = true;
  const bool put = map_put(&e->by_id, id_hash(id), slot);
  bt_check(put);
  return slot;
}

void apply_forget(struct engine *e, uint32_t slot) {
  struct live *l = engine_live(e, slot);
  bt_check(l->s.status == SESSION_COMPLETED);
  while (l->run != SESSION_NOBODY) {
    run_free(e, l->run);
  }
  while (l->watchers != SESSION_NOBODY) {
    run_unwatch(e, l->watchers);
  }
  e->finished_count--;
  timers_stop(&e->timers, l->timer_customer);
  map_remove(&e->by_id, id_hash(l->id), slot);
  live_free(l, &e->mem);
  const bool room = mem_grow(&e->mem, &e->free_slots, &e->free_cap,
                             e->free_count + 1, sizeof *e->free_slots);
  bt_check(room);
  e->free_slots[e->free_count++] = slot;
}

bool engine_take_finished(struct engine *e, struct id *session,
                          uint64_t *last_seq) {
  if (e->forgotten_count == 0) {
    return false;
  }
  const uint32_t slot = e->forgotten[--e->forgotten_count];
  *session = e->lives[slot]->id;
  *last_seq = e->lives[slot]->last_seq;
  apply_forget(e, slot);
  return true;
}

/* ---- lists of a bot's and of an agent's sessions */

static uint32_t *list_of(struct engine *e, const struct session *s) {
  if (s->agent != SESSION_NOBODY) {
    return &e->agents[s->agent].first;
  }
  if (s->holder == SESSION_HOLDER_BOT) {
    return &e->bots[s->holder_id].first;
  }
  if (s->invited == SESSION_HOLDER_BOT) {
    return &e->bots[s->invited_id].first;
  }
  return NULL;
}

static void unlink_live(struct engine *e, struct live *l, uint32_t *first) {
  if (l->link_prev != SESSION_NOBODY) {
    e->lives[l->link_prev]->link_next = l->link_next;
  } else {
    *first = l->link_next;
  }
  if (l->link_next != SESSION_NOBODY) {
    e->lives[l->link_next]->link_prev = l->link_prev;
  }
  l->link_next = SESSION_NOBODY;
  l->link_prev = SESSION_NOBODY;
}

static void link_live(struct engine *e, uint32_t slot, uint32_t *first) {
  struct live *l = e->lives[slot];
  l->link_next = *first;
  if (*first != SESSION_NOBODY) {
    e->lives[*first]->link_prev = slot;
  }
  *first = slot;
}

static void move_link(struct engine *e, uint32_t slot,
                      const struct session *before) {
  struct live *l = e->lives[slot];
  uint32_t *from = list_of(e, before);
  uint32_t *to = list_of(e, &l->s);
  if (from == to) {
    return;
  }
  if (from != NULL) {
    unlink_live(e, l, from);
  }
  if (to != NULL) {
    link_live(e, slot, to);
  }
}

static void stop_timer(struct engine *e, uint32_t *timer) {
  timers_stop(&e->timers, *timer);
  *timer = TIMER_NONE;
}

/* ---- the place in the queue */

int64_t live_widens_at(const struct engine *e, const struct live *l) {
  const struct dir_queue *q = &e->dir.queues[l->s.queue];
  if (l->preferred != SESSION_NOBODY) {
    return l->preferred_until_us;
  }
  return l->ring < q->params.ring_count
             ? l->rings_us + q->ring_after_ms[l->ring] * 1000
             : INT64_MAX;
}

void apply_widen_timer(struct engine *e, uint32_t slot) {
  struct live *l = e->lives[slot];
  const int64_t due_us = live_widens_at(e, l);
  stop_timer(e, &l->timer_widen);
  if (due_us != INT64_MAX) {
    l->timer_widen = apply_start_timer(e, TIMER_WIDEN, slot, 0, due_us);
  }
}

static void apply_widened(struct engine *e, uint32_t slot) {
  if (!router_waits(&e->router, slot)) {
    return;
  }
  const uint32_t ring = e->lives[slot]->ring;
  const enum bt_err err = router_prepare_widen(&e->router, slot, ring);
  bt_check(err == BT_ERR_OK);
  router_widen(&e->router, slot, ring);
  apply_widen_timer(e, slot);
}

static struct router_request request_of(const struct live *l) {
  struct router_request q = {.queue = l->s.queue,
                             .channel = l->channel,
                             .priority = l->priority,
                             .skip_queue = l->skip_queue,
                             .ring = l->ring,
                             .has_preferred = l->preferred != SESSION_NOBODY,
                             .preferred = l->preferred,
                             .entered_us = l->entered_us,
                             .order = l->order};
  live_ask_needs(l, &q);
  live_ask_ageing(&l->ageing, &q);
  return q;
}

static void enqueue(struct engine *e, uint32_t slot) {
  const struct live *l = e->lives[slot];
  const struct router_request request = request_of(l);
  const enum bt_err err = router_prepare_session(&e->router, slot, &request);
  bt_check(err == BT_ERR_OK);
  router_enqueue(&e->router, slot, &request);
}

static void apply_changed(struct engine *e, uint32_t slot) {
  if (router_waits(&e->router, slot)) {
    const struct router_request q = request_of(e->lives[slot]);
    const enum bt_err err = router_prepare_change(&e->router, slot, &q);
    bt_check(err == BT_ERR_OK);
    router_change(&e->router, slot, &q);
  }
}

static void move_place(struct engine *e, uint32_t slot,
                       const struct session *before, bool joins) {
  const struct session *after = &e->lives[slot]->s;
  const bool was = live_in_queue(before), is = live_in_queue(after);
  if (was && (!is || joins)) {
    router_dequeue(&e->router, slot);
    stop_timer(e, &e->lives[slot]->timer_rematch);
    stop_timer(e, &e->lives[slot]->timer_widen);
    stop_timer(e, &e->lives[slot]->timer_announce);
  }
  if (is && (!was || joins)) {
    enqueue(e, slot);
    apply_widen_timer(e, slot);
    apply_announce_timer(e, slot);
  } else if (is && before->status == SESSION_OFFERED &&
             after->status == SESSION_QUEUED) {
    router_unreserve(&e->router, slot);
  }
  if (after->status == SESSION_OFFERED && before->status != SESSION_OFFERED) {
    router_reserve(&e->router, slot, after->agent);
  }
}

/* ---- timers */

uint32_t apply_start_timer(struct engine *e, enum timer_kind kind,
                           uint32_t owner, uint32_t visit,
                           int64_t deadline_us) {
  const uint32_t id =
      timers_start(&e->timers, (struct timer){.deadline_us = deadline_us,
                                              .kind = kind,
                                              .owner = owner,
                                              .visit = visit});
  bt_check(id != TIMER_NONE);
  return id;
}

static int64_t forget_at(const struct engine *e, int64_t ended_us) {
  return ended_us + (e->finished_count > LIMIT_FINISHED ? FORGET_SOON_US
                                                        : FORGET_AFTER_US);
}

static void move_timers(struct engine *e, uint32_t slot,
                        const struct session *before, int64_t deadline_us) {
  struct live *l = e->lives[slot];
  const bool over = l->s.status == SESSION_COMPLETED;
  /* The last timer may have ended the session: it is not armed anew. */
  if (l->s.visit != before->visit || over) {
    stop_timer(e, &l->timer_status);
    if (deadline_us != 0 && !over) {
      l->timer_status =
          apply_start_timer(e, TIMER_STATUS, slot, l->s.visit, deadline_us);
    }
  }
  if (l->s.transfer != before->transfer) {
    stop_timer(e, &l->timer_transfer);
    if (l->s.waits != SESSION_WAIT_NONE) {
      l->timer_transfer = apply_start_timer(e, TIMER_TRANSFER, slot, 0,
                                            l->transfer.deadline_us);
    }
  }
  if (over || l->s.status == SESSION_WRAPUP) {
    stop_timer(e, &l->timer_customer); /* a customer who is gone is not lost */
  }
  if (over) {
    e->finished_count++;
    l->timer_customer =
        apply_start_timer(e, TIMER_FORGET, slot, 0, forget_at(e, l->ended_us));
  }
}

/* A queue may be joined anew without leaving the status. */
static bool is_joining(uint32_t type) {
  return type == EVENT_OF_SESSION(QUEUED) ||
         type == EVENT_OF_SESSION(OVERFLOWED) ||
         type == EVENT_OF_SESSION(REQUEUED);
}

void apply_session_move(struct engine *e, uint32_t slot, uint32_t type,
                        const struct session *before) {
  const struct session *after = &e->lives[slot]->s;
  move_link(e, slot, before);
  move_place(e, slot, before, is_joining(type));
  move_timers(e, slot, before, e->lives[slot]->deadline_us);
  e->counts.sessions[before->status] -= before->status != SESSION_NONE;
  e->counts.sessions[after->status]++;
}

static uint32_t slot_of(const struct engine *e, const struct record *ev) {
  uint32_t slot = SESSION_NOBODY;
  const bool there = engine_find(e, record_id(ev, FIELD_SESSION), &slot);
  bt_check(there);
  return slot;
}

static void apply_customer_timer(struct engine *e, uint32_t slot,
                                 const struct record *ev) {
  struct live *l = e->lives[slot];
  if (l->s.status == SESSION_COMPLETED) {
    return;
  }
  stop_timer(e, &l->timer_customer);
  if (record_has(ev, FIELD_DEADLINE)) {
    l->timer_customer = apply_start_timer(e, TIMER_CUSTOMER, slot, 0,
                                          record_num(ev, FIELD_DEADLINE));
  }
}

static void note_decliner(struct engine *e, uint32_t agent) {
  size_t at = e->decliner_count;
  while (at > 0 && e->decliners[at - 1] >= agent) {
    at--;
  }
  if (at < e->decliner_count && e->decliners[at] == agent) {
    return;
  }
  const bool room = mem_grow(&e->mem, &e->decliners, &e->decliner_cap,
                             e->decliner_count + 1, sizeof *e->decliners);
  bt_check(room);
  memmove(&e->decliners[at + 1], &e->decliners[at],
          (e->decliner_count - at) * sizeof *e->decliners);
  e->decliners[at] = agent;
  e->decliner_count++;
}

void apply_excluded(struct engine *e, uint32_t slot, const struct record *ev) {
  if (!router_waits(&e->router, slot)) {
    return;
  }
  const int64_t until_us = record_num(ev, FIELD_UNTIL);
  const enum bt_err err = router_prepare_exclude(&e->router);
  bt_check(err == BT_ERR_OK);
  const uint32_t agent = (uint32_t)record_num(ev, FIELD_AGENT);
  int64_t *last_us = &e->agents[agent].declined_until_us;
  *last_us = until_us > *last_us ? until_us : *last_us;
  note_decliner(e, agent);
  router_exclude(&e->router, slot, agent, until_us);
  apply_rematch_timer(e, slot, e->now_us);
}

void apply_rematch_timer(struct engine *e, uint32_t slot, int64_t now_us) {
  struct live *l = e->lives[slot];
  struct router_exclusion list[64];
  const size_t most = sizeof list / sizeof list[0];
  const size_t n = router_exclusions(&e->router, slot, list, most);
  int64_t next_us = INT64_MAX;
  for (size_t i = 0; i < n && i < most; i++) {
    const int64_t until_us = list[i].until_us;
    next_us = until_us > now_us && until_us < next_us ? until_us : next_us;
  }
  stop_timer(e, &l->timer_rematch);
  if (next_us != INT64_MAX) {
    l->timer_rematch = apply_start_timer(e, TIMER_REMATCH, slot, 0, next_us);
  }
}

/* What an event of a session that is no transition changes outside it. */
static void apply_other(struct engine *e, uint32_t slot,
                        const struct record *ev) {
  switch (ev->type) {
  case EVENT_CUSTOMER_JOINED:
  case EVENT_CUSTOMER_DROPPED:
    apply_customer_timer(e, slot, ev);
    break;
  case EVENT_REPRIORITISED:
    apply_changed(e, slot);
    break;
  case EVENT_ANNOUNCED:
    apply_announce_timer(e, slot);
    break;
  case EVENT_OVERFLOW_POSTPONED:
  case EVENT_CALLBACK_POSTPONED:
    apply_postponed(e, slot);
    break;
  case EVENT_WIDENED:
    apply_widened(e, slot);
    break;
  case EVENT_AGENT_EXCLUDED:
    apply_excluded(e, slot, ev);
    break;
  case EVENT_SCRIPT_STARTED:
  case EVENT_SCRIPT_SLEPT:
  case EVENT_SCRIPT_ENDED:
  case EVENT_SCRIPT_FAILED:
    run_apply(e, ev);
    break;
  case EVENT_DEBUGGER_SET:
  case EVENT_DEBUGGER_GONE:
  case EVENT_SCRIPT_RESUMED:
  case EVENT_SCRIPT_CHANGED:
    debug_apply(e, slot, ev);
    break;
  default:
    break;
  }
}

static void apply_offer_made(struct engine *e, uint32_t slot,
                             const struct record *ev) {
  const struct live *l = e->lives[slot];
  const struct offer offer = {.id = l->s.offer,
                              .made_us = record_num(ev, FIELD_AT),
                              .deadline_us = record_num(ev, FIELD_DEADLINE),
                              .session = slot,
                              .agent = l->s.agent,
                              .queue = l->s.queue,
                              .channel = l->channel};
  const enum bt_err err = offers_reserve(&e->offers, 1);
  bt_check(err == BT_ERR_OK);
  offers_put(&e->offers, &offer);
  router_note_turn(&e->router, offer.queue, offer.agent, offer.id);
}

static void note_numbers(struct engine *e, const struct record *ev) {
  const uint64_t order = (uint64_t)record_num(ev, FIELD_ORDER) + 1;
  const uint64_t transfer = (uint64_t)record_num(ev, FIELD_TRANSFER) + 1;
  const uint64_t run = (uint64_t)record_num(ev, FIELD_RUN) + 1;
  e->next_order = order > e->next_order ? order : e->next_order;
  e->next_transfer = transfer > e->next_transfer ? transfer : e->next_transfer;
  e->next_run = run > e->next_run ? run : e->next_run;
}

void apply_needs(const struct engine *e, struct live *l) {
  struct router_request q;
  (void)engine_parse_needs(e, l->skills, &q, NULL);
  l->needs.count = (uint8_t)q.need_count;
  for (uint32_t i = 0; i < q.need_count; i++) {
    l->needs.needs[i] = q.needs[i];
    l->needs.best[i] = q.best[i];
  }
}

/* May the session need other skills after it? */
static bool sets_needs(const struct record *ev) {
  return record_has(ev, FIELD_SKILLS) || is_joining(ev->type);
}

static void apply_session(struct engine *e, uint64_t seq,
                          const struct record *ev) {
  const uint32_t slot = ev->type == EVENT_OF_SESSION(OPENED)
                            ? apply_new_slot(e, record_id(ev, FIELD_SESSION))
                            : slot_of(e, ev);
  struct live *l = e->lives[slot];
  const struct counted before = counted_of(l);
  live_apply(l, &e->mem, seq, ev);
  if (sets_needs(ev)) {
    apply_needs(e, l);
  }
  if (!event_is_session(ev->type)) {
    apply_other(e, slot, ev);
    return;
  }
  apply_session_move(e, slot, ev->type, &before.s);
  count_session(e, slot, ev, &before);
  if (ev->type == EVENT_OF_SESSION(OFFERED)) {
    apply_offer_made(e, slot, ev);
  } else if (ev->type == EVENT_OF_SESSION(CONNECTED) &&
             !beside_was_accepted(ev)) {
    flow_note_taken(&e->queues[before.s.queue].flow, l->rings_us,
                    record_num(ev, FIELD_AT));
  }
}

/* ---- agents and offers */

void apply_agent_state(struct engine *e, uint32_t agent) {
  if (e->dir.agents[agent].origin.removed) {
    return;
  }
  static const uint8_t presences[AGENT_PRESENCES] = {
      [AGENT_OFFLINE] = ROUTER_OFFLINE,
      [AGENT_AWAY] = ROUTER_AWAY,
      [AGENT_AVAILABLE] = ROUTER_AVAILABLE,
      [AGENT_LOST] = ROUTER_LOST};
  const struct agent *a = &e->agents[agent].a;
  struct router_agent_state state = {.idle_since_us = a->idle_since_us,
                                     .presence = presences[a->presence]};
  for (uint32_t c = 0; c < ROUTER_CHANNELS; c++) {
    state.channels[c].used = (uint8_t)agent_used(a, c);
    state.channels[c].capacity = a->load[c].capacity;
    state.channels[c].ready = agent_ready(a, c);
  }
  router_set_agent_state(&e->router, agent, &state);
}

static void apply_agent(struct engine *e, const struct record *ev) {
  const uint32_t number = (uint32_t)record_num(ev, FIELD_AGENT);
  bt_check(number < e->dir.agent_count);
  struct agent_slot *slot = &e->agents[number];
  struct agent_event event = {
      .type = ev->type - EVENT_AGENT_FIRST,
      .to = (uint32_t)record_num(ev, FIELD_PRESENCE),
      .channel = (uint32_t)record_num(ev, FIELD_CHANNEL),
      .away_code = (uint32_t)record_num(ev, FIELD_AWAY),
      .idle_since_us = record_num(ev, FIELD_IDLE_SINCE)};
  /* An agent event carries the limits that hold after it; only configuration
   * changes them, and that is in the journal already. */
  event.limits = event.type == AGENT_EV_LIMITED ? e->dir.agents[number].limits
                                                : slot->a.limits;
  const struct agent before = slot->a;
  slot->a = agent_apply(slot->a, &event);
  count_agent(e, number, ev, &before);
  if (event.type == AGENT_EV_LOST || event.type == AGENT_EV_RECONNECTED ||
      event.type == AGENT_EV_GIVEN_UP) {
    stop_timer(e, &slot->timer);
  }
  if (record_has(ev, FIELD_DEADLINE)) {
    slot->timer = apply_start_timer(e, TIMER_AGENT, number, slot->a.visit,
                                    record_num(ev, FIELD_DEADLINE));
  }
  apply_agent_state(e, number);
}

static void apply_offer(struct engine *e, const struct record *ev) {
  static const uint32_t to[OFFER_EVENTS] = {
      [OFFER_EV_ACCEPTED] = OFFER_ACCEPTED,
      [OFFER_EV_DECLINED] = OFFER_DECLINED,
      [OFFER_EV_EXPIRED] = OFFER_EXPIRED,
      [OFFER_EV_WITHDRAWN] = OFFER_WITHDRAWN};
  const uint32_t type = ev->type - EVENT_OFFER_FIRST;
  const struct offer_event event = {
      .type = type,
      .to = to[type],
      .reason = (uint32_t)record_num(ev, FIELD_OFFER_REASON)};
  offers_apply(&e->offers, (uint64_t)record_num(ev, FIELD_OFFER), &event);
}

void engine_apply(struct engine *e, uint64_t seq, const struct record *ev) {
  bt_check(event_is_known(ev->type));
  e->seq = seq > e->seq ? seq : e->seq;
  const int64_t at_us = record_num(ev, FIELD_AT);
  e->now_us = at_us > e->now_us ? at_us : e->now_us;
  router_advance(&e->router, e->now_us);
  note_numbers(e, ev);
  if (event_is_agent(ev->type)) {
    apply_agent(e, ev);
  } else if (event_is_offer(ev->type)) {
    apply_offer(e, ev);
  } else if (ev->type == EVENT_ANSWER_KEPT) {
    kept_apply(e, ev);
  } else if (ev->type == EVENT_QUEUE_PAUSED ||
             ev->type == EVENT_QUEUE_DRAINING ||
             ev->type == EVENT_QUEUE_OPENED) {
    apply_queue_state(e, ev);
  } else if (record_has(ev, FIELD_SESSION)) {
    apply_session(e, seq, ev);
  } else {
    apply_config(e, ev);
  }
}
