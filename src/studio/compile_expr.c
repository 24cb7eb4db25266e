#include <math.h>
#include <string.h>

#include "base/check.h"
#include "studio/action.h"
#include "studio/builtin_priv.h"
#include "studio/compiler_priv.h"

static void emit(struct compiler *c, enum opcode op, const struct expr *e,
                 struct insn in) {
  in.op = (uint8_t)op;
  (void)compiler_emit(c, in, e->at);
}

bool compiler_is_outer(const struct compiler *c, const struct expr *name) {
  return c->unit->kind == UNIT_FUNCTION && !name->variable.local;
}

static uint16_t variable_register(const struct expr *name) {
  return (uint16_t)name->variable.index;
}

static bool is_constant(uint16_t operand) {
  return (operand & CODE_CONSTANT) != 0;
}

/* Could evaluating it change a variable that has been looked at already? */
static bool has_call(const struct expr *e) {
  if (e == NULL) {
    return false;
  }
  const bool call = e->kind == EXPR_CALL || e->kind == EXPR_METHOD;
  bool found = call || has_call(e->left) || has_call(e->right);
  for (const struct expr *arg = e->args; arg != NULL && !found;
       arg = arg->next) {
    found = has_call(arg);
  }
  return found;
}

/* ---- values */

/* The result of a call lies where its arguments began: nothing to move. */
uint16_t compiler_fresh(struct compiler *c, const struct expr *e) {
  if (e->kind == EXPR_CALL || e->kind == EXPR_METHOD) {
    const uint16_t base = (uint16_t)c->next;
    compiler_to(c, e, base);
    return compiler_temp(c, e->at);
  }
  const uint16_t reg = compiler_temp(c, e->at);
  compiler_to(c, e, reg);
  return reg;
}

/* -5 is a constant like 5. */
static bool constant_number(const struct expr *e, double *out) {
  if (e->kind == EXPR_NUMBER) {
    *out = e->number;
    return true;
  }
  if (e->kind == EXPR_UNARY && e->op == EXPR_OP_NEG &&
      e->left->kind == EXPR_NUMBER) {
    *out = -e->left->number;
    return true;
  }
  return false;
}

uint16_t compiler_operand(struct compiler *c, const struct expr *e) {
  double number;
  if (constant_number(e, &number)) {
    return compiler_number(c, number);
  }
  switch ((unsigned)e->kind) {
  case EXPR_NULL:
    return compiler_null(c);
  case EXPR_BOOL:
    return compiler_bool(c, e->number != 0);
  case EXPR_TEXT:
    return compiler_text(c, e->text);
  case EXPR_NAME:
    if (!compiler_is_outer(c, e)) {
      return variable_register(e);
    }
    break;
  default:
    break;
  }
  return compiler_fresh(c, e);
}

/* Two operands, the left one safe from what the right one does. */
static void operand_pair(struct compiler *c, const struct expr *left,
                         const struct expr *right, uint16_t out[2]) {
  out[0] = left->kind == EXPR_NAME && has_call(right)
               ? compiler_fresh(c, left)
               : compiler_operand(c, left);
  out[1] = compiler_operand(c, right);
}

/* ---- operators */

static const struct binary {
  enum opcode op;
  bool swapped; /* a > b is b < a */
} binaries[] = {
    [EXPR_OP_EQ] = {OP_EQ, false},     [EXPR_OP_NE] = {OP_NE, false},
    [EXPR_OP_LT] = {OP_LT, false},     [EXPR_OP_LE] = {OP_LE, false},
    [EXPR_OP_GT] = {OP_LT, true},      [EXPR_OP_GE] = {OP_LE, true},
    [EXPR_OP_ADD] = {OP_ADD, false},   [EXPR_OP_SUB] = {OP_SUB, false},
    [EXPR_OP_XOR] = {OP_XOR, false},   [EXPR_OP_MUL] = {OP_MUL, false},
    [EXPR_OP_DIV] = {OP_DIV, false},   [EXPR_OP_MOD] = {OP_MOD, false},
    [EXPR_OP_IDIV] = {OP_IDIV, false}, [EXPR_OP_POW] = {OP_POW, false},
};

/* Has the instruction a form for this number of the script? */
static bool suits(enum opcode op, double k) {
  if (op == OP_MOD) {
    return k >= 1 && k <= UINT32_MAX && !(trunc(k) < k);
  }
  return op != OP_DIV || fabs(k) > 0;
}

static bool is_number(const struct compiler *c, uint16_t operand) {
  return is_constant(operand) &&
         value_tag(compiler_constant(c, operand)) == VALUE_NUMBER;
}

