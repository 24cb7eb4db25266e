/* Ageing: who waits long goes before who matters a little more, and how long
 * that takes is a bound that can be told. */
#include "centre.h"

enum { POINT_A_MINUTE = 100 };

static void ages(struct centre *c, uint32_t queue, uint32_t ageing,
                 uint32_t most) {
  put_queue(
      c, queue,
      (struct router_queue_params){.ageing = ageing, .max_priority = most});
}

/* A queue that ages so, and an agent who is free for it. */
static void begin(struct centre *c, uint32_t ageing, uint32_t most) {
  open_centre(c);
  ages(c, SUPPORT, ageing, most);
  hire(c, ANNA, ENGLISH, 1);
  make_free(c, ANNA, 0);
}

static void enter_with(struct centre *c, uint32_t slot, uint32_t queue,
                       uint32_t priority, int64_t entered_s) {
  struct router_request q = wants(queue, ENGLISH, entered_s);
  q.priority = priority;
  enter_as(c, slot, q);
}

static uint32_t first_at(struct centre *c, int64_t now_s) {
  router_advance(&c->r, now_s * second_us);
  return session_for(c, ANNA, now_s);
}

static void waiting_makes_up_for_priority(void **state) {
  (void)state;
  struct centre c;
  begin(&c, POINT_A_MINUTE, 1000);
  enter_with(&c, 1, SUPPORT, 10, 0);
  enter_with(&c, 2, SUPPORT, 15, 299); /* 5 points more, almost 5 minutes */
  assert_int_equal(first_at(&c, 300), 2);
  enter_with(&c, 3, SUPPORT, 15, 301);
  router_dequeue(&c.r, 2);
  assert_int_equal(first_at(&c, 302), 1);
  close_centre(&c);
}

static void equal_points_go_by_the_longer_wait(void **state) {
  (void)state;
  struct centre c;
  begin(&c, POINT_A_MINUTE, 1000);
  enter_with(&c, 2, SUPPORT, 15, 300);
  enter_with(&c, 1, SUPPORT, 10, 0);
  assert_int_equal(first_at(&c, 400), 1);
  close_centre(&c);
}

static void the_maximum_is_the_end_of_it(void **state) {
  (void)state;
  struct centre c;
  begin(&c, POINT_A_MINUTE, 20);
  enter_with(&c, 1, SUPPORT, 10, 0);
  enter_with(&c, 2, SUPPORT, 21, 100); /* above the maximum: stays so */
  assert_int_equal(first_at(&c, 100000), 2);
  assert_true(router_effective_priority(&c.r, 1) == INT64_C(20) * ROUTER_POINT);
  assert_true(router_effective_priority(&c.r, 2) == INT64_C(21) * ROUTER_POINT);
  close_centre(&c);
}

/* Of two that both reached the maximum, the one that came first; until then,
 * the one that is ahead. */
static void at_the_maximum_the_wait_decides(void **state) {
  (void)state;
  struct centre c;
  begin(&c, POINT_A_MINUTE, 20);
  enter_with(&c, 1, SUPPORT, 5, 0);   /* at 20 after 15 minutes */
  enter_with(&c, 2, SUPPORT, 19, 60); /* at 20 after 2 minutes */
  assert_int_equal(first_at(&c, 899), 2);
  assert_int_equal(first_at(&c, 900), 1);
  close_centre(&c);
}

static void queues_with_other_slopes_overtake(void **state) {
  (void)state;
  struct centre c;
  begin(&c, POINT_A_MINUTE, 1000);
  ages(&c, SALES, 10 * POINT_A_MINUTE, 1000);
  enter_with(&c, 1, SUPPORT, 100, 0);
  enter_with(&c, 2, SALES, 10, 0);
  assert_int_equal(first_at(&c, 599), 1);
  assert_int_equal(first_at(&c, 601), 2);
  close_centre(&c);
}

