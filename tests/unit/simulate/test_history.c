/* Contacts and agents out of a centre's events; and the same day played again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>

#include "centre.h"
#include "simulate/history.h"
#include "simulate/world.h"

#define SECOND_US INT64_C(1000000)

struct past {
  struct centre centre;
  struct arena arena;
  struct simulate_reader reader;
  struct simulate_history history;
  char said[512]; /* by the reader */
};

static const struct text agents[] = {{"anna", 4}, {"bert", 4}};
static const struct text queues[] = {{"support", 7}};

static void report(void *ctx, struct simulate_where where,
                   const char *sentence) {
  struct past *p = ctx;
  (void)where;
  (void)snprintf(p->said, sizeof p->said, "%s", sentence);
}

static void on_step(void *ctx, const struct step *step) {
  struct past *p = ctx;
  for (size_t i = 0; i < step->event_count; i++) {
    simulate_history_event(&p->history, step->seq, &step->events[i]);
  }
  simulate_history_batch(&p->history);
}

static void furnish(struct past *p) {
  centre_put(&p->centre, COMMAND_PUT_QUEUE,
             "{\"id\":\"support\",\"offerTimeout\":20,\"wrapUpTime\":15}");
  centre_put(&p->centre, COMMAND_PUT_AGENT,
             "{\"id\":\"anna\",\"capacity\":{\"chat\":1},"
             "\"staysOnNoAnswer\":true}");
  centre_put(&p->centre, COMMAND_PUT_AGENT,
             "{\"id\":\"bert\",\"capacity\":{\"chat\":2}}");
  centre_put(&p->centre, COMMAND_PUT_BOT, "{\"id\":\"cognigy\"}");
  centre_put(&p->centre, COMMAND_PUT_ENTRY,
             "{\"id\":\"main\",\"bot\":\"cognigy\"}");
}

static void begin(struct past *p) {
  *p = (struct past){.said = ""};
  centre_init(&p->centre, NULL);
  const struct mem *mem = &p->centre.tm.mem;
  arena_init(&p->arena, mem, 0);
  simulate_read_init(&p->reader, &p->arena);
  p->reader.agents = agents;
  p->reader.agent_count = 2;
  p->reader.queues = queues;
  p->reader.queue_count = 1;
  p->reader.ctx = p;
  p->reader.report = report;
  assert_int_equal(simulate_history_init(&p->history, &p->reader), BT_ERR_OK);
  /* A history begins with the first event: an engine that has had none. */
  struct engine *first = p->centre.e;
  const struct engine_options options = {.centre = TEXT("test")};
  assert_int_equal(engine_create(mem, &options, &p->centre.e), BT_ERR_OK);
  engine_free(first);
  p->centre.on_step = on_step;
  p->centre.ctx = p;
  furnish(p);
}

static void end(struct past *p) {
  simulate_history_free(&p->history);
  simulate_read_free(&p->reader);
  arena_free(&p->arena);
  centre_free(&p->centre);
}

/* Joins the queue at once. */
static struct id come(struct past *p, const char *transfer) {
  centre_open(&p->centre);
  centre_transfer(&p->centre, transfer);
  assert_int_equal(p->centre.step.answer.code, 200);
  return p->centre.session;
}

static void as(struct past *p, struct id session, enum command_type type) {
  p->centre.session = session;
  if (type == COMMAND_LEAVE) {
    centre_do(&p->centre, type, ROLE_CUSTOMER, 0, NULL);
  } else {
    centre_agent(&p->centre, "anna", type, NULL);
  }
  assert_int_equal(p->centre.step.answer.code, 200);
}

/* Anna takes the first after 5 s, talks 60 s, documents 8 s. The second leaves
 * after 30 s; the third is offered when she is free and answered at once. */
static void a_day(struct past *p) {
  static const char *const plain =
      "{\"queue\":\"support\",\"release\":true,\"priority\":4}";
  centre_ready(&p->centre, "anna");
  const struct id first = come(p, plain);
  centre_wait(&p->centre, 5000);
  as(p, first, COMMAND_ACCEPT_OFFER);
  const struct id second = come(p, plain);
  centre_wait(&p->centre, 10000);
  const struct id third = come(p, plain);
  centre_wait(&p->centre, 20000);
  as(p, second, COMMAND_LEAVE);
  centre_wait(&p->centre, 30000);
  as(p, first, COMMAND_END);
  centre_wait(&p->centre, 8000);
  as(p, first, COMMAND_COMPLETE);
  as(p, third, COMMAND_ACCEPT_OFFER);
  centre_wait(&p->centre, 40000);
  as(p, third, COMMAND_END);
  as(p, third, COMMAND_COMPLETE);
  centre_agent(&p->centre, "anna", COMMAND_AGENT_STATE, "{\"state\":\"away\"}");
  centre_wait(&p->centre, 60000);
}

