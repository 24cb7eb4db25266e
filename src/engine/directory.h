/* directory.h - who and what a centre has: skills, queues, agents, bots,
 * scripts, entry points; by number and by name.
 *
 * Built from …_PUT events and from nothing else. Numbers are given in the order
 * of the events and never change; an object that is put again keeps its number.
 * Names are found case-insensitively; ids and names both work.
 *
 * Two kinds of queue make themselves: each skill has one (so that a transfer
 * may name a skill), and each agent (so that a transfer may name an agent).
 */
#ifndef BATON_ENGINE_DIRECTORY_H
#define BATON_ENGINE_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/agent.h"
#include "base/arena.h"
#include "base/json.h"
#include "base/map.h"
#include "engine/config.h"
#include "engine/hours.h"
#include "routing/router.h"
#include "session/session.h"
#include "studio/program.h"

#define DIR_NONE UINT32_MAX

enum {
  DIR_ALIASES_MAX = 16,
  DIR_OWNERS_MAX = 32,
  DIR_ANNOUNCEMENTS_MAX = 8,
  DIR_DISPOSITIONS_MAX = 64
};

/* What a waiting customer is told. */
struct dir_announcement {
  int64_t after_ms, every_ms; /* 0: once */
  struct text text;           /* with words in braces */
};

/* Who put a thing last, or removed it. */
struct dir_origin {
  uint8_t role; /* enum role; NONE and SYSTEM: the configuration */
  bool removed; /* found by no name any more; its number stays */
  int64_t at_us;
  struct text by;
};

struct dir_skill {
  struct dir_origin origin;
  struct text name;
  uint32_t queue; /* the one that makes itself */
  bool listed;    /* put by itself, not only used */
};

struct dir_queue {
  struct dir_origin origin;
  struct text id, name, config;
  const struct text *aliases;
  uint32_t alias_count;
  struct router_queue_params params;
  uint32_t priority;
  int64_t max_wait_ms, offer_ms, wrapup_ms, decline_ms, target_ms;
  struct text hours;         /* a calendar, by name; empty: always */
  struct text overflow;      /* a queue, by name; empty for none */
  const struct text *owners; /* agents, by id */
  uint32_t owner_count;
  const struct dir_announcement *announcements;
  uint32_t announcement_count;
  const struct text *dispositions; /* by id; none: all that there are */
  uint32_t disposition_count;
  bool free_outcome;    /* any other text, too */
  uint8_t pull;         /* enum config_word: PULL_… */
  uint8_t rona;         /* enum agent_rona */
  bool offers;          /* by itself */
  struct text desk;     /* outside, that serves it; empty: agents do */
  int64_t preferred_ms; /* how long a preferred agent has a session alone */
  bool sticky;
  int64_t ring_after_ms[ROUTER_RINGS_MAX]; /* as many as params.ring_count */
  const struct json *rings, *order; /* what they say about agents; or NULL */
  uint32_t skill;                   /* DIR_NONE, or the skill it stands for */
  uint32_t agent;                   /* DIR_NONE, or the agent it stands for */
};

struct dir_agent {
  struct dir_origin origin;
  struct text id, name, config;
  struct agent_limits limits;
  uint32_t queue;    /* the one that makes itself */
  struct text shift; /* a calendar, by name; empty: no plan */
};

struct dir_bot {
  struct dir_origin origin;
  struct text id, name, config;
};

struct dir_script {
  struct text name;
  const struct program *program; /* the newest version; owned by the engine */
  uint64_t hash;
};

struct dir_entry {
  struct dir_origin origin;
  struct text id, name, config;
  uint8_t channel;
  struct text bot, script;             /* the first holder: one of them */
  struct text on_goodbye, on_released; /* scripts, or empty */
  struct text fallback;                /* a queue, or empty: the session ends */
  struct text fallback_message;        /* to a customer whose script failed */
  int64_t invite_ms, silence_ms, drain_ms, idle_ms, grace_ms, customer_ms;
  struct text callbacks; /* a queue, or empty: nobody is called back */
  struct text files; /* types that may be sent, with blanks between; or empty */
  int64_t file_bytes; /* and how large */
  bool keep_cards;    /* card numbers in what is said stay as they are */
};

/* When something is open. */
struct dir_calendar {
  struct dir_origin origin;
  struct text id, name, config;
  struct hours hours;
  struct text zone_name, zone_file; /* TZif; empty is UTC */
  struct tz *zone;                  /* owned; NULL is UTC */
};

/* An outcome that agents choose. */
struct dir_disposition {
  struct dir_origin origin;
  struct text id, name, config;
  bool needs_note;
};

struct directory {
  const struct mem *mem;
  struct arena arena; /* texts; what is put again leaves its old ones here */
  struct dir_skill *skills;
  struct dir_queue *queues;
  struct dir_agent *agents;
  struct dir_bot *bots;
  struct dir_script *scripts;
  struct dir_entry *entries;
  struct dir_calendar *calendars;
  struct dir_disposition *dispositions;
  struct text *away_reasons; /* code AGENT_AWAY_CUSTOM + index */
  uint32_t *posted;          /* queues that name agents, each once */
  size_t posted_count, posted_cap;
  size_t skill_count, queue_count, agent_count, bot_count, script_count,
      entry_count, away_count, calendar_count, disposition_count;
  size_t skill_cap, queue_cap, agent_cap, bot_cap, script_cap, entry_cap,
      away_cap, calendar_cap, disposition_cap;
  size_t removed_counts[CONFIG_OBJECTS];
  struct map by_skill, by_queue, by_agent, by_bot, by_script, by_entry,
      by_calendar, by_disposition;
};

/* @d must not move afterwards: its maps refer to it. */
void directory_init(struct directory *d, const struct mem *mem);
void directory_free(struct directory *d);

