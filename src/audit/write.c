/* Adding to the log. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/write_priv.h"
#include "base/calendar.h"
#include "base/check.h"

enum { MODE_FILE = 0600, PAGE = 4096 };

enum bt_err audit_of_errno(void) {
  return errno == ENOSPC || errno == EDQUOT ? BT_ERR_FULL : BT_ERR_IO;
}

/* ---- the end of the file */

/* The last bytes of the file, up to and with its last line's end. */
static enum bt_err read_tail(struct audit *a, off_t size, struct text *out,
                             char bytes[AUDIT_BLOCK]) {
  const off_t from = size > AUDIT_BLOCK ? size - AUDIT_BLOCK : 0;
  const ssize_t n = pread(a->fd, bytes, (size_t)(size - from), from);
  if (n < 0 || n != size - from) {
    return BT_ERR_IO;
  }
  const char *last = memrchr(bytes, '\n', (size_t)n);
  *out = (struct text){bytes, last == NULL ? 0 : (size_t)(last - bytes) + 1};
  if (last == NULL && from > 0) {
    return BT_ERR_CORRUPT;
  }
  const off_t whole = from + (off_t)out->len;
  if (whole < size && ftruncate(a->fd, whole) != 0) {
    return BT_ERR_IO;
  }
  a->size = whole;
  return BT_ERR_OK;
}

/* An empty file goes on behind the newest of the sealed ones. */
static bool head_before(const struct audit *a, struct audit_head *out) {
  struct segments sealed;
  char path[SEGMENT_PATH];
  struct audit_line first, last;
  *out = audit_no_head();
  if (segments_list(a->mem, a->path, &sealed) != BT_ERR_OK) {
    return false;
  }
  const bool none = sealed.count == 0;
  const uint64_t newest = none ? 0 : sealed.first[sealed.count - 1];
  segments_free(a->mem, &sealed);
  if (none) {
    return true;
  }
  const int fd = segments_path(a->path, newest, path)
                     ? open(path, O_RDONLY | O_CLOEXEC)
                     : -1;
  const bool good =
      fd >= 0 && audit_read_ends(a->mem, fd, &first, &last) == BT_ERR_OK;
  if (fd >= 0) {
    (void)close(fd);
  }
  if (good) {
    *out = last.head;
  }
  return good;
}

static enum bt_err take_head(struct audit *a, struct text tail) {
  struct arena arena;
  struct json *entry = NULL;
  struct audit_head head;
  const struct text lines = text_sub(tail, 0, tail.len - (tail.len > 0));
  const char *end = memrchr(lines.ptr, '\n', lines.len);
  const size_t at = end == NULL ? 0 : (size_t)(end - lines.ptr) + 1;
  arena_init(&arena, a->mem, 0);
  const bool good = tail.len == 0
                        ? head_before(a, &head)
                        : audit_read_end(text_sub(lines, at, lines.len), &arena,
                                         &entry, &head);
  arena_free(&arena);
  if (!good || head.entries < a->head.entries) {
    return BT_ERR_CORRUPT; /* it got shorter while it was open */
  }
  a->head = head;
  return BT_ERR_OK;
}

/* Another process may have added lines; a crash may have left half of one. */
static enum bt_err look_at_end(struct audit *a) {
  char bytes[AUDIT_BLOCK];
  struct stat st;
  struct text tail;
  if (fstat(a->fd, &st) != 0) {
    return BT_ERR_IO;
  }
  if (st.st_size == a->size) {
    return BT_ERR_OK;
  }
  const enum bt_err err = read_tail(a, st.st_size, &tail, bytes);
  return err == BT_ERR_OK ? take_head(a, tail) : err;
}

/* ---- the file */

static enum bt_err open_file(struct audit *a) {
  const int fd =
      open(a->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, MODE_FILE);
  if (fd < 0) {
    return BT_ERR_IO;
  }
  bt_check(pthread_mutex_lock(&a->syncing) == 0);
  if (a->fd >= 0) {
    (void)close(a->fd);
  }
  a->fd = fd;
  a->size = -1;
  a->synced = 0;
  a->doubtful = false;
  bt_check(pthread_mutex_unlock(&a->syncing) == 0);
  return BT_ERR_OK;
}

