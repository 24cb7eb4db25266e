/* What editors ask about names, also while a line is being typed. */
#include "host.h"
#include "studio/symbols.h"

struct fixture {
  struct test_mem tm;
  struct symbols *symbols;
};

static void setup(struct fixture *f, struct text source) {
  test_mem_init(&f->tm);
  f->symbols = NULL;
  assert_int_equal(symbols_read(&f->tm.mem, source, &f->symbols), BT_ERR_OK);
}

static void teardown(struct fixture *f) {
  symbols_free(f->symbols);
  assert_int_equal(f->tm.live_bytes, 0);
}

static const char script[] = "total = 1\n"
                             "FUNCTION add(n)\n"
                             "  sum = n + total\n"
                             "  RETURN sum\n"
                             "END FUNCTION\n"
                             "sum = add(2).left(1)\n"
                             "ON signal { sum$ = event.p1 }\n";
static const struct text source = {script, sizeof script - 1};

static const struct symbol_use *at(const struct fixture *f, uint32_t line,
                                   uint32_t column) {
  const struct symbol_use *use = symbols_find(f->symbols, line, column);
  assert_non_null(use);
  return use;
}

static void test_uses(void **state) {
  (void)state;
  struct fixture f;
  setup(&f, source);
  const struct symbol_use *inner = at(&f, 3, 3), *outer = at(&f, 6, 1);
  assert_int_equal(inner->kind, SYMBOL_VARIABLE);
  assert_true(inner->sets && outer->sets);
  assert_false(symbols_is_same(inner, outer));
  assert_true(symbols_is_same(inner, at(&f, 4, 12)));
  assert_int_equal(at(&f, 3, 9)->kind, SYMBOL_PARAMETER);
  assert_int_equal(at(&f, 6, 8)->kind, SYMBOL_FUNCTION);
  assert_int_equal(at(&f, 6, 15)->kind, SYMBOL_BUILTIN);
  assert_true(at(&f, 6, 15)->is_method);
  assert_int_equal(at(&f, 7, 5)->kind, SYMBOL_SECTION);
  assert_int_equal(at(&f, 7, 27)->kind, SYMBOL_MEMBER);
  assert_null(symbols_find(f.symbols, 5, 3));
  assert_int_equal(symbols_definition(f.symbols, at(&f, 6, 8))->at.line, 2);
  assert_int_equal(symbols_definition(f.symbols, at(&f, 3, 14))->at.line, 1);
  assert_null(symbols_definition(f.symbols, at(&f, 6, 15)));
  teardown(&f);
}

static void test_outline(void **state) {
  (void)state;
  struct fixture f;
  setup(&f, source);
  assert_int_equal(symbols_outline_count(f.symbols), 5);
  const struct symbol_outline *add = symbols_outline(f.symbols, 0);
  assert_true(text_equal(add->name, TEXT("add")));
  assert_true(text_equal(add->detail, TEXT("(n)")));
  assert_int_equal(add->last_line, 5);
  const struct symbol_outline *section = symbols_outline(f.symbols, 1);
  assert_true(text_equal(section->name, TEXT("Signal")));
  assert_int_equal(section->last_line, 7);
  teardown(&f);
}

static void test_renaming(void **state) {
  (void)state;
  struct fixture f;
  setup(&f, source);
  const struct symbol_use *sum = at(&f, 6, 1), *text = at(&f, 7, 13);
  assert_null(symbols_rename_refusal(f.symbols, sum, TEXT("result")));
  assert_null(symbols_rename_refusal(f.symbols, sum, TEXT("SUM")));
  static const char *const bad[] = {"",      "1a",   "a b",   "a-b",     "IF",
                                    "total", "add",  "n",     "x$",      "_ERR",
                                    "event", "a//b", "\"a\"", "global:a"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    assert_non_null(symbols_rename_refusal(f.symbols, sum, text_from(bad[i])));
  }
  assert_null(symbols_rename_refusal(f.symbols, text, TEXT("t$")));
  assert_non_null(symbols_rename_refusal(f.symbols, text, TEXT("t")));
  assert_non_null(symbols_rename_refusal(f.symbols, at(&f, 7, 20), TEXT("e")));
  assert_non_null(symbols_rename_refusal(f.symbols, at(&f, 6, 15), TEXT("l")));
  teardown(&f);
  setup(&f, TEXT("a = 1\nIF a\n"));
  assert_true(symbols_is_broken(f.symbols));
  assert_non_null(symbols_rename_refusal(f.symbols, at(&f, 1, 1), TEXT("b")));
  teardown(&f);
}

/* ---- a script that is being typed: every beginning of it */

static void count(void *ctx, const struct completion *item) {
  size_t *n = ctx;
  assert_true(item->label.len > 0);
  *n += 1;
}

static size_t ask(struct symbols *s, struct text typed) {
  uint32_t line = 1, column = 1;
  size_t n = 0;
  struct symbol_call call;
  struct completion item;
  for (size_t i = 0; i < typed.len; i++) {
    column = typed.ptr[i] == '\n' ? 1 : column + 1;
    line += typed.ptr[i] == '\n';
  }
  symbols_complete(s, line, column, count, &n);
  if (symbols_call_at(s, line, column, &call)) {
    (void)symbols_describe(s, call.name, call.is_method, &item);
  }
  return n;
}

static void test_while_typing(void **state) {
  (void)state;
  size_t offered = 0;
  for (size_t n = 0; n <= source.len; n++) {
    struct fixture f;
    setup(&f, text_sub(source, 0, n));
    offered += ask(f.symbols, text_sub(source, 0, n)) > 0;
    teardown(&f);
  }
  assert_true(offered > source.len / 2);
}

static void test_no_memory(void **state) {
  (void)state;
  enum bt_err err = BT_ERR_NOMEM;
  for (uint64_t n = 1; err == BT_ERR_NOMEM; n++) {
    struct test_mem tm;
    struct symbols *s = NULL;
    test_mem_init(&tm);
    tm.fail_at = n;
    err = symbols_read(&tm.mem, source, &s);
    assert_true(err == BT_ERR_OK || (err == BT_ERR_NOMEM && s == NULL));
    symbols_free(s);
    assert_int_equal(tm.live_bytes, 0);
    assert_true(n < 1000);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_uses),      cmocka_unit_test(test_outline),
      cmocka_unit_test(test_renaming),  cmocka_unit_test(test_while_typing),
      cmocka_unit_test(test_no_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
