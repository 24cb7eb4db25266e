/* The running figures: what a day at the desk adds up to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "centre.h"
#include "mirror.h"

struct day {
  struct centre c;
  struct textbuf text;
};

static void begin(struct day *d) {
  centre_init(&d->c, NULL);
  centre_put(&d->c, COMMAND_PUT_QUEUE,
             "{\"id\":\"short\",\"skills\":[\"AgentSkill\"],\"maxWait\":30,"
             "\"serviceTarget\":10,\"overflow\":\"support\"}");
  textbuf_init(&d->text, &d->c.tm.mem);
}

static void end(struct day *d) {
  textbuf_free(&d->text);
  centre_free(&d->c);
}

static void queue_one(struct day *d, const char *queue) {
  char body[64];
  (void)snprintf(body, sizeof body, "{\"queue\":\"%s\"}", queue);
  centre_open_with_bot(&d->c, true);
  centre_bot(&d->c, COMMAND_BOT_CLOSED, NULL);
  centre_transfer(&d->c, body);
  assert_int_equal(d->c.step.answer.code, 200);
}

static void show(struct day *d, enum figures_of of, const char *name) {
  const struct directory *dir = engine_directory(d->c.e);
  const uint32_t number =
      of == FIGURES_QUEUE   ? directory_queue(dir, text_from(name))
      : of == FIGURES_SKILL ? directory_skill(dir, text_from(name))
                            : directory_agent(dir, text_from(name));
  struct json_out o;
  textbuf_clear(&d->text);
  json_out_init(&o, &d->text);
  engine_write_figures(d->c.e, (struct figures_key){of, number},
                       d->c.now_us - 3600000000, d->c.now_us, &o);
}

/* The member of the total. */
static void total_is(struct day *d, const char *member, const char *value) {
  char wanted[80];
  const struct text all = textbuf_text(&d->text);
  const size_t at = text_find(all, TEXT("\"total\":"), 0);
  (void)snprintf(wanted, sizeof wanted, "\"%s\":%s", member, value);
  const size_t len = strlen(wanted);
  for (size_t i = at; i + len < all.len; i++) {
    const char after = all.ptr[i + len];
    if (memcmp(all.ptr + i, wanted, len) == 0 &&
        (after == ',' || after == '}')) {
      return;
    }
  }
  fail_msg("no %s in %.*s", wanted, TEXT_ARG(text_sub(all, at, all.len)));
}

static void take_and_finish(struct day *d, const char *agent) {
  centre_agent(&d->c, agent, COMMAND_ACCEPT_OFFER, NULL);
  centre_wait(&d->c, 60000);
  centre_agent(&d->c, agent, COMMAND_END, NULL);
  centre_wait(&d->c, 5000);
  centre_agent(&d->c, agent, COMMAND_COMPLETE, NULL);
  assert_int_equal(centre_status(&d->c), SESSION_COMPLETED);
}

static void test_answered_in_time_and_late(void **state) {
  (void)state;
  struct day d;
  begin(&d);
  queue_one(&d, "short");
  centre_wait(&d.c, 4000);
  centre_ready(&d.c, "anna");
  take_and_finish(&d, "anna");
  centre_agent(&d.c, "anna", COMMAND_AGENT_STATE, "{\"state\":\"away\"}");
  queue_one(&d, "short");
  centre_wait(&d.c, 16000);
  centre_ready(&d.c, "bert");
  take_and_finish(&d, "bert");
  show(&d, FIGURES_QUEUE, "short");
  total_is(&d, "entered", "2");
  total_is(&d, "answered", "2");
  total_is(&d, "answeredInTarget", "1");
  total_is(&d, "serviceLevel", "0.5");
  total_is(&d, "averageAnswerMs", "10000");
  total_is(&d, "longestMs", "16000");
  total_is(&d, "handled", "2");
  total_is(&d, "talkMs", "120000");
  total_is(&d, "averageHandleMs", "65000");
  total_is(&d, "abandonment", "0");
  show(&d, FIGURES_SKILL, "AgentSkill");
  total_is(&d, "answered", "2");
  show(&d, FIGURES_AGENT, "bert");
  total_is(&d, "offers", "1");
  total_is(&d, "accepted", "1");
  total_is(&d, "talkMs", "60000");
  total_is(&d, "wrapUpMs", "5000");
  total_is(&d, "idleMs", "0");
  total_is(&d, "occupancy", "1");
  centre_wait(&d.c, 65000); /* what goes on counts, too */
  show(&d, FIGURES_AGENT, "bert");
  total_is(&d, "idleMs", "65000");
  total_is(&d, "occupancy", "0.5");
  end(&d);
}

