/* world.c - one step of a session and its neighbours, and the laws of it. */
#include "world.h"

#include <string.h>

#include "base/check.h"

#define FX(name) (1u << SESSION_FX_BIT_##name)

static bool among(uint32_t status, uint32_t set) {
  return (set & 1u << status) != 0;
}
#define S(name) (1u << SESSION_##name)

struct world world_new(void) {
  struct world w;
  memset(&w, 0, sizeof w);
  w.s = session_none();
  w.customer = 1;
  w.part_id = w.place = w.old_place = SESSION_NOBODY;
  w.reserved = w.busy = w.bridge = w.waits_for = SESSION_NOBODY;
  return w;
}

struct world world_normal(const struct world *w) {
  struct world n = *w;
  n.s.epoch = n.s.visit = n.s.version = 0;
  n.s.transfer = n.s.transfer != 0;
  n.s.offer = n.s.offer != 0;
  return n;
}

/* --- effects ---------------------------------------------------------------*/

/* The bot that is dismissed is told and holds on; else its part is over. */
static void close_bot(struct world *w, const struct session_event *e) {
  LAW(w->bot != WORLD_BOT_NONE, "only who is there is told to close");
  if (e->type != SESSION_EV_BOT_DISMISSED) {
    w->bot = WORLD_BOT_NONE;
    return;
  }
  LAW(w->bot == WORLD_BOT_OPEN,
      "a bot is dismissed once, and while it is here");
  w->bot = WORLD_BOT_TOLD;
}

static void start_timer(struct world *w, const struct session_event *e) {
  LAW(w->timer == SESSION_TIMER_NEVER, "one timer at a time");
  w->timer = session_timer_of(&e->after);
  LAW(e->after.visit != w->s.visit, "a timer that is armed has its own visit");
  LAW(w->timer != SESSION_TIMER_NEVER, "only a timer that exists is armed");
}

static void stop_timer(struct world *w, const struct session_event *e) {
  const bool may_run = w->s.status == SESSION_ACTIVE && !w->lost &&
                       e->after.status != SESSION_ACTIVE;
  LAW(w->timer != SESSION_TIMER_NEVER || may_run,
      "only a timer that runs, or may, is disarmed");
  LAW(e->after.visit != w->s.visit, "a timer that is disarmed is stale");
  w->timer = SESSION_TIMER_NEVER;
}

static void of_queue(struct world *w, uint32_t bit,
                     const struct session_cmd *cmd) {
  if (bit == FX(LEAVE_QUEUE)) {
    LAW(w->place != SESSION_NOBODY, "only who has a place leaves it");
    w->place = SESSION_NOBODY;
    return;
  }
  LAW(w->place == SESSION_NOBODY, "one place at a time");
  const bool back = (w->lost && cmd->type == SESSION_CMD_TIMEOUT) ||
                    cmd->type == SESSION_CMD_REQUEUE;
  w->place = back ? w->old_place : cmd->target;
  w->old_place = w->place;
}

static void of_agent(struct world *w, uint32_t bit,
                     const struct session_cmd *cmd) {
  switch (bit) {
  case FX(RESERVE):
    LAW((w->place != SESSION_NOBODY || cmd->type == SESSION_CMD_ASSIGN) &&
            cmd->target != SESSION_NOBODY,
        "somebody is asked, for who waits");
    LAW(w->reserved == SESSION_NOBODY, "offered to one agent at a time");
    w->reserved = cmd->target;
    return;
  case FX(UNRESERVE):
    LAW(w->reserved != SESSION_NOBODY, "only a reservation is given back");
    w->reserved = SESSION_NOBODY;
    return;
  case FX(BRIDGE):
    LAW(w->reserved != SESSION_NOBODY, "only who was asked is connected");
    LAW(w->busy == SESSION_NOBODY, "one agent at a time");
    w->busy = w->bridge = w->reserved;
    w->reserved = SESSION_NOBODY;
    return;
  case FX(UNBRIDGE):
    LAW(w->bridge != SESSION_NOBODY, "only who is connected is separated");
    w->bridge = SESSION_NOBODY;
    return;
  default:
    LAW(w->busy != SESSION_NOBODY, "only a busy agent is given back");
    w->busy = SESSION_NOBODY;
    return;
  }
}

static void invite(struct world *w, const struct session_cmd *cmd) {
  LAW(w->bot == WORLD_BOT_NONE, "one bot at a time");
  w->bot = WORLD_BOT_INVITED;
  w->part = cmd->type == SESSION_CMD_OPEN ? cmd->target_kind
                                          : (uint32_t)SESSION_HOLDER_BOT;
  w->part_id = cmd->target;
}

