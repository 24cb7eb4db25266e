/* Who gets whom: one story for each way in which other routers go wrong. */
#include "centre.h"

static void the_longest_idle_agent_is_best(void **state) {
  (void)state;
  struct centre c;
  open_centre(&c);
  hire(&c, ANNA, ENGLISH, 1);
  hire(&c, BERT, ENGLISH, 9);
  make_free(&c, ANNA, 20);
  make_free(&c, BERT, 10);
  enter(&c, 0, ENGLISH, 30);
  assert_int_equal(agent_for(&c, 0, 30), BERT);
  make_free(&c, BERT, 20); /* equally long: the lower index */
  assert_int_equal(agent_for(&c, 0, 30), ANNA);
  close_centre(&c);
}

static void a_queue_may_prefer_the_most_skilled(void **state) {
  (void)state;
  struct centre c;
  open_centre(&c);
  hire(&c, ANNA, ENGLISH, 7);
  hire(&c, BERT, ENGLISH, 2);
  hire(&c, CARA, ENGLISH, 2);
  make_free(&c, ANNA, 1);
  make_free(&c, BERT, 3);
  make_free(&c, CARA, 2);
  enter(&c, 0, ENGLISH, 30);
  assert_int_equal(agent_for(&c, 0, 30), ANNA);
  put_queue(&c, SUPPORT,
            (struct router_queue_params){.strategy = ROUTER_MOST_SKILLED});
  assert_int_equal(agent_for(&c, 0, 30), CARA);
  close_centre(&c);
}

/* What queue and session both need is counted once. */
static void a_skill_needed_twice_counts_once(void **state) {
  (void)state;
  struct centre c;
  open_centre(&c);
  put_queue(&c, SUPPORT,
            (struct router_queue_params){.strategy = ROUTER_MOST_SKILLED,
                                         .needs = {{ENGLISH, 20}},
                                         .need_count = 1});
  static const struct router_skill skills[][2] = {{{ENGLISH, 5}, {FRENCH, 1}},
                                                  {{ENGLISH, 1}, {FRENCH, 6}}};
  for (uint32_t agent = ANNA; agent <= BERT; agent++) {
    router_put_agent(&c.r, agent,
                     &(struct router_agent_params){.skills = skills[agent],
                                                   .skill_count = 2,
                                                   .all_queues = true,
                                                   .channels = 1});
    make_free(&c, agent, 1);
  }
  struct router_request q = wants(SUPPORT, FRENCH, 10);
  q.needs[1] = (struct router_skill){ENGLISH, 20};
  q.need_count = 2;
  enter_as(&c, 0, q);
  assert_int_equal(agent_for(&c, 0, 11), ANNA); /* 6 against 7 */
  close_centre(&c);
}

static void sessions_go_by_skip_priority_wait_and_order(void **state) {
  (void)state;
  struct centre c;
  open_centre(&c);
  hire(&c, ANNA, ENGLISH, 1);
  make_free(&c, ANNA, 0);
  enter(&c, 0, ENGLISH, 10);
  enter(&c, 1, ENGLISH, 10);
  enter(&c, 2, ENGLISH, 5);
  struct router_request q = wants(SUPPORT, ENGLISH, 40);
  q.priority = 501;
  enter_as(&c, 3, q);
  q.priority = 0;
  q.skip_queue = true;
  enter_as(&c, 4, q);
  static const uint32_t expected[] = {4, 3, 2, 0, 1};
  for (uint32_t i = 0; i < 5; i++) {
    assert_int_equal(router_position(&c.r, expected[i]), 1);
    assert_int_equal(session_for(&c, ANNA, 50), expected[i]);
    router_dequeue(&c.r, expected[i]);
  }
  assert_int_equal(session_for(&c, ANNA, 50), ROUTER_NONE);
  close_centre(&c);
}

static void a_new_priority_counts_at_once(void **state) {
  (void)state;
  struct centre c;
  open_centre(&c);
  hire(&c, ANNA, ENGLISH, 1);
  make_free(&c, ANNA, 0);
  enter(&c, 0, ENGLISH, 10);
  enter(&c, 1, ENGLISH, 20);
  const struct router_request q = wants(SUPPORT, ENGLISH, 20);
  reprioritise(&c, 1, q, 1000);
  assert_int_equal(session_for(&c, ANNA, 50), 1);
  router_reserve(&c.r, 1, BERT);
  reprioritise(&c, 1, q, 0); /* while an offer is open */
  router_unreserve(&c.r, 1);
  assert_int_equal(session_for(&c, ANNA, 50), 0);
  assert_int_equal(router_position(&c.r, 1), 2);
  close_centre(&c);
}

