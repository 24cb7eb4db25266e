/* peers_door.h - peer workload v1's two requests over a socket, durable.
 *
 * The peers of the comparison are asked over a socket, with a line for each
 * operation. So is Baton here: the whole engine with its journal, one line in,
 * one line out when what it did is on the disk.
 *
 *   agent N S:P,S:P,… idle|busy   a skill's number and proficiency, 1 best
 *   E TAG ID PRIORITY S,S,…       a session comes: TAG AGENT, or TAG -
 *   R TAG AGENT ID                the agent has done with it, 0 for none:
 *                                 TAG ID of the next session, or TAG -
 *   ready TAG                     TAG ok when all before it is durable
 */
#ifndef BATON_CLI_PEERS_DOOR_H
#define BATON_CLI_PEERS_DOOR_H

#include "base/err.h"
#include "base/map.h"
#include "base/rand.h"
#include "domain/domain.h"

struct door_session {
  struct id id;
  uint32_t number; /* the workload's */
};

struct door {
  struct domain *domain;
  const struct mem *mem;
  struct rand rand;
  int64_t now_us;
  struct textbuf out; /* not sent yet */
  struct door_session *sessions;
  size_t session_count, session_cap;
  uint32_t first_free;         /* place in sessions + 1; its number: the next */
  struct map by_number, by_id; /* index in sessions */
  char why[256];               /* what was wrong with a line; empty */
};

/* @domain is borrowed; its centre is furnished for the workload. */
void door_open(struct door *d, const struct mem *mem, struct domain *domain);
void door_close(struct door *d);
/* Carries out one line, without its end. False: d->why. */
bool door_take(struct door *d, struct text line);
/* Lets what is due happen. */
void door_tick(struct door *d);

#endif
