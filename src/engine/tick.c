/* What happens when a timer is due. One timer a step. */
#include "base/check.h"
#include "engine/callback_priv.h"
#include "engine/engine_priv.h"

int64_t engine_next_deadline(const struct engine *e) {
  return timers_next(&e->timers);
}

/* Silence counts from the last message; the timer may have been armed before
 * it. Then it is set on to where it belongs, which is no event. */
static bool is_not_silent_yet(struct ctx *x, struct live *l, uint32_t slot) {
  if (session_timer_of(&l->s) != SESSION_TIMER_SILENCE) {
    return false;
  }
  const int64_t ms =
      engine_timer_ms(x->e, l->entry, l->s.queue, SESSION_TIMER_SILENCE);
  const int64_t due_us = l->spoken_us + ms * 1000;
  if (due_us <= x->now_us) {
    return false;
  }
  l->deadline_us = due_us;
  l->timer_status =
      timers_start(&x->e->timers, (struct timer){.deadline_us = due_us,
                                                 .kind = TIMER_STATUS,
                                                 .owner = slot,
                                                 .visit = l->s.visit});
  bt_check(l->timer_status != TIMER_NONE);
  return true;
}

static void status_due(struct ctx *x, uint32_t slot, uint32_t visit) {
  struct live *l = engine_live(x->e, slot);
  l->timer_status = TIMER_NONE;
  if (is_not_silent_yet(x, l, slot)) {
    return;
  }
  if (l->s.status == SESSION_IDLE || l->s.status == SESSION_QUEUED) {
    overflow_due(x, slot, visit);
    return;
  }
  if (callback_postpone(x, slot)) {
    return;
  }
  const struct session_cmd cmd = {
      .type = SESSION_CMD_TIMEOUT, .visit = visit, .target = SESSION_NOBODY};
  do_session_late(x, slot, &cmd, NULL);
}

static void transfer_due(struct ctx *x, uint32_t slot) {
  struct live *l = engine_live(x->e, slot);
  l->timer_transfer = TIMER_NONE;
  const struct session_cmd cmd = {.type = SESSION_CMD_EXPIRE,
                                  .number = l->transfer.number};
  do_session_late(x, slot, &cmd, NULL);
}

static void customer_due(struct ctx *x, uint32_t slot) {
  struct live *l = engine_live(x->e, slot);
  l->timer_customer = TIMER_NONE;
  struct record args;
  struct answer a = {0};
  record_init(&args, COMMAND_LEAVE);
  record_set_text(&args, FIELD_END_REASON, TEXT("customer_lost"));
  cmd_leave(x, slot, &args, &a);
}

static void forget_due(struct ctx *x, uint32_t slot) {
  struct engine *e = x->e;
  engine_live(e, slot)->timer_customer = TIMER_NONE;
  const bool room = mem_grow(&e->mem, &e->forgotten, &e->forgotten_cap,
                             e->forgotten_count + 1, sizeof *e->forgotten);
  bt_check(room);
  e->forgotten[e->forgotten_count++] = slot;
}

/* An agent who declined may be asked again. */
static void rematch_due(struct ctx *x, uint32_t slot) {
  engine_live(x->e, slot)->timer_rematch = TIMER_NONE;
  apply_rematch_timer(x->e, slot, x->now_us);
  mark_session(x, slot);
}

static void widen_due(struct ctx *x, uint32_t slot) {
  engine_live(x->e, slot)->timer_widen = TIMER_NONE;
  widen(x, slot);
}

static void fire(struct ctx *x, const struct timer *t) {
  switch ((enum timer_kind)t->kind) {
  case TIMER_STATUS:
    status_due(x, t->owner, t->visit);
    break;
  case TIMER_TRANSFER:
    transfer_due(x, t->owner);
    break;
  case TIMER_CUSTOMER:
    customer_due(x, t->owner);
    break;
  case TIMER_FORGET:
    forget_due(x, t->owner);
    break;
  case TIMER_RUN:
    script_timer(x, t->owner);
    break;
  case TIMER_AGENT:
    x->e->agents[t->owner].timer = TIMER_NONE;
    agent_give_up(x, t->owner);
    break;
  case TIMER_REMATCH:
    rematch_due(x, t->owner);
    break;
  case TIMER_WIDEN:
    widen_due(x, t->owner);
    break;
  case TIMER_ANNOUNCE:
    announce_due(x, t->owner);
    break;
  case TIMER_QUEUE:
    queue_due(x, t->owner);
    break;
  case TIMER_KEPT:
    x->e->kept_timer = TIMER_NONE;
    kept_forget(x->e, x->now_us);
    break;
  }
}

void cmd_tick(struct ctx *x, uint32_t slot, const struct record *args,
              struct answer *a) {
  (void)slot;
  (void)args;
  struct timer due;
  uint32_t id;
  if (timers_take_due(&x->e->timers, x->now_us, &due, &id)) {
    x->by = (struct caller){
        .role = ROLE_SYSTEM, .name = TEXT("timer"), .number = SESSION_NOBODY};
    fire(x, &due);
  }
  *a = (struct answer){.code = 200};
}
