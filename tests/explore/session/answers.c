/* answers.c - for every command in every world: must it be heard, and if not,
 * what exactly is the refusal? By command, as people ask for it; the table has
 * it by status. */
#include "base/check.h"
#include "world.h"

static bool in(const struct world *w, enum session_status status) {
  return w->s.status == (uint8_t)status;
}

static bool over(const struct world *w) {
  return in(w, SESSION_NONE) || in(w, SESSION_WRAPUP) ||
         in(w, SESSION_COMPLETED);
}

static bool bot_holds(const struct world *w) {
  return w->s.holder == SESSION_HOLDER_BOT;
}

static bool this_epoch(const struct world *w, const struct session_cmd *cmd) {
  return cmd->epoch == w->s.epoch;
}

static enum refusal heard_if(bool heard, enum refusal otherwise) {
  return heard ? REFUSAL_NONE : otherwise;
}

/* The invited answer with the epoch of their invitation, holders with that of
 * their hold; whatever is older has been superseded. */
static enum refusal bot_says(const struct world *w,
                             const struct session_cmd *cmd) {
  const bool holds = in(w, SESSION_CONNECTED) || in(w, SESSION_RELEASING);
  switch (cmd->type) {
  case SESSION_CMD_ATTACH:
    return heard_if(in(w, SESSION_PENDING) && this_epoch(w, cmd),
                    REFUSAL_INVITE_GONE);
  case SESSION_CMD_GOODBYE:
    return heard_if(bot_holds(w) && this_epoch(w, cmd), REFUSAL_STALE_HOLDER);
  case SESSION_CMD_DETACH:
    return heard_if((holds || in(w, SESSION_PENDING)) && this_epoch(w, cmd),
                    REFUSAL_STALE_HOLDER);
  case SESSION_CMD_BOT_AWAY:
    return heard_if(bot_holds(w) && w->bot != WORLD_BOT_GONE,
                    REFUSAL_STALE_HOLDER);
  default:
    return heard_if(w->bot == WORLD_BOT_GONE, REFUSAL_STALE_HOLDER);
  }
}

static enum refusal release(const struct world *w) {
  if (over(w) && !in(w, SESSION_NONE)) {
    return REFUSAL_SESSION_ENDED;
  }
  if (in(w, SESSION_OFFERED)) {
    return REFUSAL_OFFER_PENDING;
  }
  if (in(w, SESSION_ACTIVE)) {
    return REFUSAL_WITH_AGENT;
  }
  /* Asking twice is answered, but nothing is left to be asked for. */
  const bool nothing =
      in(w, SESSION_IDLE) || in(w, SESSION_NONE) || w->bot == WORLD_BOT_TOLD;
  return heard_if(!nothing, REFUSAL_NOTHING_TO_RELEASE);
}

/* Nobody takes a session from an agent, or from under an offer, without the
 * right to. */
static enum refusal rights(const struct world *w,
                           const struct session_cmd *cmd) {
  if (in(w, SESSION_OFFERED)) {
    return heard_if(cmd->privileged, REFUSAL_OFFER_PENDING);
  }
  if (in(w, SESSION_ACTIVE)) {
    return heard_if(cmd->privileged, REFUSAL_WITH_AGENT);
  }
  return REFUSAL_NONE;
}

static enum refusal hang_up(const struct world *w,
                            const struct session_cmd *cmd) {
  if (in(w, SESSION_NONE) || in(w, SESSION_IDLE)) {
    return REFUSAL_NOTHING_TO_RELEASE;
  }
  return over(w) ? REFUSAL_SESSION_ENDED : rights(w, cmd);
}

/* The table of refusals of the specification, line by line. */
static enum refusal transfer(const struct world *w,
                             const struct session_cmd *cmd) {
  if (in(w, SESSION_PENDING)) {
    return REFUSAL_BOT_NOT_ATTACHED;
  }
  if (in(w, SESSION_RELEASING)) {
    return REFUSAL_RELEASE_IN_PROGRESS;
  }
  if (in(w, SESSION_CONNECTED)) {
    return bot_holds(w) ? REFUSAL_BOT_STILL_HOLDS
                        : heard_if(w->s.waits == SESSION_WAIT_NONE,
                                   REFUSAL_TRANSFER_PENDING);
  }
  return over(w) ? REFUSAL_SESSION_ENDED : rights(w, cmd);
}

