/* Names in configured objects: of nothing, of something else, of what is taken
 * away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "centre.h"
#include "engine/engine_priv.h"

static void put_as(struct centre *c, enum role role, enum command_type type,
                   const char *config) {
  struct command cmd = centre_command(c, type, role, SESSION_NOBODY);
  record_set_text(&cmd.args, FIELD_CONFIG, text_from(config));
  centre_run(c, &cmd);
}

static void put_object(struct centre *c, enum command_type type,
                       const char *config) {
  put_as(c, ROLE_ADMIN, type, config);
  assert_int_equal(c->step.answer.code, 200);
}

/* It is refused, at its place, and nothing happens. */
static void put_wrong(struct centre *c, enum command_type type,
                      const char *config, const char *pointer,
                      const char *detail) {
  char member[128];
  (void)snprintf(member, sizeof member, "\"pointer\":\"%s\"", pointer);
  put_as(c, ROLE_ADMIN, type, config);
  assert_int_equal(c->step.answer.code, 422);
  assert_int_equal(c->step.event_count, 0);
  assert_true(centre_says(c, member));
  assert_true(centre_says(c, detail));
}

static void take_away(struct centre *c, enum command_type type,
                      const char *name) {
  struct command cmd = centre_command(c, type, ROLE_ADMIN, SESSION_NOBODY);
  record_set_text(&cmd.args, FIELD_NAME, text_from(name));
  centre_run(c, &cmd);
}

static void keeps(struct centre *c, enum command_type type, const char *name,
                  const char *detail) {
  take_away(c, type, name);
  assert_int_equal(c->step.answer.refusal, REFUSAL_IN_USE);
  assert_true(centre_says(c, detail));
}

static void a_name_of_nothing_is_refused_at_its_place(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, "x = 1");
  put_wrong(&c, COMMAND_PUT_QUEUE,
            "{\"id\":\"q\",\"agents\":[\"anna\",\"bret\"]}", "/agents/1",
            "No agent is called 'bret' (did you mean 'bert'?): put it first, "
            "with PUT /api/v1/agents, or in the centre's file.");
  put_wrong(&c, COMMAND_PUT_QUEUE, "{\"id\":\"q\",\"owners\":[\"zoe\"]}",
            "/owners/0", "No agent is called 'zoe': put it first");
  put_wrong(&c, COMMAND_PUT_QUEUE,
            "{\"id\":\"q\",\"rings\":[{\"after\":1},{\"after\":2,"
            "\"agents\":[\"ana\"]}]}",
            "/rings/1/agents/0", "did you mean 'anna'?");
  put_wrong(&c, COMMAND_PUT_QUEUE, "{\"id\":\"q\",\"desk\":\"anna\"}", "/desk",
            "No desk is called 'anna': desks stand in the centre's file");
  put_wrong(&c, COMMAND_PUT_QUEUE, "{\"id\":\"q\",\"overflow\":\"suport\"}",
            "/overflow", "did you mean 'support'?");
  put_wrong(&c, COMMAND_PUT_QUEUE, "{\"id\":\"q\",\"hours\":\"office\"}",
            "/hours", "No calendar is called 'office'");
  put_wrong(&c, COMMAND_PUT_QUEUE, "{\"id\":\"q\",\"dispositions\":[\"sold\"]}",
            "/dispositions/0", "No disposition is called 'sold'");
  put_wrong(&c, COMMAND_PUT_AGENT, "{\"id\":\"cleo\",\"queues\":[\"q\"]}",
            "/queues/0", "No queue is called 'q'");
  put_wrong(&c, COMMAND_PUT_AGENT, "{\"id\":\"cleo\",\"shift\":\"early\"}",
            "/shift", "PUT /api/v1/hours");
  put_wrong(&c, COMMAND_PUT_ENTRY, "{\"id\":\"e\",\"bot\":\"cognyg\"}", "/bot",
            "No bot is called 'cognyg' (did you mean 'cognigy'?)");
  put_wrong(&c, COMMAND_PUT_ENTRY,
            "{\"id\":\"e\",\"bot\":\"cognigy\",\"onGoodbye\":\"forumm\"}",
            "/onGoodbye",
            "No script is called 'forumm' (did you mean 'forum'?)");
  centre_free(&c);
}

/* As in the file: a centre that lists its skills means those, another makes one
 * of each that is used. */
