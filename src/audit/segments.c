/* Sealed files of the log: which there are, and how they begin and end. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/audit_priv.h"
#include "base/calendar.h"

bool segments_path(const char *path, uint64_t first, char out[SEGMENT_PATH]) {
  const int len =
      snprintf(out, SEGMENT_PATH, "%s.%0*" PRIu64, path, SEGMENT_DIGITS, first);
  return len > 0 && len < SEGMENT_PATH;
}

/* ---- which there are */

/* "audit.log.000000000871", and nothing else that somebody put beside it. */
static bool is_segment(const char *name, struct text base, uint64_t *first) {
  const struct text t = text_from(name);
  int64_t n = 0;
  if (t.len < base.len + 1 + SEGMENT_DIGITS || !text_starts(t, base) ||
      t.ptr[base.len] != '.') {
    return false;
  }
  const struct text digits = text_sub(t, base.len + 1, t.len);
  for (size_t i = 0; i < digits.len; i++) {
    if (digits.ptr[i] < '0' || digits.ptr[i] > '9') {
      return false;
    }
  }
  *first = text_to_i64(digits, &n) ? (uint64_t)n : 0;
  return n > 0;
}

static int compare(const void *a, const void *b) {
  const uint64_t *x = a, *y = b;
  return (*x > *y) - (*x < *y);
}

static enum bt_err gather(const struct mem *mem, DIR *dir, struct text base,
                          struct segments *out) {
  const struct dirent *entry = NULL;
  uint64_t first = 0;
  while ((entry = readdir(dir)) != NULL) {
    if (!is_segment(entry->d_name, base, &first)) {
      continue;
    }
    if (!mem_grow(mem, &out->first, &out->cap, out->count + 1,
                  sizeof *out->first)) {
      return BT_ERR_NOMEM;
    }
    out->first[out->count++] = first;
  }
  return BT_ERR_OK;
}

enum bt_err segments_list(const struct mem *mem, const char *path,
                          struct segments *out) {
  char folder[SEGMENT_PATH];
  const char *slash = strrchr(path, '/');
  const size_t len = slash == NULL ? 0 : (size_t)(slash - path);
  *out = (struct segments){.count = 0};
  if (len >= sizeof folder) {
    return BT_ERR_RANGE;
  }
  memcpy(folder, path, len);
  folder[len] = '\0';
  DIR *dir = opendir(slash == NULL ? "." : len == 0 ? "/" : folder);
  if (dir == NULL) {
    return errno == ENOENT ? BT_ERR_NOT_FOUND : BT_ERR_IO;
  }
  const enum bt_err err =
      gather(mem, dir, text_from(slash == NULL ? path : slash + 1), out);
  (void)closedir(dir);
  if (err != BT_ERR_OK) {
    segments_free(mem, out);
    return err;
  }
  if (out->count > 0) {
    qsort(out->first, out->count, sizeof *out->first, compare);
  }
  return BT_ERR_OK;
}

void segments_free(const struct mem *mem, struct segments *s) {
  mem_free(mem, s->first, s->cap * sizeof *s->first);
  *s = (struct segments){.count = 0};
}

/* ---- how they begin and end */

enum bt_err audit_read_line(const struct mem *mem, struct text line,
                            struct audit_line *out) {
  struct arena arena;
  struct json *entry = NULL;
  *out = (struct audit_line){.at_us = 0};
  arena_init(&arena, mem, 0);
  bool good = audit_read_end(line, &arena, &entry, &out->head) &&
              time_from_text(json_member_text(entry, TEXT("at")), &out->at_us);
  if (good && text_equal(json_member_text(entry, TEXT("what")), ACT_SEGMENT)) {
    const struct text before = json_member_text(entry, TEXT("of"));
    good = before.len == AUDIT_DIGEST;
    memcpy(out->before, before.ptr, good ? AUDIT_DIGEST : 0);
  }
  arena_free(&arena);
  return good ? BT_ERR_OK : BT_ERR_CORRUPT;
}

static enum bt_err read_first(const struct mem *mem, int fd,
                              char bytes[AUDIT_BLOCK], struct audit_line *out) {
  const ssize_t n = pread(fd, bytes, AUDIT_BLOCK, 0);
  if (n < 0) {
    return BT_ERR_IO;
  }
  const char *end = memchr(bytes, '\n', (size_t)n);
  if (end == NULL) {
    return n < AUDIT_BLOCK ? BT_ERR_NOT_FOUND : BT_ERR_CORRUPT;
  }
  return audit_read_line(mem, (struct text){bytes, (size_t)(end - bytes)}, out);
}

static enum bt_err read_last(const struct mem *mem, int fd,
                             char bytes[AUDIT_BLOCK], struct audit_line *out) {
  struct stat st;
  if (fstat(fd, &st) != 0) {
    return BT_ERR_IO;
  }
  const off_t from = st.st_size > AUDIT_BLOCK ? st.st_size - AUDIT_BLOCK : 0;
  const ssize_t n = pread(fd, bytes, AUDIT_BLOCK, from);
  if (n < 0) {
    return BT_ERR_IO;
  }
  const char *end = memrchr(bytes, '\n', (size_t)n);
  if (end == NULL) {
    return BT_ERR_CORRUPT;
  }
  const char *before = memrchr(bytes, '\n', (size_t)(end - bytes));
  const char *begin = before == NULL ? bytes : before + 1;
  return audit_read_line(mem, (struct text){begin, (size_t)(end - begin)}, out);
}

enum bt_err audit_read_ends(const struct mem *mem, int fd,
                            struct audit_line *first, struct audit_line *last) {
  char bytes[AUDIT_BLOCK];
  const enum bt_err err = read_first(mem, fd, bytes, first);
  return err == BT_ERR_OK ? read_last(mem, fd, bytes, last) : err;
}

/* ---- what was removed */

/* Up to the next @sign, which is taken, too. */
static struct text take(struct text *t, struct text sign) {
  const size_t at = text_find(*t, sign, 0);
  const struct text word = text_sub(*t, 0, at);
  *t = text_sub(*t, at < t->len ? at + sign.len : t->len, t->len);
  return word;
}

bool audit_read_removal(struct text of, struct audit_removal *out) {
  int64_t from = 0, to = 0, count = 0;
  const struct text first = take(&of, TEXT("-"));
  const struct text last = take(&of, TEXT(" "));
  const struct text many = take(&of, TEXT(" "));
  const struct text digest = take(&of, TEXT(" "));
  if (!text_to_i64(first, &from) || !text_to_i64(last, &to) ||
      !text_to_i64(many, &count) || from < 1 || to < from ||
      count != to - from + 1 || digest.len != AUDIT_DIGEST) {
    return false;
  }
  *out = (struct audit_removal){.from = (uint64_t)from, .to = (uint64_t)to};
  memcpy(out->digest, digest.ptr, AUDIT_DIGEST);
  return true;
}
