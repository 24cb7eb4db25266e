/* What readers are told when the journal cannot write. */
#include <stdatomic.h>
#include <time.h>

#include "service.h"

#include "api/auth.h"

/* What the disk does next; the journal's thread asks. */
static _Atomic int disk;

/* A disk that takes its time: the journal's thread waits for as long. */
static _Atomic bool slow;

static enum bt_err on_fault(void *ctx, enum journal_point point) {
  const struct timespec moment = {.tv_nsec = 1000000};
  (void)ctx;
  while (point == JOURNAL_BEFORE_COMMIT && atomic_load(&slow)) {
    (void)nanosleep(&moment, NULL);
  }
  return point == JOURNAL_BEFORE_COMMIT ? (enum bt_err)atomic_load(&disk)
                                        : BT_ERR_OK;
}

/* One batch cannot be written: everything that is read may hold what it says,
 * so nothing is shown, and nobody waits without end. */
static void readers_are_refused(enum bt_err trouble) {
  struct service s;
  atomic_store(&disk, BT_ERR_OK);
  service_begin_on(&s, on_fault);
  service_listen(&s);
  atomic_store(&disk, trouble);
  centre_do(&s.centre, ROLE_SUPERVISOR, COMMAND_OPEN_SESSION);
  for (int i = 0; i < 2; i++) {
    assert_int_equal(
        service_as(&s, "boss-token", HTTP_GET, "/api/v1/queues", NULL), 503);
    assert_true(service_said(&s, "\"refusal\":\"unavailable\""));
    assert_true(service_said(&s, "The journal cannot write now"));
    assert_true(service_header(&s, "Retry-After: 1\n"));
  }
  if (trouble == BT_ERR_FULL) {
    atomic_store(&disk, BT_ERR_OK);
    centre_settle(&s.centre);
    assert_int_equal(
        service_as(&s, "boss-token", HTTP_GET, "/api/v1/queues", NULL), 200);
  }
  service_end(&s);
}

static void a_read_is_refused_while_the_disk_is_full(void **state) {
  (void)state;
  readers_are_refused(BT_ERR_FULL);
}

static void a_read_is_refused_when_the_journal_has_failed(void **state) {
  (void)state;
  readers_are_refused(BT_ERR_IO);
}

static void connect_customer(struct service *s, struct wire_peer *p) {
  char token[CUSTOMER_TOKEN_TEXT + 1] = {0}, path[512];
  struct auth auth;
  auth_init(&auth, &s->centre.heap.mem,
            TEXT("a secret of more than thirty-two bytes"));
  auth_customer_token(&auth, s->centre.session, token);
  auth_free(&auth);
  (void)snprintf(path, sizeof path, "%s", service_path(s, "/socket"));
  peer_connect(p, s, path, token);
}

/* The socket was told the end, and closed, while session.opened waited for the
 * disk: who came back just then heard a session end that had never begun. */
static void who_comes_back_at_the_end_hears_the_beginning_first(void **state) {
  (void)state;
  struct service s;
  struct wire_peer p;
  atomic_store(&disk, BT_ERR_OK);
  service_begin_on(&s, on_fault);
  service_listen(&s);
  centre_open_session(&s.centre);
  centre_settle(&s.centre);
  atomic_store(&slow, true);
  struct command cmd = centre_command(&s.centre, ROLE_SUPERVISOR, COMMAND_END);
  centre_submit(&s.centre, &cmd);
  connect_customer(&s, &p);
  service_turns(&s, 50);
  assert_false(peer_heard(&p, "session.")); /* nothing of it is durable */
  assert_non_null(p.ws);
  atomic_store(&slow, false);
  peer_await(&p, "session.ended");
  const struct text all = textbuf_text(&p.got);
  assert_true(text_find(all, TEXT("session.opened"), 0) <
              text_find(all, TEXT("session.ended"), 0));
  assert_true(peer_heard(&p, "\"reason\":\"ended\""));
  peer_await_close(&p);
  peer_hang_up(&p);
  service_end(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_read_is_refused_while_the_disk_is_full),
      cmocka_unit_test(a_read_is_refused_when_the_journal_has_failed),
      cmocka_unit_test(who_comes_back_at_the_end_hears_the_beginning_first),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
