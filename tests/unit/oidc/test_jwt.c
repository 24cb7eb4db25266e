#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "signer.h"
#include "support.h"

struct desk {
  struct test_mem memory;
  struct arena arena;
  const char *why;
};

static void set_up(struct desk *d) {
  test_mem_init(&d->memory);
  arena_init(&d->arena, &d->memory.mem, 0);
  d->why = NULL;
}

static void refused(struct desk *d, const char *token, const char *part) {
  struct jwt jwt;
  assert_int_equal(jwt_read(&d->arena, text_from(token), &jwt, &d->why),
                   BT_ERR_SYNTAX);
  assert_non_null(strstr(d->why, part));
}

static void refused_header(struct desk *d, const char *header,
                           const char *part) {
  char token[SIGNER_TOKEN];
  signer_token(NULL, header, "{}", token);
  signer_add("foo", 3, token);
  refused(d, token, part);
}

static void a_token_is_read(void **state) {
  (void)state;
  struct desk d;
  struct jwt jwt;
  char token[SIGNER_TOKEN];
  set_up(&d);
  signer_token(NULL, "{\"alg\":\"RS256\",\"typ\":\"jwt\",\"kid\":\"k1\"}",
               "{\"sub\":\"anna\"}", token);
  const size_t signed_len = strlen(token) - 1;
  signer_add("foo", 3, token);
  assert_int_equal(jwt_read(&d.arena, text_from(token), &jwt, &d.why),
                   BT_ERR_OK);
  assert_int_equal(jwt.alg, JWT_RS256);
  assert_true(text_equal(jwt.kid, TEXT("k1")));
  assert_true(text_equal(jwt.signature, TEXT("foo")));
  assert_int_equal(jwt.signed_part.len, signed_len);
  assert_true(
      text_equal(json_member_text(jwt.claims, TEXT("sub")), TEXT("anna")));
  arena_free(&d.arena);
}

static void without_a_signature_there_is_no_token(void **state) {
  (void)state;
  struct desk d;
  char token[SIGNER_TOKEN];
  set_up(&d);
  signer_token(NULL, "{\"alg\":\"RS256\"}", "{}", token);
  refused(&d, token, "signature");
  refused_header(&d, "{\"alg\":\"none\"}", "\"alg\"");
  refused_header(&d, "{\"alg\":\"HS256\"}", "\"alg\"");
  refused_header(&d, "{\"alg\":\"rs256\"}", "\"alg\"");
  refused_header(&d, "{\"alg\":[\"RS256\"]}", "\"alg\"");
  refused_header(&d, "{}", "\"alg\"");
  arena_free(&d.arena);
}

static void headers_of_something_else(void **state) {
  (void)state;
  struct desk d;
  set_up(&d);
  refused_header(&d, "{\"alg\":\"RS256\",\"typ\":\"at+jwt\"}", "\"typ\"");
  refused_header(&d, "{\"alg\":\"RS256\",\"crit\":[\"b64\"],\"b64\":false}",
                 "\"crit\"");
  refused_header(&d, "{\"alg\":\"RS256\",\"kid\":7}", "\"kid\"");
  refused_header(&d, "{\"alg\":\"RS256\",\"kid\":\"\"}", "\"kid\"");
  refused_header(&d, "{\"alg\":\"none\",\"alg\":\"RS256\"}", "header");
  refused_header(&d, "[]", "header");
  arena_free(&d.arena);
}

static void texts_that_are_no_tokens(void **state) {
  (void)state;
  static const struct {
    const char *token, *part;
  } none[] = {{"", "three parts"},
              {"e30", "three parts"},
              {"e30.e30", "three parts"},
              {"e30.e30.Zm9v.Zm9v", "three parts"},
              {"..", "header"},
              {"e30=.e30.Zm9v", "header"},
              {"eyJhbGciOiJSUzI1NiJ9.e.Zm9v", "claims"},
              {"eyJhbGciOiJSUzI1NiJ9.W10.Zm9v", "claims"},
              {"eyJhbGciOiJSUzI1NiJ9.e30.Zm9v ", "signature"}};
  struct desk d;
  char longest[JWT_BYTES_MAX + 2];
  set_up(&d);
  for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
    refused(&d, none[i].token, none[i].part);
  }
  memset(longest, 'A', sizeof longest);
  longest[sizeof longest - 1] = '\0';
  refused(&d, longest, "16384");
  arena_free(&d.arena);
}

static void memory_is_missing(void **state) {
  (void)state;
  for (uint64_t n = 1; n < 100; n++) {
    struct desk d;
    struct jwt jwt;
    set_up(&d);
    d.memory.fail_at = n;
    const enum bt_err err =
        jwt_read(&d.arena, TEXT("eyJhbGciOiJSUzI1NiJ9.e30.Zm9v"), &jwt, &d.why);
    arena_free(&d.arena);
    assert_int_equal(d.memory.live_blocks, 0);
    if (err == BT_ERR_OK) {
      assert_true(n > 1);
      return;
    }
    assert_int_equal(err, BT_ERR_NOMEM);
  }
  fail();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_token_is_read),
      cmocka_unit_test(without_a_signature_there_is_no_token),
      cmocka_unit_test(headers_of_something_else),
      cmocka_unit_test(texts_that_are_no_tokens),
      cmocka_unit_test(memory_is_missing)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
