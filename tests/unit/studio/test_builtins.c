/* The examples of builtins.def: each is run, as it stands in the reference. */
#include "host.h"

static const struct {
  const char *name, *example, *result;
} examples[] = {
#define BUILTIN(id, name, min, max, params, use, example, result, doc)         \
  {name, example, result},
#include "studio/builtins.def"
#undef BUILTIN
};

/* What TRACE prints for the expression. */
static void trace(struct host *h, const char *expression) {
  struct diagnostics diags;
  struct program *program = NULL;
  struct vm *vm = NULL;
  struct textbuf source;
  textbuf_init(&source, &h->tm.mem);
  textbuf_addf(&source, "TRACE %s", expression);
  diagnostics_init(&diags, &h->tm.mem);
  const enum bt_err err = program_compile(
      &h->tm.mem, TEXT("example"), textbuf_text(&source), &diags, &program);
  diagnostics_print(&diags, TEXT("example"), &h->out);
  if (err == BT_ERR_OK) {
    assert_int_equal(vm_start(&h->tm.mem, program, &vm), BT_ERR_OK);
    if (host_run(h, &vm) == VM_ERROR) {
      host_print_failure(h, vm);
    }
  }
  vm_free(vm);
  program_free(program);
  diagnostics_free(&diags);
  textbuf_free(&source);
}

static void test_examples(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
    struct host h;
    if (examples[i].example[0] == '\0') {
      continue;
    }
    host_init(&h);
    h.env.now_us = INT64_C(1675953015000000); /* 2023-02-09 14:30:15 UTC */
    trace(&h, examples[i].example);
    const struct text found = text_trim(textbuf_text(&h.out));
    if (!text_equal(found, text_from(examples[i].result))) {
      print_error("%s: wanted %s, found %.*s\n", examples[i].example,
                  examples[i].result, TEXT_ARG(found));
      fail();
    }
    host_free(&h);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_examples),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