/* "Double assignment": two agents free up in the same moment. */
static void one_session_is_never_for_two_agents(void **state) {
  (void)state;
  struct centre c;
  open_centre(&c);
  hire(&c, ANNA, ENGLISH, 1);
  hire(&c, BERT, ENGLISH, 1);
  make_busy(&c, ANNA);
  make_busy(&c, BERT);
  enter(&c, 0, ENGLISH, 10);
  make_free(&c, ANNA, 20);
  make_free(&c, BERT, 20);
  assert_int_equal(session_for(&c, ANNA, 20), 0);
  offer(&c, 0, ANNA);
  assert_int_equal(session_for(&c, BERT, 20), ROUTER_NONE);
  assert_int_equal(agent_for(&c, 0, 20), ROUTER_NONE);
  assert_int_equal(router_reserved_for(&c.r, 0), ANNA);
  close_centre(&c);
}

/* "Nobody told the router that an agent is free": the session that waited
 * longest is found from the agent's side. */
static void an_agent_who_frees_up_gets_the_one_who_waited(void **state) {
  (void)state;
  struct centre c;
  open_centre(&c);
  hire(&c, ANNA, ENGLISH, 1);
  make_busy(&c, ANNA);
  enter(&c, 0, ENGLISH, 10);
  assert_int_equal(agent_for(&c, 0, 10), ROUTER_NONE);
  make_free(&c, ANNA, 300);
  assert_int_equal(session_for(&c, ANNA, 300), 0);
  close_centre(&c);
}

static void nobody_is_blocked_by_one_whom_nobody_can_take(void **state) {
  (void)state;
  struct centre c;
  open_centre(&c);
  hire(&c, ANNA, ENGLISH, 1);
  make_free(&c, ANNA, 0);
  struct router_request first = wants(SUPPORT, RARE, 1);
  first.priority = 1000;
  first.skip_queue = true;
  enter_as(&c, 0, first);
  enter(&c, 1, ENGLISH, 50);
  assert_int_equal(agent_for(&c, 0, 60), ROUTER_NONE);
  assert_int_equal(session_for(&c, ANNA, 60), 1);
  struct router_decision d;
  assert_true(router_best_match(&c.r, SUPPORT, 60 * second_us, &d));
  assert_int_equal(d.slot, 1);
  close_centre(&c);
}

/* "The heavier queue starves the rest": only among what this agent can take. */
static void precedence_counts_only_where_the_agent_is_eligible(void **state) {
  (void)state;
  struct centre c;
  open_centre(&c);
  put_queue(&c, SALES, (struct router_queue_params){.precedence = 10});
  hire(&c, ANNA, ENGLISH, 1);
  make_free(&c, ANNA, 0);
  enter(&c, 0, ENGLISH, 1);
  enter_as(&c, 1, wants(SALES, FRENCH, 2));
  assert_int_equal(session_for(&c, ANNA, 60), 0);
  enter_as(&c, 2, wants(SALES, ENGLISH, 50));
  assert_int_equal(session_for(&c, ANNA, 60), 2);
  close_centre(&c);
}

/* "Stuck reserved": whatever ends an offer, the session is matched again, from
 * where it stood. */
static void a_failed_offer_keeps_place_and_clock(void **state) {
  (void)state;
  struct centre c;
  open_centre(&c);
  hire(&c, ANNA, ENGLISH, 1);
  hire(&c, BERT, ENGLISH, 1);
  make_free(&c, ANNA, 0);
  enter(&c, 0, ENGLISH, 10);
  enter(&c, 1, ENGLISH, 11);
  offer(&c, 0, ANNA);
  assert_int_equal(router_position(&c.r, 0), 1);
  assert_int_equal(router_position(&c.r, 1), 2);
  router_unreserve(&c.r, 0);
  make_free(&c, BERT, 30);
  assert_int_equal(session_for(&c, BERT, 30), 0);
  struct router_queue_stats stats;
  router_stats(&c.r, SUPPORT, 1, &stats);
  assert_int_equal(stats.waiting, 2);
  assert_int_equal(stats.reserved, 0);
  assert_true(stats.oldest_us == 10 * second_us);
  close_centre(&c);
}

static void a_customer_may_leave_while_an_offer_is_open(void **state) {
  (void)state;
  struct centre c;
  open_centre(&c);
  hire(&c, ANNA, ENGLISH, 1);
  make_free(&c, ANNA, 0);
  enter(&c, 0, ENGLISH, 10);
  enter(&c, 1, ENGLISH, 11);
  offer(&c, 0, ANNA);
  router_dequeue(&c.r, 0);
  assert_false(router_waits(&c.r, 0));
  make_free(&c, ANNA, 0);
  assert_int_equal(session_for(&c, ANNA, 20), 1);
  assert_int_equal(router_position(&c.r, 1), 1);
  enter(&c, 0, ENGLISH, 30); /* the slot serves another session */
  assert_int_equal(router_reserved_for(&c.r, 0), ROUTER_NONE);
  close_centre(&c);
}

