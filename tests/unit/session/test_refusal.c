/* A refusal is an answer: it has a name, a reason and a way on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <string.h>

#include "session/refusal.h"
#include "session/session.h"
#include "session/table_priv.h"

static bool is_of(const char *s, const char *more) {
  for (const char *p = s; *p != '\0'; p++) {
    if (!islower((unsigned char)*p) && strchr(more, *p) == NULL) {
      return false;
    }
  }
  return *s != '\0';
}

static void every_refusal_is_described(void **state) {
  (void)state;
  for (uint32_t i = REFUSAL_NONE + 1; i < REFUSALS; i++) {
    const struct refusal_info *r = refusal_info((enum refusal)i);
    assert_true(is_of(r->wire, "_"));
    assert_true(is_of(r->slug, "-"));
    assert_true(isupper((unsigned char)r->title[0]));
    assert_true(r->message[strlen(r->message) - 1] == '.');
    assert_in_range(r->http, 400, 599);
    assert_string_not_equal(refusal_http_text(r->http), "Error");
  }
}

/* Scripts tell refusals apart by `type`, whose last part the slug is. */
static void every_type_is_one_refusal(void **state) {
  (void)state;
  for (uint32_t i = REFUSAL_NONE + 1; i < REFUSALS; i++) {
    for (uint32_t k = REFUSAL_NONE + 1; k < i; k++) {
      assert_string_not_equal(refusal_info((enum refusal)i)->slug,
                              refusal_info((enum refusal)k)->slug);
    }
  }
}

/* What people's scripts have matched for years. */
static void a_refused_transfer_says_the_words_that_scripts_know(void **state) {
  (void)state;
  static const enum refusal by_status[] = {
      REFUSAL_BOT_NOT_ATTACHED,    REFUSAL_BOT_STILL_HOLDS,
      REFUSAL_RELEASE_IN_PROGRESS, REFUSAL_OFFER_PENDING,
      REFUSAL_WITH_AGENT,          REFUSAL_SESSION_ENDED};
  for (size_t i = 0; i < sizeof by_status / sizeof by_status[0]; i++) {
    const struct refusal_info *r = refusal_info(by_status[i]);
    assert_int_equal(r->http, 409);
    assert_string_equal(
        r->message,
        "Resource conflict. Session is not in a valid state for transfer.");
  }
}

/* Timers are the server's own: nobody outside is ever told of a stale one. */
static bool stays_inside(enum refusal refusal) {
  return refusal == REFUSAL_STALE_TIMER;
}

static void whatever_a_status_refuses_has_a_remedy(void **state) {
  (void)state;
  for (size_t i = 0; i < SESSION_REFUSES; i++) {
    assert_non_null(
        refusal_remedy((enum refusal)session_refuses[i].refusal, 0));
  }
  for (size_t i = 0; i < SESSION_CMDS; i++) {
    const enum refusal own = (enum refusal)session_cmd_refusals[i];
    assert_int_equal(refusal_info(own)->http, 409);
    assert_true(stays_inside(own) || refusal_remedy(own, 0) != NULL);
  }
}

static void every_conflict_has_a_remedy(void **state) {
  (void)state;
  for (uint32_t i = REFUSAL_NONE + 1; i < REFUSALS; i++) {
    const enum refusal refusal = (enum refusal)i;
    if (refusal_info(refusal)->http == 409 && !stays_inside(refusal)) {
      assert_non_null(refusal_remedy(refusal, 0));
    }
  }
}

static const char *skip_placeholder(const char *p) {
  static const char *const known[] = {"{target}", "{options}"};
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    if (strncmp(p, known[i], strlen(known[i])) == 0) {
      return p + strlen(known[i]);
    }
  }
  return NULL;
}

/* A line of script: braces are placeholders, quotes and parentheses match. */
static void assert_template(const char *script) {
  int depth = 0;
  int quotes = 0;
  const char *p = script;
  while (*p != '\0') {
    if (*p == '{') {
      p = skip_placeholder(p);
      assert_non_null(p);
      continue;
    }
    assert_true(*p != '}');
    quotes += *p == '"';
    depth += (*p == '(') - (*p == ')');
    p++;
  }
  assert_int_equal(depth, 0);
  assert_int_equal(quotes % 2, 0);
}

static void every_remedy_is_a_sentence_and_perhaps_a_line(void **state) {
  (void)state;
  size_t count = 0;
  for (uint32_t i = REFUSAL_NONE + 1; i < REFUSALS; i++) {
    const struct refusal_remedy *r;
    for (size_t n = 0; (r = refusal_remedy((enum refusal)i, n)) != NULL; n++) {
      assert_true(strlen(r->does) > 10);
      assert_template(r->script);
      count++;
    }
  }
  assert_true(count > 30);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_refusal_is_described),
      cmocka_unit_test(every_type_is_one_refusal),
      cmocka_unit_test(a_refused_transfer_says_the_words_that_scripts_know),
      cmocka_unit_test(whatever_a_status_refuses_has_a_remedy),
      cmocka_unit_test(every_conflict_has_a_remedy),
      cmocka_unit_test(every_remedy_is_a_sentence_and_perhaps_a_line),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
