/* world.h - one session, and what its effects made of everything around it.
 *
 * The laws that world_step() holds every step to stand in three places, each
 * written from the specification and not from the table:
 *
 *   answers.c   who must be heard, and who is refused with which refusal
 *   outcomes.c  where a command leads, and what is written down about it
 *   world.c     what the step may change, and what must hold at rest
 */
#ifndef BATON_EXPLORE_SESSION_WORLD_H
#define BATON_EXPLORE_SESSION_WORLD_H

#include "session/session.h"

enum { WORLD_BOTS = 2, WORLD_QUEUES = 2, WORLD_AGENTS = 2 };

enum world_bot {
  WORLD_BOT_NONE,
  WORLD_BOT_INVITED,
  WORLD_BOT_OPEN, /* its connection stands */
  WORLD_BOT_GONE, /* its connection went with a restart */
  WORLD_BOT_TOLD  /* told to close, and its close awaited */
};

/* The neighbours know what was asked of them and what effects told them; they
 * never look into the session. That both agree is a law. */
struct world {
  struct session s;
  uint32_t customer; /* 1: the customer's part is open */
  uint32_t bot;      /* enum world_bot */
  uint32_t part;    /* enum session_holder: BOT or SCRIPT, invited or holding */
  uint32_t part_id; /* its number, or SESSION_NOBODY */
  uint32_t wish;    /* 1: the bot's goodbye asked for the end */
  uint32_t timer;   /* enum session_timer: the one that is armed */
  uint32_t place;   /* the queue where it has a place, or SESSION_NOBODY */
  uint32_t old_place; /* the queue where it had one last */
  uint32_t reserved;  /* the agent who is asked */
  uint32_t busy;      /* the agent who is given to the session */
  uint32_t bridge;    /* the agent who hears the customer */
  uint32_t lost;      /* 1: the connection of the agent who holds is lost */
  uint32_t waits;     /* enum session_holder: QUEUE or BOT: a transfer waits */
  uint32_t waits_for; /* its target */
};

/* What one step was: the command and, if it was taken, its consequences. */
struct world_step {
  bool taken;
  enum refusal why;
  size_t count; /* of outs: the command's own and what had to follow */
  struct session_out outs[2];
};

struct world world_new(void);

/* The command is given to the session; the laws are checked on the way. What
 * must follow in the same step does. */
struct world_step world_step(struct world *w, const struct session_cmd *cmd);

/* The world without its ever-growing counters, which are not a difference. */
struct world world_normal(const struct world *w);

/* answers.c: REFUSAL_NONE if the command must be heard. */
enum refusal answer_due(const struct world *w, const struct session_cmd *cmd);

/* outcomes.c: where a command that is taken leads. */
struct outcome {
  enum session_status status;
  enum session_event_type event;
};
struct outcome outcome_due(const struct world *w,
                           const struct session_cmd *cmd);

/* A law is broken: says which, with the path that led there, and ends. */
_Noreturn void law_broken(const char *law, const char *file, int line);

#define LAW(holds, text)                                                       \
  ((holds) ? (void)0 : law_broken((text), __FILE__, __LINE__))

#endif
