/* The journal's figures are found in a page as the server writes it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bench/metrics.h"

static bool near(double a, double b) {
  return a - b < 1e-9 && b - a < 1e-9;
}

static void the_journal_is_found(void **state) {
  (void)state;
  const struct metrics m = metrics_read(
      TEXT("# HELP baton_journal_batches_total batches written\n"
           "# TYPE baton_journal_batches_total counter\n"
           "baton_journal_batches_total 70\n"
           "baton_journal_bytes_total 6171\n"
           "baton_journal_commit_seconds{quantile=\"0.5\"} 0.000767\n"
           "baton_journal_commit_seconds{quantile=\"0.99\"} 0.001791\n"
           "baton_journal_commit_seconds_count 2"));
  assert_true(near(m.batches, 70));
  assert_true(near(m.bytes, 6171));
  assert_true(near(m.groups, 0));
  assert_true(near(m.commit_p50_s, 0.000767));
  assert_true(near(m.commit_p99_s, 0.001791));
}

/* A name inside another name, or in a comment, is not that metric. */
static void a_part_of_a_name_is_none(void **state) {
  (void)state;
  const struct metrics m =
      metrics_read(TEXT("# baton_journal_batches_total 1\n"
                        "old_baton_journal_batches_total 2\n"
                        "baton_journal_batches_total_seen 3\n"));
  assert_true(near(m.batches, 0));
  assert_true(near(metrics_read(TEXT("")).bytes, 0));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_journal_is_found),
      cmocka_unit_test(a_part_of_a_name_is_none),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
