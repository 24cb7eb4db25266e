/* Calls to other hosts: what the rules let through, and how a call can end. */
#include "net/outbound_priv.h"
#include "world.h"

/* ---- rules */

static bool allows(const char *rule, const char *scheme, const char *host,
                   uint16_t port) {
  struct outbound_rule r;
  const char *why;
  assert_true(outbound_read_rule(text_from(rule), &r, &why));
  return outbound_rule_allows(&r, text_from(scheme), text_from(host), port);
}

static void a_rule_names_a_host(void **state) {
  (void)state;
  assert_true(allows("api.example.com", "https", "API.example.com", 443));
  assert_true(allows("api.example.com", "http", "api.example.com.", 80));
  assert_false(allows("api.example.com", "https", "api.example.com", 8443));
  assert_true(allows("api.example.com:8443", "https", "api.example.com", 8443));
  assert_false(
      allows("https://api.example.com", "http", "api.example.com", 80));
  assert_false(allows("api.example.com", "https", "example.com", 443));
  assert_false(allows("api.example.com", "https", "evil-api.example.com", 443));
  assert_true(allows("*.example.com", "https", "a.b.example.com", 443));
  assert_false(allows("*.example.com", "https", "example.com", 443));
  assert_false(allows("*.example.com", "https", "example.com.evil.org", 443));
}

static void a_rule_names_an_address_or_a_network(void **state) {
  (void)state;
  assert_true(allows("127.0.0.1:9000", "http", "127.0.0.1", 9000));
  assert_true(allows("10.0.0.0/8", "http", "10.200.0.1", 80));
  assert_false(allows("10.0.0.0/8", "http", "11.0.0.1", 80));
  assert_false(allows("10.0.0.0/8", "http", "crm.internal", 80));
  assert_true(allows("[fd00::]/8", "http", "[fd12::1]", 80));
  assert_true(allows("::1", "http", "[::1]", 80));
  assert_true(allows("http://[::1]:81", "http", "[::1]", 81));
  /* the same address in another dress */
  assert_true(allows("127.0.0.1", "http", "[::ffff:127.0.0.1]", 80));
}

static void what_is_no_rule_is_told(void **state) {
  (void)state;
  static const char *const wrong[] = {"",
                                      "ftp://a.example",
                                      "a.example:0",
                                      "a.example:70000",
                                      "a/24",
                                      "10.0.0.0/33",
                                      "https://a.example/path",
                                      "*",
                                      "*.",
                                      "user@a.example",
                                      "a b",
                                      "-a.example",
                                      "http://",
                                      ".example.com",
                                      "[::1]/129"};
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    const char *why = NULL;
    if (outbound_check_rule(text_from(wrong[i]), &why)) {
      fail_msg("'%s' passes for a rule", wrong[i]);
    }
    assert_non_null(why);
  }
}

static bool inside(const char *address) {
  struct outbound_rule r;
  const char *why;
  assert_true(outbound_read_rule(text_from(address), &r, &why));
  assert_true(r.bits == 128);
  return outbound_is_inside(&r.network);
}

static void addresses_of_the_inside_are_known(void **state) {
  (void)state;
  static const char *const in[] = {"127.0.0.1",
                                   "127.255.0.9",
                                   "10.0.0.1",
                                   "172.31.255.255",
                                   "192.168.1.1",
                                   "169.254.169.254",
                                   "100.64.0.1",
                                   "0.0.0.0",
                                   "224.0.0.1",
                                   "255.255.255.255",
                                   "198.19.0.1",
                                   "::1",
                                   "::",
                                   "fe80::1",
                                   "fd00::1",
                                   "ff02::1",
                                   "::ffff:10.0.0.1",
                                   "64:ff9b::7f00:1",
                                   "2002:7f00:1::",
                                   "2001::1",
                                   "192.0.2.1",
                                   "198.51.100.1",
                                   "203.0.113.1",
                                   "192.88.99.1",
                                   "2001:db8::1",
                                   "3fff:fff::1",
                                   "::127.0.0.1"};
  static const char *const out[] = {
      "8.8.8.8",         "172.32.0.1",       "11.0.0.1",       "100.128.0.1",
      "2606:4700::1111", "64:ff9b::808:808", "2002:808:808::", "192.169.0.1",
      "192.0.3.1",       "2001:db9::1",      "3fff:1000::1"};
  for (size_t i = 0; i < sizeof in / sizeof in[0]; i++) {
    if (!inside(in[i])) {
      fail_msg("%s passes for an address outside", in[i]);
    }
  }
  for (size_t i = 0; i < sizeof out / sizeof out[0]; i++) {
    if (inside(out[i])) {
      fail_msg("%s passes for an address inside", out[i]);
    }
  }
}

