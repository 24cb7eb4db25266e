#include "base/check.h"
#include "studio/action.h"
#include "studio/compiler_priv.h"

static void emit(struct compiler *c, enum opcode op, struct place at,
                 struct insn in) {
  in.op = (uint8_t)op;
  (void)compiler_emit(c, in, at);
}

/* ---- setting */

bool compiler_counts(const struct expr *index) {
  double number;
  return index->kind != EXPR_TEXT || text_to_double(index->text, &number);
}

struct opened compiler_open(struct compiler *c, const struct expr *e,
                            bool as_list) {
  struct opened o = {0};
  if (e->kind == EXPR_NAME) {
    o.reg = (uint16_t)e->variable.index;
    if (compiler_is_outer(c, e)) {
      o.reg = compiler_fresh(c, e);
    }
    return o;
  }
  const bool index = e->kind == EXPR_INDEX;
  o.parent = compiler_open(c, e->left, index && compiler_counts(e->right)).reg;
  o.key = index ? compiler_operand(c, e->right) : compiler_text(c, e->text);
  o.reg = compiler_temp(c, e->at);
  const enum opcode op = index     ? (as_list ? OP_GET_INDEX : OP_OPEN_INDEX)
                         : as_list ? OP_OPEN_LIST
                                   : OP_OPEN_OBJECT;
  emit(c, op, e->at, (struct insn){.a = o.reg, .b = o.parent, .c = o.key});
  return o;
}

static void store_name(struct compiler *c, const struct expr *name,
                       uint16_t value) {
  const uint16_t variable = (uint16_t)name->variable.index;
  if (compiler_is_outer(c, name)) {
    emit(c, OP_SET_GLOBAL, name->at, (struct insn){.a = value, .b = variable});
  } else if (variable != value) {
    emit(c, OP_MOVE, name->at, (struct insn){.a = variable, .b = value});
  }
}

void compiler_put_back(struct compiler *c, const struct expr *e,
                       struct opened o) {
  if (e->kind == EXPR_NAME) {
    store_name(c, e, o.reg);
  } else if (e->kind == EXPR_MEMBER) {
    emit(c, OP_SET_MEMBER, e->at,
         (struct insn){.a = o.parent, .b = o.key, .c = o.reg});
  } else {
    emit(c, OP_SET_INDEX, e->at,
         (struct insn){.a = o.parent, .b = o.key, .c = o.reg});
  }
}

void compiler_store(struct compiler *c, const struct expr *target,
                    uint16_t value) {
  const uint32_t keep = c->next;
  if (target->kind == EXPR_NAME) {
    store_name(c, target, value);
  } else if (target->kind == EXPR_MEMBER) {
    const struct opened o = compiler_open(c, target->left, false);
    emit(c, OP_SET_MEMBER, target->at,
         (struct insn){
             .a = o.reg, .b = compiler_text(c, target->text), .c = value});
  } else {
    const struct opened o =
        compiler_open(c, target->left, compiler_counts(target->right));
    const uint16_t index = compiler_operand(c, target->right);
    emit(c, OP_SET_INDEX, target->at,
         (struct insn){.a = o.reg, .b = index, .c = value});
    compiler_put_back(c, target->left, o);
  }
  c->next = keep;
}

/* A variable that is a register of the running part. */
static void assign_own(struct compiler *c, const struct expr *target,
                       const struct expr *value) {
  if (!compiler_append(c, target, value)) {
    compiler_to(c, value, (uint16_t)target->variable.index);
  }
}

/* A name that ends in $ always holds text. */
static void compile_text_assign(struct compiler *c, const struct stmt *s) {
  if (!compiler_is_outer(c, s->target)) {
    const uint16_t own = (uint16_t)s->target->variable.index;
    assign_own(c, s->target, s->value);
    emit(c, OP_TEXT, s->at, (struct insn){.a = own, .b = own});
    return;
  }
  const uint16_t value = compiler_operand(c, s->value);
  const uint16_t text = compiler_temp(c, s->at);
  emit(c, OP_TEXT, s->at, (struct insn){.a = text, .b = value});
  compiler_store(c, s->target, text);
}

