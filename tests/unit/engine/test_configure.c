/* A centre that is changed while it runs, and a file that says otherwise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "centre.h"
#include "engine/engine_priv.h"

static void put_as(struct centre *c, enum role role, enum command_type type,
                   const char *config) {
  struct command cmd = centre_command(c, type, role, SESSION_NOBODY);
  record_set_text(&cmd.args, FIELD_CONFIG, text_from(config));
  centre_run(c, &cmd);
}

static void take_away(struct centre *c, enum command_type type,
                      const char *name) {
  struct command cmd = centre_command(c, type, ROLE_ADMIN, SESSION_NOBODY);
  record_set_text(&cmd.args, FIELD_NAME, text_from(name));
  centre_run(c, &cmd);
}

static uint32_t max_size(const struct centre *c, const char *queue) {
  const struct directory *d = engine_directory(c->e);
  return d->queues[directory_queue(d, text_from(queue))].params.max_size;
}

static void
what_the_api_has_changed_the_file_does_not_change_back(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  put_as(&c, ROLE_SYSTEM, COMMAND_PUT_QUEUE, "{\"id\":\"q\",\"maxSize\":5}");
  put_as(&c, ROLE_ADMIN, COMMAND_PUT_QUEUE, "{\"id\":\"q\",\"maxSize\":9}");
  assert_int_equal(max_size(&c, "q"), 9);
  centre_restart(&c); /* it is known over a snapshot whose doing that was */
  put_as(&c, ROLE_SYSTEM, COMMAND_PUT_QUEUE,
         "{\"id\":\"q\",\"maxSize\":5,\"priority\":3}");
  assert_int_equal(c.step.answer.refusal, REFUSAL_CHANGED_BY_HAND);
  assert_true(
      centre_says(&c, "The queue was changed by admin 'admin' at 2023"));
  assert_true(centre_says(&c, "the file differs in maxSize, priority"));
  assert_int_equal(max_size(&c, "q"), 9);
  /* The file says the same: from then on it counts again. */
  put_as(&c, ROLE_SYSTEM, COMMAND_PUT_QUEUE,
         "{ \"maxSize\": 9, \"id\": \"q\" }");
  assert_int_equal(c.step.answer.code, 200);
  put_as(&c, ROLE_SYSTEM, COMMAND_PUT_QUEUE, "{\"id\":\"q\",\"maxSize\":2}");
  assert_int_equal(c.step.answer.code, 200);
  assert_int_equal(max_size(&c, "q"), 2);
  centre_free(&c);
}

static void a_queue_goes_when_nobody_needs_it(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  put_as(&c, ROLE_ADMIN, COMMAND_PUT_QUEUE,
         "{\"id\":\"q\",\"name\":\"Old\",\"aliases\":[\"ancient\"]}");
  put_as(&c, ROLE_ADMIN, COMMAND_PUT_QUEUE,
         "{\"id\":\"p\",\"maxWait\":9,\"overflow\":\"q\"}");
  take_away(&c, COMMAND_REMOVE_QUEUE, "q");
  assert_int_equal(c.step.answer.refusal, REFUSAL_IN_USE);
  assert_true(centre_says(&c, "Queue 'p' names it in /overflow."));
  put_as(&c, ROLE_ADMIN, COMMAND_PUT_QUEUE, "{\"id\":\"p\"}");
  centre_queue(&c, "{\"queue\":\"ancient\"}");
  take_away(&c, COMMAND_REMOVE_QUEUE, "q");
  assert_true(
      centre_says(&c, "An open session waits in it or goes back to it."));
  centre_transfer(&c, "{\"queue\":\"p\"}");
  take_away(&c, COMMAND_REMOVE_QUEUE, "Old");
  assert_int_equal(c.step.answer.code, 200);
  centre_transfer(&c, "{\"queue\":\"ancient\"}");
  assert_int_equal(c.step.answer.code, 404);
  take_away(&c, COMMAND_REMOVE_QUEUE, "q");
  assert_int_equal(c.step.answer.code, 404);
  take_away(&c, COMMAND_REMOVE_QUEUE, "support"); /* the fallback */
  assert_int_equal(c.step.answer.refusal, REFUSAL_IN_USE);
  /* The file does not bring it back; the API does, as a new one. */
  put_as(&c, ROLE_SYSTEM, COMMAND_PUT_QUEUE, "{\"id\":\"q\"}");
  assert_int_equal(c.step.answer.refusal, REFUSAL_CHANGED_BY_HAND);
  assert_true(centre_says(&c, "The queue was removed by admin 'admin'"));
  centre_restart(&c);
  put_as(&c, ROLE_ADMIN, COMMAND_PUT_QUEUE, "{\"id\":\"q\",\"maxSize\":3}");
  centre_restart(&c);
  assert_int_equal(max_size(&c, "q"), 3);
  centre_transfer(&c, "{\"queue\":\"q\"}");
  assert_int_equal(c.step.answer.code, 200);
  centre_free(&c);
}

