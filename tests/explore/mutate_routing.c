/* mutate_routing.c - puts one fault at a time between the engine and its
 * router, agents and timers, and sees whether the explorer notices.
 *
 * The faults are those of the field: each is what somebody else's program does.
 * The linker leads the calls of the engine to the functions here (--wrap, see
 * routing/wrapped.txt); without a fault they do what they should.
 */
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "engine/engine_priv.h"
#include "routing/router_priv.h"
#include "search.h"
#include "site.h"
#include "trial.h"

enum { AT_ONCE = 2, SECONDS_MAX = 300, STATES_MOST = 1000000 };

#define FAULTS(X)                                                              \
  X(NONE, "no fault: the control")                                             \
  X(DOUBLE_OFFER, "an offered session can be offered again")                   \
  X(STUCK_RESERVED, "a session whose offer failed stays reserved")             \
  X(BEYOND_CAPACITY, "nobody looks at the capacity when work is given")        \
  X(FREED_UNHEARD, "an agent frees up, and no decision is made")               \
  X(FREED_UNSEEN, "the router does not see that an agent is ready")            \
  X(AWAY_UNSEEN, "the router does not see that an agent has gone")             \
  X(ENTERED_UNHEARD, "a session comes, and no agent is looked for")            \
  X(OPENED_UNHEARD, "a paused queue opens, and no decision is made")           \
  X(PAUSE_IGNORED, "a paused queue still matches")                             \
  X(PAUSE_FOR_EVER, "a queue that was paused does not open")                   \
  X(HEAD_OF_LINE, "the first of all sessions blocks those behind it")          \
  X(PRECEDENCE_BLOCKS, "a heavy queue goes first for who cannot serve it")     \
  X(SKILLS_IGNORED, "agents are offered what they lack the skill for")         \
  X(LATE_ACCEPT, "an offer is accepted after its deadline")                    \
  X(OFFER_TOO_LONG, "the timer of an offer or a wrap-up is too long")          \
  X(GRACE_TOO_LONG, "a lost agent is given up too late")                       \
  X(OFFLINE_KEEPS, "an agent who does not come back keeps the sessions")       \
  X(PLACE_LOST, "who comes back to the queue is put at its end")               \
  X(CLOCK_LOST, "the wait begins anew in the overflow")                        \
  X(LAST_IN_FIRST, "who came last goes first")                                 \
  X(LEAST_IDLE, "who was idle shortest is asked first")                        \
  X(PRIORITY_IGNORED, "the priority of a session is not looked at")            \
  X(RAISE_IGNORED, "a changed priority is not looked at")                      \
  X(SKIP_IGNORED, "who skips the queue stands at its end")                     \
  X(DECLINE_FORGOTTEN, "who declined is asked again at once")                  \
  X(DECLINE_FOR_EVER, "who declined is never asked again")                     \
  X(PREFERENCE_IGNORED, "a preferred agent's session goes to anybody")         \
  X(RING_SHUT, "a ring does not open")                                         \
  X(WRAPUP_FREES, "capacity is free during the wrap-up")                       \
  X(WRAPUP_STAYS, "the end of a wrap-up frees no capacity")                    \
  X(LEFT_WAITS, "who has left still waits")

#define X(name, words) FAULT_##name,
enum fault { FAULTS(X) FAULT_COUNT };
#undef X
static const struct {
  const char *name, *words;
} faults[FAULT_COUNT] = {
#define X(name, words) {#name, words},
    FAULTS(X)
#undef X
};

static enum fault fault;

#define FAR_US  (INT64_C(1) << 52) /* later than anything, for turned orders */
#define LONG_US (10 * SETTING_UNIT_US)

/* WRAP: what the engine calls in place of a function, and the function. */
#define WRAP(type, name, ...)                                                  \
  type real_##name(__VA_ARGS__) __asm__("__real_" #name);                      \
  type faulty_##name(__VA_ARGS__) __asm__("__wrap_" #name);                    \
  type faulty_##name(__VA_ARGS__)

/* ---- what waits */

static uint32_t precedence_of(const struct live *l) {
  return site_engine()->dir.queues[l->s.queue].params.precedence;
}

/* Is there another one before it, whoever can take that? */
static bool is_blocked(const struct router *r, uint32_t slot) {
  const struct live *l = engine_live(site_engine(), slot);
  for (uint32_t i = 0; engine_next_session(site_engine(), &i); i++) {
    const struct live *other = engine_live(site_engine(), i);
    if (i == slot || !router_waits(r, i) ||
        router_reserved_for(r, i) != ROUTER_NONE) {
      continue;
    }
    if (fault == FAULT_PRECEDENCE_BLOCKS
            ? precedence_of(other) > precedence_of(l)
            : other->entered_us < l->entered_us) {
      return true;
    }
  }
  return false;
}

