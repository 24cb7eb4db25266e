/* A script as a graph: what leads where. */
#include "host.h"
#include "studio/graph.h"

/* "0start>1 1choice:yes>2 …": the edges with their ends, in order. */
static void draw(const char *source, char *out, size_t size) {
  struct test_mem tm;
  struct diagnostics diags;
  struct program *program = NULL;
  struct graph g;
  static const char *const kinds[] = {
#define X(name, wire) wire,
      GRAPH_EDGE_LIST(X)
#undef X
  };
  test_mem_init(&tm);
  diagnostics_init(&diags, &tm.mem);
  assert_int_equal(
      program_compile(&tm.mem, TEXT("t"), text_from(source), &diags, &program),
      BT_ERR_OK);
  assert_int_equal(graph_draw(&tm.mem, program, &g), BT_ERR_OK);
  size_t at = 0;
  out[0] = '\0';
  for (size_t i = 0; i < g.edge_count; i++) {
    const struct graph_edge *e = &g.edges[i];
    at += (size_t)snprintf(out + at, size - at, "%s%u-%s-%u", i == 0 ? "" : " ",
                           g.nodes[e->from].line, kinds[e->kind],
                           g.nodes[e->to].line);
  }
  graph_free(&g);
  program_free(program);
  diagnostics_free(&diags);
  assert_int_equal(tm.live_bytes, 0);
}

static void expect(const char *source, const char *edges) {
  char found[1024];
  draw(source, found, sizeof found);
  assert_string_equal(found, edges);
}

static void test_plain_lines_share_a_node(void **state) {
  (void)state;
  expect("a = 1\nb = 2\nLog(a)\nc = 3\n",
         "0-next-1 1-next-3 3-next-4 4-next-0");
}

static void test_choices(void **state) {
  (void)state;
  expect(
      "IF 1 = 1\n a = 1\nELSE IF 2 = 2\n a = 2\nELSE\n a = 3\nEND IF\nLog(a)",
      "0-next-1 1-yes-2 1-no-3 3-yes-4 3-no-6 2-next-8 4-next-8 6-next-8 "
      "8-next-0");
  expect("IF 1 = 1\n EXIT\nEND IF\nLog(1)", "0-next-1 1-yes-2 1-no-4 4-next-0");
  expect("SWITCH 2 {\nCASE 1\nCASE 2 { Log(1) }\nDEFAULT { EXIT }\n}",
         "0-next-1 1-case-3 1-case-4 3-next-0");
}

static void test_loops(void **state) {
  (void)state;
  expect("FOR i = 1 TO 3\n IF i = 2 { BREAK }\n Log(i)\nNEXT\nLog(4)",
         "0-next-1 1-round-2 2-yes-2 2-no-3 3-again-1 1-done-5 2-next-5 "
         "5-next-0");
  expect("REPEAT 2 { CONTINUE }", "0-next-1 1-round-1 1-again-1 1-done-0");
}

static void test_parts_begin_for_themselves(void **state) {
  (void)state;
  expect("Log(f(1))\nFUNCTION f(x)\n RETURN x\nEND FUNCTION\n"
         "ON Signal { Log(1) }",
         "0-next-1 1-next-0 2-next-3 5-next-5 5-next-0");
  expect("", "");
}

static void test_without_memory(void **state) {
  (void)state;
  struct test_mem tm;
  struct diagnostics diags;
  struct program *program = NULL;
  struct graph g;
  test_mem_init(&tm);
  diagnostics_init(&diags, &tm.mem);
  assert_int_equal(program_compile(&tm.mem, TEXT("t"), TEXT("Log(1)\nLog(2)"),
                                   &diags, &program),
                   BT_ERR_OK);
  enum bt_err err = BT_ERR_NOMEM;
  for (size_t n = 1; err != BT_ERR_OK; n++) {
    tm.fail_at = tm.calls + n;
    err = graph_draw(&tm.mem, program, &g);
    assert_true(err == BT_ERR_OK || err == BT_ERR_NOMEM);
  }
  graph_free(&g);
  program_free(program);
  diagnostics_free(&diags);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_plain_lines_share_a_node),
      cmocka_unit_test(test_choices),
      cmocka_unit_test(test_loops),
      cmocka_unit_test(test_parts_begin_for_themselves),
      cmocka_unit_test(test_without_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
