/* setting.h - a small centre that is explored: what is in it, what can happen.
 *
 * The engine is the shipped one, whole. A place is explored from the moment at
 * which its centre is configured and nobody is there yet.
 */
#ifndef BATON_TESTS_SETTING_H
#define BATON_TESTS_SETTING_H

#include <stdio.h>

#include "engine/engine.h"

enum { SETTING_SESSIONS = 3, SETTING_AGENTS = 2, SETTING_QUEUES = 2 };

/* Everything that is timed lasts one unit; a decline two, where a place says
 * so. */
#define SETTING_UNIT_S  30
#define SETTING_UNIT_US (SETTING_UNIT_S * INT64_C(1000000))

/* X(name, what it is done with, words) */
#define ACTS(X)                                                                \
  X(ARRIVE, ANY_QUEUE, "a session comes into queue")                           \
  X(ARRIVE_HIGH, ANY_QUEUE, "a session of high priority comes into queue")     \
  X(ARRIVE_SKIP, ANY_QUEUE, "a session skips to the head of queue")            \
  X(LEAVE, ANY_SESSION, "the customer leaves: session")                        \
  X(RAISE, ANY_SESSION, "a supervisor raises the priority of session")         \
  X(MOVE, SESSION_QUEUE, "a supervisor moves to a queue: session")             \
  X(PREFER, SESSION_AGENT, "a supervisor moves it, for an agent: session")     \
  X(ASSIGN, SESSION_AGENT, "a supervisor assigns to an agent: session")        \
  X(REQUEUE, ANY_SESSION, "a supervisor takes it back to its queue: session")  \
  X(WITHDRAW, ANY_SESSION, "a supervisor withdraws the offer: session")        \
  X(PULL, SESSION_AGENT, "an agent pulls: session")                            \
  X(ACCEPT, SESSION_AGENT, "an agent accepts: session")                        \
  X(DECLINE, SESSION_AGENT, "an agent declines: session")                      \
  X(HAND_ON, SESSION_AGENT, "an agent hands back to its queue: session")       \
  X(END, SESSION_AGENT, "an agent ends: session")                              \
  X(COMPLETE, SESSION_AGENT, "an agent completes: session")                    \
  X(JOIN, ANY_AGENT, "the desk connects of agent")                             \
  X(DROP, ANY_AGENT, "the desk is lost of agent")                              \
  X(READY, ANY_AGENT, "available: agent")                                      \
  X(AWAY, ANY_AGENT, "away: agent")                                            \
  X(OUT, ANY_AGENT, "logs out: agent")                                         \
  X(DRAIN, ANY_QUEUE, "drained: queue")                                        \
  X(PAUSE, ANY_QUEUE, "paused: queue")                                         \
  X(OPEN, ANY_QUEUE, "opened: queue")                                          \
  X(CRASH, ALONE, "the server restarts")                                       \
  X(TICK, ALONE, "a timer that is due fires")                                  \
  X(TIME, ALONE, "time passes, until timers are due")

#define X(name, on, words) ACT_##name,
enum act_kind { ACTS(X) ACT_KINDS };
#undef X

/* Sessions by their place among those that are open. */
struct act {
  uint8_t kind; /* enum act_kind */
  uint8_t session, agent, queue;
};
enum { ACTS_MAX = 128 };

/* What there is in it: so much can be tried within seconds, or within minutes.
 */
struct setting_form {
  uint32_t sessions; /* at most, at a time */
  uint32_t kinds;    /* bits of what happens */
};

struct setting {
  const char *name;
  /* Agents can change places, and queues can: they are alike. Sessions always
   * can. */
  bool alike;
  struct setting_form form;
  struct setting_form deep;
  const char *queues[SETTING_QUEUES], *agents[SETTING_AGENTS]; /* as JSON */
};

#define ACT_BIT(name) (1u << ACT_##name)

/* The settings, from number 0; NULL behind the last. */
const struct setting *setting_get(size_t i);
/* Everything that could be done beside @open sessions; returns how many. */
size_t setting_acts(const struct setting_form *f, uint32_t open,
                    struct act acts[ACTS_MAX]);
void act_tell(FILE *to, struct act act);

#endif
