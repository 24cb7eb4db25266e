#include "base/check.h"
#include "net/loop_priv.h"

struct loop_timer {
  uv_timer_t uv;
  struct loop *loop;
  loop_fn *fn;
  void *ctx;
  int64_t at_us;
};

struct loop_waker {
  uv_async_t uv;
  struct loop *loop;
  loop_fn *fn;
  void *ctx;
};

/* libuv counts whole milliseconds and may be up to one early. */
static void on_timer(uv_timer_t *uv) {
  struct loop_timer *timer = uv->data;
  if (loop_now_us() < timer->at_us) {
    loop_timer_start_at(timer, timer->at_us);
    return;
  }
  timer->fn(timer->ctx);
}

enum bt_err loop_timer_create(struct loop *loop, loop_fn *fn, void *ctx,
                              struct loop_timer **out) {
  struct loop_timer *timer = mem_new(loop->mem, sizeof *timer);
  if (timer == NULL) {
    return BT_ERR_NOMEM;
  }
  timer->loop = loop;
  timer->fn = fn;
  timer->ctx = ctx;
  bt_check(uv_timer_init(&loop->uv, &timer->uv) == 0);
  timer->uv.data = timer;
  *out = timer;
  return BT_ERR_OK;
}

void loop_timer_start_at(struct loop_timer *timer, int64_t at_us) {
  uv_loop_t *uv = &timer->loop->uv;
  /* libuv counts from the time it took at the start of the turn. */
  const int64_t from_us = (int64_t)uv_now(uv) * 1000;
  const int64_t wait_us = at_us > from_us ? at_us - from_us : 0;
  timer->at_us = at_us;
  bt_check(uv_timer_start(&timer->uv, on_timer,
                          (uint64_t)(wait_us / 1000 + (wait_us % 1000 != 0)),
                          0) == 0);
}

void loop_timer_start_after(struct loop_timer *timer, int64_t delay_us) {
  loop_timer_start_at(timer, loop_now_us() + delay_us);
}

void loop_timer_stop(struct loop_timer *timer) {
  uv_timer_stop(&timer->uv);
}

static void on_timer_closed(uv_handle_t *handle) {
  struct loop_timer *timer = handle->data;
  mem_free(timer->loop->mem, timer, sizeof *timer);
}

void loop_timer_free(struct loop_timer *timer) {
  if (timer != NULL) {
    uv_close((uv_handle_t *)&timer->uv, on_timer_closed);
  }
}

static void on_wake(uv_async_t *uv) {
  struct loop_waker *waker = uv->data;
  waker->fn(waker->ctx);
}

enum bt_err loop_waker_create(struct loop *loop, loop_fn *fn, void *ctx,
                              struct loop_waker **out) {
  struct loop_waker *waker = mem_new(loop->mem, sizeof *waker);
  if (waker == NULL) {
    return BT_ERR_NOMEM;
  }
  waker->loop = loop;
  waker->fn = fn;
  waker->ctx = ctx;
  const int status = uv_async_init(&loop->uv, &waker->uv, on_wake);
  if (status != 0) {
    mem_free(loop->mem, waker, sizeof *waker);
    return net_err_from_uv(status);
  }
  waker->uv.data = waker;
  *out = waker;
  return BT_ERR_OK;
}

void loop_wake(struct loop_waker *waker) {
  bt_check(uv_async_send(&waker->uv) == 0);
}

static void on_waker_closed(uv_handle_t *handle) {
  struct loop_waker *waker = handle->data;
  mem_free(waker->loop->mem, waker, sizeof *waker);
}

void loop_waker_free(struct loop_waker *waker) {
  if (waker != NULL) {
    uv_close((uv_handle_t *)&waker->uv, on_waker_closed);
  }
}