static void
a_misspelt_skill_is_no_new_one_where_skills_are_listed(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  put_object(&c, COMMAND_PUT_AGENT,
             "{\"id\":\"cleo\",\"skills\":[\"Welding\"]}");
  put_object(&c, COMMAND_PUT_SKILL, "{\"name\":\"Welding\"}");
  for (int again = 0; again < 2; again++) {
    put_wrong(&c, COMMAND_PUT_AGENT,
              "{\"id\":\"cleo\",\"skills\":[\"AgentSkill\",\"Weldign\"]}",
              "/skills/1",
              "No skill is called 'Weldign' (did you mean "
              "'Welding'?): put it first, with PUT /api/v1/skills");
    put_wrong(&c, COMMAND_PUT_QUEUE,
              "{\"id\":\"q\",\"skills\":[{\"name\":\"English\"}]}",
              "/skills/0/name", "No skill is called 'English'");
    put_wrong(&c, COMMAND_PUT_QUEUE,
              "{\"id\":\"q\",\"rings\":[{\"after\":9,\"without\":"
              "[\"Englsh\"]}]}",
              "/rings/0/without/0", "No skill is called 'Englsh'");
    centre_restart(&c); /* a snapshot knows it */
  }
  put_object(&c, COMMAND_PUT_SKILL, "{\"name\":\"English\"}");
  put_object(&c, COMMAND_PUT_QUEUE,
             "{\"id\":\"q\",\"skills\":[{\"name\":\"english\"}]}");
  put_object(&c, COMMAND_PUT_SKILL, "{\"name\":\"English\"}");
  assert_int_equal(c.step.event_count, 0); /* it is listed already */
  centre_free(&c);
}

static void two_things_have_no_name_in_common(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  put_object(&c, COMMAND_PUT_QUEUE,
             "{\"id\":\"q\",\"name\":\"Sales\",\"aliases\":[\"shop\"]}");
  put_wrong(&c, COMMAND_PUT_QUEUE, "{\"id\":\"SALES\",\"priority\":3}", "/id",
            "'SALES' is a name of the queue 'q' already; each needs names of "
            "its own (upper and lower case are the same).");
  put_wrong(&c, COMMAND_PUT_QUEUE, "{\"id\":\"p\",\"name\":\"Support\"}",
            "/name", "'Support' is a name of the queue 'support' already");
  put_wrong(&c, COMMAND_PUT_QUEUE,
            "{\"id\":\"p\",\"aliases\":[\"p2\",\"Shop\"]}", "/aliases/1",
            "'Shop' is a name of the queue 'q' already");
  put_object(&c, COMMAND_PUT_QUEUE,
             "{\"id\":\"q\",\"name\":\"Shop\",\"aliases\":[\"sales\"]}");
  /* People may have the same name, but not that which is another's id. */
  put_object(&c, COMMAND_PUT_AGENT, "{\"id\":\"a1\",\"name\":\"Maria\"}");
  put_object(&c, COMMAND_PUT_AGENT, "{\"id\":\"a2\",\"name\":\"Maria\"}");
  put_wrong(&c, COMMAND_PUT_AGENT, "{\"id\":\"a3\",\"name\":\"Anna\"}", "/name",
            "'Anna' is a name of the agent 'anna' already");
  put_wrong(&c, COMMAND_PUT_AGENT, "{\"id\":\"maria\"}", "/id",
            "'maria' is a name of the agent 'a1' already");
  /* The file may exchange names among its own; what the API made is another. */
  put_as(&c, ROLE_SYSTEM, COMMAND_PUT_QUEUE,
         "{\"id\":\"f\",\"name\":\"shop\"}");
  assert_int_equal(c.step.answer.refusal, REFUSAL_CHANGED_BY_HAND);
  assert_true(centre_says(&c, "'shop' is a name of the queue 'q' already"));
  put_as(&c, ROLE_SYSTEM, COMMAND_PUT_QUEUE,
         "{\"id\":\"f\",\"aliases\":[\"support\"]}");
  assert_int_equal(c.step.answer.code, 200);
  /* Who had a name twice, by that file or an earlier version, can be changed.
   */
  put_object(&c, COMMAND_PUT_QUEUE,
             "{\"id\":\"f\",\"aliases\":[\"support\"],\"priority\":1}");
  put_wrong(&c, COMMAND_PUT_QUEUE,
            "{\"id\":\"f\",\"aliases\":[\"support\",\"shop\"]}", "/aliases/1",
            "'shop' is a name of the queue 'q' already");
  centre_restart(&c);
  centre_free(&c);
}

