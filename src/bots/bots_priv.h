/* bots_priv.h - the bots of a centre and their talks. */
#ifndef BATON_BOTS_BOTS_PRIV_H
#define BATON_BOTS_BOTS_PRIV_H

#include "bots/bot.h"
#include "bots/bots.h"

/* An invitation that waits until what it tells is durable. */
struct held_invite {
  struct held_invite *next, *prev;
  struct bots *bots;
  struct id session;
  uint32_t bot, epoch;
  bool resumed;
  size_t len;
  char text[]; /* the session */
};

struct bots {
  struct bots_options options;
  struct api *api;
  const struct mem *mem;
  struct courier_post *post;
  struct bot **list; /* by number; NULL: not met yet */
  size_t cap;
  struct bot *retired;
  struct bot_talk *talks;
  struct held_invite *held;
  int sockets;
};

/* ---- bots.c */
/* The bot of this number, as a socket if nothing else was configured; NULL
 * when there is no memory. */
struct bot *bots_get(struct bots *b, uint32_t number);

/* ---- talk.c */
struct bot_talk *talk_new(struct bot *bot, struct id session, uint32_t epoch);
struct command talk_closed(struct id session, uint32_t epoch);

#endif
