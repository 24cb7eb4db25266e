/* Finished sessions are found by what people know of them, page by page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "history/history.h"
#include "support.h"

struct shelf {
  struct test_mem tm;
  struct history *h;
  char path[256];
};

static void begin(struct shelf *s) {
  test_mem_init(&s->tm);
  const char *base = getenv("TMPDIR");
  (void)snprintf(s->path, sizeof s->path, "%s/baton-history-XXXXXX",
                 base == NULL ? P_tmpdir : base);
  const int fd = mkstemp(s->path);
  assert_true(fd >= 0);
  assert_int_equal(close(fd), 0);
  assert_int_equal(history_open(&s->tm.mem, s->path, &s->h), BT_ERR_OK);
}

static void end(struct shelf *s) {
  static const char *const parts[] = {"", "-wal", "-shm", ".broken"};
  history_close(s->h);
  assert_int_equal(s->tm.live_bytes, 0);
  for (size_t i = 0; i < 4; i++) {
    char path[sizeof s->path + 8];
    (void)snprintf(path, sizeof path, "%s%s", s->path, parts[i]);
    (void)unlink(path);
  }
}

/* The session ended n seconds after the first. */
static struct history_row row_of(uint64_t n, const char *customer,
                                 const char *queue, const char *agent) {
  return (struct history_row){.session = {7, n},
                              .opened_us = (int64_t)n * 1000000,
                              .ended_us = (int64_t)n * 1000000 + 500000,
                              .messages = 3,
                              .customer = text_from(customer),
                              .name = TEXT("Ada Lovelace"),
                              .number = TEXT("+49 30 1234"),
                              .channel = TEXT("chat"),
                              .entry = TEXT("main"),
                              .queue = text_from(queue),
                              .agent = text_from(agent),
                              .disposition = TEXT("solved"),
                              .reason = TEXT("agent_ended")};
}

static void put(struct shelf *s, struct history_row row) {
  assert_int_equal(history_put(s->h, &row, 1, row.session.lo), BT_ERR_OK);
}

struct found {
  uint64_t sessions[16];
  size_t count;
  struct history_row last;
};

static bool take(void *ctx, const struct history_row *row) {
  struct found *f = ctx;
  assert_true(f->count < 16);
  f->sessions[f->count++] = row->session.lo;
  f->last =
      (struct history_row){.session = row->session, .ended_us = row->ended_us};
  return true;
}

static struct found find(struct shelf *s, struct history_query q) {
  struct found f = {.count = 0};
  q.limit = q.limit == 0 ? 16 : q.limit;
  q.to_us = q.to_us == 0 ? INT64_MAX : q.to_us;
  q.before_us = q.before_us == 0 ? INT64_MAX : q.before_us;
  assert_int_equal(history_find(s->h, &q, take, &f), BT_ERR_OK);
  return f;
}

static void each_thing_that_is_known_finds_it(void **state) {
  (void)state;
  struct shelf s;
  begin(&s);
  put(&s, row_of(1, "c-1", "support", "anna"));
  put(&s, row_of(2, "c-2", "support", "bert"));
  put(&s, row_of(3, "c-1", "sales", ""));
  const struct {
    struct history_query q;
    size_t count;
    uint64_t first;
  } cases[] = {
      {{.customer = TEXT("c-1")}, 2, 3},
      {{.customer = TEXT("c-2")}, 1, 2},
      {{.customer = TEXT("C-2")}, 0, 0},
      {{.customer = TEXT("c")}, 0, 0},
      {{.queue = TEXT("support")}, 2, 2},
      {{.agent = TEXT("anna")}, 1, 1},
      {{.queue = TEXT("support"), .agent = TEXT("bert")}, 1, 2},
      {{.number = TEXT("+49 30 1234")}, 3, 3},
      {{.disposition = TEXT("solved"), .customer = TEXT("c-2")}, 1, 2},
      {{.words = TEXT("LOVE")}, 3, 3},
      {{.words = TEXT("bert")}, 1, 2},
      {{.words = TEXT("' OR 1=1 --")}, 0, 0},
      {{.customer = TEXT("c-1' OR '1'='1")}, 0, 0},
      {{.from_us = 2000000, .to_us = 3000000}, 1, 2},
      {{.customer = TEXT("c-1"), .without = {7, 3}}, 1, 1},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const struct found f = find(&s, cases[i].q);
    assert_int_equal(f.count, cases[i].count);
    assert_true(f.count == 0 || f.sessions[0] == cases[i].first);
  }
  end(&s);
}

