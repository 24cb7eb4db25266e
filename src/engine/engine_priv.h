/* engine_priv.h - the inside of the engine, shared by its files.
 *
 * Deciding (do_*, cmd_*) looks at the state and calls emit(); emit() folds the
 * event at once and puts it into the batch. Nothing else changes the state.
 */
#ifndef BATON_ENGINE_ENGINE_PRIV_H
#define BATON_ENGINE_ENGINE_PRIV_H

#include "agent/offers.h"
#include "base/map.h"
#include "base/timers.h"
#include "engine/beside_priv.h"
#include "engine/engine.h"
#include "engine/flow_priv.h"
#include "engine/live_priv.h"
#include "engine/sleep.h"
#include "routing/figures.h"
#include "routing/router.h"
#include "studio/vm.h"

#define LIMIT(name, value, unit, refusal, doc) LIMIT_##name = (value),
enum engine_limit {
#include "engine/limit.def"
};
#undef LIMIT

enum timer_kind {
  TIMER_STATUS,   /* of a session: owner is its slot */
  TIMER_TRANSFER, /* the waiting transfer of a session */
  TIMER_CUSTOMER, /* a lost customer */
  TIMER_FORGET,   /* a finished session leaves the memory */
  TIMER_RUN,      /* a script's sleep: owner is the run's slot */
  TIMER_AGENT,    /* a lost agent: owner is its number */
  TIMER_REMATCH,  /* an exclusion is over: owner is the session's slot */
  TIMER_WIDEN,    /* more agents may take it: owner is the session's slot */
  TIMER_KEPT,     /* the oldest kept answer is old enough to go */
  TIMER_QUEUE,    /* a pause is over: owner is the queue */
  TIMER_ANNOUNCE  /* a waiting customer is told: owner is the session's slot */
};

/* How long a finished session can still be asked for from memory; and when
 * LIMIT_FINISHED of them are there, so that a flood does not fill it. */
#define FORGET_AFTER_US (60 * INT64_C(1000000))
#define FORGET_SOON_US  INT64_C(1000000)

/* A section that is to start when the run sleeps next. */
struct run_section {
  struct text event, data; /* in the step's arena: they start within the step */
};

/* What a run needs only within one step. */
struct run_step {
  bool reached;                 /* SLEEP_STATUS: the session had the status */
  bool returned;                /* SLEEP_SUB: the other script has ended */
  struct text error;            /* of the other script; empty: it ended well */
  struct text result, globals;  /* what it returned */
  struct run_section *sections; /* that wait, oldest first */
  size_t section_count, section_cap;
  uint32_t sections_begun, scripts_begun; /* against those without an end */
};

struct run {
  uint64_t number;
  uint32_t session; /* slot; SESSION_NOBODY: this run's slot is free */
  uint32_t next;    /* the session's next run, in the order of numbers */
  uint64_t parent;  /* number of the run that waits for it; 0: none */
  bool beside;      /* the session's own script; it was spawned */
  uint32_t script;
  const struct program *program;
  uint8_t sleep; /* enum sleep; NONE without an image: it has not begun */
  int64_t wake_us;
  int64_t slept_us; /* since when it sleeps */
  uint32_t timer;
  uint64_t transfer;     /* SLEEP_TRANSFER */
  uint64_t question;     /* SLEEP_REST, SLEEP_BOT: what an answer must name */
  uint32_t status;       /* SLEEP_STATUS */
  uint32_t seen;         /* SLEEP_CUSTOMER: messages before the question; of
                            SLEEP_BOT the bot */
  uint32_t epoch;        /* SLEEP_IDLE: of the hold that is to end */
  uint32_t watched;      /* the other session that the sleep is about, or
                            SESSION_NOBODY: its own */
  uint32_t next_watcher; /* of that session, in the order of numbers */
  struct text image;     /* owned; what sleeps */
  struct text params;    /* owned; until it begins: JSON, or empty */
  struct text globals; /* owned; values that pass through it: JSON, or empty */
  struct vm *vm;       /* while it runs, within one step */
  struct run_debug *debug; /* as long as .vm, if a debugger watches */
  bool after_end;          /* it does something about the session's end */
  bool overfull;           /* what it was given to begin with does not fit */
  bool foreign;            /* its image is of a version that we cannot read */
  uint64_t step_number;
  struct run_step step; /* of batch step_number: see run_step() */
};

