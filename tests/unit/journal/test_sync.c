/* Between SQLite and the kernel: this program's own pwrite and fsync come first
 * and watch the order in which things reach the disk. Losing power cannot be
 * tried here; that nothing is told before it is synced can. */
#include "story.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/syscall.h>

static struct {
  _Atomic unsigned log_writes;
  _Atomic unsigned log_unsynced; /* writes since the last sync */
  _Atomic unsigned db_unsynced;
  _Atomic unsigned syncs;
  _Atomic unsigned log_restarts;
  _Atomic unsigned violations;
  _Atomic unsigned fail_sync_in; /* the nth sync from now fails; 0: none */
  _Atomic unsigned fail_writes;  /* so many of the log's writes from now … */
  int write_errno;               /* … with this */
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
    disk.log_writes++;
    if (at == 0) { /* from here on the older round of the log is gone */
      disk.log_restarts++;
      disk.violations += disk.db_unsynced > 0;
    }
  }
}

static ssize_t write_watched(int fd, const void *bytes, size_t len, off_t at) {
  if (disk.fail_writes > 0 && is_file(fd, "/journal.db-wal")) {
    disk.fail_writes--;
    errno = disk.write_errno;
    return -1;
  }
  watch_write(fd, at);
  return syscall(SYS_pwrite64, fd, bytes, len, at);
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
  return write_watched(fd, bytes, len, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t at) {
  return write_watched(fd, bytes, len, at);
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

static _Atomic unsigned failures[BT_ERRS]; /* heard, by code */

static void hear_failed(void *ctx, const struct journal_error *why) {
  (void)ctx;
  failures[why->code]++;
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

/* And one to begin the log anew. */
static void a_commit_reaches_the_log_in_one_write(void **state) {
  (void)state;
  struct story s;
  story_begin(&s);
  assert_int_equal(story_open(&s), BT_ERR_OK);
  disk.log_writes = 0;
  for (uint64_t seq = 1; seq <= 100; seq++) {
    story_durable_to(&s, seq);
  }
  assert_in_range(disk.log_writes, 100, 101);
  story_end(&s);
}

/* SQLite's own write makes nothing of some lengths of 128 KiB and more, which
 * then looks like a full disk. */
static void a_commit_of_any_length_is_written(void **state) {
  (void)state;
  struct story s;
  story_begin(&s);
  memset(failures, 0, sizeof failures);
  s.options.on_failed = hear_failed;
  s.options.group_batches = 2;
  assert_int_equal(story_open(&s), BT_ERR_OK);
  for (size_t len = 120000; len < 280000; len += 4000) {
    story_snapshot(&s, 0, len);
    assert_int_equal(failures[BT_ERR_FULL], 0);
  }
  story_close(&s);
  assert_int_equal(s.warnings.len, 0);
  assert_int_equal(story_open(&s), BT_ERR_OK);
  assert_int_equal(s.snapshot_len, 276000);
  story_end(&s);
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
    assert_int_equal(failures[BT_ERR_IO], nth);
    story_end(&s);
  }
}

static enum bt_err write_with_failures(struct story *s, int with_errno) {
  story_begin(s);
  s->options.on_failed = hear_failed;
  assert_int_equal(story_open(s), BT_ERR_OK);
  story_durable_to(s, 10);
  memset(failures, 0, sizeof failures);
  disk.write_errno = with_errno;
  disk.fail_writes = 2;
  story_append_to(s, 11);
  const enum bt_err err = journal_sync_wait(s->journal, 11, -1);
  disk.fail_writes = 0;
  return err;
}

static void a_write_without_room_is_tried_again(void **state) {
  (void)state;
  static const int reasons[] = {ENOSPC, EDQUOT, EFBIG};
  for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
    struct story s;
    assert_int_equal(write_with_failures(&s, reasons[i]), BT_ERR_OK);
    assert_int_equal(failures[BT_ERR_FULL], 1);
    story_close(&s);
    assert_int_equal(story_open(&s), BT_ERR_OK);
    assert_int_equal(s.next, 12);
    story_end(&s);
  }
}

static void a_write_that_fails_is_final(void **state) {
  (void)state;
  struct story s;
  assert_int_equal(write_with_failures(&s, EIO), BT_ERR_IO);
  assert_int_equal(journal_durable(s.journal), 10);
  story_close(&s);
  assert_int_equal(failures[BT_ERR_IO], 1);
  assert_int_equal(story_open(&s), BT_ERR_OK);
  assert_int_equal(s.next, 11);
  story_end(&s);
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
      cmocka_unit_test(a_commit_reaches_the_log_in_one_write),
      cmocka_unit_test(a_commit_of_any_length_is_written),
      cmocka_unit_test(a_failed_sync_is_final),
      cmocka_unit_test(a_write_without_room_is_tried_again),
      cmocka_unit_test(a_write_that_fails_is_final),
      cmocka_unit_test(
          a_failed_sync_at_the_start_leaves_a_directory_that_opens),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