static void who_skipped_is_before_who_aged(void **state) {
  (void)state;
  struct centre c;
  begin(&c, ROUTER_AGEING_MAX, 1000);
  enter_with(&c, 1, SUPPORT, 10, 0);
  struct router_request q = wants(SUPPORT, ENGLISH, 5000);
  q.skip_queue = true;
  q.priority = 0;
  enter_as(&c, 2, q);
  assert_int_equal(first_at(&c, 6000), 2);
  assert_int_equal(router_position(&c.r, 1), 2);
  close_centre(&c);
}

/* The bound of docs/routing.md: who enters later than (maximum - priority) /
 * ageing minutes after a session never goes before it. A stream of the most
 * important ones, one a second, is let in beside it. */
static void nobody_starves_beyond_the_bound(void **state) {
  (void)state;
  struct centre c;
  begin(&c, POINT_A_MINUTE, 20);
  enter_with(&c, 1, SUPPORT, 10, 0);
  const int64_t bound_s = INT64_C(10) * 60;
  int64_t now_s = 1;
  uint32_t slot = 2;
  for (;; now_s++, slot++) {
    enter_with(&c, slot, SUPPORT, 20, now_s);
    const uint32_t first = first_at(&c, now_s);
    router_dequeue(&c.r, first); /* one is served for each that comes */
    if (first == 1) {
      break;
    }
    assert_true(now_s <= bound_s);
  }
  for (uint32_t left = 2; left <= slot; left++) {
    if (router_waits(&c.r, left)) {
      router_dequeue(&c.r, left);
    }
  }
  close_centre(&c);
}

/* Without ageing the bound is none: the least important waits for ever. */
static void without_ageing_there_is_no_bound(void **state) {
  (void)state;
  struct centre c;
  begin(&c, 0, 0);
  enter_with(&c, 1, SUPPORT, 10, 0);
  for (uint32_t i = 0; i < 2000; i++) {
    enter_with(&c, 2 + i, SUPPORT, 20, 1 + i);
    assert_int_equal(first_at(&c, 1 + i), 2 + i);
    router_dequeue(&c.r, 2 + i);
  }
  close_centre(&c);
}

static void another_slope_takes_hold_at_once(void **state) {
  (void)state;
  struct centre c;
  begin(&c, 0, 0);
  enter_with(&c, 1, SUPPORT, 10, 0);
  enter_with(&c, 2, SUPPORT, 20, 3000);
  assert_int_equal(first_at(&c, 3001), 2);
  ages(&c, SUPPORT, POINT_A_MINUTE, 1000);
  assert_int_equal(first_at(&c, 3001), 1);
  ages(&c, SUPPORT, 0, 1000);
  assert_int_equal(first_at(&c, 3001), 2);
  close_centre(&c);
}

/* Of three in one queue, one has its own slope, one its own maximum. */
static void a_session_may_age_in_its_own_way(void **state) {
  (void)state;
  struct centre c;
  begin(&c, POINT_A_MINUTE, 100);
  struct router_request q = wants(SUPPORT, ENGLISH, 0);
  q.priority = 10;
  enter_as(&c, 1, q); /* the queue's: 10 + t, to 100 */
  q.has_ageing = true;
  q.ageing = 5 * POINT_A_MINUTE;
  q.has_max_priority = true;
  q.max_priority = 40;
  q.entered_us = 60 * second_us;
  enter_as(&c, 2, q); /* 10 + 5 (t - 1), to 40 */
  q.ageing = 0;
  q.priority = 30;
  enter_as(&c, 3, q); /* 30 for ever */
  assert_int_equal(first_at(&c, 70), 3);
  assert_int_equal(first_at(&c, 60 * 5 + 1), 2); /* 30 and a little */
  assert_int_equal(first_at(&c, 60 * 30 - 1), 2);
  assert_true(router_effective_priority(&c.r, 2) == INT64_C(40) * ROUTER_POINT);
  assert_int_equal(first_at(&c, INT64_C(60) * 30),
                   1); /* 40, and waits longer */
  assert_true(router_effective_priority(&c.r, 3) == INT64_C(30) * ROUTER_POINT);
  close_centre(&c);
}

