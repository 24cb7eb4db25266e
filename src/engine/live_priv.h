/* live_priv.h - what the engine keeps of one open session beside its machine.
 *
 * A live session is folded from its events by live_apply() alone, so that a
 * finished one can be read back out of the journal in the same way.
 */
#ifndef BATON_ENGINE_LIVE_PRIV_H
#define BATON_ENGINE_LIVE_PRIV_H

#include "base/mem.h"
#include "engine/record.h"
#include "routing/router.h"
#include "session/session.h"

struct message {
  int64_t at_us;
  uint32_t number;
  uint8_t role; /* enum role of the author */
  struct text author, text;
  struct text data; /* JSON, or empty */
};

struct leg {
  uint8_t role; /* customer, bot, agent */
  uint32_t number;
  uint32_t epoch;             /* of its hold or invitation */
  int64_t joined_us, left_us; /* 0: not yet */
  const char *reason;         /* why it left; static */
};

#define TRANSFER_STATE_LIST(X)                                                 \
  X(NONE, "none")                                                              \
  X(WAITING, "waiting")                                                        \
  X(DONE, "done")                                                              \
  X(CANCELLED, "cancelled") X(EXPIRED, "expired") X(DROPPED, "dropped")
#define X(name, wire) TRANSFER_##name,
enum transfer_state { TRANSFER_STATE_LIST(X) };
#undef X

/* The last transfer that was accepted. */
/* How a session's priority grows, where it says so itself; else as the queue
 * says. */
struct own_ageing {
  bool has_points, has_most;
  uint16_t most;   /* where it ends */
  uint32_t points; /* a minute, in hundredths */
};

struct transfer {
  struct id id;
  uint64_t number;
  uint8_t state; /* enum transfer_state */
  uint8_t role;  /* who asked */
  bool skip_queue, to_bot;
  uint32_t target; /* queue or bot number */
  uint32_t priority;
  struct own_ageing ageing;
  uint32_t preferred; /* an agent, or SESSION_NOBODY */
  int64_t prefer_ms;
  int64_t asked_us, deadline_us, done_us;
  struct text skills, reason, note, actor; /* owned */
};

enum { LIVE_BREAKPOINTS = 100 }; /* LIMIT_BREAKPOINTS */

/* What a debugger wants of the session's scripts. */
struct live_debug {
  struct text breakpoints; /* owned: JSON, or empty */
  /* How often each was reached since they were set; a restart forgets it. */
  uint32_t reached[LIVE_BREAKPOINTS];
  bool trace;
  uint32_t limit_s; /* of a pause */
  uint8_t step;     /* enum debug_step */
  uint32_t depth;   /* where the step began */
  uint64_t run;     /* the run that steps; 0: any */
};

/* Does the customer agree that the conversation is kept? */
enum live_consent { CONSENT_UNKNOWN, CONSENT_REFUSED, CONSENT_GIVEN };

/* What a session has to do with the other one of a consultation. */
enum live_consults {
  CONSULTS_NOT,
  CONSULTS_ASKS,   /* its agent asks there */
  CONSULTS_MERGED, /* and whoever answers there speaks here, too */
  CONSULTS_ABOUT   /* it is the talk between the two */
};

struct engine;

/* The skills that a session needs of itself, beside its queue's. */
struct live_needs {
  struct router_skill needs[ROUTER_NEEDS_MAX];
  uint8_t best[ROUTER_NEEDS_MAX];
  uint8_t count;
};

struct live {
  struct session s;
  struct id id;
  bool used, customer_here,
      followed; /* followed: the bot's script was started */
  uint8_t channel;
  uint32_t entry;
  uint32_t link_next, link_prev; /* among the sessions of one bot or agent */
  int64_t opened_us, ended_us, since_us, holder_since_us, spoken_us;
  int64_t goodbye_us; /* the bot's goodbye; 0 if none in this hold */
  int64_t deadline_us;
  int64_t entered_us; /* place and clock in the queue */
  int64_t waits_us;   /* since when the queue's maximum wait counts */
  uint64_t order;
  uint32_t priority;
  bool skip_queue;
  struct own_ageing ageing;
  uint32_t ring;      /* the last that is open */
  int64_t rings_us;   /* since when the queue's rings count */
  uint32_t preferred; /* the only agent, until …; or SESSION_NOBODY */
  int64_t preferred_until_us;
  struct text skills;      /* the transfer's, JSON; owned, as all texts here */
  struct live_needs needs; /* and what they say */
  struct text customer, attributes, bot_kept, reason, note, disposition,
      end_reason;
  struct transfer transfer;
  struct message *messages;
  size_t message_count, message_cap;
  struct leg *legs;
  size_t leg_count, leg_cap;
  uint64_t last_seq;
  uint32_t timer_status, timer_transfer, timer_customer;
  struct live_debug *debug; /* owned; NULL: no debugger watches */
  uint32_t timer_rematch;   /* until the next agent may be asked again */
  uint32_t last_agent;      /* that held it last, or SESSION_NOBODY */
  uint32_t run;             /* slot of its first run, or SESSION_NOBODY */
  uint32_t watchers; /* slot of the first run of another session that sleeps
                        for something of this one, or SESSION_NOBODY */
  uint32_t spawned;  /* scripts spawned so far */
  int64_t told_us;   /* when an announcement was last due */
  uint32_t timer_announce; /* until the next */
  uint32_t timer_widen;    /* until a ring opens, or everyone may take it */
  uint32_t callbacks;      /* calls booked so far */
  int64_t held_us;         /* since when the customer is on hold; 0: is not */
  int64_t paused_us;       /* since when the recording pauses; 0: it does not */
  uint8_t consent;         /* enum live_consent */
  struct id consult;       /* the other session of a consultation */
  uint8_t consults;        /* enum live_consults */
  bool given; /* in both: the customer's goes to who accepts the talk */
  uint32_t call_queue; /* of a booked call; SESSION_NOBODY: it is none */
};

/* Goes what the customer types to the agent alone, to be kept nowhere? */
bool live_is_unkept(const struct live *l);

/* A live session folded from nothing. */
void live_init(struct live *l);
void live_free(struct live *l, const struct mem *mem);
/* The debugger's part in place of the one before; NULL: none. */
void live_set_debug(struct live *l, const struct mem *mem,
                    struct live_debug *take);
/* Folds one event of the session (any with FIELD_SESSION). */
void live_apply(struct live *l, const struct mem *mem, uint64_t seq,
                const struct record *ev);

/* The session's value as fields, and back. */
void live_put_session(struct record *r, const struct session *s);
struct session live_get_session(const struct session *before,
                                const struct record *r);

/* Replaces an owned text by a copy. */
/* live_ageing.c: of a command or an event; absent is the queue's. */
struct own_ageing live_ageing(const struct record *r);
void live_put_ageing(struct record *r, const struct own_ageing *a);
void live_ask_ageing(const struct own_ageing *a, struct router_request *q);

/* The session's skills have changed: reads them into its needs. */
void apply_needs(const struct engine *e, struct live *l);
/* The skills of a transfer (JSON) into the needs of @q. Unknown ones are
 * written to *unknown (may be NULL) and left out; false if there was one, or
 * there are too many. */
bool engine_parse_needs(const struct engine *e, struct text skills,
                        struct router_request *q, struct text *unknown);
void live_ask_needs(const struct live *l, struct router_request *q);

void live_own(const struct mem *mem, struct text *owned, struct text t);
bool live_in_queue(const struct session *s);
/* Is it in the list of a bot's or an agent's sessions? */
bool live_is_listed(const struct session *s);

#endif
