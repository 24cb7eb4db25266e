/* router.h - which session goes to which agent, from indexes alone.
 *
 * Waiting sessions are grouped by requirement signature (queue, channel, ring,
 * preferred agent, skills with the weakest proficiency accepted). A signature
 * knows which agents are eligible; it keeps its matchable sessions and its
 * ready agents each in order.
 * An agent knows the signatures it is eligible for. So a decision looks at an
 * agent's own signatures, or at one signature's first agent: never at all
 * sessions or all agents, and a session that nobody can take delays no other.
 *
 * Everything is named by the engine's indices: queue, agent, skill, and the
 * session's slot. Small ones: the router keeps arrays by them.
 *
 * Three kinds of function:
 *   router_prepare_*  get the memory that a change will need; may answer
 *                     BT_ERR_NOMEM; change no decision. Call one just before
 *                     the change, with the same arguments.
 *   changes           fold an event; never fail after their prepare.
 *   questions         take a const router: pure, deterministic. Ties are broken
 *                     by order of entry, or by agent index.
 * The router decides nothing by itself and has no timer: the engine asks for
 * the best session when an agent may have become ready, for the best agent when
 * a session entered, came back or changed, and for both when configuration
 * did, or a pause or an exclusion ended (router_best_match).
 *
 * Order of sessions: queue's precedence, then skipped ones, then effective
 * priority, then longest wait, then order of entry. Precedence and skips are
 * compared only between sessions that the agent in question could take.
 *
 * Effective priority = priority + waiting minutes × ageing, until it reaches
 * the maximum, both the session's own or else the queue's; a priority above
 * that stays as it is, and who skipped the queue does not age. It is exact, in
 * whole milliseconds of waiting.
 *
 * Sessions of one signature with the same priority and slope go first in the
 * order in which they entered, at any time: they are a run, a list, and only
 * the first of a run is compared with others. Runs of one slope keep their
 * order, too, until the first of one reaches the maximum: those that rise and
 * those that rest are two ordered sets, and router_advance() takes over the few
 * that have reached it. Of different slopes, the first ones are compared at the
 * time that it is: a decision costs as much as there are slopes.
 */
#ifndef BATON_ROUTING_ROUTER_H
#define BATON_ROUTING_ROUTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/map.h"
#include "base/mem.h"

enum {
  ROUTER_CHANNELS = 3,
  ROUTER_PRIORITY_MAX = 1000,
  ROUTER_PROFICIENCY_BEST = 1,
  ROUTER_PROFICIENCY_WORST = 20,
  ROUTER_NEEDS_MAX = 8,       /* skills of a request, and as many of a queue */
  ROUTER_RINGS_MAX = 6,       /* that open later, beside the first */
  ROUTER_RANKS_MAX = 1000,    /* places in a queue's list of agents */
  ROUTER_AGEING_MAX = 100000, /* hundredths of a point a minute */
  ROUTER_POINT = 60 * 1000 * 100, /* one point of priority, in the unit in which
                                     a session gains ageing a millisecond */
  ROUTER_AGENT_SKILLS_MAX = 256,
  ROUTER_INDEX_MAX = 1 << 27,  /* agents, queues, slots */
  ROUTER_SKILLS_MAX = 1 << 22, /* indices of skills are below */
  ROUTER_FRESH_MAX = 8,        /* agents looked at one by one */
  ROUTER_SLOPES_MAX = 64, /* ways of ageing that one kind of session should have
                             at a time: each makes decisions dearer */
  ROUTER_IDLE_SIGNATURES = 32768, /* unused signatures kept for the next use, */
  ROUTER_IDLE_LINKS = 2000000     /* and their eligible agents in all */
};

#define ROUTER_NONE UINT32_MAX

/* Microseconds since 1970 that a router can order by: until the year 2255. */
#define ROUTER_TIME_MAX_US ((INT64_C(1) << 53) - 1)
/* Orders of entry, and turns of agents, that it can compare. */
#define ROUTER_ORDER_MAX          ((UINT64_C(1) << 43) - 1)

