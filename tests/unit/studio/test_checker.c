/* The handover check: which lines of which scripts it reports. */
#include "stories.h"

#define FORUM(second, options)                                                 \
  "// Get current session\n"                                                   \
  "ASSIGN session = GetSessionInfo()\n"                                        \
  "\n" second                                                                  \
  "\nASSIGN result = Transfer(session.id, \"AgentSkill\", \"" options "\")\n"  \
  "IF result.code == 200\n // fine\nELSE\n"                                    \
  " LogError(\"Transfer failed: \" + result.message)\nEND IF\n"

static const struct story stories[] = {
    {"the forum script is refused while the bot lets go",
     FORUM("// Attempt transfer", "priority:1"), "5 transfer-refused"},
    {"when:released", FORUM("", "priority:1,when:released"), ""},
    {"release:true", FORUM("", "priority:1, release:true"), ""},
    {"ending the conversation first",
     FORUM("EndConversation(session.id)", "priority:1"), ""},
    {"ending it without naming it", FORUM("EndConversation()", "priority:1"),
     ""},
    {"hanging up first", FORUM("Hangup(session.id)", "priority:1"), ""},
    {"waiting two seconds is safe, and a guess", FORUM("Wait(2)", "priority:1"),
     "[5 exact-handover]"},
    {"waiting one second is not enough", FORUM("Wait(1)", "priority:1"),
     "5 transfer-refused"},
    {"waiting for idle, and testing it",
     "s = GetSessionInfo()\n"
     "w = WaitFor(s.id, \"idle\", 1)\n"
     "IF w.code = 200 { r = Transfer(s.id, \"A\") }\n",
     ""},
    {"waiting for idle, and not testing it",
     "s = GetSessionInfo()\n"
     "WaitFor(s.id, \"idle\", 1)\n"
     "r = Transfer(s.id, \"A\")\n",
     "3 transfer-refused"},
    {"waiting for idle, and transferring when it did not come",
     "s = GetSessionInfo()\n"
     "w = WaitFor(s.id, \"idle\", 10)\n"
     "IF w.code != 200 { r = Transfer(s.id, \"A\") }\n",
     "3 transfer-refused"},
    {"a test of the status",
     "s = GetSessionInfo()\n"
     "IF s.status == \"idle\"\n"
     "  r = Transfer(s.id, \"A\")\n"
     "ELSE\n"
     "  r = Transfer(s.id, \"A\")\n"
     "END IF\n",
     "5 transfer-refused"},
    {"a test of the status that has grown stale",
     "s = GetSessionInfo()\n"
     "t = Transfer(s.id, \"B\", \"when:released\")\n"
     "IF s.status == \"idle\" { r = Transfer(s.id, \"A\") }\n",
     "3 transfer-refused"},
    {"SWITCH on the status",
     "s = GetSessionInfo()\n"
     "SWITCH s.status {\n"
     "  CASE \"idle\" { r = Transfer(s.id, \"A\") }\n"
     "  DEFAULT { r = Transfer(s.id, \"A\", \"when:released\") }\n"
     "}\n",
     ""},
    {"trying again after a refusal",
     "s = GetSessionInfo()\n"
     "r = Transfer(s.id, \"A\", \"when:released\")\n"
     "IF r.code >= 400\n"
     "  r = Transfer(s.id, \"B\", \"when:released\")\n"
     "END IF\n",
     ""},
    {"a flag that was another variable's before is not set yet",
     "s = GetSessionInfo()\n"
     "w = WaitFor(s.id, \"idle\", 0)\n"
     "IF w.code = 200 { r = Transfer(s.id, \"A\") }\n"
     "IF s.channel = \"chat\" { v = WaitFor(s.id, \"idle\", 0) }\n"
     "IF v.code = 200 { r = Transfer(s.id, \"A\") }\n",
     ""},
    {"what a function sets is remembered everywhere",
     "FUNCTION look() { ok = WaitFor(s.id, \"idle\", 0) }\n"
     "s = GetSessionInfo()\n"
     "a = WaitFor(s.id, \"idle\", 0)\nIF a.code = 200 { EXIT }\n"
     "look()\n"
     "b = WaitFor(s.id, \"queued\", 0)\nIF b.code = 200 { EXIT }\n"
     "r = Transfer(s.id, \"A\")\n",
     "8 transfer-refused"},
    {"a second transfer without a look at the first",
     "s = GetSessionInfo()\n"
     "Transfer(s.id, \"A\", \"when:released\")\n"
     "Transfer(s.id, \"B\", \"when:released\")\n",
     "3 transfer-refused"},
    {"retries in a loop that gives up before the bot has gone",
     "s = GetSessionInfo()\n"
     "REPEAT 2 {\n"
     "  r = Transfer(s.id, \"A\")\n"
     "  IF r.code = 200 { BREAK }\n"
     "  Wait(1)\n"
     "}\n",
     "3 transfer-refused"},
    {"retries in a loop that last until the bot has gone",
     "s = GetSessionInfo()\n"
     "REPEAT 3 {\n"
     "  r = Transfer(s.id, \"A\")\n"
     "  IF r.code = 200 { BREAK }\n"
     "  Wait(1)\n"
     "}\n",
     ""},
    {"retries without a look at the answer",
     "s = GetSessionInfo()\n"
     "REPEAT 3 {\n"
     "  Transfer(s.id, \"A\")\n"
     "  Wait(1)\n"
     "}\n",
     "3 transfer-refused"},
    {"a fallback that is refused for the same reason",
     "s = GetSessionInfo()\n"
     "r = Transfer(s.id, \"A\")\n"
     "IF r.code != 200 { Transfer(s.id, \"B\") }\n",
     "2 transfer-refused, 3 transfer-refused"},
    {"a 409 is tried again as it should have been at first",
     "s = GetSessionInfo()\n"
     "r = Transfer(s.id, \"A\")\n"
     "IF r.code == 409\n"
     "  r = Transfer(s.id, \"A\", \"when:released\")\n"
     "END IF\n"
     "IF r.code != 200 { LogError(r.message) }\n",
     ""},
    {"the name of the refusal is tested",
     "s = GetSessionInfo()\n"
     "r = Transfer(s.id, \"A\")\n"
     "IF r.refusal == \"release_in_progress\"\n"
     "  EndConversation(s.id)\n"
     "  r = Transfer(s.id, \"A\")\n"
     "END IF\n",
     ""},
    {"status OK of an answer",
     "s = GetSessionInfo()\n"
     "r = Transfer(s.id, \"A\")\n"
     "IF r.status != \"OK\" { r = Transfer(s.id, \"A\", \"release:true\") }\n",
     ""},
    {"a code that is kept",
     "s = GetSessionInfo()\n"
     "code = 0\n"
     "code = Transfer(s.id, \"A\").code\n"
     "IF code <> 200 { Transfer(s.id, \"B\", \"when:released\") }\n",
     ""},
    {"SWITCH on the code",
     "s = GetSessionInfo()\n"
     "r = Transfer(s.id, \"A\")\n"
     "SWITCH r.code {\n"
     "  CASE 200 { EXIT }\n"
     "  CASE 409 { r = Transfer(s.id, \"A\", \"when:released\") }\n"
     "  DEFAULT { LogError(r.message) }\n"
     "}\n",
     ""},
    {"after the wait a kept answer still says how it went",
     "s = GetSessionInfo()\n"
     "r = Transfer(s.id, \"A\")\n"
     "Wait(5)\n"
     "IF r.code != 200 { r = Transfer(s.id, \"B\", \"when:released\") }\n",
     ""},
    {"polling until the session is idle",
     "FOR i = 1 TO 10\n"
     "  s = GetSessionInfo()\n"
     "  IF s.status == \"idle\"\n    BREAK\n  END IF\n"
     "  Wait(0.5)\n"
     "NEXT\n"
     "IF s.status == \"idle\"\n  r = Transfer(s.id, \"A\")\nEND IF\n",
     ""},
    {"polling without an end is not believed",
     "n = GetQueueInfo(\"A\").waiting\n"
     "FOR i = 1 TO n\n"
     "  s = GetSessionInfo()\n"
     "  IF s.status == \"idle\" { BREAK }\n"
     "  Wait(0.5)\n"
     "NEXT\n"
     "r = Transfer(s.id, \"A\")\n",
     "7 transfer-refused"},
    {"the status in a variable of its own",
     "status = GetSessionInfo().status\n"
     "IF status = \"idle\" { Transfer(GetSessionInfo().id, \"A\") }\n"
     "s = GetSessionInfo()\nt = s.status\n"
     "IF t <> \"idle\" { Transfer(s.id, \"A\") }\n",
     "5 transfer-refused"},
    {"waits add up",
     "s = GetSessionInfo()\nWait(1)\nSay(\"a moment\")\nWait(1)\n"
     "r = Transfer(s.id, \"A\")\n",
     "[5 exact-handover]"},
    {"a helper that looks at the answer",
     "FUNCTION ok(answer) { RETURN answer.code = 200 }\n"
     "s = GetSessionInfo()\n"
     "r = Transfer(s.id, \"A\", \"when:released\")\n"
     "IF NOT ok(r) { Transfer(s.id, \"B\", \"when:released\") }\n",
     ""},
    {"a helper that transfers and says how it went",
     "FUNCTION give(id, queue)\n"
     "  r = Transfer(id, queue, \"when:released\")\n"
     "  IF r.code == 200\n    RETURN true\n  END IF\n"
     "  LogWarn(r.message)\n"
     "  RETURN false\n"
     "END FUNCTION\n"
     "s = GetSessionInfo()\n"
     "IF give(s.id, \"A\") { EXIT }\n"
     "done = give(s.id, \"B\")\n"
     "IF done = false { give(s.id, \"C\") }\n",
     ""},
    {"the same, used the wrong way round",
     "FUNCTION give(id, queue) {\n"
     "  RETURN Transfer(id, queue, \"when:released\")\n"
     "}\n"
     "s = GetSessionInfo()\n"
     "r = give(s.id, \"A\")\n"
     "IF r.code = 200 { give(s.id, \"B\") }\n",
     "2 transfer-refused"},
    {"a helper that knows whether the session is free",
     "FUNCTION free() { RETURN GetSessionInfo().status = \"idle\" }\n"
     "s = GetSessionInfo()\n"
     "IF free() { Transfer(s.id, \"A\") }\n",
     ""},
    {"a helper that logs changes nothing",
     "FUNCTION note(x) { LogInfo(\"now {x.status}\") }\n"
     "s = GetSessionInfo()\n"
     "note(s)\n"
     "IF s.status = \"idle\" { Transfer(s.id, \"A\") }\n",
     ""},
    {"options that a function is called with",
     "FUNCTION give(id, how) { RETURN Transfer(id, \"A\", how) }\n"
     "s = GetSessionInfo()\n"
     "r = give(s.id, \"priority:1,when:released\")\n",
     ""},
    {"options put together",
     "s = GetSessionInfo()\n"
     "o = \"priority:\" + 5\n"
     "o = o + \",when:released\"\n"
     "r = Transfer(s.id, \"A\", o)\n"
     "r2 = \"{s.id}\"\n",
     ""},
    {"a function that tries again by calling itself",
     "FUNCTION try(id, n) {\n"
     "  r = Transfer(id, \"A\")\n"
     "  IF r.code = 200 { RETURN true }\n"
     "  IF n = 0 { RETURN false }\n"
     "  Wait(2)\n"
     "  RETURN try(id, n - 1)\n"
     "}\n"
     "try(GetSessionInfo().id, 3)\n",
     "2 transfer-refused"},
    {"a script that holds the session may transfer it",
     "// baton: entry script\n"
     "a = Ask(\"What is it about?\", 60)\n"
     "r = Transfer(GetSessionInfo().id, \"A\")\n",
     ""},
    {"a script beside a bot may not",
     "// baton: entry connected\n"
     "r = Transfer(GetSessionInfo().id, \"A\")\n",
     "2 transfer-refused"},
    {"a statement that nobody knows", "// baton: entri script\nTRACE 1\n",
     "1 bad-statement"},
    {"ON Error begins where something can fail",
     "s = GetSessionInfo()\n"
     "EndConversation(s.id)\n"
     "o = fromjson(s.attributes.order)\n"
     "r = Transfer(s.id, \"A\")\n"
     "IF r.code != 200 { LogError(r.message) }\n"
     "ON Error { Transfer(s.id, \"B\") }\n",
     ""},
    {"a signal may come when an agent has the session already",
     "s = GetSessionInfo()\n"
     "r = Transfer(s.id, \"A\", \"when:released\")\n"
     "IF r.code != 200 { LogError(r.message) }\n"
     "ON Signal { t = Transfer(s.id, \"B\", \"when:released\") }\n",
     "4 transfer-refused"},
    {"a payload that waits",
     "DYNAMIC o\no.action = \"Transfer\"\no.queueId = \"A\"\n"
     "o.when = \"released\"\nr = Transfer(o)\n",
     ""},
    {"out of the queue, to the next",
     "s = GetSessionInfo()\n"
     "r = Transfer(s.id, \"A\", \"when:released\")\n"
     "REPEAT 4\n"
     "  Wait(30)\n"
     "  i = GetSessionInfo()\n"
     "  IF i.status == \"queued\" AND i.waitSeconds > 60\n"
     "    r = Transfer(s.id, \"B\")\n    BREAK\n"
     "  END IF\n"
     "END REPEAT\n",
     ""},
    {"safe in every round of a loop",
     "s = GetSessionInfo()\n"
     "EndConversation(s.id)\n"
     "FOR i = 1 TO 3\n"
     "  r = Transfer(s.id, \"A\")\n"
     "  IF r.code = 200\n    RETURN\n  END IF\n"
     "NEXT\n",
     ""},
    {"in a function",
     "FUNCTION go(id) {\n"
     "  RETURN Transfer(id, \"A\")\n"
     "}\n"
     "s = GetSessionInfo()\n"
     "go(s.id)\n",
     "2 transfer-refused"},
    {"in a function that is called when it is safe",
     "FUNCTION go(id) {\n"
     "  RETURN Transfer(id, \"A\")\n"
     "}\n"
     "s = GetSessionInfo()\n"
     "EndConversation(s.id)\n"
     "go(s.id)\n",
     ""},
    {"a recursive function",
     "FUNCTION go(id, n) {\n"
     "  IF n > 0 { RETURN go(id, n - 1) }\n"
     "  EndConversation(id)\n"
     "}\n"
     "s = GetSessionInfo()\n"
     "go(s.id, 3)\n"
     "Transfer(s.id, \"A\")\n",
     ""},
    {"a flag remembers that the transfer went through",
     "s = GetSessionInfo()\n"
     "done = false\n"
     "REPEAT 3\n"
     "  IF NOT done\n"
     "    r = Transfer(s.id, \"A\", \"when:released\")\n"
     "    IF r.code == 200\n"
     "      done = true\n"
     "    ELSE\n"
     "      Wait(1)\n"
     "    END IF\n"
     "  END IF\n"
     "END REPEAT\n"
     "IF done == false { Transfer(s.id, \"B\", \"when:released\") }\n",
     ""},
    {"a flag that is asked the wrong way round",
     "s = GetSessionInfo()\n"
     "done = 0\n"
     "r = Transfer(s.id, \"A\", \"when:released\")\n"
     "IF r.code = 200 { done = 1 }\n"
     "IF done = 1 { Transfer(s.id, \"B\") }\n",
     "5 transfer-refused"},
    {"a function that leaves from within a loop, called twice",
     "FUNCTION go(id) {\n"
     "  REPEAT 2 { IF id = 1 { RETURN } }\n"
     "  EndConversation(id)\n"
     "}\n"
     "s = GetSessionInfo()\n"
     "go(s.id)\n"
     "Transfer(s.id, \"A\")\n",
     "7 transfer-refused"},
    {"a section begins with what its event says",
     "ON BotReleased {\n  Transfer(event.id, \"A\")\n}\n"
     "ON Signal {\n  Transfer(event.id, \"A\")\n}\n",
     "5 transfer-refused"},
    {"another session's end does not free this one",
     "EndConversation(\"0192\")\nTransfer(GetSessionInfo().id, \"A\")\n",
     "2 transfer-refused"},
    {"nor does its status",
     "c = Callback(\"1\", 60)\nw = WaitFor(c.id, \"idle\", 5)\n"
     "IF w.code = 200 { Transfer(GetSessionInfo().id, \"A\") }\n",
     "3 transfer-refused"},
    {"nor what is known of it",
     "ON Signal {\n o = GetSessionInfo(event.p1)\n"
     " IF o.status = \"idle\" { Transfer(GetSessionInfo().id, \"A\") }\n}\n"
     "Wait(60)\n",
     "3 transfer-refused"},
    {"a transfer of another session is its own affair",
     "ON Signal {\n id = event.p1\n Transfer(event.p1, \"A\")\n"
     " Transfer(id, \"A\")\n}\nWait(60)\n",
     ""},
    {"ReqAgent is a transfer too", "ReqAgent(\"A\")\n", "1 transfer-refused"},
    {"options in an object",
     "DYNAMIC o\no.when = \"released\"\nTransfer(GetSessionInfo().id, \"A\", "
     "o)\n",
     ""},
    {"a payload", "DYNAMIC o\no.queueId = \"A\"\nTransfer(o)\n",
     "3 transfer-refused"},
    {"after the transfer went through there is nothing to end",
     "s = GetSessionInfo()\n"
     "r = Transfer(s.id, \"A\", \"when:released\")\n"
     "IF r.code = 200 { Transfer(s.id, \"B\") }\n",
     "3 transfer-refused"},
    {"a condition that never holds",
     "IF false { Transfer(GetSessionInfo().id, \"A\") }\n", ""},
};

