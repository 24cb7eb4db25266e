/* Rings, preference and ageing in a centre that restarts; and why a session was
 * offered, asked afterwards. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "centre.h"
#include "engine/engine_priv.h"
#include "mirror.h"

/* The session waits in the queue "slow"; nobody serves it at first. */
static void wait_in_slow(struct centre *c, const char *queue,
                         const char *transfer) {
  centre_init(c, NULL);
  centre_put(c, COMMAND_PUT_AGENT,
             "{\"id\":\"anna\",\"queues\":[\"support\"],\"skills\":["
             "\"AgentSkill\"],\"capacity\":{\"chat\":1}}");
  centre_put(c, COMMAND_PUT_AGENT,
             "{\"id\":\"bert\",\"queues\":[\"slow\"],\"skills\":["
             "\"AgentSkill\"],\"capacity\":{\"chat\":1}}");
  centre_put(c, COMMAND_PUT_QUEUE, queue);
  centre_open_with_bot(c, true);
  centre_bot(c, COMMAND_BOT_CLOSED, NULL);
  centre_transfer(c, transfer);
  assert_int_equal(c->step.answer.code, 200);
}

static void a_ring_opens_on_time_over_a_restart(void **state) {
  (void)state;
  struct centre c;
  wait_in_slow(&c,
               "{\"id\":\"slow\",\"rings\":[{\"after\":5,\"agents\":["
               "\"anna\"]}]}",
               "{\"queue\":\"slow\"}");
  centre_ready(&c, "anna");
  centre_wait(&c, 2000);
  centre_restart(&c);
  centre_wait(&c, 2999);
  assert_int_equal(centre_status(&c), SESSION_QUEUED);
  centre_wait(&c, 1);
  assert_int_equal(centre_status(&c), SESSION_OFFERED);
  centre_free(&c);
}

/* Of those who are logged in. Anna is asked for a chat already. */
static void a_queue_shows_whom_each_ring_lets_in(void **state) {
  (void)state;
  struct centre c;
  struct textbuf b;
  struct json_out o;
  wait_in_slow(&c,
               "{\"id\":\"slow\",\"rings\":[{\"after\":5,\"agents\":["
               "\"anna\"]}]}",
               "{\"queue\":\"support\"}");
  centre_ready(&c, "bert");
  centre_ready(&c, "anna");
  assert_int_equal(centre_status(&c), SESSION_OFFERED);
  textbuf_init(&b, &c.tm.mem);
  json_out_init(&o, &b);
  engine_write_queue(c.e, directory_queue(&c.e->dir, TEXT("slow")), c.now_us,
                     &o);
  const struct text said = textbuf_text(&b);
  const struct text rings =
      TEXT("\"rings\":["
           "{\"ring\":0,\"afterSeconds\":0,\"agents\":1,\"agentsReady\":1},"
           "{\"ring\":1,\"afterSeconds\":5,\"agents\":2,\"agentsReady\":1}]");
  assert_true(text_find(said, rings, 0) < said.len);
  textbuf_free(&b);
  centre_free(&c);
}

/* Anna has talked with the customer, bert has been idle for longer. */
static bool queue_shows(const struct centre *c, const char *queue,
                        const char *text) {
  struct test_mem tm;
  struct textbuf b;
  struct json_out o;
  test_mem_init(&tm);
  textbuf_init(&b, &tm.mem);
  json_out_init(&o, &b);
  engine_write_queue(c->e, directory_queue(&c->e->dir, text_from(queue)),
                     c->now_us, &o);
  const bool shows = text_find(textbuf_text(&b), text_from(text), 0) < b.len;
  textbuf_free(&b);
  return shows;
}

/* Chats waited beside "1 of 1 available": the agent had room for calls alone.
 */
static void who_is_full_for_what_waits_is_not_ready(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  centre_ready(&c, "anna");
  assert_true(queue_shows(&c, "support", "\"agents\":1,\"agentsReady\":1"));
  centre_queue(&c, "{\"queue\":\"support\"}");
  centre_agent(&c, "anna", COMMAND_ACCEPT_OFFER, NULL);
  const char *const full = "\"agents\":1,\"agentsReady\":0,\"readyByChannel\":"
                           "{\"chat\":0,\"voice\":1,\"message\":1}";
  assert_true(queue_shows(&c, "support", full)); /* chats come in alone */
  centre_queue(&c, "{\"queue\":\"support\"}");
  assert_int_equal(centre_status(&c), SESSION_QUEUED);
  assert_true(queue_shows(&c, "support", full));
  centre_put(&c, COMMAND_PUT_ENTRY,
             "{\"id\":\"phone\",\"channel\":\"voice\",\"bot\":\"cognigy\"}");
  assert_true(queue_shows(&c, "support", full)); /* a chat waits */
  centre_transfer(&c, "{\"agentId\":\"bert\"}");
  assert_int_equal(c.step.answer.code, 200);
  assert_true(queue_shows(&c, "support", "\"agentsReady\":1")); /* for calls */
  centre_free(&c);
}

