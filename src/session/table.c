#include "base/check.h"
#include "session/table_priv.h"

/* Inside the table the effects are written by their bare names. */
#define EFFECT(name, doc) name = 1u << SESSION_FX_BIT_##name,
enum effect_mask {
#include "session/session_fsm.def"
};
#undef EFFECT

#define ROW(f, c, g, t, h, e, fx)                                              \
  {.from = SESSION_##f,                                                        \
   .cmd = SESSION_CMD_##c,                                                     \
   .guard = SESSION_GUARD_##g,                                                 \
   .to = SESSION_##t,                                                          \
   .holder = SESSION_NEW_HOLDER_##h,                                           \
   .event = SESSION_EV_##e,                                                    \
   .effects = (fx)},
SESSION_TABLE_CONST struct session_row_def session_rows[SESSION_ROWS] = {
#include "session/session_fsm.def"
};
#undef ROW

#define REFUSE(s, c, g, r)                                                     \
  {SESSION_##s, SESSION_CMD_##c, SESSION_GUARD_##g, REFUSAL_##r},
SESSION_TABLE_CONST struct session_refuse_def session_refuses[SESSION_REFUSES] =
    {
#include "session/session_fsm.def"
};
#undef REFUSE

#define COMMAND(n, r, d) [SESSION_CMD_##n] = REFUSAL_##r,
SESSION_TABLE_CONST uint8_t session_cmd_refusals[SESSION_CMDS] = {
#include "session/session_fsm.def"
};
#undef COMMAND

#define STATUS(n, w, k, timer, d) [SESSION_##n] = SESSION_TIMER_##timer,
SESSION_TABLE_CONST uint8_t session_status_timers[SESSION_STATUSES] = {
#include "session/session_fsm.def"
};
#undef STATUS

uint32_t session_allowed_from(enum session_cmd_type cmd) {
  uint32_t bits = 0;
  for (size_t i = 0; i < SESSION_ROWS; i++) {
    const bool by_anyone = session_rows[i].guard == SESSION_GUARD_ALWAYS ||
                           session_rows[i].guard == SESSION_GUARD_NONE_WAITS;
    if (session_rows[i].cmd == cmd && by_anyone) {
      bits |= 1u << session_rows[i].from;
    }
  }
  return bits;
}

static const char *const status_names[] = {
#define STATUS(n, wire, k, t, d) [SESSION_##n] = (wire),
#include "session/session_fsm.def"
#undef STATUS
};

const char *session_status_name(uint32_t status) {
  bt_check(status < SESSION_STATUSES);
  return status_names[status];
}

bool session_status_from_text(struct text t, enum session_status *out) {
  for (uint32_t i = SESSION_NONE + 1; i < SESSION_STATUSES; i++) {
    if (text_equal_nocase(t, text_from(status_names[i]))) {
      *out = (enum session_status)i;
      return true;
    }
  }
  return false;
}

const char *session_holder_name(uint32_t holder) {
#define HOLDER(n, wire, d) [SESSION_HOLDER_##n] = (wire),
  static const char *const names[] = {
#include "session/session_fsm.def"
  };
#undef HOLDER
  bt_check(holder < SESSION_HOLDERS);
  return names[holder];
}

const char *session_cmd_name(uint32_t type) {
#define COMMAND(n, r, d) [SESSION_CMD_##n] = #n,
  static const char *const names[] = {
#include "session/session_fsm.def"
  };
#undef COMMAND
  bt_check(type < SESSION_CMDS);
  return names[type];
}

const char *session_event_name(uint32_t type) {
#define EVENT(n, wire, d) [SESSION_EV_##n] = (wire),
  static const char *const names[] = {
#include "session/session_fsm.def"
  };
#undef EVENT
  bt_check(type < SESSION_EVENTS);
  return names[type];
}

static const struct {
  const char *wire;
  int64_t ms;
} timer_infos[] = {
#define TIMER(n, wire, ms, d) [SESSION_TIMER_##n] = {(wire), (ms)},
#include "session/session_fsm.def"
#undef TIMER
};

const char *session_timer_name(uint32_t timer) {
  bt_check(timer < SESSION_TIMERS);
  return timer_infos[timer].wire;
}

int64_t session_timer_default_ms(uint32_t timer) {
  bt_check(timer < SESSION_TIMERS);
  return timer_infos[timer].ms;
}
