/* When the disk does not do what it should: nothing leaves that is not on it.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "domain_centre.h"

/* What the disk does next; the journal's thread asks. */
static _Atomic int disk;
/* How far the journal's thread may come: it waits at a closed gate. */
static _Atomic bool gate_open;

static enum bt_err on_fault(void *ctx, enum journal_point point) {
  (void)ctx;
  while (!atomic_load(&gate_open)) {
    (void)usleep(1000);
  }
  return point == JOURNAL_BEFORE_COMMIT ? (enum bt_err)atomic_load(&disk)
                                        : BT_ERR_OK;
}

static void begin(struct centre *c) {
  atomic_store(&disk, BT_ERR_OK);
  atomic_store(&gate_open, true);
  centre_begin(c);
  centre_use_disk(c);
  c->journal.fault = on_fault;
}

static void nothing_leaves_before_it_is_on_disk(void **state) {
  (void)state;
  struct centre c;
  begin(&c);
  centre_open(&c);
  centre_furnish(&c);
  atomic_store(&gate_open, false);
  centre_do(&c, ROLE_SUPERVISOR, COMMAND_OPEN_SESSION);
  centre_do(&c, ROLE_SUPERVISOR, COMMAND_OPEN_SESSION);
  assert_int_equal(domain_release(c.domain), 2);
  assert_false(domain_due(c.domain));
  assert_string_equal(centre_log(&c), "");
  atomic_store(&gate_open, true);
  centre_settle(&c);
  assert_true(centre_logged(&c, "7 session.opened\neffect INVITE_BOT\n"
                                "answer 201 \n8 session.opened\n"));
  centre_end(&c);
}

/* Not even a refusal that changed nothing: it may have been made from what is
 * not durable. */
static void an_answer_waits_for_what_it_was_made_from(void **state) {
  (void)state;
  struct centre c;
  begin(&c);
  centre_open(&c);
  centre_furnish(&c);
  atomic_store(&gate_open, false);
  centre_put(&c, COMMAND_PUT_QUEUE, "{\"id\":\"sales\"}");
  centre_put(&c, COMMAND_PUT_QUEUE, "{\"id\":\"sales\"}");
  assert_int_equal(domain_release(c.domain), 2);
  assert_string_equal(centre_log(&c), "");
  atomic_store(&gate_open, true);
  centre_settle(&c);
  assert_string_equal(centre_log(&c),
                      "7 queue.put\nanswer 200 \nanswer 200 \n");
  centre_end(&c);
}

static void await_failure(const struct centre *c) {
  for (int i = 0; !domain_failed(c->domain); i++) {
    assert_true(i < CENTRE_PATIENCE_MS);
    (void)usleep(1000);
  }
}

static void a_broken_disk_lets_nothing_out_and_takes_nothing_in(void **state) {
  (void)state;
  struct centre c;
  begin(&c);
  centre_open(&c);
  centre_furnish(&c);
  atomic_store(&disk, BT_ERR_IO);
  centre_do(&c, ROLE_SUPERVISOR, COMMAND_OPEN_SESSION);
  await_failure(&c);
  assert_int_equal(domain_release(c.domain), 1);
  assert_string_equal(centre_log(&c), "");
  const uint64_t seq = engine_seq(domain_engine(c.domain));
  centre_do(&c, ROLE_SUPERVISOR, COMMAND_OPEN_SESSION);
  (void)domain_release(c.domain);
  centre_do(&c, ROLE_SUPERVISOR, COMMAND_OPEN_SESSION);
  (void)domain_release(c.domain);
  assert_true(centre_logged(&c, "answer 503 unavailable\n"));
  assert_false(centre_logged(&c, "session.opened"));
  /* Once it is known, each is told so, and nothing is decided any more. */
  assert_int_equal(engine_seq(domain_engine(c.domain)), seq);
  centre_close(&c, true);
  /* The next process knows nothing of it, as nobody was told of it. */
  atomic_store(&disk, BT_ERR_OK);
  centre_open(&c);
  assert_int_equal(engine_seq(domain_engine(c.domain)), 6);
  centre_end(&c);
}