static bool opens(const char *rule, const char *scheme, uint16_t port) {
  struct outbound_rule r, address;
  const char *why;
  assert_true(outbound_read_rule(text_from(rule), &r, &why));
  assert_true(outbound_read_rule(TEXT("127.0.0.1"), &address, &why));
  return outbound_rule_opens(&r, text_from(scheme), &address.network, port);
}

/* A name that leads inside reaches the service that is named, and no other of
 * that machine. */
static void an_address_is_opened_for_its_own_port_only(void **state) {
  (void)state;
  assert_true(opens("127.0.0.1:8081", "http", 8081));
  assert_true(opens("127.0.0.1:8081", "https", 8081));
  assert_false(opens("127.0.0.1:8081", "http", 80));
  assert_false(opens("127.0.0.1:8081", "https", 443));
  assert_true(opens("127.0.0.0/8", "http", 80));
  assert_true(opens("127.0.0.1", "https", 443));
  assert_false(opens("127.0.0.1", "https", 8443));
  assert_true(opens("https://127.0.0.1:8443", "https", 8443));
  assert_false(opens("https://127.0.0.1:8443", "http", 8443));
  assert_false(opens("localhost:8081", "http", 8081));
}

/* ---- calls */

static void on_reply(void *ctx, const struct outbound_reply *r) {
  struct world *w = ctx;
  textbuf_addf(&w->log, "reply %d [%.*s] %.*s\n", r->status, TEXT_ARG(r->body),
               TEXT_ARG(r->reason));
}

struct outside {
  struct world w;
  struct outbound *o;
  char url[128];
};

/* @text with the server's port for "PORT". */
static void with_port(const struct outside *x, const char *text, char *out,
                      size_t size) {
  const struct text t = text_from(text);
  const size_t at = text_find(t, TEXT("PORT"), 0);
  const struct text rest = text_sub(t, at + 4, t.len);
  const int n = at == t.len ? snprintf(out, size, "%s", text)
                            : snprintf(out, size, "%.*s%u%.*s", (int)at, text,
                                       x->w.port, TEXT_ARG(rest));
  assert_true(n >= 0 && (size_t)n < size);
}

static void begin(struct outside *x, const char *rule, size_t reply_bytes) {
  char text[64];
  world_begin(&x->w);
  world_listen(&x->w);
  with_port(x, rule, text, sizeof text);
  const struct text allow = text_from(text);
  const struct outbound_rules rules = {&allow, rule[0] == '\0' ? 0 : 1,
                                       reply_bytes, TEXT("")};
  assert_int_equal(outbound_create(x->w.loop, &rules, &x->o), BT_ERR_OK);
}

static void end(struct outside *x) {
  outbound_free(x->o);
  world_end(&x->w);
}

static void call(struct outside *x, const char *method, const char *url,
                 const char *body) {
  const struct http_header header = {TEXT("X-Test"), TEXT("1")};
  with_port(x, url, x->url, sizeof x->url);
  const struct outbound_request request = {.method = text_from(method),
                                           .url = text_from(x->url),
                                           .body = text_from(body),
                                           .headers = &header,
                                           .header_count = 1,
                                           .timeout_ms = 5000};
  assert_int_equal(outbound_call(x->o, &request, on_reply, &x->w), BT_ERR_OK);
}

