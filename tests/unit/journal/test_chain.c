#include "story.h"

#include "journal/chain_priv.h"

/* From the specification of XXH64 and its reference implementation. */
static void it_is_xxh64(void **state) {
  (void)state;
  assert_int_equal(chain_hash(TEXT(""), 0), 0xEF46DB3751D8E999u);
  assert_int_equal(chain_hash(TEXT("a"), 0), 0xD24EC4F1A98C6E5Bu);
  assert_int_equal(chain_hash(TEXT("abc"), 0), 0x44BC2CF5AD770999u);
  assert_int_equal(
      chain_hash(TEXT("The quick brown fox jumps over the lazy dog"), 0),
      0x0B242D361FDA71BCu);
}

static void every_flipped_bit_of_every_length_changes_it(void **state) {
  (void)state;
  char bytes[80];
  for (size_t i = 0; i < sizeof bytes; i++) {
    bytes[i] = (char)(i * 7);
  }
  for (size_t len = 1; len <= sizeof bytes; len++) {
    const uint64_t whole = chain_next(1, 2, (struct text){bytes, len});
    for (size_t bit = 0; bit < 8 * len; bit++) {
      bytes[bit / 8] = (char)(bytes[bit / 8] ^ 1 << bit % 8);
      assert_true(chain_next(1, 2, (struct text){bytes, len}) != whole);
      bytes[bit / 8] = (char)(bytes[bit / 8] ^ 1 << bit % 8);
    }
  }
}

static void the_place_and_what_went_before_count(void **state) {
  (void)state;
  const struct text bytes = TEXT("the same bytes");
  const uint64_t one = chain_next(10, 1, bytes);
  assert_true(chain_next(10, 2, bytes) != one);
  assert_true(chain_next(11, 1, bytes) != one);
  assert_true(chain_begin(TEXT("acme"), 1) != chain_begin(TEXT("acme"), 2));
  assert_true(chain_begin(TEXT("acme"), 1) != chain_begin(TEXT("acmf"), 1));
  assert_true(chain_next(10, 1, TEXT("")) ==
              chain_next(10, 1, (struct text){NULL, 0}));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(it_is_xxh64),
      cmocka_unit_test(every_flipped_bit_of_every_length_changes_it),
      cmocka_unit_test(the_place_and_what_went_before_count),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
