/* Rings, the preferred agent, and every strategy by which a queue chooses. */
#include "centre.h"

static void hire_posted(struct centre *c, uint32_t agent,
                        struct router_post post, bool all_queues) {
  const struct router_skill s = {ENGLISH, 10};
  const struct router_agent_params params = {.skills = &s,
                                             .skill_count = 1,
                                             .posts = &post,
                                             .post_count = 1,
                                             .all_queues = all_queues,
                                             .channels = 1};
  assert_int_equal(router_prepare_agent(&c->r, agent, &params), BT_ERR_OK);
  router_put_agent(&c->r, agent, &params);
}

static void widen(struct centre *c, uint32_t slot, uint32_t ring) {
  assert_int_equal(router_prepare_widen(&c->r, slot, ring), BT_ERR_OK);
  router_widen(&c->r, slot, ring);
}

static struct router_request needs_best(uint32_t skill) {
  struct router_request q = wants(SUPPORT, skill, 10);
  q.needs[0].proficiency = 5;
  return q;
}

static void a_ring_accepts_weaker_agents(void **state) {
  (void)state;
  struct centre c;
  struct router_why out;
  open_centre(&c);
  put_queue(&c, SUPPORT,
            (struct router_queue_params){
                .ring_count = 2, .rings = {{.relax = 2}, {.relax = 3}}});
  hire(&c, ANNA, ENGLISH, 10);
  make_free(&c, ANNA, 0);
  enter_as(&c, 1, needs_best(ENGLISH));
  assert_int_equal(why(&c, 1, ANNA, 20, &out), ROUTER_WHY_OUTSIDE_RING);
  assert_int_equal(out.ring, 2);
  widen(&c, 1, 1);
  assert_int_equal(agent_for(&c, 1, 20), ROUTER_NONE);
  widen(&c, 1, 2);
  assert_int_equal(agent_for(&c, 1, 20), ANNA);
  close_centre(&c);
}

static void a_ring_gives_a_skill_up(void **state) {
  (void)state;
  struct centre c;
  open_centre(&c);
  put_queue(&c, SUPPORT,
            (struct router_queue_params){
                .ring_count = 1,
                .rings = {{.without = {BILLING}, .without_count = 1}}});
  hire(&c, ANNA, ENGLISH, 1);
  make_free(&c, ANNA, 0);
  enter(&c, 1, BILLING, 10);
  assert_int_equal(agent_for(&c, 1, 20), ROUTER_NONE);
  widen(&c, 1, 1);
  assert_int_equal(agent_for(&c, 1, 20), ANNA);
  close_centre(&c);
}

static void a_ring_lets_agents_of_other_queues_in(void **state) {
  (void)state;
  struct centre c;
  struct router_queue_stats stats;
  open_centre(&c);
  put_queue(&c, SUPPORT, (struct router_queue_params){.ring_count = 1});
  hire_posted(&c, BERT, (struct router_post){.queue = SUPPORT, .ring = 1},
              false);
  make_free(&c, BERT, 0);
  enter(&c, 1, ENGLISH, 10);
  assert_int_equal(agent_for(&c, 1, 20), ROUTER_NONE);
  router_ring_stats(&c.r, SUPPORT, 0, 1, &stats);
  assert_int_equal(stats.agents_in, 0);
  router_ring_stats(&c.r, SUPPORT, 1, 1, &stats);
  assert_int_equal(stats.agents_in, 1);
  widen(&c, 1, 1);
  assert_int_equal(agent_for(&c, 1, 20), BERT);
  assert_int_equal(session_for(&c, BERT, 20), 1);
  close_centre(&c);
}

/* It opens while the session is offered: place and reservation stay. */
static void a_ring_opens_under_an_offer(void **state) {
  (void)state;
  struct centre c;
  open_centre(&c);
  put_queue(&c, SUPPORT, (struct router_queue_params){.ring_count = 1});
  hire(&c, ANNA, ENGLISH, 1);
  make_free(&c, ANNA, 0);
  hire_posted(&c, BERT, (struct router_post){.queue = SUPPORT, .ring = 1},
              false);
  make_free(&c, BERT, 0);
  enter(&c, 1, ENGLISH, 10);
  enter(&c, 2, ENGLISH, 11);
  offer(&c, 1, ANNA);
  widen(&c, 1, 1);
  assert_int_equal(router_reserved_for(&c.r, 1), ANNA);
  assert_int_equal(router_position(&c.r, 2), 2);
  assert_int_equal(session_for(&c, BERT, 20), ROUTER_NONE);
  decline(&c, 1, ANNA, 20, 60);
  assert_int_equal(agent_for(&c, 1, 20), BERT);
  close_centre(&c);
}

static void the_preferred_agent_has_it_alone_for_a_while(void **state) {
  (void)state;
  struct centre c;
  struct router_why out;
  open_centre(&c);
  hire(&c, ANNA, ENGLISH, 1);
  hire(&c, BERT, ENGLISH, 1);
  make_free(&c, ANNA, 0);
  make_busy(&c, BERT);
  struct router_request q = wants(SUPPORT, ENGLISH, 10);
  q.has_preferred = true;
  q.preferred = BERT;
  enter_as(&c, 1, q);
  assert_int_equal(agent_for(&c, 1, 20), ROUTER_NONE);
  assert_int_equal(session_for(&c, ANNA, 20), ROUTER_NONE);
  assert_int_equal(why(&c, 1, ANNA, 20, &out), ROUTER_WHY_OTHER_PREFERRED);
  assert_int_equal(out.other_agent, BERT);
  make_free(&c, BERT, 15);
  assert_int_equal(agent_for(&c, 1, 20), BERT);
  make_busy(&c, BERT);
  widen(&c, 1, 0);
  assert_int_equal(agent_for(&c, 1, 20), ANNA);
  close_centre(&c);
}

