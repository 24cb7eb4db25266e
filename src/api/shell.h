/* shell.h - what the api offers to modules that serve sockets of their own.
 */
#ifndef BATON_API_SHELL_H
#define BATON_API_SHELL_H

#include "api/api.h"
#include "api/auth.h"
#include "api/topic.h"
#include "base/json.h"

const struct mem *api_mem(const struct api *api);
struct domain *api_domain(const struct api *api);
const struct engine *api_engine(const struct api *api);
struct topics *api_topics(struct api *api);
/* The server that was attached; NULL before. */
struct http_server *api_server(const struct api *api);
void api_random(struct api *api, void *out, size_t len);
/* Microseconds since 1970, from the api's clock. */
int64_t api_unix_us(struct api *api);

/* Random bytes, from the api's source of them. */
void api_fill_random(struct api *api, void *out, size_t len);
/* One more request of @by, as requests of /api/v1 count. False: too often; the
 * sentence for a refusal, and when to come again. */
bool api_within_rate(struct api *api, const struct caller *by, char why[160],
                     int64_t *retry_after_ms);

/* How far the rights of somebody go whom another module has let in, by role and
 * name as teams and grants know them. Masks of teams: of a supervisor's own 0
 * is everything; of a thing, none. */
uint64_t api_teams_led(const struct api *api, const struct caller *by);
uint64_t api_teams_of_queue(struct api *api, uint32_t queue);
uint64_t api_teams_of_agent(struct api *api, uint32_t agent);
uint64_t api_teams_of_slot(struct api *api, uint32_t slot);
/* Of a session that goes on, or has left the engine, by its id as a text.
 * False: nobody knows it. */
bool api_teams_of_session(struct api *api, struct text id, uint64_t *mask);
/* Appends "sales, support", or "no team". */
void api_write_teams(const struct api *api, uint64_t mask, struct textbuf *out);
/* May it read what people said? */
bool api_reads_content(struct api *api, const struct caller *by);

/* Fills in time and entropy and submits. */
void api_submit(struct api *api, struct command *cmd, domain_answer_fn *fn,
                void *ctx);
/* The same for somebody whose connection is gone: not when it was we who closed
 * it, to stop. */
void api_submit_gone(struct api *api, struct command *cmd);
/* A command without arguments, from the server itself. */
struct command api_own_command(enum command_type type);
/* The members of the object @kept stay with the session, so that the next
 * process finds them: engine_session_kept(). Nothing if it is forgotten. */
void api_keep(struct api *api, struct id session, struct text kept);

/* ---- sockets */

struct socket;
struct call;

/* A frame that came in: an object with a "type". Borrowed for the call. */
struct frame {
  const struct json *tree;
  struct text type;
  struct text id;    /* "id" as it was written (JSON), or empty */
  struct text bytes; /* the whole frame */
  struct arena *arena;
};

struct socket_ops {
  void (*on_frame)(struct socket *s, const struct frame *f);
  /* The last call: the owner frees itself. */
  void (*on_closed)(struct socket *s);
};

/* One WebSocket of ours; the first member of its owner's struct. */
struct socket {
  struct api *api;
  const struct socket_ops *ops;
  struct socket *next, *prev; /* among the api's */
  struct ws *ws;
  struct net_ref ref;
  struct caller by;
  char *name; /* what by.name points to; NULL: to a constant */
  struct auth_source source;
};

/* Answers with a problem document. Ends the call. */
void call_refuse(struct call *c, enum refusal refusal, struct text detail,
                 struct text pointer);
/* 503 for want of memory. Ends the call. */
void call_refuse_memory(struct call *c);
/* Accepts the WebSocket that the call asks for, in its caller's name. Ends the
 * call on every path. False: it was refused, and @s is as it was. */
bool socket_open(struct socket *s, struct call *c,
                 const struct socket_ops *ops);
/* Sends what is in @text; a peer that reads too slowly is closed (1013). */
void socket_send(struct socket *s, struct text text);
/* The same for frames that are made from the engine's present state, which may
 * be further than what is durable: held back if @made_from is, the last batch
 * that changed what the frame shows. Returns the batch up to which the frame
 * knows everything: events up to it need not be sent. */
