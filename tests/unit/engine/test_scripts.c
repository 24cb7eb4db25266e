/* Scripts: what they wait for, what interrupts them, how they fail, and that
 * none of it strands a customer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "centre.h"
#include "engine/engine_priv.h"

/* A session with the bot, and the script at work beside it. */
static void start(struct centre *c, const char *script) {
  centre_init(c, script);
  centre_open_with_bot(c, true);
}

static void customer_says(struct centre *c, const char *json) {
  centre_do(c, COMMAND_SAY, ROLE_CUSTOMER, SESSION_NOBODY, json);
}

/* ---- what is known */

static bool is_of_session(const char *object) {
  return strcmp(object, "ANSWER") == 0 || strcmp(object, "SESSION") == 0;
}

/* The checker's list of it. */
static void test_session_info_is_what_the_checker_takes_it_for(void **state) {
  (void)state;
  struct centre c;
  start(&c, "FOREACH k IN GetSessionInfo().keys() { LogInfo(k) }\n");
  struct text all = text_from(centre_lines(&c));
  assert_true(all.len > 0);
  static const struct {
    const char *object, *name;
  } known[] = {
#define MEMBER(object, name, doc) {#object, #name},
#include "studio/members.def"
#undef MEMBER
  };
  size_t found = 0, expected = 0;
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    expected += is_of_session(known[i].object);
  }
  while (all.len > 0) {
    const size_t end = text_find(all, TEXT("\n"), 0);
    const struct text key = text_sub(all, 0, end);
    bool there = false;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
      there = there || (is_of_session(known[i].object) &&
                        text_equal(key, text_from(known[i].name)));
    }
    if (!there) {
      fail_msg("members.def does not have '%.*s'", TEXT_ARG(key));
    }
    found++;
    all = text_sub(all, end + 1, all.len);
  }
  assert_int_equal(found, expected);
  centre_free(&c);
}

/* ---- sleeping */

static void test_wait_for_sees_a_status_that_passes_at_once(void **state) {
  (void)state;
  struct centre c;
  start(&c, "r = WaitFor(GetSessionInfo().id, \"idle\", 10)\n"
            "LogInfo(r.code)\n");
  centre_transfer(&c, "{\"skill\":\"AgentSkill\",\"when\":\"released\"}");
  assert_int_equal(c.step.answer.code, 202);
  centre_bot_closes(&c); /* idle, and queued in the same step */
  assert_int_equal(centre_status(&c), SESSION_QUEUED);
  assert_string_equal(centre_lines(&c), "200\n");
  centre_free(&c);
}

static void test_wait_for_says_when_the_time_is_over(void **state) {
  (void)state;
  struct centre c;
  start(&c, "r = WaitFor(GetSessionInfo().id, \"active\", 2)\n"
            "LogInfo(r.code)\n");
  centre_tick_after(&c, 2000);
  assert_string_equal(centre_lines(&c), "408\n");
  centre_free(&c);
}

static void test_each_sleep_lets_time_go_on(void **state) {
  (void)state;
  struct centre c;
  start(&c, "Wait(0)\nLogInfo(\"woke\")\n");
  assert_int_equal(engine_next_deadline(c.e), c.now_us + 1000);
  centre_tick_after(&c, 1);
  assert_string_equal(centre_lines(&c), "woke\n");
  centre_free(&c);
}

static void test_end_conversation_waits_for_this_bot_only(void **state) {
  (void)state;
  struct centre c;
  start(&c, "r = EndConversation()\nLogInfo(r.code)\n");
  centre_transfer(&c, "{\"bot\":\"cognigy\",\"when\":\"released\"}");
  assert_int_equal(c.step.answer.code, 202);
  centre_bot_closes(&c); /* the next bot is invited in the same step */
  assert_int_equal(centre_status(&c), SESSION_PENDING);
  assert_string_equal(centre_lines(&c), "200\n");
  centre_free(&c);
}

