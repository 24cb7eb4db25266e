/* An agent's day, hour by hour. Laws that hold always: explore_agent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/agent.h"

enum { CHAT, VOICE, LUNCH = AGENT_AWAY_CUSTOM };

static struct agent hired(void) {
  return agent_make(&(struct agent_limits){.capacity = {2, 1}});
}

static enum agent_refusal try_cmd(struct agent *a, struct agent_cmd cmd) {
  struct agent_out out;
  const enum agent_refusal refusal = agent_decide(a, &cmd, &out);
  if (refusal == AGENT_REFUSAL_NONE) {
    *a = agent_apply(*a, &out.event);
  }
  return refusal;
}

static enum agent_refusal tell(struct agent *a, enum agent_cmd_type type,
                               uint32_t channel, int64_t now_us) {
  return try_cmd(a, (struct agent_cmd){.type = type,
                                       .channel = channel,
                                       .now_us = now_us,
                                       .away_code = LUNCH,
                                       .visit = a->visit});
}

static void told(struct agent *a, enum agent_cmd_type type, uint32_t channel,
                 int64_t now_us) {
  assert_int_equal(tell(a, type, channel, now_us), AGENT_REFUSAL_NONE);
}

static struct agent at_work(int64_t now_us) {
  struct agent a = hired();
  told(&a, AGENT_CMD_LOGIN, 0, now_us);
  told(&a, AGENT_CMD_SET_AVAILABLE, 0, now_us);
  return a;
}

static void a_new_agent_is_offline_and_takes_nothing(void **state) {
  (void)state;
  struct agent a = hired();
  assert_int_equal(agent_shown(&a), AGENT_SHOWN_OFFLINE);
  assert_false(agent_ready(&a, CHAT));
  assert_int_equal(tell(&a, AGENT_CMD_RESERVE, CHAT, 1),
                   AGENT_REFUSAL_NOT_LOGGED_IN);
  told(&a, AGENT_CMD_LOGIN, 0, 2);
  assert_int_equal(a.away_code, AGENT_AWAY_LOGGED_IN);
  assert_int_equal(tell(&a, AGENT_CMD_RESERVE, CHAT, 3), AGENT_REFUSAL_AWAY);
  assert_int_equal(tell(&a, AGENT_CMD_LOGIN, 0, 3),
                   AGENT_REFUSAL_ALREADY_LOGGED_IN);
}

static void capacity_is_claimed_by_offers_contacts_and_wrapups(void **state) {
  (void)state;
  struct agent a = at_work(1);
  told(&a, AGENT_CMD_RESERVE, CHAT, 2);
  told(&a, AGENT_CMD_ASSIGN, CHAT, 3); /* transferred work counts too */
  assert_false(agent_ready(&a, CHAT));
  assert_true(agent_ready(&a, VOICE));
  assert_int_equal(tell(&a, AGENT_CMD_RESERVE, CHAT, 4),
                   AGENT_REFUSAL_AT_CAPACITY);
  told(&a, AGENT_CMD_ACCEPT, CHAT, 5);
  told(&a, AGENT_CMD_WRAP_UP, CHAT, 6);
  assert_int_equal(agent_used(&a, CHAT), 2);
  assert_false(agent_ready(&a, CHAT));
  told(&a, AGENT_CMD_COMPLETE, CHAT, 7);
  assert_true(agent_ready(&a, CHAT));
  assert_int_equal(agent_used(&a, CHAT), 1);
}

static void busy_and_after_contact_are_shown_not_chosen(void **state) {
  (void)state;
  struct agent a = agent_make(&(struct agent_limits){.capacity = {1}});
  told(&a, AGENT_CMD_LOGIN, 0, 1);
  told(&a, AGENT_CMD_SET_AVAILABLE, 0, 1);
  assert_string_equal(agent_shown_text(agent_shown(&a)), "available");
  told(&a, AGENT_CMD_RESERVE, CHAT, 2);
  assert_string_equal(agent_shown_text(agent_shown(&a)), "busy");
  told(&a, AGENT_CMD_ACCEPT, CHAT, 3);
  told(&a, AGENT_CMD_WRAP_UP, CHAT, 4);
  assert_string_equal(agent_shown_text(agent_shown(&a)), "after_contact");
  told(&a, AGENT_CMD_COMPLETE, CHAT, 5);
  assert_string_equal(agent_shown_text(agent_shown(&a)), "available");
}

