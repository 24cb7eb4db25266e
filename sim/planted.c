/* planted.c - faults between the engine and its parts, put there on purpose:
 * the checks of the simulator must notice each. Linked into baton-sim-planted
 * alone; the linker leads calls of the functions here (--wrap). */
#include "planted.h"

#include "agent/agent.h"
#include "routing/router.h"
#include "world.h"

enum sim_plant planted;

bool plant_is(const struct world *w, enum sim_plant plant) {
  planted = w->options->plant;
  return planted == plant;
}

void plant_command(struct world *w, struct command *cmd) {
  if (plant_is(w, PLANT_KEY_TWICE)) {
    cmd->args.has[FIELD_KEY / 64] &= ~(UINT64_C(1) << FIELD_KEY % 64);
  }
}

WRAP(void, router_unreserve, struct router *r, uint32_t slot) {
  if (planted != PLANT_STUCK) {
    real_router_unreserve(r, slot);
  }
}

WRAP(bool, router_best_agent, const struct router *r, uint32_t slot,
     int64_t now_us, struct router_decision *out) {
  return real_router_best_agent(r, slot, now_us, out) &&
         planted != PLANT_UNHEARD;
}

WRAP(bool, agent_ready, const struct agent *a, uint32_t channel) {
  return real_agent_ready(a, channel) ||
         (planted == PLANT_BEYOND_CAPACITY && a->presence == AGENT_AVAILABLE);
}

WRAP(void, live_apply, struct live *l, const struct mem *mem, uint64_t seq,
     const struct record *ev) {
  real_live_apply(l, mem, seq, ev);
  if (planted == PLANT_PLACE_LOST &&
      (ev->type == EVENT_OF_SESSION(OFFER_DECLINED) ||
       ev->type == EVENT_OF_SESSION(OFFER_EXPIRED))) {
    l->entered_us = record_num(ev, FIELD_AT);
  }
}

WRAP(enum agent_refusal, agent_decide, const struct agent *a,
     const struct agent_cmd *cmd, struct agent_out *out) {
  struct agent roomy = *a;
  if (planted == PLANT_BEYOND_CAPACITY && cmd->type == AGENT_CMD_RESERVE) {
    roomy.load[cmd->channel] = (struct agent_load){.capacity = 1};
  }
  return real_agent_decide(&roomy, cmd, out);
}
