/* offer.h - one offer of a session to an agent, as a pure state machine.
 *
 * PENDING → ACCEPTED | DECLINED | EXPIRED | WITHDRAWN, exactly once. Whoever
 * answers late is told which of these it was. A value, like struct agent; the
 * transitions live in offer_fsm.def; where offers are kept: offers.h.
 */
#ifndef BATON_AGENT_OFFER_H
#define BATON_AGENT_OFFER_H

#include <stdint.h>

#include "base/err.h"

#define STATE(name, kind, doc) OFFER_##name,
enum offer_state {
#include "agent/offer_fsm.def"
  OFFER_STATES
};
#undef STATE

#define COMMAND(name, doc) OFFER_CMD_##name,
enum offer_cmd_type {
#include "agent/offer_fsm.def"
  OFFER_CMDS
};
#undef COMMAND

#define EVENT(name, wire, doc) OFFER_EV_##name,
enum offer_event_type {
#include "agent/offer_fsm.def"
  OFFER_EVENTS
};
#undef EVENT

#define EFFECT(name, doc) OFFER_FX_BIT_##name,
enum offer_effect_bit {
#include "agent/offer_fsm.def"
  OFFER_FX_BITS
};
#undef EFFECT

#define REFUSAL(name, text, doc) OFFER_REFUSAL_##name,
enum offer_refusal {
#include "agent/offer_fsm.def"
  OFFER_REFUSALS
};
#undef REFUSAL

#define REASON(name, text, doc) OFFER_REASON_##name,
enum offer_reason {
#include "agent/offer_fsm.def"
  OFFER_REASONS
};
#undef REASON

#define ROW(f, c, g, t, e, fx) OFFER_ROW_##f##_##c##_##g,
enum offer_row {
#include "agent/offer_fsm.def"
  OFFER_ROWS
};
#undef ROW

struct offer {
  uint64_t id; /* never used twice in a domain; 0 is no offer */
  int64_t made_us, deadline_us;
  uint32_t session, agent, queue; /* the engine's indices */
  uint8_t channel;
  uint8_t state;  /* enum offer_state */
  uint8_t reason; /* enum offer_reason */
  uint8_t zero;
};

struct offer_cmd {
  uint32_t type;   /* enum offer_cmd_type */
  uint32_t agent;  /* ACCEPT, DECLINE: who answers */
  int64_t now_us;  /* ACCEPT, EXPIRE */
  uint32_t reason; /* WITHDRAW: enum offer_reason, not NONE */
};

struct offer_event {
  uint32_t type;   /* enum offer_event_type */
  uint32_t to;     /* the state entered */
  uint32_t reason; /* enum offer_reason */
};

struct offer_out {
  struct offer_event event;
  uint32_t effects; /* bits of enum offer_effect_bit, performed low to high */
  uint32_t row;
};

/* Pure. Anything but OFFER_REFUSAL_NONE is an answer: nothing happened. An
 * answer at the deadline or after it is OFFER_REFUSAL_EXPIRED even if the timer
 * has not fired yet. */
enum offer_refusal offer_decide(const struct offer *o,
                                const struct offer_cmd *cmd,
                                struct offer_out *out) BT_USE_RESULT;

/* Apply one event to a pending offer. Never fails. */
struct offer offer_apply(struct offer o, const struct offer_event *e);

/* Static storage. */
const char *offer_state_name(uint32_t state);
const char *offer_cmd_name(uint32_t type);
const char *offer_reason_text(uint32_t reason);     /* "customer_left" */
const char *offer_refusal_text(uint32_t refusal);   /* "offer_expired" */
const char *offer_refusal_detail(uint32_t refusal); /* one sentence */

#endif