#define STRATEGY(name, text, doc) ROUTER_##name,
enum router_strategy {
#include "routing/strategy.def"
  ROUTER_STRATEGIES
};
#undef STRATEGY

#define WHY(name, text, doc) ROUTER_WHY_##name,
enum router_why_reason {
#include "routing/why.def"
  ROUTER_WHYS
};
#undef WHY

/* A skill with a proficiency: an agent's own, or the weakest accepted. */
struct router_skill {
  uint32_t skill;
  uint32_t proficiency; /* 1 best … 20 */
};

/* What a ring relaxes, beside what those before it do. */
struct router_ring {
  uint32_t without[ROUTER_NEEDS_MAX]; /* skills that are no longer required */
  uint32_t without_count;
  uint32_t relax; /* added to every weakest proficiency accepted */
};

struct router_queue_params {
  struct router_skill needs[ROUTER_NEEDS_MAX]; /* beside a session's own */
  uint32_t need_count;
  uint32_t strategy;     /* enum router_strategy */
  uint32_t precedence;   /* higher first among the queues an agent serves */
  uint32_t max_size;     /* waiting sessions; 0 for no limit */
  uint32_t ageing;       /* hundredths of a priority point a minute */
  uint32_t max_priority; /* that ageing leads to */
  struct router_ring rings[ROUTER_RINGS_MAX];
  uint32_t ring_count;
};

/* What a queue says about an agent: it joins in a later ring, has a place in
 * the list of an ordered queue, or both. */
struct router_post {
  uint32_t queue;
  uint32_t ring; /* from 1; 0: it does not join */
  uint32_t rank; /* from 1; 0: it is not in the list */
};

/* Borrowed during the call. */
struct router_agent_params {
  const struct router_skill *skills; /* each skill once */
  uint32_t skill_count;
  const uint32_t *queues; /* those it serves, each once */
  uint32_t queue_count;
  const struct router_post *posts; /* each queue once */
  uint32_t post_count;
  bool all_queues;  /* serves every queue, now and later */
  uint8_t channels; /* bits of the channels it ever works on */
};

enum router_presence {
  ROUTER_OFFLINE,
  ROUTER_AWAY,
  ROUTER_LOST,
  ROUTER_AVAILABLE
};

/* What the agent machine says of the agent now. */
struct router_agent_state {
  int64_t idle_since_us;
  uint8_t presence; /* enum router_presence */
  struct {
    uint8_t used, capacity;
    bool ready; /* could take one more now; only if available */
  } channels[ROUTER_CHANNELS];
};

/* What a session asks for. */
struct router_request {
  uint32_t queue;
  uint32_t channel;
  struct router_skill needs[ROUTER_NEEDS_MAX]; /* each skill once, any order */
  uint8_t best[ROUTER_NEEDS_MAX]; /* of each need the best proficiency that is
                                     still asked: 1 … 20; 0 as 1 */
  uint32_t need_count;
  uint32_t priority;  /* 0 … ROUTER_PRIORITY_MAX */
  uint32_t ring;      /* the last that is open; 0 when it enters */
  uint32_t preferred; /* with @has_preferred: no other agent, until widened */
  bool has_preferred;
  bool skip_queue;
  bool has_ageing, has_max_priority; /* its own, not the queue's */
  uint32_t ageing;                   /* hundredths of a point a minute */
  uint32_t max_priority;
  int64_t entered_us; /* 0 … ROUTER_TIME_MAX_US: kept when it comes back */
  uint64_t order;     /* of entry; unique: kept when it comes back */
};

struct router_decision {
  uint32_t slot, agent, queue;
};

struct router_queue_stats {
  uint32_t waiting;  /* reserved ones too */
  uint32_t reserved; /* of these, those with an open offer */
  int64_t oldest_us; /* entered_us of the one that waits longest; INT64_MAX */
  /* Logged in, serve the queue, have its own needs, and work on a channel of
   * those who wait. */
  uint32_t agents_in;
  uint32_t agents_ready;              /* of these, ready on such a channel */
  uint32_t ready_on[ROUTER_CHANNELS]; /* on this one, whoever waits */
};

