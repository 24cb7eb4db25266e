/* Between SQLite and the kernel: this program's own pwrite and fsync come first
 * and watch the order in which things reach the disk. Losing power cannot be
 * tried here; that nothing is told before it is synced can. */
#include "story.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/syscall.h>

static struct {
  _Atomic unsigned log_unsynced; /* writes since the last sync */
  _Atomic unsigned db_unsynced;
  _Atomic unsigned syncs;
  _Atomic unsigned log_restarts;
  _Atomic unsigned violations;
  _Atomic unsigned fail_sync_in; /* the nth sync from now fails; 0: none */
  bool spare_directories;
} disk;

static bool is_file(int fd, const char *name) {
  char link[64];
  char path[STORY_PATH] = {0};
  (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t n = readlink(link, path, sizeof path - 1);
  return n > 0 && text_ends((struct text){path, (size_t)n}, text_from(name));
}

static void watch_write(int fd, off_t at) {
  if (is_file(fd, "/journal.db")) {
    disk.db_unsynced++;
  } else if (is_file(fd, "/journal.db-wal")) {
    disk.log_unsynced++;
    if (at == 0) { /* from here on the older round of the log is gone */
      disk.log_restarts++;
      disk.violations += disk.db_unsynced > 0;
    }
  }
}

/* SQLite ignores a failed sync of the directory after it made the log. No harm
 * comes of it: the journal syncs the directory itself at the end of its start,
 * and the log stays until it is closed. */
static bool is_spared(int fd) {
  struct stat st;
  return disk.spare_directories && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);
}

static int watch_sync(int fd, long number) {
  disk.syncs++;
  if (!is_spared(fd) && disk.fail_sync_in > 0 && --disk.fail_sync_in == 0) {
    errno = EIO;
    return -1;
  }
  if (is_file(fd, "/journal.db")) {
    disk.db_unsynced = 0;
  } else if (is_file(fd, "/journal.db-wal")) {
    disk.log_unsynced = 0;
  }
  return (int)syscall(number, fd);
}

/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): the C
 * library's own names begin with underscores. */
ssize_t pwrite(int fd, const void *bytes, size_t len, off_t at) {
  watch_write(fd, at);
  return syscall(SYS_pwrite64, fd, bytes, len, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t at) {
  watch_write(fd, at);
  return syscall(SYS_pwrite64, fd, bytes, len, at);
}

int fsync(int fd) {
  return watch_sync(fd, SYS_fsync);
}

int fdatasync(int fd) {
  return watch_sync(fd, SYS_fdatasync);
}
/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */

static void hear_durable(void *ctx, uint64_t seq) {
  (void)ctx;
  (void)seq;
  disk.violations += disk.log_unsynced > 0;
}

static void nothing_is_told_before_it_is_synced(void **state) {
  (void)state;
  struct story s;
  story_begin(&s);
  s.options.on_durable = hear_durable;
  s.options.checkpoint_kib = 64;
  assert_int_equal(story_open(&s), BT_ERR_OK);
  disk.syncs = 0;
  for (uint64_t seq = 1; seq <= 300; seq++) {
    story_durable_to(&s, seq);
  }
  story_snapshot(&s, 300, 1 << 18);
  story_durable_to(&s, 400);
  assert_true(disk.syncs >= 300); /* and it was this program that watched */
  assert_true(disk.log_restarts > 5);
  assert_int_equal(disk.violations, 0);
  story_end(&s);
}

static void hear_failed(void *ctx, const struct journal_error *why) {
  (void)ctx;
  assert_int_equal(why->code, BT_ERR_IO);
}

/* The first sync that fails is the last: what the kernel then dropped from its
 * cache nobody knows, so trying again could report what is not there. */
static void a_failed_sync_is_final(void **state) {
  (void)state;
  disk.spare_directories = true;
  for (unsigned nth = 1; nth <= 12; nth++) {
    struct story s;
    story_begin(&s);
    s.options.on_failed = hear_failed;
    s.options.checkpoint_kib = 16;
    assert_int_equal(story_open(&s), BT_ERR_OK);
    disk.fail_sync_in = nth;
    uint64_t told = 0;
    enum bt_err err = BT_ERR_OK;
    while (err == BT_ERR_OK && told < 200) {
      err = story_append(&s, told + 1);
      if (err == BT_ERR_OK) {
        err = journal_sync_wait(s.journal, told + 1, -1);
      }
      told += err == BT_ERR_OK;
    }
    assert_int_equal(err, BT_ERR_IO);
    assert_int_equal(journal_durable(s.journal), told);
    story_close(&s);
    assert_int_equal(story_open(&s), BT_ERR_OK);
    assert_true(s.next > told);
    story_end(&s);
  }
}

/* Opening answers an error, or opens; and the next time all is well. */
static void
a_failed_sync_at_the_start_leaves_a_directory_that_opens(void **state) {
  (void)state;
  disk.spare_directories = false;
  unsigned failed = 0;
  for (unsigned nth = 1; nth <= 20; nth++) {
    struct story s;
    story_begin(&s);
    disk.fail_sync_in = nth;
    failed += story_open(&s) != BT_ERR_OK;
    disk.fail_sync_in = 0;
    story_close(&s);
    story_write(&s, 5);
    assert_int_equal(story_open(&s), BT_ERR_OK);
    assert_int_equal(s.next, 6);
    story_end(&s);
  }
  assert_true(failed > 3 && failed < 20);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nothing_is_told_before_it_is_synced),
      cmocka_unit_test(a_failed_sync_is_final),
      cmocka_unit_test(
          a_failed_sync_at_the_start_leaves_a_directory_that_opens),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
