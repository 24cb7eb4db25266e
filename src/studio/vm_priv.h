/* vm_priv.h - the inside of a run. */
#ifndef BATON_STUDIO_VM_PRIV_H
#define BATON_STUDIO_VM_PRIV_H

#include "base/rand.h"
#include "studio/area_priv.h"
#include "studio/builtin_priv.h"
#include "studio/code_priv.h"
#include "studio/vm.h"

#define FAILURE(name, slug, doc) FAILURE_##name,
enum failure {
#include "studio/failures.def"
  FAILURES
};
#undef FAILURE

enum vm_state {
  VM_STATE_READY,   /* can go on */
  VM_STATE_WAITING, /* for the answer to the action at the frame's pc */
  VM_STATE_BROKEN,  /* the answer was an error: fails when it goes on */
  VM_STATE_DONE,
  VM_STATE_FAILED
};

/* One call in progress. The result goes to register 0, where the arguments
 * began in the caller's registers. */
struct frame {
  uint32_t part;
  uint32_t pc;   /* the instruction at hand, or to go on with */
  uint32_t base; /* its register 0 on the stack */
};

struct vm {
  const struct mem *mem; /* of the vm itself, and of what outlives it */
  struct area area;      /* of its parts */
  const struct program *program;
  struct heap heap;
  struct value *stack; /* the script's variables first */
  size_t stack_cap;
  struct frame *frames;
  size_t frame_count, frame_cap;
  enum vm_state state;
  int64_t steps;         /* left until the next sleep */
  int64_t paused_us;     /* when the last vm_run() returned */
  bool slept;            /* the last action was one that sleeps */
  bool caught;           /* ON Error took a failure in the last vm_run() */
  bool line_shown;       /* VM_LINE was returned for the statement at hand */
  bool seeded;           /* .rand, since the run was loaded */
  int64_t now_us;        /* of the env of this vm_run() */
  const struct tz *zone; /* the same; NULL is UTC */
  struct rand rand;
  struct textbuf scratch; /* of built-ins; nothing in it outlives one */

  enum failure failure;
  struct spot failure_spot;
  struct textbuf failure_text;
};

/* ---- vm_host.c */
enum vm_kind vm_kind_of(struct value v);
/* Of the pending action; null if it was not given. */
struct value vm_argument(const struct vm *vm, unsigned i);
/* What the action just before was answered with; only between the answer and
 * the next vm_run(). False: it was not, a section began in its place. */
bool vm_last_answer(const struct vm *vm, struct value *out);
/* As text, or as JSON; cut at VM_VALUES_MAX. */
void vm_print_limited(const struct vm *vm, struct value v, bool json,
                      struct textbuf *out);

/* Records the failure at the instruction at hand. */
__attribute__((format(printf, 3, 4))) enum op_result
vm_fail(struct vm *vm, enum failure failure, const char *format, ...);
/* The kind of failures.def with this slug, which must be there. */
enum failure vm_failure_find(const char *slug);
/* A text on the heap from the scratch buffer, or from @t. */
enum op_result vm_take_scratch(struct vm *vm, struct value *out);
enum op_result vm_new_text(struct vm *vm, struct text t, struct value *out);
/* Work that is not a statement and takes long all the same. */
void vm_charge(struct vm *vm, size_t bytes);
enum { VM_BYTES_A_STEP = 4096 };

static inline struct frame *vm_frame(struct vm *vm) {
  return &vm->frames[vm->frame_count - 1];
}

static inline struct value *vm_registers(struct vm *vm) {
  return vm->stack + vm_frame(vm)->base;
}

/* What an operand of an instruction names: a constant or a register. */
static inline struct value
vm_operand(const struct vm *vm, const struct value *registers, uint16_t x) {
  return x & CODE_CONSTANT ? vm->program->constants[x & ~CODE_CONSTANT]
                           : registers[x];
}

/* A run that stands nowhere yet, without room for its variables. */
enum bt_err vm_make(const struct mem *mem, const struct program *program,
                    struct vm **out) BT_USE_RESULT;
/* Room for so many frames, and so many values on the stack. False: there is
 * none, and heap.out_of_memory says whose fault that is. */
bool vm_reserve(struct vm *vm, size_t frames, size_t values);
/* How many values of the stack are those of a frame: of a run that has ended
 * only the variables are left. */
size_t vm_top(const struct vm *vm);
/* Room for the registers of a frame at @base; cleared from @from on. */
bool vm_enter(struct vm *vm, uint32_t part, uint32_t base, uint32_t from);
/* Leaves everything that runs and begins this part. False: no memory. */
bool vm_begin(struct vm *vm, uint32_t part);
void vm_collect(struct vm *vm);
/* The instructions that are not worth a place in the loop. */
enum op_result vm_slow_op(struct vm *vm, const struct insn *in);
/* ---- vm_add.c */
/* a + b where not both are numbers. */
enum op_result vm_add(struct vm *vm, const struct value *a,
                      const struct value *b, bool join, struct value *out);
/* The same, where the result takes the place of @a, which a variable has: a
 * text grows in its place if nobody else has it. */
enum op_result vm_add_to(struct vm *vm, const struct value *a,
                         const struct value *b, bool join, struct value *out);

/* *@place = itself as text and the pieces behind it; a long text of a variable
 * grows. */
enum op_result vm_splice(struct vm *vm, const struct value *pieces,
                         unsigned count, struct value *place);
/* place.append(more) */
enum op_result vm_append_method(struct vm *vm, struct value more,
                                struct value *place);
/* ADD_GLOBAL, APPEND and APPEND_GLOBAL: *@place, a variable, grows. */
enum op_result vm_grow(struct vm *vm, const struct insn *in,
                       const struct value *registers, struct value *place);

enum vm_status vm_loop(struct vm *vm, bool trace);

/* ---- arrays.c: texts that are arrays */

/* The bounds of element @index (from 1); false if there is none. */
bool array_element(struct text array, size_t index, struct text *out);
size_t array_size(struct text array);
/* What v.name is for a value that is no object: .size, .length, or null. */
struct value array_property(struct value v, struct text name);
/* The element at byte *@at, and *@at behind it; false at the end. *@at begins
 * as 0. */
bool array_next(struct text array, size_t *at, struct text *out);

#endif
