#include "story.h"

static uint64_t told;

static void note(void *ctx, uint64_t seq) {
  (void)ctx;
  told = seq;
}

static struct journal *open_memory(struct story *s) {
  *s = (struct story){.next = 1};
  const struct journal_options options = {.centre = TEXT("acme"),
                                          .on_durable = note};
  assert_int_equal(journal_open_memory(&options, &s->journal), BT_ERR_OK);
  const struct journal_sink sink = story_sink(s);
  assert_int_equal(journal_load(s->journal, &sink, NULL), BT_ERR_OK);
  return s->journal;
}

static void a_batch_is_durable_when_append_returns(void **state) {
  (void)state;
  struct story s;
  struct journal *j = open_memory(&s);
  for (uint64_t seq = 1; seq <= 100; seq++) {
    assert_int_equal(story_append(&s, seq), BT_ERR_OK);
    assert_int_equal(told, seq);
    assert_int_equal(journal_durable(j), seq);
    assert_int_equal(journal_sync_wait(j, seq, 0), BT_ERR_OK);
  }
  struct journal_stats stats;
  journal_get_stats(j, &stats);
  assert_int_equal(stats.batches, 100);
  assert_true(text_equal(journal_centre(j), TEXT("acme")));
  journal_close(j);
}

static void batches_and_finished_sessions_are_found_again(void **state) {
  (void)state;
  struct story s;
  struct journal *j = open_memory(&s);
  story_append_to(&s, 100);
  const struct journal_sink sink = story_sink(&s);
  assert_int_equal(journal_read_range(j, 0, UINT64_MAX, &sink), BT_ERR_OK);
  assert_int_equal(s.next, 101);
  uint64_t seq = 0;
  assert_int_equal(journal_find_finished(j, story_session(70), &seq),
                   BT_ERR_OK);
  assert_int_equal(seq, 70);
  assert_int_equal(journal_find_finished(j, story_session(71), &seq),
                   BT_ERR_NOT_FOUND);
  journal_close(j);
}

static void what_is_not_there_is_not_found(void **state) {
  (void)state;
  struct story s;
  struct journal *j = open_memory(&s);
  struct textbuf out;
  struct test_mem heap;
  test_mem_init(&heap);
  textbuf_init(&out, &heap.mem);
  assert_int_equal(journal_read(j, 0, &out), BT_ERR_NOT_FOUND);
  assert_int_equal(journal_read(j, 1, &out), BT_ERR_NOT_FOUND);
  story_append_to(&s, 1);
  heap.fail_at = heap.calls + 1;
  assert_int_equal(journal_read(j, 1, &out), BT_ERR_NOMEM);
  textbuf_free(&out);
  journal_close(j);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_batch_is_durable_when_append_returns),
      cmocka_unit_test(batches_and_finished_sessions_are_found_again),
      cmocka_unit_test(what_is_not_there_is_not_found),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
