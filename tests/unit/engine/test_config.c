#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "engine/config.h"
#include "support.h"

struct given {
  struct test_mem tm;
  struct arena arena;
  const struct json *value;
};

static void give(struct given *g, const char *source) {
  test_mem_init(&g->tm);
  arena_init(&g->arena, &g->tm.mem, 0);
  struct json *tree = NULL;
  assert_int_equal(
      json_parse(&g->arena, text_from(source), JSON_DEPTH_DEFAULT, &tree, NULL),
      BT_ERR_OK);
  g->value = tree;
}

static void done(struct given *g) {
  arena_free(&g->arena);
  assert_int_equal(g->tm.live_bytes, 0);
}

static void refused(enum config_object object, const char *source,
                    const char *pointer, const char *message) {
  struct given g;
  give(&g, source);
  struct config_error e;
  assert_false(config_check(object, g.value, 0, &e));
  assert_string_equal(e.message, message);
  assert_string_equal(e.pointer, pointer);
  done(&g);
}

static void taken(enum config_object object, const char *source) {
  struct given g;
  give(&g, source);
  struct config_error e = {{0}, {0}};
  assert_true(config_check(object, g.value, 0, &e));
  assert_string_equal(e.message, "");
  done(&g);
}

static void text_is(struct text t, const char *expected) {
  assert_int_equal(t.len, strlen(expected));
  assert_memory_equal(t.ptr, expected, t.len);
}

static void a_queue_with_everything(void **state) {
  (void)state;
  struct given g;
  give(&g, "{\"id\":\"support\",\"name\":\"Support\",\"aliases\":[\"help\"],"
           "\"skills\":[\"English\",{\"name\":\"Billing\",\"proficiency\":5}],"
           "\"priority\":7,\"strategy\":\"most_skilled\",\"maxSize\":40,"
           "\"maxWait\":1.5,\"paused\":true}");
  struct config_error e;
  assert_true(config_check(CONFIG_QUEUE, g.value, 0, &e));
  text_is(config_text(g.value, CONFIG_QUEUE_NAME), "Support");
  text_is(config_text(g.value, CONFIG_QUEUE_STRATEGY), "most_skilled");
  assert_int_equal(config_num(g.value, CONFIG_QUEUE_PRIORITY), 7);
  assert_int_equal(config_ms(g.value, CONFIG_QUEUE_MAX_WAIT), 1500);
  assert_true(config_flag(g.value, CONFIG_QUEUE_PAUSED));
  const struct json *skills = config_list(g.value, CONFIG_QUEUE_SKILLS);
  text_is(config_skill_name(skills->first), "English");
  assert_int_equal(config_skill_level(skills->first, 20), 20);
  text_is(config_skill_name(skills->first->next), "Billing");
  assert_int_equal(config_skill_level(skills->first->next, 20), 5);
  done(&g);
}

static void what_is_left_out_has_its_default(void **state) {
  (void)state;
  struct given g;
  give(&g, "{\"id\":\"support\",\"offerTimeout\":null,\"paused\":null}");
  struct config_error e;
  assert_true(config_check(CONFIG_QUEUE, g.value, 0, &e));
  text_is(config_text(g.value, CONFIG_QUEUE_NAME), "");
  text_is(config_text(g.value, CONFIG_QUEUE_STRATEGY), "longest_idle");
  assert_int_equal(config_num(g.value, CONFIG_QUEUE_MAX_SIZE), 0);
  assert_int_equal(config_ms(g.value, CONFIG_QUEUE_OFFER), 20000);
  assert_false(config_flag(g.value, CONFIG_QUEUE_PAUSED));
  assert_null(config_list(g.value, CONFIG_QUEUE_ALIASES));
  done(&g);
}