/* The instruction for just these operands, if there is one. */
static enum opcode particular(const struct compiler *c, enum opcode op,
                              uint16_t left, uint16_t right) {
  static const struct {
    enum opcode general, of_registers, with_number;
  } forms[] = {{OP_ADD, OP_ADD_R, OP_ADD_K},
               {OP_SUB, OP_SUB_R, OP_SUB_K},
               {OP_MUL, OP_MUL_R, OP_MUL_K},
               {OP_DIV, OP_DIV_R, OP_DIV_K},
               {OP_MOD, OP_MOD, OP_MOD_K},
               {OP_IF_EQ, OP_IF_EQ, OP_IF_EQ_K},
               {OP_GET_INDEX, OP_GET_INDEX_R, OP_GET_INDEX},
               {OP_IF_NE, OP_IF_NE, OP_IF_NE_K},
               {OP_IF_LT, OP_IF_LT, OP_IF_LT_K},
               {OP_IF_LE, OP_IF_LE, OP_IF_LE_K}};
  for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
    if (forms[i].general != op || is_constant(left)) {
      continue;
    }
    if (!is_constant(right)) {
      return forms[i].of_registers;
    }
    if (is_number(c, right) &&
        suits(op, value_number_of(compiler_constant(c, right)))) {
      return forms[i].with_number;
    }
  }
  return op;
}

/* ---- joins */

enum { JOIN_MAX = 64 }; /* pieces of one JOIN_ALL */

/* A literal that is no number: whatever is added to it joins, and so does
 * everything that is added to the result. */
static bool is_plain_text(const struct expr *e) {
  double number;
  return e->kind == EXPR_TEXT && !value_text_is_number(e->text, &number);
}

static bool is_sum(const struct expr *e) {
  return e->kind == EXPR_BINARY && e->op == EXPR_OP_ADD;
}

/* The summands of @e from the last one back, until one is certain to make all
 * behind it a join; what is left of that one is a single piece. How many: 0 if
 * there is none such, or too few to care. */
static size_t join_pieces(const struct expr *e,
                          const struct expr *pieces[JOIN_MAX]) {
  size_t n = 0, found = 0;
  while (is_sum(e) && n < JOIN_MAX - 1) {
    pieces[n++] = e->right;
    found = is_plain_text(e->right) ? n : found;
    e = e->left;
    pieces[n] = e;
  }
  if (n > 0 && is_plain_text(e)) {
    found = n;
  }
  return found >= 2 ? found + 1 : 0;
}

static bool join_all_to(struct compiler *c, const struct expr *e,
                        uint16_t dst) {
  const struct expr *pieces[JOIN_MAX];
  const size_t count = join_pieces(e, pieces);
  const struct expr *whole = e;
  if (count == 0) {
    return false;
  }
  const uint32_t keep = c->next;
  const uint16_t base = (uint16_t)c->next;
  for (size_t i = count - 1; i > 0; i--) {
    whole = whole->left;
  }
  (void)compiler_fresh(c, whole);
  for (size_t i = count - 1; i > 0; i--) {
    (void)compiler_fresh(c, pieces[i - 1]);
  }
  emit(c, OP_JOIN_ALL, e,
       (struct insn){.a = dst, .b = base, .c = (uint16_t)count});
  c->next = keep;
  return true;
}

static void binary_to(struct compiler *c, const struct expr *e, uint16_t dst) {
  const uint32_t keep = c->next;
  if (join_all_to(c, e, dst)) {
    return;
  }
  const struct binary b = binaries[e->op];
  uint16_t v[2];
  operand_pair(c, e->left, e->right, v);
  const bool join = e->op == EXPR_OP_ADD &&
                    (expr_is_literal(e->left) || expr_is_literal(e->right));
  const bool swaps = e->op == EXPR_OP_MUL ? is_constant(v[0]) : b.swapped;
  const enum opcode op =
      join ? OP_JOIN : particular(c, b.op, v[swaps], v[!swaps]);
  emit(c, op, e, (struct insn){.a = dst, .b = v[swaps], .c = v[!swaps]});
  c->next = keep;
}

void compiler_add_to(struct compiler *c, uint16_t dst, const struct expr *piece,
                     uint16_t value) {
  const enum opcode op =
      expr_is_literal(piece) ? OP_JOIN : particular(c, OP_ADD, dst, value);
  emit(c, op, piece, (struct insn){.a = dst, .b = dst, .c = value});
}