static void a_sticky_queue_asks_who_had_the_session_last(void **state) {
  (void)state;
  static const struct {
    const char *queue, *agent;
  } both[] = {{"{\"id\":\"again\"}", "bert"},
              {"{\"id\":\"again\",\"sticky\":true}", "anna"}};
  for (size_t i = 0; i < 2; i++) {
    struct centre c;
    centre_init(&c, NULL);
    centre_put(&c, COMMAND_PUT_QUEUE, both[i].queue);
    centre_ready(&c, "anna");
    centre_queue(&c, "{\"queue\":\"support\"}");
    centre_agent(&c, "anna", COMMAND_ACCEPT_OFFER, NULL);
    centre_ready(&c, "bert");
    centre_wait(&c, 1000);
    centre_transfer(&c, "{\"queue\":\"again\"}");
    assert_int_equal(centre_status(&c), SESSION_OFFERED);
    assert_int_equal(centre_session(&c)->agent,
                     centre_number(&c, both[i].agent));
    centre_free(&c);
  }
}

/* Who is asked for a session of this queue, and takes it. */
static uint32_t taken_by(struct centre *c, const char *transfer) {
  centre_queue(c, transfer);
  uint32_t slot;
  assert_true(engine_find(c->e, c->session, &slot));
  const struct session *s = &engine_live(c->e, slot)->s;
  assert_int_equal(s->status, SESSION_OFFERED);
  const uint32_t agent = s->agent;
  centre_agent(c, agent == centre_number(c, "anna") ? "anna" : "bert",
               COMMAND_ACCEPT_OFFER, NULL);
  return agent;
}

static void each_queue_goes_round_by_itself_over_a_restart(void **state) {
  (void)state;
  const char *const agents[] = {
      "{\"id\":\"anna\",\"skills\":[\"AgentSkill\"],\"capacity\":{\"chat\":9}}",
      "{\"id\":\"bert\",\"skills\":[\"AgentSkill\"],\"capacity\":{\"chat\":9}}"};
  struct centre c;
  centre_init(&c, NULL);
  centre_put(&c, COMMAND_PUT_AGENT, agents[0]);
  centre_put(&c, COMMAND_PUT_AGENT, agents[1]);
  centre_put(&c, COMMAND_PUT_QUEUE,
             "{\"id\":\"one\",\"strategy\":\"round_robin\"}");
  centre_put(&c, COMMAND_PUT_QUEUE,
             "{\"id\":\"two\",\"strategy\":\"round_robin\"}");
  centre_ready(&c, "anna");
  centre_ready(&c, "bert");
  const uint32_t first = taken_by(&c, "{\"queue\":\"one\"}");
  assert_int_equal(taken_by(&c, "{\"queue\":\"two\"}"), first);
  const uint32_t second = taken_by(&c, "{\"queue\":\"one\"}");
  assert_int_not_equal(second, first);
  centre_restart(&c);
  assert_int_equal(taken_by(&c, "{\"queue\":\"two\"}"), second);
  assert_int_equal(taken_by(&c, "{\"queue\":\"one\"}"), first);
  centre_free(&c);
}

static void the_preferred_agent_comes_first_then_everyone(void **state) {
  (void)state;
  struct centre c;
  wait_in_slow(&c, "{\"id\":\"slow\"}", "{\"queue\":\"support\"}");
  centre_put(&c, COMMAND_PUT_AGENT,
             "{\"id\":\"bert\",\"skills\":[\"AgentSkill\"],"
             "\"capacity\":{\"chat\":1}}");
  centre_ready(&c, "bert");
  centre_agent(&c, "bert", COMMAND_ACCEPT_OFFER, NULL);
  centre_ready(&c, "anna");
  centre_transfer(&c, "{\"queue\":\"support\",\"preferAgent\":\"bert\","
                      "\"preferFor\":9}");
  assert_int_equal(centre_status(&c), SESSION_OFFERED);
  centre_agent(&c, "bert", COMMAND_DECLINE_OFFER, NULL);
  assert_int_equal(c.step.answer.code, 200);
  assert_int_equal(centre_count(&c, EVENT_WIDENED), 1);
  centre_agent(&c, "anna", COMMAND_ACCEPT_OFFER, NULL);
  assert_int_equal(c.step.answer.code, 200);
  centre_free(&c);
}

