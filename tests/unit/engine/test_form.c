#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "engine/form.h"
#include "support.h"

struct reading {
  struct test_mem tm;
  struct arena arena;
  struct record r;
  struct form_error e;
  bool done;
};

static void begin(struct reading *x) {
  memset(x, 0, sizeof *x);
  test_mem_init(&x->tm);
  arena_init(&x->arena, &x->tm.mem, 0);
}

static void end(struct reading *x) {
  arena_free(&x->arena);
  assert_int_equal(x->tm.live_bytes, 0);
}

static void read_json(struct reading *x, enum command_type type,
                      const char *body) {
  begin(x);
  x->done = form_read_json(type, text_from(body), &x->arena, &x->r, &x->e);
}

static void read_options(struct reading *x, const char *options) {
  begin(x);
  x->done = form_read_options(COMMAND_TRANSFER, text_from(options), &x->arena,
                              &x->r, &x->e);
}

static void json_refused(enum command_type type, const char *body,
                         const char *pointer, const char *detail) {
  struct reading x;
  read_json(&x, type, body);
  assert_false(x.done);
  assert_string_equal(x.e.detail, detail);
  assert_string_equal(x.e.pointer, pointer);
  assert_int_equal(x.e.refusal, REFUSAL_INVALID_MEMBER);
  end(&x);
}

static void options_refused(const char *options, const char *pointer,
                            const char *detail) {
  struct reading x;
  read_options(&x, options);
  assert_false(x.done);
  assert_string_equal(x.e.detail, detail);
  assert_string_equal(x.e.pointer, pointer);
  assert_int_equal(x.e.refusal, REFUSAL_INVALID_MEMBER);
  end(&x);
}

static void text_is(const struct reading *x, enum field field,
                    const char *expected) {
  assert_true(record_has(&x->r, field));
  const struct text t = record_text(&x->r, field);
  assert_int_equal(t.len, strlen(expected));
  assert_memory_equal(t.ptr, expected, t.len);
}

static void num_is(const struct reading *x, enum field field, int64_t n) {
  assert_true(record_has(&x->r, field));
  assert_int_equal(record_num(&x->r, field), n);
}

/* ---- JSON */

static void the_transfer_of_people_s_steps(void **state) {
  (void)state;
  struct reading x;
  read_json(&x, COMMAND_TRANSFER,
            "{\"action\":\"Transfer\",\"queueId\":\"support\","
            "\"skipQueue\":false,\"reason\":\"Bot handover\"}");
  assert_true(x.done);
  assert_int_equal(x.r.type, COMMAND_TRANSFER);
  text_is(&x, FIELD_QUEUE_ID, "support");
  text_is(&x, FIELD_REASON, "Bot handover");
  num_is(&x, FIELD_SKIP_QUEUE, 0);
  assert_false(record_has(&x.r, FIELD_PRIORITY));
  end(&x);
}

static void every_kind_of_member(void **state) {
  (void)state;
  struct reading x;
  read_json(&x, COMMAND_TRANSFER,
            "{\"queue\":\"S\\u00e4le\",\"priority\":1000,\"when\":\"released\","
            "\"requireAgent\":\"loggedin\",\"release\":true,\"skills\": "
            "[\"English\", {\"name\":\"Billing\",\"minProficiency\":5}] }");
  assert_true(x.done);
  text_is(&x, FIELD_QUEUE_NAME, "S\u00e4le");
  num_is(&x, FIELD_PRIORITY, 1000);
  num_is(&x, FIELD_WHEN, WHEN_RELEASED);
  num_is(&x, FIELD_REQUIRE, REQUIRE_LOGGED_IN);
  num_is(&x, FIELD_RELEASE, 1);
  text_is(&x, FIELD_SKILLS,
          "[\"English\", {\"name\":\"Billing\",\"minProficiency\":5}]");
  end(&x);
}