static void await_full(const struct centre *c) {
  struct journal_stats stats = {0};
  for (int i = 0; !stats.full && i < CENTRE_PATIENCE_MS; i++) {
    (void)usleep(1000);
    journal_get_stats(domain_journal(c->domain), &stats);
  }
}

static void a_full_disk_refuses_and_recovers(void **state) {
  (void)state;
  struct centre c;
  begin(&c);
  centre_open(&c);
  centre_furnish(&c);
  atomic_store(&disk, BT_ERR_FULL);
  centre_do(&c, ROLE_SUPERVISOR, COMMAND_OPEN_SESSION);
  await_full(&c);
  assert_int_equal(domain_release(c.domain), 1);
  centre_do(&c, ROLE_SUPERVISOR, COMMAND_OPEN_SESSION);
  assert_int_equal(domain_release(c.domain), 1);
  assert_string_equal(centre_log(&c), "answer 503 unavailable\n");
  atomic_store(&disk, BT_ERR_OK);
  centre_settle(&c);
  assert_string_equal(centre_log(&c), "7 session.opened\neffect INVITE_BOT\n"
                                      "answer 201 \n");
  centre_do(&c, ROLE_SUPERVISOR, COMMAND_OPEN_SESSION);
  centre_settle(&c);
  assert_true(centre_logged(&c, "answer 201 \n"));
  centre_end(&c);
}

static void report(struct centre *c, enum command_type type) {
  struct command cmd = centre_command(c, ROLE_SYSTEM, type);
  record_set_num(&cmd.args, FIELD_AGENT, 0);
  domain_submit(c->domain, &cmd, NULL, NULL);
}

/* Nobody would say a second time that a desk is gone: the agent would be asked
 * for ever, and a session in their hands would wait for ever. */
static void what_happens_while_the_disk_is_full_is_not_forgotten(void **state) {
  (void)state;
  struct centre c;
  begin(&c);
  centre_open(&c);
  centre_furnish(&c);
  report(&c, COMMAND_AGENT_JOINED);
  centre_settle(&c);
  assert_true(centre_logged(&c, "agent."));
  (void)centre_log(&c);
  atomic_store(&disk, BT_ERR_FULL);
  centre_do(&c, ROLE_SUPERVISOR, COMMAND_OPEN_SESSION);
  await_full(&c);
  (void)domain_release(c.domain);
  report(&c, COMMAND_AGENT_DROPPED);
  (void)domain_release(c.domain);
  assert_string_equal(centre_log(&c), "");
  atomic_store(&disk, BT_ERR_OK);
  centre_settle(&c);
  centre_settle(&c);
  assert_true(centre_logged(&c, "session.opened"));
  assert_true(centre_logged(&c, "agent.disconnected"));
  centre_end(&c);
}

/* Who waits to read when the disk becomes full is told; the command that was
 * carried out is answered when there is room again. */
static void who_reads_does_not_wait_for_a_full_disk(void **state) {
  (void)state;
  struct centre c;
  begin(&c);
  centre_open(&c);
  centre_furnish(&c);
  atomic_store(&gate_open, false);
  atomic_store(&disk, BT_ERR_FULL);
  domain_when_readable(c.domain, centre_on_answer, &c);
  assert_int_equal(domain_release(c.domain), 0);
  assert_string_equal(centre_log(&c), "durable\n"); /* nothing is on its way */
  centre_do(&c, ROLE_SUPERVISOR, COMMAND_OPEN_SESSION);
  domain_when_readable(c.domain, centre_on_answer, &c);
  domain_when_durable(c.domain, centre_on_answer, &c);
  assert_int_equal(domain_release(c.domain), 3);
  assert_string_equal(centre_log(&c), "");
  atomic_store(&gate_open, true);
  for (int i = 0; domain_release(c.domain) == 3; i++) {
    assert_true(i < CENTRE_PATIENCE_MS);
    (void)usleep(1000);
  }
  assert_string_equal(centre_log(&c), "answer 503 unavailable\n");
  domain_when_readable(c.domain, centre_on_answer, &c);
  assert_int_equal(domain_release(c.domain), 2);
  assert_string_equal(centre_log(&c), "answer 503 unavailable\n");
  atomic_store(&disk, BT_ERR_OK);
  centre_settle(&c);
  assert_string_equal(centre_log(&c), "7 session.opened\neffect INVITE_BOT\n"
                                      "answer 201 \ndurable\n");
  centre_end(&c);
}

