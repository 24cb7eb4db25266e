/* What a trace tells of each executed line. */
#include "host.h"

#include <string.h>

#include "studio/trace.h"

struct fixture {
  struct host host;
  struct diagnostics diags;
  struct program *program;
  struct vm *vm;
  struct trace *trace;
  struct textbuf told;
  int64_t now_us;
};

/* "2+ in f +5: [..] {..}": the line, whether it is a rest, where, how long. */
static void on_line(void *ctx, const struct trace_line *l) {
  struct fixture *f = ctx;
  textbuf_addf(&f->told, "%u%s", l->line, l->back ? "+" : "");
  if (l->section.len > 0) {
    textbuf_addf(&f->told, " in %.*s", TEXT_ARG(l->section));
  }
  if (l->depth > 0) {
    textbuf_addf(&f->told, " at %zu", l->depth);
  }
  if (l->elapsed_us > 0) {
    textbuf_addf(&f->told, " took %lld", (long long)l->elapsed_us);
  }
  if (l->actions.len > 2) {
    textbuf_addf(&f->told, " %.*s", TEXT_ARG(l->actions));
  }
  if (l->changed.len > 2) {
    textbuf_addf(&f->told, " %.*s", TEXT_ARG(l->changed));
  }
  if (l->error.len > 0) {
    textbuf_addf(&f->told, " error: %.*s", TEXT_ARG(l->error));
  }
  textbuf_add_char(&f->told, '\n');
}

static void setup(struct fixture *f, const char *script, size_t value_max) {
  *f = (struct fixture){.now_us = 1000};
  host_init(&f->host);
  textbuf_init(&f->told, &f->host.tm.mem);
  diagnostics_init(&f->diags, &f->host.tm.mem);
  assert_int_equal(program_compile(&f->host.tm.mem, TEXT("t"),
                                   text_from(script), &f->diags, &f->program),
                   BT_ERR_OK);
  assert_int_equal(vm_start(&f->host.tm.mem, f->program, &f->vm), BT_ERR_OK);
  const struct trace_options options = {
      .value_max = value_max, .ctx = f, .fn = on_line};
  f->trace = trace_create(&f->host.tm.mem, &options);
  assert_non_null(f->trace);
  trace_begin(f->trace, f->vm, f->now_us);
  f->host.env.trace = true;
}

static void teardown(struct fixture *f) {
  trace_free(f->trace);
  vm_free(f->vm);
  program_free(f->program);
  diagnostics_free(&f->diags);
  textbuf_free(&f->told);
  host_free(&f->host);
}

/* To the next sleep or the end. */
static enum vm_status run(struct fixture *f) {
  for (;;) {
    trace_go_on(f->trace, f->vm);
    const enum vm_status status = vm_run(f->vm, &f->host.env);
    if (status == VM_LINE) {
      trace_line(f->trace, f->vm, f->now_us);
    } else if (status == VM_ACTION) {
      trace_action(f->trace, f->vm);
      if (vm_action(f->vm).id != ACTION_TRACE) {
        return status;
      }
      vm_resume_null(f->vm);
    } else {
      trace_end(f->trace, f->vm, f->now_us);
      return status;
    }
  }
}

static void expect(struct fixture *f, const char *told) {
  textbuf_add_char(&f->told, '\0');
  assert_string_equal(f->told.ptr, told);
  textbuf_clear(&f->told);
}

static void each_line_tells_what_it_did(void **state) {
  (void)state;
  struct fixture f;
  setup(&f, "x = 1\n\nx = x + 1\nTRACE \"{x}\"\nDYNAMIC o\no.a = \"b\"\n",
        1000);
  assert_int_equal(run(&f), VM_DONE);
  expect(&f, "1 {\"x\":{\"old\":null,\"new\":1}}\n"
             "3 {\"x\":{\"old\":1,\"new\":2}}\n"
             "4 [{\"action\":\"Trace\",\"arguments\":[\"2\"],"
             "\"result\":null}]\n"
             "5 {\"o\":{\"old\":null,\"new\":{}}}\n"
             "6 {\"o\":{\"old\":{},\"new\":{\"a\":\"b\"}}}\n");
  teardown(&f);
}

