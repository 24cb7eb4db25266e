/* The loop of the machine: what runs often is here, the rest in vm_slow_op().
 *
 * Results are written last: an instruction that finds no room on the heap has
 * changed nothing, and is tried once more after a collection. */
#include <math.h>

#include "base/check.h"
#include "studio/action.h"
#include "studio/vm_priv.h"

enum { QUICK_MEMBERS = 8 }; /* looked at before the long way */

/* The cached view of the frame that runs. Passed by value only: a compiler
 * keeps it in registers as long as nobody takes its address. Between load()
 * and save() the statements that are left are here, not in the vm: none if
 * something is to be done at the next statement. */
struct view {
  const struct insn *code, *at;
  struct value *r;
  const struct value *constants;
  int64_t left;
};

static inline struct view load(struct vm *vm, bool trace) {
  const struct frame *f = vm_frame(vm);
  const struct insn *code = vm->program->parts[f->part].code;
  const bool attend = trace || heap_wants_collection(&vm->heap);
  const int64_t left = attend ? 0 : vm->steps;
  vm->steps -= left;
  return (struct view){.code = code,
                       .at = code + f->pc,
                       .r = vm->stack + f->base,
                       .constants = vm->program->constants,
                       .left = left};
}

static inline void save(struct vm *vm, struct view v) {
  vm_frame(vm)->pc = (uint32_t)(v.at - v.code);
  vm->steps += v.left;
}

static inline const struct value *operand(struct view v, uint16_t x) {
  return x & CODE_CONSTANT ? &v.constants[x & ~CODE_CONSTANT] : &v.r[x];
}