static void test_who_leaves_who_overflows_who_is_moved(void **state) {
  (void)state;
  struct day d;
  begin(&d);
  queue_one(&d, "short");
  centre_wait(&d.c, 2000); /* hardly waited */
  centre_do(&d.c, COMMAND_LEAVE, ROLE_SUPERVISOR, 0, NULL);
  queue_one(&d, "short");
  centre_wait(&d.c, 12000);
  centre_do(&d.c, COMMAND_LEAVE, ROLE_SUPERVISOR, 0, NULL);
  queue_one(&d, "short");
  centre_transfer(&d.c, "{\"queue\":\"support\"}");
  queue_one(&d, "short");
  centre_wait(&d.c, 31000);
  show(&d, FIGURES_QUEUE, "short");
  total_is(&d, "entered", "4");
  total_is(&d, "abandoned", "2");
  total_is(&d, "abandonedShort", "1");
  total_is(&d, "abandonMs", "14000");
  total_is(&d, "moved", "1");
  total_is(&d, "overflowed", "1");
  total_is(&d, "serviceLevel", "0");
  total_is(&d, "averageAnswerMs", "null");
  show(&d, FIGURES_QUEUE, "support");
  total_is(&d, "entered", "2");
  end(&d);
}

static void test_offers_that_come_to_nothing(void **state) {
  (void)state;
  struct day d;
  begin(&d);
  centre_ready(&d.c, "anna");
  centre_wait(&d.c, 1000);
  centre_ready(&d.c, "bert");
  queue_one(&d, "support");
  centre_agent(&d.c, "anna", COMMAND_DECLINE_OFFER, NULL);
  centre_wait(&d.c, 21000); /* bert does not answer */
  show(&d, FIGURES_QUEUE, "support");
  total_is(&d, "declined", "1");
  total_is(&d, "unanswered", "1");
  total_is(&d, "entered", "1");
  show(&d, FIGURES_AGENT, "anna");
  total_is(&d, "declined", "1");
  show(&d, FIGURES_AGENT, "bert");
  total_is(&d, "unanswered", "1");
  total_is(&d, "reservedMs", "20000");
  end(&d);
}

static void test_figures_survive_a_snapshot(void **state) {
  (void)state;
  struct day d;
  struct mirror restored;
  struct difference why;
  begin(&d);
  centre_ready(&d.c, "anna");
  queue_one(&d, "short");
  take_and_finish(&d, "anna");
  mirror_init(&restored, &d.c.tm.mem);
  mirror_restore(&restored, d.c.e);
  if (!mirror_equal(d.c.e, restored.e, true, &why)) {
    fail_msg("%s", why.text);
  }
  engine_free(d.c.e);
  d.c.e = restored.e;
  show(&d, FIGURES_QUEUE, "short");
  total_is(&d, "answered", "1");
  show(&d, FIGURES_AGENT, "anna");
  total_is(&d, "talkMs", "60000");
  end(&d);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_answered_in_time_and_late),
      cmocka_unit_test(test_who_leaves_who_overflows_who_is_moved),
      cmocka_unit_test(test_offers_that_come_to_nothing),
      cmocka_unit_test(test_figures_survive_a_snapshot),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
