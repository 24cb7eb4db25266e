#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "api/rate.h"
#include "support.h"

#define SECOND_US INT64_C(1000000)

static const struct caller anna = {.role = ROLE_AGENT, .name = {"anna", 4}};
static const struct caller bert = {.role = ROLE_AGENT, .name = {"bert", 4}};

/* How many of @by are let in at one moment. */
static int burst(struct rates *r, const struct caller *by, int64_t now_us) {
  int taken = 0;
  while (rates_take(r, by, now_us) == 0) {
    taken++;
    assert_true(taken < 100000);
  }
  return taken;
}

static void five_seconds_worth_at_once_then_the_rate(void **state) {
  (void)state;
  struct test_mem tm;
  struct rates r;
  test_mem_init(&tm);
  const struct api_rates allowed = {.agent = 10};
  assert_int_equal(rates_init(&r, &tm.mem, &allowed, 1), BT_ERR_OK);
  int64_t now_us = 7 * SECOND_US;
  assert_int_equal(burst(&r, &anna, now_us), 50);
  assert_int_equal(rates_take(&r, &anna, now_us), SECOND_US / 10);
  assert_int_equal(rates_take(&r, &anna, now_us + 99999), 1);
  assert_int_equal(burst(&r, &anna, now_us + SECOND_US / 10), 1);
  assert_int_equal(burst(&r, &bert, now_us), 50); /* has an own allowance */
  now_us += 100 * SECOND_US; /* and rest is not saved up for ever */
  assert_int_equal(burst(&r, &anna, now_us), 50);
  rates_free(&r);
  assert_int_equal(tm.live_bytes, 0);
}

static void customers_are_known_by_their_session(void **state) {
  (void)state;
  struct test_mem tm;
  struct rates r;
  test_mem_init(&tm);
  const struct api_rates allowed = {.customer = 1, .visitor = 2};
  assert_int_equal(rates_init(&r, &tm.mem, &allowed, 1), BT_ERR_OK);
  const struct caller one = {
      .role = ROLE_CUSTOMER, .session = {1, 1}, .name = {"customer", 8}};
  const struct caller other = {
      .role = ROLE_CUSTOMER, .session = {2, 2}, .name = {"customer", 8}};
  const struct caller visitor = {.role = ROLE_CUSTOMER,
                                 .name = {"customer", 8}};
  assert_int_equal(burst(&r, &one, 0), 5);
  assert_int_equal(burst(&r, &other, 0), 5);
  assert_int_equal(burst(&r, &visitor, 0), 10);
  rates_free(&r);
}

/* Customers of every place of their table: the agent's is another's. */
static void customers_never_spend_what_is_an_agents(void **state) {
  (void)state;
  struct test_mem tm;
  struct rates r;
  test_mem_init(&tm);
  const struct api_rates allowed = {.customer = 1, .agent = 1};
  assert_int_equal(rates_init(&r, &tm.mem, &allowed, 1), BT_ERR_OK);
  for (uint64_t i = 1; i <= 20 * RATE_PLACES; i++) {
    const struct caller customer = {
        .role = ROLE_CUSTOMER, .session = {i, i}, .name = {"customer", 8}};
    (void)rates_take(&r, &customer, 0);
  }
  assert_int_equal(burst(&r, &anna, 0), RATE_BURST_S);
  rates_free(&r);
}

/* Two parties of one place under one key have two under another: nobody knows
 * beforehand. */
static void the_key_decides_who_shares_a_place(void **state) {
  (void)state;
  struct test_mem tm;
  test_mem_init(&tm);
  const struct api_rates allowed = {.customer = 1};
  const struct caller one = {.role = ROLE_CUSTOMER, .session = {1, 1}};
  struct caller other = {.role = ROLE_CUSTOMER, .session = {2, 0}};
  struct rates r;
  int64_t now_us = 0;
  assert_int_equal(rates_init(&r, &tm.mem, &allowed, 1), BT_ERR_OK);
  do { /* until one is found that shares the place */
    assert_true(++other.session.lo < 1000000);
    now_us += 100 * SECOND_US;
    assert_int_equal(burst(&r, &one, now_us), RATE_BURST_S);
  } while (rates_take(&r, &other, now_us) == 0);
  rates_free(&r);
  assert_int_equal(rates_init(&r, &tm.mem, &allowed, 2), BT_ERR_OK);
  (void)burst(&r, &one, 0);
  assert_int_equal(burst(&r, &other, 0), RATE_BURST_S);
  rates_free(&r);
}

static void zero_is_without_limit_and_without_memory(void **state) {
  (void)state;
  struct test_mem tm;
  struct rates r;
  test_mem_init(&tm);
  const struct api_rates none = {0};
  assert_int_equal(rates_init(&r, &tm.mem, &none, 1), BT_ERR_OK);
  assert_int_equal(tm.live_bytes, 0);
  for (int i = 0; i < 1000; i++) {
    assert_int_equal(rates_take(&r, &anna, 0), 0);
  }
  rates_free(&r);
  tm.fail_at = 1;
  tm.calls = 0;
  const struct api_rates some = {.bot = 1};
  assert_int_equal(rates_init(&r, &tm.mem, &some, 1), BT_ERR_NOMEM);
}

static void the_refusal_says_who_and_when(void **state) {
  (void)state;
  struct test_mem tm;
  struct rates r;
  char why[RATE_SENTENCE];
  int64_t retry_after_ms = 0;
  test_mem_init(&tm);
  const struct api_rates allowed = {.agent = 1};
  assert_int_equal(rates_init(&r, &tm.mem, &allowed, 1), BT_ERR_OK);
  for (int i = 0; i < RATE_BURST_S; i++) {
    assert_true(rates_allow(&r, &anna, why, &retry_after_ms));
  }
  assert_false(rates_allow(&r, &anna, why, &retry_after_ms));
  assert_string_equal(why,
                      "This agent may send 1 requests and frames a second, the "
                      "worth of 5 seconds at once; it has sent more.");
  assert_in_range(retry_after_ms, 1, 1000);
  rates_free(&r);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(five_seconds_worth_at_once_then_the_rate),
      cmocka_unit_test(customers_are_known_by_their_session),
      cmocka_unit_test(customers_never_spend_what_is_an_agents),
      cmocka_unit_test(the_key_decides_who_shares_a_place),
      cmocka_unit_test(zero_is_without_limit_and_without_memory),
      cmocka_unit_test(the_refusal_says_who_and_when),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