struct kept_answer {
  struct text key; /* owned: caller and key */
  uint64_t hash;   /* of the request */
  int64_t at_us;
  int code;
  struct text body; /* owned */
  struct id session;
  uint32_t version;
};

struct agent_slot {
  struct agent a;
  int64_t declined_until_us; /* the last of what it declined; 0 for nothing */
  int64_t planned_us;        /* up to when the plan is counted; 0: not yet */
  int64_t doing_us;          /* since when it does what it does: see count.c */
  uint32_t first;            /* its sessions: a list through live.link_next */
  uint32_t timer;
};

struct queue_slot {
  struct flow flow;
  bool paused, draining; /* at most one of them */
  int64_t since_us;
  int64_t until_us;   /* it opens again by itself; 0: by hand */
  uint32_t timer;     /* for that */
  struct text reason; /* owned */
};

struct bot_slot {
  uint32_t first;
  bool here; /* has a connection */
};

/* The order in which things of the directory got their numbers. */
struct log_entry {
  uint32_t type, number;
};

struct version {
  struct program *program;
  uint64_t hash;
};

struct engine {
  struct mem mem;
  struct text centre, problem_base; /* owned */
  struct directory dir;
  struct router router;
  struct figures figures;
  struct offers offers;
  struct timers timers;
  struct live **lives; /* by slot; a slot's object stays where it is */
  size_t live_cap, live_used;
  uint32_t *free_slots;
  size_t free_count, free_cap;
  struct map by_id;
  struct agent_slot *agents;
  size_t agent_cap;
  uint32_t *decliners; /* agents whose declined_until_us may be yet to come, by
                          number, so that not all agents are looked at */
  size_t decliner_count, decliner_cap;
  struct bot_slot *bots;
  size_t bot_cap;
  struct run *runs;
  size_t run_cap, run_used, run_count;
  uint32_t run_hint; /* no free slot of a run stands before it */
  struct log_entry *log;
  size_t log_count, log_cap;
  struct version *versions;
  size_t version_count, version_cap;
  struct publication *publications; /* of all scripts, the newest last */
  size_t publication_count, publication_cap;
  struct kept_answer *kept; /* oldest first, a ring */
  size_t kept_first, kept_count, kept_cap;
  struct map kept_by_key;
  struct siphash_key hash_key; /* of that map, whose keys strangers choose */
  struct queue_slot *queues;
  size_t queue_cap, queue_count;
  uint32_t *forgotten; /* slots of finished sessions that may go */
  size_t forgotten_count, forgotten_cap;
  size_t finished_count; /* finished sessions that are in memory */
  uint64_t seq, next_order, next_transfer, next_run, next_question;
  int64_t now_us;
  bool restoring; /* a snapshot is being read: nothing happens */
  struct engine_counts counts;
  uint32_t kept_timer;
  const struct tz *zone; /* of the tenant's clock; borrowed, NULL is UTC */
  engine_watch_fn *watch;
  void *watch_ctx;
};

/* Who has to be looked at before the step is over. */
struct marked {
  uint32_t *numbers; /* in the step's arena */
  size_t count, cap, done;
};

/* One step under way. */
struct ctx {
  struct engine *e;
  struct step *out;
  const struct command *cmd;
  struct caller by; /* who acts: the command's caller, or a script */
  int64_t now_us;
  uint32_t line;    /* of the script that acts; 0 otherwise */
  unsigned ids;     /* made so far in this step */
  int64_t opens_us; /* of the queue that was found shut last; 0: unknown */
  bool a_move;      /* the transfer is asked for as a supervisor's move */
  bool moving; /* a transfer ends the invitation: it alone is what follows */
  struct marked sessions, agents;
};

