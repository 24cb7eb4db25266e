#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "codec/snapshot.h"
#include "support.h"

/* A centre in which some sessions wait in a queue. */
struct world {
  struct test_mem tm;
  struct engine *e;
  struct step step;
  int64_t now_us;
  uint64_t entropy;
};

static void open_engine(struct world *w) {
  memset(w, 0, sizeof *w);
  test_mem_init(&w->tm);
  w->now_us = INT64_C(1700000000000000);
  const struct engine_options options = {.centre = TEXT("test")};
  assert_int_equal(engine_create(&w->tm.mem, &options, &w->e), BT_ERR_OK);
  step_init(&w->step, &w->tm.mem);
}

static void close_engine(struct world *w) {
  step_free(&w->step);
  engine_free(w->e);
  assert_int_equal(w->tm.live_bytes, 0);
}

static void carry_out(struct world *w, enum role role, struct record *args) {
  const struct command cmd = {.by = {.role = role, .number = SESSION_NOBODY},
                              .now_us = w->now_us += 1000,
                              .entropy = {++w->entropy, w->entropy},
                              .args = *args};
  engine_step(w->e, &cmd, &w->step);
  assert_true(w->step.answer.code < 300);
}

static void configure(struct world *w, enum command_type type,
                      const char *config) {
  struct record r;
  record_init(&r, type);
  record_set_text(&r, FIELD_CONFIG, text_from(config));
  carry_out(w, ROLE_SYSTEM, &r);
}

static void open_session(struct world *w, const char *attributes) {
  struct record r;
  record_init(&r, COMMAND_OPEN_SESSION);
  record_set_text(&r, FIELD_ENTRY_NAME, TEXT("web"));
  record_set_text(&r, FIELD_ATTRIBUTES, text_from(attributes));
  carry_out(w, ROLE_SYSTEM, &r);
}

static void fill(struct world *w) {
  open_engine(w);
  configure(w, COMMAND_PUT_QUEUE, "{\"id\":\"support\"}");
  configure(w, COMMAND_PUT_AGENT, "{\"id\":\"anna\"}");
  configure(w, COMMAND_PUT_BOT, "{\"id\":\"cognigy\"}");
  configure(w, COMMAND_PUT_ENTRY,
            "{\"id\":\"web\",\"bot\":\"cognigy\",\"fallback\":\"support\"}");
  for (unsigned i = 0; i < 5; i++) {
    open_session(w, i % 2 == 0 ? "{\"tier\":\"gold\"}" : "{}");
  }
}

static void encode(const struct world *w, struct textbuf *out) {
  textbuf_init(out, &w->tm.mem);
  snapshot_encode(w->e, out);
  assert_false(out->failed);
}

static void the_restored_engine_is_the_same(void **state) {
  (void)state;
  struct world first;
  struct world second;
  fill(&first);
  open_engine(&second);
  struct textbuf once;
  struct textbuf again;
  encode(&first, &once);
  assert_int_equal(snapshot_decode(second.e, textbuf_text(&once)), BT_ERR_OK);
  assert_true(engine_seq(first.e) > 0);
  assert_int_equal(engine_seq(second.e), engine_seq(first.e));
  encode(&second, &again);
  assert_true(text_equal(textbuf_text(&once), textbuf_text(&again)));
  struct engine_counts a;
  struct engine_counts b;
  engine_count(first.e, &a);
  engine_count(second.e, &b);
  assert_int_equal(a.sessions[SESSION_PENDING], 5);
  assert_memory_equal(a.sessions, b.sessions, sizeof a.sessions);
  assert_int_equal(engine_next_deadline(first.e),
                   engine_next_deadline(second.e));
  textbuf_free(&once);
  textbuf_free(&again);
  close_engine(&first);
  close_engine(&second);
}

