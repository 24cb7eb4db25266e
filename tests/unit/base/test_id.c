#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/id.h"

static struct id parse(const char *t) {
  struct id a = {1, 1};
  assert_true(id_from_text(text_from(t), &a));
  return a;
}

static void the_example_of_the_rfc(void **state) {
  (void)state;
  /* RFC 9562, appendix A.6: 017F22E2-79B0-7CC3-98C4-DC0C0C07398F */
  const struct id a = id_make_v7(0x017f22e279b0, 0xcc3, 0x18c4dc0c0c07398f);
  char text[ID_TEXT_LEN + 1] = {0};
  id_to_text(a, text);
  assert_string_equal(text, "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
  assert_true(id_equal(parse("017F22E2-79B0-7CC3-98C4-DC0C0C07398F"), a));
}

static void entropy_cannot_spoil_time_or_version(void **state) {
  (void)state;
  const struct id a = id_make_v7(5, UINT64_MAX, UINT64_MAX);
  const struct id b = id_make_v7(6, 0, 0);
  char text[ID_TEXT_LEN + 1] = {0};
  assert_true(id_compare(a, b) < 0);
  id_to_text(a, text);
  assert_string_equal(text, "00000000-0005-7fff-bfff-ffffffffffff");
  id_to_text(b, text);
  assert_string_equal(text, "00000000-0006-7000-8000-000000000000");
}

static void only_the_canonical_form_is_read(void **state) {
  (void)state;
  static const char *const bad[] = {"",
                                    "017f22e279b07cc398c4dc0c0c07398f",
                                    "{017f22e2-79b0-7cc3-98c4-dc0c0c07398f}",
                                    "017f22e2-79b0-7cc3-98c4-dc0c0c07398",
                                    "017f22e2-79b0-7cc3-98c4-dc0c0c07398f0",
                                    "017f22e2-79b0-7cc3-98c4_dc0c0c07398f",
                                    "017f22e2-79b0-7cc3-98c4-dc0c0c07398g",
                                    "017f22e-279b0-7cc3-98c4-dc0c0c07398f"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    struct id a = {3, 4};
    assert_false(id_from_text(text_from(bad[i]), &a));
    assert_true(a.hi == 3 && a.lo == 4);
  }
}

static void order_and_equality(void **state) {
  (void)state;
  const struct id low = {1, 2};
  const struct id mid = {1, 3};
  const struct id high = {UINT64_MAX, 0};
  assert_true(id_compare(low, mid) < 0 && id_compare(mid, low) > 0);
  assert_true(id_compare(mid, high) < 0 && id_compare(high, mid) > 0);
  assert_int_equal(id_compare(mid, mid), 0);
  assert_true(id_equal(low, (struct id){1, 2}));
  assert_false(id_equal(low, mid));
  assert_true(id_is_null((struct id){0, 0}));
  assert_false(id_is_null((struct id){0, 1}));
  assert_true(id_hash(low) != id_hash((struct id){2, 1}));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_example_of_the_rfc),
      cmocka_unit_test(entropy_cannot_spoil_time_or_version),
      cmocka_unit_test(only_the_canonical_form_is_read),
      cmocka_unit_test(order_and_equality),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
