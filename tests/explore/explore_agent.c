/* explore_agent.c - every reachable world of one agent and two offers.
 *
 * The world is the agent, the offers made to it, and what an engine would know
 * by itself: how many contacts and wrap-ups are open on each of two channels,
 * and whether the grace timer runs. At every world we try every command with
 * every interesting argument: right and wrong agent, in time and late, current
 * and stale timer. Answers to offers go to both machines; what one of them
 * refuses happens to neither.
 *
 * Proved for the bounded world: capacity is never exceeded and always counted
 * as the engine counts it; what must be heard is heard and what must be refused
 * is refused; every row fires, every presence is reached, every refusal is
 * given; from every world the agent can still go home with empty hands.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/offer.h"
#include "base/check.h"
#include "base/map.h"

enum {
  WORLDS_MAX = 1 << 14,
  TABLE_SIZE = 1 << 16,
  EDGES_MAX = 1 << 19,
  CHANNELS = 2, /* chat with room for two, voice with room for one */
  OFFERS = 2,
  OFFER_NONE = OFFER_STATES,
  ME = 7,
  STRANGER = 8,
  NOW = 100,
  DEADLINE = 200,
  VISIT = 5, /* of the world under test; VISIT - 1 is stale */
  REASON = AGENT_AWAY_CUSTOM
};

struct slot {
  uint8_t state; /* enum offer_state, or OFFER_NONE */
  uint8_t channel;
};

struct world {
  struct agent a;
  struct slot offers[OFFERS];
  uint8_t contacts[CHANNELS], wrapups[CHANNELS];
  uint8_t grace;
  uint8_t zero[7];
};

/* Voice must not be interrupted by chat in the second. */
static const struct agent_limits limits[] = {
    {.capacity = {2, 1}},
    {.capacity = {1, 1}, .blocked_by = {2}, .rona_stays = 1},
};

static struct world worlds[WORLDS_MAX];
static uint32_t world_count;
static uint32_t table[TABLE_SIZE]; /* world + 1 */
static struct { uint32_t from, to; } edges[EDGES_MAX];
static uint32_t edge_count;
static bool can_leave[WORLDS_MAX];
static bool agent_row_fired[AGENT_ROWS], offer_row_fired[OFFER_ROWS];
static bool presence_seen[AGENT_PRESENCES], shown_seen[AGENT_SHOWNS];
static bool agent_refused[AGENT_REFUSALS], offer_refused[OFFER_REFUSALS];

static uint32_t intern(struct world w) {
  w.a.visit = 0; /* ever-growing numbers are not a difference */
  w.a.idle_since_us = 0;
  uint32_t at = (uint32_t)hash_bytes(&w, sizeof w) % TABLE_SIZE;
  for (; table[at] != 0; at = (at + 1) % TABLE_SIZE) {
    if (memcmp(&worlds[table[at] - 1], &w, sizeof w) == 0) {
      return table[at] - 1;
    }
  }
  bt_check(world_count < WORLDS_MAX);
  worlds[world_count] = w;
  table[at] = ++world_count;
  return world_count - 1;
}

static uint32_t pending_on(const struct world *w, uint32_t channel) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < OFFERS; i++) {
    count +=
        w->offers[i].state == OFFER_PENDING && w->offers[i].channel == channel;
  }
  return count;
}

static bool in_hand(const struct world *w) {
  uint32_t count = 0;
  for (uint32_t c = 0; c < CHANNELS; c++) {
    count += pending_on(w, c) + w->contacts[c] + w->wrapups[c];
  }
  return count > 0;
}

static bool connected(const struct world *w) {
  return w->a.presence == AGENT_AVAILABLE || w->a.presence == AGENT_AWAY;
}

