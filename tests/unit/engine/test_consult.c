/* Consultations: the customer's session stays with who asks, the talk is a
 * session of its own that counts as one, and each has one holder at all times.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "centre.h"
#include "engine/engine_priv.h"

struct story {
  struct centre c;
  struct id customer, talk;
};

static const struct live *live(const struct story *s, struct id id) {
  uint32_t slot = 0;
  assert_true(engine_find(s->c.e, id, &slot));
  return engine_live(s->c.e, slot);
}

/* The agent does it to that session. */
static void acts(struct story *s, struct id session, const char *agent,
                 enum command_type type, const char *json) {
  s->c.session = session;
  centre_agent(&s->c, agent, type, json);
}

/* Anna talks with the customer; Bert is free. */
static void begin(struct story *s) {
  centre_init(&s->c, NULL);
  centre_ready(&s->c, "anna");
  centre_queue(&s->c, "{\"queue\":\"support\"}");
  centre_agent(&s->c, "anna", COMMAND_ACCEPT_OFFER, NULL);
  s->customer = s->c.session;
  centre_ready(&s->c, "bert");
}

static void ask(struct story *s, const char *target) {
  acts(s, s->customer, "anna", COMMAND_CONSULT, target);
  assert_int_equal(s->c.step.answer.code, 201);
  s->talk = s->c.step.answer.session;
}

static void begin_talking(struct story *s) {
  begin(s);
  ask(s, "{\"agentId\":\"bert\",\"note\":\"A refund?\"}");
  assert_int_equal(live(s, s->talk)->s.status, SESSION_OFFERED);
  acts(s, s->talk, "bert", COMMAND_ACCEPT_OFFER, NULL);
  assert_int_equal(live(s, s->talk)->s.status, SESSION_ACTIVE);
}

static uint32_t in_hand(const struct story *s, const char *agent) {
  return agent_used(&s->c.e->agents[centre_number(&s->c, agent)].a, 0);
}

static void assert_over(const struct story *s) {
  assert_int_equal(live(s, s->talk)->s.status, SESSION_COMPLETED);
  assert_int_equal(live(s, s->customer)->consults, CONSULTS_NOT);
}

static void who_is_asked_talks_with_who_asks_alone(void **state) {
  (void)state;
  struct story s;
  begin_talking(&s);
  assert_int_equal(live(&s, s.customer)->s.status, SESSION_ACTIVE);
  assert_int_equal(in_hand(&s, "anna"), 1);
  assert_int_equal(in_hand(&s, "bert"), 1);
  const size_t said = live(&s, s.customer)->message_count;
  acts(&s, s.talk, "anna", COMMAND_SAY, "{\"text\":\"May I refund it?\"}");
  assert_int_equal(s.c.step.answer.code, 201);
  acts(&s, s.talk, "bert", COMMAND_SAY, "{\"text\":\"Up to 50.\"}");
  assert_int_equal(s.c.step.answer.code, 201);
  assert_int_equal(live(&s, s.customer)->message_count, said);
  acts(&s, s.customer, "bert", COMMAND_SAY, "{\"text\":\"Hello\"}");
  assert_int_equal(s.c.step.answer.refusal, REFUSAL_STALE_HOLDER);
  s.c.session = s.customer;
  assert_true(centre_shows(&s.c, "\"state\":\"talking\",\"agent\":\"bert\""));
  centre_reload(&s.c);
  s.c.session = s.talk;
  assert_true(centre_shows(&s.c, "\"part\":\"answers\""));
  centre_free(&s.c);
}

static void it_is_given_away_in_one_step(void **state) {
  (void)state;
  struct story s;
  begin_talking(&s);
  acts(&s, s.customer, "anna", COMMAND_COMPLETE_CONSULT, NULL);
  assert_int_equal(s.c.step.answer.code, 200);
  assert_over(&s);
  const struct session *now = &live(&s, s.customer)->s;
  assert_int_equal(now->status, SESSION_ACTIVE);
  assert_int_equal(now->agent, centre_number(&s.c, "bert"));
  assert_int_equal(in_hand(&s, "anna"), 0);
  assert_int_equal(in_hand(&s, "bert"), 1);
  centre_free(&s.c);
}

