/* What waiting customers are told, and when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "centre.h"
#include "engine/engine_priv.h"

static void begin(struct centre *c, const char *announcements) {
  char queue[512];
  centre_init(c, NULL);
  (void)snprintf(queue, sizeof queue,
                 "{\"id\":\"q\",\"name\":\"Help desk\",\"announcements\":[%s]}",
                 announcements);
  centre_put(c, COMMAND_PUT_QUEUE, queue);
}

/* What was said since the session waits, one line each. */
static void has_heard(const struct centre *c, const char *expected) {
  uint32_t slot = 0;
  char heard[512] = "";
  size_t at = 0;
  assert_true(engine_find(c->e, c->session, &slot));
  const struct live *l = c->e->lives[slot];
  for (size_t i = 0; i < l->message_count; i++) {
    if (l->messages[i].role == ROLE_SYSTEM) {
      at += (size_t)snprintf(heard + at, sizeof heard - at, "%.*s: %.*s\n",
                             TEXT_ARG(l->messages[i].author),
                             TEXT_ARG(l->messages[i].text));
    }
  }
  assert_string_equal(heard, expected);
}

static void at_once_and_then_again_and_again(void **state) {
  (void)state;
  struct centre c;
  begin(&c,
        "{\"text\":\"Welcome to {queue}.\"},"
        "{\"after\":10,\"every\":20,\"text\":\"You are number {position}.\"}");
  centre_queue(&c, "{\"queue\":\"q\",\"priority\":1}");
  const struct id first = c.session;
  centre_wait(&c, 0);
  has_heard(&c, "Help desk: Welcome to Help desk.\n");
  centre_wait(&c, 9999);
  centre_queue(&c, "{\"queue\":\"q\",\"priority\":5}"); /* goes before */
  c.session = first;
  centre_wait(&c, 1);
  has_heard(&c, "Help desk: Welcome to Help desk.\n"
                "Help desk: You are number 2.\n");
  centre_restart(&c);
  centre_wait(&c, 19999);
  centre_restart(&c);
  centre_wait(&c, 20001);
  has_heard(&c, "Help desk: Welcome to Help desk.\n"
                "Help desk: You are number 2.\n"
                "Help desk: You are number 2.\n"
                "Help desk: You are number 2.\n");
  centre_free(&c);
}

static void an_estimate_is_told_when_it_is_known(void **state) {
  (void)state;
  struct centre c;
  begin(&c,
        "{\"after\":1,\"every\":100,\"text\":\"About {minutes} minutes.\"}");
  centre_queue(&c, "{\"queue\":\"q\"}");
  centre_wait(&c, 1000);
  has_heard(&c, "");
  const struct id waits = c.session;
  /* Three are taken, each ninety seconds after it came: an estimate. */
  for (int i = 0; i < 3; i++) {
    centre_queue(&c, "{\"queue\":\"q\",\"priority\":9}");
    centre_wait(&c, 90000);
    centre_ready(&c, "anna");
    centre_agent(&c, "anna", COMMAND_ACCEPT_OFFER, NULL);
    centre_do(&c, COMMAND_END, ROLE_SUPERVISOR, SESSION_NOBODY, NULL);
    centre_do(&c, COMMAND_COMPLETE, ROLE_SUPERVISOR, SESSION_NOBODY, NULL);
    c.session = waits;
    centre_agent(&c, "anna", COMMAND_AGENT_STATE,
                 "{\"state\":\"offline\",\"reason\":\"x\"}");
    struct command cmd = centre_command(&c, COMMAND_AGENT_STATE,
                                        ROLE_SUPERVISOR, SESSION_NOBODY);
    record_set_num(&cmd.args, FIELD_AGENT, centre_number(&c, "anna"));
    record_set_text(&cmd.args, FIELD_STATE, TEXT("offline"));
    record_set_num(&cmd.args, FIELD_FORCE, 1);
    centre_run(&c, &cmd);
  }
  c.session = waits;
  centre_wait(&c, 31000);
  has_heard(&c, "Help desk: About 2 minutes.\n");
  centre_free(&c);
}

static void nobody_who_is_served_is_told(void **state) {
  (void)state;
  struct centre c;
  begin(&c, "{\"after\":10,\"text\":\"Please wait.\"}");
  centre_ready(&c, "anna");
  centre_queue(&c, "{\"queue\":\"q\"}");
  centre_agent(&c, "anna", COMMAND_ACCEPT_OFFER, NULL);
  centre_wait(&c, 60000);
  has_heard(&c, "");
  centre_free(&c);
}

static void refused(const char *announcement, const char *why) {
  struct centre c;
  char queue[256];
  centre_init(&c, NULL);
  (void)snprintf(queue, sizeof queue, "{\"id\":\"q\",\"announcements\":[%s]}",
                 announcement);
  struct command cmd =
      centre_command(&c, COMMAND_PUT_QUEUE, ROLE_ADMIN, SESSION_NOBODY);
  record_set_text(&cmd.args, FIELD_CONFIG, text_from(queue));
  centre_run(&c, &cmd);
  assert_int_equal(c.step.answer.code, 422);
  assert_true(centre_says(&c, why));
  centre_free(&c);
}

static void what_cannot_be_filled_in_is_refused(void **state) {
  (void)state;
  refused("{\"text\":\"Number {postion}.\"}", "did you mean \\\"position\\\"");
  refused("{\"after\":3}", "\\\"text\\\" is missing");
  refused("{\"text\":\"x\",\"every\":1}", "expected 5 … 86400 seconds");
  refused("\"x\"", "expected an object");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(at_once_and_then_again_and_again),
      cmocka_unit_test(an_estimate_is_told_when_it_is_known),
      cmocka_unit_test(nobody_who_is_served_is_told),
      cmocka_unit_test(what_cannot_be_filled_in_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