static void the_other_objects(void **state) {
  (void)state;
  taken(CONFIG_SKILL, "{\"name\":\"English\"}");
  taken(CONFIG_AGENT, "{\"id\":\"anna\",\"capacity\":{\"chat\":3,\"voice\":0},"
                      "\"queues\":[\"support\"],\"staysOnNoAnswer\":true}");
  taken(CONFIG_BOT, "{\"id\":\"cognigy\",\"name\":\"Cognigy\"}");
  taken(CONFIG_ENTRY, "{\"id\":\"web\",\"channel\":\"voice\",\"bot\":\"b\"}");
  assert_string_equal(config_object_wire(CONFIG_ENTRY), "entryPoints");
}

static void a_misspelt_member_is_named_with_the_right_one(void **state) {
  (void)state;
  refused(CONFIG_QUEUE, "{\"id\":\"a\",\"maxsize\":3}", "/maxsize",
          "unknown member \"maxsize\"; did you mean \"maxSize\"?");
  refused(CONFIG_BOT, "{\"id\":\"a\",\"url\":3}", "/url",
          "unknown member \"url\"; it may be id or name");
  refused(CONFIG_AGENT, "{\"id\":\"a\",\"capacity\":{\"chats\":3}}",
          "/capacity/chats",
          "unknown member \"chats\"; did you mean \"chat\"?");
  refused(CONFIG_AGENT,
          "{\"id\":\"a\",\"skills\":[{\"name\":\"x\",\"proficency\":3}]}",
          "/skills/0/proficency",
          "unknown member \"proficency\"; did you mean \"proficiency\"?");
}

static void members_of_other_objects_are_unknown(void **state) {
  (void)state;
  refused(CONFIG_SKILL, "{\"name\":\"a\",\"capacity\":{}}", "/capacity",
          "unknown member \"capacity\"; it may be name");
}

static void what_must_be_there_and_is_not(void **state) {
  (void)state;
  refused(CONFIG_QUEUE, "{\"name\":\"a\"}", "", "\"id\" is missing");
  refused(CONFIG_QUEUE, "{\"id\":null}", "", "\"id\" is missing");
  refused(CONFIG_AGENT, "{\"id\":\"a\",\"skills\":[{\"proficiency\":3}]}",
          "/skills/0", "\"name\" is missing");
}

static void wrong_types(void **state) {
  (void)state;
  refused(CONFIG_QUEUE, "[]", "", "expected an object, found a list");
  refused(CONFIG_QUEUE, "{\"id\":7}", "/id", "expected a string, found 7");
  refused(CONFIG_QUEUE, "{\"id\":\"a\",\"priority\":\"1\"}", "/priority",
          "expected a whole number 0 … 1000, found a string");
  refused(CONFIG_QUEUE, "{\"id\":\"a\",\"maxWait\":\"5m\"}", "/maxWait",
          "expected 0 … 604800 seconds, found a string");
  refused(CONFIG_QUEUE, "{\"id\":\"a\",\"paused\":0}", "/paused",
          "expected true or false, found 0");
  refused(CONFIG_QUEUE, "{\"id\":\"a\",\"aliases\":\"b\"}", "/aliases",
          "expected a list of names, found a string");
  refused(CONFIG_QUEUE, "{\"id\":\"a\",\"aliases\":[\"b\",{}]}", "/aliases/1",
          "expected a string, found an object");
  refused(CONFIG_QUEUE, "{\"id\":\"a\",\"skills\":[true]}", "/skills/0",
          "expected the name of a skill, or an object with name, found true");
  refused(CONFIG_AGENT, "{\"id\":\"a\",\"capacity\":3}", "/capacity",
          "expected an object such as {\"chat\": 3}, found 3");
}

