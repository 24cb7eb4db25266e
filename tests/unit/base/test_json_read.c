#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "support.h"

static struct test_mem tm;
static struct arena arena;

static int start(void **state) {
  (void)state;
  test_mem_init(&tm);
  arena_init(&arena, &tm.mem, 0);
  return 0;
}

static int stop(void **state) {
  (void)state;
  arena_free(&arena);
  return tm.live_bytes == 0 ? 0 : -1;
}

static const struct json *parse(struct text source) {
  struct json *tree = NULL;
  struct json_error error = {0};
  if (json_parse(&arena, source, JSON_DEPTH_DEFAULT, &tree, &error) !=
      BT_ERR_OK) {
    fail_msg("%.*s: %s", TEXT_ARG(source), error.message);
  }
  return tree;
}

static const struct json *member(const struct json *object, const char *key) {
  const struct json *m = json_member(object, text_from(key));
  assert_non_null(m);
  return m;
}

static void a_transfer_as_a_bot_sends_it(void **state) {
  (void)state;
  const struct json *t = parse(TEXT("{\n"
                                    "  \"queue\": \"billing\",\n"
                                    "  \"priority\": 5,\n"
                                    "  \"skills\": [\"de\", \"cards\"],\n"
                                    "  \"vip\": true, \"note\": null,\n"
                                    "  \"context\": {\"score\": -0.25e1}\n"
                                    "}\n"));
  assert_int_equal(t->type, JSON_OBJECT);
  assert_int_equal(t->count, 6);
  assert_true(text_equal(member(t, "queue")->text, TEXT("billing")));
  assert_true(member(t, "priority")->i == 5);
  assert_true(member(t, "priority")->d == 5.0);
  const struct json *skills = member(t, "skills");
  assert_int_equal(skills->count, 2);
  assert_true(text_equal(skills->first->next->text, TEXT("cards")));
  assert_null(skills->first->next->next);
  assert_true(text_equal(skills->source, TEXT("[\"de\", \"cards\"]")));
  assert_int_equal(member(t, "vip")->type, JSON_TRUE);
  assert_int_equal(member(t, "note")->type, JSON_NULL);
  const struct json *score = member(member(t, "context"), "score");
  assert_int_equal(score->type, JSON_DOUBLE);
  assert_true(score->d == -2.5);
  assert_int_equal(score->offset, 122);
}

static void members_are_found_only_where_they_are(void **state) {
  (void)state;
  const struct json *t = parse(TEXT("{\"a\":1,\"\":2}"));
  assert_null(json_member(t, TEXT("b")));
  assert_true(member(t, "")->i == 2);
  assert_null(json_member(NULL, TEXT("a")));
  assert_null(json_member(member(t, "a"), TEXT("a")));
  assert_null(json_member(parse(TEXT("[]")), TEXT("a")));
}