/* A key by which somebody goes first. */
struct router_rank {
  uint32_t precedence, priority; /* sessions */
  uint32_t ageing, max_priority; /* sessions: as in force */
  int64_t effective;             /* the same, in 1/ROUTER_POINT of a point */
  bool skip_queue;
  int64_t entered_us;
  uint32_t strategy;     /* agents: the queue's */
  uint32_t score;        /* agents: what it compares first; 0 where nothing */
  uint64_t turn;         /* agents */
  int64_t idle_since_us; /* agents */
};

struct router_why {
  enum router_why_reason reason;
  uint32_t skill, needed, has; /* has 0: not at all */
  uint32_t ring;               /* in which it could take it */
  uint32_t used, capacity;
  uint32_t other_agent, other_slot;
  int64_t until_us;
  struct router_rank mine, theirs;
};

struct router_exclusion {
  uint32_t agent;
  int64_t until_us;
};

struct router_session;
struct router_queue;
struct router_agent;
struct router_profile;
struct router_skill_index;
struct router_signature;
struct router_pool;
struct router_head;
struct router_run;
struct router_slope;
struct router_exclusion_node;
struct router_caps;

/* Agents, a bit each: to find those that are in several sets at once. */
struct router_agent_set {
  uint64_t *words;
  size_t cap;
};

struct router {
  const struct mem *mem;
  struct router_session *sessions; /* by slot */
  struct router_queue *queues;     /* by index */
  struct router_agent *agents;     /* by index */
  struct router_skill_index *skills;
  struct router_signature *signatures;      /* by number, from 1 */
  struct router_pool *pools;                /* each signature's agents */
  struct router_head *heads;                /* each signature's first session */
  struct router_run *runs;                  /* from 1 */
  struct router_slope *slopes;              /* from 1 */
  struct router_exclusion_node *exclusions; /* from 1 */
  struct router_profile *staged; /* of the agent being put; or NULL */
  size_t session_cap, queue_cap, agent_cap, skill_cap;
  size_t signature_cap, pool_cap, head_cap, exclusion_cap;
  size_t run_cap, slope_cap;
  struct router_agent_set everywhere; /* agents that serve all queues */
  struct router_agent_set on_channel[ROUTER_CHANNELS];
  struct router_caps *caps;  /* which slope is capped next */
  int64_t clock_ms;          /* up to which priorities have aged */
  struct map by_requirement; /* signatures */
  struct map open_runs;      /* by slope, priority and skip */
  uint32_t run_count, run_free;
  uint32_t slope_count, slope_free;
  uint32_t signature_count;           /* ever numbered */
  uint32_t signature_free;            /* numbers to use again */
  uint32_t idle_first, idle_last;     /* the last is longest unused */
  uint32_t idle_count, idle_limit;    /* unused signatures kept */
  size_t idle_links, idle_link_limit; /* and their agents in all */
  uint32_t exclusion_count, exclusion_free;
  uint32_t anchored; /* the first queue whose signatures need no skill, and 1 */
  uint32_t fresh[ROUTER_FRESH_MAX]; /* agents that are ready and in not all of
                                       their pools yet, the earliest first */
  uint32_t fresh_count;
  uint32_t waiting;                      /* sessions in all queues */
  uint32_t queues_by[ROUTER_STRATEGIES]; /* how many use each strategy */
};

/* @r must not move afterwards: its map refers to it. @mem is borrowed. */
void router_init(struct router *r, const struct mem *mem);
void router_free(struct router *r);

/* The time up to which priorities have aged. Never goes back. Call it before
 * the questions of a step; it costs as much as sessions reached a maximum. */
void router_advance(struct router *r, int64_t now_us);

