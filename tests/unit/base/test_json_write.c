#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "base/json.h"
#include "support.h"

static struct test_mem tm;
static struct textbuf buf;
static struct json_out out;

static int start(void **state) {
  (void)state;
  test_mem_init(&tm);
  textbuf_init(&buf, &tm.mem);
  json_out_init(&out, &buf);
  return 0;
}

static int stop(void **state) {
  (void)state;
  textbuf_free(&buf);
  return tm.live_bytes == 0 ? 0 : -1;
}

static void assert_written(const char *expected) {
  textbuf_add_char(&buf, '\0');
  assert_string_equal(buf.ptr, expected);
}

static void commas_and_colons_come_by_themselves(void **state) {
  (void)state;
  json_open_object(&out);
  json_key(&out, "id");
  json_put_i64(&out, -7);
  json_key(&out, "empty");
  json_open_list(&out);
  json_close_list(&out);
  json_key_text(&out, TEXT("list"));
  json_open_list(&out);
  json_open_object(&out);
  json_close_object(&out);
  json_put_null(&out);
  json_open_list(&out);
  json_put_bool(&out, true);
  json_put_bool(&out, false);
  json_close_list(&out);
  json_put_u64(&out, UINT64_MAX);
  json_close_list(&out);
  json_key(&out, "raw");
  json_put_raw(&out, TEXT("{\"x\":1}"));
  json_key(&out, "last");
  json_put_text(&out, TEXT(""));
  json_close_object(&out);
  assert_int_equal(out.depth, 0);
  assert_written("{\"id\":-7,\"empty\":[],\"list\":[{},null,[true,false],"
                 "18446744073709551615],\"raw\":{\"x\":1},\"last\":\"\"}");
}

static void several_values_in_a_row_are_a_list_without_brackets(void **state) {
  (void)state;
  json_put_i64(&out, 1);
  json_put_i64(&out, 2);
  assert_written("1,2");
}

static void strings_are_escaped(void **state) {
  (void)state;
  json_put_text(&out, TEXT("\"\\/\b\f\n\r\t\x01\x1f\x7f é😀 plain enough"));
  assert_written("\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f é😀 plain "
                 "enough\"");
}

static void keys_are_escaped_too(void **state) {
  (void)state;
  json_open_object(&out);
  json_key_text(&out, TEXT("a\0\"b"));
  json_put_null(&out);
  json_close_object(&out);
  assert_written("{\"a\\u0000\\\"b\":null}");
}

static void what_is_not_utf8_becomes_a_replacement(void **state) {
  (void)state;
  json_put_text(&out, TEXT("a\xff\xc3(\xed\xa0\x80z\xe2\x82"));
  assert_written("\"a\uFFFD\uFFFD(\uFFFD\uFFFD\uFFFDz\uFFFD\uFFFD\"");
}

static void doubles_read_back_and_what_is_no_number_is_null(void **state) {
  (void)state;
  json_put_double(&out, 0.1);
  json_put_double(&out, 0.1 + 0.2);
  json_put_double(&out, 3);
  json_put_double(&out, -0.0);
  json_put_double(&out, 1e300);
  json_put_double(&out, 1e-7);
  json_put_double(&out, (double)NAN);
  json_put_double(&out, -(double)INFINITY);
  assert_written("0.1,0.30000000000000004,3,0,1e300,1e-7,null,null");
}

static void a_tree_is_written_anew_at_any_depth(void **state) {
  (void)state;
  const struct text source =
      TEXT("{ \"a\\u0062\" : [ 1 , 2.50, -0, 123456789012345678901,\n"
           " \"\\u00e9\\n\", true, false, null, {}, [ ] ] }");
  struct arena arena;
  struct json *tree = NULL;
  arena_init(&arena, &tm.mem, 0);
  assert_int_equal(json_parse(&arena, source, 64, &tree, NULL), BT_ERR_OK);
  for (int i = 0; i < 100; i++) {
    json_open_list(&out);
  }
  json_put_tree(&out, tree);
  for (int i = 0; i < 100; i++) {
    json_close_list(&out);
  }
  const struct text inner = text_sub(textbuf_text(&buf), 100, buf.len - 200);
  assert_true(text_equal(
      inner, TEXT("{\"ab\":[1,2.50,0,123456789012345678901,\"é\\n\",true,"
                  "false,null,{},[]]}")));
  arena_free(&arena);
}

static void running_out_of_memory_shows_in_the_buffer(void **state) {
  (void)state;
  for (uint64_t nth = 1; nth < 5; nth++) {
    tm.fail_at = tm.calls + nth;
    textbuf_free(&buf);
    json_out_init(&out, &buf);
    json_open_list(&out);
    for (int i = 0; i < 100; i++) {
      json_put_text(&out, TEXT("wait\n\xff"));
    }
    json_close_list(&out);
    assert_true(buf.failed);
  }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(commas_and_colons_come_by_themselves),
      TEST(several_values_in_a_row_are_a_list_without_brackets),
      TEST(strings_are_escaped),
      TEST(keys_are_escaped_too),
      TEST(what_is_not_utf8_becomes_a_replacement),
      TEST(doubles_read_back_and_what_is_no_number_is_null),
      TEST(a_tree_is_written_anew_at_any_depth),
      TEST(running_out_of_memory_shows_in_the_buffer),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
