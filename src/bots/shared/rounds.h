/* rounds.h - bots that answer a turn with the reply to one HTTP request.
 *
 * What their connectors share: one request of a session at a time, the turns
 * behind it in order; repeated, given up, and then the session is lost to the
 * bot, so that the entry point's fallback takes it. A connector writes the
 * request and reads the reply, no more.
 *
 * A connector's ops are ROUNDS_BOT_OPS with its own sizes and start().
 */
#ifndef BATON_BOTS_SHARED_ROUNDS_H
#define BATON_BOTS_SHARED_ROUNDS_H

#include "bots/bot.h"
#include "net/courier.h"

struct rounds_ops;
struct rounds_turn;

/* The first member of a connector's bot. */
struct rounds_bot {
  struct bot bot;
  const struct rounds_ops *rounds;
  struct courier_target *target;
  struct rounds_question *questions;
};

/* The first member of a connector's talk. */
struct rounds_talk {
  struct bot_talk talk;
  struct rounds_turn *first, *last; /* the first is under way, if call is set */
  unsigned turns;
  struct courier_call *call;
  bool left; /* the customer has */
};

enum rounds_occasion {
  ROUNDS_BEGIN,    /* the invitation: text is empty, session is filled */
  ROUNDS_MESSAGE,  /* the customer said something */
  ROUNDS_LEFT,     /* the session is over; the reply is not read */
  ROUNDS_RELEASED, /* the bot's part is; the same */
  ROUNDS_QUESTION, /* a script asks for one turn */
  ROUNDS_SILENCE   /* the customer says nothing: rounds_ask_silent() */
};

struct rounds_ask {
  enum rounds_occasion occasion;
  struct rounds_talk *talk; /* NULL for a question */
  struct id session_id;
  struct text session; /* of BEGIN: JSON, with customer and messages */
  uint32_t number;     /* of the message, the question, the silence */
  struct text text;
  struct text files;   /* that came with it: a JSON list, or empty */
  struct text payload; /* of a question: JSON */
  /* Names the request; the same when it is sent again, also after a restart. */
  struct text delivery;
};

enum { ROUNDS_HEADERS_MAX = 48 };

struct rounds_request {
  struct arena *arena; /* for what the request needs besides */
  struct textbuf body;
  struct text method, url; /* POST; begins empty, and must be set */
  struct http_header headers[ROUNDS_HEADERS_MAX];
  size_t header_count; /* those of the bot's settings are there */
};

struct rounds_ops {
  /* BOT_OPTION_…_HEADERS of this kind: the others of BOT_OPTIONS_OF_CALLS
   * follow it. */
  enum bot_option options;
  const char *what; /* "webhook", for sentences */
  /* An invitation is a request, whose reply accepts it. Without it the bot
   * accepts at once, and is first asked when the customer says something. */
  bool asks_to_begin;
  bool tells_left, tells_released; /* these are sent */
  bool may_repeat; /* the host notices a request that comes twice */
  /* Fills in URL and body. False: out of memory. */
  bool (*write)(struct rounds_bot *bot, const struct rounds_ask *ask,
                struct rounds_request *out);
  /* The reply (2xx) to BEGIN or MESSAGE; @reply is NULL if it had no body. May
   * end the talk with rounds_close() or rounds_lose(). */
  void (*take)(struct rounds_talk *talk, const struct rounds_ask *ask,
               const struct json *reply);
  /* There is no reply, or none that can be read: to say something, and to end
   * the talk with rounds_close() or rounds_lose(). NULL: rounds_lose(). */
  void (*fail)(struct rounds_talk *talk, const char *why);
  /* The reply to a question as an object: {branch, messages, payload, intent,
   * outcome}. NULL: questions are not asked. */
  void (*take_answer)(struct rounds_bot *bot, const struct rounds_ask *ask,
                      const struct json *reply, struct json_out *out);
  /* The messages of an answer that failed, a list. May be NULL. */
  void (*put_apology)(struct rounds_bot *bot, const struct rounds_ask *ask,
                      struct json_out *out);
  /* The talk ends: what the connector keeps beside is freed. May be NULL. */
  void (*clear)(struct rounds_talk *talk);
};

/* For a connector's start(). BT_ERR_NOMEM. */
enum bt_err rounds_start(struct bot *bot,
                         const struct rounds_ops *ops) BT_USE_RESULT;
void rounds_shut(struct bot *bot);
bool rounds_invite(struct bot_talk *talk, const struct bot_invitation *how);
void rounds_turn_of(struct bot_talk *talk, const struct bot_turn *turn);
void rounds_left(struct bot_talk *talk, struct text reason);
void rounds_release(struct bot_talk *talk, bool for_good);
bool rounds_ask(struct bot *bot, const struct bot_question *question);

/* For a connector that has an invite() of its own, before rounds_invite(). */
#define ROUNDS_BOT_OPS_BUT_INVITE                                              \
  .always_there = true, .wants_backlog = true, .shut = rounds_shut,            \
  .turn = rounds_turn_of, .left = rounds_left, .release = rounds_release,      \
  .ask = rounds_ask
#define ROUNDS_BOT_OPS ROUNDS_BOT_OPS_BUT_INVITE, .invite = rounds_invite

/* One turn without the customer; @number as in rounds_ask. The talk may be gone
 * then. */
void rounds_ask_silent(struct rounds_talk *talk, uint32_t number);
/* In order, after a goodbye. The talk is gone. */
void rounds_close(struct rounds_talk *talk);
void rounds_lose(struct rounds_talk *talk, const char *why);

void rounds_add_header(struct rounds_request *r, struct text name,
                       struct text value);

#endif