/* Queues. Putting one again changes it; its sessions stay, and are matched by
 * the new needs. BT_ERR_NOMEM: nothing changed. */
enum bt_err
router_prepare_queue(struct router *r, uint32_t queue,
                     const struct router_queue_params *params) BT_USE_RESULT;
void router_put_queue(struct router *r, uint32_t queue,
                      const struct router_queue_params *params);
/* A paused queue takes sessions and matches nobody. */
void router_pause(struct router *r, uint32_t queue, bool paused);
bool router_queue_paused(const struct router *r, uint32_t queue);
/* At its maximum size: only a skipped session may still enter. */
bool router_queue_full(const struct router *r, uint32_t queue);

/* Agents. Putting one again changes its skills, queues and channels, and keeps
 * its state. A new one is offline. */
enum bt_err
router_prepare_agent(struct router *r, uint32_t agent,
                     const struct router_agent_params *params) BT_USE_RESULT;
void router_put_agent(struct router *r, uint32_t agent,
                      const struct router_agent_params *params);
void router_remove_agent(struct router *r, uint32_t agent);
/* The queue has offered the agent something: its turn, a number greater than
 * those before. Queues that go by turns (round robin) remember it, each for
 * itself, until they go by something else; 0 is before all turns. */
void router_note_turn(struct router *r, uint32_t queue, uint32_t agent,
                      uint64_t turn);
/* 0: none that the queue remembers. */
uint64_t router_turn(const struct router *r, uint32_t queue, uint32_t agent);
/* Of agents from this one on the queue remembers none. */
uint32_t router_turn_count(const struct router *r, uint32_t queue);
/* After every event of the agent machine. Costs little when nothing changed. */
void router_set_agent_state(struct router *r, uint32_t agent,
                            const struct router_agent_state *state);

/* Sessions. The slot must not wait already. */
enum bt_err
router_prepare_session(struct router *r, uint32_t slot,
                       const struct router_request *request) BT_USE_RESULT;
void router_enqueue(struct router *r, uint32_t slot,
                    const struct router_request *request);
/* Out of the queue, reserved or not; its exclusions are forgotten. */
void router_dequeue(struct router *r, uint32_t slot);
bool router_waits(const struct router *r, uint32_t slot);
/* It asks for something else, in the same queue and channel: priority, ageing,
 * needs, ring, preferred agent. It keeps its place, its exclusions and its
 * reservation; whether it skipped the queue stays as it was. */
enum bt_err
router_prepare_change(struct router *r, uint32_t slot,
                      const struct router_request *request) BT_USE_RESULT;
void router_change(struct router *r, uint32_t slot,
                   const struct router_request *request);
/* Does one of this request's kind age so already, or are there fewer than
 * ROUTER_SLOPES_MAX ways? What waits elsewhere does not count. */
bool router_slope_fits(const struct router *r,
                       const struct router_request *request);
/* The rings up to @ring are open, and no agent is preferred any more. It keeps
 * its place, its exclusions and its reservation. */
enum bt_err router_prepare_widen(struct router *r, uint32_t slot,
                                 uint32_t ring) BT_USE_RESULT;
void router_widen(struct router *r, uint32_t slot, uint32_t ring);
/* An offer is open: the session keeps its place and its clock and is matched
 * with nobody until it is unreserved or dequeued. */
void router_reserve(struct router *r, uint32_t slot, uint32_t agent);
void router_unreserve(struct router *r, uint32_t slot);
/* ROUTER_NONE if it is not reserved. */
uint32_t router_reserved_for(const struct router *r, uint32_t slot);
/* The agent declined, or did not answer: it is not offered this session before
 * @until_us, unless no other available agent could ever take it. */
enum bt_err router_prepare_exclude(struct router *r) BT_USE_RESULT;
void router_exclude(struct router *r, uint32_t slot, uint32_t agent,
                    int64_t until_us);
/* Copies at most @cap of them; returns how many there are. For snapshots. */
size_t router_exclusions(const struct router *r, uint32_t slot,
                         struct router_exclusion *out, size_t cap);

