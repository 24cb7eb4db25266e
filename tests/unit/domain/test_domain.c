#include "codec/snapshot.h"
#include "domain_centre.h"

static void an_answer_comes_from_the_next_release(void **state) {
  (void)state;
  struct centre c;
  centre_begin(&c);
  centre_open(&c);
  centre_furnish(&c);
  centre_do(&c, ROLE_SUPERVISOR, COMMAND_OPEN_SESSION);
  assert_string_equal(centre_log(&c), ""); /* not from inside */
  assert_true(domain_due(c.domain));
  assert_int_equal(domain_release(c.domain), 0);
  assert_string_equal(centre_log(&c), "7 session.opened\n"
                                      "effect INVITE_BOT\n"
                                      "answer 201 \n");
  assert_false(domain_due(c.domain));
  assert_int_equal(domain_released(c.domain), 7);
  centre_end(&c);
}

static void whoever_waits_for_durability_comes_in_turn(void **state) {
  (void)state;
  struct centre c;
  centre_begin(&c);
  centre_open(&c);
  centre_furnish(&c);
  centre_do(&c, ROLE_SUPERVISOR, COMMAND_OPEN_SESSION);
  domain_when_durable(c.domain, centre_on_answer, &c);
  centre_do(&c, ROLE_SUPERVISOR, COMMAND_OPEN_SESSION);
  centre_settle(&c);
  assert_string_equal(centre_log(&c), "7 session.opened\n"
                                      "effect INVITE_BOT\n"
                                      "answer 201 \n"
                                      "durable\n"
                                      "8 session.opened\n"
                                      "effect INVITE_BOT\n"
                                      "answer 201 \n");
  centre_end(&c);
}

static void count_work(void *ctx) {
  int *told = ctx;
  ++*told;
}

static void work_is_told_once_until_the_next_release(void **state) {
  (void)state;
  struct centre c;
  int told = 0;
  centre_begin(&c);
  centre_open(&c);
  centre_furnish(&c);
  domain_on_work(c.domain, count_work, &told);
  assert_int_equal(told, 1); /* what was there before */
  centre_do(&c, ROLE_SUPERVISOR, COMMAND_OPEN_SESSION);
  assert_int_equal(told, 1);
  centre_settle(&c);
  assert_int_equal(told, 1);
  domain_when_durable(c.domain, centre_on_answer, &c);
  centre_do(&c, ROLE_SUPERVISOR, COMMAND_OPEN_SESSION);
  assert_int_equal(told, 2);
  centre_settle(&c);
  centre_end(&c);
}

static void a_refusal_that_changes_nothing_is_no_batch(void **state) {
  (void)state;
  struct centre c;
  centre_begin(&c);
  centre_open(&c);
  centre_furnish(&c);
  const uint64_t before = journal_last(domain_journal(c.domain));
  c.session = (struct id){1, 2};
  centre_transfer(&c, "support");
  centre_settle(&c);
  assert_string_equal(centre_log(&c), "answer 404 unknown_session\n");
  assert_int_equal(journal_last(domain_journal(c.domain)), before);
  centre_end(&c);
}

/* The whole way from the bot to the agent. */
static void tell_a_handover(struct centre *c) {
  const uint32_t epoch = centre_open_session(c);
  centre_do_agent(c, COMMAND_AGENT_JOINED);
  struct command state = centre_command(c, ROLE_AGENT, COMMAND_AGENT_STATE);
  state.by.number = 0;
  record_set_text(&state.args, FIELD_STATE, TEXT("available"));
  centre_submit(c, &state);
  centre_do_bot(c, COMMAND_GOODBYE, epoch);
  centre_transfer(c, "AgentSkill");
  c->now_us += 1000000;
  centre_do_bot(c, COMMAND_BOT_CLOSED, epoch);
  centre_transfer(c, "AgentSkill");
  centre_do_agent(c, COMMAND_ACCEPT_OFFER);
  centre_settle(c);
}

static void the_ticket_of_the_forum(void **state) {
  (void)state;
  struct centre c;
  centre_begin(&c);
  centre_open(&c);
  centre_furnish(&c);
  tell_a_handover(&c);
  assert_true(centre_logged(&c, "answer 409 release_in_progress\n"));
  assert_true(centre_logged(&c, "bot.released\n"));
  assert_true(centre_logged(&c, "session.connected\n"));
  assert_int_equal(c.last.code, 200);
  centre_end(&c);
}

