/* Does a queue take sessions now? Asked by whatever brings one: transfers,
 * moves, overflows, fallbacks. */
#include "engine/engine_priv.h"

/* Outside its calendar? x->opens_us says until when. */
static bool is_closed(struct ctx *x, uint32_t queue) {
  const struct directory *d = &x->e->dir;
  const uint32_t number = directory_calendar(d, d->queues[queue].hours);
  if (number == DIR_NONE) {
    return false;
  }
  const struct dir_calendar *k = &d->calendars[number];
  const struct hours_look l = hours_look(&k->hours, k->zone, x->now_us);
  x->opens_us = l.opens_us;
  return !l.open;
}

int64_t door_opens_us(const struct engine *e, uint32_t queue, int64_t now_us) {
  const struct queue_slot *q = &e->queues[queue];
  if (!q->paused && !q->draining) {
    return directory_opens_us(&e->dir, queue, now_us);
  }
  return q->until_us == 0 ? 0 : directory_opens_us(&e->dir, queue, q->until_us);
}

/* A seat whose connection was lost may come back in a moment. */
static bool is_unreachable(const struct ctx *x, uint32_t queue) {
  const struct directory *d = &x->e->dir;
  const uint32_t seat = directory_seat(d, queue);
  if (d->queues[queue].desk.len == 0) {
    return false;
  }
  const uint8_t presence =
      seat == DIR_NONE ? AGENT_OFFLINE : x->e->agents[seat].a.presence;
  return presence == AGENT_OFFLINE || presence == AGENT_AWAY;
}

enum refusal door_refusal(struct ctx *x, uint32_t queue, bool skip_queue) {
  const struct queue_slot *q = &x->e->queues[queue];
  if (q->paused || q->draining) {
    x->opens_us = door_opens_us(x->e, queue, x->now_us);
    return q->paused ? REFUSAL_QUEUE_PAUSED : REFUSAL_QUEUE_DRAINING;
  }
  if (is_closed(x, queue)) {
    return REFUSAL_QUEUE_CLOSED;
  }
  x->opens_us = 0;
  if (is_unreachable(x, queue)) {
    return REFUSAL_DESK_UNREACHABLE;
  }
  return !skip_queue && router_queue_full(&x->e->router, queue)
             ? REFUSAL_QUEUE_FULL
             : REFUSAL_NONE;
}

static struct text closed_detail(struct ctx *x, const struct dir_queue *q) {
  const struct directory *d = &x->e->dir;
  const struct dir_calendar *k = &d->calendars[directory_calendar(d, q->hours)];
  const struct hours_look l = hours_look(&k->hours, k->zone, x->now_us);
  char opens[HOURS_TIME_MAX];
  return ctx_format(
      x, "Queue '%.*s' is closed%s%.*s; it %s%.*s.", TEXT_ARG(q->id),
      l.holiday.len > 0 ? ": " : "", TEXT_ARG(l.holiday),
      l.opens_us == 0 ? "does not open within a year" : "opens ",
      TEXT_ARG(l.opens_us == 0 ? TEXT("")
                               : hours_time_text(k->zone, l.opens_us, opens)));
}

/* A pause may be over at a time at which the calendar has it closed. */
static struct text paused_detail(struct ctx *x, uint32_t queue,
                                 const char *what) {
  const struct queue_slot *q = &x->e->queues[queue];
  const int64_t opens_us = door_opens_us(x->e, queue, x->now_us);
  char opens[HOURS_TIME_MAX];
  return ctx_format(
      x, "Queue '%.*s' is %s%s%.*s%s%.*s.",
      TEXT_ARG(x->e->dir.queues[queue].id), what, q->reason.len > 0 ? ": " : "",
      TEXT_ARG(q->reason), opens_us != 0 ? "; it opens " : "",
      TEXT_ARG(opens_us == 0 ? TEXT("")
                             : hours_time_text(x->e->zone, opens_us, opens)));
}

static struct text unreachable_detail(struct ctx *x, uint32_t queue) {
  const struct dir_queue *q = &x->e->dir.queues[queue];
  return ctx_format(x,
                    "Queue '%.*s' is served by the desk '%.*s' outside, which "
                    "cannot be reached at this moment.",
                    TEXT_ARG(q->id), TEXT_ARG(q->desk));
}

struct text door_detail(struct ctx *x, uint32_t queue, enum refusal why) {
  const struct dir_queue *q = &x->e->dir.queues[queue];
  switch ((uint32_t)why) {
  case REFUSAL_QUEUE_PAUSED:
    return paused_detail(x, queue, "paused");
  case REFUSAL_QUEUE_DRAINING:
    return paused_detail(x, queue, "being drained");
  case REFUSAL_QUEUE_CLOSED:
    return closed_detail(x, q);
  case REFUSAL_DESK_UNREACHABLE:
    return unreachable_detail(x, queue);
  case REFUSAL_QUEUE_FULL:
    return ctx_format(x, "Queue '%.*s' holds its maximum of %u sessions%s%.*s.",
                      TEXT_ARG(q->id), q->params.max_size,
                      q->overflow.len > 0 ? "; its overflow is " : "",
                      TEXT_ARG(q->overflow));
  default:
    return (struct text){"", 0};
  }
}
