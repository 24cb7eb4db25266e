/* The machine as its host sees it. */
#include "host.h"

#include <string.h>

struct fixture {
  struct host host;
  struct diagnostics diags;
  struct program *program;
  struct vm *vm;
};

static void setup(struct fixture *f, const char *script) {
  *f = (struct fixture){0};
  host_init(&f->host);
  diagnostics_init(&f->diags, &f->host.tm.mem);
  assert_int_equal(program_compile(&f->host.tm.mem, TEXT("vm"),
                                   text_from(script), &f->diags, &f->program),
                   BT_ERR_OK);
  assert_int_equal(vm_start(&f->host.tm.mem, f->program, &f->vm), BT_ERR_OK);
}

static void teardown(struct fixture *f) {
  vm_free(f->vm);
  program_free(f->program);
  diagnostics_free(&f->diags);
  host_free(&f->host);
}

static enum vm_status run(struct fixture *f) {
  return vm_run(f->vm, &f->host.env);
}

static void expect_text(struct fixture *f, const char *wanted) {
  struct textbuf b;
  textbuf_init(&b, &f->host.tm.mem);
  assert_int_equal(vm_action(f->vm).id, ACTION_TRACE);
  vm_arg_text(f->vm, 0, &b);
  assert_true(text_equal(textbuf_text(&b), text_from(wanted)));
  textbuf_free(&b);
}

static void test_arguments_can_be_read(void **state) {
  (void)state;
  struct fixture f;
  struct textbuf b;
  double d = 0;
  setup(&f, "DYNAMIC o\no.queueId = \"support\"\no.n = \"7\"\no.skip = true\n"
            "o.list[1] = 1\n"
            "Transfer(\"s\", o, 12)\n");
  textbuf_init(&b, &f.host.tm.mem);
  assert_int_equal(run(&f), VM_ACTION);
  const struct vm_action a = vm_action(f.vm);
  assert_int_equal(a.id, ACTION_TRANSFER);
  assert_int_equal(a.argc, 3);
  assert_int_equal(a.line, 6);
  assert_int_equal(a.column, 1);
  assert_int_equal(vm_arg_kind(f.vm, 0), VM_KIND_TEXT);
  assert_int_equal(vm_arg_kind(f.vm, 1), VM_KIND_OBJECT);
  assert_int_equal(vm_arg_kind(f.vm, 2), VM_KIND_NUMBER);
  assert_int_equal(vm_arg_kind(f.vm, 3), VM_KIND_NULL);
  assert_true(vm_arg_number(f.vm, 2, &d));
  assert_true(d > 11 && d < 13);
  assert_false(vm_arg_number(f.vm, 0, &d));
  assert_true(vm_arg_is_true(f.vm, 1));
  vm_arg_member_text(f.vm, 1, "queueId", &b);
  assert_true(text_equal(textbuf_text(&b), TEXT("support")));
  assert_true(vm_arg_member_number(f.vm, 1, "n", &d));
  assert_true(vm_arg_member_is_true(f.vm, 1, "skip"));
  assert_int_equal(vm_arg_member_kind(f.vm, 1, "list"), VM_KIND_LIST);
  assert_int_equal(vm_arg_member_kind(f.vm, 1, "missing"), VM_KIND_NULL);
  assert_int_equal(vm_arg_member_kind(f.vm, 0, "n"), VM_KIND_NULL);
  textbuf_clear(&b);
  vm_arg_member_json(f.vm, 1, "list", &b);
  assert_true(text_equal(textbuf_text(&b), TEXT("[1]")));
  textbuf_free(&b);
  teardown(&f);
}

static void test_answers_of_every_kind(void **state) {
  (void)state;
  struct fixture f;
  setup(&f, "REPEAT 5 {\n TRACE GetSessionInfo()\n}\nTRACE "
            "GetSessionInfo().a[1]\n");
  for (int i = 0; i < 5; i++) {
    assert_int_equal(run(&f), VM_ACTION);
    assert_int_equal(vm_action(f.vm).id, ACTION_GET_SESSION_INFO);
    static const char *const printed[] = {"", "true", "1.5", "t", "[1]"};
    switch (i) {
    case 0:
      vm_resume_null(f.vm);
      break;
    case 1:
      vm_resume_bool(f.vm, true);
      break;
    case 2:
      vm_resume_number(f.vm, 1.5);
      break;
    case 3:
      assert_int_equal(vm_resume_text(f.vm, TEXT("t")), BT_ERR_OK);
      break;
    default:
      assert_int_equal(vm_resume_json(f.vm, TEXT("[1")), BT_ERR_SYNTAX);
      assert_true(vm_is_waiting(f.vm));
      assert_int_equal(vm_resume_json(f.vm, TEXT("[1]")), BT_ERR_OK);
    }
    assert_int_equal(run(&f), VM_ACTION);
    expect_text(&f, printed[i]);
    vm_resume_null(f.vm);
  }
  assert_int_equal(run(&f), VM_ACTION);
  assert_int_equal(vm_resume_json(f.vm, TEXT("{\"a\":[\"x\"]}")), BT_ERR_OK);
  assert_int_equal(run(&f), VM_ACTION);
  expect_text(&f, "x");
  vm_resume_null(f.vm);
  assert_int_equal(run(&f), VM_DONE);
  assert_int_equal(run(&f), VM_DONE);
  teardown(&f);
}

