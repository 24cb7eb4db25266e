/* Where a session goes that has waited long enough, or that nobody took: along
 * the chain of overflows, to the first queue that takes it. */
#include "base/check.h"
#include "engine/engine_priv.h"

/* Queues that are not known to open are asked again after so long at least. */
#define AGAIN_LEAST_US (30 * INT64_C(1000000))

static uint32_t queue_called(const struct engine *e, struct text name) {
  struct dir_target target;
  return name.len > 0 &&
                 directory_target(&e->dir, DIR_TARGET_QUEUE, name, &target)
             ? target.number
             : SESSION_NOBODY;
}

static uint32_t overflow_of(const struct engine *e, uint32_t queue) {
  return queue_called(e, e->dir.queues[queue].overflow);
}

uint32_t live_fallback(const struct engine *e, const struct live *l) {
  return queue_called(e, e->dir.entries[l->entry].fallback);
}

static void note_skipped(struct ctx *x, uint32_t slot, uint32_t queue,
                         enum refusal why) {
  struct record ev;
  ctx_event(x, &ev, EVENT_OVERFLOW_SKIPPED, slot);
  record_set_num(&ev, FIELD_QUEUE, queue);
  record_set_num(&ev, FIELD_REFUSAL, why);
  record_set_text(&ev, FIELD_DETAIL, door_detail(x, queue, why));
  emit(x, &ev);
}

uint32_t overflow_target(struct ctx *x, uint32_t slot, uint32_t queue,
                         int64_t *again_us) {
  const bool skips = engine_live(x->e, slot)->skip_queue;
  uint32_t at = queue;
  for (size_t hops = 0; at != SESSION_NOBODY && hops <= x->e->queue_count;
       hops++) {
    const enum refusal why = door_refusal(x, at, skips);
    if (why == REFUSAL_NONE) {
      return at;
    }
    const int64_t opens_us =
        x->opens_us > x->now_us ? x->opens_us : x->now_us + AGAIN_LEAST_US;
    *again_us = *again_us == 0 || opens_us < *again_us ? opens_us : *again_us;
    note_skipped(x, slot, at, why);
    at = overflow_of(x->e, at);
  }
  return SESSION_NOBODY;
}

/* It stays, and they are asked again: when the first of them opens, or after as
 * long as it has just waited. */
static void postpone(struct ctx *x, uint32_t slot, int64_t again_us) {
  const struct live *l = engine_live(x->e, slot);
  const int64_t ms =
      engine_timer_ms(x->e, l->entry, l->s.queue, session_timer_of(&l->s));
  const int64_t least_us = x->now_us + ms * 1000;
  struct record ev;
  ctx_event(x, &ev, EVENT_OVERFLOW_POSTPONED, slot);
  record_set_num(&ev, FIELD_DEADLINE,
                 again_us > least_us ? again_us : least_us);
  emit(x, &ev);
}

void apply_postponed(struct engine *e, uint32_t slot) {
  struct live *l = e->lives[slot];
  timers_stop(&e->timers, l->timer_status);
  l->timer_status =
      apply_start_timer(e, TIMER_STATUS, slot, l->s.visit, l->deadline_us);
}

/* In an overflow it has waited already; a fallback is a queue like others. */
static void put_new_place(struct ctx *x, uint32_t slot, uint32_t queue,
                          struct record *extra) {
  const struct live *l = engine_live(x->e, slot);
  const bool overflow = l->s.status == SESSION_QUEUED;
  const struct place p = {
      .queue = queue,
      .priority = overflow ? l->priority : x->e->dir.queues[queue].priority,
      .ageing = overflow ? l->ageing : (struct own_ageing){0},
      .keep = overflow ? KEEP_CLOCK : KEEP_NOTHING,
      .skip_queue = overflow && l->skip_queue,
      .skills = overflow ? l->skills : TEXT(""),
      .reason = overflow ? l->reason : TEXT("fallback"),
      .note = l->note};
  put_place(x, slot, &p, extra);
}

void overflow_due(struct ctx *x, uint32_t slot, uint32_t visit) {
  const struct live *l = engine_live(x->e, slot);
  const bool waits = l->s.status == SESSION_QUEUED;
  int64_t again_us = 0;
  const uint32_t queue = overflow_target(
      x, slot, waits ? overflow_of(x->e, l->s.queue) : live_fallback(x->e, l),
      &again_us);
  if (queue == SESSION_NOBODY && again_us != 0) {
    postpone(x, slot, again_us);
    return;
  }
  const struct session_cmd cmd = {
      .type = SESSION_CMD_TIMEOUT, .visit = visit, .target = queue};
  struct record extra;
  record_init(&extra, 0);
  if (queue != SESSION_NOBODY) {
    put_new_place(x, slot, queue, &extra);
  } else {
    record_set_text(&extra, FIELD_END_REASON,
                    waits ? TEXT("max_wait") : TEXT("nobody_took_it"));
  }
  do_session_late(x, slot, &cmd, &extra);
}
