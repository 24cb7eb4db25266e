#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/resource.h>

#include "server/files.h"

static void the_process_opens_as_many_files_as_it_may(void **state) {
  (void)state;
  struct rlimit before, now;
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
  now = before;
  now.rlim_cur = before.rlim_max < 100 ? before.rlim_max : 100;
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &now), 0);
  const int64_t limit = files_raise_limit();
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &now), 0);
  assert_int_equal(now.rlim_cur, before.rlim_max);
  if (before.rlim_max == RLIM_INFINITY) {
    assert_int_equal(limit, INT64_MAX);
  } else {
    assert_int_equal(limit, before.rlim_max);
  }
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

static void connections_leave_files_for_all_else(void **state) {
  (void)state;
  assert_int_equal(files_fit(19000, INT64_MAX), 19000);
  assert_int_equal(files_fit(19000, 19512), 19000);
  assert_int_equal(files_fit(19000, 19511), 18999);
  assert_int_equal(files_fit(19000, 4096), 3584);
  assert_int_equal(files_fit(19000, 1024), 512);
  assert_int_equal(files_fit(19000, 256), 128);
  assert_int_equal(files_fit(19000, 1), 1);
  assert_int_equal(files_fit(100, 4096), 100);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_process_opens_as_many_files_as_it_may),
      cmocka_unit_test(connections_leave_files_for_all_else),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
