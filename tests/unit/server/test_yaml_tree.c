#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "server/yaml_tree.h"
#include "support.h"

struct parsed {
  struct test_mem tm;
  struct arena arena;
  struct findings findings;
  struct yaml_tree tree;
  enum bt_err err;
};

static void parse(struct parsed *p, const char *yaml) {
  test_mem_init(&p->tm);
  arena_init(&p->arena, &p->tm.mem, 0);
  findings_init(&p->findings, &p->tm.mem);
  p->err = yaml_tree_parse(&p->arena, TEXT("c.yaml"), text_from(yaml),
                           &p->findings, &p->tree);
}

static void done(struct parsed *p) {
  findings_free(&p->findings);
  arena_free(&p->arena);
  assert_int_equal(p->tm.live_bytes, 0);
}

static void assert_json(const char *yaml, const char *json) {
  struct parsed p;
  parse(&p, yaml);
  assert_int_equal(p.err, BT_ERR_OK);
  struct textbuf b;
  struct json_out o;
  textbuf_init(&b, &p.tm.mem);
  json_out_init(&o, &b);
  json_put_tree(&o, p.tree.root);
  textbuf_add_char(&b, '\0');
  assert_string_equal(b.ptr, json);
  textbuf_free(&b);
  done(&p);
}

static void plain_scalars_are_what_json_would_make_of_them(void **state) {
  (void)state;
  assert_json("a: 1\nb: -2.5\nc: true\nd: null\ne: ~\nf:\ng: text\n",
              "{\"a\":1,\"b\":-2.5,\"c\":true,\"d\":null,\"e\":null,"
              "\"f\":null,\"g\":\"text\"}");
  assert_json("a: \"1\"\nb: 'true'\nc: 'null'\nd: ''\n",
              "{\"a\":\"1\",\"b\":\"true\",\"c\":\"null\",\"d\":\"\"}");
}

/* The Norway problem, octal and sexagesimal numbers: YAML 1.1 made surprises of
 * what people write in a configuration. */
static void no_surprises_of_yaml_1_1(void **state) {
  (void)state;
  assert_json("[no, yes, on, off, NO, 010, 0x10, 12:30:45, 1_000, .5, 1., +1]",
              "[\"no\",\"yes\",\"on\",\"off\",\"NO\",\"010\",\"0x10\","
              "\"12:30:45\",\"1_000\",\".5\",\"1.\",\"+1\"]");
  assert_json("listen: 127.0.0.1:8080\n", "{\"listen\":\"127.0.0.1:8080\"}");
}

static void blocks_and_flows_nest(void **state) {
  (void)state;
  assert_json("a:\n- b: [1, {c: d}]\n  e: f\n- |\n  two\n  lines\n",
              "{\"a\":[{\"b\":[1,{\"c\":\"d\"}],\"e\":\"f\"},"
              "\"two\\nlines\\n\"]}");
}

static void every_value_knows_its_place(void **state) {
  (void)state;
  struct parsed p;
  parse(&p, "centre: x\nqueues:\n  - id: a\n    maxWait: 7\n  - {id: b}\n");
  assert_int_equal(p.err, BT_ERR_OK);
  const struct json *queues = json_member(p.tree.root, TEXT("queues"));
  const struct json *wait = yaml_tree_follow(queues, TEXT("/0/maxWait"));
  assert_int_equal(yaml_tree_place(&p.tree, wait).line, 4);
  assert_int_equal(yaml_tree_place(&p.tree, wait).column, 5);
  assert_int_equal(yaml_tree_value_place(&p.tree, wait).column, 14);
  const struct json *b = yaml_tree_follow(queues, TEXT("/1"));
  assert_int_equal(yaml_tree_place(&p.tree, b).line, 5);
  assert_int_equal(yaml_tree_place(&p.tree, b).column, 5);
  /* A pointer that goes on where nothing is ends at the last that is there. */
  assert_ptr_equal(yaml_tree_follow(queues, TEXT("/1/nothing/0")), b);
  assert_ptr_equal(yaml_tree_follow(queues, TEXT("/7")), queues);
  done(&p);
}

static void pointers_may_be_escaped(void **state) {
  (void)state;
  struct parsed p;
  parse(&p, "a/b: {c~d: 1}\n");
  const struct json *found = yaml_tree_follow(p.tree.root, TEXT("/a~1b/c~0d"));
  assert_int_equal(found->i, 1);
  done(&p);
}