static void a_call_may_not_be_interrupted_by_chats(void **state) {
  (void)state;
  struct agent a = agent_make(&(struct agent_limits){
      .capacity = {2, 1}, .blocked_by = {[CHAT] = 1u << VOICE}});
  told(&a, AGENT_CMD_LOGIN, 0, 1);
  told(&a, AGENT_CMD_SET_AVAILABLE, 0, 1);
  told(&a, AGENT_CMD_RESERVE, VOICE, 2);
  assert_false(agent_ready(&a, CHAT));
  assert_int_equal(tell(&a, AGENT_CMD_RESERVE, CHAT, 3), AGENT_REFUSAL_BLOCKED);
  told(&a, AGENT_CMD_WITHDRAW, VOICE, 4);
  told(&a, AGENT_CMD_RESERVE, CHAT, 5);
  assert_true(agent_ready(&a, VOICE)); /* a chat may be interrupted */
}

static void an_unanswered_offer_sends_away(void **state) {
  (void)state;
  struct agent a = at_work(1);
  told(&a, AGENT_CMD_RESERVE, CHAT, 2);
  told(&a, AGENT_CMD_EXPIRE, CHAT, 17);
  assert_int_equal(a.presence, AGENT_AWAY);
  assert_int_equal(a.away_code, AGENT_AWAY_NO_ANSWER);
  assert_int_equal(agent_used(&a, CHAT), 0);
  told(&a, AGENT_CMD_SET_AVAILABLE, 0, 20);
  assert_int_equal(a.away_code, AGENT_AWAY_NONE);
}

static void unless_the_policy_lets_it_stay(void **state) {
  (void)state;
  struct agent a = at_work(1);
  assert_int_equal(try_cmd(&a, (struct agent_cmd){.type = AGENT_CMD_SET_LIMITS,
                                                  .limits = {.capacity = {2, 1},
                                                             .rona_stays = 1}}),
                   AGENT_REFUSAL_NONE);
  told(&a, AGENT_CMD_RESERVE, CHAT, 2);
  told(&a, AGENT_CMD_EXPIRE, CHAT, 17);
  assert_int_equal(a.presence, AGENT_AVAILABLE);
  assert_int_equal(a.idle_since_us, 17); /* behind those who do answer */
}

static void turns_are_counted_fairly(void **state) {
  (void)state;
  struct agent a = at_work(1);
  told(&a, AGENT_CMD_SET_AVAILABLE, 0, 5); /* a second click */
  assert_int_equal(a.idle_since_us, 1);
  told(&a, AGENT_CMD_RESERVE, CHAT, 6);
  told(&a, AGENT_CMD_WITHDRAW, CHAT, 7); /* the customer left */
  assert_int_equal(a.idle_since_us, 1);
  told(&a, AGENT_CMD_LOSE, 0, 8);
  told(&a, AGENT_CMD_RECONNECT, 0, 9);
  assert_int_equal(a.idle_since_us, 1);
  told(&a, AGENT_CMD_RESERVE, CHAT, 10);
  told(&a, AGENT_CMD_DECLINE, CHAT, 11);
  assert_int_equal(a.idle_since_us, 11);
  told(&a, AGENT_CMD_RESERVE, CHAT, 12);
  told(&a, AGENT_CMD_ACCEPT, CHAT, 13); /* has room, but it is others' turn */
  assert_int_equal(a.idle_since_us, 13);
  told(&a, AGENT_CMD_FINISH, CHAT, 14);
  assert_int_equal(a.idle_since_us, 14);
}

static void a_lost_agent_keeps_its_contacts_and_comes_back(void **state) {
  (void)state;
  struct agent a = at_work(1);
  told(&a, AGENT_CMD_ASSIGN, CHAT, 2);
  told(&a, AGENT_CMD_LOSE, 0, 3);
  assert_int_equal(agent_shown(&a), AGENT_SHOWN_LOST);
  assert_int_equal(tell(&a, AGENT_CMD_RESERVE, CHAT, 4), AGENT_REFUSAL_LOST);
  told(&a, AGENT_CMD_LOGIN, 0, 5); /* a fresh login is a return too */
  assert_int_equal(a.presence, AGENT_AVAILABLE);
  assert_int_equal(agent_used(&a, CHAT), 1);
}