static void test_stories(void **state) {
  (void)state;
  run_stories(stories, sizeof stories / sizeof stories[0]);
}

static const char forum[] = FORUM("// Attempt transfer", "priority:1");

static void test_forum_script_gets_the_cure(void **state) {
  (void)state;
  struct test_mem tm;
  struct diagnostics diags;
  struct textbuf out;
  test_mem_init(&tm);
  diagnostics_init(&diags, &tm.mem);
  textbuf_init(&out, &tm.mem);
  assert_int_equal(check(&tm.mem, forum, &diags), BT_ERR_OK);
  assert_int_equal(diags.count, 1);
  assert_true(
      text_equal(diags.items[0].edit,
                 TEXT("ASSIGN result = Transfer(session.id, \"AgentSkill\", "
                      "\"priority:1,when:released\")")));
  diagnostics_print(&diags, TEXT("forum.studio"), &out);
  assert_true(text_starts(
      textbuf_text(&out),
      TEXT("forum.studio:5:17: warning: this Transfer can be refused: the "
           "session can be 'releasing' (the bot said goodbye and its "
           "connection is not closed yet), which is refused "
           "release_in_progress [transfer-refused]\n"
           "  ASSIGN result = Transfer(session.id, \"AgentSkill\", "
           "\"priority:1\")\n"
           "                  ^~~~~~~~\n")));
  textbuf_free(&out);
  diagnostics_free(&diags);
  assert_int_equal(tm.live_bytes, 0);
}