static void attributes_keep_their_text(void **state) {
  (void)state;
  struct reading x;
  read_json(&x, COMMAND_SET_ATTRIBUTES,
            "{\"attributes\": {\"id\": 12345678901234567890, \"old\": null}}");
  assert_true(x.done);
  text_is(&x, FIELD_ATTRIBUTES,
          "{\"id\": 12345678901234567890, \"old\": null}");
  end(&x);
}

static void a_signal_may_carry_anything(void **state) {
  (void)state;
  static const char *const bodies[] = {"{\"value\":[1]}", "{\"value\":\"x\"}",
                                       "{\"value\":3.5}", "{\"value\":{}}",
                                       "{\"value\":false}"};
  for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
    struct reading x;
    read_json(&x, COMMAND_SIGNAL, bodies[i]);
    assert_true(x.done);
    assert_true(record_has(&x.r, FIELD_VALUE));
    end(&x);
  }
}

static void nothing_and_null_are_not_given(void **state) {
  (void)state;
  static const char *const bodies[] = {"", " \n", "{}",
                                       "{\"reason\":null,\"note\":null}"};
  for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
    struct reading x;
    read_json(&x, COMMAND_TRANSFER, bodies[i]);
    assert_true(x.done);
    assert_false(record_has(&x.r, FIELD_REASON));
    end(&x);
  }
}

static void a_misspelt_member_is_named_with_the_right_one(void **state) {
  (void)state;
  json_refused(COMMAND_TRANSFER, "{\"queue\":\"a\",\"prioirty\":1}",
               "/prioirty",
               "unknown member \"prioirty\"; did you mean \"priority\"?");
  json_refused(COMMAND_TRANSFER, "{\"queueid\":\"a\"}", "/queueid",
               "unknown member \"queueid\"; did you mean \"queueId\"?");
  json_refused(COMMAND_SAY, "{\"zzz\":1}", "/zzz",
               "unknown member \"zzz\"; it may be text or data");
  json_refused(COMMAND_HANGUP, "{\"zzz\":1}", "/zzz",
               "unknown member \"zzz\"; no members are taken here");
  json_refused(COMMAND_HANGUP, "{\"a/b~c\":1}", "/a~1b~0c",
               "unknown member \"a/b~c\"; no members are taken here");
}

static void nobody_sends_the_session_in_the_body(void **state) {
  (void)state;
  json_refused(COMMAND_HANGUP, "{\"session\":\"x\"}", "/session",
               "unknown member \"session\"; no members are taken here");
}

static void a_wrong_type_says_what_was_expected(void **state) {
  (void)state;
  json_refused(COMMAND_TRANSFER, "{\"priority\":\"5\"}", "/priority",
               "/priority is a string, expected a whole number 0 … 1000");
  json_refused(COMMAND_TRANSFER, "{\"priority\":1.5}", "/priority",
               "/priority is 1.5, expected a whole number 0 … 1000");
  json_refused(COMMAND_TRANSFER, "{\"priority\":[]}", "/priority",
               "/priority is a list, expected a whole number 0 … 1000");
  json_refused(COMMAND_TRANSFER, "{\"skipQueue\":\"true\"}", "/skipQueue",
               "/skipQueue is a string, expected true or false");
  json_refused(COMMAND_TRANSFER, "{\"skipQueue\":1}", "/skipQueue",
               "/skipQueue is 1, expected true or false");
  json_refused(COMMAND_TRANSFER, "{\"queue\":7}", "/queue",
               "/queue is 7, expected a string");
  json_refused(COMMAND_TRANSFER, "{\"when\":true}", "/when",
               "/when is true, expected now, released or accepted");
  json_refused(COMMAND_OPEN_SESSION, "{\"customer\":\"anna\"}", "/customer",
               "/customer is a string, expected an object");
  json_refused(COMMAND_SET_ATTRIBUTES, "{\"attributes\":[1]}", "/attributes",
               "/attributes is a list, expected an object");
  json_refused(COMMAND_SAY, "[1]", "",
               "the body is a list, expected an object");
}

