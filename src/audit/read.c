/* Reading the log: is it whole, and who did what. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/audit_priv.h"
#include "base/calendar.h"

enum { TRIES = 5 };

/* ---- is it whole? */

struct verifying {
  const struct mem *mem;
  struct text noted;
  bool noted_seen;
  bool begun; /* the first line was taken */
  /* Before the first line: what an entry must say was removed. */
  bool wants_removal;
  struct audit_head before;
  struct audit_report *out;
};

static enum bt_err of_errno(void) {
  return errno == ENOENT ? BT_ERR_NOT_FOUND : BT_ERR_IO;
}

__attribute__((format(printf, 2, 3))) static enum bt_err
broken(struct verifying *v, const char *format, ...) {
  va_list args;
  va_start(args, format);
  (void)vsnprintf(v->out->why, sizeof v->out->why, format, args);
  va_end(args);
  return BT_ERR_CORRUPT;
}

/* The first line that is left may be the first of a later file: then it says
 * with which digest the one before ended. */
static void begin(struct verifying *v, struct text line) {
  struct audit_line first;
  v->begun = true;
  if (audit_read_line(v->mem, line, &first) == BT_ERR_OK &&
      first.before[0] != '\0' && first.head.entries > 1) {
    v->before.entries = first.head.entries - 1;
    memcpy(v->before.digest, first.before, sizeof first.before);
    v->wants_removal = true;
    v->out->head = v->before;
    v->out->removed = v->before.entries;
    v->noted_seen |= text_equal(v->noted, text_from(v->before.digest));
  }
}

/* Does the entry say that what is missing was removed? */
static void look_for_removal(struct verifying *v, struct text line) {
  struct arena arena;
  struct json *entry = NULL;
  struct audit_head head;
  struct audit_removal removal;
  if (!v->wants_removal ||
      text_find(line, TEXT("\"what\":\"auditRemoved\""), 0) == line.len) {
    return;
  }
  arena_init(&arena, v->mem, 0);
  if (audit_read_end(line, &arena, &entry, &head) &&
      text_equal(json_member_text(entry, TEXT("what")), ACT_REMOVED) &&
      audit_read_removal(json_member_text(entry, TEXT("of")), &removal) &&
      removal.to == v->before.entries &&
      memcmp(removal.digest, v->before.digest, AUDIT_DIGEST) == 0) {
    v->wants_removal = false;
  }
  arena_free(&arena);
}

/* @file: its name, for people. */
static enum bt_err take(struct verifying *v, struct text line,
                        const char *file) {
  const char *why = "its line does not end: the file was cut off";
  struct audit_report *r = v->out;
  const struct text bare = text_sub(line, 0, line.len - (line.len > 0));
  const bool whole = text_ends(line, TEXT("\n"));
  if (whole && !v->begun) {
    begin(v, bare);
  }
  if (whole && audit_take_line(bare, &r->head, &why)) {
    v->noted_seen |= text_equal(v->noted, text_from(r->head.digest));
    look_for_removal(v, bare);
    return BT_ERR_OK;
  }
  r->line = r->head.entries + 1;
  return file == NULL ? broken(v, "%s", why)
                      : broken(v, "%s (in %s)", why, file);
}

static enum bt_err verify_file(struct verifying *v, FILE *file,
                               const char *name) {
  char line[AUDIT_LINE_MAX + 2];
  enum bt_err err = BT_ERR_OK;
  while (err == BT_ERR_OK && fgets(line, sizeof line, file) != NULL) {
    err = take(v, text_from(line), name);
  }
  return err == BT_ERR_OK && ferror(file) != 0 ? BT_ERR_IO : err;
}

static enum bt_err verify_end(struct verifying *v) {
  const unsigned long long removed = v->out->removed;
  if (v->wants_removal) {
    return broken(v,
                  "entries 1 to %llu are missing, and no entry says that they "
                  "were removed",
                  removed);
  }
  if (v->noted.len == 0 || v->noted_seen) {
    return BT_ERR_OK;
  }
  return removed == 0
             ? broken(v, "no entry has the digest that was noted: the end was "
                         "cut off, or the log was written anew")
             : broken(v,
                      "no entry has the digest that was noted: it was one of "
                      "the entries 1 to %llu, which were removed by their age, "
                      "or the end was cut off, or the log was written anew",
                      removed);
}