uint64_t socket_send_held(struct socket *s, uint64_t made_from,
                          struct text text);
/* The last frame: behind it the socket is closed. @reason is not copied. */
void socket_end_held(struct socket *s, uint64_t made_from, struct text text,
                     const char *reason);
/* Such a batch of the session in @slot, and of anything. */
uint64_t api_session_seq(const struct api *api, uint32_t slot);
uint64_t api_last_seq(const struct api *api);
/* Where the session came in. */
const struct dir_entry *api_entry_of(const struct api *api, uint32_t slot);
void socket_close(struct socket *s, uint16_t code, const char *reason);

/* Carries out a command that a frame asks for. A refusal goes back as
 * {"type":"problem","id":…,"problem":{…}}; success as {"type":"done","id":…}
 * if the frame has an id. */
void socket_submit(struct socket *s, const struct frame *f,
                   struct command *cmd);
/* Refuses a frame without asking the engine. */
void socket_refuse(struct socket *s, const struct frame *f,
                   enum refusal refusal, struct text detail,
                   struct text pointer);
/* A frame type that the socket does not know: refused, with the nearest of the
 * NULL-ended list. */
void socket_refuse_type(struct socket *s, const struct frame *f,
                        const char *const *known);
/* Reads the frame's members as those of a command. @ignore: see form.h; "type",
 * "id" and "session" are passed over anyway. False: refused. */
bool socket_read(struct socket *s, const struct frame *f,
                 enum command_type type, const char *const *ignore,
                 struct command *cmd);
/* The frame's "session". False: refused. */
bool socket_read_session(struct socket *s, const struct frame *f,
                         struct id *session);
/* {"type":"typing","on":true}: to everybody else who follows the session. */
void socket_type(struct socket *s, const struct frame *f, struct id session);

/* {"type":"seen","delivered":N,"read":N}: how far the socket's party has got.
 */
void socket_see(struct socket *s, const struct frame *f, struct id session);

/* A frame under construction; api_frame_text() is good until the next one. */
struct json_out api_frame_begin(struct api *api, const char *type);
struct text api_frame_end(struct api *api, struct json_out *o);
/* Members that frames share. */
void api_put_session_id(struct json_out *o, struct id session);
void api_put_time(struct json_out *o, const char *key, int64_t at_us);
/* number, from, author, text, data, at: of a MESSAGE event. */
void api_put_message(struct json_out *o, const struct record *event);
/* name: what people read in place of the author's id. */
void api_put_name(struct api *api, struct json_out *o, enum role role,
                  struct text author);
/* delivered, read. */
void api_put_receipt(struct json_out *o, const struct receipt *r);
/* "seen": {delivered, read}. */
void api_put_seen(struct api *api, struct id session, enum receipt_of whose,
                  struct json_out *o);
/* from, author, on. */
void api_put_typing(struct json_out *o, const struct typing *t);

/* ---- calls of scripts */

/* What carries out a script's call of another host: EFFECT_CALL_REST with a URL
 * that is not a path. It is borrowed for the call, and answered once with
 * api_answer_call(), now or later. Without it such calls are blocked. */
typedef void api_call_out_fn(void *ctx, const struct record *effect);
void api_serve_calls(struct api *api, api_call_out_fn *fn, void *ctx);

struct api_call_answer {
  struct id session;
  int64_t question;   /* both from the effect */
  int status;         /* -1: there is none */
  struct text reason; /* of the status, or why there is none */
  struct text body;
};
/* Carries out an effect that was released before the api was there. */
void api_carry_out(struct api *api, const struct record *effect);
void api_answer_call(struct api *api, const struct api_call_answer *answer);

/* ---- bots */

struct api_bot_hooks {
  void *ctx;
  /* A bot's socket: takes the call on every path. */
  void (*open)(void *ctx, struct call *c, uint32_t bot);
  uint32_t (*sockets)(void *ctx); /* open ones */
};

void api_serve_bots(struct api *api, const struct api_bot_hooks *hooks);

#endif