static void check_world(const struct world *w) {
  for (uint32_t c = 0; c < CHANNELS; c++) {
    const struct agent_load *l = &w->a.load[c];
    bt_check(l->reserved == pending_on(w, c));
    bt_check(l->active == w->contacts[c]);
    bt_check(l->wrapup == w->wrapups[c]);
    bt_check(agent_used(&w->a, c) <= l->capacity);
    bt_check(agent_used(&w->a, c) < w->a.limits.capacity[c] ||
             !agent_ready(&w->a, c));
    bt_check(!agent_ready(&w->a, c) || w->a.presence == AGENT_AVAILABLE);
  }
  bt_check(agent_used(&w->a, CHANNELS) == 0);
  bt_check(agent_has_work(&w->a) == in_hand(w));
  bt_check(w->grace == (w->a.presence == AGENT_LOST));
  presence_seen[w->a.presence] = true;
  shown_seen[agent_shown(&w->a)] = true;
}

/* What nobody may be ignored about. */
static bool must_hear(const struct world *w, const struct agent_cmd *cmd) {
  const uint32_t c = cmd->channel;
  switch ((enum agent_cmd_type)cmd->type) {
  case AGENT_CMD_LOGIN:
  case AGENT_CMD_RECONNECT:
    return w->a.presence == AGENT_LOST;
  case AGENT_CMD_LOGOUT:
    return connected(w) && !in_hand(w);
  case AGENT_CMD_SET_AVAILABLE:
  case AGENT_CMD_SET_AWAY:
  case AGENT_CMD_LOSE:
    return connected(w);
  case AGENT_CMD_SET_LIMITS:
    return true;
  case AGENT_CMD_RESERVE:
    return agent_ready(&w->a, c);
  case AGENT_CMD_ASSIGN:
    return connected(w) && agent_has_room(&w->a, c);
  case AGENT_CMD_ACCEPT:
  case AGENT_CMD_DECLINE:
    return connected(w) && pending_on(w, c) > 0;
  case AGENT_CMD_EXPIRE:
  case AGENT_CMD_WITHDRAW:
    return pending_on(w, c) > 0;
  case AGENT_CMD_FINISH:
  case AGENT_CMD_WRAP_UP:
    return w->contacts[c] > 0;
  case AGENT_CMD_COMPLETE:
    return w->wrapups[c] > 0;
  case AGENT_CMD_GIVE_UP:
    return w->grace && cmd->visit == VISIT && !in_hand(w);
  case AGENT_CMDS:
    break;
  }
  abort();
}

/* What comes late, from nowhere, or would be too much. */
static bool must_refuse(const struct world *w, const struct agent_cmd *cmd) {
  const uint32_t c = cmd->channel;
  switch ((enum agent_cmd_type)cmd->type) {
  case AGENT_CMD_LOGIN:
  case AGENT_CMD_RECONNECT:
    return connected(w);
  case AGENT_CMD_LOGOUT:
    return in_hand(w);
  case AGENT_CMD_SET_AVAILABLE:
  case AGENT_CMD_SET_AWAY:
  case AGENT_CMD_LOSE:
    return !connected(w);
  case AGENT_CMD_SET_LIMITS:
    return false;
  case AGENT_CMD_RESERVE:
    return !agent_ready(&w->a, c);
  case AGENT_CMD_ASSIGN:
    return !connected(w) || !agent_has_room(&w->a, c);
  case AGENT_CMD_ACCEPT:
  case AGENT_CMD_DECLINE:
  case AGENT_CMD_EXPIRE:
  case AGENT_CMD_WITHDRAW:
    return pending_on(w, c) == 0;
  case AGENT_CMD_FINISH:
  case AGENT_CMD_WRAP_UP:
    return w->contacts[c] == 0;
  case AGENT_CMD_COMPLETE:
    return w->wrapups[c] == 0;
  case AGENT_CMD_GIVE_UP:
    return !w->grace || cmd->visit != VISIT || in_hand(w);
  case AGENT_CMDS:
    break;
  }
  abort();
}

