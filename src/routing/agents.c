#include <string.h>

#include "routing/router_priv.h"

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
  routing_sort(p->queues, p->queue_count);
  for (uint32_t i = 1; i < p->queue_count; i++) {
    bt_check(p->queues[i - 1] != p->queues[i]);
  }
}

static void fill_posts(struct router_profile *p,
                       const struct router_agent_params *params) {
  for (uint32_t i = 0; i < params->post_count; i++) {
    const struct router_post *post = &params->posts[i];
    bt_check(post->ring <= ROUTER_RINGS_MAX && post->rank <= ROUTER_RANKS_MAX);
    for (uint32_t k = 0; k < i; k++) {
      bt_check(p->posts[k].queue != post->queue);
    }
    p->posts[i] = *post;
  }
  p->post_count = params->post_count;
}

static void fill_profile(struct router_profile *p,
                         const struct router_agent_params *params) {
  for (uint32_t i = 0; i < params->skill_count; i++) {
    const struct router_skill s = params->skills[i];
    bt_check(s.skill < ROUTER_SKILLS_MAX);
    bt_check(s.proficiency >= ROUTER_PROFICIENCY_BEST &&
             s.proficiency <= ROUTER_PROFICIENCY_WORST);
    p->skills[i] =
        (struct agent_skill){.skill = s.skill, .proficiency = s.proficiency};
  }
  for (uint32_t i = 0; i < params->queue_count; i++) {
    p->queues[i] = params->queues[i];
  }
  p->skill_count = params->skill_count;
  p->queue_count = params->queue_count;
  p->all_queues = params->all_queues;
  p->channels = params->channels;
  sort_skills(p);
  sort_queues(p);
  fill_posts(p, params);
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
                sizeof *p->queues) ||
      !mem_grow(r->mem, &p->posts, &p->post_cap, params->post_count,
                sizeof *p->posts)) {
    return false;
  }
  fill_profile(p, params);
  return true;
}

/* Those who join the queue in the ring of this post. */
static struct router_agent_set *ring_set(const struct router *r,
                                         const struct router_post *post) {
  return &router_queue_at(r, post->queue)->joined[post->ring - 1];
}

/* Room in the sets of all its skills, queues and channels. */
static bool reserve_sets(struct router *r, uint32_t agent,
                         const struct router_profile *p) {
  const size_t skills =
      p->skill_count == 0 ? 0 : (size_t)p->skills[p->skill_count - 1].skill + 1;
  bool room =
      mem_grow(r->mem, &r->skills, &r->skill_cap, skills, sizeof *r->skills) &&
      routing_reserve_member(r, &r->everywhere, agent);
  for (uint32_t c = 0; room && c < ROUTER_CHANNELS; c++) {
    room = routing_reserve_member(r, &r->on_channel[c], agent);
  }
  for (uint32_t i = 0; room && i < p->skill_count; i++) {
    room = routing_reserve_member(r, &r->skills[p->skills[i].skill].holders,
                                  agent);
  }
  for (uint32_t i = 0; room && i < p->queue_count; i++) {
    room = routing_reserve_member(r, &router_queue_at(r, p->queues[i])->agents,
                                  agent);
  }
  for (uint32_t i = 0; room && i < p->post_count; i++) {
    room = p->posts[i].ring == 0 ||
           routing_reserve_member(r, ring_set(r, &p->posts[i]), agent);
  }
  return room;
}

/* Called with each signature that the profile is eligible for. */
typedef bool each_fn(struct router *r, uint32_t number, uint32_t agent);

static bool each_in_anchor(struct router *r, uint32_t first, uint32_t agent,
                           const struct router_profile *p, each_fn *each) {
  for (uint32_t n = first; n != SIGNATURE_NONE;) {
    const struct router_signature *s = &r->signatures[n];
    const uint32_t next = s->in[BY_ANCHOR].next;
    if (routing_eligible(p, agent, &s->key, &s->needs) && !each(r, n, agent)) {
      return false;
    }
    n = next;
  }
  return true;
}

/* The queues that it joins later, and does not serve anyhow. */
static bool each_in_posts(struct router *r, uint32_t agent,
                          const struct router_profile *p, each_fn *each) {
  for (uint32_t i = 0; i < p->post_count; i++) {
    const uint32_t queue = p->posts[i].queue;
    const uint32_t first = router_queue_at(r, queue)->anchored_first;
    if (p->posts[i].ring > 0 && !routing_serves(p, queue) &&
        !each_in_anchor(r, first, agent, p, each)) {
      return false;
    }
  }
  return true;
}