static void test_failed_action_is_the_scripts_error(void **state) {
  (void)state;
  struct fixture f;
  setup(&f, "TRACE 1\nTransfer(\"s\", \"t\")\nTRACE 2\n");
  assert_int_equal(run(&f), VM_ACTION);
  vm_resume_null(f.vm);
  assert_int_equal(run(&f), VM_ACTION);
  vm_resume_error(f.vm, TEXT("no such thing"));
  assert_int_equal(run(&f), VM_ERROR);
  const struct vm_failure failure = vm_failure(f.vm);
  assert_string_equal(failure.slug, "action-failed");
  assert_int_equal(failure.line, 2);
  assert_true(text_equal(failure.message, TEXT("no such thing")));
  assert_int_equal(run(&f), VM_ERROR);
  teardown(&f);
}

static void test_caught_failures_can_be_seen(void **state) {
  (void)state;
  struct fixture f;
  setup(&f, "x = 1 / 0\nON Error { TRACE _ERRLINE }\n");
  assert_int_equal(run(&f), VM_ACTION);
  assert_true(vm_has_caught(f.vm));
  assert_string_equal(vm_failure(f.vm).slug, "division-by-zero");
  expect_text(&f, "1");
  vm_resume_null(f.vm);
  assert_int_equal(run(&f), VM_DONE);
  assert_false(vm_has_caught(f.vm));
  teardown(&f);
}

static void test_an_event_ends_what_runs(void **state) {
  (void)state;
  struct fixture f;
  setup(&f, "x = \"main\"\nWait(60)\nTRACE \"never\"\n"
            "ON BotReleased {\n TRACE \"{x} {event.bot}\"\n Wait(60)\n}\n"
            "ON Signal { TRACE event }\n");
  assert_int_equal(run(&f), VM_ACTION);
  assert_int_equal(vm_action(f.vm).id, ACTION_WAIT);
  assert_int_equal(vm_start_section(f.vm, TEXT("Queued"), TEXT("")),
                   BT_ERR_NOT_FOUND);
  assert_int_equal(vm_start_section(f.vm, TEXT("Signal"), TEXT("{")),
                   BT_ERR_SYNTAX);
  assert_true(vm_is_waiting(f.vm)); /* nothing has changed */
  assert_int_equal(
      vm_start_section(f.vm, TEXT("botreleased"), TEXT("{\"bot\":\"b\"}")),
      BT_ERR_OK);
  assert_int_equal(run(&f), VM_ACTION);
  assert_true(text_equal(vm_section(f.vm), TEXT("BotReleased")));
  expect_text(&f, "main b");
  vm_resume_null(f.vm);
  assert_int_equal(run(&f), VM_ACTION);
  assert_int_equal(vm_start_section(f.vm, TEXT("Signal"), TEXT("")), BT_ERR_OK);
  assert_int_equal(run(&f), VM_ACTION);
  expect_text(&f, "");
  vm_resume_null(f.vm);
  assert_int_equal(run(&f), VM_DONE);
  teardown(&f);
}

static void test_steps_begin_anew_after_a_sleep(void **state) {
  (void)state;
  struct fixture f;
  setup(&f, "REPEAT 3 {\n FOR i = 1 TO 200000 { x = i }\n Wait(1)\n}\n");
  for (int i = 0; i < 3; i++) {
    assert_int_equal(run(&f), VM_ACTION);
    f.host.env.now_us += 1000000;
    vm_resume_null(f.vm);
  }
  assert_int_equal(run(&f), VM_DONE);
  teardown(&f);
}

static void test_no_time_no_sleep(void **state) {
  (void)state;
  struct fixture f;
  int actions = 0;
  setup(&f, "FOR i = 1 TO 2000000 {\n Wait(0)\n TRACE i\n}\n");
  while (run(&f) == VM_ACTION && actions < 2000000) {
    actions++;
    vm_resume_null(f.vm);
  }
  assert_string_equal(vm_failure(f.vm).slug, "too-many-steps");
  teardown(&f);
}

static void test_lines_one_by_one(void **state) {
  (void)state;
  struct fixture f;
  struct textbuf lines, value;
  setup(&f, "a = 1\nIF a = 1\n  a = 2\nELSE\n  a = 3\nEND IF\n"
            "FOR i = 1 TO 2\n  b = i\nNEXT\n");
  textbuf_init(&lines, &f.host.tm.mem);
  textbuf_init(&value, &f.host.tm.mem);
  f.host.env.trace = true;
  enum vm_status status;
  while ((status = run(&f)) == VM_LINE) {
    textbuf_addf(&lines, "%u ", vm_line(f.vm));
  }
  assert_int_equal(status, VM_DONE);
  assert_true(text_equal(textbuf_text(&lines), TEXT("1 2 3 7 8 7 8 7 ")));
  bool seen = false;
  for (size_t i = 0; i < vm_variable_count(f.vm); i++) {
    if (text_equal(vm_variable_name(f.vm, i), TEXT("a"))) {
      seen = true;
      vm_variable_text(f.vm, i, &value);
      assert_int_equal(vm_variable_kind(f.vm, i), VM_KIND_NUMBER);
    }
  }
  assert_true(seen);
  assert_true(text_equal(textbuf_text(&value), TEXT("2")));
  textbuf_free(&lines);
  textbuf_free(&value);
  teardown(&f);
}

