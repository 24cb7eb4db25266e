/* s = s + a + b, s = "{s}…", s.append(a): what is added goes to the text that s
 * has, which may be a member or an element: o.s, v[i]. A temporary s + a would
 * be copied whole each time, and a text that is built in a loop would take as
 * many steps as the square of its length. */
#include "studio/builtin_priv.h"
#include "studio/compiler_priv.h"

enum { PIECES_MAX = 32 };

static bool is_same(const struct expr *e, const struct expr *place);

/* Two indexes that are certain to be equal. A quoted one would look like the
 * name of a member. */
static bool is_same_index(const struct expr *e, const struct expr *index) {
  return index->kind == EXPR_NUMBER
             ? e->kind == EXPR_NUMBER && !(e->number < index->number) &&
                   !(e->number > index->number)
             : index->kind == EXPR_NAME && is_same(e, index);
}

static bool is_same(const struct expr *e, const struct expr *place) {
  if (e->kind != place->kind) {
    return false;
  }
  switch ((unsigned)place->kind) {
  case EXPR_NAME:
    return e->variable.local == place->variable.local &&
           e->variable.index == place->variable.index;
  case EXPR_MEMBER:
    return text_equal(e->text, place->text) && is_same(e->left, place->left);
  case EXPR_INDEX:
    return is_same_index(e->right, place->right) &&
           is_same(e->left, place->left);
  default:
    return false;
  }
}

/* Does code of the script run in the call? Does it change something, which
 * could be the object that the place is in? */
static bool disturbs(const struct expr *e, const struct expr *place) {
  if (e->kind != EXPR_CALL && e->kind != EXPR_METHOD) {
    return false;
  }
  return e->callee != CALLEE_BUILTIN ||
         (place->kind != EXPR_NAME &&
          builtin_info((enum builtin_id)e->callee_id)->use ==
              BUILTIN_USE_CHANGES);
}

static bool are_apart(const struct expr *list, const struct expr *variable);

/* Can the piece be computed before the first is added? Not if it is the
 * variable's own value, or code of the script runs in it. */
static bool is_apart(const struct expr *e, const struct expr *variable) {
  if (e == NULL) {
    return true;
  }
  if (disturbs(e, variable) || is_same(e, variable) ||
      !is_apart(e->left, variable) || !is_apart(e->right, variable)) {
    return false;
  }
  return are_apart(e->args, variable);
}

static bool are_apart(const struct expr *list, const struct expr *variable) {
  while (list != NULL && is_apart(list, variable)) {
    list = list->next;
  }
  return list == NULL;
}

/* What is added to the variable, the last piece first; 0 if it is not that. */
static size_t pieces_of(const struct expr *sum, const struct expr *variable,
                        const struct expr *pieces[PIECES_MAX]) {
  size_t n = 0;
  const struct expr *e = sum;
  while (e->kind == EXPR_BINARY && e->op == EXPR_OP_ADD && n < PIECES_MAX &&
         is_apart(e->right, variable)) {
    pieces[n++] = e->right;
    e = e->left;
  }
  return is_same(e, variable) ? n : 0;
}

static void add_piece(struct compiler *c, const struct expr *variable,
                      const struct expr *piece, uint16_t value) {
  const uint16_t index = (uint16_t)variable->variable.index;
  if (!compiler_is_outer(c, variable)) {
    compiler_add_to(c, index, piece, value);
    return;
  }
  const struct insn in = {
      .op = OP_ADD_GLOBAL, .a = index, .b = value, .c = expr_is_literal(piece)};
  (void)compiler_emit(c, in, piece->at);
}

static void append_registers(struct compiler *c, struct place at,
                             const struct expr *variable, uint16_t base,
                             uint16_t count) {
  const bool outer = compiler_is_outer(c, variable);
  const struct insn in = {.op = outer ? OP_APPEND_GLOBAL : OP_APPEND,
                          .a = (uint16_t)variable->variable.index,
                          .b = base,
                          .c = count};
  (void)compiler_emit(c, in, at);
}

/* "{s}…" */
static bool append_template(struct compiler *c, const struct expr *variable,
                            const struct expr *e) {
  if (e->argc < 2 || !is_same(e->args, variable) ||
      !are_apart(e->args->next, variable)) {
    return false;
  }
  const uint32_t keep = c->next;
  const uint16_t base = (uint16_t)c->next;
  for (const struct expr *part = e->args->next; part != NULL;
       part = part->next) {
    (void)compiler_fresh(c, part);
  }
  append_registers(c, e->at, variable, base, (uint16_t)(e->argc - 1));
  c->next = keep;
  return true;
}

