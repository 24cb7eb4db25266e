#include <string.h>

#include "routing/router_priv.h"

static bool list_reserve(struct router *r, struct router_agent_list *l) {
  return mem_grow(r->mem, &l->refs, &l->cap, (size_t)l->count + 1,
                  sizeof *l->refs);
}

/* Answers its place. */
static uint32_t list_add(struct router_agent_list *l,
                         struct router_agent_ref ref) {
  bt_check(l->count < l->cap);
  l->refs[l->count] = ref;
  return l->count++;
}

/* Answers who took the place: that agent's index must learn it. */
static struct router_agent_ref list_remove(struct router_agent_list *l,
                                           uint32_t place) {
  bt_check(place < l->count);
  l->refs[place] = l->refs[--l->count];
  return l->refs[place];
}

static void sort_skills(struct router_profile *p) {
  for (uint32_t i = 1; i < p->skill_count; i++) {
    const struct agent_skill s = p->skills[i];
    uint32_t at = i;
    for (; at > 0 && p->skills[at - 1].skill > s.skill; at--) {
      p->skills[at] = p->skills[at - 1];
    }
    p->skills[at] = s;
  }
  for (uint32_t i = 1; i < p->skill_count; i++) {
    bt_check(p->skills[i - 1].skill != p->skills[i].skill);
  }
}

static void sort_queues(struct router_profile *p) {
  for (uint32_t i = 1; i < p->queue_count; i++) {
    const struct agent_queue q = p->queues[i];
    uint32_t at = i;
    for (; at > 0 && p->queues[at - 1].queue > q.queue; at--) {
      p->queues[at] = p->queues[at - 1];
    }
    p->queues[at] = q;
  }
  for (uint32_t i = 1; i < p->queue_count; i++) {
    bt_check(p->queues[i - 1].queue != p->queues[i].queue);
  }
}

static void fill_profile(struct router_profile *p,
                         const struct router_agent_params *params) {
  for (uint32_t i = 0; i < params->skill_count; i++) {
    const struct router_skill s = params->skills[i];
    bt_check(s.skill < ROUTER_INDEX_MAX);
    bt_check(s.proficiency >= ROUTER_PROFICIENCY_BEST &&
             s.proficiency <= ROUTER_PROFICIENCY_WORST);
    p->skills[i] =
        (struct agent_skill){.skill = s.skill, .proficiency = s.proficiency};
  }
  for (uint32_t i = 0; i < params->queue_count; i++) {
    p->queues[i] = (struct agent_queue){.queue = params->queues[i]};
  }
  p->skill_count = params->skill_count;
  /* who serves all is in one list only, or it would be eligible twice */
  p->queue_count = params->all_queues ? 0 : params->queue_count;
  p->all_queues = params->all_queues;
  p->channels = params->channels;
  sort_skills(p);
  sort_queues(p);
}

static bool stage_profile(struct router *r,
                          const struct router_agent_params *params) {
  bt_check(params->skill_count <= ROUTER_AGENT_SKILLS_MAX);
  if (r->staged == NULL) {
    r->staged = mem_new(r->mem, sizeof *r->staged);
  }
  struct router_profile *p = r->staged;
  if (p == NULL ||
      !mem_grow(r->mem, &p->skills, &p->skill_cap, params->skill_count,
                sizeof *p->skills) ||
      !mem_grow(r->mem, &p->queues, &p->queue_cap, params->queue_count,
                sizeof *p->queues)) {
    return false;
  }
  fill_profile(p, params);
  return true;
}

/* Room in the lists of all its skills and queues. */
static bool reserve_lists(struct router *r, const struct router_profile *p) {
  const size_t skills =
      p->skill_count == 0 ? 0 : (size_t)p->skills[p->skill_count - 1].skill + 1;
  if (!mem_grow(r->mem, &r->skills, &r->skill_cap, skills, sizeof *r->skills) ||
      !list_reserve(r, &r->everywhere)) {
    return false;
  }
  for (uint32_t i = 0; i < p->skill_count; i++) {
    if (!list_reserve(r, &r->skills[p->skills[i].skill].holders)) {
      return false;
    }
  }
  for (uint32_t i = 0; i < p->queue_count; i++) {
    if (!list_reserve(r, &router_queue_at(r, p->queues[i].queue)->agents)) {
      return false;
    }
  }
  return true;
}

/* Called with each signature that the profile is eligible for. */
typedef bool each_fn(struct router *r, uint32_t number, uint32_t agent);

static bool each_in_anchor(struct router *r, uint32_t first, uint32_t agent,
                           const struct router_profile *p, each_fn *each) {
  for (uint32_t n = first; n != SIGNATURE_NONE;) {
    const struct router_signature *s = &r->signatures[n];
    const uint32_t next = s->in_anchor.next;
    if (routing_eligible(p, &s->key, &s->needs) && !each(r, n, agent)) {
      return false;
    }
    n = next;
  }
  return true;
}

static bool each_in_queues(struct router *r, uint32_t agent,
                           const struct router_profile *p, each_fn *each) {
  const uint32_t count =
      p->all_queues ? (uint32_t)r->queue_cap : p->queue_count;
  for (uint32_t i = 0; i < count; i++) {
    const uint32_t queue = p->all_queues ? i : p->queues[i].queue;
    const struct router_queue *q = &r->queues[queue];
    if (q->known && !each_in_anchor(r, q->anchored_first, agent, p, each)) {
      return false;
    }
  }
  return true;
}

