/* host_priv.h - one action of a script under way, shared by the host's files.
 *
 * An action reads its arguments, has a command carried out by the handler that
 * serves REST too, and answers the script at once or puts it to sleep. An
 * answer to a sleeping action is made by host_answer() when it wakes.
 */
#ifndef BATON_ENGINE_HOST_PRIV_H
#define BATON_ENGINE_HOST_PRIV_H

#include "engine/engine_priv.h"

struct form_error;

struct act {
  struct ctx *x;
  uint32_t run, slot; /* the script's own session */
  struct vm *vm;
  struct vm_action action;
};

/* What became of an action. REPLACED: another script goes on, the run is gone.
 */
enum act_result { ACT_ANSWERED, ACT_SLEEPS, ACT_REPLACED };

typedef enum act_result act_fn(const struct act *t);

/* ---- host_act.c: arguments, answers, sleep. Texts live in the step's arena.
 */
struct text act_text(const struct act *t, unsigned i);
struct text act_json(const struct act *t, unsigned i);
/* The member of argument @i, which is a dynamic object. */
struct text act_member_text(const struct act *t, unsigned i, const char *name);
/* What was written to @b, which is freed. */
struct text act_take(const struct act *t, struct textbuf *b);
bool act_has(const struct act *t, unsigned i);
/* The session that argument @i names; the script's own without one. False: *@a
 * says that there is none. */
bool act_find_session(const struct act *t, unsigned i, uint32_t *slot,
                      struct answer *a);
/* False unless argument @i is a number of seconds, a week at most. */
bool act_seconds(const struct act *t, unsigned i, int64_t *us);

/* A JSON object that is written member by member. Begun, it must be taken, or
 * ended as an answer. */
struct act_writer {
  struct textbuf text;
  struct json_out json;
};

void act_writer_begin(const struct act *t, struct act_writer *w);
struct text act_writer_take(const struct act *t, struct act_writer *w);

void act_resume(const struct act *t, struct text json);
/* The answer of an action that was carried out: code, status and message, then
 * what the caller adds. The end gives it to the script. */
void act_answer_begin(const struct act *t, struct act_writer *w, int code,
                      const char *message);
enum act_result act_answer_end(const struct act *t, struct act_writer *w);
enum act_result act_give(const struct act *t, const struct answer *a);
/* The arguments make no command of this type. Said to the script and in the
 * story of its session: the fallback may be all that is seen of it else. */
void act_refuse_form(const struct act *t, enum command_type type,
                     const struct form_error *error, struct answer *a);
enum act_result act_give_simple(const struct act *t, int code,
                                const char *message);
/* The call fails where it stands. */
enum act_result act_fail(const struct act *t, const char *message);
/* Carries out a command about @slot and gives its answer to the script. */
enum act_result act_do(const struct act *t, uint32_t slot,
                       const struct record *args);

/* What a script sleeps for. */
struct nap {
  enum sleep sleep;
  int64_t wake_us;    /* 0: no time */
  uint64_t transfer;  /* SLEEP_TRANSFER */
  uint64_t question;  /* SLEEP_REST, SLEEP_BOT */
  uint32_t status;    /* SLEEP_STATUS */
  uint32_t seen;      /* SLEEP_CUSTOMER; SLEEP_BOT: the bot */
  struct text reason; /* SLEEP_DEBUGGER: why it stands still */
  uint32_t epoch;     /* SLEEP_IDLE: of the hold that is to end */
  uint32_t subject;   /* slot of the session that is waited for; of STATUS,
                         TRANSFER and IDLE */
};

enum act_result act_sleep(const struct act *t, const struct nap *nap);
/* May one more script wait for @slot, which may be another session? */
bool act_may_watch(const struct act *t, uint32_t slot);
/* The session that an action waited for. */
uint32_t act_subject(const struct act *t);
/* When a sleep of @us is over. Time goes on in each, so that no script keeps
 * the engine busy by sleeping. */
int64_t act_wake_us(const struct act *t, int64_t us);

/* ---- host_move.c: transfers and the ends of holds */
act_fn host_transfer;
/* Carries out a transfer of @slot; one that waits for the release is awaited
 * unless it is asynchronous. */
enum act_result host_do_transfer(const struct act *t, const struct record *args,
                                 uint32_t slot);
act_fn host_end_conversation, host_hangup, host_release;
void host_answer_transfer(const struct act *t);
void host_answer_idle(const struct act *t);

/* ---- host_contact.c: how a contact waits */
act_fn host_req_agent, host_update_contact;
/* ReqAgent's arguments as a transfer. False: *@a says what is wrong. */
bool host_read_req_agent(const struct act *t, struct record *args,
                         struct answer *a);

/* ---- host_talk.c: the customer, waiting, and what is known */
act_fn host_say, host_ask, host_menu, host_wait, host_wait_for;
act_fn host_session_info, host_queue_info, host_set_attribute;
act_fn host_set_disposition, host_signal, host_log;
void host_answer_question(const struct act *t);
void host_answer_silence(const struct act *t); /* in time */

/* ---- host_run.c: other scripts */
act_fn host_run_sub, host_run_script, host_spawn;
/* The called script has ended: @t is who called. */
void host_answer_sub(const struct act *t);
/* The run of @t, which was called, is over. */
void host_return(const struct act *t);

/* ---- host_desk.c: the agent's page, files, booked calls */
act_fn host_screen_pop, host_play, host_callback;

/* ---- host_hours.c: calendars */
act_fn host_check_hours;

/* ---- host_bot.c: one turn with a bot */
act_fn host_bot_exchange;
void host_answer_bot(const struct act *t, const char *why);
/* The effect of a turn that was under way when the bot's connection ended. */
void host_ask_again(const struct act *t);
/* The bot's answer, JSON. */
void host_take_turn(const struct act *t, struct text answer);

/* ---- host_rest.c */
act_fn host_rest;
/* The call failed: @why says how. */
void host_answer_rest(const struct act *t, const char *why);
/* The effect of a call that was under way. */
void host_call_again(const struct act *t);

#endif
