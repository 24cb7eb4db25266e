/* deadline_priv.h - timeouts of many connections, O(1) to set and to clear.
 *
 * All deadlines of one kind have the same span, so a list per kind, in the
 * order in which they were set, is in the order in which they come due: no heap
 * is needed, however many connections there are.
 */
#ifndef BATON_NET_DEADLINE_PRIV_H
#define BATON_NET_DEADLINE_PRIV_H

#include <stdint.h>

#include "net/link_priv.h"
#include "net/loop_priv.h"

/* DEADLINE(name, limit): the span is that member of struct net_limits. */
#define DEADLINE_LIST(DEADLINE)                                                \
  DEADLINE(HEADER, header_us)                                                  \
  DEADLINE(BODY, body_us)                                                      \
  DEADLINE(IDLE, idle_us)                                                      \
  DEADLINE(WRITE, write_us)                                                    \
  DEADLINE(LINGER, linger_us)                                                  \
  DEADLINE(ANSWER, ended_us)                                                   \
  DEADLINE(WS_MESSAGE, body_us)                                                \
  DEADLINE(WS_PING, ws_ping_us)                                                \
  DEADLINE(WS_PONG, ws_pong_us)                                                \
  DEADLINE(WS_CLOSE, ws_close_us)                                              \
  DEADLINE(CONNECT, connect_us)                                                \
  DEADLINE(RESPONSE, response_us)

#define DEADLINE(name, limit) DEADLINE_##name,
enum deadline_kind { DEADLINE_LIST(DEADLINE) DEADLINE_NONE };
#undef DEADLINE

struct net_limits;

/* One timeout at a time, of whatever kind. */
struct deadline {
  struct link link;
  int64_t at_us;
  uint8_t kind; /* DEADLINE_NONE: not set */
};

struct deadlines {
  struct loop *loop;
  struct loop_timer *timer;
  int64_t timer_at_us; /* INT64_MAX: not running */
  void (*on_due)(struct deadline *d, enum deadline_kind kind);
  struct link lists[DEADLINE_NONE];
  int64_t span_us[DEADLINE_NONE];
};

/* @on_due finds the deadline cleared. BT_ERR_NOMEM. */
enum bt_err deadlines_init(struct deadlines *ds, struct loop *loop,
                           const struct net_limits *limits,
                           void (*on_due)(struct deadline *,
                                          enum deadline_kind)) BT_USE_RESULT;
void deadlines_free(struct deadlines *ds);

void deadline_init(struct deadline *d);
/* Replaces what was set. */
void deadline_set(struct deadlines *ds, struct deadline *d,
                  enum deadline_kind kind);
void deadline_clear(struct deadline *d);

#endif
