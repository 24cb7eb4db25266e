/* Transitions of sessions, and all that hangs on them: agents, offers, bots,
 * timers, the router. */
#include "base/check.h"
#include "engine/engine_priv.h"

/* ---- how long */

int64_t engine_timer_ms(const struct engine *e, uint32_t entry_number,
                        uint32_t queue_number, enum session_timer timer) {
  bt_check(entry_number < e->dir.entry_count);
  const struct dir_entry *entry = &e->dir.entries[entry_number];
  const struct dir_queue *queue =
      queue_number < e->dir.queue_count ? &e->dir.queues[queue_number] : NULL;
  switch (timer) {
  case SESSION_TIMER_INVITE:
    return entry->invite_ms;
  case SESSION_TIMER_SILENCE:
    return entry->silence_ms;
  case SESSION_TIMER_DRAIN:
    return entry->drain_ms;
  case SESSION_TIMER_IDLE:
    return entry->idle_ms;
  case SESSION_TIMER_GRACE:
    return entry->grace_ms;
  case SESSION_TIMER_WAIT:
    return queue == NULL ? 0 : queue->max_wait_ms;
  case SESSION_TIMER_OFFER:
    return queue == NULL ? session_timer_default_ms(timer) : queue->offer_ms;
  case SESSION_TIMER_WRAPUP:
    return queue == NULL ? session_timer_default_ms(timer) : queue->wrapup_ms;
  case SESSION_TIMER_NEVER:
  case SESSION_TIMERS:
    break;
  }
  return 0;
}

bool live_customer_left(const struct live *l) {
  return text_starts(l->end_reason, TEXT("customer_"));
}

/* Since when the queue's maximum wait counts: from the entry into the queue, or
 * the return to it from a lost agent, not from each offer. */
static int64_t waits_since(const struct ctx *x, const struct live *l,
                           const struct record *extra) {
  const bool keeps_place = extra == NULL || !record_has(extra, FIELD_ORDER) ||
                           (uint64_t)record_num(extra, FIELD_ORDER) == l->order;
  return live_in_queue(&l->s) && keeps_place ? l->waits_us : x->now_us;
}

/* When the status timer of the session after the event runs out; 0: no timer.
 */
static int64_t deadline_of(const struct ctx *x, const struct live *l,
                           const struct session *after,
                           const struct record *extra) {
  const enum session_timer timer = session_timer_of(after);
  if (after->status == SESSION_NONE || timer == SESSION_TIMER_NEVER) {
    return 0;
  }
  const int64_t ms = engine_timer_ms(x->e, l->entry, after->queue, timer);
  if (timer == SESSION_TIMER_WAIT) {
    const int64_t due_us = waits_since(x, l, extra) + ms * 1000;
    return ms == 0 ? 0 : due_us > x->now_us ? due_us : x->now_us;
  }
  return x->now_us + ms * 1000;
}

/* ---- agents and offers beside a session */

/* An agent is waited for as long as the session that is waited for longest. */
static int64_t grace_ms(const struct ctx *x, uint32_t agent) {
  int64_t most_ms = session_timer_default_ms(SESSION_TIMER_GRACE);
  for (uint32_t slot = x->e->agents[agent].first; slot != SESSION_NOBODY;
       slot = x->e->lives[slot]->link_next) {
    const struct live *l = x->e->lives[slot];
    const int64_t ms =
        engine_timer_ms(x->e, l->entry, l->s.queue, SESSION_TIMER_GRACE);
    most_ms = l->s.away && ms > most_ms ? ms : most_ms;
  }
  return most_ms;
}

void mark_decliners(struct ctx *x) {
  struct engine *e = x->e;
  size_t kept = 0;
  for (size_t i = 0; i < e->decliner_count; i++) {
    const uint32_t agent = e->decliners[i];
    if (e->agents[agent].declined_until_us > x->now_us) {
      e->decliners[kept++] = agent;
      mark_agent(x, agent);
    }
  }
  e->decliner_count = kept;
}

/* Who waits for that agent alone waits no longer: it has gone. */
static void widen_preferring(struct ctx *x, uint32_t agent) {
  uint32_t slot;
  while (router_preferring(&x->e->router, agent, &slot)) {
    widen(x, slot);
  }
}

