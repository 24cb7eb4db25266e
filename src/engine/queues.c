/* Queues that are paused, drained and opened, by hand or by the clock. */
#include "base/check.h"
#include "engine/engine_priv.h"

void apply_queue_matches(struct engine *e, uint32_t queue) {
  const struct dir_queue *q = &e->dir.queues[queue];
  router_pause(&e->router, queue,
               e->queues[queue].paused || !q->offers || q->desk.len > 0);
}

void apply_queue_state(struct engine *e, const struct record *ev) {
  const uint32_t queue = (uint32_t)record_num(ev, FIELD_QUEUE);
  bt_check(queue < e->queue_count);
  struct queue_slot *q = &e->queues[queue];
  q->paused = ev->type == EVENT_QUEUE_PAUSED;
  q->draining = ev->type == EVENT_QUEUE_DRAINING;
  q->since_us = record_num(ev, FIELD_AT);
  q->until_us = record_num(ev, FIELD_UNTIL);
  live_own(&e->mem, &q->reason, record_text(ev, FIELD_REASON));
  timers_stop(&e->timers, q->timer);
  q->timer = q->until_us == 0
                 ? TIMER_NONE
                 : apply_start_timer(e, TIMER_QUEUE, queue, 0, q->until_us);
  apply_queue_matches(e, queue);
}

static uint32_t state_of(const struct queue_slot *q) {
  return q->paused     ? EVENT_QUEUE_PAUSED
         : q->draining ? EVENT_QUEUE_DRAINING
                       : EVENT_QUEUE_OPENED;
}

/* Nothing happens where nothing would be new. */
static bool is_news(const struct queue_slot *q, uint32_t type,
                    const struct record *args) {
  const bool opens = type == EVENT_QUEUE_OPENED;
  return state_of(q) != type ||
         (!opens &&
          (q->until_us != record_num(args, FIELD_UNTIL) ||
           (record_has(args, FIELD_REASON) &&
            !text_equal(q->reason, record_text(args, FIELD_REASON)))));
}

static bool is_known(struct ctx *x, const struct record *args,
                     struct answer *a) {
  const int64_t queue = record_num(args, FIELD_QUEUE);
  if (record_has(args, FIELD_QUEUE) && queue < (int64_t)x->e->queue_count) {
    return true;
  }
  answer_refuse(x, SESSION_NOBODY, REFUSAL_NOT_FOUND,
                TEXT("The centre has no such queue."), a);
  return false;
}

static bool is_to_come(struct ctx *x, const struct record *args,
                       struct answer *a) {
  if (!record_has(args, FIELD_UNTIL) ||
      record_num(args, FIELD_UNTIL) > x->now_us) {
    return true;
  }
  answer_member(x, REFUSAL_INVALID_MEMBER, "/until",
                TEXT("until lies in the past: give the time at which the queue "
                     "opens again, or leave it out to open it by hand."),
                a);
  return false;
}

static void set(struct ctx *x, const struct record *args, uint32_t type,
                struct answer *a) {
  const uint32_t queue = (uint32_t)record_num(args, FIELD_QUEUE);
  if (!is_known(x, args, a) || !is_to_come(x, args, a)) {
    return;
  }
  if (is_news(&x->e->queues[queue], type, args)) {
    struct record ev;
    ctx_event(x, &ev, type, SESSION_NOBODY);
    record_set_num(&ev, FIELD_QUEUE, queue);
    record_copy(&ev, FIELD_REASON, args);
    record_copy(&ev, FIELD_UNTIL, args);
    emit(x, &ev);
    rematch_queue(x, queue);
  }
  answer_session(x, SESSION_NOBODY, 200,
                 type == EVENT_QUEUE_PAUSED     ? "The queue is paused."
                 : type == EVENT_QUEUE_DRAINING ? "The queue is being drained."
                                                : "The queue is open.",
                 a);
}

void cmd_pause_queue(struct ctx *x, uint32_t slot, const struct record *args,
                     struct answer *a) {
  (void)slot;
  set(x, args, EVENT_QUEUE_PAUSED, a);
}

void cmd_drain_queue(struct ctx *x, uint32_t slot, const struct record *args,
                     struct answer *a) {
  (void)slot;
  set(x, args, EVENT_QUEUE_DRAINING, a);
}

void cmd_open_queue(struct ctx *x, uint32_t slot, const struct record *args,
                    struct answer *a) {
  (void)slot;
  set(x, args, EVENT_QUEUE_OPENED, a);
}

void queue_due(struct ctx *x, uint32_t queue) {
  x->e->queues[queue].timer = TIMER_NONE;
  struct record ev;
  ctx_event(x, &ev, EVENT_QUEUE_OPENED, SESSION_NOBODY);
  record_set_num(&ev, FIELD_QUEUE, queue);
  record_set_text(&ev, FIELD_REASON, TEXT("its time is over"));
  emit(x, &ev);
  rematch_queue(x, queue);
}
