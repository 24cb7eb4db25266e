/* vm_op_priv.h - an instruction outside of the loop: vm_ops.c, vm_places.c. */
#ifndef BATON_STUDIO_VM_OP_PRIV_H
#define BATON_STUDIO_VM_OP_PRIV_H

#include "studio/vm_priv.h"

struct op {
  struct vm *vm;
  const struct insn *in;
  struct value *r;
  uint8_t kind; /* its opcode in general */
};

static inline struct value operand(const struct op *op, uint16_t x) {
  return vm_operand(op->vm, op->r, x);
}

static inline enum op_result go_on(const struct op *op) {
  vm_frame(op->vm)->pc++;
  return OP_RESULT_DONE;
}

static inline enum op_result put(const struct op *op, struct value v) {
  op->r[op->in->a] = v;
  return go_on(op);
}

typedef enum op_result op_fn(const struct op *op);

/* ---- vm_places.c */
op_fn vm_op_get_member, vm_op_set_member, vm_op_open_member;
op_fn vm_op_get_index, vm_op_set_index, vm_op_open_index;
op_fn vm_op_new_object, vm_op_grow_at;

#endif
