/* A long random day in a small centre, told to the router and to the reference
 * at once: every answer must be the same. Usage: [steps [seed]]; BATON_LONG=1
 * makes it 10 million steps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rand.h"
#include "reference.h"
#include "support.h"

static uint64_t steps;
static uint64_t seed = 1;

struct day {
  struct test_mem tm;
  struct router r;
  struct reference ref;
  struct rand rand;
  int64_t now_us;
  uint64_t order, turns;
};

static uint32_t below(struct day *d, uint32_t bound) {
  return (uint32_t)rand_below(&d->rand, bound);
}

static bool one_in(struct day *d, uint32_t n) {
  return below(d, n) == 0;
}

/* At most @most different skills in any order. */
static uint32_t some_skills(struct day *d, struct router_skill *out,
                            uint32_t most) {
  uint32_t count = 0;
  const uint32_t first = below(d, REF_SKILLS);
  for (uint32_t i = 0; i < REF_SKILLS && count < most; i++) {
    if (one_in(d, 3)) {
      out[count++] =
          (struct router_skill){(first + i) % REF_SKILLS, 1 + below(d, 20)};
    }
  }
  return count;
}

/* Sometimes the memory is short: the answer says so, and no decision changes
 * (the comparison after the step sees to that). The second try succeeds. */
static void maybe_no_memory(struct day *d) {
  if (one_in(d, 8)) {
    d->tm.fail_at = d->tm.calls + 1 + below(d, 6);
    d->tm.fail_for_ever = true;
  }
}

static void memory_is_back(struct day *d) {
  d->tm.fail_at = 0;
  d->tm.fail_for_ever = false;
}

/* At most two rings: each takes a skill away, or makes all easier, or does
 * nothing but let agents in. */
static void some_rings(struct day *d, struct router_queue_params *p) {
  p->ring_count = below(d, 3);
  for (uint32_t i = 0; i < p->ring_count; i++) {
    p->rings[i].without_count = below(d, 2);
    p->rings[i].without[0] = below(d, REF_SKILLS);
    p->rings[i].relax = below(d, 2) * below(d, 20);
  }
}

static void put_queue(struct day *d) {
  const uint32_t queue = below(d, REF_QUEUES);
  struct router_queue_params p = {
      .strategy = below(d, ROUTER_STRATEGIES),
      .precedence = one_in(d, 2) ? 0 : below(d, 3),
      .max_size = below(d, 20),
      .ageing = one_in(d, 3) ? 0 : below(d, ROUTER_AGEING_MAX + 1),
      .max_priority = one_in(d, 3) ? ROUTER_PRIORITY_MAX : below(d, 700),
  };
  some_rings(d, &p);
  p.need_count = one_in(d, 2) ? 0 : some_skills(d, p.needs, 2);
  maybe_no_memory(d);
  const enum bt_err err = router_prepare_queue(&d->r, queue, &p);
  assert_true(err == BT_ERR_OK || d->tm.fail_at != 0);
  memory_is_back(d);
  if (err != BT_ERR_OK && one_in(d, 2)) {
    return;
  }
  router_put_queue(&d->r, queue, &p);
  if (p.strategy != ROUTER_ROUND_ROBIN) {
    memset(d->ref.queues[queue].turns, 0, sizeof d->ref.queues[queue].turns);
  }
  d->ref.queues[queue].params = p;
}

