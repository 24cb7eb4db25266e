/* The instructions that are not in the loop. Each sets the frame's pc to what
 * comes next, after everything that could fail. */
#include <math.h>

#include "base/check.h"
#include "studio/date_priv.h"
#include "studio/vm_op_priv.h"

/* ---- arithmetic */

/* Variables are the first registers of a part; only they keep a text. */
static bool is_variable(const struct op *op, uint16_t reg) {
  const struct unit *unit = op->vm->program->parts[vm_frame(op->vm)->part].unit;
  return reg < (unit->kind == UNIT_FUNCTION
                    ? unit->local_count
                    : op->vm->program->script.variable_count);
}

static enum op_result op_add(const struct op *op) {
  const struct value b = operand(op, op->in->b), c = operand(op, op->in->c);
  const bool to = op->in->a == op->in->b && is_variable(op, op->in->a);
  struct value v;
  const enum op_result result =
      (to ? vm_add_to : vm_add)(op->vm, &b, &c, op->kind == OP_JOIN, &v);
  return result == OP_RESULT_DONE ? put(op, v) : result;
}

static const char *sign_of(enum opcode op) {
  switch ((unsigned)op) {
  case OP_SUB:
  case OP_NEG:
    return "-";
  case OP_MUL:
    return "*";
  case OP_DIV:
    return "/";
  case OP_MOD:
    return "%";
  case OP_IDIV:
    return "\\";
  default:
    return "^";
  }
}

static enum op_result need_number(const struct op *op, struct value v) {
  const char *sign = sign_of((enum opcode)op->kind);
  if (value_tag(v) == VALUE_TEXT) {
    const struct text t = utf8_cut(value_as_text(v), 40);
    return vm_fail(op->vm, FAILURE_TYPE,
                   "%s needs numbers, and \"%.*s\" is none", sign, TEXT_ARG(t));
  }
  return vm_fail(op->vm, FAILURE_TYPE, "%s needs numbers, not %s", sign,
                 value_type_name(v));
}

/* Of two dates to the millisecond: as numbers they have lost some bits. */
static struct value difference(struct value b, struct value c, double x,
                               double y) {
  return value_number(value_tag(b) == VALUE_DATE && value_tag(c) == VALUE_DATE
                          ? date_from_ms(value_date_of(b) - value_date_of(c))
                          : x - y);
}

static enum op_result op_arithmetic(const struct op *op) {
  const struct value b = operand(op, op->in->b), c = operand(op, op->in->c);
  double x, y;
  if (!value_to_operand(b, &x)) {
    return need_number(op, b);
  }
  if (!value_to_operand(c, &y)) {
    return need_number(op, c);
  }
  const bool divides =
      op->kind == OP_DIV || op->kind == OP_MOD || op->kind == OP_IDIV;
  if (divides && y == 0) {
    return vm_fail(op->vm, FAILURE_DIVISION, "division by zero");
  }
  switch (op->kind) {
  case OP_SUB:
    return put(op, difference(b, c, x, y));
  case OP_MUL:
    return put(op, value_number(x * y));
  case OP_DIV:
    return put(op, value_number(x / y));
  case OP_MOD:
    return put(op, value_number(fmod(x, y)));
  case OP_IDIV:
    return put(op, value_number(trunc(x / y)));
  default:
    bt_check(op->kind == OP_POW);
    return put(op, value_number(pow(x, y)));
  }
}

static enum op_result op_negate(const struct op *op) {
  const struct value b = operand(op, op->in->b);
  double x;
  return value_to_operand(b, &x) ? put(op, value_number(-x))
                                 : need_number(op, b);
}

/* Beyond 2^53 a double has no bits to speak of. */
static bool to_bits(struct value v, int64_t *out) {
  double d;
  if (!value_to_number(v, &d) || !(fabs(d) <= 9007199254740992.0)) {
    return false;
  }
  *out = (int64_t)d;
  return true;
}

static enum op_result op_xor(const struct op *op) {
  const struct value b = operand(op, op->in->b), c = operand(op, op->in->c);
  int64_t x, y;
  if (to_bits(b, &x) && to_bits(c, &y)) {
    return put(op, value_number((double)(x ^ y)));
  }
  return put(op, value_bool(value_is_true(b) != value_is_true(c)));
}