static void values_outside_their_limits(void **state) {
  (void)state;
  refused(CONFIG_QUEUE, "{\"id\":\"\"}", "/id",
          "is empty, expected 1 … 128 bytes");
  refused(CONFIG_QUEUE, "{\"id\":\"a\",\"priority\":1001}", "/priority",
          "expected a whole number 0 … 1000, found 1001");
  refused(CONFIG_QUEUE, "{\"id\":\"a\",\"offerTimeout\":0.5}", "/offerTimeout",
          "expected 1 … 600 seconds, found 0.5");
  refused(CONFIG_QUEUE, "{\"id\":\"a\",\"strategy\":\"longest-idle\"}",
          "/strategy",
          "expected longest_idle, most_skilled, least_occupied, round_robin "
          "or ordered, found \"longest-idle\"");
  refused(CONFIG_ENTRY, "{\"id\":\"a\",\"channel\":\"fax\"}", "/channel",
          "expected chat, voice or message, found \"fax\"");
  refused(CONFIG_AGENT, "{\"id\":\"a\",\"capacity\":{\"chat\":251}}",
          "/capacity/chat", "expected a whole number 0 … 250, found 251");
  refused(CONFIG_AGENT,
          "{\"id\":\"a\",\"skills\":[{\"name\":\"x\",\"proficiency\":0}]}",
          "/skills/0/proficiency", "expected a whole number 1 … 20, found 0");
  refused(CONFIG_QUEUE,
          "{\"id\":\"a\",\"skills\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\","
          "\"7\",\"8\",\"9\"]}",
          "/skills", "has 9 elements, expected at most 8");
}

static void values_at_their_limits_are_taken(void **state) {
  (void)state;
  taken(CONFIG_QUEUE, "{\"id\":\"a\",\"priority\":1000,\"maxWait\":604800,"
                      "\"offerTimeout\":1,\"skills\":[{\"name\":\"x\","
                      "\"proficiency\":20},\"2\",\"3\",\"4\",\"5\",\"6\",\"7\","
                      "\"8\"]}");
  char source[200];
  (void)snprintf(source, sizeof source, "{\"id\":\"%128s\"}", "a");
  taken(CONFIG_BOT, source);
  (void)snprintf(source, sizeof source, "{\"id\":\"%129s\"}", "a");
  refused(CONFIG_BOT, source, "/id",
          "is 129 bytes long, expected 1 … 128 bytes");
}

static void all_errors_are_found_by_asking_again(void **state) {
  (void)state;
  static const char *const places[] = {"/prioritty", "/skills/0/proficiency",
                                       "/skills/1", "/maxSize", ""};
  struct given g;
  give(&g, "{\"prioritty\":1,\"skills\":[{\"name\":\"x\",\"proficiency\":99},"
           "{\"proficiency\":1}],\"maxSize\":-1}");
  struct config_error e;
  for (unsigned skip = 0; skip < 5; skip++) {
    assert_false(config_check(CONFIG_QUEUE, g.value, skip, &e));
    assert_string_equal(e.pointer, places[skip]);
  }
  assert_true(config_check(CONFIG_QUEUE, g.value, 5, &e));
  done(&g);
}

static void every_member_has_a_default_that_can_be_read(void **state) {
  (void)state;
  struct given g;
  give(&g, "{}");
#define REQUIRED                           NULL
#define MEMBER(o, n, w, k, lo, hi, def, d) {CONFIG_##o##_##n, #k, (def)},
  static const struct {
    enum config_member member;
    const char *kind, *fallback;
  } members[] = {
#include "engine/config.def"
  };
#undef MEMBER
#undef REQUIRED
  for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
    if (members[i].fallback == NULL) {
      continue;
    }
    if (strcmp(members[i].kind, "NUM") == 0) {
      assert_true(config_num(g.value, members[i].member) >= 0);
    } else if (strcmp(members[i].kind, "SECONDS") == 0) {
      assert_true(config_ms(g.value, members[i].member) >= 0);
    } else {
      (void)config_text(g.value, members[i].member);
    }
  }
  done(&g);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_queue_with_everything),
      cmocka_unit_test(what_is_left_out_has_its_default),
      cmocka_unit_test(the_other_objects),
      cmocka_unit_test(a_misspelt_member_is_named_with_the_right_one),
      cmocka_unit_test(members_of_other_objects_are_unknown),
      cmocka_unit_test(what_must_be_there_and_is_not),
      cmocka_unit_test(wrong_types),
      cmocka_unit_test(values_outside_their_limits),
      cmocka_unit_test(values_at_their_limits_are_taken),
      cmocka_unit_test(all_errors_are_found_by_asking_again),
      cmocka_unit_test(every_member_has_a_default_that_can_be_read),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
