/* Chains of overflows, and what is asked of each queue on the way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "centre.h"
#include "engine/engine_priv.h"

/* first (10 s) → second (20 s) → third; nobody is there. */
static void begin(struct centre *c) {
  centre_init(c, NULL);
  centre_put(c, COMMAND_PUT_QUEUE, "{\"id\":\"third\"}");
  centre_put(c, COMMAND_PUT_QUEUE,
             "{\"id\":\"second\",\"maxWait\":20,\"overflow\":\"third\","
             "\"maxSize\":1}");
  centre_put(c, COMMAND_PUT_QUEUE,
             "{\"id\":\"first\",\"maxWait\":10,\"overflow\":\"second\"}");
}

static uint32_t queue_of(const struct centre *c, const char *name) {
  return directory_queue(engine_directory(c->e), text_from(name));
}

static void steer(struct centre *c, enum command_type type, const char *queue,
                  int64_t until_us) {
  struct command cmd = centre_command(c, type, ROLE_SUPERVISOR, SESSION_NOBODY);
  record_set_num(&cmd.args, FIELD_QUEUE, queue_of(c, queue));
  if (until_us != 0) {
    record_set_num(&cmd.args, FIELD_UNTIL, until_us);
  }
  centre_run(c, &cmd);
}

static void is_in(const struct centre *c, const char *queue) {
  assert_int_equal(centre_status(c), SESSION_QUEUED);
  assert_int_equal(centre_session(c)->queue, queue_of(c, queue));
}

static void it_goes_from_queue_to_queue_with_its_clock(void **state) {
  (void)state;
  struct centre c;
  begin(&c);
  centre_queue(&c, "{\"queue\":\"first\",\"priority\":5}");
  uint32_t slot = 0;
  assert_true(engine_find(c.e, c.session, &slot));
  const int64_t since_us = c.e->lives[slot]->entered_us;
  centre_wait(&c, 10000);
  is_in(&c, "second");
  centre_wait(&c, 19999);
  is_in(&c, "second");
  centre_wait(&c, 1);
  is_in(&c, "third");
  assert_true(c.e->lives[slot]->entered_us == since_us);
  assert_int_equal(c.e->lives[slot]->priority, 5);
  centre_free(&c);
}

static void what_takes_nobody_is_passed_over(void **state) {
  (void)state;
  struct centre c;
  begin(&c);
  centre_queue(&c, "{\"queue\":\"first\"}");
  steer(&c, COMMAND_PAUSE_QUEUE, "second", 0);
  centre_wait(&c, 10000);
  is_in(&c, "third");
  const struct record *skipped = centre_event(&c, EVENT_OVERFLOW_SKIPPED);
  assert_int_equal(record_num(skipped, FIELD_QUEUE), queue_of(&c, "second"));
  assert_int_equal(record_num(skipped, FIELD_REFUSAL), REFUSAL_QUEUE_PAUSED);
  centre_free(&c);
}

static void a_full_queue_is_passed_over(void **state) {
  (void)state;
  struct centre c;
  begin(&c);
  centre_queue(&c, "{\"queue\":\"second\"}"); /* its one */
  centre_queue(&c, "{\"queue\":\"first\"}");
  centre_wait(&c, 10000);
  is_in(&c, "third");
  centre_free(&c);
}

/* Nobody is dropped because no queue is open: the place stays, and the chain is
 * asked again when the first of them opens. */
static void where_none_takes_it_it_stays(void **state) {
  (void)state;
  struct centre c;
  begin(&c);
  centre_queue(&c, "{\"queue\":\"first\"}");
  steer(&c, COMMAND_DRAIN_QUEUE, "second", 0);
  steer(&c, COMMAND_PAUSE_QUEUE, "third", c.now_us + 60000000);
  centre_wait(&c, 10000);
  is_in(&c, "first");
  assert_int_equal(centre_count(&c, EVENT_OVERFLOW_SKIPPED), 2);
  assert_int_equal(centre_count(&c, EVENT_OVERFLOW_POSTPONED), 1);
  centre_restart(&c);
  centre_wait(&c, 29999);
  is_in(&c, "first");
  steer(&c, COMMAND_OPEN_QUEUE, "second", 0);
  centre_wait(&c, 1); /* thirty seconds after: second has opened by hand */
  is_in(&c, "second");
  centre_free(&c);
}

