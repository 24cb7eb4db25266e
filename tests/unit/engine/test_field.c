/* The field's bugs: what goes wrong in contact centres elsewhere, each by its
 * cause. Above each story stands what would bring the bug back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/calendar.h"
#include "centre.h"
#include "engine/engine_priv.h"

/* ---- what the stories share */

/* A further session that waits; it is the one that is spoken of from now on. */
static struct id waits_in(struct centre *c, const char *transfer) {
  centre_queue(c, transfer);
  assert_int_equal(c->step.answer.code, 200);
  return c->session;
}

static struct id waits(struct centre *c) {
  return waits_in(c, "{\"queue\":\"support\"}");
}

static void speak_of(struct centre *c, struct id session) {
  c->session = session;
}

static void stands(struct centre *c, struct id session,
                   enum session_status status) {
  speak_of(c, session);
  assert_int_equal(centre_status(c), status);
}

static void is_offered_to(struct centre *c, struct id session,
                          const char *agent) {
  stands(c, session, SESSION_OFFERED);
  assert_int_equal(centre_session(c)->agent, centre_number(c, agent));
}

static const struct agent_load *load_of(const struct centre *c,
                                        const char *agent) {
  return &c->e->agents[centre_number(c, agent)].a.load[CHANNEL_CHAT];
}

static void has_nothing(const struct centre *c, const char *agent) {
  const struct agent_load *l = load_of(c, agent);
  assert_int_equal(l->reserved + l->active + l->wrapup, 0);
}

static void answers(struct centre *c, const char *agent, enum command_type type,
                    int code) {
  centre_agent(c, agent, type, NULL);
  assert_int_equal(c->step.answer.code, code);
}

/* The agent talks with the customer. */
static void takes(struct centre *c, struct id session, const char *agent) {
  is_offered_to(c, session, agent);
  answers(c, agent, COMMAND_ACCEPT_OFFER, 200);
  stands(c, session, SESSION_ACTIVE);
}

static void go_to(struct centre *c, const char *time) {
  assert_true(time_from_text(text_from(time), &c->now_us));
}

static void of_queue(struct centre *c, enum command_type type,
                     const char *queue) {
  struct command cmd = centre_command(c, type, ROLE_SUPERVISOR, SESSION_NOBODY);
  record_set_num(&cmd.args, FIELD_QUEUE,
                 directory_queue(engine_directory(c->e), text_from(queue)));
  centre_run(c, &cmd);
  assert_int_equal(c->step.answer.code, 200);
}

/* ---- the bugs */

/* Two programs read "free" and both write "mine". It comes back if an offer is
 * anybody's to accept: offer_fsm.def without the guard of its agent. */
static void double_assignment_by_racing_writers(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  centre_ready(&c, "anna");
  const struct id s = waits(&c);
  centre_ready(&c, "bert");
  is_offered_to(&c, s, "anna");
  answers(&c, "bert", COMMAND_ACCEPT_OFFER, 409);
  answers(&c, "anna", COMMAND_ACCEPT_OFFER, 200);
  answers(&c, "anna", COMMAND_ACCEPT_OFFER, 409); /* her second screen */
  answers(&c, "bert", COMMAND_ACCEPT_OFFER, 404); /* it is not his to see */
  stands(&c, s, SESSION_ACTIVE);
  assert_int_equal(centre_session(&c)->agent, centre_number(&c, "anna"));
  has_nothing(&c, "bert");
  centre_free(&c);
}

/* Capacity is looked at in one place and taken in another. It comes back if the
 * router's or the supervisor's way does not ask agent_decide(): agent_fsm.def
 * without the guard ROOM. */
static void check_then_act_over_capacity(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  const struct id first = waits(&c);
  const struct id second = waits(&c);
  const struct id third = waits(&c);
  centre_ready(&c, "anna"); /* room for one: both ways at once */
  is_offered_to(&c, first, "anna");
  speak_of(&c, second);
  centre_supervise(&c, COMMAND_ASSIGN, "{\"agentId\":\"anna\"}");
  assert_int_equal(c.step.answer.code, 409);
  takes(&c, first, "anna");
  speak_of(&c, third);
  centre_supervise(&c, COMMAND_ASSIGN, "{\"agentId\":\"anna\"}");
  assert_int_equal(c.step.answer.code, 409);
  centre_transfer(&c, "{\"agentId\":\"anna\"}");
  assert_int_equal(load_of(&c, "anna")->active, 1);
  assert_int_equal(load_of(&c, "anna")->reserved, 0);
  speak_of(&c, first); /* in wrap-up she is not free, either */
  answers(&c, "anna", COMMAND_END, 200);
  assert_int_equal(load_of(&c, "anna")->wrapup, 1);
  assert_int_equal(load_of(&c, "anna")->reserved, 0);
  centre_free(&c);
}

