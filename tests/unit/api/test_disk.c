/* What readers are told when the journal cannot write. */
#include <stdatomic.h>

#include "service.h"

/* What the disk does next; the journal's thread asks. */
static _Atomic int disk;

static enum bt_err on_fault(void *ctx, enum journal_point point) {
  (void)ctx;
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

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_read_is_refused_while_the_disk_is_full),
      cmocka_unit_test(a_read_is_refused_when_the_journal_has_failed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
