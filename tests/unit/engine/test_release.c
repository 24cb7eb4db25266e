/* The bot's part ends, in all the ways in which it happens. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "centre.h"

static void goodbye(struct centre *c) {
  centre_bot(c, COMMAND_GOODBYE, "{\"outcome\":\"escalate\"}");
}

static void closes(struct centre *c) {
  centre_bot(c, COMMAND_BOT_CLOSED, NULL);
}

static void says_goodbye_and_closes(struct centre *c) {
  goodbye(c);
  closes(c);
}

static void says_goodbye_and_never_closes(struct centre *c) {
  goodbye(c);
  centre_wait(c, 5000);
}

static void is_told_to_go_and_closes(struct centre *c) {
  centre_do(c, COMMAND_RELEASE, ROLE_ADMIN, SESSION_NOBODY, NULL);
  assert_int_equal(c->step.effects[0].type, EFFECT_CLOSE_BOT);
  closes(c);
}

static void is_told_to_go_and_never_closes(struct centre *c) {
  centre_do(c, COMMAND_RELEASE, ROLE_ADMIN, SESSION_NOBODY, NULL);
  centre_wait(c, 5000);
}

static void is_hung_up(struct centre *c) {
  centre_do(c, COMMAND_HANGUP, ROLE_ADMIN, SESSION_NOBODY, NULL);
  assert_int_equal(c->step.effects[0].type, EFFECT_CLOSE_BOT);
}

static void is_silent(struct centre *c) {
  centre_wait(c, 300000);
}

static void is_gone_with_the_restart(struct centre *c) {
  centre_do(c, COMMAND_RECOVERED, ROLE_SYSTEM, SESSION_NOBODY, NULL);
  centre_wait(c, 10000);
}

static void closes_in_the_restart(struct centre *c) {
  goodbye(c);
  centre_do(c, COMMAND_RECOVERED, ROLE_SYSTEM, SESSION_NOBODY, NULL);
}

static const struct way {
  void (*end)(struct centre *c);
  uint32_t event; /* that ends the hold */
} ways[] = {
    {closes, EVENT_OF_SESSION(BOT_LOST)},
    {says_goodbye_and_closes, EVENT_OF_SESSION(BOT_RELEASED)},
    {says_goodbye_and_never_closes, EVENT_OF_SESSION(BOT_DRAINED)},
    {is_told_to_go_and_closes, EVENT_OF_SESSION(BOT_RELEASED)},
    {is_told_to_go_and_never_closes, EVENT_OF_SESSION(BOT_DRAINED)},
    {is_hung_up, EVENT_OF_SESSION(HUNG_UP)},
    {is_silent, EVENT_OF_SESSION(BOT_SILENT)},
    {is_gone_with_the_restart, EVENT_OF_SESSION(BOT_LOST)},
    {closes_in_the_restart, EVENT_OF_SESSION(BOT_RELEASED)},
};
enum { WAYS = sizeof ways / sizeof ways[0] };

/* What happened over several steps. */
struct journal {
  unsigned ended, queued, together;
  uint32_t event;
};

static void keep(void *ctx, const struct step *step) {
  struct journal *j = ctx;
  bool ended = false;
  for (size_t i = 0; i < step->event_count; i++) {
    ended = ended || step->events[i].type == j->event;
    j->ended += step->events[i].type == j->event;
    j->queued += step->events[i].type == EVENT_OF_SESSION(QUEUED);
    j->together += ended && step->events[i].type == EVENT_OF_SESSION(QUEUED);
  }
}

static void test_each_leads_to_idle_exactly_once(void **state) {
  (void)state;
  for (size_t i = 0; i < WAYS; i++) {
    struct centre c;
    struct journal j = {.event = ways[i].event};
    centre_init(&c, NULL);
    centre_open_with_bot(&c, false);
    const uint32_t epoch = centre_session(&c)->epoch;
    c.on_step = keep;
    c.ctx = &j;
    ways[i].end(&c);
    assert_int_equal(j.ended, 1);
    assert_int_equal(centre_status(&c), SESSION_IDLE);
    assert_int_equal(centre_session(&c)->epoch, epoch + 1);
    centre_bot(&c, COMMAND_BOT_CLOSED, NULL); /* and closes again */
    assert_int_equal(c.step.answer.refusal, REFUSAL_STALE_HOLDER);
    centre_free(&c);
  }
}

static void test_a_waiting_transfer_goes_in_that_very_step(void **state) {
  (void)state;
  for (size_t i = 0; i < WAYS; i++) {
    struct centre c;
    struct journal j = {.event = ways[i].event};
    centre_init(&c, NULL);
    centre_open_with_bot(&c, false);
    centre_transfer(&c, "{\"skill\":\"AgentSkill\",\"when\":\"released\","
                        "\"timeout\":300}");
    c.on_step = keep;
    c.ctx = &j;
    ways[i].end(&c);
    assert_int_equal(j.queued, 1);
    assert_int_equal(j.together, 1);
    centre_free(&c);
  }
}

static void test_the_goodbye_itself_reaches_the_customer(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  centre_open_with_bot(&c, true);
  centre_bot(&c, COMMAND_SAY, "{\"text\":\"One moment please.\"}");
  assert_int_equal(c.step.answer.code, 201);
  closes(&c);
  centre_bot(&c, COMMAND_SAY, "{\"text\":\"Are you there?\"}");
  assert_int_equal(c.step.answer.refusal, REFUSAL_STALE_HOLDER);
  assert_int_equal(centre_count(&c, EVENT_COMMAND_REFUSED), 1);
  centre_free(&c);
}

