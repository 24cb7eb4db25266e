/* What changes behind the waiting sessions' backs: skills, queues, memory. */
#include "centre.h"

static void a_new_skill_opens_what_waits(void **state) {
  (void)state;
  struct centre c;
  open_centre(&c);
  hire(&c, ANNA, ENGLISH, 1);
  make_free(&c, ANNA, 0);
  enter(&c, 0, FRENCH, 10);
  assert_false(router_has_skill_holder(&c.r, FRENCH));
  assert_int_equal(session_for(&c, ANNA, 11), ROUTER_NONE);
  hire(&c, ANNA, FRENCH, 3); /* instead of English; still free */
  assert_true(router_has_skill_holder(&c.r, FRENCH));
  assert_false(router_has_skill_holder(&c.r, ENGLISH));
  assert_int_equal(session_for(&c, ANNA, 11), 0);
  assert_int_equal(agent_for(&c, 0, 11), ANNA);
  router_remove_agent(&c.r, ANNA);
  assert_int_equal(agent_for(&c, 0, 11), ROUTER_NONE);
  close_centre(&c);
}

static void proficiency_1_is_the_best(void **state) {
  (void)state;
  struct centre c;
  open_centre(&c);
  hire(&c, ANNA, ENGLISH, 6);
  make_free(&c, ANNA, 0);
  struct router_request q = wants(SUPPORT, ENGLISH, 1);
  q.needs[0].proficiency = 5;
  enter_as(&c, 0, q);
  assert_int_equal(agent_for(&c, 0, 2), ROUTER_NONE);
  q.needs[0].proficiency = 6;
  enter_as(&c, 1, q);
  assert_int_equal(agent_for(&c, 1, 2), ANNA);
  close_centre(&c);
}

/* An expert is not asked what a beginner can do, even if nobody else is there;
 * the weakest and the best together are a range. */
static void a_range_keeps_experts_free(void **state) {
  (void)state;
  struct centre c;
  struct router_why w;
  open_centre(&c);
  hire(&c, ANNA, ENGLISH, 2);
  make_free(&c, ANNA, 0);
  struct router_request q = wants(SUPPORT, ENGLISH, 1);
  q.needs[0].proficiency = 10;
  q.best[0] = 3;
  enter_as(&c, 0, q);
  assert_int_equal(agent_for(&c, 0, 2), ROUTER_NONE);
  assert_int_equal(session_for(&c, ANNA, 2), ROUTER_NONE);
  assert_int_equal(why(&c, 0, ANNA, 2, &w), ROUTER_WHY_TOO_SKILLED);
  assert_int_equal(w.needed, 3);
  assert_int_equal(w.has, 2);
  hire(&c, BERT, ENGLISH, 3);
  make_free(&c, BERT, 0);
  assert_int_equal(agent_for(&c, 0, 2), BERT);
  q.best[0] = 0;
  assert_int_equal(router_prepare_change(&c.r, 0, &q), BT_ERR_OK);
  router_change(&c.r, 0, &q);
  assert_int_equal(session_for(&c, ANNA, 2), 0);
  close_centre(&c);
}

/* What a queue needs is needed beside what the session asks for, and of two
 * wishes for the same skill the stricter counts. */
static void a_queue_has_needs_of_its_own(void **state) {
  (void)state;
  struct centre c;
  open_centre(&c);
  hire(&c, ANNA, ENGLISH, 6);
  make_free(&c, ANNA, 0);
  enter(&c, 0, ENGLISH, 1);
  struct router_queue_params p = {.needs = {{ENGLISH, 5}}, .need_count = 1};
  put_queue(&c, SUPPORT, p);
  assert_int_equal(agent_for(&c, 0, 2), ROUTER_NONE);
  p.needs[0].proficiency = 6;
  put_queue(&c, SUPPORT, p);
  assert_int_equal(agent_for(&c, 0, 2), ANNA);
  p.needs[0].skill = BILLING;
  put_queue(&c, SUPPORT, p);
  assert_int_equal(agent_for(&c, 0, 2), ROUTER_NONE);
  put_queue(&c, SUPPORT, (struct router_queue_params){0});
  assert_int_equal(session_for(&c, ANNA, 2), 0);
  close_centre(&c);
}

static void a_full_queue_says_so(void **state) {
  (void)state;
  struct centre c;
  open_centre(&c);
  put_queue(&c, SUPPORT, (struct router_queue_params){.max_size = 2});
  enter(&c, 0, ENGLISH, 1);
  assert_false(router_queue_full(&c.r, SUPPORT));
  enter(&c, 1, ENGLISH, 1);
  assert_true(router_queue_full(&c.r, SUPPORT));
  assert_false(router_queue_full(&c.r, SALES));
  close_centre(&c);
}

static void require_agent_asks_before_a_session_waits(void **state) {
  (void)state;
  struct centre c;
  open_centre(&c);
  const struct router_request q = wants(SUPPORT, FRENCH, 1);
  hire(&c, ANNA, ENGLISH, 1);
  make_free(&c, ANNA, 0);
  assert_false(router_any_eligible(&c.r, &q, ROUTER_OFFLINE));
  hire(&c, BERT, FRENCH, 1);
  assert_true(router_any_eligible(&c.r, &q, ROUTER_OFFLINE));
  assert_false(router_any_eligible(&c.r, &q, ROUTER_AWAY));
  make_busy(&c, BERT);
  assert_true(router_any_eligible(&c.r, &q, ROUTER_AWAY));
  assert_false(router_any_eligible(&c.r, &q, ROUTER_AVAILABLE));
  make_free(&c, BERT, 0);
  assert_true(router_any_eligible(&c.r, &q, ROUTER_AVAILABLE));
  close_centre(&c);
}

