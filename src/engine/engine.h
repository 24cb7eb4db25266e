/* engine.h - one routing domain: sessions, bots, agents, queues, scripts.
 *
 * Deterministic and single-threaded: the same commands give the same events,
 * answers and effects to the byte, whoever asks (server, simulator, explorer,
 * `baton run`). It has no clock, no randomness and no I/O; all that it keeps is
 * computed from its events, so folding a journal with engine_apply() restores
 * it exactly.
 *
 *   engine_step(command) -> events + effects + answer
 *                           the shell appends the events as one journal batch
 *                           and lets answer and effects out when it is durable
 *
 * The engine owns everything it keeps. What a step gives is borrowed from the
 * step, which the shell owns, until step_clear().
 */
#ifndef BATON_ENGINE_ENGINE_H
#define BATON_ENGINE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/siphash.h"
#include "base/tz.h"
#include "engine/command.h"
#include "engine/directory.h"
#include "engine/event.h"
#include "engine/record.h"
#include "routing/figures.h"
#include "studio/vm.h"

struct engine;

/* What the types of problems begin with, unless it is said otherwise. */
#define ENGINE_PROBLEM_BASE TEXT("https://baton.invalid/problems/")

struct engine_options {
  struct text centre; /* shown in the problem documents' type; copied */
  struct text
      problem_base; /* "https://…/problems/"; copied; empty: a default */
  /* Random, where strangers send idempotency keys: none of them can choose keys
   * that are slow to look for. What the engine does is the same with any. */
  struct siphash_key hash_key;
};

/* BT_ERR_NOMEM. @mem is borrowed. */
enum bt_err engine_create(const struct mem *mem,
                          const struct engine_options *options,
                          struct engine **out) BT_USE_RESULT;
void engine_free(struct engine *e); /* NULL is fine */

/* ---- one step */

/* An answer as the wire shows it; @body is a JSON document. */
struct answer {
  int code;             /* 200, 201, 202 or that of a refusal */
  enum refusal refusal; /* REFUSAL_NONE if it was carried out or accepted */
  struct text body;
  struct id session;      /* whose; null if none */
  uint32_t version;       /* of the session, for the ETag */
  int64_t retry_after_ms; /* 0 for none */
  bool replayed;          /* the answer of the first request with this key */
  /* A transfer that was accepted and waits: its number, for Prefer: wait. */
  uint64_t waits;
  struct id transfer; /* its resource; null if none */
};

struct step {
  struct arena arena;
  struct record *events; /* in order */
  size_t event_count, event_cap;
  struct record *effects; /* .type is enum effect */
  size_t effect_count, effect_cap;
  struct answer answer;
  uint64_t seq; /* of the batch; 0 if nothing happened */
};

void step_init(struct step *s, const struct mem *mem);
void step_clear(struct step *s); /* keeps the memory */
void step_free(struct step *s);

/* Carries out one command. The step is cleared first. */
void engine_step(struct engine *e, const struct command *cmd, struct step *out);

/* The key under which the answer to @by's request with this Idempotency-Key is
 * kept. A shell that lets a caller wait for a transfer (Prefer: wait) sends
 * COMMAND_KEEP_ANSWER with FIELD_SESSION when the transfer waits no more: its
 * answer is the final one. With FIELD_KEY set to this key, the answer is kept
 * for repeats before it leaves. */
void engine_kept_key(const struct caller *by, struct text key,
                     struct textbuf *out);

/* Is there an answer to @by's request with this key? Then which session it was
 * about, and what it said, good until the next step. */
bool engine_find_kept(const struct engine *e, const struct caller *by,
                      struct text key, struct id *session, struct text *body);

/* The earliest timer; INT64_MAX if none runs. When it is due the shell sends
 * COMMAND_TICK, again while one is due. */
int64_t engine_next_deadline(const struct engine *e);

/* ---- watching scripts run (trace, debugger) */

/* When a run is shown; a trace (studio/trace.h) has a function for each. */
enum engine_moment {
  ENGINE_MOMENT_LOADED, /* it is new, or comes out of its sleep */
  ENGINE_MOMENT_GO_ON,  /* before it goes on: its action may have an answer */
  ENGINE_MOMENT_LINE,   /* before it executes a line */
  ENGINE_MOMENT_ACTION, /* it asks for something */
  ENGINE_MOMENT_END     /* it has ended, or failed */
};

/* A run of a script at one of these moments. All of it is borrowed for the
 * call; @vm shows the variables. */