static void put_agent(struct day *d) {
  const uint32_t agent = below(d, REF_AGENTS);
  struct router_skill skills[REF_SKILLS];
  uint32_t queues[REF_QUEUES], queue_count = 0;
  struct router_post posts[REF_QUEUES];
  uint32_t post_count = 0;
  for (uint32_t i = 0; i < REF_QUEUES; i++) {
    if (one_in(d, 2)) {
      queues[queue_count++] = REF_QUEUES - 1 - i;
    }
    if (one_in(d, 2)) {
      posts[post_count++] =
          (struct router_post){.queue = i,
                               .ring = below(d, 3),
                               .rank = below(d, ROUTER_RANKS_MAX + 1)};
    }
  }
  const struct router_agent_params p = {
      .skills = skills,
      .skill_count = some_skills(d, skills, REF_SKILLS),
      .queues = queues,
      .queue_count = queue_count,
      .posts = posts,
      .post_count = post_count,
      .all_queues = one_in(d, 3),
      .channels = (uint8_t)(1 + below(d, 7)),
  };
  maybe_no_memory(d);
  const enum bt_err err = router_prepare_agent(&d->r, agent, &p);
  assert_true(err == BT_ERR_OK || d->tm.fail_at != 0);
  memory_is_back(d);
  if (err != BT_ERR_OK && one_in(d, 2)) {
    return;
  }
  router_put_agent(&d->r, agent, &p);
  struct ref_agent *a = &d->ref.agents[agent];
  *a = (struct ref_agent){.known = true,
                          .all_queues = p.all_queues,
                          .channels = p.channels,
                          .state = a->state};
  for (uint32_t i = 0; i < p.skill_count; i++) {
    a->proficiency[skills[i].skill] = skills[i].proficiency;
  }
  for (uint32_t i = 0; i < queue_count; i++) {
    a->serves[queues[i]] = true;
  }
  for (uint32_t i = 0; i < post_count; i++) {
    a->posts[posts[i].queue] = posts[i];
  }
}

static void remove_agent(struct day *d) {
  const uint32_t agent = below(d, REF_AGENTS);
  if (d->ref.agents[agent].known) {
    router_remove_agent(&d->r, agent);
    d->ref.agents[agent] = (struct ref_agent){.known = false};
    for (uint32_t i = 0; i < REF_QUEUES; i++) {
      d->ref.queues[i].turns[agent] = 0;
    }
  }
}

/* Offers happen in every queue; those that go by turns remember them. */
static void take_turn(struct day *d) {
  const uint32_t agent = below(d, REF_AGENTS), queue = below(d, REF_QUEUES);
  struct ref_queue *q = &d->ref.queues[queue];
  if (d->ref.agents[agent].known) {
    router_note_turn(&d->r, queue, agent, ++d->turns);
    q->turns[agent] = q->params.strategy == ROUTER_ROUND_ROBIN ? d->turns : 0;
  }
}

static void set_state(struct day *d) {
  const uint32_t agent = below(d, REF_AGENTS);
  struct ref_agent *a = &d->ref.agents[agent];
  if (!a->known) {
    return;
  }
  if (one_in(d, 2)) {
    a->state.idle_since_us = d->now_us - below(d, 3);
  }
  a->state.presence =
      one_in(d, 4) ? (uint8_t)below(d, 3) : (uint8_t)ROUTER_AVAILABLE;
  for (uint32_t c = 0; c < ROUTER_CHANNELS; c++) {
    a->state.channels[c].capacity = (uint8_t)below(d, 4);
    a->state.channels[c].used = (uint8_t)below(d, 4);
    a->state.channels[c].ready =
        a->state.presence == ROUTER_AVAILABLE && one_in(d, 2);
  }
  router_set_agent_state(&d->r, agent, &a->state);
}

/* What a session may ask for anew while it waits. */
static void some_wishes(struct day *d, struct router_request *q) {
  q->priority = below(d, 4) * 333;
  q->has_ageing = one_in(d, 3);
  q->ageing = one_in(d, 3) ? 0 : below(d, 3) * 40000 + below(d, 2);
  q->has_max_priority = one_in(d, 4);
  q->max_priority = below(d, 3) * 500;
  q->need_count = one_in(d, 3) ? 0 : some_skills(d, q->needs, 2);
  for (uint32_t i = 0; i < q->need_count; i++) {
    q->best[i] = (uint8_t)(one_in(d, 4) ? 1 + below(d, 20) : 0);
  }
}

static void enqueue(struct day *d) {
  const uint32_t slot = below(d, REF_SLOTS);
  struct ref_session *s = &d->ref.sessions[slot];
  if (s->waits) {
    return;
  }
  struct router_request q = {.queue = below(d, REF_QUEUES),
                             .channel = below(d, ROUTER_CHANNELS),
                             .skip_queue = one_in(d, 10),
                             .has_preferred = one_in(d, 6),
                             .preferred = below(d, REF_AGENTS),
                             .ring = one_in(d, 6) ? below(d, 3) : 0,
                             .entered_us = d->now_us - below(d, 60000),
                             .order = d->order++};
  some_wishes(d, &q);
  maybe_no_memory(d);
  const enum bt_err err = router_prepare_session(&d->r, slot, &q);
  assert_true(err == BT_ERR_OK || d->tm.fail_at != 0);
  if (err != BT_ERR_OK) {
    memory_is_back(d);
    return;
  }
  /* what was prepared needs no memory any more */
  d->tm.fail_at = d->tm.calls + 1;
  d->tm.fail_for_ever = true;
  router_enqueue(&d->r, slot, &q);
  memory_is_back(d);
  *s = (struct ref_session){
      .waits = true, .request = q, .reserved_for = ROUTER_NONE};
}

