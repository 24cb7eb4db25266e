/* line_priv.h - a connection and its two transports. */
#ifndef BATON_BOTS_COGNIGY_LINE_PRIV_H
#define BATON_BOTS_COGNIGY_LINE_PRIV_H

#include "bots/cognigy/line.h"
#include "bots/cognigy/packet.h"
#include "net/client.h"

struct line {
  struct line_user user;
  struct bots *bots;
  const struct mem *mem;
  struct courier_target *polls;
  struct textbuf url, query, sid;
  enum line_transport transport;
  struct loop_timer *timer; /* ping, its answer, and the opening */
  int64_t ping_every_us, pong_within_us;
  bool up, awaits_pong;
  int refused;            /* the answer to the WebSocket's handshake; 0: none */
  int64_t retry_after_ms; /* what the endpoint asked for with its refusal */
  bool *freed;            /* is told so; NULL: nobody asks */
  /* WebSocket */
  struct client *client;
  struct ws *ws;
  /* polling */
  bool polling;
  struct courier_call *get, *post;
  struct textbuf outgoing; /* packets that wait for the POST under way */
};

/* line.c */
void line_take(struct line *line, struct text bytes); /* one packet */
void line_down(struct line *line, bool in_order, const char *why);
void line_send(struct line *line, struct text packet);

/* line_poll.c */
void line_poll_begin(struct line *line);
void line_poll_send(struct line *line, struct text packet);
/* A last word that nobody waits for. */
void line_poll_end(struct line *line);

#endif
