/* storm.h - a centre in which everything happens, at random but reproducibly.
 *
 * An operation is a kind and a seed; what it does follows from these and from
 * how the engine is. So any list of operations can be carried out, also one
 * from which some were left out: that is how a failure is made short.
 */
#ifndef BATON_TESTS_STORM_H
#define BATON_TESTS_STORM_H

#include "base/rand.h"
#include "laws.h"
#include "mirror.h"

/* X(name, weight) */
#define STORM_KINDS(X)                                                         \
  X(OPEN, 60)                                                                  \
  X(CUSTOMER, 40)                                                              \
  X(LEAVE, 8)                                                                  \
  X(SAY, 60)                                                                   \
  X(INVITE, 50)                                                                \
  X(GOODBYE, 50)                                                               \
  X(CLOSED, 50)                                                                \
  X(TRANSFER, 90)                                                              \
  X(CANCEL, 10)                                                                \
  X(PART, 25)                                                                  \
  X(END, 8)                                                                    \
  X(DATA, 15)                                                                  \
  X(PRIORITY, 10)                                                              \
  X(SUPERVISE, 25)                                                             \
  X(OFFER, 90)                                                                 \
  X(COMPLETE, 25)                                                              \
  X(BESIDE, 40)                                                                \
  X(DESK, 40)                                                                  \
  X(STATE, 60)                                                                 \
  X(BOT, 8)                                                                    \
  X(QUEUE, 12)                                                                 \
  X(CONFIG, 6)                                                                 \
  X(SCRIPT, 15)                                                                \
  X(REST, 15)                                                                  \
  X(SIGNAL, 12)                                                                \
  X(KEEP, 4)                                                                   \
  X(RECOVERED, 1)                                                              \
  X(NEXT_TIMER, 90)                                                            \
  X(TIME, 40)

#define X(name, weight) STORM_##name,
enum storm_kind { STORM_KINDS(X) STORM_KIND_COUNT };
#undef X

struct storm_op {
  uint32_t kind;
  uint64_t seed;
};

enum { STORM_SESSIONS = 12, STORM_KEYS = 4 };

struct storm {
  struct test_mem tm;
  struct engine *e;
  struct step step;
  struct laws laws;
  struct mirror folded; /* every event, through the codec */
  struct mirror twin;   /* from a snapshot, then the same commands */
  struct step twin_step;
  uint32_t twin_left; /* steps until it is made anew */
  struct rand rand;   /* of the operation under way */
  int64_t now_us;
  uint64_t entropy, steps;
  struct id sessions[STORM_SESSIONS]; /* a ring of those opened last */
  uint64_t opened;
  uint64_t hash[STORM_KEYS]; /* of the request that first had the key */
  uint64_t compare_every;
  bool loud;         /* tell each command */
  char broken[4096]; /* what does not hold; empty while all does */
};

/* The kind of operation by its weight. */
struct storm_op storm_pick(struct rand *rand);
const char *storm_kind_name(uint32_t kind);

void storm_init(struct storm *s, uint64_t compare_every);
void storm_free(struct storm *s);
/* False: something does not hold, s->broken says what. */
bool storm_do(struct storm *s, const struct storm_op *op);
/* Every customer goes; then every session must come to its end. */
bool storm_end(struct storm *s);

/* One command, on all engines, with the laws. For storm_world.c. */
bool storm_run(struct storm *s, struct command *cmd);
struct command storm_command(struct storm *s, enum command_type type,
                             enum role role, uint32_t number);
/* storm_steer.c: what people do to sessions, agents and queues by hand. */
bool storm_supervise(struct storm *s, struct id session);
bool storm_steer_agent(struct storm *s);
bool storm_steer_queue(struct storm *s);
/* storm_beside.c: what agents do beside a conversation. */
bool storm_beside(struct storm *s, struct id session);
/* storm_options.c: members by chance, of a transfer and of a change. */
void storm_transfer_options(struct storm *s, struct record *r);
void storm_wait_options(struct storm *s, struct record *r);
/* Queues, agents, bots, scripts, entry points. */
void storm_furnish(struct storm *s);
/* The nth variant of a thing that is configured again. */
bool storm_reconfigure(struct storm *s, uint64_t variant);
uint32_t storm_entries(void);
const char *storm_entry(uint32_t i);
const char *storm_script(uint32_t i);
uint32_t storm_scripts(void);

#endif
