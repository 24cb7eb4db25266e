#include "session/session.h"

#include <stddef.h>

#include "base/check.h"
#include "session/table_priv.h"

static bool timer_is(const struct session *s, const struct session_cmd *cmd) {
  return cmd->visit == s->visit;
}

static bool bot_holds(const struct session *s) {
  return s->holder == SESSION_HOLDER_BOT;
}

static bool invite_is(const struct session *s, const struct session_cmd *cmd,
                      enum session_holder kind) {
  return cmd->epoch == s->epoch && s->invited == kind;
}

/* Guards about timers: each belongs to this visit of the status. */
static bool timer_guard(enum session_guard guard, const struct session *s,
                        const struct session_cmd *cmd) {
  if (!timer_is(s, cmd)) {
    return false;
  }
  if (guard == SESSION_GUARD_TIMER_TARGET) {
    return cmd->target != SESSION_NOBODY;
  }
  if (guard == SESSION_GUARD_AWAY_TIMER) {
    return bot_holds(s) && s->away;
  }
  if (guard == SESSION_GUARD_BOT_TIMER) {
    return bot_holds(s);
  }
  return guard != SESSION_GUARD_LOST_TIMER || s->away;
}

static bool guard_holds(enum session_guard guard, const struct session *s,
                        const struct session_cmd *cmd) {
  switch (guard) {
  case SESSION_GUARD_ALWAYS:
    return true;
  case SESSION_GUARD_THIS_HOLD:
    return cmd->epoch == s->epoch;
  case SESSION_GUARD_BOT_HOLD:
    return bot_holds(s) && cmd->epoch == s->epoch;
  case SESSION_GUARD_BOT_IS_HERE:
    return bot_holds(s) && !s->away;
  case SESSION_GUARD_BOT_IS_AWAY:
    return bot_holds(s) && s->away;
  case SESSION_GUARD_SCRIPT_HOLDS:
    return s->holder == SESSION_HOLDER_SCRIPT;
  case SESSION_GUARD_SCRIPT_FREE:
    return s->holder == SESSION_HOLDER_SCRIPT && s->waits == SESSION_WAIT_NONE;
  case SESSION_GUARD_NOT_CLOSING:
    return !s->closing;
  case SESSION_GUARD_THIS_INVITE:
    return cmd->epoch == s->epoch;
  case SESSION_GUARD_BOT_INVITE:
    return invite_is(s, cmd, SESSION_HOLDER_BOT);
  case SESSION_GUARD_SCRIPT_INVITE:
    return invite_is(s, cmd, SESSION_HOLDER_SCRIPT);
  case SESSION_GUARD_THIS_OFFER:
    return cmd->number == s->offer && cmd->target == s->agent;
  case SESSION_GUARD_THIS_TIMER:
  case SESSION_GUARD_TIMER_TARGET:
  case SESSION_GUARD_BOT_TIMER:
  case SESSION_GUARD_AWAY_TIMER:
  case SESSION_GUARD_LOST_TIMER:
    return timer_guard(guard, s, cmd);
  case SESSION_GUARD_THIS_AGENT:
    return cmd->target == s->agent;
  case SESSION_GUARD_AGENT_IS_LOST:
    return cmd->target == s->agent && s->away;
  case SESSION_GUARD_AGENT_IS_HERE:
    return cmd->target == s->agent && !s->away;
  case SESSION_GUARD_PRIVILEGED:
    return cmd->privileged;
  case SESSION_GUARD_NONE_WAITS:
    return s->waits == SESSION_WAIT_NONE;
  case SESSION_GUARD_THIS_TRANSFER:
    return s->waits != SESSION_WAIT_NONE && cmd->number == s->transfer;
  case SESSION_GUARDS:
    break;
  }
  bt_check_failed("guard in range", __FILE__, __LINE__, __func__);
}

static void set_holder(struct session *s, const struct session_row_def *r,
                       const struct session_cmd *cmd) {
  switch ((enum session_new_holder)r->holder) {
  case SESSION_NEW_HOLDER_SAME:
    return;
  case SESSION_NEW_HOLDER_NONE:
    s->holder_id = SESSION_NOBODY;
    break;
  case SESSION_NEW_HOLDER_BOT:
  case SESSION_NEW_HOLDER_SCRIPT:
    s->holder_id = s->invited_id;
    break;
  case SESSION_NEW_HOLDER_AGENT:
    s->holder_id = s->agent;
    break;
  case SESSION_NEW_HOLDER_QUEUE:
    /* An agent who does not come back leaves it to the queue it came from. */
    if (r->event != SESSION_EV_REQUEUED) {
      s->queue = cmd->target;
    }
    s->holder_id = s->queue;
    break;
  }
  /* The names of holders after a row are those of holders, and SAME. */
  s->holder = (uint8_t)r->holder;
}

