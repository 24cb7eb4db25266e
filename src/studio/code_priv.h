/* code_priv.h - compiled code, and what a program is made of. */
#ifndef BATON_STUDIO_CODE_PRIV_H
#define BATON_STUDIO_CODE_PRIV_H

#include "base/arena.h"
#include "studio/ast_priv.h"
#include "studio/program.h"
#include "studio/value_priv.h"

#define OPCODE(name, a, b, c, doc) OP_##name,
enum opcode {
#include "studio/opcodes.def"
  OPCODES
};
#undef OPCODE

enum operand {
  OPERAND_NO,
  OPERAND_W,
  OPERAND_R,
  OPERAND_V,
  OPERAND_K,
  OPERAND_KN,
  OPERAND_GL,
  OPERAND_FN,
  OPERAND_BI,
  OPERAND_AC,
  OPERAND_TO,
  OPERAND_N
};

struct opcode_info {
  const char *name;
  enum operand a, b, c;
  const char *doc;
};

const struct opcode_info *opcode_info(enum opcode op);
/* What an instruction for particular kinds of operand does in general. */
enum opcode opcode_general(enum opcode op);

enum {
  CODE_CONSTANT = 0x8000, /* in a V operand: the rest is a constant's index */
  CODE_METHOD = 0x8000,   /* in the count of a BUILTIN or APPEND: x.f() */
  CODE_MAX = 0xffff,      /* instructions of one part */
  CODE_REGISTERS_MAX = 4096,
  CODE_CONSTANTS_MAX = 0x7fff
};

struct insn {
  uint8_t op;
  uint8_t step; /* 1: a statement begins here */
  uint16_t a, b, c;
};

struct spot {
  uint32_t line, column;
};

/* The main part, a section, or a function. */
struct part {
  const struct unit *unit;
  struct insn *code;
  struct spot *spots; /* of each instruction */
  uint16_t *calls;    /* the instructions that are calls or actions, in order */
  uint32_t count, call_count;
  uint16_t params;
  uint16_t registers;
};

struct program {
  const struct mem *mem;
  struct arena arena; /* holds everything below */
  uint64_t hash;
  struct source source;
  struct script script;
  struct part *parts; /* in the order of script.units; the main part first */
  struct value *constants;
  uint32_t constant_count;
  struct text_obj **texts; /* those of the constants that are texts */
  uint32_t text_count;
  uint32_t layout; /* place_layout() */
  struct program_target *targets;
  uint32_t target_count;
  uint16_t error_variable, error_line_variable, event_variable;
};

/* The part of the section of this event (canonical name); 0 if there is none.
 */
uint32_t program_section(const struct program *p, struct text event);
/* Every operand as the table of opcodes has it, every jump inside its part,
 * every way round counted? The machine checks nothing of this again. */
bool program_verify(const struct program *p);

#endif
