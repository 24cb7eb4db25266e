#include "studio/place_priv.h"

#include "base/check.h"
#include "base/map.h"

/* A place is three times its number, and which of these. */
enum { PLACE_STATEMENT, PLACE_CALL, PLACE_BEHIND_CALL, PLACE_KINDS };

static bool is_call(const struct insn *in) {
  return in->op == OP_CALL || in->op == OP_ACTION;
}

bool place_index_calls(struct arena *arena, struct part *part) {
  part->call_count = 0;
  for (uint32_t i = 0; i < part->count; i++) {
    part->call_count += is_call(&part->code[i]);
  }
  part->calls =
      arena_alloc(arena, (part->call_count + 1) * sizeof *part->calls);
  uint32_t n = 0;
  for (uint32_t i = 0; i < part->count && part->calls != NULL; i++) {
    if (is_call(&part->code[i])) {
      part->calls[n++] = (uint16_t)i;
    }
  }
  return part->calls != NULL;
}

/* How many are before @pc: the number of the one there. */
static uint32_t calls_before(const struct part *part, uint32_t pc) {
  uint32_t from = 0, to = part->call_count;
  while (from < to) {
    const uint32_t middle = from + (to - from) / 2;
    if (part->calls[middle] < pc) {
      from = middle + 1;
    } else {
      to = middle;
    }
  }
  return from;
}

static uint32_t statements_before(const struct part *part, uint32_t pc) {
  uint32_t n = 0;
  for (uint32_t i = 0; i < pc; i++) {
    n += part->code[i].step;
  }
  return n;
}

/* A part that is empty has no statement: its end stands for one more. */
uint32_t place_of(const struct part *part, uint32_t pc, bool calls) {
  const bool begins = part->code[pc].step || pc == 0;
  if (calls || (is_call(&part->code[pc]) && !begins)) {
    return PLACE_KINDS * calls_before(part, pc) + PLACE_CALL;
  }
  if (begins) {
    return PLACE_KINDS * statements_before(part, pc) + PLACE_STATEMENT;
  }
  bt_check(is_call(&part->code[pc - 1]));
  return PLACE_KINDS * calls_before(part, pc - 1) + PLACE_BEHIND_CALL;
}

static bool find_statement(const struct part *part, uint32_t number,
                           uint32_t *pc) {
  if (number == 0 && !part->code[0].step) {
    *pc = 0;
    return true;
  }
  for (uint32_t i = 0; i < part->count; i++) {
    if (part->code[i].step && number-- == 0) {
      *pc = i;
      return true;
    }
  }
  return false;
}

bool place_find(const struct part *part, uint32_t place, uint32_t *pc) {
  const uint32_t kind = place % PLACE_KINDS, number = place / PLACE_KINDS;
  if (kind == PLACE_STATEMENT) {
    return find_statement(part, number, pc);
  }
  if (number >= part->call_count) {
    return false;
  }
  /* No call is the last: a part ends with its END or RETURN. */
  *pc = (uint32_t)part->calls[number] + (kind == PLACE_BEHIND_CALL);
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
  return mix(hash, statements_before(part, part->count));
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
