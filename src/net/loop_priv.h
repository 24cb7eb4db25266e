/* loop_priv.h - the inside of the loop, for the rest of net. */
#ifndef BATON_NET_LOOP_PRIV_H
#define BATON_NET_LOOP_PRIV_H

#include <uv.h>

#include "net/link_priv.h"
#include "net/loop.h"

enum { LOOP_SIGNALS = 3, LOOP_READ_BYTES = 128 * 1024 };

/* Work that an object puts off to a fixed place of the turn. */
struct loop_task {
  struct link link;
  void (*run)(struct loop_task *task);
};

struct chunk;

struct loop {
  uv_loop_t uv;
  const struct mem *mem;
  uv_prepare_t prepare;
  uv_idle_t again;
  uv_timer_t turn; /* bounds the wait of loop_turn() */
  uv_signal_t signals[LOOP_SIGNALS];
  loop_signal_fn *on_signal;
  void *signal_ctx;
  loop_fn *on_batch;
  void *batch_ctx;
  struct link early; /* tasks before the batch hook */
  struct link late;  /* tasks behind it: what was written leaves */
  bool stopping;
  size_t works;   /* on other threads */
  char *read_buf; /* LOOP_READ_BYTES, borrowed by whoever is reading */
  struct chunk *spare;
  unsigned spare_count;
};

/* Runs once: in this turn if the place is still ahead, else in the next one,
 * which then comes without a wait. Already put off: nothing happens. */
void loop_run_early(struct loop *loop, struct loop_task *task);
void loop_run_late(struct loop *loop, struct loop_task *task);
void loop_task_init(struct loop_task *task, void (*run)(struct loop_task *));
void loop_task_cancel(struct loop_task *task);

/* Monotonic time at the start of this turn's callbacks, to the millisecond. */
int64_t loop_turn_us(const struct loop *loop);

/* The error of a libuv result. */
enum bt_err net_err_from_uv(int status);

#endif
