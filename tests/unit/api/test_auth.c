#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "api/auth.h"
#include "support.h"

struct given {
  struct test_mem tm;
  struct auth auth;
};

static struct api_token token(const char *secret, enum role role,
                              const char *subject) {
  struct api_token t = {.role = role, .subject = text_from(subject)};
  api_hash_token(text_from(secret), t.sha256);
  return t;
}

static void give(struct given *g) {
  test_mem_init(&g->tm);
  auth_init(&g->auth, &g->tm.mem, TEXT("server secret"));
  const struct api_token tokens[] = {token("t-anna", ROLE_AGENT, "anna"),
                                     token("t-boss", ROLE_SUPERVISOR, "boss")};
  assert_int_equal(auth_set(&g->auth, tokens, 2), BT_ERR_OK);
}

static void done(struct given *g) {
  auth_free(&g->auth);
  assert_int_equal(g->tm.live_bytes, 0);
}

static void a_token_of_the_table(void **state) {
  (void)state;
  struct given g;
  struct auth_identity who;
  give(&g);
  assert_true(auth_find(&g.auth, TEXT("t-anna"), 0, &who));
  assert_int_equal(who.role, ROLE_AGENT);
  assert_true(text_equal(who.subject, TEXT("anna")));
  assert_false(auth_find(&g.auth, TEXT("t-ann"), 0, &who));
  assert_false(auth_find(&g.auth, TEXT("t-anna "), 0, &who));
  assert_false(auth_find(&g.auth, TEXT(""), 0, &who));
  done(&g);
}

static void a_revoked_token(void **state) {
  (void)state;
  struct given g;
  struct auth_identity who;
  give(&g);
  assert_true(auth_find(&g.auth, TEXT("t-anna"), 0, &who));
  const struct auth_source source = who.source;
  assert_true(auth_still(&g.auth, &source, 0));
  const struct api_token tokens[] = {token("t-boss", ROLE_SUPERVISOR, "boss")};
  assert_int_equal(auth_set(&g.auth, tokens, 1), BT_ERR_OK);
  assert_false(auth_still(&g.auth, &source, 0));
  assert_false(auth_find(&g.auth, TEXT("t-anna"), 0, &who));
  assert_true(auth_find(&g.auth, TEXT("t-boss"), 0, &who));
  done(&g);
}

static void a_customers_token_needs_no_table(void **state) {
  (void)state;
  struct given g, restarted, other;
  struct auth_identity who;
  const struct id session = {0x0192000000007000, 0x8000000000000001};
  char made[CUSTOMER_TOKEN_TEXT];
  const struct text text = {made, sizeof made};
  give(&g);
  auth_customer_token(&g.auth, session, made);
  assert_true(auth_find(&g.auth, text, 0, &who));
  assert_int_equal(who.role, ROLE_CUSTOMER);
  assert_true(id_equal(who.session, session));
  done(&g);
  give(&restarted);
  assert_true(auth_find(&restarted.auth, text, 0, &who));
  done(&restarted);
  test_mem_init(&other.tm);
  auth_init(&other.auth, &other.tm.mem, TEXT("another"));
  assert_false(auth_find(&other.auth, text, 0, &who));
  done(&other);
}

static void a_changed_customers_token_is_none(void **state) {
  (void)state;
  struct given g;
  struct auth_identity who;
  char made[CUSTOMER_TOKEN_TEXT + 1];
  give(&g);
  for (size_t i = 0; i < CUSTOMER_TOKEN_TEXT; i++) {
    auth_customer_token(&g.auth, (struct id){1, 2}, made);
    made[i] = made[i] == '0' ? '1' : '0';
    assert_false(
        auth_find(&g.auth, (struct text){made, CUSTOMER_TOKEN_TEXT}, 0, &who));
  }
  auth_customer_token(&g.auth, (struct id){1, 2}, made);
  for (size_t len = 0; len < CUSTOMER_TOKEN_TEXT; len++) {
    assert_false(auth_find(&g.auth, (struct text){made, len}, 0, &who));
  }
  made[CUSTOMER_TOKEN_TEXT] = '0';
  assert_false(auth_find(&g.auth, (struct text){made, CUSTOMER_TOKEN_TEXT + 1},
                         0, &who));
  done(&g);
}

