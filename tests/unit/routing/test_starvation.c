/* How long, and how often, others can go before a session: the bounds of
 * docs/routing.md, held against days at random. */
#include "base/rand.h"
#include "centre.h"

enum {
  DAYS = 400,
  SESSIONS = 160,
  MOST_APART_S = 40,
  POINT = 100, /* of ageing: hundredths a minute */
  MINUTE_S = 60
};

struct slope {
  uint32_t ageing, most; /* hundredths of a point a minute; points */
};

struct told {
  uint32_t priority;
  struct slope slope; /* its queue's, or its own */
  int64_t entered_s;
  bool waits;
  uint32_t overtaken; /* by those who came after it */
};

struct day {
  struct centre c;
  struct rand rand;
  struct slope slopes[2];
  struct told told[SESSIONS];
  uint32_t count, waiting;
  int64_t now_s;
};

static uint32_t below(struct day *d, uint32_t bound) {
  return (uint32_t)rand_below(&d->rand, bound);
}

/* Seconds after which the session has reached its maximum: (M - p) / a, rounded
 * up. */
static int64_t bound_s(const struct told *s) {
  const int64_t points = (int64_t)s->slope.most - s->priority;
  return (points * MINUTE_S * POINT + s->slope.ageing - 1) / s->slope.ageing;
}

/* Does the bound say anything about these two? Who began above M, or has a
 * higher maximum, is not bound by it. */
static bool is_bound(const struct told *first, const struct told *other) {
  return other->priority <= first->slope.most &&
         other->slope.most <= first->slope.most;
}

/* @served goes before @s, who came earlier. */
static void overtakes(struct day *d, const struct told *served,
                      struct told *s) {
  const int64_t later_s = served->entered_s - s->entered_s;
  s->overtaken++;
  if (!is_bound(s, served)) {
    return;
  }
  /* From (M - p) / a on nobody does any more. */
  assert_true(d->now_s - s->entered_s <= bound_s(s));
  if (served->slope.ageing == s->slope.ageing) {
    /* Of those who age alike only who is ahead by more than the wait has made
     * up for: p' - p > a × how much later. */
    const int64_t ahead = (int64_t)served->priority - s->priority;
    assert_true(ahead * MINUTE_S * POINT > s->slope.ageing * later_s);
  }
}

static void serve_one(struct day *d) {
  router_advance(&d->c.r, d->now_s * second_us);
  const uint32_t slot = session_for(&d->c, ANNA, d->now_s);
  if (slot == ROUTER_NONE) {
    return;
  }
  for (uint32_t i = 0; i < d->count; i++) {
    if (i != slot && d->told[i].waits &&
        d->told[i].entered_s < d->told[slot].entered_s) {
      overtakes(d, &d->told[slot], &d->told[i]);
    }
  }
  d->told[slot].waits = false;
  d->waiting--;
  router_dequeue(&d->c.r, slot);
}

static struct slope any_slope(struct day *d) {
  return (struct slope){10 + below(d, 10 * POINT), 10 + below(d, 30)};
}

/* One in four ages in its own way. */
static void let_in(struct day *d) {
  const uint32_t queue = below(d, 2);
  const bool own = below(d, 4) == 0;
  struct told *t = &d->told[d->count];
  *t = (struct told){.priority = below(d, 30),
                     .slope = own ? any_slope(d) : d->slopes[queue],
                     .entered_s = d->now_s,
                     .waits = true};
  struct router_request q = wants(queue, ENGLISH, d->now_s);
  q.priority = t->priority;
  q.has_ageing = q.has_max_priority = own;
  q.ageing = t->slope.ageing;
  q.max_priority = t->slope.most;
  enter_as(&d->c, d->count++, q);
  d->waiting++;
}

/* Of those who are bound, no more can overtake than came in within the bound.
 */
static void check_numbers(const struct day *d) {
  for (uint32_t i = 0; i < d->count; i++) {
    const struct told *s = &d->told[i];
    uint32_t most = 0;
    for (uint32_t k = 0; k < d->count; k++) {
      const int64_t later_s = d->told[k].entered_s - s->entered_s;
      most +=
          later_s > 0 && (!is_bound(s, &d->told[k]) || later_s <= bound_s(s));
    }
    assert_true(s->overtaken <= most);
  }
}

static void play(uint64_t seed) {
  static struct day d;
  d = (struct day){.count = 0};
  rand_seed(&d.rand, seed);
  open_centre(&d.c);
  for (uint32_t q = 0; q < 2; q++) {
    d.slopes[q] =
        (struct slope){10 + below(&d, 10 * POINT), 10 + below(&d, 30)};
    put_queue(&d.c, q,
              (struct router_queue_params){.ageing = d.slopes[q].ageing,
                                           .max_priority = d.slopes[q].most});
  }
  hire(&d.c, ANNA, ENGLISH, 1);
  make_free(&d.c, ANNA, 0);
  while (d.count < SESSIONS || d.waiting > 0) {
    d.now_s += 1 + below(&d, MOST_APART_S);
    /* Fewer are served than come, so that there is something to overtake. */
    if (d.count < SESSIONS && below(&d, 5) < 3) {
      let_in(&d);
    } else {
      serve_one(&d);
    }
  }
  check_numbers(&d);
  close_centre(&d.c);
}

static void nobody_is_overtaken_beyond_the_bounds(void **state) {
  (void)state;
  for (uint64_t seed = 1; seed <= DAYS; seed++) {
    play(seed);
  }
}

/* The bound is reached: one second sooner there is somebody who overtakes. */
static void the_bound_is_tight(void **state) {
  (void)state;
  struct centre c;
  open_centre(&c);
  put_queue(&c, SUPPORT,
            (struct router_queue_params){.ageing = POINT, .max_priority = 20});
  hire(&c, ANNA, ENGLISH, 1);
  make_free(&c, ANNA, 0);
  struct router_request q = wants(SUPPORT, ENGLISH, 0);
  q.priority = 10;
  enter_as(&c, 1, q);
  const int64_t bound = INT64_C(10) * MINUTE_S;
  q.entered_us = (bound - 1) * second_us;
  q.priority = 20;
  enter_as(&c, 2, q);
  router_advance(&c.r, (bound - 1) * second_us);
  assert_int_equal(session_for(&c, ANNA, bound - 1), 2);
  router_advance(&c.r, bound * second_us);
  assert_int_equal(session_for(&c, ANNA, bound), 1);
  router_dequeue(&c.r, 1);
  router_dequeue(&c.r, 2);
  close_centre(&c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nobody_is_overtaken_beyond_the_bounds),
      cmocka_unit_test(the_bound_is_tight),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