/* False as soon as @each says so. */
static bool each_signature(struct router *r, uint32_t agent,
                           const struct router_profile *p, each_fn *each) {
  for (uint32_t i = 0; i < p->skill_count; i++) {
    const uint32_t first = r->skills[p->skills[i].skill].anchored_first;
    if (!each_in_anchor(r, first, agent, p, each)) {
      return false;
    }
  }
  return each_in_queues(r, agent, p, each);
}

static bool reserve_one(struct router *r, uint32_t number, uint32_t agent) {
  const struct router_signature *s = &r->signatures[number];
  const uint32_t channel = s->key.channel;
  const size_t links = ++r->agents[agent].links[channel].promised;
  return routing_reserve_agents(r, number, (size_t)s->agent_count + 1) &&
         routing_reserve_links(r, agent, channel, links);
}

static bool reserve_links(struct router *r, uint32_t agent,
                          const struct router_profile *p) {
  for (uint32_t c = 0; c < ROUTER_CHANNELS; c++) {
    r->agents[agent].links[c].promised = 0;
  }
  return each_signature(r, agent, p, reserve_one);
}

static bool link_one(struct router *r, uint32_t number, uint32_t agent) {
  routing_link(r, number, agent);
  return true;
}

enum bt_err router_prepare_agent(struct router *r, uint32_t agent,
                                 const struct router_agent_params *params) {
  bt_check(agent < ROUTER_INDEX_MAX);
  if (!mem_grow(r->mem, &r->agents, &r->agent_cap, (size_t)agent + 1,
                sizeof *r->agents) ||
      !stage_profile(r, params) || !reserve_lists(r, r->staged) ||
      !reserve_links(r, agent, r->staged)) {
    return BT_ERR_NOMEM;
  }
  return BT_ERR_OK;
}

static void enter_lists(struct router *r, uint32_t agent) {
  struct router_profile *p = &r->agents[agent].profile;
  for (uint32_t i = 0; i < p->skill_count; i++) {
    p->skills[i].place = list_add(&r->skills[p->skills[i].skill].holders,
                                  (struct router_agent_ref){agent, i});
  }
  for (uint32_t i = 0; i < p->queue_count; i++) {
    p->queues[i].place = list_add(&r->queues[p->queues[i].queue].agents,
                                  (struct router_agent_ref){agent, i});
  }
  if (p->all_queues) {
    p->everywhere_place =
        list_add(&r->everywhere, (struct router_agent_ref){agent, 0});
  }
}

static void leave_lists(struct router *r, uint32_t agent) {
  const struct router_profile *p = &r->agents[agent].profile;
  for (uint32_t i = 0; i < p->skill_count; i++) {
    const uint32_t place = p->skills[i].place;
    const struct router_agent_ref moved =
        list_remove(&r->skills[p->skills[i].skill].holders, place);
    r->agents[moved.agent].profile.skills[moved.index].place = place;
  }
  for (uint32_t i = 0; i < p->queue_count; i++) {
    const uint32_t place = p->queues[i].place;
    const struct router_agent_ref moved =
        list_remove(&r->queues[p->queues[i].queue].agents, place);
    r->agents[moved.agent].profile.queues[moved.index].place = place;
  }
  if (p->all_queues) {
    const uint32_t place = p->everywhere_place;
    const struct router_agent_ref moved = list_remove(&r->everywhere, place);
    r->agents[moved.agent].profile.everywhere_place = place;
  }
}

void router_put_agent(struct router *r, uint32_t agent,
                      const struct router_agent_params *params) {
  bt_check(router_prepare_agent(r, agent, params) == BT_ERR_OK);
  struct router_agent *a = &r->agents[agent];
  if (a->known) {
    routing_unlink_agent(r, agent);
    leave_lists(r, agent);
  }
  const struct router_profile before = a->profile;
  a->profile = *r->staged;
  *r->staged = before; /* its memory serves the next agent */
  a->known = true;
  enter_lists(r, agent);
  (void)each_signature(r, agent, &a->profile, link_one);
}

void router_remove_agent(struct router *r, uint32_t agent) {
  struct router_agent *a = router_agent_at(r, agent);
  routing_unlink_agent(r, agent);
  leave_lists(r, agent);
  a->profile.skill_count = a->profile.queue_count = 0;
  a->profile.all_queues = false;
  a->state = (struct router_agent_state){.presence = ROUTER_OFFLINE};
  a->known = false;
}

void router_set_agent_state(struct router *r, uint32_t agent,
                            const struct router_agent_state *state) {
  struct router_agent *a = router_agent_at(r, agent);
  bt_check(state->idle_since_us >= 0 &&
           state->idle_since_us <= ROUTER_TIME_MAX_US);
  const struct router_agent_state before = a->state;
  a->state = *state;
  for (uint32_t c = 0; c < ROUTER_CHANNELS; c++) {
    const bool was = before.channels[c].ready, is = state->channels[c].ready;
    bt_check(!is || state->presence == ROUTER_AVAILABLE);
    if (is && !was) {
      routing_link_ready(r, agent, c);
    } else if (was && !is) {
      routing_link_unready(r, agent, c);
    } else if (is && before.idle_since_us != state->idle_since_us) {
      routing_link_reorder(r, agent, c);
    }
  }
}