bool do_agent(struct ctx *x, uint32_t agent, struct agent_cmd cmd,
              enum agent_refusal *why) {
  const uint32_t presence = x->e->agents[agent].a.presence;
  struct agent_out out;
  cmd.now_us = x->now_us;
  const enum agent_refusal no =
      agent_decide(&x->e->agents[agent].a, &cmd, &out);
  if (no != AGENT_REFUSAL_NONE) {
    *why = no;
    return false;
  }
  struct record ev;
  ctx_event(x, &ev, EVENT_AGENT_FIRST + out.event.type, SESSION_NOBODY);
  record_set_num(&ev, FIELD_AGENT, agent);
  record_set_num(&ev, FIELD_PRESENCE, out.event.to);
  record_set_num(&ev, FIELD_IDLE_SINCE, out.event.idle_since_us);
  if (out.event.channel != 0) {
    record_set_num(&ev, FIELD_CHANNEL, out.event.channel);
  }
  if (out.event.away_code != 0) {
    record_set_num(&ev, FIELD_AWAY, out.event.away_code);
  }
  if (x->cmd->args.type == COMMAND_AGENT_STATE) {
    record_copy(&ev, FIELD_REASON, &x->cmd->args);
  }
  if (out.event.type == AGENT_EV_LOST) {
    record_set_num(&ev, FIELD_DEADLINE, x->now_us + grace_ms(x, agent) * 1000);
  }
  emit(x, &ev);
  mark_agent(x, agent);
  if (presence == AGENT_AVAILABLE && out.event.to != AGENT_AVAILABLE) {
    mark_decliners(x);
  }
  if (out.event.to == AGENT_OFFLINE && presence != AGENT_OFFLINE) {
    widen_preferring(x, agent);
  }
  return true;
}

static void give_agent(struct ctx *x, uint32_t agent,
                       const struct agent_cmd *cmd) {
  enum agent_refusal why = AGENT_REFUSAL_NONE;
  const bool done = do_agent(x, agent, *cmd, &why);
  bt_check(done); /* the session table and the agent table agree */
}

static void tell_agent(struct ctx *x, uint32_t agent, uint32_t cmd,
                       uint8_t channel) {
  give_agent(x, agent, &(struct agent_cmd){.type = cmd, .channel = channel});
}

static void end_offer(struct ctx *x, uint64_t offer, struct offer_cmd cmd) {
  struct offer_out out;
  const enum offer_refusal why =
      offers_decide(&x->e->offers, offer, &cmd, &out);
  bt_check(why == OFFER_REFUSAL_NONE);
  struct record ev;
  ctx_event(x, &ev, EVENT_OFFER_FIRST + out.event.type, SESSION_NOBODY);
  record_set_num(&ev, FIELD_OFFER, (int64_t)offer);
  if (out.event.reason != 0) {
    record_set_num(&ev, FIELD_OFFER_REASON, out.event.reason);
  }
  emit(x, &ev);
}

static uint32_t withdraw_reason(const struct live *l, uint32_t event) {
  if (event != SESSION_EV_ENDED) {
    return event == SESSION_EV_OFFER_WITHDRAWN ? OFFER_REASON_SUPERVISOR
                                               : OFFER_REASON_TRANSFERRED;
  }
  return live_customer_left(l) ? OFFER_REASON_CUSTOMER_LEFT
                               : OFFER_REASON_SESSION_ENDED;
}