/* ---- strategies */

static void choose_by(struct centre *c, enum router_strategy strategy) {
  put_queue(c, SUPPORT, (struct router_queue_params){.strategy = strategy});
  put_queue(c, SALES, (struct router_queue_params){.strategy = strategy});
}

static void set_load(struct centre *c, uint32_t agent, uint8_t used,
                     uint8_t capacity) {
  struct router_agent_state s = {.presence = ROUTER_AVAILABLE};
  s.channels[CHAT].used = used;
  s.channels[CHAT].capacity = capacity;
  s.channels[CHAT].ready = true;
  router_set_agent_state(&c->r, agent, &s);
}

static void the_least_occupied_is_asked(void **state) {
  (void)state;
  struct centre c;
  open_centre(&c);
  choose_by(&c, ROUTER_LEAST_OCCUPIED);
  hire(&c, ANNA, ENGLISH, 1);
  hire(&c, BERT, ENGLISH, 1);
  enter(&c, 1, ENGLISH, 10);
  set_load(&c, ANNA, 1, 2); /* half */
  set_load(&c, BERT, 2, 5); /* less than half, though more sessions */
  assert_int_equal(agent_for(&c, 1, 20), BERT);
  set_load(&c, BERT, 3, 5);
  assert_int_equal(agent_for(&c, 1, 20), ANNA);
  close_centre(&c);
}

static void be_free(struct centre *c, uint32_t agent) {
  struct router_agent_state s = {.presence = ROUTER_AVAILABLE};
  s.channels[CHAT].capacity = 3;
  s.channels[CHAT].ready = true;
  router_set_agent_state(&c->r, agent, &s);
}

static void round_robin_goes_round(void **state) {
  (void)state;
  struct centre c;
  open_centre(&c);
  choose_by(&c, ROUTER_ROUND_ROBIN);
  for (uint32_t a = ANNA; a <= CARA; a++) {
    hire(&c, a, ENGLISH, 1);
    be_free(&c, a);
  }
  enter(&c, 1, ENGLISH, 10);
  for (uint64_t turn = 1; turn < 10; turn++) {
    const uint32_t next = agent_for(&c, 1, 20);
    assert_int_equal(next, (turn - 1) % 3);
    router_note_turn(&c.r, SUPPORT, next, turn);
  }
  close_centre(&c);
}

/* What another queue offers in between is no turn of this one; the order lasts
 * while the queue is changed, and begins anew when it has gone by another. */
static void each_queue_has_a_round_of_its_own(void **state) {
  (void)state;
  struct centre c;
  open_centre(&c);
  choose_by(&c, ROUTER_ROUND_ROBIN);
  for (uint32_t a = ANNA; a <= CARA; a++) {
    hire(&c, a, ENGLISH, 1);
    be_free(&c, a);
  }
  enter(&c, 1, ENGLISH, 10);
  enter_as(&c, 2, wants(SALES, ENGLISH, 10));
  router_note_turn(&c.r, SUPPORT, ANNA, 1);
  router_note_turn(&c.r, SALES, BERT, 2);
  router_note_turn(&c.r, SALES, ANNA, 3);
  assert_int_equal(agent_for(&c, 1, 20), BERT);
  assert_int_equal(agent_for(&c, 2, 20), CARA);
  choose_by(&c, ROUTER_ROUND_ROBIN);
  assert_int_equal(agent_for(&c, 1, 20), BERT);
  choose_by(&c, ROUTER_LONGEST_IDLE);
  router_note_turn(&c.r, SUPPORT, BERT, 4);
  choose_by(&c, ROUTER_ROUND_ROBIN);
  assert_int_equal(agent_for(&c, 1, 20), ANNA);
  close_centre(&c);
}

static void an_ordered_list_is_kept_to(void **state) {
  (void)state;
  struct centre c;
  open_centre(&c);
  choose_by(&c, ROUTER_ORDERED);
  hire(&c, ANNA, ENGLISH, 1); /* not in the list */
  make_free(&c, ANNA, 0);
  hire_posted(&c, BERT, (struct router_post){.queue = SUPPORT, .rank = 2},
              true);
  make_free(&c, BERT, 5);
  hire_posted(&c, CARA, (struct router_post){.queue = SUPPORT, .rank = 1},
              true);
  make_free(&c, CARA, 9);
  enter(&c, 1, ENGLISH, 10);
  assert_int_equal(agent_for(&c, 1, 20), CARA);
  make_busy(&c, CARA);
  assert_int_equal(agent_for(&c, 1, 20), BERT);
  make_busy(&c, BERT);
  assert_int_equal(agent_for(&c, 1, 20), ANNA);
  close_centre(&c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_ring_accepts_weaker_agents),
      cmocka_unit_test(a_ring_gives_a_skill_up),
      cmocka_unit_test(a_ring_lets_agents_of_other_queues_in),
      cmocka_unit_test(a_ring_opens_under_an_offer),
      cmocka_unit_test(the_preferred_agent_has_it_alone_for_a_while),
      cmocka_unit_test(the_least_occupied_is_asked),
      cmocka_unit_test(round_robin_goes_round),
      cmocka_unit_test(each_queue_has_a_round_of_its_own),
      cmocka_unit_test(an_ordered_list_is_kept_to),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
