/* fuzz_studio.c - any bytes as a script.
 *
 * What compiles must verify, be checked and run: against a host that answers
 * null, through its saved image at every action, with few actions. Whatever it
 * does, no byte may stay behind.
 */
#include <stdint.h>

#include "base/check.h"
#include "reload.h"
#include "studio/checker.h"
#include "studio/code_priv.h"
#include "studio/vm_priv.h"
#include "support.h"

/* A loop without end is stopped early: a million statements of one would take
 * the time of a thousand other scripts. */
enum { ACTIONS_MAX = 20, SOURCE_MAX = 4096, STEPS_MAX = 5000 };

static struct vm *run(const struct mem *mem, struct vm *vm) {
  const struct vm_env env = {.now_us = 1, .entropy = 2};
  for (int i = 0; i < ACTIONS_MAX; i++) {
    vm->steps = vm->steps < STEPS_MAX ? vm->steps : STEPS_MAX;
    const enum vm_status status = vm_run(vm, &env);
    vm = reload(mem, vm);
    if (status != VM_ACTION) {
      break;
    }
    vm_resume_null(vm);
  }
  return vm;
}

static void run_all(const struct mem *mem, const struct program *program) {
  struct vm *vm = NULL;
  bt_check(program_verify(program));
  bt_check(vm_start(mem, program, &vm) == BT_ERR_OK);
  vm = run(mem, vm);
  for (size_t i = 0; i < program_section_count(program); i++) {
    bt_check(vm_start_section(vm, program_section_name(program, i),
                              TEXT("{\"id\":\"s\"}")) == BT_ERR_OK);
    vm = run(mem, vm);
  }
  vm_free(vm);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const struct checker_world world = checker_world_default();
  struct test_mem tm;
  struct diagnostics diags;
  struct program *program = NULL;
  if (size > SOURCE_MAX) {
    return 0;
  }
  test_mem_init(&tm);
  diagnostics_init(&diags, &tm.mem);
  const enum bt_err err = program_compile(
      &tm.mem, TEXT("fuzz"), (struct text){(const char *)data, size}, &diags,
      &program);
  bt_check(err == BT_ERR_OK || err == BT_ERR_SYNTAX);
  bt_check((err == BT_ERR_SYNTAX) == (diags.errors > 0));
  if (err == BT_ERR_OK) {
    bt_check(checker_run(&tm.mem, program, &world, &diags) == BT_ERR_OK);
    run_all(&tm.mem, program);
  }
  program_free(program);
  diagnostics_free(&diags);
  bt_check(tm.live_bytes == 0);
  return 0;
}
