/* desk.h - the one interface between sessions and the desks outside that serve
 * them, whatever a desk speaks.
 *
 * A connector speaks one protocol, in a folder of its own, and knows nothing
 * about sessions: it opens a conversation over there, carries the customer's
 * messages to it, and says what it learns. Which session is with which desk,
 * what is kept over a restart, and what becomes of the session is link.c's and
 * the engine's.
 *
 *   to the connector     begin → go_on … → free
 *   from the connector   opened → told …, taken → say, types … → left → closed
 *                        at any time: lose; note
 *
 * One thread, the loop's. A connector may call what it likes from inside its
 * own functions, but must not touch a link after desk_closed(), and must look
 * at its stage after any other call.
 */
#ifndef BATON_DESKS_DESK_H
#define BATON_DESKS_DESK_H

#include "api/shell.h"
#include "base/json.h"
#include "desks/settings.h"
#include "net/courier.h"

struct desks;
struct desk_ops;

/* The first member of its connector's own struct. */
struct desk {
  const struct desk_ops *ops;
  struct desks *desks;
  struct desk_settings settings;
  uint32_t seat; /* number of the agent who stands for it; DIR_NONE: refused */
  bool up;       /* as it was said last */
  struct desk *next;
};

enum desk_stage {
  DESK_WAITS,   /* for a place at the desk */
  DESK_PLANNED, /* what will be told is being written down */
  DESK_OPEN,    /* the connector has it; nobody over there has taken it yet */
  DESK_TAKEN,   /* the seat holds the session */
  DESK_ENDING   /* no more a session of the desk: the connector ends its part */
};

enum { DESK_CONVERSATION_MAX = 128 };

/* One stay of a session at a desk. The first member of the connector's own
 * struct, of ops->link_bytes, cleared. */
struct desk_link {
  struct desk *desk;
  struct desk_link *next, *prev; /* of all links */
  struct id session;
  uint32_t number; /* of the stay within its session; 0: not planned yet */
  enum desk_stage stage;
  uint32_t upto;  /* messages that the stay began with */
  uint32_t known; /* the last that is durable */
  uint32_t sent;  /* the last that the desk has, of the customer's */
  int64_t at_us;  /* when it was planned */
  char conversation[DESK_CONVERSATION_MAX]; /* over there */
  size_t conversation_len;
  /* link.c's own. */
  struct watch watch;
  int64_t rest_until_us; /* by loop_now_us(); it waits so long at least */
  uint32_t asks;         /* answers that are awaited */
  bool begun, gone;
};

struct desk_ops {
  size_t desk_bytes, link_bytes; /* of the connector's own structs */
  /* @desk is cleared but for what desks.c fills in. BT_ERR_NOMEM: stop() is
   * called all the same. */
  enum bt_err (*start)(struct desk *desk);
  /* After all of its links. */
  void (*stop)(struct desk *desk);
  /* A request below /desks/{id}/, whose rest is @path. True: answered, now or
   * later. */
  bool (*serve)(struct desk *desk, struct text path, struct http_request *req);
  /* OPEN, TAKEN or ENDING; with a conversation if the process before this one
   * had opened it. */
  void (*begin)(struct desk_link *link);
  /* There is something new to be told, or the stage has changed. */
  void (*go_on)(struct desk_link *link);
  void (*typing)(struct desk_link *link, bool on);
  /* How far the customer has got with what was said here. */
  void (*seen)(struct desk_link *link, const struct receipt *how);
  /* The connector's part of a link that has begun; the last call. */
  void (*free)(struct desk_link *link);
};

extern const struct desk_ops desk_genesys_ops;

/* ---- from the desk */

/* Can it be reached? While it cannot, transfers to its queues are refused. */
void desk_set_up(struct desk *desk, bool up, struct text why);
/* A line for the server's log; never with a secret, or what somebody said. */
void desk_log(struct desk *desk, enum api_log_level level, struct text what);

/* A conversation for it is there. Kept over restarts. */
void desk_opened(struct desk_link *link, struct text conversation);
/* The desk has the messages up to this one. Kept over restarts. */
void desk_told(struct desk_link *link, uint32_t message);
/* Somebody over there has it: the seat gets the session. @who may be empty. */
void desk_taken(struct desk_link *link, struct text who);

struct desk_said {
  struct text text; /* may be empty if there is data */
  struct text data; /* JSON for the customer's channel, or empty */
  struct text from; /* who says it, as the customer reads it */
  bool person;      /* else a program of the desk's */
  /* Names this very message: one that comes again is said once, also after a
   * restart. */
  struct text delivery;
};
/* @fn gets the answer, when it is durable; NULL: it was said before. */
void desk_say(struct desk_link *link, const struct desk_said *said,
              domain_answer_fn *fn, void *ctx);
void desk_types(struct desk_link *link, struct text from, bool on);
/* How far the desk has got with the customer's messages. */
void desk_receipt(struct desk_link *link, const struct receipt *how);
/* Whoever had it there has it no more, and nobody else has: the session ends,
 * or goes on here, as the settings say. @outcome may be empty. */
void desk_left(struct desk_link *link, struct text outcome);
/* The desk cannot serve it: the session goes to its queue's overflow, or back
 * to its place, to be tried again. */
void desk_lose(struct desk_link *link, const char *why);
/* A sentence for the people who see the session. */
void desk_note(struct desk_link *link, const char *sentence);
/* Nothing is left to be done over there. The link is gone. */
void desk_closed(struct desk_link *link);

/* ---- what connectors share */

/* The session as in session.md, with its messages behind @after, in @arena;
 * NULL if it is no more. */
const struct json *desk_read_session(const struct desk_link *link,
                                     uint32_t after, struct arena *arena);
/* The next message of the customer that the desk has not got: an object as in
 * the transcript, in @arena; NULL if there is none. */
const struct json *desk_next_message(struct desk_link *link,
                                     struct arena *arena);
/* What the stay began with, as lines: "Cora: hello"; the end of it, if it is
 * more than @max bytes. */
void desk_write_transcript(const struct json *session, uint32_t upto,
                           size_t max, struct textbuf *out);

/* The link of this stay; NULL if there is none. */
struct desk_link *desk_find_link(const struct desk *desk, struct id session,
                                 uint32_t number);
/* The first or next link of the desk that its connector has. */
struct desk_link *desk_next_link(const struct desk *desk,
                                 const struct desk_link *after);

struct api *desks_api(const struct desks *all);
struct loop *desks_loop(const struct desks *all);
const struct mem *desks_mem(const struct desks *all);
struct courier *desks_courier(const struct desks *all);
struct outbound *desks_outbound(const struct desks *all);

#endif
