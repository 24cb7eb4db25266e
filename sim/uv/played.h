/* played.h - libuv as far as net uses it, under virtual time and over lines
 * (line.h): libuv's own types and functions, with nothing of the system's
 * behind them. A program that links it has no other libuv.
 *
 * There is one loop at a time. Nothing here waits: the world asks when the loop
 * has something to do, and then has it turn.
 */
#ifndef BATON_SIM_UV_PLAYED_H
#define BATON_SIM_UV_PLAYED_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct world;
struct line;

/* Where time, chance and lines come from, for the loops to come. */
void played_begin(struct world *w);
/* Would a turn of the loop do something now? */
bool played_is_busy(void);
/* When it will; INT64_MAX: not before something comes. */
int64_t played_due_us(void);

/* ---- for the lines */

/* A socket of the server. */
struct tcp_end;
bool tcp_listens(void);
/* Somebody waits to be accepted. */
void tcp_knock(void);
/* Something has arrived, or there is room again. */
void tcp_wake(struct tcp_end *end);
void tcp_reset(struct tcp_end *end);
bool tcp_is_shut(const struct tcp_end *end);
/* The process is gone: its sockets are of no line any more. */
void tcp_lose_all(void);

/* ---- for loop.c and tcp.c */

enum { PLAYED_ACTIVE = 1, PLAYED_CLOSING = 2 };

struct played {
  struct world *world;
  uv_loop_t *loop;      /* NULL: there is none */
  struct tcp_end *ends; /* all; listeners, too */
  struct tcp_end *ready, **ready_last;
  uv_handle_t *timers, *idles, *prepares, *asyncs; /* by next in u.reserved */
  uv_handle_t *closing;
  uv_work_t *work;
  uint32_t handles;
  int64_t ahead_us; /* of the world's clock, where a dead process is cleared
                     away */
  bool called;      /* behind the hook before the wait: one more turn */
};
extern struct played played;

void tcp_turn(void);
void tcp_close(uv_handle_t *handle);
/* Its close is about to be told. */
void tcp_closed(uv_handle_t *handle);

#endif
