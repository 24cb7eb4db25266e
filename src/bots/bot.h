/* bot.h - the one interface between sessions and bots, whatever a bot speaks.
 *
 * A connector speaks one protocol, in a folder of its own, and knows nothing
 * about sessions: it is invited to a talk, hands on what the customer says, and
 * says what the bot says. Everything else (who holds, under which epoch, what
 * comes late) is bots.c's and the engine's.
 *
 *   to the connector     invite → turn, typing … → left → release
 *   from the connector   accept, say, types, attributes, goodbye → close
 *                        at any time: lose; note
 *
 * One thread, the loop's. A connector may call what it likes from inside its
 * own functions, but must not touch a talk after bot_close_talk() or
 * bot_lose_talk(), or after its release() returned.
 */
#ifndef BATON_BOTS_BOT_H
#define BATON_BOTS_BOT_H

#include "api/shell.h"
#include "base/json.h"
#include "bots/settings.h"
#include "net/courier.h"

struct bots;
struct bot_ops;

/* A bot as it was configured. The first member of its connector's own struct,
 * which stays in place until ops->shut(). */
struct bot {
  const struct bot_ops *ops;
  struct bots *bots;
  uint32_t number; /* in the directory */
  /* Lives as long as the bot. A bot that was put over REST has the defaults of
   * a socket. */
  const struct bot_settings *settings;
  /* bots.c's own. */
  struct arena arena; /* of the settings */
  struct bot *next;   /* of those that were configured anew */
  uint32_t uses;      /* talks, questions without an answer, sockets */
  bool retired;       /* was configured anew: shut with its last use */
};

enum { BOT_HEARD = 32 };

/* A session with a bot, from its invitation to its close. The first member of
 * the connector's own struct, of ops->talk_bytes, cleared. */
struct bot_talk {
  struct bot *bot;
  struct id session;
  uint32_t epoch; /* of the invitation, then of the hold */
  bool held;      /* the bot has accepted, and holds */
  /* bots.c's own. */
  struct bot_talk *next, *prev; /* of all talks */
  struct watch watch;
  uint64_t heard[BOT_HEARD]; /* hashes of what was delivered last */
  uint32_t heard_count;
};

/* What is borrowed here is borrowed for the call. */
struct bot_invitation {
  /* The session as in session.md, with its messages. */
  struct text session;
  /* The bot held the session when the server restarted, and still does: it
   * need not accept. */
  bool resumed;
};

struct bot_turn {
  uint32_t number; /* of the message in its session */
  /* The customer's words, or the payload of the choice that was made. */
  struct text text;
  /* Those that were sent with it, as api_link_files() lists them; or empty. */
  struct text files;
  /* The event; NULL for what was said before the invitation. */
  const struct record *event;
};

/* A script asks for one turn (BotExchange): the session is not the bot's. */
struct bot_question {
  struct id session;
  int64_t question;    /* its number, for bot_answer() */
  struct text text;    /* the customer's last message */
  struct text payload; /* JSON */
};

struct bot_ops {
  size_t bot_bytes, talk_bytes; /* of the connector's own structs */
  /* The bots of this kind are there as soon as they are configured. A connector
   * for bots that come to us says bot_joined() and bot_dropped() instead. */
  bool always_there;
  /* A new talk is told as turns what the customer has said and nobody answered:
   * for protocols whose invitation carries no transcript. */
  bool wants_backlog;
  /* @bot is cleared but for what bots.c fills in. NULL: there is nothing to do.
   * BT_ERR_NOMEM, BT_ERR_IO: the bot is not there. */
  enum bt_err (*start)(struct bot *bot);
  /* No talk and no question stands on it any more. May be NULL. */
  void (*shut)(struct bot *bot);
  /* False: nobody is there. The talk is gone then, and the invitation's time
   * runs. A connector that is always there accepts now or later, or loses. */
  bool (*invite)(struct bot_talk *talk, const struct bot_invitation *how);
  /* The customer said something; also before the bot has accepted. */
  void (*turn)(struct bot_talk *talk, const struct bot_turn *turn);
  /* The customer types; may be NULL. */
  void (*typing)(struct bot_talk *talk, const struct typing *how);
  /* The session is over; release() follows. May be NULL. */
  void (*left)(struct bot_talk *talk, struct text reason);
  /* The connector's part of the talk is freed, its connection closed. With
   * @for_good somebody ended the bot's part, and it is told; without, this
   * process stops, and the session goes on with the bot in the next one. */
  void (*release)(struct bot_talk *talk, bool for_good);
  /* False: nobody is there to be asked, or that question is on its way
   * already. May be NULL. */
  bool (*ask)(struct bot *bot, const struct bot_question *question);
};