static void a_value_outside_its_limits(void **state) {
  (void)state;
  json_refused(COMMAND_TRANSFER, "{\"priority\":1001}", "/priority",
               "/priority is 1001, expected a whole number 0 … 1000");
  json_refused(COMMAND_TRANSFER, "{\"timeout\":-1}", "/timeout",
               "/timeout is -1, expected a whole number 1 … 300");
  json_refused(COMMAND_TRANSFER, "{\"when\":\"later\"}", "/when",
               "/when is \"later\", expected now, released or accepted");
  json_refused(COMMAND_OPEN_SESSION, "{\"channel\":\"fax\"}", "/channel",
               "/channel is \"fax\", expected chat, voice or message");
  json_refused(COMMAND_SAY, "{\"text\":\"\"}", "/text",
               "/text is empty, expected 1 … 16384 bytes");
}

static void a_text_that_is_too_long_says_both_lengths(void **state) {
  (void)state;
  char body[700];
  (void)snprintf(body, sizeof body, "{\"reason\":\"%600s\"}", "x");
  json_refused(COMMAND_LEAVE, body, "/reason",
               "/reason is 600 bytes long, expected 0 … 512 bytes");
}

static void a_value_at_its_limit_is_taken(void **state) {
  (void)state;
  char body[700];
  (void)snprintf(body, sizeof body, "{\"reason\":\"%512s\"}", "x");
  struct reading x;
  read_json(&x, COMMAND_LEAVE, body);
  assert_true(x.done);
  assert_int_equal(record_text(&x.r, FIELD_REASON).len, 512);
  end(&x);
  read_json(&x, COMMAND_TRANSFER,
            "{\"skills\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\","
            "{\"name\":\"8\",\"minProficiency\":20}]}");
  assert_true(x.done);
  end(&x);
}

static void skills_that_are_none(void **state) {
  (void)state;
  json_refused(COMMAND_TRANSFER, "{\"skills\":\"English\"}", "/skills",
               "/skills is a string, expected a list of skills");
  json_refused(
      COMMAND_TRANSFER, "{\"skills\":[\"a\",3]}", "/skills/1",
      "/skills/1 is 3, expected the name of a skill, or {\"name\": …}");
  json_refused(COMMAND_TRANSFER, "{\"skills\":[{\"nam\":\"a\"}]}",
               "/skills/0/nam",
               "/skills/0/nam is an unknown member \"nam\"; did you mean "
               "\"name\"?");
  json_refused(COMMAND_TRANSFER, "{\"skills\":[\"a\",{\"minProficiency\":1}]}",
               "/skills/1", "/skills/1 has no member \"name\"");
  json_refused(COMMAND_TRANSFER,
               "{\"skills\":[{\"name\":\"a\",\"minProficiency\":21}]}",
               "/skills/0/minProficiency",
               "/skills/0/minProficiency is 21, expected a whole number 1 "
               "(best) … 20");
  json_refused(COMMAND_TRANSFER, "{\"skills\":[{\"name\":null}]}",
               "/skills/0/name",
               "/skills/0/name is null, expected the name of a skill");
  json_refused(COMMAND_TRANSFER, "{\"skills\":[\"\"]}", "/skills/0",
               "/skills/0 is empty, expected 1 … 256 bytes");
  json_refused(COMMAND_TRANSFER,
               "{\"skills\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\","
               "\"9\"]}",
               "/skills", "/skills lists 9 skills, at most 8 are taken");
}

static void pasted_quotes_are_named_with_their_column(void **state) {
  (void)state;
  struct reading x;
  read_json(&x, COMMAND_TRANSFER, "{\"queue\": \u201Csupport\u201D}");
  assert_false(x.done);
  assert_int_equal(x.e.refusal, REFUSAL_BAD_REQUEST);
  assert_string_equal(x.e.pointer, "/queue");
  assert_string_equal(x.e.detail,
                      "the body is not JSON: line 1, column 11: typographic "
                      "quotes “ ” are not JSON quotes: use \"…\"");
  end(&x);
}

