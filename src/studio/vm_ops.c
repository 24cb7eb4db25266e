/* The instructions that are not in the loop. Each sets the frame's pc to what
 * comes next, after everything that could fail. */
#include <math.h>

#include "base/check.h"
#include "studio/date_priv.h"
#include "studio/vm_priv.h"
#include "studio/xml_priv.h"

struct op {
  struct vm *vm;
  const struct insn *in;
  struct value *r;
  uint8_t kind; /* its opcode in general */
};

static struct value operand(const struct op *op, uint16_t x) {
  return x & CODE_CONSTANT ? op->vm->program->constants[x & ~CODE_CONSTANT]
                           : op->r[x];
}

static enum op_result go_on(const struct op *op) {
  vm_frame(op->vm)->pc++;
  return OP_RESULT_DONE;
}

static enum op_result go_to(const struct op *op, uint16_t target) {
  vm_frame(op->vm)->pc = target;
  return OP_RESULT_DONE;
}

static enum op_result put(const struct op *op, struct value v) {
  op->r[op->in->a] = v;
  return go_on(op);
}

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
    const struct text t = text_sub(value_as_text(v), 0, 40);
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

/* ---- members */

static enum op_result op_get_member(const struct op *op) {
  const struct value object = operand(op, op->in->b);
  const struct value key = operand(op, op->in->c);
  const struct text name = value_as_text(key);
  const bool whole = text_equal(name, TEXT("$value"));
  if (value_tag(object) != VALUE_OBJECT) {
    return put(op, whole ? object : array_property(object, name));
  }
  vm_charge(op->vm, value_object_of(object)->count * 16);
  const struct object_obj *o = value_object_of(object);
  const struct value *found = object_find_key(o, value_text_of(key));
  if (found == NULL) {
    found = whole ? &object : xml_find(o, name);
  }
  return put(op, found == NULL ? value_null() : *found);
}

static enum op_result need_object(const struct op *op, struct value v,
                                  struct text name) {
  if (value_tag(v) == VALUE_NULL) {
    return vm_fail(op->vm, FAILURE_TYPE,
                   "'%.*s' cannot be set in null: DYNAMIC makes an object",
                   TEXT_ARG(name));
  }
  return vm_fail(op->vm, FAILURE_TYPE, "'%.*s' cannot be set in %s",
                 TEXT_ARG(name), value_type_name(v));
}

static enum op_result op_set_member(const struct op *op) {
  const struct value object = op->r[op->in->a];
  const struct value key = operand(op, op->in->b);
  if (value_tag(object) != VALUE_OBJECT) {
    return need_object(op, object, value_as_text(key));
  }
  vm_charge(op->vm, value_object_of(object)->count * 16);
  return heap_object_set(&op->vm->heap, value_object_of(object),
                         value_text_of(key), operand(op, op->in->c))
             ? go_on(op)
             : OP_RESULT_ROOM;
}

static bool new_container(struct vm *vm, bool list, struct value *out) {
  if (list) {
    struct list_obj *l = heap_new_list(&vm->heap, 0);
    *out = l == NULL ? value_null() : value_list(l);
  } else {
    struct object_obj *o = heap_new_object(&vm->heap);
    *out = o == NULL ? value_null() : value_object(o);
  }
  return value_tag(*out) != VALUE_NULL;
}

static enum op_result op_open_member(const struct op *op) {
  const struct value object = op->r[op->in->b];
  const struct value key = operand(op, op->in->c);
  struct value inner;
  if (value_tag(object) != VALUE_OBJECT) {
    return need_object(op, object, value_as_text(key));
  }
  const struct value *found =
      object_find(value_object_of(object), value_as_text(key));
  if (found != NULL && value_tag(*found) != VALUE_NULL) {
    return put(op, *found);
  }
  if (!new_container(op->vm, op->kind == OP_OPEN_LIST, &inner) ||
      !heap_object_set(&op->vm->heap, value_object_of(object),
                       value_text_of(key), inner)) {
    return OP_RESULT_ROOM;
  }
  return put(op, inner);
}

static enum op_result op_new_object(const struct op *op) {
  struct value v;
  return new_container(op->vm, false, &v) ? put(op, v) : OP_RESULT_ROOM;
}

/* ---- indexes */

static enum op_result bad_index(const struct op *op, struct value index,
                                size_t size) {
  double d;
  if (!value_to_number(index, &d) || trunc(d) != d) {
    return vm_fail(
        op->vm, FAILURE_INDEX, "an index is a whole number from 1 on, not %s",
        value_to_number(index, &d) ? "a fraction" : value_type_name(index));
  }
  return vm_fail(op->vm, FAILURE_INDEX,
                 "index %.15g is outside of 1 to %zu, the elements there are",
                 d, size);
}

/* From 1 to @size; false if it is anything else. */
static bool to_index(struct value v, size_t size, size_t *out) {
  double d;
  if (!value_to_number(v, &d) || !(d >= 1 && d <= (double)size) ||
      trunc(d) != d) {
    return false;
  }
  *out = (size_t)d;
  return true;
}

