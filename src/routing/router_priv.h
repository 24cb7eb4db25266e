/* router_priv.h - the router's indexes, as its own files see them.
 *
 *   session ──▶ signature ◀──links──▶ agent
 *                 │  │                 │  │
 *               queue anchor        skills queues
 *
 * A signature hangs on one anchor: the rarest of its skills when it was made,
 * or its queue if it needs none. An agent that appears looks only at what hangs
 * on its own skills and queues; a signature that appears intersects the sets of
 * agents that hold its skills and serve its queue. Numbers of signatures and
 * exclusions start at 1, so that cleared memory means "none".
 */
#ifndef BATON_ROUTING_ROUTER_PRIV_H
#define BATON_ROUTING_ROUTER_PRIV_H

#include "routing/heap_priv.h"
#include "routing/router.h"

enum {
  MERGED_NEEDS_MAX = 2 * ROUTER_NEEDS_MAX,
  NEED_BITS = 5 /* a proficiency */
};

#define SIGNATURE_NONE 0u
#define EXCLUSION_NONE 0u
#define TIME_BITS      53
#define TIME_MASK      ((UINT64_C(1) << TIME_BITS) - 1)

/* A skill and the weakest proficiency accepted in one number, in the order of
 * skills: small to keep, quick to compare. */
static inline uint32_t need_pack(struct router_skill s) {
  return s.skill << NEED_BITS | s.proficiency;
}
static inline uint32_t need_skill(uint32_t need) {
  return need >> NEED_BITS;
}
static inline uint32_t need_weakest(uint32_t need) {
  return need & ((1u << NEED_BITS) - 1);
}

struct needs {
  uint32_t count;
  uint32_t packed[MERGED_NEEDS_MAX]; /* ascending */
};

/* What makes two sessions wait for the same agents. */
struct requirement {
  uint32_t queue, channel;
  uint32_t count;
  uint32_t packed[ROUTER_NEEDS_MAX]; /* ascending, zeros behind */
};

struct router_session {
  int64_t entered_us;
  uint64_t order;
  uint32_t signature;    /* SIGNATURE_NONE: does not wait */
  uint32_t place;        /* among the signature's matchable ones */
  uint32_t older, newer; /* slots in the queue's line; late: older is the
                            place among the latecomers */
  uint32_t reserved_for;
  uint32_t reserved_prev, reserved_next; /* slots of the queue's reserved */
  uint32_t exclusions;                   /* the newest; EXCLUSION_NONE */
  uint16_t priority;
  bool skip_queue;
  bool late; /* came back with an earlier time than the last in line */
};

struct router_queue {
  bool known, paused;
  uint32_t strategy, precedence, max_size;
  struct needs needs;
  uint32_t waiting;
  uint32_t oldest, newest; /* its sessions in line, by time of entry, but */
  struct heap latecomers;  /* those that came back are here */
  uint32_t reserved_first, reserved_count;
  struct router_agent_set agents; /* that name it */
  uint32_t signature_first;       /* all of them */
  uint32_t signature_count;
  uint32_t anchored_first; /* those that need no skill */
};

struct agent_skill {
  uint32_t skill, proficiency;
};

/* What an agent is able to do; skills and queues ascending. */
struct router_profile {
  struct agent_skill *skills;
  uint32_t *queues;
  size_t skill_cap, queue_cap;
  uint32_t skill_count, queue_count;
  bool all_queues;
  uint8_t channels;
};

struct link {
  uint32_t signature;
  uint32_t place; /* in the signature's pool */
};

struct links {
  struct link *at;
  size_t cap;
  uint32_t count;
  uint32_t promised; /* while an agent is prepared: links it will have */
};

struct router_agent {
  bool known;
  struct router_agent_state state;
  struct router_profile profile;
  struct links links[ROUTER_CHANNELS]; /* signatures it is eligible for */
  bool pooled[ROUTER_CHANNELS]; /* ready there, and in order among them */
};

struct router_skill_index {
  struct router_agent_set holders;
  uint32_t holder_count;
  uint32_t anchored_first; /* signatures */
};

/* The chains a signature hangs in. The idle one is also that of free numbers.
 */
enum chain { BY_ANCHOR, BY_QUEUE, BY_IDLENESS, CHAINS };

struct chained {
  uint32_t prev, next;
};

struct router_signature {
  struct requirement key;
  struct needs needs;    /* its own and the queue's */
  struct heap matchable; /* sessions; by session_entry() */
  uint32_t sessions;     /* matchable and reserved */
  uint32_t anchor;       /* a skill; ROUTER_NONE: the queue */
  bool used;             /* the number is taken */
  struct chained in[CHAINS];
};

/* The best matchable session of a signature, in one array: what a deciding
 * agent compares. */
struct router_head {
  uint64_t hi, lo;
  uint32_t slot; /* ROUTER_NONE: nothing to match, or the queue is paused */
  uint32_t precedence;
};

/* A signature's eligible agents: apart from it, so that an agent that becomes
 * ready or busy touches little memory. */
