#include "domain_centre.h"

struct told {
  struct textbuf text;
  size_t left; /* stops after so many */
};

static bool on_told(void *ctx, uint64_t seq, const struct record *event) {
  struct told *t = ctx;
  textbuf_addf(&t->text, "%llu %s\n", (unsigned long long)seq,
               event_name(event->type));
  return --t->left > 0;
}

static enum bt_err tell(struct centre *c, struct id session, struct told *t) {
  *t = (struct told){.left = 1000};
  textbuf_init(&t->text, &c->log_heap.mem);
  return domain_timeline(c->domain, session, on_told, t);
}

static void told_is(struct told *t, const char *expected) {
  textbuf_add_char(&t->text, '\0');
  assert_string_equal(t->text.ptr, expected);
  textbuf_free(&t->text);
}

static void only_its_own_events_oldest_first(void **state) {
  (void)state;
  struct centre c;
  struct told t;
  centre_begin(&c);
  centre_open(&c);
  centre_furnish(&c);
  const uint32_t epoch = centre_open_session(&c);
  const struct id first = c.session;
  centre_open_session(&c);
  c.session = first;
  centre_do_bot(&c, COMMAND_GOODBYE, epoch);
  centre_settle(&c);
  assert_int_equal(tell(&c, first, &t), BT_ERR_OK);
  told_is(&t, "7 session.opened\n8 session.attached\n11 bot.goodbye\n");
  centre_end(&c);
}

static void it_stops_when_told_to(void **state) {
  (void)state;
  struct centre c;
  centre_begin(&c);
  centre_open(&c);
  centre_furnish(&c);
  centre_open_session(&c);
  struct told t = {.left = 1};
  textbuf_init(&t.text, &c.log_heap.mem);
  assert_int_equal(domain_timeline(c.domain, c.session, on_told, &t),
                   BT_ERR_OK);
  told_is(&t, "7 session.opened\n");
  centre_end(&c);
}

static void a_session_that_never_was(void **state) {
  (void)state;
  struct centre c;
  struct told t;
  centre_begin(&c);
  centre_open(&c);
  assert_int_equal(tell(&c, (struct id){1, 2}, &t), BT_ERR_NOT_FOUND);
  told_is(&t, "");
  centre_end(&c);
}

/* A session that ended is forgotten by the engine after a minute, and found in
 * the journal, also by the next process. */
static void a_finished_session_is_found_in_the_journal(void **state) {
  (void)state;
  struct centre c;
  struct told t;
  centre_begin(&c);
  centre_use_disk(&c);
  centre_open(&c);
  centre_furnish(&c);
  centre_open_session(&c);
  const struct id session = c.session;
  centre_do(&c, ROLE_SUPERVISOR, COMMAND_LEAVE);
  centre_settle(&c);
  c.now_us += 3600 * INT64_C(1000000);
  domain_tick(c.domain, c.now_us);
  assert_int_equal(tell(&c, session, &t), BT_ERR_OK); /* between the two */
  told_is(&t, "7 session.opened\n8 session.attached\n9 session.ended\n");
  centre_open_session(&c); /* a batch goes out */
  uint32_t slot;
  assert_false(engine_find(domain_engine(c.domain), session, &slot));
  assert_int_equal(tell(&c, session, &t), BT_ERR_OK);
  told_is(&t, "7 session.opened\n8 session.attached\n9 session.ended\n");
  centre_close(&c, true);
  centre_open(&c);
  assert_int_equal(tell(&c, session, &t), BT_ERR_OK);
  told_is(&t, "7 session.opened\n8 session.attached\n9 session.ended\n");
  centre_end(&c);
}

static void batches_by_their_numbers(void **state) {
  (void)state;
  struct centre c;
  centre_begin(&c);
  centre_open(&c);
  centre_furnish(&c);
  centre_open_session(&c);
  struct told t = {.left = 1000};
  textbuf_init(&t.text, &c.log_heap.mem);
  assert_int_equal(domain_events(c.domain, 6, 100, on_told, &t), BT_ERR_OK);
  told_is(&t, "6 entry.put\n7 session.opened\n8 session.attached\n");
  centre_end(&c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(only_its_own_events_oldest_first),
      cmocka_unit_test(it_stops_when_told_to),
      cmocka_unit_test(a_session_that_never_was),
      cmocka_unit_test(a_finished_session_is_found_in_the_journal),
      cmocka_unit_test(batches_by_their_numbers),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
