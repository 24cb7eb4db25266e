/* Steps and breakpoints. */
#include "studio/debug.h"

#include <string.h>

#include "base/check.h"
#include "studio/vm_priv.h"

const char *debug_step_name(enum debug_step step) {
  static const char *const names[] = {
#define X(name, wire, doc) (wire),
      DEBUG_STEP_LIST(X)
#undef X
  };
  bt_check(step < DEBUG_STEPS);
  return names[step];
}

enum debug_step debug_step_find(struct text name) {
  uint32_t step = 0;
  while (step < DEBUG_STEPS &&
         !text_equal(name, text_from(debug_step_name(step)))) {
    step++;
  }
  return (enum debug_step)step;
}

size_t debug_depth(const struct vm *vm) {
  return vm->frame_count;
}

bool debug_step_ends(enum debug_step step, size_t depth, const struct vm *vm) {
  switch (step) {
  case DEBUG_STEP_PAUSE:
  case DEBUG_STEP_IN:
    return true;
  case DEBUG_STEP_OVER:
    return vm->frame_count <= depth;
  case DEBUG_STEP_OUT:
    return vm->frame_count < depth;
  case DEBUG_STEP_CONTINUE:
  case DEBUG_STEPS:
    break;
  }
  return false;
}

/* The first line from @line on where a statement of the part begins. */
static uint32_t first_line(const struct part *part, uint32_t line,
                           uint32_t best) {
  for (uint32_t i = 0; i < part->count; i++) {
    const uint32_t at = part->spots[i].line;
    if (part->code[i].step && at >= line && (best == 0 || at < best)) {
      best = at;
    }
  }
  return best;
}

uint32_t debug_breakpoint_line(const struct program *program, uint32_t line) {
  uint32_t best = 0;
  for (uint32_t i = 0; i < program->script.unit_count; i++) {
    best = first_line(&program->parts[i], line, best);
  }
  return best;
}

bool debug_is_line_start(const struct vm *vm) {
  bt_check(vm->frame_count > 0);
  const struct frame *f = &vm->frames[vm->frame_count - 1];
  const struct part *part = &vm->program->parts[f->part];
  const struct spot here = part->spots[f->pc];
  for (uint32_t i = 0; i < part->count; i++) {
    const struct spot s = part->spots[i];
    if (part->code[i].step && s.line == here.line && s.column < here.column) {
      return false;
    }
  }
  return true;
}

bool debug_hits_read(struct text text, struct debug_hits *out) {
  static const struct {
    const char *word;
    char op;
    int64_t more;
  } ops[] = {{">=", '>', 0}, {">", '>', 1}, {"==", '=', 0},
             {"=", '=', 0},  {"%", '%', 0}, {"", '>', 0}};
  const struct text t = text_trim(text);
  size_t i = 0;
  int64_t n = 0;
  *out = (struct debug_hits){0};
  if (t.len == 0) {
    return true;
  }
  while (!text_starts(t, text_from(ops[i].word))) {
    i++;
  }
  const size_t from = strlen(ops[i].word);
  if (!text_to_i64(text_trim(text_sub(t, from, t.len)), &n) || n < 1 ||
      n > INT32_MAX) {
    return false;
  }
  *out = (struct debug_hits){ops[i].op, (uint32_t)(n + ops[i].more)};
  return true;
}

bool debug_hits_reached(struct debug_hits hits, uint32_t times) {
  switch (hits.op) {
  case '>':
    return times >= hits.count;
  case '=':
    return times == hits.count;
  case '%':
    return times % hits.count == 0;
  default:
    return true;
  }
}
