/* walk.h - every reachable world of a session, found breadth first. */
#ifndef BATON_EXPLORE_SESSION_WALK_H
#define BATON_EXPLORE_SESSION_WALK_H

#include "world.h"

struct walk_report {
  size_t worlds, arrows;
  bool row_fired[SESSION_ROWS];
  bool status_seen[SESSION_STATUSES];
  /* Over all that was decided: two tables with the same digest cannot be told
   * apart by any command in any reachable world. */
  uint64_t digest;
};

/* Visits all of them. A broken law ends the program with exit code 1 and
 * prints, on standard error, the shortest path that leads there. */
struct walk_report walk_worlds(void);

/* From every world visited: the session can end; alone, it goes on by its
 * timers; every way in which a bot's part ends leads to idle once. */
void walk_check_futures(void);

#endif
