/* loop.h - one thread's event loop: clock, timers, wake-ups, signals.
 *
 * A turn of the loop: timers, sockets, wake-ups → the batch hook → what was
 * written to connections leaves, one system call a connection → wait. Whatever
 * a callback does, the batch hook runs before the loop waits again.
 *
 * Everything here belongs to the loop's thread, except loop_wake().
 */
#ifndef BATON_NET_LOOP_H
#define BATON_NET_LOOP_H

#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"

struct loop;
struct loop_timer;
struct loop_waker;

typedef void loop_fn(void *ctx);
typedef void loop_signal_fn(void *ctx, int signal_number);

/* Where libuv takes its memory, before there is a loop: it ends the process
 * when there is none. As malloc(), calloc(), realloc() and free(). */
struct loop_memory {
  void *(*take)(size_t size);
  void *(*take_clear)(size_t count, size_t size);
  void *(*resize)(void *old, size_t size);
  void (*give)(void *old);
};
void loop_use_memory(const struct loop_memory *memory);

/* BT_ERR_NOMEM, BT_ERR_IO (no descriptors left). SIGPIPE is ignored from now
 * on. @mem is borrowed and outlives the loop. */
enum bt_err loop_create(const struct mem *mem, struct loop **out) BT_USE_RESULT;
/* All timers, wakers, servers and clients of this loop must be freed before. */
void loop_free(struct loop *loop);

/* Runs until loop_stop(). */
void loop_run(struct loop *loop);
/* One turn; waits at most @wait_us (rounded up to 1 ms) for something to do. */
void loop_turn(struct loop *loop, int64_t wait_us);
/* loop_run() returns at the end of this turn. */
void loop_stop(struct loop *loop);

/* Monotonic; only differences mean something. */
int64_t loop_now_us(void);
/* Wall clock, microseconds since 1970. May jump. */
int64_t loop_unix_us(void);

/* Called once a turn after all other callbacks and before what they wrote
 * leaves: the place to make a batch durable. One hook; NULL removes it. */
void loop_on_batch(struct loop *loop, loop_fn *fn, void *ctx);
/* The next wait of this loop is cut to nothing: there is more to do. */
void loop_again(struct loop *loop);

/* One-shot timer, to be started as often as one likes. @fn runs never early,
 * and about 1 ms late at the earliest possible. */
enum bt_err loop_timer_create(struct loop *loop, loop_fn *fn, void *ctx,
                              struct loop_timer **out) BT_USE_RESULT;
/* Starting again moves the deadline. */
void loop_timer_start_at(struct loop_timer *timer, int64_t at_us);
void loop_timer_start_after(struct loop_timer *timer, int64_t delay_us);
void loop_timer_stop(struct loop_timer *timer);
void loop_timer_free(struct loop_timer *timer); /* NULL is fine */

/* @fn runs on the loop's thread, at least once after the last loop_wake(). */
enum bt_err loop_waker_create(struct loop *loop, loop_fn *fn, void *ctx,
                              struct loop_waker **out) BT_USE_RESULT;
/* From any thread, at any time before loop_waker_free(). Never blocks. */
void loop_wake(struct loop_waker *waker);
void loop_waker_free(struct loop_waker *waker); /* NULL is fine */

/* @work runs on another thread and touches nothing but what @ctx points to;
 * then
 * @done runs on the loop's, at the latest within loop_free(). For what takes
 * longer than a turn may. BT_ERR_NOMEM. */
enum bt_err loop_work(struct loop *loop, loop_fn *work, loop_fn *done,
                      void *ctx) BT_USE_RESULT;
/* How many of them are not done yet. */
size_t loop_works(const struct loop *loop);

/* SIGINT, SIGTERM and SIGHUP of the process come to @fn. BT_ERR_IO. */
enum bt_err loop_on_signals(struct loop *loop, loop_signal_fn *fn,
                            void *ctx) BT_USE_RESULT;

#endif
