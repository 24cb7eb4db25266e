/* moves.h - every command with every argument that could make a difference.
 *
 * A move is relative: it says "the current epoch" or "an old one", and becomes
 * a command for the session at hand. So late, duplicate and misdirected
 * commands need no code of their own: they are just more moves.
 */
#ifndef BATON_EXPLORE_SESSION_MOVES_H
#define BATON_EXPLORE_SESSION_MOVES_H

#include <stddef.h>
#include <stdio.h>

#include "session/session.h"

struct move {
  uint32_t type;                            /* enum session_cmd_type */
  uint32_t target;                          /* 0, 1 or SESSION_NOBODY */
  uint8_t kind;                             /* enum session_holder */
  bool this_epoch, this_visit, this_number; /* the current one, or another */
  bool privileged, ending;
};

enum { MOVES_MAX = 512 };

/* Fills @out with all of them; how many. */
size_t moves_all(struct move out[MOVES_MAX]);

struct session_cmd move_command(struct move m, const struct session *s);

/* "GOODBYE epoch=old ending": a step of a trace. */
void move_print(FILE *to, struct move m);

#endif
