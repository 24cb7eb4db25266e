/* rich_script.h - a script with every instruction, for what is done to
 * programs and images by force. */
#ifndef BATON_TESTS_RICH_SCRIPT_H
#define BATON_TESTS_RICH_SCRIPT_H

#include "base/check.h"
#include "studio/vm.h"
#include "support.h"

static const char rich_script[] =
    "FUNCTION f(a, b) {\n"
    "  IF a > 3 { RETURN a + b }\n"
    "  g = a * 2 - b / 3 + a % 2\n"
    "  count = outer + 1\n"
    "  FOR i = 1 TO 2 { g = g + f(a + 2, b + i) }\n"
    "  RETURN \"r:\" + g + Ask(\"more \" + a, 5)\n"
    "}\n"
    "outer = 1\n"
    "DYNAMIC o\n"
    "o.list[1] = 5\n"
    "o.a.b = \"x|y|z\"\n"
    "o.list[2].c = o\n"
    "FOREACH x IN o.a.b {\n"
    "  SWITCH x {\n"
    "    CASE \"x\" \n"
    "    CASE \"y\" { outer = outer + f(1, 2) }\n"
    "    DEFAULT { v = o.a.b\n v[2] = \"q\"\n TRACE v[1] }\n"
    "  }\n"
    "}\n"
    "FOREACH y IN o.list { TRACE \"{y} and {outer}\" }\n"
    "REPEAT 3 { t$ = 5 ^ 2 \\ 3\n CONTINUE }\n"
    "SELECT { CASE outer = 1 OR NOT t$ { e = -outer ~ 2 }\n"
    "  CASE e != 3 AND e <= 7 { e = e >= 2 } DEFAULT { BREAKS = 1 } }\n"
    "n = o.a.b.size + t$.length + \"abc\".upper().left(2)\n"
    "s = \"a\" + n + \"b\" + e\n"
    "z = 7 % n - 2 - n\n"
    "p = GetRESTProxy()\n"
    "q = p.MakeRestRequest(\"/x\", o.asjson(), 0, \"POST\")\n"
    "TRACE q.items[1] + p.StatusCode + s\n"
    "ON Signal { u = event.p1 + outer\n Wait(1)\n TRACE u }\n"
    "ON Error { TRACE _ERR }\n";

/* Compiled once, for all inputs. */
static const struct program *rich_program(void) {
  static struct test_mem keep;
  static struct program *program;
  if (program == NULL) {
    struct diagnostics diags;
    test_mem_init(&keep);
    diagnostics_init(&diags, &keep.mem);
    bt_check(program_compile(&keep.mem, TEXT("rich"), text_from(rich_script),
                             &diags, &program) == BT_ERR_OK);
    diagnostics_free(&diags);
  }
  return program;
}

/* Answers the pending action in one of several ways. */
static void rich_answer(struct vm *vm, unsigned how) {
  if (vm_action(vm).id == ACTION_REST_REQUEST) {
    bt_check(vm_resume_rest(vm, 200, TEXT("OK"),
                            TEXT("{\"items\":[1,\"two\"]}")) == BT_ERR_OK);
  } else if (how % 4 == 0) {
    vm_resume_null(vm);
  } else if (how % 4 == 1) {
    bt_check(vm_resume_text(vm, TEXT("1|2")) == BT_ERR_OK);
  } else if (how % 4 == 2) {
    bt_check(vm_resume_json(vm, TEXT("{\"code\":409,\"list\":[1,2]}")) ==
             BT_ERR_OK);
  } else {
    vm_resume_error(vm, TEXT("no"));
  }
}

#endif