/* Nobody looks again when somebody frees up, or only a poll does. Each way of
 * freeing up offers the next in the very step. It comes back without the
 * mark_agent() in do_agent(). */
static void no_trigger_when_an_agent_frees_up(void **state) {
  (void)state;
  struct centre c;
  struct id s[5];
  centre_init(&c, NULL);
  for (size_t i = 0; i < 5; i++) {
    s[i] = waits(&c);
  }
  centre_ready(&c, "anna");
  takes(&c, s[0], "anna");
  answers(&c, "anna", COMMAND_END, 200);
  answers(&c, "anna", COMMAND_COMPLETE, 200); /* by her word */
  takes(&c, s[1], "anna");
  answers(&c, "anna", COMMAND_END, 200);
  centre_wait(&c, 10000); /* by the wrap-up time */
  is_offered_to(&c, s[2], "anna");
  centre_do(&c, COMMAND_LEAVE, ROLE_CUSTOMER, SESSION_NOBODY, NULL);
  takes(&c, s[3], "anna"); /* by a customer who leaves */
  centre_supervise(&c, COMMAND_MOVE, "{\"queue\":\"support\"}");
  centre_put(&c, COMMAND_PUT_AGENT,
             "{\"id\":\"anna\",\"skills\":[\"AgentSkill\"],"
             "\"capacity\":{\"chat\":2}}"); /* by more room */
  is_offered_to(&c, s[4], "anna");
  centre_free(&c);
}

/* The first in line waits for somebody special, and everybody waits for him.
 * It comes back if an agent looks at the first of a queue instead of at the
 * first of each of its own signatures (router_best_session). */
static void head_of_line_block(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  centre_put(&c, COMMAND_PUT_AGENT,
             "{\"id\":\"cleo\",\"skills\":[\"French\"],"
             "\"capacity\":{\"chat\":1}}");
  const struct id french = waits_in(&c, "{\"queue\":\"support\",\"priority\":9,"
                                        "\"skills\":[{\"name\":\"French\"}]}");
  const struct id plain = waits(&c);
  centre_ready(&c, "anna");
  is_offered_to(&c, plain, "anna");
  stands(&c, french, SESSION_QUEUED);
  centre_ready(&c, "cleo");
  is_offered_to(&c, french, "cleo");
  centre_free(&c);
}

/* A heavier queue goes first for agents who cannot serve it, so that these sit
 * idle. It comes back if precedences are compared before eligibility. */
static void precedence_that_ignores_eligibility(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  centre_put(&c, COMMAND_PUT_AGENT,
             "{\"id\":\"cleo\",\"skills\":[\"French\"],"
             "\"capacity\":{\"chat\":1}}");
  centre_put(&c, COMMAND_PUT_QUEUE,
             "{\"id\":\"vip\",\"precedence\":10,\"skills\":[\"French\"]}");
  const struct id light = waits(&c);
  const struct id heavy = waits_in(&c, "{\"queue\":\"vip\"}");
  centre_ready(&c, "anna");
  is_offered_to(&c, light, "anna");
  stands(&c, heavy, SESSION_QUEUED);
  waits(&c);
  centre_ready(&c, "cleo"); /* who can serve both begins with the heavy one */
  is_offered_to(&c, heavy, "cleo");
  centre_free(&c);
}

static void declines(struct centre *c) {
  answers(c, "anna", COMMAND_DECLINE_OFFER, 200);
}
static void is_silent(struct centre *c) {
  centre_wait(c, 20000);
}
static void is_cut_off(struct centre *c) {
  centre_connection(c, COMMAND_AGENT_DROPPED, "anna");
}
static void is_overruled(struct centre *c) {
  centre_supervise(c, COMMAND_WITHDRAW_OFFER, "{\"reason\":\"not her\"}");
  assert_int_equal(c->step.answer.code, 200);
}
static void is_moved_away(struct centre *c) {
  centre_supervise(c, COMMAND_MOVE, "{\"queue\":\"second\"}");
  assert_int_equal(c->step.answer.code, 200);
}

/* An offer fails, and agent or session stay "reserved" until somebody restarts
 * something. It comes back without router_unreserve() after a failed offer, or
 * without the agent's own unit going back (tell_agent in settle_offer). */
static void stuck_reserved(void **state) {
  (void)state;
  void (*const ways[])(struct centre *) = {declines, is_silent, is_cut_off,
                                           is_overruled, is_moved_away};
  for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
    struct centre c;
    centre_init(&c, NULL);
    centre_put(&c, COMMAND_PUT_QUEUE, "{\"id\":\"second\"}");
    centre_ready(&c, "anna");
    const struct id s = waits(&c);
    is_offered_to(&c, s, "anna");
    assert_int_equal(load_of(&c, "anna")->reserved, 1);
    /* Away, she can still answer; but she is not asked again. */
    centre_agent(&c, "anna", COMMAND_AGENT_STATE, "{\"state\":\"away\"}");
    ways[i](&c);
    stands(&c, s, SESSION_QUEUED);
    has_nothing(&c, "anna");
    centre_ready(&c, "bert");
    takes(&c, s, "bert");
    centre_free(&c);
  }
}