static bool each_in_all_queues(struct router *r, uint32_t agent,
                               const struct router_profile *p, each_fn *each) {
  for (uint32_t n = r->anchored; n != 0;) {
    const struct router_queue *q = &r->queues[n - 1];
    n = q->anchored.next;
    if (!each_in_anchor(r, q->anchored_first, agent, p, each)) {
      return false;
    }
  }
  return true;
}

static bool each_in_queues(struct router *r, uint32_t agent,
                           const struct router_profile *p, each_fn *each) {
  if (p->all_queues) {
    return each_in_all_queues(r, agent, p, each);
  }
  for (uint32_t i = 0; i < p->queue_count; i++) {
    const struct router_queue *q = router_queue_at(r, p->queues[i]);
    if (!each_in_anchor(r, q->anchored_first, agent, p, each)) {
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
  return each_in_queues(r, agent, p, each) && each_in_posts(r, agent, p, each);
}

static bool reserve_one(struct router *r, uint32_t number, uint32_t agent) {
  const struct router_signature *s = &r->signatures[number];
  const uint32_t channel = s->key.channel;
  const size_t links = ++r->agents[agent].links[channel].promised;
  return routing_reserve_pool(r, number,
                              (size_t)r->pools[number].agent_count + 1) &&
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

/* A place in the turns of all queues that go by them. */
static bool reserve_turns(struct router *r, uint32_t agent) {
  uint32_t left = r->queues_by[ROUTER_ROUND_ROBIN];
  bool room = true;
  for (uint32_t i = 0; room && left > 0; i++) {
    if (r->queues[i].strategy == ROUTER_ROUND_ROBIN) {
      room = routing_reserve_turns(r, i, (size_t)agent + 1);
      left--;
    }
  }
  return room;
}

enum bt_err router_prepare_agent(struct router *r, uint32_t agent,
                                 const struct router_agent_params *params) {
  bt_check(agent < ROUTER_INDEX_MAX);
  if (!mem_grow(r->mem, &r->agents, &r->agent_cap, (size_t)agent + 1,
                sizeof *r->agents) ||
      !reserve_turns(r, agent) || !stage_profile(r, params) ||
      !reserve_sets(r, agent, r->staged) ||
      !reserve_links(r, agent, r->staged)) {
    return BT_ERR_NOMEM;
  }
  return BT_ERR_OK;
}

static void enter_sets(struct router *r, uint32_t agent) {
  const struct router_profile *p = &r->agents[agent].profile;
  for (uint32_t i = 0; i < p->skill_count; i++) {
    struct router_skill_index *skill = &r->skills[p->skills[i].skill];
    routing_add_member(&skill->holders, agent);
    skill->holder_count++;
  }
  for (uint32_t i = 0; i < p->queue_count; i++) {
    routing_add_member(&r->queues[p->queues[i]].agents, agent);
  }
  for (uint32_t c = 0; c < ROUTER_CHANNELS; c++) {
    if ((p->channels >> c & 1u) != 0) {
      routing_add_member(&r->on_channel[c], agent);
    }
  }
  if (p->all_queues) {
    routing_add_member(&r->everywhere, agent);
  }
  for (uint32_t i = 0; i < p->post_count; i++) {
    if (p->posts[i].ring > 0) {
      routing_add_member(ring_set(r, &p->posts[i]), agent);
    }
  }
}

static void leave_sets(struct router *r, uint32_t agent) {
  const struct router_profile *p = &r->agents[agent].profile;
  for (uint32_t i = 0; i < p->skill_count; i++) {
    struct router_skill_index *skill = &r->skills[p->skills[i].skill];
    routing_remove_member(&skill->holders, agent);
    skill->holder_count--;
  }
  for (uint32_t i = 0; i < p->queue_count; i++) {
    routing_remove_member(&r->queues[p->queues[i]].agents, agent);
  }
  for (uint32_t c = 0; c < ROUTER_CHANNELS; c++) {
    routing_remove_member(&r->on_channel[c], agent);
  }
  routing_remove_member(&r->everywhere, agent);
  for (uint32_t i = 0; i < p->post_count; i++) {
    if (p->posts[i].ring > 0) {
      routing_remove_member(ring_set(r, &p->posts[i]), agent);
    }
  }
}

void router_put_agent(struct router *r, uint32_t agent,
                      const struct router_agent_params *params) {
  bt_check(router_prepare_agent(r, agent, params) == BT_ERR_OK);
  struct router_agent *a = &r->agents[agent];
  if (a->known) {
    routing_unlink_agent(r, agent);
    leave_sets(r, agent);
  }
  const struct router_profile before = a->profile;
  a->profile = *r->staged;
  *r->staged = before; /* its memory serves the next agent */
  a->known = true;
  a->skills = 0;
  for (uint32_t i = 0; i < a->profile.skill_count; i++) {
    a->skills |= routing_skill_bit(a->profile.skills[i].skill);
  }
  enter_sets(r, agent);
  (void)each_signature(r, agent, &a->profile, link_one);
}

/* The next question is about it. */
static void prefetch_heads(const struct router *r,
                           const struct router_agent *a) {
  for (uint32_t c = 0; c < ROUTER_CHANNELS; c++) {
    const struct links *links = &a->links[c];
    const uint32_t count = a->state.channels[c].ready ? links->count : 0;
    for (uint32_t i = 0; i < count && i < LINKS_NEAR; i++) {
      routing_prefetch(&r->heads[links->near[i]], 1);
    }
    if (count > LINKS_NEAR) {
      routing_prefetch(links->at + LINKS_NEAR,
                       (count - LINKS_NEAR) * sizeof *links->at);
    }
  }
}

/* An agent that becomes ready is mostly given a session in the same step, or,
 * where few idle, soon after. So it enters its pools, which costs more than the
 * decision does, only when it has become the earliest of many. */
static void settle_earliest(struct router *r) {
  const uint32_t agent = r->fresh[0];
  for (uint32_t c = 0; c < ROUTER_CHANNELS; c++) {
    const struct router_agent *a = &r->agents[agent];
    if (a->state.channels[c].ready && !a->pooled[c]) {
      routing_pool_agent(r, agent, c);
    }
  }
}

static void drop_fresh(struct router *r, uint32_t place) {
  for (r->fresh_count--; place < r->fresh_count; place++) {
    r->fresh[place] = r->fresh[place + 1];
  }
}

static void keep_fresh(struct router *r, uint32_t agent, bool fresh) {
  uint32_t place = 0;
  while (place < r->fresh_count && r->fresh[place] != agent) {
    place++;
  }
  const bool was = place < r->fresh_count;
  if (was && !fresh) {
    drop_fresh(r, place);
  } else if (fresh && !was) {
    if (r->fresh_count == ROUTER_FRESH_MAX) {
      settle_earliest(r);
      drop_fresh(r, 0);
    }
    r->fresh[r->fresh_count++] = agent;
  }
}

static void refresh_pools(struct router *r, uint32_t agent, bool reorder) {
  const struct router_agent *a = &r->agents[agent];
  bool fresh = false;
  for (uint32_t c = 0; c < ROUTER_CHANNELS; c++) {
    const bool ready = a->state.channels[c].ready;
    bt_check(!ready || a->state.presence == ROUTER_AVAILABLE);
    if (a->pooled[c] && !ready) {
      routing_unpool_agent(r, agent, c);
    } else if (a->pooled[c] && reorder) {
      routing_reorder_agent(r, agent, c);
    }
    fresh = fresh || (ready && !a->pooled[c]);
  }
  if (fresh) {
    prefetch_heads(r, a);
  }
  keep_fresh(r, agent, fresh);
}

/* Does some queue's strategy see a difference? */
static bool is_reordered(const struct router *r,
                         const struct router_agent_state *before,
                         const struct router_agent_state *after) {
  if (before->idle_since_us != after->idle_since_us) {
    return true;
  }
  return r->queues_by[ROUTER_LEAST_OCCUPIED] > 0 &&
         routing_occupancy(before) != routing_occupancy(after);
}

void router_set_agent_state(struct router *r, uint32_t agent,
                            const struct router_agent_state *state) {
  struct router_agent *a = router_agent_at(r, agent);
  bt_check(state->idle_since_us >= 0 &&
           state->idle_since_us <= ROUTER_TIME_MAX_US);
  const bool reorder = is_reordered(r, &a->state, state);
  a->state = *state;
  refresh_pools(r, agent, reorder);
}

void router_remove_agent(struct router *r, uint32_t agent) {
  struct router_agent *a = router_agent_at(r, agent);
  router_set_agent_state(
      r, agent, &(struct router_agent_state){.presence = ROUTER_OFFLINE});
  routing_unlink_agent(r, agent);
  leave_sets(r, agent);
  routing_forget_turns(r, agent);
  a->profile.skill_count = a->profile.queue_count = 0;
  a->profile.post_count = 0;
  a->profile.all_queues = false;
  a->known = false;
}
