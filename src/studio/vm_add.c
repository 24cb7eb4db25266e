/* a + b where not both are numbers, and texts that grow. */
#include <string.h>

#include "studio/builtin_impl_priv.h"
#include "studio/vm_priv.h"

/* What is not numeric counts as nothing, unless one of the two makes it a join:
 * then false. */
static bool is_sum(const struct value *a, const struct value *b, bool join,
                   double *sum) {
  double x = 0, y = 0;
  const bool left = value_to_number(*a, &x), right = value_to_number(*b, &y);
  *sum = x + y;
  return (left && right) ||
         !(join || value_is_joined(*a) || value_is_joined(*b));
}

enum op_result vm_add(struct vm *vm, const struct value *a,
                      const struct value *b, bool join, struct value *out) {
  double sum;
  if (is_sum(a, b, join, &sum)) {
    *out = value_number(sum);
    return OP_RESULT_DONE;
  }
  textbuf_clear(&vm->scratch);
  value_print(*a, &vm->scratch);
  value_print(*b, &vm->scratch);
  const enum op_result result = vm_take_scratch(vm, out);
  if (result == OP_RESULT_DONE) {
    *out = value_joined(*out);
  }
  return result;
}

/* ---- in place: else a long text would be copied for each piece */

enum { GROWS_FROM = 256, SLACK_MAX = 65536 };

static struct text_obj *with_slack(struct heap *heap, struct text t,
                                   size_t len) {
  const size_t slack = len < SLACK_MAX ? len : SLACK_MAX;
  struct text_obj *o = heap_new_text_with_room(heap, t, len + slack);
  return o != NULL ? o : heap_new_text_with_room(heap, t, len);
}

static enum op_result append(struct vm *vm, struct text_obj *t,
                             struct text more, struct value *out) {
  const size_t len = t->len + more.len;
  vm_charge(vm, more.len);
  if (!t->head.grows || t->room < len) {
    t = with_slack(&vm->heap, text_obj_text(t), len);
    if (t == NULL) {
      return OP_RESULT_ROOM;
    }
    vm_charge(vm, len);
  }
  memcpy(t->bytes + t->len, more.len > 0 ? more.ptr : "", more.len);
  t->len = (uint32_t)len;
  t->bytes[len] = '\0';
  t->head.grows = true;
  *out = value_text(t);
  return OP_RESULT_DONE;
}

/* Is it a text that is worth growing? */
static bool is_long(struct value v) {
  return value_tag(v) == VALUE_TEXT && value_text_of(v)->len >= GROWS_FROM;
}

enum op_result vm_add_to(struct vm *vm, const struct value *a,
                         const struct value *b, bool join, struct value *out) {
  double sum;
  if (!is_long(*a) || is_sum(a, b, join, &sum)) {
    return vm_add(vm, a, b, join, out);
  }
  textbuf_clear(&vm->scratch);
  value_print(*b, &vm->scratch);
  if (vm->scratch.failed) {
    return vm_take_scratch(vm, out);
  }
  const enum op_result result =
      append(vm, value_text_of(*a), textbuf_text(&vm->scratch), out);
  if (result == OP_RESULT_DONE) {
    *out = value_joined(*out);
  }
  return result;
}

enum op_result vm_splice(struct vm *vm, const struct value *pieces,
                         unsigned count, struct value *place) {
  const bool grows = is_long(*place);
  textbuf_clear(&vm->scratch);
  if (!grows) {
    value_print(*place, &vm->scratch);
  }
  for (unsigned i = 0; i < count; i++) {
    value_print(pieces[i], &vm->scratch);
  }
  return grows && !vm->scratch.failed
             ? append(vm, value_text_of(*place), textbuf_text(&vm->scratch),
                      place)
             : vm_take_scratch(vm, place);
}

enum op_result vm_append_method(struct vm *vm, struct value more,
                                struct value *place) {
  if (is_long(*place) && value_tag(more) == VALUE_TEXT) {
    return append(vm, value_text_of(*place), value_as_text(more), place);
  }
  struct value args[] = {*place, more};
  const enum op_result result =
      builtin_call(vm, BUILTIN_APPEND, args, 2 | CODE_METHOD);
  if (result == OP_RESULT_DONE) {
    *place = args[0];
  }
  return result;
}

enum op_result vm_grow(struct vm *vm, const struct insn *in,
                       const struct value *registers, struct value *place) {
  if (in->op == OP_ADD_GLOBAL) {
    const struct value b = vm_operand(vm, registers, in->b);
    return vm_add_to(vm, place, &b, in->c == 1, place);
  }
  if (in->c & CODE_METHOD) {
    return vm_append_method(vm, registers[in->b], place);
  }
  return vm_splice(vm, &registers[in->b], in->c, place);
}