static void set_invited(struct session *s, const struct session_row_def *r,
                        const struct session_cmd *cmd) {
  if (r->to != SESSION_PENDING) {
    s->invited = SESSION_HOLDER_NONE;
    s->invited_id = SESSION_NOBODY;
    return;
  }
  s->invited = r->cmd == SESSION_CMD_OPEN ? cmd->target_kind
                                          : (uint8_t)SESSION_HOLDER_BOT;
  s->invited_id = cmd->target;
}

/* Each invitation has an epoch of its own, too: a late answer to an earlier one
 * is then known for what it is. */
static void set_epoch(struct session *s, const struct session *before) {
  const bool held_anew =
      s->holder != before->holder || s->holder_id != before->holder_id;
  const bool invited_anew =
      s->status == SESSION_PENDING && before->status != SESSION_PENDING;
  if (held_anew || invited_anew) {
    s->epoch++;
  }
}

static void set_agent(struct session *s, const struct session_row_def *r,
                      const struct session_cmd *cmd) {
  if (r->event == SESSION_EV_OFFERED) {
    s->agent = cmd->target;
    s->offer = cmd->number;
  } else if (r->cmd == SESSION_CMD_ASSIGN) {
    s->agent = cmd->target;
  } else if (r->to != SESSION_OFFERED && r->to != SESSION_ACTIVE &&
             r->to != SESSION_WRAPUP) {
    s->agent = SESSION_NOBODY;
    s->offer = 0;
  } else if (r->to != SESSION_OFFERED) {
    s->offer = 0;
  }
}

static void set_transfer(struct session *s, const struct session_row_def *r,
                         const struct session_cmd *cmd) {
  if (r->event == SESSION_EV_TRANSFER_WAITS) {
    s->waits = cmd->target_kind == SESSION_HOLDER_BOT ? SESSION_WAIT_BOT
                                                      : SESSION_WAIT_QUEUE;
    s->transfer = cmd->number;
    s->transfer_target = cmd->target;
    return;
  }
  const bool kept = r->to == SESSION_CONNECTED || r->to == SESSION_RELEASING ||
                    r->to == SESSION_IDLE;
  if (!kept || r->event == SESSION_EV_TRANSFER_CANCELLED ||
      r->event == SESSION_EV_TRANSFER_EXPIRED) {
    s->waits = SESSION_WAIT_NONE;
    s->transfer = 0;
    s->transfer_target = SESSION_NOBODY;
  }
}

static void set_flags(struct session *s, const struct session_row_def *r,
                      const struct session_cmd *cmd) {
  s->away =
      r->event == SESSION_EV_AGENT_LOST || r->event == SESSION_EV_BOT_AWAY ||
      (s->away && r->to == s->status && r->event != SESSION_EV_AGENT_RETURNED &&
       r->event != SESSION_EV_BOT_RETURNED);
  if (r->event == SESSION_EV_BOT_DISMISSED) {
    s->closing = 1;
  } else if (r->to != SESSION_RELEASING) {
    s->closing = 0;
  }
  if (r->event == SESSION_EV_BOT_GOODBYE) {
    s->ending = cmd->ending;
  } else if (r->to != SESSION_RELEASING && r->to != SESSION_IDLE) {
    s->ending = 0;
  }
}

static struct session session_after(const struct session *before,
                                    const struct session_row_def *r,
                                    const struct session_cmd *cmd) {
  struct session s = *before;
  set_flags(&s, r, cmd);
  set_agent(&s, r, cmd);
  set_holder(&s, r, cmd); /* who attaches was invited: before that is cleared */
  set_invited(&s, r, cmd);
  set_transfer(&s, r, cmd);
  s.status = (uint8_t)r->to;
  set_epoch(&s, before);
  s.version++;
  if (r->effects &
      (1u << SESSION_FX_BIT_START_TIMER | 1u << SESSION_FX_BIT_STOP_TIMER)) {
    s.visit++;
  }
  return s;
}

static enum refusal refusal_of(const struct session *s,
                               const struct session_cmd *cmd) {
  for (size_t i = 0; i < SESSION_REFUSES; i++) {
    const struct session_refuse_def *r = &session_refuses[i];
    if (r->status == s->status && r->cmd == cmd->type &&
        guard_holds((enum session_guard)r->guard, s, cmd)) {
      return (enum refusal)r->refusal;
    }
  }
  return (enum refusal)session_cmd_refusals[cmd->type];
}

