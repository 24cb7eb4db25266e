/* world_priv.h - a world that is being played, shared by its files. */
#ifndef BATON_SCENARIO_WORLD_PRIV_H
#define BATON_SCENARIO_WORLD_PRIV_H

#include "api/api.h"
#include "base/rand.h"
#include "scenario/laws_priv.h"
#include "scenario/references_priv.h"
#include "scenario/roster_priv.h"
#include "scenario/world.h"
#include "studio/trace.h"

/* Somebody who does things: the customer, a bot, an agent, or the outside. */
struct actor {
  enum scenario_party party;
  uint32_t number;         /* of the bot or agent */
  struct text id;          /* its name in the timeline */
  const struct json *node; /* what the scenario says of it, or NULL */
  bool holds;              /* the session is with it */
  uint32_t epoch;          /* of its hold or invitation */
  bool gone;               /* a bot whose connection is closed */
  /* The steps: the next one, and since when it is the next. */
  const struct json *step;
  bool planned;
  int64_t since_us;
  size_t events_from, messages_from;
  const struct json *next; /* the customer's next answer, the agent's offer */
};

enum plan_kind {
  PLAN_STEP,
  PLAN_ANSWER,
  PLAN_ATTACH,
  PLAN_GOODBYE,
  PLAN_CLOSE,
  PLAN_OFFER,
  PLAN_END,
  PLAN_COMPLETE,
  PLAN_DROP,
  PLAN_RETURN,
  PLAN_REPLY,
  PLAN_TURN
};

/* Something that somebody will do. */
struct plan {
  int64_t at_us;
  uint64_t order; /* among those of one moment */
  enum plan_kind kind;
  struct actor *actor;
  struct id session;
  uint32_t epoch;          /* of the bot's hold */
  int64_t question;        /* PLAN_REPLY, PLAN_TURN */
  const struct json *node; /* the step, the answer, what becomes of an offer */
};

struct world {
  const struct scenario *scenario;
  struct world_options options;
  struct domain *domain;
  struct loop *loop;  /* never run: the API is asked without a socket */
  struct api *api;    /* what GetRESTProxy reaches */
  struct rand rand;   /* ids, random() */
  struct rand chance; /* with faults: what is shaken */
  int64_t now_us;
  struct id session;     /* the one under test */
  struct id last_opened; /* by the answer to the last command */
  int last_code;         /* of the answer to the last command */
  bool opening;          /* the next session that is opened is it */
  bool staging;          /* the first invitation is the stage's */
  struct roster roster;
  struct actor *actors;
  size_t actor_count;
  struct actor *customer, *bots, *agents, *outside; /* among the actors */
  struct plan *plans; /* earliest first; grows in the tale's arena */
  size_t plan_count, plan_cap;
  uint64_t plan_orders;
  uint32_t *rest_used;  /* by reply of the scenario */
  struct tz *zone;      /* of the script's dates */
  struct trace *tracer; /* when somebody wants to know; else NULL */
  bool looks_at_main;   /* the run that is shown is of the script under test */
  struct tale tale;
  struct laws laws;
};

/* ---- world.c */

/* A command by @role about the session under test. */
struct command world_command(struct world *w, enum command_type type,
                             enum role role, uint32_t number, struct text name);
void world_submit(struct world *w, const struct command *cmd);
/* A supervisor pauses or opens a queue. */
void world_supervise(struct world *w, enum command_type type,
                     struct text queue);
/* By this actor. */
struct command world_actor_command(struct world *w, const struct actor *a,
                                   enum command_type type);
/* A member of the scenario as JSON text, in the tale's arena. */
struct text world_json(struct world *w, const struct json *tree);
/* The world cannot do what the scenario says. */
__attribute__((format(printf, 2, 3))) void
world_trouble(struct world *w, const char *format, ...);

/* ---- plans.c */

/* @after_us from now; FIELD_NEVER: not at all. */
void world_plan(struct world *w, int64_t after_us, const struct plan *plan);
/* Carries out the earliest plan. */
void world_carry_out(struct world *w);

/* ---- stage.c: up to the moment in which the scenario begins */

bool stage_set(struct world *w);
void stage_begin(struct world *w);

/* ---- people.c */

void people_hear_event(struct world *w, const struct record *ev);
void people_hear_effect(struct world *w, const struct record *fx);
/* Looks whether the moment of somebody's next step has come. */
void people_look(struct world *w);
void people_do_step(struct world *w, struct actor *a, const struct json *step);
void people_say(struct world *w, struct actor *a, struct text text);
/* What an agent does with the next offer, a bot says in its next turn; the last
 * of the list holds for all that follow. */
const struct json *people_next(struct actor *a);
/* Its connection comes, or breaks. */
void people_connect(struct world *w, struct actor *a, bool here);
/* Steps that never happened and should have become troubles. */
void people_close(struct world *w);

/* ---- turns.c */

/* Every bot has a connection, over which it is asked. */
void turns_connect(struct world *w);
/* The effect of a BotExchange, by any session. */
void turns_ask(struct world *w, const struct record *fx);
void turns_answer(struct world *w, const struct plan *p);

/* ---- rest.c */

void rest_serve(struct world *w);
void rest_reply(struct world *w, const struct plan *p);

/* ---- calls.c: actions become the tale's calls, if any are expected */

void calls_watch(struct world *w);

/* ---- chronicle.c: what happens becomes the tale */

void chronicle_event(struct world *w, uint64_t seq, const struct record *ev);
/* The session as it is now. */
void chronicle_look(struct world *w);
/* The first @first statuses were before the start. */
void chronicle_begin(struct world *w, size_t first);

#endif