static void test_ask_and_menu(void **state) {
  (void)state;
  struct centre c;
  centre_init_held(&c, "a = Ask(\"Who is it?\", 30)\n"
                       "LogInfo(a.text)\n"
                       "m = Menu(\"What?\", \"Billing|Sales\", 30)\n"
                       "LogInfo(m.index)\nLogInfo(m.choice)\n"
                       "b = Ask(\"Else?\", 5)\nLogInfo(b.code)\n"
                       "n = Menu(\"Which?\", \"A|B\", 5)\n"
                       "LogInfo(\"{n.code} {n.index} [{n.choice}]\")\n");
  assert_int_equal(centre_status(&c), SESSION_CONNECTED);
  customer_says(&c, "{\"text\":\"Kim\"}");
  assert_string_equal(centre_lines(&c), "Kim\n");
  assert_true(text_equal(
      record_text(centre_event(&c, EVENT_MESSAGE), FIELD_TEXT), TEXT("Kim")));
  customer_says(&c, "{\"text\":\" sales \"}");
  assert_string_equal(centre_lines(&c), "2\nSales\n");
  centre_tick_after(&c, 5000);
  assert_string_equal(centre_lines(&c), "408\n");
  centre_tick_after(&c, 5000);
  assert_string_equal(centre_lines(&c), "408 0 []\n");
  centre_free(&c);
}

static void rest_reply(struct centre *c, int64_t question, int code,
                       const char *body) {
  struct command cmd =
      centre_command(c, COMMAND_REST_REPLY, ROLE_SYSTEM, SESSION_NOBODY);
  record_set_id(&cmd.args, FIELD_SESSION, c->session);
  record_set_num(&cmd.args, FIELD_QUESTION, question);
  record_set_num(&cmd.args, FIELD_CODE, code);
  record_set_text(&cmd.args, FIELD_BODY, text_from(body));
  centre_run(c, &cmd);
  assert_int_equal(c->step.answer.code, 200);
}

static int64_t question_of(const struct centre *c) {
  assert_int_equal(c->step.effects[0].type, EFFECT_CALL_REST);
  return record_num(&c->step.effects[0], FIELD_QUESTION);
}

/* The answer that comes when the time is over is nobody's, also if another
 * call is under way then. */
static void test_a_rest_call_that_is_not_answered_in_time(void **state) {
  (void)state;
  struct centre c;
  start(&c, "p = GetRESTProxy()\np.ProxyTimeoutSeconds = 3\n"
            "FOR i = 1 TO 2 {\n"
            "r = p.MakeRestRequest(\"/api/v1/queues\", \"\", 0, \"GET\")\n"
            "LogInfo(p.StatusCode)\nLogInfo(p.StatusDescription) }\n");
  const int64_t first = question_of(&c);
  centre_tick_after(&c, 3000);
  assert_string_equal(centre_lines(&c), "-1\ntimeout\n");
  const int64_t second = question_of(&c);
  rest_reply(&c, first, 200, "");
  assert_int_equal(c.step.event_count, 0);
  rest_reply(&c, second, 204, "");
  assert_string_equal(centre_lines(&c), "204\n\n");
  rest_reply(&c, second, 204, "");
  assert_int_equal(c.step.event_count, 0);
  centre_free(&c);
}