/* The journal's queue has no room: the step that was made meanwhile goes in
 * later, and others are refused until then. */
static void a_full_queue_refuses_and_recovers(void **state) {
  (void)state;
  struct centre c;
  begin(&c);
  c.journal.queue_bytes = 400;
  centre_open(&c);
  centre_put(&c, COMMAND_PUT_BOT, "{\"id\":\"cognigy\"}");
  centre_settle(&c);
  centre_put(&c, COMMAND_PUT_ENTRY, "{\"id\":\"main\",\"bot\":\"cognigy\"}");
  centre_settle(&c);
  (void)centre_log(&c);
  atomic_store(&gate_open, false);
  for (int i = 0; i < 20; i++) {
    centre_do(&c, ROLE_SUPERVISOR, COMMAND_OPEN_SESSION);
  }
  const size_t held = domain_release(c.domain);
  assert_true(held > 1 && held < 20);
  assert_true(centre_logged(&c, "answer 503 unavailable\n"));
  assert_false(centre_logged(&c, "answer 201"));
  (void)centre_log(&c);
  atomic_store(&gate_open, true);
  while (domain_release(c.domain) > 0) {
    (void)usleep(1000);
  }
  struct engine_counts counts;
  engine_count(domain_engine(c.domain), &counts);
  assert_int_equal(counts.sessions[SESSION_PENDING], held);
  assert_int_equal(journal_durable(domain_journal(c.domain)), 2 + held);
  centre_close(&c, false);
  centre_open(&c);
  engine_count(domain_engine(c.domain), &counts);
  assert_int_equal(counts.sessions[SESSION_PENDING], held);
  centre_end(&c);
}

/* No memory for the domain's own bookkeeping: refused before the step. */
static void no_memory_to_hold_a_step_refuses_it(void **state) {
  (void)state;
  struct centre c;
  begin(&c);
  centre_open(&c);
  for (int i = 0; i < 10; i++) {
    /* Known objects: no events, and each takes a fresh step. */
    centre_do(&c, ROLE_SUPERVISOR, COMMAND_RELEASE);
  }
  c.heap.fail_at = c.heap.calls + 1;
  centre_do(&c, ROLE_SUPERVISOR, COMMAND_RELEASE);
  c.heap.fail_at = 0;
  centre_settle(&c);
  assert_true(centre_logged(&c, "answer 503 unavailable\n"));
  assert_int_equal(engine_seq(domain_engine(c.domain)), 0);
  centre_end(&c);
}

static void opening_without_memory_is_an_error(void **state) {
  (void)state;
  for (uint64_t n = 1; n <= 2; n++) {
    struct centre c;
    struct journal *j = NULL;
    centre_begin(&c);
    assert_int_equal(journal_open_memory(&c.journal, &j), BT_ERR_OK);
    const struct domain_options options = {.engine = {.centre = TEXT("acme")}};
    c.heap.fail_at = n;
    assert_int_equal(domain_open(&c.heap.mem, j, &options, &c.domain, &c.why),
                     BT_ERR_NOMEM);
    assert_string_equal(c.why.text, "There is no memory for the domain.");
    assert_int_equal(c.heap.live_bytes, 0);
    centre_end(&c);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nothing_leaves_before_it_is_on_disk),
      cmocka_unit_test(an_answer_waits_for_what_it_was_made_from),
      cmocka_unit_test(a_broken_disk_lets_nothing_out_and_takes_nothing_in),
      cmocka_unit_test(a_full_disk_refuses_and_recovers),
      cmocka_unit_test(what_happens_while_the_disk_is_full_is_not_forgotten),
      cmocka_unit_test(who_reads_does_not_wait_for_a_full_disk),
      cmocka_unit_test(a_full_queue_refuses_and_recovers),
      cmocka_unit_test(no_memory_to_hold_a_step_refuses_it),
      cmocka_unit_test(opening_without_memory_is_an_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