static void test_another_world(void **state) {
  (void)state;
  struct test_mem tm;
  struct diagnostics diags;
  struct program *program = NULL;
  const struct checker_world idle = {.entry = CHECKER_SET(IDLE), .drain_s = 5};
  test_mem_init(&tm);
  diagnostics_init(&diags, &tm.mem);
  assert_int_equal(
      program_compile(&tm.mem, TEXT("f"), text_from(forum), &diags, &program),
      BT_ERR_OK);
  assert_int_equal(checker_run(&tm.mem, program, &idle, &diags), BT_ERR_OK);
  assert_int_equal(diags.count, 0);
  program_free(program);
  diagnostics_free(&diags);
}

/* Ninety loops within each other are walked a few times each, not two to the
 * ninetieth. */
static void test_nested_loops_take_no_time(void **state) {
  (void)state;
  struct test_mem tm;
  struct diagnostics diags;
  struct textbuf source;
  test_mem_init(&tm);
  diagnostics_init(&diags, &tm.mem);
  textbuf_init(&source, &tm.mem);
  textbuf_add(&source, TEXT("FUNCTION f(id) { Transfer(id, \"A\") }\n"
                            "s = GetSessionInfo()\n"));
  for (int i = 0; i < 90; i++) {
    textbuf_add(&source, TEXT("REPEAT 2 {\n"));
  }
  textbuf_add(&source, TEXT("f(s.id)\n"));
  for (int i = 0; i < 90; i++) {
    textbuf_add(&source, TEXT("}\n"));
  }
  textbuf_add_char(&source, '\0');
  assert_int_equal(check(&tm.mem, source.ptr, &diags), BT_ERR_OK);
  assert_int_equal(diags.warnings, 1);
  textbuf_free(&source);
  diagnostics_free(&diags);
}