static void a_ticket_is_good_once(void **state) {
  (void)state;
  struct given g;
  struct auth_identity who, taken;
  const uint8_t random[AUTH_HASH] = {1, 2, 3};
  char ticket[TICKET_TEXT];
  const struct text text = {ticket, sizeof ticket};
  give(&g);
  assert_true(auth_find(&g.auth, TEXT("t-anna"), 0, &who));
  assert_int_equal(auth_make_ticket(&g.auth, &who, random, 1000, ticket),
                   BT_ERR_OK);
  assert_true(auth_take_ticket(&g.auth, text, 999, &taken));
  assert_int_equal(taken.role, ROLE_AGENT);
  assert_true(text_equal(taken.subject, TEXT("anna")));
  assert_false(auth_take_ticket(&g.auth, text, 999, &taken));
  done(&g);
}

static void a_ticket_that_is_too_old_or_revoked(void **state) {
  (void)state;
  struct given g;
  struct auth_identity who, taken;
  const uint8_t random[AUTH_HASH] = {1, 2, 3};
  char ticket[TICKET_TEXT];
  const struct text text = {ticket, sizeof ticket};
  give(&g);
  assert_true(auth_find(&g.auth, TEXT("t-anna"), 0, &who));
  assert_int_equal(auth_make_ticket(&g.auth, &who, random, 1000, ticket),
                   BT_ERR_OK);
  assert_false(auth_take_ticket(&g.auth, text, 1000, &taken));
  assert_int_equal(auth_make_ticket(&g.auth, &who, random, 1000, ticket),
                   BT_ERR_OK);
  assert_int_equal(auth_set(&g.auth, NULL, 0), BT_ERR_OK);
  assert_false(auth_take_ticket(&g.auth, text, 1, &taken));
  done(&g);
}

static bool takes(struct given *g, const char ticket[TICKET_TEXT]) {
  struct auth_identity taken;
  return auth_take_ticket(&g->auth, (struct text){ticket, TICKET_TEXT}, 1,
                          &taken);
}

static void make(struct given *g, const struct auth_identity *who, unsigned n,
                 char out[TICKET_TEXT]) {
  const uint8_t random[AUTH_HASH] = {(uint8_t)n, (uint8_t)(n >> 8),
                                     (uint8_t)who->role,
                                     (uint8_t)who->session.lo};
  assert_int_equal(auth_make_ticket(&g->auth, who, random, 1000 + n, out),
                   BT_ERR_OK);
}

static void whoever_has_enough_tickets_loses_the_own_oldest(void **state) {
  (void)state;
  struct given g;
  struct auth_identity anna, boss;
  char annas[TICKET_TEXT], bosses[TICKETS_OF_ONE + 1][TICKET_TEXT];
  give(&g);
  assert_true(auth_find(&g.auth, TEXT("t-anna"), 0, &anna));
  assert_true(auth_find(&g.auth, TEXT("t-boss"), 0, &boss));
  make(&g, &anna, 0, annas);
  for (unsigned i = 0; i <= TICKETS_OF_ONE; i++) {
    make(&g, &boss, i, bosses[i]);
  }
  assert_false(takes(&g, bosses[0]));
  for (unsigned i = 1; i <= TICKETS_OF_ONE; i++) {
    assert_true(takes(&g, bosses[i]));
  }
  assert_true(takes(&g, annas));
  done(&g);
}

/* Visitors make as many as they like: an agent's ticket stays. */
static void visitors_take_nobody_elses_ticket(void **state) {
  (void)state;
  struct given g;
  struct auth_identity anna;
  char annas[TICKET_TEXT], first[TICKET_TEXT], last[TICKET_TEXT];
  give(&g);
  assert_true(auth_find(&g.auth, TEXT("t-anna"), 0, &anna));
  make(&g, &anna, 0, annas);
  for (unsigned i = 0; i <= TICKETS_MAX; i++) {
    const struct auth_identity visitor = {
        .role = ROLE_CUSTOMER, .subject = TEXT("customer"), .session = {1, i}};
    make(&g, &visitor, i, i == 0 ? first : last);
  }
  assert_true(takes(&g, annas));
  assert_false(takes(&g, first)); /* the oldest of visitors */
  assert_true(takes(&g, last));
  done(&g);
}

