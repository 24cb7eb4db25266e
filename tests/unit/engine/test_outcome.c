/* Outcomes that the centre has words for: what may be chosen, by whom, and what
 * is said to who chooses something else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "centre.h"
#include "engine/engine_priv.h"

/* Anna documents a session of queue "sales", which is @queue. */
static void begin(struct centre *c, const char *queue) {
  centre_init(c, NULL);
  centre_put(c, COMMAND_PUT_DISPOSITION,
             "{\"id\":\"solved\",\"name\":\"All good\"}");
  centre_put(c, COMMAND_PUT_DISPOSITION,
             "{\"id\":\"complaint\",\"noteRequired\":true}");
  centre_put(c, COMMAND_PUT_DISPOSITION, "{\"id\":\"spam\"}");
  centre_put(c, COMMAND_PUT_QUEUE, queue);
  centre_ready(c, "anna");
  centre_queue(c, "{\"queue\":\"sales\"}");
  centre_agent(c, "anna", COMMAND_ACCEPT_OFFER, NULL);
}

static void completes(struct centre *c, const char *json) {
  centre_agent(c, "anna", COMMAND_END, NULL);
  centre_agent(c, "anna", COMMAND_COMPLETE, json);
}

static void
an_unknown_outcome_is_refused_with_the_nearest_and_all(void **state) {
  (void)state;
  struct centre c;
  begin(&c, "{\"id\":\"sales\"}");
  completes(&c, "{\"disposition\":\"solvd\"}");
  assert_int_equal(c.step.answer.code, 422);
  assert_int_equal(c.step.answer.refusal, REFUSAL_UNKNOWN_DISPOSITION);
  assert_true(centre_says(
      &c, "'solvd' is not among the dispositions of queue 'sales'. Did you "
          "mean 'solved'? They are 'solved', 'complaint', 'spam'."));
  assert_true(centre_says(&c, "\"pointer\":\"/disposition\""));
  assert_int_equal(centre_status(&c), SESSION_WRAPUP);
  centre_agent(&c, "anna", COMMAND_COMPLETE, "{\"disposition\":\"zzz\"}");
  assert_true(centre_says(&c, "of queue 'sales', which are 'solved'"));
  centre_free(&c);
}

/* So that history and the wall find one word for one thing. */
static void what_is_said_by_its_name_is_kept_by_its_id(void **state) {
  (void)state;
  struct centre c;
  begin(&c, "{\"id\":\"sales\"}");
  completes(&c, "{\"disposition\":\"ALL GOOD\"}");
  assert_int_equal(c.step.answer.code, 200);
  const struct record *ev = centre_event(&c, EVENT_DISPOSITION_SET);
  assert_non_null(ev);
  assert_true(text_equal(record_text(ev, FIELD_DISPOSITION), TEXT("solved")));
  centre_free(&c);
}

static void one_that_needs_a_note_is_not_taken_without(void **state) {
  (void)state;
  struct centre c;
  begin(&c, "{\"id\":\"sales\"}");
  completes(&c, "{\"disposition\":\"complaint\"}");
  assert_int_equal(c.step.answer.code, 422);
  assert_true(centre_says(&c, "\"pointer\":\"/note\""));
  assert_int_equal(centre_status(&c), SESSION_WRAPUP);
  centre_agent(&c, "anna", COMMAND_COMPLETE,
               "{\"disposition\":\"complaint\",\"note\":\"late again\"}");
  assert_int_equal(c.step.answer.code, 200);
  centre_free(&c);
}

static void a_queue_has_some_of_them(void **state) {
  (void)state;
  struct centre c;
  begin(&c, "{\"id\":\"sales\",\"dispositions\":[\"solved\"]}");
  completes(&c, "{\"disposition\":\"spam\"}");
  assert_int_equal(c.step.answer.refusal, REFUSAL_UNKNOWN_DISPOSITION);
  centre_restart(&c);
  centre_agent(&c, "anna", COMMAND_COMPLETE, "{\"disposition\":\"spam\"}");
  assert_int_equal(c.step.answer.refusal, REFUSAL_UNKNOWN_DISPOSITION);
  centre_agent(&c, "anna", COMMAND_COMPLETE, "{\"disposition\":\"solved\"}");
  assert_int_equal(c.step.answer.code, 200);
  centre_free(&c);
}