struct engine_look {
  enum engine_moment moment;
  int64_t at_us;
  int64_t began_us; /* since when its line is under way */
  struct id session;
  struct text script;
  const struct vm *vm;
};
typedef void engine_watch_fn(void *ctx, const struct engine_look *look);

/* Calls @fn at each moment of every script; NULL stops it. It must not call the
 * engine. Without it scripts run at full speed. */
void engine_watch(struct engine *e, engine_watch_fn *fn, void *ctx);

/* The clock of the tenant, by which scripts tell dates. Borrowed; NULL is UTC.
 * No part of the engine's state: what a script made of it is in its events. */
void engine_set_zone(struct engine *e, const struct tz *zone);

/* ---- folding */

/* Applies one event of batch @seq. Texts are copied. */
void engine_apply(struct engine *e, uint64_t seq, const struct record *event);
/* The batch made or folded last. */
uint64_t engine_seq(const struct engine *e);
/* Sessions that ended since the last call, with the batch of their last event,
 * for the journal's index. False when there is none left. */
bool engine_take_finished(struct engine *e, struct id *session,
                          uint64_t *last_seq);

/* The state as records that engine_restore() takes back, for snapshots.
 * @sink returns false to stop (then false is returned). */
typedef bool engine_sink(void *ctx, const struct record *r);
bool engine_save(const struct engine *e, engine_sink *sink, void *ctx);
/* Into a fresh engine, in the order of engine_save. False: the record does not
 * fit (a corrupt snapshot). */
bool engine_restore(struct engine *e, const struct record *r);
void engine_restore_done(struct engine *e, uint64_t seq);

/* ---- looking in; all JSON goes to a writer of the caller's */

const struct directory *engine_directory(const struct engine *e);

/* False if no open (or just ended) session has the id. */
bool engine_find(const struct engine *e, struct id id, uint32_t *slot);
/* May this caller see the session? */
bool engine_may_see(const struct engine *e, uint32_t slot,
                    const struct caller *by);
struct id engine_session_id(const struct engine *e, uint32_t slot);
const struct session *engine_session(const struct engine *e, uint32_t slot);
/* JSON objects, or empty; good until the next step. */
struct text engine_session_attributes(const struct engine *e, uint32_t slot);
/* Who the customer is; as it was given when the session was opened. */
struct text engine_session_customer(const struct engine *e, uint32_t slot);
/* Where it came in: the number of its entry point in the directory. */
uint32_t engine_session_entry(const struct engine *e, uint32_t slot);
/* Who has it, or had it last: a number in the directory, or SESSION_NOBODY. */
uint32_t engine_session_last_agent(const struct engine *e, uint32_t slot);
/* The other session of its consultation; false: there is none. */
bool engine_session_consult(const struct engine *e, uint32_t slot,
                            struct id *out);
/* Is it the one in which a transfer of the other, *@out, waits to be accepted?
 */
bool engine_session_offers(const struct engine *e, uint32_t slot,
                           struct id *out);
/* The same as a member of an object: "consult", or null. */
void engine_write_consult(const struct engine *e, uint32_t slot,
                          struct json_out *o);
/* What its bots want to be told again: a member for each, by id. */
struct text engine_session_kept(const struct engine *e, uint32_t slot);
/* When somebody last spoke in it, or else it began. */
int64_t engine_session_spoken_us(const struct engine *e, uint32_t slot);
/* When its status ends by itself: an offer, a wrap-up, …; 0: never. */
int64_t engine_session_deadline_us(const struct engine *e, uint32_t slot);
/* The batch with its last event, to follow FIELD_PREV from. */
uint64_t engine_session_last_seq(const struct engine *e, uint32_t slot);
/* What stands in the place of what is not kept; people read words for it. */
#define ENGINE_NOT_KEPT TEXT("[not kept]")
/* Is what the customer types now kept nowhere (the recording pauses, or the
 * customer does not agree to it)? */
bool engine_session_is_unkept(const struct engine *e, uint32_t slot);
/* Messages so far: the number of the last one. */
uint32_t engine_message_count(const struct engine *e, uint32_t slot);
/* The number after which the last messages take LIMIT_TOLD_BYTES at most, if
 * they are not all there is after @after; at least one is. */
uint32_t engine_last_messages(const struct engine *e, uint32_t slot,
                              uint32_t after);
/* What people read for whoever has @id in this role: the name of a bot or an
 * agent; else the id itself. Borrowed. */
struct text engine_party_name(const struct engine *e, enum role role,
                              struct text id);
/* Its place in the queue, from 1; 0 if it does not wait. Costs as much as there
 * are sessions before it. */