bool compiler_append(struct compiler *c, const struct expr *variable,
                     const struct expr *sum) {
  if (sum->kind == EXPR_TEMPLATE) {
    return append_template(c, variable, sum);
  }
  const struct expr *pieces[PIECES_MAX];
  uint16_t values[PIECES_MAX];
  const size_t count = pieces_of(sum, variable, pieces);
  if (count < (compiler_is_outer(c, variable) ? 1 : 2)) {
    return false; /* one instruction does it in place */
  }
  const uint32_t keep = c->next;
  for (size_t i = count; i > 0; i--) {
    values[i - 1] = compiler_operand(c, pieces[i - 1]);
  }
  for (size_t i = count; i > 0; i--) {
    add_piece(c, variable, pieces[i - 1], values[i - 1]);
  }
  c->next = keep;
  return true;
}

/* ---- members and elements */

/* What one instruction adds, and how. */
struct addition {
  enum opcode op;
  uint16_t value;
};

/* An image names the texts of a script by their order: those of the place come
 * first, as they do when it is read before the pieces. */
static void name_texts(struct compiler *c, const struct expr *place) {
  if (place->kind != EXPR_NAME) {
    name_texts(c, place->left);
  }
  if (place->kind == EXPR_MEMBER) {
    (void)compiler_text(c, place->text);
  }
}

static size_t template_addition(struct compiler *c, const struct expr *target,
                                const struct expr *e, struct addition *out) {
  if (e->argc < 2 || !is_same(e->args, target) ||
      !are_apart(e->args->next, target)) {
    return 0;
  }
  name_texts(c, target);
  const uint16_t base = (uint16_t)c->next;
  for (const struct expr *part = e->args->next; part != NULL;
       part = part->next) {
    (void)compiler_fresh(c, part);
  }
  const struct insn in = {
      .op = OP_TEMPLATE, .a = base, .b = base, .c = (uint16_t)(e->argc - 1)};
  (void)compiler_emit(c, in, e->at);
  *out = (struct addition){OP_APPEND_AT, base};
  return 1;
}

static size_t additions_of(struct compiler *c, const struct expr *target,
                           const struct expr *sum,
                           struct addition out[PIECES_MAX]) {
  const struct expr *pieces[PIECES_MAX];
  if (sum->kind == EXPR_TEMPLATE) {
    return template_addition(c, target, sum, out);
  }
  const size_t count = pieces_of(sum, target, pieces);
  if (count > 0) {
    name_texts(c, target);
  }
  for (size_t i = 0; i < count; i++) {
    const struct expr *piece = pieces[count - 1 - i];
    out[i] = (struct addition){expr_is_literal(piece) ? OP_JOIN_AT : OP_ADD_AT,
                               compiler_operand(c, piece)};
  }
  return count;
}

static void add_at(struct compiler *c, const struct expr *target,
                   const struct addition *added, size_t count) {
  const bool index = target->kind == EXPR_INDEX;
  const struct opened o =
      compiler_open(c, target->left, index && compiler_counts(target->right));
  const uint16_t key = index ? compiler_operand(c, target->right)
                             : compiler_text(c, target->text);
  for (size_t i = 0; i < count; i++) {
    const struct insn in = {
        .op = (uint8_t)added[i].op, .a = o.reg, .b = key, .c = added[i].value};
    (void)compiler_emit(c, in, target->at);
  }
  if (index) {
    compiler_put_back(c, target->left, o);
  }
}

bool compiler_append_at(struct compiler *c, const struct expr *target,
                        const struct expr *sum) {
  const uint32_t keep = c->next;
  struct addition added[PIECES_MAX];
  const size_t count = additions_of(c, target, sum, added);
  if (count == 0) {
    return false;
  }
  add_at(c, target, added, count);
  c->next = keep;
  return true;
}

/* A variable, or a member or an element at a place that no call computes. */
static bool is_place(const struct expr *e) {
  while (e->kind == EXPR_MEMBER ||
         (e->kind == EXPR_INDEX && is_same_index(e->right, e->right))) {
    e = e->left;
  }
  return e->kind == EXPR_NAME;
}

bool compiler_append_call(struct compiler *c, const struct expr *call) {
  if (call->kind != EXPR_METHOD || call->callee != CALLEE_BUILTIN ||
      call->callee_id != BUILTIN_APPEND || call->argc != 1 ||
      !is_place(call->left) || !are_apart(call->args, call->left)) {
    return false;
  }
  const uint32_t keep = c->next;
  if (call->left->kind == EXPR_NAME) {
    append_registers(c, call->at, call->left, compiler_fresh(c, call->args),
                     1 | CODE_METHOD);
  } else {
    name_texts(c, call->left);
    const struct addition added = {OP_CALL_APPEND_AT,
                                   compiler_operand(c, call->args)};
    add_at(c, call->left, &added, 1);
  }
  c->next = keep;
  return true;
}
