/* Grants: they outlive the process, end by the clock, and are nobody else's. */
#include "accounts/grants.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/map.h"
#include "kept_file.h"

#define NOW_US INT64_C(1790000000000000)

struct place {
  struct kept_file kept;
  struct grants *grants;
};

static void open_it(struct place *p) {
  assert_int_equal(
      grants_open(&p->kept.memory.mem, text_from(p->kept.dir), &p->grants),
      BT_ERR_OK);
}

static void close_it(struct place *p) {
  grants_close(p->grants);
  p->grants = NULL;
}

static int set_up(void **state) {
  struct place *p = calloc(1, sizeof *p);
  kept_file_make(&p->kept, "grants.json");
  open_it(p);
  *state = p;
  return 0;
}

static int tear_down(void **state) {
  struct place *p = *state;
  close_it(p);
  kept_file_remove(&p->kept);
  free(p);
  return 0;
}

static struct grant to(const char *id, const char *name, int64_t for_us) {
  return (struct grant){.id = text_from(id),
                        .to = text_from(name),
                        .why = TEXT("case \"4711\""),
                        .role = TEXT("supervisor"),
                        .who = TEXT("sven"),
                        .at_us = NOW_US,
                        .until_us = NOW_US + for_us};
}

static bool has(const struct place *p, const char *name, int64_t now_us) {
  return grants_find(p->grants, hash_text(text_from(name)), now_us) != NULL;
}

static void one_is_for_one_and_for_a_while_also_after_a_restart(void **state) {
  struct place *p = *state;
  const struct grant ada = to("one", "ada", 1000000);
  assert_int_equal(grants_put(p->grants, &ada), BT_ERR_OK);
  for (int restarted = 0; restarted < 2; restarted++) {
    assert_true(has(p, "ada", NOW_US));
    assert_true(has(p, "ada", NOW_US + 999999));
    assert_false(has(p, "ada", NOW_US + 1000000));
    assert_false(has(p, "Ada", NOW_US));
    assert_false(has(p, "", NOW_US));
    close_it(p);
    open_it(p);
  }
}

static void one_that_is_withdrawn_is_over(void **state) {
  struct place *p = *state;
  const struct grant first = to("one", "ada", 1000000),
                     second = to("two", "bea", 1000000);
  assert_int_equal(grants_put(p->grants, &first), BT_ERR_OK);
  assert_int_equal(grants_put(p->grants, &second), BT_ERR_OK);
  assert_int_equal(grants_withdraw(p->grants, TEXT("two")), BT_ERR_OK);
  assert_int_equal(grants_withdraw(p->grants, TEXT("two")), BT_ERR_NOT_FOUND);
  assert_int_equal(grants_put(p->grants, &second), BT_ERR_OK);
  assert_int_equal(grants_withdraw(p->grants, TEXT("one")), BT_ERR_OK);
  for (int restarted = 0; restarted < 2; restarted++) {
    assert_false(has(p, "ada", NOW_US));
    assert_true(has(p, "bea", NOW_US));
    close_it(p);
    open_it(p);
  }
}

static void those_that_are_over_make_room(void **state) {
  struct place *p = *state;
  char id[16];
  for (int i = 0; i < GRANTS_MAX; i++) {
    (void)snprintf(id, sizeof id, "g%d", i);
    const struct grant g = to(id, "ada", i == 7 ? 1000 : 1000000);
    assert_int_equal(grants_put(p->grants, &g), BT_ERR_OK);
  }
  struct grant more = to("more", "bea", 1000000);
  assert_int_equal(grants_put(p->grants, &more), BT_ERR_FULL);
  more.at_us += 1000;
  assert_int_equal(grants_put(p->grants, &more), BT_ERR_OK);
  assert_int_equal(grants_withdraw(p->grants, TEXT("g7")), BT_ERR_NOT_FOUND);
}

static void a_file_that_is_not_understood_is_not_taken_for_none(void **state) {
  static const char *const broken[] = {
      "{\"grants\":[", "{\"grants\":{\"a\":{\"id\":\"a\",\"to\":\"ada\"}}}",
      "{\"grants\":{\"a\":{\"to\":\"ada\",\"at\":\"x\",\"until\":\"y\"}}}",
      ("{\"grants\":{\"a\":{\"at\":\"2026-01-01T00:00:00.000Z\","
       "\"until\":\"2026-01-02T00:00:00.000Z\"}}}")};
  struct place *p = *state;
  for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
    close_it(p);
    FILE *f = fopen(p->kept.path, "w");
    assert_non_null(f);
    assert_true(fputs(broken[i], f) >= 0);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(
        grants_open(&p->kept.memory.mem, text_from(p->kept.dir), &p->grants),
        BT_ERR_CORRUPT);
    assert_null(p->grants);
  }
}

/* With the n-th allocation failing, n = 1 … until all goes well: it is given or
 * not, and nothing is lost of what was before. */
static void without_memory_it_is_given_or_not(void **state) {
  struct place *p = *state;
  const struct grant first = to("one", "ada", 1000000);
  assert_int_equal(grants_put(p->grants, &first), BT_ERR_OK);
  enum bt_err err = BT_ERR_NOMEM;
  for (uint64_t n = 1; err != BT_ERR_OK; n++) {
    const struct grant second = to("two", "bea", 1000000);
    assert_true(n < 1000);
    p->kept.memory.calls = 0;
    p->kept.memory.fail_at = n;
    err = grants_put(p->grants, &second);
    p->kept.memory.fail_at = 0;
    assert_true(err == BT_ERR_OK || err == BT_ERR_NOMEM);
    assert_true(has(p, "ada", NOW_US));
    assert_int_equal(has(p, "bea", NOW_US), err == BT_ERR_OK);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(
          one_is_for_one_and_for_a_while_also_after_a_restart, set_up,
          tear_down),
      cmocka_unit_test_setup_teardown(one_that_is_withdrawn_is_over, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(those_that_are_over_make_room, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(
          a_file_that_is_not_understood_is_not_taken_for_none, set_up,
          tear_down),
      cmocka_unit_test_setup_teardown(without_memory_it_is_given_or_not, set_up,
                                      tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
