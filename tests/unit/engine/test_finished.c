/* Finished sessions: how long they stay in memory, and how many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "centre.h"

enum { SECOND_MS = 1000, FEW = 5, FINISHED = 10000 /* LIMIT_FINISHED */ };

static void open_and_leave(struct centre *c) {
  centre_open(c);
  assert_int_equal(c->step.answer.code, 201);
  centre_do(c, COMMAND_LEAVE, ROLE_CUSTOMER, SESSION_NOBODY, NULL);
  assert_int_equal(centre_status(c), SESSION_COMPLETED);
}

static uint32_t in_memory(const struct centre *c) {
  uint32_t slot = 0, count = 0;
  while (engine_next_session(c->e, &slot)) {
    count++;
    slot++;
  }
  return count;
}

static void it_stays_for_a_minute(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  open_and_leave(&c);
  centre_wait(&c, 59 * SECOND_MS);
  assert_int_equal(in_memory(&c), 1);
  centre_reload(&c);
  centre_wait(&c, 2 * SECOND_MS);
  assert_int_equal(in_memory(&c), 0);
  centre_free(&c);
}

/* A flood of short sessions would take as much memory as a minute of it is
 * long, and each snapshot would write all of them. */
static void a_flood_of_them_leaves_after_a_second(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  for (int i = 0; i < FINISHED + FEW; i++) {
    open_and_leave(&c);
  }
  assert_int_equal(in_memory(&c), FINISHED + FEW);
  centre_restart(&c);
  centre_wait(&c, 2 * SECOND_MS);
  assert_int_equal(in_memory(&c), FINISHED);
  open_and_leave(&c); /* there is no room yet */
  centre_wait(&c, 2 * SECOND_MS);
  assert_int_equal(in_memory(&c), FINISHED);
  centre_wait(&c, 60 * SECOND_MS);
  assert_int_equal(in_memory(&c), 0);
  centre_free(&c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(it_stays_for_a_minute),
      cmocka_unit_test(a_flood_of_them_leaves_after_a_second),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
