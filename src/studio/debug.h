/* debug.h - when a run that is watched stands still: steps and breakpoints.
 *
 * Whoever debugs runs a VM with env.trace and asks at each VM_LINE. All that a
 * step needs is how deep the run was when the step began: calls that are made
 * meanwhile are deeper, and where it returns to is less deep.
 */
#ifndef BATON_STUDIO_DEBUG_H
#define BATON_STUDIO_DEBUG_H

#include "studio/vm.h"

#define DEBUG_STEP_LIST(X)                                                     \
  X(CONTINUE, "continue", "to the next breakpoint")                            \
  X(PAUSE, "pause", "to whichever line comes next")                            \
  X(IN, "in", "to the next line, in a function too")                           \
  X(OVER, "over", "to the next line of this part, over what it calls")         \
  X(OUT, "out", "to the line behind the call of this function")
#define X(name, wire, doc) DEBUG_STEP_##name,
enum debug_step { DEBUG_STEP_LIST(X) DEBUG_STEPS };
#undef X

const char *debug_step_name(enum debug_step step);
/* DEBUG_STEPS if there is none of that name. */
enum debug_step debug_step_find(struct text name);

/* How many calls the run is within, to be handed to debug_step_ends(). */
size_t debug_depth(const struct vm *vm);
/* Does a step that began at @depth end before the line at hand? */
bool debug_step_ends(enum debug_step step, size_t depth, const struct vm *vm);

/* The line on which a breakpoint for @line stops: the first one from there on
 * that executes something; 0 if there is none. */
uint32_t debug_breakpoint_line(const struct program *program, uint32_t line);
/* Is the statement at hand the first of its line? A line with several is
 * stopped at once. */
bool debug_is_line_start(const struct vm *vm);

/* How often a breakpoint must be reached: "5" or ">=5" from the fifth time on,
 * "=5" the fifth time only, ">5" from the sixth on, "%5" each fifth time. */
struct debug_hits {
  char op; /* '\0': always; '>' of .count and more, '=', '%' */
  uint32_t count;
};

/* Empty is always. False: it is none of these. */
bool debug_hits_read(struct text text, struct debug_hits *out);
bool debug_hits_reached(struct debug_hits hits, uint32_t times);

#endif
