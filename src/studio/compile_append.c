/* s = s + a + b: what is added goes to the text that s has, piece by piece. A
 * temporary s + a would be copied whole each time, and a text that is built in
 * a loop would take as many steps as the square of its length. */
#include "studio/compiler_priv.h"

enum { PIECES_MAX = 32 };

static bool is_same(const struct expr *e, const struct expr *variable) {
  return e->kind == EXPR_NAME &&
         e->variable.local == variable->variable.local &&
         e->variable.index == variable->variable.index;
}

/* Can the piece be computed before the first is added? Not if it is the
 * variable's own value, or code of the script runs in it. */
static bool is_apart(const struct expr *e, const struct expr *variable) {
  if (e == NULL) {
    return true;
  }
  const bool runs = (e->kind == EXPR_CALL || e->kind == EXPR_METHOD) &&
                    e->callee != CALLEE_BUILTIN;
  if (runs || is_same(e, variable) || !is_apart(e->left, variable) ||
      !is_apart(e->right, variable)) {
    return false;
  }
  const struct expr *arg = e->args;
  while (arg != NULL && is_apart(arg, variable)) {
    arg = arg->next;
  }
  return arg == NULL;
}

/* What is added to the variable, the last piece first; 0 if it is not that, or
 * one piece, which is no chain. */
static size_t pieces_of(const struct expr *sum, const struct expr *variable,
                        const struct expr *pieces[PIECES_MAX]) {
  size_t n = 0;
  const struct expr *e = sum;
  while (e->kind == EXPR_BINARY && e->op == EXPR_OP_ADD && n < PIECES_MAX &&
         is_apart(e->right, variable)) {
    pieces[n++] = e->right;
    e = e->left;
  }
  return is_same(e, variable) && n >= 2 ? n : 0;
}

bool compiler_append(struct compiler *c, const struct expr *variable,
                     const struct expr *sum) {
  const struct expr *pieces[PIECES_MAX];
  uint16_t values[PIECES_MAX];
  const size_t count = pieces_of(sum, variable, pieces);
  const uint32_t keep = c->next;
  for (size_t i = count; i > 0; i--) {
    values[i - 1] = compiler_operand(c, pieces[i - 1]);
  }
  for (size_t i = count; i > 0; i--) {
    compiler_add_to(c, (uint16_t)variable->variable.index, pieces[i - 1],
                    values[i - 1]);
  }
  c->next = keep;
  return count > 0;
}