/* The best ready agent for a waiting session; false if there is none. */
bool router_best_agent(const struct router *r, uint32_t slot, int64_t now_us,
                       struct router_decision *out) BT_USE_RESULT;
/* The best session for an agent, on the channels on which it is ready. */
bool router_best_session(const struct router *r, uint32_t agent, int64_t now_us,
                         struct router_decision *out) BT_USE_RESULT;
/* The first session of a queue that has a ready agent, and its best one. Ask
 * again after each offer, until false: after a pause, or a change of
 * configuration. Costs as much as the queue has signatures. */
bool router_best_match(const struct router *r, uint32_t queue, int64_t now_us,
                       struct router_decision *out) BT_USE_RESULT;

/* A session that waits for that agent alone, and is not offered to anybody;
 * false if there is none. Costs as much as the agent has signatures. */
bool router_preferring(const struct router *r, uint32_t agent, uint32_t *slot);
/* Who looks for sessions to take by hand. */
struct router_taker {
  uint32_t agent;
  bool (*takes)(const void *ctx, uint32_t queue); /* of this queue? */
  const void *ctx;
};
/* The first sessions that the agent may take, at most @cap, in the order in
 * which they would be offered, as far as skills, queues, rings and preferences
 * go: whether it is there, has room, or has declined is not asked, nor is a
 * pause. Answers how many there are in @slots. Costs as much as the agent has
 * signatures, and for each of them at most @cap sessions. */
uint32_t router_list_takeable(const struct router *r,
                              const struct router_taker *by, uint32_t *slots,
                              uint32_t cap);

/* 1 for the first of its queue, reserved sessions counted. Costs as much as
 * the answer is long. The slot must wait. */
uint32_t router_position(const struct router *r, uint32_t slot);
/* Its effective priority, in 1/ROUTER_POINT of a point. The slot must wait. */
int64_t router_effective_priority(const struct router *r, uint32_t slot);
/* While nobody waits, agents count for the channels @usual, as bits. Costs as
 * much as the queue has agents, and kinds of sessions. */
void router_stats(const struct router *r, uint32_t queue, uint8_t usual,
                  struct router_queue_stats *out);
/* Does any agent have the skill at all? */
bool router_has_skill_holder(const struct router *r, uint32_t skill);
/* Is there an eligible agent whose presence is at least @presence
 * (ROUTER_OFFLINE: any agent; ROUTER_AWAY: logged in), and, for
 * ROUTER_AVAILABLE, that is ready? Not for hot paths. */
bool router_any_eligible(const struct router *r,
                         const struct router_request *request,
                         enum router_presence presence);

/* Of a request with nothing but the queue's own needs: how many could take it
 * when @ring is open, and how many of them are ready. As router_stats(). */
void router_ring_stats(const struct router *r, uint32_t queue, uint32_t ring,
                       uint8_t usual, struct router_queue_stats *out);

/* Why, or why not. Every agent and slot may be asked. Not for hot paths. */
void router_explain(const struct router *r, uint32_t slot, uint32_t agent,
                    int64_t now_us, struct router_why *out);

/* May the agent not take the session at all, as it is asked for now: for its
 * skills, queues and channels, or because it is kept for another? Then @out is
 * why. Presence, load and declining are not asked. The slot must wait. */
bool router_is_unable(const struct router *r, uint32_t slot, uint32_t agent,
                      struct router_why *out);

/* Bytes that the router has taken, by what they are for; the sum is all. */
struct router_footprint {
  size_t sessions; /* that wait, and what finds them */
  size_t eligible; /* which agents may take which kinds of sessions */
  size_t centre;   /* agents, queues and skills as they are configured */
};
void router_footprint(const struct router *r, struct router_footprint *out);

/* Static storage. */
const char *router_why_text(uint32_t reason);   /* "lacks_skill" */
const char *router_why_detail(uint32_t reason); /* one sentence */
const char *router_strategy_text(uint32_t strategy);

#endif