/* Another process has sealed the file that is open here. One that somebody has
 * moved away is written on. */
static bool is_another(const struct audit *a) {
  struct stat ours, now;
  return fstat(a->fd, &ours) == 0 && stat(a->path, &now) == 0 &&
         (ours.st_ino != now.st_ino || ours.st_dev != now.st_dev);
}

static enum bt_err lock_file(const struct audit *a) {
  while (flock(a->fd, LOCK_EX) != 0) {
    if (errno != EINTR) {
      return BT_ERR_IO;
    }
  }
  return BT_ERR_OK;
}

enum bt_err audit_lock(struct audit *a) {
  bt_check(pthread_mutex_lock(&a->mutex) == 0);
  enum bt_err err = lock_file(a);
  while (err == BT_ERR_OK && is_another(a)) {
    err = open_file(a);
    err = err == BT_ERR_OK ? lock_file(a) : err;
  }
  if (err != BT_ERR_OK) {
    bt_check(pthread_mutex_unlock(&a->mutex) == 0);
  }
  return err;
}

void audit_unlock(struct audit *a) {
  (void)flock(a->fd, LOCK_UN);
  bt_check(pthread_mutex_unlock(&a->mutex) == 0);
}

enum bt_err audit_begin_anew(struct audit *a) {
  const enum bt_err err = open_file(a);
  return err == BT_ERR_OK ? lock_file(a) : err;
}

/* ---- opening */

static enum bt_err start(struct audit *a, const char *path) {
  const size_t len = strlen(path);
  if (len >= sizeof a->path) {
    return BT_ERR_IO;
  }
  memcpy(a->path, path, len + 1);
  enum bt_err err = open_file(a);
  if (err == BT_ERR_OK) {
    err = audit_lock(a);
  }
  if (err == BT_ERR_OK) {
    err = look_at_end(a);
    audit_unlock(a);
  }
  return err;
}

enum bt_err audit_open(const struct mem *mem, const char *path,
                       struct audit **out) {
  struct audit *a = mem_new(mem, sizeof *a);
  if (a == NULL) {
    return BT_ERR_NOMEM;
  }
  a->mem = mem;
  a->fd = -1;
  a->head = audit_no_head();
  textbuf_init(&a->line, mem);
  bt_check(pthread_mutex_init(&a->mutex, NULL) == 0);
  bt_check(pthread_mutex_init(&a->syncing, NULL) == 0);
  const enum bt_err err = start(a, path);
  if (err != BT_ERR_OK) {
    audit_close(a);
    return err;
  }
  *out = a;
  return BT_ERR_OK;
}

void audit_close(struct audit *a) {
  if (a == NULL) {
    return;
  }
  if (a->fd >= 0) {
    (void)close(a->fd);
  }
  textbuf_free(&a->line);
  (void)pthread_mutex_destroy(&a->mutex);
  (void)pthread_mutex_destroy(&a->syncing);
  mem_free(a->mem, a, sizeof *a);
}

/* ---- adding */

static void put_text(struct json_out *o, const char *name, struct text t) {
  if (t.len > 0) {
    json_key(o, name);
    json_put_text(o, utf8_cut(t, AUDIT_TEXT_MAX));
  }
}

/* Up to the digest. */
static void begin_line(struct textbuf *line, const struct audit_entry *e,
                       uint64_t number) {
  char time[TIME_TEXT_MAX];
  struct json_out o;
  json_out_init(&o, line);
  json_open_object(&o);
  json_key(&o, "n");
  json_put_u64(&o, number);
  json_key(&o, "at");
  json_put_text(&o, time_to_text(e->at_us, time));
#define X(name) put_text(&o, #name, e->name);
  AUDIT_TEXT_LIST(X)
#undef X
  if (e->code != 0) {
    json_key(&o, "code");
    json_put_i64(&o, e->code);
  }
  textbuf_add_char(line, ',');
}

