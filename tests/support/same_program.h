/* same_program.h - do two programs do the same, line by line? */
#ifndef BATON_TESTS_SAME_PROGRAM_H
#define BATON_TESTS_SAME_PROGRAM_H

#include "studio/code_priv.h"

static inline bool same_code(const struct part *a, const struct part *b) {
  bool same = a->count == b->count && a->params == b->params &&
              a->registers == b->registers && a->unit->kind == b->unit->kind &&
              text_equal_nocase(a->unit->name, b->unit->name);
  for (uint32_t i = 0; same && i < a->count; i++) {
    const struct insn *x = &a->code[i], *y = &b->code[i];
    same = x->op == y->op && x->step == y->step && x->a == y->a &&
           x->b == y->b && x->c == y->c;
  }
  return same;
}

/* Instructions, constants and variables: all but the places in the source. */
static inline bool same_program(const struct program *a,
                                const struct program *b) {
  bool same = a->script.unit_count == b->script.unit_count &&
              a->constant_count == b->constant_count &&
              a->script.variable_count == b->script.variable_count;
  for (uint32_t i = 0; same && i < a->script.unit_count; i++) {
    same = same_code(&a->parts[i], &b->parts[i]);
  }
  for (uint32_t i = 0; same && i < a->constant_count; i++) {
    same = value_identical(a->constants[i], b->constants[i]);
  }
  for (uint32_t i = 0; same && i < a->script.variable_count; i++) {
    same = text_equal_nocase(a->script.variables[i], b->script.variables[i]);
  }
  return same;
}

#endif
