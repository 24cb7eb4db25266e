/* checker.h - reads a compiled script and says what will go wrong.
 *
 * The passes are a table; each adds its findings to the list. The one that
 * matters most is the handover check: it follows every path with the set of
 * statuses that the session can be in, and reports each Transfer that can be
 * refused, from which status, and the edit that makes it safe.
 */
#ifndef BATON_STUDIO_CHECKER_H
#define BATON_STUDIO_CHECKER_H

#include <stdint.h>

#include "base/err.h"
#include "studio/diagnostic.h"
#include "studio/program.h"

/* Statuses of a session as bits of a set. */
#define STATUS(name, text, now, released, why) CHECKER_BIT_##name,
enum checker_status_bit {
#include "studio/statuses.def"
  CHECKER_STATUSES,
  /* Connected too, and this script is the one that holds it. */
  CHECKER_BIT_SCRIPT = CHECKER_STATUSES,
  CHECKER_BITS
};
#undef STATUS
#define CHECKER_SET(name) (1u << CHECKER_BIT_##name)

/* What a script can call by its name. */
enum checker_kind {
  CHECKER_TARGETS, /* of transfers */
  CHECKER_QUEUES,  /* skills have one, too */
  CHECKER_BOTS,
  CHECKER_CALENDARS,
  CHECKER_SCRIPTS,
  CHECKER_KINDS
};

struct checker_names {
  struct text *names;
  size_t count;
};

/* What the entry point guarantees. A script may state the first itself, in a
 * comment: "// baton: entry script"; see checker_entry_set(). */
struct checker_world {
  uint32_t entry; /* the statuses at the script's first line */
  bool given;     /* whatever the script itself states */
  double drain_s; /* after a sleep this long a releasing session is idle */
  /* By enum checker_kind, where a centre is known; else NULL. */
  const struct checker_names *names;
  /* Are these options of a transfer understood? Else the reason goes to @why.
   * NULL: nobody knows. */
  bool (*options_fit)(struct text options, struct textbuf *why);
  /* The session ends when nobody takes it: entry points without a fallback. */
  struct text no_fallback; /* one of them; empty if there is none */
  /* Told of each statement on the way of the handover check, more than once:
   * its line, and statuses that the session can have there. NULL: nobody is. */
  void (*at_line)(void *ctx, uint32_t line, uint32_t set);
  void *at_line_ctx;
};

/* The ticket's world: the bot has just said goodbye, and its connection closes
 * one second later. */
struct checker_world checker_world_default(void);

/* "idle", or several with commas or blanks between them: names of statuses, and
 * "script" for a session that the script itself holds. 0 if one is unknown. */
uint32_t checker_entry_set(struct text list);
/* The name of a bit: of a status, or "script". */
struct text checker_status_name(unsigned bit);
/* The statuses that a script means by this name; 0 if there is none. */
uint32_t checker_status_set(struct text name);

/* Adds the findings of all passes to @diags and sorts it. BT_ERR_NOMEM. */
enum bt_err checker_run(const struct mem *mem, const struct program *program,
                        const struct checker_world *world,
                        struct diagnostics *diags) BT_USE_RESULT;

#endif
