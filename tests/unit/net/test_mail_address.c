/* Which mail addresses are taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "net/mail_address.h"

static bool good(const char *t) {
  return mail_address_is_good(text_from(t));
}

static void what_people_have(void **state) {
  (void)state;
  assert_true(good("anna@shop.example"));
  assert_true(good("anna.k+chat@mail.shop.example"));
  assert_true(good("o'neil@a-b.example"));
  assert_true(good("7@1.2"));
}

static void what_is_none(void **state) {
  (void)state;
  static const char *const none[] = {
      "",          "anna",          "@shop.example",  "anna@",
      "anna@shop", "anna@.example", "anna@shop.",     "anna@shop..example",
      ".a@b.c",    "a.@b.c",        "a..b@c.d",       "a@b@c.d",
      "a b@c.d",   "a@b c.d",       "a@-b.c",         "a@b-.c",
      "a@b_c.d",   "\"a\"@b.c",     "a@b.c\r\nX: y",  "a\r\n@b.c",
      "<a@b.c>",   "a@b.c,d@e.f",   "zo\xc3\xab@b.c", "a@b.c "};
  for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
    assert_false(good(none[i]));
  }
}

static void it_has_an_end(void **state) {
  (void)state;
  char t[300];
  memset(t, 'a', sizeof t);
  memcpy(t + 64, "@b.c", 5);
  assert_true(good(t));
  t[64] = 'a';
  memcpy(t + 65, "@b.c", 5);
  assert_false(good(t));
  memset(t, 'a', sizeof t);
  memcpy(t, "a@", 2);
  for (size_t i = 60; i < 250; i += 60) {
    t[i] = '.';
  }
  t[254] = '\0';
  assert_true(good(t));
  t[254] = 'a';
  t[255] = '\0';
  assert_false(good(t));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(what_people_have),
                                     cmocka_unit_test(what_is_none),
                                     cmocka_unit_test(it_has_an_end)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