static void test_a_reply_is_read_as_the_call_says(void **state) {
  static const struct {
    const char *kind, *body, *lines;
  } calls[] = {
      {"0", "{\"a\":1}", "200\n{\"a\":1}\n"},
      {"\"json\"", "{\"a\":1}", "200\n{\"a\":1}\n"},
      {"1", "<r><a>1</a></r>", "200\n{\"r\":{\"a\":\"1\"}}\n"},
      {"\"XML\"", "<r><a>1</a></r>", "200\n{\"r\":{\"a\":\"1\"}}\n"},
      {"2", "{\"a\":1}", "200\n\n"}, /* not looked at */
      {"3", "<r><a>1</a></r>", "200\n\n"},
      {"0", "<r>", "200\n<r>\n"}, /* neither: as it stands */
      {"1", "{\"a\":1}", "200\n{\"a\":1}\n"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
    struct centre c;
    char script[200];
    (void)snprintf(script, sizeof script,
                   "p = GetRESTProxy()\n"
                   "r = p.MakeRestRequest(\"/x\", \"\", %s, \"GET\")\n"
                   "LogInfo(p.StatusCode)\nLogInfo(r)\n",
                   calls[i].kind);
    start(&c, script);
    rest_reply(&c, question_of(&c), 200, calls[i].body);
    assert_string_equal(centre_lines(&c), calls[i].lines);
    centre_free(&c);
  }
}

static void test_a_rest_call_is_made_again_after_a_restart(void **state) {
  (void)state;
  struct centre c;
  start(&c, "p = GetRESTProxy()\n"
            "r = p.MakeRestRequest(\"/api/v1/queues\", \"\", 0, \"GET\")\n");
  centre_do(&c, COMMAND_RECOVERED, ROLE_SYSTEM, SESSION_NOBODY, NULL);
  assert_int_equal(c.step.effect_count, 1);
  assert_int_equal(c.step.effects[0].type, EFFECT_CALL_REST);
  centre_free(&c);
}

/* ---- events */

static void test_a_section_interrupts_a_sleep(void **state) {
  (void)state;
  struct centre c;
  start(&c, "ON Signal { LogInfo(event.p1) \n Wait(1)\n LogInfo(\"over\") }\n"
            "Wait(100)\nLogInfo(\"never\")\n");
  centre_signal(&c, "{\"value\":\"hello\"}");
  assert_string_equal(centre_lines(&c), "hello\n");
  centre_tick_after(&c, 1000);
  assert_string_equal(centre_lines(&c), "over\n");
  centre_wait(&c, 20000);
  assert_string_equal(centre_lines(&c), "");
  centre_free(&c);
}

static void test_events_of_one_moment_come_in_their_order(void **state) {
  (void)state;
  struct centre c;
  start(&c, "ON BotReleased { LogInfo(\"released\") }\n"
            "ON Queued { LogInfo(\"queued\") }\n"
            "ON Transfer { LogInfo(\"transferred\") }\n"
            "Wait(100)\n");
  centre_transfer(&c, "{\"skill\":\"AgentSkill\",\"when\":\"released\"}");
  centre_bot_closes(&c);
  assert_string_equal(centre_lines(&c), "released\nqueued\ntransferred\n");
  centre_free(&c);
}

static void test_a_signal_without_a_value_is_one(void **state) {
  (void)state;
  struct centre c;
  start(&c, "ON Signal { LogInfo(\"got\") }\nWait(100)\n");
  centre_signal(&c, NULL);
  centre_signal(&c, "{\"value\":{\"p1\":\"this\"}}");
  assert_int_equal(centre_count(&c, EVENT_LOGGED), 1);
  centre_free(&c);
}

static void test_a_section_that_calls_itself_is_stopped(void **state) {
  (void)state;
  struct centre c;
  start(&c, "ON Signal { Signal(GetSessionInfo().id, 1) }\nWait(100)\n");
  centre_signal(&c, NULL);
  const struct record *failed = centre_event(&c, EVENT_SCRIPT_FAILED);
  assert_non_null(failed);
  assert_true(
      text_equal(record_text(failed, FIELD_NAME), TEXT("endless-events")));
  centre_bot_closes(&c); /* the fallback has the customer */
  assert_int_equal(centre_status(&c), SESSION_QUEUED);
  centre_free(&c);
}

static void test_two_scripts_that_call_each_other_are_stopped(void **state) {
  (void)state;
  struct centre c;
  start(&c, "ON Signal { Signal(event.p1, GetSessionInfo().id) }\n"
            "Wait(1000)\n");
  char id[ID_TEXT_LEN + 1] = {0};
  id_to_text(c.session, id);
  centre_open_with_bot(&c, true);
  char json[128];
  (void)snprintf(json, sizeof json, "{\"value\":\"%s\"}", id);
  centre_signal(&c, json);
  assert_int_equal(centre_count(&c, EVENT_SCRIPT_FAILED), 1);
  centre_free(&c);
}

static void test_scripts_that_end_each_other_do_not_nest(void **state) {
  (void)state;
  enum { SESSIONS = 300 };
  struct centre c;
  centre_init(&c, "Hangup(GetSessionInfo().attributes.next)\n");
  for (int i = 0; i < SESSIONS; i++) {
    char id[ID_TEXT_LEN + 1] = {0};
    char json[128];
    id_to_text(c.session, id);
    centre_open_with_bot(&c, false);
    (void)snprintf(json, sizeof json, "{\"attributes\":{\"next\":\"%s\"}}", id);
    centre_bot(&c, COMMAND_SET_ATTRIBUTES, json);
  }
  centre_bot(&c, COMMAND_GOODBYE, NULL);
  assert_int_equal(centre_count(&c, EVENT_SCRIPT_STARTED), SESSIONS);
  centre_free(&c);
}

/* ---- holding */

static void test_a_script_that_only_listens_holds_nothing(void **state) {
  (void)state;
  struct centre c;
  centre_init_held(&c, "ON Answer { LogInfo(\"answered\") }\nSay(\"Hello\")\n");
  assert_int_equal(centre_status(&c), SESSION_IDLE);
  centre_ready(&c, "anna");
  centre_wait(&c, 30000); /* the fallback takes the session */
  assert_int_equal(centre_status(&c), SESSION_OFFERED);
  centre_agent(&c, "anna", COMMAND_ACCEPT_OFFER, NULL);
  assert_string_equal(centre_lines(&c), "answered\n");
  centre_free(&c);
}

static void test_a_run_ends_with_its_session(void **state) {
  (void)state;
  struct centre c;
  start(&c, "ON Abandon { LogInfo(\"gone\") \n Wait(5) }\nWait(100)\n");
  centre_do(&c, COMMAND_LEAVE, ROLE_CUSTOMER, SESSION_NOBODY, NULL);
  assert_string_equal(centre_lines(&c), "gone\n");
  assert_int_equal(centre_count(&c, EVENT_SCRIPT_ENDED), 0);
  centre_tick_after(&c, 5000); /* what it does about the end it may finish */
  assert_int_equal(centre_count(&c, EVENT_SCRIPT_ENDED), 1);
  centre_free(&c);
}

static void test_a_run_that_hears_nothing_of_the_end_ends(void **state) {
  (void)state;
  struct centre c;
  start(&c, "Wait(100)\n");
  centre_do(&c, COMMAND_LEAVE, ROLE_CUSTOMER, SESSION_NOBODY, NULL);
  assert_int_equal(centre_count(&c, EVENT_SCRIPT_ENDED), 1);
  centre_free(&c);
}

/* ---- failing */

static void expect_failure(const struct centre *c, const char *slug,
                           int64_t line) {
  const struct record *failed = centre_event(c, EVENT_SCRIPT_FAILED);
  assert_non_null(failed);
  assert_true(text_equal(record_text(failed, FIELD_NAME), text_from(slug)));
  assert_int_equal(record_num(failed, FIELD_LINE), line);
}

static void test_an_error_gives_the_session_to_the_fallback(void **state) {
  (void)state;
  struct centre c;
  centre_init_held(&c, "Say(\"Hello\")\nx = 1 / 0\n");
  assert_int_equal(centre_status(&c), SESSION_QUEUED);
  expect_failure(&c, "division-by-zero", 2);
  centre_put(&c, COMMAND_PUT_ENTRY, "{\"id\":\"main\",\"script\":\"forum\"}");
  centre_open(&c); /* without a fallback there is nothing left but the end */
  assert_int_equal(centre_status(&c), SESSION_COMPLETED);
  centre_free(&c);
}

/* The sleep of the last step becomes one that an earlier version wrote. */
static void make_foreign(struct centre *c) {
  char image[1024];
  const struct record *slept = centre_event(c, EVENT_SCRIPT_SLEPT);
  assert_non_null(slept);
  struct record r = *slept;
  const struct text was = record_text(slept, FIELD_IMAGE);
  assert_in_range(was.len, 5, sizeof image);
  memcpy(image, was.ptr, was.len);
  image[3] = 1; /* the version */
  record_set_text(&r, FIELD_IMAGE, (struct text){image, was.len});
  engine_apply(c->e, c->step.seq, &r);
}

static void expect_fallback(struct centre *c) {
  const struct record *failed = centre_event(c, EVENT_SCRIPT_FAILED);
  assert_non_null(failed);
  assert_int_equal(centre_status(c), SESSION_QUEUED);
  centre_free(c);
}

static void
test_a_sleep_that_nobody_can_read_goes_to_the_fallback(void **state) {
  (void)state;
  struct centre c;
  centre_init_held(&c,
                   "Wait(5)\nLogInfo(\"woke\")\nON Error { LogInfo(_ERR) }\n");
  make_foreign(&c);
  centre_tick_after(&c, 5000);
  expect_fallback(&c);

  centre_init_held(&c, "p = GetRESTProxy()\n"
                       "r = p.MakeRestRequest(\"/api/v1/queues\", \"\", 0, "
                       "\"GET\")\n");
  make_foreign(&c);
  centre_do(&c, COMMAND_RECOVERED, ROLE_SYSTEM, SESSION_NOBODY, NULL);
  expect_fallback(&c);
}

static void test_an_error_beside_the_bot_waits_for_its_release(void **state) {
  (void)state;
  struct centre c;
  start(&c, "x = 1 / 0\n");
  assert_int_equal(centre_status(&c), SESSION_RELEASING);
  assert_int_equal(centre_session(&c)->waits, SESSION_WAIT_QUEUE);
  centre_bot_closes(&c);
  assert_int_equal(centre_status(&c), SESSION_QUEUED);
  centre_free(&c);
}

static void test_on_error_may_go_on(void **state) {
  (void)state;
  struct centre c;
  start(&c, "ON Error { LogError(_ERRLINE) }\nx = 1 / 0\n");
  assert_string_equal(centre_lines(&c), "2\n");
  assert_int_equal(centre_count(&c, EVENT_SCRIPT_FAILED), 0);
  centre_free(&c);
}

static void test_a_loop_without_end_is_stopped(void **state) {
  (void)state;
  struct centre c;
  centre_init_held(&c, "REPEAT 1000000000 {\n x = 1\n}\n");
  assert_non_null(centre_event(&c, EVENT_SCRIPT_FAILED));
  assert_int_equal(centre_status(&c), SESSION_QUEUED);
  centre_free(&c);
}

/* ---- chance and versions */

static void test_chance_is_not_the_same_after_each_action(void **state) {
  (void)state;
  struct centre c;
  start(&c, "a = random(1,1000000)\nLogInfo(\"one\")\n"
            "b = random(1,1000000)\nLogInfo(a = b)\n");
  assert_string_equal(centre_lines(&c), "one\nfalse\n");
  centre_free(&c);
}

static void test_a_run_keeps_the_version_it_began_with(void **state) {
  (void)state;
  struct centre c;
  start(&c, "Wait(1)\nLogInfo(\"first\")\n");
  centre_put_script(&c, "forum", "LogInfo(\"second\")\n");
  centre_tick_after(&c, 1000);
  assert_string_equal(centre_lines(&c), "first\n");
  centre_open_with_bot(&c, true);
  assert_string_equal(centre_lines(&c), "second\n");
  centre_free(&c);
}

/* ---- what is asked is what is done */

static void test_a_script_gives_up_its_hold(void **state) {
  (void)state;
  struct centre c;
  centre_init_held(&c, "r = Release()\ns = GetSessionInfo()\n"
                       "LogInfo(\"{r.code} {s.status} {s.holder.kind}\")\n"
                       "LogInfo(Release(\"no such session\").code)\n"
                       "LogInfo(Release().code)\nWait(60)\n");
  assert_string_equal(centre_lines(&c), "200 idle none\n404\n200\n");
  centre_free(&c);
}

static void test_req_agent_refuses_what_does_not_fit(void **state) {
  (void)state;
  struct centre c;
  start(&c, "DYNAMIC o\no.initialPriority = 2000\n"
            "r = ReqAgent(\"AgentSkill\", o)\nLogInfo(r.code)\n"
            "DYNAMIC p\np.initialPriority = 8\np.lowProficiency = 1\n"
            "Hangup()\nr = ReqAgent(\"AgentSkill\", p)\nLogInfo(r.code)\n");
  assert_string_equal(centre_lines(&c), "422\n200\n");
  const struct record *queued = centre_event(&c, EVENT_OF_SESSION(QUEUED));
  assert_int_equal(record_num(queued, FIELD_PRIORITY), 8);
  centre_free(&c);
}

static void test_a_contact_says_how_it_ages(void **state) {
  (void)state;
  struct centre c;
  start(&c, "DYNAMIC o\no.acceleration = 2.5\no.maxPriority = 40\n"
            "o.lowProficiency = 9\no.highProficiency = 2\n"
            "Hangup()\nr = ReqAgent(\"AgentSkill\", o)\nLogInfo(r.code)\n"
            "DYNAMIC p\np.initialPriority = 3\np.lowProficiency = 5\n"
            "r = UpdateContact(p)\nLogInfo(r.code)\n"
            "r = UpdateContact(\"acceleration:7\")\nLogInfo(r.code)\n");
  assert_string_equal(centre_lines(&c), "200\n200\n200\n");
  const struct record *queued = centre_event(&c, EVENT_OF_SESSION(QUEUED));
  assert_int_equal(record_num(queued, FIELD_ACCELERATION), 250);
  assert_int_equal(record_num(queued, FIELD_MAX_PRIORITY), 40);
  assert_true(text_equal(record_text(queued, FIELD_SKILLS),
                         TEXT("[{\"name\":\"AgentSkill\",\"minProficiency\":9,"
                              "\"maxProficiency\":2}]")));
  uint32_t slot = 0;
  assert_true(engine_find(c.e, c.session, &slot));
  const struct live *l = engine_live(c.e, slot);
  assert_int_equal(l->priority, 3);
  assert_int_equal(l->ageing.points, 700);
  assert_int_equal(l->ageing.most, 40);
  assert_true(text_equal(l->skills,
                         TEXT("[{\"name\":\"AgentSkill\",\"minProficiency\":5,"
                              "\"maxProficiency\":2}]")));
  centre_free(&c);
}

static void test_a_contact_is_described_in_a_text(void **state) {
  (void)state;
  struct centre c;
  start(&c, "Hangup()\nr = ReqAgent(\"AgentSkill\", \"initialPriority:8, "
            "lowproficiency:9,highProficiency:2,reason:cards, and more\")\n"
            "LogInfo(r.code)\n"
            "r = UpdateContact(\"initialPriority:4,acceleration:2\")\n"
            "LogInfo(r.code)\n"
            "r = UpdateContact(\"initialPriority\")\nLogInfo(r.detail)\n"
            "r = UpdateContact(\"maxPriority:many\")\nLogInfo(r.detail)\n");
  assert_string_equal(centre_lines(&c),
                      "200\n200\ninitialPriority is a whole number 0 … 1000.\n"
                      "maxPriority is a whole number 0 … 1000.\n");
  const struct record *queued = centre_event(&c, EVENT_OF_SESSION(QUEUED));
  assert_int_equal(record_num(queued, FIELD_PRIORITY), 8);
  assert_true(
      text_equal(record_text(queued, FIELD_REASON), TEXT("cards, and more")));
  assert_true(text_equal(record_text(queued, FIELD_SKILLS),
                         TEXT("[{\"name\":\"AgentSkill\",\"minProficiency\":9,"
                              "\"maxProficiency\":2}]")));
  uint32_t slot = 0;
  assert_true(engine_find(c.e, c.session, &slot));
  assert_int_equal(engine_live(c.e, slot)->priority, 4);
  assert_int_equal(engine_live(c.e, slot)->ageing.points, 200);
  centre_free(&c);
}

static void test_a_contact_that_fits_nobody_is_refused(void **state) {
  (void)state;
  struct centre c;
  start(&c, "DYNAMIC o\no.lowProficiency = 3\no.highProficiency = 5\n"
            "r = ReqAgent(\"AgentSkill\", o)\nLogInfo(r.code)\n"
            "LogInfo(r.detail)\n"
            "DYNAMIC p\np.accelaration = 3\n"
            "r = UpdateContact(p)\nLogInfo(r.detail)\n"
            "DYNAMIC q\nq.maxPriority = 1.5\n"
            "r = UpdateContact(q)\nLogInfo(r.detail)\n"
            "DYNAMIC s\ns.priority = 1\n"
            "r = UpdateContact(s)\nLogInfo(r.code)\n");
  assert_string_equal(
      centre_lines(&c),
      "422\nhighProficiency 5 is weaker than lowProficiency 3: 1 is the best, "
      "so that nobody is between them.\n"
      "unknown member \"accelaration\"; did you mean \"acceleration\"?\n"
      "maxPriority is a whole number 0 … 1000.\n409\n");
  centre_free(&c);
}

static void test_a_waiting_transfer_answers_the_script(void **state) {
  (void)state;
  struct centre c;
  start(&c, "r = Transfer(GetSessionInfo().id, \"AgentSkill\", "
            "\"when:released,timeout:2\")\n"
            "LogInfo(r.code)\nLogInfo(r.refusal)\n");
  centre_tick_after(&c, 2000);
  assert_non_null(strstr(centre_lines(&c), "409\nrelease_timeout\n"));
  centre_free(&c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_session_info_is_what_the_checker_takes_it_for),
      cmocka_unit_test(test_wait_for_sees_a_status_that_passes_at_once),
      cmocka_unit_test(test_wait_for_says_when_the_time_is_over),
      cmocka_unit_test(test_each_sleep_lets_time_go_on),
      cmocka_unit_test(test_end_conversation_waits_for_this_bot_only),
      cmocka_unit_test(test_ask_and_menu),
      cmocka_unit_test(test_a_rest_call_that_is_not_answered_in_time),
      cmocka_unit_test(test_a_reply_is_read_as_the_call_says),
      cmocka_unit_test(test_a_rest_call_is_made_again_after_a_restart),
      cmocka_unit_test(test_a_section_interrupts_a_sleep),
      cmocka_unit_test(test_events_of_one_moment_come_in_their_order),
      cmocka_unit_test(test_a_signal_without_a_value_is_one),
      cmocka_unit_test(test_a_section_that_calls_itself_is_stopped),
      cmocka_unit_test(test_two_scripts_that_call_each_other_are_stopped),
      cmocka_unit_test(test_scripts_that_end_each_other_do_not_nest),
      cmocka_unit_test(test_a_script_that_only_listens_holds_nothing),
      cmocka_unit_test(test_a_run_ends_with_its_session),
      cmocka_unit_test(test_a_run_that_hears_nothing_of_the_end_ends),
      cmocka_unit_test(test_an_error_gives_the_session_to_the_fallback),
      cmocka_unit_test(test_a_sleep_that_nobody_can_read_goes_to_the_fallback),
      cmocka_unit_test(test_an_error_beside_the_bot_waits_for_its_release),
      cmocka_unit_test(test_on_error_may_go_on),
      cmocka_unit_test(test_a_loop_without_end_is_stopped),
      cmocka_unit_test(test_chance_is_not_the_same_after_each_action),
      cmocka_unit_test(test_a_run_keeps_the_version_it_began_with),
      cmocka_unit_test(test_a_script_gives_up_its_hold),
      cmocka_unit_test(test_req_agent_refuses_what_does_not_fit),
      cmocka_unit_test(test_a_contact_says_how_it_ages),
      cmocka_unit_test(test_a_contact_is_described_in_a_text),
      cmocka_unit_test(test_a_contact_that_fits_nobody_is_refused),
      cmocka_unit_test(test_a_waiting_transfer_answers_the_script),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
