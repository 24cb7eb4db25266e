/* agents.c - people at desks: they take offers or do not, talk, document, close
 * the laptop and open it again. */
#include "base/check.h"
#include "world.h"

enum { ACCEPTS, DECLINES, IGNORES, TOO_LATE, ANSWERS };
static const uint32_t habits[ANSWERS] = {
#define OFFER(name, weight, doc) weight,
#include "habit.def"
#undef OFFER
};

static const char *const ids[SIM_AGENTS] = {"ann", "ben", "cam",
                                            "dee", "eve", "fin"};

const char *agents_id(uint32_t agent) {
  return ids[agent];
}

static struct rand *chance(struct world *w, const struct plan *p) {
  return &w->agents[p->letter.who].rand;
}

static void send(struct world *w, const struct plan *p,
                 enum command_type type) {
  struct letter l = p->letter;
  l.type = type;
  world_tell(w, l.session, "%s %s %u", ids[l.who], command_info(type)->wire,
             l.word);
  wire_send(w, &l);
}

static void again(struct world *w, const struct plan *p, int64_t after_us,
                  plan_fn *fn) {
  world_plan_letter(w, after_us, fn, &p->letter);
}

/* ---- offers */

static void accept(struct world *w, const struct plan *p) {
  send(w, p, COMMAND_ACCEPT_OFFER);
}

static void decline(struct world *w, const struct plan *p) {
  send(w, p, COMMAND_DECLINE_OFFER);
}

static void offered(struct world *w, const struct plan *p) {
  if (!wire_stands(w, p)) {
    return;
  }
  struct rand *r = chance(w, p);
  const uint32_t answer = w->healing ? ACCEPTS : world_pick(r, habits, ANSWERS);
  if (answer == ACCEPTS) {
    again(w, p, world_about(r, 3 * SECOND), accept);
  } else if (answer == DECLINES) {
    again(w, p, world_about(r, 3 * SECOND), decline);
  } else if (answer == TOO_LATE) {
    again(w, p, 19 * SECOND + world_below(r, 3 * SECOND), accept);
  }
}

/* ---- the conversation: whether they still have it, they do not know */

static void end(struct world *w, const struct plan *p) {
  struct rand *r = chance(w, p);
  const uint64_t how = w->healing ? 9 : rand_below(r, 10);
  struct plan mine = *p;
  mine.letter.word = (uint32_t)rand_below(r, 64);
  send(w, &mine,
       how < 2    ? COMMAND_TRANSFER
       : how == 2 ? COMMAND_HANGUP
                  : COMMAND_END);
  if (world_one_in(r, 20)) {
    again(w, p, SECOND, end); /* clicks twice */
  }
}

static void say(struct world *w, const struct plan *p) {
  struct rand *r = chance(w, p);
  struct plan mine = *p;
  mine.letter.word = (uint32_t)rand_below(r, 6);
  send(w, &mine, COMMAND_SAY);
}

static void connected(struct world *w, const struct plan *p) {
  if (!wire_stands(w, p)) {
    return;
  }
  struct rand *r = chance(w, p);
  int64_t at_us = SECOND;
  for (uint64_t n = 1 + rand_below(r, 4); n > 0; n--) {
    again(w, p, at_us, say);
    at_us += world_about(r, 20 * SECOND);
  }
  again(w, p, at_us, end);
}

static void complete(struct world *w, const struct plan *p) {
  send(w, p, COMMAND_COMPLETE);
}

static void wrapping(struct world *w, const struct plan *p) {
  if (wire_stands(w, p) && !world_one_in(chance(w, p), 4)) {
    again(w, p, world_about(chance(w, p), 8 * SECOND), complete);
  }
}

void agents_hear_event(struct world *w, const struct record *ev) {
  plan_fn *fn = ev->type == EVENT_OF_SESSION(OFFERED)     ? offered
                : ev->type == EVENT_OF_SESSION(CONNECTED) ? connected
                : ev->type == EVENT_OF_SESSION(WRAPPING)  ? wrapping
                                                          : NULL;
  const uint32_t agent = (uint32_t)record_num(ev, FIELD_AGENT);
  if (fn != NULL && agent < SIM_AGENTS) {
    const struct letter l = {
        .party = PARTY_AGENT,
        .who = agent,
        .session = record_id(ev, FIELD_SESSION),
        .offer = fn == offered ? record_num(ev, FIELD_OFFER) : 0};
    wire_deliver(w, fn, &l);
  }
}