static void an_aged_priority_is_the_same_after_a_restart(void **state) {
  (void)state;
  struct centre c;
  wait_in_slow(&c, "{\"id\":\"slow\",\"ageing\":1.5,\"maxPriority\":20}",
               "{\"queue\":\"slow\",\"priority\":2}");
  centre_wait(&c, 120000);
  centre_ready(&c, "anna"); /* something happens at that time */
  uint32_t slot = 0;
  assert_true(engine_find(c.e, c.session, &slot));
  const int64_t before = router_effective_priority(&c.e->router, slot);
  assert_true(before == 5 * (int64_t)ROUTER_POINT);
  centre_restart(&c);
  assert_true(engine_find(c.e, c.session, &slot));
  assert_true(router_effective_priority(&c.e->router, slot) == before);
  centre_free(&c);
}

static int64_t effective(const struct centre *c) {
  uint32_t slot = 0;
  assert_true(engine_find(c->e, c->session, &slot));
  return router_effective_priority(&c->e->router, slot);
}

static void a_session_may_age_as_its_transfer_says(void **state) {
  (void)state;
  struct centre c;
  wait_in_slow(&c, "{\"id\":\"slow\",\"ageing\":1,\"maxPriority\":20}",
               "{\"queue\":\"slow\",\"priority\":2,\"acceleration\":2.25,"
               "\"maxPriority\":10}");
  centre_wait(&c, 120000);
  centre_ready(&c, "anna");
  assert_true(effective(&c) ==
              2 * (int64_t)ROUTER_POINT + INT64_C(2) * 13500000);
  centre_restart(&c);
  assert_true(effective(&c) ==
              2 * (int64_t)ROUTER_POINT + INT64_C(2) * 13500000);
  centre_do(&c, COMMAND_REPRIORITISE, ROLE_SUPERVISOR, SESSION_NOBODY,
            "{\"acceleration\":0}");
  assert_int_equal(c.step.answer.code, 200);
  assert_true(centre_shows(&c, "\"acceleration\":0,\"maxPriority\":10"));
  assert_true(effective(&c) == 2 * (int64_t)ROUTER_POINT);
  centre_restart(&c);
  assert_true(effective(&c) == 2 * (int64_t)ROUTER_POINT);
  centre_free(&c);
}

/* What was asked for waits with the transfer, and goes into the queue with it.
 */
static void a_waiting_transfer_remembers_how_to_age(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  centre_open_with_bot(&c, true);
  centre_transfer(&c, "{\"queue\":\"support\",\"when\":\"released\","
                      "\"priority\":1,\"acceleration\":60}");
  assert_int_equal(c.step.answer.code, 202);
  centre_restart(&c);
  centre_bot(&c, COMMAND_BOT_CLOSED, NULL);
  centre_wait(&c, 1000);
  centre_ready(&c, "anna");
  assert_true(effective(&c) == 2 * (int64_t)ROUTER_POINT);
  centre_free(&c);
}

static void a_change_that_changes_nothing_is_refused(void **state) {
  (void)state;
  struct centre c;
  wait_in_slow(&c, "{\"id\":\"slow\"}", "{\"queue\":\"slow\"}");
  centre_do(&c, COMMAND_REPRIORITISE, ROLE_SUPERVISOR, SESSION_NOBODY, "{}");
  assert_int_equal(c.step.answer.code, 422);
  assert_true(centre_says(&c, "Nothing to change"));
  centre_do(&c, COMMAND_REPRIORITISE, ROLE_SUPERVISOR, SESSION_NOBODY,
            "{\"skills\":[\"Swimming\"]}");
  assert_int_equal(c.step.answer.code, 422);
  assert_true(centre_says(&c, "Swimming"));
  centre_free(&c);
}

static void another_proficiency_finds_another_agent_at_once(void **state) {
  (void)state;
  struct centre c;
  wait_in_slow(&c, "{\"id\":\"slow\"}",
               "{\"queue\":\"slow\",\"skills\":[{\"name\":\"AgentSkill\","
               "\"minProficiency\":9,\"maxProficiency\":5}]}");
  centre_ready(&c, "bert"); /* 1: too good for this */
  assert_int_equal(centre_status(&c), SESSION_QUEUED);
  centre_do(&c, COMMAND_REPRIORITISE, ROLE_SUPERVISOR, SESSION_NOBODY,
            "{\"skills\":[\"AgentSkill\"]}");
  assert_int_equal(c.step.answer.code, 200);
  assert_int_equal(centre_status(&c), SESSION_OFFERED);
  centre_free(&c);
}

