#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/json.h"
#include "support.h"

/* What somebody wrote, where the finger points, and words of the advice. */
struct mistake {
  const char *source;
  uint32_t line, column;
  const char *pointer;
  const char *words;
};

static const struct mistake mistakes[] = {
    /* quotes */
    {"{“queue”: 1}", 1, 2, "",
     "typographic quotes “ ” are not JSON quotes: use \"…\""},
    {"{\n  \"queue\": “billing”\n}", 2, 12, "/queue", "typographic quotes “ ”"},
    {"{\"queue”: 1}", 1, 8, "", "typographic quotes “ ”"},
    {"{\"a”: \"x\"}", 1, 4, "", "typographic quotes “ ”"},
    {"{\"a\": \"x”, \"b\": 1}", 1, 9, "", "typographic quotes “ ”"},
    {"{\"a\": ‘x’}", 1, 7, "/a", "typographic quotes ‘ ’"},
    {"[’x’]", 1, 2, "/0", "typographic quotes ‘ ’"},
    {"[„x”]", 1, 2, "/0", "typographic quotes “ ”"},
    {"[«x»]", 1, 2, "/0", "« »"},
    {"{'a': 1}", 1, 2, "", "single quotes"},
    {"{\"a\": 'x'}", 1, 7, "/a", "single quotes"},
    {"[`x`]", 1, 2, "/0", "backquotes"},
    /* blanks that are none */
    {"{\"a\":\u00a01}", 1, 6, "/a", "no-break space (U+00A0)"},
    {"\ufeff{}", 1, 1, "", "byte order mark"},
    {"[1,\u200b2]", 1, 4, "/1", "zero-width"},
    {"[1,\f2]", 1, 4, "/1", "U+000C"},
    /* commas, colons, brackets */
    {"{\"a\":1,}", 1, 7, "", "a comma before the closing }"},
    {"[1,\n2,\n]", 2, 2, "/1", "a comma before the closing ]"},
    {"[1,,2]", 1, 4, "/1", "a value is missing before this comma"},
    {"[,1]", 1, 2, "/0", "a value is missing before this comma"},
    {"{\"a\":1,,\"b\":2}", 1, 8, "", "one comma too many"},
    {"{\"a\":1 \"b\":2}", 1, 8, "", "a comma or the closing }"},
    {"[1 2]", 1, 4, "/0", "a comma or the closing ]"},
    {"[1;2]", 1, 3, "/0", "found ;"},
    {"{\"a\" 1}", 1, 6, "/a", "a colon"},
    {"{\"a\"=1}", 1, 5, "/a", "found ="},
    {"{\"a\"}", 1, 5, "/a", "a colon"},
    {"{\"a\":}", 1, 6, "/a", "expected a value, found }"},
    {"{\"a\":1]", 1, 7, "", "the closing }, found ]"},
    {"[1}", 1, 3, "/0", "the closing ], found }"},
    {"{\n\"a\":[1,\n2", 3, 2, "/a/1",
     "the list that begins on line 2: the closing ] is missing"},
    {"{\n\"a\":1\n", 3, 1, "",
     "the object that begins on line 1: the closing } is missing"},
    {"[1]]", 1, 4, "", "nothing more after the value"},
    {"{} {}", 1, 4, "", "nothing more after the value, found {"},
    {"", 1, 1, "", "found the end of the text"},
    {" \n ", 2, 2, "", "found the end of the text"},
    {"[", 1, 2, "/0", "found the end of the text"},
    {"{", 1, 2, "", "found the end of the text"},
    /* words */
    {"{queue: 1}", 1, 2, "",
     "the key queue must be in double quotes: \"queue\""},
    {"{\"a\": billing}", 1, 7, "/a", "billing is not a JSON value"},
    {"[Müller]", 1, 2, "/0", "Müller is not a JSON value"},
    {"[True]", 1, 2, "/0", "small letters"},
    {"[None]", 1, 2, "/0", "null"},
    {"[undefined]", 1, 2, "/0", "null"},
    {"[NaN]", 1, 2, "/0", "no NaN"},
    {"[-Infinity]", 1, 2, "/0", "no NaN and no Infinity"},
    {"[truely]", 1, 6, "/0", "a comma or the closing ]"},
    {"[tru]", 1, 2, "/0", "tru is not a JSON value"},
    {"{\"a\": 1 // one\n}", 1, 9, "", "no comments"},
    {"/* all */ {}", 1, 1, "", "no comments"},
    {"[1, # one\n2]", 1, 5, "/1", "no comments"},
    /* numbers */
    {"[01]", 1, 2, "/0", "must not begin with 0"},
    {"[-01]", 1, 2, "/0", "must not begin with 0"},
    {"[+1]", 1, 2, "/0", "must not begin with +"},
    {"[.5]", 1, 2, "/0", "write 0 before it"},
    {"[1.]", 1, 3, "/0", "digits must follow the point"},
    {"[1.e5]", 1, 3, "/0", "digits must follow the point"},
    {"[1e]", 1, 3, "/0", "digits must follow the e"},
    {"[1e+]", 1, 3, "/0", "digits must follow the e"},
    {"[-]", 1, 2, "/0", "a minus sign without a number"},
    {"[1e999]", 1, 2, "/0", "too large"},
    {"[0x10]", 1, 3, "/0", "found x"},
    {"[1,5.2,3.]", 1, 9, "/2", "digits must follow the point"},
    /* strings */
    {"[\"abc", 1, 2, "/0", "no closing quote"},
    {"[\"abc\n\"]", 1, 2, "/0", "no closing quote"},
    {"[\"abc\\", 1, 6, "/0", "inside an escape"},
    {"[\"a\tb\"]", 1, 4, "/0", "\\t"},
    {"[\"a\x01z\"]", 1, 4, "/0", "\\u0001"},
    {"[\"\\x41\"]", 1, 3, "/0", "\\x is not an escape"},
    {"[\"\\é\"]", 1, 3, "/0", "lone backslash"},
    {"[\"\\u12g4\"]", 1, 3, "/0", "four hexadecimal digits"},
    {"[\"\\u12", 1, 3, "/0", "four hexadecimal digits"},
    {"[\"\\ud800\"]", 1, 3, "/0", "half of a surrogate pair"},
    {"[\"\\ud800\\n\"]", 1, 3, "/0", "half of a surrogate pair"},
    {"[\"\\ud800\\ud800\"]", 1, 3, "/0", "half of a surrogate pair"},
    {"[\"\\udc00\"]", 1, 3, "/0", "half of a surrogate pair"},
    {"[\"ok\xff\"]", 1, 5, "/0", "the byte 0xFF is not UTF-8"},
    {"[\"\xed\xa0\x80\"]", 1, 3, "/0", "not UTF-8"},
    {"[\"\\n\xc0\x80\"]", 1, 5, "/0", "not UTF-8"},
    {"[\xff]", 1, 2, "/0", "0xFF"},
    /* keys and pointers */
    {"{\"a\":1,\"b\":2,\"a\":3}", 1, 14, "/a", "already used"},
    {"{\"a/b\":{\"c~d\":[0,{\"\":x}]}}", 1, 22, "/a~1b/c~0d/1/", "x is not"},
    {"[\"é😀\", x]", 1, 8, "/1", "x is not"},
};