/* ---- step.c */
struct live *engine_live(const struct engine *e, uint32_t slot);
struct id ctx_new_id(struct ctx *x);
struct arena *ctx_arena(struct ctx *x);
struct text ctx_format(struct ctx *x, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* A fresh event, stamped with time and cause, and with the session's id and
 * place in its chain if @slot is not SESSION_NOBODY. */
void ctx_event(struct ctx *x, struct record *r, uint32_t type, uint32_t slot);
/* Folds it and adds it to the batch. */
void emit(struct ctx *x, const struct record *ev);
struct record *ctx_effect(struct ctx *x, enum effect type);
void mark_session(struct ctx *x, uint32_t slot);
void mark_agent(struct ctx *x, uint32_t agent);
/* Will somebody read the body of a good answer? Scripts do. */
bool ctx_wants_body(const struct ctx *x);
/* Carries out a command for somebody who may, about a session that is there. */
void ctx_do(struct ctx *x, uint32_t slot, const struct record *args,
            struct answer *a);
/* A bot acts under its hold and nothing else: one that wakes up late moves
 * nothing. */
bool ctx_is_fenced(const struct ctx *x, const struct live *l,
                   const struct record *args);

/* ---- session_cmds.c */
/* Room for a session more? False: refused. */
bool open_has_room(struct ctx *x, uint32_t slot, struct answer *a);
/* A new session, whose first holder is invited; a booked call waits in that. */
uint32_t open_session(struct ctx *x, uint32_t entry, uint32_t kind,
                      uint32_t target, const struct record *args);
/* A message of whoever acts: the text, and what else @args have for one. */
void add_message(struct ctx *x, uint32_t slot, const struct record *args);
bool has_room_for_message(const struct live *l);
/* May the caller speak in this session now? */
bool ctx_may_speak(const struct ctx *x, const struct live *l,
                   enum refusal *why);

/* ---- transfer.c */
/* May the caller take the session from an agent or an offer? */
bool ctx_is_privileged(const struct ctx *x, const struct live *l);
/* May the caller end it, as far as roles go? Else *a is the refusal. */
bool ctx_may_end(struct ctx *x, const struct live *l, struct answer *a);

/* ---- door.c: does a queue take sessions now? */

/* NONE, or why not: paused, draining, outside its hours, full (never for who
 * skips the queue). x->opens_us says until when, if that is known. */
enum refusal door_refusal(struct ctx *x, uint32_t queue, bool skip_queue);
/* Such a refusal in a sentence. */
struct text door_detail(struct ctx *x, uint32_t queue, enum refusal why);
/* When it opens, by its calendar and after its pause; @now_us: it is open. 0:
 * nobody knows, or not within a year. */
int64_t door_opens_us(const struct engine *e, uint32_t queue, int64_t now_us);

/* ---- overflow.c */
/* The queue that takes a session over that nobody took, or SESSION_NOBODY. */
uint32_t live_fallback(const struct engine *e, const struct live *l);
/* The first queue of the chain from @queue on (or SESSION_NOBODY) that takes
 * the session; each that does not is an event of its own. None: SESSION_NOBODY,
 * and if there was any, *again_us says when to ask next. */
uint32_t overflow_target(struct ctx *x, uint32_t slot, uint32_t queue,
                         int64_t *again_us);
/* The longest wait, or the time in which somebody could have taken it, is
 * over. */
void overflow_due(struct ctx *x, uint32_t slot, uint32_t visit);
/* The timer runs anew. */
void apply_postponed(struct engine *e, uint32_t slot);

/* ---- announce.c */
/* Until the next announcement to the session, which is in a queue. */
void apply_announce_timer(struct engine *e, uint32_t slot);
void announce_due(struct ctx *x, uint32_t slot);

/* ---- queues.c: paused, drained, open */
void apply_queue_state(struct engine *e, const struct record *ev);
/* The router matches its sessions unless it is paused, or offers nothing. */
void apply_queue_matches(struct engine *e, uint32_t queue);
/* The time of a pause is over. */
void queue_due(struct ctx *x, uint32_t queue);

/* ---- supervise.c */
/* Has the agent room for one more on the session's channel? Else *a says why
 * not. */
bool agent_has_place(struct ctx *x, uint32_t slot, uint32_t agent,
                     struct answer *a);
/* The session, which waits, is the agent's, who has a place for it. */
void agent_claim(struct ctx *x, uint32_t slot, uint32_t agent,
                 const struct record *args);
/* Takes everything in hand from the agent: sessions back to their places,
 * offers back, wrap-ups to their end. */
void agent_strip(struct ctx *x, uint32_t agent, struct text reason);

/* ---- count.c: running figures */

/* What an event is counted for, as it was before the event. */
struct counted {
  struct session s;
  int64_t entered_us, since_us;
};
struct counted counted_of(const struct live *l);
void count_session(struct engine *e, uint32_t slot, const struct record *ev,
                   const struct counted *before);
void count_agent(struct engine *e, uint32_t agent, const struct record *ev,
                 const struct agent *before);
/* Counts the plan of the agent, or of all whose shift is that calendar, up to
 * now: before it changes. */
void count_plan(struct engine *e, uint32_t agent, int64_t now_us);
void count_plans(struct engine *e, uint32_t calendar, int64_t now_us);
/* Adds the part of an interval that the agent's present doing has. */
void count_unfinished(const struct engine *e, uint32_t agent, int64_t now_us,
                      struct figures_interval *i);

/* ---- body.c */
/* Is there all that a command needs, and does it fit together? */
bool body_is_whole(struct ctx *x, const struct record *args, struct answer *a);
/* The member that names a transfer's target; FIELDS if none does. */
enum field body_target_field(const struct record *args);
/* What it says; an example without one. */
struct text body_target(const struct record *args);
/* The skills of a body as needs of @q. False: unknown or too many, answered. */
bool body_skills(struct ctx *x, struct text skills, struct router_request *q,
                 struct answer *a);
/* False: too many ways of ageing wait with the same needs, answered. */
bool body_ageing_fits(struct ctx *x, const struct own_ageing *own,
                      const struct router_request *q, struct answer *a);
/* As it is in force: the session's own, or the queue's. */
void live_view_ageing(const struct live *l,
                      const struct router_queue_params *queue,
                      struct json_out *o);

/* ---- apply.c */
/* Tells the router how the agent is now. */
void apply_agent_state(struct engine *e, uint32_t agent);
/* Everything that hangs on a session besides its own value: place, timers,
 * lists. For engine_apply and engine_restore. */
void apply_session_move(struct engine *e, uint32_t slot, uint32_t type,
                        const struct session *before);
uint32_t apply_new_slot(struct engine *e, struct id id);
void apply_config(struct engine *e, const struct record *ev);
/* A session that is finished and reported leaves. */
void apply_forget(struct engine *e, uint32_t slot);
uint32_t apply_start_timer(struct engine *e, enum timer_kind kind,
                           uint32_t owner, uint32_t visit, int64_t deadline_us);
/* Until the next ring, or the end of the preference. */
void apply_widen_timer(struct engine *e, uint32_t slot);
/* When that is; INT64_MAX: never. The session is in a queue. */
int64_t live_widens_at(const struct engine *e, const struct live *l);
void apply_excluded(struct engine *e, uint32_t slot, const struct record *ev);
/* Until the next of those who declined may be asked again. */
void apply_rematch_timer(struct engine *e, uint32_t slot, int64_t now_us);

/* ---- moves.c: transitions of sessions and all that hangs on them */
/* False: refused, *why says how; nothing happened. @extra (or NULL) holds
 * further fields of the event. */
bool do_session(struct ctx *x, uint32_t slot, const struct session_cmd *cmd,
                const struct record *extra, enum refusal *why);
/* The same where a refusal only means that the command came too late. */
void do_session_late(struct ctx *x, uint32_t slot,
                     const struct session_cmd *cmd, const struct record *extra);
bool do_agent(struct ctx *x, uint32_t agent, struct agent_cmd cmd,
              enum agent_refusal *why);
/* Somebody else is gone: who declined a session may be the only one now. */
void mark_decliners(struct ctx *x);
/* Everybody of the queue who can be served now. */
void rematch_queue(struct ctx *x, uint32_t queue);
/* More agents may take the session now. */
void widen(struct ctx *x, uint32_t slot);
/* Offers to whoever can take; then lets scripts see what they wait for. */
void settle(struct ctx *x);
/* How long the timer runs for a session of this entry point and queue. */
int64_t engine_timer_ms(const struct engine *e, uint32_t entry, uint32_t queue,
                        enum session_timer timer);
/* It has ended, and the customer did that. */
bool live_customer_left(const struct live *l);
/* What a session that is queued already keeps in the new place. */
enum keep {
  KEEP_NOTHING,
  KEEP_CLOCK, /* in an overflow: it has waited already */
  KEEP_PLACE  /* asked for the queue in which it waits */
};
/* What a QUEUED event carries. */
struct place {
  uint32_t queue;
  uint32_t priority;
  bool prefers; /* an agent, for so long */
  uint32_t preferred;
  int64_t prefer_ms;
  bool skip_queue;
  struct own_ageing ageing;
  enum keep keep;
  struct text skills, reason, note;
};
void put_place(struct ctx *x, uint32_t slot, const struct place *p,
               struct record *extra);

/* "No queue is called 'x'. Did you mean 'y'?" (references.c) */
struct text absent_detail(struct ctx *x, uint32_t named, struct text name);
/* ---- problem.c: answers */
/* A no, and why in a sentence. */
struct refused {
  enum refusal why;
  struct text detail;
};
void answer_refuse(struct ctx *x, uint32_t slot, enum refusal why,
                   struct text detail, struct answer *a);
/* In the words that are usual for it (refusal_detail()). Of a session that is
 * over, no queue, agent or offer is said to be missing, but that it is over. */
void answer_refuse_usual(struct ctx *x, uint32_t slot, enum refusal usual,
                         struct answer *a);
/* And it is put into the session's timeline: a bot that wakes up late, an agent
 * whose offer is gone. */
void answer_refuse_told(struct ctx *x, uint32_t slot, enum refusal why,
                        struct text detail, struct answer *a);
/* With the members that a refused transfer has: its target and options. */
void answer_refuse_transfer(struct ctx *x, uint32_t slot,
                            const struct refused *no, const struct record *args,
                            struct answer *a);
void answer_member(struct ctx *x, enum refusal why, const char *pointer,
                   struct text detail, struct answer *a);
void answer_session(struct ctx *x, uint32_t slot, int code, const char *message,
                    struct answer *a);
void answer_transfer(struct ctx *x, uint32_t slot, int code,
                     const char *message, struct answer *a);
/* What became of the last transfer, which waited; @args as it was asked. */
void answer_outcome(struct ctx *x, uint32_t slot, const struct record *args,
                    struct answer *a);
/* 200 or 201 with the whole session. */
void answer_view(struct ctx *x, uint32_t slot, int code, struct answer *a);
/* Members code, status and message of a good answer. */
void answer_put_good(struct json_out *o, int code, const char *message);
/* 201 with the number of the message that was just said. */
void answer_said(struct ctx *x, uint32_t slot, struct answer *a);
struct text refusal_detail(struct ctx *x, uint32_t slot, enum refusal why);
int64_t refusal_retry_ms(const struct ctx *x, uint32_t slot, enum refusal why);
struct text live_actor_name(const struct engine *e, uint32_t role,
                            uint32_t number);

/* ---- view.c */
void view_put_holder(const struct engine *e, const struct live *l,
                     struct json_out *o);
/* The id of a holder; empty if there is none. */
struct text view_holder_name(const struct engine *e, uint32_t kind,
                             uint32_t number);
/* The members of a queue. */
void view_put_queue(const struct engine *e, uint32_t queue, int64_t now_us,
                    struct json_out *o);
/* The last transfer of the session, as a value. */
void view_put_transfer(const struct engine *e, uint32_t slot,
                       struct json_out *o);

/* ---- the commands: one handler a row of command.def. @slot is the session's,
 * or SESSION_NOBODY for a command about the domain. */
typedef void cmd_handler(struct ctx *x, uint32_t slot,
                         const struct record *args, struct answer *a);
cmd_handler cmd_open, cmd_customer, cmd_leave, cmd_say, cmd_end;
cmd_handler cmd_accept_invite, cmd_goodbye, cmd_bot_closed;
cmd_handler cmd_transfer, cmd_cancel, cmd_release, cmd_hangup;
cmd_handler cmd_attributes, cmd_keep_bot, cmd_disposition, cmd_reprioritise;
cmd_handler cmd_move, cmd_assign, cmd_requeue, cmd_withdraw_offer;
cmd_handler cmd_listen, cmd_stop_listening, cmd_whisper, cmd_barge;
cmd_handler cmd_note, cmd_hold, cmd_resume;
cmd_handler cmd_pause_recording, cmd_resume_recording, cmd_consent;
cmd_handler cmd_consult, cmd_merge_consult, cmd_complete_consult,
    cmd_end_consult;
cmd_handler cmd_pull, cmd_pull_next;
cmd_handler cmd_accept_offer, cmd_decline_offer, cmd_complete;
cmd_handler cmd_agent_joined, cmd_agent_dropped, cmd_agent_state;
cmd_handler cmd_bot_joined, cmd_bot_dropped, cmd_note_bot;
cmd_handler cmd_pause_queue, cmd_drain_queue, cmd_open_queue;
cmd_handler cmd_put, cmd_put_script, cmd_remove;
cmd_handler cmd_run_script, cmd_stop_script, cmd_rest_reply, cmd_bot_reply,
    cmd_signal, cmd_book_call;
cmd_handler cmd_debug, cmd_debug_off, cmd_debug_step, cmd_debug_change;
cmd_handler cmd_keep_answer, cmd_tick, cmd_recovered;

/* All agents' sessions and machine when its grace is over, or it logs out. */
void agent_give_up(struct ctx *x, uint32_t agent);

/* ---- kept.c: idempotency keys */
map_same_fn kept_same;
/* True: *a is the first answer, or the refusal of another body. */
bool kept_find(struct ctx *x, const struct record *args, struct answer *a);
/* Keeps the answer if the request has a key, and was as it should be. */
void kept_put(struct ctx *x, const struct record *args, const struct answer *a);
void kept_apply(struct engine *e, const struct record *ev);
void kept_forget(struct engine *e, int64_t now_us);

/* ---- runs.c: the runs of a session, folded from its events */
void run_apply(struct engine *e, const struct record *ev);
void run_free(struct engine *e, uint32_t run);
/* The run's sleep is about another session, which tells it of its changes;
 * SESSION_NOBODY: about its own. */
void run_watch(struct engine *e, uint32_t run, uint32_t slot);
void run_unwatch(struct engine *e, uint32_t run);
/* The session that the run's sleep is about. */
uint32_t run_subject(const struct run *r);
/* The session's own script: neither spawned nor called; NULL if none runs. */
struct run *engine_run(const struct engine *e, const struct live *l);
/* The session's first run with a number above @number; SESSION_NOBODY if there
 * is none. */
uint32_t run_after(const struct engine *e, const struct live *l,
                   uint64_t number);
/* The session's run with this number, and the run that it called, or
 * SESSION_NOBODY. */
uint32_t run_find(const struct engine *e, const struct live *l,
                  uint64_t number);
uint32_t run_called_by(const struct engine *e, const struct live *l,
                       uint64_t number);
/* The VM of a run that sleeps, or has not begun. */
void run_load(struct engine *e, struct run *r);
/* Its VM goes, with all that hangs on it. */
void run_unload(struct engine *e, struct run *r);
/* A run that sleeps, to look at; the caller frees it. */
struct vm *run_copy(const struct engine *e, const struct run *r);
/* A run that stood still in a debugger goes on. */
void script_go_on(struct ctx *x, uint32_t run);
bool run_has_begun(const struct run *r);
const struct program *engine_program(const struct engine *e, uint64_t hash);
/* The version of a script with this source, which is kept as long as the
 * engine; NULL if it does not compile. */
const struct program *engine_version(struct engine *e, struct text name,
                                     struct text source);

/* ---- scripts.c, host.c: what runs do */
struct run_start {
  uint32_t script;
  uint64_t parent;      /* who waits for it; 0: nobody */
  bool beside, spawned; /* the session's own script; it counts as spawned */
  struct text params, globals; /* JSON objects, or empty */
};
/* It begins when the step settles. Its number is the answer. */
uint64_t script_start(struct ctx *x, uint32_t slot, const struct run_start *s);
/* The session's own script; @holds: as the holder of the session. */
void script_begin(struct ctx *x, uint32_t slot, uint32_t script, bool holds);
/* Something happened to the session that a section may want to know. False:
 * as many wait as may. */
bool script_event(struct ctx *x, uint32_t slot, const char *event,
                  struct text data);
bool script_hears(const struct ctx *x, uint32_t slot, const char *event);
/* A transition of the session, for the sections of its scripts. */
struct happened {
  uint32_t event; /* of the session's table */
  const struct session *before;
  struct text reason; /* in the step's arena; or empty */
};
void script_tell(struct ctx *x, uint32_t slot, const struct happened *h);
/* The customer, gone since @dropped_us, is back. */
void script_tell_returned(struct ctx *x, uint32_t slot, int64_t dropped_us);
/* Is what the session's runs wait for there? Then they go on. */
void script_poll(struct ctx *x, uint32_t slot);
void script_timer(struct ctx *x, uint32_t run);
/* Ends all runs of the session. */
void script_stop(struct ctx *x, uint32_t slot, const char *why);
/* Ends one run, whose VM is at hand; who called it goes on. */
void script_finish(struct ctx *x, uint32_t run, const char *why);
/* It returns to who called it, with these global variables (JSON). */
void script_return(struct ctx *x, uint32_t run, struct text globals);
/* Another script takes its place, and what it holds. */
void script_end_replaced(struct ctx *x, uint32_t run);
/* Ends the runs that this one called. */
void script_end_called(struct ctx *x, uint32_t slot, uint64_t number,
                       const char *why);
/* The session was in the script's hands: now in nobody's. */
void script_give_up(struct ctx *x, uint32_t slot);
/* The session entered a status: is it the one that a script waits for? */
void script_status(struct ctx *x, uint32_t slot);
/* After a restart: a REST call that was under way is made again. */
void script_recover(struct ctx *x, uint32_t slot);
/* The bot is connected again: turns that it was asked for are asked again. */
void script_bot_back(struct ctx *x, uint32_t bot);
/* The run ends, and who called it, or the entry point's fallback, goes on. */
void script_failed(struct ctx *x, uint32_t run, const struct vm_failure *f);
/* What the run has of this step; cleared when it is another one. */
struct run_step *run_step(struct ctx *x, struct run *r);
/* Runs the VM until it sleeps, ends or fails. The run may be gone after it. */
void host_go(struct ctx *x, uint32_t run);
/* Shows the run to whoever watches scripts. */
void host_show(struct ctx *x, uint32_t run, enum engine_moment moment);
/* Answers the action for which the run slept; @late: its time is over. */
void host_answer(struct ctx *x, uint32_t run, enum sleep sleep, bool late);
/* The customer's first message after the question, or NULL. */
const struct message *host_customer_answer(const struct live *l,
                                           const struct run *r);
/* Gives a bot's turn (JSON) to the script that waits for it. */
void host_turn(struct ctx *x, uint32_t run, struct text answer);
/* Gives the reply (of a REST_REPLY command) to the script that waits for it. */
void host_take_reply(struct ctx *x, uint32_t run, const struct record *reply);
/* What it asked, and sleeps for, is asked again: the REST call, the bot's turn.
 */
void host_question(struct ctx *x, uint32_t run);

#endif
