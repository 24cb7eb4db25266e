/* The script checker cannot see the session's table (studio stands on base
 * alone), and has a small one of its own. Here both are held together: names,
 * the statuses that a transfer is accepted from, and the refusals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "session/refusal.h"
#include "session/session.h"

static const struct {
  uint32_t status;
  const char *name, *now, *released;
} known[] = {
#define STATUS(name, text, now, released, why)                                 \
  {SESSION_##name, text, now, released},
#include "studio/statuses.def"
#undef STATUS
};

enum { KNOWN = sizeof known / sizeof known[0] };

struct refuse {
  uint32_t status, cmd;
  const char *guard;
  enum refusal refusal;
};

static const struct refuse refuses[] = {
#define REFUSE(status, cmd, guard, refusal)                                    \
  {SESSION_##status, SESSION_CMD_##cmd, #guard, REFUSAL_##refusal},
#include "session/session_fsm.def"
#undef REFUSE
};

/* How the session refuses whatever no row accepts. */
static const char *refusal_of(uint32_t status, uint32_t cmd) {
  for (size_t i = 0; i < sizeof refuses / sizeof refuses[0]; i++) {
    const struct refuse *r = &refuses[i];
    if (r->status == status && r->cmd == cmd &&
        strcmp(r->guard, "ALWAYS") == 0) {
      return refusal_info(r->refusal)->wire;
    }
  }
  return refusal_info(REFUSAL_SESSION_ENDED)->wire;
}

static void test_every_status_is_there(void **state) {
  (void)state;
  assert_int_equal(KNOWN, SESSION_STATUSES - 1); /* all but NONE */
  for (size_t i = 0; i < KNOWN; i++) {
    assert_string_equal(known[i].name, session_status_name(known[i].status));
  }
}

static void test_transfer_now(void **state) {
  (void)state;
  const uint32_t allowed = session_allowed_from(SESSION_CMD_TRANSFER);
  for (size_t i = 0; i < KNOWN; i++) {
    const bool accepted = (allowed >> known[i].status & 1u) != 0;
    assert_string_equal(
        known[i].now,
        accepted ? "" : refusal_of(known[i].status, SESSION_CMD_TRANSFER));
  }
}

/* With when:released it is carried out at once where nobody has to go first,
 * and kept where a bot has. */
static void test_transfer_when_released(void **state) {
  (void)state;
  for (size_t i = 0; i < KNOWN; i++) {
    const uint32_t s = known[i].status;
    const bool kept = s == SESSION_CONNECTED || s == SESSION_RELEASING;
    const bool now = known[i].now[0] == '\0';
    assert_string_equal(known[i].released,
                        kept || now ? "" : refusal_of(s, SESSION_CMD_AWAIT));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_status_is_there),
      cmocka_unit_test(test_transfer_now),
      cmocka_unit_test(test_transfer_when_released),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
