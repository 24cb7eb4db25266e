/* The loop of the machine: what runs often is here, the rest in vm_slow_op().
 *
 * Results are written last: an instruction that finds no room on the heap has
 * changed nothing, and is tried once more after a collection. */
#include "base/check.h"
#include "studio/action.h"
#include "studio/vm_priv.h"

enum { QUICK_MEMBERS = 8 }; /* looked at before the long way */

#define IS_NUMBER(v) (value_tag(*(v)) == VALUE_NUMBER)

/* The cached view of the frame that runs. Passed by value only: a compiler
 * keeps it in registers as long as nobody takes its address. */
struct view {
  const struct insn *code, *at;
  struct value *r;
  const struct value *constants;
};

static inline struct view load(struct vm *vm) {
  const struct frame *f = vm_frame(vm);
  const struct insn *code = vm->program->parts[f->part].code;
  return (struct view){.code = code,
                       .at = code + f->pc,
                       .r = vm->stack + f->base,
                       .constants = vm->program->constants};
}

static inline void save(struct vm *vm, struct view v) {
  vm_frame(vm)->pc = (uint32_t)(v.at - v.code);
}

static inline const struct value *operand(struct view v, uint16_t x) {
  return x & CODE_CONSTANT ? &v.constants[x & ~CODE_CONSTANT] : &v.r[x];
}

/* At the first instruction of a statement. */
static enum vm_status begin_statement(struct vm *vm, bool trace) {
  if (trace && !vm->line_shown) {
    vm->line_shown = true;
    return VM_LINE;
  }
  vm->line_shown = false;
  if (--vm->steps < 0) {
    (void)vm_fail(vm, FAILURE_STEPS,
                  "more than %d statements without a sleep: an endless loop?",
                  VM_STEPS_MAX);
    return VM_ERROR;
  }
  if (heap_wants_collection(&vm->heap)) {
    vm_collect(vm);
  }
  return VM_DONE;
}

static enum op_result call(struct vm *vm, const struct insn *in) {
  const struct part *part = &vm->program->parts[in->b];
  const uint32_t base = vm_frame(vm)->base + in->a;
  if (vm->frame_count > VM_CALLS_MAX) {
    return vm_fail(vm, FAILURE_CALLS, "more than %d calls within each other",
                   VM_CALLS_MAX);
  }
  return vm_enter(vm, in->b, base, part->params) ? OP_RESULT_DONE
                                                 : OP_RESULT_ROOM;
}

/* Runs an instruction outside of the loop, twice if it found no room. */
static bool run_slow(struct vm *vm, const struct insn *at, bool is_call) {
  enum op_result result = OP_RESULT_ROOM;
  for (int i = 0; i < 2 && result == OP_RESULT_ROOM; i++) {
    if (i > 0) {
      vm_collect(vm);
    }
    result = is_call ? call(vm, at) : vm_slow_op(vm, at);
  }
  if (result == OP_RESULT_ROOM) {
    if (vm->heap.out_of_memory) {
      (void)vm_fail(vm, FAILURE_MEMORY, "the server has no more memory");
    } else {
      (void)vm_fail(vm, FAILURE_VALUES,
                    "the values of this script need more than %d KiB",
                    VM_VALUES_MAX / 1024);
    }
  }
  return result == OP_RESULT_DONE;
}

static enum vm_status ask_host(struct vm *vm, const struct insn *in) {
  const struct action_info *info = action_info((enum action_id)in->b);
  const struct value *self = &vm_registers(vm)[in->a];
  if (info->offer == ACTION_OFFER_METHOD && !value_is_proxy(*self)) {
    (void)vm_fail(vm, FAILURE_TYPE,
                  "%s is a method of what GetRESTProxy() gives, not of %s",
                  info->name.ptr, value_type_name(*self));
    return VM_ERROR;
  }
  vm->slept = info->sleep == ACTION_SLEEPS;
  vm->state = VM_STATE_WAITING;
  return VM_ACTION;
}

static enum vm_status end(struct vm *vm) {
  vm->frame_count = 0;
  vm->state = VM_STATE_DONE;
  return VM_DONE;
}

/* Is the loop at its end? Up or down, as the sign of the step says. */
static bool is_past(double at, double limit, double step) {
  return step > 0 ? at > limit : at < limit;
}

static bool can_count(struct value at, const struct value *limit) {
  return value_tag(at) == VALUE_NUMBER && value_tag(limit[0]) == VALUE_NUMBER &&
         value_tag(limit[1]) == VALUE_NUMBER;
}

/* The member that an instruction names, when it is there under this very text;
 * NULL: the long way. */