static void a_listed_host_answers(void **state) {
  (void)state;
  struct outside x;
  begin(&x, "127.0.0.1:PORT", 1000);
  call(&x, "POST", "http://127.0.0.1:PORT/echo?a=b", "hello");
  assert_string_equal(world_log(&x.w), ""); /* not from inside the call */
  world_await(&x.w, "reply");
  assert_string_equal(world_log(&x.w),
                      "POST /echo [hello]\nreply 200 [hello] \n");
  call(&x, "GET", "http://127.0.0.1:PORT/missing", "");
  world_await(&x.w, "reply");
  assert_string_equal(world_log(&x.w),
                      "GET /missing []\nreply 404 [unknown] \n");
  call(&x, "DELETE", "http://127.0.0.1:PORT/nothing", "");
  world_await(&x.w, "reply");
  assert_non_null(strstr(world_log(&x.w), "reply 204 []"));
  end(&x);
}

static void expect_reason(struct outside *x, const char *reason) {
  world_await(&x->w, "reply");
  const char *log = world_log(&x->w);
  if (strstr(log, reason) == NULL) {
    fail_msg("wanted %s, found %s", reason, log);
  }
  assert_non_null(strstr(log, "reply -1 []"));
  assert_null(strstr(log, "GET ")); /* the server was not asked */
}

static void what_is_not_listed_is_not_called(void **state) {
  (void)state;
  struct outside x;
  begin(&x, "", 1000);
  call(&x, "GET", "http://127.0.0.1:PORT/echo", "");
  expect_reason(&x, "blocked by policy: rest.allow of the centre does not name "
                    "127.0.0.1:");
  call(&x, "GET", "file:///etc/passwd", "");
  expect_reason(&x, "blocked by policy: only http:// and https://");
  call(&x, "GET", "gopher://127.0.0.1/", "");
  expect_reason(&x, "blocked by policy: only http:// and https://");
  call(&x, "GET", "not a url", "");
  expect_reason(&x, "failed: this is no URL");
  end(&x);
}

/* A listed name that leads to this machine: the address is not listed. */
static void a_name_that_leads_inside_is_blocked(void **state) {
  (void)state;
  struct outside x;
  begin(&x, "localhost:PORT", 1000);
  call(&x, "GET", "http://localhost:PORT/echo", "");
  expect_reason(&x, "blocked by policy: the host's address is one of this "
                    "machine");
  end(&x);
}

static void how_a_call_can_fail(void **state) {
  (void)state;
  struct outside x;
  begin(&x, "nowhere.invalid:PORT", 4);
  call(&x, "GET", "http://nowhere.invalid:PORT/", "");
  expect_reason(&x, "DNS: ");
  end(&x);

  begin(&x, "127.0.0.1:PORT", 4);
  call(&x, "POST", "http://127.0.0.1:PORT/echo", "hello");
  world_await(&x.w, "reply");
  assert_non_null(strstr(
      world_log(&x.w), "reply -1 [] too large: a reply holds 4 bytes at most"));
  call(&x, "GET", "https://127.0.0.1:PORT/echo", "");
  expect_reason(&x, "TLS: ");
  end(&x);

  begin(&x, "127.0.0.1:1", 4);
  call(&x, "GET", "http://127.0.0.1:1/", "");
  expect_reason(&x, "refused: ");
  end(&x);
}

/* The server listens at a second port, and both may be called. */
static uint16_t add_port(struct outside *x) {
  uint16_t port = 0;
  char rules[2][64];
  assert_int_equal(http_server_listen(x->w.server, "127.0.0.1", 0, &port),
                   BT_ERR_OK);
  (void)snprintf(rules[0], sizeof rules[0], "127.0.0.1:%u", x->w.port);
  (void)snprintf(rules[1], sizeof rules[1], "127.0.0.1:%u", port);
  const struct text allow[] = {text_from(rules[0]), text_from(rules[1])};
  const struct outbound_rules both = {allow, 2, 1000, TEXT("")};
  assert_int_equal(outbound_set_rules(x->o, &both), BT_ERR_OK);
  return port;
}