static bool is_logic(const struct expr *e) {
  return e->kind == EXPR_BINARY &&
         (e->op == EXPR_OP_AND || e->op == EXPR_OP_OR);
}

static void logic_to(struct compiler *c, const struct expr *e, uint16_t dst) {
  struct jumps no = {0}, end = {0};
  compiler_condition(c, e, false, &no);
  emit(c, OP_MOVE, e, (struct insn){.a = dst, .b = compiler_bool(c, true)});
  compiler_jump(c, &end, (struct insn){.op = OP_JUMP}, e->at);
  compiler_land(c, &no);
  emit(c, OP_MOVE, e, (struct insn){.a = dst, .b = compiler_bool(c, false)});
  compiler_land(c, &end);
}

static void unary_to(struct compiler *c, const struct expr *e, uint16_t dst) {
  const uint32_t keep = c->next;
  const uint16_t v = compiler_operand(c, e->left);
  emit(c, e->op == EXPR_OP_NOT ? OP_NOT : OP_NEG, e,
       (struct insn){.a = dst, .b = v});
  c->next = keep;
}

/* ---- conditions */

static bool is_comparison(const struct expr *e) {
  return e->kind == EXPR_BINARY && e->op >= EXPR_OP_EQ && e->op <= EXPR_OP_GE;
}

/* What jumps when the comparison does not hold, and, negated, when it does. */
static const struct comparison {
  enum opcode holds, negated;
  bool swapped, negated_swapped;
} comparisons[] = {
    [EXPR_OP_EQ] = {OP_IF_EQ, OP_IF_NE, false, false},
    [EXPR_OP_NE] = {OP_IF_NE, OP_IF_EQ, false, false},
    [EXPR_OP_LT] = {OP_IF_LT, OP_IF_LE, false, true},
    [EXPR_OP_LE] = {OP_IF_LE, OP_IF_LT, false, true},
    [EXPR_OP_GT] = {OP_IF_LT, OP_IF_LE, true, false},
    [EXPR_OP_GE] = {OP_IF_LE, OP_IF_LT, true, false},
};

static void comparison_jump(struct compiler *c, const struct expr *e, bool when,
                            struct jumps *j) {
  const uint32_t keep = c->next;
  const struct comparison cmp = comparisons[e->op];
  const bool swapped = when ? cmp.negated_swapped : cmp.swapped;
  uint16_t v[2];
  operand_pair(c, e->left, e->right, v);
  const enum opcode op =
      particular(c, when ? cmp.negated : cmp.holds, v[swapped], v[!swapped]);
  compiler_jump(
      c, j, (struct insn){.op = (uint8_t)op, .a = v[swapped], .b = v[!swapped]},
      e->at);
  c->next = keep;
}

static void logic_jump(struct compiler *c, const struct expr *e, bool when,
                       struct jumps *j) {
  /* One side decides alone: false for AND, true for OR. */
  const bool alone = e->op == EXPR_OP_OR;
  if (when == alone) {
    compiler_condition(c, e->left, when, j);
    compiler_condition(c, e->right, when, j);
    return;
  }
  struct jumps skip = {0};
  compiler_condition(c, e->left, alone, &skip);
  compiler_condition(c, e->right, when, j);
  compiler_land(c, &skip);
}

void compiler_condition(struct compiler *c, const struct expr *e, bool when,
                        struct jumps *j) {
  if (e->kind == EXPR_UNARY && e->op == EXPR_OP_NOT) {
    compiler_condition(c, e->left, !when, j);
    return;
  }
  if (is_logic(e)) {
    logic_jump(c, e, when, j);
    return;
  }
  if (is_comparison(e)) {
    comparison_jump(c, e, when, j);
    return;
  }
  const uint32_t keep = c->next;
  const uint16_t v = compiler_operand(c, e);
  const enum opcode op = when ? OP_UNLESS : OP_IF;
  compiler_jump(c, j, (struct insn){.op = (uint8_t)op, .a = v}, e->at);
  c->next = keep;
}

/* ---- members, indexes, texts */

static void member_to(struct compiler *c, const struct expr *e, uint16_t dst) {
  const uint32_t keep = c->next;
  const uint16_t object = compiler_operand(c, e->left);
  emit(c, OP_GET_MEMBER, e,
       (struct insn){.a = dst, .b = object, .c = compiler_text(c, e->text)});
  c->next = keep;
}

static void index_to(struct compiler *c, const struct expr *e, uint16_t dst) {
  const uint32_t keep = c->next;
  uint16_t v[2];
  operand_pair(c, e->left, e->right, v);
  emit(c, particular(c, OP_GET_INDEX, v[0], v[1]), e,
       (struct insn){.a = dst, .b = v[0], .c = v[1]});
  c->next = keep;
}