static void exclude(struct day *d, uint32_t slot) {
  const uint32_t agent = below(d, REF_AGENTS);
  const int64_t until_us = d->now_us + below(d, 2000000);
  if (router_prepare_exclude(&d->r) == BT_ERR_OK) {
    router_exclude(&d->r, slot, agent, until_us);
    d->ref.sessions[slot].excluded_until_us[agent] = until_us;
  }
}

static void widen(struct day *d, uint32_t slot) {
  struct router_request *q = &d->ref.sessions[slot].request;
  const uint32_t ring = q->ring + below(d, 3);
  if (ring > ROUTER_RINGS_MAX) {
    return;
  }
  maybe_no_memory(d);
  const enum bt_err err = router_prepare_widen(&d->r, slot, ring);
  assert_true(err == BT_ERR_OK || d->tm.fail_at != 0);
  memory_is_back(d);
  if (err == BT_ERR_OK) {
    router_widen(&d->r, slot, ring);
    q->ring = ring;
    q->has_preferred = false;
  }
}

static void ask_anew(struct day *d, uint32_t slot) {
  struct router_request q = d->ref.sessions[slot].request;
  if (one_in(d, 2)) {
    q.priority = below(d, 4) * 333;
  } else {
    some_wishes(d, &q);
  }
  maybe_no_memory(d);
  const enum bt_err err = router_prepare_change(&d->r, slot, &q);
  assert_true(err == BT_ERR_OK || d->tm.fail_at != 0);
  if (err == BT_ERR_OK) {
    d->tm.fail_at = d->tm.calls + 1;
    d->tm.fail_for_ever = true;
    router_change(&d->r, slot, &q);
    d->ref.sessions[slot].request = q;
  }
  memory_is_back(d);
}

static void change_session(struct day *d, uint32_t slot) {
  struct ref_session *s = &d->ref.sessions[slot];
  switch (below(d, 7)) {
  case 0:
    router_dequeue(&d->r, slot);
    s->waits = false;
    s->reserved_for = ROUTER_NONE;
    break;
  case 1:
    ask_anew(d, slot);
    break;
  case 2:
    exclude(d, slot);
    break;
  case 3:
    widen(d, slot);
    break;
  default:
    if (s->reserved_for == ROUTER_NONE) {
      s->reserved_for = below(d, REF_AGENTS);
      router_reserve(&d->r, slot, s->reserved_for);
    } else {
      s->reserved_for = ROUTER_NONE;
      router_unreserve(&d->r, slot);
    }
  }
}

static void toggle_pause(struct day *d) {
  const uint32_t queue = below(d, REF_QUEUES);
  d->ref.queues[queue].paused = !d->ref.queues[queue].paused;
  router_pause(&d->r, queue, d->ref.queues[queue].paused);
}

static void step(struct day *d) {
  const uint32_t what = below(d, 1000);
  const uint32_t slot = below(d, REF_SLOTS);
  d->now_us += below(d, one_in(d, 200) ? 100000000 : 20000);
  d->ref.clock_ms = d->now_us / 1000;
  router_advance(&d->r, d->now_us);
  if (what < 2) {
    put_queue(d);
  } else if (what < 12) {
    put_agent(d);
  } else if (what < 14) {
    remove_agent(d);
  } else if (what < 20) {
    toggle_pause(d);
  } else if (what < 420) {
    set_state(d);
    take_turn(d);
  } else if (what < 720) {
    enqueue(d);
  } else if (d->ref.sessions[slot].waits) {
    change_session(d, slot);
  }
}

