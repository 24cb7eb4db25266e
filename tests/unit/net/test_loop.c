#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "net/loop.h"
#include "support.h"

struct scene {
  struct test_mem heap;
  struct loop *loop;
  struct loop_timer *timer;
  struct loop_waker *waker;
  struct textbuf log;
  int64_t fired_us;
  unsigned fired, woken, batches, again;
  int signal_number;
};

static void begin(struct scene *s) {
  memset(s, 0, sizeof *s);
  test_mem_init(&s->heap);
  textbuf_init(&s->log, &s->heap.mem);
  assert_int_equal(loop_create(&s->heap.mem, &s->loop), BT_ERR_OK);
}

static void end(struct scene *s) {
  loop_timer_free(s->timer);
  loop_waker_free(s->waker);
  loop_free(s->loop);
  textbuf_free(&s->log);
  assert_int_equal(s->heap.live_blocks, 0);
}

static void on_timer(void *ctx) {
  struct scene *s = ctx;
  s->fired++;
  s->fired_us = loop_now_us();
  textbuf_add(&s->log, TEXT("timer "));
  loop_stop(s->loop);
}

static void on_batch(void *ctx) {
  struct scene *s = ctx;
  s->batches++;
  textbuf_add(&s->log, TEXT("batch "));
}

static void a_timer_fires_once_and_never_early(void **state) {
  (void)state;
  struct scene s;
  begin(&s);
  assert_int_equal(loop_timer_create(s.loop, on_timer, &s, &s.timer),
                   BT_ERR_OK);
  for (int64_t wait_us = 0; wait_us < 6000; wait_us += 1300) {
    const int64_t at_us = loop_now_us() + wait_us;
    loop_timer_start_at(s.timer, at_us);
    loop_run(s.loop);
    assert_true(s.fired_us >= at_us);
  }
  assert_int_equal(s.fired, 5);
  loop_timer_start_after(s.timer, 1000);
  loop_timer_stop(s.timer);
  loop_turn(s.loop, 5000);
  assert_int_equal(s.fired, 5);
  end(&s);
}

/* Else answers to what a timer did would wait for the next wake-up. */
static void the_batch_runs_behind_all_else_and_before_the_wait(void **state) {
  (void)state;
  struct scene s;
  begin(&s);
  assert_int_equal(loop_timer_create(s.loop, on_timer, &s, &s.timer),
                   BT_ERR_OK);
  loop_on_batch(s.loop, on_batch, &s);
  loop_timer_start_after(s.timer, 0);
  loop_run(s.loop);
  assert_true(text_ends(textbuf_text(&s.log), TEXT("timer batch ")));
  end(&s);
}

static void again_on_batch(void *ctx) {
  struct scene *s = ctx;
  s->batches++;
  if (s->again-- > 1) {
    loop_again(s->loop);
  } else {
    loop_stop(s->loop);
  }
}

static void a_loop_that_has_more_to_do_does_not_wait(void **state) {
  (void)state;
  struct scene s;
  begin(&s);
  s.again = 100;
  loop_on_batch(s.loop, again_on_batch, &s);
  loop_run(s.loop); /* would never return if it waited */
  assert_int_equal(s.batches, 100);
  end(&s);
}

static void a_turn_ends_when_nothing_happens(void **state) {
  (void)state;
  struct scene s;
  begin(&s);
  const int64_t start_us = loop_now_us();
  loop_turn(s.loop, 20000);
  const int64_t took_us = loop_now_us() - start_us;
  assert_true(took_us >= 18000);
  loop_turn(s.loop, 0);
  end(&s);
}

static void on_wake(void *ctx) {
  struct scene *s = ctx;
  s->woken++;
  loop_stop(s->loop);
}

static void *wake_often(void *ctx) {
  struct scene *s = ctx;
  for (unsigned i = 0; i < 1000; i++) {
    loop_wake(s->waker);
  }
  return NULL;
}

static void another_thread_wakes_the_loop(void **state) {
  (void)state;
  struct scene s;
  pthread_t thread;
  begin(&s);
  assert_int_equal(loop_waker_create(s.loop, on_wake, &s, &s.waker), BT_ERR_OK);
  assert_int_equal(pthread_create(&thread, NULL, wake_often, &s), 0);
  loop_run(s.loop);
  assert_int_equal(pthread_join(thread, NULL), 0);
  assert_true(s.woken >= 1);
  end(&s);
}

static void on_signal(void *ctx, int number) {
  struct scene *s = ctx;
  s->signal_number = number;
  loop_stop(s->loop);
}

static void signals_come_to_the_loop(void **state) {
  (void)state;
  static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
  struct scene s;
  begin(&s);
  assert_int_equal(loop_on_signals(s.loop, on_signal, &s), BT_ERR_OK);
  for (size_t i = 0; i < 3; i++) {
    assert_int_equal(kill(getpid(), numbers[i]), 0);
    loop_run(s.loop);
    assert_int_equal(s.signal_number, numbers[i]);
  }
  end(&s);
}

static void the_wall_clock_is_a_date(void **state) {
  (void)state;
  assert_true(loop_unix_us() > INT64_C(1700000000000000));
}

static void without_memory_nothing_is_made(void **state) {
  (void)state;
  for (uint64_t at = 1; at <= 2; at++) {
    struct test_mem heap;
    struct loop *loop = NULL;
    test_mem_init(&heap);
    heap.fail_at = at;
    assert_int_equal(loop_create(&heap.mem, &loop), BT_ERR_NOMEM);
    assert_null(loop);
    assert_int_equal(heap.live_blocks, 0);
  }
  struct scene s;
  begin(&s);
  s.heap.fail_at = s.heap.calls + 1;
  s.heap.fail_for_ever = true;
  assert_int_equal(loop_timer_create(s.loop, on_timer, &s, &s.timer),
                   BT_ERR_NOMEM);
  assert_int_equal(loop_waker_create(s.loop, on_wake, &s, &s.waker),
                   BT_ERR_NOMEM);
  end(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_timer_fires_once_and_never_early),
      cmocka_unit_test(the_batch_runs_behind_all_else_and_before_the_wait),
      cmocka_unit_test(a_loop_that_has_more_to_do_does_not_wait),
      cmocka_unit_test(a_turn_ends_when_nothing_happens),
      cmocka_unit_test(another_thread_wakes_the_loop),
      cmocka_unit_test(signals_come_to_the_loop),
      cmocka_unit_test(the_wall_clock_is_a_date),
      cmocka_unit_test(without_memory_nothing_is_made),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