/* The agent's part of a step. Answers whether it was taken. */
static bool tell_agent(struct world *w, const struct agent_cmd *cmd) {
  const struct agent before = w->a;
  struct agent_out out;
  const enum agent_refusal refusal = agent_decide(&w->a, cmd, &out);
  bt_check(memcmp(&before, &w->a, sizeof before) == 0);
  bt_check(refusal == AGENT_REFUSAL_NONE || !must_hear(w, cmd));
  bt_check(refusal != AGENT_REFUSAL_NONE || !must_refuse(w, cmd));
  agent_refused[refusal] = true;
  if (refusal != AGENT_REFUSAL_NONE) {
    return false;
  }
  w->a = agent_apply(before, &out.event);
  agent_row_fired[out.row] = true;
  if (out.effects & 1u << AGENT_FX_BIT_STOP_GRACE) {
    bt_check(w->grace);
    w->grace = 0;
  }
  if (out.effects & 1u << AGENT_FX_BIT_START_GRACE) {
    bt_check(!w->grace);
    w->grace = 1;
  }
  return true;
}

static void arrive(uint32_t from, const struct world *w) {
  check_world(w);
  bt_check(edge_count < EDGES_MAX);
  edges[edge_count].from = from;
  edges[edge_count++].to = intern(*w);
}

static struct world world_at(uint32_t from) {
  struct world w = worlds[from];
  w.a.visit = VISIT;
  return w;
}

/* What the engine notes beside the agent's own state. */
static void note(struct world *w, const struct agent_cmd *cmd) {
  const uint32_t c = cmd->channel;
  if (cmd->type == AGENT_CMD_ASSIGN) {
    w->contacts[c]++;
  } else if (cmd->type == AGENT_CMD_FINISH) {
    w->contacts[c]--;
  } else if (cmd->type == AGENT_CMD_WRAP_UP) {
    w->contacts[c]--;
    w->wrapups[c]++;
  } else if (cmd->type == AGENT_CMD_COMPLETE) {
    w->wrapups[c]--;
  } else if (cmd->type == AGENT_CMD_GIVE_UP) {
    w->grace = 0;
  }
}

static void try_plain(uint32_t from, struct agent_cmd cmd) {
  struct world w = world_at(from);
  if (tell_agent(&w, &cmd)) {
    note(&w, &cmd);
    arrive(from, &w);
  }
}

static void try_reserve(uint32_t from, uint32_t channel, uint32_t slot) {
  struct world w = world_at(from);
  const struct agent_cmd cmd = {
      .type = AGENT_CMD_RESERVE, .channel = channel, .now_us = NOW};
  if (w.offers[slot].state != OFFER_PENDING && tell_agent(&w, &cmd)) {
    w.offers[slot] = (struct slot){OFFER_PENDING, (uint8_t)channel};
    arrive(from, &w);
  }
}

static enum agent_cmd_type to_agent(uint32_t offer_cmd) {
  switch ((enum offer_cmd_type)offer_cmd) {
  case OFFER_CMD_ACCEPT:
    return AGENT_CMD_ACCEPT;
  case OFFER_CMD_DECLINE:
    return AGENT_CMD_DECLINE;
  case OFFER_CMD_EXPIRE:
    return AGENT_CMD_EXPIRE;
  case OFFER_CMD_WITHDRAW:
    return AGENT_CMD_WITHDRAW;
  case OFFER_CMDS:
    break;
  }
  abort();
}

static bool offer_must_refuse(const struct slot *s,
                              const struct offer_cmd *cmd) {
  const bool answer =
      cmd->type == OFFER_CMD_ACCEPT || cmd->type == OFFER_CMD_DECLINE;
  return s->state != OFFER_PENDING || (answer && cmd->agent != ME) ||
         (cmd->type == OFFER_CMD_ACCEPT && cmd->now_us >= DEADLINE) ||
         (cmd->type == OFFER_CMD_EXPIRE && cmd->now_us < DEADLINE);
}

/* An answer concerns both machines; what is refused by one happens to none. */
static void try_answer(uint32_t from, uint32_t slot, struct offer_cmd cmd) {
  struct world w = world_at(from);
  struct slot *s = &w.offers[slot];
  if (s->state == OFFER_NONE) {
    return;
  }
  const struct offer o = {.id = 1,
                          .agent = ME,
                          .deadline_us = DEADLINE,
                          .state = s->state,
                          .channel = s->channel};
  struct offer_out out;
  const enum offer_refusal refusal = offer_decide(&o, &cmd, &out);
  bt_check((refusal != OFFER_REFUSAL_NONE) == offer_must_refuse(s, &cmd));
  offer_refused[refusal] = true;
  const struct agent_cmd agent_cmd = {
      .type = to_agent(cmd.type), .channel = s->channel, .now_us = cmd.now_us};
  if (refusal != OFFER_REFUSAL_NONE || !tell_agent(&w, &agent_cmd)) {
    return;
  }
  const struct offer after = offer_apply(o, &out.event);
  offer_row_fired[out.row] = true;
  if (after.state == OFFER_ACCEPTED) {
    w.contacts[s->channel]++;
  }
  *s = (struct slot){after.state, 0};
  arrive(from, &w);
}

