/* centre.h - an engine with a small centre, driven by hand: what unit tests and
 * explorers of the engine share. Time goes on only when they say so. */
#ifndef BATON_TESTS_CENTRE_H
#define BATON_TESTS_CENTRE_H

#include "engine/engine.h"
#include "support.h"

struct centre {
  struct test_mem tm;
  struct engine *e;
  struct step step; /* of the last command */
  int64_t now_us;
  uint64_t entropy;
  struct id session; /* opened last */
  /* Called with each step that has events, if set: to keep a journal. */
  void (*on_step)(void *ctx, const struct step *step);
  void *ctx;
};

/* An engine with queue "support" (needs no skill), skill "AgentSkill", agents
 * "anna" and "bert" (AgentSkill, chat 1), bot "cognigy", script "forum" out of
 * @script (NULL: none) and entry point "main": bot, then the script at the
 * goodbye; fallback "support". */
void centre_init(struct centre *c, const char *script);
void centre_free(struct centre *c);

/* Configures a thing, or publishes a script; it must be taken. */
void centre_put(struct centre *c, enum command_type type, const char *config);
void centre_put_script(struct centre *c, const char *name, const char *source);

/* A command to be filled by hand, and to be carried out. */
struct command centre_command(struct centre *c, enum command_type type,
                              enum role role, uint32_t number);
void centre_run(struct centre *c, const struct command *cmd);

/* One command; the answer is centre.step.answer. @json: its body, or NULL. */
void centre_do(struct centre *c, enum command_type type, enum role role,
               uint32_t number, const char *json);
/* The same about the session opened last, with the epoch of a hold. */
void centre_bot(struct centre *c, enum command_type type, const char *json);
void centre_agent(struct centre *c, const char *agent, enum command_type type,
                  const char *json);
/* The agent's desk is connected, and it takes offers. */
void centre_ready(struct centre *c, const char *agent);
/* What the connections of an agent, a bot or the customer do. */
void centre_connection(struct centre *c, enum command_type type,
                       const char *agent);
/* A supervisor's transfer of the session opened last. */
void centre_transfer(struct centre *c, const char *json);
/* What a supervisor does to it otherwise. */
void centre_supervise(struct centre *c, enum command_type type,
                      const char *json);
/* A session whose bot is gone, transferred: it must be taken. */
void centre_queue(struct centre *c, const char *transfer);
/* The engine is replaced by the one that its snapshot gives, which must be the
 * same. */
void centre_restart(struct centre *c);
uint32_t centre_number(const struct centre *c, const char *agent);
void centre_open(struct centre *c);
/* A bot attached and, if @goodbye, has said goodbye. */
void centre_open_with_bot(struct centre *c, bool goodbye);
/* A centre whose entry point's script @script holds the session that is opened.
 */
void centre_init_held(struct centre *c, const char *script);
/* What happens to such a session, or beside a bot. */
void centre_bot_closes(struct centre *c);
void centre_signal(struct centre *c, const char *json);
/* What scripts wrote in the last step, line by line; until the next call. */
const char *centre_lines(const struct centre *c);
/* One tick, @ms later, however many timers were due before. */
void centre_tick_after(struct centre *c, int64_t ms);
/* Lets @ms pass, firing every timer on its way. */
void centre_wait(struct centre *c, int64_t ms);

/* Saves and loads: the engine is then the one that a snapshot makes. */
void centre_reload(struct centre *c);

const struct session *centre_session(const struct centre *c);
enum session_status centre_status(const struct centre *c);
/* The first event of this type in the last step, or NULL. */
const struct record *centre_event(const struct centre *c, uint32_t type);
/* Number of events of this type in the last step. */
unsigned centre_count(const struct centre *c, uint32_t type);
/* Does the last answer's body contain the text? */
bool centre_says(const struct centre *c, const char *text);
/* Does the session's resource? */
bool centre_shows(struct centre *c, const char *text);

#endif
