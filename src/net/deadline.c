#include "base/check.h"
#include "net/deadline_priv.h"
#include "net/limits.h"

static struct deadline *first_of(const struct link *list) {
  return link_is_alone(list) ? NULL
                             : LINK_OWNER(list->next, struct deadline, link);
}

static void run_timer(struct deadlines *ds) {
  int64_t at_us = INT64_MAX;
  for (unsigned kind = 0; kind < DEADLINE_NONE; kind++) {
    const struct deadline *d = first_of(&ds->lists[kind]);
    if (d != NULL && d->at_us < at_us) {
      at_us = d->at_us;
    }
  }
  ds->timer_at_us = at_us;
  if (at_us != INT64_MAX) {
    loop_timer_start_at(ds->timer, at_us);
  }
}

/* Those that @on_due sets anew wait for the next time, however short. */
static void fire_due(struct deadlines *ds, unsigned kind, int64_t now_us) {
  struct link due;
  link_init(&due);
  for (struct deadline *d = first_of(&ds->lists[kind]);
       d != NULL && d->at_us <= now_us; d = first_of(&ds->lists[kind])) {
    link_remove(&d->link);
    link_add_last(&due, &d->link);
  }
  for (struct deadline *d = first_of(&due); d != NULL; d = first_of(&due)) {
    deadline_clear(d);
    ds->on_due(d, (enum deadline_kind)kind);
  }
}

static void on_timer(void *ctx) {
  struct deadlines *ds = ctx;
  const int64_t now_us = loop_now_us();
  for (unsigned kind = 0; kind < DEADLINE_NONE; kind++) {
    fire_due(ds, kind, now_us);
  }
  run_timer(ds);
}

enum bt_err deadlines_init(struct deadlines *ds, struct loop *loop,
                           const struct net_limits *limits,
                           void (*on_due)(struct deadline *,
                                          enum deadline_kind)) {
#define DEADLINE(name, limit) limits->limit,
  const int64_t spans_us[] = {DEADLINE_LIST(DEADLINE)};
#undef DEADLINE
  ds->loop = loop;
  ds->on_due = on_due;
  ds->timer_at_us = INT64_MAX;
  for (unsigned kind = 0; kind < DEADLINE_NONE; kind++) {
    link_init(&ds->lists[kind]);
    ds->span_us[kind] = spans_us[kind];
  }
  return loop_timer_create(loop, on_timer, ds, &ds->timer);
}

void deadlines_free(struct deadlines *ds) {
  loop_timer_free(ds->timer);
}

void deadline_init(struct deadline *d) {
  link_init(&d->link);
  d->kind = DEADLINE_NONE;
}

void deadline_set(struct deadlines *ds, struct deadline *d,
                  enum deadline_kind kind) {
  bt_check(kind < DEADLINE_NONE);
  link_remove(&d->link);
  d->kind = (uint8_t)kind;
  d->at_us = loop_turn_us(ds->loop) + ds->span_us[kind];
  link_add_last(&ds->lists[kind], &d->link);
  if (d->at_us < ds->timer_at_us) {
    ds->timer_at_us = d->at_us;
    loop_timer_start_at(ds->timer, d->at_us);
  }
}

void deadline_clear(struct deadline *d) {
  link_remove(&d->link);
  d->kind = DEADLINE_NONE;
}