static enum refusal await(const struct world *w) {
  if (in(w, SESSION_PENDING)) {
    return REFUSAL_BOT_NOT_ATTACHED;
  }
  if (in(w, SESSION_OFFERED)) {
    return REFUSAL_OFFER_PENDING;
  }
  if (in(w, SESSION_ACTIVE)) {
    return REFUSAL_WITH_AGENT;
  }
  if (in(w, SESSION_IDLE) || in(w, SESSION_QUEUED)) {
    return REFUSAL_NOTHING_TO_RELEASE;
  }
  if (over(w)) {
    return REFUSAL_SESSION_ENDED;
  }
  return heard_if(w->s.waits == SESSION_WAIT_NONE, REFUSAL_TRANSFER_PENDING);
}

static enum refusal supervisor_says(const struct world *w,
                                    const struct session_cmd *cmd) {
  if (cmd->type == SESSION_CMD_WITHDRAW) {
    return heard_if(w->reserved != SESSION_NOBODY, REFUSAL_OFFER_GONE);
  }
  if (cmd->type == SESSION_CMD_REQUEUE) {
    return heard_if(w->bridge != SESSION_NOBODY, REFUSAL_NOT_WITH_AGENT);
  }
  if (in(w, SESSION_OFFERED)) {
    return REFUSAL_OFFER_PENDING;
  }
  if (in(w, SESSION_ACTIVE)) {
    return REFUSAL_WITH_AGENT;
  }
  return heard_if(in(w, SESSION_QUEUED), REFUSAL_NOT_QUEUED);
}

static enum refusal agent_says(const struct world *w,
                               const struct session_cmd *cmd) {
  const bool holder = in(w, SESSION_ACTIVE) && cmd->target == w->busy;
  switch (cmd->type) {
  case SESSION_CMD_ACCEPT:
  case SESSION_CMD_DECLINE:
    return heard_if(w->reserved != SESSION_NOBODY &&
                        cmd->target == w->reserved && cmd->number == w->s.offer,
                    REFUSAL_OFFER_GONE);
  case SESSION_CMD_AGENT_LOST:
    return heard_if(holder && w->timer == SESSION_TIMER_NEVER,
                    REFUSAL_STALE_HOLDER);
  case SESSION_CMD_AGENT_BACK:
    return heard_if(holder && w->timer == SESSION_TIMER_GRACE,
                    REFUSAL_STALE_HOLDER);
  default:
    if (in(w, SESSION_COMPLETED)) {
      return REFUSAL_SESSION_ENDED;
    }
    return heard_if(in(w, SESSION_WRAPUP) &&
                        (cmd->privileged || cmd->target == w->busy),
                    REFUSAL_NOT_IN_WRAPUP);
  }
}

enum refusal answer_due(const struct world *w, const struct session_cmd *cmd) {
  switch ((enum session_cmd_type)cmd->type) {
  case SESSION_CMD_OPEN:
    return heard_if(in(w, SESSION_NONE), REFUSAL_ALREADY_OPEN);
  case SESSION_CMD_ATTACH:
  case SESSION_CMD_GOODBYE:
  case SESSION_CMD_DETACH:
  case SESSION_CMD_BOT_AWAY:
  case SESSION_CMD_BOT_BACK:
    return bot_says(w, cmd);
  case SESSION_CMD_RELEASE:
    return release(w);
  case SESSION_CMD_HANGUP:
    return hang_up(w, cmd);
  case SESSION_CMD_TRANSFER:
  case SESSION_CMD_TRANSFER_BOT:
    return transfer(w, cmd);
  case SESSION_CMD_AWAIT:
    return await(w);
  case SESSION_CMD_CANCEL:
  case SESSION_CMD_EXPIRE:
    return heard_if(w->s.waits != SESSION_WAIT_NONE &&
                        cmd->number == w->s.transfer,
                    REFUSAL_TRANSFER_GONE);
  case SESSION_CMD_MATCH:
    return heard_if(in(w, SESSION_QUEUED), REFUSAL_NOT_QUEUED);
  case SESSION_CMD_ACCEPT:
  case SESSION_CMD_DECLINE:
  case SESSION_CMD_AGENT_LOST:
  case SESSION_CMD_AGENT_BACK:
  case SESSION_CMD_DOCUMENTED:
    return agent_says(w, cmd);
  case SESSION_CMD_ASSIGN:
  case SESSION_CMD_WITHDRAW:
  case SESSION_CMD_REQUEUE:
    return supervisor_says(w, cmd);
  case SESSION_CMD_LEAVE: /* nobody can make a customer stay */
    return heard_if(!over(w), REFUSAL_SESSION_ENDED);
  case SESSION_CMD_END:
    return over(w) ? REFUSAL_SESSION_ENDED : rights(w, cmd);
  case SESSION_CMD_TIMEOUT:
    return heard_if(w->timer != SESSION_TIMER_NEVER && cmd->visit == w->s.visit,
                    REFUSAL_STALE_TIMER);
  case SESSION_CMDS:
    break;
  }
  bt_check_failed("a command", __FILE__, __LINE__, __func__);
}