/* Sealed before @open, which is the file that bore the name when this began;
 * it may be sealed meanwhile. BT_ERR_NOT_FOUND: one of them is gone. */
static enum bt_err verify_sealed(struct verifying *v, const char *path,
                                 const struct segments *sealed, int open_fd) {
  enum bt_err err = BT_ERR_OK;
  for (size_t i = 0; i < sealed->count && err == BT_ERR_OK; i++) {
    char name[SEGMENT_PATH];
    struct stat ours, now;
    FILE *file =
        segments_path(path, sealed->first[i], name) ? fopen(name, "re") : NULL;
    if (file == NULL) {
      return of_errno();
    }
    const bool same = fstat(open_fd, &ours) == 0 &&
                      fstat(fileno(file), &now) == 0 &&
                      ours.st_ino == now.st_ino && ours.st_dev == now.st_dev;
    const char *slash = strrchr(name, '/');
    err = same ? BT_ERR_OK
               : verify_file(v, file, slash == NULL ? name : slash + 1);
    (void)fclose(file);
  }
  return err;
}

static enum bt_err verify_once(struct verifying *v, const char *path) {
  struct segments sealed;
  FILE *file = fopen(path, "re");
  if (file == NULL) {
    return of_errno();
  }
  enum bt_err err = segments_list(v->mem, path, &sealed);
  if (err == BT_ERR_OK) {
    err = verify_sealed(v, path, &sealed, fileno(file));
    err = err == BT_ERR_NOT_FOUND ? BT_ERR_BUSY : err;
    segments_free(v->mem, &sealed);
  }
  if (err == BT_ERR_OK) {
    err = verify_file(v, file, NULL);
  }
  (void)fclose(file);
  return err == BT_ERR_OK ? verify_end(v) : err;
}

/* One that was removed while it was being looked at is looked for no more. */
enum bt_err audit_verify(const struct mem *mem, const char *path,
                         struct text noted, struct audit_report *out) {
  enum bt_err err = BT_ERR_BUSY;
  for (int tries = 0; tries < TRIES && err == BT_ERR_BUSY; tries++) {
    struct verifying v = {.mem = mem, .noted = noted, .out = out};
    *out = (struct audit_report){.head = audit_no_head()};
    err = verify_once(&v, path);
  }
  return err;
}

/* ---- who did what? From the end, a block at a time. */

struct looking {
  const struct audit_query *query;
  uint64_t seen; /* the smallest number so far: no entry is given twice */
  bool enough;
  audit_fn *fn;
  void *ctx;
  int fd;
  off_t from; /* of the file: its bytes before are still to be read */
  size_t len;
  char bytes[AUDIT_BLOCK + AUDIT_LINE_MAX];
  struct arena arena;
};

