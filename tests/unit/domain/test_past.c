#include "domain/past.h"

#include "domain_centre.h"

/* What the engine of then said, event by event. */
struct seen {
  struct id session;
  uint32_t before_offer; /* its status when it was offered */
  uint64_t offered, events;
};

static void look(void *ctx, const struct engine *e, uint64_t seq,
                 const struct record *event) {
  struct seen *s = ctx;
  uint32_t slot;
  s->events++;
  if (event->type == EVENT_OF_SESSION(OFFERED) &&
      id_equal(record_id(event, FIELD_SESSION), s->session)) {
    assert_true(engine_find(e, s->session, &slot));
    s->before_offer = engine_session(e, slot)->status;
    s->offered = seq;
  }
}

/* A session that is offered to anna and ends; others come after it. */
static void play_in(struct centre *c, struct seen *s) {
  centre_furnish(c);
  centre_do_agent(c, COMMAND_AGENT_JOINED);
  struct command ready = centre_command(c, ROLE_AGENT, COMMAND_AGENT_STATE);
  ready.by.number = 0;
  record_set_text(&ready.args, FIELD_STATE, TEXT("available"));
  centre_submit(c, &ready);
  const uint32_t epoch = centre_open_session(c);
  *s = (struct seen){.session = c->session};
  centre_do_bot(c, COMMAND_GOODBYE, epoch);
  centre_do_bot(c, COMMAND_BOT_CLOSED, epoch);
  centre_transfer(c, "support");
  centre_do(c, ROLE_SUPERVISOR, COMMAND_END);
  centre_settle(c);
  (void)centre_open_session(c);
}

static void play(struct centre *c, struct seen *s) {
  centre_begin(c);
  centre_open(c);
  play_in(c, s);
}

static void each_event_is_seen_before_it_happens(void **state) {
  (void)state;
  struct centre c;
  struct seen s;
  struct past *p = NULL;
  play(&c, &s);
  const uint64_t last = journal_durable(domain_journal(c.domain));
  assert_int_equal(past_create(c.domain, &(struct past_view){1, look, &s}, &p),
                   BT_ERR_OK);
  assert_int_equal(past_seq(p), 0);
  while (past_seq(p) < last) {
    const uint64_t before = past_seq(p);
    assert_int_equal(past_fold(p, last, 2), BT_ERR_OK);
    assert_true(past_seq(p) > before && past_seq(p) <= before + 2);
  }
  assert_int_equal(s.before_offer, SESSION_QUEUED);
  assert_true(s.offered > 0 && s.offered < last);
  const uint64_t events = s.events;
  assert_int_equal(past_fold(p, last, 2), BT_ERR_OK); /* no more there */
  assert_int_equal(s.events, events);
  past_free(p);
  centre_end(&c);
}

static void it_goes_no_further_than_asked(void **state) {
  (void)state;
  struct centre c;
  struct seen s;
  struct past *p = NULL;
  play(&c, &s);
  assert_int_equal(past_create(c.domain, &(struct past_view){1, look, &s}, &p),
                   BT_ERR_OK);
  assert_int_equal(past_fold(p, 3, 100), BT_ERR_OK);
  assert_int_equal(past_seq(p), 3);
  past_free(p);
  past_free(NULL);
  centre_end(&c);
}

/* Who asks about a later batch need not fold what lies before the snapshot. */
static void it_begins_at_the_snapshot_before_it(void **state) {
  (void)state;
  struct centre c;
  struct seen s, again;
  struct past *p = NULL;
  centre_begin(&c);
  centre_use_disk(&c);
  centre_open(&c);
  play_in(&c, &s);
  const uint64_t then = engine_seq(domain_engine(c.domain));
  centre_close(&c, true); /* with a snapshot */
  centre_open(&c);
  const uint32_t epoch = centre_open_session(&c);
  again = (struct seen){.session = c.session};
  centre_do_bot(&c, COMMAND_GOODBYE, epoch);
  centre_do_bot(&c, COMMAND_BOT_CLOSED, epoch);
  centre_transfer(&c, "support");
  centre_settle(&c);
  const uint64_t last = journal_durable(domain_journal(c.domain));
  const struct past_view view = {then + 1, look, &again};
  assert_int_equal(past_create(c.domain, &view, &p), BT_ERR_OK);
  assert_int_equal(past_seq(p), then);
  assert_int_equal(past_fold(p, last, UINT64_MAX), BT_ERR_OK);
  assert_int_equal(past_seq(p), last);
  assert_int_equal(again.before_offer, SESSION_QUEUED);
  assert_true(again.offered > then);
  past_free(p);

  const struct past_view earlier = {then, look, &again};
  assert_int_equal(past_create(c.domain, &earlier, &p), BT_ERR_OK);
  assert_int_equal(past_seq(p), 0);
  past_free(p);
  centre_end(&c);
}

static void no_memory_is_an_answer(void **state) {
  (void)state;
  struct centre c;
  struct seen s;
  struct past *p = NULL;
  play(&c, &s);
  for (uint64_t n = 1; n <= 2; n++) {
    c.heap.fail_at = c.heap.calls + n;
    assert_int_equal(
        past_create(c.domain, &(struct past_view){1, look, &s}, &p),
        BT_ERR_NOMEM);
  }
  c.heap.fail_at = 0;
  assert_null(p);
  centre_end(&c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_event_is_seen_before_it_happens),
      cmocka_unit_test(it_goes_no_further_than_asked),
      cmocka_unit_test(it_begins_at_the_snapshot_before_it),
      cmocka_unit_test(no_memory_is_an_answer),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
