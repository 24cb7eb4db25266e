/* Looking into a run that stands still. */
#include "host.h"

#include <string.h>

#include "studio/inspect.h"

static const char script[] = "n = 2\n"                     /* 1 */
                             "DYNAMIC o\n"                 /* 2 */
                             "o.name = \"Kim\"\n"          /* 3 */
                             "x = twice(n + 1)\n"          /* 4 */
                             "TRACE \"{x}\"\n"             /* 5 */
                             "y = Wait(1)\n"               /* 6 */
                             "FUNCTION twice(v) {\n"       /* 7 */
                             "  r = v * 2\n"               /* 8 */
                             "  RETURN r\n"                /* 9 */
                             "}\n"                         /* 10 */
                             "FUNCTION endless(v) {\n"     /* 11 */
                             "  RETURN endless2()\n"       /* 12 */
                             "}\n"                         /* 13 */
                             "FUNCTION endless2() {\n"     /* 14 */
                             "  FOR i = 1 TO 10000000 {\n" /* 15 */
                             "    n = i\n"                 /* 16 */
                             "  }\n"                       /* 17 */
                             "  RETURN 1\n"                /* 18 */
                             "}\n"                         /* 19 */
                             "FUNCTION change() {\n"       /* 20 */
                             "  n = n + 40\n"              /* 21 */
                             "  RETURN n\n"                /* 22 */
                             "}\n";

struct fixture {
  struct host host;
  struct diagnostics diags;
  struct program *program;
  struct vm *vm;
  struct inspect_result r;
};

static void setup(struct fixture *f) {
  *f = (struct fixture){0};
  host_init(&f->host);
  diagnostics_init(&f->diags, &f->host.tm.mem);
  assert_int_equal(program_compile(&f->host.tm.mem, TEXT("t"),
                                   text_from(script), &f->diags, &f->program),
                   BT_ERR_OK);
  assert_int_equal(vm_start(&f->host.tm.mem, f->program, &f->vm), BT_ERR_OK);
  inspect_result_init(&f->r, &f->host.tm.mem);
  f->host.env.trace = true;
}

static void teardown(struct fixture *f) {
  inspect_result_free(&f->r);
  vm_free(f->vm);
  program_free(f->program);
  diagnostics_free(&f->diags);
  host_free(&f->host);
}

static void run_to(struct fixture *f, uint32_t line) {
  while (vm_run(f->vm, &f->host.env) == VM_LINE) {
    if (vm_line(f->vm) == line) {
      return;
    }
  }
  fail_msg("line %u was not reached", line);
}

static void expect(struct fixture *f, size_t frame, const char *expression,
                   const char *json) {
  assert_int_equal(inspect_evaluate(f->vm, frame, text_from(expression), &f->r),
                   BT_ERR_OK);
  assert_int_equal(f->r.json.len, strlen(json));
  assert_memory_equal(f->r.json.ptr, json, f->r.json.len);
}

static void expect_error(struct fixture *f, const char *expression,
                         enum bt_err err, const char *says) {
  assert_int_equal(inspect_evaluate(f->vm, 0, text_from(expression), &f->r),
                   err);
  textbuf_add_char(&f->r.text, '\0');
  if (strstr(f->r.text.ptr, says) == NULL) {
    fail_msg("'%s' does not say '%s'", f->r.text.ptr, says);
  }
  assert_int_equal(f->r.json.len, 0);
}

static void frames_are_shown_from_the_innermost(void **state) {
  (void)state;
  struct fixture f;
  setup(&f);
  run_to(&f, 9);
  assert_int_equal(inspect_frame_count(f.vm), 2);
  const struct inspect_frame in = inspect_frame(f.vm, 0);
  const struct inspect_frame out = inspect_frame(f.vm, 1);
  assert_int_equal(in.part, INSPECT_FUNCTION);
  assert_true(text_equal(in.name, TEXT("twice")));
  assert_int_equal(in.line, 9);
  assert_int_equal(out.part, INSPECT_MAIN);
  assert_int_equal(out.line, 4);
  assert_int_equal(inspect_variable_count(f.vm, 0, INSPECT_LOCAL), 2);
  assert_int_equal(inspect_variable_count(f.vm, 1, INSPECT_LOCAL), 0);
  struct inspect_place at;
  assert_int_equal(inspect_find(f.vm, 0, TEXT("R"), &at), BT_ERR_OK);
  assert_int_equal(at.scope, INSPECT_LOCAL);
  struct textbuf b;
  textbuf_init(&b, &f.host.tm.mem);
  inspect_variable_json(f.vm, at, &b);
  assert_true(text_equal(textbuf_text(&b), TEXT("6")));
  textbuf_free(&b);
  assert_int_equal(inspect_find(f.vm, 1, TEXT("r"), &at), BT_ERR_NOT_FOUND);
  teardown(&f);
}