static void it_stays_when_the_talk_is_over(void **state) {
  (void)state;
  static const char *const who[] = {"anna", "bert"};
  for (size_t i = 0; i < 2; i++) {
    struct story s;
    begin_talking(&s);
    acts(&s, i == 0 ? s.customer : s.talk, who[i], COMMAND_END_CONSULT, NULL);
    assert_int_equal(s.c.step.answer.code, 200);
    assert_over(&s);
    assert_int_equal(live(&s, s.customer)->s.agent,
                     centre_number(&s.c, "anna"));
    assert_int_equal(in_hand(&s, "bert"), 0);
    ask(&s, "{\"agentId\":\"bert\"}"); /* and again */
    centre_free(&s.c);
  }
}

static void who_is_let_in_speaks_with_the_customer(void **state) {
  (void)state;
  struct story s;
  begin(&s);
  ask(&s, "{\"queue\":\"support\"}");
  acts(&s, s.customer, "anna", COMMAND_MERGE_CONSULT, NULL);
  assert_int_equal(s.c.step.answer.refusal, REFUSAL_NO_CONSULT);
  acts(&s, s.talk, "bert", COMMAND_ACCEPT_OFFER, NULL);
  acts(&s, s.customer, "anna", COMMAND_MERGE_CONSULT, NULL);
  assert_int_equal(s.c.step.answer.code, 200);
  centre_reload(&s.c);
  acts(&s, s.customer, "bert", COMMAND_SAY, "{\"text\":\"Hello\"}");
  assert_int_equal(s.c.step.answer.code, 201);
  acts(&s, s.customer, "anna", COMMAND_SAY, "{\"text\":\"That is Bert.\"}");
  assert_int_equal(s.c.step.answer.code, 201);
  assert_int_equal(live(&s, s.customer)->s.agent, centre_number(&s.c, "anna"));
  acts(&s, s.customer, "anna", COMMAND_END, NULL);
  assert_over(&s);
  acts(&s, s.customer, "bert", COMMAND_SAY, "{\"text\":\"Bye\"}");
  assert_int_equal(s.c.step.answer.refusal, REFUSAL_UNKNOWN_SESSION);
  centre_free(&s.c);
}

static void who_takes_over_the_talk_was_not_let_in(void **state) {
  (void)state;
  struct story s;
  begin_talking(&s);
  acts(&s, s.customer, "anna", COMMAND_MERGE_CONSULT, NULL);
  acts(&s, s.talk, "bert", COMMAND_TRANSFER, "{\"queue\":\"support\"}");
  assert_int_equal(live(&s, s.customer)->consults, CONSULTS_ASKS);
  assert_true(live_in_queue(&live(&s, s.talk)->s));
  centre_free(&s.c);
}

static void what_cannot_be_asked_says_why(void **state) {
  (void)state;
  struct story s;
  begin(&s);
  acts(&s, s.customer, "anna", COMMAND_CONSULT, "{\"agentId\":\"anna\"}");
  assert_int_equal(s.c.step.answer.refusal, REFUSAL_INVALID_MEMBER);
  acts(&s, s.customer, "anna", COMMAND_CONSULT, "{\"agentId\":\"nemo\"}");
  assert_int_equal(s.c.step.answer.refusal, REFUSAL_UNKNOWN_TARGET);
  acts(&s, s.customer, "anna", COMMAND_CONSULT, NULL);
  assert_int_equal(s.c.step.answer.refusal, REFUSAL_INVALID_MEMBER);
  acts(&s, s.customer, "anna", COMMAND_END_CONSULT, NULL);
  assert_int_equal(s.c.step.answer.refusal, REFUSAL_NO_CONSULT);
  ask(&s, "{\"agentId\":\"bert\"}");
  acts(&s, s.customer, "anna", COMMAND_CONSULT, "{\"queue\":\"support\"}");
  assert_int_equal(s.c.step.answer.refusal, REFUSAL_CONSULT_PENDING);
  acts(&s, s.talk, "bert", COMMAND_ACCEPT_OFFER, NULL);
  acts(&s, s.talk, "bert", COMMAND_CONSULT, "{\"agentId\":\"anna\"}");
  assert_int_equal(s.c.step.answer.refusal, REFUSAL_CONSULT_PENDING);
  acts(&s, s.talk, "bert", COMMAND_MERGE_CONSULT, NULL);
  assert_int_equal(s.c.step.answer.refusal, REFUSAL_NO_CONSULT);
  centre_free(&s.c);
}