static const struct {
  const char *yaml;
  uint32_t line, column;
  const char *says; /* part of it */
} refused[] = {
    {"", 1, 1, "empty"},
    {"# nothing\n", 1, 1, "empty"},
    {"a: b: c\n", 1, 5, "colon"},
    {"a: \"b\n\n", 3, 1, "quote that was opened is never closed"},
    {"a: 1\n\tb: 2\n", 2, 1, "tab"},
    {"a: [1, 2\nb: 3\n", 2, 2, "comma"},
    {"a:\n  - b\n c: d\n", 3, 2, "column"},
    {"a: 1\nb 2\n", 3, 1, "colon"},
    {"a: @b\n", 1, 4, "quotes"},
    {"a: *b\n", 1, 4, "aliases"},
    {"a: 1\n---\nb: 2\n", 2, 1, "second document"},
    {"? [a]\n: b\n", 1, 3, "word"},
    {"a: \xff\n", 1, 4, "UTF-8"},
    {"a: b\x01\n", 1, 5, "control"},
};

static void what_is_not_understood_is_named_with_its_place(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
    struct parsed p;
    parse(&p, refused[i].yaml);
    assert_int_equal(p.err, BT_ERR_SYNTAX);
    assert_int_equal(p.findings.count, 1);
    const struct finding *f = &p.findings.items[0];
    if (f->place.line != refused[i].line ||
        f->place.column != refused[i].column ||
        text_find(f->message, text_from(refused[i].says), 0) ==
            f->message.len) {
      fail_msg("%s: %u:%u: %.*s", refused[i].yaml, f->place.line,
               f->place.column, TEXT_ARG(f->message));
    }
    done(&p);
  }
}

static void all_tabs_are_listed_at_once(void **state) {
  (void)state;
  struct parsed p;
  parse(&p, "a:\n\tb: 1\n  c: 2\n\td: 3\n  \te: 4\n");
  assert_int_equal(p.findings.count, 3);
  assert_int_equal(p.findings.items[1].place.line, 4);
  assert_int_equal(p.findings.items[2].place.column, 3);
  done(&p);
}

/* The first of two is used, so that the rest of the file can be judged. */
static void a_name_that_stands_twice_is_an_error_and_no_end(void **state) {
  (void)state;
  struct parsed p;
  parse(&p, "a: 1\nb: 2\na: 3\nc: &x 4\n");
  assert_int_equal(p.err, BT_ERR_OK);
  assert_int_equal(p.findings.errors, 2);
  assert_int_equal(p.findings.items[0].place.line, 3);
  assert_int_equal(p.findings.items[1].place.line, 4);
  assert_int_equal(json_member(p.tree.root, TEXT("a"))->i, 1);
  done(&p);
}

static void nesting_has_an_end(void **state) {
  (void)state;
  char yaml[3 * YAML_DEPTH_MAX] = "a: ";
  for (size_t i = 0; i < YAML_DEPTH_MAX + 1; i++) {
    yaml[3 + i] = '[';
  }
  struct parsed p;
  parse(&p, yaml);
  assert_int_equal(p.err, BT_ERR_SYNTAX);
  assert_int_equal(p.findings.items[0].place.column, 3 + YAML_DEPTH_MAX);
  done(&p);
}

static void memory_may_run_out_at_any_moment(void **state) {
  (void)state;
  enum bt_err err = BT_ERR_NOMEM;
  for (uint64_t nth = 1; err == BT_ERR_NOMEM; nth++) {
    struct parsed p = {0};
    test_mem_init(&p.tm);
    p.tm.fail_at = nth;
    arena_init(&p.arena, &p.tm.mem, 0);
    findings_init(&p.findings, &p.tm.mem);
    err = yaml_tree_parse(&p.arena, TEXT("c.yaml"),
                          TEXT("a: [1, x, {b: 2.5}]\n"), &p.findings, &p.tree);
    done(&p);
    assert_true(nth < 100);
  }
  assert_int_equal(err, BT_ERR_OK);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(plain_scalars_are_what_json_would_make_of_them),
      cmocka_unit_test(no_surprises_of_yaml_1_1),
      cmocka_unit_test(blocks_and_flows_nest),
      cmocka_unit_test(every_value_knows_its_place),
      cmocka_unit_test(pointers_may_be_escaped),
      cmocka_unit_test(what_is_not_understood_is_named_with_its_place),
      cmocka_unit_test(all_tabs_are_listed_at_once),
      cmocka_unit_test(a_name_that_stands_twice_is_an_error_and_no_end),
      cmocka_unit_test(nesting_has_an_end),
      cmocka_unit_test(memory_may_run_out_at_any_moment),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
