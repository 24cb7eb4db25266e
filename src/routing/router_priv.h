/* router_priv.h - the router's indexes, as its own files see them.
 *
 *   session ──▶ signature ◀──links──▶ agent
 *                 │  │                 │  │
 *               queue anchor        skills queues
 *
 * A signature hangs on one anchor: the rarest of its skills when it was made,
 * or its queue if it needs none. An agent that appears looks only at what hangs
 * on its own skills and queues; a signature that appears intersects the sets of
 * agents that hold its skills and serve its queue, or join it in a ring.
 * Numbers of signatures and exclusions start at 1, so that cleared memory means
 * "none".
 */
#ifndef BATON_ROUTING_ROUTER_PRIV_H
#define BATON_ROUTING_ROUTER_PRIV_H

#include "routing/heap_priv.h"
#include "routing/router.h"

enum {
  MERGED_NEEDS_MAX = 2 * ROUTER_NEEDS_MAX,
  NEED_BITS = 5, /* a proficiency */
  ORDER_HIGH_BITS = 11,
  UNRANKED = ROUTER_RANKS_MAX + 1
};

#define SIGNATURE_NONE 0u
#define EXCLUSION_NONE 0u
#define TIME_BITS      53
#define TIME_MASK      ((UINT64_C(1) << TIME_BITS) - 1)
#define WAITS_BIT      (UINT64_C(1) << 63) /* not set: it skipped the queue */
/* Above every priority, in 1/ROUTER_POINT of a point. */
#define ABOVE_ALL ((int64_t)(ROUTER_PRIORITY_MAX + 1) * ROUTER_POINT)

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
  uint32_t ring;  /* the last that is open */
  uint32_t agent; /* the only one; ROUTER_NONE */
  uint32_t count;
  uint32_t packed[ROUTER_NEEDS_MAX]; /* ascending, zeros behind */
};

/* What a queue requires, and what its rings relax. */
struct demands {
  struct needs needs;
  struct router_ring rings[ROUTER_RINGS_MAX];
  uint32_t ring_count;
};

struct router_session {
  int64_t entered_us;
  uint64_t order;
  uint32_t signature;    /* SIGNATURE_NONE: does not wait */
  uint32_t place;        /* among the signature's resting or rising ones */
  uint32_t older, newer; /* slots in the queue's line; late: older is the
                            place among the latecomers */
  uint32_t reserved_for;
  uint32_t reserved_prev, reserved_next; /* slots of the queue's reserved */
  uint32_t exclusions;                   /* the newest; EXCLUSION_NONE */
  uint16_t priority;
  bool skip_queue;
  bool rises; /* it is, or when it is matchable again will be, rising */
  bool late;  /* came back with an earlier time than the last in line */
};

struct router_queue {
  bool known, paused;
  uint32_t strategy, precedence, max_size;
  uint32_t ageing, max_priority;
  struct demands demands;
  uint32_t waiting;
  uint32_t oldest, newest; /* its sessions in line, by time of entry, but */
  struct heap latecomers;  /* those that came back are here */
  uint32_t reserved_first, reserved_count;
  struct router_agent_set agents;                   /* that name it */
  struct router_agent_set joined[ROUTER_RINGS_MAX]; /* in ring 1, 2, … */
  uint32_t signature_first;                         /* all of them */
  uint32_t signature_count;
  uint32_t anchored_first; /* those that need no skill */
};

struct agent_skill {
  uint32_t skill, proficiency;
};

/* What an agent is able to do; skills, queues and posts ascending. */
struct router_profile {
  struct agent_skill *skills;
  uint32_t *queues;
  struct router_post *posts;
  size_t skill_cap, queue_cap, post_cap;
  uint32_t skill_count, queue_count, post_count;
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
  struct needs needs;  /* its own and the queue's */
  struct heap resting; /* matchable sessions whose priority stays */
  struct heap rising;  /* and those whose priority still grows */
  uint32_t cap_place;  /* among the caps, from 1; 0: none */
  uint32_t sessions;   /* matchable and reserved */
  uint32_t anchor;     /* a skill; ROUTER_NONE: the queue */
  bool used;           /* the number is taken */
  struct chained in[CHAINS];
};