static bool blocks(void) {
  return fault == FAULT_HEAD_OF_LINE || fault == FAULT_PRECEDENCE_BLOCKS;
}

WRAP(bool, router_best_session, const struct router *r, uint32_t agent,
     int64_t now_us, struct router_decision *out) {
  return real_router_best_session(r, agent, now_us, out) &&
         !(blocks() && is_blocked(r, out->slot));
}

WRAP(bool, router_best_agent, const struct router *r, uint32_t slot,
     int64_t now_us, struct router_decision *out) {
  return real_router_best_agent(r, slot, now_us, out) &&
         !(blocks() && is_blocked(r, slot)) && fault != FAULT_ENTERED_UNHEARD;
}

/* ---- reserving, pausing, declining */

WRAP(void, router_reserve, struct router *r, uint32_t slot, uint32_t agent) {
  if (fault != FAULT_DOUBLE_OFFER) {
    real_router_reserve(r, slot, agent);
  }
}

WRAP(void, router_unreserve, struct router *r, uint32_t slot) {
  if (fault != FAULT_STUCK_RESERVED) {
    real_router_unreserve(r, slot);
  }
}

WRAP(void, router_pause, struct router *r, uint32_t queue, bool paused) {
  if (fault != (paused ? FAULT_PAUSE_IGNORED : FAULT_PAUSE_FOR_EVER)) {
    real_router_pause(r, queue, paused);
  }
}

WRAP(void, router_exclude, struct router *r, uint32_t slot, uint32_t agent,
     int64_t until_us) {
  if (fault != FAULT_DECLINE_FORGOTTEN) {
    real_router_exclude(r, slot, agent,
                        fault == FAULT_DECLINE_FOR_EVER ? until_us + LONG_US
                                                        : until_us);
  }
}

/* ---- sessions */

static struct router_request broken_request(const struct router *r,
                                            const struct router_request *q) {
  struct router_request b = *q;
  const bool back = q->order + 1 < site_engine()->next_order;
  if (fault == FAULT_PREFERENCE_IGNORED) {
    b.has_preferred = false;
  } else if (fault == FAULT_LAST_IN_FIRST) {
    b.entered_us = FAR_US - q->entered_us;
  } else if (fault == FAULT_PRIORITY_IGNORED) {
    b.priority = 0;
  } else if (fault == FAULT_SKIP_IGNORED) {
    b.skip_queue = false;
  } else if (fault == (back ? FAULT_PLACE_LOST : FAULT_CLOCK_LOST)) {
    b.entered_us = r->clock_ms * 1000 + 999;
  }
  return b;
}

WRAP(enum bt_err, router_prepare_session, struct router *r, uint32_t slot,
     const struct router_request *request) {
  struct router_request b = *request;
  b.has_preferred = b.has_preferred && fault != FAULT_PREFERENCE_IGNORED;
  return real_router_prepare_session(r, slot, &b);
}

WRAP(void, router_enqueue, struct router *r, uint32_t slot,
     const struct router_request *request) {
  const struct router_request b = broken_request(r, request);
  real_router_enqueue(r, slot, &b);
}

WRAP(void, router_dequeue, struct router *r, uint32_t slot) {
  if (fault != FAULT_LEFT_WAITS) {
    real_router_dequeue(r, slot);
  }
}

WRAP(void, router_change, struct router *r, uint32_t slot,
     const struct router_request *request) {
  struct router_request b = *request;
  b.has_preferred = b.has_preferred && fault != FAULT_PREFERENCE_IGNORED;
  if (fault != FAULT_RAISE_IGNORED) {
    real_router_change(r, slot, &b);
  }
}

WRAP(void, router_widen, struct router *r, uint32_t slot, uint32_t ring) {
  if (fault != FAULT_RING_SHUT) {
    real_router_widen(r, slot, ring);
  }
}

/* ---- queues and agents */

static struct router_queue_params
broken_queue(const struct router_queue_params *params) {
  struct router_queue_params b = *params;
  if (fault == FAULT_SKILLS_IGNORED) {
    b.need_count = 0;
  }
  return b;
}

WRAP(enum bt_err, router_prepare_queue, struct router *r, uint32_t queue,
     const struct router_queue_params *params) {
  const struct router_queue_params b = broken_queue(params);
  return real_router_prepare_queue(r, queue, &b);
}

WRAP(void, router_put_queue, struct router *r, uint32_t queue,
     const struct router_queue_params *params) {
  const struct router_queue_params b = broken_queue(params);
  real_router_put_queue(r, queue, &b);
}

WRAP(void, router_set_agent_state, struct router *r, uint32_t agent,
     const struct router_agent_state *state) {
  struct router_agent_state b = *state;
  const bool freed =
      r->agents[agent].state.channels[0].used > b.channels[0].used;
  if ((fault == FAULT_FREED_UNSEEN && b.channels[0].ready && freed) ||
      (fault == FAULT_AWAY_UNSEEN && b.presence != ROUTER_AVAILABLE)) {
    return;
  }
  if (fault == FAULT_LEAST_IDLE) {
    b.idle_since_us = FAR_US - b.idle_since_us;
  }
  real_router_set_agent_state(r, agent, &b);
}

