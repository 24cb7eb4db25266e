/* Whether what is said is kept: the customer's consent, and the pause for card
 * data. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "centre.h"
#include "engine/engine_priv.h"

#define SECRET "{\"text\":\"4111 1111 1111 1111\",\"data\":{\"cvc\":\"737\"}}"

/* Anna talks with the customer; Bert is there. */
static void begin(struct centre *c) {
  centre_init(c, NULL);
  centre_ready(c, "anna");
  centre_queue(c, "{\"queue\":\"support\"}");
  centre_agent(c, "anna", COMMAND_ACCEPT_OFFER, NULL);
  centre_ready(c, "bert");
  assert_int_equal(centre_session(c)->status, SESSION_ACTIVE);
}

static void says(struct centre *c, const char *json) {
  centre_do(c, COMMAND_SAY, ROLE_CUSTOMER, SESSION_NOBODY, json);
  assert_int_equal(c->step.answer.code, 201);
}

/* How much the agent alone is shown; the last of it in *@out. */
static unsigned shown_once(const struct centre *c, struct record *out) {
  unsigned shown = 0;
  record_init(out, 0);
  for (size_t i = 0; i < c->step.effect_count; i++) {
    if (c->step.effects[i].type == EFFECT_SHOW_ONCE) {
      record_copy_all(out, &c->step.effects[i]);
      shown++;
    }
  }
  return shown;
}

static bool is_kept(struct centre *c) {
  struct record shown;
  says(c, "{\"text\":\"is this kept?\"}");
  return shown_once(c, &shown) == 0 && centre_shows(c, "is this kept?");
}

static void in_a_pause_the_agent_sees_it_and_nothing_keeps_it(void **state) {
  (void)state;
  struct centre c;
  begin(&c);
  centre_agent(&c, "anna", COMMAND_PAUSE_RECORDING, "{\"reason\":\"card\"}");
  assert_int_equal(c.step.answer.code, 200);
  assert_int_equal(centre_count(&c, EVENT_RECORDING_PAUSED), 1);
  centre_agent(&c, "anna", COMMAND_PAUSE_RECORDING, NULL); /* once is enough */
  assert_int_equal(centre_count(&c, EVENT_RECORDING_PAUSED), 0);

  says(&c, SECRET);
  const struct record *event = centre_event(&c, EVENT_MESSAGE);
  struct record shown;
  assert_int_equal(shown_once(&c, &shown), 1);
  assert_true(text_equal(record_text(event, FIELD_TEXT), TEXT("[not kept]")));
  assert_false(record_has(event, FIELD_DATA));
  assert_true(
      text_equal(record_text(&shown, FIELD_TEXT), TEXT("4111 1111 1111 1111")));
  assert_true(record_has(&shown, FIELD_DATA));
  assert_int_equal(record_num(&shown, FIELD_MESSAGE),
                   record_num(event, FIELD_MESSAGE));
  assert_int_equal(record_num(&shown, FIELD_AGENT), centre_number(&c, "anna"));
  assert_false(centre_shows(&c, "1111"));

  /* What the agent says is kept; a snapshot knows of the pause. */
  centre_agent(&c, "anna", COMMAND_SAY, "{\"text\":\"thank you\"}");
  assert_true(centre_shows(&c, "thank you"));
  centre_reload(&c);
  assert_false(centre_shows(&c, "\"recordingPausedSince\":null"));
  assert_false(is_kept(&c));

  centre_agent(&c, "anna", COMMAND_RESUME_RECORDING, NULL);
  assert_int_equal(centre_count(&c, EVENT_RECORDING_RESUMED), 1);
  assert_true(centre_shows(&c, "\"recordingPausedSince\":null"));
  assert_true(is_kept(&c));
  centre_free(&c);
}

static void a_pause_is_of_the_agent_who_talks(void **state) {
  (void)state;
  struct centre c;
  begin(&c);
  centre_agent(&c, "bert", COMMAND_PAUSE_RECORDING, NULL);
  assert_int_equal(c.step.answer.refusal, REFUSAL_UNKNOWN_SESSION);
  centre_agent(&c, "anna", COMMAND_PAUSE_RECORDING, NULL);
  centre_agent(&c, "anna", COMMAND_TRANSFER, "{\"agentId\":\"bert\"}");
  centre_agent(&c, "bert", COMMAND_ACCEPT_OFFER, NULL);
  assert_int_equal(centre_session(&c)->status, SESSION_ACTIVE);
  assert_true(is_kept(&c)); /* it ended with Anna's part */
  centre_agent(&c, "bert", COMMAND_END, NULL);
  centre_agent(&c, "bert", COMMAND_PAUSE_RECORDING, NULL);
  assert_int_equal(c.step.answer.refusal, REFUSAL_SESSION_ENDED);
  centre_free(&c);
}

static void who_does_not_agree_is_not_kept(void **state) {
  (void)state;
  struct centre c;
  begin(&c);
  assert_true(centre_shows(&c, "\"consent\":null"));
  centre_do(&c, COMMAND_SET_CONSENT, ROLE_CUSTOMER, SESSION_NOBODY,
            "{\"consent\":false}");
  assert_int_equal(c.step.answer.code, 200);
  assert_int_equal(centre_count(&c, EVENT_CONSENT_SET), 1);
  assert_true(centre_shows(&c, "\"consent\":false"));
  centre_reload(&c);
  assert_true(centre_shows(&c, "\"consent\":false"));
  assert_false(is_kept(&c));
  centre_agent(&c, "anna", COMMAND_RESUME_RECORDING, NULL);
  assert_false(is_kept(&c));
  centre_agent(&c, "anna", COMMAND_SET_CONSENT, "{\"consent\":true}");
  assert_true(centre_shows(&c, "\"consent\":true"));
  assert_true(is_kept(&c));
  centre_agent(&c, "anna", COMMAND_SET_CONSENT, "{}");
  assert_int_equal(c.step.answer.refusal, REFUSAL_INVALID_MEMBER);
  centre_free(&c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(in_a_pause_the_agent_sees_it_and_nothing_keeps_it),
      cmocka_unit_test(a_pause_is_of_the_agent_who_talks),
      cmocka_unit_test(who_does_not_agree_is_not_kept),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
