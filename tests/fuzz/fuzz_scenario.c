/* fuzz_scenario.c - any bytes as the scenario that somebody sends with a script
 * to be played.
 *
 * What is wrong is said at a place that is there. What is taken has cases, each
 * with its script compiled, and is the same when its tree is written again. It
 * is not played: that takes a centre.
 */
#include <stdint.h>

#include "scenario/scenario.h"
#include "support.h"
#include "yaml_again.h"

enum { SOURCE_MAX = 4096 };

static enum bt_err read(const struct mem *mem, struct text source,
                        struct scenario_file *out) {
  static const struct scenario_script other = {
      .name = {"other", 5}, .path = {"other", 5}, .source = {"x = 1\n", 6}};
  static const char script[] = "TRACE 1\n"
                               "Transfer(\"Mortgages\")\n"
                               "Run(\"other\")\n"
                               "p = GetRESTProxy()\n"
                               "p.MakeRestRequest(\"https://a.b/c\")\n"
                               "ON Signal { TRACE 2 }\n";
  const struct scenario_given given = {
      .scenario = source,
      .script = {.name = {"main", 4},
                 .path = {"main", 4},
                 .source = {script, sizeof script - 1}},
      .others = &other,
      .other_count = 1};
  struct findings findings;
  findings_init(&findings, mem);
  const enum bt_err err = scenario_from_text(&given, &findings, out);
  bt_check(err == BT_ERR_OK || err == BT_ERR_SYNTAX);
  bt_check((err == BT_ERR_OK) == (findings.errors == 0));
  yaml_check_findings(&findings, "scenario", source);
  findings_free(&findings);
  return err;
}

static void check_same(const struct scenario_file *a,
                       const struct scenario_file *b) {
  bt_check(a->count == b->count && a->count > 0);
  for (size_t i = 0; i < a->count; i++) {
    bt_check(a->cases[i].program != NULL && !a->cases[i].in_centre);
    bt_check(text_equal(a->cases[i].title, b->cases[i].title));
    yaml_check_same(a->cases[i].root, b->cases[i].root);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const struct text source = {(const char *)data, size};
  struct scenario_file file, other;
  struct test_mem tm;
  struct textbuf again;
  if (size == 0 || size > SOURCE_MAX) {
    return 0;
  }
  test_mem_init(&tm);
  textbuf_init(&again, &tm.mem);
  const bool tree = yaml_check_tree(&tm.mem, source, &again);
  if (tree && read(&tm.mem, source, &file) == BT_ERR_OK) {
    bt_check(read(&tm.mem, textbuf_text(&again), &other) == BT_ERR_OK);
    check_same(&file, &other);
    scenario_free(&other);
    scenario_free(&file);
  }
  textbuf_free(&again);
  bt_check(tm.live_bytes == 0);
  return 0;
}
