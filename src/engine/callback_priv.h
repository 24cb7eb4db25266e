/* callback_priv.h - booked calls: customers who are called back.
 *
 * A call is a session of its own, which joins its queue when it is due. It is
 * booked over the API or by a script; the hours of the queue hold for both.
 */
#ifndef BATON_ENGINE_CALLBACK_PRIV_H
#define BATON_ENGINE_CALLBACK_PRIV_H

#include "engine/engine_priv.h"

#define CALL_AHEAD_MAX_US (31 * INT64_C(86400) * 1000000)

/* A call to a customer. */
struct call {
  uint32_t queue;     /* which takes it */
  uint32_t script;    /* that books it; SESSION_NOBODY */
  struct text number; /* or another address */
  int64_t due_us;     /* when it joins the queue */
};

/* Not before now, and not before the queue opens. False: it does not open;
 * answered. */
bool callback_set_due(struct ctx *x, struct call *c, struct answer *a);
/* May the session book one more? False: answered. */
bool callback_has_room(struct ctx *x, uint32_t slot, struct answer *a);
/* Opens the session of the call. Who waits in that queue, and is called at
 * once, keeps the place in it. */
struct id callback_book(struct ctx *x, uint32_t slot, const struct call *c);
/* The members of the answer that say what was booked. */
void callback_put(const struct ctx *x, struct id id, const struct call *c,
                  struct json_out *o);
/* A call is due, and its queue closed since it was booked: it waits until that
 * opens. False: it is no such call. */
bool callback_postpone(struct ctx *x, uint32_t slot);

#endif