/* What the queue says is for those that say nothing. */
static void the_queue_does_not_change_a_sessions_own_slope(void **state) {
  (void)state;
  struct centre c;
  begin(&c, 0, 0);
  struct router_request q = wants(SUPPORT, ENGLISH, 0);
  q.priority = 10;
  enter_as(&c, 1, q);
  q.has_ageing = true;
  enter_as(&c, 2, q); /* does not age, whatever the queue does */
  ages(&c, SUPPORT, POINT_A_MINUTE, 1000);
  router_advance(&c.r, 600 * second_us);
  assert_true(router_effective_priority(&c.r, 1) == INT64_C(20) * ROUTER_POINT);
  assert_true(router_effective_priority(&c.r, 2) == INT64_C(10) * ROUTER_POINT);
  close_centre(&c);
}

static void another_slope_counts_from_the_entry(void **state) {
  (void)state;
  struct centre c;
  begin(&c, 0, 0);
  struct router_request q = wants(SUPPORT, ENGLISH, 0);
  q.priority = 10;
  enter_as(&c, 1, q);
  enter_with(&c, 2, SUPPORT, 15, 0);
  assert_int_equal(first_at(&c, 600), 2);
  q.has_ageing = q.has_max_priority = true;
  q.ageing = POINT_A_MINUTE;
  q.max_priority = 1000;
  reprioritise(&c, 1, q, 10);
  assert_int_equal(first_at(&c, 600), 1); /* 10 + 10 */
  router_reserve(&c.r, 1, BERT);
  q.has_ageing = false;
  reprioritise(&c, 1, q, 10); /* while an offer is open */
  router_unreserve(&c.r, 1);
  assert_int_equal(first_at(&c, 601), 2);
  close_centre(&c);
}

static void there_is_a_limit_to_ways_of_ageing(void **state) {
  (void)state;
  struct centre c;
  open_centre(&c);
  struct router_request q = wants(SUPPORT, ENGLISH, 0);
  q.has_ageing = true;
  for (uint32_t i = 0; i < ROUTER_SLOPES_MAX; i++) {
    q.ageing = i;
    assert_true(router_slope_fits(&c.r, &q));
    enter_as(&c, i, q);
  }
  assert_true(router_slope_fits(&c.r, &q)); /* as one that is there */
  q.ageing = ROUTER_SLOPES_MAX;
  assert_false(router_slope_fits(&c.r, &q));
  router_dequeue(&c.r, 5);
  assert_true(router_slope_fits(&c.r, &q));
  enter_as(&c, 5, q);
  assert_false(router_slope_fits(
      &c.r, &(struct router_request){.queue = SUPPORT,
                                     .channel = CHAT,
                                     .needs = {{ENGLISH, 20}},
                                     .need_count = 1,
                                     .has_max_priority = true}));
  close_centre(&c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(waiting_makes_up_for_priority),
      cmocka_unit_test(equal_points_go_by_the_longer_wait),
      cmocka_unit_test(the_maximum_is_the_end_of_it),
      cmocka_unit_test(at_the_maximum_the_wait_decides),
      cmocka_unit_test(queues_with_other_slopes_overtake),
      cmocka_unit_test(who_skipped_is_before_who_aged),
      cmocka_unit_test(nobody_starves_beyond_the_bound),
      cmocka_unit_test(without_ageing_there_is_no_bound),
      cmocka_unit_test(another_slope_takes_hold_at_once),
      cmocka_unit_test(a_session_may_age_in_its_own_way),
      cmocka_unit_test(the_queue_does_not_change_a_sessions_own_slope),
      cmocka_unit_test(another_slope_counts_from_the_entry),
      cmocka_unit_test(there_is_a_limit_to_ways_of_ageing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
