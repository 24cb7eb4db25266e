#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "oidc/metadata.h"
#include "support.h"

#define ISSUER "https://id.shop.example"

static struct arena arena;
static struct test_mem memory;

static int set_up(void **state) {
  (void)state;
  test_mem_init(&memory);
  arena_init(&arena, &memory.mem, 0);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  arena_free(&arena);
  return memory.live_blocks == 0 ? 0 : 1;
}

/* A good document with @more members. */
static enum bt_err read_with(const char *more, struct oidc_metadata *out,
                             const char **why) {
  char json[1024];
  (void)snprintf(json, sizeof json,
                 "{\"authorization_endpoint\":\"" ISSUER "/auth\","
                 "\"token_endpoint\":\"" ISSUER "/token\"%s}",
                 more);
  return oidc_metadata_read(&arena, text_from(json), TEXT(ISSUER), out, why);
}

#define GOOD ",\"issuer\":\"" ISSUER "\",\"jwks_uri\":\"" ISSUER "/keys\""

static void a_document_is_read(void **state) {
  (void)state;
  struct oidc_metadata m;
  const char *why = NULL;
  assert_int_equal(read_with(GOOD, &m, &why), BT_ERR_OK);
  assert_true(text_equal(m.keys, TEXT(ISSUER "/keys")));
  assert_int_equal(m.end_session.len, 0);
  assert_int_equal(m.client_auth, OIDC_BASIC);
  assert_false(m.names_issuer);
  assert_int_equal(
      read_with(GOOD ",\"token_endpoint_auth_methods_supported\":"
                     "[\"private_key_jwt\",\"client_secret_post\"],"
                     "\"authorization_response_iss_parameter_supported\":true",
                &m, &why),
      BT_ERR_OK);
  assert_int_equal(m.client_auth, OIDC_POST);
  assert_true(m.names_issuer);
}

static void refused(const char *more, const char *part) {
  struct oidc_metadata m;
  const char *why = NULL;
  assert_int_equal(read_with(more, &m, &why), BT_ERR_SYNTAX);
  assert_non_null(strstr(why, part));
}

static void documents_of_somebody_else(void **state) {
  (void)state;
  refused(",\"jwks_uri\":\"" ISSUER "/keys\"", "\"issuer\"");
  refused(",\"issuer\":\"" ISSUER "/\"", "\"issuer\"");
  refused(",\"issuer\":\"" ISSUER "\"", "lacks");
  refused(",\"issuer\":\"" ISSUER "\",\"jwks_uri\":\"http://id.shop.example\"",
          "no URL");
  refused(GOOD ",\"userinfo_endpoint\":\"file:///etc/passwd\"", "no URL");
  refused(GOOD ",\"end_session_endpoint\":\"wss://id.shop.example/\"",
          "no URL");
  refused(",", "not JSON");
}

static void where_it_is(void **state) {
  (void)state;
  assert_true(
      text_equal(oidc_metadata_url(&arena, TEXT(ISSUER "/realms/a/")),
                 TEXT(ISSUER "/realms/a/.well-known/openid-configuration")));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_document_is_read),
      cmocka_unit_test(documents_of_somebody_else),
      cmocka_unit_test(where_it_is)};
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
