/* Sealing the file of a day, and removing what nobody keeps any more.
 *
 * What is to go is written down first, and that is on disk before any of it is
 * gone. Whoever is stopped in between writes it down again. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/write_priv.h"
#include "base/calendar.h"

#define DAY_US INT64_C(86400000000)

enum { MODE_SEALED = 0400 };

static enum bt_err sync_folder(const struct audit *a) {
  char folder[SEGMENT_PATH];
  const char *slash = strrchr(a->path, '/');
  const size_t len = slash == NULL ? 0 : (size_t)(slash - a->path);
  memcpy(folder, a->path, len);
  folder[len] = '\0';
  const int fd = open(slash == NULL ? "."
                      : len == 0    ? "/"
                                    : folder,
                      O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool good = fd >= 0 && fsync(fd) == 0;
  if (fd >= 0) {
    (void)close(fd);
  }
  return good ? BT_ERR_OK : BT_ERR_IO;
}

/* ---- sealing */

/* Nothing of it may be missing once others build on it. */
static enum bt_err seal(struct audit *a, uint64_t first) {
  char path[SEGMENT_PATH];
  enum bt_err err = audit_sync(a);
  if (err == BT_ERR_OK && !segments_path(a->path, first, path)) {
    err = BT_ERR_RANGE;
  }
  if (err == BT_ERR_OK &&
      (fchmod(a->fd, MODE_SEALED) != 0 || rename(a->path, path) != 0)) {
    err = audit_of_errno();
  }
  if (err == BT_ERR_OK) {
    err = audit_begin_anew(a);
  }
  return err == BT_ERR_OK ? sync_folder(a) : err;
}

static enum bt_err seal_locked(struct audit *a, int64_t now_us, bool *sealed) {
  struct audit_line first, last;
  enum bt_err err = audit_read_ends(a->mem, a->fd, &first, &last);
  if (err != BT_ERR_OK || now_us - first.at_us < DAY_US) {
    return err == BT_ERR_NOT_FOUND ? BT_ERR_OK : err;
  }
  err = seal(a, first.head.entries);
  *sealed = err == BT_ERR_OK;
  return err;
}

/* Most of it goes to the disk before anybody has to wait for it. */
static enum bt_err seal_old(struct audit *a, int64_t now_us, bool *sealed) {
  enum bt_err err = audit_sync(a);
  if (err == BT_ERR_OK) {
    err = audit_lock(a);
  }
  if (err == BT_ERR_OK) {
    err = seal_locked(a, now_us, sealed);
    audit_unlock(a);
  }
  return err == BT_ERR_OK ? sync_folder(a) : err; /* of a try before, too */
}

/* ---- removing */

/* The oldest sealed files, as far as they are due. */
struct due {
  struct segments sealed;
  size_t count;
  int64_t from_us, to_us;
  uint64_t first;
  struct audit_head last;
};

static enum bt_err look(const struct audit *a, uint64_t number,
                        struct audit_line *first, struct audit_line *last) {
  char path[SEGMENT_PATH];
  const int fd = segments_path(a->path, number, path)
                     ? open(path, O_RDONLY | O_CLOEXEC)
                     : -1;
  if (fd < 0) {
    return BT_ERR_IO;
  }
  const enum bt_err err = audit_read_ends(a->mem, fd, first, last);
  (void)close(fd);
  return err == BT_ERR_NOT_FOUND ? BT_ERR_CORRUPT : err;
}

static enum bt_err find_due(const struct audit *a, int64_t before_us,
                            struct due *d) {
  struct audit_line first, last;
  enum bt_err err = segments_list(a->mem, a->path, &d->sealed);
  while (err == BT_ERR_OK && d->count < d->sealed.count) {
    err = look(a, d->sealed.first[d->count], &first, &last);
    if (err != BT_ERR_OK || last.at_us > before_us) {
      return err;
    }
    if (d->count++ == 0) {
      d->first = first.head.entries;
      d->from_us = first.at_us;
    }
    d->last = last.head;
    d->to_us = last.at_us;
  }
  return err;
}

static enum bt_err write_down(struct audit *a, const struct due *d,
                              int64_t now_us) {
  char of[AUDIT_TEXT_MAX], from[TIME_TEXT_MAX], to[TIME_TEXT_MAX];
  const struct text from_text = time_to_text(d->from_us, from);
  const struct text to_text = time_to_text(d->to_us, to);
  const int len = snprintf(
      of, sizeof of, "%" PRIu64 "-%" PRIu64 " %" PRIu64 " %s %.*s %.*s",
      d->first, d->last.entries, d->last.entries - d->first + 1, d->last.digest,
      TEXT_ARG(from_text), TEXT_ARG(to_text));
  const struct audit_entry entry = {.at_us = now_us,
                                    .role = TEXT("system"),
                                    .who = TEXT("server"),
                                    .what = ACT_REMOVED,
                                    .of = {of, (size_t)len}};
  const enum bt_err err = audit_put(a, &entry);
  return err == BT_ERR_OK ? audit_sync(a) : err;
}

/* The oldest first: what is left is always one piece. */
static enum bt_err unlink_all(const struct audit *a, const struct due *d) {
  char path[SEGMENT_PATH];
  for (size_t i = 0; i < d->count; i++) {
    if (!segments_path(a->path, d->sealed.first[i], path) ||
        (unlink(path) != 0 && errno != ENOENT)) {
      return BT_ERR_IO;
    }
  }
  return sync_folder(a);
}

static enum bt_err remove_old(struct audit *a, int64_t now_us, int64_t keep_us,
                              struct audit_retired *out) {
  struct due d = {.count = 0};
  enum bt_err err = find_due(a, now_us - keep_us, &d);
  if (err == BT_ERR_OK && d.count > 0) {
    err = write_down(a, &d, now_us);
    err = err == BT_ERR_OK ? unlink_all(a, &d) : err;
    out->from = d.first;
    out->to = d.last.entries;
  }
  segments_free(a->mem, &d.sealed);
  return err;
}

enum bt_err audit_retire(struct audit *a, int64_t now_us, int64_t keep_us,
                         struct audit_retired *out) {
  *out = (struct audit_retired){.from = 0};
  const enum bt_err err = seal_old(a, now_us, &out->sealed);
  return err == BT_ERR_OK ? remove_old(a, now_us, keep_us, out) : err;
}