static void nested_too_deeply_is_not_well_formed(void **state) {
  (void)state;
  char body[200] = "{\"value\":";
  memset(body + 9, '[', 100);
  struct reading x;
  read_json(&x, COMMAND_SIGNAL, body);
  assert_false(x.done);
  assert_int_equal(x.e.refusal, REFUSAL_BAD_REQUEST);
  end(&x);
}

static void frames_carry_members_of_their_own(void **state) {
  (void)state;
  static const char *const ignore[] = {"type", "session", NULL};
  struct reading x;
  begin(&x);
  struct json *tree = NULL;
  const struct text frame =
      TEXT("{\"type\":\"message\",\"session\":7,\"text\":\"hello\"}");
  assert_int_equal(json_parse(&x.arena, frame, 8, &tree, NULL), BT_ERR_OK);
  assert_true(form_read_tree(COMMAND_SAY, tree, ignore, &x.r, &x.e));
  text_is(&x, FIELD_TEXT, "hello");
  assert_false(record_has(&x.r, FIELD_SESSION));
  assert_false(form_read_tree(COMMAND_SAY, tree, NULL, &x.r, &x.e));
  assert_string_equal(x.e.pointer, "/type");
  end(&x);
}

static void a_refused_body_leaves_the_record_alone(void **state) {
  (void)state;
  struct reading x;
  begin(&x);
  record_init(&x.r, COMMAND_END);
  record_set_num(&x.r, FIELD_PRIORITY, 3);
  assert_false(form_read_json(COMMAND_TRANSFER,
                              TEXT("{\"priority\":4,\"queue\":5}"), &x.arena,
                              &x.r, &x.e));
  assert_int_equal(x.r.type, COMMAND_END);
  num_is(&x, FIELD_PRIORITY, 3);
  end(&x);
}

static void long_and_odd_keys_stay_inside_the_message(void **state) {
  (void)state;
  /* The x makes every even offset the middle of a character. */
  char key[802] = "x";
  for (size_t i = 1; i < 801; i += 2) {
    key[i] = '\xc3';
    key[i + 1] = '\xa4';
  }
  char body[900];
  (void)snprintf(body, sizeof body, "{\"%s\":1}", key);
  struct reading x;
  read_json(&x, COMMAND_SAY, body);
  assert_false(x.done);
  assert_true(strlen(x.e.pointer) < sizeof x.e.pointer);
  const struct text pointer = text_from(x.e.pointer);
  const struct text detail = text_from(x.e.detail);
  assert_int_equal(utf8_first_bad(pointer), pointer.len);
  assert_int_equal(utf8_first_bad(detail), detail.len);
  end(&x);
}

static void control_characters_do_not_reach_the_log(void **state) {
  (void)state;
  json_refused(COMMAND_SAY, "{\"a\\nb c\\u0000\":1}", "/a?b c?",
               "unknown member \"a?b c?\"; it may be text or data");
}

/* A value that fits the member, of its JSON type. */
static const char *good_value(enum field field) {
  switch ((unsigned)field_info(field)->kind) {
  case KIND_NUM:
    return "1";
  case KIND_TIME:
    return "\"2026-11-22T13:30:00Z\"";
  case KIND_POINTS:
    return "2.5";
  case KIND_FLAG:
    return "true";
  case KIND_TEXT:
    return "\"x\"";
  case KIND_JSON:
    return field == FIELD_SKILLS        ? "[\"x\"]"
           : field == FIELD_BREAKPOINTS ? "[{\"line\":1}]"
                                        : "{\"x\":1}";
  case KIND_CHANNEL:
    return "\"voice\"";
  case KIND_ROLE:
    return "\"bot\"";
  case KIND_WHEN:
    return "\"now\"";
  default:
    return "\"none\"";
  }
}

