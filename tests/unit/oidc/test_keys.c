#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "oidc/keys.h"
#include "signer.h"
#include "support.h"

enum { SET = 4 * SIGNER_JSON };

struct keyring {
  struct test_mem memory;
  struct arena arena;
  EVP_PKEY *rsa, *ec;
  char rsa_jwk[SIGNER_JSON], ec_jwk[SIGNER_JSON];
};

static int set_up(void **state) {
  static struct keyring k;
  test_mem_init(&k.memory);
  arena_init(&k.arena, &k.memory.mem, 0);
  k.rsa = signer_rsa(2048);
  k.ec = signer_p256();
  signer_jwk(k.rsa, "r1", "", k.rsa_jwk);
  signer_jwk(k.ec, "e1", ",\"use\":\"sig\",\"alg\":\"ES256\"", k.ec_jwk);
  *state = &k;
  return 0;
}

static int tear_down(void **state) {
  struct keyring *k = *state;
  EVP_PKEY_free(k->rsa);
  EVP_PKEY_free(k->ec);
  arena_free(&k->arena);
  return 0;
}

static enum bt_err read_set(struct keyring *k, const char *a, const char *b,
                            struct oidc_keys *out) {
  char set[SET];
  const char *why = NULL;
  (void)snprintf(set, sizeof set, "{\"keys\":[%s%s%s]}", a,
                 b[0] == '\0' ? "" : ",", b);
  const enum bt_err err = oidc_keys_read(&k->arena, text_from(set), out, &why);
  assert_true((err == BT_ERR_OK) == (why == NULL));
  return err;
}

/* Is it signed by the key that it names? */
static bool believed(struct keyring *k, const struct oidc_keys *keys,
                     const char *token) {
  struct jwt jwt;
  const char *why = NULL;
  const struct text copy = arena_copy_text(&k->arena, text_from(token));
  assert_int_equal(jwt_read(&k->arena, copy, &jwt, &why), BT_ERR_OK);
  const struct oidc_key *key = oidc_keys_find(keys, &jwt);
  return key != NULL && oidc_key_has_signed(key, &jwt);
}

static bool signed_by(struct keyring *k, const struct oidc_keys *keys,
                      EVP_PKEY *key, const char *header) {
  char token[SIGNER_TOKEN];
  signer_token(key, header, "{\"sub\":\"anna\"}", token);
  return believed(k, keys, token);
}

static void the_key_that_signed(void **state) {
  struct keyring *k = *state;
  struct oidc_keys keys;
  EVP_PKEY *other = signer_rsa(2048);
  assert_int_equal(read_set(k, k->rsa_jwk, k->ec_jwk, &keys), BT_ERR_OK);
  static const char rs[] = "{\"alg\":\"RS256\",\"kid\":\"r1\"}";
  assert_true(signed_by(k, &keys, k->rsa, rs));
  assert_false(signed_by(k, &keys, other, rs));
  assert_true(
      signed_by(k, &keys, k->rsa, "{\"alg\":\"PS256\",\"kid\":\"r1\"}"));
  assert_true(signed_by(k, &keys, k->ec, "{\"alg\":\"ES256\",\"kid\":\"e1\"}"));
  /* Without a name the only key of its kind is meant. */
  assert_true(signed_by(k, &keys, k->rsa, "{\"alg\":\"RS256\"}"));
  assert_true(signed_by(k, &keys, k->ec, "{\"alg\":\"ES256\"}"));
  /* A key of another kind under the right name, and a name of nobody. */
  assert_false(
      signed_by(k, &keys, k->rsa, "{\"alg\":\"RS256\",\"kid\":\"e1\"}"));
  assert_false(
      signed_by(k, &keys, k->rsa, "{\"alg\":\"RS256\",\"kid\":\"r2\"}"));
  oidc_keys_free(&keys);
  EVP_PKEY_free(other);
}

static void a_changed_token_is_not_believed(void **state) {
  struct keyring *k = *state;
  struct oidc_keys keys;
  char token[SIGNER_TOKEN];
  assert_int_equal(read_set(k, k->rsa_jwk, k->ec_jwk, &keys), BT_ERR_OK);
  signer_token(k->ec, "{\"alg\":\"ES256\"}", "{\"sub\":\"anna\"}", token);
  assert_true(believed(k, &keys, token));
  char *claims = strchr(token, '.') + 1;
  claims[11] = claims[11] == 'A' ? 'B' : 'A';
  struct jwt jwt;
  const char *why = NULL;
  if (jwt_read(&k->arena, text_from(token), &jwt, &why) == BT_ERR_OK) {
    assert_false(believed(k, &keys, token));
  }
  /* Nor with a signature of another length, nor with zeros (CVE-2022-21449). */
  signer_token(NULL, "{\"alg\":\"ES256\"}", "{\"sub\":\"anna\"}", token);
  signer_add("0123", 4, token);
  assert_false(believed(k, &keys, token));
  static const char zeros[64];
  signer_token(NULL, "{\"alg\":\"ES256\"}", "{\"sub\":\"anna\"}", token);
  signer_add(zeros, sizeof zeros, token);
  assert_false(believed(k, &keys, token));
  oidc_keys_free(&keys);
}

