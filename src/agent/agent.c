#include "agent/agent.h"

#include <stddef.h>

#include "base/check.h"

#define GUARD(name, doc) GUARD_##name,
enum guard {
#include "agent/agent_fsm.def"
  GUARDS
};
#undef GUARD

/* Inside the table the effects are written by their bare names. */
#define EFFECT(name, doc) name = 1u << AGENT_FX_BIT_##name,
enum effect_mask {
#include "agent/agent_fsm.def"
};
#undef EFFECT

struct row {
  uint8_t from, cmd, guard, to, event;
  uint32_t effects;
};

#define ROW(f, c, g, t, e, fx)                                                 \
  {.from = AGENT_##f,                                                          \
   .cmd = AGENT_CMD_##c,                                                       \
   .guard = GUARD_##g,                                                         \
   .to = AGENT_##t,                                                            \
   .event = AGENT_EV_##e,                                                      \
   .effects = (fx)},
static const struct row rows[] = {
#include "agent/agent_fsm.def"
};
#undef ROW

/* NONE where the pair has rows. */
#define REFUSE(f, c, refusal)                                                  \
  [AGENT_##f][AGENT_CMD_##c] = AGENT_REFUSAL_##refusal,
static const uint8_t refusals[AGENT_PRESENCES][AGENT_CMDS] = {
#include "agent/agent_fsm.def"
};
#undef REFUSE

/* What an event does to the units of its channel. */
static const struct change {
  int8_t reserved, active, wrapup;
} changes[AGENT_EVENTS] = {
    [AGENT_EV_RESERVED] = {.reserved = 1},
    [AGENT_EV_ACCEPTED] = {.reserved = -1, .active = 1},
    [AGENT_EV_DECLINED] = {.reserved = -1},
    [AGENT_EV_UNANSWERED] = {.reserved = -1},
    [AGENT_EV_WITHDRAWN] = {.reserved = -1},
    [AGENT_EV_ASSIGNED] = {.active = 1},
    [AGENT_EV_FINISHED] = {.active = -1},
    [AGENT_EV_WRAPPING_UP] = {.active = -1, .wrapup = 1},
    [AGENT_EV_WRAPPED_UP] = {.wrapup = -1},
};

static uint32_t load_used(const struct agent_load *l) {
  return (uint32_t)l->reserved + l->active + l->wrapup;
}

uint32_t agent_used(const struct agent *a, uint32_t channel) {
  bt_check(channel < AGENT_CHANNELS);
  return load_used(&a->load[channel]);
}

bool agent_has_work(const struct agent *a) {
  for (uint32_t c = 0; c < AGENT_CHANNELS; c++) {
    if (load_used(&a->load[c]) > 0) {
      return true;
    }
  }
  return false;
}

static bool channel_blocked(const struct agent *a, uint32_t channel) {
  for (uint32_t c = 0; c < AGENT_CHANNELS; c++) {
    const bool blocks = (a->limits.blocked_by[channel] >> c & 1u) != 0;
    if (blocks && load_used(&a->load[c]) > 0) {
      return true;
    }
  }
  return false;
}

static enum agent_refusal room_refusal(const struct agent *a,
                                       uint32_t channel) {
  if (load_used(&a->load[channel]) >= a->limits.capacity[channel]) {
    return AGENT_REFUSAL_AT_CAPACITY;
  }
  return channel_blocked(a, channel) ? AGENT_REFUSAL_BLOCKED
                                     : AGENT_REFUSAL_NONE;
}

bool agent_has_room(const struct agent *a, uint32_t channel) {
  bt_check(channel < AGENT_CHANNELS);
  return room_refusal(a, channel) == AGENT_REFUSAL_NONE;
}

bool agent_ready(const struct agent *a, uint32_t channel) {
  return a->presence == AGENT_AVAILABLE && agent_has_room(a, channel);
}

static enum agent_refusal unless(bool holds, enum agent_refusal refusal) {
  return holds ? AGENT_REFUSAL_NONE : refusal;
}

static bool rona_stays(const struct agent *a, const struct agent_cmd *cmd) {
  return cmd->rona == AGENT_RONA_OWN ? a->limits.rona_stays != 0
                                     : cmd->rona == AGENT_RONA_STAYS;
}

/* NONE if the guard holds, else why it does not. */
static enum agent_refusal guard_refusal(enum guard guard, const struct agent *a,
                                        const struct agent_cmd *cmd) {
  const struct agent_load *load = &a->load[cmd->channel];
  switch (guard) {
  case GUARD_ALWAYS:
    return AGENT_REFUSAL_NONE;
  case GUARD_IDLE:
    return unless(!agent_has_work(a), AGENT_REFUSAL_HAS_WORK);
  case GUARD_ROOM:
    return room_refusal(a, cmd->channel);
  case GUARD_HAS_RESERVED:
    return unless(load->reserved > 0, AGENT_REFUSAL_NO_OFFER);
  case GUARD_RONA_AWAY:
    return unless(load->reserved > 0 && !rona_stays(a, cmd),
                  AGENT_REFUSAL_NO_OFFER);
  case GUARD_HAS_ACTIVE:
    return unless(load->active > 0, AGENT_REFUSAL_NO_CONTACT);
  case GUARD_HAS_WRAPUP:
    return unless(load->wrapup > 0, AGENT_REFUSAL_NO_WRAPUP);
  case GUARD_WAS_AVAILABLE:
    return unless(a->resume == AGENT_AVAILABLE, AGENT_REFUSAL_AWAY);
  case GUARD_THIS_GRACE:
    return cmd->visit != a->visit
               ? AGENT_REFUSAL_STALE
               : unless(!agent_has_work(a), AGENT_REFUSAL_HAS_WORK);
  case GUARDS:
    break;
  }
  bt_check_failed("guard in range", __FILE__, __LINE__, __func__);
}

static uint32_t away_after(const struct agent *a, const struct row *r,
                           const struct agent_cmd *cmd) {
  if (r->to == AGENT_AVAILABLE || r->to == AGENT_OFFLINE) {
    return AGENT_AWAY_NONE;
  }
  switch ((enum agent_event_type)r->event) {
  case AGENT_EV_LOGGED_IN:
    return AGENT_AWAY_LOGGED_IN;
  case AGENT_EV_WENT_AWAY:
    bt_check(cmd->away_code != AGENT_AWAY_NONE);
    return cmd->away_code;
  case AGENT_EV_UNANSWERED:
    return a->presence == AGENT_AVAILABLE ? (uint32_t)AGENT_AWAY_NO_ANSWER
                                          : a->away_code;
  case AGENT_EV_LOGGED_OUT:
  case AGENT_EV_AVAILABLE:
  case AGENT_EV_LIMITED:
  case AGENT_EV_RESERVED:
  case AGENT_EV_ACCEPTED:
  case AGENT_EV_DECLINED:
  case AGENT_EV_WITHDRAWN:
  case AGENT_EV_ASSIGNED:
  case AGENT_EV_FINISHED:
  case AGENT_EV_WRAPPING_UP:
  case AGENT_EV_WRAPPED_UP:
  case AGENT_EV_LOST:
  case AGENT_EV_RECONNECTED:
  case AGENT_EV_GIVEN_UP:
    return a->away_code;
  case AGENT_EVENTS:
    break;
  }
  bt_check_failed("event in range", __FILE__, __LINE__, __func__);
}

/* Getting work counts as much as finishing it, else an agent with room for
 * three would be the longest idle for all three. An offer that was withdrawn,
 * a lost connection and a second click on "available" cost nobody their turn;
 * a refused or ignored offer does. */
static int64_t idle_after(const struct agent *a, const struct row *r,
                          int64_t now_us) {
  switch ((enum agent_event_type)r->event) {
  case AGENT_EV_AVAILABLE:
    return a->presence == AGENT_AVAILABLE ? a->idle_since_us : now_us;
  case AGENT_EV_ACCEPTED:
  case AGENT_EV_DECLINED:
  case AGENT_EV_UNANSWERED:
  case AGENT_EV_ASSIGNED:
  case AGENT_EV_FINISHED:
  case AGENT_EV_WRAPPED_UP:
    return now_us;
  case AGENT_EV_LOGGED_IN:
  case AGENT_EV_LOGGED_OUT:
  case AGENT_EV_WENT_AWAY:
  case AGENT_EV_LIMITED:
  case AGENT_EV_RESERVED:
  case AGENT_EV_WITHDRAWN:
  case AGENT_EV_WRAPPING_UP:
  case AGENT_EV_LOST:
  case AGENT_EV_RECONNECTED:
  case AGENT_EV_GIVEN_UP:
    return a->idle_since_us;
  case AGENT_EVENTS:
    break;
  }
  bt_check_failed("event in range", __FILE__, __LINE__, __func__);
}

static struct agent_event event_of(const struct agent *a, const struct row *r,
                                   const struct agent_cmd *cmd) {
  const bool limits = r->event == AGENT_EV_LIMITED;
  return (struct agent_event){
      .type = r->event,
      .to = r->to,
      .channel = cmd->channel,
      .away_code = away_after(a, r, cmd),
      .idle_since_us = idle_after(a, r, cmd->now_us),
      .limits = limits ? cmd->limits : a->limits,
  };
}

enum agent_refusal agent_decide(const struct agent *a,
                                const struct agent_cmd *cmd,
                                struct agent_out *out) {
  bt_check(a->presence < AGENT_PRESENCES);
  bt_check(cmd->type < AGENT_CMDS);
  bt_check(cmd->channel < AGENT_CHANNELS);

  enum agent_refusal refusal =
      (enum agent_refusal)refusals[a->presence][cmd->type];
  for (size_t i = 0; i < AGENT_ROWS; i++) {
    const struct row *r = &rows[i];
    if (r->from != a->presence || r->cmd != cmd->type) {
      continue;
    }
    refusal = guard_refusal((enum guard)r->guard, a, cmd);
    if (refusal == AGENT_REFUSAL_NONE) {
      *out = (struct agent_out){.event = event_of(a, r, cmd),
                                .effects = r->effects,
                                .row = (uint32_t)i};
      return AGENT_REFUSAL_NONE;
    }
  }
  bt_check(refusal != AGENT_REFUSAL_NONE);
  return refusal;
}

static uint8_t counted(uint8_t count, int8_t change) {
  const int sum = count + change;
  bt_check(sum >= 0 && sum <= AGENT_CAPACITY_MAX);
  return (uint8_t)sum;
}

static void change_load(struct agent_load *l, const struct change *by) {
  bt_check(by->reserved + by->active + by->wrapup <= 0 ||
           load_used(l) < l->capacity);
  l->reserved = counted(l->reserved, by->reserved);
  l->active = counted(l->active, by->active);
  l->wrapup = counted(l->wrapup, by->wrapup);
}

/* A lowered limit takes effect as the work above it ends. */
static void settle_capacity(struct agent *a) {
  for (uint32_t c = 0; c < AGENT_CHANNELS; c++) {
    bt_check(a->limits.capacity[c] <= AGENT_CAPACITY_MAX);
    const uint32_t used = load_used(&a->load[c]);
    a->load[c].capacity =
        used > a->limits.capacity[c] ? (uint8_t)used : a->limits.capacity[c];
  }
}

struct agent agent_make(const struct agent_limits *limits) {
  struct agent a = {
      .presence = AGENT_OFFLINE, .resume = AGENT_OFFLINE, .limits = *limits};
  settle_capacity(&a);
  return a;
}

struct agent agent_apply(struct agent a, const struct agent_event *e) {
  bt_check(e->type < AGENT_EVENTS);
  bt_check(e->to < AGENT_PRESENCES);
  bt_check(e->channel < AGENT_CHANNELS);

  if (e->type == AGENT_EV_LOST) {
    a.visit++;
    a.resume = a.presence;
  } else if (e->to != AGENT_LOST) {
    a.resume = AGENT_OFFLINE;
  }
  a.presence = (uint8_t)e->to;
  a.away_code = e->away_code;
  a.idle_since_us = e->idle_since_us;
  a.limits = e->limits;
  change_load(&a.load[e->channel], &changes[e->type]);
  settle_capacity(&a);

  bt_check(a.presence != AGENT_OFFLINE || !agent_has_work(&a));
  bt_check(a.presence == AGENT_LOST ||
           (a.away_code != AGENT_AWAY_NONE) == (a.presence == AGENT_AWAY));
  return a;
}

static enum agent_shown shown_available(const struct agent *a) {
  uint32_t wrapups = 0, others = 0;
  for (uint32_t c = 0; c < AGENT_CHANNELS; c++) {
    if (agent_ready(a, c)) {
      return AGENT_SHOWN_AVAILABLE;
    }
    wrapups += a->load[c].wrapup;
    others += (uint32_t)a->load[c].reserved + a->load[c].active;
  }
  return wrapups > 0 && others == 0 ? AGENT_SHOWN_AFTER_CONTACT
                                    : AGENT_SHOWN_BUSY;
}

enum agent_shown agent_shown(const struct agent *a) {
  switch ((enum agent_presence)a->presence) {
  case AGENT_OFFLINE:
    return AGENT_SHOWN_OFFLINE;
  case AGENT_AWAY:
    return AGENT_SHOWN_AWAY;
  case AGENT_LOST:
    return AGENT_SHOWN_LOST;
  case AGENT_AVAILABLE:
    return shown_available(a);
  case AGENT_PRESENCES:
    break;
  }
  bt_check_failed("presence in range", __FILE__, __LINE__, __func__);
}

const char *agent_presence_name(uint32_t presence) {
#define STATE(name, kind, doc) [AGENT_##name] = #name,
  static const char *const names[] = {
#include "agent/agent_fsm.def"
  };
#undef STATE
  bt_check(presence < AGENT_PRESENCES);
  return names[presence];
}

const char *agent_cmd_name(uint32_t type) {
#define COMMAND(name, doc) [AGENT_CMD_##name] = #name,
  static const char *const names[] = {
#include "agent/agent_fsm.def"
  };
#undef COMMAND
  bt_check(type < AGENT_CMDS);
  return names[type];
}

const char *agent_event_name(uint32_t type) {
#define EVENT(name, wire, doc) [AGENT_EV_##name] = (wire),
  static const char *const names[] = {
#include "agent/agent_fsm.def"
  };
#undef EVENT
  bt_check(type < AGENT_EVENTS);
  return names[type];
}

const char *agent_shown_text(uint32_t shown) {
#define SHOWN(name, text, doc) [AGENT_SHOWN_##name] = (text),
  static const char *const texts[] = {
#include "agent/agent_fsm.def"
  };
#undef SHOWN
  bt_check(shown < AGENT_SHOWNS);
  return texts[shown];
}

const char *agent_refusal_text(uint32_t refusal) {
#define REFUSAL(name, text, doc) [AGENT_REFUSAL_##name] = (text),
  static const char *const texts[] = {
#include "agent/agent_fsm.def"
  };
#undef REFUSAL
  bt_check(refusal < AGENT_REFUSALS);
  return texts[refusal];
}

const char *agent_refusal_detail(uint32_t refusal) {
#define REFUSAL(name, text, doc) [AGENT_REFUSAL_##name] = (doc),
  static const char *const details[] = {
#include "agent/agent_fsm.def"
  };
#undef REFUSAL
  bt_check(refusal < AGENT_REFUSALS);
  return details[refusal];
}