/* An offer that was open before the event is not open after it. */
static void settle_offer(struct ctx *x, const struct live *l,
                         const struct session *before, uint32_t event) {
  const uint32_t agent = before->agent;
  switch (event) {
  case SESSION_EV_CONNECTED:
    end_offer(x, before->offer,
              (struct offer_cmd){.type = OFFER_CMD_ACCEPT,
                                 .agent = agent,
                                 .now_us = x->now_us});
    tell_agent(x, agent, AGENT_CMD_ACCEPT, l->channel);
    return;
  case SESSION_EV_OFFER_DECLINED:
    end_offer(x, before->offer,
              (struct offer_cmd){.type = OFFER_CMD_DECLINE, .agent = agent});
    tell_agent(x, agent, AGENT_CMD_DECLINE, l->channel);
    return;
  case SESSION_EV_OFFER_EXPIRED:
    end_offer(
        x, before->offer,
        (struct offer_cmd){.type = OFFER_CMD_EXPIRE, .now_us = x->now_us});
    give_agent(x, agent,
               &(struct agent_cmd){.type = AGENT_CMD_EXPIRE,
                                   .channel = l->channel,
                                   .rona = x->e->dir.queues[l->s.queue].rona});
    return;
  default:
    end_offer(x, before->offer,
              (struct offer_cmd){.type = OFFER_CMD_WITHDRAW,
                                 .reason = withdraw_reason(l, event)});
    tell_agent(x, agent, AGENT_CMD_WITHDRAW, l->channel);
    return;
  }
}

static void settle_parties(struct ctx *x, uint32_t slot,
                           const struct session *before, uint32_t event) {
  const struct live *l = engine_live(x->e, slot);
  if (before->status == SESSION_OFFERED) {
    settle_offer(x, l, before, event);
  } else if (event == SESSION_EV_OFFERED) {
    tell_agent(x, l->s.agent, AGENT_CMD_RESERVE, l->channel);
  } else if (event == SESSION_EV_CONNECTED) {
    tell_agent(x, l->s.agent, AGENT_CMD_ASSIGN, l->channel);
  } else if (before->status == SESSION_ACTIVE &&
             l->s.status == SESSION_WRAPUP) {
    tell_agent(x, before->agent, AGENT_CMD_WRAP_UP, l->channel);
  } else if (before->status == SESSION_ACTIVE &&
             l->s.status != SESSION_ACTIVE) {
    tell_agent(x, before->agent, AGENT_CMD_FINISH, l->channel);
  } else if (before->status == SESSION_WRAPUP) {
    tell_agent(x, before->agent, AGENT_CMD_COMPLETE, l->channel);
  }
}

void widen(struct ctx *x, uint32_t slot) {
  const struct live *l = engine_live(x->e, slot);
  const struct dir_queue *q = &x->e->dir.queues[l->s.queue];
  uint32_t ring = l->ring;
  while (ring < q->params.ring_count &&
         l->rings_us + q->ring_after_ms[ring] * 1000 <= x->now_us) {
    ring++;
  }
  struct record ev;
  ctx_event(x, &ev, EVENT_WIDENED, slot);
  record_set_num(&ev, FIELD_RING, ring);
  record_set_num(&ev, FIELD_QUEUE, l->s.queue);
  emit(x, &ev);
}

/* An agent who said no, or nothing, is not asked again at once; nor is one from
 * whom it was taken. */
static void exclude_agent(struct ctx *x, uint32_t slot,
                          const struct session *before, uint32_t event) {
  /* Whose connection is lost has not said no. */
  const uint32_t type = x->cmd->args.type;
  const bool declined =
      event == SESSION_EV_OFFER_DECLINED && type == COMMAND_DECLINE_OFFER;
  const bool taken = event == SESSION_EV_OFFER_WITHDRAWN ||
                     (event == SESSION_EV_REQUEUED && type == COMMAND_REQUEUE);
  if (!declined && !taken && event != SESSION_EV_OFFER_EXPIRED) {
    return;
  }
  if (engine_live(x->e, slot)->preferred == before->agent) {
    widen(x, slot); /* it had its chance */
  }
  const int64_t ms = x->e->dir.queues[before->queue].decline_ms;
  if (ms == 0) {
    return;
  }
  struct record ev;
  ctx_event(x, &ev, EVENT_AGENT_EXCLUDED, slot);
  record_set_num(&ev, FIELD_AGENT, before->agent);
  record_set_num(&ev, FIELD_UNTIL, x->now_us + ms * 1000);
  emit(x, &ev);
}

/* ---- bots */

static void bot_effect(struct ctx *x, uint32_t slot, enum effect type,
                       uint32_t bot, uint32_t epoch) {
  struct record *fx = ctx_effect(x, type);
  record_set_id(fx, FIELD_SESSION, engine_live(x->e, slot)->id);
  record_set_num(fx, FIELD_BOT, bot);
  record_set_num(fx, FIELD_EPOCH, epoch);
}

