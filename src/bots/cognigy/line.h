/* line.h - one Socket.IO connection that we open: WebSocket, or polling where
 * that is refused.
 *
 * It opens, answers and pings by itself. When it goes down it stays down: who
 * owns it decides whether there is another. It may be freed at any time, also
 * from inside its own calls.
 */
#ifndef BATON_BOTS_COGNIGY_LINE_H
#define BATON_BOTS_COGNIGY_LINE_H

#include "bots/bot.h"

struct line;

enum line_transport { LINE_AUTO, LINE_WEBSOCKET, LINE_POLLING };

struct line_options {
  struct bots *bots;
  struct courier_target *polls; /* carries polling; borrowed */
  struct text url;              /* "https://host/path": without "socket.io/" */
  struct text query; /* "sessionId=…&…": without EIO and transport */
  enum line_transport transport;
};

struct line_event {
  struct text name;
  const struct json *argument; /* or NULL */
  bool numbered; /* the peer wanted an acknowledgement, and has got it */
  uint64_t number;
};

struct line_user {
  void *ctx;
  /* In the namespace. */
  void (*on_up)(void *ctx);
  /* ["name", argument]: @argument is JSON, or NULL. */
  void (*on_event)(void *ctx, const struct line_event *event);
  /* The last call; the line is to be freed then. @in_order: the peer said that
   * it closes. @why is a sentence without a secret. */
  void (*on_down)(void *ctx, bool in_order, struct text why);
};

/* Everything is copied. BT_ERR_NOMEM. */
enum bt_err line_open(const struct line_options *options,
                      const struct line_user *user,
                      struct line **out) BT_USE_RESULT;
/* "42[…]" of a JSON list that begins with the event's name. False: not up, or
 * the peer takes nothing more. */
bool line_emit(struct line *line, struct text list);
/* Of one that is down: how long the endpoint wants to be left alone; 0: it did
 * not say. */
int64_t line_retry_after_ms(const struct line *line);
/* With a word of goodbye if it is up. on_down() is not called. NULL is fine. */
void line_free(struct line *line);

#endif
