/* SQLite's write-ahead log, written in one piece a commit.
 *
 * SQLite writes each page of a commit in two calls, its head and the page, one
 * behind the other in the file: a dozen calls, each of which takes as long as a
 * twentieth of the sync behind them. Here they are gathered and leave in one
 * call, before anybody relies on them: when the log is synced, read, measured
 * or cut. Another connection reads no frame of which the log's index does not
 * tell, and with synchronous=FULL a commit enters the index after its sync.
 *
 * All other files are SQLite's own business; so is what a failed write means.
 * Interface: sqlite.org/c3ref/vfs.html, io_methods.html. */
#include <pthread.h>
#include <sqlite3.h>
#include <string.h>

#include "base/check.h"
#include "journal/store_priv.h"

/* SQLite's own write takes less than 128 KiB at a time: it masks the length, so
 * that more of it can become nothing at all, and that reads as a full disk. */
enum { GATHERED_MAX = 64 << 10 };

struct log_file {
  sqlite3_file base;
  sqlite3_file *below; /* behind this one, in memory that SQLite gave */
  char *bytes;         /* gathered */
  int len;
  sqlite3_int64 at; /* where they belong */
};

static struct log_file *log_file_of(sqlite3_file *file) {
  return (struct log_file *)file;
}

/* What cannot be written is forgotten: the commit that it is of has failed. */
static int let_go(struct log_file *f) {
  const int len = f->len;
  f->len = 0;
  return len == 0 ? SQLITE_OK
                  : f->below->pMethods->xWrite(f->below, f->bytes, len, f->at);
}

static int log_write(sqlite3_file *file, const void *bytes, int len,
                     sqlite3_int64 at) {
  struct log_file *f = log_file_of(file);
  int rc = SQLITE_OK;
  if (at != f->at + f->len || len > GATHERED_MAX - f->len) {
    rc = let_go(f);
    f->at = at;
  }
  if (rc != SQLITE_OK) {
    return rc;
  }
  bt_check(len <= GATHERED_MAX); /* a page at most */
  memcpy(f->bytes + f->len, bytes, (size_t)len);
  f->len += len;
  return SQLITE_OK;
}

static int log_read(sqlite3_file *file, void *bytes, int len,
                    sqlite3_int64 at) {
  struct log_file *f = log_file_of(file);
  const int rc = let_go(f);
  return rc != SQLITE_OK ? rc
                         : f->below->pMethods->xRead(f->below, bytes, len, at);
}

static int log_truncate(sqlite3_file *file, sqlite3_int64 size) {
  struct log_file *f = log_file_of(file);
  const int rc = let_go(f);
  return rc != SQLITE_OK ? rc : f->below->pMethods->xTruncate(f->below, size);
}

static int log_sync(sqlite3_file *file, int flags) {
  struct log_file *f = log_file_of(file);
  const int rc = let_go(f);
  return rc != SQLITE_OK ? rc : f->below->pMethods->xSync(f->below, flags);
}

static int log_size(sqlite3_file *file, sqlite3_int64 *size) {
  struct log_file *f = log_file_of(file);
  const int rc = let_go(f);
  return rc != SQLITE_OK ? rc : f->below->pMethods->xFileSize(f->below, size);
}

static int log_close(sqlite3_file *file) {
  struct log_file *f = log_file_of(file);
  const int written = let_go(f);
  const int closed = f->below->pMethods->xClose(f->below);
  sqlite3_free(f->bytes);
  return written != SQLITE_OK ? written : closed;
}

static int log_lock(sqlite3_file *file, int level) {
  sqlite3_file *below = log_file_of(file)->below;
  return below->pMethods->xLock(below, level);
}

static int log_unlock(sqlite3_file *file, int level) {
  sqlite3_file *below = log_file_of(file)->below;
  return below->pMethods->xUnlock(below, level);
}

static int log_check_lock(sqlite3_file *file, int *reserved) {
  sqlite3_file *below = log_file_of(file)->below;
  return below->pMethods->xCheckReservedLock(below, reserved);
}

static int log_control(sqlite3_file *file, int op, void *arg) {
  sqlite3_file *below = log_file_of(file)->below;
  return below->pMethods->xFileControl(below, op, arg);
}

static int log_sector(sqlite3_file *file) {
  sqlite3_file *below = log_file_of(file)->below;
  return below->pMethods->xSectorSize(below);
}

static int log_device(sqlite3_file *file) {
  sqlite3_file *below = log_file_of(file)->below;
  return below->pMethods->xDeviceCharacteristics(below);
}

static const sqlite3_io_methods log_methods = {
    .iVersion = 1,
    .xClose = log_close,
    .xRead = log_read,
    .xWrite = log_write,
    .xTruncate = log_truncate,
    .xSync = log_sync,
    .xFileSize = log_size,
    .xLock = log_lock,
    .xUnlock = log_unlock,
    .xCheckReservedLock = log_check_lock,
    .xFileControl = log_control,
    .xSectorSize = log_sector,
    .xDeviceCharacteristics = log_device,
};

static int open_log(sqlite3_vfs *below, const char *name, struct log_file *f,
                    int flags, int *out_flags) {
  *f = (struct log_file){.below = (sqlite3_file *)(f + 1)};
  f->bytes = sqlite3_malloc(GATHERED_MAX);
  if (f->bytes == NULL) {
    return SQLITE_NOMEM;
  }
  const int rc = below->xOpen(below, name, f->below, flags, out_flags);
  if (rc != SQLITE_OK) {
    sqlite3_free(f->bytes);
    return rc;
  }
  f->base.pMethods = &log_methods;
  return SQLITE_OK;
}

static int log_vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file,
                        int flags, int *out_flags) {
  sqlite3_vfs *below = vfs->pAppData;
  return (flags & SQLITE_OPEN_WAL) == 0
             ? below->xOpen(below, name, file, flags, out_flags)
             : open_log(below, name, log_file_of(file), flags, out_flags);
}

static sqlite3_vfs log_vfs;

/* Of SQLite's functions for files only the one that opens looks at its own
 * place; the others may be given ours. False: SQLite has no memory to begin
 * with. */
static bool register_vfs(void) {
  sqlite3_vfs *below = sqlite3_vfs_find(NULL);
  if (below == NULL) {
    return false;
  }
  log_vfs = *below;
  log_vfs.pNext = NULL;
  log_vfs.zName = "baton-journal";
  log_vfs.szOsFile = (int)sizeof(struct log_file) + below->szOsFile;
  log_vfs.pAppData = below;
  log_vfs.xOpen = log_vfs_open;
  return sqlite3_vfs_register(&log_vfs, 0) == SQLITE_OK;
}

const char *store_vfs(void) {
  static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
  static bool registered;
  bt_check(pthread_mutex_lock(&one_at_a_time) == 0);
  registered = registered || register_vfs();
  const char *name = registered ? log_vfs.zName : NULL;
  bt_check(pthread_mutex_unlock(&one_at_a_time) == 0);
  return name;
}
