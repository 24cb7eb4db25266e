/* explore_session.c - every reachable world of one session, with the shipped
 * code: the session, a customer, two bots, a script, two queues, two agents, a
 * transfer that waits, and the timers.
 *
 * Proved for these worlds: the laws of tests/explore/session/; refused commands
 * change nothing; the journal gives the same session; every row fires; every
 * status is reached; from every world the session can still end.
 */
#include <stdio.h>

#include "session/walk.h"

int main(void) {
  const struct walk_report r = walk_worlds();
  walk_check_futures();
  int missing = 0;
  for (uint32_t i = 0; i < SESSION_ROWS; i++) {
    if (!r.row_fired[i]) {
      fprintf(stderr, "row %u of session_fsm.def never fires\n", i + 1);
      missing++;
    }
  }
  for (uint32_t i = 0; i < SESSION_STATUSES; i++) {
    if (!r.status_seen[i]) {
      fprintf(stderr, "status %s is never reached\n", session_status_name(i));
      missing++;
    }
  }
  if (missing) {
    return 1;
  }
  printf("%zu worlds, %zu arrows, %d rows: all laws hold\n", r.worlds, r.arrows,
         SESSION_ROWS);
  return 0;
}
