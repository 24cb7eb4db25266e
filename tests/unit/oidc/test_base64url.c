#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "oidc/base64url.h"
#include "support.h"

static void check(const char *plain, const char *encoded) {
  struct test_mem memory;
  struct arena arena;
  struct text read;
  char written[64] = {0};
  test_mem_init(&memory);
  arena_init(&arena, &memory.mem, 0);
  base64url_write((const uint8_t *)plain, strlen(plain), written);
  assert_string_equal(written, encoded);
  assert_int_equal(base64url_read(&arena, text_from(encoded), &read),
                   BT_ERR_OK);
  assert_true(text_equal(read, text_from(plain)));
  arena_free(&arena);
}

/* RFC 4648, section 10, without the padding. */
static void every_length(void **state) {
  (void)state;
  check("", "");
  check("f", "Zg");
  check("fo", "Zm8");
  check("foo", "Zm9v");
  check("foob", "Zm9vYg");
  check("fooba", "Zm9vYmE");
  check("foobar", "Zm9vYmFy");
  check("\xfb\xff\xfe", "-__-");
}

static void what_is_none(void **state) {
  (void)state;
  static const char *const none[] = {"Z",    "Zm9vY", "Zg==", "Zm+v", "Zm/v",
                                     "Zm9 ", "Zh",    "Zm9",  "Zm9\n"};
  struct test_mem memory;
  struct arena arena;
  struct text read;
  test_mem_init(&memory);
  arena_init(&arena, &memory.mem, 0);
  for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
    assert_int_equal(base64url_read(&arena, text_from(none[i]), &read),
                     BT_ERR_SYNTAX);
  }
  arena_free(&arena);
  memory.fail_at = memory.calls + 1;
  assert_int_equal(base64url_read(&arena, TEXT("Zg"), &read), BT_ERR_NOMEM);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_length),
                                     cmocka_unit_test(what_is_none)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