static void a_transfer_ends_the_talk(void **state) {
  (void)state;
  struct story s;
  begin_talking(&s);
  acts(&s, s.customer, "anna", COMMAND_TRANSFER, "{\"queue\":\"support\"}");
  assert_over(&s);
  assert_int_equal(live(&s, s.customer)->s.status, SESSION_OFFERED);
  centre_free(&s.c);
}

/* ---- a transfer that waits until it is accepted */

static void offer(struct story *s, const char *transfer) {
  acts(s, s->customer, "anna", COMMAND_TRANSFER, transfer);
  assert_int_equal(s->c.step.answer.code, 202);
  s->talk = live(s, s->customer)->consult;
  assert_int_equal(live(s, s->customer)->s.agent, centre_number(&s->c, "anna"));
}

static const char to_bert[] =
    "{\"agentId\":\"bert\",\"when\":\"accepted\",\"reason\":\"A refund\"}";

static uint8_t transfer_state(const struct story *s) {
  return live(s, s->customer)->transfer.state;
}

static void
an_offered_transfer_keeps_the_agent_until_it_is_accepted(void **state) {
  (void)state;
  struct story s;
  begin(&s);
  offer(&s, to_bert);
  const struct id transfer = live(&s, s.customer)->transfer.id;
  assert_int_equal(transfer_state(&s), TRANSFER_WAITING);
  acts(&s, s.customer, "anna", COMMAND_SAY, "{\"text\":\"One moment.\"}");
  assert_int_equal(s.c.step.answer.code, 201);
  s.c.session = s.customer;
  assert_true(centre_shows(&s.c, "\"agent\":\"bert\",\"name\":\"bert\","
                                 "\"handsOver\":true"));
  centre_reload(&s.c);
  acts(&s, s.talk, "bert", COMMAND_ACCEPT_OFFER, NULL);
  assert_int_equal(s.c.step.answer.code, 200);
  assert_over(&s);
  const struct live *now = live(&s, s.customer);
  assert_int_equal(now->s.status, SESSION_ACTIVE);
  assert_int_equal(now->s.agent, centre_number(&s.c, "bert"));
  assert_int_equal(transfer_state(&s), TRANSFER_DONE);
  assert_true(id_equal(now->transfer.id, transfer));
  assert_true(text_equal(now->reason, TEXT("A refund")));
  assert_false(now->given);
  assert_int_equal(in_hand(&s, "anna"), 0);
  assert_int_equal(in_hand(&s, "bert"), 1);
  centre_free(&s.c);
}

static int64_t figure_of(const struct story *s, struct figures_key key,
                         uint32_t figure) {
  int64_t sum = 0;
  const int64_t now_us = figures_begin_us(s->c.now_us);
  for (int64_t i = 0; i < 4; i++) { /* an hour */
    const struct figures_interval *got =
        figures_get(&s->c.e->figures, key, now_us - i * FIGURES_INTERVAL_US);
    sum += got == NULL ? 0 : got->v[figure];
  }
  return sum;
}

static int64_t of_queue(const struct story *s, enum queue_figure figure) {
  const uint32_t queue = directory_queue(&s->c.e->dir, TEXT("second"));
  return figure_of(s, (struct figures_key){FIGURES_QUEUE, queue}, figure);
}

static int64_t handled_by(const struct story *s, const char *agent) {
  return figure_of(
      s, (struct figures_key){FIGURES_AGENT, centre_number(&s->c, agent)},
      AGENT_FIG_HANDLED);
}