static enum op_result op_get_index(const struct op *op) {
  const struct value from = operand(op, op->in->b);
  const struct value index = operand(op, op->in->c);
  struct text element;
  struct value v;
  size_t i, size = 0;
  if (value_tag(from) == VALUE_OBJECT && value_tag(index) == VALUE_TEXT) {
    const struct value *found =
        object_find(value_object_of(from), value_as_text(index));
    return put(op, found == NULL ? value_null() : *found);
  }
  if (value_tag(from) == VALUE_LIST) {
    size = value_list_of(from)->count;
    return to_index(index, size, &i)
               ? put(op, value_list_of(from)->items[i - 1])
               : bad_index(op, index, size);
  }
  if (value_tag(from) != VALUE_TEXT) {
    return vm_fail(op->vm, FAILURE_TYPE, "%s has no elements",
                   value_type_name(from));
  }
  size = array_size(value_as_text(from));
  vm_charge(op->vm, value_as_text(from).len);
  if (!to_index(index, size, &i) ||
      !array_element(value_as_text(from), i, &element)) {
    return bad_index(op, index, size);
  }
  const enum op_result result = vm_new_text(op->vm, element, &v);
  return result == OP_RESULT_DONE ? put(op, v) : result;
}

/* One behind the last is where an array or a list grows. */
static enum op_result set_in_text(const struct op *op, struct text array,
                                  struct value index, struct value value) {
  struct textbuf *out = &op->vm->scratch;
  const size_t size = array_size(array);
  struct text element;
  struct value v;
  size_t at = 0, wanted;
  if (!to_index(index, size + 1, &wanted)) {
    return bad_index(op, index, size);
  }
  textbuf_clear(out);
  for (size_t i = 1; i <= size || i == wanted; i++) {
    const bool there = array_next(array, &at, &element);
    textbuf_add(out, i > 1 ? TEXT("|") : TEXT(""));
    if (i == wanted) {
      value_print(value, out);
    } else if (there) {
      textbuf_add(out, element);
    }
  }
  const enum op_result result = vm_take_scratch(op->vm, &v);
  return result == OP_RESULT_DONE ? put(op, v) : result;
}

static enum op_result set_in_list(const struct op *op, struct list_obj *list,
                                  struct value index, struct value value) {
  size_t i;
  if (!to_index(index, list->count + 1, &i)) {
    return bad_index(op, index, list->count);
  }
  if (i <= list->count) {
    heap_share(value);
    list->items[i - 1] = value;
    return go_on(op);
  }
  return heap_list_add(&op->vm->heap, list, value) ? go_on(op) : OP_RESULT_ROOM;
}

static enum op_result set_in_object(const struct op *op,
                                    struct object_obj *object,
                                    struct text_obj *key, struct value value) {
  return heap_object_set(&op->vm->heap, object, key, value) ? go_on(op)
                                                            : OP_RESULT_ROOM;
}

static enum op_result op_set_index(const struct op *op) {
  const struct value into = op->r[op->in->a];
  const struct value index = operand(op, op->in->b);
  const struct value value = operand(op, op->in->c);
  switch (value_tag(into)) {
  case VALUE_LIST:
    return set_in_list(op, value_list_of(into), index, value);
  case VALUE_TEXT:
    return set_in_text(op, value_as_text(into), index, value);
  case VALUE_NULL:
    return set_in_text(op, TEXT(""), index, value);
  case VALUE_OBJECT:
    if (value_tag(index) == VALUE_TEXT) {
      return set_in_object(op, value_object_of(into), value_text_of(index),
                           value);
    }
    break;
  default:
    break;
  }
  return vm_fail(op->vm, FAILURE_TYPE, "%s has no elements",
                 value_type_name(into));
}

static enum op_result open_in_list(const struct op *op, struct list_obj *list,
                                   struct value index) {
  struct value inner;
  size_t i;
  if (!to_index(index, list->count + 1, &i)) {
    return bad_index(op, index, list->count);
  }
  if (i <= list->count && value_tag(list->items[i - 1]) != VALUE_NULL) {
    return put(op, list->items[i - 1]);
  }
  if (!heap_list_reserve(&op->vm->heap, list, i) ||
      !new_container(op->vm, false, &inner)) {
    return OP_RESULT_ROOM;
  }
  list->items[i - 1] = inner;
  list->count = i > list->count ? i : list->count;
  return put(op, inner);
}

static enum op_result op_open_index(const struct op *op) {
  const struct value from = op->r[op->in->b];
  if (value_tag(from) == VALUE_LIST) {
    return open_in_list(op, value_list_of(from), operand(op, op->in->c));
  }
  return op_get_index(op);
}

/* ---- loops */

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

typedef enum op_result op_fn(const struct op *op);

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
    [OP_GET_MEMBER] = op_get_member,
    [OP_SET_MEMBER] = op_set_member,
    [OP_GET_INDEX] = op_get_index,
    [OP_SET_INDEX] = op_set_index,
    [OP_OPEN_OBJECT] = op_open_member,
    [OP_OPEN_LIST] = op_open_member,
    [OP_OPEN_INDEX] = op_open_index,
    [OP_NEW_OBJECT] = op_new_object,
    [OP_FOR_START] = op_for_start,
    [OP_FOR_NEXT] = op_for_next,
    [OP_EACH_NEXT] = op_each_next,
    [OP_REPEAT_NEXT] = op_repeat_next,
    [OP_ADD_GLOBAL] = op_grow,
    [OP_APPEND] = op_grow,
    [OP_APPEND_GLOBAL] = op_grow,
    [OP_BUILTIN] = op_builtin,
};

enum op_result vm_slow_op(struct vm *vm, const struct insn *in) {
  const enum opcode kind = opcode_general((enum opcode)in->op);
  const struct op op = {vm, in, vm_registers(vm), (uint8_t)kind};
  bt_check(ops[kind] != NULL);
  return ops[kind](&op);
}
