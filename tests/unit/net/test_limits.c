#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "net/http_parse.h"
#include "net/limits.h"

static void every_limit_is_explained(void **state) {
  (void)state;
  size_t count = 0;
  const struct net_limit_info *table = net_limits_table(&count);
  assert_int_equal(count * sizeof(int64_t), sizeof(struct net_limits));
  for (size_t i = 0; i < count; i++) {
    assert_true(table[i].value > 0);
    assert_true(strlen(table[i].answer) > 0 && strlen(table[i].meaning) > 0);
    const size_t name = strlen(table[i].name);
    const size_t unit = strlen(table[i].unit);
    /* units last: header_bytes, idle_us; counts are named by what they count */
    if (strcmp(table[i].unit, "bytes") == 0 ||
        strcmp(table[i].unit, "us") == 0) {
      assert_string_equal(table[i].name + name - unit, table[i].unit);
    }
  }
}

static void the_defaults_fit(void **state) {
  (void)state;
  struct net_limits limits = net_limits_default();
  assert_int_equal(net_limits_check(&limits), BT_ERR_OK);
  assert_int_equal(limits.header_bytes, 16384);
  assert_int_equal(limits.request_line_bytes, 8192);
  assert_int_equal(limits.body_bytes, 262144);
  assert_int_equal(limits.ws_message_bytes, 65536);
}

static void what_does_not_fit_is_refused(void **state) {
  (void)state;
  struct net_limits limits = net_limits_default();
  limits.request_line_bytes = 65536 - limits.header_bytes;
  assert_int_equal(net_limits_check(&limits), BT_ERR_OK);
  limits.request_line_bytes++;
  assert_int_equal(net_limits_check(&limits), BT_ERR_RANGE);
  limits.request_line_bytes = INT64_MAX;
  assert_int_equal(net_limits_check(&limits), BT_ERR_RANGE);
  /* each of them, in turn */
  for (size_t i = 0; i < sizeof limits / sizeof(int64_t); i++) {
    limits = net_limits_default();
    const int64_t zero = 0;
    memcpy((char *)&limits + i * sizeof zero, &zero, sizeof zero);
    assert_int_equal(net_limits_check(&limits), BT_ERR_RANGE);
  }
}

static void every_fault_has_its_answer(void **state) {
  (void)state;
  for (int f = HTTP_FAULT_NONE + 1; f < HTTP_FAULTS; f++) {
    const struct http_fault_info *info = http_fault_info((enum http_fault)f);
    const size_t headers = strlen(info->headers);
    assert_true(info->status >= 400 && info->status < 600);
    assert_true(strlen(info->slug) > 0);
    assert_int_equal(info->sentence[strlen(info->sentence) - 1], '.');
    assert_true(headers == 0 ||
                strcmp(info->headers + headers - 2, "\r\n") == 0);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_limit_is_explained),
      cmocka_unit_test(the_defaults_fit),
      cmocka_unit_test(what_does_not_fit_is_refused),
      cmocka_unit_test(every_fault_has_its_answer),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