static void perform(struct ctx *x, uint32_t slot, const struct session *before,
                    uint32_t effects) {
  const struct session *after = &engine_live(x->e, slot)->s;
  if (effects & 1u << SESSION_FX_BIT_CLOSE_BOT) {
    const bool held = before->holder == SESSION_HOLDER_BOT;
    const uint32_t bot = held ? before->holder_id : before->invited_id;
    if (held || before->invited == SESSION_HOLDER_BOT) {
      bot_effect(x, slot, EFFECT_CLOSE_BOT, bot, before->epoch);
    }
  }
  if ((effects & 1u << SESSION_FX_BIT_INVITE) &&
      after->invited == SESSION_HOLDER_BOT) {
    bot_effect(x, slot, EFFECT_INVITE_BOT, after->invited_id, after->epoch);
  }
}

/* ---- the bot's script */

/* The time of a booked call has come: it joins its queue at once. */
static void queue_call(struct ctx *x, uint32_t slot) {
  const struct live *l = engine_live(x->e, slot);
  const struct session_cmd cmd = {.type = SESSION_CMD_TRANSFER,
                                  .target = l->call_queue};
  const bool waited = l->entered_us != 0;
  const struct place p = {.priority =
                              waited ? l->priority
                                     : x->e->dir.queues[l->call_queue].priority,
                          .keep = waited ? KEEP_CLOCK : KEEP_NOTHING,
                          .skills = l->skills,
                          .reason = TEXT("callback")};
  struct record extra;
  record_init(&extra, 0);
  put_place(x, slot, &p, &extra);
  do_session_late(x, slot, &cmd, &extra);
}

/* What the entry point says comes after the bot. */
static void follow_bot(struct ctx *x, uint32_t slot, uint32_t event) {
  const struct live *l = engine_live(x->e, slot);
  const struct dir_entry *entry = &x->e->dir.entries[l->entry];
  const bool over = l->s.status == SESSION_IDLE && !x->moving &&
                    event != SESSION_EV_SCRIPT_RELEASED &&
                    event != SESSION_EV_UNQUEUED;
  struct text name = {"", 0};
  if (event == SESSION_EV_BOT_GOODBYE && !l->s.ending) {
    name = entry->on_goodbye;
  } else if (over && !l->s.ending) {
    /* A bot that is lost says no goodbye: what follows it comes all the same.
     */
    name = entry->on_released.len > 0 ? entry->on_released : entry->on_goodbye;
  }
  const bool again = l->followed && entry->on_released.len == 0;
  const uint32_t script =
      name.len == 0 || again ? DIR_NONE : directory_script(&x->e->dir, name);
  if (script != DIR_NONE && engine_run(x->e, l) == NULL &&
      l->s.waits == SESSION_WAIT_NONE) {
    script_begin(x, slot, script, false);
  }
}

/* ---- one transition */

static void transition(struct ctx *x, uint32_t slot,
                       const struct session_out *out,
                       const struct record *extra) {
  const struct live *l = engine_live(x->e, slot);
  const struct session before = l->s;
  struct record ev;
  ctx_event(x, &ev, EVENT_SESSION_FIRST + out->event.type, slot);
  live_put_session(&ev, &out->event.after);
  record_set_num(&ev, FIELD_FROM_STATUS, before.status);
  record_set_num(&ev, FIELD_FROM_HOLDER, before.holder);
  if (extra != NULL) {
    record_copy_all(&ev, extra);
  }
  if (out->event.after.visit != before.visit) {
    const int64_t deadline_us = deadline_of(x, l, &out->event.after, extra);
    if (deadline_us != 0) {
      record_set_num(&ev, FIELD_DEADLINE, deadline_us);
    }
  }
  if (before.status == SESSION_RELEASING && l->goodbye_us != 0) {
    record_set_num(&ev, FIELD_WINDOW, (x->now_us - l->goodbye_us) / 1000);
  }
  emit(x, &ev);
  if (l->s.status != before.status) {
    script_status(x, slot);
  }
  settle_parties(x, slot, &before, out->event.type);
  exclude_agent(x, slot, &before, out->event.type);
  perform(x, slot, &before, out->effects);
}

