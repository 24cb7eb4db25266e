#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "oidc/claims.h"
#include "support.h"

#define NOW INT64_C(1700000000)

/* What a provider says: good, with one member otherwise. */
static const struct {
  const char *name, *value;
} good[] = {{"iss", "\"https://id.shop.example\""},
            {"sub", "\"248289761001\""},
            {"aud", "\"baton\""},
            {"exp", "1700000300"},
            {"iat", "1699999990"},
            {"nonce", "\"n-0S6_WzA2Mj\""}};

static void put(char *out, size_t size, const char *name, const char *value) {
  const size_t len = strlen(out);
  if (value[0] != '\0') {
    (void)snprintf(out + len, size - len, "%s\"%s\":%s", len > 1 ? "," : "",
                   name, value);
  }
}

/* @name with @value, or without it if that is ""; NULL: as it is. */
static enum oidc_fault check(const char *name, const char *value,
                             const char **why) {
  struct test_mem memory;
  struct arena arena;
  struct json *tree = NULL;
  char claims[1024] = "{";
  bool known = name == NULL;
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    const bool this = name != NULL && strcmp(name, good[i].name) == 0;
    put(claims, sizeof claims, good[i].name, this ? value : good[i].value);
    known = known || this;
  }
  if (!known) {
    put(claims, sizeof claims, name, value);
  }
  const size_t len = strlen(claims);
  (void)snprintf(claims + len, sizeof claims - len, "}");
  test_mem_init(&memory);
  arena_init(&arena, &memory.mem, 0);
  assert_int_equal(json_parse(&arena, text_from(claims), 16, &tree, NULL),
                   BT_ERR_OK);
  const struct jwt token = {.alg = JWT_RS256, .claims = tree};
  const struct oidc_expected expected = {
      .issuer = TEXT("https://id.shop.example"),
      .client = TEXT("baton"),
      .nonce = TEXT("n-0S6_WzA2Mj"),
      /* OpenID Connect Core 1.0, appendix A.3, has both of them. */
      .access_token = TEXT("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"),
      .algs = 1u << JWT_RS256,
      .now_s = NOW};
  const enum oidc_fault fault = oidc_check_claims(&token, &expected, why);
  arena_free(&arena);
  return fault;
}

static void accepted(const char *name, const char *value) {
  const char *why = "";
  assert_int_equal(check(name, value, &why), OIDC_FINE);
}

static void refused(const char *name, const char *value,
                    enum oidc_fault fault) {
  const char *why = NULL;
  assert_int_equal(check(name, value, &why), fault);
  assert_non_null(why);
}

static void a_good_token(void **state) {
  (void)state;
  accepted(NULL, NULL);
  accepted("email", "\"anna@shop.example\"");
}

static void from_somebody_else(void **state) {
  (void)state;
  refused("iss", "", OIDC_TOKEN);
  refused("iss", "\"https://id.shop.example/\"", OIDC_TOKEN);
  refused("iss", "\"https://ID.shop.example\"", OIDC_TOKEN);
  refused("iss", "[\"https://id.shop.example\"]", OIDC_TOKEN);
  refused("sub", "", OIDC_TOKEN);
  refused("sub", "\"\"", OIDC_TOKEN);
  refused("sub", "7", OIDC_TOKEN);
}

static void for_somebody_else(void **state) {
  (void)state;
  refused("aud", "", OIDC_TOKEN);
  refused("aud", "\"other\"", OIDC_TOKEN);
  refused("aud", "[]", OIDC_TOKEN);
  refused("aud", "[\"other\"]", OIDC_TOKEN);
  refused("aud", "{\"baton\":true}", OIDC_TOKEN);
  refused("aud", "[\"baton\",\"other\"]", OIDC_TOKEN);
  accepted("aud", "[\"baton\"]");
  accepted("azp", "\"baton\"");
  refused("azp", "\"other\"", OIDC_TOKEN);
  refused("azp", "null", OIDC_TOKEN);
}

static void too_early_or_too_late(void **state) {
  (void)state;
  accepted("exp", "1699999941");
  refused("exp", "1699999940", OIDC_CLOCK);
  accepted("iat", "1700000060");
  refused("iat", "1700000061", OIDC_CLOCK);
  accepted("nbf", "1700000060");
  refused("nbf", "1700000061.5", OIDC_CLOCK);
  accepted("exp", "1.7000003e9");
}

static void times_that_are_none(void **state) {
  (void)state;
  static const char *const none[] = {"",   "\"1700000300\"", "null",
                                     "-1", "1e300",          "[1700000300]"};
  for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
    refused("exp", none[i], OIDC_TOKEN);
    refused("iat", none[i], OIDC_TOKEN);
    if (none[i][0] != '\0') {
      refused("nbf", none[i], OIDC_TOKEN);
    }
  }
}

static void of_another_sign_in(void **state) {
  (void)state;
  refused("nonce", "", OIDC_TOKEN);
  refused("nonce", "\"\"", OIDC_TOKEN);
  refused("nonce", "\"n-0S6_WzA2Mk\"", OIDC_TOKEN);
  accepted("at_hash", "\"77QmUPtjPfzWtF2AnpK9RQ\"");
  refused("at_hash", "\"77QmUPtjPfzWtF2AnpK9RA\"", OIDC_TOKEN);
  refused("at_hash", "\"\"", OIDC_TOKEN);
}

static void signed_in_a_way_that_is_not_allowed(void **state) {
  (void)state;
  const char *why = NULL;
  const struct jwt token = {.alg = JWT_ES256};
  const struct oidc_expected expected = {.algs = 1u << JWT_RS256};
  assert_int_equal(oidc_check_claims(&token, &expected, &why), OIDC_TOKEN);
  assert_non_null(strstr(why, "algorithm"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_good_token),
      cmocka_unit_test(from_somebody_else),
      cmocka_unit_test(for_somebody_else),
      cmocka_unit_test(too_early_or_too_late),
      cmocka_unit_test(times_that_are_none),
      cmocka_unit_test(of_another_sign_in),
      cmocka_unit_test(signed_in_a_way_that_is_not_allowed)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