/* A deleted queue left its name in agents, who then served fewer queues than
 * their configuration said. */
static void what_is_named_stays_and_who_names_it_is_said(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, "Transfer(session.id, \"q\")\n"
                  "x = CheckHours(\"office\")\n"
                  "Transfer(session.id, \"agent:cleo\")");
  put_object(&c, COMMAND_PUT_HOURS,
             "{\"id\":\"office\",\"mon\":\"09:00-17:00\"}");
  put_object(&c, COMMAND_PUT_QUEUE, "{\"id\":\"q\"}");
  put_object(&c, COMMAND_PUT_AGENT,
             "{\"id\":\"cleo\",\"queues\":[\"support\",\"Q\"]}");
  put_object(&c, COMMAND_PUT_ENTRY,
             "{\"id\":\"e\",\"bot\":\"cognigy\",\"callbacks\":\"q\"}");
  keeps(&c, COMMAND_REMOVE_QUEUE, "q",
        "Agent 'cleo' names it in /queues/1, and 2 more name it.");
  put_object(&c, COMMAND_PUT_AGENT, "{\"id\":\"cleo\"}");
  keeps(&c, COMMAND_REMOVE_QUEUE, "q",
        "Entry point 'e' names it in /callbacks, and 1 more names it.");
  put_object(&c, COMMAND_PUT_ENTRY, "{\"id\":\"e\",\"bot\":\"cognigy\"}");
  keeps(&c, COMMAND_REMOVE_QUEUE, "q", "Script 'forum' names it in line 1.");
  keeps(&c, COMMAND_REMOVE_HOURS, "office",
        "Script 'forum' names it in line 2.");
  keeps(&c, COMMAND_REMOVE_AGENT, "cleo", "Script 'forum' names it in line 3.");
  centre_put_script(&c, "forum", "x = 1");
  put_object(&c, COMMAND_PUT_QUEUE,
             "{\"id\":\"q\",\"rings\":[{\"after\":5,\"agents\":[\"cleo\"]}],"
             "\"owners\":[\"cleo\"]}");
  keeps(&c, COMMAND_REMOVE_AGENT, "cleo", "Queue 'q' names it in /owners/0.");
  take_away(&c, COMMAND_REMOVE_QUEUE, "q");
  assert_int_equal(c.step.answer.code, 200);
  take_away(&c, COMMAND_REMOVE_AGENT, "cleo");
  assert_int_equal(c.step.answer.code, 200);
  centre_restart(&c);
  centre_free(&c);
}

/* Names of nothing that are there already, of earlier versions or of a file
 * whose agent the API has removed, hinder no other change. */
static void a_name_that_was_there_before_stays(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  put_as(&c, ROLE_SYSTEM, COMMAND_PUT_QUEUE,
         "{\"id\":\"q\",\"owners\":[\"zoe\"]}");
  assert_int_equal(c.step.answer.code, 200);
  put_object(&c, COMMAND_PUT_QUEUE,
             "{\"id\":\"q\",\"owners\":[\"bert\",\"zoe\"],\"priority\":2}");
  put_wrong(&c, COMMAND_PUT_QUEUE, "{\"id\":\"q\",\"owners\":[\"zoe\",\"q\"]}",
            "/owners/1", "No agent is called 'q'");
  put_object(&c, COMMAND_PUT_QUEUE, "{\"id\":\"q\"}");
  put_wrong(&c, COMMAND_PUT_QUEUE, "{\"id\":\"q\",\"owners\":[\"zoe\"]}",
            "/owners/0", "No agent is called 'zoe'");
  centre_restart(&c);
  centre_free(&c);
}

static uint32_t agent_called(const struct centre *c, const char *name) {
  return directory_agent(engine_directory(c->e), text_from(name));
}