uint32_t engine_queue_position(const struct engine *e, uint32_t slot);
/* How long it will probably wait yet (flow_priv.h says how that is known); -1
 * if it does not wait, or too few were taken of late to tell. */
int64_t engine_estimated_wait_ms(const struct engine *e, uint32_t slot);
/* The next open session at or after *@slot; false at the end. */
bool engine_next_session(const struct engine *e, uint32_t *slot);
/* Does anything that people know of the session hold @needle: its id, customer,
 * attributes, entry point, reason, note, disposition, agent, queue, or what was
 * said? ASCII letters in either case; an empty text is held by all. */
bool engine_session_holds(const struct engine *e, uint32_t slot,
                          struct text needle);

/* What a session is found by when it is over; its texts are good until the next
 * step. */
struct session_brief {
  struct id id;
  bool is_consult; /* agents among themselves: no customer's */
  int64_t opened_us, ended_us;
  uint32_t messages;
  struct text customer;            /* JSON */
  struct text channel, entry;      /* words, ids */
  struct text queue, agent;        /* the last ones; or empty */
  struct text disposition, reason; /* or empty */
};
void engine_session_brief(const struct engine *e, uint32_t slot,
                          struct session_brief *out);

/* The session as in session.md, with its messages from number
 * @after_message + 1 on. */
#define ENGINE_NO_MESSAGES UINT32_MAX
void engine_write_session(const struct engine *e, uint32_t slot, int64_t now_us,
                          uint32_t after_message, struct json_out *o);
/* False if the session has no such transfer (only the last one is kept). */
bool engine_write_transfer(const struct engine *e, uint32_t slot,
                           struct id transfer, struct json_out *o);
/* For each agent why it would, or would not, be offered the session now; if
 * @only is not empty, for the one with this id or name. */
void engine_write_candidates(const struct engine *e, uint32_t slot,
                             int64_t now_us, struct text only,
                             struct json_out *o);
void engine_write_queue(const struct engine *e, uint32_t queue, int64_t now_us,
                        struct json_out *o);
void engine_write_agent(const struct engine *e, uint32_t agent,
                        struct json_out *o);
/* The figures of a queue, a skill or an agent from the interval of @from_us on:
 * each interval in which something happened, and all of them together. Times
 * are milliseconds, ratios 0 … 1 or null. */
void engine_write_figures(const struct engine *e, struct figures_key key,
                          int64_t from_us, int64_t now_us, struct json_out *o);
/* What an agent may pull, the first first. */
enum { ENGINE_TAKEABLE_MAX = 200 };
struct engine_takeable {
  uint32_t agent;
  uint32_t queue; /* of one queue, or UINT32_MAX: of all */
  uint32_t limit; /* at most ENGINE_TAKEABLE_MAX */
  int64_t now_us;
};
void engine_write_takeable(const struct engine *e,
                           const struct engine_takeable *what,
                           struct json_out *o);
void engine_write_bot(const struct engine *e, uint32_t bot, struct json_out *o);
void engine_write_script(const struct engine *e, uint32_t script, bool source,
                         struct json_out *o);
/* Every text that was published as this script, the newest first; and the text
 * of one of them by its version. False: there is none. */
void engine_write_versions(const struct engine *e, uint32_t script,
                           struct json_out *o);
bool engine_version_source(const struct engine *e, uint32_t script,
                           struct text version, struct text *source);
void engine_write_run(const struct engine *e, uint32_t slot,
                      struct json_out *o);
/* An event as the timeline and the event stream show it. */
void engine_write_event(const struct engine *e, uint64_t seq,
                        const struct record *event, struct json_out *o);

/* A problem document for refusals that the shell finds before the engine is
 * asked (form, rights, limits), or, with a NULL engine, before it is known
 * whose that would be. */
struct engine_problem {
  enum refusal refusal;
  struct text detail;
  struct text pointer;    /* a JSON Pointer, or empty */
  struct text instance;   /* the path that was asked for, or empty */
  int64_t retry_after_ms; /* 0: not said */
};
void engine_write_problem(const struct engine *e,
                          const struct engine_problem *p, struct json_out *o);

struct engine_counts {
  uint32_t sessions[SESSION_STATUSES]; /* open ones, by status */
  uint32_t runs, kept_answers, agents_in, offers;
  uint64_t refusals[REFUSALS]; /* since the start of the process */
  uint64_t events;             /* folded or made */
};
void engine_count(const struct engine *e, struct engine_counts *out);

#endif