static void test_a_goodbye_may_ask_for_the_end(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  centre_open_with_bot(&c, false);
  centre_bot(&c, COMMAND_GOODBYE, "{\"outcome\":\"end\"}");
  closes(&c);
  assert_int_equal(centre_status(&c), SESSION_COMPLETED);
  assert_true(text_equal(
      record_text(centre_event(&c, EVENT_OF_SESSION(ENDED)), FIELD_END_REASON),
      TEXT("bot_ended")));
  centre_free(&c);
}

/* The agent reads why, though the transfer itself does not say it. */
static void test_the_reason_of_a_goodbye_stays(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  centre_open_with_bot(&c, false);
  centre_bot(&c, COMMAND_GOODBYE,
             "{\"outcome\":\"escalate\",\"reason\":\"asks for a person\"}");
  closes(&c);
  centre_transfer(&c, "{\"queue\":\"support\"}");
  assert_true(centre_shows(&c, "\"reason\":\"asks for a person\""));
  centre_transfer(&c, "{\"queue\":\"support\",\"reason\":\"a complaint\"}");
  assert_true(centre_shows(&c, "\"reason\":\"a complaint\""));
  centre_free(&c);
}

static void test_a_bot_closes_no_hold_but_its_own(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  centre_put(&c, COMMAND_PUT_BOT, "{\"id\":\"rasa\"}");
  centre_open_with_bot(&c, false);
  is_hung_up(&c);
  centre_transfer(&c, "{\"bot\":\"rasa\"}");
  struct command cmd = centre_command(&c, COMMAND_BOT_CLOSED, ROLE_BOT, 0);
  record_set_id(&cmd.args, FIELD_SESSION, c.session);
  record_set_num(&cmd.args, FIELD_EPOCH, centre_session(&c)->epoch);
  centre_run(&c, &cmd);
  assert_int_equal(c.step.answer.refusal, REFUSAL_STALE_HOLDER);
  assert_int_equal(centre_status(&c), SESSION_PENDING);
  centre_free(&c);
}

static void test_a_bot_that_is_back_after_a_restart_goes_on(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  centre_open_with_bot(&c, false);
  centre_do(&c, COMMAND_RECOVERED, ROLE_SYSTEM, SESSION_NOBODY, NULL);
  centre_connection(&c, COMMAND_BOT_JOINED, NULL);
  assert_int_equal(centre_count(&c, EVENT_OF_SESSION(BOT_RETURNED)), 1);
  assert_int_equal(c.step.effects[0].type, EFFECT_INVITE_BOT);
  /* It takes the invitation for a new one: that is no reason to lose it. */
  centre_bot(&c, COMMAND_ACCEPT_INVITE, NULL);
  assert_int_equal(c.step.answer.code, 200);
  centre_bot(&c, COMMAND_SAY, "{\"text\":\"Where were we?\"}");
  assert_int_equal(c.step.answer.code, 201);
  centre_free(&c);
}

static void test_nobody_takes_it_and_the_fallback_does(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  centre_open_with_bot(&c, true);
  closes(&c);
  centre_wait(&c, 30000);
  assert_int_equal(centre_status(&c), SESSION_QUEUED);
  centre_put(&c, COMMAND_PUT_ENTRY, "{\"id\":\"main\",\"bot\":\"cognigy\"}");
  centre_open_with_bot(&c, true);
  closes(&c);
  centre_wait(&c, 30000);
  assert_int_equal(centre_status(&c), SESSION_COMPLETED);
  centre_free(&c);
}

static void test_what_follows_the_bot_does_not_meddle(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  centre_put_script(&c, "after", "LogInfo(\"after the bot\")\n");
  centre_put(&c, COMMAND_PUT_ENTRY,
             "{\"id\":\"main\",\"bot\":\"cognigy\",\"onReleased\":\"after\","
             "\"fallback\":\"support\"}");
  centre_open(&c);
  /* The invitation ends, and the session is in the queue in the same step. */
  centre_transfer(&c, "{\"queue\":\"support\",\"release\":true}");
  assert_int_equal(c.step.answer.code, 200);
  assert_int_equal(centre_count(&c, EVENT_SCRIPT_STARTED), 0);
  centre_open_with_bot(&c, true);
  closes(&c);
  assert_int_equal(centre_count(&c, EVENT_SCRIPT_STARTED), 1);
  assert_int_equal(centre_count(&c, EVENT_SCRIPT_ENDED), 1);
  centre_free(&c);
}

static void test_silence_counts_from_the_last_word(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  centre_open_with_bot(&c, false);
  centre_wait(&c, 299000);
  centre_do(&c, COMMAND_SAY, ROLE_CUSTOMER, SESSION_NOBODY,
            "{\"text\":\"wait\"}");
  centre_wait(&c, 299999);
  assert_int_equal(centre_status(&c), SESSION_CONNECTED);
  centre_wait(&c, 1);
  assert_int_equal(centre_status(&c), SESSION_IDLE);
  centre_free(&c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_each_leads_to_idle_exactly_once),
      cmocka_unit_test(test_a_waiting_transfer_goes_in_that_very_step),
      cmocka_unit_test(test_the_goodbye_itself_reaches_the_customer),
      cmocka_unit_test(test_a_goodbye_may_ask_for_the_end),
      cmocka_unit_test(test_the_reason_of_a_goodbye_stays),
      cmocka_unit_test(test_a_bot_closes_no_hold_but_its_own),
      cmocka_unit_test(test_a_bot_that_is_back_after_a_restart_goes_on),
      cmocka_unit_test(test_nobody_takes_it_and_the_fallback_does),
      cmocka_unit_test(test_what_follows_the_bot_does_not_meddle),
      cmocka_unit_test(test_silence_counts_from_the_last_word),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