/* Who had a name second was found by it after a restart at the earliest. */
static void a_name_that_is_given_up_is_the_next_ones(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  put_object(&c, COMMAND_PUT_AGENT, "{\"id\":\"a1\",\"name\":\"Maria\"}");
  put_object(&c, COMMAND_PUT_AGENT, "{\"id\":\"a2\",\"name\":\"maria\"}");
  assert_int_equal(agent_called(&c, "Maria"), agent_called(&c, "a1"));
  put_object(&c, COMMAND_PUT_AGENT, "{\"id\":\"a1\",\"name\":\"Mia\"}");
  assert_int_equal(agent_called(&c, "Maria"), agent_called(&c, "a2"));
  put_object(&c, COMMAND_PUT_AGENT, "{\"id\":\"a1\",\"name\":\"Maria\"}");
  assert_int_equal(agent_called(&c, "Maria"), agent_called(&c, "a1"));
  assert_int_equal(agent_called(&c, "Mia"), DIR_NONE);
  take_away(&c, COMMAND_REMOVE_AGENT, "a1");
  assert_int_equal(agent_called(&c, "Maria"), agent_called(&c, "a2"));
  centre_restart(&c);
  assert_int_equal(agent_called(&c, "Maria"), agent_called(&c, "a2"));
  /* A file that exchanges two names, the later queue first. */
  put_as(&c, ROLE_SYSTEM, COMMAND_PUT_QUEUE,
         "{\"id\":\"q1\",\"name\":\"East\"}");
  put_as(&c, ROLE_SYSTEM, COMMAND_PUT_QUEUE,
         "{\"id\":\"q2\",\"name\":\"West\"}");
  put_as(&c, ROLE_SYSTEM, COMMAND_PUT_QUEUE,
         "{\"id\":\"q2\",\"name\":\"East\"}");
  put_as(&c, ROLE_SYSTEM, COMMAND_PUT_QUEUE,
         "{\"id\":\"q1\",\"name\":\"West\"}");
  centre_queue(&c, "{\"queue\":\"East\"}");
  assert_int_equal(centre_session(&c)->queue,
                   directory_queue(engine_directory(c.e), TEXT("q2")));
  centre_transfer(&c, "{\"queue\":\"West\"}");
  assert_int_equal(centre_session(&c)->queue,
                   directory_queue(engine_directory(c.e), TEXT("q1")));
  centre_free(&c);
}

/* The server stopped: the queue that was changed was looked for by a name that
 * it did not have any more. */
static void what_is_put_under_anothers_name_is_not_that_other(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  put_object(&c, COMMAND_PUT_QUEUE, "{\"id\":\"q\",\"name\":\"Sales\"}");
  put_wrong(&c, COMMAND_PUT_QUEUE, "{\"id\":\"sales\"}", "/id",
            "'sales' is a name of the queue 'q' already");
  put_as(&c, ROLE_SYSTEM, COMMAND_PUT_QUEUE,
         "{\"id\":\"west\",\"name\":\"North\"}");
  put_as(&c, ROLE_SYSTEM, COMMAND_PUT_QUEUE, "{\"id\":\"north\"}");
  assert_int_equal(c.step.answer.refusal, REFUSAL_CHANGED_BY_HAND);
  assert_int_equal(c.step.event_count, 0);
  centre_free(&c);
}

/* Whoever had the skill that stands for Bert was offered what is meant for Bert
 * alone. */
static void nothing_is_named_like_what_stands_for_an_agent(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  put_wrong(&c, COMMAND_PUT_AGENT,
            "{\"id\":\"cleo\",\"skills\":[\"agent:bert\"]}", "/skills/0",
            "'agent:bert' begins with 'agent:', by which a transfer names "
            "another kind of thing: leave that out.");
  put_wrong(&c, COMMAND_PUT_SKILL, "{\"name\":\"agent:bert\"}", "/name",
            "leave that out");
  put_wrong(&c, COMMAND_PUT_QUEUE, "{\"id\":\"agent:anna\"}", "/id",
            "leave that out");
  put_wrong(&c, COMMAND_PUT_QUEUE,
            "{\"id\":\"q\",\"aliases\":[\"skill:French\"]}", "/aliases/0",
            "begins with 'skill:'");
  put_as(&c, ROLE_SYSTEM, COMMAND_PUT_QUEUE, "{\"id\":\"bot:q\"}");
  assert_int_equal(c.step.answer.code, 200); /* a file of before */
  put_object(&c, COMMAND_PUT_QUEUE, "{\"id\":\"bot:q\",\"priority\":2}");
  centre_free(&c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_name_of_nothing_is_refused_at_its_place),
      cmocka_unit_test(a_misspelt_skill_is_no_new_one_where_skills_are_listed),
      cmocka_unit_test(two_things_have_no_name_in_common),
      cmocka_unit_test(what_is_named_stays_and_who_names_it_is_said),
      cmocka_unit_test(a_name_that_was_there_before_stays),
      cmocka_unit_test(a_name_that_is_given_up_is_the_next_ones),
      cmocka_unit_test(what_is_put_under_anothers_name_is_not_that_other),
      cmocka_unit_test(nothing_is_named_like_what_stands_for_an_agent),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
