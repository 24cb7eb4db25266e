/* inspect.h - looking into a run that stands still: frames, variables, and what
 * an expression is worth there.
 *
 * A debugger stops a run before a line (VM_LINE), or finds it asleep in an
 * action. Looking never changes it: an expression is computed on a copy of the
 * run, with a budget of its own, and may do all that a script may except ask
 * the session for something. The one thing that changes a run is
 * inspect_set().
 */
#ifndef BATON_STUDIO_INSPECT_H
#define BATON_STUDIO_INSPECT_H

#include "base/err.h"
#include "base/text.h"
#include "studio/vm.h"

enum {
  INSPECT_STEPS_MAX = 100000
}; /* statements that an expression may take */

/* ---- frames: 0 is the innermost */

enum inspect_part { INSPECT_MAIN, INSPECT_SECTION, INSPECT_FUNCTION };

struct inspect_frame {
  enum inspect_part part;
  struct text name; /* of the section or function; empty for the main part */
  uint32_t line, column;
};

size_t inspect_frame_count(const struct vm *vm); /* 0: nothing runs */
struct inspect_frame inspect_frame(const struct vm *vm, size_t frame);

/* ---- variables */

enum inspect_scope {
  INSPECT_SCRIPT, /* the script's: seen from every frame */
  INSPECT_LOCAL   /* the function's own; none in other parts */
};

/* @frame matters to INSPECT_LOCAL alone. */
size_t inspect_variable_count(const struct vm *vm, size_t frame,
                              enum inspect_scope scope);

struct inspect_variable {
  struct text name;
  enum vm_kind kind;
};

/* Which variable: number @i of a scope of a frame. */
struct inspect_place {
  size_t frame;
  enum inspect_scope scope;
  size_t i;
};

struct inspect_variable inspect_variable(const struct vm *vm,
                                         struct inspect_place at);
/* As TRACE prints it, and as JSON. A value that prints larger than
 * VM_VALUES_MAX is cut, and out->failed says so. */
void inspect_variable_text(const struct vm *vm, struct inspect_place at,
                           struct textbuf *out);
void inspect_variable_json(const struct vm *vm, struct inspect_place at,
                           struct textbuf *out);
/* The variable that @name stands for in @frame. BT_ERR_NOT_FOUND. */
enum bt_err inspect_find(const struct vm *vm, size_t frame, struct text name,
                         struct inspect_place *out) BT_USE_RESULT;

/* "null", "boolean", "number", "text", "list", "object" */
const char *inspect_kind_name(enum vm_kind kind);

/* ---- expressions */

struct inspect_result {
  enum vm_kind kind;
  bool truth;          /* as IF takes it */
  struct textbuf text; /* as TRACE prints it; or, after an error, why not */
  struct textbuf json; /* the value; empty after an error */
};

void inspect_result_init(struct inspect_result *r, const struct mem *mem);
void inspect_result_free(struct inspect_result *r);

/* The value of @expression as if it stood at that frame's line. Errors with a
 * sentence in out->text: BT_ERR_SYNTAX: it is no expression, or has a name
 * that the frame does not know. BT_ERR_STATE: it fails when it is computed.
 * BT_ERR_UNSUPPORTED: it would ask the session for something. BT_ERR_NOMEM. */
enum bt_err inspect_evaluate(const struct vm *vm, size_t frame,
                             struct text expression,
                             struct inspect_result *out) BT_USE_RESULT;
/* Gives the variable @name of @frame the value of @expression; *@out is what it
 * holds then. Errors as above; BT_ERR_NOT_FOUND: no such variable;
 * BT_ERR_FULL: the value does not fit into the run. On error nothing has
 * changed. */
struct inspect_change {
  size_t frame;
  struct text name, expression;
};
enum bt_err inspect_set(struct vm *vm, const struct inspect_change *change,
                        struct inspect_result *out) BT_USE_RESULT;

#endif