static void perform(struct world *w, uint32_t bit,
                    const struct session_cmd *cmd,
                    const struct session_event *e) {
  switch (bit) {
  case FX(INVITE):
    invite(w, cmd);
    return;
  case FX(CLOSE_BOT):
    close_bot(w, e);
    return;
  case FX(STOP_TIMER):
    stop_timer(w, e);
    return;
  case FX(START_TIMER):
    start_timer(w, e);
    return;
  case FX(LEAVE_QUEUE):
  case FX(JOIN_QUEUE):
    of_queue(w, bit, cmd);
    return;
  case FX(CLOSE_CUSTOMER):
    LAW(w->customer, "the customer's part is closed once");
    w->customer = 0;
    return;
  default:
    of_agent(w, bit, cmd);
    return;
  }
}

/* What a neighbour's own doing changes, whatever the session makes of it. */
static void act(struct world *w, const struct session_cmd *cmd) {
  switch (cmd->type) {
  case SESSION_CMD_ATTACH:
    w->bot = w->part == SESSION_HOLDER_BOT ? WORLD_BOT_OPEN : WORLD_BOT_NONE;
    return;
  case SESSION_CMD_GOODBYE: /* who speaks is there */
    w->bot = w->bot == WORLD_BOT_GONE ? WORLD_BOT_OPEN : w->bot;
    w->wish = cmd->ending;
    return;
  case SESSION_CMD_DETACH:
    w->bot = WORLD_BOT_NONE;
    return;
  case SESSION_CMD_BOT_AWAY: /* after a goodbye, nobody comes back */
    w->bot = w->s.status == SESSION_RELEASING ? WORLD_BOT_NONE : WORLD_BOT_GONE;
    return;
  case SESSION_CMD_BOT_BACK:
    w->bot = WORLD_BOT_OPEN;
    return;
  case SESSION_CMD_AGENT_LOST:
  case SESSION_CMD_AGENT_BACK:
    w->lost = cmd->type == SESSION_CMD_AGENT_LOST;
    return;
  case SESSION_CMD_AWAIT:
    w->waits = cmd->target_kind;
    w->waits_for = cmd->target;
    return;
  case SESSION_CMD_CANCEL:
  case SESSION_CMD_EXPIRE:
    w->waits = SESSION_HOLDER_NONE;
    w->waits_for = SESSION_NOBODY;
    return;
  case SESSION_CMD_TIMEOUT:
    w->timer = SESSION_TIMER_NEVER;
    return;
  default:
    return;
  }
}

/* What is of no interest any more is not a difference between worlds. */
static void forget(struct world *w) {
  if (!among(w->s.status, S(PENDING) | S(CONNECTED) | S(RELEASING))) {
    w->part = SESSION_HOLDER_NONE;
    w->part_id = SESSION_NOBODY;
  }
  if (w->s.status != SESSION_ACTIVE) {
    w->lost = 0;
  }
  if (!among(w->s.status, S(RELEASING) | S(IDLE))) {
    w->wish = 0;
  }
  if (!among(w->s.status, S(CONNECTED) | S(RELEASING) | S(IDLE))) {
    w->waits = SESSION_HOLDER_NONE;
    w->waits_for = SESSION_NOBODY;
  }
}

/* --- laws of a step --------------------------------------------------------*/

static void law_counters(const struct session *a, const struct session *b) {
  const bool new_holder =
      a->holder != b->holder || a->holder_id != b->holder_id;
  const bool invited =
      b->status == SESSION_PENDING && a->status != SESSION_PENDING;
  LAW(b->version == a->version + 1, "the version counts events");
  LAW(b->epoch == a->epoch + (new_holder || invited),
      "the epoch counts changes of the holder and invitations");
  LAW(b->visit == a->visit || b->visit == a->visit + 1, "visits are counted");
}

static void law_numbers(const struct session_cmd *cmd,
                        const struct session *b) {
  if (cmd->type == SESSION_CMD_MATCH) {
    LAW(b->offer == cmd->number, "the offer is the one that the router made");
  }
  if (cmd->type == SESSION_CMD_AWAIT) {
    LAW(b->transfer == cmd->number, "the transfer keeps its number");
  }
}

/* A place in the queue outlives offers; only a transfer or an end takes it. */
static void law_place(const struct session_cmd *cmd,
                      const struct session_out *out) {
  const uint32_t moves = FX(LEAVE_QUEUE) | FX(JOIN_QUEUE);
  const bool failed = out->event.type == SESSION_EV_OFFER_DECLINED ||
                      out->event.type == SESSION_EV_OFFER_EXPIRED ||
                      out->event.type == SESSION_EV_OFFER_WITHDRAWN;
  if (failed || cmd->type == SESSION_CMD_MATCH) {
    LAW((out->effects & moves) == 0, "a failed offer keeps the place");
  }
}

/* --- laws at rest ----------------------------------------------------------*/

