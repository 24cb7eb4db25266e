/* A supervisor listens, whispers and steps in: recorded with who, and whom it
 * reaches. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "centre.h"
#include "engine/engine_priv.h"

/* Anna talks with the customer. */
static void begin(struct centre *c) {
  centre_init(c, NULL);
  centre_ready(c, "anna");
  centre_queue(c, "{\"queue\":\"support\"}");
  centre_agent(c, "anna", COMMAND_ACCEPT_OFFER, NULL);
  assert_int_equal(centre_session(c)->status, SESSION_ACTIVE);
}

static void end(struct centre *c) {
  centre_agent(c, "anna", COMMAND_END, NULL);
  centre_agent(c, "anna", COMMAND_COMPLETE, NULL);
}

static void listening_is_recorded_with_who_and_why(void **state) {
  (void)state;
  struct centre c;
  begin(&c);
  const struct session before = *centre_session(&c);
  centre_supervise(&c, COMMAND_LISTEN, "{\"reason\":\"first week\"}");
  assert_int_equal(c.step.answer.code, 200);
  const struct record *ev = centre_event(&c, EVENT_LISTENING);
  assert_int_equal(record_num(ev, FIELD_ROLE), ROLE_SUPERVISOR);
  assert_true(text_equal(record_text(ev, FIELD_REASON), TEXT("first week")));
  centre_supervise(&c, COMMAND_STOP_LISTENING, NULL);
  assert_int_equal(centre_count(&c, EVENT_LISTENED), 1);
  assert_int_equal(centre_session(&c)->holder, before.holder);
  assert_int_equal(centre_session(&c)->epoch, before.epoch);
  end(&c);
  centre_supervise(&c, COMMAND_LISTEN, NULL);
  assert_int_equal(c.step.answer.refusal, REFUSAL_SESSION_ENDED);
  centre_supervise(&c, COMMAND_STOP_LISTENING, NULL);
  assert_int_equal(c.step.answer.code, 200);
  assert_int_equal(centre_count(&c, EVENT_LISTENED), 0);
  centre_free(&c);
}

static void a_whisper_is_for_the_agent_and_no_message(void **state) {
  (void)state;
  struct centre c;
  begin(&c);
  uint32_t slot = 0;
  assert_true(engine_find(c.e, c.session, &slot));
  const uint32_t messages = engine_message_count(c.e, slot);
  centre_supervise(&c, COMMAND_WHISPER, "{\"text\":\"Offer a refund.\"}");
  assert_int_equal(c.step.answer.code, 200);
  const struct record *ev = centre_event(&c, EVENT_WHISPERED);
  assert_int_equal(record_num(ev, FIELD_AGENT),
                   directory_agent(engine_directory(c.e), TEXT("anna")));
  assert_true(text_equal(record_text(ev, FIELD_TEXT), TEXT("Offer a refund.")));
  assert_int_equal(centre_count(&c, EVENT_MESSAGE), 0);
  assert_int_equal(engine_message_count(c.e, slot), messages);
  centre_supervise(&c, COMMAND_WHISPER, NULL);
  assert_int_equal(c.step.answer.refusal, REFUSAL_INVALID_MEMBER);
  centre_free(&c);
}

static void nobody_is_whispered_to_while_it_waits(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  centre_queue(&c, "{\"queue\":\"support\"}");
  centre_supervise(&c, COMMAND_WHISPER, "{\"text\":\"Hello?\"}");
  assert_int_equal(c.step.answer.refusal, REFUSAL_NOT_WITH_AGENT);
  assert_int_equal(centre_count(&c, EVENT_WHISPERED), 0);
  centre_free(&c);
}

static void who_steps_in_speaks_and_the_agent_keeps_the_hold(void **state) {
  (void)state;
  struct centre c;
  begin(&c);
  centre_supervise(&c, COMMAND_BARGE, "{\"reason\":\"a complaint\"}");
  assert_int_equal(c.step.answer.code, 200);
  assert_int_equal(centre_count(&c, EVENT_BARGED), 1);
  centre_supervise(&c, COMMAND_SAY, "{\"text\":\"I am Anna's supervisor.\"}");
  assert_int_equal(c.step.answer.code, 201);
  assert_int_equal(centre_session(&c)->holder, SESSION_HOLDER_AGENT);
  end(&c);
  centre_supervise(&c, COMMAND_BARGE, NULL);
  assert_int_equal(c.step.answer.refusal, REFUSAL_SESSION_ENDED);
  centre_free(&c);
}

static void only_supervisors_may(void **state) {
  (void)state;
  struct centre c;
  begin(&c);
  static const enum command_type types[] = {
      COMMAND_LISTEN, COMMAND_STOP_LISTENING, COMMAND_WHISPER, COMMAND_BARGE};
  for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
    const char *body = types[i] == COMMAND_WHISPER ? "{\"text\":\"x\"}" : NULL;
    centre_agent(&c, "anna", types[i], body);
    assert_int_equal(c.step.answer.refusal, REFUSAL_FORBIDDEN);
    centre_do(&c, types[i], ROLE_CUSTOMER, SESSION_NOBODY, body);
    assert_int_equal(c.step.answer.refusal, REFUSAL_FORBIDDEN);
  }
  centre_free(&c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(listening_is_recorded_with_who_and_why),
      cmocka_unit_test(a_whisper_is_for_the_agent_and_no_message),
      cmocka_unit_test(nobody_is_whispered_to_while_it_waits),
      cmocka_unit_test(who_steps_in_speaks_and_the_agent_keeps_the_hold),
      cmocka_unit_test(only_supervisors_may),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