static void one_member(enum command_type type, enum field field) {
  char body[128];
  (void)snprintf(body, sizeof body, "{\"%s\":%s}", field_info(field)->wire,
                 good_value(field));
  struct reading x;
  read_json(&x, type, body);
  assert_true(x.done);
  assert_true(record_has(&x.r, field));
  end(&x);
  (void)snprintf(body, sizeof body, "{\"%s\":[[]]}", field_info(field)->wire);
  read_json(&x, type, body);
  assert_int_equal(x.done, field == FIELD_VALUE);
  end(&x);
}

static void every_member_of_every_command_can_be_sent(void **state) {
  (void)state;
  unsigned members = 0;
  for (uint32_t type = 0; type < COMMANDS; type++) {
    for (uint32_t field = 0; field < FIELDS; field++) {
      if (command_takes((enum command_type)type, (enum field)field)) {
        one_member((enum command_type)type, (enum field)field);
        members++;
      }
    }
  }
  assert_true(members > 40);
}

static void without_memory_it_is_not_the_sender_s_fault(void **state) {
  (void)state;
  struct reading x;
  begin(&x);
  x.tm.fail_at = 1;
  assert_false(form_read_json(COMMAND_TRANSFER, TEXT("{\"when\":\"now\"}"),
                              &x.arena, &x.r, &x.e));
  assert_int_equal(x.e.refusal, REFUSAL_UNAVAILABLE);
  end(&x);
}

/* ---- options */

static void options_of_a_script(void **state) {
  (void)state;
  struct reading x;
  read_options(&x, "priority:1,when:released,timeout:5,skipQueue:true,"
                   "reason:Bot handover");
  assert_true(x.done);
  num_is(&x, FIELD_PRIORITY, 1);
  num_is(&x, FIELD_WHEN, WHEN_RELEASED);
  num_is(&x, FIELD_TIMEOUT, 5);
  num_is(&x, FIELD_SKIP_QUEUE, 1);
  text_is(&x, FIELD_REASON, "Bot handover");
  end(&x);
}

static void a_reason_may_hold_commas_and_colons(void **state) {
  (void)state;
  struct reading x;
  read_options(&x, "reason: angry, at once: call back, thanks , priority: 3");
  assert_true(x.done);
  text_is(&x, FIELD_REASON, "angry, at once: call back, thanks");
  num_is(&x, FIELD_PRIORITY, 3);
  end(&x);
  read_options(&x, "reason:a,,priority:1");
  assert_true(x.done);
  text_is(&x, FIELD_REASON, "a,");
  num_is(&x, FIELD_PRIORITY, 1);
  end(&x);
}

static void a_name_without_a_colon_is_part_of_the_reason(void **state) {
  (void)state;
  struct reading x;
  read_options(&x, "reason:high,priority");
  assert_true(x.done);
  text_is(&x, FIELD_REASON, "high,priority");
  end(&x);
}

static void option_names_have_no_case(void **state) {
  (void)state;
  struct reading x;
  read_options(&x, " SKIPQUEUE : Yes , Release:0 , When:NOW,requireagent:none");
  assert_true(x.done);
  num_is(&x, FIELD_SKIP_QUEUE, 1);
  num_is(&x, FIELD_RELEASE, 0);
  num_is(&x, FIELD_WHEN, WHEN_NOW);
  num_is(&x, FIELD_REQUIRE, REQUIRE_NONE);
  end(&x);
}

static void empty_options_are_none(void **state) {
  (void)state;
  static const char *const none[] = {"", "  ", ",", " , "};
  for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
    struct reading x;
    read_options(&x, none[i]);
    assert_true(x.done);
    end(&x);
  }
}

static void skills_as_an_option_are_json(void **state) {
  (void)state;
  struct reading x;
  read_options(&x, "skills:[\"English\",\"Billing\"],priority:2");
  assert_true(x.done);
  text_is(&x, FIELD_SKILLS, "[\"English\",\"Billing\"]");
  num_is(&x, FIELD_PRIORITY, 2);
  end(&x);
  options_refused("skills:English", "/skills",
                  "option skills is not JSON: line 1, column 1: English is not "
                  "a JSON value: if it is text, put it in double quotes");
}