static enum op_result op_compare(const struct op *op) {
  const struct value b = operand(op, op->in->b), c = operand(op, op->in->c);
  vm_charge(op->vm, value_comparing_bytes(b, c));
  switch (op->kind) {
  case OP_EQ:
    return put(op, value_bool(value_equal(b, c)));
  case OP_NE:
    return put(op, value_bool(!value_equal(b, c)));
  case OP_LT:
    return put(op, value_bool(value_compare(b, c) < 0));
  default:
    return put(op, value_bool(value_compare(b, c) <= 0));
  }
}

static enum op_result op_text(const struct op *op) {
  struct value v = operand(op, op->in->b);
  if (value_tag(v) == VALUE_TEXT) {
    if (op->in->a != op->in->b) {
      heap_share(v);
    }
    return put(op, v);
  }
  textbuf_clear(&op->vm->scratch);
  value_print(v, &op->vm->scratch);
  const enum op_result result = vm_take_scratch(op->vm, &v);
  return result == OP_RESULT_DONE ? put(op, v) : result;
}

static enum op_result op_template(const struct op *op) {
  struct value v = value_null();
  const enum op_result result =
      vm_splice(op->vm, &op->r[op->in->b], op->in->c, &v);
  if (result != OP_RESULT_DONE) {
    return result;
  }
  return put(op, op->kind == OP_JOIN_ALL ? value_joined(v) : v);
}

static enum op_result op_grow(const struct op *op) {
  const bool own = op->kind == OP_APPEND;
  struct value *place = (own ? op->r : op->vm->stack) + op->in->a;
  if (own && !is_variable(op, op->in->a)) {
    heap_share(*place);
  }
  const enum op_result result = vm_grow(op->vm, op->in, op->r, place);
  return result == OP_RESULT_DONE ? go_on(op) : result;
}

/* ---- loops */

static enum op_result go_to(const struct op *op, uint16_t target) {
  vm_frame(op->vm)->pc = target;
  return OP_RESULT_DONE;
}

static enum op_result not_a_count(const struct op *op, const char *what,
                                  struct value v) {
  return vm_fail(op->vm, FAILURE_TYPE, "%s must be a number, not %s", what,
                 value_tag(v) == VALUE_TEXT ? "this text" : value_type_name(v));
}

/* Makes numbers of all three, and gives the step its sign. */
static enum op_result op_for_start(const struct op *op) {
  struct value *first = &op->r[op->in->a];
  struct value *limit = &op->r[op->in->b], *step = limit + 1;
  double a, b, s;
  if (!value_to_operand(*first, &a)) {
    return not_a_count(op, "the first value of FOR", *first);
  }
  if (!value_to_operand(*limit, &b)) {
    return not_a_count(op, "the last value of FOR", *limit);
  }
  if (!value_to_operand(*step, &s)) {
    return not_a_count(op, "the step of FOR", *step);
  }
  if (!(fabs(s) > 0)) {
    return vm_fail(op->vm, FAILURE_ARGUMENT, "the step of FOR must not be 0");
  }
  *first = value_number(a);
  *limit = value_number(b);
  *step = value_number(b < a ? -fabs(s) : fabs(s));
  return go_on(op);
}

/* The counter is no number any more: perhaps it is numeric text. */
static enum op_result op_for_next(const struct op *op) {
  struct value *counter = &op->r[op->in->a];
  const struct value *limit = &op->r[op->in->b];
  double d;
  const bool counts = value_tag(limit[0]) == VALUE_NUMBER &&
                      value_tag(limit[1]) == VALUE_NUMBER;
  if (!counts || value_tag(*counter) == VALUE_NUMBER) {
    return go_on(op); /* a NaN, or a forged image: the loop just ends */
  }
  if (!value_to_number(*counter, &d)) {
    return not_a_count(op, "the variable that FOR counts in", *counter);
  }
  *counter = value_number(d);
  return OP_RESULT_DONE; /* once more, now in the loop */
}

/* Where FOREACH stands; at the end if an image was forged. */
static size_t position(const struct value *state) {
  const bool good = value_tag(*state) == VALUE_NUMBER &&
                    value_number_of(*state) >= 0 &&
                    value_number_of(*state) <= 2.0 * VM_VALUES_MAX;
  return good ? (size_t)value_number_of(*state) : 2 * (size_t)VM_VALUES_MAX;
}

