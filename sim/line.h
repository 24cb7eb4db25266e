/* line.h - played TCP: lines between somebody in the world and the server.
 *
 * A line has two streams of bytes, which keep their order, arrive in pieces as
 * chance will, and hold no more than a window: who does not read stops who
 * writes. It can be ended in order, be reset with a part of what was on its
 * way, or go dead without a word to either side.
 *
 * The world's end has a user, who lets go with line_finish(), line_reset() or
 * line_abandon(), or is told that it is over; then its pointer is good no more.
 * The server's end belongs to a socket of uv/tcp.c.
 */
#ifndef BATON_SIM_LINE_H
#define BATON_SIM_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

struct world;
struct line;
struct tcp_end;

enum line_end { LINE_ENDED, LINE_WAS_RESET, LINE_REFUSED };

struct line_user {
  void (*on_open)(void *ctx, struct line *line);
  void (*on_bytes)(void *ctx, struct line *line, struct text bytes);
  /* The last call; after it the line is gone. */
  void (*on_over)(void *ctx, struct line *line, enum line_end how);
};

struct stream {
  char *bytes;
  size_t cap, from, len; /* len: sent and not read, … */
  size_t here;           /* … of which so many have arrived */
  int64_t last_us;       /* when the last piece arrives: they keep order */
  bool over;             /* its end has arrived */
};

struct line {
  struct world *world;
  uint32_t number, generation;
  struct stream up, down; /* to the server, from it */
  const struct line_user *user;
  void *ctx;
  bool used, open;
  bool held;           /* the user's end is not let go yet */
  bool served;         /* the server's end neither */
  bool waits;          /* it is not accepted yet, … */
  bool knocked;        /* … and the listener has it */
  bool finished;       /* the user says no more, but listens */
  bool dead;           /* nothing arrives any more, and nobody is told */
  bool trickles;       /* its bytes come one by one */
  bool stalled;        /* its user does not read for a while */
  struct tcp_end *end; /* the server's socket, once accepted */
};

/* ---- the user's end */

struct line *line_dial(struct world *w, const struct line_user *user,
                       void *ctx);
void line_write(struct line *line, struct text bytes);
/* No more is said; what comes is still told, up to on_over. */
void line_finish(struct line *line);
/* The line is let go: a reset behind a part of what is on its way. */
void line_reset(struct line *line);
/* The line is let go, and nobody tells the server. */
void line_abandon(struct line *line);
/* Its user reads nothing for so long. */
void line_stall(struct line *line, int64_t for_us);

/* ---- the server's end */

/* How much may be written now. */
size_t line_room(const struct line *line);
void line_put(struct line *line, const char *bytes, size_t len);
/* Up to @len bytes of what has arrived. */
size_t line_read(struct line *line, char *bytes, size_t len);
/* Nothing more is written. */
void line_shut(struct line *line);
/* The socket is closed. */
void line_drop(struct line *line);

/* ---- all */

/* The process is gone: what is on its way from it arrives in part. */
void lines_lose_server(struct world *w);
void lines_free(struct world *w);
/* Ends of the server that are not closed. */
uint32_t lines_served(const struct world *w);
/* … and of users that stand. */
uint32_t lines_held(const struct world *w);

#endif