static void each_mistake_is_named_at_its_place(void **state) {
  (void)state;
  struct test_mem tm;
  struct arena arena;
  test_mem_init(&tm);
  arena_init(&arena, &tm.mem, 0);
  for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
    const struct mistake *m = &mistakes[i];
    struct json *out = NULL;
    struct json_error e = {0};
    const enum bt_err err =
        json_parse(&arena, text_from(m->source), 64, &out, &e);
    if (err != BT_ERR_SYNTAX || out != NULL || e.line != m->line ||
        e.column != m->column || strstr(e.message, m->words) == NULL ||
        strncmp(e.pointer, m->pointer, strlen(m->pointer)) != 0) {
      fail_msg("%s: error %d at %u:%u '%s': %s", m->source, (int)err,
               (unsigned)e.line, (unsigned)e.column, e.pointer, e.message);
    }
  }
  arena_free(&arena);
}

static void pointers_and_messages_are_cut_between_characters(void **state) {
  (void)state;
  struct test_mem tm;
  struct arena arena;
  struct textbuf b;
  test_mem_init(&tm);
  arena_init(&arena, &tm.mem, 0);
  textbuf_init(&b, &tm.mem);
  textbuf_add(&b, TEXT("{\""));
  for (int i = 0; i < 300; i++) {
    textbuf_add(&b, TEXT("é"));
  }
  textbuf_add(&b, TEXT("\":oops}"));
  struct json *out = NULL;
  struct json_error e = {0};
  assert_int_equal(json_parse(&arena, textbuf_text(&b), 64, &out, &e),
                   BT_ERR_SYNTAX);
  const struct text pointer = text_from(e.pointer);
  assert_int_equal(pointer.len, 255);
  assert_int_equal(utf8_first_bad(pointer), pointer.len);
  assert_int_equal(e.column, 305);
  arena_free(&arena);
  textbuf_free(&b);
}

static void a_nul_in_a_key_does_not_cut_the_pointer(void **state) {
  (void)state;
  struct test_mem tm;
  struct arena arena;
  test_mem_init(&tm);
  arena_init(&arena, &tm.mem, 0);
  struct json *out = NULL;
  struct json_error e = {0};
  assert_int_equal(json_parse(&arena, TEXT("{\"a\\u0000b\":x}"), 64, &out, &e),
                   BT_ERR_SYNTAX);
  assert_string_equal(e.pointer, "/a?b");
  arena_free(&arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_mistake_is_named_at_its_place),
      cmocka_unit_test(pointers_and_messages_are_cut_between_characters),
      cmocka_unit_test(a_nul_in_a_key_does_not_cut_the_pointer),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