bool session_decide(const struct session *s, const struct session_cmd *cmd,
                    struct session_out *out, enum refusal *why) {
  bt_check(s->status < SESSION_STATUSES);
  bt_check(cmd->type < SESSION_CMDS);
  for (size_t i = 0; i < SESSION_ROWS; i++) {
    const struct session_row_def *r = &session_rows[i];
    if (r->from != s->status || r->cmd != cmd->type ||
        !guard_holds((enum session_guard)r->guard, s, cmd)) {
      continue;
    }
    *out = (struct session_out){
        .event = {.type = r->event, .after = session_after(s, r, cmd)},
        .effects = r->effects,
        .row = (uint32_t)i,
    };
    return true;
  }
  *why = refusal_of(s, cmd);
  return false;
}

struct session session_apply(struct session s, const struct session_event *e) {
  bt_check(s.status != SESSION_COMPLETED);
  bt_check(e->after.version == s.version + 1);
  bt_check(e->after.epoch >= s.epoch);
  session_check(&e->after);
  return e->after;
}

bool session_follow_up(const struct session *s, struct session_cmd *cmd) {
  if (s->status != SESSION_IDLE) {
    return false;
  }
  if (s->waits != SESSION_WAIT_NONE) {
    *cmd = (struct session_cmd){.type = s->waits == SESSION_WAIT_BOT
                                            ? SESSION_CMD_TRANSFER_BOT
                                            : SESSION_CMD_TRANSFER,
                                .target = s->transfer_target};
    return true;
  }
  if (s->ending) {
    *cmd = (struct session_cmd){.type = SESSION_CMD_END};
    return true;
  }
  return false;
}

enum session_timer session_timer_of(const struct session *s) {
  if (s->status == SESSION_CONNECTED) {
    if (s->holder != SESSION_HOLDER_BOT) {
      return SESSION_TIMER_NEVER;
    }
    return s->away ? SESSION_TIMER_INVITE : SESSION_TIMER_SILENCE;
  }
  if (s->status == SESSION_ACTIVE && !s->away) {
    return SESSION_TIMER_NEVER;
  }
  return (enum session_timer)session_status_timers[s->status];
}

struct session session_none(void) {
  return (struct session){.holder_id = SESSION_NOBODY,
                          .invited_id = SESSION_NOBODY,
                          .agent = SESSION_NOBODY,
                          .queue = SESSION_NOBODY,
                          .transfer_target = SESSION_NOBODY};
}

void session_check(const struct session *s) {
  const enum session_status st = (enum session_status)s->status;
  const enum session_holder h = (enum session_holder)s->holder;
  bt_check(st < SESSION_STATUSES && h < SESSION_HOLDERS);
  bt_check((h == SESSION_HOLDER_BOT || h == SESSION_HOLDER_SCRIPT) ==
           (st == SESSION_CONNECTED || st == SESSION_RELEASING));
  bt_check(st != SESSION_RELEASING || h == SESSION_HOLDER_BOT);
  bt_check((h == SESSION_HOLDER_QUEUE) ==
           (st == SESSION_QUEUED || st == SESSION_OFFERED));
  bt_check((h == SESSION_HOLDER_AGENT) ==
           (st == SESSION_ACTIVE || st == SESSION_WRAPUP));
  bt_check((h == SESSION_HOLDER_NONE) == (s->holder_id == SESSION_NOBODY));
  bt_check(
      (s->agent != SESSION_NOBODY) ==
      (st == SESSION_OFFERED || st == SESSION_ACTIVE || st == SESSION_WRAPUP));
  bt_check((s->offer != 0) == (st == SESSION_OFFERED));
  bt_check((s->invited != SESSION_HOLDER_NONE) == (st == SESSION_PENDING));
  bt_check(s->waits == SESSION_WAIT_NONE || st == SESSION_CONNECTED ||
           st == SESSION_RELEASING || st == SESSION_IDLE);
  bt_check((s->waits != SESSION_WAIT_NONE) == (s->transfer != 0));
  bt_check(!s->closing || st == SESSION_RELEASING);
  bt_check(!s->ending || st == SESSION_RELEASING || st == SESSION_IDLE);
  bt_check(!s->away || h == SESSION_HOLDER_AGENT || h == SESSION_HOLDER_BOT);
}
