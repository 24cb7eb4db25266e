#include "agent/offer.h"

#include <stdbool.h>
#include <stddef.h>

#include "base/check.h"

#define GUARD(name, doc) GUARD_##name,
enum guard {
#include "agent/offer_fsm.def"
  GUARDS
};
#undef GUARD

/* Inside the table the effects are written by their bare names. */
#define EFFECT(name, doc) name = 1u << OFFER_FX_BIT_##name,
enum effect_mask {
#include "agent/offer_fsm.def"
};
#undef EFFECT

struct row {
  uint8_t from, cmd, guard, to, event;
  uint32_t effects;
};

#define ROW(f, c, g, t, e, fx)                                                 \
  {.from = OFFER_##f,                                                          \
   .cmd = OFFER_CMD_##c,                                                       \
   .guard = GUARD_##g,                                                         \
   .to = OFFER_##t,                                                            \
   .event = OFFER_EV_##e,                                                      \
   .effects = (fx)},
static const struct row rows[] = {
#include "agent/offer_fsm.def"
};
#undef ROW

/* NONE where the pair has rows. */
#define REFUSE(f, c, refusal)                                                  \
  [OFFER_##f][OFFER_CMD_##c] = OFFER_REFUSAL_##refusal,
static const uint8_t refusals[OFFER_STATES][OFFER_CMDS] = {
#include "agent/offer_fsm.def"
};
#undef REFUSE

/* NONE if the guard holds, else why it does not. */
static enum offer_refusal guard_refusal(enum guard guard, const struct offer *o,
                                        const struct offer_cmd *cmd) {
  const enum offer_refusal owner =
      cmd->agent == o->agent ? OFFER_REFUSAL_NONE : OFFER_REFUSAL_NOT_YOURS;
  const bool due = cmd->now_us >= o->deadline_us;
  switch (guard) {
  case GUARD_ALWAYS:
    return OFFER_REFUSAL_NONE;
  case GUARD_THIS_AGENT:
    return owner;
  case GUARD_IN_TIME:
    return owner == OFFER_REFUSAL_NONE && due ? OFFER_REFUSAL_EXPIRED : owner;
  case GUARD_DUE:
    return due ? OFFER_REFUSAL_NONE : OFFER_REFUSAL_NOT_DUE;
  case GUARDS:
    break;
  }
  bt_check_failed("guard in range", __FILE__, __LINE__, __func__);
}

static struct offer_event event_of(const struct row *r,
                                   const struct offer_cmd *cmd) {
  const bool withdrawn = r->event == OFFER_EV_WITHDRAWN;
  bt_check(!withdrawn ||
           (cmd->reason > OFFER_REASON_NONE && cmd->reason < OFFER_REASONS));
  return (struct offer_event){
      .type = r->event,
      .to = r->to,
      .reason = withdrawn ? cmd->reason : (uint32_t)OFFER_REASON_NONE,
  };
}

enum offer_refusal offer_decide(const struct offer *o,
                                const struct offer_cmd *cmd,
                                struct offer_out *out) {
  bt_check(o->state < OFFER_STATES);
  bt_check(cmd->type < OFFER_CMDS);

  enum offer_refusal refusal =
      (enum offer_refusal)refusals[o->state][cmd->type];
  for (size_t i = 0; i < OFFER_ROWS; i++) {
    const struct row *r = &rows[i];
    if (r->from != o->state || r->cmd != cmd->type) {
      continue;
    }
    refusal = guard_refusal((enum guard)r->guard, o, cmd);
    if (refusal == OFFER_REFUSAL_NONE) {
      *out = (struct offer_out){
          .event = event_of(r, cmd), .effects = r->effects, .row = (uint32_t)i};
      return OFFER_REFUSAL_NONE;
    }
  }
  bt_check(refusal != OFFER_REFUSAL_NONE);
  return refusal;
}

struct offer offer_apply(struct offer o, const struct offer_event *e) {
  bt_check(o.state == OFFER_PENDING);
  bt_check(e->to > OFFER_PENDING && e->to < OFFER_STATES);
  bt_check((e->reason != OFFER_REASON_NONE) == (e->to == OFFER_WITHDRAWN));

  o.state = (uint8_t)e->to;
  o.reason = (uint8_t)e->reason;
  return o;
}

const char *offer_state_name(uint32_t state) {
#define STATE(name, kind, doc) [OFFER_##name] = #name,
  static const char *const names[] = {
#include "agent/offer_fsm.def"
  };
#undef STATE
  bt_check(state < OFFER_STATES);
  return names[state];
}

const char *offer_cmd_name(uint32_t type) {
#define COMMAND(name, doc) [OFFER_CMD_##name] = #name,
  static const char *const names[] = {
#include "agent/offer_fsm.def"
  };
#undef COMMAND
  bt_check(type < OFFER_CMDS);
  return names[type];
}

const char *offer_reason_text(uint32_t reason) {
#define REASON(name, text, doc) [OFFER_REASON_##name] = (text),
  static const char *const texts[] = {
#include "agent/offer_fsm.def"
  };
#undef REASON
  bt_check(reason < OFFER_REASONS);
  return texts[reason];
}

const char *offer_refusal_text(uint32_t refusal) {
#define REFUSAL(name, text, doc) [OFFER_REFUSAL_##name] = (text),
  static const char *const texts[] = {
#include "agent/offer_fsm.def"
  };
#undef REFUSAL
  bt_check(refusal < OFFER_REFUSALS);
  return texts[refusal];
}

const char *offer_refusal_detail(uint32_t refusal) {
#define REFUSAL(name, text, doc) [OFFER_REFUSAL_##name] = (doc),
  static const char *const details[] = {
#include "agent/offer_fsm.def"
  };
#undef REFUSAL
  bt_check(refusal < OFFER_REFUSALS);
  return details[refusal];
}