/* The request that waits at the server, the @n-th of all; its log line goes. */
static struct http_request *await_request(struct outside *x, size_t n) {
  const int64_t deadline_us = world_deadline();
  while (x->w.waiting_count < n) {
    world_turn(&x->w, deadline_us);
  }
  struct http_request *req =
      http_request_find(x->w.server, x->w.waiting[n - 1]);
  assert_non_null(req);
  return req;
}

static void redirect(struct http_request *req, int status, const char *to) {
  const struct http_header location = {TEXT("Location"), text_from(to)};
  assert_int_equal(http_respond(req, status, &location, 1, TEXT("")),
                   BT_ERR_OK);
}

static void start(struct outside *x, const char *method, const char *body,
                  int64_t timeout_ms) {
  static const struct http_header headers[] = {
      {{"Authorization", sizeof "Authorization" - 1},
       {"Bearer secret", sizeof "Bearer secret" - 1}},
      {{"X-Api-Key", sizeof "X-Api-Key" - 1}, {"secret", sizeof "secret" - 1}},
      {{"Accept", sizeof "Accept" - 1},
       {"text/plain", sizeof "text/plain" - 1}}};
  with_port(x, "http://127.0.0.1:PORT/wait", x->url, sizeof x->url);
  const struct outbound_request request = {.method = text_from(method),
                                           .url = text_from(x->url),
                                           .body = text_from(body),
                                           .headers = headers,
                                           .header_count = 3,
                                           .timeout_ms = timeout_ms};
  assert_int_equal(outbound_call(x->o, &request, on_reply, &x->w), BT_ERR_OK);
}

static bool carries_secrets(struct http_request *req) {
  assert_true(
      text_equal(http_request_header(req, TEXT("accept")), TEXT("text/plain")));
  const bool key = http_request_header(req, TEXT("x-api-key")).len > 0;
  const bool token = http_request_header(req, TEXT("authorization")).len > 0;
  assert_int_equal(key, token);
  return key;
}

static void a_redirect_takes_no_secret_to_another_port(void **state) {
  (void)state;
  struct outside x;
  char to[64];
  begin(&x, "127.0.0.1:PORT", 1000);
  (void)snprintf(to, sizeof to, "http://127.0.0.1:%u/wait", add_port(&x));
  start(&x, "GET", "", 5000);
  redirect(await_request(&x, 1), 302, "/wait"); /* the same server */
  assert_true(carries_secrets(await_request(&x, 2)));
  redirect(await_request(&x, 2), 302, to);
  assert_false(carries_secrets(await_request(&x, 3)));
  redirect(await_request(&x, 3), 302, x.url); /* and back: not again */
  assert_false(carries_secrets(await_request(&x, 4)));
  (void)http_respond(await_request(&x, 4), 200, NULL, 0, TEXT("there"));
  world_await(&x.w, "reply 200 [there]");
  end(&x);
}

static void a_redirect_takes_no_body_to_another_port(void **state) {
  (void)state;
  struct outside x;
  char to[64];
  begin(&x, "127.0.0.1:PORT", 1000);
  (void)snprintf(to, sizeof to, "http://127.0.0.1:%u/wait", add_port(&x));
  start(&x, "POST", "personal", 5000);
  redirect(await_request(&x, 1), 307, to);
  world_await(&x.w, "reply -1 [] blocked by policy: a redirect (307) would "
                    "send the request's body to another server");
  assert_int_equal(x.w.waiting_count, 1);
  end(&x);
}

