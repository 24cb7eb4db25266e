#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/map.h"

/* Journals, snapshots and golden files may depend on these: they never change.
 */
static void the_hashes_stay_what_they_are(void **state) {
  (void)state;
  assert_true(hash_text(TEXT("")) == 0x5f0cd4757c0f6db0u);
  assert_true(hash_text(TEXT("a")) == 0xa3ae73aa4db5238fu);
  assert_true(hash_text(TEXT("customer-17")) == 0xbb5dd57a177853a2u);
  assert_true(hash_text(TEXT("0123456789abcdef")) == 0x6689f5d9303f9780u);
  assert_true(hash_u64(1) == 0x798381d7f4e20c1bu);
}

static void length_is_part_of_the_hash(void **state) {
  (void)state;
  static const char zeros[32] = {0};
  for (size_t a = 0; a < sizeof zeros; a++) {
    for (size_t b = 0; b < a; b++) {
      assert_true(hash_bytes(zeros, a) != hash_bytes(zeros, b));
    }
  }
}

static void alignment_does_not_matter(void **state) {
  (void)state;
  char shifted[64] = {0};
  const struct text t = TEXT("the same nineteen b");
  for (size_t at = 0; at < 8; at++) {
    for (size_t i = 0; i < t.len; i++) {
      shifted[at + i] = t.ptr[i];
    }
    assert_true(hash_bytes(shifted + at, t.len) == hash_text(t));
  }
}

static void every_bit_of_the_key_reaches_the_low_bits(void **state) {
  (void)state;
  unsigned char key[16] = {0};
  const uint64_t plain = hash_bytes(key, sizeof key);
  for (unsigned bit = 0; bit < 8 * sizeof key; bit++) {
    key[bit / 8] = (unsigned char)(1u << bit % 8);
    const uint64_t changed = plain ^ hash_bytes(key, sizeof key);
    key[bit / 8] = 0;
    assert_true((changed & 0xffff) != 0 && changed >> 48 != 0);
  }
}

static void nocase_folds_ascii_letters_and_nothing_else(void **state) {
  (void)state;
  assert_true(hash_text_nocase(TEXT("Content-Type-X")) ==
              hash_text_nocase(TEXT("cONTENT-tYPE-x")));
  assert_true(hash_text_nocase(TEXT("small")) == hash_text(TEXT("small")));
  for (int byte = 0; byte < 256; byte++) {
    const char one[] = {(char)byte};
    char folded = (char)byte;
    if (byte >= 'A' && byte <= 'Z') {
      folded = (char)(byte - 'A' + 'a');
    }
    assert_true(hash_text_nocase((struct text){one, 1}) ==
                hash_bytes(&folded, 1));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_hashes_stay_what_they_are),
      cmocka_unit_test(length_is_part_of_the_hash),
      cmocka_unit_test(alignment_does_not_matter),
      cmocka_unit_test(every_bit_of_the_key_reaches_the_low_bits),
      cmocka_unit_test(nocase_folds_ascii_letters_and_nothing_else),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
