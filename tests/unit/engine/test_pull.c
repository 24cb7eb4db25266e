/* Agents who pull, where the queue lets them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "centre.h"
#include "engine/engine_priv.h"

/* A queue that offers nothing; anna, away, has room for two. */
static void begin(struct centre *c, const char *pull) {
  char queue[128];
  centre_init(c, NULL);
  (void)snprintf(queue, sizeof queue,
                 "{\"id\":\"mail\",\"offers\":false,\"pull\":\"%s\"}", pull);
  centre_put(c, COMMAND_PUT_QUEUE, queue);
  centre_put(c, COMMAND_PUT_AGENT,
             "{\"id\":\"anna\",\"skills\":[\"AgentSkill\"],"
             "\"capacity\":{\"chat\":2}}");
  centre_ready(c, "anna");
}

static struct id wait_there(struct centre *c, const char *transfer) {
  centre_queue(c, transfer);
  assert_int_equal(centre_status(c), SESSION_QUEUED);
  centre_wait(c, 1000);
  return c->session;
}

static void pull(struct centre *c, struct id session) {
  c->session = session;
  centre_agent(c, "anna", COMMAND_PULL, NULL);
}

static void an_agent_takes_the_one_that_it_chooses(void **state) {
  (void)state;
  struct centre c;
  begin(&c, "any");
  const struct id low = wait_there(&c, "{\"queue\":\"mail\"}");
  const struct id high = wait_there(&c, "{\"queue\":\"mail\",\"priority\":9}");
  pull(&c, low);
  assert_int_equal(c.step.answer.code, 200);
  assert_int_equal(centre_status(&c), SESSION_ACTIVE);
  const struct record *taken = centre_event(&c, EVENT_OF_SESSION(CONNECTED));
  assert_int_equal(record_num(taken, FIELD_ROLE), ROLE_AGENT);
  assert_int_equal(centre_count(&c, EVENT_OF_AGENT(ASSIGNED)), 1);
  pull(&c, low);
  assert_int_equal(c.step.answer.refusal, REFUSAL_WITH_AGENT);
  pull(&c, high);
  assert_int_equal(c.step.answer.code, 200);
  pull(&c, wait_there(&c, "{\"queue\":\"mail\"}"));
  assert_int_equal(c.step.answer.refusal, REFUSAL_AGENT_AT_CAPACITY);
  centre_free(&c);
}

static void only_the_first_where_the_queue_says_so(void **state) {
  (void)state;
  struct centre c;
  begin(&c, "next");
  const struct id low = wait_there(&c, "{\"queue\":\"mail\"}");
  const struct id high = wait_there(&c, "{\"queue\":\"mail\",\"priority\":9}");
  pull(&c, low);
  assert_int_equal(c.step.answer.refusal, REFUSAL_PULL_NOT_ALLOWED);
  assert_true(centre_says(&c, "lets agents take its first session only"));
  centre_agent(&c, "anna", COMMAND_PULL_NEXT, "{\"queue\":\"mail\"}");
  assert_int_equal(c.step.answer.code, 200);
  assert_true(id_equal(c.step.answer.session, high));
  pull(&c, low); /* now it is the first */
  assert_int_equal(c.step.answer.code, 200);
  centre_agent(&c, "anna", COMMAND_PULL_NEXT, NULL);
  assert_int_equal(c.step.answer.refusal, REFUSAL_NOTHING_TO_PULL);
  centre_free(&c);
}

static void nobody_pulls_where_the_queue_offers(void **state) {
  (void)state;
  struct centre c;
  begin(&c, "any");
  centre_agent(&c, "anna", COMMAND_AGENT_STATE, "{\"state\":\"away\"}");
  pull(&c, wait_there(&c, "{\"queue\":\"support\"}"));
  assert_int_equal(c.step.answer.refusal, REFUSAL_PULL_NOT_ALLOWED);
  centre_agent(&c, "anna", COMMAND_PULL_NEXT, "{\"queue\":\"support\"}");
  assert_int_equal(c.step.answer.refusal, REFUSAL_PULL_NOT_ALLOWED);
  centre_agent(&c, "anna", COMMAND_PULL_NEXT, "{\"queue\":\"male\"}");
  assert_int_equal(c.step.answer.code, 404);
  centre_free(&c);
}

static void who_may_not_be_offered_it_may_not_pull_it(void **state) {
  (void)state;
  struct centre c;
  begin(&c, "any");
  centre_put(&c, COMMAND_PUT_AGENT,
             "{\"id\":\"bert\",\"skills\":[\"Welding\",\"AgentSkill\"]}");
  pull(&c, wait_there(&c, "{\"queue\":\"mail\",\"skills\":[\"Welding\"]}"));
  assert_int_equal(c.step.answer.refusal, REFUSAL_NOT_ELIGIBLE);
  centre_agent(&c, "anna", COMMAND_PULL_NEXT, NULL);
  assert_int_equal(c.step.answer.refusal, REFUSAL_NOTHING_TO_PULL);
  struct command cmd =
      centre_command(&c, COMMAND_PAUSE_QUEUE, ROLE_SUPERVISOR, SESSION_NOBODY);
  record_set_num(&cmd.args, FIELD_QUEUE,
                 directory_queue(engine_directory(c.e), TEXT("mail")));
  centre_run(&c, &cmd);
  centre_agent(&c, "bert", COMMAND_PULL, NULL);
  assert_int_equal(c.step.answer.refusal, REFUSAL_QUEUE_PAUSED);
  centre_free(&c);
}

