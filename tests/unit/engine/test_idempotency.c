/* Idempotency keys: the first answer is the answer, for a day. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "centre.h"
#include "mirror.h"

enum { BODY_MAX = 4096, HOUR_MS = 3600000 };

static const uint64_t some_hash = 4711;

static struct command transfer_with(struct centre *c, const char *key,
                                    uint64_t hash) {
  struct command cmd =
      centre_command(c, COMMAND_TRANSFER, ROLE_SUPERVISOR, SESSION_NOBODY);
  record_set_id(&cmd.args, FIELD_SESSION, c->session);
  record_set_text(&cmd.args, FIELD_QUEUE_ID, TEXT("support"));
  record_set_text(&cmd.args, FIELD_KEY, text_from(key));
  record_set_num(&cmd.args, FIELD_HASH, (int64_t)hash);
  return cmd;
}

static void get_idle(struct centre *c) {
  centre_open_with_bot(c, true);
  centre_bot(c, COMMAND_BOT_CLOSED, NULL);
}

/* A session that nobody holds, and a request to transfer it. */
static struct command begin(struct centre *c) {
  centre_init(c, NULL);
  get_idle(c);
  return transfer_with(c, "k", some_hash);
}

/* Carried out with this answer, for the first time or again. */
static void answers(struct centre *c, const struct command *cmd, int code,
                    bool again) {
  centre_run(c, cmd);
  assert_int_equal(c->step.answer.code, code);
  assert_int_equal(c->step.answer.replayed, again);
}

/* The answer's body, kept beyond the step. */
static const char *body_of(const struct centre *c) {
  static char bodies[2][BODY_MAX];
  static unsigned turn;
  char *body = bodies[turn++ % 2];
  (void)snprintf(body, BODY_MAX, "%.*s", TEXT_ARG(c->step.answer.body));
  return body;
}

static void test_a_repeat_is_answered_to_the_byte(void **state) {
  (void)state;
  struct centre c;
  struct command cmd = begin(&c);
  answers(&c, &cmd, 200, false);
  const char *first = body_of(&c);
  const struct session before = *centre_session(&c);
  centre_wait(&c, 5000);
  cmd.now_us = c.now_us;
  answers(&c, &cmd, 200, true);
  assert_string_equal(body_of(&c), first);
  assert_int_equal(c.step.event_count, 0);
  assert_memory_equal(&before, centre_session(&c), sizeof before);
  centre_free(&c);
}

static void test_another_body_is_refused(void **state) {
  (void)state;
  struct centre c;
  struct command cmd = begin(&c);
  centre_run(&c, &cmd);
  cmd = transfer_with(&c, "k", some_hash + 1);
  answers(&c, &cmd, 422, false);
  assert_int_equal(c.step.answer.refusal, REFUSAL_IDEMPOTENCY_MISMATCH);
  cmd = transfer_with(&c, "k", some_hash); /* and the first one still stands */
  centre_run(&c, &cmd);
  assert_true(c.step.answer.replayed);
  centre_free(&c);
}

static void test_a_no_is_an_answer_too(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  centre_open_with_bot(&c, true);
  struct command cmd = transfer_with(&c, "k", some_hash);
  centre_run(&c, &cmd);
  assert_int_equal(c.step.answer.refusal, REFUSAL_RELEASE_IN_PROGRESS);
  centre_bot(&c, COMMAND_BOT_CLOSED, NULL);
  answers(&c, &cmd, 409, true);
  centre_free(&c);
}

static void test_what_was_malformed_may_come_again(void **state) {
  (void)state;
  struct centre c;
  struct command cmd = begin(&c);
  record_set_text(&cmd.args, FIELD_QUEUE_ID, TEXT("suport"));
  answers(&c, &cmd, 404, false);
  cmd = transfer_with(&c, "k", some_hash + 1); /* the name is mended */
  answers(&c, &cmd, 200, false);
  centre_free(&c);
}