/* The arguments in registers one behind the other; the first one's number. */
static uint16_t arguments(struct compiler *c, const struct expr *e,
                          uint16_t *argc) {
  const uint16_t base = (uint16_t)c->next;
  *argc = 0;
  if (e->kind == EXPR_METHOD) {
    (void)compiler_fresh(c, e->left);
    (*argc)++;
  }
  for (const struct expr *arg = e->args; arg != NULL; arg = arg->next) {
    (void)compiler_fresh(c, arg);
    (*argc)++;
  }
  if (c->next == base) {
    (void)compiler_temp(c, e->at); /* for the result */
  }
  return base;
}

static void template_to(struct compiler *c, const struct expr *e,
                        uint16_t dst) {
  const uint32_t keep = c->next;
  const uint16_t base = (uint16_t)c->next;
  for (const struct expr *part = e->args; part != NULL; part = part->next) {
    (void)compiler_fresh(c, part);
  }
  emit(c, OP_TEMPLATE, e,
       (struct insn){.a = dst, .b = base, .c = (uint16_t)e->argc});
  c->next = keep;
}

/* ---- calls */

static bool is_path(const struct expr *e) {
  while (e->kind == EXPR_MEMBER ||
         (e->kind == EXPR_INDEX && !has_call(e->right))) {
    e = e->left;
  }
  return e->kind == EXPR_NAME;
}

static bool changes_value(const struct expr *e) {
  return e->kind == EXPR_METHOD && e->callee == CALLEE_BUILTIN &&
         builtin_info((enum builtin_id)e->callee_id)->use ==
             BUILTIN_USE_CHANGES &&
         is_path(e->left);
}

static void call_to(struct compiler *c, const struct expr *e, uint16_t dst) {
  static const enum opcode ops[] = {[CALLEE_FUNCTION] = OP_CALL,
                                    [CALLEE_BUILTIN] = OP_BUILTIN,
                                    [CALLEE_ACTION] = OP_ACTION};
  if (e->callee == CALLEE_UNKNOWN) {
    return; /* reported */
  }
  const uint32_t keep = c->next;
  uint16_t argc;
  const uint16_t base = arguments(c, e, &argc);
  if (e->kind == EXPR_METHOD && e->callee == CALLEE_BUILTIN) {
    argc |= CODE_METHOD;
  }
  emit(c, ops[e->callee], e,
       (struct insn){.a = base, .b = (uint16_t)e->callee_id, .c = argc});
  if (changes_value(e)) {
    compiler_store(c, e->left, base);
  }
  if (dst != base) {
    emit(c, OP_MOVE, e, (struct insn){.a = dst, .b = base});
  }
  c->next = keep;
}

static void name_to(struct compiler *c, const struct expr *e, uint16_t dst) {
  if (compiler_is_outer(c, e)) {
    emit(c, OP_GET_GLOBAL, e,
         (struct insn){.a = dst, .b = variable_register(e)});
  } else if (variable_register(e) != dst) {
    emit(c, OP_MOVE, e, (struct insn){.a = dst, .b = variable_register(e)});
  }
}

static void constant_to(struct compiler *c, const struct expr *e,
                        uint16_t dst) {
  const uint16_t v = compiler_operand(c, e);
  bt_check(is_constant(v) || c->failed || c->too_large);
  emit(c, OP_MOVE, e, (struct insn){.a = dst, .b = v});
}

void compiler_to(struct compiler *c, const struct expr *e, uint16_t dst) {
  double number;
  switch (e->kind) {
  case EXPR_NULL:
  case EXPR_BOOL:
  case EXPR_NUMBER:
  case EXPR_TEXT:
    constant_to(c, e, dst);
    break;
  case EXPR_NAME:
    name_to(c, e, dst);
    break;
  case EXPR_TEMPLATE:
    template_to(c, e, dst);
    break;
  case EXPR_MEMBER:
    member_to(c, e, dst);
    break;
  case EXPR_INDEX:
    index_to(c, e, dst);
    break;
  case EXPR_CALL:
  case EXPR_METHOD:
    call_to(c, e, dst);
    break;
  case EXPR_UNARY:
    if (constant_number(e, &number)) {
      constant_to(c, e, dst);
    } else {
      unary_to(c, e, dst);
    }
    break;
  case EXPR_BINARY:
    if (is_logic(e)) {
      logic_to(c, e, dst);
    } else {
      binary_to(c, e, dst);
    }
    break;
  }
}
