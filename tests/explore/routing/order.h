/* order.h - who goes first, and who is asked: laws of a step beside those of
 * tests/centre/laws.h.
 *
 * They know the configuration and the sessions, and nothing of the router: a
 * router with a fault agrees with itself.
 */
#ifndef BATON_TESTS_ORDER_H
#define BATON_TESTS_ORDER_H

#include "laws.h"
#include "setting.h"

/* What a session that waits goes by. */
struct order_session {
  bool waits;
  struct id id;
  uint32_t queue, priority;
  bool skipped;
  int64_t entered_us;
  uint64_t order;
  int64_t declined_until_us[SETTING_AGENTS]; /* 0: it was not declined */
};

struct order {
  struct order_session before[LAWS_SLOTS];
  struct {
    bool ready, available;
    int64_t idle_since_us;
  } agents[SETTING_AGENTS];
  bool paused[SETTING_QUEUES];
  int64_t now_us;
};

void order_before(struct order *o, const struct engine *e, int64_t now_us);
/* NULL, or the law that does not hold. @w has learnt who can do what. */
const char *order_holds(const struct order *o, const struct laws *w,
                        const struct engine *e, const struct step *step);

#endif
