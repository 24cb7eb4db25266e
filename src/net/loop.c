#include "net/loop.h"

#include <signal.h>
#include <time.h>

#include "base/check.h"
#include "net/loop_priv.h"
#include "net/wire_priv.h"

static const int signal_numbers[LOOP_SIGNALS] = {SIGINT, SIGTERM, SIGHUP};

enum bt_err net_err_from_uv(int status) {
  switch (status) {
  case 0:
    return BT_ERR_OK;
  case UV_ENOMEM:
    return BT_ERR_NOMEM;
  case UV_EADDRINUSE:
    return BT_ERR_EXISTS;
  case UV_ECONNREFUSED:
  case UV_ECONNRESET:
  case UV_ECONNABORTED:
  case UV_ECANCELED:
  case UV_EPIPE:
  case UV_EOF:
    return BT_ERR_CLOSED;
  case UV_ETIMEDOUT:
    return BT_ERR_BUSY;
  default:
    return BT_ERR_IO;
  }
}

/* Tasks. */

void loop_task_init(struct loop_task *task, void (*run)(struct loop_task *)) {
  link_init(&task->link);
  task->run = run;
}

void loop_task_cancel(struct loop_task *task) {
  link_remove(&task->link);
}

static void put_off(struct link *list, struct loop_task *task) {
  if (link_is_alone(&task->link)) {
    link_add_last(list, &task->link);
  }
}

void loop_run_early(struct loop *loop, struct loop_task *task) {
  put_off(&loop->early, task);
}

void loop_run_late(struct loop *loop, struct loop_task *task) {
  put_off(&loop->late, task);
}

/* What the tasks put off in their turn waits for the next one, else two of them
 * could keep the loop here for ever. */
static void run_tasks(struct link *list) {
  struct link now;
  link_init(&now);
  link_move_all(list, &now);
  while (!link_is_alone(&now)) {
    struct loop_task *task = LINK_OWNER(now.next, struct loop_task, link);
    link_remove(&task->link);
    task->run(task);
  }
}

/* The turn. */

static void on_again(uv_idle_t *again) {
  uv_idle_stop(again);
}

void loop_again(struct loop *loop) {
  uv_idle_start(&loop->again, on_again);
}

/* libuv calls this after timers and just before it waits. */
static void on_prepare(uv_prepare_t *prepare) {
  struct loop *loop = prepare->data;
  run_tasks(&loop->early);
  if (loop->on_batch != NULL) {
    loop->on_batch(loop->batch_ctx);
  }
  run_tasks(&loop->late);
  if (!link_is_alone(&loop->early) || !link_is_alone(&loop->late)) {
    loop_again(loop);
  }
  if (loop->stopping) {
    loop->stopping = false;
    uv_stop(&loop->uv);
  }
}

void loop_on_batch(struct loop *loop, loop_fn *fn, void *ctx) {
  loop->on_batch = fn;
  loop->batch_ctx = ctx;
}

void loop_run(struct loop *loop) {
  uv_run(&loop->uv, UV_RUN_DEFAULT);
}

static void on_turn_over(uv_timer_t *timer) {
  (void)timer; /* it only ends the wait */
}

void loop_turn(struct loop *loop, int64_t wait_us) {
  if (wait_us <= 0) {
    uv_run(&loop->uv, UV_RUN_NOWAIT);
    return;
  }
  /* libuv runs timers before it waits: on a busy machine this one may be over
   * by then, and only its repetition keeps the wait from having no end. */
  const uint64_t wait_ms = (uint64_t)(wait_us + 999) / 1000;
  uv_update_time(&loop->uv);
  uv_timer_start(&loop->turn, on_turn_over, wait_ms, wait_ms);
  uv_run(&loop->uv, UV_RUN_ONCE);
  uv_timer_stop(&loop->turn);
}

void loop_stop(struct loop *loop) {
  loop->stopping = true;
  loop_again(loop);
}

int64_t loop_now_us(void) {
  return (int64_t)(uv_hrtime() / 1000);
}

int64_t loop_turn_us(const struct loop *loop) {
  return (int64_t)uv_now(&loop->uv) * 1000;
}