/* The best resting session of a signature, in one array: what a deciding agent
 * compares. */
struct router_head {
  uint64_t hi, lo;
  uint32_t slot; /* ROUTER_NONE: nothing to match, or the queue is paused */
  uint16_t precedence;
  bool rises; /* there is a rising one to match, too */
};

/* Signatures by the time at which their first rising session is capped. */
struct router_caps {
  struct heap heap;
};

/* A session among those of any signature, at the router's clock. */
struct contender {
  uint32_t slot; /* ROUTER_NONE: nobody */
  uint32_t precedence;
  bool skip_queue;
  int64_t effective;
  int64_t entered_us;
  uint64_t order;
};

/* A signature's eligible agents: apart from it, so that an agent that becomes
 * ready or busy touches little memory. */
struct router_pool {
  struct heap ready;    /* entries beyond its count: eligible, not ready */
  uint32_t agent_count; /* all of them */
  uint32_t channel;
  uint32_t strategy; /* the queue's */
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
/* What is needed in the ring that is open. */
void routing_merge_needs(const struct requirement *own,
                         const struct demands *queue, struct needs *out);
void routing_make_requirement(const struct router_request *request,
                              struct requirement *out);
/* NULL if it has not. */
const struct agent_skill *routing_find_skill(const struct router_profile *p,
                                             uint32_t skill);
bool routing_serves(const struct router_profile *p, uint32_t queue);
/* What the queue says about the agent; NULL if nothing. */
const struct router_post *routing_find_post(const struct router_profile *p,
                                            uint32_t queue);
/* Serves the queue, or has joined it by that ring. */
bool routing_belongs(const struct router_profile *p, uint32_t queue,
                     uint32_t ring);
/* The first need that is not met; needs->count if all are. */
uint32_t routing_unmet_need(const struct router_profile *p,
                            const struct needs *needs);
/* May @agent, whose profile this is, take sessions of this requirement,
 * presence and load aside? */
bool routing_eligible(const struct router_profile *p, uint32_t agent,
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
  const struct router_agent_set *any_of[2 + ROUTER_RINGS_MAX];
  uint32_t all_count, any_count;
  uint32_t only; /* ROUTER_NONE */
  size_t words, next_word;
  uint64_t bits;
};
/* The key's channel may be ROUTER_NONE: any. Its own needs are in @needs. */
void routing_start_candidates(struct candidates *c, const struct router *r,
                              const struct requirement *key,
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
/* The share of its capacity that is in use, in whole percent. */
uint32_t routing_occupancy(const struct router_agent_state *s);

/* exclusions.c */
const struct router_exclusion_node *
routing_find_exclusion(const struct router *r, uint32_t slot, uint32_t agent);
/* Declined it, may not be asked again yet, and somebody else could take it. */
bool routing_excluded(const struct router *r, uint32_t slot, uint32_t agent,
                      int64_t now_us);
void routing_forget_exclusions(struct router *r, uint32_t slot);

/* waiting.c: a signature's matchable sessions, in order */
bool routing_reserve_waiting(struct router *r, uint32_t number, uint32_t ageing,
                             size_t want);
void routing_add_waiting(struct router *r, uint32_t slot);
void routing_remove_waiting(struct router *r, uint32_t slot);
/* The queue ages in another way. */
void routing_rebuild_waiting(struct router *r, uint32_t number);
/* The head of the signature, and when its first rising session is capped. */
void routing_refresh_head(struct router *r, uint32_t number);
int64_t routing_effective(const struct router *r, uint32_t slot);
/* Any waiting session; one that rests; the entry of one that rises. */
struct contender routing_contend(const struct router *r, uint32_t slot);
struct contender routing_contend_resting(const struct router_head *head);
struct contender routing_contend_rising(const struct router *r, uint32_t number,
                                        const struct heap_entry *e);
/* Nobody comes after everybody. */
bool routing_goes_before(const struct contender *a, const struct contender *b);
bool routing_reserve_caps(struct router *r, size_t signatures);
void routing_free_caps(struct router *r);

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
