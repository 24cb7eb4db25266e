/* Calls that are queued, repeated and given up, on a clock of the test's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* cmocka needs the above first */
#include <cmocka.h>

#include "net/courier.h"
#include "support.h"

enum { CALLS = 64 };

/* One call that has left, and what its sender heard. */
struct heard {
  int status;
  char reason[160];
  unsigned times;
};

struct world {
  struct test_mem tm;
  struct courier *courier;
  struct courier_target *target;
  int64_t now_us, wake_us;
  struct {
    outbound_fn *fn;
    void *ctx;
    char url[64];
  } left[CALLS];
  unsigned left_count, answered_count;
};

static int64_t world_now_us(void *ctx) {
  const struct world *w = ctx;
  return w->now_us;
}

static enum bt_err world_call(void *ctx, const struct outbound_request *request,
                              outbound_fn *fn, void *fn_ctx) {
  struct world *w = ctx;
  assert_true(w->left_count < CALLS);
  w->left[w->left_count].fn = fn;
  w->left[w->left_count].ctx = fn_ctx;
  (void)snprintf(w->left[w->left_count].url, sizeof w->left[0].url, "%.*s",
                 TEXT_ARG(request->url));
  w->left_count++;
  return BT_ERR_OK;
}

static void world_wake_at(void *ctx, int64_t at_us) {
  struct world *w = ctx;
  w->wake_us = at_us;
}

static const struct courier_policy usual = {.attempts = 3,
                                            .first_pause_ms = 100,
                                            .longest_pause_ms = 1000,
                                            .at_once_max = 2,
                                            .waiting_max = 3,
                                            .failures_max = 4,
                                            .alone_ms = 5000};

static void begin(struct world *w, const struct courier_policy *policy) {
  memset(w, 0, sizeof *w);
  test_mem_init(&w->tm);
  w->now_us = 1000000;
  w->wake_us = INT64_MAX;
  const struct courier_world world = {.ctx = w,
                                      .mem = &w->tm.mem,
                                      .seed = 7,
                                      .now_us = world_now_us,
                                      .call = world_call,
                                      .wake_at = world_wake_at};
  assert_int_equal(courier_create(&world, &w->courier), BT_ERR_OK);
  assert_int_equal(courier_add_target(w->courier, policy, &w->target),
                   BT_ERR_OK);
}

static void end(struct world *w) {
  courier_free(w->courier);
  assert_int_equal(w->tm.live_bytes, 0);
}

/* Until nothing is due before @until_us. */
static void run(struct world *w, int64_t until_us) {
  while (w->wake_us <= until_us) {
    w->now_us = w->wake_us > w->now_us ? w->wake_us : w->now_us;
    w->wake_us = INT64_MAX;
    courier_wake(w->courier);
  }
  w->now_us = until_us > w->now_us ? until_us : w->now_us;
}

static void settle(struct world *w) {
  run(w, w->now_us);
}

static void hear(void *ctx, const struct outbound_reply *reply) {
  struct heard *h = ctx;
  h->times++;
  h->status = reply->status;
  (void)snprintf(h->reason, sizeof h->reason, "%.*s", TEXT_ARG(reply->reason));
}

static struct courier_call *send(struct world *w, const char *url,
                                 bool may_repeat, struct heard *h) {
  const struct courier_request request = {
      .request = {.method = TEXT("POST"), .url = text_from(url)},
      .may_repeat = may_repeat};
  struct courier_call *call = NULL;
  assert_int_equal(courier_send(w->target, &request, hear, h, &call),
                   BT_ERR_OK);
  return call;
}

static unsigned late_calls;

static void note_late(void *ctx, const struct outbound_reply *reply) {
  (void)ctx;
  (void)reply;
  late_calls++;
}

static void send_lasting(struct world *w, struct heard *h) {
  const struct courier_request request = {
      .request = {.method = TEXT("POST"), .url = TEXT("http://a/")},
      .may_repeat = true,
      .late = note_late};
  assert_int_equal(courier_send(w->target, &request, hear, h, NULL), BT_ERR_OK);
  settle(w);
}

/* The oldest call that has left and has no answer gets this one. */
static void reply(struct world *w, int status, const char *reason) {
  assert_true(w->answered_count < w->left_count);
  const struct outbound_reply r = {.status = status,
                                   .reason = text_from(reason)};
  const unsigned i = w->answered_count++;
  w->left[i].fn(w->left[i].ctx, &r);
  settle(w);
}

static void calls_leave_in_order_and_so_many_at_once(void **state) {
  (void)state;
  struct world w;
  struct heard h[4] = {{0}};
  begin(&w, &usual);
  send(&w, "http://a/1", true, &h[0]);
  send(&w, "http://a/2", true, &h[1]);
  send(&w, "http://a/3", true, &h[2]);
  assert_int_equal(w.left_count, 0); /* nothing from inside courier_send() */
  settle(&w);
  assert_int_equal(w.left_count, 2);
  assert_string_equal(w.left[1].url, "http://a/2");
  reply(&w, 200, "");
  assert_int_equal(h[0].status, 200);
  assert_int_equal(w.left_count, 3);
  assert_string_equal(w.left[2].url, "http://a/3");
  reply(&w, 404, "");
  reply(&w, 204, "");
  assert_int_equal(h[1].status, 404); /* an answer, and not sent again */
  assert_int_equal(h[2].times, 1);
  end(&w);
}