/* The wrap-up hangs on the agent, or on whatever is active, and its end ends
 * another conversation. It comes back if the timer or COMPLETE is not the
 * session's own. */
static void wrapup_bound_to_the_wrong_leg(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  centre_put(&c, COMMAND_PUT_AGENT,
             "{\"id\":\"anna\",\"skills\":[\"AgentSkill\"],"
             "\"capacity\":{\"chat\":2}}");
  centre_ready(&c, "anna");
  const struct id first = waits(&c);
  takes(&c, first, "anna");
  const struct id second = waits(&c);
  takes(&c, second, "anna");
  speak_of(&c, first);
  centre_do(&c, COMMAND_LEAVE, ROLE_CUSTOMER, SESSION_NOBODY, NULL);
  stands(&c, first, SESSION_WRAPUP);
  stands(&c, second, SESSION_ACTIVE);
  answers(&c, "anna", COMMAND_COMPLETE, 409); /* of the one that is active */
  stands(&c, second, SESSION_ACTIVE);
  centre_wait(&c, 10000); /* the wrap-up time of the other */
  stands(&c, first, SESSION_COMPLETED);
  stands(&c, second, SESSION_ACTIVE);
  assert_int_equal(load_of(&c, "anna")->active, 1);
  assert_int_equal(load_of(&c, "anna")->wrapup, 0);
  centre_free(&c);
}

/* An accept that was under way when the offer ran out wins, or leaves two with
 * the session. It comes back if the deadline is the timer's affair alone:
 * offer_fsm.def without the guard of the time. */
static void late_accept(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  centre_ready(&c, "anna");
  const struct id s = waits(&c);
  is_offered_to(&c, s, "anna");
  c.now_us += 20 * INT64_C(1000000); /* over; and the timer is late, too */
  answers(&c, "anna", COMMAND_ACCEPT_OFFER, 409);
  assert_true(centre_says(&c, "came too late"));
  centre_wait(&c, 0);
  stands(&c, s, SESSION_QUEUED);
  centre_ready(&c, "bert");
  is_offered_to(&c, s, "bert");
  answers(&c, "anna", COMMAND_ACCEPT_OFFER, 409);
  takes(&c, s, "bert");
  has_nothing(&c, "anna");
  centre_free(&c);
}

/* Whoever closes the browser keeps the customers. It comes back without the
 * grace of the session (session_fsm.def: ACTIVE, AGENT_LOST) or of the agent
 * (agent_give_up). */
static void offline_agent_keeps_sessions(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  centre_ready(&c, "anna");
  const struct id s = waits(&c);
  takes(&c, s, "anna");
  const struct id later = waits(&c);
  centre_connection(&c, COMMAND_AGENT_DROPPED, "anna");
  centre_wait(&c, 29999);
  stands(&c, s, SESSION_ACTIVE); /* she may come back */
  centre_wait(&c, 1);
  stands(&c, s, SESSION_QUEUED);
  has_nothing(&c, "anna");
  assert_int_equal(c.e->agents[centre_number(&c, "anna")].a.presence,
                   AGENT_OFFLINE);
  centre_ready(&c, "bert");
  is_offered_to(&c, s, "bert"); /* at its old place: before the other */
  stands(&c, later, SESSION_QUEUED);
  centre_free(&c);
}

/* Who waits in a paused queue is lost, or stays when it opens. It comes back
 * without rematch_queue() in cmd_queue(). */
static void pause_with_sessions_waiting(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  const struct id s = waits(&c);
  const int64_t entered_us = c.now_us;
  of_queue(&c, COMMAND_PAUSE_QUEUE, "support");
  centre_ready(&c, "anna");
  centre_wait(&c, 60000);
  stands(&c, s, SESSION_QUEUED);
  has_nothing(&c, "anna");
  of_queue(&c, COMMAND_OPEN_QUEUE, "support");
  assert_int_equal(centre_count(&c, EVENT_OF_SESSION(OFFERED)), 1);
  is_offered_to(&c, s, "anna");
  uint32_t slot = 0;
  assert_true(engine_find(c.e, s, &slot));
  assert_true(c.e->lives[slot]->entered_us == entered_us);
  centre_free(&c);
}

/* The clock is set back an hour: who came later waits longer, waits are
 * negative, offers never run out. The server's clock does not jump (server/
 * clock.h); and the engine's does not, if one does. It comes back if
 * engine_step() takes the command's time as it is. */
