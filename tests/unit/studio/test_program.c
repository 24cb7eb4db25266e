/* What a compiled program tells about itself, and what is too much for it. */
#include "host.h"

#include "studio/options.h"

struct fixture {
  struct test_mem tm;
  struct diagnostics diags;
  struct program *program;
};

static enum bt_err compile(struct fixture *f, struct text source) {
  test_mem_init(&f->tm);
  diagnostics_init(&f->diags, &f->tm.mem);
  f->program = NULL;
  return program_compile(&f->tm.mem, TEXT("p.studio"), source, &f->diags,
                         &f->program);
}

static void teardown(struct fixture *f) {
  program_free(f->program);
  diagnostics_free(&f->diags);
  assert_int_equal(f->tm.live_bytes, 0);
}

static void check_targets(const char *script, const char *wanted) {
  struct fixture f;
  struct textbuf found;
  assert_int_equal(compile(&f, text_from(script)), BT_ERR_OK);
  textbuf_init(&found, &f.tm.mem);
  for (size_t i = 0; i < program_target_count(f.program); i++) {
    textbuf_addf(&found, "%s%.*s", i > 0 ? "|" : "",
                 TEXT_ARG(program_target(f.program, i).name));
  }
  textbuf_add_char(&found, '\0');
  assert_string_equal(found.ptr, wanted);
  textbuf_free(&found);
  teardown(&f);
}

static void test_targets_come_from_afar(void **state) {
  (void)state;
  check_targets("FUNCTION give(id, where) { RETURN Transfer(id, where) }\n"
                "FUNCTION best() { RETURN \"Berlin\" }\n"
                "give(1, \"Sales\")\nq = \"Support\"\nx = 1\nx.give(q)\n"
                "Transfer(1, best())\n",
                "Berlin|Sales|Support");
  check_targets("FOREACH q IN \"A| B |C\" { r = Transfer(1, q) }\n"
                "l = \"D|E\"\nFOREACH q IN l { TRACE q }\n"
                "ReqAgent(l[2])\n",
                "A|B|C|D|E");
  check_targets("m = Menu(\"Which?\", \"Red|Blue\", 5)\nc = m.choice\n"
                "Transfer(1, c)\n",
                "Red|Blue");
  check_targets("q = GetQueueInfo(\"Sales\")\nl = \"Later\"\n"
                "Callback(\"+49\", 60, l)\nCallback(\"+49\", 60)\n",
                "Sales|Later");
  check_targets(
      "x = fromjson('{\"action\":\"Transfer\",\"queueId\":\"Red\"}')\n"
      "y = '{\"skill\":\"Blue\"}'.fromjson()\n"
      "z = fromjson('{\"queueId\":')\n",
      "Red|Blue");
  check_targets("c = CheckHours(\"Main\")\nb = BotExchange(\"faq\")\n",
                "hours:Main|bot:faq");
  check_targets("FUNCTION f(x) { Transfer(1, x)\nf(x) }\nf(\"A\")\na = b\n"
                "b = a\nTransfer(1, a)\n",
                "A");
}

static void test_targets_and_sections(void **state) {
  (void)state;
  static const char *const names[] = {"AgentSkill", "sales", "billing",
                                      "support", "late"};
  struct fixture f;
  assert_int_equal(
      compile(&f, TEXT("r = Transfer(s.id, \"AgentSkill\", \"priority:1\")\n"
                       "ReqAgent(\"sales\")\n"
                       "Transfer(s.id, \"AgentSkill\")\n"
                       "Transfer(s.id, where)\n"
                       "Transfer(s.id, \"billing\")\n"
                       "o.queueId = \"support\"\n"
                       "o.reason = \"none\"\n"
                       "where = \"late\"\n"
                       "ON signal { }\nON BotLost\nEND ON\n")),
      BT_ERR_OK);
  assert_int_equal(program_target_count(f.program), 5);
  for (size_t i = 0; i < 5; i++) {
    assert_true(
        text_equal(program_target(f.program, i).name, text_from(names[i])));
  }
  assert_int_equal(program_target(f.program, 0).line, 1);
  assert_int_equal(program_section_count(f.program), 2);
  assert_true(text_equal(program_section_name(f.program, 0), TEXT("Signal")));
  assert_true(program_has_section(f.program, TEXT("botlost")));
  assert_false(program_has_section(f.program, TEXT("Error")));
  teardown(&f);
}