/* At the first instruction of a statement, which has been counted. */
static enum vm_status begin_statement(struct vm *vm, bool trace) {
  if (trace && !vm->line_shown) {
    vm->line_shown = true;
    vm->steps++; /* it is counted when it runs */
    return VM_LINE;
  }
  vm->line_shown = false;
  if (vm->steps < 0) {
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

/* ---- the quick ways: NULL or false when only the long way will do */

/* A call for which there is room already. */
static inline bool call_quickly(struct vm *vm, const struct insn *in) {
  const struct part *part = &vm->program->parts[in->b];
  const uint32_t base = vm_frame(vm)->base + in->a;
  if (vm->frame_count > VM_CALLS_MAX || vm->frame_count >= vm->frame_cap ||
      (size_t)base + part->registers > vm->stack_cap) {
    return false;
  }
  for (uint32_t i = part->params; i < part->registers; i++) {
    vm->stack[base + i] = value_null();
  }
  vm->frames[vm->frame_count++] = (struct frame){.part = in->b, .base = base};
  return true;
}

/* The member that an instruction names, when it is there under this very text.
 */
static inline struct value *member_of(struct value object, struct value key) {
  if (!value_is(object, VALUE_OBJECT)) {
    return NULL;
  }
  struct object_obj *o = value_object_of(object);
  const struct text_obj *text = value_text_of(key);
  const size_t count = o->count < QUICK_MEMBERS ? o->count : QUICK_MEMBERS;
  for (size_t i = 0; i < count; i++) {
    if (o->members[i].key == text) {
      return &o->members[i].value;
    }
  }
  return NULL;
}

/* An element of a list. */
static inline struct value *element_of(struct value list, struct value index) {
  const double d = value_number_of(index);
  if (!value_is(list, VALUE_LIST) ||
      !(d >= 1 && d <= INT32_MAX)) { /* nor what is no number */
    return NULL;
  }
  const struct list_obj *l = value_list_of(list);
  const int32_t i = (int32_t)d; /* of 32 bits: converted in one instruction */
  return (double)i < d || (uint32_t)i > l->count ? NULL : &l->items[i - 1];
}

/* Either of them. */
static inline struct value *thing_at(struct value into, struct value key) {
  return value_is(key, VALUE_TEXT) ? member_of(into, key)
                                   : element_of(into, key);
}

/* Of whole numbers that are not negative; opcode MOD_K has such a divisor. */
static inline bool mod_of(struct value left, struct value divisor,
                          double *out) {
  const double x = value_number_of(left);
  if (!(x >= 0 && x <= UINT32_MAX)) { /* nor what is no number */
    return false;
  }
  const uint32_t i = (uint32_t)x;
  *out = i % (uint32_t)value_number_of(divisor);
  return !((double)i < x);
}

/* One step of a FOR; false where the body has put something else there. */
static inline bool count_on(struct value *counter, const struct value *limit,
                            bool *past) {
  const double step = value_number_of(limit[1]);
  const double next = value_number_of(*counter) + step;
  const double end = value_number_of(*limit);
  if (isunordered(next, end)) {
    return false;
  }
  *counter = value_number(next);
  *past = step > 0 ? next > end : next < end;
  return true;
}

static inline bool is_true(struct value v) {
  return value_is(v, VALUE_BOOL) ? value_bool_of(v) : value_is_true(v);
}

static inline bool are_equal(struct value a, struct value b) {
  return a.bits == b.bits || value_equal(a, b);
}

/* Of two numbers; anything else makes a NaN here, as does what has no result.
 * @zero: what must not be 0. */
#define NUMBERS(opcode, op, left, right, zero)                                 \
  case opcode: {                                                               \
    const double x = value_number_of(left(in.b));                              \
    const double y = value_number_of(right(in.c));                             \
    const double z = x op y;                                                   \
    if (isnan(z) || !(fabs(zero) > 0)) {                                       \
      goto slow;                                                               \
    }                                                                          \
    v.r[in.a] = value_number(z);                                               \
    v.at++;                                                                    \
    break;                                                                     \
  }

/* Long texts cost what it takes to look at them. */
#define COMPARE(opcode, op, right, general)                                    \
  case opcode: {                                                               \
    const struct value a = OPERAND(in.a), b = right(in.b);                     \
    const double x = value_number_of(a), y = value_number_of(b);               \
    bool holds = x op y;                                                       \
    if (isunordered(x, y)) {                                                   \
      v.left -= (int64_t)(value_comparing_bytes(a, b) / VM_BYTES_A_STEP);      \
      holds = (general);                                                       \
    }                                                                          \
    v.at = holds ? v.at + 1 : v.code + in.c;                                   \
    break;                                                                     \
  }

#define COPY(opcode, to, from)                                                 \
  case opcode:                                                                 \
    heap_share(from);                                                          \
    (to) = (from);                                                             \
    v.at++;                                                                    \
    break;

#define TAKE(opcode, place)                                                    \
  case opcode: {                                                               \
    const struct value *there = place;                                         \
    if (there == NULL) {                                                       \
      goto slow;                                                               \
    }                                                                          \
    heap_share(*there);                                                        \
    v.r[in.a] = *there;                                                        \
    v.at++;                                                                    \
    break;                                                                     \
  }

#define PUT(opcode, place)                                                     \
  case opcode: {                                                               \
    struct value *there = place;                                               \
    if (there == NULL) {                                                       \
      goto slow;                                                               \
    }                                                                          \
    heap_share(OPERAND(in.c));                                                 \
    *there = OPERAND(in.c);                                                    \
    v.at++;                                                                    \
    break;                                                                     \
  }

#define REGISTER(x) v.r[x]
#define CONSTANT(x) v.constants[(x)-CODE_CONSTANT]
#define OPERAND(x)  (*operand(v, x))

/* One case an opcode, read as a table: split up it would only be slower. */
/* NOLINTNEXTLINE(readability-*) */
enum vm_status vm_loop(struct vm *vm, bool trace) {
  struct view v = load(vm, trace);
  for (;;) {
    const struct insn in = *v.at;
    if (in.step && --v.left < 0) {
      save(vm, v);
      const enum vm_status status = begin_statement(vm, trace);
      if (status != VM_DONE) {
        return status;
      }
      v = load(vm, trace);
    }
    switch (in.op) {
      COPY(OP_MOVE, v.r[in.a], OPERAND(in.b))
      COPY(OP_GET_GLOBAL, v.r[in.a], vm->stack[in.b])
      COPY(OP_SET_GLOBAL, vm->stack[in.b], OPERAND(in.a))
      NUMBERS(OP_ADD, +, OPERAND, OPERAND, 1.0)
      NUMBERS(OP_ADD_R, +, REGISTER, REGISTER, 1.0)
      NUMBERS(OP_ADD_K, +, REGISTER, CONSTANT, 1.0)
      NUMBERS(OP_SUB, -, OPERAND, OPERAND, 1.0)
      NUMBERS(OP_SUB_R, -, REGISTER, REGISTER, 1.0)
      NUMBERS(OP_SUB_K, -, REGISTER, CONSTANT, 1.0)
      NUMBERS(OP_MUL_R, *, REGISTER, REGISTER, 1.0)
      NUMBERS(OP_MUL_K, *, REGISTER, CONSTANT, 1.0)
      NUMBERS(OP_DIV, /, OPERAND, OPERAND, y)
      NUMBERS(OP_DIV_R, /, REGISTER, REGISTER, y)
      NUMBERS(OP_DIV_K, /, REGISTER, CONSTANT, 1.0)
    case OP_MOD_K: {
      double z;
      if (!mod_of(v.r[in.b], CONSTANT(in.c), &z)) {
        goto slow;
      }
      v.r[in.a] = value_number(z);
      v.at++;
      break;
    }
    case OP_JUMP:
      v.at = v.code + in.c;
      break;
    case OP_IF:
      v.at = is_true(OPERAND(in.a)) ? v.at + 1 : v.code + in.c;
      break;
    case OP_UNLESS:
      v.at = is_true(OPERAND(in.a)) ? v.code + in.c : v.at + 1;
      break;
      COMPARE(OP_IF_EQ, ==, OPERAND, are_equal(a, b))
      COMPARE(OP_IF_EQ_K, ==, CONSTANT, are_equal(a, b))
      COMPARE(OP_IF_NE, !=, OPERAND, !are_equal(a, b))
      COMPARE(OP_IF_NE_K, !=, CONSTANT, !are_equal(a, b))
      COMPARE(OP_IF_LT, <, OPERAND, value_compare(a, b) < 0)
      COMPARE(OP_IF_LT_K, <, CONSTANT, value_compare(a, b) < 0)
      COMPARE(OP_IF_LE, <=, OPERAND, value_compare(a, b) <= 0)
      COMPARE(OP_IF_LE_K, <=, CONSTANT, value_compare(a, b) <= 0)
    case OP_FOR_NEXT: {
      bool past;
      if (!count_on(&v.r[in.a], &v.r[in.b], &past)) {
        goto slow;
      }
      v.at = past ? v.at + 1 : v.code + in.c;
      break;
    }
      TAKE(OP_GET_MEMBER, member_of(OPERAND(in.b), CONSTANT(in.c)))
      PUT(OP_SET_MEMBER, member_of(v.r[in.a], CONSTANT(in.b)))
      TAKE(OP_GET_INDEX, element_of(OPERAND(in.b), OPERAND(in.c)))
      TAKE(OP_GET_INDEX_R, element_of(REGISTER(in.b), REGISTER(in.c)))
      PUT(OP_SET_INDEX, element_of(v.r[in.a], OPERAND(in.b)))
    case OP_ADD_AT: {
      struct value *there = thing_at(v.r[in.a], OPERAND(in.b));
      const double x = value_number_of(there == NULL ? value_null() : *there);
      const double z = x + value_number_of(OPERAND(in.c));
      if (isnan(z)) {
        goto slow;
      }
      *there = value_number(z);
      v.at++;
      break;
    }
    case OP_CALL:
      save(vm, v);
      if (!call_quickly(vm, v.at) && !run_slow(vm, v.at, true)) {
        return VM_ERROR;
      }
      v = load(vm, trace);
      break;
    case OP_RETURN:
      heap_share(OPERAND(in.a));
      v.r[0] = OPERAND(in.a);
      vm->steps += v.left;
      vm->frame_count--;
      v = load(vm, trace);
      v.at++;
      break;
    case OP_ACTION:
      save(vm, v);
      return ask_host(vm, v.at);
    case OP_END:
      vm->steps += v.left;
      return end(vm);
    default:
    slow:
      save(vm, v);
      if (!run_slow(vm, v.at, false)) {
        return VM_ERROR;
      }
      v = load(vm, trace); /* where the instruction said to go on */
      break;
    }
  }
}
