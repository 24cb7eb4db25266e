#include "base/check.h"
#include "base/map.h"
#include "studio/action.h"
#include "studio/code_priv.h"
#include "studio/compiler_priv.h"
#include "studio/event_priv.h"
#include "studio/parser_priv.h"
#include "studio/scope_priv.h"

/* ---- compiling */

static uint16_t own_variable(const struct script *script, struct text name) {
  uint16_t i = 0;
  while (!text_equal(script->variables[i], name)) {
    i++;
    bt_check(i < script->variable_count);
  }
  return i;
}

static bool understand(struct program *p, struct reporter *r) {
  struct tokens tokens = {0};
  const bool whole = lexer_run(r, &p->arena, &tokens) &&
                     parser_run(r, &p->arena, tokens.items, &p->script) &&
                     scope_run(r, &p->arena, &p->script);
  mem_free(p->mem, tokens.items, tokens.cap * sizeof *tokens.items);
  if (!whole) {
    return false;
  }
  p->error_variable = own_variable(&p->script, TEXT("_ERR"));
  p->error_line_variable = own_variable(&p->script, TEXT("_ERRLINE"));
  p->event_variable = own_variable(&p->script, TEXT("event"));
  return true;
}

static enum bt_err compile(struct program *p, struct text file_name,
                           struct text source, struct diagnostics *diags) {
  const bool too_long = source.len > PROGRAM_SOURCE_MAX;
  if (!source_init(&p->source, &p->arena, file_name,
                   too_long ? TEXT("") : source)) {
    return BT_ERR_NOMEM;
  }
  struct reporter r = {.source = &p->source, .diags = diags};
  const size_t before = diags->errors;
  if (too_long) {
    report(&r,
           (struct finding){.code = DIAGNOSTIC_CODE_TOO_LARGE, .at = {1, 1, 1}},
           "the file has %zu bytes; a script may have %d", source.len,
           PROGRAM_SOURCE_MAX);
  }
  if (!understand(p, &r) || (diags->errors == before && !compiler_run(&r, p)) ||
      diags->failed) {
    return BT_ERR_NOMEM;
  }
  if (diags->errors != before) {
    return BT_ERR_SYNTAX;
  }
  bt_check(program_verify(p)); /* the machine believes what it runs */
  return BT_ERR_OK;
}

enum bt_err program_compile(const struct mem *mem, struct text file_name,
                            struct text source, struct diagnostics *diags,
                            struct program **out) {
  struct program *p = mem_new(mem, sizeof *p);
  if (p == NULL) {
    return BT_ERR_NOMEM;
  }
  p->mem = mem;
  p->hash = hash_bytes(source.ptr, source.len);
  arena_init(&p->arena, mem, 0);
  const enum bt_err err = compile(p, file_name, source, diags);
  diagnostics_sort(diags);
  if (err != BT_ERR_OK) {
    program_free(p);
    return err;
  }
  *out = p;
  return BT_ERR_OK;
}

void program_free(struct program *program) {
  if (program != NULL) {
    const struct mem *mem = program->mem;
    arena_free(&program->arena);
    mem_free(mem, program, sizeof *program);
  }
}

/* ---- reading */

uint64_t program_hash(const struct program *program) {
  return program->hash;
}

struct text program_file_name(const struct program *program) {
  return program->source.file_name;
}

struct text program_source(const struct program *program) {
  return program->source.text;
}

uint32_t program_line_count(const struct program *program) {
  return program->source.lines;
}

struct text program_line(const struct program *program, uint32_t line) {
  return source_line(&program->source, line);
}

size_t program_target_count(const struct program *program) {
  return program->target_count;
}

struct program_target program_target(const struct program *program, size_t i) {
  bt_check(i < program->target_count);
  return program->targets[i];
}

size_t program_section_count(const struct program *program) {
  size_t n = 0;
  for (uint32_t i = 0; i < program->script.unit_count; i++) {
    n += program->parts[i].unit->kind == UNIT_SECTION;
  }
  return n;
}

struct text program_section_name(const struct program *program, size_t i) {
  for (uint32_t part = 0; part < program->script.unit_count; part++) {
    const struct unit *unit = program->parts[part].unit;
    if (unit->kind == UNIT_SECTION && i-- == 0) {
      return unit->name;
    }
  }
  bt_check_failed("a section's number", __FILE__, __LINE__, __func__);
}

uint32_t program_section(const struct program *p, struct text event) {
  for (uint32_t part = 0; part < p->script.unit_count; part++) {
    const struct unit *unit = p->parts[part].unit;
    if (unit->kind == UNIT_SECTION && text_equal_nocase(unit->name, event)) {
      return part;
    }
  }
  return 0;
}

static bool part_runs_scripts(const struct part *part) {
  for (uint32_t i = 0; i < part->count; i++) {
    const struct insn *in = &part->code[i];
    if (in->op == OP_ACTION &&
        (in->b == ACTION_RUN_SUB || in->b == ACTION_RUN_SCRIPT ||
         in->b == ACTION_SPAWN)) {
      return true;
    }
  }
  return false;
}

bool program_runs_scripts(const struct program *program) {
  for (uint32_t i = 0; i < program->script.unit_count; i++) {
    if (part_runs_scripts(&program->parts[i])) {
      return true;
    }
  }
  return false;
}

bool program_has_section(const struct program *program, struct text event) {
  return program_section(program, event) != 0;
}
