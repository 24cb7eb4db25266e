/* Reading the log: is it whole, and who did what. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/audit_priv.h"
#include "base/calendar.h"

/* ---- is it whole? */

struct verifying {
  struct text noted;
  bool noted_seen;
  struct audit_report *out;
};

static enum bt_err of_errno(void) {
  return errno == ENOENT ? BT_ERR_NOT_FOUND : BT_ERR_IO;
}

static bool take(struct verifying *v, struct text line) {
  const char *why = "its line does not end: the file was cut off";
  struct audit_report *r = v->out;
  const bool whole = text_ends(line, TEXT("\n"));
  if (whole &&
      audit_take_line(text_sub(line, 0, line.len - 1), &r->head, &why)) {
    v->noted_seen |= text_equal(v->noted, text_from(r->head.digest));
    return true;
  }
  r->line = r->head.entries + 1;
  (void)snprintf(r->why, sizeof r->why, "%s", why);
  return false;
}

static enum bt_err verify(FILE *file, struct verifying *v) {
  char line[AUDIT_LINE_MAX + 2];
  while (fgets(line, sizeof line, file) != NULL) {
    if (!take(v, text_from(line))) {
      return BT_ERR_CORRUPT;
    }
  }
  if (ferror(file) != 0) {
    return BT_ERR_IO;
  }
  if (v->noted.len > 0 && !v->noted_seen) {
    (void)snprintf(v->out->why, sizeof v->out->why,
                   "no entry has the digest that was noted: the end was cut "
                   "off, or the log was written anew");
    return BT_ERR_CORRUPT;
  }
  return BT_ERR_OK;
}

enum bt_err audit_verify(const char *path, struct text noted,
                         struct audit_report *out) {
  *out = (struct audit_report){.head = audit_no_head()};
  struct verifying v = {.noted = noted, .out = out};
  FILE *file = fopen(path, "re");
  if (file == NULL) {
    return of_errno();
  }
  const enum bt_err err = verify(file, &v);
  (void)fclose(file);
  return err;
}

/* ---- who did what? From the end, a block at a time. */

struct looking {
  const struct audit_query *query;
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
  return !fits(l->query, entry, head.entries) ||
         l->fn(l->ctx, head.entries, line);
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
  const enum bt_err err = l->from > 0 ? read_before(l) : BT_ERR_OK;
  const char *end = memrchr(l->bytes, '\n', l->len);
  l->len = end == NULL ? 0 : (size_t)(end - l->bytes) + 1;
  return err;
}

enum bt_err audit_find(const struct mem *mem, const char *path,
                       const struct audit_query *q, audit_fn *fn, void *ctx) {
  struct looking *l = mem_new(mem, sizeof *l);
  if (l == NULL) {
    return BT_ERR_NOMEM;
  }
  l->query = q;
  l->fn = fn;
  l->ctx = ctx;
  arena_init(&l->arena, mem, 0);
  enum bt_err err = start(l, path);
  if (err == BT_ERR_OK) {
    err = look(l);
  }
  if (l->fd >= 0) {
    (void)close(l->fd);
  }
  arena_free(&l->arena);
  mem_free(mem, l, sizeof *l);
  return err;
}
