/* Wrong passwords are counted, for those that exist and those that do not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "api/guesses.h"
#include "support.h"

#define SECOND INT64_C(1000000)
#define NOW    (INT64_C(1790000000) * SECOND)

struct given {
  struct test_mem tm;
  struct guesses g;
};

static void give(struct given *x) {
  const uint8_t key[GUESS_KEY] = {1, 2, 3};
  test_mem_init(&x->tm);
  assert_int_equal(guesses_init(&x->g, &x->tm.mem, key), BT_ERR_OK);
}

static void done(struct given *x) {
  guesses_free(&x->g);
  assert_int_equal(x->tm.live_bytes, 0);
}

static struct guess who(struct given *x, const char *login,
                        const char *address) {
  return guess_of(&x->g, text_from(login), text_from(address));
}

static void the_pause_grows_with_each_guess(void **state) {
  (void)state;
  static const int64_t pauses_s[] = {0,  0,  0,  0,   1,   2,   4,  8,
                                     16, 32, 64, 128, 256, 300, 300};
  struct given x;
  give(&x);
  const struct guess anna = who(&x, "anna", "192.0.2.1");
  int64_t now_us = NOW;
  for (size_t i = 0; i < sizeof pauses_s / sizeof pauses_s[0]; i++) {
    assert_int_equal(guesses_take(&x.g, &anna, now_us), 0);
    now_us += SECOND / 10; /* so long it was looked at */
    guesses_wrong(&x.g, &anna, now_us);
    now_us += pauses_s[i] * SECOND;
    if (pauses_s[i] > 0) {
      assert_int_equal(guesses_take(&x.g, &anna, now_us - 1), 1);
    }
  }
  guesses_forgive(&x.g, &anna);
  for (int i = 0; i < GUESS_FREE; i++) {
    assert_int_equal(guesses_take(&x.g, &anna, now_us), 0);
  }
  done(&x);
}

/* All of one moment: no more are looked at than one after the other. */
static void guesses_at_the_same_time_are_counted_each(void **state) {
  (void)state;
  struct given x;
  int looked_at = 0;
  give(&x);
  const struct guess anna = who(&x, "anna", "192.0.2.1");
  for (int i = 0; i < 32; i++) {
    looked_at += guesses_take(&x.g, &anna, NOW) == 0;
  }
  assert_int_equal(looked_at, GUESS_FREE + 1);
  done(&x);
}

static void nobody_locks_a_login_out_from_elsewhere(void **state) {
  (void)state;
  struct given x;
  give(&x);
  const struct guess evil = who(&x, "anna", "198.51.100.1");
  const struct guess anna = who(&x, "anna", "192.0.2.1");
  while (guesses_take(&x.g, &evil, NOW) == 0) {
  }
  assert_int_equal(guesses_take(&x.g, &anna, NOW), 0);
  done(&x);
}

static void an_ipv6_network_is_one_address(void **state) {
  (void)state;
  struct given x;
  give(&x);
  assert_int_equal(who(&x, "anna", "2001:db8:1:2::3").who,
                   who(&x, "anna", "2001:db8:1:2:ffff::4").who);
  assert_int_not_equal(who(&x, "anna", "2001:db8:1:2::3").who,
                       who(&x, "anna", "2001:db8:1:3::3").who);
  assert_int_equal(who(&x, "anna", "192.0.2.1").address,
                   who(&x, "bert", "192.0.2.1").address);
  assert_int_not_equal(who(&x, "anna", "192.0.2.1").who,
                       who(&x, "bert", "192.0.2.1").who);
  done(&x);
}

/* Other logins fill the table: who has to wait longest is forgotten last. */
static void a_full_table_keeps_who_has_to_wait(void **state) {
  (void)state;
  struct given x;
  char login[32];
  give(&x);
  const struct guess anna = who(&x, "anna", "192.0.2.1");
  while (guesses_take(&x.g, &anna, NOW) == 0) {
  }
  for (int i = 0; i < 4 * GUESS_PLACES; i++) {
    (void)snprintf(login, sizeof login, "nobody-%d", i);
    const struct guess other = who(&x, login, "192.0.2.1");
    assert_int_equal(guesses_take(&x.g, &other, NOW - 1), 0);
  }
  assert_int_equal(guesses_take(&x.g, &anna, NOW), SECOND);
  done(&x);
}

static void without_memory_it_does_not_begin(void **state) {
  (void)state;
  const uint8_t key[GUESS_KEY] = {0};
  struct given x;
  test_mem_init(&x.tm);
  x.tm.fail_at = 1;
  assert_int_equal(guesses_init(&x.g, &x.tm.mem, key), BT_ERR_NOMEM);
  guesses_free(&x.g);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_pause_grows_with_each_guess),
      cmocka_unit_test(guesses_at_the_same_time_are_counted_each),
      cmocka_unit_test(nobody_locks_a_login_out_from_elsewhere),
      cmocka_unit_test(an_ipv6_network_is_one_address),
      cmocka_unit_test(a_full_table_keeps_who_has_to_wait),
      cmocka_unit_test(without_memory_it_does_not_begin),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