/* A cover that everybody sees through: each byte but one bit. */
static enum bt_err turn(void *ctx, struct id session, struct text bytes,
                        struct textbuf *out) {
  (void)ctx;
  (void)session;
  for (size_t i = 0; i < bytes.len; i++) {
    textbuf_add_char(out, (char)(bytes.ptr[i] ^ 1));
  }
  return BT_ERR_OK;
}

static void one_that_is_sealed_is_opened_where_it_stands(void **state) {
  (void)state;
  const struct seal seal = {.close = turn, .open = turn};
  struct seal_reader opens = {.seal = &seal};
  struct seal_reader without = {.seal = NULL};
  struct world first, second;
  struct textbuf once, kept, again;
  fill(&first);
  open_engine(&second);
  encode(&first, &once);
  textbuf_init(&kept, &first.tm.mem);
  textbuf_init(&opens.plain, &first.tm.mem);
  assert_int_equal(seal_snapshot(&seal, textbuf_text(&once), &kept), BT_ERR_OK);
  assert_true(text_find(textbuf_text(&kept), TEXT("gold"), 0) == kept.len);
  assert_int_equal(snapshot_decode_kept(second.e, textbuf_text(&kept), &opens),
                   BT_ERR_OK);
  encode(&second, &again);
  assert_true(text_equal(textbuf_text(&once), textbuf_text(&again)));
  textbuf_free(&again);
  close_engine(&second);
  open_engine(&second);
  assert_int_equal(
      snapshot_decode_kept(second.e, textbuf_text(&kept), &without),
      BT_ERR_CORRUPT);
  textbuf_free(&once);
  textbuf_free(&kept);
  textbuf_free(&opens.plain);
  close_engine(&first);
  close_engine(&second);
}

static enum bt_err decode_into_a_fresh_one(struct text bytes) {
  struct world w;
  open_engine(&w);
  const enum bt_err err = snapshot_decode(w.e, bytes);
  close_engine(&w);
  return err;
}

static void every_truncation_is_noticed(void **state) {
  (void)state;
  struct world w;
  fill(&w);
  struct textbuf b;
  encode(&w, &b);
  for (size_t len = 0; len < b.len; len++) {
    const struct text part = text_sub(textbuf_text(&b), 0, len);
    assert_int_equal(decode_into_a_fresh_one(part), BT_ERR_CORRUPT);
  }
  textbuf_add_char(&b, '\0');
  assert_int_equal(decode_into_a_fresh_one(textbuf_text(&b)), BT_ERR_CORRUPT);
  textbuf_free(&b);
  close_engine(&w);
}

static void a_newer_version_is_foreign(void **state) {
  (void)state;
  struct world w;
  fill(&w);
  struct textbuf b;
  encode(&w, &b);
  b.ptr[0] = SNAPSHOT_VERSION + 1;
  assert_int_equal(decode_into_a_fresh_one(textbuf_text(&b)), BT_ERR_FOREIGN);
  b.ptr[0] = 0;
  assert_int_equal(decode_into_a_fresh_one(textbuf_text(&b)), BT_ERR_CORRUPT);
  textbuf_free(&b);
  close_engine(&w);
}

static void without_memory_the_buffer_says_so(void **state) {
  (void)state;
  struct world w;
  fill(&w);
  struct test_mem tm;
  for (uint64_t nth = 1; nth < 4; nth++) {
    test_mem_init(&tm);
    tm.fail_at = nth;
    struct textbuf b;
    textbuf_init(&b, &tm.mem);
    snapshot_encode(w.e, &b);
    assert_true(b.failed);
    textbuf_free(&b);
    assert_int_equal(tm.live_bytes, 0);
  }
  close_engine(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_restored_engine_is_the_same),
      cmocka_unit_test(one_that_is_sealed_is_opened_where_it_stands),
      cmocka_unit_test(every_truncation_is_noticed),
      cmocka_unit_test(a_newer_version_is_foreign),
      cmocka_unit_test(without_memory_the_buffer_says_so),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