/* RFC 7515, appendix A.3: neither key nor signature are ours. */
static void the_example_of_the_rfc(void **state) {
  struct keyring *k = *state;
  struct oidc_keys keys;
  assert_int_equal(
      read_set(k,
               "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":"
               "\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\",\"y\":\"x_"
               "FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}",
               "", &keys),
      BT_ERR_OK);
  assert_true(believed(
      k, &keys,
      "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh"
      "0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6"
      "-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"));
  oidc_keys_free(&keys);
}

static void a_key_is_for_what_it_says(void **state) {
  struct keyring *k = *state;
  struct oidc_keys keys;
  char jwk[SIGNER_JSON];
  signer_jwk(k->rsa, "r1", ",\"alg\":\"PS256\"", jwk);
  assert_int_equal(read_set(k, jwk, "", &keys), BT_ERR_OK);
  assert_false(signed_by(k, &keys, k->rsa, "{\"alg\":\"RS256\"}"));
  assert_true(signed_by(k, &keys, k->rsa, "{\"alg\":\"PS256\"}"));
  oidc_keys_free(&keys);
  /* Two that fit: the token must say which. */
  assert_int_equal(read_set(k, k->rsa_jwk, jwk, &keys), BT_ERR_OK);
  assert_true(signed_by(k, &keys, k->rsa, "{\"alg\":\"RS256\"}"));
  assert_false(signed_by(k, &keys, k->rsa, "{\"alg\":\"PS256\"}"));
  oidc_keys_free(&keys);
}

static void keys_that_are_of_no_use(void **state) {
  struct keyring *k = *state;
  struct oidc_keys keys;
  char jwk[SIGNER_JSON];
  EVP_PKEY *weak = signer_rsa(1024);
  signer_jwk(weak, "r1", "", jwk);
  EVP_PKEY_free(weak);
  assert_int_equal(read_set(k, jwk, "", &keys), BT_ERR_SYNTAX);
  signer_jwk(k->rsa, "r1", ",\"use\":\"enc\"", jwk);
  assert_int_equal(read_set(k, jwk, "", &keys), BT_ERR_SYNTAX);
  signer_jwk(k->rsa, "r1", ",\"alg\":\"HS256\"", jwk);
  assert_int_equal(read_set(k, jwk, "", &keys), BT_ERR_SYNTAX);
  assert_int_equal(
      read_set(k, "{\"kty\":\"oct\",\"k\":\"c2VjcmV0\"}", "{}", &keys),
      BT_ERR_SYNTAX);
  /* Beside them the others are read. */
  assert_int_equal(read_set(k, jwk, k->ec_jwk, &keys), BT_ERR_OK);
  assert_int_equal(keys.count, 1);
  oidc_keys_free(&keys);
}

static void a_point_that_is_not_on_the_curve(void **state) {
  struct keyring *k = *state;
  struct oidc_keys keys;
  char jwk[SIGNER_JSON];
  signer_jwk(k->ec, "e1", "", jwk);
  char *x = strstr(jwk, "\"x\":\"") + 5;
  x[5] = x[5] == 'A' ? 'B' : 'A';
  const enum bt_err err = read_set(k, jwk, "", &keys);
  if (err == BT_ERR_OK) { /* half of all x have a point, but another y */
    assert_false(signed_by(k, &keys, k->ec, "{\"alg\":\"ES256\"}"));
    oidc_keys_free(&keys);
  } else {
    assert_int_equal(err, BT_ERR_SYNTAX);
  }
}

static void what_is_no_set(void **state) {
  struct keyring *k = *state;
  struct oidc_keys keys;
  const char *why = NULL;
  static const char *const none[] = {
      "", "[]", "{}", "{\"keys\":{}}", "{\"keys\":[]}", "{\"keys\":[1,null]}"};
  for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
    assert_int_equal(oidc_keys_read(&k->arena, text_from(none[i]), &keys, &why),
                     BT_ERR_SYNTAX);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_key_that_signed),
      cmocka_unit_test(a_changed_token_is_not_believed),
      cmocka_unit_test(the_example_of_the_rfc),
      cmocka_unit_test(a_key_is_for_what_it_says),
      cmocka_unit_test(keys_that_are_of_no_use),
      cmocka_unit_test(a_point_that_is_not_on_the_curve),
      cmocka_unit_test(what_is_no_set)};
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