static void ways_of_ageing_are_limited(void **state) {
  (void)state;
  struct centre c;
  char body[96];
  wait_in_slow(&c, "{\"id\":\"slow\"}",
               "{\"queue\":\"slow\",\"acceleration\":0}");
  for (int i = 1; i <= ROUTER_SLOPES_MAX; i++) {
    centre_open_with_bot(&c, true);
    centre_bot(&c, COMMAND_BOT_CLOSED, NULL);
    (void)snprintf(body, sizeof body,
                   "{\"queue\":\"slow\",\"acceleration\":%d}", i);
    centre_transfer(&c, body);
    assert_int_equal(c.step.answer.code, i < ROUTER_SLOPES_MAX ? 200 : 422);
  }
  assert_true(centre_says(&c, "/acceleration"));
  centre_transfer(&c, "{\"queue\":\"slow\",\"acceleration\":7}");
  assert_int_equal(c.step.answer.code, 200);
  centre_free(&c);
}

static void overflows_that_lead_back_are_refused(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  centre_put(&c, COMMAND_PUT_QUEUE, "{\"id\":\"a\",\"overflow\":\"b\"}");
  centre_put(&c, COMMAND_PUT_QUEUE, "{\"id\":\"b\",\"overflow\":\"c\"}");
  struct command cmd =
      centre_command(&c, COMMAND_PUT_QUEUE, ROLE_ADMIN, SESSION_NOBODY);
  record_set_text(&cmd.args, FIELD_CONFIG,
                  TEXT("{\"id\":\"c\",\"overflow\":\"a\"}"));
  centre_run(&c, &cmd);
  assert_int_equal(c.step.answer.code, 422);
  assert_true(centre_says(&c, "leads back to this queue"));
  centre_free(&c);
}

/* The journal's events up to the offer make the engine that decided it. */
static void a_past_offer_is_explained_from_its_events(void **state) {
  (void)state;
  struct centre c;
  struct mirror past;
  struct textbuf b;
  struct json_out o;
  uint32_t slot = 0;
  wait_in_slow(&c, "{\"id\":\"slow\"}", "{\"queue\":\"slow\"}");
  mirror_init(&past, &c.tm.mem);
  mirror_restore(&past, c.e);
  centre_ready(&c, "bert"); /* its last step offers */
  const struct step *step = &c.step;
  bool offered = false;
  for (size_t i = 0; i < step->event_count && !offered; i++) {
    offered = step->events[i].type == EVENT_OF_SESSION(OFFERED);
    if (!offered) {
      engine_apply(past.e, step->seq, &step->events[i]);
    }
  }
  assert_true(offered);
  assert_true(engine_find(past.e, c.session, &slot));
  textbuf_init(&b, &c.tm.mem);
  json_out_init(&o, &b);
  engine_write_candidates(past.e, slot, c.now_us, TEXT(""), &o);
  const struct text said = textbuf_text(&b);
  assert_true(text_find(said, TEXT("\"would_be_offered\""), 0) < said.len);
  assert_true(text_find(said, TEXT("\"not_served\""), 0) < said.len);
  textbuf_free(&b);
  mirror_free(&past);
  centre_free(&c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_ring_opens_on_time_over_a_restart),
      cmocka_unit_test(a_queue_shows_whom_each_ring_lets_in),
      cmocka_unit_test(who_is_full_for_what_waits_is_not_ready),
      cmocka_unit_test(a_sticky_queue_asks_who_had_the_session_last),
      cmocka_unit_test(each_queue_goes_round_by_itself_over_a_restart),
      cmocka_unit_test(the_preferred_agent_comes_first_then_everyone),
      cmocka_unit_test(an_aged_priority_is_the_same_after_a_restart),
      cmocka_unit_test(a_session_may_age_as_its_transfer_says),
      cmocka_unit_test(a_waiting_transfer_remembers_how_to_age),
      cmocka_unit_test(a_change_that_changes_nothing_is_refused),
      cmocka_unit_test(another_proficiency_finds_another_agent_at_once),
      cmocka_unit_test(ways_of_ageing_are_limited),
      cmocka_unit_test(overflows_that_lead_back_are_refused),
      cmocka_unit_test(a_past_offer_is_explained_from_its_events),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
