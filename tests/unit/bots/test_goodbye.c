/* Which output is a goodbye, and what of it the session keeps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "bots/shared/goodbye.h"
#include "support.h"

static void rules_are_judged(void **state) {
  (void)state;
  static const struct {
    const char *rule, *data;
    enum goodbye found;
  } cases[] = {
      {"handover", "{\"handover\":true}", GOODBYE_ESCALATE},
      {"handover", "{\"handover\":{\"skill\":\"x\"}}", GOODBYE_ESCALATE},
      {"handover", "{\"handover\":false}", GOODBYE_NONE},
      {"handover", "{\"handover\":null}", GOODBYE_NONE},
      {"handover", "{\"handover\":\"\"}", GOODBYE_NONE},
      {"handover", "{\"handover\":0}", GOODBYE_NONE},
      {"handover", "{}", GOODBYE_NONE},
      {"handover", "null", GOODBYE_NONE},
      {"action=escalate", "{\"action\":\"escalate\"}", GOODBYE_ESCALATE},
      {"action=escalate", "{\"action\":\"escalated\"}", GOODBYE_NONE},
      {"action=X end", "{\"action\":\"X\"}", GOODBYE_END},
      {"a.b.c=42", "{\"a\":{\"b\":{\"c\":42}}}", GOODBYE_ESCALATE},
      {"a.b.c=42", "{\"a\":[1]}", GOODBYE_NONE},
      {"done=true end", "{\"done\":true}", GOODBYE_END}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct test_mem tm;
    struct arena arena;
    struct json *data = NULL;
    test_mem_init(&tm);
    arena_init(&arena, &tm.mem, 0);
    assert_int_equal(json_parse(&arena, text_from(cases[i].data),
                                JSON_DEPTH_DEFAULT, &data, NULL),
                     BT_ERR_OK);
    assert_int_equal(goodbye_judge(text_from(cases[i].rule), data),
                     cases[i].found);
    arena_free(&arena);
  }
}

static void check_kept(const char *data, const char *kept) {
  struct test_mem tm;
  struct arena arena;
  struct json *tree = NULL;
  struct textbuf text;
  struct json_out o;
  test_mem_init(&tm);
  arena_init(&arena, &tm.mem, 0);
  textbuf_init(&text, &tm.mem);
  json_out_init(&o, &text);
  assert_int_equal(
      json_parse(&arena, text_from(data), JSON_DEPTH_DEFAULT, &tree, NULL),
      BT_ERR_OK);
  goodbye_put_attributes(tree, &o);
  textbuf_add_char(&text, '\0');
  assert_string_equal(text.ptr, kept);
  textbuf_free(&text);
  arena_free(&arena);
}

static void members_become_attributes_each_once(void **state) {
  (void)state;
  check_kept("{\"action\":\"handover\",\"skill\":\"x\",\"_cognigy\":{\"a\":1}}",
             "{\"skill\":\"x\"}");
  check_kept("{\"handover\":true,\"n\":[1,{\"m\":9007199254740993}]}",
             "{\"handover\":true,\"n\":[1,{\"m\":9007199254740993}]}");
  check_kept("{\"handover\":{\"a\":1,\"b\":2},\"attributes\":{\"b\":3,\"c\":4},"
             "\"a\":5}",
             "{\"b\":2,\"c\":4,\"a\":5}");
  check_kept("null", "{}");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rules_are_judged),
      cmocka_unit_test(members_become_attributes_each_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