static void what_fails_is_sent_again_after_a_growing_pause(void **state) {
  (void)state;
  struct world w;
  struct heard h = {0};
  begin(&w, &usual);
  send(&w, "http://a/", true, &h);
  settle(&w);
  reply(&w, 503, "");
  const int64_t first_ms = (w.wake_us - w.now_us) / 1000;
  assert_in_range(first_ms, 50, 100);
  run(&w, w.now_us + 100000);
  assert_int_equal(w.left_count, 2);
  reply(&w, -1, "timeout: late");
  const int64_t second_ms = (w.wake_us - w.now_us) / 1000;
  assert_in_range(second_ms, 100, 200);
  run(&w, w.now_us + 200000);
  reply(&w, 200, "");
  assert_int_equal(w.left_count, 3);
  assert_int_equal(h.times, 1);
  assert_int_equal(h.status, 200);
  end(&w);
}

static void attempts_end_and_the_last_failure_is_the_answer(void **state) {
  (void)state;
  struct world w;
  struct heard h = {0};
  begin(&w, &usual);
  send(&w, "http://a/", true, &h);
  for (unsigned i = 0; i < 3; i++) {
    run(&w, w.now_us + 1000000);
    reply(&w, 500, "");
  }
  run(&w, w.now_us + 10000000);
  assert_int_equal(w.left_count, 3);
  assert_int_equal(h.times, 1);
  assert_int_equal(h.status, 500);
  end(&w);
}

static void what_may_have_arrived_is_not_repeated_unasked(void **state) {
  (void)state;
  struct world w;
  struct heard once = {0}, again = {0}, policy = {0};
  begin(&w, &usual);
  send(&w, "http://a/once", false, &once);
  settle(&w);
  reply(&w, -1, "timeout: late");
  assert_int_equal(once.times, 1);
  send(&w, "http://a/again", false, &again);
  settle(&w);
  reply(&w, -1, "refused: nobody listens");
  assert_int_equal(again.times, 0);
  run(&w, w.now_us + 100000);
  reply(&w, 200, "");
  assert_int_equal(again.status, 200);
  send(&w, "http://a/inside", true, &policy);
  settle(&w);
  reply(&w, -1, "blocked by policy: inside");
  assert_int_equal(policy.times,
                   1); /* our own rules do not change by waiting */
  end(&w);
}

static void
a_host_that_is_down_is_left_alone_and_then_tried_once(void **state) {
  (void)state;
  struct world w;
  struct heard h[8] = {{0}};
  struct courier_policy once = usual;
  once.attempts = 1;
  begin(&w, &once);
  for (unsigned i = 0; i < 4; i++) {
    send(&w, "http://a/", true, &h[i]);
    settle(&w);
    reply(&w, -1, "refused: nobody listens");
  }
  send(&w, "http://a/", true, &h[4]);
  settle(&w);
  assert_int_equal(w.left_count, 4);
  assert_string_equal(h[4].reason, "left alone: the host has failed 4 times in "
                                   "a row; it is tried again in 5000 ms");
  run(&w, w.now_us + 5000000);
  send(&w, "http://a/", true, &h[5]);
  send(&w, "http://a/", true, &h[6]); /* one alone is let through */
  settle(&w);
  assert_int_equal(w.left_count, 5);
  assert_int_equal(h[6].times, 1);
  reply(&w, 200, "");
  send(&w, "http://a/", true, &h[7]);
  settle(&w);
  assert_int_equal(w.left_count, 6);
  end(&w);
}

/* A cut of minutes loses nothing that lasts: neither its attempts nor the pause
 * for a host that is down nor the length of the queue end it. */
static void what_lasts_is_told_when_the_host_is_back(void **state) {
  (void)state;
  struct world w;
  struct heard h[7] = {{0}};
  struct courier_policy lasting = usual;
  lasting.lasts_ms = 300000;
  begin(&w, &lasting);
  late_calls = 0;
  for (unsigned i = 0; i < 7; i++) {
    send_lasting(&w, &h[i]);
  }
  const int64_t back_us = w.now_us + 200 * INT64_C(1000000);
  while (w.now_us < back_us) {
    run(&w, w.now_us + 50000);
    while (w.answered_count < w.left_count) {
      reply(&w, -1, "refused: nobody listens");
    }
  }
  assert_int_equal(late_calls, 7); /* each is told once that it takes long */
  assert_true(w.left_count < 60);  /* and the host is left alone meanwhile */
  for (unsigned i = 0; i < 400; i++) {
    run(&w, w.now_us + 50000);
    while (w.answered_count < w.left_count) {
      reply(&w, 200, "");
    }
  }
  for (unsigned i = 0; i < 7; i++) {
    assert_int_equal(h[i].times, 1);
    assert_int_equal(h[i].status, 200);
  }
  end(&w);
}