static bool fits(const struct audit_query *q, const struct json *entry,
                 uint64_t number) {
  int64_t at_us = 0;
  if (number >= q->before ||
      !time_from_text(json_member_text(entry, TEXT("at")), &at_us) ||
      at_us < q->from_us || at_us >= q->to_us) {
    return false;
  }
#define X(name)                                                                \
  if (q->name.len > 0 &&                                                       \
      !text_equal(q->name, json_member_text(entry, TEXT(#name)))) {            \
    return false;                                                              \
  }
  AUDIT_TEXT_LIST(X)
#undef X
  return true;
}

/* False: enough, or *@err. */
static bool give(struct looking *l, struct text line, enum bt_err *err) {
  struct json *entry = NULL;
  struct audit_head head;
  arena_reset(&l->arena);
  if (!audit_read_end(line, &l->arena, &entry, &head)) {
    *err = BT_ERR_CORRUPT;
    return false;
  }
  if (head.entries >= l->seen) {
    return true;
  }
  l->seen = head.entries;
  l->enough =
      fits(l->query, entry, head.entries) && !l->fn(l->ctx, head.entries, line);
  return !l->enough;
}

/* The block before goes before what is left of the one that was read. */
static enum bt_err read_before(struct looking *l) {
  const size_t more = l->from < AUDIT_BLOCK ? (size_t)l->from : AUDIT_BLOCK;
  if (l->len > AUDIT_LINE_MAX) {
    return BT_ERR_CORRUPT;
  }
  memmove(l->bytes + more, l->bytes, l->len);
  const ssize_t n = pread(l->fd, l->bytes, more, l->from - (off_t)more);
  if (n < 0 || (size_t)n != more) {
    return BT_ERR_IO;
  }
  l->from -= (off_t)more;
  l->len += more;
  return BT_ERR_OK;
}

/* Where the last of the lines that were read begins; false: not among them. */
static bool find_start(const struct looking *l, size_t *at) {
  const char *before = memrchr(l->bytes, '\n', l->len - 1);
  *at = before == NULL ? 0 : (size_t)(before - l->bytes) + 1;
  return before != NULL || l->from == 0;
}

static enum bt_err look(struct looking *l) {
  enum bt_err err = BT_ERR_OK;
  size_t at = 0;
  while (err == BT_ERR_OK && (l->len > 0 || l->from > 0)) {
    if (l->len == 0 || !find_start(l, &at)) {
      err = read_before(l);
    } else if (give(l,
                    text_sub((struct text){l->bytes, l->len - 1}, at, l->len),
                    &err)) {
      l->len = at;
    } else {
      return err;
    }
  }
  return err;
}

/* Behind the last line's end something may be half written. */
static enum bt_err start(struct looking *l, const char *path) {
  struct stat st;
  l->fd = open(path, O_RDONLY | O_CLOEXEC);
  if (l->fd < 0 || fstat(l->fd, &st) != 0) {
    return of_errno();
  }
  l->from = st.st_size;
  l->len = 0;
  const enum bt_err err = l->from > 0 ? read_before(l) : BT_ERR_OK;
  const char *end = memrchr(l->bytes, '\n', l->len);
  l->len = end == NULL ? 0 : (size_t)(end - l->bytes) + 1;
  return err;
}

static enum bt_err look_in(struct looking *l, const char *path) {
  enum bt_err err = start(l, path);
  if (err == BT_ERR_OK) {
    err = look(l);
  }
  if (l->fd >= 0) {
    (void)close(l->fd);
  }
  return err;
}

/* The open file first: when it is sealed meanwhile it is met once more, and its
 * entries are not given twice. A sealed one that has gone was the oldest. */
static enum bt_err look_everywhere(struct looking *l, const struct mem *mem,
                                   const char *path) {
  struct segments sealed;
  enum bt_err err = look_in(l, path);
  if (err != BT_ERR_OK || l->enough) {
    return err;
  }
  err = segments_list(mem, path, &sealed);
  for (size_t i = sealed.count; i-- > 0 && err == BT_ERR_OK && !l->enough;) {
    char name[SEGMENT_PATH];
    if (sealed.first[i] >= l->query->before) {
      continue;
    }
    err = segments_path(path, sealed.first[i], name) ? look_in(l, name)
                                                     : BT_ERR_IO;
  }
  segments_free(mem, &sealed);
  return err == BT_ERR_NOT_FOUND ? BT_ERR_OK : err;
}

enum bt_err audit_find(const struct mem *mem, const char *path,
                       const struct audit_query *q, audit_fn *fn, void *ctx) {
  struct looking *l = mem_new(mem, sizeof *l);
  if (l == NULL) {
    return BT_ERR_NOMEM;
  }
  l->query = q;
  l->seen = UINT64_MAX;
  l->fn = fn;
  l->ctx = ctx;
  arena_init(&l->arena, mem, 0);
  const enum bt_err err = look_everywhere(l, mem, path);
  arena_free(&l->arena);
  mem_free(mem, l, sizeof *l);
  return err;
}