static void a_call_is_told_before_and_after_its_function(void **state) {
  (void)state;
  struct fixture f;
  setup(&f,
        "x = f(2)\n"
        "y = 1\n"
        "FUNCTION f(p) {\n"
        "  q = p * 2\n"
        "  RETURN q\n"
        "}\n",
        1000);
  assert_int_equal(run(&f), VM_DONE);
  expect(&f, "1 {\"p\":{\"old\":null,\"new\":2}}\n"
             "4 in f at 1 {\"q\":{\"old\":null,\"new\":4}}\n"
             "5 in f at 1\n"
             "1+ {\"x\":{\"old\":null,\"new\":4}}\n"
             "2 {\"y\":{\"old\":null,\"new\":1}}\n");
  teardown(&f);
}

static void a_line_that_sleeps_is_told_when_it_is_over(void **state) {
  (void)state;
  struct fixture f;
  struct textbuf image;
  setup(&f, "x = 5\nr = Wait(3)\nx = 6\n", 1000);
  assert_int_equal(run(&f), VM_ACTION);
  expect(&f, "1 {\"x\":{\"old\":null,\"new\":5}}\n");
  /* Through its image, with a new trace, as a server does it. */
  textbuf_init(&image, &f.host.tm.mem);
  assert_int_equal(image_save(f.vm, &image), BT_ERR_OK);
  vm_free(f.vm);
  assert_int_equal(
      image_load(&f.host.tm.mem, f.program, textbuf_text(&image), &f.vm),
      BT_ERR_OK);
  textbuf_free(&image);
  trace_begin(f.trace, f.vm, f.now_us);
  f.now_us += 3000000;
  vm_resume_bool(f.vm, true);
  assert_int_equal(run(&f), VM_DONE);
  expect(&f, "2 took 3000000 [{\"action\":\"Wait\",\"arguments\":[3],"
             "\"result\":true}] {\"r\":{\"old\":null,\"new\":true}}\n"
             "3 {\"x\":{\"old\":5,\"new\":6}}\n");
  teardown(&f);
}

static void an_error_is_told_with_its_line(void **state) {
  (void)state;
  struct fixture f;
  setup(&f, "x = 1\nx = x / 0\n", 1000);
  assert_int_equal(run(&f), VM_ERROR);
  expect(&f, "1 {\"x\":{\"old\":null,\"new\":1}}\n"
             "2 error: division by zero\n");
  teardown(&f);
  setup(&f, "x = Wait(1)\nx = 2\nON Error {\nTRACE _ERR\n}\n", 1000);
  assert_int_equal(run(&f), VM_ACTION);
  vm_resume_error(f.vm, TEXT("no"));
  assert_int_equal(run(&f), VM_DONE);
  expect(&f, "1 [{\"action\":\"Wait\",\"arguments\":[1],\"error\":\"no\"}] "
             "{\"_ERR\":{\"old\":null,\"new\":\"no\"},"
             "\"_ERRLINE\":{\"old\":null,\"new\":1}} error: no\n"
             "4 in Error [{\"action\":\"Trace\",\"arguments\":[\"no\"],"
             "\"result\":null}]\n");
  teardown(&f);
}

static void a_long_value_is_cut(void **state) {
  (void)state;
  struct fixture f;
  setup(&f, "x = \"abcdefghij\".padright(300, \"\xc3\xa4\")\n", 100);
  assert_int_equal(run(&f), VM_DONE);
  assert_non_null(memmem(f.told.ptr, f.told.len, " bytes)\"", 8));
  assert_int_equal(utf8_first_bad(textbuf_text(&f.told)), f.told.len);
  assert_true(f.told.len < 300);
  teardown(&f);
}

static void without_memory_it_tells_less_and_says_so(void **state) {
  (void)state;
  bool failed = true;
  for (uint64_t n = 1; failed && n < 500; n++) {
    struct fixture f;
    setup(&f, "x = f(2)\ny = \"a text\"\nFUNCTION f(p) {\n  RETURN p * 2\n}\n",
          1000);
    f.host.tm.fail_at = f.host.tm.calls + n;
    enum vm_status status = VM_LINE;
    while (status == VM_LINE || status == VM_ACTION) {
      status = run(&f);
    }
    failed = f.host.tm.calls >= f.host.tm.fail_at;
    f.host.tm.fail_at = 0;
    teardown(&f);
  }
  assert_false(failed);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_line_tells_what_it_did),
      cmocka_unit_test(a_call_is_told_before_and_after_its_function),
      cmocka_unit_test(a_line_that_sleeps_is_told_when_it_is_over),
      cmocka_unit_test(an_error_is_told_with_its_line),
      cmocka_unit_test(a_long_value_is_cut),
      cmocka_unit_test(without_memory_it_tells_less_and_says_so),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
