/* world.h - one simulated centre while it is played, shared by its files. */
#ifndef BATON_SIM_WORLD_H
#define BATON_SIM_WORLD_H

#include "base/map.h"
#include "base/rand.h"
#include "disk.h"
#include "domain/domain.h"
#include "laws.h"
#include "sim.h"
#include "support.h"

#define SECOND INT64_C(1000000)

enum {
  SIM_CUSTOMERS = 160,
  SIM_LEGS = 512,
  SIM_AGENTS = 6,
  SIM_BOTS = 2,
  SIM_QUEUES = 3,
  SIM_CAPACITY = 2, /* of an agent, on every channel */
  SIM_KEYS = 64,    /* requests with a key, of one customer */
  SIM_TEXTS = 64,   /* messages of a session whose words are known */
  SIM_TICKETS = 20000,
  SIM_NOBODY = -1
};

#define HABIT(name, weight, doc) CUSTOMER_##name,
#define CUSTOMER                 HABIT
enum customer_habit {
#include "habit.def"
  CUSTOMER_HABITS
};
#undef CUSTOMER
#undef HABIT
#define HABIT(name, weight, doc) BOT_##name,
#define BOT                      HABIT
enum bot_habit {
#include "habit.def"
  BOT_HABITS
};
#undef BOT
#undef HABIT

enum party {
  PARTY_CUSTOMER,
  PARTY_BOT, /* .who is a leg */
  PARTY_AGENT,
  PARTY_OFFICE, /* supervisors and REST callers */
  PARTY_SERVER  /* what its own sockets tell it */
};

/* A command on its way, and its answer on the way back. */
struct letter {
  uint32_t type; /* enum command_type */
  enum party party;
  uint32_t who;
  uint64_t life; /* of the customer or leg that wrote it; 0: nobody's */
  struct id session;
  uint32_t epoch;
  int64_t offer;
  uint32_t key;  /* 0: none */
  uint32_t word; /* which text, target, state */
  uint32_t code; /* of the answer */
};

struct world;
struct line;
struct shell;
struct plan;
typedef void plan_fn(struct world *w, const struct plan *p);

struct plan {
  int64_t at_us;
  uint64_t order;
  plan_fn *fn;
  struct letter letter;
  uint32_t link, process; /* 0: it needs no connection, no process */
};

/* A connection: whatever was sent over an earlier one is lost. */
struct peer;

struct link {
  bool up;
  uint32_t number;        /* from 1 */
  struct peer *peer;      /* its socket, where wires are bytes; or NULL */
  int64_t up_us, down_us; /* when the last frame arrives: frames keep order */
};

struct customer {
  bool used, here, goes;
  uint64_t life;
  enum customer_habit habit;
  struct rand rand;
  struct link link;
  struct id session;
  uint32_t keys;              /* used so far */
  uint64_t answered;          /* bit by key */
  uint64_t hash[SIM_KEYS];    /* of the first answer to the key */
  uint64_t promised, written; /* bit by key: answered 200; seen as an event */
  char token[128];
};

/* A bot's part in one session. */
struct bot_part {
  bool used, attached, done;
  uint64_t life;
  uint32_t bot, epoch, said;
  uint32_t over_link; /* its bot's line on which its part was over */
  enum bot_habit habit;
  struct rand rand;
  struct id session;
};

struct bot_person {
  struct link link;
  struct rand rand;
  bool dead;
};

struct agent_person {
  struct link link;
  struct rand rand;
};

struct ticket {
  struct world *world;
  bool used;
  bool stale; /* of a bot whose hold was over when it arrived */
  struct letter letter;
  uint32_t link, process;
};

/* What the world was told of an open session. */
struct watch {
  bool used;
  struct id id;
  uint32_t status, holder, holder_number, epoch, version, agent, messages;
  int64_t since_us, entered_us;
  int64_t order, priority;
  bool away, gone, in_queue;
  uint64_t texts[SIM_TEXTS]; /* of its messages, by number: hashes */
};

/* A session of which anything was let out, for good. */
struct known {
  struct id id;
  uint32_t version; /* that whoever followed every event knows */
};