int64_t loop_unix_us(void) {
  struct timespec now;
  bt_check(clock_gettime(CLOCK_REALTIME, &now) == 0);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Birth and death. */

void loop_use_memory(const struct loop_memory *memory) {
  bt_check(uv_replace_allocator(memory->take, memory->resize,
                                memory->take_clear, memory->give) == 0);
}

static void init_handles(struct loop *loop) {
  bt_check(uv_prepare_init(&loop->uv, &loop->prepare) == 0);
  bt_check(uv_idle_init(&loop->uv, &loop->again) == 0);
  bt_check(uv_timer_init(&loop->uv, &loop->turn) == 0);
  loop->prepare.data = loop;
  bt_check(uv_prepare_start(&loop->prepare, on_prepare) == 0);
  for (size_t i = 0; i < LOOP_SIGNALS; i++) {
    bt_check(uv_signal_init(&loop->uv, &loop->signals[i]) == 0);
    loop->signals[i].data = loop;
  }
}

enum bt_err loop_create(const struct mem *mem, struct loop **out) {
  struct loop *loop = mem_new(mem, sizeof *loop);
  if (loop == NULL) {
    return BT_ERR_NOMEM;
  }
  loop->mem = mem;
  loop->read_buf = mem_new(mem, LOOP_READ_BYTES);
  const int status =
      loop->read_buf != NULL ? uv_loop_init(&loop->uv) : UV_ENOMEM;
  if (status != 0) {
    mem_free(mem, loop->read_buf, LOOP_READ_BYTES);
    mem_free(mem, loop, sizeof *loop);
    return net_err_from_uv(status);
  }
  link_init(&loop->early);
  link_init(&loop->late);
  init_handles(loop);
  bt_check(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
  *out = loop;
  return BT_ERR_OK;
}

void loop_free(struct loop *loop) {
  uv_close((uv_handle_t *)&loop->prepare, NULL);
  uv_close((uv_handle_t *)&loop->again, NULL);
  uv_close((uv_handle_t *)&loop->turn, NULL);
  for (size_t i = 0; i < LOOP_SIGNALS; i++) {
    uv_close((uv_handle_t *)&loop->signals[i], NULL);
  }
  uv_run(&loop->uv, UV_RUN_DEFAULT); /* what was freed before us ends, too */
  bt_check(uv_loop_close(&loop->uv) == 0);
  bt_check(link_is_alone(&loop->early) && link_is_alone(&loop->late));
  wire_free_spares(loop);
  mem_free(loop->mem, loop->read_buf, LOOP_READ_BYTES);
  mem_free(loop->mem, loop, sizeof *loop);
}

/* Work on other threads. */

struct work {
  uv_work_t request;
  struct loop *loop;
  loop_fn *work, *done;
  void *ctx;
};

static void on_work(uv_work_t *request) {
  struct work *w = request->data;
  w->work(w->ctx);
}

/* Nothing cancels it: the status is always 0. */
static void on_work_done(uv_work_t *request, int status) {
  (void)status;
  struct work *w = request->data;
  w->loop->works--;
  w->done(w->ctx);
  mem_free(w->loop->mem, w, sizeof *w);
}

enum bt_err loop_work(struct loop *loop, loop_fn *work, loop_fn *done,
                      void *ctx) {
  struct work *w = mem_new(loop->mem, sizeof *w);
  if (w == NULL) {
    return BT_ERR_NOMEM;
  }
  *w = (struct work){.loop = loop, .work = work, .done = done, .ctx = ctx};
  w->request.data = w;
  const int status =
      uv_queue_work(&loop->uv, &w->request, on_work, on_work_done);
  bt_check(status == 0); /* it fails without a function alone */
  loop->works++;
  return BT_ERR_OK;
}

size_t loop_works(const struct loop *loop) {
  return loop->works;
}

/* Signals. */

static void on_signal(uv_signal_t *handle, int number) {
  struct loop *loop = handle->data;
  loop->on_signal(loop->signal_ctx, number);
}

enum bt_err loop_on_signals(struct loop *loop, loop_signal_fn *fn, void *ctx) {
  loop->on_signal = fn;
  loop->signal_ctx = ctx;
  for (size_t i = 0; i < LOOP_SIGNALS; i++) {
    const int status =
        uv_signal_start(&loop->signals[i], on_signal, signal_numbers[i]);
    if (status != 0) {
      return net_err_from_uv(status);
    }
  }
  return BT_ERR_OK;
}