static void a_token_expires(void **state) {
  (void)state;
  struct given g;
  struct auth_identity who;
  struct api_token tokens[] = {token("t-anna", ROLE_AGENT, "anna"),
                               token("t-boss", ROLE_SUPERVISOR, "boss")};
  give(&g);
  assert_int_equal(auth_next_expiry(&g.auth, 0), INT64_MAX);
  tokens[0].expires_us = 1000;
  assert_int_equal(auth_set(&g.auth, tokens, 2), BT_ERR_OK);
  assert_true(auth_find(&g.auth, TEXT("t-anna"), 999, &who));
  assert_true(auth_still(&g.auth, &who.source, 999));
  assert_false(auth_still(&g.auth, &who.source, 1000));
  assert_false(auth_find(&g.auth, TEXT("t-anna"), 1000, &who));
  assert_false(auth_has_expired(&g.auth, TEXT("t-anna"), 999));
  assert_true(auth_has_expired(&g.auth, TEXT("t-anna"), 1000));
  assert_false(auth_has_expired(&g.auth, TEXT("t-ann"), 1000));
  assert_true(auth_find(&g.auth, TEXT("t-boss"), INT64_MAX, &who));
  assert_int_equal(auth_next_expiry(&g.auth, 999), 1000);
  assert_int_equal(auth_next_expiry(&g.auth, 1000), INT64_MAX);
  done(&g);
}

static void a_token_is_bound_to_entry_points(void **state) {
  (void)state;
  struct given g;
  struct auth_identity who;
  const struct text names[] = {TEXT("shop"), TEXT("help")};
  struct api_token tokens[] = {token("t-page", ROLE_CUSTOMER, "page"),
                               token("t-web", ROLE_CUSTOMER, "web")};
  const struct text *list = NULL;
  tokens[0].entry_points = names;
  tokens[0].entry_count = 2;
  give(&g);
  assert_int_equal(auth_set(&g.auth, tokens, 2), BT_ERR_OK);
  assert_true(auth_find(&g.auth, TEXT("t-page"), 0, &who));
  assert_int_equal(auth_entry_points(&g.auth, &who.source, &list), 2);
  assert_true(text_equal(list[1], TEXT("help")));
  assert_true(auth_find(&g.auth, TEXT("t-web"), 0, &who));
  assert_int_equal(auth_entry_points(&g.auth, &who.source, &list), 0);
  done(&g);
}

/* Each allocation that setting a table makes fails in turn. */
static void without_memory_the_old_table_stands(void **state) {
  (void)state;
  struct auth_identity who;
  enum { MANY = 200 }; /* more than a chunk of the arena, and than the map */
  char secrets[MANY][8];
  struct api_token tokens[MANY];
  enum bt_err err = BT_ERR_NOMEM;
  uint64_t failed = 0;
  for (size_t i = 0; i < MANY; i++) {
    (void)snprintf(secrets[i], sizeof secrets[i], "new%zu", i);
    tokens[i] = token(secrets[i], ROLE_ADMIN, "root");
  }
  while (err != BT_ERR_OK) {
    struct given g;
    give(&g);
    g.tm.fail_at = g.tm.calls + failed + 1;
    err = auth_set(&g.auth, tokens, MANY);
    g.tm.fail_at = 0;
    assert_int_equal(auth_find(&g.auth, TEXT("t-anna"), 0, &who),
                     err != BT_ERR_OK);
    assert_int_equal(auth_find(&g.auth, TEXT("new0"), 0, &who),
                     err == BT_ERR_OK);
    failed += err == BT_ERR_NOMEM;
    done(&g);
  }
  assert_true(failed >= 3);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_token_of_the_table),
      cmocka_unit_test(a_revoked_token),
      cmocka_unit_test(a_token_expires),
      cmocka_unit_test(a_token_is_bound_to_entry_points),
      cmocka_unit_test(a_customers_token_needs_no_table),
      cmocka_unit_test(a_changed_customers_token_is_none),
      cmocka_unit_test(a_ticket_is_good_once),
      cmocka_unit_test(a_ticket_that_is_too_old_or_revoked),
      cmocka_unit_test(whoever_has_enough_tickets_loses_the_own_oldest),
      cmocka_unit_test(visitors_take_nobody_elses_ticket),
      cmocka_unit_test(without_memory_the_old_table_stands),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
