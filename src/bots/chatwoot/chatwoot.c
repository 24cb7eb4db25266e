/* An agent bot of Chatwoot's: a program that answers over a facade of that
 * type.
 *
 * The facade tells it what happens (a webhook) and takes its words, its handoff
 * and its end (facades/chatwoot). It has no connection that could close: it
 * holds whatever it is invited to, until it says so. */
#include "bots/bot.h"

static bool invite(struct bot_talk *talk, const struct bot_invitation *how) {
  if (!how->resumed) {
    bot_accept(talk);
  }
  return true;
}

/* The facade's webhook has it: the bot is told of every message there. */
static void turn(struct bot_talk *talk, const struct bot_turn *turn) {
  (void)talk;
  (void)turn;
}

static void release(struct bot_talk *talk, bool for_good) {
  (void)talk;
  (void)for_good;
}

const struct bot_ops bot_chatwoot_ops = {.bot_bytes = sizeof(struct bot),
                                         .talk_bytes = sizeof(struct bot_talk),
                                         .always_there = true,
                                         .invite = invite,
                                         .turn = turn,
                                         .release = release};
