/* replay_candidates.h - why a session was offered to one agent and to no other,
 * out of a journal. */
#ifndef BATON_CLI_REPLAY_CANDIDATES_H
#define BATON_CLI_REPLAY_CANDIDATES_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/engine.h"

struct replay_decisions {
  const char *only; /* of one agent alone; empty: of all */
  bool json;
};

/* @e is as it was when the offer was decided: everything before @offered is
 * folded, and it is not. One line of JSON, or a line for each agent, on
 * standard output. */
void replay_print_candidates(const struct engine *e, uint64_t seq,
                             const struct record *offered,
                             const struct replay_decisions *how);

#endif
