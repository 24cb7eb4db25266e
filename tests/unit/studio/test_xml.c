/* XML: what is refused, and why; memory that runs out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "studio/vm.h"
#include "studio/xml_priv.h"
#include "support.h"

static const struct {
  const char *xml, *message;
  size_t at;
} bad[] = {
    {"", "an element, <name>, is expected", 0},
    {"plain", "an element, <name>, is expected", 0},
    {"<a>", "<a> has no </a>", 3},
    {"<a></b>", "</b> where <a> is open", 5},
    {"<a", "> is expected here", 2},
    {"<a/", "> is expected here", 2},
    {"<>", "a name is expected here", 1},
    {"<1/>", "a name is expected here", 1},
    {"<a/>x", "something stands behind the end of <a>", 4},
    {"<a/><b/>", "something stands behind the end of <a>", 4},
    {"<a b/>", "= is expected behind b", 4},
    {"<a b=c/>", "the value of an attribute stands in quotation marks", 5},
    {"<a b='c/>", "this value of an attribute has no end", 9},
    {"<a b='<'/>", "< in the value of an attribute: write &lt;", 6},
    {"<a b='1'c='2'/>", "a blank is expected before an attribute", 8},
    {"<a b='1' b='2'/>", "the attribute b comes twice", 14},
    {"<a>&nbsp;</a>",
     "& stands only in &lt; &gt; &amp; &apos; &quot; and &#...;", 4},
    {"<a>&#0;</a>", "this &#...; is no character", 7},
    {"<a>&#xD800;</a>", "this &#...; is no character", 11},
    {"<a>&#x110000;</a>", "this &#...; is no character", 13},
    {"<a>&#;</a>", "this &#...; is no character", 5},
    {"<!DOCTYPE a><a/>", "document types are not read", 1},
    {"<a><!ENTITY b 'c'></a>", "document types are not read", 4},
    {"<a><!-- </a>", "a comment without its -->", 7},
    {"<a><![CDATA[ </a>", "a CDATA section without its ]]>", 12},
    {"<? <a/>", "an instruction without its ?>", 2},
};

static void what_is_no_xml_says_why_and_where(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    struct test_mem tm;
    struct heap heap;
    struct xml_error error;
    struct value v;
    test_mem_init(&tm);
    heap_init(&heap, &tm.mem, VM_VALUES_MAX);
    assert_int_equal(xml_read(&heap, text_from(bad[i].xml), &v, &error),
                     BT_ERR_SYNTAX);
    assert_string_equal(error.message, bad[i].message);
    assert_int_equal(error.at, bad[i].at);
    heap_free(&heap);
    assert_int_equal(tm.live_bytes, 0);
  }
}

static enum bt_err read_nested(const struct mem *mem, unsigned depth) {
  struct textbuf b;
  struct heap heap;
  struct xml_error error;
  struct value v;
  textbuf_init(&b, mem);
  heap_init(&heap, mem, VM_VALUES_MAX);
  for (unsigned i = 0; i < depth; i++) {
    textbuf_add(&b, TEXT("<a>"));
  }
  for (unsigned i = 0; i < depth; i++) {
    textbuf_add(&b, TEXT("</a>"));
  }
  const enum bt_err err = xml_read(&heap, textbuf_text(&b), &v, &error);
  if (err == BT_ERR_OK) { /* and what was read can be written */
    struct text bad_name;
    textbuf_clear(&b);
    assert_int_equal(xml_write(v, TEXT(""), &b, &bad_name), BT_ERR_OK);
  }
  heap_free(&heap);
  textbuf_free(&b);
  return err;
}

static void depth_is_limited(void **state) {
  (void)state;
  struct test_mem tm;
  test_mem_init(&tm);
  assert_int_equal(read_nested(&tm.mem, VALUE_DEPTH_MAX - 4), BT_ERR_OK);
  assert_int_equal(read_nested(&tm.mem, VALUE_DEPTH_MAX - 3), BT_ERR_SYNTAX);
  assert_int_equal(read_nested(&tm.mem, 100000), BT_ERR_SYNTAX);
  assert_int_equal(tm.live_bytes, 0);
}

static const char small[] =
    "<a b='1'><c>one</c><c>two &amp; three</c>four<d/></a>";

static void without_memory(void **state) {
  (void)state;
  enum bt_err err = BT_ERR_NOMEM;
  for (uint64_t n = 1; err == BT_ERR_NOMEM; n++) {
    struct test_mem tm;
    struct heap heap;
    struct xml_error error;
    struct value v;
    test_mem_init(&tm);
    tm.fail_at = n;
    heap_init(&heap, &tm.mem, VM_VALUES_MAX);
    err = xml_read(&heap, text_from(small), &v, &error);
    heap_free(&heap);
    assert_int_equal(tm.live_bytes, 0);
  }
  assert_int_equal(err, BT_ERR_OK);
}

static void a_full_heap_is_told_from_bad_xml(void **state) {
  (void)state;
  struct test_mem tm;
  enum bt_err err = BT_ERR_FULL;
  test_mem_init(&tm);
  for (size_t limit = 0; err != BT_ERR_OK; limit += 8) {
    struct heap heap;
    struct xml_error error;
    struct value v;
    heap_init(&heap, &tm.mem, limit);
    err = xml_read(&heap, text_from(small), &v, &error);
    assert_true(err == BT_ERR_OK || err == BT_ERR_FULL);
    heap_free(&heap);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_no_xml_says_why_and_where),
      cmocka_unit_test(depth_is_limited),
      cmocka_unit_test(without_memory),
      cmocka_unit_test(a_full_heap_is_told_from_bad_xml),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
