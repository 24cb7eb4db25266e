/* debug_priv.h - a debugger of a session's scripts, shared by its files.
 *
 * What a debugger wants is the session's, folded from events; a run that stands
 * still in one sleeps (SLEEP_DEBUGGER), with its state in the journal like
 * every sleep. So a restart finds it, and lets it go on.
 */
#ifndef BATON_ENGINE_DEBUG_PRIV_H
#define BATON_ENGINE_DEBUG_PRIV_H

#include "base/json.h"
#include "engine/host_priv.h"
#include "studio/debug.h"
#include "studio/trace.h"

/* One element of FIELD_BREAKPOINTS. */
struct breakpoint {
  uint32_t line;
  struct text script;    /* empty: whichever runs */
  struct text condition; /* empty: always */
  struct text hits;      /* debug_hits_read() */
  struct text log;       /* said instead of standing still; empty: nothing */
};

/* The next of the list that @at stands in (begin with the parsed list's first
 * element); false at the end. */
bool breakpoint_next(const struct json **at, struct breakpoint *out);

/* ---- debug.c */
void debug_apply(struct engine *e, uint32_t slot, const struct record *ev);
/* The debugger of @args, which were looked at, watches from now on. */
void debug_attach(struct ctx *x, uint32_t slot, const struct record *args);
/* A paused run has stood still for as long as it may. */
void debug_late(struct ctx *x, uint32_t run);
/* After a restart nobody is there to let the paused runs go on. */
void debug_recover(struct ctx *x, uint32_t slot);

/* ---- debug_watch.c: while a VM runs */
/* At each moment of a run whose session has a debugger. */
void debug_look(struct ctx *x, uint32_t run, enum engine_moment moment);
/* At a line: does the run stand still here? Then it sleeps now. */
bool debug_pauses(struct ctx *x, uint32_t run);
/* Goes with the VM. */
void debug_forget(struct engine *e, struct run *r);

#endif