static enum session_holder holder_due(uint32_t status, uint32_t part) {
  if (among(status, S(CONNECTED) | S(RELEASING))) {
    return (enum session_holder)part;
  }
  if (among(status, S(QUEUED) | S(OFFERED))) {
    return SESSION_HOLDER_QUEUE;
  }
  return among(status, S(ACTIVE) | S(WRAPUP)) ? SESSION_HOLDER_AGENT
                                              : SESSION_HOLDER_NONE;
}

static uint32_t holder_id_due(const struct world *w) {
  switch ((enum session_holder)w->s.holder) {
  case SESSION_HOLDER_BOT:
  case SESSION_HOLDER_SCRIPT:
    return w->part_id;
  case SESSION_HOLDER_QUEUE:
    return w->place;
  case SESSION_HOLDER_AGENT:
    return w->busy;
  case SESSION_HOLDER_NONE:
  case SESSION_HOLDERS:
    break;
  }
  return SESSION_NOBODY;
}

/* The last column of the statuses' table of the specification. */
static enum session_timer timer_due(const struct world *w) {
  switch ((enum session_status)w->s.status) {
  case SESSION_PENDING:
    return SESSION_TIMER_INVITE;
  case SESSION_CONNECTED:
    if (w->part == SESSION_HOLDER_SCRIPT) {
      return SESSION_TIMER_NEVER;
    }
    return w->bot == WORLD_BOT_GONE ? SESSION_TIMER_INVITE
                                    : SESSION_TIMER_SILENCE;
  case SESSION_RELEASING:
    return SESSION_TIMER_DRAIN;
  case SESSION_IDLE:
    return SESSION_TIMER_IDLE;
  case SESSION_QUEUED:
    return SESSION_TIMER_WAIT;
  case SESSION_OFFERED:
    return SESSION_TIMER_OFFER;
  case SESSION_ACTIVE:
    return w->lost ? SESSION_TIMER_GRACE : SESSION_TIMER_NEVER;
  case SESSION_WRAPUP:
    return SESSION_TIMER_WRAPUP;
  case SESSION_NONE:
  case SESSION_COMPLETED:
  case SESSION_STATUSES:
    break;
  }
  return SESSION_TIMER_NEVER;
}

static void law_holder(const struct world *w) {
  const struct session *s = &w->s;
  LAW(s->holder == (uint8_t)holder_due(s->status, w->part),
      "each status has its kind of holder");
  LAW(s->holder_id == holder_id_due(w), "the holder is who was given the hold");
  LAW(w->timer == (uint32_t)timer_due(w),
      "the timer of the status runs, and no other");
  LAW(w->timer == (uint32_t)session_timer_of(s),
      "everybody is told of the timer that runs");
  const bool somebody = s->holder == SESSION_HOLDER_SCRIPT ||
                        (s->holder == SESSION_HOLDER_AGENT && !w->lost);
  LAW(s->status == SESSION_COMPLETED || somebody ||
          w->timer != SESSION_TIMER_NEVER,
      "somebody or some timer can move an open session");
}

static void law_bot(const struct world *w) {
  const struct session *s = &w->s;
  LAW((w->bot == WORLD_BOT_INVITED) == (s->status == SESSION_PENDING),
      "who is invited is invited by a pending session");
  LAW((w->bot > WORLD_BOT_INVITED) == (s->holder == SESSION_HOLDER_BOT),
      "a bot's part is open while it holds, and closed by somebody after");
  LAW((s->invited != SESSION_HOLDER_NONE) == (s->status == SESSION_PENDING) &&
          (s->invited == SESSION_HOLDER_NONE || s->invited == w->part),
      "the session knows whom it invited");
  LAW(s->invited_id ==
          (s->status == SESSION_PENDING ? w->part_id : SESSION_NOBODY),
      "the session knows which one it invited");
  LAW((w->bot == WORLD_BOT_TOLD) == s->closing, "who is told is known");
  LAW((w->bot == WORLD_BOT_GONE || w->lost) == s->away, "who is away is known");
  LAW(w->wish == s->ending, "the bot's wish to end is known");
}

static void law_agent(const struct world *w) {
  const struct session *s = &w->s;
  const uint32_t agent = s->agent;
  const bool offered = s->status == SESSION_OFFERED;
  const bool active = s->status == SESSION_ACTIVE;
  const bool given = active || s->status == SESSION_WRAPUP;
  LAW((w->place != SESSION_NOBODY) == (offered || s->status == SESSION_QUEUED),
      "a place in the queue while queued or offered");
  LAW(s->queue == w->old_place, "the queue is where it waits or waited last");
  LAW(w->reserved == (offered ? agent : SESSION_NOBODY), "reserved: offered");
  LAW(w->busy == (given ? agent : SESSION_NOBODY), "busy: active or wrap-up");
  LAW(w->bridge == (active ? agent : SESSION_NOBODY), "connected: active");
  LAW(offered || given || agent == SESSION_NOBODY, "no agent else");
  LAW(offered == (s->offer != 0), "an offer has a number");
  LAW(w->customer == !among(s->status, S(WRAPUP) | S(COMPLETED)),
      "the customer's part is open until the conversation is over");
}