static void test_lines_and_identity(void **state) {
  (void)state;
  struct fixture f, g;
  assert_int_equal(compile(&f, TEXT("\xEF\xBB\xBFTRACE 1\r\n\r\nTRACE 2")),
                   BT_ERR_OK);
  assert_int_equal(compile(&g, TEXT("TRACE 3")), BT_ERR_OK);
  assert_int_equal(program_line_count(f.program), 3);
  assert_true(text_equal(program_line(f.program, 1), TEXT("TRACE 1")));
  assert_true(text_equal(program_line(f.program, 2), TEXT("")));
  assert_true(text_equal(program_line(f.program, 3), TEXT("TRACE 2")));
  assert_true(text_equal(program_line(f.program, 4), TEXT("")));
  assert_true(text_equal(program_file_name(f.program), TEXT("p.studio")));
  assert_true(program_hash(f.program) != program_hash(g.program));
  teardown(&f);
  teardown(&g);
}

/* @open n times, @middle, @close n times. */
static void nest(struct textbuf *b, int n, const char *parts[3]) {
  for (int i = 0; i < n; i++) {
    textbuf_add(b, text_from(parts[0]));
  }
  textbuf_add(b, text_from(parts[1]));
  for (int i = 0; i < n; i++) {
    textbuf_add(b, text_from(parts[2]));
  }
}

static void test_too_deep(void **state) {
  (void)state;
  struct fixture f;
  struct test_mem tm;
  struct textbuf source;
  static const char *const shapes[][3] = {
      {"IF 1 {\n", "TRACE 1\n", "}\n"},
      {"(", "1", ")"},
      {"-", "1", ""},
      {"NOT ", "1", ""},
      {"1 + ", "1", ""},
      {"", "x", ".y"},
      {"f(", "1", ")"},
      {"\"{", "1", "}\""},
      {"SELECT {\nCASE 1 {\n", "", "}}\n"},
      {"2 ^ ", "2", ""},
  };
  test_mem_init(&tm);
  for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
    const char *parts[3] = {shapes[i][0], shapes[i][1], shapes[i][2]};
    textbuf_init(&source, &tm.mem);
    const bool statement = shapes[i][1][0] == 'T' || shapes[i][0][0] == 'S';
    textbuf_add(&source, statement ? TEXT("") : TEXT("TRACE "));
    nest(&source, 3000, parts);
    assert_int_equal(compile(&f, textbuf_text(&source)), BT_ERR_SYNTAX);
    assert_true(f.diags.errors > 0);
    textbuf_free(&source);
    teardown(&f);
  }
}

static void test_a_file_that_is_too_long(void **state) {
  (void)state;
  struct fixture f;
  struct test_mem tm;
  struct textbuf source;
  test_mem_init(&tm);
  textbuf_init(&source, &tm.mem);
  for (int i = 0; i <= PROGRAM_SOURCE_MAX; i++) {
    textbuf_add_char(&source, ' ');
  }
  assert_int_equal(compile(&f, textbuf_text(&source)), BT_ERR_SYNTAX);
  assert_int_equal(f.diags.items[0].code, DIAGNOSTIC_CODE_TOO_LARGE);
  textbuf_free(&source);
  teardown(&f);
}

static void test_without_memory(void **state) {
  (void)state;
  enum bt_err err = BT_ERR_NOMEM;
  for (uint64_t n = 1; err == BT_ERR_NOMEM; n++) {
    struct fixture f;
    test_mem_init(&f.tm);
    f.tm.fail_at = n;
    diagnostics_init(&f.diags, &f.tm.mem);
    f.program = NULL;
    err = program_compile(
        &f.tm.mem, TEXT("p"),
        TEXT("FUNCTION f(a, b) { c = a\n RETURN \"{c} {b}\" }\n"
             "IF f(1, 2) = \"1 2\" { Transfer(s, \"A\") }\n"
             "SWITCH 1 { CASE 1 { x = 1 } DEFAULT { x = 2 } }\n"
             "FOR i = 1 TO 3 { v[i] = i }\nON Error { TRACE _ERR }\n"),
        &f.diags, &f.program);
    teardown(&f);
  }
  assert_int_equal(err, BT_ERR_OK);
}

static void test_options(void **state) {
  (void)state;
  const struct text options = TEXT(" priority : 1,when:released, ,reason:a b");
  assert_true(text_equal(options_get(options, TEXT("Priority")), TEXT("1")));
  assert_true(text_equal(options_get(options, TEXT("when")), TEXT("released")));
  assert_true(text_equal(options_get(options, TEXT("reason")), TEXT("a b")));
  assert_int_equal(options_get(options, TEXT("none")).len, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_targets_and_sections),
      cmocka_unit_test(test_targets_come_from_afar),
      cmocka_unit_test(test_lines_and_identity),
      cmocka_unit_test(test_too_deep),
      cmocka_unit_test(test_a_file_that_is_too_long),
      cmocka_unit_test(test_without_memory),
      cmocka_unit_test(test_options),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
