/* All offers of a domain: found by id, told apart when they are gone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/offers.h"
#include "support.h"

enum { ANNA = 3 };

static const struct offer_cmd accept_cmd = {
    .type = OFFER_CMD_ACCEPT, .agent = ANNA, .now_us = 5};

static uint64_t make_offer(struct offers *o) {
  const uint64_t id = o->next_id;
  assert_int_equal(offers_reserve(o, 1), BT_ERR_OK);
  offers_put(o, &(struct offer){.id = id, .agent = ANNA, .deadline_us = 10});
  return id;
}

static void accept_offer(struct offers *o, uint64_t id) {
  struct offer_out out;
  assert_int_equal(offers_decide(o, id, &accept_cmd, &out), OFFER_REFUSAL_NONE);
  offers_apply(o, id, &out.event);
}

static void late_answers_are_told_what_became_of_it(void **state) {
  (void)state;
  struct test_mem tm;
  struct offers o;
  struct offer_out out;
  test_mem_init(&tm);
  offers_init(&o, &tm.mem);
  const uint64_t first = make_offer(&o);
  accept_offer(&o, first);
  assert_int_equal(offers_decide(&o, first, &accept_cmd, &out),
                   OFFER_REFUSAL_TAKEN);
  assert_int_equal(offers_get(&o, first)->state, OFFER_ACCEPTED);
  assert_int_equal(offers_decide(&o, first + 1, &accept_cmd, &out),
                   OFFER_REFUSAL_UNKNOWN);
  assert_int_equal(offers_decide(&o, 0, &accept_cmd, &out),
                   OFFER_REFUSAL_UNKNOWN);
  assert_null(offers_get(&o, first + 1));
  offers_free(&o);
  assert_int_equal(tm.live_blocks, 0);
}

/* A pending offer is never forgotten, however many come and go meanwhile; the
 * memory stays bounded. */
static void only_the_last_ended_ones_are_kept(void **state) {
  (void)state;
  struct test_mem tm;
  struct offers o;
  struct offer_out out;
  test_mem_init(&tm);
  offers_init(&o, &tm.mem);
  const uint64_t kept = make_offer(&o);
  const uint64_t gone = make_offer(&o);
  accept_offer(&o, gone);
  size_t bytes = 0;
  for (uint32_t i = 0; i < 3 * OFFERS_ENDED_KEPT; i++) {
    accept_offer(&o, make_offer(&o));
    bytes = i == 2 * OFFERS_ENDED_KEPT ? tm.live_bytes : bytes;
  }
  assert_int_equal(tm.live_bytes, bytes);
  assert_int_equal(o.ended.count, OFFERS_ENDED_KEPT);
  assert_int_equal(offers_decide(&o, gone, &accept_cmd, &out),
                   OFFER_REFUSAL_FORGOTTEN);
  accept_offer(&o, kept);
  offers_free(&o);
}

static void copy_all(struct offers *to, const struct offers *from) {
  for (const struct offer *at = offers_next(from, NULL); at != NULL;
       at = offers_next(from, at)) {
    assert_int_equal(offers_reserve(to, 1), BT_ERR_OK);
    offers_put(to, at);
  }
  to->next_id = from->next_id;
}

static void a_walk_restores_the_table(void **state) {
  (void)state;
  struct test_mem tm;
  struct offers o, copy;
  test_mem_init(&tm);
  offers_init(&o, &tm.mem);
  offers_init(&copy, &tm.mem);
  assert_null(offers_next(&o, NULL));
  for (uint32_t i = 0; i < 6; i++) {
    (void)make_offer(&o);
  }
  accept_offer(&o, 5);
  accept_offer(&o, 2);
  copy_all(&copy, &o);
  static const uint64_t order[] = {5, 2, 1, 3, 4, 6};
  const struct offer *at = NULL;
  for (uint32_t i = 0; i < 6; i++) {
    at = offers_next(&copy, at);
    assert_int_equal(at->id, order[i]);
  }
  assert_null(offers_next(&copy, at));
  assert_int_equal(copy.next_id, 7);
  offers_free(&o);
  offers_free(&copy);
  assert_int_equal(tm.live_blocks, 0);
}

static void no_memory_is_an_answer(void **state) {
  (void)state;
  for (uint64_t n = 1; n <= 2; n++) {
    struct test_mem tm;
    struct offers o;
    test_mem_init(&tm);
    offers_init(&o, &tm.mem);
    tm.fail_at = n;
    assert_int_equal(offers_reserve(&o, 1), BT_ERR_NOMEM);
    assert_null(offers_next(&o, NULL));
    (void)make_offer(&o);
    assert_int_equal(o.pending.count, 1);
    offers_free(&o);
    assert_int_equal(tm.live_blocks, 0);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(late_answers_are_told_what_became_of_it),
      cmocka_unit_test(only_the_last_ended_ones_are_kept),
      cmocka_unit_test(a_walk_restores_the_table),
      cmocka_unit_test(no_memory_is_an_answer),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