/* Nothing of a line that did not fit stays. */
static enum bt_err add_line(struct audit *a) {
  const struct text line = textbuf_text(&a->line);
  const ssize_t n = write(a->fd, line.ptr, line.len);
  if (n >= 0 && (size_t)n == line.len) {
    a->size += n;
    return BT_ERR_OK;
  }
  const enum bt_err err = n < 0 ? audit_of_errno() : BT_ERR_FULL;
  (void)ftruncate(a->fd, a->size);
  return err;
}

/* The digest is of this line alone, which may not be the first in @a->line. */
static bool write_line(struct audit *a, const struct audit_entry *entry,
                       struct audit_head *head) {
  struct textbuf line;
  textbuf_init(&line, a->mem);
  begin_line(&line, entry, head->entries + 1);
  audit_end_line(&line, head);
  textbuf_add_char(&line, '\n');
  const bool good = !line.failed;
  if (good) {
    textbuf_add(&a->line, textbuf_text(&line));
  }
  textbuf_free(&line);
  return good && !a->line.failed;
}

/* A file that goes on behind a sealed one says so in its first line. */
static bool write_first(struct audit *a, int64_t at_us,
                        struct audit_head *head) {
  char before[AUDIT_DIGEST + 1];
  if (a->size > 0 || head->entries == 0) {
    return true;
  }
  memcpy(before, head->digest, sizeof before);
  const struct audit_entry first = {.at_us = at_us,
                                    .role = TEXT("system"),
                                    .who = TEXT("server"),
                                    .what = ACT_SEGMENT,
                                    .of = text_from(before)};
  return write_line(a, &first, head);
}

enum bt_err audit_put_locked(struct audit *a, const struct audit_entry *entry) {
  const enum bt_err err = look_at_end(a);
  if (err != BT_ERR_OK) {
    return err;
  }
  struct audit_head head = a->head;
  textbuf_clear(&a->line);
  if (!write_first(a, entry->at_us, &head) || !write_line(a, entry, &head)) {
    return BT_ERR_NOMEM;
  }
  const enum bt_err added = add_line(a);
  if (added == BT_ERR_OK) {
    a->head = head;
  }
  return added;
}

enum bt_err audit_put(struct audit *a, const struct audit_entry *entry) {
  enum bt_err err = audit_lock(a);
  if (err == BT_ERR_OK) {
    err = audit_put_locked(a, entry);
    audit_unlock(a);
  }
  return err;
}

/* ---- the disk */

/* From @from on each page is written over with what it holds: what a sync could
 * not write counts as clean, and the next one would leave it out. */
static bool write_again(int fd, off_t from, off_t size) {
  char bytes[PAGE];
  bool good = true;
  for (off_t at = from - from % PAGE; at < size && good; at += PAGE) {
    const size_t want = size - at < PAGE ? (size_t)(size - at) : PAGE;
    const ssize_t n = pread(fd, bytes, want, at);
    good = n == (ssize_t)want && pwrite(fd, bytes, want, at) == n;
  }
  return good;
}

/* Over a descriptor that does not append. */
static bool heal(const struct audit *a, off_t size) {
  char self[64];
  (void)snprintf(self, sizeof self, "/proc/self/fd/%d", a->fd);
  const int fd = open(self, O_RDWR | O_CLOEXEC);
  const bool good = fd >= 0 && write_again(fd, a->synced, size);
  if (fd >= 0) {
    (void)close(fd);
  }
  return good;
}

static enum bt_err sync_alone(struct audit *a) {
  struct stat st;
  if (fstat(a->fd, &st) != 0 || (a->doubtful && !heal(a, st.st_size))) {
    return BT_ERR_IO;
  }
  a->doubtful = fdatasync(a->fd) != 0;
  if (a->doubtful) {
    return BT_ERR_IO;
  }
  a->synced = st.st_size;
  return BT_ERR_OK;
}

enum bt_err audit_sync(struct audit *a) {
  bt_check(pthread_mutex_lock(&a->syncing) == 0);
  const enum bt_err err = sync_alone(a);
  bt_check(pthread_mutex_unlock(&a->syncing) == 0);
  return err;
}

struct audit_head audit_head(struct audit *a) {
  bt_check(pthread_mutex_lock(&a->mutex) == 0);
  const struct audit_head head = a->head;
  bt_check(pthread_mutex_unlock(&a->mutex) == 0);
  return head;
}