static void law_transfer(const struct world *w) {
  const struct session *s = &w->s;
  static const uint32_t kinds[] = {[SESSION_WAIT_NONE] = SESSION_HOLDER_NONE,
                                   [SESSION_WAIT_QUEUE] = SESSION_HOLDER_QUEUE,
                                   [SESSION_WAIT_BOT] = SESSION_HOLDER_BOT};
  LAW(s->waits <= SESSION_WAIT_BOT && kinds[s->waits] == w->waits &&
          s->transfer_target == w->waits_for &&
          (s->waits != SESSION_WAIT_NONE) == (s->transfer != 0),
      "the transfer that waits is the one that was asked for");
  LAW(s->status != SESSION_IDLE || (!w->waits && !w->wish),
      "at rest nobody waits for a session that nobody holds");
}

/* An answered transfer is never lost: it waits on, is withdrawn by name, is
 * carried out in the step in which the hold ends, or the session is over. */
static void law_transfer_kept(const struct world *before,
                              const struct session_cmd *cmd,
                              const struct world *after) {
  if (before->waits == SESSION_HOLDER_NONE || after->waits == before->waits ||
      after->s.status == SESSION_COMPLETED || cmd->type == SESSION_CMD_CANCEL ||
      cmd->type == SESSION_CMD_EXPIRE) {
    return;
  }
  if (before->waits == SESSION_HOLDER_BOT) {
    LAW(after->bot == WORLD_BOT_INVITED && after->part == SESSION_HOLDER_BOT &&
            after->part_id == before->waits_for,
        "a waiting transfer to a bot goes in the step of the release");
  } else {
    LAW(after->place == before->waits_for,
        "a waiting transfer goes in the step of the release");
  }
}

/* Last, so that a broken law is told with its path before session_check(). */
static void law_journal(const struct world *before,
                        const struct world_step *step,
                        const struct world *after) {
  struct session s = before->s;
  for (size_t i = 0; i < step->count; i++) {
    s = session_apply(s, &step->outs[i].event);
  }
  LAW(memcmp(&s, &after->s, sizeof s) == 0, "events make the session");
}

/* --- a step ----------------------------------------------------------------*/

static void consequences(struct world *w, const struct session_cmd *cmd,
                         const struct session_out *out) {
  const struct session *after = &out->event.after;
  const struct outcome due = outcome_due(w, cmd);
  LAW(after->status == (uint8_t)due.status,
      "the command leads where it should");
  LAW(out->event.type == (uint32_t)due.event, "the journal says what happened");
  law_counters(&w->s, after);
  law_numbers(cmd, after);
  law_place(cmd, out);
  act(w, cmd);
  for (uint32_t bit = 0; bit < SESSION_FX_BITS; bit++) {
    if (out->effects & 1u << bit) {
      perform(w, 1u << bit, cmd, &out->event);
    }
  }
}

static bool take(struct world *w, const struct session_cmd *cmd,
                 struct world_step *step) {
  struct session_out out = {.row = SESSION_ROWS};
  const enum refusal due = answer_due(w, cmd);
  enum refusal why = REFUSALS;
  if (!session_decide(&w->s, cmd, &out, &why)) {
    LAW(due != REFUSAL_NONE, "who must be heard is heard");
    LAW(why == due, "the refusal is the right one");
    LAW(out.row == SESSION_ROWS, "a refusal is no event");
    step->why = why;
    return false;
  }
  LAW(due == REFUSAL_NONE, "what is late, or without the right, is refused");
  LAW(why == REFUSALS, "who is heard is not refused");
  consequences(w, cmd, &out);
  w->s = out.event.after;
  step->outs[step->count++] = out;
  return true;
}

struct world_step world_step(struct world *w, const struct session_cmd *cmd) {
  struct world_step step;
  memset(&step, 0, sizeof step);
  const struct world before = *w;
  step.taken = take(w, cmd, &step);
  if (!step.taken) {
    LAW(memcmp(&before, w, sizeof before) == 0, "a refusal changes nothing");
    return step;
  }
  struct session_cmd next;
  if (session_follow_up(&w->s, &next)) {
    LAW(take(w, &next, &step), "what must follow is taken");
    LAW(!session_follow_up(&w->s, &next), "one thing follows, not two");
  }
  forget(w);
  law_holder(w);
  law_bot(w);
  law_agent(w);
  law_transfer(w);
  law_transfer_kept(&before, cmd, w);
  law_journal(&before, &step, w);
  return step;
}
