#include "studio/vm.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/check.h"
#include "studio/event_priv.h"
#include "studio/vm_priv.h"

static const char *const failure_slugs[] = {
#define FAILURE(name, slug, doc) [FAILURE_##name] = (slug),
#include "studio/failures.def"
#undef FAILURE
};

/* ---- failures */

enum failure vm_failure_find(const char *slug) {
  for (uint32_t i = 0; i < FAILURES; i++) {
    if (text_equal(text_from(failure_slugs[i]), text_from(slug))) {
      return (enum failure)i;
    }
  }
  bt_check_failed("a kind of failure", __FILE__, __LINE__, __func__);
}

enum op_result vm_fail(struct vm *vm, enum failure failure, const char *format,
                       ...) {
  char text[400];
  va_list args;
  va_start(args, format);
  const int n = vsnprintf(text, sizeof text, format, args);
  va_end(args);
  vm->failure = failure;
  textbuf_clear(&vm->failure_text);
  textbuf_add(&vm->failure_text, utf8_printed(text, sizeof text, n));
  vm->failure_spot = (struct spot){0};
  if (vm->frame_count > 0) {
    const struct frame *f = vm_frame(vm);
    vm->failure_spot = vm->program->parts[f->part].spots[f->pc];
  }
  return OP_RESULT_FAILED;
}

enum op_result vm_new_text(struct vm *vm, struct text t, struct value *out) {
  struct text_obj *o = heap_new_text(&vm->heap, t);
  if (o == NULL) {
    return OP_RESULT_ROOM;
  }
  vm_charge(vm, t.len);
  *out = value_text(o);
  return OP_RESULT_DONE;
}

enum op_result vm_take_scratch(struct vm *vm, struct value *out) {
  if (vm->scratch.failed) {
    vm->heap.out_of_memory = vm->scratch.len < vm->scratch.limit / 2;
    return OP_RESULT_ROOM;
  }
  return vm_new_text(vm, textbuf_text(&vm->scratch), out);
}

void vm_charge(struct vm *vm, size_t bytes) {
  vm->steps -= (int64_t)(bytes / VM_BYTES_A_STEP);
}

/* ---- stack */

/* The stack is paid for from the same mebibyte as the values. */
static bool grow_stack(struct vm *vm, size_t want) {
  const size_t before = vm->stack_cap;
  if (want <= before) {
    return true;
  }
  const size_t bytes = (want - before) * sizeof *vm->stack;
  if (vm->heap.used + bytes > vm->heap.limit) {
    vm->heap.out_of_memory = false;
    return false;
  }
  if (!mem_grow(&vm->area.mem, &vm->stack, &vm->stack_cap, want,
                sizeof *vm->stack)) {
    vm->heap.out_of_memory = true;
    return false;
  }
  const size_t grown = (vm->stack_cap - before) * sizeof *vm->stack;
  vm->heap.limit -= grown < vm->heap.limit ? grown : vm->heap.limit;
  return true;
}

/* The stack is the last to be made: what is newest grows where it stands. */
bool vm_reserve(struct vm *vm, size_t frames, size_t values) {
  if (!mem_grow(&vm->area.mem, &vm->frames, &vm->frame_cap, frames,
                sizeof *vm->frames)) {
    vm->heap.out_of_memory = true;
    return false;
  }
  return grow_stack(vm, values);
}

bool vm_enter(struct vm *vm, uint32_t part, uint32_t base, uint32_t from) {
  const uint32_t registers = vm->program->parts[part].registers;
  if (!vm_reserve(vm, vm->frame_count + 1, (size_t)base + registers)) {
    return false;
  }
  for (uint32_t i = from; i < registers; i++) {
    vm->stack[base + i] = value_null();
  }
  vm->frames[vm->frame_count++] = (struct frame){.part = part, .base = base};
  return true;
}

bool vm_begin(struct vm *vm, uint32_t part) {
  const size_t before = vm->frame_count;
  vm->frame_count = 0;
  if (!vm_enter(vm, part, 0, vm->program->script.variable_count)) {
    vm->frame_count = before;
    return false;
  }
  vm->state = VM_STATE_READY;
  vm->line_shown = false;
  return true;
}

size_t vm_top(const struct vm *vm) {
  if (vm->frame_count == 0) {
    return vm->program->script.variable_count;
  }
  const struct frame *f = &vm->frames[vm->frame_count - 1];
  return (size_t)f->base + vm->program->parts[f->part].registers;
}

void vm_collect(struct vm *vm) {
  struct heap_marking marking = {0};
  const size_t top = vm_top(vm);
  for (size_t i = 0; i < top; i++) {
    heap_mark(&marking, vm->stack[i]);
  }
  heap_sweep(&vm->heap, &marking);
}

/* ---- beginning and end */

/* The run's first memory stands behind it, in the same block. */
enum { VM_SIZE = (sizeof(struct vm) + 15) / 16 * 16 };

enum bt_err vm_make(const struct mem *mem, const struct program *program,
                    struct vm **out) {
  void *block = mem->resize(mem->ctx, NULL, 0, VM_SIZE + AREA_BYTES);
  if (block == NULL) {
    return BT_ERR_NOMEM;
  }
  struct vm *vm = block;
  *vm = (struct vm){.mem = mem, .program = program, .steps = VM_STEPS_MAX};
  area_init(&vm->area, mem, (char *)block + VM_SIZE, AREA_BYTES);
  heap_init(&vm->heap, &vm->area.mem, VM_VALUES_MAX);
  textbuf_init(&vm->scratch, &vm->area.mem);
  vm->scratch.limit = VM_VALUES_MAX;
  textbuf_init(&vm->failure_text, &vm->area.mem);
  *out = vm;
  return BT_ERR_OK;
}

