#include "studio/compiler_priv.h"

#include <string.h>

#include "base/check.h"
#include "studio/expression_priv.h"
#include "studio/place_priv.h"
#include "studio/targets_priv.h"

/* ---- code */

void compiler_too_large(struct compiler *c, struct place at, const char *what) {
  if (!c->too_large) {
    c->too_large = true;
    report(c->reporter,
           (struct finding){.code = DIAGNOSTIC_CODE_TOO_LARGE, .at = at},
           "too large for one script: %s", what);
  }
}

size_t compiler_emit(struct compiler *c, struct insn in, struct place at) {
  if (c->count >= CODE_MAX) {
    compiler_too_large(c, at, "more than 65535 instructions in one part");
    return 0;
  }
  if (!mem_grow(c->mem, &c->code, &c->code_cap, c->count + 1,
                sizeof *c->code) ||
      !mem_grow(c->mem, &c->spots, &c->spot_cap, c->count + 1,
                sizeof *c->spots)) {
    c->failed = true;
    return 0;
  }
  in.step = c->step;
  c->step = false;
  c->code[c->count] = in;
  c->spots[c->count] = (struct spot){at.line, at.column};
  return c->count++;
}

uint16_t compiler_temp(struct compiler *c, struct place at) {
  if (c->next >= CODE_REGISTERS_MAX) {
    compiler_too_large(c, at, "more than 4096 variables in use at once");
    return 0;
  }
  const uint16_t reg = (uint16_t)c->next++;
  c->most = c->next > c->most ? c->next : c->most;
  return reg;
}

void compiler_jump(struct compiler *c, struct jumps *j, struct insn in,
                   struct place at) {
  const size_t i = compiler_emit(c, in, at);
  if (!c->failed && !c->too_large) {
    c->code[i].c = (uint16_t)j->last;
    j->last = (uint32_t)i + 1;
  }
}

void compiler_land_at(struct compiler *c, struct jumps *j, size_t target) {
  while (j->last != 0 && !c->failed && !c->too_large) {
    struct insn *in = &c->code[j->last - 1];
    j->last = in->c;
    in->c = (uint16_t)target;
  }
}

void compiler_land(struct compiler *c, struct jumps *j) {
  compiler_land_at(c, j, c->count);
}

/* ---- constants */

static bool same_constant(const void *ctx, uint32_t index, const void *key) {
  const struct compiler *c = ctx;
  const struct value *v = key;
  const struct value *there = &c->constants[index];
  return value_tag(*there) == value_tag(*v) && value_identical(*there, *v);
}

static uint64_t constant_hash(struct value v) {
  switch (value_tag(v)) {
  case VALUE_TEXT:
    return hash_text(value_as_text(v));
  case VALUE_NUMBER:
    return hash_u64(v.bits);
  case VALUE_BOOL:
    return hash_u64(value_bool_of(v));
  default:
    return 0;
  }
}

static uint16_t add_constant(struct compiler *c, struct value v) {
  const uint64_t hash = constant_hash(v);
  uint32_t i = map_get(&c->constant_index, hash, &v);
  if (i != MAP_NONE) {
    return (uint16_t)(CODE_CONSTANT | i);
  }
  if (c->constant_count >= CODE_CONSTANTS_MAX) {
    compiler_too_large(c, (struct place){1, 1, 1},
                       "more than 32767 different constants");
    return CODE_CONSTANT;
  }
  i = (uint32_t)c->constant_count;
  if (!mem_grow(c->mem, &c->constants, &c->constant_cap, c->constant_count + 1,
                sizeof *c->constants) ||
      !map_put(&c->constant_index, hash, i)) {
    c->failed = true;
    return CODE_CONSTANT;
  }
  c->constants[c->constant_count++] = v;
  return (uint16_t)(CODE_CONSTANT | i);
}

uint16_t compiler_number(struct compiler *c, double d) {
  return add_constant(c, value_number(d));
}

uint16_t compiler_bool(struct compiler *c, bool b) {
  return add_constant(c, value_bool(b));
}

uint16_t compiler_null(struct compiler *c) {
  return add_constant(c, value_null());
}

uint16_t compiler_text(struct compiler *c, struct text t) {
  struct text_obj *o = arena_alloc(c->arena, sizeof *o + t.len + 1);
  if (o == NULL) {
    c->failed = true;
    return CODE_CONSTANT;
  }
  bt_check(((uintptr_t)o & ~(uintptr_t)VALUE_PAYLOAD) == 0);
  o->head = (struct heap_obj){.tag = VALUE_TEXT, .constant = true};
  o->len = (uint32_t)t.len;
  if (t.len > 0) {
    memcpy(o->bytes, t.ptr, t.len);
  }
  return add_constant(c, value_text(o));
}

struct value compiler_constant(const struct compiler *c, uint16_t operand) {
  const size_t i = operand & ~(unsigned)CODE_CONSTANT;
  return i < c->constant_count ? c->constants[i] : value_null();
}

/* ---- parts */

static bool keep_part(struct compiler *c, struct part *part) {
  part->code = arena_alloc(c->arena, c->count * sizeof *part->code);
  part->spots = arena_alloc(c->arena, c->count * sizeof *part->spots);
  if (part->code == NULL || part->spots == NULL) {
    return false;
  }
  memcpy(part->code, c->code, c->count * sizeof *part->code);
  memcpy(part->spots, c->spots, c->count * sizeof *part->spots);
  part->count = (uint32_t)c->count;
  part->registers = (uint16_t)c->most;
  return place_index_calls(c->arena, part);
}

