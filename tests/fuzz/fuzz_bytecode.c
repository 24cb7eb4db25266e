/* fuzz_bytecode.c - any bytes as changes to compiled code.
 *
 * Each ten bytes put an instruction somewhere. What the verifier lets pass
 * must run, sleep and wake without harm, and end within its budget.
 */
#include <stdint.h>
#include <string.h>

#include "reload.h"
#include "rich_script.h"
#include "studio/code_priv.h"
#include "studio/place_priv.h"
#include "studio/vm_priv.h"

enum { CHANGE_SIZE = 10, CHANGES_MAX = 40, STEPS = 1000, RUNS_MAX = 8 };

struct undo {
  struct insn *at, was;
};

static struct undo change(const struct program *program, const uint8_t *data) {
  const struct part *part =
      &program->parts[data[0] % program->script.unit_count];
  const size_t at = (data[1] | (size_t)(data[2] & 3) << 8) % part->count;
  struct insn *in = &part->code[at];
  const struct undo undo = {in, *in};
  in->op = data[3] % (OPCODES + 1);
  in->step = data[2] >> 7;
  memcpy(&in->a, data + 4, sizeof in->a);
  memcpy(&in->b, data + 6, sizeof in->b);
  memcpy(&in->c, data + 8, sizeof in->c);
  return undo;
}

/* Images say where they are by counting calls, which the changes have moved. */
static void index_calls(const struct program *program, struct arena *arena) {
  for (uint32_t i = 0; i < program->script.unit_count; i++) {
    bt_check(place_index_calls(arena, &program->parts[i]));
  }
}

static void run(const struct mem *mem, const struct program *program,
                unsigned how) {
  struct vm *vm = NULL;
  struct vm_env env = {.now_us = 1, .entropy = 2};
  bt_check(vm_start(mem, program, &vm) == BT_ERR_OK);
  for (unsigned i = 0; i < RUNS_MAX; i++) {
    vm->slept = false; /* keeps the small budget */
    vm->steps = vm->steps < STEPS ? vm->steps : STEPS;
    env.trace = how >> 7 & (i & 1);
    const enum vm_status status = vm_run(vm, &env);
    if (status != VM_LINE) {
      vm = reload(mem, vm);
    }
    if (status == VM_DONE || status == VM_ERROR) {
      if (vm_start_section(vm, TEXT("Signal"), TEXT("{\"p1\":\"x\"}")) !=
          BT_ERR_OK) {
        break;
      }
    } else if (status == VM_ACTION) {
      rich_answer(vm, how++);
    }
  }
  vm_free(vm);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct test_mem tm;
  struct arena calls;
  if (size == 0 || size > 1 + CHANGE_SIZE * CHANGES_MAX) {
    return 0;
  }
  test_mem_init(&tm);
  const struct program *program = rich_program();
  struct undo undo[CHANGES_MAX];
  size_t count = 0;
  for (size_t i = 1; i + CHANGE_SIZE <= size; i += CHANGE_SIZE) {
    undo[count++] = change(program, data + i);
  }
  if (program_verify(program)) {
    arena_init(&calls, &tm.mem, 0);
    index_calls(program, &calls);
    run(&tm.mem, program, data[0]);
    arena_free(&calls);
  }
  while (count > 0) {
    count--;
    *undo[count].at = undo[count].was;
  }
  bt_check(tm.live_bytes == 0);
  return 0;
}
