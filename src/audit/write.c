/* Adding to the log. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/audit_priv.h"
#include "base/calendar.h"

enum { MODE_FILE = 0600 };

struct audit {
  const struct mem *mem;
  int fd;
  off_t size; /* of the file when its head was this */
  struct audit_head head;
  struct textbuf line;
};

static enum bt_err of_errno(void) {
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

static enum bt_err take_head(struct audit *a, struct text tail) {
  struct arena arena;
  struct json *entry = NULL;
  struct audit_head head = audit_no_head();
  const struct text lines = text_sub(tail, 0, tail.len - (tail.len > 0));
  const char *end = memrchr(lines.ptr, '\n', lines.len);
  const size_t at = end == NULL ? 0 : (size_t)(end - lines.ptr) + 1;
  arena_init(&arena, a->mem, 0);
  const bool good =
      tail.len == 0 ||
      audit_read_end(text_sub(lines, at, lines.len), &arena, &entry, &head);
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

/* ---- opening */

static enum bt_err lock(const struct audit *a) {
  while (flock(a->fd, LOCK_EX) != 0) {
    if (errno != EINTR) {
      return BT_ERR_IO;
    }
  }
  return BT_ERR_OK;
}

static void unlock(const struct audit *a) {
  (void)flock(a->fd, LOCK_UN);
}

static enum bt_err start(struct audit *a, const char *path) {
  a->fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, MODE_FILE);
  enum bt_err err = a->fd < 0 ? BT_ERR_IO : lock(a);
  if (err == BT_ERR_OK) {
    err = look_at_end(a);
    unlock(a);
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
  a->head = audit_no_head();
  textbuf_init(&a->line, mem);
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
  mem_free(a->mem, a, sizeof *a);
}

/* ---- adding */

/* Whole characters only. */
static struct text cut(struct text t) {
  size_t len = t.len < AUDIT_TEXT_MAX ? t.len : AUDIT_TEXT_MAX;
  while (len > 0 && len < t.len && ((unsigned char)t.ptr[len] & 0xc0) == 0x80) {
    len--;
  }
  return text_sub(t, 0, len);
}

static void put_text(struct json_out *o, const char *name, struct text t) {
  if (t.len > 0) {
    json_key(o, name);
    json_put_text(o, cut(t));
  }
}

/* Up to the digest. */
static void begin_line(struct textbuf *line, const struct audit_entry *e,
                       uint64_t number) {
  char time[TIME_TEXT_MAX];
  struct json_out o;
  textbuf_clear(line);
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
  const enum bt_err err = n < 0 ? of_errno() : BT_ERR_FULL;
  (void)ftruncate(a->fd, a->size);
  return err;
}

static enum bt_err put_alone(struct audit *a, const struct audit_entry *entry) {
  const enum bt_err err = look_at_end(a);
  if (err != BT_ERR_OK) {
    return err;
  }
  struct audit_head head = a->head;
  begin_line(&a->line, entry, head.entries + 1);
  audit_end_line(&a->line, &head);
  textbuf_add_char(&a->line, '\n');
  if (a->line.failed) {
    return BT_ERR_NOMEM;
  }
  const enum bt_err added = add_line(a);
  if (added == BT_ERR_OK) {
    a->head = head;
  }
  return added;
}

enum bt_err audit_put(struct audit *a, const struct audit_entry *entry) {
  enum bt_err err = lock(a);
  if (err == BT_ERR_OK) {
    err = put_alone(a, entry);
    unlock(a);
  }
  return err;
}

enum bt_err audit_sync(const struct audit *a) {
  return fdatasync(a->fd) == 0 ? BT_ERR_OK : BT_ERR_IO;
}

struct audit_head audit_head(const struct audit *a) {
  return a->head;
}