static void compare_session(struct day *d, uint32_t slot) {
  const struct ref_session *s = &d->ref.sessions[slot];
  assert_int_equal(router_waits(&d->r, slot), s->waits);
  if (!s->waits) {
    return;
  }
  struct router_decision got = {.agent = ROUTER_NONE};
  const uint32_t want = ref_best_agent(&d->ref, slot, d->now_us);
  const bool found = router_best_agent(&d->r, slot, d->now_us, &got);
  assert_int_equal(found, want != ROUTER_NONE);
  assert_int_equal(got.agent, want);
  assert_int_equal(router_position(&d->r, slot), ref_position(&d->ref, slot));
  assert_int_equal(router_reserved_for(&d->r, slot), s->reserved_for);
  assert_true(router_effective_priority(&d->r, slot) ==
              ref_effective(&d->ref, &s->request));
}

static void compare_agent(struct day *d, uint32_t agent) {
  if (!d->ref.agents[agent].known) {
    return;
  }
  struct router_decision got = {.slot = ROUTER_NONE};
  const uint32_t want = ref_best_session(&d->ref, agent, d->now_us);
  const bool found = router_best_session(&d->r, agent, d->now_us, &got);
  assert_int_equal(found, want != ROUTER_NONE);
  assert_int_equal(got.slot, want);
}

static void compare_queue(struct day *d, uint32_t queue) {
  struct router_decision got = {.slot = ROUTER_NONE};
  const uint32_t want = ref_best_match(&d->ref, queue, d->now_us);
  const bool found = router_best_match(&d->r, queue, d->now_us, &got);
  assert_int_equal(found, want != ROUTER_NONE);
  assert_int_equal(got.slot, want);
  if (found) {
    assert_int_equal(got.agent, ref_best_agent(&d->ref, want, d->now_us));
  }
  struct router_queue_stats stats;
  struct router_queue_stats expected = ref_stats(&d->ref, queue, 0, 5);
  router_stats(&d->r, queue, 5, &stats);
  assert_int_equal(stats.waiting, expected.waiting);
  assert_int_equal(stats.reserved, expected.reserved);
  assert_true(stats.oldest_us == expected.oldest_us);
  assert_int_equal(stats.agents_in, expected.agents_in);
  assert_int_equal(stats.agents_ready, expected.agents_ready);
  assert_memory_equal(stats.ready_on, expected.ready_on, sizeof stats.ready_on);
  expected = ref_stats(&d->ref, queue, 2, 2);
  router_ring_stats(&d->r, queue, 2, 2, &stats);
  assert_int_equal(stats.agents_in, expected.agents_in);
  assert_int_equal(stats.agents_ready, expected.agents_ready);
}

/* The explanation must fit the decision it explains. */
static void compare_why(struct day *d, uint32_t slot, uint32_t agent) {
  struct router_why why;
  router_explain(&d->r, slot, agent, d->now_us, &why);
  const bool pair = ref_pair(&d->ref, slot, agent, d->now_us);
  struct router_why unable;
  assert_true(!d->ref.sessions[slot].waits ||
              router_is_unable(&d->r, slot, agent, &unable) !=
                  ref_eligible(&d->ref, agent, &d->ref.sessions[slot].request));
  assert_int_equal(pair, why.reason >= ROUTER_WHY_OTHER_AGENT_FIRST);
  if (why.reason == ROUTER_WHY_WOULD_BE_OFFERED) {
    assert_int_equal(ref_best_agent(&d->ref, slot, d->now_us), agent);
    assert_int_equal(ref_best_session(&d->ref, agent, d->now_us), slot);
  } else if (why.reason == ROUTER_WHY_OUTSIDE_RING) {
    struct router_request q = d->ref.sessions[slot].request;
    q.has_preferred = false;
    assert_false(ref_eligible(&d->ref, agent, &q));
    q.ring = why.ring;
    assert_true(ref_eligible(&d->ref, agent, &q));
  } else if (why.reason == ROUTER_WHY_OTHER_AGENT_FIRST) {
    assert_int_equal(ref_best_agent(&d->ref, slot, d->now_us), why.other_agent);
  } else if (why.reason == ROUTER_WHY_OTHER_SESSION_FIRST) {
    assert_int_equal(ref_best_session(&d->ref, agent, d->now_us),
                     why.other_slot);
  }
}