static enum op_result next_of_text(const struct op *op, struct text array,
                                   struct value *state) {
  size_t at = position(state);
  struct text element;
  struct value v;
  /* Only a forged image stands within an element, perhaps in a character. */
  const bool stands = at == 0 || at > array.len || array.ptr[at - 1] == '|';
  if (!stands || !array_next(array, &at, &element)) {
    return go_to(op, op->in->c);
  }
  const enum op_result result = vm_new_text(op->vm, element, &v);
  if (result != OP_RESULT_DONE) {
    return result;
  }
  *state = value_number((double)at);
  return put(op, v);
}

static enum op_result op_each_next(const struct op *op) {
  const struct value from = op->r[op->in->b];
  struct value *state = &op->r[op->in->b + 1];
  switch (value_tag(from)) {
  case VALUE_NULL:
    return go_to(op, op->in->c);
  case VALUE_TEXT:
    return next_of_text(op, value_as_text(from), state);
  case VALUE_LIST: {
    const size_t i = position(state);
    if (i >= value_list_of(from)->count) {
      return go_to(op, op->in->c);
    }
    *state = value_number((double)(i + 1));
    heap_share(value_list_of(from)->items[i]);
    return put(op, value_list_of(from)->items[i]);
  }
  default:
    return vm_fail(op->vm, FAILURE_TYPE,
                   "FOREACH goes through an array or a list, not %s%s",
                   value_type_name(from),
                   value_tag(from) == VALUE_OBJECT ? ": try .keys()" : "");
  }
}

static enum op_result op_repeat_next(const struct op *op) {
  struct value *left = &op->r[op->in->a];
  double d;
  if (!value_to_operand(*left, &d)) {
    return not_a_count(op, "what REPEAT counts", *left);
  }
  if (!(d >= 1)) {
    return go_to(op, op->in->c);
  }
  *left = value_number(d - 1);
  return go_on(op);
}

static enum op_result op_builtin(const struct op *op) {
  const enum op_result result = builtin_call(op->vm, (enum builtin_id)op->in->b,
                                             &op->r[op->in->a], op->in->c);
  return result == OP_RESULT_DONE ? go_on(op) : result;
}

static enum op_result op_truth(const struct op *op) {
  const bool truth = value_is_true(operand(op, op->in->b));
  return put(op, value_bool(op->kind == OP_NOT ? !truth : truth));
}

static op_fn *const ops[OPCODES] = {
    [OP_ADD] = op_add,
    [OP_JOIN] = op_add,
    [OP_SUB] = op_arithmetic,
    [OP_MUL] = op_arithmetic,
    [OP_DIV] = op_arithmetic,
    [OP_MOD] = op_arithmetic,
    [OP_IDIV] = op_arithmetic,
    [OP_POW] = op_arithmetic,
    [OP_XOR] = op_xor,
    [OP_EQ] = op_compare,
    [OP_NE] = op_compare,
    [OP_LT] = op_compare,
    [OP_LE] = op_compare,
    [OP_NOT] = op_truth,
    [OP_TRUTH] = op_truth,
    [OP_NEG] = op_negate,
    [OP_TEXT] = op_text,
    [OP_TEMPLATE] = op_template,
    [OP_JOIN_ALL] = op_template,
    [OP_GET_MEMBER] = vm_op_get_member,
    [OP_SET_MEMBER] = vm_op_set_member,
    [OP_GET_INDEX] = vm_op_get_index,
    [OP_SET_INDEX] = vm_op_set_index,
    [OP_OPEN_OBJECT] = vm_op_open_member,
    [OP_OPEN_LIST] = vm_op_open_member,
    [OP_OPEN_INDEX] = vm_op_open_index,
    [OP_NEW_OBJECT] = vm_op_new_object,
    [OP_FOR_START] = op_for_start,
    [OP_FOR_NEXT] = op_for_next,
    [OP_EACH_NEXT] = op_each_next,
    [OP_REPEAT_NEXT] = op_repeat_next,
    [OP_ADD_GLOBAL] = op_grow,
    [OP_APPEND] = op_grow,
    [OP_APPEND_GLOBAL] = op_grow,
    [OP_ADD_AT] = vm_op_grow_at,
    [OP_JOIN_AT] = vm_op_grow_at,
    [OP_APPEND_AT] = vm_op_grow_at,
    [OP_CALL_APPEND_AT] = vm_op_grow_at,
    [OP_BUILTIN] = op_builtin,
};

enum op_result vm_slow_op(struct vm *vm, const struct insn *in) {
  const enum opcode kind = opcode_general((enum opcode)in->op);
  const struct op op = {vm, in, vm_registers(vm), (uint8_t)kind};
  bt_check(ops[kind] != NULL);
  return ops[kind](&op);
}
