/* compiler_priv.h - from the tree to code. */
#ifndef BATON_STUDIO_COMPILER_PRIV_H
#define BATON_STUDIO_COMPILER_PRIV_H

#include "base/map.h"
#include "studio/code_priv.h"

/* Jumps whose target is not known yet, linked through their c operand. */
struct jumps {
  uint32_t last; /* index + 1 */
};

struct loop {
  struct jumps breaks, continues;
  struct loop *outer;
};

struct compiler {
  struct reporter *reporter;
  struct program *program;
  struct arena *arena;
  const struct mem *mem;
  const struct unit *unit; /* being compiled */

  struct insn *code;
  struct spot *spots;
  size_t count, code_cap, spot_cap;
  uint32_t variables; /* registers of variables */
  uint32_t next;      /* first free register */
  uint32_t most;      /* registers in all */
  bool step;          /* the next instruction begins a statement */
  struct loop *loop;

  struct value *constants;
  size_t constant_count, constant_cap;
  struct map constant_index;

  bool failed;    /* no memory */
  bool too_large; /* reported */
};

/* Fills in parts, constants and targets of @program. False: no memory. What is
 * too large is reported. */
bool compiler_run(struct reporter *r, struct program *program);

/* ---- between the compiler's own files */

size_t compiler_emit(struct compiler *c, struct insn in, struct place at);
void compiler_too_large(struct compiler *c, struct place at, const char *what);
uint16_t compiler_temp(struct compiler *c, struct place at);
uint16_t compiler_number(struct compiler *c, double d);
uint16_t compiler_text(struct compiler *c, struct text t);
uint16_t compiler_bool(struct compiler *c, bool b);
uint16_t compiler_null(struct compiler *c);

/* The constant that an operand names. */
struct value compiler_constant(const struct compiler *c, uint16_t operand);

void compiler_jump(struct compiler *c, struct jumps *j, struct insn in,
                   struct place at);
void compiler_land(struct compiler *c, struct jumps *j); /* here */
void compiler_land_at(struct compiler *c, struct jumps *j, size_t target);

/* The value of @e as a V operand. */
uint16_t compiler_operand(struct compiler *c, const struct expr *e);
/* … in a register of its own choice, or in @dst. */
uint16_t compiler_fresh(struct compiler *c, const struct expr *e);
void compiler_to(struct compiler *c, const struct expr *e, uint16_t dst);
/* The variable in register @dst += @piece, whose value is the V operand. */
void compiler_add_to(struct compiler *c, uint16_t dst, const struct expr *piece,
                     uint16_t value);
/* @variable = @sum, if that is itself and pieces to be added. */
bool compiler_append(struct compiler *c, const struct expr *variable,
                     const struct expr *sum);
/* The same of a member or an element. */
bool compiler_append_at(struct compiler *c, const struct expr *target,
                        const struct expr *sum);
/* s.append(x), if that is @call; its own value is not needed. */
bool compiler_append_call(struct compiler *c, const struct expr *call);
/* Jumps when the truth of @e is @when; else goes on. */
void compiler_condition(struct compiler *c, const struct expr *e, bool when,
                        struct jumps *j);
/* @target = the V operand @value */
void compiler_store(struct compiler *c, const struct expr *target,
                    uint16_t value);

/* A place that is being written into: its register, and where that came from,
 * since a text in it may have to be put back. */
struct opened {
  uint16_t reg;
  uint16_t parent;
  uint16_t key; /* of the parent: constant text or index */
};

/* @e becomes an object, or a list, if it is nothing yet. */
struct opened compiler_open(struct compiler *c, const struct expr *e,
                            bool as_list);
/* Does the index count elements? A quoted name is that of a member. */
bool compiler_counts(const struct expr *index);
/* An array is a text, and texts never change: the new one goes where the old
 * one came from. (For a list this puts back what is there.) */
void compiler_put_back(struct compiler *c, const struct expr *e,
                       struct opened o);
void compiler_block(struct compiler *c, const struct block *block);
/* Is it the script's variable, seen from a function? */
bool compiler_is_outer(const struct compiler *c, const struct expr *name);

#endif