static void test_a_key_comes_before_the_version(void **state) {
  (void)state;
  struct centre c;
  struct command cmd = begin(&c);
  record_set_num(&cmd.args, FIELD_IF_MATCH, centre_session(&c)->version);
  answers(&c, &cmd, 200, false);
  /* The version has moved on, by this very request. */
  answers(&c, &cmd, 200, true);
  centre_free(&c);
}

static void test_every_command_may_carry_one(void **state) {
  (void)state;
  static const enum command_type types[] = {
      COMMAND_SET_ATTRIBUTES, COMMAND_SET_DISPOSITION, COMMAND_REPRIORITISE,
      COMMAND_HANGUP, COMMAND_END};
  struct centre c;
  centre_init(&c, NULL);
  get_idle(&c);
  centre_transfer(&c, "{\"queue\":\"support\"}");
  for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
    struct command cmd =
        centre_command(&c, types[i], ROLE_ADMIN, SESSION_NOBODY);
    char key[8];
    (void)snprintf(key, sizeof key, "k%zu", i);
    record_set_id(&cmd.args, FIELD_SESSION, c.session);
    record_set_text(&cmd.args, FIELD_ATTRIBUTES, TEXT("{\"a\":1}"));
    record_set_text(&cmd.args, FIELD_DISPOSITION, TEXT("sold"));
    record_set_num(&cmd.args, FIELD_PRIORITY, 5);
    record_set_text(&cmd.args, FIELD_KEY, text_from(key));
    centre_run(&c, &cmd);
    assert_int_equal(c.step.answer.code, 200);
    assert_int_equal(centre_count(&c, EVENT_ANSWER_KEPT), 1);
    centre_run(&c, &cmd);
    assert_true(c.step.answer.replayed);
    assert_int_equal(c.step.event_count, 0);
  }
  centre_free(&c);
}

static void test_a_message_is_said_once(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  centre_open_with_bot(&c, false);
  struct command cmd = centre_command(&c, COMMAND_SAY, ROLE_BOT, 0);
  record_set_id(&cmd.args, FIELD_SESSION, c.session);
  record_set_num(&cmd.args, FIELD_EPOCH, centre_session(&c)->epoch);
  record_set_text(&cmd.args, FIELD_TEXT, TEXT("Hello"));
  record_set_text(&cmd.args, FIELD_KEY, TEXT("frame 1"));
  answers(&c, &cmd, 201, false);
  centre_run(&c, &cmd); /* delivered twice */
  assert_int_equal(c.step.answer.code, 201);
  assert_int_equal(centre_count(&c, EVENT_MESSAGE), 0);
  /* Even when it comes again after the bot's hold. */
  centre_do(&c, COMMAND_HANGUP, ROLE_ADMIN, SESSION_NOBODY, NULL);
  answers(&c, &cmd, 201, true);
  centre_free(&c);
}

static void test_a_session_is_opened_once(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  struct command cmd =
      centre_command(&c, COMMAND_OPEN_SESSION, ROLE_ADMIN, SESSION_NOBODY);
  record_set_text(&cmd.args, FIELD_ENTRY_NAME, TEXT("main"));
  record_set_text(&cmd.args, FIELD_KEY, TEXT("k"));
  answers(&c, &cmd, 201, false);
  const struct id id = c.step.answer.session;
  answers(&c, &cmd, 201, true);
  assert_true(id_equal(c.step.answer.session, id));
  assert_int_equal(c.step.effect_count, 0);
  centre_free(&c);
}

static void test_a_key_belongs_to_its_caller(void **state) {
  (void)state;
  struct centre c;
  struct command cmd = begin(&c);
  centre_run(&c, &cmd);
  cmd.by.name = TEXT("another");
  centre_run(&c, &cmd);
  assert_false(c.step.answer.replayed);
  centre_free(&c);
}