static void who_declined_is_not_asked_again_at_once(void **state) {
  (void)state;
  struct centre c;
  open_centre(&c);
  hire(&c, ANNA, ENGLISH, 1);
  hire(&c, BERT, ENGLISH, 1);
  make_free(&c, ANNA, 1);
  make_busy(&c, BERT);
  enter(&c, 0, ENGLISH, 10);
  enter(&c, 1, ENGLISH, 11);
  offer(&c, 0, ANNA);
  decline(&c, 0, ANNA, 20, 50);
  assert_int_equal(agent_for(&c, 0, 20), ROUTER_NONE); /* Bert will be free */
  assert_int_equal(session_for(&c, ANNA, 20), 1);      /* the next one */
  make_free(&c, BERT, 25);
  assert_int_equal(agent_for(&c, 0, 25), BERT);
  assert_int_equal(session_for(&c, BERT, 25), 0);
  assert_int_equal(agent_for(&c, 0, 50), ANNA); /* longest idle again */
  close_centre(&c);
}

static void the_only_agent_is_asked_again(void **state) {
  (void)state;
  struct centre c;
  open_centre(&c);
  hire(&c, ANNA, ENGLISH, 1);
  hire(&c, BERT, ENGLISH, 1);
  make_free(&c, ANNA, 1);
  set_state(&c, BERT, ROUTER_AWAY, 0, 0);
  enter(&c, 0, ENGLISH, 10);
  offer(&c, 0, ANNA);
  decline(&c, 0, ANNA, 20, 50);
  assert_int_equal(agent_for(&c, 0, 20), ANNA); /* Bert is away: alone */
  make_busy(&c, BERT);                          /* there, and busy */
  assert_int_equal(agent_for(&c, 0, 20), ROUTER_NONE);
  assert_int_equal(session_for(&c, ANNA, 20), ROUTER_NONE);
  assert_int_equal(session_for(&c, ANNA, 50), 0);
  close_centre(&c);
}

static void exclusions_end_with_the_session(void **state) {
  (void)state;
  struct centre c;
  struct router_exclusion x[2];
  open_centre(&c);
  hire(&c, ANNA, ENGLISH, 1);
  hire(&c, BERT, ENGLISH, 1);
  make_free(&c, ANNA, 1);
  make_busy(&c, BERT);
  enter(&c, 0, ENGLISH, 10);
  router_exclude(&c.r, 0, ANNA, 50 * second_us);
  router_exclude(&c.r, 0, BERT, 60 * second_us);
  router_exclude(&c.r, 0, ANNA, 70 * second_us); /* again: later */
  assert_int_equal(router_exclusions(&c.r, 0, x, 1), 2);
  assert_int_equal(router_exclusions(&c.r, 0, x, 2), 2);
  assert_int_equal(x[0].agent, BERT);
  assert_true(x[1].until_us == 70 * second_us);
  router_dequeue(&c.r, 0);
  enter(&c, 0, ENGLISH, 20);
  assert_int_equal(router_exclusions(&c.r, 0, x, 2), 0);
  assert_int_equal(agent_for(&c, 0, 20), ANNA);
  close_centre(&c);
}

static void a_paused_queue_matches_nobody_until_it_goes_on(void **state) {
  (void)state;
  struct centre c;
  struct router_decision d;
  open_centre(&c);
  hire(&c, ANNA, ENGLISH, 1);
  hire(&c, BERT, FRENCH, 1);
  make_free(&c, ANNA, 1);
  make_free(&c, BERT, 2);
  router_pause(&c.r, SUPPORT, true);
  enter(&c, 0, ENGLISH, 10);
  enter(&c, 1, FRENCH, 11);
  enter_as(&c, 2, wants(SALES, ENGLISH, 12));
  assert_true(router_queue_paused(&c.r, SUPPORT));
  assert_int_equal(agent_for(&c, 0, 20), ROUTER_NONE);
  assert_int_equal(session_for(&c, ANNA, 20), 2); /* the other queue goes on */
  assert_false(router_best_match(&c.r, SUPPORT, 20 * second_us, &d));

  router_pause(&c.r, SUPPORT, false);
  for (uint32_t i = 0; i < 2; i++) {
    assert_true(router_best_match(&c.r, SUPPORT, 30 * second_us, &d));
    assert_int_equal(d.slot, i);
    offer(&c, d.slot, d.agent);
  }
  assert_false(router_best_match(&c.r, SUPPORT, 30 * second_us, &d));
  close_centre(&c);
}