/* ---- from the bot */

/* The bot takes the session. What it says from now on counts. */
void bot_accept(struct bot_talk *talk);

struct bot_said {
  struct text text; /* may be empty if there is data */
  struct text data; /* JSON for the customer's channel, or empty */
  /* Names this very delivery, so that one that comes again (after a
   * reconnection, a retry) is not said twice; or empty. */
  struct text delivery;
};
void bot_say(struct bot_talk *talk, const struct bot_said *said);
void bot_types(struct bot_talk *talk, bool on);
/* A JSON object; a member that is null is taken away. */
void bot_set_attributes(struct bot_talk *talk, struct text attributes);

struct bot_farewell {
  bool ends; /* the session with it; else a person is wanted */
  struct text reason, text;
  struct text attributes; /* a JSON object, or empty */
};
void bot_goodbye(struct bot_talk *talk, const struct bot_farewell *farewell);
/* Its connection for the session is closed, after a goodbye or without one
 * (then the bot counts as lost). The talk is gone. */
void bot_close_talk(struct bot_talk *talk);
/* The same, for a bot that cannot be talked to: the timeline says @why. */
void bot_lose_talk(struct bot_talk *talk, struct text why);
/* A sentence for the timeline: something may be lost, was refused, was late. It
 * never holds a secret. */
void bot_note(struct bot_talk *talk, struct text sentence);
/* The session's attributes, a JSON object; empty if there are none or the
 * session is no more. Good until something is said or submitted. */
struct text bot_read_attributes(const struct bot *bot, struct id session);
/* What this bot wants to be told again with the session's next turn (JSON),
 * also after a restart. It stays with the session, whoever holds it. */
void bot_keep(struct bot *bot, struct id session, struct text value);
/* It, in @arena; NULL if there is nothing. */
const struct json *bot_read_kept(const struct bot *bot, struct id session,
                                 struct arena *arena);
/* The answer to a question, once: {branch, messages, payload} as in
 * docs/bots.md; empty: there is none, and the script's time runs. */
void bot_answer(struct bot *bot, struct id session, int64_t question,
                struct text answer);

struct command bot_reply_command(struct id session, int64_t question,
                                 uint32_t bot);

/* ---- for bots that come to us */

void bot_joined(struct bot *bot);
void bot_dropped(struct bot *bot);
/* The talk of a session with a bot, or NULL. */
struct bot_talk *bot_find_talk(const struct bots *bots, uint32_t bot,
                               struct id session);
/* Makes @cmd one about this talk's session, under its epoch. */
void bot_fill_command(const struct bot_talk *talk, struct command *cmd);
/* After an acceptance that did not come from bot_accept(). */
void bot_learn_epoch(struct bot_talk *talk);
/* The talk is gone, when COMMAND_BOT_CLOSED was submitted otherwise. */
void bot_forget(struct bot_talk *talk);
/* What stands on a bot keeps it in place after it was configured anew. */
void bot_add_use(struct bot *bot);
void bot_drop_use(struct bot *bot);
/* For /metrics: sockets of bots that were opened (1) or closed (-1). */
void bots_count_sockets(struct bots *bots, int change);

/* ---- what connectors share */

struct api *bots_api(const struct bots *bots);
struct loop *bots_loop(const struct bots *bots);
const struct mem *bots_mem(const struct bots *bots);
/* Calls to other hosts, by the centre's rules; a bot's own url is allowed. */
struct courier *bots_courier(const struct bots *bots);
struct outbound *bots_outbound(const struct bots *bots);

#endif
