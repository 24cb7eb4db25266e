/* A queue that a desk outside serves: nobody here is offered its sessions, its
 * seat is assigned them, and without the seat it takes nobody. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "centre.h"

static void put_desk(struct centre *c) {
  centre_put(c, COMMAND_PUT_QUEUE, "{\"id\":\"outside\",\"desk\":\"there\"}");
  centre_put(c, COMMAND_PUT_AGENT,
             "{\"id\":\"there\",\"queues\":[\"outside\"],"
             "\"capacity\":{\"chat\":2}}");
}

static void transfer(struct centre *c) {
  centre_open_with_bot(c, true);
  centre_transfer(c, "{\"queue\":\"outside\",\"when\":\"released\"}");
}

/* The queue and its desk are named. */
static void a_desk_that_is_not_there_takes_nobody(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  put_desk(&c);
  transfer(&c);
  assert_int_equal(c.step.answer.code, 409);
  assert_int_equal(c.step.answer.refusal, REFUSAL_DESK_UNREACHABLE);
  const struct text detail =
      TEXT("Queue 'outside' is served by the desk 'there' outside, which "
           "cannot be reached at this moment.");
  assert_true(text_find(c.step.answer.body, detail, 0) <
              c.step.answer.body.len);
  centre_free(&c);
}

static void a_queue_of_an_unknown_desk_takes_nobody(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  centre_put(&c, COMMAND_PUT_QUEUE, "{\"id\":\"outside\",\"desk\":\"nobody\"}");
  transfer(&c);
  assert_int_equal(c.step.answer.refusal, REFUSAL_DESK_UNREACHABLE);
  centre_free(&c);
}

/* The seat is free and serves the queue; it is assigned, never offered. */
static void its_sessions_wait_until_they_are_assigned(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  put_desk(&c);
  centre_ready(&c, "there");
  transfer(&c);
  centre_bot(&c, COMMAND_BOT_CLOSED, NULL);
  assert_int_equal(centre_status(&c), SESSION_QUEUED);
  centre_wait(&c, 60000);
  assert_int_equal(centre_status(&c), SESSION_QUEUED);
  centre_restart(&c);
  assert_int_equal(centre_status(&c), SESSION_QUEUED);
  centre_supervise(&c, COMMAND_ASSIGN, "{\"agentId\":\"there\"}");
  assert_int_equal(centre_status(&c), SESSION_ACTIVE);
  assert_int_equal(centre_session(&c)->agent, centre_number(&c, "there"));
  centre_free(&c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_desk_that_is_not_there_takes_nobody),
      cmocka_unit_test(a_queue_of_an_unknown_desk_takes_nobody),
      cmocka_unit_test(its_sessions_wait_until_they_are_assigned),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