/* An agent with room on two channels is ready on each by itself. */
static void channels_are_apart(void **state) {
  (void)state;
  struct centre c;
  open_centre(&c);
  const struct router_skill skill = {ENGLISH, 1};
  router_put_agent(&c.r, ANNA,
                   &(struct router_agent_params){.skills = &skill,
                                                 .skill_count = 1,
                                                 .all_queues = true,
                                                 .channels = 3});
  struct router_agent_state s = {.presence = ROUTER_AVAILABLE};
  s.channels[CHAT].ready = true;
  router_set_agent_state(&c.r, ANNA, &s);
  struct router_request q = wants(SUPPORT, ENGLISH, 1);
  q.channel = VOICE;
  enter_as(&c, 0, q);
  enter(&c, 1, ENGLISH, 2);
  assert_int_equal(session_for(&c, ANNA, 3), 1);
  s.channels[CHAT].ready = false;
  s.channels[VOICE].ready = true;
  router_set_agent_state(&c.r, ANNA, &s);
  assert_int_equal(session_for(&c, ANNA, 3), 0);
  assert_int_equal(agent_for(&c, 1, 3), ROUTER_NONE);
  close_centre(&c);
}

/* More are ready than are looked at one by one; some take work in between. */
static void the_longest_idle_goes_first_however_many_idle(void **state) {
  (void)state;
  enum { COUNT = 3 * ROUTER_FRESH_MAX };
  struct centre c;
  open_centre(&c);
  for (uint32_t i = 0; i < COUNT; i++) {
    hire(&c, i, ENGLISH, 1);
    make_free(&c, i, 100 - i);
  }
  for (uint32_t i = 0; i < COUNT; i++) {
    const uint32_t longest = COUNT - 1 - i;
    enter(&c, i, ENGLISH, 200 + i);
    assert_int_equal(agent_for(&c, i, 200 + i), longest);
    offer(&c, i, longest);
    accept_offer(&c, i);
  }
  enter(&c, COUNT, ENGLISH, 300);
  assert_int_equal(agent_for(&c, COUNT, 300), ROUTER_NONE);
  make_free(&c, BERT, 301);
  assert_int_equal(agent_for(&c, COUNT, 301), BERT);
  close_centre(&c);
}

/* Two skills whose numbers look alike to whoever looks quickly. */
static void a_skill_is_not_taken_for_another(void **state) {
  (void)state;
  struct centre c;
  open_centre(&c);
  hire(&c, ANNA, ENGLISH + 64, 1);
  make_free(&c, ANNA, 1);
  enter(&c, 0, ENGLISH, 10);
  enter(&c, 1, ENGLISH + 64, 11);
  assert_int_equal(agent_for(&c, 0, 12), ROUTER_NONE);
  assert_int_equal(agent_for(&c, 1, 12), ANNA);
  hire(&c, ANNA, ENGLISH, 1); /* now the other */
  assert_int_equal(agent_for(&c, 0, 12), ANNA);
  assert_int_equal(agent_for(&c, 1, 12), ROUTER_NONE);
  close_centre(&c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_longest_idle_agent_is_best),
      cmocka_unit_test(a_queue_may_prefer_the_most_skilled),
      cmocka_unit_test(a_skill_needed_twice_counts_once),
      cmocka_unit_test(sessions_go_by_skip_priority_wait_and_order),
      cmocka_unit_test(a_new_priority_counts_at_once),
      cmocka_unit_test(one_session_is_never_for_two_agents),
      cmocka_unit_test(an_agent_who_frees_up_gets_the_one_who_waited),
      cmocka_unit_test(nobody_is_blocked_by_one_whom_nobody_can_take),
      cmocka_unit_test(precedence_counts_only_where_the_agent_is_eligible),
      cmocka_unit_test(a_failed_offer_keeps_place_and_clock),
      cmocka_unit_test(a_customer_may_leave_while_an_offer_is_open),
      cmocka_unit_test(who_declined_is_not_asked_again_at_once),
      cmocka_unit_test(the_only_agent_is_asked_again),
      cmocka_unit_test(exclusions_end_with_the_session),
      cmocka_unit_test(a_paused_queue_matches_nobody_until_it_goes_on),
      cmocka_unit_test(channels_are_apart),
      cmocka_unit_test(the_longest_idle_goes_first_however_many_idle),
      cmocka_unit_test(a_skill_is_not_taken_for_another),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
