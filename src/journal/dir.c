#include "journal/dir_priv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "journal/journal_priv.h"

enum {
  MODE_DIR = 0700,
  MODE_FILE = 0600,
  MARK_MAX = 80,
  MARK_AT_SEQ = 17, /* in MARK_FORMAT, whose fields have fixed widths */
  MARK_AT_CHAIN = 44
};

#define MARK_FORMAT "baton mark 1 seq %020" PRIu64 " chain %016" PRIx64 "\n"

static enum bt_err fail_errno(struct journal_error *why, const char *what,
                              const char *path) {
  const bool full = errno == ENOSPC || errno == EDQUOT;
  return journal_fail(why, full ? BT_ERR_FULL : BT_ERR_IO,
                      "%s: cannot %s: %s. Check the path, the permissions and "
                      "the free space.",
                      path, what, strerror(errno));
}

static enum bt_err set_paths(struct journal_dir *d, const char *path,
                             struct journal_error *why) {
  const size_t len = strlen(path);
  if (len == 0 || len >= sizeof d->path) {
    return journal_fail(why, BT_ERR_RANGE,
                        "The journal's directory must have a name of 1 to %zu "
                        "bytes; this one has %zu.",
                        sizeof d->path - 1, len);
  }
  memcpy(d->path, path, len + 1);
  (void)snprintf(d->db, sizeof d->db, "%s/journal.db", path);
  (void)snprintf(d->fresh, sizeof d->fresh, "%s/journal.db.new", path);
  (void)snprintf(d->mark, sizeof d->mark, "%s/journal.mark", path);
  return BT_ERR_OK;
}

static enum bt_err fail_busy(int fd, const char *path,
                             struct journal_error *why) {
  char owner[32] = {0};
  const ssize_t n = pread(fd, owner, sizeof owner - 1, 0);
  owner[n > 0 ? (size_t)n : 0] = '\0';
  owner[strcspn(owner, "\n")] = '\0';
  return journal_fail(
      why, BT_ERR_BUSY,
      "%s: another process%s%s writes this journal. Stop it, or "
      "use another directory.",
      path, owner[0] == '\0' ? "" : ", pid ", owner);
}

/* flock belongs to the open file, not to the process: two journals in one
 * process exclude each other too, and closing another descriptor of the file
 * does not give it up, as it would with fcntl's locks. */
static enum bt_err take_lock(struct journal_dir *d, struct journal_error *why) {
  char path[sizeof d->db];
  (void)snprintf(path, sizeof path, "%s/journal.lock", d->path);
  const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, MODE_FILE);
  if (fd < 0) {
    return fail_errno(why, "open the lock", path);
  }
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    const enum bt_err err = errno == EWOULDBLOCK
                                ? fail_busy(fd, path, why)
                                : fail_errno(why, "take the lock", path);
    (void)close(fd);
    return err;
  }
  /* Only for the message above; the lock itself is what counts. */
  if (ftruncate(fd, 0) == 0) {
    (void)dprintf(fd, "%ld\n", (long)getpid());
  }
  d->lock_fd = fd;
  return BT_ERR_OK;
}

static bool is_harmless(const char *name) {
  return strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
         strcmp(name, "lost+found") == 0 || strcmp(name, "journal.lock") == 0 ||
         text_starts(text_from(name), TEXT("journal.db.new"));
}

static enum bt_err judge_stray(const struct journal_dir *d, const char *name,
                               struct journal_error *why) {
  if (is_harmless(name)) {
    return BT_ERR_OK;
  }
  if (text_starts(text_from(name), TEXT("journal."))) {
    return journal_fail(why, BT_ERR_CORRUPT,
                        "%s is missing, and %s is there: the journal was moved "
                        "or deleted. Put journal.db back from where it went or "
                        "from a backup, or name an empty directory.",
                        d->db, name);
  }
  return journal_fail(
      why, BT_ERR_FOREIGN,
      "%s is not empty (it holds '%s') and has no journal. Name "
      "an empty directory, or one that does not exist yet.",
      d->path, name);
}

static enum bt_err refuse_strays(const struct journal_dir *d,
                                 struct journal_error *why) {
  DIR *dir = opendir(d->path);
  if (dir == NULL) {
    return fail_errno(why, "list the directory", d->path);
  }
  enum bt_err err = BT_ERR_OK;
  const struct dirent *entry;
  while (err == BT_ERR_OK && (entry = readdir(dir)) != NULL) {
    err = judge_stray(d, entry->d_name, why);
  }
  (void)closedir(dir);
  return err;
}