static void try_answers(uint32_t from, uint32_t slot) {
  for (uint32_t type = 0; type < OFFER_CMDS; type++) {
    for (uint32_t i = 0; i < 4; i++) {
      try_answer(from, slot,
                 (struct offer_cmd){.type = type,
                                    .agent = i % 2 ? STRANGER : ME,
                                    .now_us = i / 2 ? DEADLINE : NOW,
                                    .reason = OFFER_REASON_CUSTOMER_LEFT});
    }
  }
}

/* Commands that an offer brings are tried without one only where there is
 * none: the engine never sends them otherwise. */
static void try_on_channel(uint32_t from, uint32_t type, uint32_t channel) {
  const bool by_offer = type >= AGENT_CMD_ACCEPT && type <= AGENT_CMD_WITHDRAW;
  if (type == AGENT_CMD_RESERVE) {
    for (uint32_t slot = 0; slot < OFFERS; slot++) {
      try_reserve(from, channel, slot);
    }
  } else if (!by_offer || pending_on(&worlds[from], channel) == 0) {
    for (uint32_t i = 0; i < 2; i++) {
      try_plain(from, (struct agent_cmd){.type = type,
                                         .channel = channel,
                                         .now_us = NOW,
                                         .away_code = REASON,
                                         .visit = VISIT - i,
                                         .limits = limits[i]});
    }
  }
}

static void try_all(uint32_t from) {
  for (uint32_t type = 0; type < AGENT_CMDS; type++) {
    for (uint32_t c = 0; c < CHANNELS; c++) {
      try_on_channel(from, type, c);
    }
  }
  for (uint32_t slot = 0; slot < OFFERS; slot++) {
    try_answers(from, slot);
  }
}

static bool spread_backwards(void) {
  bool grew = false;
  for (uint32_t e = edge_count; e-- > 0;) {
    if (can_leave[edges[e].to] && !can_leave[edges[e].from]) {
      can_leave[edges[e].from] = true;
      grew = true;
    }
  }
  return grew;
}

static void check_everybody_can_go_home(void) {
  for (uint32_t i = 0; i < world_count; i++) {
    can_leave[i] =
        worlds[i].a.presence == AGENT_OFFLINE && !in_hand(&worlds[i]);
  }
  while (spread_backwards()) {
  }
  for (uint32_t i = 0; i < world_count; i++) {
    bt_check(can_leave[i]);
  }
}

static void check_all(const bool *seen, size_t count) {
  for (size_t i = 0; i < count; i++) {
    bt_check(seen[i]);
  }
}

int main(void) {
  const struct world first = {.a = agent_make(&limits[0]),
                              .offers = {{OFFER_NONE, 0}, {OFFER_NONE, 0}}};
  (void)intern(first);
  check_world(&first);
  for (uint32_t i = 0; i < world_count; i++) {
    try_all(i);
  }
  check_everybody_can_go_home();
  check_all(agent_row_fired, AGENT_ROWS);
  check_all(offer_row_fired, OFFER_ROWS);
  check_all(presence_seen, AGENT_PRESENCES);
  check_all(shown_seen, AGENT_SHOWNS);
  check_all(agent_refused, AGENT_REFUSALS);
  /* the last two are the table's: offers.h */
  check_all(offer_refused, OFFER_REFUSAL_FORGOTTEN);
  printf("%u worlds, %u arrows, %d + %d rows: all laws hold\n", world_count,
         edge_count, AGENT_ROWS, OFFER_ROWS);
  return 0;
}