static void a_closed_fallback_is_asked_again_when_it_opens(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  steer(&c, COMMAND_PAUSE_QUEUE, "support", c.now_us + 300000000);
  centre_open_with_bot(&c, true);
  centre_bot(&c, COMMAND_BOT_CLOSED, NULL);
  centre_wait(&c, 30000); /* idleTimeout */
  assert_int_equal(centre_status(&c), SESSION_IDLE);
  assert_int_equal(centre_count(&c, EVENT_OVERFLOW_POSTPONED), 1);
  centre_wait(&c, 270001);
  assert_int_equal(centre_status(&c), SESSION_QUEUED);
  centre_free(&c);
}

static void the_fallbacks_overflow_takes_over(void **state) {
  (void)state;
  struct centre c;
  begin(&c);
  centre_put(&c, COMMAND_PUT_QUEUE,
             "{\"id\":\"support\",\"overflow\":\"third\"}");
  steer(&c, COMMAND_PAUSE_QUEUE, "support", 0);
  centre_open_with_bot(&c, true);
  centre_bot(&c, COMMAND_BOT_CLOSED, NULL);
  centre_wait(&c, 30000);
  is_in(&c, "third");
  centre_free(&c);
}

static void a_chain_that_leads_back_is_refused(void **state) {
  (void)state;
  struct centre c;
  begin(&c);
  struct command cmd =
      centre_command(&c, COMMAND_PUT_QUEUE, ROLE_ADMIN, SESSION_NOBODY);
  record_set_text(&cmd.args, FIELD_CONFIG,
                  TEXT("{\"id\":\"third\",\"overflow\":\"first\"}"));
  centre_run(&c, &cmd);
  assert_int_equal(c.step.answer.code, 422);
  assert_true(centre_says(&c, "The overflow leads back to this queue"));
  centre_free(&c);
}

/* ---- who does not answer, and who has gone */

static void offer_unanswered(struct centre *c, const char *queue) {
  centre_init(c, NULL);
  centre_put(c, COMMAND_PUT_QUEUE, queue);
  centre_ready(c, "anna");
  centre_queue(c, "{\"queue\":\"calls\"}");
  assert_int_equal(centre_status(c), SESSION_OFFERED);
  centre_wait(c, 20000);
}

static void the_queue_says_what_no_answer_means(void **state) {
  (void)state;
  struct centre c;
  offer_unanswered(&c, "{\"id\":\"calls\",\"noAnswer\":\"stay\"}");
  const uint32_t anna = centre_number(&c, "anna");
  assert_int_equal(c.e->agents[anna].a.presence, AGENT_AVAILABLE);
  assert_int_equal(centre_status(&c), SESSION_OFFERED); /* alone: at once */
  centre_free(&c);
  offer_unanswered(&c, "{\"id\":\"calls\"}");
  assert_int_equal(c.e->agents[anna].a.presence, AGENT_AWAY);
  centre_put(&c, COMMAND_PUT_AGENT,
             "{\"id\":\"anna\",\"skills\":[\"AgentSkill\"],"
             "\"staysOnNoAnswer\":true,\"capacity\":{\"chat\":1}}");
  centre_put(&c, COMMAND_PUT_QUEUE, "{\"id\":\"calls\",\"noAnswer\":\"away\"}");
  centre_agent(&c, "anna", COMMAND_AGENT_STATE, "{\"state\":\"available\"}");
  centre_wait(&c, 20000);
  assert_int_equal(c.e->agents[anna].a.presence, AGENT_AWAY);
  centre_free(&c);
}

static void a_preferred_agent_who_logs_out_holds_up_nobody(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  centre_connection(&c, COMMAND_AGENT_JOINED, "anna"); /* away */
  centre_ready(&c, "bert");
  centre_queue(&c, "{\"queue\":\"support\",\"preferAgent\":\"anna\","
                   "\"preferFor\":3600}");
  assert_int_equal(centre_status(&c), SESSION_QUEUED);
  centre_agent(&c, "anna", COMMAND_AGENT_STATE, "{\"state\":\"offline\"}");
  assert_int_equal(centre_status(&c), SESSION_OFFERED);
  assert_int_equal(centre_session(&c)->agent, centre_number(&c, "bert"));
  assert_int_equal(centre_count(&c, EVENT_WIDENED), 1);
  centre_free(&c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(it_goes_from_queue_to_queue_with_its_clock),
      cmocka_unit_test(what_takes_nobody_is_passed_over),
      cmocka_unit_test(a_full_queue_is_passed_over),
      cmocka_unit_test(where_none_takes_it_it_stays),
      cmocka_unit_test(a_closed_fallback_is_asked_again_when_it_opens),
      cmocka_unit_test(the_fallbacks_overflow_takes_over),
      cmocka_unit_test(a_chain_that_leads_back_is_refused),
      cmocka_unit_test(the_queue_says_what_no_answer_means),
      cmocka_unit_test(a_preferred_agent_who_logs_out_holds_up_nobody),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