static void what_lasts_ends_too(void **state) {
  (void)state;
  struct world w;
  struct heard h = {0};
  struct courier_policy lasting = usual;
  lasting.lasts_ms = 20000;
  begin(&w, &lasting);
  send_lasting(&w, &h);
  const int64_t until_us = w.now_us + 40 * INT64_C(1000000);
  while (w.now_us < until_us) {
    run(&w, w.now_us + 50000);
    while (w.answered_count < w.left_count) {
      reply(&w, 503, "");
    }
  }
  assert_int_equal(h.times, 1);
  end(&w);
}

static void too_many_that_wait_are_told(void **state) {
  (void)state;
  struct world w;
  struct heard h[7] = {{0}};
  begin(&w, &usual);
  for (unsigned i = 0; i < 7; i++) {
    send(&w, "http://a/", true, &h[i]);
  }
  settle(&w);
  assert_int_equal(w.left_count, 2);
  for (unsigned i = 0; i < 5; i++) {
    assert_int_equal(h[i].times, 0);
  }
  assert_string_equal(h[5].reason, "busy: 3 calls wait for this host already");
  assert_int_equal(h[6].times, 1);
  end(&w);
}

static void who_waits_no_longer_hears_nothing(void **state) {
  (void)state;
  struct world w;
  struct heard h[4] = {{0}};
  struct courier_call *call[4];
  begin(&w, &usual);
  for (unsigned i = 0; i < 4; i++) {
    call[i] = send(&w, "http://a/", true, &h[i]);
  }
  settle(&w);
  courier_cancel(call[0]); /* has left */
  courier_cancel(call[3]); /* has not */
  settle(&w);
  assert_int_equal(w.left_count, 2); /* its place is not free before its end */
  reply(&w, 200, "");
  settle(&w);
  assert_int_equal(h[0].times, 0);
  assert_int_equal(w.left_count, 3);
  reply(&w, 503, "");
  courier_cancel(call[1]); /* rests */
  run(&w, w.now_us + 1000000);
  assert_int_equal(w.left_count, 3);
  reply(&w, 200, "");
  assert_int_equal(h[2].times, 1);
  assert_int_equal(h[1].times + h[3].times, 0);
  end(&w);
}

/* Visitors open and leave, and the host takes its time: it has as many calls as
 * are allowed, and no more. */
static void who_leaves_makes_no_room_for_another_call(void **state) {
  (void)state;
  struct world w;
  struct heard h = {0};
  begin(&w, &usual);
  for (unsigned i = 0; i < 20; i++) {
    courier_cancel(send(&w, "http://a/", true, &h));
    struct courier_call *call = send(&w, "http://a/", true, &h);
    settle(&w);
    courier_cancel(call);
  }
  assert_int_equal(w.left_count, usual.at_once_max);
  reply(&w, 200, "");
  reply(&w, 503, ""); /* nobody wants it again */
  run(&w, w.now_us + 10000000);
  assert_int_equal(w.left_count, usual.at_once_max);
  send(&w, "http://a/", true, &h);
  settle(&w);
  reply(&w, 200, "");
  assert_int_equal(h.times, 1);
  end(&w);
}

static void a_target_goes_with_its_calls(void **state) {
  (void)state;
  struct world w;
  struct heard h[3] = {{0}};
  begin(&w, &usual);
  for (unsigned i = 0; i < 3; i++) {
    send(&w, "http://a/", true, &h[i]);
  }
  settle(&w);
  courier_drop_target(w.target);
  reply(&w, 200, ""); /* of a call that nobody waits for */
  assert_int_equal(h[0].times + h[1].times + h[2].times, 0);
  end(&w);
}

static void without_memory_nothing_is_sent(void **state) {
  (void)state;
  struct world w;
  struct heard h = {0};
  begin(&w, &usual);
  const struct courier_request request = {
      .request = {.method = TEXT("POST"), .url = TEXT("http://a/")}};
  w.tm.fail_at = w.tm.calls + 1;
  assert_int_equal(courier_send(w.target, &request, hear, &h, NULL),
                   BT_ERR_NOMEM);
  end(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(calls_leave_in_order_and_so_many_at_once),
      cmocka_unit_test(what_fails_is_sent_again_after_a_growing_pause),
      cmocka_unit_test(attempts_end_and_the_last_failure_is_the_answer),
      cmocka_unit_test(what_may_have_arrived_is_not_repeated_unasked),
      cmocka_unit_test(a_host_that_is_down_is_left_alone_and_then_tried_once),
      cmocka_unit_test(what_lasts_is_told_when_the_host_is_back),
      cmocka_unit_test(what_lasts_ends_too),
      cmocka_unit_test(too_many_that_wait_are_told),
      cmocka_unit_test(who_waits_no_longer_hears_nothing),
      cmocka_unit_test(who_leaves_makes_no_room_for_another_call),
      cmocka_unit_test(a_target_goes_with_its_calls),
      cmocka_unit_test(without_memory_nothing_is_sent),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