WRAP(bool, agent_ready, const struct agent *a, uint32_t channel) {
  return fault == FAULT_BEYOND_CAPACITY ? a->presence == AGENT_AVAILABLE
                                        : real_agent_ready(a, channel);
}

WRAP(enum agent_refusal, agent_decide, const struct agent *a,
     const struct agent_cmd *cmd, struct agent_out *out) {
  struct agent b = *a;
  struct agent_cmd c = *cmd;
  if (fault == FAULT_BEYOND_CAPACITY && c.type == AGENT_CMD_RESERVE) {
    memset(b.load, 0, sizeof b.load);
    b.load[c.channel].capacity = 1;
  } else if (fault == FAULT_WRAPUP_FREES && c.type == AGENT_CMD_WRAP_UP) {
    c.type = AGENT_CMD_FINISH;
  } else if (fault == FAULT_WRAPUP_STAYS && c.type == AGENT_CMD_COMPLETE) {
    c.type = AGENT_CMD_SET_LIMITS;
    c.limits = a->limits;
  }
  return real_agent_decide(&b, &c, out);
}

WRAP(enum offer_refusal, offers_decide, const struct offers *o, uint64_t id,
     const struct offer_cmd *cmd, struct offer_out *out) {
  struct offer_cmd c = *cmd;
  if (fault == FAULT_LATE_ACCEPT && c.type == OFFER_CMD_ACCEPT) {
    c.now_us = 0;
  }
  return real_offers_decide(o, id, &c, out);
}

/* ---- the engine's own */

WRAP(void, mark_agent, struct ctx *x, uint32_t agent) {
  if (fault != FAULT_FREED_UNHEARD) {
    real_mark_agent(x, agent);
  }
}

WRAP(void, rematch_queue, struct ctx *x, uint32_t queue) {
  if (fault != FAULT_OPENED_UNHEARD) {
    real_rematch_queue(x, queue);
  }
}

WRAP(void, agent_give_up, struct ctx *x, uint32_t agent) {
  if (fault != FAULT_OFFLINE_KEEPS) {
    real_agent_give_up(x, agent);
  }
}

WRAP(uint32_t, timers_start, struct timers *t, struct timer spec) {
  if ((fault == FAULT_OFFER_TOO_LONG && spec.kind == TIMER_STATUS) ||
      (fault == FAULT_GRACE_TOO_LONG && spec.kind == TIMER_AGENT)) {
    spec.deadline_us += LONG_US;
  }
  return real_timers_start(t, spec);
}

/* ---- trying them */

static int explore_all(const void *ctx) {
  const struct setting *s;
  fault = *(const enum fault *)ctx;
  for (size_t i = 0; (s = setting_get(i)) != NULL; i++) {
    (void)search_setting(s, &s->form, STATES_MOST);
  }
  return 0;
}

struct tried {
  enum fault fault;
  pid_t runs_as;
};

/* 1 if the answer is not the one that we want. */
static int collect(const struct tried *tried) {
  pid_t pid;
  const int answer = trial_wait(&pid);
  size_t i = 0;
  while (i < FAULT_COUNT && tried[i].runs_as != pid) {
    i++;
  }
  bt_check(i < FAULT_COUNT);
  const bool good = answer == (i == FAULT_NONE ? 0 : TRIAL_BROKEN);
  if (!good) {
    printf("%s: %s (%s)\n", answer == TRIAL_BROKEN ? "seen" : "not seen",
           faults[i].words, faults[i].name);
  }
  return good ? 0 : 1;
}

static int try_all(void) {
  struct tried tried[FAULT_COUNT] = {0};
  int wrong = 0;
  for (size_t i = 0; i < FAULT_COUNT + AT_ONCE; i++) {
    if (i >= AT_ONCE) {
      wrong += collect(tried);
    }
    if (i < FAULT_COUNT) {
      tried[i].fault = (enum fault)i;
      tried[i].runs_as = trial_start(explore_all, &tried[i].fault, SECONDS_MAX);
    }
  }
  printf("%d faults and none at all: %d of %d answers are right\n",
         FAULT_COUNT - 1, FAULT_COUNT - wrong, FAULT_COUNT);
  return wrong > 0;
}

int main(int argc, char **argv) {
  for (int i = 0; argc == 2 && i < FAULT_COUNT; i++) {
    if (strcmp(argv[1], faults[i].name) == 0) {
      return explore_all(&(const enum fault){(enum fault)i});
    }
  }
  if (argc > 1) {
    fputs("usage: mutate_routing [FAULT]   (one of them, aloud)\n", stderr);
    return 2;
  }
  return try_all();
}