/* The session asks for somebody who is not an expert: "next" has no first for
 * anna, and that is an answer. */
static void who_is_too_skilled_may_not_pull_it(void **state) {
  (void)state;
  const char *const kinds[] = {"any", "next"};
  for (size_t i = 0; i < 2; i++) {
    struct centre c;
    begin(&c, kinds[i]);
    centre_put(&c, COMMAND_PUT_AGENT,
               "{\"id\":\"anna\",\"skills\":[{\"name\":\"AgentSkill\","
               "\"proficiency\":1}]}");
    pull(&c, wait_there(&c, "{\"queue\":\"mail\",\"skills\":[{\"name\":"
                            "\"AgentSkill\",\"maxProficiency\":3}]}"));
    assert_int_equal(c.step.answer.refusal, REFUSAL_NOT_ELIGIBLE);
    assert_true(centre_says(&c, "better at a skill than the session asks for"));
    centre_agent(&c, "anna", COMMAND_PULL_NEXT, "{\"queue\":\"mail\"}");
    assert_int_equal(c.step.answer.refusal, REFUSAL_NOTHING_TO_PULL);
    assert_int_equal(centre_status(&c), SESSION_QUEUED);
    centre_free(&c);
  }
}

static void who_is_away_is_told_that_another_is_preferred(void **state) {
  (void)state;
  struct centre c;
  begin(&c, "next");
  centre_put(&c, COMMAND_PUT_AGENT,
             "{\"id\":\"bert\",\"skills\":[\"AgentSkill\"]}");
  centre_ready(&c, "bert");
  const struct id session = wait_there(
      &c, "{\"queue\":\"mail\",\"preferAgent\":\"bert\",\"preferFor\":60}");
  centre_agent(&c, "anna", COMMAND_AGENT_STATE, "{\"state\":\"away\"}");
  pull(&c, session);
  assert_int_equal(c.step.answer.refusal, REFUSAL_NOT_ELIGIBLE);
  assert_true(centre_says(&c, "waits for the agent that is preferred"));
  centre_free(&c);
}

static void nobody_who_is_not_there_pulls(void **state) {
  (void)state;
  struct centre c;
  begin(&c, "any");
  const struct id session = wait_there(&c, "{\"queue\":\"mail\"}");
  centre_agent(&c, "anna", COMMAND_AGENT_STATE, "{\"state\":\"offline\"}");
  pull(&c, session);
  assert_int_equal(c.step.answer.refusal, REFUSAL_NOT_LOGGED_IN);
  centre_free(&c);
}

/* ---- the list */

static void the_list_is_in_the_routers_order(void **state) {
  (void)state;
  struct centre c;
  begin(&c, "next");
  struct id ids[40];
  /* Priorities 0 … 4 in turns: eight of each, those that came first before. */
  for (unsigned i = 0; i < 40; i++) {
    char transfer[64];
    (void)snprintf(transfer, sizeof transfer,
                   "{\"queue\":\"mail\",\"priority\":%u}", i % 5);
    ids[i] = wait_there(&c, transfer);
  }
  struct textbuf b;
  struct json_out o;
  textbuf_init(&b, &c.tm.mem);
  json_out_init(&o, &b);
  const struct engine_takeable what = {
      .agent = centre_number(&c, "anna"), .queue = DIR_NONE, .limit = 40};
  engine_write_takeable(c.e, &what, &o);
  size_t at = 0;
  for (unsigned n = 0; n < 40; n++) {
    const unsigned expected = (4 - n / 8) + 5 * (n % 8);
    char id[ID_TEXT_LEN];
    id_to_text(ids[expected], id);
    at = text_find(textbuf_text(&b), (struct text){id, ID_TEXT_LEN}, at);
    assert_true(at < b.len); /* behind the one before */
  }
  const struct text why = TEXT("\"mayPull\":true,\"why\":null");
  at = text_find(textbuf_text(&b), why, 0);
  assert_true(at < b.len); /* the first, and no other */
  assert_int_equal(text_find(textbuf_text(&b), why, at + 1), b.len);
  textbuf_free(&b);
  centre_free(&c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_agent_takes_the_one_that_it_chooses),
      cmocka_unit_test(only_the_first_where_the_queue_says_so),
      cmocka_unit_test(nobody_pulls_where_the_queue_offers),
      cmocka_unit_test(who_may_not_be_offered_it_may_not_pull_it),
      cmocka_unit_test(who_is_too_skilled_may_not_pull_it),
      cmocka_unit_test(who_is_away_is_told_that_another_is_preferred),
      cmocka_unit_test(nobody_who_is_not_there_pulls),
      cmocka_unit_test(the_list_is_in_the_routers_order),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