struct router_pool {
  struct heap ready;    /* entries beyond its count: eligible, not ready */
  uint32_t agent_count; /* all of them */
  uint32_t channel;
};

struct router_exclusion_node {
  int64_t until_us;
  uint32_t agent;
  uint32_t next;
};

/* needs.c */
void routing_sort(uint32_t *numbers, uint32_t count);
void routing_pack_needs(const struct router_skill *skills, uint32_t count,
                        uint32_t *packed);
void routing_merge_needs(const struct requirement *own,
                         const struct needs *queue, struct needs *out);
void routing_make_requirement(const struct router_request *request,
                              struct requirement *out);
/* NULL if it has not. */
const struct agent_skill *routing_find_skill(const struct router_profile *p,
                                             uint32_t skill);
bool routing_serves(const struct router_profile *p, uint32_t queue);
/* The first need that is not met; needs->count if all are. */
uint32_t routing_unmet_need(const struct router_profile *p,
                            const struct needs *needs);
/* May take sessions of this requirement, presence and load aside. */
bool routing_eligible(const struct router_profile *p,
                      const struct requirement *key, const struct needs *needs);
/* Of the needs, the skill with the fewest holders; ROUTER_NONE without any. */
uint32_t routing_rarest_skill(const struct router *r,
                              const struct needs *needs);

/* candidates.c */
bool routing_reserve_member(struct router *r, struct router_agent_set *set,
                            uint32_t agent);
void routing_add_member(struct router_agent_set *set, uint32_t agent);
void routing_remove_member(struct router_agent_set *set, uint32_t agent);

/* A walk over the agents that are eligible now, in the order of their indices.
 * It borrows the needs. */
struct candidates {
  const struct router *r;
  const struct needs *needs;
  const struct router_agent_set *all_of[MERGED_NEEDS_MAX + 1];
  const struct router_agent_set *any_of[2];
  uint32_t all_count;
  size_t words, next_word;
  uint64_t bits;
};
/* @channel may be ROUTER_NONE: any. */
void routing_start_candidates(struct candidates *c, const struct router *r,
                              uint32_t queue, uint32_t channel,
                              const struct needs *needs);
/* False at the end. */
bool routing_next_candidate(struct candidates *c, uint32_t *agent);

/* signatures.c */
bool routing_reserve_skills(struct router *r, const uint32_t *packed,
                            uint32_t count);
uint32_t routing_find_signature(const struct router *r,
                                const struct requirement *key);
/* Finds it or makes it; SIGNATURE_NONE when there is no memory. */
uint32_t routing_intern(struct router *r, const struct requirement *key);
void routing_count_session(struct router *r, uint32_t number, int change);
void routing_free_signature(struct router *r, uint32_t number);
void routing_refresh_head(struct router *r, uint32_t number);
/* Fit it to the needs that its queue has now. Room was reserved. */
void routing_refit_signature(struct router *r, uint32_t number);

/* links.c */
bool routing_reserve_links(struct router *r, uint32_t agent, uint32_t channel,
                           size_t want);
bool routing_reserve_pool(struct router *r, uint32_t number, size_t want);
/* Room was reserved on both sides. */
void routing_link(struct router *r, uint32_t number, uint32_t agent);
void routing_unlink_agent(struct router *r, uint32_t agent);
void routing_unlink_signature(struct router *r, uint32_t number);
/* The agent, ready on this channel, enters the order of its pools; leaves it;
 * or is idle since another time. */
void routing_pool_agent(struct router *r, uint32_t agent, uint32_t channel);
void routing_unpool_agent(struct router *r, uint32_t agent, uint32_t channel);
void routing_reorder_agent(struct router *r, uint32_t agent, uint32_t channel);
/* The key by which the agent stands in the signature's pool. */
struct heap_entry routing_agent_entry(const struct router *r, uint32_t number,
                                      uint32_t agent);

/* exclusions.c */
const struct router_exclusion_node *
routing_find_exclusion(const struct router *r, uint32_t slot, uint32_t agent);
/* Declined it, may not be asked again yet, and somebody else could take it. */
bool routing_excluded(const struct router *r, uint32_t slot, uint32_t agent,
                      int64_t now_us);
void routing_forget_exclusions(struct router *r, uint32_t slot);

/* sessions.c */
struct heap_entry routing_session_entry(const struct router *r, uint32_t slot);

/* Indexed access that stops on a foreign index. */
static inline struct router_queue *router_queue_at(const struct router *r,
                                                   uint32_t queue) {
  bt_check(queue < r->queue_cap && r->queues[queue].known);
  return &r->queues[queue];
}
static inline struct router_session *router_session_at(const struct router *r,
                                                       uint32_t slot) {
  bt_check(slot < r->session_cap &&
           r->sessions[slot].signature != SIGNATURE_NONE);
  return &r->sessions[slot];
}
static inline struct router_agent *router_agent_at(const struct router *r,
                                                   uint32_t agent) {
  bt_check(agent < r->agent_cap && r->agents[agent].known);
  return &r->agents[agent];
}

#endif
