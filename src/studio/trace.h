/* trace.h - what each executed line of a run did: its actions with their
 * results, and the variables that it changed.
 *
 * The host shows the run at certain moments; the trace compares, and tells one
 * record a line, in the order of execution. A line that calls a function of
 * the script is told before the function's lines; what it does after they have
 * returned is told once more, marked .back.
 *
 * A trace may begin in the middle of a run that slept. It never changes a run.
 */
#ifndef BATON_STUDIO_TRACE_H
#define BATON_STUDIO_TRACE_H

#include "base/id.h"
#include "base/text.h"
#include "studio/vm.h"

/* All of it is borrowed for the call. */
struct trace_line {
  uint64_t seq; /* from 1 */
  int64_t at_us, elapsed_us;
  uint32_t line, column;
  size_t depth;        /* calls around it: 0 in the main part or a section */
  struct text section; /* or function; empty in the main part */
  bool back;           /* the rest of a line that has been told already */
  struct text actions; /* JSON: [{"action", "arguments", "result"}], or [] */
  struct text changed; /* JSON: {"name": {"old", "new"}}, or {} */
  struct text error;   /* why the line failed; empty if it did not */
};
typedef void trace_fn(void *ctx, const struct trace_line *line);

struct trace_options {
  size_t value_max; /* bytes of JSON of one value; what is longer is cut */
  void *ctx;
  trace_fn *fn;
};

/* ---- as people and programs read it */

struct trace_where {
  struct id session;
  struct text script;            /* its file, or its name */
  const struct program *program; /* for the line itself; may be NULL */
  int64_t began_us;              /* text: what times count from */
};
/* One object: seq, atUs, elapsedUs, session, script, section, line, column,
 * depth, back, source, actions, changed, error. */
void trace_write_json(const struct trace_line *line,
                      const struct trace_where *where, struct textbuf *out);
/* The line, and below it what it did; ends in a newline. */
void trace_write_text(const struct trace_line *line,
                      const struct trace_where *where, struct textbuf *out);

/* ---- tracing */

struct trace;

/* NULL: no memory. */
struct trace *trace_create(const struct mem *mem,
                           const struct trace_options *options);
void trace_free(struct trace *t); /* NULL is fine */
/* Some lines could not be told for want of memory. */
bool trace_has_failed(const struct trace *t);

/* A run that is loaded from its image, or new: where it stands is the line that
 * is under way since @began_us. */
void trace_begin(struct trace *t, const struct vm *vm, int64_t began_us);
/* vm_run() has returned VM_LINE. */
void trace_line(struct trace *t, const struct vm *vm, int64_t now_us);
/* vm_run() has returned VM_ACTION; before the answer. */
void trace_action(struct trace *t, const struct vm *vm);
/* Before each vm_run(): the answer, if an action had one. */
void trace_go_on(struct trace *t, const struct vm *vm);
/* vm_run() has returned VM_DONE or VM_ERROR, or the run is stopped. */
void trace_end(struct trace *t, const struct vm *vm, int64_t now_us);

#endif
