/* dir_priv.h - the journal's directory: who owns it, what lies in it.
 *
 *   journal.db       SQLite's file (journal.db-wal and -shm beside it)
 *   journal.lock     held by the one writer; its process id
 *   journal.mark     how far was durable for certain
 *   journal.db.new   a journal being made; renamed when it is whole
 *
 * The mark is why a lost or cut write-ahead log is noticed: SQLite reads such a
 * log as a shorter one, and the batches that were in it would just be gone. It
 * is written after each commit and not synced: after a crash of the process it
 * is exact, after a loss of power it may be behind, and never ahead.
 */
#ifndef BATON_JOURNAL_DIR_PRIV_H
#define BATON_JOURNAL_DIR_PRIV_H

#include "journal/journal.h"

enum { DIR_PATH_MAX = 1024 };

struct journal_dir {
  char path[DIR_PATH_MAX];
  char db[DIR_PATH_MAX + 16];
  char fresh[DIR_PATH_MAX + 16]; /* journal.db.new */
  char mark[DIR_PATH_MAX + 16];
  int lock_fd; /* -1 if read-only */
  int mark_fd; /* -1 until dir_mark_open */
  bool has_db;
};

struct dir_mark {
  uint64_t seq;
  uint64_t chain;
};

/* Makes the directory if it is missing (not if @read_only), takes the lock,
 * and refuses content that a journal does not leave behind. */
enum bt_err dir_open(struct journal_dir *d, const char *path, bool read_only,
                     struct journal_error *why) BT_USE_RESULT;
void dir_close(struct journal_dir *d); /* gives the lock back */

/* The names in the directory are on disk. */
enum bt_err dir_sync(const struct journal_dir *d,
                     struct journal_error *why) BT_USE_RESULT;

/* BT_ERR_NOT_FOUND without *@why if there is none. */
enum bt_err dir_mark_read(const struct journal_dir *d, struct dir_mark *out,
                          struct journal_error *why) BT_USE_RESULT;
/* Ready for dir_mark_write; the mark is made if it is missing. */
enum bt_err dir_mark_open(struct journal_dir *d,
                          struct journal_error *why) BT_USE_RESULT;
enum bt_err dir_mark_write(const struct journal_dir *d,
                           struct dir_mark mark) BT_USE_RESULT;
enum bt_err dir_mark_sync(const struct journal_dir *d) BT_USE_RESULT;

#endif