/* DIR_NONE if there is none. */
uint32_t directory_skill(const struct directory *d, struct text name);
/* By id, name or alias; not the ones that make themselves. */
uint32_t directory_queue(const struct directory *d, struct text name);
uint32_t directory_agent(const struct directory *d, struct text name);
uint32_t directory_bot(const struct directory *d, struct text name);
uint32_t directory_script(const struct directory *d, struct text name);
uint32_t directory_entry(const struct directory *d, struct text name);
uint32_t directory_calendar(const struct directory *d, struct text name);
uint32_t directory_disposition(const struct directory *d, struct text name);

/* May the outcome of a session that last waited in the queue (DIR_NONE: in
 * none) be any text? */
bool directory_outcome_is_free(const struct directory *d, uint32_t queue);
/* And is this one of those to choose from? */
bool directory_offers_outcome(const struct directory *d, uint32_t queue,
                              uint32_t disposition);

/* When the queue is open at @at_us or next after it: @at_us itself, or later;
 * 0: not within a year. */
int64_t directory_opens_us(const struct directory *d, uint32_t queue,
                           int64_t at_us);

/* The same of any kind. */
uint32_t directory_find(const struct directory *d, enum config_object kind,
                        struct text name);
size_t directory_count(const struct directory *d, enum config_object kind);
struct text directory_id(const struct directory *d, enum config_object kind,
                         uint32_t number);
struct text directory_name(const struct directory *d, enum config_object kind,
                           uint32_t number);
struct text directory_config(const struct directory *d, enum config_object kind,
                             uint32_t number);
const struct dir_origin *directory_origin(const struct directory *d,
                                          enum config_object kind,
                                          uint32_t number);
/* The last one of that id that was removed. */
uint32_t directory_find_removed(const struct directory *d,
                                enum config_object kind, struct text id);
/* Did the API put, or remove, it last? */
bool directory_is_by_hand(const struct dir_origin *o);

/* What kind of thing a transfer's target names. */
enum dir_target_kind {
  DIR_TARGET_ANY, /* as a script writes it: queue, then skill, agent:…, bot:… */
  DIR_TARGET_QUEUE,
  DIR_TARGET_SKILL,
  DIR_TARGET_AGENT,
  DIR_TARGET_BOT,
  DIR_TARGET_CALENDAR /* no target; for directory_nearest() */
};

struct dir_target {
  bool is_bot;
  uint32_t number; /* of the queue or bot */
};

/* False if nothing has the name. */
bool directory_target(const struct directory *d, enum dir_target_kind kind,
                      struct text name, struct dir_target *out);
/* At most @cap names that a person could have meant, nearest first. */
size_t directory_nearest(const struct directory *d, enum dir_target_kind kind,
                         struct text name, struct text *out, size_t cap);

/* The id or name that a person could have meant, among things of the kind (an
 * enum config_object, or CONFIG_SCRIPT; of others none); empty: none is near.
 */
struct text directory_nearest_of(const struct directory *d, uint32_t named,
                                 struct text name);

/* Folding: each returns the number. Texts are copied. @c was checked with
 * config_check(); out of memory is a failed check, since an event is a fact. */
uint32_t directory_put_skill(struct directory *d, struct text name);
uint32_t directory_put_queue(struct directory *d, const struct json *given);
uint32_t directory_put_agent(struct directory *d, const struct json *c);
uint32_t directory_put_bot(struct directory *d, const struct json *c);
uint32_t directory_put_script(struct directory *d, struct text name,
                              const struct program *program);
uint32_t directory_put_entry(struct directory *d, const struct json *c);
/* @zone_file: a TZif file that was read before it became an event. */
uint32_t directory_put_calendar(struct directory *d, const struct json *c,
                                struct text zone, struct text zone_file);
uint32_t directory_put_disposition(struct directory *d, const struct json *c);
/* Who did it; @by is copied. */
void directory_set_origin(struct directory *d, enum config_object kind,
                          uint32_t number, struct dir_origin origin);
/* What it is found by; @aliases of queues. Old texts live on. */
struct dir_names {
  struct text id, name;
  const struct text *aliases;
  uint32_t alias_count;
};
struct dir_names directory_names(const struct directory *d,
                                 enum config_object kind, uint32_t number);
/* Those of @before that it does not have any more are the next one's that has
 * them, or nobody's. */
void directory_give_up(struct directory *d, enum config_object kind,
                       uint32_t number, const struct dir_names *before);
/* It is found by no name any more. */
void directory_remove(struct directory *d, enum config_object kind,
                      uint32_t number);
uint32_t directory_put_away_reason(struct directory *d, struct text reason);
uint32_t directory_away_code(const struct directory *d, struct text reason);
struct text directory_away_text(const struct directory *d, uint32_t code);

/* The seat of the desk outside that serves the queue: the agent of its id.
 * DIR_NONE: there is none. */
uint32_t directory_seat(const struct directory *d, uint32_t queue);
/* Is the queue within its hours? Without a calendar always. */
bool directory_is_open(const struct directory *d, uint32_t queue,
                       int64_t now_us);
/* Does the queue name agents, in a ring or in its order? They are to be put to
 * the router again when it was. */
bool directory_names_agents(const struct directory *d, uint32_t queue);
/* Does the chain of overflows lead from the queue @id, with this overflow, back
 * to it? */
bool directory_overflow_cycles(const struct directory *d, struct text id,
                               struct text overflow);

/* An agent's skills and queues out of its config @c, for the router. Lives in
 * @arena. Skills that are not in the directory yet are left out. */
struct router_agent_params directory_agent_params(const struct directory *d,
                                                  uint32_t agent,
                                                  const struct json *c,
                                                  struct arena *arena);

#endif
