/* Every spelling of an address of the inside, in every place of a URL: no call
 * of a script reaches a server there.
 *
 *   test_ssrf             as a centre would be set up
 *   test_ssrf --control   the same with the inside opened: the canary must sing
 */
#include "net/outbound.h"
#include "world.h"

/* All of them mean this machine to somebody. */
static const char *const hosts[] = {
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "127.000.000.001",
    "0127.0.0.1",
    "0x7f.0.0.1",
    "0x7f000001",
    "0X7F000001",
    "2130706433",
    "017700000001",
    "0177.0.0.01",
    "0177.0x0.0.1",
    "127.0.0.1.",
    "127.127.127.127",
    "127.255.255.254",
    "0.0.0.0",
    "0",
    "00",
    "0x0",
    "0.0",
    "[::1]",
    "[::]",
    "[0:0:0:0:0:0:0:1]",
    "[0000:0000:0000:0000:0000:0000:0000:0001]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::ffff:7f00:0001]",
    "[0:0:0:0:0:ffff:127.0.0.1]",
    "[::127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "[::1%25lo]",
    "[::1%lo]",
    "localhost",
    "LOCALHOST",
    "LocalHost",
    "localhost.",
    "%31%32%37.0.0.1",
    "127%2e0%2e0%2e1",
    "loc%61lhost",
    "\xe2\x91\xa0\xe2\x91\xa1\xe2\x91\xa6.0.0.1",
    "%31%32%37%2e0%2e0%2e1",
    "\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1",
    "1.0.0.127.in-addr.arpa",
    "127.0.0.1\t",
    "127.0.0.1%00.allowed.example",
    "127.0.0.1%09",
    "allowed.example@127.0.0.1",
    "allowed.example:80@127.0.0.1",
    "allowed.example%40127.0.0.1",
    "allowed.example@[::1]"};

/* Where such a host stands: as it is, and dressed up. */
static const char *const places[] = {
    "http://%s:%u/canary", "HTTP://user:secret@%s:%u/canary#x",
    "http://%s:%u\\@allowed.example/canary", "http:\\\\%s:%u\\canary"};

enum {
  HOSTS = sizeof hosts / sizeof hosts[0],
  PLACES = sizeof places / sizeof places[0]
};

static bool opened; /* the control */

static void on_reply(void *ctx, const struct outbound_reply *r) {
  struct world *w = ctx;
  textbuf_addf(&w->log, "reply %d %.*s\n", r->status, TEXT_ARG(r->reason));
}

static struct outbound *begin(struct world *w) {
  char rules[3][64];
  struct text allow[3];
  struct outbound *o = NULL;
  world_begin(w);
  world_listen(w);
  (void)snprintf(rules[0], sizeof rules[0], "localhost:%u", w->port);
  (void)snprintf(rules[1], sizeof rules[1], "allowed.example:%u", w->port);
  (void)snprintf(rules[2], sizeof rules[2], "127.0.0.0/8:%u", w->port);
  for (int i = 0; i < 3; i++) {
    allow[i] = text_from(rules[i]);
  }
  const struct outbound_rules r = {allow, opened ? 3 : 2, 1000, TEXT("")};
  assert_int_equal(outbound_create(w->loop, &r, &o), BT_ERR_OK);
  return o;
}

/* Was the server asked? */
static bool reaches(struct world *w, struct outbound *o, const char *url) {
  const struct outbound_request request = {.method = TEXT("GET"),
                                           .url = text_from(url),
                                           .body = TEXT(""),
                                           .timeout_ms = 20000};
  assert_int_equal(outbound_call(o, &request, on_reply, w), BT_ERR_OK);
  world_await(w, "reply");
  return strstr(world_log(w), "GET /") != NULL;
}

static unsigned count_hits(struct world *w, struct outbound *o) {
  unsigned hits = 0;
  for (size_t i = 0; i < (size_t)HOSTS * PLACES; i++) {
    char url[256];
    /* The places are the test's own. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    (void)snprintf(url, sizeof url, places[i % PLACES], hosts[i / PLACES],
                   w->port);
#pragma GCC diagnostic pop
    const bool hit = reaches(w, o, url);
    if (hit && !opened) {
      print_error("the canary was reached by %s\n", url);
    }
    hits += hit;
  }
  return hits;
}

static void no_spelling_leads_inside(void **state) {
  (void)state;
  struct world w;
  struct outbound *o = begin(&w);
  const unsigned hits = count_hits(&w, o);
  print_message("%s%d forms of addresses, %u reached the canary\n",
                opened ? "opened on purpose: " : "", HOSTS * PLACES, hits);
  assert_true(opened ? hits > 0 : hits == 0);
  outbound_free(o);
  world_end(&w);
}

int main(int argc, char **argv) {
  opened = argc == 2 && strcmp(argv[1], "--control") == 0;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(no_spelling_leads_inside)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