static void free_text_is_taken_where_the_queue_says_so(void **state) {
  (void)state;
  struct centre c;
  begin(&c, "{\"id\":\"sales\",\"freeDisposition\":true}");
  completes(&c, "{\"disposition\":\"something else\"}");
  assert_int_equal(c.step.answer.code, 200);
  centre_free(&c);
}

/* Its people choose from its own words, which nobody here knows. */
static void a_desk_outside_has_outcomes_of_its_own(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  centre_put(&c, COMMAND_PUT_DISPOSITION, "{\"id\":\"solved\"}");
  centre_put(&c, COMMAND_PUT_QUEUE, "{\"id\":\"outside\",\"desk\":\"bert\"}");
  centre_ready(&c, "bert");
  centre_queue(&c, "{\"queue\":\"outside\"}");
  centre_supervise(&c, COMMAND_ASSIGN, "{\"agentId\":\"bert\"}");
  centre_agent(&c, "bert", COMMAND_END, "{\"disposition\":\"Their word\"}");
  assert_int_equal(c.step.answer.code, 200);
  centre_agent(&c, "bert", COMMAND_COMPLETE, NULL);
  /* Also of what was transferred to its seat by name. */
  centre_queue(&c, "{\"agentId\":\"bert\"}");
  centre_agent(&c, "bert", COMMAND_ACCEPT_OFFER, NULL);
  centre_agent(&c, "bert", COMMAND_END, "{\"disposition\":\"Their word\"}");
  assert_int_equal(c.step.answer.code, 200);
  centre_free(&c);
}

static void any_text_is_taken_while_nothing_is_configured(void **state) {
  (void)state;
  struct centre c;
  begin(&c, "{\"id\":\"sales\"}");
  static const char *const ids[] = {"solved", "complaint", "spam"};
  for (size_t i = 0; i < 3; i++) {
    struct command cmd = centre_command(&c, COMMAND_REMOVE_DISPOSITION,
                                        ROLE_ADMIN, SESSION_NOBODY);
    record_set_text(&cmd.args, FIELD_NAME, text_from(ids[i]));
    centre_run(&c, &cmd);
    assert_int_equal(c.step.answer.code, 200);
  }
  completes(&c, "{\"disposition\":\"whatever\"}");
  assert_int_equal(c.step.answer.code, 200);
  centre_restart(&c);
  centre_free(&c);
}

static void one_that_a_queue_names_stays(void **state) {
  (void)state;
  struct centre c;
  begin(&c, "{\"id\":\"sales\",\"dispositions\":[\"solved\"]}");
  struct command cmd = centre_command(&c, COMMAND_REMOVE_DISPOSITION,
                                      ROLE_ADMIN, SESSION_NOBODY);
  record_set_text(&cmd.args, FIELD_NAME, TEXT("solved"));
  centre_run(&c, &cmd);
  assert_int_equal(c.step.answer.refusal, REFUSAL_IN_USE);
  assert_true(centre_says(&c, "Queue 'sales' names it in /dispositions/"));
  cmd = centre_command(&c, COMMAND_PUT_QUEUE, ROLE_ADMIN, SESSION_NOBODY);
  record_set_text(&cmd.args, FIELD_CONFIG,
                  TEXT("{\"id\":\"sales\",\"dispositions\":[\"sovled\"]}"));
  centre_run(&c, &cmd);
  assert_int_equal(c.step.answer.code, 422);
  assert_true(centre_says(&c, "\"pointer\":\"/dispositions/0\""));
  centre_free(&c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_unknown_outcome_is_refused_with_the_nearest_and_all),
      cmocka_unit_test(what_is_said_by_its_name_is_kept_by_its_id),
      cmocka_unit_test(one_that_needs_a_note_is_not_taken_without),
      cmocka_unit_test(a_queue_has_some_of_them),
      cmocka_unit_test(free_text_is_taken_where_the_queue_says_so),
      cmocka_unit_test(a_desk_outside_has_outcomes_of_its_own),
      cmocka_unit_test(any_text_is_taken_while_nothing_is_configured),
      cmocka_unit_test(one_that_a_queue_names_stays),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