static void options_that_are_wrong(void **state) {
  (void)state;
  options_refused("prioirty:1", "/prioirty",
                  "unknown member \"prioirty\"; did you mean \"priority\"?");
  options_refused("priority:1,whenn:released", "/whenn",
                  "unknown member \"whenn\"; did you mean \"when\"?");
  options_refused("priority:high", "/priority",
                  "option priority is \"high\", expected a whole number 0 … "
                  "1000");
  options_refused("priority:2000", "/priority",
                  "option priority is 2000, expected a whole number 0 … 1000");
  options_refused("skipQueue:maybe", "/skipQueue",
                  "option skipQueue is \"maybe\", expected true or false");
  options_refused(
      "when:later", "/when",
      "option when is \"later\", expected now, released or accepted");
  options_refused("priority:1,skipQueue", "/skipQueue",
                  "option skipQueue has no value: write name:value");
  options_refused("priority:1,PRIORITY:2", "/PRIORITY",
                  "option PRIORITY is given twice");
  options_refused("queue:", "/queue",
                  "option queue is empty, expected 1 … 256 bytes");
}

static void pasted_quotes_around_an_option(void **state) {
  (void)state;
  options_refused("reason:\u201CBot handover\u201D,priority:1", "/reason",
                  "option reason is in typographic quotes “ ”: options need no "
                  "quotes");
  static const char *const inside[] = {"reason:said \u201Cno\u201D twice",
                                       "reason:\u201Cno\u201D was said",
                                       "reason:said \u201Cno\u201D"};
  for (size_t i = 0; i < sizeof inside / sizeof inside[0]; i++) {
    struct reading x;
    read_options(&x, inside[i]);
    assert_true(x.done);
    end(&x);
  }
}

static void an_option_that_is_not_utf_8(void **state) {
  (void)state;
  options_refused("reason:a\xff", "",
                  "the options are not UTF-8: byte 9 is 0xFF");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_transfer_of_people_s_steps),
      cmocka_unit_test(every_kind_of_member),
      cmocka_unit_test(attributes_keep_their_text),
      cmocka_unit_test(a_signal_may_carry_anything),
      cmocka_unit_test(nothing_and_null_are_not_given),
      cmocka_unit_test(a_misspelt_member_is_named_with_the_right_one),
      cmocka_unit_test(nobody_sends_the_session_in_the_body),
      cmocka_unit_test(a_wrong_type_says_what_was_expected),
      cmocka_unit_test(a_value_outside_its_limits),
      cmocka_unit_test(a_text_that_is_too_long_says_both_lengths),
      cmocka_unit_test(a_value_at_its_limit_is_taken),
      cmocka_unit_test(control_characters_do_not_reach_the_log),
      cmocka_unit_test(skills_that_are_none),
      cmocka_unit_test(pasted_quotes_are_named_with_their_column),
      cmocka_unit_test(nested_too_deeply_is_not_well_formed),
      cmocka_unit_test(frames_carry_members_of_their_own),
      cmocka_unit_test(a_refused_body_leaves_the_record_alone),
      cmocka_unit_test(long_and_odd_keys_stay_inside_the_message),
      cmocka_unit_test(every_member_of_every_command_can_be_sent),
      cmocka_unit_test(without_memory_it_is_not_the_sender_s_fault),
      cmocka_unit_test(options_of_a_script),
      cmocka_unit_test(a_reason_may_hold_commas_and_colons),
      cmocka_unit_test(a_name_without_a_colon_is_part_of_the_reason),
      cmocka_unit_test(option_names_have_no_case),
      cmocka_unit_test(empty_options_are_none),
      cmocka_unit_test(skills_as_an_option_are_json),
      cmocka_unit_test(options_that_are_wrong),
      cmocka_unit_test(pasted_quotes_around_an_option),
      cmocka_unit_test(an_option_that_is_not_utf_8),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