static void an_expression_sees_what_its_frame_sees(void **state) {
  (void)state;
  struct fixture f;
  setup(&f);
  run_to(&f, 9);
  expect(&f, 0, "r + v", "9");
  expect(&f, 0, "n", "2");
  expect(&f, 1, "n + 10", "12");
  expect(&f, 0, "o.name + \" has {v * 100}\"", "\"Kim has 300\"");
  expect(&f, 0, "twice(twice(5))", "20");
  expect(&f, 0, "upper(o.name)", "\"KIM\"");
  expect(&f, 0, "o", "{\"name\":\"Kim\"}");
  expect(&f, 0, "v = 3 AND NOT r > 6", "true");
  assert_true(f.r.truth);
  assert_int_equal(f.r.kind, VM_KIND_BOOL);
  teardown(&f);
}

static void looking_changes_nothing(void **state) {
  (void)state;
  struct fixture f;
  setup(&f);
  run_to(&f, 9);
  expect(&f, 0, "change()", "42");
  expect(&f, 0, "n", "2");
  run_to(&f, 5);
  expect(&f, 0, "x", "6");
  assert_int_equal(vm_run(f.vm, &f.host.env), VM_ACTION);
  vm_resume_null(f.vm);
  run_to(&f, 6);
  assert_int_equal(vm_run(f.vm, &f.host.env), VM_ACTION);
  expect(&f, 0, "x * 7", "42"); /* asleep in its action */
  vm_resume_number(f.vm, 5);
  assert_int_equal(vm_run(f.vm, &f.host.env), VM_DONE);
  assert_int_equal(inspect_frame_count(f.vm), 0);
  expect(&f, 0, "y + 1", "6");
  teardown(&f);
}

static void what_cannot_be_computed_says_why(void **state) {
  (void)state;
  struct fixture f;
  setup(&f);
  run_to(&f, 9);
  expect_error(&f, "1 +", BT_ERR_SYNTAX, "column 4: expected");
  expect_error(&f, "", BT_ERR_SYNTAX, "expected");
  expect_error(&f, "1 2", BT_ERR_SYNTAX, "the end of the expression");
  expect_error(&f, "vv", BT_ERR_SYNTAX, "no variable is called 'vv' here");
  expect_error(&f, "nmae", BT_ERR_SYNTAX, "no variable is called");
  expect_error(&f, "trice(1)", BT_ERR_SYNTAX, "no function or action 'trice'");
  expect_error(&f, "n / 0", BT_ERR_STATE, "zero");
  expect_error(&f, "GetSessionInfo()", BT_ERR_UNSUPPORTED, "asks the session");
  expect_error(&f, "endless(1)", BT_ERR_STATE, "more than 100000 statements");
  teardown(&f);
}

static bool set(struct fixture *f, const char *name, const char *expression) {
  const struct inspect_change change = {.name = text_from(name),
                                        .expression = text_from(expression)};
  return inspect_set(f->vm, &change, &f->r) == BT_ERR_OK;
}

static void a_variable_may_be_set_and_the_run_goes_on_with_it(void **state) {
  (void)state;
  struct fixture f;
  setup(&f);
  run_to(&f, 9);
  assert_true(set(&f, "r", "v + 97"));
  assert_true(set(&f, "o", "\"a|b\""));
  assert_false(set(&f, "nobody", "1"));
  assert_false(set(&f, "r", "nobody"));
  run_to(&f, 5);
  expect(&f, 0, "x", "100");
  expect(&f, 0, "o[2]", "\"b\"");
  teardown(&f);
}

static void every_allocation_may_fail(void **state) {
  (void)state;
  struct fixture f;
  setup(&f);
  run_to(&f, 9);
  enum bt_err err = BT_ERR_NOMEM;
  for (size_t n = 1; err == BT_ERR_NOMEM && n < 1000; n++) {
    f.host.tm.fail_at = f.host.tm.calls + n;
    err = inspect_evaluate(f.vm, 0, TEXT("twice(v) + \" {o.name}\""), &f.r);
    f.host.tm.fail_at = 0;
  }
  assert_int_equal(err, BT_ERR_OK);
  teardown(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(frames_are_shown_from_the_innermost),
      cmocka_unit_test(an_expression_sees_what_its_frame_sees),
      cmocka_unit_test(looking_changes_nothing),
      cmocka_unit_test(what_cannot_be_computed_says_why),
      cmocka_unit_test(a_variable_may_be_set_and_the_run_goes_on_with_it),
      cmocka_unit_test(every_allocation_may_fail),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