enum bt_err vm_start(const struct mem *mem, const struct program *program,
                     struct vm **out) {
  struct vm *vm = NULL;
  const enum bt_err err = vm_make(mem, program, &vm);
  if (err == BT_ERR_OK && !vm_enter(vm, 0, 0, 0)) {
    vm_free(vm);
    return BT_ERR_NOMEM;
  }
  if (err == BT_ERR_OK) {
    *out = vm;
  }
  return err;
}

static void free_parts(struct vm *vm) {
  heap_free(&vm->heap);
  textbuf_free(&vm->scratch);
  textbuf_free(&vm->failure_text);
  mem_free(&vm->area.mem, vm->stack, vm->stack_cap * sizeof *vm->stack);
  mem_free(&vm->area.mem, vm->frames, vm->frame_cap * sizeof *vm->frames);
}

/* Most runs have everything in the one block. */
void vm_free(struct vm *vm) {
  if (vm == NULL) {
    return;
  }
  if (vm->area.overflowed) {
    free_parts(vm);
  }
  mem_free(vm->mem, vm, VM_SIZE + AREA_BYTES);
}

const struct program *vm_program(const struct vm *vm) {
  return vm->program;
}

/* ---- running */

/* ON Error takes the failure, unless it is its own. */
static bool take_failure(struct vm *vm) {
  const struct program *p = vm->program;
  const uint32_t part = program_section(p, TEXT("Error"));
  struct value text;
  if (part == 0 || vm->frames[0].part == part) {
    return false;
  }
  const struct value line = value_number(vm->failure_spot.line);
  vm_collect(vm);
  if (vm_new_text(vm, textbuf_text(&vm->failure_text), &text) !=
          OP_RESULT_DONE ||
      !vm_begin(vm, part)) {
    return false;
  }
  vm->stack[p->error_variable] = text;
  vm->stack[p->error_line_variable] = line;
  vm->steps = VM_STEPS_MAX;
  vm->caught = true;
  return true;
}

static enum vm_status go_on(struct vm *vm, bool trace) {
  for (;;) {
    if (vm->state != VM_STATE_BROKEN) {
      const enum vm_status status = vm_loop(vm, trace);
      if (status != VM_ERROR) {
        return status;
      }
    }
    if (!take_failure(vm)) {
      vm->state = VM_STATE_FAILED;
      vm->frame_count = 0;
      vm_collect(vm);
      return VM_ERROR;
    }
  }
}

enum vm_status vm_run(struct vm *vm, const struct vm_env *env) {
  bt_check(vm->state != VM_STATE_WAITING);
  if (vm->state == VM_STATE_DONE) {
    return VM_DONE;
  }
  if (vm->state == VM_STATE_FAILED) {
    return VM_ERROR;
  }
  if (vm->slept && env->now_us > vm->paused_us) {
    vm->steps = VM_STEPS_MAX;
  }
  vm->slept = false;
  vm->caught = false;
  vm->now_us = env->now_us;
  vm->zone = env->zone;
  if (!vm->line_shown || !vm->seeded) {
    rand_seed(&vm->rand, env->entropy);
    vm->seeded = true;
  }
  const enum vm_status status = go_on(vm, env->trace);
  vm->paused_us = env->now_us;
  return status;
}

enum bt_err vm_start_section(struct vm *vm, struct text event,
                             struct text data) {
  const uint32_t part = program_section(vm->program, event);
  struct value value = value_null();
  struct json_error error;
  if (part == 0) {
    return BT_ERR_NOT_FOUND;
  }
  if (data.len > 0) {
    vm_collect(vm);
    const enum bt_err err = value_from_json(&vm->heap, data, &value, &error);
    if (err != BT_ERR_OK) {
      return err == BT_ERR_NOMEM || err == BT_ERR_FULL ? BT_ERR_NOMEM
                                                       : BT_ERR_SYNTAX;
    }
  }
  if (!vm_begin(vm, part)) {
    return BT_ERR_NOMEM;
  }
  vm->stack[vm->program->event_variable] = value;
  vm->steps = VM_STEPS_MAX;
  return BT_ERR_OK;
}

/* ---- looking in */

struct vm_failure vm_failure(const struct vm *vm) {
  bt_check(vm->state == VM_STATE_FAILED || vm->caught);
  return (struct vm_failure){.slug = failure_slugs[vm->failure],
                             .line = vm->failure_spot.line,
                             .column = vm->failure_spot.column,
                             .message = textbuf_text(&vm->failure_text)};
}

bool vm_has_caught(const struct vm *vm) {
  return vm->caught;
}

uint32_t vm_line(const struct vm *vm) {
  if (vm->frame_count == 0) {
    return 0;
  }
  const struct frame *f = &vm->frames[vm->frame_count - 1];
  return vm->program->parts[f->part].spots[f->pc].line;
}

struct text vm_section(const struct vm *vm) {
  return vm->frame_count == 0
             ? TEXT("")
             : vm->program->parts[vm->frames[0].part].unit->name;
}

size_t vm_value_bytes(const struct vm *vm) {
  return vm->heap.used + vm->stack_cap * sizeof *vm->stack;
}
