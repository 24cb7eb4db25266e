/* A sync that fails: what the system then calls clean is written once more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "audit/audit.h"
#include "kept_file.h"

static int to_fail;         /* so many syncs do */
static long written, first; /* over again: bytes, and from where on */

/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): the C
 * library's own names are reserved for it. */
int fdatasync(int fd) {
  if (to_fail > 0) {
    to_fail--;
    errno = EIO;
    return -1;
  }
  return (int)syscall(SYS_fdatasync, fd);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at) {
  first = written == 0 ? (long)at : first;
  written += (long)size;
  return (ssize_t)syscall(SYS_pwrite64, fd, bytes, size, at);
}
/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */

static void put(struct audit *a, int count) {
  const struct audit_entry entry = {.who = TEXT("sven"), .what = TEXT("x")};
  for (int i = 0; i < count; i++) {
    assert_int_equal(audit_put(a, &entry), BT_ERR_OK);
  }
}

static void what_a_failed_sync_has_dropped_is_written_again(void **state) {
  (void)state;
  struct kept_file kept;
  struct audit *a = NULL;
  struct audit_report report;
  struct stat st;
  kept_file_make(&kept, "audit.log");
  assert_int_equal(audit_open(&kept.memory.mem, kept.path, &a), BT_ERR_OK);
  put(a, 100);
  assert_int_equal(audit_sync(a), BT_ERR_OK);
  assert_int_equal(stat(kept.path, &st), 0);
  const long synced = (long)st.st_size;
  put(a, 1);
  to_fail = 2;
  assert_int_equal(audit_sync(a), BT_ERR_IO);
  assert_int_equal(written, 0);
  put(a, 1);
  assert_int_equal(audit_sync(a), BT_ERR_IO); /* written, and fails again */
  written = 0;
  assert_int_equal(audit_sync(a), BT_ERR_OK);
  assert_int_equal(stat(kept.path, &st), 0);
  assert_int_equal(first, synced - synced % 4096);
  assert_int_equal(first + written, st.st_size);
  written = 0;
  assert_int_equal(audit_sync(a), BT_ERR_OK);
  assert_int_equal(written, 0);
  assert_int_equal(audit_verify(&kept.memory.mem, kept.path, TEXT(""), &report),
                   BT_ERR_OK);
  assert_int_equal(report.head.entries, 102);
  audit_close(a);
  kept_file_remove(&kept);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_a_failed_sync_has_dropped_is_written_again)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
