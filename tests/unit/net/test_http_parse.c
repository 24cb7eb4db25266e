#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "reader.h"
#include "support.h"

struct exchange {
  const char *bytes;
  const char *said; /* see reader.h */
};

/* Whole, and in pieces of every small size: the answer must be the same. */
static void check_all(const struct exchange *list, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const struct text all = text_from(list[i].bytes);
    for (size_t piece = 1; piece <= 9; piece++) {
      struct reader r;
      reader_begin(&r);
      const char *said = reader_read(&r, all, piece == 9 ? all.len : piece);
      if (strcmp(said, list[i].said) != 0) {
        print_error("in pieces of %zu: %s\n", piece, list[i].bytes);
        assert_string_equal(said, list[i].said);
      }
    }
  }
}
#define CHECK_ALL(list) check_all(list, sizeof(list) / sizeof(list)[0])

#define HOST            "Host: baton.example\r\n"

static void good_requests_are_read(void **state) {
  (void)state;
  static const struct exchange list[] = {
      {"GET / HTTP/1.1\r\n" HOST "\r\n", "GET / []"},
      {"HEAD /a/b HTTP/1.1\r\n" HOST "\r\n", "HEAD /a/b []"},
      {"GET / HTTP/1.1\r\nHost: a:80\r\n\r\n", "GET / []"},
      {"GET / HTTP/1.1\r\nHost: [::1]\r\n\r\n", "GET / []"},
      {"GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", "GET / []"},
      {"GET /a?x=1&y=?/ HTTP/1.1\r\n" HOST "\r\n", "GET /a?x=1&y=?/ []"},
      {"GET /a? HTTP/1.1\r\n" HOST "\r\n", "GET /a []"},
      {"DELETE /caf%C3%A9 HTTP/1.1\r\n" HOST "\r\n", "DELETE /caf%C3%A9 []"},
      {"OPTIONS * HTTP/1.1\r\n" HOST "\r\n", "OPTIONS * []"},
      {"GET http://baton.example/a?b HTTP/1.1\r\n" HOST "\r\n", "GET /a?b []"},
      {"GET https://baton.example HTTP/1.1\r\n" HOST "\r\n", "GET / []"},
      {"GET HTTP://baton.example/a?b HTTP/1.1\r\n" HOST "\r\n", "GET /a?b []"},
      {"GET hTTps://baton.example/a HTTP/1.1\r\n" HOST "\r\n", "GET /a []"},
      {"GET http://baton.example?b HTTP/1.1\r\n" HOST "\r\n", "GET /?b []"},
      {"GET / HTTP/1.0\r\n\r\n", "GET / [] close"},
      {"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "GET / []"},
      {"GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", "GET / [] close"},
      {"GET / HTTP/1.1\r\n" HOST "Connection: a , Close\r\n\r\n",
       "GET / [] close"},
      {"GET / HTTP/1.7\r\n" HOST "\r\n", "GET / []"},
      {"\r\nGET / HTTP/1.1\r\n" HOST "\r\n", "GET / []"},
      {"POST /t HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello",
       "POST /t [hello]"},
      {"POST /t HTTP/1.1\r\n" HOST "content-length:\t5 \r\n\r\nhello",
       "POST /t [hello]"},
      {"POST /t HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n", "POST /t []"},
      {"POST /t HTTP/1.1\r\n" HOST "\r\n", "POST /t []"},
      {"PUT /t HTTP/1.1\r\n" HOST "Transfer-Encoding: Chunked\r\n\r\n"
       "5\r\nhello\r\n00A\r\n, world! :\r\n0\r\n\r\n",
       "PUT /t [hello, world! :]"},
      {"PUT /t HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
       "1;a=b;c=\"d e\"\r\nx\r\n0;last\r\nExpires: never\r\nEmpty:\r\n\r\n",
       "PUT /t [x]"},
      {"PATCH /t HTTP/1.1\r\nhost:\r\nEmpty:\r\nX-UTF: \xc3\xa9\r\n\r\n",
       "PATCH /t []"},
  };
  CHECK_ALL(list);
}

static void pipelined_requests_come_one_after_the_other(void **state) {
  (void)state;
  static const struct exchange list[] = {
      {"GET /1 HTTP/1.1\r\n" HOST "\r\n"
       "POST /2 HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc"
       "POST /3 HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
       "1\r\nx\r\n0\r\n\r\n\r\n"
       "GET /4 HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n"
       "GET /never HTTP/1.1\r\n" HOST "\r\n",
       "GET /1 [] | POST /2 [abc] | POST /3 [x] | GET /4 [] close"},
  };
  CHECK_ALL(list);
}

static void bad_first_lines_are_refused(void **state) {
  (void)state;
  static const struct exchange list[] = {
      {"GET\r\n\r\n", "400 bad-request-line"},
      {"GET /\r\n\r\n", "400 bad-request-line"},
      {"GET / HTTP\r\n\r\n", "400 bad-request-line"},
      {"GET / HTTP/1\r\n\r\n", "400 bad-request-line"},
      {"GET / http/1.1\r\n" HOST "\r\n", "400 bad-request-line"},
      {"GET / HTTP/1.1 \r\n" HOST "\r\n", "400 bad-request-line"},
      {"GET  / HTTP/1.1\r\n" HOST "\r\n", "400 bad-request-line"},
      {"GET /  HTTP/1.1\r\n" HOST "\r\n", "400 bad-request-line"},
      {"GET\t/\tHTTP/1.1\r\n" HOST "\r\n", "400 bad-request-line"},
      {" GET / HTTP/1.1\r\n" HOST "\r\n", "400 bad-request-line"},
      {"GE(T / HTTP/1.1\r\n" HOST "\r\n", "400 bad-request-line"},
      {"GET / HTTP/11\r\n" HOST "\r\n", "400 bad-request-line"},
      {"GET / HTTP/1.1x\r\n" HOST "\r\n", "400 bad-request-line"},
      {"\r\n\r\nGET / HTTP/1.1\r\n" HOST "\r\n", "400 bad-request-line"},
      {"GET / HTTP/2.0\r\n" HOST "\r\n", "505 bad-version"},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505 bad-version"},
      {"GET / HTTP/0.9\r\n" HOST "\r\n", "505 bad-version"},
      {"BREW /pot HTTP/1.1\r\n" HOST "\r\n", "501 unknown-method"},
      {"get / HTTP/1.1\r\n" HOST "\r\n", "501 unknown-method"},
      {"CONNECT a:1 HTTP/1.1\r\n" HOST "\r\n", "501 unknown-method"},
      {"TRACE / HTTP/1.1\r\n" HOST "\r\n", "501 unknown-method"},
      {"GET a HTTP/1.1\r\n" HOST "\r\n", "400 bad-target"},
      {"GET * HTTP/1.1\r\n" HOST "\r\n", "400 bad-target"},
      {"GET http:///a HTTP/1.1\r\n" HOST "\r\n", "400 bad-target"},
      {"GET http://u@baton.example/a HTTP/1.1\r\n" HOST "\r\n",
       "400 bad-target"},
      {"GET ftp://a/b HTTP/1.1\r\n" HOST "\r\n", "400 bad-target"},
      {"GET /a#b HTTP/1.1\r\n" HOST "\r\n", "400 bad-target"},
      {"GET /%zz HTTP/1.1\r\n" HOST "\r\n", "400 bad-target"},
      {"GET /%a HTTP/1.1\r\n" HOST "\r\n", "400 bad-target"},
      {"GET /% HTTP/1.1\r\n" HOST "\r\n", "400 bad-target"},
      {"GET /\xc3\xa9 HTTP/1.1\r\n" HOST "\r\n", "400 bad-target"},
      {"GET /a\tb HTTP/1.1\r\n" HOST "\r\n", "400 bad-target"},
  };
  CHECK_ALL(list);
}

static void bad_headers_are_refused(void **state) {
  (void)state;
  static const struct exchange list[] = {
      {"GET / HTTP/1.1\r\nHost : a\r\n\r\n", "400 bad-header"},
      {"GET / HTTP/1.1\r\n" HOST "X Y: a\r\n\r\n", "400 bad-header"},
      {"GET / HTTP/1.1\r\n" HOST ": a\r\n\r\n", "400 bad-header"},
      {"GET / HTTP/1.1\r\n" HOST "no colon\r\n\r\n", "400 bad-header"},
      {"GET / HTTP/1.1\r\n" HOST "X: a\x01\r\n\r\n", "400 bad-header"},
      {"GET / HTTP/1.1\r\n" HOST "X: a\x7f\r\n\r\n", "400 bad-header"},
      {"GET / HTTP/1.1\r\n" HOST "X\xc3\xa9: a\r\n\r\n", "400 bad-header"},
      {"GET / HTTP/1.1\r\n" HOST "X: a\r\n b\r\n\r\n", "400 folded-header"},
      {"GET / HTTP/1.1\r\n" HOST "X: a\r\n\tb\r\n\r\n", "400 folded-header"},
      {"GET / HTTP/1.1\r\n " HOST "\r\n", "400 folded-header"},
      {"GET / HTTP/1.1\r\n\r\n", "400 bad-host"},
      {"GET / HTTP/1.1\r\n" HOST HOST "\r\n", "400 bad-host"},
      {"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "400 bad-host"},
      {"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "400 bad-host"},
      {"GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", "400 bad-host"},
      {"GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", "400 bad-host"},
      {"GET / HTTP/1.1\r\nHost: a:1:2\r\n\r\n", "400 bad-host"},
      {"GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", "400 bad-host"},
      {"GET / HTTP/1.1\r\nHost: [::1]a\r\n\r\n", "400 bad-host"},
      {"GET / HTTP/1.0\r\n" HOST HOST "\r\n", "400 bad-host"},
      {"POST / HTTP/1.1\r\n" HOST "Expect: money\r\n\r\n", "417 bad-expect"},
  };
  CHECK_ALL(list);
}

static void lone_line_ends_are_refused(void **state) {
  (void)state;
  static const struct exchange list[] = {
      {"GET / HTTP/1.1\n" HOST "\r\n", "400 bare-lf"},
      {"GET / HTTP/1.1\r\nHost: a\n\r\n", "400 bare-lf"},
      {"GET / HTTP/1.1\r\nHost: a\r\n\n", "400 bare-lf"},
      {"\nGET / HTTP/1.1\r\n" HOST "\r\n", "400 bare-lf"},
      {"GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", "400 bare-lf"},
      {"GET /\r HTTP/1.1\r\n" HOST "\r\n", "400 bare-lf"},
      {"GET / HTTP/1.1\r\nHost: a\r\r\n\r\n", "400 bare-lf"},
  };
  CHECK_ALL(list);
}

/* Two readers in a row, a proxy and we, must see the same end of a request. */
static void what_could_be_framed_in_two_ways_is_refused(void **state) {
  (void)state;
  static const struct exchange list[] = {
      {"POST / HTTP/1.1\r\n" HOST
       "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       "400 length-and-chunked"},
      {"POST / HTTP/1.1\r\n" HOST
       "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
       "400 length-and-chunked"},
      {"POST / HTTP/1.1\r\n" HOST
       "Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
       "400 bad-length"},
      {"POST / HTTP/1.1\r\n" HOST
       "Content-Length: 5\r\nContent-Length: 5\r\n\r\nabcde",
       "400 bad-length"},
      {"POST / HTTP/1.1\r\n" HOST "Content-Length: 5, 5\r\n\r\nabcde",
       "400 bad-length"},
      {"POST / HTTP/1.1\r\n" HOST "Content-Length: +5\r\n\r\nabcde",
       "400 bad-length"},
      {"POST / HTTP/1.1\r\n" HOST "Content-Length: -5\r\n\r\nabcde",
       "400 bad-length"},
      {"POST / HTTP/1.1\r\n" HOST "Content-Length: 0x5\r\n\r\nabcde",
       "400 bad-length"},
      {"POST / HTTP/1.1\r\n" HOST "Content-Length: 5 5\r\n\r\nabcde",
       "400 bad-length"},
      {"POST / HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\n", "400 bad-length"},
      {"POST / HTTP/1.1\r\n" HOST
       "Content-Length: 18446744073709551621\r\n\r\nabcde",
       "413 body-too-large"},
      {"POST / HTTP/1.1\r\n" HOST "Content-Length: 262145\r\n\r\n",
       "413 body-too-large"},
      {"POST / HTTP/1.1\r\n" HOST
       "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"
       "0\r\n\r\n",
       "400 bad-transfer-encoding"},
      {"POST / HTTP/1.1\r\n" HOST
       "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n",
       "400 bad-transfer-encoding"},
      {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       "400 bad-transfer-encoding"},
      {"POST / HTTP/1.1\r\n" HOST
       "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
       "501 unknown-transfer-encoding"},
      {"POST / HTTP/1.1\r\n" HOST
       "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
       "400 bad-transfer-encoding"},
      {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\n",
       "400 bad-transfer-encoding"},
      {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: \"chunked\"\r\n\r\n",
       "400 bad-transfer-encoding"},
      {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding:\r\n\r\n",
       "400 bad-transfer-encoding"},
      {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding : chunked\r\n\r\n",
       "400 bad-header"},
      {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding:\x0b"
       "chunked\r\n\r\n",
       "400 bad-header"},
  };
  CHECK_ALL(list);
}

static void bad_chunks_are_refused(void **state) {
  (void)state;
#define CHUNKED "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
#define REFUSED "POST / 400 bad-chunk"
  static const struct exchange list[] = {
      {CHUNKED "\r\n", REFUSED},
      {CHUNKED "g\r\n", REFUSED},
      {CHUNKED "-1\r\nx\r\n", REFUSED},
      {CHUNKED "+1\r\nx\r\n", REFUSED},
      {CHUNKED "0x1\r\nx\r\n", REFUSED},
      {CHUNKED " 1\r\nx\r\n", REFUSED},
      {CHUNKED "1 \r\nx\r\n", REFUSED},
      {CHUNKED "1\nx\r\n0\r\n\r\n", REFUSED},
      {CHUNKED "1;a\nx\r\n0\r\n\r\n", REFUSED},
      {CHUNKED "1;a\rx\r\n0\r\n\r\n", REFUSED},
      {CHUNKED "1;\x01\r\nx\r\n", REFUSED},
      {CHUNKED "1\r\nxy\r\n0\r\n\r\n", REFUSED},
      {CHUNKED "2\r\nx\r\n0\r\n\r\n", REFUSED},
      {CHUNKED "1\r\nx\n0\r\n\r\n", REFUSED},
      {CHUNKED "1\r\nx\r0\r\n\r\n", REFUSED},
      {CHUNKED "0\r\nbad trailer: x\r\n\r\n", REFUSED},
      {CHUNKED "0\r\n folded\r\n\r\n", REFUSED},
      {CHUNKED "0\r\nA: b\nC: d\r\n\r\n", REFUSED},
      {CHUNKED "0\r\n\rx", REFUSED},
      {CHUNKED "ffffffffffffffff1\r\n", REFUSED},
      {CHUNKED "0000000000000000\r\n", REFUSED},
      {CHUNKED "fffffffffffffff\r\n", "POST / 413 body-too-large"},
      {CHUNKED "40001\r\n", "POST / 413 body-too-large"},
  };
  CHECK_ALL(list);
#undef REFUSED
#undef CHUNKED
}

/* NUL cannot stand in the tables above. */
static void nul_is_refused_everywhere(void **state) {
  (void)state;
  static const char *const good =
      "GET /a?b HTTP/1.1\r\nHost: a\r\nX: value\r\n\r\n";
  for (size_t at = 0; at < strlen(good); at++) {
    char bytes[64];
    struct reader r;
    reader_begin(&r);
    memcpy(bytes, good, strlen(good));
    bytes[at] = '\0';
    const struct text all = {bytes, strlen(good)};
    const char *said = reader_read(&r, all, all.len);
    if (at == all.len - 1 || at == all.len - 3) {
      assert_string_equal(said, ""); /* no empty line: the head goes on */
    } else {
      assert_int_equal(strncmp(said, "400 ", 4), 0);
    }
  }
}

/* The answer to a request of which one part has @count bytes; byte by byte it
 * must be the same. */
static const char *answer_to_long(const char *before, size_t count,
                                  const char *after) {
  static struct reader whole;
  static struct reader pieces;
  struct test_mem tm;
  struct textbuf b;
  test_mem_init(&tm);
  textbuf_init(&b, &tm.mem);
  textbuf_add(&b, text_from(before));
  for (size_t i = 0; i < count; i++) {
    textbuf_add_char(&b, 'x');
  }
  textbuf_add(&b, text_from(after));
  reader_begin(&whole);
  reader_begin(&pieces);
  (void)reader_read(&whole, textbuf_text(&b), b.len);
  (void)reader_read(&pieces, textbuf_text(&b), 1);
  textbuf_free(&b);
  assert_string_equal(whole.said, pieces.said);
  return whole.said;
}

static void lengths_are_limited(void **state) {
  (void)state;
  /* "GET /" + n + " HTTP/1.1\r\n" */
  assert_int_equal(
      strncmp(answer_to_long("GET /", 8192 - 16, " HTTP/1.1\r\n" HOST "\r\n"),
              "GET /xxx", 8),
      0);
  assert_string_equal(
      answer_to_long("GET /", 8192 - 15, " HTTP/1.1\r\n" HOST "\r\n"),
      "414 target-too-long");
  assert_string_equal(answer_to_long("GET /", 100000, ""),
                      "414 target-too-long");
  /* "Host: a\r\nX: " + n + "\r\n\r\n" */
  const char *before = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
  assert_string_equal(answer_to_long(before, 16384 - 16, "\r\n\r\n"),
                      "GET / []");
  assert_string_equal(answer_to_long(before, 16384 - 15, "\r\n\r\n"),
                      "431 headers-too-large");
  assert_string_equal(answer_to_long(before, 100000, "\n"),
                      "431 headers-too-large");
  const char *chunk =
      "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;";
  assert_string_equal(answer_to_long(chunk, 8191, "\r\ny\r\n0\r\n\r\n"),
                      "PUT / [y]");
  assert_string_equal(answer_to_long(chunk, 8192, "\r\ny\r\n0\r\n\r\n"),
                      "PUT / 400 bad-chunk");
}

static void headers_are_counted(void **state) {
  (void)state;
  for (size_t count = 63; count <= 65; count++) {
    char bytes[2048];
    struct reader r;
    size_t len =
        (size_t)snprintf(bytes, sizeof bytes, "GET / HTTP/1.1\r\n" HOST);
    for (size_t i = 1; i < count; i++) {
      len += (size_t)snprintf(bytes + len, sizeof bytes - len, "A: b\r\n");
    }
    len += (size_t)snprintf(bytes + len, sizeof bytes - len, "\r\n");
    reader_begin(&r);
    assert_string_equal(reader_read(&r, (struct text){bytes, len}, len),
                        count <= 64 ? "GET / []" : "431 too-many-headers");
  }
}

static void a_header_is_found_whatever_its_case(void **state) {
  (void)state;
  const struct net_limits limits = net_limits_default();
  const struct text head =
      TEXT("GET / HTTP/1.1\r\nHOST: a\r\nx-Id: \t 1 2 \t\r\nX-ID: 3\r\n\r\n");
  struct http_head h;
  assert_int_equal(http_parse_request(head, &limits, &h), HTTP_FAULT_NONE);
  const size_t at = http_head_find(&h, head, TEXT("X-Id"));
  assert_int_equal(at, 1);
  assert_true(
      text_equal(http_span_text(head, h.fields[at].value), TEXT("1 2")));
  assert_int_equal(http_head_find(&h, head, TEXT("x-i")), h.field_count);
}

static void responses_are_framed_by_what_was_asked(void **state) {
  (void)state;
  const struct net_limits limits = net_limits_default();
  static const struct {
    const char *head;
    enum http_method method;
    enum http_framing framing;
  } list[] = {
      {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", HTTP_GET,
       HTTP_BY_LENGTH},
      {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", HTTP_HEAD, HTTP_NO_BODY},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", HTTP_GET,
       HTTP_CHUNKED},
      {"HTTP/1.1 200\r\n\r\n", HTTP_GET, HTTP_TO_END},
      {"HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", HTTP_GET, HTTP_NO_BODY},
      {"HTTP/1.1 204 No Content\r\n\r\n", HTTP_GET, HTTP_NO_BODY},
      {"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", HTTP_GET,
       HTTP_NO_BODY},
      {"HTTP/1.1 100 Continue\r\n\r\n", HTTP_POST, HTTP_NO_BODY},
  };
  for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
    struct http_head h;
    assert_int_equal(http_parse_response(text_from(list[i].head),
                                         list[i].method, &limits, &h),
                     HTTP_FAULT_NONE);
    assert_int_equal(h.framing, list[i].framing);
  }
  static const char *const bad[] = {
      "HTTP/1.1 20 OK\r\n\r\n",   "HTTP/1.1 2000 OK\r\n\r\n",
      "HTTP/1.1 -20 OK\r\n\r\n",  "HTTP/1.1 700 OK\r\n\r\n",
      "HTTP/1.1  200 OK\r\n\r\n", "HTTP/1.1\r\n\r\n",
      "HTTP/2.0 200 OK\r\n\r\n",  "ICY 200 OK of some more\r\n\r\n"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    struct http_head h;
    assert_int_not_equal(
        http_parse_response(text_from(bad[i]), HTTP_GET, &limits, &h),
        HTTP_FAULT_NONE);
  }
}

static void lists_are_searched_by_element(void **state) {
  (void)state;
  assert_true(http_list_has(TEXT("a, Upgrade\t,b"), TEXT("upgrade")));
  assert_true(http_list_has(TEXT(",,x"), TEXT("X")));
  assert_false(http_list_has(TEXT("upgraded, up grade"), TEXT("upgrade")));
  assert_false(http_list_has(TEXT(""), TEXT("upgrade")));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(good_requests_are_read),
      cmocka_unit_test(pipelined_requests_come_one_after_the_other),
      cmocka_unit_test(bad_first_lines_are_refused),
      cmocka_unit_test(bad_headers_are_refused),
      cmocka_unit_test(lone_line_ends_are_refused),
      cmocka_unit_test(what_could_be_framed_in_two_ways_is_refused),
      cmocka_unit_test(bad_chunks_are_refused),
      cmocka_unit_test(nul_is_refused_everywhere),
      cmocka_unit_test(lengths_are_limited),
      cmocka_unit_test(headers_are_counted),
      cmocka_unit_test(a_header_is_found_whatever_its_case),
      cmocka_unit_test(responses_are_framed_by_what_was_asked),
      cmocka_unit_test(lists_are_searched_by_element),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