struct office_answer {
  uint32_t key;
  uint64_t hash;
};
enum { OFFICE_KEYS = 4096 };

struct world {
  const struct sim_options *options;
  struct sim_result *result;
  struct disk disk;
  struct domain *domain; /* NULL while there is no process */
  struct shell *shell;   /* its sockets; NULL where wires are frames */
  uint32_t process;
  int64_t start_us, now_us, tick_again_us;
  struct rand rand; /* wires, ids */
  uint64_t entropy, orders, lives, steps;
  bool healing, ended, restarting, in_step;
  bool cutting;        /* lines are reset, not left */
  bool dies_in_answer; /* with the next bytes that the server sends */
  struct plan *plans;  /* earliest first: a heap */
  size_t plan_count, plan_cap;
  struct customer customers[SIM_CUSTOMERS];
  struct bot_part legs[SIM_LEGS];
  struct bot_person bots[SIM_BOTS];
  struct agent_person agents[SIM_AGENTS];
  struct rand office;
  uint32_t office_keys;
  struct office_answer kept[OFFICE_KEYS];
  int64_t fault_until_us[SIM_FAULTS];
  struct line **lines;
  size_t line_cap;
  uint32_t line_count;
  uint32_t *backlog; /* lines that wait to be accepted */
  size_t backlog_cap;
  uint32_t backlog_count;
  struct peer *peers;
  struct ticket tickets[SIM_TICKETS];
  uint32_t free_tickets[SIM_TICKETS], free_count;
  /* the checks */
  struct laws laws;
  struct watch *watches;
  size_t watch_count, watch_cap;
  struct map watch_by_id;
  struct known *known;
  size_t known_count, known_cap;
  struct map known_by_id;
  uint64_t let_out;    /* the last batch that anybody heard of */
  uint64_t reading;    /* the batch that is read after a restart */
  struct engine *fold; /* of the journal from its first batch */
  uint64_t folded;
  int64_t calm_us; /* since when process and disk have worked */
  int64_t scanned_us;
};

/* ---- world.c */

int64_t world_below(struct rand *r, int64_t bound_us);
/* Exponential, with this mean, at most eight times as long. */
int64_t world_about(struct rand *r, int64_t mean_us);
bool world_one_in(struct rand *r, uint64_t n);
uint32_t world_pick(struct rand *r, const uint32_t *weights, uint32_t count);
bool world_fault(const struct world *w, enum sim_fault fault);
void world_plan(struct world *w, int64_t after_us, const struct plan *p);
void world_plan_letter(struct world *w, int64_t after_us, plan_fn *fn,
                       const struct letter *l);
/* Carries out a command now; false: the server takes none. */
bool world_submit(struct world *w, struct command *cmd, domain_answer_fn *fn,
                  void *ctx);
/* The server's timers: when the next is due, and what it does then. */
int64_t world_next_tick_us(const struct world *w);
void world_tick(struct world *w);
struct command world_command(struct world *w, enum command_type type,
                             enum role role, uint32_t number, struct text name);
/* What the server does by itself, without an answer. */
void world_system(struct world *w, enum command_type type, struct id session,
                  enum field field, int64_t number);
