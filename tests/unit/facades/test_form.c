/* Forms as programs send them: multipart with files and lists, URL-encoded; and
 * what is broken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "facades/shared/form.h"
#include "support.h"

#define MULTIPART TEXT("multipart/form-data; boundary=\"x-1\"")

static struct form_files files;

static const struct json *read(struct arena *arena, struct text type,
                               const char *body) {
  return form_read(arena, type, text_from(body), &files);
}

static void assert_member(const struct json *o, const char *key,
                          const char *value) {
  const struct json *m = json_member(o, text_from(key));
  assert_non_null(m);
  assert_true(text_equal(m->text, text_from(value)));
}

static void a_message_with_a_file(void **state) {
  (void)state;
  struct arena arena;
  struct test_mem tm;
  test_mem_init(&tm);
  arena_init(&arena, &tm.mem, 0);
  const struct json *o =
      read(&arena, MULTIPART,
           "--x-1\r\nContent-Disposition: form-data; name=\"content\"\r\n\r\n"
           "Gr\xc3\xbc\xc3\x9f\x65\r\nzwei Zeilen\r\n"
           "--x-1\r\nContent-Disposition: form-data; name=\"private\"\r\n\r\n"
           "true\r\n"
           "--x-1\r\ncontent-disposition: form-data; name=\"attachments[]\"; "
           "filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\nabcd\r\n"
           "--x-1\r\nContent-Disposition: form-data; name=\"attachments[]\"; "
           "filename=\"b.bin\"\r\n\r\n\r\n--x-1--\r\n");
  assert_non_null(o);
  assert_member(o, "content", "Gr\xc3\xbc\xc3\x9f\x65\r\nzwei Zeilen");
  assert_int_equal(json_member(o, TEXT("private"))->type, JSON_TRUE);
  assert_null(json_member(o, TEXT("attachments")));
  assert_int_equal(files.count, 2);
  assert_true(text_equal(files.list[0].name, TEXT("a.txt")));
  assert_true(text_equal(files.list[0].bytes, TEXT("abcd")));
  assert_int_equal(files.list[1].bytes.len, 0);
  arena_free(&arena);
  assert_int_equal(tm.live_blocks, 0);
}

static void numbers_stay_texts(void **state) {
  (void)state;
  struct arena arena;
  struct test_mem tm;
  test_mem_init(&tm);
  arena_init(&arena, &tm.mem, 0);
  const struct json *o =
      read(&arena, TEXT("application/x-www-form-urlencoded"),
           "content=12345678901234567890&message_type=incoming&a%5B%5D=1"
           "&content_attributes=%7B%22deep%22%3A%5B1%5D%7D&content=42");
  assert_non_null(o);
  assert_member(o, "content", "42"); /* the last one counts */
  assert_member(o, "message_type", "incoming");
  assert_int_equal(json_member(o, TEXT("a"))->type, JSON_LIST);
  assert_int_equal(json_member(o, TEXT("content_attributes"))->type,
                   JSON_OBJECT);
  arena_free(&arena);
  assert_int_equal(tm.live_blocks, 0);
}

static void what_is_broken_is_none(void **state) {
  (void)state;
  static const char *const bad[] = {
      "",
      "--x-1",
      "--x-1\r\n",
      "--x-2\r\n\r\n--x-2--",
      "x-1--",
      "--x-1\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nno end",
      "--x-1\r\nContent-Disposition: form-data\r\n\r\nno name\r\n--x-1--",
      "--x-1\r\nno end of the headers\r\n--x-1--"};
  struct test_mem tm;
  test_mem_init(&tm);
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    struct arena arena;
    arena_init(&arena, &tm.mem, 0);
    assert_null(read(&arena, MULTIPART, bad[i]));
    arena_free(&arena);
  }
  struct arena arena;
  arena_init(&arena, &tm.mem, 0);
  assert_null(read(&arena, TEXT("multipart/form-data"), "--\r\n\r\n----"));
  assert_false(form_is(TEXT("application/json")));
  assert_false(form_is(TEXT("")));
  assert_true(form_is(TEXT("Multipart/Form-Data; boundary=a")));
  arena_free(&arena);
  assert_int_equal(tm.live_blocks, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_message_with_a_file),
      cmocka_unit_test(numbers_stay_texts),
      cmocka_unit_test(what_is_broken_is_none),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