static void contacts_are_as_they_were(void **state) {
  (void)state;
  struct past p;
  begin(&p);
  const int64_t from_us = p.centre.now_us;
  a_day(&p);
  simulate_history_close(&p.history);
  simulate_read_close(&p.reader);
  assert_string_equal(p.said, "");
  /* In the order in which they were over. */
  const struct simulate_contact *c = p.reader.contacts;
  assert_int_equal(p.reader.contact_count, 3);
  assert_int_equal(c[0].times_us[SIMULATE_PATIENCE], 30 * SECOND_US);
  assert_int_equal(c[0].times_us[SIMULATE_HANDLING], SIMULATE_OPEN);
  assert_int_equal(c[1].at_us, from_us);
  assert_int_equal(c[1].times_us[SIMULATE_HANDLING], 60 * SECOND_US);
  assert_int_equal(c[1].times_us[SIMULATE_WRAPUP], 8 * SECOND_US);
  assert_int_equal(c[1].waited_us, 5 * SECOND_US);
  assert_int_equal(c[1].priority, 4);
  assert_int_equal(c[2].waited_us, 58 * SECOND_US);
  /* 5 + 30 + 58 seconds were waited, and one left. */
  const struct simulate_law *laws = p.reader.streams[0].laws;
  assert_true(fabs(laws[SIMULATE_PATIENCE].mean_s - 93) < 1e-9);
  assert_int_equal(laws[SIMULATE_HANDLING].seen_count, 2);
  end(&p);
}

static void agents_are_there_when_they_were(void **state) {
  (void)state;
  struct past p;
  begin(&p);
  const int64_t from_us = p.centre.now_us;
  a_day(&p);
  simulate_history_close(&p.history);
  assert_int_equal(p.reader.shift_count, 2);
  assert_true(text_equal(p.reader.shifts[0].agent, TEXT("anna")));
  assert_int_equal(p.reader.shifts[0].from_us, from_us);
  assert_int_equal(p.reader.shifts[0].to_us, from_us + 113 * SECOND_US);
  assert_int_equal(p.reader.shifts[1].to_us, 0); /* bert never came */
  assert_int_equal(p.reader.plan.people.answer.seen_count, 2);
  end(&p);
}

static void the_day_played_again_is_the_day(void **state) {
  (void)state;
  struct past p;
  struct simulate_tally tally;
  struct simulate_error why;
  begin(&p);
  a_day(&p);
  simulate_history_close(&p.history);
  simulate_read_close(&p.reader);
  /* How fast offers are answered is drawn; here it is at once. */
  p.reader.plan.people.answer =
      (struct simulate_law){.form = SIMULATE_CONSTANT, .mean_s = 0};
  const struct simulate_object objects[] = {
      {.kind = CONFIG_QUEUE,
       .id = TEXT("support"),
       .json = TEXT("{\"id\":\"support\",\"wrapUpTime\":15}")},
      {.kind = CONFIG_AGENT,
       .id = TEXT("anna"),
       .json = TEXT("{\"id\":\"anna\",\"capacity\":{\"chat\":1}}")},
      {.kind = CONFIG_AGENT,
       .id = TEXT("bert"),
       .json = TEXT("{\"id\":\"bert\"}")}};
  const struct simulate_setting setting = {objects, 3, &p.reader.plan};
  const struct simulate_draw draw = {1, 0};
  assert_int_equal(
      simulate_play(&p.centre.tm.mem, &setting, draw, &tally, &why), BT_ERR_OK);
  const int64_t *v = simulate_cell_at(&tally, 0, 0)->figures.v;
  assert_int_equal(v[QUEUE_ANSWERED], 2);
  assert_int_equal(v[QUEUE_ABANDONED], 1);
  assert_int_equal(v[QUEUE_TALK_US], 100 * SECOND_US);
  assert_int_equal(v[QUEUE_WRAPUP_US], 8 * SECOND_US);
  assert_int_equal(v[QUEUE_ANSWER_US], 53 * SECOND_US); /* 5 s sooner free */
  simulate_tally_free(&tally);
  end(&p);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(contacts_are_as_they_were),
      cmocka_unit_test(agents_are_there_when_they_were),
      cmocka_unit_test(the_day_played_again_is_the_day),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
