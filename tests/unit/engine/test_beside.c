/* Notes that nobody but the people of the centre see, and hold: the session
 * stays with its agent, and the customer is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "centre.h"
#include "engine/engine_priv.h"

/* Anna talks with the customer; Bert is there. */
static void begin(struct centre *c) {
  centre_init(c, NULL);
  centre_ready(c, "anna");
  centre_queue(c, "{\"queue\":\"support\"}");
  centre_agent(c, "anna", COMMAND_ACCEPT_OFFER, NULL);
  centre_ready(c, "bert");
  assert_int_equal(centre_session(c)->status, SESSION_ACTIVE);
}

static uint32_t slot_of(const struct centre *c) {
  uint32_t slot = 0;
  assert_true(engine_find(c->e, c->session, &slot));
  return slot;
}

static void a_note_is_no_message(void **state) {
  (void)state;
  struct centre c;
  begin(&c);
  const uint32_t messages = engine_message_count(c.e, slot_of(&c));
  centre_agent(&c, "anna", COMMAND_ADD_NOTE, "{\"text\":\"Angry, be kind.\"}");
  assert_int_equal(c.step.answer.code, 200);
  assert_true(text_equal(record_text(centre_event(&c, EVENT_NOTED), FIELD_TEXT),
                         TEXT("Angry, be kind.")));
  assert_int_equal(engine_message_count(c.e, slot_of(&c)), messages);
  centre_agent(&c, "anna", COMMAND_ADD_NOTE, NULL);
  assert_int_equal(c.step.answer.refusal, REFUSAL_INVALID_MEMBER);
  centre_agent(&c, "bert", COMMAND_ADD_NOTE, "{\"text\":\"x\"}");
  assert_int_equal(c.step.answer.refusal, REFUSAL_UNKNOWN_SESSION);
  centre_agent(&c, "anna", COMMAND_END, NULL);
  centre_agent(&c, "anna", COMMAND_ADD_NOTE, "{\"text\":\"Refund sent.\"}");
  assert_int_equal(c.step.answer.code, 200);
  centre_agent(&c, "anna", COMMAND_COMPLETE, NULL);
  centre_supervise(&c, COMMAND_ADD_NOTE, "{\"text\":\"late\"}");
  assert_int_equal(c.step.answer.refusal, REFUSAL_SESSION_ENDED);
  centre_free(&c);
}

static void on_hold_the_agent_keeps_the_session(void **state) {
  (void)state;
  struct centre c;
  begin(&c);
  const uint32_t epoch = centre_session(&c)->epoch;
  centre_agent(&c, "anna", COMMAND_HOLD, "{\"reason\":\"looks it up\"}");
  assert_int_equal(c.step.answer.code, 200);
  assert_int_equal(centre_count(&c, EVENT_HELD), 1);
  assert_int_equal(centre_session(&c)->status, SESSION_ACTIVE);
  assert_int_equal(centre_session(&c)->epoch, epoch);
  assert_false(centre_shows(&c, "\"heldSince\":null"));
  centre_agent(&c, "anna", COMMAND_HOLD, NULL); /* once is enough */
  assert_int_equal(centre_count(&c, EVENT_HELD), 0);
  centre_reload(&c);
  assert_false(centre_shows(&c, "\"heldSince\":null"));
  centre_agent(&c, "anna", COMMAND_RESUME, NULL);
  assert_int_equal(centre_count(&c, EVENT_RESUMED), 1);
  assert_true(centre_shows(&c, "\"heldSince\":null"));
  centre_agent(&c, "anna", COMMAND_RESUME, NULL);
  assert_int_equal(centre_count(&c, EVENT_RESUMED), 0);
  centre_free(&c);
}

static void who_is_spoken_to_does_not_wait(void **state) {
  (void)state;
  struct centre c;
  begin(&c);
  centre_agent(&c, "anna", COMMAND_HOLD, NULL);
  centre_supervise(&c, COMMAND_SAY, "{\"text\":\"Still there?\"}");
  assert_int_equal(centre_count(&c, EVENT_RESUMED), 0);
  centre_agent(&c, "anna", COMMAND_SAY, "{\"text\":\"Here I am.\"}");
  assert_int_equal(centre_count(&c, EVENT_RESUMED), 1);
  assert_int_equal(centre_count(&c, EVENT_MESSAGE), 1);
  centre_free(&c);
}

static void hold_ends_with_the_agents_part(void **state) {
  (void)state;
  struct centre c;
  begin(&c);
  centre_agent(&c, "anna", COMMAND_HOLD, NULL);
  centre_supervise(&c, COMMAND_REQUEUE, NULL);
  assert_true(centre_shows(&c, "\"heldSince\":null"));
  assert_int_equal(centre_status(&c), SESSION_OFFERED); /* to Bert */
  centre_agent(&c, "bert", COMMAND_HOLD, NULL);
  assert_int_equal(c.step.answer.refusal, REFUSAL_NOT_WITH_AGENT);
  centre_agent(&c, "bert", COMMAND_ACCEPT_OFFER, NULL);
  centre_agent(&c, "anna", COMMAND_HOLD, NULL); /* she had it, and sees it */
  assert_int_equal(c.step.answer.refusal, REFUSAL_STALE_HOLDER);
  centre_free(&c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_note_is_no_message),
      cmocka_unit_test(on_hold_the_agent_keeps_the_session),
      cmocka_unit_test(who_is_spoken_to_does_not_wait),
      cmocka_unit_test(hold_ends_with_the_agents_part),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