/* The offer counted as a conversation of no time, and the conversation in
 * nobody's queue. */
static void
an_accepted_transfer_is_one_conversation_of_its_queue(void **state) {
  (void)state;
  struct story s;
  begin(&s);
  centre_put(&s.c, COMMAND_PUT_QUEUE, "{\"id\":\"second\",\"wrapUpTime\":0}");
  offer(&s, "{\"queue\":\"second\",\"when\":\"accepted\"}");
  centre_wait(&s.c, 4000);
  acts(&s, s.talk, "bert", COMMAND_ACCEPT_OFFER, NULL);
  assert_over(&s);
  assert_int_equal(of_queue(&s, QUEUE_ENTERED), 1);
  assert_int_equal(of_queue(&s, QUEUE_ANSWERED), 1);
  assert_int_equal(of_queue(&s, QUEUE_ANSWER_US), 4000000);
  assert_int_equal(of_queue(&s, QUEUE_HANDLED), 0);
  assert_int_equal(handled_by(&s, "anna"), 1);
  assert_int_equal(handled_by(&s, "bert"), 0);
  centre_reload(&s.c);
  centre_wait(&s.c, 60000);
  acts(&s, s.customer, "bert", COMMAND_END, NULL);
  assert_int_equal(of_queue(&s, QUEUE_ENTERED), 1);
  assert_int_equal(of_queue(&s, QUEUE_ANSWERED), 1);
  assert_int_equal(of_queue(&s, QUEUE_HANDLED), 1);
  assert_int_equal(of_queue(&s, QUEUE_TALK_US), 60000000);
  assert_int_equal(handled_by(&s, "bert"), 1);
  centre_free(&s.c);
}

/* It waited for the one who had accepted, and for nobody else. */
static void whoever_accepted_and_is_lost_leaves_it_to_the_queue(void **state) {
  (void)state;
  struct story s;
  begin(&s);
  centre_put(&s.c, COMMAND_PUT_QUEUE, "{\"id\":\"second\"}");
  offer(&s, "{\"queue\":\"second\",\"when\":\"accepted\"}");
  acts(&s, s.talk, "bert", COMMAND_ACCEPT_OFFER, NULL);
  centre_connection(&s.c, COMMAND_AGENT_DROPPED, "bert");
  centre_wait(&s.c, 31000);
  const struct live *now = live(&s, s.customer);
  assert_int_equal(now->s.status, SESSION_OFFERED);
  assert_int_equal(now->s.agent, centre_number(&s.c, "anna"));
  centre_free(&s.c);
}

static void
an_offered_transfer_that_is_declined_waits_for_the_next(void **state) {
  (void)state;
  struct story s;
  begin(&s);
  offer(&s, "{\"queueId\":\"support\",\"when\":\"accepted\"}");
  assert_int_equal(live(&s, s.talk)->s.agent, centre_number(&s.c, "bert"));
  acts(&s, s.talk, "bert", COMMAND_DECLINE_OFFER, NULL);
  assert_int_equal(transfer_state(&s), TRANSFER_WAITING);
  assert_int_equal(live(&s, s.customer)->s.agent, centre_number(&s.c, "anna"));
  centre_put(&s.c, COMMAND_PUT_AGENT,
             "{\"id\":\"cleo\",\"skills\":[\"AgentSkill\"]}");
  centre_ready(&s.c, "cleo");
  acts(&s, s.talk, "cleo", COMMAND_ACCEPT_OFFER, NULL);
  assert_over(&s);
  assert_int_equal(live(&s, s.customer)->s.agent, centre_number(&s.c, "cleo"));
  centre_free(&s.c);
}