static enum bt_err look_for_db(struct journal_dir *d, bool read_only,
                               struct journal_error *why) {
  struct stat st;
  d->has_db = stat(d->db, &st) == 0;
  if (d->has_db && !S_ISREG(st.st_mode)) {
    return journal_fail(why, BT_ERR_FOREIGN,
                        "%s is not a file. Name another directory.", d->db);
  }
  if (d->has_db) {
    return BT_ERR_OK;
  }
  const enum bt_err err = refuse_strays(d, why);
  if (err != BT_ERR_OK || !read_only) {
    return err;
  }
  return journal_fail(why, BT_ERR_NOT_FOUND,
                      "%s holds no journal. Name the directory that the server "
                      "was given as --data.",
                      d->path);
}

enum bt_err dir_open(struct journal_dir *d, const char *path, bool read_only,
                     struct journal_error *why) {
  *d = (struct journal_dir){.lock_fd = -1, .mark_fd = -1};
  enum bt_err err = set_paths(d, path, why);
  if (err == BT_ERR_OK && !read_only && mkdir(path, MODE_DIR) != 0 &&
      errno != EEXIST) {
    err = fail_errno(why, "make the directory", path);
  }
  struct stat st;
  if (err == BT_ERR_OK && stat(path, &st) != 0) {
    err = journal_fail(why, BT_ERR_NOT_FOUND,
                       "%s: %s. Name the directory that holds the journal.",
                       path, strerror(errno));
  }
  if (err == BT_ERR_OK && !S_ISDIR(st.st_mode)) {
    err = journal_fail(why, BT_ERR_FOREIGN,
                       "%s is not a directory. Name a directory.", path);
  }
  if (err == BT_ERR_OK && !read_only) {
    err = take_lock(d, why);
  }
  if (err == BT_ERR_OK) {
    err = look_for_db(d, read_only, why);
  }
  if (err != BT_ERR_OK) {
    dir_close(d);
  }
  return err;
}

static void close_fd(int *fd) {
  if (*fd >= 0) {
    (void)close(*fd);
    *fd = -1;
  }
}

/* The lock's file stays: removing it would let two processes lock two files of
 * the same name. */
void dir_close(struct journal_dir *d) {
  if (d->lock_fd >= 0) {
    (void)ftruncate(d->lock_fd, 0);
  }
  close_fd(&d->mark_fd);
  close_fd(&d->lock_fd);
}

enum bt_err dir_sync(const struct journal_dir *d, struct journal_error *why) {
  const int fd = open(d->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0 || fsync(fd) != 0) {
    const enum bt_err err = fail_errno(why, "sync the directory", d->path);
    if (fd >= 0) {
      (void)close(fd);
    }
    return err;
  }
  (void)close(fd);
  return BT_ERR_OK;
}

enum bt_err dir_mark_read(const struct journal_dir *d, struct dir_mark *out,
                          struct journal_error *why) {
  const int fd = open(d->mark, O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return errno == ENOENT ? BT_ERR_NOT_FOUND
                           : fail_errno(why, "open the mark", d->mark);
  }
  char line[MARK_MAX + 1] = {0};
  const ssize_t n = pread(fd, line, MARK_MAX, 0);
  (void)close(fd);
  if (n < 0) {
    return fail_errno(why, "read the mark", d->mark);
  }
  if (n == 0) {
    return BT_ERR_NOT_FOUND; /* stopped between making it and writing it */
  }
  /* Written anew it must be the same to the byte. */
  const struct dir_mark mark = {.seq = strtoull(line + MARK_AT_SEQ, NULL, 10),
                                .chain =
                                    strtoull(line + MARK_AT_CHAIN, NULL, 16)};
  char again[MARK_MAX + 1];
  (void)snprintf(again, sizeof again, MARK_FORMAT, mark.seq, mark.chain);
  if (strcmp(line, again) != 0) {
    return journal_fail(why, BT_ERR_CORRUPT,
                        "%s does not say how far the journal was durable. If "
                        "journal.db is known to be whole, remove this file.",
                        d->mark);
  }
  *out = mark;
  return BT_ERR_OK;
}

enum bt_err dir_mark_open(struct journal_dir *d, struct journal_error *why) {
  d->mark_fd = open(d->mark, O_WRONLY | O_CREAT | O_CLOEXEC, MODE_FILE);
  return d->mark_fd < 0 ? fail_errno(why, "open the mark", d->mark) : BT_ERR_OK;
}

/* One write of a fixed length within one block: it is seen whole or not. */
enum bt_err dir_mark_write(const struct journal_dir *d, struct dir_mark mark) {
  char line[MARK_MAX + 1];
  const int n = snprintf(line, sizeof line, MARK_FORMAT, mark.seq, mark.chain);
  return pwrite(d->mark_fd, line, (size_t)n, 0) == n ? BT_ERR_OK : BT_ERR_IO;
}

enum bt_err dir_mark_sync(const struct journal_dir *d) {
  return fdatasync(d->mark_fd) == 0 ? BT_ERR_OK : BT_ERR_IO;
}
