#include "base/check.h"
#include "studio/code_priv.h"

static const struct opcode_info opcodes[] = {
#define OPCODE(name, a, b, c, doc)                                             \
  [OP_##name] = {#name, OPERAND_##a, OPERAND_##b, OPERAND_##c, (doc)},
#include "studio/opcodes.def"
#undef OPCODE
};

/* 0 stands for itself: the first instruction has no other forms. */
static const uint8_t generals[OPCODES] = {
#define OPCODE_FORM(name, general) [OP_##name] = OP_##general,
#include "studio/opcodes.def"
#undef OPCODE_FORM
};

const struct opcode_info *opcode_info(enum opcode op) {
  bt_check(op < OPCODES);
  return &opcodes[op];
}

enum opcode opcode_general(enum opcode op) {
  bt_check(op < OPCODES);
  return generals[op] == 0 ? op : (enum opcode)generals[op];
}