static void an_offered_transfer_is_taken_back(void **state) {
  (void)state;
  static const enum command_type how[] = {COMMAND_CANCEL_TRANSFER,
                                          COMMAND_END_CONSULT};
  for (size_t i = 0; i < 2; i++) {
    struct story s;
    begin(&s);
    offer(&s, to_bert);
    s.c.session = s.customer;
    struct command cmd =
        centre_command(&s.c, how[i], ROLE_AGENT, centre_number(&s.c, "anna"));
    record_set_id(&cmd.args, FIELD_SESSION, s.customer);
    if (i == 0) {
      record_set_id(&cmd.args, FIELD_TRANSFER_ID,
                    live(&s, s.customer)->transfer.id);
    }
    centre_run(&s.c, &cmd);
    assert_int_equal(s.c.step.answer.code, 200);
    assert_over(&s);
    assert_int_equal(transfer_state(&s), TRANSFER_CANCELLED);
    assert_int_equal(live(&s, s.customer)->s.agent,
                     centre_number(&s.c, "anna"));
    acts(&s, s.talk, "bert", COMMAND_ACCEPT_OFFER, NULL);
    assert_int_not_equal(s.c.step.answer.code, 200); /* too late */
    offer(&s, to_bert);                              /* and again */
    centre_free(&s.c);
  }
}

static void an_offered_transfer_goes_with_the_customer(void **state) {
  (void)state;
  struct story s;
  begin(&s);
  offer(&s, to_bert);
  acts(&s, s.customer, "anna", COMMAND_END, NULL);
  assert_over(&s);
  assert_int_equal(transfer_state(&s), TRANSFER_DROPPED);
  assert_int_equal(in_hand(&s, "bert"), 0);
  centre_free(&s.c);
}

static void what_cannot_be_offered_says_why(void **state) {
  (void)state;
  static const struct {
    const char *body;
    enum refusal why;
  } cases[] = {
      {"{\"agentId\":\"anna\",\"when\":\"accepted\"}", REFUSAL_INVALID_MEMBER},
      {"{\"bot\":\"cognigy\",\"when\":\"accepted\"}", REFUSAL_INVALID_MEMBER},
      {"{\"queue\":\"support\",\"when\":\"accepted\",\"timeout\":5}",
       REFUSAL_INVALID_MEMBER},
      {"{\"queue\":\"support\",\"when\":\"accepted\",\"release\":true}",
       REFUSAL_INVALID_MEMBER},
  };
  struct story s;
  begin(&s);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    acts(&s, s.customer, "anna", COMMAND_TRANSFER, cases[i].body);
    assert_int_equal(s.c.step.answer.refusal, cases[i].why);
  }
  acts(&s, s.customer, "bert", COMMAND_TRANSFER, to_bert);
  assert_int_not_equal(s.c.step.answer.code, 202); /* it is not Bert's */
  offer(&s, to_bert);
  acts(&s, s.customer, "anna", COMMAND_TRANSFER, to_bert);
  assert_int_equal(s.c.step.answer.refusal, REFUSAL_CONSULT_PENDING);
  acts(&s, s.customer, "anna", COMMAND_COMPLETE_CONSULT, NULL);
  assert_int_equal(s.c.step.answer.refusal, REFUSAL_NO_CONSULT);
  centre_free(&s.c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(who_is_asked_talks_with_who_asks_alone),
      cmocka_unit_test(it_is_given_away_in_one_step),
      cmocka_unit_test(it_stays_when_the_talk_is_over),
      cmocka_unit_test(who_is_let_in_speaks_with_the_customer),
      cmocka_unit_test(who_takes_over_the_talk_was_not_let_in),
      cmocka_unit_test(what_cannot_be_asked_says_why),
      cmocka_unit_test(a_transfer_ends_the_talk),
      cmocka_unit_test(
          an_offered_transfer_keeps_the_agent_until_it_is_accepted),
      cmocka_unit_test(an_accepted_transfer_is_one_conversation_of_its_queue),
      cmocka_unit_test(whoever_accepted_and_is_lost_leaves_it_to_the_queue),
      cmocka_unit_test(an_offered_transfer_that_is_declined_waits_for_the_next),
      cmocka_unit_test(an_offered_transfer_is_taken_back),
      cmocka_unit_test(an_offered_transfer_goes_with_the_customer),
      cmocka_unit_test(what_cannot_be_offered_says_why),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
