/* Stories of one session. That the laws hold in every world is shown by
 * tests/explore; here is what they are good for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "session/session.h"

enum { COGNIGY = 4, FLOW = 2, SUPPORT = 7, SALES = 8, ANNA = 3, BERT = 5 };
enum { JOURNAL_MAX = 32 };

struct story {
  struct session s;
  struct session_event journal[JOURNAL_MAX];
  size_t length;
  uint32_t effects; /* of the last step */
};

/* One step: the command, and what must follow it. */
static enum refusal say(struct story *t, struct session_cmd cmd) {
  struct session_out out;
  enum refusal why = REFUSAL_NONE;
  t->effects = 0;
  do {
    if (!session_decide(&t->s, &cmd, &out, &why)) {
      return why;
    }
    assert_true(t->length < JOURNAL_MAX);
    t->journal[t->length++] = out.event;
    t->effects |= out.effects;
    t->s = session_apply(t->s, &out.event);
  } while (session_follow_up(&t->s, &cmd));
  return REFUSAL_NONE;
}

#define SAY(t, what, ...)                                                      \
  say((t), (struct session_cmd){.type = SESSION_CMD_##what, __VA_ARGS__})

#define assert_status(t, st) assert_int_equal((t)->s.status, SESSION_##st)

/* The last events of the journal, in order. */
static void assert_ends(const struct story *t, size_t count,
                        const enum session_event_type *events) {
  assert_true(t->length >= count);
  for (size_t i = 0; i < count; i++) {
    assert_int_equal(t->journal[t->length - count + i].type, events[i]);
  }
}
#define ASSERT_ENDS(t, ...)                                                    \
  assert_ends((t),                                                             \
              sizeof((enum session_event_type[]){__VA_ARGS__}) /               \
                  sizeof(enum session_event_type),                             \
              (enum session_event_type[]){__VA_ARGS__})

static bool has_effect(const struct story *t, enum session_effect_bit bit) {
  return (t->effects & 1u << bit) != 0;
}

static struct story opened_for(enum session_holder kind, uint32_t who) {
  struct story t = {.s = session_none()};
  assert_int_equal(SAY(&t, OPEN, .target_kind = (uint8_t)kind, .target = who),
                   REFUSAL_NONE);
  assert_int_equal(SAY(&t, ATTACH, .epoch = t.s.epoch), REFUSAL_NONE);
  assert_status(&t, CONNECTED);
  assert_int_equal(t.s.holder, kind);
  assert_int_equal(t.s.holder_id, who);
  return t;
}

static struct story with_bot(void) {
  return opened_for(SESSION_HOLDER_BOT, COGNIGY);
}

static struct story in_queue(void) {
  struct story t = with_bot();
  assert_int_equal(SAY(&t, DETACH, .epoch = t.s.epoch), REFUSAL_NONE);
  assert_int_equal(SAY(&t, TRANSFER, .target = SUPPORT), REFUSAL_NONE);
  return t;
}

static struct story offered_to(uint32_t agent, uint64_t offer) {
  struct story t = in_queue();
  assert_int_equal(SAY(&t, MATCH, .target = agent, .number = offer),
                   REFUSAL_NONE);
  return t;
}

static struct story with_agent(uint32_t agent) {
  struct story t = offered_to(agent, 1);
  assert_int_equal(SAY(&t, ACCEPT, .target = agent, .number = 1), REFUSAL_NONE);
  assert_status(&t, ACTIVE);
  return t;
}

/* --- the bot's end ---------------------------------------------------------*/

/* The ticket with which it all began: a transfer straight after the goodbye. */
static void a_transfer_right_after_the_goodbye_says_why_not(void **state) {
  (void)state;
  struct story t = with_bot();
  const uint32_t bot = t.s.epoch;
  assert_int_equal(SAY(&t, TRANSFER, .target = SUPPORT),
                   REFUSAL_BOT_STILL_HOLDS);
  assert_int_equal(SAY(&t, GOODBYE, .epoch = bot), REFUSAL_NONE);
  assert_int_equal(SAY(&t, TRANSFER, .target = SUPPORT),
                   REFUSAL_RELEASE_IN_PROGRESS);
  assert_int_equal(SAY(&t, DETACH, .epoch = bot), REFUSAL_NONE);
  assert_status(&t, IDLE);
  assert_int_equal(SAY(&t, TRANSFER, .target = SUPPORT), REFUSAL_NONE);
  assert_status(&t, QUEUED);
  assert_int_equal(t.s.holder_id, SUPPORT);
}

static void its_cure_is_to_transfer_when_released(void **state) {
  (void)state;
  struct story t = with_bot();
  const uint32_t bot = t.s.epoch;
  assert_int_equal(SAY(&t, GOODBYE, .epoch = bot), REFUSAL_NONE);
  assert_int_equal(SAY(&t, AWAIT, .target_kind = SESSION_HOLDER_QUEUE,
                       .target = SUPPORT, .number = 12),
                   REFUSAL_NONE);
  assert_status(&t, RELEASING);
  assert_int_equal(SAY(&t, AWAIT, .target_kind = SESSION_HOLDER_QUEUE,
                       .target = SALES, .number = 13),
                   REFUSAL_TRANSFER_PENDING);
  /* The close and the transfer are one step: nothing comes in between. */
  assert_int_equal(SAY(&t, DETACH, .epoch = bot), REFUSAL_NONE);
  assert_status(&t, QUEUED);
  assert_int_equal(t.s.holder_id, SUPPORT);
  ASSERT_ENDS(&t, SESSION_EV_TRANSFER_WAITS, SESSION_EV_BOT_RELEASED,
              SESSION_EV_QUEUED);
}

static void a_transfer_that_waited_in_vain_leaves_all_as_it_was(void **state) {
  (void)state;
  struct story t = with_bot();
  const struct session before = t.s;
  assert_int_equal(SAY(&t, AWAIT, .target_kind = SESSION_HOLDER_BOT,
                       .target = 9, .number = 12),
                   REFUSAL_NONE);
  assert_int_equal(SAY(&t, EXPIRE, .number = 11), REFUSAL_TRANSFER_GONE);
  assert_int_equal(SAY(&t, EXPIRE, .number = 12), REFUSAL_NONE);
  assert_int_equal(SAY(&t, CANCEL, .number = 12), REFUSAL_TRANSFER_GONE);
  t.s.version = before.version;
  assert_memory_equal(&t.s, &before, sizeof before);
}

static void a_close_before_the_goodbye_ends_the_hold_once(void **state) {
  (void)state;
  struct story t = with_bot();
  const uint32_t bot = t.s.epoch;
  assert_int_equal(SAY(&t, DETACH, .epoch = bot), REFUSAL_NONE);
  ASSERT_ENDS(&t, SESSION_EV_BOT_LOST);
  assert_int_equal(SAY(&t, GOODBYE, .epoch = bot), REFUSAL_STALE_HOLDER);
  assert_int_equal(SAY(&t, DETACH, .epoch = bot), REFUSAL_STALE_HOLDER);
  assert_status(&t, IDLE);
}

static void a_bot_that_never_closes_is_closed(void **state) {
  (void)state;
  struct story t = with_bot();
  const uint32_t talking = t.s.visit;
  assert_int_equal(SAY(&t, GOODBYE, .epoch = t.s.epoch), REFUSAL_NONE);
  assert_int_equal(session_timer_of(&t.s), SESSION_TIMER_DRAIN);
  /* The silence timer had fired already, and its message was on the way. */
  assert_int_equal(SAY(&t, TIMEOUT, .visit = talking, .target = SESSION_NOBODY),
                   REFUSAL_STALE_TIMER);
  assert_int_equal(
      SAY(&t, TIMEOUT, .visit = t.s.visit, .target = SESSION_NOBODY),
      REFUSAL_NONE);
  ASSERT_ENDS(&t, SESSION_EV_BOT_DRAINED);
  assert_true(has_effect(&t, SESSION_FX_BIT_CLOSE_BOT));
}

static void a_bot_that_is_dismissed_may_still_say_goodbye(void **state) {
  (void)state;
  struct story t = with_bot();
  const uint32_t bot = t.s.epoch;
  assert_int_equal(SAY(&t, RELEASE, 0), REFUSAL_NONE);
  assert_true(has_effect(&t, SESSION_FX_BIT_CLOSE_BOT));
  assert_int_equal(SAY(&t, RELEASE, 0), REFUSAL_NOTHING_TO_RELEASE);
  assert_int_equal(SAY(&t, GOODBYE, .epoch = bot, .ending = true),
                   REFUSAL_NONE);
  assert_int_equal(SAY(&t, DETACH, .epoch = bot), REFUSAL_NONE);
  /* It asked for the end, and nobody else waits for the session. */
  ASSERT_ENDS(&t, SESSION_EV_BOT_DISMISSED, SESSION_EV_BOT_GOODBYE,
              SESSION_EV_BOT_RELEASED, SESSION_EV_ENDED);
}

static void who_waits_goes_before_the_bots_wish_to_end(void **state) {
  (void)state;
  struct story t = with_bot();
  const uint32_t bot = t.s.epoch;
  assert_int_equal(SAY(&t, AWAIT, .target_kind = SESSION_HOLDER_QUEUE,
                       .target = SUPPORT, .number = 1),
                   REFUSAL_NONE);
  assert_int_equal(SAY(&t, GOODBYE, .epoch = bot, .ending = true),
                   REFUSAL_NONE);
  assert_int_equal(SAY(&t, HANGUP, 0), REFUSAL_NONE);
  assert_status(&t, QUEUED);
}

static void a_bot_that_wakes_up_late_changes_nothing(void **state) {
  (void)state;
  struct story t = with_bot();
  const uint32_t first = t.s.epoch;
  assert_int_equal(SAY(&t, HANGUP, 0), REFUSAL_NONE);
  assert_int_equal(SAY(&t, TRANSFER_BOT, .target = COGNIGY), REFUSAL_NONE);
  const struct session before = t.s;
  assert_int_equal(SAY(&t, ATTACH, .epoch = first), REFUSAL_INVITE_GONE);
  assert_int_equal(SAY(&t, DETACH, .epoch = first), REFUSAL_STALE_HOLDER);
  assert_int_equal(SAY(&t, GOODBYE, .epoch = first), REFUSAL_STALE_HOLDER);
  assert_memory_equal(&t.s, &before, sizeof before);
  assert_int_equal(SAY(&t, ATTACH, .epoch = t.s.epoch), REFUSAL_NONE);
  assert_int_equal(SAY(&t, GOODBYE, .epoch = first), REFUSAL_STALE_HOLDER);
  assert_status(&t, CONNECTED);
}

static void a_bot_comes_back_after_a_restart_or_is_lost(void **state) {
  (void)state;
  struct story t = with_bot();
  const uint32_t bot = t.s.epoch;
  assert_int_equal(SAY(&t, BOT_AWAY, 0), REFUSAL_NONE);
  assert_int_equal(session_timer_of(&t.s), SESSION_TIMER_INVITE);
  assert_int_equal(SAY(&t, BOT_BACK, 0), REFUSAL_NONE);
  assert_int_equal(SAY(&t, BOT_BACK, 0), REFUSAL_STALE_HOLDER);
  assert_int_equal(t.s.epoch, bot); /* it held all the time */
  assert_int_equal(SAY(&t, BOT_AWAY, 0), REFUSAL_NONE);
  assert_int_equal(
      SAY(&t, TIMEOUT, .visit = t.s.visit, .target = SESSION_NOBODY),
      REFUSAL_NONE);
  ASSERT_ENDS(&t, SESSION_EV_BOT_LOST);
  assert_true(has_effect(&t, SESSION_FX_BIT_CLOSE_BOT));
}

static void nobody_waits_for_the_close_of_a_bot_that_is_away(void **state) {
  (void)state;
  struct story t = with_bot();
  assert_int_equal(SAY(&t, BOT_AWAY, 0), REFUSAL_NONE);
  assert_int_equal(SAY(&t, RELEASE, 0), REFUSAL_NONE);
  assert_status(&t, IDLE);

  t = with_bot();
  assert_int_equal(SAY(&t, GOODBYE, .epoch = t.s.epoch), REFUSAL_NONE);
  assert_int_equal(SAY(&t, BOT_AWAY, 0), REFUSAL_NONE);
  ASSERT_ENDS(&t, SESSION_EV_BOT_RELEASED);
}

static void a_script_does_not_lose_a_transfer_that_waits(void **state) {
  (void)state;
  struct story t = opened_for(SESSION_HOLDER_SCRIPT, FLOW);
  assert_int_equal(session_timer_of(&t.s), SESSION_TIMER_NEVER);
  assert_int_equal(SAY(&t, AWAIT, .target_kind = SESSION_HOLDER_QUEUE,
                       .target = SUPPORT, .number = 1),
                   REFUSAL_NONE);
  assert_int_equal(SAY(&t, TRANSFER, .target = SALES),
                   REFUSAL_TRANSFER_PENDING);
  assert_int_equal(SAY(&t, TRANSFER_BOT, .target = COGNIGY),
                   REFUSAL_TRANSFER_PENDING);
  assert_int_equal(SAY(&t, DETACH, .epoch = t.s.epoch), REFUSAL_NONE);
  assert_int_equal(t.s.holder_id, SUPPORT);
}

/* --- agents ----------------------------------------------------------------*/

static void an_acceptance_after_the_deadline_is_late(void **state) {
  (void)state;
  struct story t = offered_to(ANNA, 21);
  assert_int_equal(
      SAY(&t, TIMEOUT, .visit = t.s.visit, .target = SESSION_NOBODY),
      REFUSAL_NONE);
  ASSERT_ENDS(&t, SESSION_EV_OFFER_EXPIRED);
  assert_false(has_effect(&t, SESSION_FX_BIT_LEAVE_QUEUE));
  assert_int_equal(SAY(&t, ACCEPT, .target = ANNA, .number = 21),
                   REFUSAL_OFFER_GONE);
  /* Offered on: the first one's click must not win the second one's offer. */
  assert_int_equal(SAY(&t, MATCH, .target = BERT, .number = 22), REFUSAL_NONE);
  assert_int_equal(SAY(&t, ACCEPT, .target = ANNA, .number = 21),
                   REFUSAL_OFFER_GONE);
  assert_int_equal(SAY(&t, ACCEPT, .target = BERT, .number = 22), REFUSAL_NONE);
  assert_int_equal(t.s.holder_id, BERT);
}

static void a_decline_keeps_the_place(void **state) {
  (void)state;
  struct story t = offered_to(ANNA, 21);
  assert_int_equal(SAY(&t, DECLINE, .target = ANNA, .number = 21),
                   REFUSAL_NONE);
  assert_status(&t, QUEUED);
  assert_int_equal(t.s.holder_id, SUPPORT);
  assert_false(has_effect(&t, SESSION_FX_BIT_LEAVE_QUEUE));
  assert_false(has_effect(&t, SESSION_FX_BIT_JOIN_QUEUE));
}

static void a_lost_agent_who_returns_still_has_the_session(void **state) {
  (void)state;
  struct story t = with_agent(ANNA);
  assert_int_equal(session_timer_of(&t.s), SESSION_TIMER_NEVER);
  assert_int_equal(SAY(&t, AGENT_LOST, .target = BERT), REFUSAL_STALE_HOLDER);
  assert_int_equal(SAY(&t, AGENT_LOST, .target = ANNA), REFUSAL_NONE);
  const uint32_t grace = t.s.visit;
  assert_int_equal(session_timer_of(&t.s), SESSION_TIMER_GRACE);
  assert_int_equal(SAY(&t, AGENT_BACK, .target = ANNA), REFUSAL_NONE);
  assert_int_equal(SAY(&t, TIMEOUT, .visit = grace, .target = SESSION_NOBODY),
                   REFUSAL_STALE_TIMER);
  assert_int_equal(t.s.holder_id, ANNA);
}

static void a_lost_agent_gives_it_back_to_its_queue(void **state) {
  (void)state;
  struct story t = with_agent(ANNA);
  assert_int_equal(SAY(&t, AGENT_LOST, .target = ANNA), REFUSAL_NONE);
  assert_int_equal(
      SAY(&t, TIMEOUT, .visit = t.s.visit, .target = SESSION_NOBODY),
      REFUSAL_NONE);
  ASSERT_ENDS(&t, SESSION_EV_REQUEUED);
  assert_int_equal(t.s.holder_id, SUPPORT);
  assert_true(has_effect(&t, SESSION_FX_BIT_FREE_AGENT));
}

static void only_who_may_takes_it_from_an_agent(void **state) {
  (void)state;
  struct story t = offered_to(ANNA, 1);
  assert_int_equal(SAY(&t, TRANSFER, .target = SALES), REFUSAL_OFFER_PENDING);
  assert_int_equal(SAY(&t, ACCEPT, .target = ANNA, .number = 1), REFUSAL_NONE);
  assert_int_equal(SAY(&t, TRANSFER, .target = SALES), REFUSAL_WITH_AGENT);
  assert_int_equal(SAY(&t, TRANSFER, .target = SALES, .privileged = true),
                   REFUSAL_NONE);
  assert_int_equal(t.s.holder_id, SALES);
}

static void a_customer_who_leaves_is_let_go_and_the_agent_documents(void **s) {
  (void)s;
  struct story t = with_agent(ANNA);
  assert_int_equal(SAY(&t, LEAVE, 0), REFUSAL_NONE);
  assert_status(&t, WRAPUP);
  assert_int_equal(SAY(&t, TRANSFER, .target = SALES, .privileged = true),
                   REFUSAL_SESSION_ENDED);
  assert_int_equal(SAY(&t, DOCUMENTED, .target = BERT), REFUSAL_NOT_IN_WRAPUP);
  assert_int_equal(SAY(&t, DOCUMENTED, .target = ANNA), REFUSAL_NONE);
  assert_status(&t, COMPLETED);
  assert_int_equal(SAY(&t, TRANSFER, .target = SALES), REFUSAL_SESSION_ENDED);
}

/* --- the value -------------------------------------------------------------*/

static void a_move_between_queues_is_a_new_hold(void **state) {
  (void)state;
  struct story t = in_queue();
  const uint32_t epoch = t.s.epoch;
  assert_int_equal(SAY(&t, TRANSFER, .target = SALES), REFUSAL_NONE);
  assert_int_equal(t.s.epoch, epoch + 1);
  assert_int_equal(SAY(&t, TIMEOUT, .visit = t.s.visit, .target = SUPPORT),
                   REFUSAL_NONE);
  ASSERT_ENDS(&t, SESSION_EV_OVERFLOWED);
  assert_int_equal(t.s.epoch, epoch + 2);
}

static void the_journal_makes_the_session(void **state) {
  (void)state;
  struct story t = with_agent(ANNA);
  assert_int_equal(SAY(&t, LEAVE, 0), REFUSAL_NONE);
  struct session s = session_none();
  for (size_t i = 0; i < t.length; i++) {
    s = session_apply(s, &t.journal[i]);
  }
  assert_memory_equal(&s, &t.s, sizeof s);
  assert_int_equal(s.version, t.length);
}

static void statuses_have_names_on_the_wire(void **state) {
  (void)state;
  for (uint32_t i = SESSION_NONE + 1; i < SESSION_STATUSES; i++) {
    enum session_status found;
    assert_true(
        session_status_from_text(text_from(session_status_name(i)), &found));
    assert_int_equal(found, i);
  }
  enum session_status none;
  assert_false(session_status_from_text(TEXT("none"), &none));
  assert_false(session_status_from_text(TEXT("lingering"), &none));
  assert_string_equal(session_event_name(SESSION_EV_BOT_GOODBYE),
                      "bot.goodbye");
  assert_string_equal(session_holder_name(SESSION_HOLDER_QUEUE), "queue");
  assert_string_equal(session_timer_name(SESSION_TIMER_DRAIN), "drainTimeout");
  assert_int_equal(session_timer_default_ms(SESSION_TIMER_DRAIN), 5000);
}

static void a_refusal_can_say_where_it_is_allowed(void **state) {
  (void)state;
  assert_int_equal(session_allowed_from(SESSION_CMD_TRANSFER),
                   1u << SESSION_IDLE | 1u << SESSION_QUEUED);
  assert_int_equal(session_allowed_from(SESSION_CMD_AWAIT),
                   1u << SESSION_CONNECTED | 1u << SESSION_RELEASING);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_transfer_right_after_the_goodbye_says_why_not),
      cmocka_unit_test(its_cure_is_to_transfer_when_released),
      cmocka_unit_test(a_transfer_that_waited_in_vain_leaves_all_as_it_was),
      cmocka_unit_test(a_close_before_the_goodbye_ends_the_hold_once),
      cmocka_unit_test(a_bot_that_never_closes_is_closed),
      cmocka_unit_test(a_bot_that_is_dismissed_may_still_say_goodbye),
      cmocka_unit_test(who_waits_goes_before_the_bots_wish_to_end),
      cmocka_unit_test(a_bot_that_wakes_up_late_changes_nothing),
      cmocka_unit_test(a_bot_comes_back_after_a_restart_or_is_lost),
      cmocka_unit_test(nobody_waits_for_the_close_of_a_bot_that_is_away),
      cmocka_unit_test(a_script_does_not_lose_a_transfer_that_waits),
      cmocka_unit_test(an_acceptance_after_the_deadline_is_late),
      cmocka_unit_test(a_decline_keeps_the_place),
      cmocka_unit_test(a_lost_agent_who_returns_still_has_the_session),
      cmocka_unit_test(a_lost_agent_gives_it_back_to_its_queue),
      cmocka_unit_test(only_who_may_takes_it_from_an_agent),
      cmocka_unit_test(a_customer_who_leaves_is_let_go_and_the_agent_documents),
      cmocka_unit_test(a_move_between_queues_is_a_new_hold),
      cmocka_unit_test(the_journal_makes_the_session),
      cmocka_unit_test(statuses_have_names_on_the_wire),
      cmocka_unit_test(a_refusal_can_say_where_it_is_allowed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