static void count_step(void *ctx, uint32_t line, uint32_t set) {
  (void)line;
  (void)set;
  ++*(size_t *)ctx;
}

/* @attempts transfers, each with variables of its own, and one at the end that
 * can be refused. Gives the statements that the check has walked. */
static size_t walk_attempts(int attempts) {
  struct test_mem tm;
  struct diagnostics diags;
  struct textbuf source, found;
  struct program *program = NULL;
  size_t steps = 0;
  struct checker_world world = checker_world_default();
  world.at_line = count_step;
  world.at_line_ctx = &steps;
  test_mem_init(&tm);
  diagnostics_init(&diags, &tm.mem);
  textbuf_init(&source, &tm.mem);
  textbuf_init(&found, &tm.mem);
  textbuf_add(&source, TEXT("s = GetSessionInfo()\n"));
  for (int i = 1; i <= attempts; i++) {
    textbuf_addf(&source,
                 "w%d = WaitFor(s.id, \"idle\", 0)\nok%d = w%d.code == 200\n"
                 "IF ok%d {\nr%d = Transfer(s.id, \"A\")\n"
                 "IF r%d.code = 200 { EXIT }\n}\n",
                 i, i, i, i, i, i);
  }
  textbuf_add(&source, TEXT("r = Transfer(s.id, \"A\")\n"
                            "IF r.code != 200 { TRACE 1 }\n"));
  assert_int_equal(program_compile(&tm.mem, TEXT("f"), textbuf_text(&source),
                                   &diags, &program),
                   BT_ERR_OK);
  assert_int_equal(checker_run(&tm.mem, program, &world, &diags), BT_ERR_OK);
  add_findings(&diags, false, &found);
  textbuf_add_char(&found, '\0');
  char wanted[64];
  (void)snprintf(wanted, sizeof wanted, "%d transfer-refused",
                 2 + attempts * 6);
  assert_string_equal(found.ptr, wanted);
  textbuf_free(&found);
  textbuf_free(&source);
  program_free(program);
  diagnostics_free(&diags);
  return steps;
}

/* However many variables there are, and each statement is walked once. */
static void test_the_cost_grows_with_the_script(void **state) {
  (void)state;
  const size_t ten = walk_attempts(10);
  const size_t thousand = walk_attempts(1000);
  assert_true(ten >= 10 * 5);
  assert_true(thousand <= 100 * ten);
}

static void test_without_memory(void **state) {
  (void)state;
  enum bt_err err = BT_ERR_NOMEM;
  for (uint64_t n = 1; err == BT_ERR_NOMEM; n++) {
    struct test_mem tm;
    struct diagnostics diags;
    test_mem_init(&tm);
    tm.fail_at = n;
    diagnostics_init(&diags, &tm.mem);
    err = check(&tm.mem, forum, &diags);
    diagnostics_free(&diags);
    assert_int_equal(tm.live_bytes, 0);
  }
  assert_int_equal(err, BT_ERR_OK);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_stories),
      cmocka_unit_test(test_forum_script_gets_the_cure),
      cmocka_unit_test(test_another_world),
      cmocka_unit_test(test_nested_loops_take_no_time),
      cmocka_unit_test(test_the_cost_grows_with_the_script),
      cmocka_unit_test(test_without_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
