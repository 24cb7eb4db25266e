/* agent.h - one agent's presence and work, as a pure state machine.
 *
 * An agent is a value: no pointers, no clock, no I/O, no allocation. It may be
 * copied, hashed, stored and compared with memcmp. All that ever changes it is
 * agent_apply(); all that ever decides is agent_decide(). The transitions live
 * in agent_fsm.def.
 *
 * Capacity is claimed here and nowhere else, for offers, pulled and transferred
 * work alike: on each channel reserved + active + wrapup ≤ capacity, always.
 */
#ifndef BATON_AGENT_AGENT_H
#define BATON_AGENT_AGENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* Channels are numbered by the engine: chat, voice, message. */
enum { AGENT_CHANNELS = 3, AGENT_CAPACITY_MAX = 250 };

/* Away codes below AGENT_AWAY_CUSTOM are Baton's own; the engine interns the
 * centre's reasons from there on. */
enum agent_away {
  AGENT_AWAY_NONE,      /* not away */
  AGENT_AWAY_LOGGED_IN, /* has just logged in */
  AGENT_AWAY_NO_ANSWER, /* RONA */
  AGENT_AWAY_CUSTOM = 16
};

#define STATE(name, kind, doc) AGENT_##name,
enum agent_presence {
#include "agent/agent_fsm.def"
  AGENT_PRESENCES
};
#undef STATE

#define SHOWN(name, text, doc) AGENT_SHOWN_##name,
enum agent_shown {
#include "agent/agent_fsm.def"
  AGENT_SHOWNS
};
#undef SHOWN

#define COMMAND(name, doc) AGENT_CMD_##name,
enum agent_cmd_type {
#include "agent/agent_fsm.def"
  AGENT_CMDS
};
#undef COMMAND

#define EVENT(name, wire, doc) AGENT_EV_##name,
enum agent_event_type {
#include "agent/agent_fsm.def"
  AGENT_EVENTS
};
#undef EVENT

#define EFFECT(name, doc) AGENT_FX_BIT_##name,
enum agent_effect_bit {
#include "agent/agent_fsm.def"
  AGENT_FX_BITS
};
#undef EFFECT

#define REFUSAL(name, text, doc) AGENT_REFUSAL_##name,
enum agent_refusal {
#include "agent/agent_fsm.def"
  AGENT_REFUSALS
};
#undef REFUSAL

/* A row is named by what selects it, so a duplicate does not compile. */
#define ROW(f, c, g, t, e, fx) AGENT_ROW_##f##_##c##_##g,
enum agent_row {
#include "agent/agent_fsm.def"
  AGENT_ROWS
};
#undef ROW

/* What configuration says. */
struct agent_limits {
  uint8_t capacity[AGENT_CHANNELS];   /* 0: not on this channel */
  uint8_t blocked_by[AGENT_CHANNELS]; /* bits of the channels whose work must
                                         not be interrupted by this one */
  uint8_t rona_stays; /* 1: an unanswered offer leaves the agent available */
};

/* One channel's units. The capacity is the limit, or what was in hand when the
 * limit was lowered: it then shrinks as work ends. */
struct agent_load {
  uint8_t capacity, reserved, active, wrapup;
};

struct agent {
  int64_t idle_since_us; /* last got or finished work, or became available */
  uint32_t away_code;    /* enum agent_away or the engine's; NONE unless away */
  uint32_t visit;        /* counts losses; a grace timer remembers it */
  uint8_t presence;      /* enum agent_presence */
  uint8_t resume;        /* LOST: the presence to come back to */
  struct agent_limits limits;
  struct agent_load load[AGENT_CHANNELS];
  uint8_t zero[3]; /* no padding: memcmp and hashing see every byte */
};

/* What an unanswered offer does to the agent. */
enum agent_rona {
  AGENT_RONA_OWN, /* as the agent's limits say */
  AGENT_RONA_AWAY,
  AGENT_RONA_STAYS
};

struct agent_cmd {
  uint32_t type;    /* enum agent_cmd_type */
  uint32_t channel; /* RESERVE … COMPLETE */
  int64_t now_us;
  uint32_t away_code;         /* SET_AWAY; at least AGENT_AWAY_CUSTOM, or one
                                 of Baton's own except NONE */
  uint32_t rona;              /* EXPIRE: enum agent_rona, the queue's */
  uint32_t visit;             /* GIVE_UP: the visit its timer was armed for */
  struct agent_limits limits; /* SET_LIMITS */
};

/* Carries results: applying it needs no policy and no clock. */
struct agent_event {
  uint32_t type;    /* enum agent_event_type */
  uint32_t to;      /* the presence entered */
  uint32_t channel; /* RESERVED … WRAPPED_UP, else 0 */
  uint32_t away_code;
  int64_t idle_since_us;
  struct agent_limits limits;
};

struct agent_out {
  struct agent_event event;
  uint32_t effects; /* bits of enum agent_effect_bit, performed low to high */
  uint32_t row;     /* which row fired; for coverage and traces */
};

/* An agent that is offline, with these limits. */
struct agent agent_make(const struct agent_limits *limits);

/* Decide what @cmd does to @a, without doing it. Pure. Anything but
 * AGENT_REFUSAL_NONE is an answer: nothing happened, @out is untouched. */
enum agent_refusal agent_decide(const struct agent *a,
                                const struct agent_cmd *cmd,
                                struct agent_out *out) BT_USE_RESULT;

/* Apply one event. Never fails: an event is a fact. */
struct agent agent_apply(struct agent a, const struct agent_event *e);

/* Could take one more on @channel now: available, room, not blocked. */
bool agent_ready(const struct agent *a, uint32_t channel);
/* The same, presence aside: for pulled and transferred work. */
bool agent_has_room(const struct agent *a, uint32_t channel);
bool agent_has_work(const struct agent *a);
uint32_t agent_used(const struct agent *a, uint32_t channel);
enum agent_shown agent_shown(const struct agent *a);

/* Names for logs, traces, the API and generated documents. Static storage. */
const char *agent_presence_name(uint32_t presence);
const char *agent_cmd_name(uint32_t type);
const char *agent_event_name(uint32_t type);
const char *agent_shown_text(uint32_t shown);
const char *agent_refusal_text(uint32_t refusal);   /* "at_capacity" */
const char *agent_refusal_detail(uint32_t refusal); /* one sentence */

#endif
