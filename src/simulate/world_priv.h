/* world_priv.h - a run while it is played. */
#ifndef BATON_SIMULATE_WORLD_PRIV_H
#define BATON_SIMULATE_WORLD_PRIV_H

#include "base/timers.h"
#include "engine/engine.h"
#include "simulate/world.h"

#define SIM_NONE UINT32_MAX

/* What somebody will do; the owner is a contact or an agent. */
enum sim_plan {
  SIM_ANSWER,  /* the agent answers the offer; visit: which */
  SIM_DECLINE, /* or declines it */
  SIM_GIVE_UP, /* the customer's patience ends */
  SIM_HANG_UP, /* the conversation ends */
  SIM_DOCUMENTED,
  SIM_COME, /* the agent's shift begins */
  SIM_GO,
  SIM_BACK /* the agent is back from having been sent away */
};

/* A contact that has come. */
struct sim_life {
  struct id session;
  uint8_t status; /* enum session_status */
  bool counted;   /* it came after the warm-up */
  uint32_t row;   /* of the queue that it is in, or was in last */
  uint32_t agent;
  uint32_t offers; /* so far */
  uint32_t timer;  /* of its patience; TIMER_NONE */
  int64_t entered_us, since_us;
};

/* An agent. */
struct sim_seat {
  uint32_t asked, talking, wrapping; /* offers, conversations, wrap-ups */
  bool on_shift, available;
  int64_t since_us; /* does the same since then */
};

struct sim {
  const struct mem *mem;
  const struct simulate_setting *setting;
  const struct simulate_plan *plan;
  struct engine *engine;
  struct step step;
  struct timers timers;
  struct rand ids;
  int64_t now_us;
  struct simulate_arrivals arrivals;
  struct sim_life *lives; /* as many as arrivals */
  uint32_t *life_of;      /* by the engine's slot */
  size_t life_of_cap;
  struct sim_seat *seats; /* by agent number */
  size_t seat_count;
  uint32_t *row_of; /* by queue number; SIM_NONE */
  size_t row_of_count;
  struct simulate_rows rows;
  struct simulate_tally *tally;
  size_t open; /* sessions that have not ended */
  struct simulate_error *why;
};

/* ---- stage.c: the centre */

/* An engine with all objects in it. On an error the caller closes, too. */
enum bt_err sim_open(struct sim *s);
void sim_close(struct sim *s);
struct command sim_command(struct sim *s, enum command_type type,
                           enum role role, uint32_t number);
/* Carries it out; what happened is in s->step. */
void sim_do(struct sim *s, const struct command *cmd);
enum bt_err sim_fail(struct sim *s, enum bt_err err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- seats.c: agents */

/* Their shifts; who has none is there from the beginning. */
enum bt_err sim_seats_open(struct sim *s);
void sim_seat_act(struct sim *s, enum sim_plan what, uint32_t agent);
/* Counts what the agent did until now, before it does something else. */
void sim_seat_count(struct sim *s, uint32_t agent);
void sim_seat_hear(struct sim *s, const struct record *ev);
/* A wrap-up is over: who has no shift any more logs out. */
void sim_seat_free(struct sim *s, uint32_t agent);
/* The run is over. */
void sim_seats_close(struct sim *s);

/* ---- play.c: customers */

void sim_plan(struct sim *s, int64_t after_us, struct timer what);
/* Takes in what the last command made happen. */
void sim_hear(struct sim *s);

#endif
