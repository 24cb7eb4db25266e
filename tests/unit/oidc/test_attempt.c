#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "oidc/attempt.h"
#include "support.h"

#define NOW INT64_C(1700000000)

static const uint8_t key[ATTEMPT_BYTES] = "the server's key";
static const uint8_t other_key[ATTEMPT_BYTES] = "another server's";
static const uint8_t random_bytes[ATTEMPT_BYTES] = "drawn by lot";

/* Is it read at @now_s, and with which page? */
static bool reads(struct text cookie, int64_t now_s, const char *page) {
  struct test_mem memory;
  struct arena arena;
  struct text path;
  test_mem_init(&memory);
  arena_init(&arena, &memory.mem, 0);
  const bool good = attempt_read_cookie(&arena, cookie, now_s, &path);
  assert_true(text_equal(path, text_from(page)));
  arena_free(&arena);
  return good;
}

static void a_cookie_is_good_for_ten_minutes(void **state) {
  (void)state;
  char value[ATTEMPT_COOKIE_MAX];
  const struct text cookie = {
      value,
      attempt_write_cookie(random_bytes, NOW, TEXT("/desk/?a=b"), value)};
  assert_true(reads(cookie, NOW, "/desk/?a=b"));
  assert_true(reads(cookie, NOW + ATTEMPT_LIFE_S, "/desk/?a=b"));
  /* too late, and before it was made: the page is known all the same */
  assert_false(reads(cookie, NOW + ATTEMPT_LIFE_S + 1, "/desk/?a=b"));
  assert_false(reads(cookie, NOW - 1, "/desk/?a=b"));
}

static void what_is_no_cookie_of_ours(void **state) {
  (void)state;
  /* the page of the last one is //evil */
  static const char *const none[] = {
      "",
      ".",
      "..",
      "a.1.Lw",
      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.1700000000",
      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.1700000000.",
      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.1700000000.*",
      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.1700000000.Ly9ldmls"};
  for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
    assert_false(reads(text_from(none[i]), NOW, "/"));
  }
  assert_false(reads(
      TEXT("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.soon.Lw"), NOW, "/"));
}

static void pages_that_may_be_returned_to(void **state) {
  (void)state;
  static const char *const good[] = {"/", "/desk/", "/desk/?queue=a&b=%20",
                                     "/wall#/queue/support"};
  static const char *const bad[] = {"",      "desk",        "//evil", "/\\evil",
                                    "/a\nb", "http://evil", "/a b",   "/\"x"};
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    assert_true(attempt_may_return(text_from(good[i])));
  }
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    assert_false(attempt_may_return(text_from(bad[i])));
  }
}

static bool same_state(const struct attempt *a, const struct attempt *b) {
  return memcmp(a->state, b->state, ATTEMPT_TEXT) == 0;
}

static void another_key_provider_or_cookie_has_another_state(void **state) {
  (void)state;
  struct attempt one, other;
  attempt_derive(key, TEXT("shop"), TEXT("cookie"), &one);
  attempt_derive(key, TEXT("shop"), TEXT("cookie"), &other);
  assert_true(same_state(&one, &other));
  attempt_derive(other_key, TEXT("shop"), TEXT("cookie"), &other);
  assert_false(same_state(&one, &other));
  attempt_derive(key, TEXT("shopc"), TEXT("ookie"), &other);
  assert_false(same_state(&one, &other));
  attempt_derive(key, TEXT("shop"), TEXT("cookie."), &other);
  assert_false(same_state(&one, &other));
  /* What the provider hears in the open tells nothing of the verifier. */
  assert_memory_not_equal(one.state, one.nonce, ATTEMPT_TEXT);
  assert_memory_not_equal(one.state, one.verifier, ATTEMPT_TEXT);
  assert_memory_not_equal(one.verifier, one.challenge, ATTEMPT_TEXT);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_cookie_is_good_for_ten_minutes),
      cmocka_unit_test(what_is_no_cookie_of_ours),
      cmocka_unit_test(pages_that_may_be_returned_to),
      cmocka_unit_test(another_key_provider_or_cookie_has_another_state)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