static void test_customers_who_share_a_name_share_no_key(void **state) {
  (void)state;
  struct centre c;
  centre_init(&c, NULL);
  for (int i = 0; i < 2; i++) {
    centre_open_with_bot(&c, false);
    struct command cmd =
        centre_command(&c, COMMAND_SAY, ROLE_CUSTOMER, SESSION_NOBODY);
    record_set_id(&cmd.args, FIELD_SESSION, c.session);
    record_set_text(&cmd.args, FIELD_TEXT, TEXT("Hello"));
    record_set_text(&cmd.args, FIELD_KEY, TEXT("1"));
    centre_run(&c, &cmd);
    assert_int_equal(c.step.answer.code, 201);
    assert_int_equal(centre_count(&c, EVENT_MESSAGE), 1);
  }
  centre_free(&c);
}

static void test_after_a_day_it_is_forgotten(void **state) {
  (void)state;
  struct centre c;
  struct engine_counts counts;
  centre_init(&c, NULL);
  get_idle(&c);
  centre_transfer(&c, "{\"queue\":\"support\"}");
  struct command cmd = transfer_with(&c, "k", some_hash);
  centre_run(&c, &cmd);
  centre_wait(&c, (int64_t)24 * HOUR_MS - 1);
  engine_count(c.e, &counts);
  assert_int_equal(counts.kept_answers, 1);
  centre_wait(&c, 1);
  engine_count(c.e, &counts);
  assert_int_equal(counts.kept_answers, 0);
  centre_free(&c);
}

/* A caller that waits (Prefer: wait) has the final answer, not the 202. */
static void test_the_final_answer_takes_the_place_of_the_first(void **state) {
  (void)state;
  struct centre c;
  struct textbuf key;
  centre_init(&c, NULL);
  textbuf_init(&key, &c.tm.mem);
  centre_open_with_bot(&c, true);
  struct command cmd = transfer_with(&c, "k", some_hash);
  record_set_num(&cmd.args, FIELD_WHEN, WHEN_RELEASED);
  answers(&c, &cmd, 202, false);
  centre_bot(&c, COMMAND_BOT_CLOSED, NULL);
  struct command final =
      centre_command(&c, COMMAND_KEEP_ANSWER, ROLE_SYSTEM, SESSION_NOBODY);
  engine_kept_key(&cmd.by, TEXT("k"), &key);
  record_set_id(&final.args, FIELD_SESSION, c.session);
  record_set_text(&final.args, FIELD_KEY, textbuf_text(&key));
  centre_run(&c, &final);
  assert_int_equal(c.step.answer.code, 200);
  answers(&c, &cmd, 200, true);
  textbuf_free(&key);
  centre_free(&c);
}

static void test_a_restart_forgets_no_answer(void **state) {
  (void)state;
  struct centre c;
  struct mirror restored;
  struct step step;
  struct command cmd = begin(&c);
  centre_run(&c, &cmd);
  const char *first = body_of(&c);
  mirror_init(&restored, &c.tm.mem);
  mirror_restore(&restored, c.e);
  step_init(&step, &c.tm.mem);
  engine_step(restored.e, &cmd, &step);
  assert_true(step.answer.replayed);
  assert_int_equal(step.answer.body.len, strlen(first));
  assert_memory_equal(step.answer.body.ptr, first, strlen(first));
  step_free(&step);
  mirror_free(&restored);
  centre_free(&c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_repeat_is_answered_to_the_byte),
      cmocka_unit_test(test_another_body_is_refused),
      cmocka_unit_test(test_a_no_is_an_answer_too),
      cmocka_unit_test(test_what_was_malformed_may_come_again),
      cmocka_unit_test(test_a_key_comes_before_the_version),
      cmocka_unit_test(test_every_command_may_carry_one),
      cmocka_unit_test(test_a_message_is_said_once),
      cmocka_unit_test(test_a_session_is_opened_once),
      cmocka_unit_test(test_a_key_belongs_to_its_caller),
      cmocka_unit_test(test_customers_who_share_a_name_share_no_key),
      cmocka_unit_test(test_after_a_day_it_is_forgotten),
      cmocka_unit_test(test_the_final_answer_takes_the_place_of_the_first),
      cmocka_unit_test(test_a_restart_forgets_no_answer),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
