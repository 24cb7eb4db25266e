/* The vectors of RFC 1321, 3174, 6234 and 4231. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/digest.h"
#include "support.h"

static void assert_hex(const uint8_t *digest, size_t size,
                       const char *expected) {
  struct test_mem tm;
  struct textbuf b;
  test_mem_init(&tm);
  textbuf_init(&b, &tm.mem);
  digest_to_hex(digest, size, &b);
  textbuf_add_char(&b, '\0');
  assert_string_equal(b.ptr, expected);
  textbuf_free(&b);
}

static void assert_md5(const char *t, const char *expected) {
  uint8_t out[DIGEST_MD5_SIZE];
  digest_md5(text_from(t), out);
  assert_hex(out, sizeof out, expected);
}

static void assert_sha1(const char *t, const char *expected) {
  uint8_t out[DIGEST_SHA1_SIZE];
  digest_sha1(text_from(t), out);
  assert_hex(out, sizeof out, expected);
}

static void assert_sha256(const char *t, const char *expected) {
  uint8_t out[DIGEST_SHA256_SIZE];
  digest_sha256(text_from(t), out);
  assert_hex(out, sizeof out, expected);
}

static void md5_of_rfc_1321(void **state) {
  (void)state;
  assert_md5("", "d41d8cd98f00b204e9800998ecf8427e");
  assert_md5("a", "0cc175b9c0f1b6a831c399e269772661");
  assert_md5("abc", "900150983cd24fb0d6963f7d28e17f72");
  assert_md5("message digest", "f96b697d7cb7938d525a2f31aaf161d0");
  assert_md5("abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b");
  assert_md5("1234567890123456789012345678901234567890123456789012345678901234"
             "5678901234567890",
             "57edf4a22be3c955ac49da2e2107b67a");
}

static void sha1_of_rfc_3174(void **state) {
  (void)state;
  assert_sha1("", "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  assert_sha1("abc", "a9993e364706816aba3e25717850c26c9cd0d89d");
  assert_sha1("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
              "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
}

static void sha256_of_rfc_6234(void **state) {
  (void)state;
  assert_sha256(
      "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  assert_sha256(
      "abc",
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  assert_sha256(
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void a_million_times_a(void **state) {
  (void)state;
  static char as[1000000];
  uint8_t out[DIGEST_SHA256_SIZE];
  memset(as, 'a', sizeof as);
  digest_sha256((struct text){as, sizeof as}, out);
  assert_hex(
      out, sizeof out,
      "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void assert_hmac(struct text key, const char *t, const char *expected) {
  uint8_t out[DIGEST_SHA256_SIZE];
  digest_hmac_sha256(key, text_from(t), out);
  assert_hex(out, sizeof out, expected);
}

static void hmac_of_rfc_4231(void **state) {
  (void)state;
  char key[131];
  memset(key, 0x0b, sizeof key);
  assert_hmac(
      (struct text){key, 20}, "Hi There",
      "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  assert_hmac(
      TEXT("Jefe"), "what do ya want for nothing?",
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  memset(key, 0xaa, sizeof key);
  assert_hmac(
      (struct text){key, sizeof key},
      "Test Using Larger Than Block-Size Key - Hash Key First",
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static void hexadecimal_digits_are_read_back(void **state) {
  (void)state;
  uint8_t bytes[2] = {0};
  assert_true(hex_read(TEXT("0aFf"), bytes, 2));
  assert_int_equal(bytes[0], 0x0a);
  assert_int_equal(bytes[1], 0xff);
  assert_false(hex_read(TEXT("0aF"), bytes, 2));
  assert_false(hex_read(TEXT("0aFf0"), bytes, 2));
  static const char none[] = "/:@G`g";
  for (size_t i = 0; i < sizeof none; i++) {
    assert_int_equal(hex_value(none[i]), -1);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(hexadecimal_digits_are_read_back),
      cmocka_unit_test(md5_of_rfc_1321),
      cmocka_unit_test(sha1_of_rfc_3174),
      cmocka_unit_test(sha256_of_rfc_6234),
      cmocka_unit_test(a_million_times_a),
      cmocka_unit_test(hmac_of_rfc_4231),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
