/* One offer: it ends once, and who comes late is told how. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/offer.h"

enum { ANNA = 3, BERT = 4 };

static struct offer made(void) {
  return (struct offer){.id = 9, .agent = ANNA, .deadline_us = 100};
}

static enum offer_refusal tell(struct offer *o, struct offer_cmd cmd) {
  struct offer_out out;
  const enum offer_refusal refusal = offer_decide(o, &cmd, &out);
  if (refusal == OFFER_REFUSAL_NONE) {
    *o = offer_apply(*o, &out.event);
  }
  return refusal;
}

static enum offer_refusal accept_at(struct offer *o, uint32_t agent,
                                    int64_t now_us) {
  return tell(o, (struct offer_cmd){.type = OFFER_CMD_ACCEPT,
                                    .agent = agent,
                                    .now_us = now_us});
}

static void an_offer_is_accepted_once(void **state) {
  (void)state;
  struct offer o = made();
  assert_int_equal(accept_at(&o, BERT, 50), OFFER_REFUSAL_NOT_YOURS);
  assert_int_equal(accept_at(&o, ANNA, 50), OFFER_REFUSAL_NONE);
  assert_int_equal(o.state, OFFER_ACCEPTED);
  assert_int_equal(accept_at(&o, ANNA, 51), OFFER_REFUSAL_TAKEN);
}

/* The click and the deadline cross: whoever is first by the clock wins, even if
 * the timer has not been looked at yet. */
static void an_acceptance_at_the_deadline_is_late(void **state) {
  (void)state;
  struct offer o = made();
  assert_int_equal(accept_at(&o, ANNA, 100), OFFER_REFUSAL_EXPIRED);
  assert_int_equal(o.state, OFFER_PENDING);
  struct offer_cmd expire = {.type = OFFER_CMD_EXPIRE, .now_us = 99};
  assert_int_equal(tell(&o, expire), OFFER_REFUSAL_NOT_DUE);
  expire.now_us = 100;
  assert_int_equal(tell(&o, expire), OFFER_REFUSAL_NONE);
  assert_int_equal(accept_at(&o, ANNA, 101), OFFER_REFUSAL_EXPIRED);
}

static void a_withdrawn_offer_says_why(void **state) {
  (void)state;
  struct offer o = made();
  assert_int_equal(
      tell(&o, (struct offer_cmd){.type = OFFER_CMD_WITHDRAW,
                                  .reason = OFFER_REASON_CUSTOMER_LEFT}),
      OFFER_REFUSAL_NONE);
  assert_string_equal(offer_reason_text(o.reason), "customer_left");
  const enum offer_refusal late = accept_at(&o, ANNA, 50);
  assert_string_equal(offer_refusal_text(late), "offer_withdrawn");
}

static void a_declined_offer_stays_declined(void **state) {
  (void)state;
  struct offer o = made();
  const struct offer_cmd decline = {.type = OFFER_CMD_DECLINE, .agent = ANNA};
  assert_int_equal(tell(&o, decline), OFFER_REFUSAL_NONE);
  assert_int_equal(accept_at(&o, ANNA, 50), OFFER_REFUSAL_DECLINED);
}

static void every_name_is_there(void **state) {
  (void)state;
  for (uint32_t i = 0; i < OFFER_STATES; i++) {
    assert_non_null(offer_state_name(i));
  }
  for (uint32_t i = 0; i < OFFER_CMDS; i++) {
    assert_non_null(offer_cmd_name(i));
  }
  for (uint32_t i = 0; i < OFFER_REASONS; i++) {
    assert_non_null(offer_reason_text(i));
  }
  for (uint32_t i = 0; i < OFFER_REFUSALS; i++) {
    assert_non_null(offer_refusal_text(i));
    assert_non_null(offer_refusal_detail(i));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_offer_is_accepted_once),
      cmocka_unit_test(an_acceptance_at_the_deadline_is_late),
      cmocka_unit_test(a_withdrawn_offer_says_why),
      cmocka_unit_test(a_declined_offer_stays_declined),
      cmocka_unit_test(every_name_is_there),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