static void test_too_large_an_answer(void **state) {
  (void)state;
  struct fixture f;
  struct textbuf big;
  setup(&f, "a = GetSessionInfo()\nTRACE \"never\"\n");
  textbuf_init(&big, &f.host.tm.mem);
  for (int i = 0; i < 2 * VM_VALUES_MAX; i++) {
    textbuf_add_char(&big, 'x');
  }
  assert_int_equal(run(&f), VM_ACTION);
  assert_int_equal(vm_resume_text(f.vm, textbuf_text(&big)), BT_ERR_OK);
  assert_int_equal(run(&f), VM_ERROR);
  assert_string_equal(vm_failure(f.vm).slug, "too-much-data");
  textbuf_free(&big);
  teardown(&f);
}

static void test_random_comes_from_the_host(void **state) {
  (void)state;
  struct textbuf first;
  struct test_mem tm;
  test_mem_init(&tm);
  textbuf_init(&first, &tm.mem);
  for (uint64_t entropy = 1; entropy <= 3; entropy++) {
    struct fixture f;
    setup(&f, "REPEAT 20 {\n TRACE random(1, 1000000)\n}\n");
    f.host.env.entropy = entropy == 3 ? 2 : entropy;
    assert_int_equal(host_run(&f.host, &f.vm), VM_DONE);
    const bool same =
        text_equal(textbuf_text(&first), textbuf_text(&f.host.out));
    assert_true(entropy == 3 ? same : !same);
    textbuf_clear(&first);
    textbuf_add(&first, textbuf_text(&f.host.out));
    teardown(&f);
  }
  textbuf_free(&first);
}

static const char busy[] =
    "DYNAMIC o\no.a.b[1] = \"x\"\n"
    "FUNCTION f(n) {\n IF n = 0 { RETURN \"end\" }\n RETURN \"{f(n - 1)}{n}\"\n}\n"
    "t = f(20) + \"!\"\n"
    "FOREACH x IN \"a|b|c\" { t.append(x.upper().padleft(20)) }\n"
    "l = fromjson(\"[3,1,2]\")\nl.sort()\nl.add(o.copy())\n"
    "TRACE l.asjson()\n"
    "p = GetRESTProxy()\np.AddHeader(\"a\", \"b\")\n"
    "r = p.MakeRestRequest(\"u\", t, 0, \"GET\")\n"
    "TRACE r\n"
    "v = \"1|2|3\"\nv[2] = \"two\"\nTRACE v.reverse().join(\",\")\n";

/* The n-th allocation fails: the run fails with it or goes on, and nothing is
 * lost. A host whose answer did not fit gives up. */
static bool run_without(struct fixture *f, uint64_t n) {
  struct host *h = &f->host;
  h->tm.calls = 0;
  h->tm.fail_at = n;
  for (;;) {
    const enum vm_status status = run(f);
    if (status != VM_ACTION) {
      h->tm.fail_at = 0;
      return status == VM_DONE;
    }
    if (vm_action(f->vm).id != ACTION_REST_REQUEST) {
      vm_resume_null(f->vm);
    } else if (vm_resume_rest(f->vm, 200, TEXT("OK"), TEXT("{\"a\":1}")) !=
               BT_ERR_OK) {
      h->tm.fail_at = 0;
      return false;
    }
  }
}

static void test_without_memory(void **state) {
  (void)state;
  bool done = false;
  for (uint64_t n = 1; !done; n++) {
    struct fixture f;
    setup(&f, busy);
    done = run_without(&f, n);
    if (!done && !vm_is_waiting(f.vm)) {
      assert_string_equal(vm_failure(f.vm).slug, "out-of-memory");
    }
    done = done && f.host.tm.calls < n;
    teardown(&f);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_arguments_can_be_read),
      cmocka_unit_test(test_answers_of_every_kind),
      cmocka_unit_test(test_failed_action_is_the_scripts_error),
      cmocka_unit_test(test_caught_failures_can_be_seen),
      cmocka_unit_test(test_an_event_ends_what_runs),
      cmocka_unit_test(test_steps_begin_anew_after_a_sleep),
      cmocka_unit_test(test_no_time_no_sleep),
      cmocka_unit_test(test_lines_one_by_one),
      cmocka_unit_test(test_too_large_an_answer),
      cmocka_unit_test(test_random_comes_from_the_host),
      cmocka_unit_test(test_without_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