static struct value *quick_member(struct value object, struct value key) {
  if (value_tag(object) != VALUE_OBJECT) {
    return NULL;
  }
  struct object_obj *o = value_object_of(object);
  const size_t count = o->count < QUICK_MEMBERS ? o->count : QUICK_MEMBERS;
  for (size_t i = 0; i < count; i++) {
    if (o->members[i].key == value_text_of(key)) {
      return &o->members[i].value;
    }
  }
  return NULL;
}

#define NUMBERS(op_expr)                                                       \
  {                                                                            \
    const struct value *b = operand(v, in.b), *c = operand(v, in.c);           \
    if (!IS_NUMBER(b) || !IS_NUMBER(c)) {                                      \
      goto slow;                                                               \
    }                                                                          \
    const double x = value_number_of(*b), y = value_number_of(*c);             \
    v.r[in.a] = value_number(op_expr);                                         \
    v.at++;                                                                    \
    break;                                                                     \
  }

#define COMPARE(x_op_y, general)                                               \
  {                                                                            \
    const struct value *a = operand(v, in.a), *b = operand(v, in.b);           \
    bool holds;                                                                \
    if (IS_NUMBER(a) && IS_NUMBER(b)) {                                        \
      const double x = value_number_of(*a), y = value_number_of(*b);           \
      holds = x_op_y;                                                          \
    } else {                                                                   \
      holds = general;                                                         \
    }                                                                          \
    v.at = holds ? v.at + 1 : v.code + in.c;                                   \
    break;                                                                     \
  }

/* One case an opcode, read as a table: split up it would only be slower. */
/* NOLINTNEXTLINE(readability-*) */
enum vm_status vm_loop(struct vm *vm, bool trace) {
  struct view v = load(vm);
  for (;;) {
    const struct insn in = *v.at;
    if (in.step) {
      if (trace || vm->steps <= 0 || heap_wants_collection(&vm->heap)) {
        save(vm, v);
        const enum vm_status status = begin_statement(vm, trace);
        if (status != VM_DONE) {
          return status;
        }
      } else {
        vm->steps--;
      }
    }
    switch (in.op) {
    case OP_MOVE:
      v.r[in.a] = *operand(v, in.b);
      v.at++;
      break;
    case OP_GET_GLOBAL:
      v.r[in.a] = vm->stack[in.b];
      v.at++;
      break;
    case OP_SET_GLOBAL:
      vm->stack[in.b] = *operand(v, in.a);
      v.at++;
      break;
    case OP_ADD:
    case OP_JOIN:
      NUMBERS(x + y)
    case OP_SUB:
      NUMBERS(x - y)
    case OP_MUL:
      NUMBERS(x * y)
    case OP_JUMP:
      v.at = v.code + in.c;
      break;
    case OP_IF:
      v.at = value_is_true(*operand(v, in.a)) ? v.at + 1 : v.code + in.c;
      break;
    case OP_UNLESS:
      v.at = value_is_true(*operand(v, in.a)) ? v.code + in.c : v.at + 1;
      break;
    case OP_IF_EQ:
      COMPARE(x == y, value_equal(*a, *b))
    case OP_IF_NE:
      COMPARE(x != y, !value_equal(*a, *b))
    case OP_IF_LT:
      COMPARE(x < y, value_compare(*a, *b) < 0)
    case OP_IF_LE:
      COMPARE(x <= y, value_compare(*a, *b) <= 0)
    case OP_FOR_NEXT: {
      const struct value *limit = &v.r[in.b];
      if (!can_count(v.r[in.a], limit)) {
        goto slow; /* the body has put something else there */
      }
      const double step = value_number_of(limit[1]);
      const double next = value_number_of(v.r[in.a]) + step;
      v.r[in.a] = value_number(next);
      v.at = is_past(next, value_number_of(*limit), step) ? v.at + 1
                                                          : v.code + in.c;
      break;
    }
    case OP_GET_MEMBER: {
      const struct value *m =
          quick_member(*operand(v, in.b), *operand(v, in.c));
      if (m == NULL) {
        goto slow;
      }
      v.r[in.a] = *m;
      v.at++;
      break;
    }
    case OP_SET_MEMBER: {
      struct value *m = quick_member(v.r[in.a], *operand(v, in.b));
      if (m == NULL) {
        goto slow;
      }
      *m = *operand(v, in.c);
      v.at++;
      break;
    }
    case OP_CALL:
      save(vm, v);
      if (!run_slow(vm, v.at, true)) {
        return VM_ERROR;
      }
      v = load(vm);
      break;
    case OP_RETURN:
      v.r[0] = *operand(v, in.a);
      vm->frame_count--;
      v = load(vm);
      v.at++;
      break;
    case OP_ACTION:
      save(vm, v);
      return ask_host(vm, v.at);
    case OP_END:
      return end(vm);
    default:
    slow:
      save(vm, v);
      if (!run_slow(vm, v.at, false)) {
        return VM_ERROR;
      }
      v = load(vm); /* where the instruction said to go on */
      break;
    }
  }
}