static void an_agent_goes_who_is_offline_and_comes_back_new(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  centre_ready(&c, "anna");
  take_away(&c, COMMAND_REMOVE_AGENT, "anna");
  assert_int_equal(c.step.answer.refusal, REFUSAL_IN_USE);
  centre_agent(&c, "anna", COMMAND_AGENT_STATE, "{\"state\":\"offline\"}");
  take_away(&c, COMMAND_REMOVE_AGENT, "anna");
  assert_int_equal(c.step.answer.code, 200);
  assert_int_equal(centre_number(&c, "anna"), DIR_NONE);
  centre_restart(&c);
  /* Others are put again beside the gap. */
  put_as(&c, ROLE_ADMIN, COMMAND_PUT_QUEUE, "{\"id\":\"q\"}");
  centre_ready(&c, "bert");
  centre_queue(&c, "{\"queue\":\"q\"}");
  assert_int_equal(centre_status(&c), SESSION_OFFERED);
  centre_agent(&c, "bert", COMMAND_ACCEPT_OFFER, NULL);
  put_as(&c, ROLE_ADMIN, COMMAND_PUT_AGENT,
         "{\"id\":\"anna\",\"skills\":[\"AgentSkill\"]}");
  centre_ready(&c, "anna");
  centre_queue(&c, "{\"agentId\":\"anna\"}");
  assert_int_equal(centre_session(&c)->agent, centre_number(&c, "anna"));
  centre_restart(&c);
  centre_free(&c);
}

static void a_skill_and_a_calendar_go_when_nothing_names_them(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  put_as(&c, ROLE_ADMIN, COMMAND_PUT_HOURS,
         "{\"id\":\"office\",\"mon\":\"09:00-17:00\"}");
  put_as(&c, ROLE_ADMIN, COMMAND_PUT_QUEUE,
         "{\"id\":\"q\",\"skills\":[\"Welding\"],\"hours\":\"office\"}");
  take_away(&c, COMMAND_REMOVE_SKILL, "Welding");
  assert_int_equal(c.step.answer.refusal, REFUSAL_IN_USE);
  take_away(&c, COMMAND_REMOVE_HOURS, "office");
  assert_int_equal(c.step.answer.refusal, REFUSAL_IN_USE);
  put_as(&c, ROLE_ADMIN, COMMAND_PUT_QUEUE, "{\"id\":\"q\"}");
  take_away(&c, COMMAND_REMOVE_SKILL, "Welding");
  assert_int_equal(c.step.answer.code, 200);
  take_away(&c, COMMAND_REMOVE_HOURS, "office");
  assert_int_equal(c.step.answer.code, 200);
  centre_restart(&c);
  assert_int_equal(directory_skill(engine_directory(c.e), TEXT("Welding")),
                   DIR_NONE);
  put_as(&c, ROLE_ADMIN, COMMAND_PUT_QUEUE,
         "{\"id\":\"q\",\"skills\":[\"Welding\"]}");
  assert_int_equal(c.step.answer.code, 200);
  centre_restart(&c);
  centre_free(&c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_the_api_has_changed_the_file_does_not_change_back),
      cmocka_unit_test(a_queue_goes_when_nobody_needs_it),
      cmocka_unit_test(an_agent_goes_who_is_offline_and_comes_back_new),
      cmocka_unit_test(a_skill_and_a_calendar_go_when_nothing_names_them),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
