#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/siphash.h"

/* The vectors of the authors' reference: the key is the bytes 0 … 15, the text
 * the bytes 0, 1, 2 … */
static void it_is_siphash(void **state) {
  (void)state;
  static const struct {
    size_t len;
    uint64_t hash;
  } vectors[] = {{0, UINT64_C(0x726fdb47dd0e0e31)},
                 {1, UINT64_C(0x74f839c593dc67fd)},
                 {8, UINT64_C(0x93f5f5799a932462)},
                 {15, UINT64_C(0xa129ca6149be45e5)}};
  const struct siphash_key key = {
      {UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)}};
  char bytes[16];
  for (size_t i = 0; i < sizeof bytes; i++) {
    bytes[i] = (char)i;
  }
  for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
    const struct text t = {bytes, vectors[i].len};
    assert_true(siphash_text(&key, t) == vectors[i].hash);
  }
}

static void another_key_gives_another_hash(void **state) {
  (void)state;
  const struct siphash_key a = {{1, 2}}, b = {{1, 3}};
  assert_true(siphash_text(&a, TEXT("key")) != siphash_text(&b, TEXT("key")));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(it_is_siphash),
      cmocka_unit_test(another_key_gives_another_hash),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
