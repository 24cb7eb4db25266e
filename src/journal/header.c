/* The first 100 bytes of journal.db, read before SQLite sees them: SQLite
 * would take an empty file for a new database, and another program's file for
 * ours. Offsets: sqlite.org/fileformat2.html, section 1.3. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "journal/journal_priv.h"
#include "journal/store_priv.h"

enum {
  HEADER_SIZE = 100,
  AT_PAGE_SIZE = 16, /* two bytes */
  AT_PAGE_COUNT = 28,
  AT_USER_VERSION = 60,
  AT_APPLICATION_ID = 68
};

#define BACKUP_CURE "Put the whole directory back from a backup."

static uint32_t read_be32(const unsigned char *p) {
  return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 |
         p[3];
}

static enum bt_err check_identity(const char *file, const unsigned char *h,
                                  struct journal_error *why) {
  if (memcmp(h, "SQLite format 3", 16) != 0) {
    return journal_fail(why, BT_ERR_FOREIGN,
                        "%s is not a journal: it does not begin like one. Name "
                        "another directory, or put the journal back from a "
                        "backup.",
                        file);
  }
  const uint32_t id = read_be32(h + AT_APPLICATION_ID);
  if (id != STORE_APPLICATION_ID) {
    return journal_fail(why, BT_ERR_FOREIGN,
                        "%s is a database of another program (application id "
                        "%" PRIu32 ", not %d). Name another directory.",
                        file, id, STORE_APPLICATION_ID);
  }
  const uint32_t version = read_be32(h + AT_USER_VERSION);
  if (version == 0 || version > STORE_VERSION) {
    return journal_fail(why, BT_ERR_FOREIGN,
                        "%s has format %" PRIu32 ", and this program knows up "
                        "to %d. Use the version of the program that wrote it.",
                        file, version, STORE_VERSION);
  }
  return BT_ERR_OK;
}

static bool has_log(const char *file) {
  char path[DIR_PATH_MAX + 32];
  struct stat st;
  (void)snprintf(path, sizeof path, "%s-wal", file);
  return stat(path, &st) == 0 && st.st_size > 0;
}

/* While a log exists the file may be behind its own header; the rows' checks
 * find what is wrong then. */
static enum bt_err check_size(const char *file, const unsigned char *h,
                              int64_t size, struct journal_error *why) {
  const int64_t page = (int64_t)h[AT_PAGE_SIZE] << 8 | h[AT_PAGE_SIZE + 1];
  const int64_t pages = read_be32(h + AT_PAGE_COUNT);
  if (page != STORE_PAGE_SIZE) {
    return journal_fail(why, BT_ERR_CORRUPT,
                        "%s has pages of %" PRId64 " bytes and was made with "
                        "%d: its header is damaged. " BACKUP_CURE,
                        file, page, STORE_PAGE_SIZE);
  }
  if (size < page || (!has_log(file) && size < page * pages)) {
    return journal_fail(why, BT_ERR_CORRUPT,
                        "%s is cut off: it has %" PRId64 " bytes of %" PRId64
                        ". " BACKUP_CURE,
                        file, size, page * pages);
  }
  return BT_ERR_OK;
}

enum bt_err store_check_header(const char *file, struct journal_error *why) {
  unsigned char header[HEADER_SIZE];
  struct stat st;
  const int fd = open(file, O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return journal_fail(why, BT_ERR_IO,
                        "%s: cannot open it: %s. Check its "
                        "permissions.",
                        file, strerror(errno));
  }
  const ssize_t n = pread(fd, header, sizeof header, 0);
  const bool known = fstat(fd, &st) == 0;
  (void)close(fd);
  if (n < 0 || !known) {
    return journal_fail(why, BT_ERR_IO, "%s: cannot read it. Check the disk.",
                        file);
  }
  if (n < HEADER_SIZE) {
    return journal_fail(why, BT_ERR_CORRUPT,
                        "%s is %s: it has %" PRId64 " bytes. " BACKUP_CURE,
                        file, n == 0 ? "empty" : "cut off", (int64_t)n);
  }
  const enum bt_err err = check_identity(file, header, why);
  return err != BT_ERR_OK ? err : check_size(file, header, st.st_size, why);
}
