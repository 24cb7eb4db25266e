/* laws.h - what must hold of an engine after every step, as code.
 *
 * The invariants of a session's life, seen from outside a step: before it the
 * laws remember the sessions and what the command may expect, after it they
 * compare. They look into the engine, and change nothing.
 */
#ifndef BATON_TESTS_LAWS_H
#define BATON_TESTS_LAWS_H

#include "engine/engine_priv.h"

enum { LAWS_SLOTS = 512, LAWS_AGENTS = 8, LAWS_SKILLS = 32 };

/* A session before the step. */
struct laws_session {
  bool used;
  struct id id;
  struct session s;
  int64_t entered_us;
  uint64_t order;
  uint32_t priority;
  uint64_t transcript; /* hash of the messages */
  size_t messages;
};

/* What an agent can do, by its configuration. */
struct laws_agent {
  struct router_skill skills[LAWS_SKILLS];
  uint32_t skill_count;
  uint32_t queues[LAWS_SKILLS];
  struct router_post posts[LAWS_SKILLS];
  uint32_t post_count;
  uint32_t queue_count;
  bool all_queues;
};

enum laws_expect {
  LAWS_EITHER,
  LAWS_TAKEN, /* nobody may be deaf to it */
  LAWS_REFUSED
};

struct laws {
  struct laws_session before[LAWS_SLOTS];
  struct laws_agent agents[LAWS_AGENTS];
  enum laws_expect expect;
  int64_t now_us; /* of the command */
  bool late; /* timers are due that have not fired: some laws wait for them */
  char broken[512]; /* which law, and where; empty if all hold */
};

void laws_before(struct laws *w, const struct engine *e,
                 const struct command *cmd);
/* False: w->broken says what does not hold. */
bool laws_hold(struct laws *w, const struct engine *e,
               const struct command *cmd, const struct step *step);

/* May the agent take the session that waits, presence and load aside? */
bool laws_is_eligible(const struct laws *w, const struct engine *e,
                      const struct live *l, uint32_t agent);

#endif