static void compile_assign(struct compiler *c, const struct stmt *s) {
  const bool name = s->target->kind == EXPR_NAME;
  if (name && !expr_is_literal(s->value) &&
      text_ends(s->target->text, TEXT("$"))) {
    compile_text_assign(c, s);
  } else if (name && !compiler_is_outer(c, s->target)) {
    assign_own(c, s->target, s->value);
  } else if (!(name ? compiler_append : compiler_append_at)(c, s->target,
                                                            s->value)) {
    compiler_store(c, s->target, compiler_operand(c, s->value));
  }
}

static void compile_dynamic(struct compiler *c, const struct stmt *s) {
  const uint16_t reg = compiler_temp(c, s->at);
  emit(c, OP_NEW_OBJECT, s->at, (struct insn){.a = reg});
  compiler_store(c, s->target, reg);
}

/* ---- branches */

static void compile_if(struct compiler *c, const struct stmt *s) {
  struct jumps end = {0};
  for (const struct arm *arm = s->arms; arm != NULL; arm = arm->next) {
    struct jumps next = {0};
    if (arm->values != NULL) {
      c->step = true;
      compiler_condition(c, arm->values, false, &next);
    }
    compiler_block(c, &arm->body);
    if (arm->next != NULL) {
      compiler_jump(c, &end, (struct insn){.op = OP_JUMP}, arm->at);
    }
    compiler_land(c, &next);
  }
  compiler_land(c, &end);
}

/* Jumps into @body if one of the labels holds. */
static void compile_labels(struct compiler *c, const struct arm *arm,
                           const uint16_t *value, struct jumps *body) {
  for (const struct expr *label = arm->values; label != NULL;
       label = label->next) {
    if (value == NULL) {
      compiler_condition(c, label, true, body);
      continue;
    }
    const uint32_t keep = c->next;
    const uint16_t v = compiler_operand(c, label);
    compiler_jump(c, body, (struct insn){.op = OP_IF_NE, .a = *value, .b = v},
                  label->at);
    c->next = keep;
  }
}

/* SELECT (@value NULL) and SWITCH: each arm tests and runs in turn; DEFAULT,
 * wherever it stands, runs when no label of any arm has held. An empty one is
 * none: a way back to nothing would be a way round without a statement. */
static void compile_arms(struct compiler *c, const struct stmt *s,
                         const uint16_t *value) {
  struct jumps end = {0}, next = {0};
  size_t fallback = 0;
  bool has_default = false;
  for (const struct arm *arm = s->arms; arm != NULL; arm = arm->next) {
    struct jumps body = {0};
    compiler_land(c, &next);
    compile_labels(c, arm, value, &body);
    compiler_jump(c, &next, (struct insn){.op = OP_JUMP}, arm->at);
    compiler_land(c, &body);
    if (arm->is_default) {
      fallback = c->count;
      has_default = arm->body.first != NULL;
    }
    compiler_block(c, &arm->body);
    compiler_jump(c, &end, (struct insn){.op = OP_JUMP}, arm->at);
  }
  compiler_land_at(c, &next, has_default ? fallback : c->count);
  compiler_land(c, &end);
}

static void compile_switch(struct compiler *c, const struct stmt *s) {
  const uint16_t value = compiler_fresh(c, s->value);
  compile_arms(c, s, &value);
}

/* ---- loops */

static void compile_body(struct compiler *c, const struct stmt *s,
                         struct loop *loop) {
  loop->outer = c->loop;
  c->loop = loop;
  compiler_block(c, &s->body);
  c->loop = loop->outer;
}

static void jump_back(struct compiler *c, size_t target, struct place at) {
  emit(c, OP_JUMP, at, (struct insn){.c = (uint16_t)target});
}

static void compile_for(struct compiler *c, const struct stmt *s) {
  struct loop loop = {0};
  const bool outer = compiler_is_outer(c, s->target);
  const uint16_t first = compiler_fresh(c, s->value);
  const uint16_t limit = compiler_fresh(c, s->limit);
  const uint16_t step = compiler_temp(c, s->at);
  if (s->step != NULL) {
    compiler_to(c, s->step, step);
  } else {
    emit(c, OP_MOVE, s->at,
         (struct insn){.a = step, .b = compiler_number(c, 1)});
  }
  emit(c, OP_FOR_START, s->at, (struct insn){.a = first, .b = limit});
  const uint16_t counter = outer ? first : (uint16_t)s->target->variable.index;
  if (!outer) {
    compiler_store(c, s->target, first);
  }
  const size_t top = c->count;
  if (outer) {
    compiler_store(c, s->target, first);
  }
  compile_body(c, s, &loop);
  compiler_land(c, &loop.continues);
  if (outer) {
    emit(c, OP_GET_GLOBAL, s->at,
         (struct insn){.a = first, .b = (uint16_t)s->target->variable.index});
  }
  c->step = true;
  emit(c, OP_FOR_NEXT, s->at,
       (struct insn){.a = counter, .b = limit, .c = (uint16_t)top});
  compiler_land(c, &loop.breaks);
}