static bool takes_even(const void *ctx, uint32_t queue) {
  (void)ctx;
  return queue % 2 == 0;
}

/* What comes next behind @after, of those that it may take by hand. */
static uint32_t next_takeable(const struct reference *ref, uint32_t agent,
                              uint32_t after) {
  uint32_t best = ROUTER_NONE;
  for (uint32_t i = 0; i < REF_SLOTS; i++) {
    const struct ref_session *s = &ref->sessions[i];
    if (s->waits && s->reserved_for == ROUTER_NONE &&
        takes_even(NULL, s->request.queue) &&
        ref_eligible(ref, agent, &s->request) &&
        (after == ROUTER_NONE || ref_goes_first(ref, after, i)) &&
        (best == ROUTER_NONE || ref_goes_first(ref, i, best))) {
      best = i;
    }
  }
  return best;
}

static void compare_takeable(struct day *d, uint32_t agent) {
  const struct router_taker by = {.agent = agent, .takes = takes_even};
  uint32_t slots[REF_SLOTS], after = ROUTER_NONE;
  const uint32_t cap = 1 + below(d, REF_SLOTS);
  const uint32_t count = router_list_takeable(&d->r, &by, slots, cap);
  for (uint32_t i = 0; i < count; i++) {
    after = next_takeable(&d->ref, agent, after);
    assert_int_equal(slots[i], after);
  }
  assert_true(count == cap ||
              next_takeable(&d->ref, agent, after) == ROUTER_NONE);
}

static void compare_eligible(struct day *d) {
  const struct router_request *q =
      &d->ref.sessions[below(d, REF_SLOTS)].request;
  for (int p = ROUTER_OFFLINE; p <= ROUTER_AVAILABLE; p++) {
    assert_int_equal(router_any_eligible(&d->r, q, (enum router_presence)p),
                     ref_any_eligible(&d->ref, q, (enum router_presence)p));
  }
}

static void compare_all(struct day *d) {
  for (uint32_t i = 0; i < REF_SLOTS; i++) {
    compare_session(d, i);
    compare_why(d, i, below(d, REF_AGENTS));
  }
  for (uint32_t i = 0; i < REF_AGENTS; i++) {
    compare_agent(d, i);
    if (d->ref.agents[i].known) {
      compare_takeable(d, i);
    }
  }
  for (uint32_t i = 0; i < REF_QUEUES; i++) {
    compare_queue(d, i);
  }
  compare_eligible(d);
}

static void open_centre(struct day *d) {
  test_mem_init(&d->tm);
  router_init(&d->r, &d->tm.mem);
  d->r.idle_limit = 5; /* so that signatures come and go */
  d->r.idle_link_limit = 30;
  ref_init(&d->ref);
  rand_seed(&d->rand, seed);
  d->now_us = 100000000;
  d->order = 0;
  for (uint32_t i = 0; i < REF_QUEUES; i++) {
    router_put_queue(&d->r, i, &d->ref.queues[i].params);
  }
}

static void every_decision_is_the_references(void **state) {
  (void)state;
  static struct day d;
  open_centre(&d);
  for (uint64_t i = 0; i < steps; i++) {
    step(&d);
    compare_session(&d, below(&d, REF_SLOTS));
    compare_agent(&d, below(&d, REF_AGENTS));
    if (i % 64 == 0) {
      compare_all(&d);
    }
  }
  for (uint32_t i = 0; i < REF_AGENTS; i++) {
    if (d.ref.agents[i].known) {
      router_remove_agent(&d.r, i);
    }
  }
  assert_int_equal(d.r.idle_links, 0);
  router_free(&d.r);
  assert_int_equal(d.tm.live_blocks, 0);
  assert_int_equal(d.tm.live_bytes, 0);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_decision_is_the_references),
  };
  const char *thorough = getenv("BATON_LONG");
  steps = test_steps(1000000);
  if (thorough != NULL && strcmp(thorough, "1") == 0) {
    steps = 10000000;
  }
  if (argc > 1) {
    steps = strtoull(argv[1], NULL, 10);
  }
  if (argc > 2) {
    seed = strtoull(argv[2], NULL, 10);
  }
  return cmocka_run_group_tests(tests, NULL, NULL);
}