static void the_oldest_is_known_whatever_the_order(void **state) {
  (void)state;
  struct centre c;
  struct router_queue_stats stats;
  open_centre(&c);
  static const int64_t entered_s[] = {50, 20, 70, 10, 60};
  for (uint32_t i = 0; i < 5; i++) {
    enter(&c, i, ENGLISH, entered_s[i]);
  }
  static const uint32_t leave[] = {3, 1, 0, 4, 2};
  static const int64_t oldest_s[] = {10, 20, 50, 60, 70};
  for (uint32_t i = 0; i < 5; i++) {
    router_stats(&c.r, SUPPORT, 1, &stats);
    assert_true(stats.oldest_us == oldest_s[i] * second_us);
    router_dequeue(&c.r, leave[i]);
  }
  router_stats(&c.r, SUPPORT, 1, &stats);
  assert_true(stats.oldest_us == INT64_MAX);
  close_centre(&c);
}

/* A year of sessions that never need the same twice must not fill the memory.
 */
static void unused_signatures_are_given_back(void **state) {
  (void)state;
  struct centre c;
  open_centre(&c);
  c.r.idle_limit = 10;
  hire(&c, ANNA, ENGLISH, 1);
  size_t after_100 = 0;
  for (uint32_t i = 0; i < 1000; i++) {
    struct router_request q = wants(SUPPORT, 100 + i % 200, i);
    q.needs[0].proficiency = 1 + i % 20;
    enter_as(&c, 0, q);
    router_dequeue(&c.r, 0);
    assert_in_range(c.r.idle_count, 1, 10);
    after_100 = i == 400 ? c.tm.live_bytes : after_100;
  }
  assert_true(c.tm.live_bytes <= after_100);
  close_centre(&c);
}

static void every_byte_is_accounted_for(void **state) {
  (void)state;
  struct centre c;
  open_centre(&c);
  put_queue(&c, SUPPORT,
            (struct router_queue_params){.ageing = 100, .max_priority = 1000});
  for (uint32_t i = 0; i < 20; i++) {
    hire(&c, i, i % 3, 1);
    make_free(&c, i, i);
  }
  for (uint32_t i = 0; i < 500; i++) {
    enter(&c, i, i % 50, i);
  }
  struct router_footprint f;
  router_footprint(&c.r, &f);
  assert_int_equal(f.sessions + f.eligible + f.centre, c.tm.live_bytes);
  close_centre(&c);
}

/* The nth allocation of a whole story fails: the answer is NOMEM, the second
 * try goes through, and the same agent gets the same session. */
static void any_allocation_may_fail(void **state) {
  (void)state;
  uint64_t calls = 0;
  for (uint64_t n = 0; n == 0 || n <= calls; n++) {
    struct centre c;
    test_mem_init(&c.tm);
    router_init(&c.r, &c.tm.mem);
    c.tm.fail_at = n;
    const struct router_queue_params queue = {.needs = {{FRENCH, 20}},
                                              .need_count = 1};
    const struct router_skill skill = {FRENCH, 2};
    const struct router_agent_params agent = {
        .skills = &skill, .skill_count = 1, .all_queues = true, .channels = 1};
    const struct router_request q = wants(0, FRENCH, 1);
    unsigned failed = 0;
    while (router_prepare_queue(&c.r, 0, &queue) != BT_ERR_OK) {
      failed++;
    }
    router_put_queue(&c.r, 0, &queue);
    while (router_prepare_session(&c.r, 0, &q) != BT_ERR_OK) {
      failed++;
    }
    router_enqueue(&c.r, 0, &q);
    while (router_prepare_agent(&c.r, ANNA, &agent) != BT_ERR_OK) {
      failed++;
    }
    router_put_agent(&c.r, ANNA, &agent);
    while (router_prepare_exclude(&c.r) != BT_ERR_OK) {
      failed++;
    }
    router_exclude(&c.r, 0, BERT, 99 * second_us);
    make_free(&c, ANNA, 5);
    assert_int_equal(agent_for(&c, 0, 6), ANNA);
    assert_int_equal(session_for(&c, ANNA, 6), 0);
    assert_int_equal(failed, n == 0 ? 0 : 1);
    calls = n == 0 ? c.tm.calls : calls;
    close_centre(&c);
  }
  assert_true(calls > 10);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_new_skill_opens_what_waits),
      cmocka_unit_test(proficiency_1_is_the_best),
      cmocka_unit_test(a_range_keeps_experts_free),
      cmocka_unit_test(a_queue_has_needs_of_its_own),
      cmocka_unit_test(a_full_queue_says_so),
      cmocka_unit_test(require_agent_asks_before_a_session_waits),
      cmocka_unit_test(the_oldest_is_known_whatever_the_order),
      cmocka_unit_test(unused_signatures_are_given_back),
      cmocka_unit_test(every_byte_is_accounted_for),
      cmocka_unit_test(any_allocation_may_fail),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
