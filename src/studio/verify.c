/* Compiled code held against the table of opcodes. */
#include <math.h>

#include "studio/action.h"
#include "studio/builtin_priv.h"
#include "studio/code_priv.h"

struct verifier {
  const struct program *program;
  const struct part *part;
};

static bool is_register(const struct verifier *v, unsigned x) {
  return x < v->part->registers;
}

static bool is_constant(const struct verifier *v, unsigned x) {
  return (x & CODE_CONSTANT) != 0 &&
         (x & ~(unsigned)CODE_CONSTANT) < v->program->constant_count;
}

static struct value constant(const struct verifier *v, unsigned x) {
  return v->program->constants[x & ~(unsigned)CODE_CONSTANT];
}

static bool is_text_constant(const struct verifier *v, unsigned x) {
  return is_constant(v, x) && value_tag(constant(v, x)) == VALUE_TEXT;
}

static bool operand_fits(const struct verifier *v, enum operand kind,
                         unsigned x) {
  switch (kind) {
  case OPERAND_NO:
  case OPERAND_N:
    return true;
  case OPERAND_W:
  case OPERAND_R:
    return is_register(v, x);
  case OPERAND_V:
    return x & CODE_CONSTANT ? is_constant(v, x) : is_register(v, x);
  case OPERAND_K:
    return is_text_constant(v, x);
  case OPERAND_KN:
    return is_constant(v, x) && value_tag(constant(v, x)) == VALUE_NUMBER;
  case OPERAND_GL:
    return x < v->program->script.variable_count;
  case OPERAND_FN:
    return x < v->program->script.unit_count &&
           v->program->parts[x].unit->kind == UNIT_FUNCTION;
  case OPERAND_BI:
    return x < BUILTINS;
  case OPERAND_AC:
    return x < ACTIONS;
  case OPERAND_TO:
    return x < v->part->count;
  }
  return false;
}

static bool is_between(unsigned n, unsigned min, unsigned max) {
  return n >= min && n <= max;
}

static bool builtin_fits(const struct verifier *v, const struct insn *in) {
  const struct builtin_info *info = builtin_info((enum builtin_id)in->b);
  const unsigned count = in->c & ~(unsigned)CODE_METHOD;
  return in->a + count <= v->part->registers &&
         is_between(count, info->min_args, info->max_args);
}

/* The object of a method is an argument, too. */
static bool action_fits(const struct verifier *v, const struct insn *in) {
  const struct action_info *info = action_info((enum action_id)in->b);
  const unsigned self = info->offer == ACTION_OFFER_METHOD;
  return in->a + (unsigned)in->c <= v->part->registers &&
         is_between(in->c, info->min_args + self, info->max_args + self);
}

/* What a row of the table cannot say: operands that stand for several. */
static bool ranges_fit(const struct verifier *v, const struct insn *in) {
  switch (in->op) {
  case OP_JOIN_ALL:
  case OP_TEMPLATE:
    return in->b + (unsigned)in->c <= v->part->registers;
  case OP_APPEND:
  case OP_APPEND_GLOBAL:
    return in->b + (in->c & ~(unsigned)CODE_METHOD) <= v->part->registers;
  case OP_BUILTIN:
    return builtin_fits(v, in);
  case OP_ACTION:
    return action_fits(v, in);
  case OP_RETURN:
    return v->part->unit->kind == UNIT_FUNCTION;
  case OP_DIV_K:
    return fabs(value_number_of(constant(v, in->c))) > 0;
  case OP_MOD_K:
    return value_number_of(constant(v, in->c)) >= 1 &&
           value_number_of(constant(v, in->c)) <= UINT32_MAX;
  case OP_CALL:
    return v->program->parts[in->b].params == in->c &&
           in->a + (unsigned)in->c <= v->part->registers;
  case OP_FOR_START:
  case OP_FOR_NEXT:
  case OP_EACH_NEXT:
    return is_register(v, in->b + 1u);
  default:
    return true;
  }
}

static bool insn_fits(const struct verifier *v, const struct insn *in) {
  if (in->op >= OPCODES) {
    return false;
  }
  const struct opcode_info *info = opcode_info((enum opcode)in->op);
  return operand_fits(v, info->a, in->a) && operand_fits(v, info->b, in->b) &&
         operand_fits(v, info->c, in->c) && ranges_fit(v, in);
}

/* Every way round counts a statement, or nothing would end it: a jump back
 * does, or what it jumps to, and so does what a function begins with. */
static bool is_counted(const struct verifier *v, uint32_t i) {
  const struct insn *in = &v->part->code[i];
  const struct opcode_info *info = opcode_info((enum opcode)in->op);
  if (info->c == OPERAND_TO && in->c <= i) {
    return in->step || v->part->code[in->c].step;
  }
  return i > 0 || in->step || in->op == OP_RETURN || in->op == OP_END;
}

static bool part_fits(const struct verifier *v) {
  if (v->part->count == 0 || v->part->params > v->part->registers) {
    return false;
  }
  for (uint32_t i = 0; i < v->part->count; i++) {
    if (!insn_fits(v, &v->part->code[i]) || !is_counted(v, i)) {
      return false;
    }
  }
  const bool function = v->part->unit->kind == UNIT_FUNCTION;
  const uint8_t last = v->part->code[v->part->count - 1].op;
  return last == (function ? OP_RETURN : OP_END);
}

bool program_verify(const struct program *p) {
  for (uint32_t i = 0; i < p->script.unit_count; i++) {
    const struct verifier v = {p, &p->parts[i]};
    if (!part_fits(&v)) {
      return false;
    }
  }
  return true;
}