static void who_was_away_comes_back_away(void **state) {
  (void)state;
  struct agent a = at_work(1);
  told(&a, AGENT_CMD_SET_AWAY, 0, 2);
  told(&a, AGENT_CMD_LOSE, 0, 3);
  told(&a, AGENT_CMD_RECONNECT, 0, 4);
  assert_int_equal(a.presence, AGENT_AWAY);
  assert_int_equal(a.away_code, LUNCH);
}

/* The grace timer of an earlier loss fires late. */
static void an_old_grace_timer_does_nothing(void **state) {
  (void)state;
  struct agent a = at_work(1);
  told(&a, AGENT_CMD_LOSE, 0, 2);
  const uint32_t first = a.visit;
  told(&a, AGENT_CMD_RECONNECT, 0, 3);
  told(&a, AGENT_CMD_LOSE, 0, 4);
  assert_int_equal(try_cmd(&a, (struct agent_cmd){.type = AGENT_CMD_GIVE_UP,
                                                  .visit = first}),
                   AGENT_REFUSAL_STALE);
  told(&a, AGENT_CMD_GIVE_UP, 0, 34);
  assert_int_equal(a.presence, AGENT_OFFLINE);
}

static void nobody_goes_home_with_work_in_hand(void **state) {
  (void)state;
  struct agent a = at_work(1);
  told(&a, AGENT_CMD_ASSIGN, VOICE, 2);
  assert_int_equal(tell(&a, AGENT_CMD_LOGOUT, 0, 3), AGENT_REFUSAL_HAS_WORK);
  told(&a, AGENT_CMD_LOSE, 0, 4);
  assert_int_equal(tell(&a, AGENT_CMD_GIVE_UP, 0, 34), AGENT_REFUSAL_HAS_WORK);
  told(&a, AGENT_CMD_FINISH, VOICE, 34);
  told(&a, AGENT_CMD_GIVE_UP, 0, 34);
}

static void a_lowered_limit_waits_for_the_work_above_it(void **state) {
  (void)state;
  struct agent a = at_work(1);
  told(&a, AGENT_CMD_ASSIGN, CHAT, 2);
  told(&a, AGENT_CMD_ASSIGN, CHAT, 2);
  assert_int_equal(
      try_cmd(&a, (struct agent_cmd){.type = AGENT_CMD_SET_LIMITS,
                                     .limits = {.capacity = {1, 1}}}),
      AGENT_REFUSAL_NONE);
  assert_int_equal(a.load[CHAT].capacity, 2);
  told(&a, AGENT_CMD_FINISH, CHAT, 3);
  assert_int_equal(a.load[CHAT].capacity, 1);
  assert_false(agent_ready(&a, CHAT));
  told(&a, AGENT_CMD_FINISH, CHAT, 4);
  assert_true(agent_ready(&a, CHAT));
}

static void every_name_is_there(void **state) {
  (void)state;
  for (uint32_t i = 0; i < AGENT_PRESENCES; i++) {
    assert_non_null(agent_presence_name(i));
  }
  for (uint32_t i = 0; i < AGENT_CMDS; i++) {
    assert_non_null(agent_cmd_name(i));
  }
  for (uint32_t i = 0; i < AGENT_EVENTS; i++) {
    assert_non_null(agent_event_name(i));
  }
  for (uint32_t i = 0; i < AGENT_REFUSALS; i++) {
    assert_non_null(agent_refusal_text(i));
    assert_non_null(agent_refusal_detail(i));
  }
  assert_string_equal(agent_refusal_text(AGENT_REFUSAL_AT_CAPACITY),
                      "at_capacity");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_new_agent_is_offline_and_takes_nothing),
      cmocka_unit_test(capacity_is_claimed_by_offers_contacts_and_wrapups),
      cmocka_unit_test(busy_and_after_contact_are_shown_not_chosen),
      cmocka_unit_test(a_call_may_not_be_interrupted_by_chats),
      cmocka_unit_test(an_unanswered_offer_sends_away),
      cmocka_unit_test(unless_the_policy_lets_it_stay),
      cmocka_unit_test(turns_are_counted_fairly),
      cmocka_unit_test(a_lost_agent_keeps_its_contacts_and_comes_back),
      cmocka_unit_test(who_was_away_comes_back_away),
      cmocka_unit_test(an_old_grace_timer_does_nothing),
      cmocka_unit_test(nobody_goes_home_with_work_in_hand),
      cmocka_unit_test(a_lowered_limit_waits_for_the_work_above_it),
      cmocka_unit_test(every_name_is_there),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
