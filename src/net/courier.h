/* courier.h - calls to other hosts that matter: queued, repeated, given up.
 *
 * A target is one host that somebody has to reach. Its calls leave in order, at
 * most so many at once; what fails is tried again after a pause that grows and
 * is partly left to chance; who has failed several times in a row is left alone
 * for a while (then calls fail at once, so that nobody waits for it); and what
 * waits is bounded.
 *
 * One thread, the loop's. The clock and the wire are handed in, so that tests
 * need neither.
 */
#ifndef BATON_NET_COURIER_H
#define BATON_NET_COURIER_H

#include "net/outbound.h"

struct courier;
struct courier_target;
struct courier_call;

/* What a courier stands on. */
struct courier_world {
  void *ctx;
  const struct mem *mem;
  uint64_t seed; /* of the pauses */
  int64_t (*now_us)(void *ctx);
  /* As outbound_call(). */
  enum bt_err (*call)(void *ctx, const struct outbound_request *request,
                      outbound_fn *fn, void *fn_ctx);
  /* courier_wake() is to be called then, and not from inside this; a later call
   * replaces an earlier one. */
  void (*wake_at)(void *ctx, int64_t at_us);
};

struct courier_policy {
  unsigned attempts; /* of a call, the first included */
  /* So long a call is tried on behind its attempts, at the longest pause, and
   * rests where it would be refused because the host is left alone, or too many
   * wait; 0: not at all. */
  int64_t lasts_ms;
  int64_t first_pause_ms, longest_pause_ms;
  unsigned at_once_max, waiting_max; /* calls of the target */
  unsigned failures_max;             /* in a row, before it is left alone */
  int64_t alone_ms;
};

struct courier_request {
  struct outbound_request request;
  /* The host would notice a repetition: the call may be sent again though it
   * may have arrived. Without it only what did not arrive is. */
  bool may_repeat;
  /* Told once when the attempts are over and the call goes on because it lasts:
   * why the last one failed. It must not cancel the call. NULL: nobody asks. */
  outbound_fn *late;
};

/* BT_ERR_NOMEM. */
enum bt_err courier_create(const struct courier_world *world,
                           struct courier **out) BT_USE_RESULT;
/* What is under way is dropped without an answer; the world calls back no more.
 * NULL is fine. */
void courier_free(struct courier *c);
void courier_wake(struct courier *c);

enum bt_err courier_add_target(struct courier *c,
                               const struct courier_policy *policy,
                               struct courier_target **out) BT_USE_RESULT;
/* Its calls are dropped without an answer. NULL is fine. */
void courier_drop_target(struct courier_target *t);

/* Everything in @request is copied. @fn is called once, later, with what
 * outbound_call() would give, or with a reason of "busy: …" (too many wait) or
 * "left alone: …"; *out (may be NULL) is good until then. BT_ERR_NOMEM. */
enum bt_err courier_send(struct courier_target *t,
                         const struct courier_request *request, outbound_fn *fn,
                         void *ctx, struct courier_call **out) BT_USE_RESULT;
/* Nobody waits for the answer any more: a call that has not left does not
 * leave; one that has counts as one of its target until it ends. */
void courier_cancel(struct courier_call *call);

/* ---- the real world */

struct courier_post;

/* A courier on the loop, over an outbound of its own. The rules are copied.
 * BT_ERR_NOMEM. */
enum bt_err courier_post_create(struct loop *loop,
                                const struct outbound_rules *rules,
                                struct courier_post **out) BT_USE_RESULT;
void courier_post_free(struct courier_post *p); /* NULL is fine */
struct courier *courier_post_courier(struct courier_post *p);
struct outbound *courier_post_outbound(struct courier_post *p);

#endif