static void integers_are_exact_and_the_rest_are_doubles(void **state) {
  (void)state;
  static const struct {
    const char *source;
    enum json_type type;
    int64_t i;
    double d;
  } cases[] = {
      {"0", JSON_INT, 0, 0},
      {"-0", JSON_INT, 0, 0},
      {"9223372036854775807", JSON_INT, INT64_MAX, 0x1p63},
      {"-9223372036854775808", JSON_INT, INT64_MIN, -0x1p63},
      {"9007199254740993", JSON_INT, 9007199254740993, 9007199254740992.0},
      {"9223372036854775808", JSON_DOUBLE, 0, 0x1p63},
      {"1.0", JSON_DOUBLE, 0, 1},
      {"1e2", JSON_DOUBLE, 0, 100},
      {"1E+2", JSON_DOUBLE, 0, 100},
      {"-1.5e-1", JSON_DOUBLE, 0, -0.15},
      {"1e-999", JSON_DOUBLE, 0, 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const struct json *n = parse(text_from(cases[i].source));
    assert_int_equal(n->type, cases[i].type);
    assert_true(n->i == cases[i].i);
    assert_true(n->d == cases[i].d);
    assert_true(text_equal(n->source, text_from(cases[i].source)));
  }
}

static void plain_strings_are_borrowed(void **state) {
  (void)state;
  const struct text source = TEXT("\"Grüße aus Köln, with more than 8 bytes\"");
  const struct json *s = parse(source);
  assert_ptr_equal(s->text.ptr, source.ptr + 1);
  assert_int_equal(s->text.len, source.len - 2);
}

static void escapes_are_undone(void **state) {
  (void)state;
  const struct json *s =
      parse(TEXT("\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u20AC"
                 "\\ud83d\\uDE00 é end\""));
  assert_true(text_equal(s->text, TEXT("a\"\\/\b\f\n\r\tAé€😀 é end")));
  const struct json *nul = parse(TEXT("\"\\u0000x\""));
  assert_int_equal(nul->text.len, 2);
  assert_int_equal(nul->text.ptr[0], 0);
  const struct json *key = parse(TEXT("{\"\\u0061b\":1}"));
  assert_true(member(key, "ab")->i == 1);
}

static void every_length_takes_the_same_way(void **state) {
  (void)state;
  /* The scan looks at eight bytes at a time: put the quote at every place. */
  for (size_t len = 0; len < 40; len++) {
    char source[64];
    source[0] = '"';
    memset(source + 1, 'x', len);
    source[1 + len] = '"';
    const struct json *s = parse((struct text){source, len + 2});
    assert_int_equal(s->text.len, len);
    if (len > 0) {
      source[len] = '\x1f';
      struct json *out = NULL;
      assert_int_equal(
          json_parse(&arena, (struct text){source, len + 2}, 64, &out, NULL),
          BT_ERR_SYNTAX);
    }
  }
}

static void depth_is_limited(void **state) {
  (void)state;
  char source[2000];
  for (size_t depth = 1; depth <= 300; depth++) {
    memset(source, '[', depth);
    memset(source + depth, ']', depth);
    struct json *out = NULL;
    struct json_error error = {0};
    const enum bt_err err =
        json_parse(&arena, (struct text){source, 2 * depth}, 64, &out, &error);
    assert_int_equal(err, depth <= 64 ? BT_ERR_OK : BT_ERR_RANGE);
    if (err == BT_ERR_RANGE) {
      assert_int_equal(error.offset, 64);
      assert_true(strlen(error.message) > 0);
      assert_null(out);
    }
    arena_reset(&arena);
  }
  assert_int_equal(parse(TEXT("1"))->type, JSON_INT);
  struct json *out = NULL;
  assert_int_equal(json_parse(&arena, TEXT("[]"), 0, &out, NULL), BT_ERR_RANGE);
  assert_int_equal(json_parse(&arena, TEXT("7"), 0, &out, NULL), BT_ERR_OK);
}

/* {"k0":0,"k1":0,…} of @count keys, the last of them named @last. */
static struct text wide_object(struct textbuf *b, unsigned count,
                               const char *last) {
  textbuf_clear(b);
  textbuf_add_char(b, '{');
  for (unsigned i = 0; i + 1 < count; i++) {
    textbuf_addf(b, "\"k%u\":0,", i);
  }
  textbuf_addf(b, "\"%s\":0}", last);
  return textbuf_text(b);
}

static void no_key_twice_in_objects_of_any_size(void **state) {
  (void)state;
  struct textbuf b;
  textbuf_init(&b, &tm.mem);
  for (unsigned count = 2; count < 200; count++) {
    for (unsigned twin = 0; twin + 1 < count; twin += count / 2) {
      char last[16];
      (void)snprintf(last, sizeof last, "k%u", twin);
      const struct text source = wide_object(&b, count, last);
      struct json *out = NULL;
      struct json_error error = {0};
      assert_int_equal(json_parse(&arena, source, 64, &out, &error),
                       BT_ERR_SYNTAX);
      /* At the second of the two, however many members lie between. */
      assert_int_equal(error.offset, source.len - strlen(last) - 5);
      assert_string_equal(error.pointer + 1, last);
      assert_non_null(strstr(error.message, "already used"));
      arena_reset(&arena);
    }
    assert_int_equal(parse(wide_object(&b, count, "other"))->count, count);
    arena_reset(&arena);
  }
  textbuf_free(&b);
}

static void the_same_key_in_other_objects_is_no_twin(void **state) {
  (void)state;
  (void)parse(TEXT("{\"a\":{\"a\":[{\"a\":1},{\"a\":2}]},\"A\":0}"));
}

static void a_twin_may_hide_behind_an_escape(void **state) {
  (void)state;
  struct json *out = NULL;
  assert_int_equal(
      json_parse(&arena, TEXT("{\"a\":1,\"\\u0061\":2}"), 64, &out, NULL),
      BT_ERR_SYNTAX);
}

static void a_wide_object_is_read_within_reason(void **state) {
  (void)state;
  struct textbuf b;
  textbuf_init(&b, &tm.mem);
  const struct text source = wide_object(&b, 60000, "last");
  assert_int_equal(parse(source)->count, 60000);
  textbuf_free(&b);
}

static void every_failing_allocation_is_an_answer(void **state) {
  (void)state;
  const struct text source =
      TEXT("{\"list\":[1,2,{\"text\":\"line\\nline\"}],\"a\":0,\"b\":0,"
           "\"c\":0,\"d\":0,\"e\":0,\"f\":0,\"g\":0,\"h\":0,\"i\":0,\"j\":0,"
           "\"k\":0,\"l\":0,\"m\":0,\"n\":0,\"o\":0,\"p\":0,\"q\":0}");
  enum bt_err err = BT_ERR_NOMEM;
  unsigned failures = 0;
  /* By the limit of the arena, which refuses at every single allocation. */
  for (size_t limit = 16; err != BT_ERR_OK; limit += 16) {
    struct json *out = NULL;
    struct json_error error = {0};
    arena_free(&arena);
    arena_init(&arena, &tm.mem, limit);
    err = json_parse(&arena, source, 64, &out, &error);
    assert_true(err == BT_ERR_OK || err == BT_ERR_NOMEM);
    assert_int_equal(err == BT_ERR_OK, out != NULL);
    assert_int_equal(err == BT_ERR_OK, error.message[0] == '\0');
    failures += err != BT_ERR_OK;
  }
  assert_true(failures > 20);
}

static void types_have_names(void **state) {
  (void)state;
  assert_string_equal(json_type_name(JSON_OBJECT), "an object");
  for (int type = JSON_NULL; type <= JSON_OBJECT; type++) {
    assert_non_null(json_type_name((enum json_type)type));
  }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_transfer_as_a_bot_sends_it),
      TEST(members_are_found_only_where_they_are),
      TEST(integers_are_exact_and_the_rest_are_doubles),
      TEST(plain_strings_are_borrowed),
      TEST(escapes_are_undone),
      TEST(every_length_takes_the_same_way),
      TEST(depth_is_limited),
      TEST(no_key_twice_in_objects_of_any_size),
      TEST(the_same_key_in_other_objects_is_no_twin),
      TEST(a_twin_may_hide_behind_an_escape),
      TEST(a_wide_object_is_read_within_reason),
      TEST(every_failing_allocation_is_an_answer),
      TEST(types_have_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