/* The transfer that waited is carried out in the name of who asked for it. */
static void carry_out_waiting(struct ctx *x, uint32_t slot,
                              const struct session_cmd *next) {
  const struct transfer *t = &engine_live(x->e, slot)->transfer;
  const struct caller releases = x->by;
  x->by.role = (enum role)t->role;
  x->by.name = arena_copy_text(ctx_arena(x), t->actor);
  struct record extra;
  record_init(&extra, 0);
  if (next->type == SESSION_CMD_TRANSFER) {
    const struct place p = {.queue = next->target,
                            .priority = t->priority,
                            .prefers = t->preferred != SESSION_NOBODY,
                            .preferred = t->preferred,
                            .prefer_ms = t->prefer_ms,
                            .skip_queue = t->skip_queue,
                            .ageing = t->ageing,
                            .skills = t->skills,
                            .reason = t->reason,
                            .note = t->note};
    put_place(x, slot, &p, &extra);
    record_set_num(&extra, FIELD_TRANSFER, (int64_t)t->number);
  }
  do_session_late(x, slot, next, &extra);
  x->by = releases;
}

/* A queue without wrap-up: nobody has the time to document. */
static bool is_documented(const struct ctx *x, const struct live *l) {
  return l->s.status == SESSION_WRAPUP &&
         engine_timer_ms(x->e, l->entry, l->s.queue, SESSION_TIMER_WRAPUP) == 0;
}

/* What must follow in the same step, and who wants to know. */
static void carry_on(struct ctx *x, uint32_t slot, const struct happened *h) {
  struct session_cmd next;
  script_tell(x, slot, h); /* in the order in which things happen */
  if (session_follow_up(&engine_live(x->e, slot)->s, &next)) {
    if (next.type == SESSION_CMD_END) {
      struct record extra;
      record_init(&extra, 0);
      record_set_text(&extra, FIELD_END_REASON, TEXT("bot_ended"));
      do_session_late(x, slot, &next, &extra);
    } else {
      carry_out_waiting(x, slot, &next);
    }
  }
  if (is_documented(x, engine_live(x->e, slot))) {
    const struct session_cmd over = {.type = SESSION_CMD_TIMEOUT,
                                     .visit = engine_live(x->e, slot)->s.visit,
                                     .target = SESSION_NOBODY};
    do_session_late(x, slot, &over, NULL);
  }
  if (h->event == SESSION_EV_INVITE_EXPIRED &&
      engine_live(x->e, slot)->call_queue != SESSION_NOBODY) {
    queue_call(x, slot);
    return;
  }
  follow_bot(x, slot, h->event);
}

bool do_session(struct ctx *x, uint32_t slot, const struct session_cmd *cmd,
                const struct record *extra, enum refusal *why) {
  struct session_out out;
  if (!session_decide(&engine_live(x->e, slot)->s, cmd, &out, why)) {
    return false;
  }
  const struct session before = engine_live(x->e, slot)->s;
  /* A copy: the text may be the session's own, which the event replaces. */
  const struct happened h = {
      out.event.type, &before,
      extra == NULL
          ? (struct text){"", 0}
          : arena_copy_text(ctx_arena(x), record_text(extra, FIELD_REASON))};
  transition(x, slot, &out, extra);
  carry_on(x, slot, &h);
  consult_follow(x, slot, &before);
  return true;
}

void do_session_late(struct ctx *x, uint32_t slot,
                     const struct session_cmd *cmd,
                     const struct record *extra) {
  enum refusal why = REFUSAL_NONE;
  (void)do_session(x, slot, cmd, extra, &why);
}

/* For whom the session is to wait alone, and how long: asked for, or the last
 * who had it. Nobody waits for an agent who is not there. */
