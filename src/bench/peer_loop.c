#include "bench/peer_loop.h"

#include "base/check.h"

static void peer_mark(struct peer_loop *l, enum peer_mark mark, bool matched) {
  if (l->mark != NULL) {
    l->mark(l->ctx, mark, matched);
  }
}

static void peer_set_ready(struct peer_loop *l, uint32_t agent, bool ready) {
  struct router_agent_state s = {.presence = ROUTER_AVAILABLE,
                                 .idle_since_us = l->clock};
  s.channels[0].ready = ready;
  s.channels[0].capacity = 1;
  s.channels[0].used = !ready;
  router_set_agent_state(&l->r, agent, &s);
}

static void peer_put_agent(struct peer_loop *l, uint32_t agent) {
  const struct peer_agent *a = &l->agents[agent];
  struct router_skill skills[PEER_AGENT_SKILLS];
  for (uint32_t i = 0; i < PEER_AGENT_SKILLS; i++) {
    skills[i] = (struct router_skill){a->skills[i], PEER_PROFICIENCY_BEST + 1 -
                                                        a->proficiency[i]};
  }
  router_put_agent(&l->r, agent,
                   &(struct router_agent_params){
                       .skills = skills,
                       .skill_count = PEER_AGENT_SKILLS,
                       .all_queues = true,
                       .channels = 1,
                   });
}

uint32_t peer_enter(struct peer_loop *l) {
  const struct peer_session s =
      peer_next_session(&l->rand, ++l->sessions, l->agents, l->agent_count);
  struct router_request q = {.priority = s.priority,
                             .need_count = s.skill_count,
                             .entered_us = ++l->clock,
                             .order = s.id};
  for (uint32_t i = 0; i < s.skill_count; i++) {
    q.needs[i] = (struct router_skill){s.skills[i], ROUTER_PROFICIENCY_WORST};
  }
  bt_check(l->free_count > 0);
  const uint32_t slot = l->free_slots[--l->free_count];
  l->ids[slot] = s.id;
  peer_mark(l, PEER_BEGIN, false);
  bt_check(router_prepare_session(&l->r, slot, &q) == BT_ERR_OK);
  router_enqueue(&l->r, slot, &q);
  return slot;
}

/* An offer that is accepted at once. */
static void peer_assign(struct peer_loop *l, char how,
                        struct router_decision d) {
  router_reserve(&l->r, d.slot, d.agent);
  peer_set_ready(l, d.agent, false);
  router_dequeue(&l->r, d.slot);
  peer_mark(l, PEER_END, true);
  l->free_slots[l->free_count++] = d.slot;
  l->busy[(l->busy_first + l->busy_count++) % l->agent_count] = d.agent;
  if (l->assigned != NULL) {
    l->assigned(l->ctx, how, d.agent, l->ids[d.slot]);
  }
}

static void peer_release(struct peer_loop *l) {
  struct router_decision d;
  if (l->busy_count == 0) {
    return;
  }
  const uint32_t agent = l->busy[l->busy_first];
  l->busy_first = (l->busy_first + 1) % l->agent_count;
  l->busy_count--;
  l->clock++;
  peer_mark(l, PEER_BEGIN, false);
  peer_set_ready(l, agent, true);
  peer_mark(l, PEER_DECIDE, false);
  const bool matched = router_best_session(&l->r, agent, l->clock, &d);
  peer_mark(l, PEER_DECIDED, matched);
  if (matched) {
    peer_assign(l, 'R', d);
  } else {
    peer_mark(l, PEER_END, false);
  }
}

static void peer_arrive(struct peer_loop *l) {
  struct router_decision d;
  const uint32_t slot = peer_enter(l);
  peer_mark(l, PEER_DECIDE, false);
  const bool matched = router_best_agent(&l->r, slot, l->clock, &d);
  peer_mark(l, PEER_DECIDED, matched);
  if (matched) {
    peer_assign(l, 'E', d);
  } else {
    peer_mark(l, PEER_END, false);
  }
}

void peer_step(struct peer_loop *l) {
  peer_release(l);
  peer_arrive(l);
}

static void *peer_array(const struct peer_loop *l, size_t count) {
  void *array = mem_new(l->mem, count * sizeof(uint32_t));
  bt_check(array != NULL);
  return array;
}

static void peer_fill_centre(struct peer_loop *l, uint32_t idle) {
  struct peer_rand rand = {1};
  router_put_queue(
      &l->r, 0, &(struct router_queue_params){.strategy = ROUTER_MOST_SKILLED});
  for (uint32_t i = 0; i < l->agent_count; i++) {
    l->agents[i] = peer_next_agent(&rand);
  }
  for (uint32_t i = 0; i < l->agent_count; i++) {
    peer_put_agent(l, i);
    if (i < idle) {
      l->clock++;
      peer_set_ready(l, i, true);
    } else {
      peer_set_ready(l, i, false);
      l->busy[l->busy_count++] = i;
    }
  }
}

void peer_open(struct peer_loop *l, uint32_t agents, uint32_t waiting,
               uint32_t idle) {
  l->agent_count = agents;
  l->slot_count = l->free_count = waiting + agents + 1;
  l->agents = mem_new(l->mem, agents * sizeof *l->agents);
  bt_check(l->agents != NULL);
  l->busy = peer_array(l, agents);
  l->ids = peer_array(l, l->slot_count);
  l->free_slots = peer_array(l, l->slot_count);
  for (uint32_t i = 0; i < l->slot_count; i++) {
    l->free_slots[i] = l->slot_count - 1 - i;
  }
  router_init(&l->r, l->mem);
  peer_fill_centre(l, idle);
  l->rand = (struct peer_rand){2};
}

void peer_close(struct peer_loop *l) {
  router_free(&l->r);
  mem_free(l->mem, l->agents, l->agent_count * sizeof *l->agents);
  mem_free(l->mem, l->busy, l->agent_count * sizeof *l->busy);
  mem_free(l->mem, l->ids, l->slot_count * sizeof *l->ids);
  mem_free(l->mem, l->free_slots, l->slot_count * sizeof *l->free_slots);
}