static void take_snapshot_of(struct centre *c, struct textbuf *out) {
  textbuf_init(out, &c->log_heap.mem);
  snapshot_encode(domain_engine(c->domain), out);
  assert_false(out->failed);
}

static void a_restart_gives_the_same_state(bool snapshot, uint64_t every) {
  struct centre c;
  struct textbuf before, after;
  centre_begin(&c);
  centre_use_disk(&c);
  centre_open_with(&c, every);
  centre_furnish(&c);
  centre_put_script(&c, "forum", "Wait(5)\n");
  tell_a_handover(&c);
  struct command run = centre_command(&c, ROLE_ADMIN, COMMAND_RUN_SCRIPT);
  record_set_text(&run.args, FIELD_NAME, TEXT("forum"));
  centre_submit(&c, &run);
  const uint32_t epoch = centre_open_session(&c);
  centre_do_bot(&c, COMMAND_GOODBYE, epoch);
  centre_settle(&c);
  take_snapshot_of(&c, &before);
  const uint64_t seq = engine_seq(domain_engine(c.domain));
  centre_close(&c, snapshot);
  centre_open(&c);
  take_snapshot_of(&c, &after);
  assert_int_equal(engine_seq(domain_engine(c.domain)), seq);
  assert_int_equal(before.len, after.len);
  assert_memory_equal(before.ptr, after.ptr, before.len);
  textbuf_free(&before);
  textbuf_free(&after);
  centre_end(&c);
}

static void a_restart_from_the_batches(void **state) {
  (void)state;
  a_restart_gives_the_same_state(false, 1000000);
}

static void a_restart_from_a_last_snapshot(void **state) {
  (void)state;
  a_restart_gives_the_same_state(true, 1000000);
}

static void a_restart_from_snapshots_on_the_way(void **state) {
  (void)state;
  a_restart_gives_the_same_state(false, 3);
}

static void after_a_restart_connections_are_gone(void **state) {
  (void)state;
  struct centre c;
  centre_begin(&c);
  centre_use_disk(&c);
  centre_open(&c);
  domain_recover(c.domain, c.now_us);
  assert_int_equal(engine_seq(domain_engine(c.domain)),
                   0); /* the first start */
  centre_furnish(&c);
  centre_open_session(&c);
  centre_close(&c, false);
  (void)centre_log(&c);
  centre_open(&c);
  domain_recover(c.domain, c.now_us);
  centre_settle(&c);
  assert_true(centre_logged(&c, "server.recovered\n"));
  assert_true(centre_logged(&c, "bot.away\n"));
  centre_end(&c);
}

static void timers_are_ticks(void **state) {
  (void)state;
  struct centre c;
  centre_begin(&c);
  centre_open(&c);
  centre_furnish(&c);
  centre_do(&c, ROLE_SUPERVISOR, COMMAND_OPEN_SESSION);
  centre_settle(&c);
  (void)centre_log(&c);
  domain_tick(c.domain, c.now_us);
  centre_settle(&c);
  assert_string_equal(centre_log(&c), "");
  const int64_t due_us = domain_next_deadline(c.domain);
  assert_int_equal(due_us, c.now_us + 10000000);
  domain_tick(c.domain, due_us);
  centre_settle(&c);
  assert_true(centre_logged(&c, "invite.expired\n"));
  centre_end(&c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_answer_comes_from_the_next_release),
      cmocka_unit_test(whoever_waits_for_durability_comes_in_turn),
      cmocka_unit_test(work_is_told_once_until_the_next_release),
      cmocka_unit_test(a_refusal_that_changes_nothing_is_no_batch),
      cmocka_unit_test(the_ticket_of_the_forum),
      cmocka_unit_test(a_restart_from_the_batches),
      cmocka_unit_test(a_restart_from_a_last_snapshot),
      cmocka_unit_test(a_restart_from_snapshots_on_the_way),
      cmocka_unit_test(after_a_restart_connections_are_gone),
      cmocka_unit_test(timers_are_ticks),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
