/* session.h - one customer session, as a pure state machine.
 *
 * A session is a value: no pointers, no clock, no I/O, no allocation. It may be
 * copied, stored and compared with memcmp. All that ever changes it is
 * session_apply(); all that ever decides is session_decide().
 *
 *     command --decide--> event --journal--> apply --> session'
 *                      \-> effects --after the journal has the event--> shell
 *
 * The transitions live in session_fsm.def; docs/fsm/session.md is generated.
 */
#ifndef BATON_SESSION_SESSION_H
#define BATON_SESSION_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/text.h"
#include "session/refusal.h"

#define STATUS(name, wire, kind, timer, doc) SESSION_##name,
enum session_status {
#include "session/session_fsm.def"
  SESSION_STATUSES
};
#undef STATUS

#define TIMER(name, wire, ms, doc) SESSION_TIMER_##name,
enum session_timer {
#include "session/session_fsm.def"
  SESSION_TIMERS
};
#undef TIMER

#define HOLDER(name, wire, doc) SESSION_HOLDER_##name,
enum session_holder {
#include "session/session_fsm.def"
  SESSION_HOLDERS
};
#undef HOLDER

#define COMMAND(name, refusal, doc) SESSION_CMD_##name,
enum session_cmd_type {
#include "session/session_fsm.def"
  SESSION_CMDS
};
#undef COMMAND

#define EVENT(name, wire, doc) SESSION_EV_##name,
enum session_event_type {
#include "session/session_fsm.def"
  SESSION_EVENTS
};
#undef EVENT

#define EFFECT(name, doc) SESSION_FX_BIT_##name,
enum session_effect_bit {
#include "session/session_fsm.def"
  SESSION_FX_BITS
};
#undef EFFECT

/* A row is named by what selects it, so a duplicate does not compile. */
#define ROW(f, c, g, t, h, e, fx) SESSION_ROW_##f##_##c##_##g,
enum session_row {
#include "session/session_fsm.def"
  SESSION_ROWS
};
#undef ROW

#define SESSION_NOBODY UINT32_MAX

struct session {
  uint8_t status;  /* enum session_status */
  uint8_t holder;  /* enum session_holder */
  uint8_t invited; /* enum session_holder: BOT or SCRIPT while pending */
  uint8_t away; /* 1: the holder's connection is lost or went with a restart */
  uint8_t closing; /* 1: the bot has been told to close */
  uint8_t ending;  /* 1: the bot's goodbye asked for the end of the session */
  uint8_t waits;   /* enum session_wait: a transfer waits for the release */
  uint8_t unused;
  uint32_t holder_id;  /* bot, queue, agent or script number; SESSION_NOBODY */
  uint32_t invited_id; /* bot or script number while pending */
  uint32_t agent;      /* reserved, holding or wrapping up; SESSION_NOBODY */
  uint32_t
      queue; /* where it waits or last waited; SESSION_NOBODY before that */
  uint32_t epoch;   /* +1 at each change of holder and at each invitation */
  uint32_t visit;   /* +1 whenever the status timer is armed or disarmed */
  uint32_t version; /* +1 at each event */
  uint32_t transfer_target; /* queue or bot number of the waiting transfer */
  uint64_t transfer;        /* number of the waiting transfer */
  uint64_t offer;           /* number of the current offer */
};

enum session_wait { SESSION_WAIT_NONE, SESSION_WAIT_QUEUE, SESSION_WAIT_BOT };

struct session_cmd {
  uint32_t type; /* enum session_cmd_type */
  uint32_t
      epoch; /* ATTACH, GOODBYE, DETACH: the hold or invitation it is about */
  uint32_t visit; /* TIMEOUT: the visit for which the timer was armed */
  /* OPEN: whom to invite. TRANSFER, TRANSFER_BOT, AWAIT: the queue or bot.
   * MATCH, ASSIGN, ACCEPT, DECLINE, AGENT_…, DOCUMENTED: the agent. TIMEOUT:
   * the queue of the fallback or overflow, or SESSION_NOBODY. */
  uint32_t target;
  uint8_t
      target_kind; /* OPEN, AWAIT: enum session_holder: BOT, SCRIPT, QUEUE */
  bool privileged; /* the caller may take it from an agent or an offer */
  bool ending;     /* GOODBYE: the conversation is to end with the release */
  uint64_t number; /* MATCH, ACCEPT, DECLINE: offer. AWAIT, CANCEL, EXPIRE:
                      transfer. Never 0 where it is new */
};

/* What happened, with its results: replay needs nothing else. */
struct session_event {
  uint32_t type; /* enum session_event_type */
  struct session after;
};

struct session_out {
  struct session_event event;
  uint32_t effects; /* bits of enum session_effect_bit, performed low to high */
  uint32_t row;     /* which row fired; for coverage and traces */
};

/* Decide what @cmd does to @s, without doing it. True: *@out is the event.
 * False: refused, *@why says how; nothing happened, @out is untouched. */
bool session_decide(const struct session *s, const struct session_cmd *cmd,
                    struct session_out *out, enum refusal *why) BT_USE_RESULT;

/* Apply one event. Never fails: an event is a fact. Replaying the journal is
 * folding this function over it, so it must not look at anything else. */
struct session session_apply(struct session s, const struct session_event *e);

/* What must follow in the same step, before anything else can happen to the
 * session: a waiting transfer goes the moment nobody holds; a bot that asked
 * for the end gets it. False if nothing must. */
bool session_follow_up(const struct session *s, struct session_cmd *cmd);

/* In which statuses is the command taken from anybody, whoever holds? The bits
 * (1 << status) for docs, problem documents and the checker. */
uint32_t session_allowed_from(enum session_cmd_type cmd);

/* Does the status timer run in this session, and which is it? */
enum session_timer session_timer_of(const struct session *s);

/* A session that was not opened. */
struct session session_none(void);

/* Checks what must hold of every session value; a violation is a bug. */
void session_check(const struct session *s);

/* Names of the wire and of the table. Static storage. */
const char *session_status_name(uint32_t status);
bool session_status_from_text(struct text t, enum session_status *out);
const char *session_holder_name(uint32_t holder);
const char *session_cmd_name(uint32_t type);
const char *session_event_name(uint32_t type); /* "bot.goodbye" */
const char *session_timer_name(uint32_t timer);
int64_t session_timer_default_ms(uint32_t timer);

#endif
