#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "net/url.h"
#include "support.h"

static void check_decoded(bool query, const char *encoded, const char *plain) {
  struct test_mem tm;
  struct textbuf out;
  test_mem_init(&tm);
  textbuf_init(&out, &tm.mem);
  const bool good = query ? url_decode_query(text_from(encoded), &out)
                          : url_decode(text_from(encoded), &out);
  assert_int_equal(good, plain != NULL);
  if (plain != NULL) {
    assert_true(text_equal(textbuf_text(&out), text_from(plain)));
  }
  textbuf_free(&out);
}

static void triples_are_decoded(void **state) {
  (void)state;
  check_decoded(false, "", "");
  check_decoded(false, "/a%20b", "/a b");
  check_decoded(false, "%C3%a9", "\xc3\xa9");
  check_decoded(false, "a+b", "a+b");
  check_decoded(true, "a+b%2B", "a b+");
  check_decoded(false, "%2525", "%25");
}

static void broken_triples_are_refused(void **state) {
  (void)state;
  check_decoded(false, "%", NULL);
  check_decoded(false, "%4", NULL);
  check_decoded(false, "%g0", NULL);
  check_decoded(false, "%0g", NULL);
  check_decoded(false, "a%00b", NULL);
  check_decoded(false, "%ff", NULL);
  check_decoded(false, "%C3", NULL);
}

static void what_is_encoded_is_decoded(void **state) {
  (void)state;
  struct test_mem tm;
  struct textbuf there;
  struct textbuf back;
  test_mem_init(&tm);
  textbuf_init(&there, &tm.mem);
  textbuf_init(&back, &tm.mem);
  const struct text plain = TEXT("a-b_c.d~e f/g?h=i&j%k+\xc3\xa9");
  url_encode(plain, &there);
  assert_true(text_equal(textbuf_text(&there),
                         TEXT("a-b_c.d~e%20f%2Fg%3Fh%3Di%26j%25k%2B%C3%A9")));
  assert_true(url_decode(textbuf_text(&there), &back));
  assert_true(text_equal(textbuf_text(&back), plain));
  textbuf_free(&there);
  textbuf_free(&back);
}

static void members_are_found(void **state) {
  (void)state;
  const struct text query = TEXT("a=1&&b&c=x=y&a=2&");
  assert_true(text_equal(url_query_find(query, TEXT("a")), TEXT("1")));
  assert_true(text_equal(url_query_find(query, TEXT("c")), TEXT("x=y")));
  assert_non_null(url_query_find(query, TEXT("b")).ptr);
  assert_int_equal(url_query_find(query, TEXT("b")).len, 0);
  assert_null(url_query_find(query, TEXT("d")).ptr);
  struct text rest = query;
  struct text name;
  struct text value;
  unsigned count = 0;
  while (url_query_next(&rest, &name, &value)) {
    count++;
  }
  assert_int_equal(count, 4);
}

static void urls_come_apart(void **state) {
  (void)state;
  static const struct {
    const char *url, *scheme, *host, *path;
    uint16_t port;
    bool tls;
  } good[] = {
      {"https://bot.example.com", "https", "bot.example.com", "", 443, true},
      {"HTTP://a:8080/x/y?z=1", "http", "a", "/x/y?z=1", 8080, false},
      {"wss://[::1]:9/s", "wss", "[::1]", "/s", 9, true},
      {"ws://10.0.0.1?q", "ws", "10.0.0.1", "?q", 80, false}};
  struct url_parts p;
  const char *why;
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    assert_true(url_split(text_from(good[i].url), &p, &why));
    assert_true(text_equal(p.scheme, text_from(good[i].scheme)));
    assert_true(text_equal(p.host, text_from(good[i].host)));
    assert_true(text_equal(p.path, text_from(good[i].path)));
    assert_int_equal(p.port, good[i].port);
    assert_int_equal(p.tls, good[i].tls);
  }
}

static void bad_urls_are_told(void **state) {
  (void)state;
  static const struct {
    const char *url, *why;
  } bad[] = {{"bot.example.com", "begins with https://"},
             {"ftp://a/", "begins with https://"},
             {"https://u:p@a/", "no user"},
             {"https://a/#x", "no blanks"},
             {"https://a /", "no blanks"},
             {"https://a\\b", "no blanks"},
             {"https:///x", "host is missing"},
             {"https://a:0/", "host is missing"},
             {"https://a:70000", "host is missing"},
             {"https://[::1/", "host is missing"}};
  struct url_parts p;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    const char *why = "";
    assert_false(url_split(text_from(bad[i].url), &p, &why));
    assert_non_null(strstr(why, bad[i].why));
  }
}

static void without_memory_decoding_fails(void **state) {
  (void)state;
  struct test_mem tm;
  struct textbuf out;
  test_mem_init(&tm);
  tm.fail_at = 1;
  textbuf_init(&out, &tm.mem);
  assert_false(url_decode(TEXT("abc"), &out));
  textbuf_free(&out);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(triples_are_decoded),
      cmocka_unit_test(broken_triples_are_refused),
      cmocka_unit_test(what_is_encoded_is_decoded),
      cmocka_unit_test(members_are_found),
      cmocka_unit_test(urls_come_apart),
      cmocka_unit_test(bad_urls_are_told),
      cmocka_unit_test(without_memory_decoding_fails),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
