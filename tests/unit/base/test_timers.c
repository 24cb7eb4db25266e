#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rand.h"
#include "base/timers.h"
#include "support.h"

static void start_all(struct timers *t, struct test_mem *tm) {
  test_mem_init(tm);
  timers_init(t, &tm->mem);
}

static uint32_t start(struct timers *t, int64_t deadline_us, uint32_t owner) {
  return timers_start(
      t, (struct timer){.deadline_us = deadline_us, .owner = owner});
}

static void nothing_is_due_of_nothing(void **state) {
  (void)state;
  struct test_mem tm;
  struct timers t;
  struct timer due;
  uint32_t id = 0;
  start_all(&t, &tm);
  assert_true(timers_next(&t) == INT64_MAX);
  assert_false(timers_take_due(&t, INT64_MAX, &due, &id));
  timers_stop(&t, TIMER_NONE);
  timers_free(&t);
}

static void a_timer_says_whose_it_is(void **state) {
  (void)state;
  struct test_mem tm;
  struct timers t;
  start_all(&t, &tm);
  const uint32_t rona = timers_start(
      &t,
      (struct timer){.deadline_us = 15, .kind = 2, .owner = 77, .visit = 3});
  assert_int_equal(timers_get(&t, rona)->owner, 77);
  struct timer due = {0};
  uint32_t id = 0;
  assert_false(timers_take_due(&t, 14, &due, &id));
  assert_true(timers_take_due(&t, 15, &due, &id));
  assert_int_equal(id, rona);
  assert_int_equal(due.kind, 2);
  assert_int_equal(due.visit, 3);
  assert_false(timers_take_due(&t, 1000, &due, &id));
  timers_free(&t);
}

static void equal_deadlines_come_in_the_order_of_their_start(void **state) {
  (void)state;
  struct test_mem tm;
  struct timers t;
  start_all(&t, &tm);
  uint32_t ids[200];
  for (uint32_t i = 0; i < 200; i++) {
    ids[i] = start(&t, 10, i);
  }
  /* Holes and ids that are used again must not disturb it. */
  for (uint32_t i = 0; i < 200; i += 3) {
    timers_stop(&t, ids[i]);
  }
  for (uint32_t i = 200; i < 250; i++) {
    (void)start(&t, 10, i);
  }
  struct timer due = {0};
  uint32_t id = 0;
  for (uint32_t i = 0; i < 250; i++) {
    if (i >= 200 || i % 3 != 0) {
      assert_true(timers_take_due(&t, 10, &due, &id));
      assert_int_equal(due.owner, i);
    }
  }
  assert_int_equal(t.count, 0);
  timers_free(&t);
  assert_int_equal(tm.live_bytes, 0);
}

enum { MANY = 300 };

struct model {
  int64_t deadline_us[MANY];
  uint32_t id[MANY]; /* TIMER_NONE: does not run */
};

static int64_t model_next(const struct model *m) {
  int64_t next = INT64_MAX;
  for (size_t i = 0; i < MANY; i++) {
    if (m->id[i] != TIMER_NONE && m->deadline_us[i] < next) {
      next = m->deadline_us[i];
    }
  }
  return next;
}

static void random_starts_and_stops_agree_with_a_plain_list(void **state) {
  (void)state;
  struct test_mem tm;
  struct timers t;
  struct rand r;
  struct model m = {0};
  start_all(&t, &tm);
  rand_seed(&r, 11);
  int64_t now_us = 0;
  for (int step = 0; step < 20000; step++) {
    const uint32_t i = (uint32_t)rand_below(&r, MANY);
    if (m.id[i] != TIMER_NONE && rand_below(&r, 2) == 0) {
      timers_stop(&t, m.id[i]);
      m.id[i] = TIMER_NONE;
    } else if (m.id[i] == TIMER_NONE) {
      m.deadline_us[i] = now_us + (int64_t)rand_below(&r, 1000);
      m.id[i] = start(&t, m.deadline_us[i], i);
      assert_true(m.id[i] != TIMER_NONE);
    }
    assert_true(timers_next(&t) == model_next(&m));
    now_us += (int64_t)rand_below(&r, 4);
    struct timer due = {0};
    uint32_t id = 0;
    while (timers_take_due(&t, now_us, &due, &id)) {
      assert_true(due.deadline_us <= now_us);
      assert_int_equal(m.id[due.owner], id);
      m.id[due.owner] = TIMER_NONE;
    }
    assert_true(model_next(&m) > now_us);
  }
  assert_true(t.node_cap < (size_t)2 * MANY); /* ids are used again */
  timers_free(&t);
  assert_int_equal(tm.live_bytes, 0);
}

static void no_memory_is_an_answer(void **state) {
  (void)state;
  for (uint64_t nth = 1; nth < 12; nth++) {
    struct test_mem tm;
    struct timers t;
    start_all(&t, &tm);
    tm.fail_at = nth;
    tm.fail_for_ever = true;
    uint32_t started = 0;
    while (start(&t, 1000 - started, started) != TIMER_NONE) {
      started++;
    }
    assert_int_equal(t.count, started);
    struct timer due = {0};
    uint32_t id = 0;
    for (uint32_t i = started; i > 0; i--) {
      assert_true(timers_take_due(&t, 1000, &due, &id));
      assert_int_equal(due.owner, i - 1);
    }
    timers_free(&t);
    assert_int_equal(tm.live_bytes, 0);
  }
}

static void reserved_room_cannot_fail(void **state) {
  (void)state;
  struct test_mem tm;
  struct timers t;
  start_all(&t, &tm);
  assert_true(timers_reserve(&t, 1000));
  const uint64_t calls = tm.calls;
  for (uint32_t i = 0; i < 1000; i++) {
    assert_true(start(&t, i, i) != TIMER_NONE);
  }
  assert_int_equal(tm.calls, calls);
  assert_false(timers_reserve(&t, SIZE_MAX));
  timers_free(&t);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nothing_is_due_of_nothing),
      cmocka_unit_test(a_timer_says_whose_it_is),
      cmocka_unit_test(equal_deadlines_come_in_the_order_of_their_start),
      cmocka_unit_test(random_starts_and_stops_agree_with_a_plain_list),
      cmocka_unit_test(no_memory_is_an_answer),
      cmocka_unit_test(reserved_room_cannot_fail),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