void world_tell(struct world *w, struct id session, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- server.c: the process */

void server_start(struct world *w);
/* In order and at once, whatever is open. */
void server_end(struct world *w);
void server_crash(struct world *w);
void server_stop(struct world *w);
void server_furnish(struct world *w);
const char *server_script(struct text name);

/* ---- wire.c */

void wire_send(struct world *w, const struct letter *l);
/* A frame to somebody: @fn when it arrives over this very connection. */
void wire_deliver(struct world *w, plan_fn *fn, const struct letter *l);
void wire_part(struct world *w, enum party party, uint32_t who);
/* A new connection; false: there is no process to connect to. */
bool wire_join(struct world *w, const struct letter *l);
/* What its own sockets tell the server; where wires are bytes they do. */
void wire_notice(struct world *w, enum command_type type, struct id session,
                 enum field field, int64_t number);
struct link *wire_link(struct world *w, const struct letter *l);
int64_t wire_delay_us(struct world *w);
/* What numbers stand for. */
const char *wire_text(uint32_t word);
const char *wire_target(uint32_t word); /* as a member of JSON */
const char *wire_state(uint32_t word);
const char *wire_entry(uint32_t word);
const char *wire_queue(uint32_t word);
/* Has what was sent arrived? Else its writer or its line is gone. */
bool wire_stands(struct world *w, const struct plan *p);

/* ---- speak.c: the same as bytes */

void speak(struct world *w, const struct letter *l, struct link *link);
/* Reads about the session of @l: word says what. */
void speak_look(struct world *w, const struct letter *l);
void speak_dial(struct world *w, const struct letter *l, struct link *link);

/* ---- people */

void customers_arrive(struct world *w, uint64_t seed);
void customers_hear_answer(struct world *w, const struct letter *l);
void customers_hear_end(struct world *w, struct id session);
void customers_lose_link(struct world *w, uint32_t who);
void customers_go(struct world *w);
struct customer *customers_find(struct world *w, struct id session);
bool customers_are(const struct world *w, const struct letter *l);

void bots_begin(struct world *w);
void bots_hear_effect(struct world *w, const struct record *fx);
void bots_hear_event(struct world *w, const struct record *ev);
void bots_lose_link(struct world *w, uint32_t number);
void bots_die(struct world *w, uint32_t number, int64_t for_us);
bool bots_are(const struct world *w, const struct letter *l);
const char *bots_id(uint32_t number);
void bots_hear_invitation(struct world *w, const struct letter *l,
                          bool resumed);
void bots_hear_accepted(struct world *w, uint32_t leg, uint64_t life);
/* Is its part over, and has the server heard of that on this very line, before
 * what is said on it now? Nor has the bot another part in the session. */
bool bots_are_over(struct world *w, const struct letter *l);
void bots_hear_release(struct world *w, uint32_t number, struct id session);

void agents_begin(struct world *w);
void agents_hear_event(struct world *w, const struct record *ev);
enum agent_news {
  AGENT_NOTHING,
  AGENT_OFFERED,
  AGENT_CONNECTED,
  AGENT_WRAPPING
};
void agents_hear(struct world *w, const struct letter *l, enum agent_news news);
void agents_hear_open(struct world *w, uint32_t agent);
void agents_lose_link(struct world *w, uint32_t agent, int64_t for_us);
const char *agents_id(uint32_t agent);

void office_begin(struct world *w);
/* A transfer of the office waits, at this path. */
void office_hear_pending(struct world *w, const struct letter *l,
                         struct text path);
void office_pause(struct world *w, int64_t for_us);

/* ---- faults.c */

struct unit {
  int64_t at_us;
  uint64_t seed;
  int32_t fault; /* SIM_NOBODY: a customer */
};
bool faults_need_bytes(enum sim_fault fault);
void faults_begin(struct world *w);
/* An answer is on its way from the server. */
void faults_see_answer(struct world *w);
void faults_strike(struct world *w, const struct unit *u);
void faults_heal(struct world *w);

/* ---- the checks */

__attribute__((format(printf, 4, 5))) void check_break(struct world *w,
                                                       enum sim_check check,
                                                       struct id session,
                                                       const char *format, ...);
void check_begin(struct world *w);
void check_end(struct world *w);
void check_before(struct world *w, const struct command *cmd);
void check_step(struct world *w, const struct command *cmd);
void check_event(struct world *w, uint64_t seq, const struct record *ev);
/* @hash: of what was answered. @stale: a bot wrote it whose hold was over. */
void check_answer(struct world *w, const struct letter *l, int code,
                  uint64_t hash, bool stale);
void check_time(struct world *w);
void check_crashed(struct world *w);
void check_restarted(struct world *w);
void check_healed(struct world *w);

/* ---- planted.c, or nothing: faults on purpose */

bool plant_is(const struct world *w, enum sim_plant plant);
/* What the api asks for, with the fault in it. */
void plant_command(struct world *w, struct command *cmd);

#endif
