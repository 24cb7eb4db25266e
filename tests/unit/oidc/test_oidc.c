#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "oidc/oidc.h"
#include "support.h"

static int64_t unix_us(void *ctx) {
  (void)ctx;
  return 1700000000 * INT64_C(1000000);
}

static const struct oidc_grant grant = {{"admin", 5}, {"root", 4}};
static const struct text host = {"10.1.2.3:8443", 13};
static const struct oidc_settings provider = {
    .id = {"shop", 4},
    .name = {"Shop", 4},
    .issuer = {"http://127.0.0.1:9", 18},
    .client = {"baton", 5},
    .secret = {"", 0},
    .scope = {"openid", 6},
    .hosts = &host,
    .host_count = 1,
    .algs = 1,
    .claim = {"groups", 6},
    .grants = &grant,
    .grant_count = 1,
    .agent_claim = {"nick", 4}};

static const struct oidc_asked asked = {1, {"s", 1}, {"n", 1}, {"c", 1}};

struct heard {
  struct loop *loop;
  enum oidc_fault fault;
  size_t times, stop_at;
};

static void hear(void *ctx, const struct oidc_answer *answer) {
  struct heard *h = ctx;
  h->fault = answer->fault;
  h->times++;
  if (h->times == h->stop_at) {
    loop_stop(h->loop);
  }
}

static enum bt_err create(struct test_mem *memory, struct loop *loop,
                          struct oidc **out) {
  static const struct outbound_rules rules = {.authorities = {"", 0}};
  const struct oidc_options options = {.mem = &memory->mem,
                                       .loop = loop,
                                       .list = &provider,
                                       .count = 1,
                                       .public_url = TEXT("https://desk"),
                                       .rules = &rules,
                                       .unix_us = unix_us};
  return oidc_create(&options, out);
}

static struct loop *make_loop(struct test_mem *memory) {
  struct loop *loop = NULL;
  test_mem_init(memory);
  assert_int_equal(loop_create(&memory->mem, &loop), BT_ERR_OK);
  return loop;
}

static void two_who_wait_for_a_provider_that_is_down(void **state) {
  (void)state;
  struct test_mem memory;
  struct heard heard = {.loop = make_loop(&memory), .stop_at = 2};
  struct oidc *o = NULL;
  assert_int_equal(create(&memory, heard.loop, &o), BT_ERR_OK);
  assert_non_null(oidc_find(o, TEXT("shop")));
  assert_null(oidc_find(o, TEXT("other")));
  for (int i = 0; i < 2; i++) {
    assert_int_equal(oidc_begin(o, TEXT("shop"), &asked, hear, &heard),
                     BT_ERR_OK);
  }
  loop_run(heard.loop);
  assert_int_equal(heard.fault, OIDC_UNREACHABLE);
  assert_int_equal(heard.times, 2);
  oidc_free(o);
  loop_free(heard.loop);
  assert_int_equal(memory.live_blocks, 0);
}

static void whoever_waits_is_told_when_another_takes_its_place(void **state) {
  (void)state;
  struct test_mem memory;
  struct heard heard = {.loop = make_loop(&memory)};
  struct oidc *o = NULL;
  assert_int_equal(create(&memory, heard.loop, &o), BT_ERR_OK);
  assert_int_equal(oidc_leave(o, TEXT("shop"), hear, &heard), BT_ERR_OK);
  oidc_cancel(o);
  assert_int_equal(heard.times, 1);
  assert_int_equal(heard.fault, OIDC_BUSY);
  oidc_free(o);
  loop_free(heard.loop);
  assert_int_equal(memory.live_blocks, 0);
}

/* As often as it is let; how often that is. */
static size_t ask_without_end(struct oidc *o, uint64_t from,
                              struct heard *heard) {
  struct oidc_asked mine = asked;
  enum bt_err err = BT_ERR_OK;
  size_t taken = 0;
  mine.from = from;
  for (; err == BT_ERR_OK && taken < 10000; taken += err == BT_ERR_OK) {
    err = oidc_begin(o, TEXT("shop"), &mine, hear, heard);
  }
  assert_int_equal(err, BT_ERR_FULL);
  return taken;
}

static void a_stranger_who_asks_without_end_leaves_places(void **state) {
  (void)state;
  struct test_mem memory;
  struct heard heard = {.loop = make_loop(&memory)};
  struct oidc *o = NULL;
  assert_int_equal(create(&memory, heard.loop, &o), BT_ERR_OK);
  assert_int_equal(ask_without_end(o, 1, &heard), 128);
  size_t others = 0;
  for (uint64_t from = 2; from < 50; from++) {
    others += ask_without_end(o, from, &heard);
    if (from < 8) {
      assert_int_equal(ask_without_end(o, from, &heard), 0);
    }
  }
  assert_int_equal(others, 128); /* and no more wait in all */
  oidc_free(o);                  /* nobody is told */
  assert_int_equal(heard.times, 0);
  loop_free(heard.loop);
  assert_int_equal(memory.live_blocks, 0);
}

static void memory_is_missing(void **state) {
  (void)state;
  enum bt_err err = BT_ERR_NOMEM;
  for (uint64_t n = 1; err != BT_ERR_OK && n < 200; n++) {
    struct test_mem memory;
    struct loop *loop = make_loop(&memory);
    struct oidc *o = NULL;
    memory.fail_at = memory.calls + n;
    err = create(&memory, loop, &o);
    assert_true(err == BT_ERR_OK || err == BT_ERR_NOMEM);
    assert_true((o != NULL) == (err == BT_ERR_OK));
    oidc_free(o);
    loop_free(loop);
    assert_int_equal(memory.live_blocks, 0);
  }
  assert_int_equal(err, BT_ERR_OK);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(two_who_wait_for_a_provider_that_is_down),
      cmocka_unit_test(whoever_waits_is_told_when_another_takes_its_place),
      cmocka_unit_test(a_stranger_who_asks_without_end_leaves_places),
      cmocka_unit_test(memory_is_missing)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
