/* A courier on the loop's clock and libcurl's wire. */
#include "net/courier.h"
#include "net/loop_priv.h"
#include "net/ws_priv.h"

struct courier_post {
  struct loop *loop;
  struct loop_task soon;
  struct loop_timer *later;
  struct outbound *outbound;
  struct courier *courier;
};

static int64_t post_now_us(void *ctx) {
  (void)ctx;
  return loop_now_us();
}

static enum bt_err post_call(void *ctx, const struct outbound_request *request,
                             outbound_fn *fn, void *fn_ctx) {
  struct courier_post *p = ctx;
  return outbound_call(p->outbound, request, fn, fn_ctx);
}

static void post_wake_at(void *ctx, int64_t at_us) {
  struct courier_post *p = ctx;
  if (at_us <= loop_now_us()) {
    loop_run_early(p->loop, &p->soon);
    loop_again(p->loop);
  } else {
    loop_timer_start_at(p->later, at_us);
  }
}

static void on_soon(struct loop_task *task) {
  courier_wake(LINK_OWNER(task, struct courier_post, soon)->courier);
}

static void on_later(void *ctx) {
  struct courier_post *p = ctx;
  courier_wake(p->courier);
}

enum bt_err courier_post_create(struct loop *loop,
                                const struct outbound_rules *rules,
                                struct courier_post **out) {
  struct courier_post *p = mem_new(loop->mem, sizeof *p);
  if (p == NULL) {
    return BT_ERR_NOMEM;
  }
  p->loop = loop;
  loop_task_init(&p->soon, on_soon);
  struct courier_world world = {.ctx = p,
                                .mem = loop->mem,
                                .now_us = post_now_us,
                                .call = post_call,
                                .wake_at = post_wake_at};
  net_random(&world.seed, sizeof world.seed);
  enum bt_err err = outbound_create(loop, rules, &p->outbound);
  if (err == BT_ERR_OK) {
    /* Each target has its own limit; and connections that stay count, too. */
    outbound_set_connections(p->outbound, 0);
    err = loop_timer_create(loop, on_later, p, &p->later);
  }
  if (err == BT_ERR_OK) {
    err = courier_create(&world, &p->courier);
  }
  if (err != BT_ERR_OK) {
    courier_post_free(p);
    return err;
  }
  *out = p;
  return BT_ERR_OK;
}

void courier_post_free(struct courier_post *p) {
  if (p == NULL) {
    return;
  }
  outbound_free(p->outbound); /* no more answers */
  courier_free(p->courier);
  loop_timer_free(p->later);
  loop_task_cancel(&p->soon);
  mem_free(p->loop->mem, p, sizeof *p);
}

struct courier *courier_post_courier(struct courier_post *p) {
  return p->courier;
}

struct outbound *courier_post_outbound(struct courier_post *p) {
  return p->outbound;
}
