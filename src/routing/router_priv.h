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
  LINKS_NEAR = 26, /* of an agent with five skills most or all */
  UNRANKED = ROUTER_RANKS_MAX + 1
};

#define SIGNATURE_NONE 0u
#define EXCLUSION_NONE 0u
#define RUN_NONE       0u
#define SLOPE_NONE     0u
#define TIME_BITS      53
#define TIME_MASK      ((UINT64_C(1) << TIME_BITS) - 1)
#define WAITS_BIT      (UINT64_C(1) << 63) /* not set: it skipped the queue */
/* Above every priority, in 1/ROUTER_POINT of a point. */
#define ABOVE_ALL ((int64_t)(ROUTER_PRIORITY_MAX + 1) * ROUTER_POINT)

/* A skill, the weakest proficiency accepted and the best one asked, in one
 * number, in the order of skills: small to keep, quick to compare. */
static inline uint32_t need_pack(struct router_skill s, uint32_t best) {
  return s.skill << 2 * NEED_BITS | s.proficiency << NEED_BITS | best;
}
static inline uint32_t need_skill(uint32_t need) {
  return need >> 2 * NEED_BITS;
}
/* Whoever lacks the bit lacks the skill; others may have the same one. */
static inline uint64_t routing_skill_bit(uint32_t skill) {
  return UINT64_C(1) << skill % 64;
}
static inline uint32_t need_weakest(uint32_t need) {
  return need >> NEED_BITS & ((1u << NEED_BITS) - 1);
}
static inline uint32_t need_best(uint32_t need) {
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

/* A waiting session. Small, and many of them: 48 bytes. */
struct router_session {
  int64_t entered_us;
  uint64_t order;
  uint32_t signature;    /* SIGNATURE_NONE: does not wait */
  uint32_t run;          /* RUN_NONE: it is reserved */
  uint32_t older, newer; /* slots in its run, or of the queue's reserved */
  uint32_t slope;
  uint32_t reserved_for;
  uint32_t exclusions; /* the newest; EXCLUSION_NONE */
  uint16_t priority;
  bool skip_queue;
};

/* Sessions of one signature that entered one after the other and are alike in
 * all that decides who goes first: priority, slope, skip. So the one that
 * entered first is the first for ever, and only it stands in an order. */
struct router_run {
  uint32_t first, last; /* slots; free: first is the next free run */
  uint32_t slope;
  uint32_t place; /* among the slope's rising or the signature's resting */
  uint16_t priority;
  bool skip_queue;
  bool rises; /* its first session's priority still grows */
  bool open;  /* found by its key: who enters next joins it */
};

/* How the priorities of some of a signature's sessions grow. */
struct router_slope {
  uint32_t signature;
  uint32_t next;         /* of the signature, or free */
  uint32_t ageing;       /* ROUTER_NONE: the queue's */
  uint32_t max_priority; /* ROUTER_NONE: the queue's */
  uint32_t sessions;     /* matchable and reserved; 0: it may become another */
  uint32_t cap_place;    /* among the caps, from 1; 0: none */
  struct heap rising;    /* runs whose first session's priority still grows */
};

struct chained {
  uint32_t prev, next;
};

struct router_queue {
  bool known, paused;
  uint32_t strategy, precedence, max_size;
  uint32_t ageing, max_priority;
  struct demands demands;
  uint32_t waiting;
  uint32_t reserved_first, reserved_count;
  struct router_agent_set agents;                   /* that name it */
  struct router_agent_set joined[ROUTER_RINGS_MAX]; /* in ring 1, 2, … */
  uint64_t *turns; /* by agent; if it goes by turns, of all agents */
  size_t turn_cap;
  uint32_t signature_first; /* all of them */
  uint32_t signature_count;
  uint32_t anchored_first; /* those that need no skill */
  struct chained anchored; /* among the queues that have such: number and 1 */
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

/* The signatures of the first links lie beside the agent as well: whoever
 * decides for it need not wait for the array, which lies elsewhere. */
struct links {
  struct link *at;
  size_t cap;
  uint32_t count;
  uint32_t promised; /* while an agent is prepared: links it will have */
  uint32_t near[LINKS_NEAR];
};
static inline uint32_t link_signature(const struct links *links, uint32_t i) {
  return i < LINKS_NEAR ? links->near[i] : links->at[i].signature;
}

/* What a decision looks at comes first. */
struct router_agent {
  struct router_agent_state state;
  bool known;
  bool pooled[ROUTER_CHANNELS]; /* ready there, and in order among them */
  uint64_t skills;              /* routing_skill_bit() of each */
  struct links links[ROUTER_CHANNELS]; /* signatures it is eligible for */
  struct router_profile profile;
};

struct router_skill_index {
  struct router_agent_set holders;
  uint32_t holder_count;
  uint32_t anchored_first; /* signatures */
};

/* The chains a signature hangs in. The idle one is also that of free numbers.
 */
enum chain { BY_ANCHOR, BY_QUEUE, BY_IDLENESS, CHAINS };

/* What every session of it touches comes first. */
struct router_signature {
  struct heap resting; /* runs whose first session's priority stays */
  uint32_t slopes;     /* the first of them; its sessions have at least one */
  uint32_t sessions;   /* matchable and reserved */
  struct requirement key;
  uint32_t anchor; /* a skill; ROUTER_NONE: the queue */
  bool used;       /* the number is taken */
  struct chained in[CHAINS];
  struct needs needs; /* its own and the queue's */
};

/* The best resting session of a signature: what a deciding agent compares, so
 * as small as can be. Without one, the key comes after all others. */
struct router_head {
  uint64_t hi; /* as in the resting order; of two the same, look at the order */
  uint32_t slot;
  uint16_t behind; /* UINT16_MAX - precedence */
  bool rises;      /* there is a rising one to match, too */
};

/* Slopes by the time at which their first rising session is capped. */
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
  uint32_t channel, queue;
  uint32_t strategy; /* the queue's */
};

struct router_exclusion_node {
  int64_t until_us;
  uint32_t agent;
  uint32_t next;
};

/* needs.c */
void routing_sort(uint32_t *numbers, uint32_t count);
/* @best of each, or NULL. */
void routing_pack_needs(const struct router_skill *skills, const uint8_t *best,
                        uint32_t count, uint32_t *packed);
/* What is needed in the ring that is open. */
void routing_merge_needs(const struct requirement *own,
                         const struct demands *demands, struct needs *out);
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
  uint32_t only;  /* ROUTER_NONE */
  bool any_level; /* whoever has the skills will do: no profile is read */
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

/* turns.c */
/* Room for the turns of this many agents, in a queue that is or will be one
 * that goes by them. */
bool routing_reserve_turns(struct router *r, uint32_t queue, size_t agents);
/* The agent is gone. */
void routing_forget_turns(struct router *r, uint32_t agent);
/* The queue goes by this now. */
void routing_set_strategy(struct router *r, uint32_t queue, uint32_t strategy);

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

/* runs.c */
/* The slope of that signature, found or made; SLOPE_NONE: no memory. */
uint32_t routing_slope(struct router *r, uint32_t number, uint32_t ageing,
                       uint32_t max_priority);
/* The same if it is there, else SLOPE_NONE; @used counts those in use. */
uint32_t routing_find_slope(const struct router *r, uint32_t number,
                            uint32_t ageing, uint32_t max_priority,
                            uint32_t *used);
void routing_free_slopes(struct router *r, uint32_t number);
/* What it is, if the queue's settings are the default. */
uint32_t routing_ageing_of(const struct router *r, uint32_t slope);
uint32_t routing_max_of(const struct router *r, uint32_t slope);
/* Room for one more session that waits. */
bool routing_reserve_run(struct router *r);
/* The session joins a run or begins one; answers it. @first: it is its first
 * one now. */
uint32_t routing_join_run(struct router *r, uint32_t slot, bool *first);
/* It leaves its run, which stays, empty or not. True: it was the first. */
bool routing_leave_run(struct router *r, uint32_t slot);
void routing_free_run(struct router *r, uint32_t run);
bool routing_same_run(const void *ctx, uint32_t value, const void *key);

/* caps.c */
bool routing_reserve_caps(struct router *r, size_t slopes);
void routing_free_caps(struct router *r);
/* The slope's first rising run is another, or none. */
void routing_refresh_cap(struct router *r, uint32_t slope);
int64_t routing_capped_at_ms(const struct router *r, uint32_t slope,
                             int64_t line);

/* waiting.c: a signature's matchable sessions, in order */
/* Room for one more of that slope, if the queue ages so. */
bool routing_reserve_waiting(struct router *r, uint32_t slope, uint32_t ageing);
void routing_add_waiting(struct router *r, uint32_t slot);
void routing_remove_waiting(struct router *r, uint32_t slot);
/* The queue ages in another way. */
void routing_rebuild_waiting(struct router *r, uint32_t number);
void routing_refresh_head(struct router *r, uint32_t number);
int64_t routing_effective(const struct router *r, uint32_t slot);
int64_t routing_line_of_entry(const struct heap_entry *e);
/* When the session of the entry came, by the order in which that stands. */
int64_t routing_resting_entered(const struct heap_entry *e);
int64_t routing_rising_entered(const struct heap_entry *e);
/* Any waiting session; the first of a rising run. */
struct contender routing_contend(const struct router *r, uint32_t slot);
struct contender routing_contend_rising(const struct router *r, uint32_t slope,
                                        const struct heap_entry *e);
/* Nobody comes after everybody. */
bool routing_goes_before(const struct contender *a, const struct contender *b);

/* The memory is about to be read. The empty statement has the effect that a
 * compiler thinks a prefetch does not have: it would leave out calls of
 * whatever does nothing else. */
static inline void routing_prefetch(const void *memory, size_t size) {
  enum { CACHE_LINE = 64 };
  const char *const from = memory;
  for (size_t at = 0; at < size; at += CACHE_LINE) {
    __builtin_prefetch(from + at);
  }
  __asm__ volatile("" : : "r"(from));
}

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
