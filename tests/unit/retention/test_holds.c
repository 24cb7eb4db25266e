/* Holds: they outlive the process, and keep what they name and nothing else. */
#include "retention/holds.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "kept_file.h"

static const struct id anna = {1, 2}, bert = {3, 4};

struct place {
  struct kept_file kept;
  struct holds *holds;
};

static void open_it(struct place *p) {
  assert_int_equal(
      holds_open(&p->kept.memory.mem, text_from(p->kept.dir), &p->holds),
      BT_ERR_OK);
}

static void close_it(struct place *p) {
  holds_close(p->holds);
  p->holds = NULL;
}

static int set_up(void **state) {
  struct place *p = calloc(1, sizeof *p);
  kept_file_make(&p->kept, "holds.json");
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

static struct hold on_customer(const char *id, const char *customer) {
  return (struct hold){.id = text_from(id),
                       .customer = text_from(customer),
                       .reason = TEXT("a claim \"4711\""),
                       .role = TEXT("supervisor"),
                       .who = TEXT("sven"),
                       .at_us = 1790000000000000};
}

static void put(struct place *p, struct hold hold) {
  assert_int_equal(holds_put(p->holds, &hold), BT_ERR_OK);
}

static void assert_keeps(const struct place *p, struct id session,
                         const char *customer, const char *hold) {
  const struct hold *found = holds_find(p->holds, session, text_from(customer));
  if (hold == NULL) {
    assert_null(found);
  } else {
    assert_non_null(found);
    assert_true(text_equal(found->id, text_from(hold)));
    assert_true(text_equal(found->reason, TEXT("a claim \"4711\"")));
    assert_true(text_equal(found->who, TEXT("sven")));
    assert_int_equal(found->at_us, 1790000000000000);
  }
}

static void a_hold_keeps_what_it_names_also_after_a_restart(void **state) {
  struct place *p = *state;
  struct hold on_session = on_customer("two", "");
  on_session.session = bert;
  put(p, on_customer("one", "c-1"));
  put(p, on_session);
  for (int restarted = 0; restarted < 2; restarted++) {
    assert_keeps(p, anna, "c-1", "one");
    assert_keeps(p, anna, "c-2", NULL);
    assert_keeps(p, anna, "", NULL);
    assert_keeps(p, bert, "c-2", "two");
    close_it(p);
    open_it(p);
  }
}

static void one_that_is_lifted_keeps_nothing(void **state) {
  struct place *p = *state;
  put(p, on_customer("one", "c-1"));
  put(p, on_customer("two", "c-1"));
  assert_int_equal(holds_lift(p->holds, TEXT("one")), BT_ERR_OK);
  assert_int_equal(holds_lift(p->holds, TEXT("one")), BT_ERR_NOT_FOUND);
  assert_keeps(p, anna, "c-1", "two");
  assert_int_equal(holds_lift(p->holds, TEXT("two")), BT_ERR_OK);
  put(p, on_customer("three", "c-3")); /* behind the last that was lifted */
  for (int restarted = 0; restarted < 2; restarted++) {
    assert_keeps(p, anna, "c-1", NULL);
    assert_keeps(p, anna, "c-3", "three");
    close_it(p);
    open_it(p);
  }
}

static void a_file_that_is_not_understood_is_not_taken_for_none(void **state) {
  static const char *const broken[] = {
      "{\"holds\":[", "{\"holds\":{\"a\":{\"id\":\"a\"}}}",
      "{\"holds\":{\"a\":{\"customer\":\"c\",\"at\":\"x\"}}}",
      "{\"holds\":{\"a\":{\"at\":\"2026-01-01T00:00:00.000Z\"}}}"};
  struct place *p = *state;
  for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
    close_it(p);
    FILE *f = fopen(p->kept.path, "w");
    assert_non_null(f);
    assert_true(fputs(broken[i], f) >= 0);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(
        holds_open(&p->kept.memory.mem, text_from(p->kept.dir), &p->holds),
        BT_ERR_CORRUPT);
    assert_null(p->holds);
  }
}

/* With the n-th allocation failing: what was missing was memory, and the file
 * is not said to be broken. */
static void without_memory_it_is_put_or_not(void **state) {
  struct place *p = *state;
  put(p, on_customer("one", "c-1"));
  enum bt_err err = BT_ERR_NOMEM;
  for (uint64_t n = 1; err != BT_ERR_OK; n++) {
    const struct hold second = on_customer("two", "c-2");
    assert_true(n < 1000);
    p->kept.memory.calls = 0;
    p->kept.memory.fail_at = n;
    err = holds_put(p->holds, &second);
    p->kept.memory.fail_at = 0;
    assert_true(err == BT_ERR_OK || err == BT_ERR_NOMEM);
    assert_keeps(p, anna, "c-1", "one");
    assert_keeps(p, anna, "c-2", err == BT_ERR_OK ? "two" : NULL);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(
          a_hold_keeps_what_it_names_also_after_a_restart, set_up, tear_down),
      cmocka_unit_test_setup_teardown(one_that_is_lifted_keeps_nothing, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(
          a_file_that_is_not_understood_is_not_taken_for_none, set_up,
          tear_down),
      cmocka_unit_test_setup_teardown(without_memory_it_is_put_or_not, set_up,
                                      tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
