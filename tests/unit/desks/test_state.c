/* Who has a conversation, out of what the platform says of its participants. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "desks/genesys/genesys_priv.h"
#include "support.h"

static struct conversation_state read(struct arena *arena, const char *json) {
  struct json *tree = NULL;
  const enum bt_err err =
      json_parse(arena, text_from(json), JSON_DEPTH_DEFAULT, &tree, NULL);
  assert_int_equal(err, BT_ERR_OK);
  return conversation_read(tree);
}

#define CUSTOMER     "{\"purpose\":\"customer\",\"state\":\"connected\"}"
#define GONE         "{\"purpose\":\"customer\",\"state\":\"disconnected\"}"
#define QUEUE(state) "{\"purpose\":\"acd\",\"state\":\"" state "\"}"
#define AGENT(state)                                                           \
  "{\"purpose\":\"agent\",\"name\":\"Ada\",\"messages\":[{\"state\":\"" state  \
  "\"}]}"
#define ALL(a, b, c) "{\"participants\":[" a "," b "," c "]}"

/* What is said of the same conversation as it goes on. */
static void each_moment_is_known(void **state) {
  (void)state;
  static const struct {
    const char *json;
    bool agent, others, customer;
  } rows[] = {
      {"{\"participants\":[]}", false, false, false},
      {"{\"participants\":[" CUSTOMER "]}", false, false, true},
      {ALL(CUSTOMER, QUEUE("connected"), AGENT("alerting")), false, true, true},
      {ALL(CUSTOMER, QUEUE("disconnected"), AGENT("connected")), true, true,
       true},
      /* declined, or transferred: another agent is looked for */
      {ALL(CUSTOMER, QUEUE("connected"), AGENT("disconnected")), false, true,
       true},
      /* the agent has left, though the customer's line is open */
      {ALL(CUSTOMER, QUEUE("disconnected"), AGENT("terminated")), false, false,
       true},
      {ALL(GONE, QUEUE("disconnected"), AGENT("disconnected")), false, false,
       false},
      /* the way of a conversation that is over: times instead of states */
      {"{\"participants\":[{\"purpose\":\"agent\",\"endTime\":\"2026-11-22T"
       "13:07:13.123Z\"}]}",
       false, false, false},
      {"{\"participants\":null}", false, false, false},
      {"[]", false, false, false},
  };
  struct test_mem tm;
  test_mem_init(&tm);
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct arena arena;
    arena_init(&arena, &tm.mem, 0);
    const struct conversation_state s = read(&arena, rows[i].json);
    assert_int_equal(s.agent, rows[i].agent);
    assert_int_equal(s.others, rows[i].others);
    assert_int_equal(s.customer, rows[i].customer);
    arena_free(&arena);
  }
}

static void the_agent_has_a_name_and_an_outcome(void **state) {
  (void)state;
  struct test_mem tm;
  struct arena arena;
  test_mem_init(&tm);
  arena_init(&arena, &tm.mem, 0);
  const struct conversation_state s =
      read(&arena, ALL(CUSTOMER, AGENT("connected"),
                       "{\"purpose\":\"agent\",\"state\":\"disconnected\","
                       "\"wrapup\":{\"name\":\"Solved\"}}"));
  assert_true(text_equal(s.name, TEXT("Ada")));
  assert_true(text_equal(s.outcome, TEXT("Solved")));
  arena_free(&arena);
}

/* "SESSION.STAY" and "SESSION.STAY.MESSAGE"; anything else is nobody's. */
static void addresses_are_read_and_nothing_else(void **state) {
  (void)state;
#define ID "01a20717-26af-76bc-9662-a90af0b9acab"
  static const struct {
    const char *address;
    bool good;
    uint32_t number, message;
  } rows[] = {{ID ".9", true, 9, 0},
              {ID ".9.17", true, 9, 17},
              {ID ".4294967295.0", true, UINT32_MAX, 0},
              {ID ".4294967296", false, 0, 0},
              {ID ".-1", false, 0, 0},
              {ID ".9.x", false, 0, 0},
              {ID ".9.1.2", false, 0, 0},
              {ID ".", false, 0, 0},
              {ID "", false, 0, 0},
              {ID "/9", false, 0, 0},
              {"cora@shop.example", false, 0, 0},
              {"", false, 0, 0}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct id session;
    uint32_t number = 0, message = 0;
    assert_int_equal(body_read_address(text_from(rows[i].address), &session,
                                       &number, &message),
                     rows[i].good);
    if (rows[i].good) {
      assert_int_equal(number, rows[i].number);
      assert_int_equal(message, rows[i].message);
    }
  }
}

/* The end of what was said, if it is too much; each line with its speaker. */
static void a_transcript_keeps_its_end(void **state) {
  (void)state;
  static const char json[] =
      "{\"customer\":{\"name\":\"Cora\"},\"messages\":["
      "{\"number\":1,\"from\":\"customer\",\"name\":\"x\",\"text\":\"Hello\"},"
      "{\"number\":2,\"from\":\"bot\",\"name\":\"Robot\",\"text\":\"Hi\"},"
      "{\"number\":3,\"from\":\"bot\",\"name\":\"Robot\",\"text\":\"\"},"
      "{\"number\":4,\"from\":\"customer\",\"name\":\"x\",\"text\":\"late\"}]}";
  struct test_mem tm;
  struct arena arena;
  struct textbuf b;
  struct json *tree = NULL;
  test_mem_init(&tm);
  arena_init(&arena, &tm.mem, 0);
  textbuf_init(&b, &tm.mem);
  assert_int_equal(
      json_parse(&arena, text_from(json), JSON_DEPTH_DEFAULT, &tree, NULL),
      BT_ERR_OK);
  desk_write_transcript(tree, 3, 1000, &b);
  assert_true(text_equal(textbuf_text(&b), TEXT("Cora: Hello\nRobot: Hi\n")));
  textbuf_clear(&b);
  desk_write_transcript(tree, 3, 10, &b);
  assert_true(text_equal(textbuf_text(&b), TEXT("Robot: Hi\n")));
  textbuf_clear(&b);
  desk_write_transcript(tree, 0, 1000, &b);
  assert_int_equal(b.len, 0);
  textbuf_free(&b);
  arena_free(&arena);
  assert_int_equal(tm.live_bytes, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_moment_is_known),
      cmocka_unit_test(the_agent_has_a_name_and_an_outcome),
      cmocka_unit_test(addresses_are_read_and_nothing_else),
      cmocka_unit_test(a_transcript_keeps_its_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