static void put_preferred(struct ctx *x, const struct live *l,
                          const struct place *p, struct record *extra) {
  const struct engine *e = x->e;
  const struct dir_queue *q = &e->dir.queues[p->queue];
  const uint32_t agent = p->prefers  ? p->preferred
                         : q->sticky ? l->last_agent
                                     : SESSION_NOBODY;
  const int64_t ms = p->prefers ? p->prefer_ms : q->preferred_ms;
  if (agent == SESSION_NOBODY || ms == 0 ||
      e->agents[agent].a.presence == AGENT_OFFLINE) {
    return;
  }
  record_set_num(extra, FIELD_PREFERRED, agent);
  record_set_num(extra, FIELD_PREFERRED_UNTIL, x->now_us + ms * 1000);
}

void put_place(struct ctx *x, uint32_t slot, const struct place *p,
               struct record *extra) {
  const struct live *l = engine_live(x->e, slot);
  record_set_num(extra, FIELD_PRIORITY, p->priority);
  record_set_num(extra, FIELD_ENTERED,
                 p->keep == KEEP_NOTHING ? x->now_us : l->entered_us);
  record_set_num(
      extra, FIELD_ORDER,
      (int64_t)(p->keep == KEEP_PLACE ? l->order : x->e->next_order));
  record_set_given(extra, FIELD_SKILLS, p->skills);
  record_set_given(extra, FIELD_REASON, p->reason);
  record_set_given(extra, FIELD_NOTE, p->note);
  if (p->skip_queue) {
    record_set_num(extra, FIELD_SKIP_QUEUE, 1);
  }
  if (p->keep == KEEP_CLOCK) {
    record_set_num(extra, FIELD_KEEP_CLOCK, 1);
  }
  live_put_ageing(extra, &p->ageing);
  put_preferred(x, l, p, extra);
}

/* ---- matching */

/* One decision of the router becomes an offer. */
static void offer_session(struct ctx *x, const struct router_decision *d) {
  const struct session_cmd match = {.type = SESSION_CMD_MATCH,
                                    .target = d->agent,
                                    .number = x->e->offers.next_id};
  enum refusal why = REFUSAL_NONE;
  const bool made = do_session(x, d->slot, &match, NULL, &why);
  bt_check(made); /* the router offers what waits, and nothing else */
}

/* From the session on, the first pair that is each other's best: several may
 * have become free in one step, and who is looked at first must not decide. The
 * order of sessions is the same for all agents, so that each round goes up in
 * it. False: nobody can take the session. */
static bool find_pair(const struct ctx *x, uint32_t slot,
                      struct router_decision *pair) {
  const struct router *r = &x->e->router;
  struct router_decision first;
  for (;;) {
    if (!router_best_agent(r, slot, x->now_us, pair)) {
      return false;
    }
    if (!router_best_session(r, pair->agent, x->now_us, &first) ||
        first.slot == slot) {
      return true;
    }
    slot = first.slot;
  }
}

static void match_agent(struct ctx *x, uint32_t agent) {
  struct router_decision d;
  while (router_best_session(&x->e->router, agent, x->now_us, &d) &&
         find_pair(x, d.slot, &d)) {
    offer_session(x, &d);
  }
}

static void match_session(struct ctx *x, uint32_t slot) {
  struct router_decision d;
  while (router_waits(&x->e->router, slot) && find_pair(x, slot, &d)) {
    offer_session(x, &d);
  }
}

void rematch_queue(struct ctx *x, uint32_t queue) {
  struct router_decision d;
  while (router_best_match(&x->e->router, queue, x->now_us, &d) &&
         find_pair(x, d.slot, &d)) {
    offer_session(x, &d);
  }
}

void settle(struct ctx *x) {
  const struct caller asked = x->by;
  /* What the router decides, nobody asked for. */
  x->by = (struct caller){.role = ROLE_SYSTEM,
                          .name = TEXT("router"),
                          .number = SESSION_NOBODY,
                          .request = x->cmd->by.request};
  x->line = 0;
  while (x->agents.done < x->agents.count ||
         x->sessions.done < x->sessions.count) {
    if (x->agents.done < x->agents.count) {
      match_agent(x, x->agents.numbers[x->agents.done++]);
    } else {
      const uint32_t slot = x->sessions.numbers[x->sessions.done++];
      match_session(x, slot);
      script_poll(x, slot);
    }
  }
  x->by = asked;
}