static struct place last_place(const struct compiler *c) {
  if (c->count == 0) {
    return c->unit->at;
  }
  const struct spot s = c->spots[c->count - 1];
  return (struct place){s.line, s.column, 1};
}

static void compile_unit(struct compiler *c, const struct unit *unit,
                         struct part *part) {
  const bool function = unit->kind == UNIT_FUNCTION;
  c->unit = unit;
  c->count = 0;
  c->loop = NULL;
  c->step = false;
  c->variables =
      function ? unit->local_count : c->program->script.variable_count;
  c->next = c->most = c->variables;
  if (c->variables >= CODE_REGISTERS_MAX) {
    compiler_too_large(c, unit->at, "more than 4096 variables");
    return;
  }
  compiler_block(c, &unit->body);
  const struct insn end = {.op = function ? OP_RETURN : OP_END,
                           .a = function ? compiler_null(c) : 0};
  (void)compiler_emit(c, end, last_place(c));
  *part = (struct part){.unit = unit, .params = (uint16_t)unit->param_count};
  if (!c->failed && !c->too_large && !keep_part(c, part)) {
    c->failed = true;
  }
}

/* Images name texts by their number among the texts alone. */
static bool keep_texts(struct compiler *c) {
  struct program *p = c->program;
  p->text_count = 0;
  p->texts =
      arena_alloc(c->arena, (c->constant_count + 1) * sizeof(p->texts[0]));
  for (uint32_t i = 0; i < c->constant_count && p->texts != NULL; i++) {
    if (value_tag(p->constants[i]) == VALUE_TEXT) {
      struct text_obj *text = value_text_of(p->constants[i]);
      p->texts[p->text_count] = text;
      text->head.index = p->text_count++;
    }
  }
  return p->texts != NULL;
}

static bool keep_constants(struct compiler *c) {
  struct program *p = c->program;
  p->constants =
      arena_alloc(c->arena, (c->constant_count + 1) * sizeof *p->constants);
  if (p->constants == NULL) {
    return false;
  }
  if (c->constant_count > 0) {
    memcpy(p->constants, c->constants,
           c->constant_count * sizeof *p->constants);
  }
  p->constant_count = (uint32_t)c->constant_count;
  return keep_texts(c);
}

static void compile_units(struct compiler *c) {
  struct program *p = c->program;
  p->parts = arena_alloc(c->arena, p->script.unit_count * sizeof *p->parts);
  c->failed = p->parts == NULL;
  struct part *part = p->parts;
  for (const struct unit *u = p->script.units;
       u != NULL && !c->failed && !c->too_large; u = u->next) {
    compile_unit(c, u, part++);
  }
}

static void free_work(struct compiler *c) {
  map_free(&c->constant_index);
  mem_free(c->mem, c->code, c->code_cap * sizeof *c->code);
  mem_free(c->mem, c->spots, c->spot_cap * sizeof *c->spots);
  mem_free(c->mem, c->constants, c->constant_cap * sizeof *c->constants);
}

bool compiler_run(struct reporter *r, struct program *program) {
  struct compiler c = {.reporter = r,
                       .program = program,
                       .arena = &program->arena,
                       .mem = program->mem};
  map_init(&c.constant_index, c.mem, same_constant, &c);
  compile_units(&c);
  const bool kept = !c.failed && keep_constants(&c) && targets_find(program);
  free_work(&c);
  program->layout = kept && !c.too_large ? place_layout(program) : 0;
  return kept;
}

/* ---- one expression more */

/* The program's constants keep their numbers, so that its images fit. */
static void begin_with_constants(struct compiler *c, const struct program *p) {
  for (uint32_t i = 0; i < p->constant_count && !c->failed; i++) {
    struct value v = p->constants[i];
    if (!mem_grow(c->mem, &c->constants, &c->constant_cap, i + 1,
                  sizeof *c->constants) ||
        !map_put(&c->constant_index, constant_hash(v), i)) {
      c->failed = true;
      return;
    }
    c->constants[c->constant_count++] = v;
  }
}

static void compile_expression(struct compiler *c, struct expression *into,
                               const struct expr *e) {
  const bool function = c->unit->kind == UNIT_FUNCTION;
  c->variables =
      function ? c->unit->local_count : c->program->script.variable_count;
  c->next = c->most = c->variables;
  into->result = compiler_temp(c, e->at);
  compiler_to(c, e, into->result);
  (void)compiler_emit(c, (struct insn){.op = OP_END}, e->at);
}

static bool keep_expression(struct compiler *c, struct expression *into) {
  struct program *p = &into->program;
  const struct part *before = p->parts;
  struct part *parts =
      arena_alloc(c->arena, (into->part + 1) * sizeof *p->parts);
  if (parts == NULL) {
    return false;
  }
  memcpy(parts, before, into->part * sizeof *parts);
  parts[into->part] = (struct part){.unit = c->unit};
  p->parts = parts;
  return keep_part(c, &parts[into->part]) && keep_constants(c);
}

bool compiler_run_expression(struct reporter *r, struct expression *into,
                             const struct unit *unit, const struct expr *e) {
  struct program *p = &into->program;
  struct compiler c = {.reporter = r,
                       .program = p,
                       .arena = &p->arena,
                       .mem = p->mem,
                       .unit = unit};
  map_init(&c.constant_index, c.mem, same_constant, &c);
  begin_with_constants(&c, p);
  if (!c.failed) {
    compile_expression(&c, into, e);
  }
  const bool kept = c.too_large || (!c.failed && keep_expression(&c, into));
  free_work(&c);
  return kept;
}
