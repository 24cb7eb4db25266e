#include "story.h"

#include "journal/queue_priv.h"

static enum bt_err push(struct queue *q, uint64_t seq) {
  char room[STORY_BYTES_MAX];
  const struct journal_finished finished[2] = {
      {.session = story_session(seq), .last_seq = seq},
      {.session = story_session(seq + 1), .last_seq = seq}};
  const struct journal_batch b = {.seq = seq,
                                  .bytes = story_bytes(seq, room),
                                  .finished = finished,
                                  .finished_count = seq % 3};
  return queue_push(q, &b);
}

static void assert_batch(const struct journal_batch *b, uint64_t seq) {
  char room[STORY_BYTES_MAX];
  assert_int_equal(b->seq, seq);
  assert_true(text_equal(b->bytes, story_bytes(seq, room)));
  assert_int_equal(b->finished_count, seq % 3);
  for (size_t i = 0; i < b->finished_count; i++) {
    assert_true(id_equal(b->finished[i].session, story_session(seq + i)));
    assert_int_equal(b->finished[i].last_seq, seq);
  }
}

/* Empties all that has been taken; returns the next number. */
static uint64_t empty(struct queue *q, uint64_t seq) {
  const struct queue_cursor begin = {0};
  struct queue_cursor at = begin;
  struct journal_batch b;
  uint64_t count = 0;
  while (queue_next(q, &at, &b)) {
    assert_batch(&b, seq + count);
    count++;
  }
  queue_drop(q, begin, at, count);
  return seq + count;
}

static void what_goes_in_comes_out_in_order(void **state) {
  (void)state;
  struct queue q;
  queue_init(&q, 1 << 20);
  uint64_t pushed = 1;
  uint64_t taken = 1;
  for (unsigned round = 0; round < 50; round++) {
    for (unsigned i = 0; i < round; i++) {
      assert_int_equal(push(&q, pushed++), BT_ERR_OK);
    }
    queue_swap(&q);
    assert_int_equal(push(&q, pushed++), BT_ERR_OK); /* while one is emptied */
    taken = empty(&q, taken);
    assert_int_equal(q.batches, pushed - taken);
  }
  queue_swap(&q);
  assert_int_equal(empty(&q, taken), pushed);
  assert_int_equal(q.bytes, 0);
  queue_free(&q);
}

static void a_full_queue_refuses_until_something_is_dropped(void **state) {
  (void)state;
  struct queue q;
  queue_init(&q, 4096);
  uint64_t seq = 1;
  while (push(&q, seq) == BT_ERR_OK) {
    seq++;
  }
  assert_int_equal(push(&q, seq), BT_ERR_FULL);
  assert_true(q.bytes <= 4096);
  queue_swap(&q);
  assert_int_equal(push(&q, seq), BT_ERR_FULL); /* taken is not written */
  (void)empty(&q, 1);
  assert_int_equal(push(&q, seq), BT_ERR_OK);
  queue_free(&q);
}

/* Else a batch beyond the limit would be refused for ever. */
static void an_empty_queue_takes_a_batch_of_any_size(void **state) {
  (void)state;
  static char large[10000];
  struct queue q;
  queue_init(&q, 100);
  const struct journal_batch b = {.seq = 1, .bytes = {large, sizeof large}};
  assert_int_equal(queue_push(&q, &b), BT_ERR_OK);
  assert_int_equal(queue_push(&q, &b), BT_ERR_FULL);
  queue_free(&q);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_goes_in_comes_out_in_order),
      cmocka_unit_test(a_full_queue_refuses_until_something_is_dropped),
      cmocka_unit_test(an_empty_queue_takes_a_batch_of_any_size),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
