#include "studio/place_priv.h"

#include "base/check.h"
#include "base/map.h"

/* A place is three times its number, and which of these. */
enum { PLACE_STATEMENT, PLACE_CALL, PLACE_BEHIND_CALL, PLACE_KINDS };

static bool is_call(const struct insn *in) {
  return in->op == OP_CALL || in->op == OP_ACTION;
}

/* Of the instructions before @pc. */
struct counts {
  uint32_t statements, calls;
};

static struct counts count_to(const struct part *part, uint32_t pc) {
  struct counts n = {0, 0};
  for (uint32_t i = 0; i < pc; i++) {
    n.statements += part->code[i].step;
    n.calls += is_call(&part->code[i]);
  }
  return n;
}

/* A part that is empty has no statement: its end stands for one more. */
uint32_t place_of(const struct part *part, uint32_t pc, bool calls) {
  const struct counts n = count_to(part, pc);
  const bool begins = part->code[pc].step || pc == 0;
  if (calls || (is_call(&part->code[pc]) && !begins)) {
    return PLACE_KINDS * n.calls + PLACE_CALL;
  }
  if (begins) {
    return PLACE_KINDS * n.statements + PLACE_STATEMENT;
  }
  bt_check(is_call(&part->code[pc - 1]));
  return PLACE_KINDS * (n.calls - 1) + PLACE_BEHIND_CALL;
}

bool place_find(const struct part *part, uint32_t place, uint32_t *pc) {
  const uint32_t kind = place % PLACE_KINDS;
  uint32_t left = place / PLACE_KINDS, i = 0;
  if (kind == PLACE_STATEMENT && left == 0 && !part->code[0].step) {
    *pc = 0;
    return true;
  }
  for (; i < part->count; i++) {
    const struct insn *in = &part->code[i];
    const bool counts = kind == PLACE_STATEMENT ? in->step : is_call(in);
    if (counts && left-- == 0) {
      break;
    }
  }
  i += kind == PLACE_BEHIND_CALL;
  if (i >= part->count) {
    return false;
  }
  *pc = i;
  return true;
}

/* ---- the layout */

static uint64_t mix(uint64_t hash, uint64_t n) {
  return hash_u64(hash ^ hash_u64(n));
}

static uint64_t mix_part(uint64_t hash, const struct part *part) {
  hash = mix(hash, part->params);
  for (uint32_t i = 0; i < part->count; i++) {
    const struct insn *in = &part->code[i];
    if (is_call(in)) {
      hash = mix(hash, part->spots[i].line);
      hash = mix(hash, part->spots[i].column);
      hash = mix(hash, in->a);
      hash = mix(hash, in->c);
    }
  }
  return mix(hash, count_to(part, part->count).statements);
}

uint32_t place_layout(const struct program *p) {
  uint64_t hash = 0;
  for (uint32_t i = 0; i < p->script.variable_count; i++) {
    hash = mix(hash, hash_text_nocase(p->script.variables[i]));
  }
  for (uint32_t i = 0; i < p->text_count; i++) {
    hash = mix(hash, hash_text(text_obj_text(p->texts[i])));
  }
  for (uint32_t i = 0; i < p->script.unit_count; i++) {
    hash = mix_part(hash, &p->parts[i]);
  }
  return (uint32_t)hash;
}
