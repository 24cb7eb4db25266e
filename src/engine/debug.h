/* debug.h - looking into the runs of a session, as a debugger shows them.
 *
 * The commands of a debugger are DEBUG, DEBUG_STEP, DEBUG_CHANGE and DEBUG_OFF;
 * its events debugger.set, debugger.gone, script.slept ("its debugger"),
 * script.resumed, script.line and script.changed. Looking is not a command: it
 * changes nothing.
 */
#ifndef BATON_ENGINE_DEBUG_H
#define BATON_ENGINE_DEBUG_H

#include "engine/engine.h"

/* Which run, and when. */
struct engine_run_state {
  uint32_t slot;     /* of the session */
  uint64_t run;      /* its number; 0: the one that is paused, else the first */
  struct text image; /* FIELD_IMAGE of an earlier event; empty: as it is now */
};

/* The run, to be looked into (studio/inspect.h); the caller frees it.
 * BT_ERR_NOT_FOUND: there is none, or it has not begun. BT_ERR_FOREIGN: of a
 * script that this engine does not know. BT_ERR_CORRUPT, BT_ERR_NOMEM. */
enum bt_err engine_open_run(const struct engine *e,
                            const struct engine_run_state *which,
                            const struct mem *mem,
                            struct vm **out) BT_USE_RESULT;

/* The number of the session's run that stands still in its debugger; 0 if
 * none does. */
uint64_t engine_paused_run(const struct engine *e, uint32_t slot);

/* What the debugger wants, and where each run of the session stands. */
void engine_write_debugger(const struct engine *e, uint32_t slot,
                           struct json_out *o);
/* The calls in progress, the innermost first, and the variables. */
void engine_write_frames(const struct vm *vm, struct json_out *o);

#endif
