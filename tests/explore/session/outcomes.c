/* outcomes.c - where a command that is taken leads, and under which name the
 * journal keeps it. */
#include "base/check.h"
#include "world.h"

#define TO(to, what)                                                           \
  ((struct outcome){.status = SESSION_##to, .event = SESSION_EV_##what})

static struct outcome stays(const struct world *w,
                            enum session_event_type event) {
  return (struct outcome){.status = (enum session_status)w->s.status,
                          .event = event};
}

static bool in(const struct world *w, enum session_status status) {
  return w->s.status == (uint8_t)status;
}

static struct outcome detach(const struct world *w) {
  if (w->s.holder == SESSION_HOLDER_SCRIPT) {
    return TO(IDLE, SCRIPT_RELEASED);
  }
  return in(w, SESSION_RELEASING) ? TO(IDLE, BOT_RELEASED) : TO(IDLE, BOT_LOST);
}

static struct outcome release(const struct world *w) {
  if (in(w, SESSION_PENDING)) {
    return TO(IDLE, INVITE_WITHDRAWN);
  }
  if (in(w, SESSION_QUEUED)) {
    return TO(IDLE, UNQUEUED);
  }
  if (w->s.holder == SESSION_HOLDER_SCRIPT) {
    return TO(IDLE, SCRIPT_RELEASED);
  }
  /* Who is not there cannot close: nothing to wait for. */
  return w->bot == WORLD_BOT_GONE ? TO(IDLE, HUNG_UP)
                                  : TO(RELEASING, BOT_DISMISSED);
}

static struct outcome hang_up(const struct world *w) {
  if (in(w, SESSION_PENDING)) {
    return TO(IDLE, INVITE_WITHDRAWN);
  }
  if (in(w, SESSION_ACTIVE)) {
    return TO(WRAPUP, WRAPPING);
  }
  return w->place != SESSION_NOBODY ? TO(IDLE, UNQUEUED) : TO(IDLE, HUNG_UP);
}

/* By the timer that ran out. */
static struct outcome timeout(const struct world *w,
                              const struct session_cmd *cmd) {
  const bool onward = cmd->target != SESSION_NOBODY;
  switch ((enum session_timer)w->timer) {
  case SESSION_TIMER_INVITE:
    return w->bot == WORLD_BOT_GONE ? TO(IDLE, BOT_LOST)
                                    : TO(IDLE, INVITE_EXPIRED);
  case SESSION_TIMER_SILENCE:
    return TO(IDLE, BOT_SILENT);
  case SESSION_TIMER_DRAIN:
    return TO(IDLE, BOT_DRAINED);
  case SESSION_TIMER_IDLE:
    return onward ? TO(QUEUED, QUEUED) : TO(COMPLETED, ENDED);
  case SESSION_TIMER_WAIT:
    return onward ? TO(QUEUED, OVERFLOWED) : TO(COMPLETED, ENDED);
  case SESSION_TIMER_OFFER:
    return TO(QUEUED, OFFER_EXPIRED);
  case SESSION_TIMER_GRACE:
    return TO(QUEUED, REQUEUED);
  case SESSION_TIMER_WRAPUP:
    return TO(COMPLETED, ENDED);
  case SESSION_TIMER_NEVER:
  case SESSION_TIMERS:
    break;
  }
  bt_check_failed("an armed timer", __FILE__, __LINE__, __func__);
}

static struct outcome of_agents(const struct world *w, uint32_t type) {
  switch (type) {
  case SESSION_CMD_MATCH:
    return TO(OFFERED, OFFERED);
  case SESSION_CMD_ACCEPT:
    return TO(ACTIVE, CONNECTED);
  case SESSION_CMD_DECLINE:
    return TO(QUEUED, OFFER_DECLINED);
  case SESSION_CMD_AGENT_LOST:
    return stays(w, SESSION_EV_AGENT_LOST);
  case SESSION_CMD_AGENT_BACK:
    return stays(w, SESSION_EV_AGENT_RETURNED);
  default:
    return TO(COMPLETED, ENDED);
  }
}

static struct outcome of_bots(const struct world *w, uint32_t type) {
  switch (type) {
  case SESSION_CMD_OPEN:
    return TO(PENDING, OPENED);
  case SESSION_CMD_ATTACH:
    return TO(CONNECTED, ATTACHED);
  case SESSION_CMD_GOODBYE:
    return TO(RELEASING, BOT_GOODBYE);
  case SESSION_CMD_DETACH:
    return detach(w);
  case SESSION_CMD_BOT_AWAY:
    return in(w, SESSION_RELEASING) ? TO(IDLE, BOT_RELEASED)
                                    : stays(w, SESSION_EV_BOT_AWAY);
  default:
    return stays(w, SESSION_EV_BOT_RETURNED);
  }
}

struct outcome outcome_due(const struct world *w,
                           const struct session_cmd *cmd) {
  switch ((enum session_cmd_type)cmd->type) {
  case SESSION_CMD_OPEN:
  case SESSION_CMD_ATTACH:
  case SESSION_CMD_GOODBYE:
  case SESSION_CMD_DETACH:
  case SESSION_CMD_BOT_AWAY:
  case SESSION_CMD_BOT_BACK:
    return of_bots(w, cmd->type);
  case SESSION_CMD_RELEASE:
    return release(w);
  case SESSION_CMD_HANGUP:
    return hang_up(w);
  case SESSION_CMD_TRANSFER:
    return TO(QUEUED, QUEUED);
  case SESSION_CMD_TRANSFER_BOT:
    return TO(PENDING, BOT_INVITED);
  case SESSION_CMD_AWAIT:
    return stays(w, SESSION_EV_TRANSFER_WAITS);
  case SESSION_CMD_CANCEL:
    return stays(w, SESSION_EV_TRANSFER_CANCELLED);
  case SESSION_CMD_EXPIRE:
    return stays(w, SESSION_EV_TRANSFER_EXPIRED);
  case SESSION_CMD_MATCH:
  case SESSION_CMD_ACCEPT:
  case SESSION_CMD_DECLINE:
  case SESSION_CMD_AGENT_LOST:
  case SESSION_CMD_AGENT_BACK:
  case SESSION_CMD_DOCUMENTED:
    return of_agents(w, cmd->type);
  case SESSION_CMD_ASSIGN:
    return TO(ACTIVE, CONNECTED);
  case SESSION_CMD_WITHDRAW:
    return TO(QUEUED, OFFER_WITHDRAWN);
  case SESSION_CMD_REQUEUE:
    return TO(QUEUED, REQUEUED);
  case SESSION_CMD_LEAVE:
  case SESSION_CMD_END:
    return in(w, SESSION_ACTIVE) ? TO(WRAPUP, WRAPPING) : TO(COMPLETED, ENDED);
  case SESSION_CMD_TIMEOUT:
    return timeout(w, cmd);
  case SESSION_CMDS:
    break;
  }
  bt_check_failed("a command", __FILE__, __LINE__, __func__);
}