static void clock_jumping_back(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  const struct id first = waits(&c);
  const int64_t then_us = c.now_us;
  c.now_us -= 3600 * INT64_C(1000000);
  const struct id second = waits(&c);
  uint32_t slot = 0;
  assert_true(engine_find(c.e, second, &slot));
  assert_true(c.e->lives[slot]->entered_us >= then_us);
  centre_ready(&c, "anna");
  is_offered_to(&c, first, "anna");
  const struct offer *o = offers_get(&c.e->offers, centre_session(&c)->offer);
  assert_true(o->deadline_us >= then_us + 20 * INT64_C(1000000));
  answers(&c, "anna", COMMAND_ACCEPT_OFFER, 200); /* not "too late", either */
  centre_free(&c);
}

/* A queue of the name is open on Sundays from nine to five, in Berlin. */
static void put_sundays(struct centre *c, const char *queue) {
  static char rules[8192];
  FILE *f = fopen("/usr/share/zoneinfo/Europe/Berlin", "rb");
  assert_non_null(f);
  const size_t len = fread(rules, 1, sizeof rules, f);
  assert_int_equal(fclose(f), 0);
  struct command cmd =
      centre_command(c, COMMAND_PUT_HOURS, ROLE_SYSTEM, SESSION_NOBODY);
  record_set_text(&cmd.args, FIELD_CONFIG,
                  TEXT("{\"id\":\"sundays\",\"timeZone\":\"Europe/Berlin\","
                       "\"sun\":\"09:00-17:00\"}"));
  record_set_text(&cmd.args, FIELD_ZONE, TEXT("Europe/Berlin"));
  record_set_text(&cmd.args, FIELD_ZONE_FILE, (struct text){rules, len});
  centre_run(c, &cmd);
  assert_int_equal(c->step.answer.code, 200);
  char config[128];
  (void)snprintf(config, sizeof config,
                 "{\"id\":\"%s\",\"hours\":\"sundays\",\"maxWait\":7200}",
                 queue);
  centre_put(c, COMMAND_PUT_QUEUE, config);
}

/* Closed to the last microsecond before, and open from then on. */
static void opens_at(struct centre *c, const char *time) {
  go_to(c, time);
  const int64_t opens_us = c->now_us;
  c->now_us -= 60 * INT64_C(1000000);
  centre_open_with_bot(c, true);
  centre_bot_closes(c);
  c->now_us = opens_us - 1;
  centre_transfer(c, "{\"queue\":\"office\"}");
  assert_int_equal(c->step.answer.refusal, REFUSAL_QUEUE_CLOSED);
  c->now_us = opens_us;
  centre_transfer(c, "{\"queue\":\"office\"}");
  assert_int_equal(c->step.answer.code, 200);
}

/* On two days a year everybody is an hour off: openings are computed with
 * yesterday's offset, and who waits through the change has waited an hour too
 * much, or none. It comes back if hours_look() adds the hours of an opening to
 * midnight, or if waits are told by a local clock. */
static void daylight_saving_change(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  centre_put(&c, COMMAND_PUT_ENTRY,
             "{\"id\":\"main\",\"bot\":\"cognigy\",\"idleTimeout\":600}");
  put_sundays(&c, "office");
  opens_at(&c, "2026-03-22T08:00:00Z"); /* nine in the winter */
  opens_at(&c, "2026-03-29T07:00:00Z"); /* the day itself */
  opens_at(&c, "2026-10-18T07:00:00Z");
  opens_at(&c, "2026-10-25T08:00:00Z");
  centre_put(&c, COMMAND_PUT_QUEUE, "{\"id\":\"night\",\"maxWait\":7200}");
  go_to(&c, "2027-03-28T00:30:00Z"); /* clocks go on at one, Greenwich */
  const struct id s = waits_in(&c, "{\"queue\":\"night\"}");
  centre_wait(&c, 7199 * INT64_C(1000));
  stands(&c, s, SESSION_QUEUED);
  centre_wait(&c, 1000);
  stands(&c, s, SESSION_COMPLETED); /* two hours, as a customer counts them */
  centre_free(&c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(double_assignment_by_racing_writers),
      cmocka_unit_test(check_then_act_over_capacity),
      cmocka_unit_test(no_trigger_when_an_agent_frees_up),
      cmocka_unit_test(head_of_line_block),
      cmocka_unit_test(precedence_that_ignores_eligibility),
      cmocka_unit_test(stuck_reserved),
      cmocka_unit_test(wrapup_bound_to_the_wrong_leg),
      cmocka_unit_test(late_accept),
      cmocka_unit_test(offline_agent_keeps_sessions),
      cmocka_unit_test(pause_with_sessions_waiting),
      cmocka_unit_test(clock_jumping_back),
      cmocka_unit_test(daylight_saving_change),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
