#include "story.h"

#include "journal/chain_priv.h"
#include "journal/row_priv.h"

/* A row of batches @first … @last as the journal's thread makes it. */
static struct store_row make_row(struct textbuf *bytes, uint64_t first,
                                 uint64_t last, uint64_t before) {
  char room[STORY_BYTES_MAX];
  struct store_row row = {.first = first, .seq = last, .chain = before};
  for (uint64_t seq = first; seq <= last; seq++) {
    const struct text batch = story_bytes(seq, room);
    row.chain = chain_next(row.chain, seq, batch);
    if (first == last) {
      textbuf_add(bytes, batch);
    } else {
      row_add(bytes, batch);
    }
  }
  row.bytes = textbuf_text(bytes);
  return row;
}

static void a_row_gives_back_what_was_put_into_it(void **state) {
  (void)state;
  struct test_mem tm;
  char room[STORY_BYTES_MAX];
  test_mem_init(&tm);
  for (uint64_t last = 7; last < 60; last++) {
    struct textbuf bytes;
    textbuf_init(&bytes, &tm.mem);
    const struct store_row row = make_row(&bytes, 7, last, 99);
    assert_true(row_verifies(&row, 99));
    assert_false(row_verifies(&row, 98));
    struct row_walk w = row_walk_begin(&row);
    struct text batch;
    uint64_t seq = 0, next = 7;
    while (row_walk_next(&w, &seq, &batch)) {
      assert_int_equal(seq, next++);
      assert_true(text_equal(batch, story_bytes(seq, room)));
    }
    assert_int_equal(next, last + 1);
    assert_true(row_walk_is_whole(&w));
    textbuf_free(&bytes);
  }
}

/* One batch alone may be anything, also what looks like a length. */
static void a_batch_alone_is_taken_as_it_is(void **state) {
  (void)state;
  const struct text odd[] = {TEXT(""), {"\0", 1}, {"\377\377", 2}};
  for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
    const struct store_row row = {.first = 3,
                                  .seq = 3,
                                  .bytes = odd[i],
                                  .chain = chain_next(1, 3, odd[i])};
    assert_true(row_verifies(&row, 1));
  }
}

static void
a_row_with_any_byte_changed_or_cut_off_does_not_verify(void **state) {
  (void)state;
  struct test_mem tm;
  struct textbuf bytes;
  test_mem_init(&tm);
  textbuf_init(&bytes, &tm.mem);
  struct store_row row = make_row(&bytes, 1, 9, 5);
  for (size_t at = 0; at < bytes.len; at++) {
    for (int bit = 0; bit < 8; bit++) {
      bytes.ptr[at] = (char)(bytes.ptr[at] ^ 1 << bit);
      assert_false(row_verifies(&row, 5));
      bytes.ptr[at] = (char)(bytes.ptr[at] ^ 1 << bit);
    }
    row.bytes.len = at;
    assert_false(row_verifies(&row, 5));
    row.bytes.len = bytes.len;
  }
  assert_true(row_verifies(&row, 5));
  row.first = 2;
  assert_false(row_verifies(&row, 5));
  row.first = 10; /* behind its last */
  assert_false(row_verifies(&row, 5));
  textbuf_free(&bytes);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_row_gives_back_what_was_put_into_it),
      cmocka_unit_test(a_batch_alone_is_taken_as_it_is),
      cmocka_unit_test(a_row_with_any_byte_changed_or_cut_off_does_not_verify),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