/* RFC 9110, 15.4: 301 and 302 may make GET of POST, and of nothing else. */
static void a_redirect_turns_only_post_into_get(void **state) {
  (void)state;
  struct outside x;
  begin(&x, "127.0.0.1:PORT", 1000);
  start(&x, "PUT", "new", 5000);
  redirect(await_request(&x, 1), 301, "/wait");
  assert_int_equal(http_request_method(await_request(&x, 2)), HTTP_PUT);
  assert_true(text_equal(http_request_body(await_request(&x, 2)), TEXT("new")));
  redirect(await_request(&x, 2), 303, "/wait");
  assert_int_equal(http_request_method(await_request(&x, 3)), HTTP_GET);
  (void)http_respond(await_request(&x, 3), 204, NULL, 0, TEXT(""));
  world_await(&x.w, "reply 204");
  start(&x, "POST", "new", 5000);
  redirect(await_request(&x, 4), 302, "/wait");
  assert_int_equal(http_request_method(await_request(&x, 5)), HTTP_GET);
  assert_int_equal(http_request_body(await_request(&x, 5)).len, 0);
  (void)http_respond(await_request(&x, 5), 204, NULL, 0, TEXT(""));
  world_await(&x.w, "reply 204");
  end(&x);
}

/* What each hop took is gone for those behind it. */
static void redirects_share_the_time_of_their_call(void **state) {
  (void)state;
  struct outside x;
  begin(&x, "127.0.0.1:PORT", 1000);
  start(&x, "GET", "", 2000);
  (void)await_request(&x, 1);
  const struct outbound_one *one =
      LINK_OWNER(x.o->calls.next, struct outbound_one, link);
  const int64_t until_us = one->until_us;
  assert_true(until_us > 0);
  redirect(await_request(&x, 1), 302, "/wait");
  (void)await_request(&x, 2);
  assert_int_equal(one->until_us, until_us);
  world_await(&x.w, "reply -1 [] timeout: ");
  assert_true(loop_now_us() >= until_us - 2000);
  end(&x);
}

static void headers_cannot_be_smuggled(void **state) {
  (void)state;
  struct outside x;
  begin(&x, "127.0.0.1:PORT", 1000);
  (void)snprintf(x.url, sizeof x.url, "http://127.0.0.1:%u/echo", x.w.port);
  const struct http_header header = {TEXT("X-A"), TEXT("1\r\nX-B: 2")};
  const struct outbound_request request = {.method = TEXT("GET"),
                                           .url = text_from(x.url),
                                           .body = TEXT(""),
                                           .headers = &header,
                                           .header_count = 1,
                                           .timeout_ms = 1000};
  assert_int_equal(outbound_call(x.o, &request, on_reply, &x.w), BT_ERR_OK);
  expect_reason(&x, "failed: the header 'X-A' holds a line end");
  end(&x);
}

static void calls_under_way_are_dropped(void **state) {
  (void)state;
  struct outside x;
  begin(&x, "127.0.0.1:PORT", 1000);
  call(&x, "GET", "http://127.0.0.1:PORT/echo", "");
  call(&x, "GET", "http://127.0.0.2:PORT/echo", "");
  end(&x);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_rule_names_a_host),
      cmocka_unit_test(a_rule_names_an_address_or_a_network),
      cmocka_unit_test(what_is_no_rule_is_told),
      cmocka_unit_test(addresses_of_the_inside_are_known),
      cmocka_unit_test(an_address_is_opened_for_its_own_port_only),
      cmocka_unit_test(a_listed_host_answers),
      cmocka_unit_test(what_is_not_listed_is_not_called),
      cmocka_unit_test(a_name_that_leads_inside_is_blocked),
      cmocka_unit_test(how_a_call_can_fail),
      cmocka_unit_test(a_redirect_takes_no_secret_to_another_port),
      cmocka_unit_test(a_redirect_takes_no_body_to_another_port),
      cmocka_unit_test(a_redirect_turns_only_post_into_get),
      cmocka_unit_test(redirects_share_the_time_of_their_call),
      cmocka_unit_test(headers_cannot_be_smuggled),
      cmocka_unit_test(calls_under_way_are_dropped),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
