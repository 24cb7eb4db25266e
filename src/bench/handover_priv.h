/* handover_priv.h - the load: its lives, its bot, its agents. */
#ifndef BATON_BENCH_HANDOVER_PRIV_H
#define BATON_BENCH_HANDOVER_PRIV_H

#include "base/map.h"
#include "bench/centre.h"
#include "bench/frame.h"
#include "bench/handover.h"
#include "bench/progress.h"
#include "bench/samples.h"
#include "net/client.h"

/* What must happen in a life; it is complete when all of it has. */
enum mark {
  MARK_OPENED = 1,          /* the customer was told the session's id */
  MARK_ATTACHED = 2,        /* … and that the bot talks */
  MARK_RELEASED = 4,        /* the bot has closed */
  MARK_OFFERED = 8,         /* at an agent's socket */
  MARK_ACCEPTED = 16,       /* the agent was told that it is theirs */
  MARK_HEARD_AGENT = 32,    /* the customer, the agent's line */
  MARK_HEARD_CUSTOMER = 64, /* the agent, the customer's line */
  MARK_ENDED = 128,         /* the agent was told that it is over */
  MARK_GONE = 256,          /* the customer's socket is closed */
  MARKS = 511
};

struct handover;

/* One of those that are lived at the same time. */
struct life {
  struct handover *h;
  struct client *client; /* of the customer; NULL: nobody lives here */
  struct ws *ws;
  struct id session;
  uint32_t tenant; /* its number, below handover_centres() */
  unsigned marks;
  int64_t began_ns, released_ns;
  uint32_t next_free;
};

/* An agent's socket, or the bot's. */
struct seat {
  struct handover *h;
  struct client *client;
  struct ws *ws;
};

struct handover {
  struct bench *bench;
  const struct bench_handover_options *options;
  struct bench_handover_result *out;
  struct loop *loop;
  uint16_t port;
  struct text host;
  struct seat *bots; /* one of each tenant */
  struct seat *agents;
  uint32_t seats_open;
  bool broken; /* a seat is lost: nothing more can be measured */
  struct life *lives;
  uint32_t free_first, living;
  struct map by_session;
  uint64_t begun;
  struct samples offer_us, life_us;
  struct arena arena; /* of the frame that is being read */
  struct progress bar;
};

/* ---- handover.c */

/* The sentence of the first failure is kept. */
__attribute__((format(printf, 2, 3))) void
handover_note(struct handover *h, const char *format, ...);
bool handover_read(struct handover *h, struct text message, struct heard *out);
/* How many bots there are: of each centre one. */
uint32_t handover_centres(const struct handover *h);
/* What stands before paths of the @i-th. */
void handover_origin(const struct handover *h, uint32_t i,
                     char out[CENTRE_NAME_SIZE]);
/* A client of the server; NULL and noted if there is no memory. */
struct client *handover_client(struct handover *h);

/* ---- lives.c */

enum bt_err lives_open(struct handover *h) BT_USE_RESULT;
void lives_close(struct handover *h);
/* False: all places are taken. */
bool life_begin(struct handover *h);
/* NULL: nobody here lives it. */
struct life *life_find(struct handover *h, struct id session);
/* Ends the life when everything has happened. */
void life_mark(struct life *life, enum mark mark);
__attribute__((format(printf, 2, 3))) void life_fail(struct life *life,
                                                     const char *format, ...);
/* Fails those that have taken too long. */
void lives_expire(struct handover *h);

/* ---- seats.c */

/* Connects the bot and the agents; they are ready when seats_open says so. */
enum bt_err seats_open(struct handover *h) BT_USE_RESULT;
void seats_close(struct handover *h);
/* What the bot does when the customer sees that it talks, and when the customer
 * sees that it is leaving. */
void bot_leave(struct life *life);
void bot_close(struct life *life);

#endif
