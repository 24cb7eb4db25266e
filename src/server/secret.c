#include "server/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/check.h"

enum { MODE_SECRET = 0600 };

void secret_fill(void *bytes, size_t size) {
  uint8_t *at = bytes;
  while (size > 0) {
    const ssize_t n = getrandom(at, size, 0);
    bt_check(n > 0 || errno == EINTR);
    at += n > 0 ? n : 0;
    size -= n > 0 ? (size_t)n : 0;
  }
}

static enum bt_err read_whole(int fd, uint8_t out[SECRET_BYTES]) {
  uint8_t bytes[SECRET_BYTES + 1];
  const ssize_t n = read(fd, bytes, sizeof bytes);
  if (n < 0) {
    return BT_ERR_IO;
  }
  if (n != SECRET_BYTES) {
    return BT_ERR_CORRUPT;
  }
  for (size_t i = 0; i < SECRET_BYTES; i++) {
    out[i] = bytes[i];
  }
  return BT_ERR_OK;
}

static bool write_durably(int fd, const uint8_t bytes[SECRET_BYTES]) {
  return write(fd, bytes, SECRET_BYTES) == SECRET_BYTES && fsync(fd) == 0;
}

static bool sync_dir(const char *dir) {
  const int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool good = fd >= 0 && fsync(fd) == 0;
  if (fd >= 0) {
    (void)close(fd);
  }
  return good;
}

/* Under another name first: a power cut leaves all of it or nothing. */
static enum bt_err make(const char *dir, const char *path,
                        uint8_t out[SECRET_BYTES]) {
  char fresh[PATH_MAX];
  const int len = snprintf(fresh, sizeof fresh, "%s.new", path);
  if (len < 0 || (size_t)len >= sizeof fresh) {
    errno = ENAMETOOLONG;
    return BT_ERR_IO;
  }
  uint8_t bytes[SECRET_BYTES];
  secret_fill(bytes, sizeof bytes);
  const int fd =
      open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, MODE_SECRET);
  if (fd < 0) {
    return BT_ERR_IO;
  }
  const bool written = write_durably(fd, bytes);
  if (close(fd) != 0 || !written || rename(fresh, path) != 0 ||
      !sync_dir(dir)) {
    return BT_ERR_IO;
  }
  for (size_t i = 0; i < SECRET_BYTES; i++) {
    out[i] = bytes[i];
  }
  return BT_ERR_OK;
}

enum bt_err secret_load(const char *dir, uint8_t out[SECRET_BYTES]) {
  char path[PATH_MAX];
  const int len = snprintf(path, sizeof path, "%s/secret", dir);
  if (len < 0 || (size_t)len >= sizeof path) {
    errno = ENAMETOOLONG;
    return BT_ERR_IO;
  }
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return errno == ENOENT ? make(dir, path, out) : BT_ERR_IO;
  }
  const enum bt_err err = read_whole(fd, out);
  (void)close(fd);
  return err;
}