/* What the desk's socket says; after a reconnection some of it once more. */
void agents_hear(struct world *w, const struct letter *l,
                 enum agent_news news) {
  static plan_fn *const acts[] = {[AGENT_NOTHING] = NULL,
                                  [AGENT_OFFERED] = offered,
                                  [AGENT_CONNECTED] = connected,
                                  [AGENT_WRAPPING] = wrapping};
  if (acts[news] != NULL) {
    world_plan_letter(w, 0, acts[news], l);
  }
}

/* ---- the desk */

static void set_state(struct world *w, const struct plan *p, uint32_t state) {
  struct plan mine = *p;
  mine.letter.word = state;
  send(w, &mine, COMMAND_AGENT_STATE);
}

enum { AVAILABLE, AWAY, OFFLINE }; /* as wire.c has their names */

/* Once a minute or so they look whether they are still available. */
static void look(struct world *w, const struct plan *p) {
  struct rand *r = chance(w, p);
  const bool rests = !w->healing && world_one_in(r, 10);
  set_state(w, p, rests ? AWAY : AVAILABLE);
  again(w, p, 10 * SECOND + world_about(r, 50 * SECOND), look);
}

static void sit_down(struct world *w, const struct plan *p) {
  struct agent_person *a = &w->agents[p->letter.who];
  if (a->link.up) {
    return;
  }
  if (!wire_join(w, &p->letter)) {
    again(w, p, SECOND + world_about(&a->rand, SECOND), sit_down);
    return;
  }
  wire_notice(w, COMMAND_AGENT_JOINED, (struct id){0, 0}, FIELD_AGENT,
              p->letter.who);
  set_state(w, p, AVAILABLE);
}

/* The socket is there only now. */
void agents_hear_open(struct world *w, uint32_t agent) {
  const struct plan p = {.letter = {.party = PARTY_AGENT, .who = agent}};
  set_state(w, &p, AVAILABLE);
}

void agents_lose_link(struct world *w, uint32_t agent, int64_t for_us) {
  struct agent_person *a = &w->agents[agent];
  if (!a->link.up) {
    return;
  }
  wire_part(w, PARTY_AGENT, agent);
  wire_notice(w, COMMAND_AGENT_DROPPED, (struct id){0, 0}, FIELD_AGENT, agent);
  const struct letter l = {.party = PARTY_AGENT, .who = agent};
  world_plan_letter(w, for_us, sit_down, &l);
}

/* The laptop is closed: for a moment, or for longer than the grace. */
static void close_laptop(struct world *w, const struct plan *p) {
  struct rand *r = chance(w, p);
  if (!w->healing) {
    agents_lose_link(
        w, p->letter.who,
        world_about(r, world_one_in(r, 3) ? 200 * SECOND : 10 * SECOND));
  }
  again(w, p, world_about(r, 1800 * SECOND), close_laptop);
}

static void leave_desk(struct world *w, const struct plan *p) {
  agents_lose_link(w, p->letter.who, world_about(chance(w, p), 120 * SECOND));
}

/* Signs out in order, and comes back to the desk later. */
static void sign_out(struct world *w, const struct plan *p) {
  struct rand *r = chance(w, p);
  if (!w->healing && w->agents[p->letter.who].link.up) {
    set_state(w, p, OFFLINE);
    again(w, p, SECOND, leave_desk);
  }
  again(w, p, world_about(r, 2400 * SECOND), sign_out);
}

void agents_begin(struct world *w) {
  for (uint32_t i = 0; i < SIM_AGENTS; i++) {
    const struct letter l = {.party = PARTY_AGENT, .who = i};
    rand_seed(&w->agents[i].rand, hash_u64(w->options->seed ^ (32 + i)));
    world_plan_letter(w, 0, sit_down, &l);
    world_plan_letter(w, 40 * SECOND, look, &l);
    world_plan_letter(w, 600 * SECOND, close_laptop, &l);
    world_plan_letter(w, 900 * SECOND, sign_out, &l);
  }
}
