#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "net/deadline_priv.h"
#include "net/limits.h"
#include "support.h"

enum { COUNT = 5 };

struct scene {
  struct test_mem heap;
  struct loop *loop;
  struct deadlines ds;
  struct deadline all[COUNT];
};

static struct scene *current;
static char fired[COUNT + 1];
static bool again; /* set the last one anew when it fires */

static void on_due(struct deadline *d, enum deadline_kind kind) {
  const size_t index = (size_t)(d - current->all);
  assert_int_equal(d->kind, DEADLINE_NONE);
  fired[strlen(fired)] = (char)('a' + index);
  if (again) {
    again = false;
    deadline_set(&current->ds, d, kind);
  }
}

static void begin(struct scene *s) {
  struct net_limits limits = net_limits_default();
  limits.idle_us = 20000;
  limits.header_us = 1000;
  memset(s, 0, sizeof *s);
  memset(fired, 0, sizeof fired);
  current = s;
  test_mem_init(&s->heap);
  assert_int_equal(loop_create(&s->heap.mem, &s->loop), BT_ERR_OK);
  assert_int_equal(deadlines_init(&s->ds, s->loop, &limits, on_due), BT_ERR_OK);
  for (size_t i = 0; i < COUNT; i++) {
    deadline_init(&s->all[i]);
  }
}

static void end(struct scene *s) {
  deadlines_free(&s->ds);
  loop_free(s->loop);
  assert_int_equal(s->heap.live_blocks, 0);
}

static void await(struct scene *s, size_t count) {
  const int64_t until_us = loop_now_us() + INT64_C(10000000);
  while (strlen(fired) < count && loop_now_us() < until_us) {
    loop_turn(s->loop, 1000);
  }
}

static void shorter_spans_fire_first_and_equals_in_order(void **state) {
  (void)state;
  struct scene s;
  begin(&s);
  deadline_set(&s.ds, &s.all[2], DEADLINE_IDLE);
  deadline_set(&s.ds, &s.all[0], DEADLINE_IDLE);
  deadline_set(&s.ds, &s.all[1], DEADLINE_HEADER);
  deadline_set(&s.ds, &s.all[3], DEADLINE_HEADER);
  await(&s, 4);
  assert_string_equal(fired, "bdca");
  end(&s);
}

static void setting_again_replaces_and_clearing_ends(void **state) {
  (void)state;
  struct scene s;
  begin(&s);
  deadline_set(&s.ds, &s.all[0], DEADLINE_HEADER);
  deadline_set(&s.ds, &s.all[1], DEADLINE_HEADER);
  deadline_set(&s.ds, &s.all[2], DEADLINE_HEADER);
  deadline_set(&s.ds, &s.all[0], DEADLINE_IDLE);
  deadline_clear(&s.all[1]);
  deadline_clear(&s.all[1]);
  await(&s, 2);
  assert_string_equal(fired, "ca");
  end(&s);
}

static void one_that_is_set_as_it_fires_waits_its_span(void **state) {
  (void)state;
  struct scene s;
  begin(&s);
  again = true;
  deadline_set(&s.ds, &s.all[0], DEADLINE_HEADER);
  await(&s, 2);
  assert_string_equal(fired, "aa");
  end(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(shorter_spans_fire_first_and_equals_in_order),
      cmocka_unit_test(setting_again_replaces_and_clearing_ends),
      cmocka_unit_test(one_that_is_set_as_it_fires_waits_its_span),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