static void compile_foreach(struct compiler *c, const struct stmt *s) {
  struct loop loop = {0};
  const bool outer = compiler_is_outer(c, s->target);
  const uint16_t source = compiler_fresh(c, s->value);
  const uint16_t at = compiler_temp(c, s->at);
  const uint16_t element =
      outer ? compiler_temp(c, s->at) : (uint16_t)s->target->variable.index;
  emit(c, OP_MOVE, s->at, (struct insn){.a = at, .b = compiler_number(c, 0)});
  const size_t top = c->count;
  c->step = true;
  compiler_jump(c, &loop.breaks,
                (struct insn){.op = OP_EACH_NEXT, .a = element, .b = source},
                s->at);
  if (outer) {
    compiler_store(c, s->target, element);
  }
  compile_body(c, s, &loop);
  compiler_land_at(c, &loop.continues, top);
  jump_back(c, top, s->at);
  compiler_land(c, &loop.breaks);
}

static void compile_repeat(struct compiler *c, const struct stmt *s) {
  struct loop loop = {0};
  const uint16_t left = compiler_fresh(c, s->value);
  const size_t top = c->count;
  c->step = true;
  compiler_jump(c, &loop.breaks, (struct insn){.op = OP_REPEAT_NEXT, .a = left},
                s->at);
  compile_body(c, s, &loop);
  compiler_land_at(c, &loop.continues, top);
  jump_back(c, top, s->at);
  compiler_land(c, &loop.breaks);
}

/* ---- the rest */

static void compile_return(struct compiler *c, const struct stmt *s) {
  if (c->unit->kind != UNIT_FUNCTION) {
    if (s->value != NULL) {
      compile_assign(c, s);
    }
    emit(c, OP_END, s->at, (struct insn){0});
    return;
  }
  const uint16_t value =
      s->value == NULL ? compiler_null(c) : compiler_operand(c, s->value);
  emit(c, OP_RETURN, s->at, (struct insn){.a = value});
}

static void compile_trace(struct compiler *c, const struct stmt *s) {
  const uint16_t base = compiler_fresh(c, s->value);
  emit(c, OP_ACTION, s->at,
       (struct insn){.a = base, .b = ACTION_TRACE, .c = 1});
}

static void compile_stmt(struct compiler *c, const struct stmt *s) {
  switch (s->kind) {
  case STMT_ASSIGN:
    compile_assign(c, s);
    break;
  case STMT_DYNAMIC:
    compile_dynamic(c, s);
    break;
  case STMT_CALL:
    if (!compiler_append_call(c, s->value)) {
      (void)compiler_fresh(c, s->value);
    }
    break;
  case STMT_IF:
    compile_if(c, s);
    break;
  case STMT_SELECT:
    compile_arms(c, s, NULL);
    break;
  case STMT_SWITCH:
    compile_switch(c, s);
    break;
  case STMT_FOR:
    compile_for(c, s);
    break;
  case STMT_FOREACH:
    compile_foreach(c, s);
    break;
  case STMT_REPEAT:
    compile_repeat(c, s);
    break;
  case STMT_RETURN:
    compile_return(c, s);
    break;
  case STMT_EXIT:
    emit(c, OP_END, s->at, (struct insn){0});
    break;
  case STMT_BREAK:
    compiler_jump(c, &c->loop->breaks, (struct insn){.op = OP_JUMP}, s->at);
    break;
  case STMT_CONTINUE:
    compiler_jump(c, &c->loop->continues, (struct insn){.op = OP_JUMP}, s->at);
    break;
  case STMT_TRACE:
    compile_trace(c, s);
    break;
  }
}

void compiler_block(struct compiler *c, const struct block *block) {
  for (const struct stmt *s = block->first;
       s != NULL && !c->failed && !c->too_large; s = s->next) {
    const uint32_t keep = c->next;
    c->step = true;
    compile_stmt(c, s);
    c->next = keep;
  }
}