static void pages_give_each_session_once(void **state) {
  (void)state;
  struct shelf s;
  struct history_query q = {.limit = 4};
  uint64_t expected = 10;
  begin(&s);
  for (uint64_t n = 1; n <= 10; n++) {
    struct history_row row = row_of(n, "c-1", "support", "anna");
    row.ended_us = (int64_t)(n / 3) * 1000000 + 1; /* some at one moment */
    put(&s, row);
  }
  for (struct found f = find(&s, q); f.count > 0; f = find(&s, q)) {
    for (size_t i = 0; i < f.count; i++) {
      assert_int_equal(f.sessions[i], expected--);
    }
    q.before_us = f.last.ended_us;
    q.before = f.last.session;
  }
  assert_int_equal(expected, 0);
  end(&s);
}

static void what_is_put_again_is_one_and_stays(void **state) {
  (void)state;
  struct shelf s;
  begin(&s);
  put(&s, row_of(1, "c-1", "support", "anna"));
  put(&s, row_of(1, "c-1", "support", "bert"));
  history_close(s.h);
  assert_int_equal(history_open(&s.tm.mem, s.path, &s.h), BT_ERR_OK);
  assert_int_equal(find(&s, (struct history_query){.words = TEXT("")}).count,
                   1);
  assert_int_equal(
      find(&s, (struct history_query){.agent = TEXT("bert")}).count, 1);
  end(&s);
}

static void it_knows_how_far_it_is_complete(void **state) {
  (void)state;
  struct shelf s;
  begin(&s);
  assert_int_equal(history_through(s.h), 0);
  put(&s, row_of(9, "c-1", "support", "anna"));
  put(&s, row_of(4, "c-1", "support", "anna")); /* late: it does not go back */
  history_close(s.h);
  assert_int_equal(history_open(&s.tm.mem, s.path, &s.h), BT_ERR_OK);
  assert_int_equal(history_through(s.h), 9);
  assert_int_equal(history_put(s.h, NULL, 0, 12), BT_ERR_OK);
  history_close(s.h);
  assert_int_equal(history_open(&s.tm.mem, s.path, &s.h), BT_ERR_OK);
  assert_int_equal(history_through(s.h), 12);
  end(&s);
}

static void a_broken_file_is_said(void **state) {
  (void)state;
  struct shelf s;
  begin(&s);
  history_close(s.h);
  FILE *f = fopen(s.path, "wb");
  assert_non_null(f);
  for (int i = 0; i < 4096; i++) {
    assert_int_equal(fputc('x', f), 'x');
  }
  assert_int_equal(fclose(f), 0);
  s.h = NULL;
  assert_int_equal(history_open(&s.tm.mem, s.path, &s.h), BT_ERR_CORRUPT);
  assert_int_equal(history_set_aside(s.path), BT_ERR_OK);
  assert_int_equal(history_open(&s.tm.mem, s.path, &s.h), BT_ERR_OK);
  assert_int_equal(history_through(s.h), 0);
  end(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_thing_that_is_known_finds_it),
      cmocka_unit_test(pages_give_each_session_once),
      cmocka_unit_test(what_is_put_again_is_one_and_stays),
      cmocka_unit_test(it_knows_how_far_it_is_complete),
      cmocka_unit_test(a_broken_file_is_said),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
