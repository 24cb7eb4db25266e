#include "shelf/shelf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 64 << 20, OWNER_ONLY = 0600 };

/* ---- entries */

static bool own(const struct mem *mem, struct text t, struct text *out) {
  char *copy = mem_new(mem, t.len + 1);
  if (copy == NULL) {
    return false;
  }
  if (t.len > 0) {
    memcpy(copy, t.ptr, t.len);
  }
  *out = (struct text){copy, t.len};
  return true;
}

static void disown(const struct mem *mem, struct text t) {
  union {
    const char *given;
    char *owned;
  } bytes = {.given = t.ptr};
  mem_free(mem, bytes.owned, t.len + 1);
}

static size_t find(const struct shelf *s, unsigned section, struct text key) {
  size_t i = 0;
  while (i < s->count && (s->entries[i].section != section ||
                          !text_equal(s->entries[i].key, key))) {
    i++;
  }
  return i;
}

static bool add(struct shelf *s, unsigned section, struct text key,
                struct text value) {
  struct shelf_entry e = {.section = section};
  if (!mem_grow(s->mem, &s->entries, &s->cap, s->count + 1, sizeof e) ||
      !own(s->mem, key, &e.key)) {
    return false;
  }
  if (!own(s->mem, value, &e.value)) {
    disown(s->mem, e.key);
    return false;
  }
  s->entries[s->count++] = e;
  return true;
}

static void drop(struct shelf *s, size_t i) {
  disown(s->mem, s->entries[i].key);
  disown(s->mem, s->entries[i].value);
  memmove(&s->entries[i], &s->entries[i + 1],
          (s->count - i - 1) * sizeof s->entries[i]);
  s->count--;
}

struct text shelf_get(const struct shelf *s, unsigned section,
                      struct text key) {
  const size_t i = find(s, section, key);
  return i < s->count ? s->entries[i].value : TEXT("");
}

const struct shelf_entry *shelf_next(const struct shelf *s, unsigned section,
                                     size_t *at) {
  while (*at < s->count && s->entries[*at].section != section) {
    (*at)++;
  }
  return *at < s->count ? &s->entries[(*at)++] : NULL;
}

/* ---- the file */

static void write_json(const struct shelf *s, struct textbuf *b) {
  struct json_out o;
  json_out_init(&o, b);
  json_open_object(&o);
  for (unsigned section = 0; section < s->form->section_count; section++) {
    size_t at = 0;
    json_key(&o, s->form->sections[section]);
    json_open_object(&o);
    for (const struct shelf_entry *e;
         (e = shelf_next(s, section, &at)) != NULL;) {
      json_key_text(&o, e->key);
      json_put_raw(&o, e->value);
    }
    json_close_object(&o);
  }
  json_close_object(&o);
}

static bool write_all(int fd, struct text t) {
  size_t done = 0;
  while (done < t.len) {
    const ssize_t n = write(fd, t.ptr + done, t.len - done);
    if (n < 0 && errno != EINTR) {
      return false;
    }
    done += n > 0 ? (size_t)n : 0;
  }
  return fsync(fd) == 0;
}

/* The name of a file in place is durable when its directory is. */
static bool sync_directory(const char *path) {
  char directory[PATH_MAX];
  (void)snprintf(directory, sizeof directory, "%s", path);
  char *slash = strrchr(directory, '/');
  if (slash != NULL) {
    *slash = '\0';
  }
  const int fd = open(slash == NULL ? "." : directory, O_RDONLY | O_CLOEXEC);
  const bool good = fd >= 0 && fsync(fd) == 0;
  if (fd >= 0) {
    (void)close(fd);
  }
  return good;
}

static bool put_in_place(const struct shelf *s, struct text bytes) {
  char fresh[PATH_MAX + 8];
  (void)snprintf(fresh, sizeof fresh, "%s.new", s->path);
  const int fd =
      open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, OWNER_ONLY);
  if (fd < 0) {
    return false;
  }
  const bool written = write_all(fd, bytes);
  return close(fd) == 0 && written && rename(fresh, s->path) == 0 &&
         sync_directory(s->path);
}

static enum bt_err save(const struct shelf *s) {
  struct textbuf b;
  if (s->path[0] == '\0') {
    return BT_ERR_OK;
  }
  textbuf_init(&b, s->mem);
  write_json(s, &b);
  const enum bt_err err = b.failed                            ? BT_ERR_NOMEM
                          : put_in_place(s, textbuf_text(&b)) ? BT_ERR_OK
                                                              : BT_ERR_IO;
  textbuf_free(&b);
  return err;
}

static void swap(struct shelf_entry *a, struct shelf_entry *b) {
  const struct shelf_entry kept = *a;
  *a = *b;
  *b = kept;
}

/* The new one stands at the end, and takes the old one's place. */
static enum bt_err replace(struct shelf *s, size_t old, size_t fresh) {
  const bool had = old < fresh;
  if (had) {
    swap(&s->entries[old], &s->entries[fresh]);
    s->count--; /* what was before is not written, and not lost yet */
  }
  const enum bt_err err = save(s);
  s->count += had ? 1 : 0;
  if (err != BT_ERR_OK && had) {
    swap(&s->entries[old], &s->entries[fresh]);
  }
  if (err != BT_ERR_OK || had) {
    drop(s, fresh);
  }
  return err;
}

static enum bt_err take_away(struct shelf *s, size_t old) {
  if (old == s->count) {
    return BT_ERR_OK;
  }
  swap(&s->entries[old], &s->entries[s->count - 1]);
  s->count--;
  const enum bt_err err = save(s);
  s->count++;
  if (err == BT_ERR_OK) {
    drop(s, s->count - 1);
  }
  return err;
}

enum bt_err shelf_put(struct shelf *s, unsigned section, struct text key,
                      struct text value) {
  const size_t old = find(s, section, key);
  if (value.len == 0) {
    return take_away(s, old);
  }
  if (!add(s, section, key, value)) {
    return BT_ERR_NOMEM;
  }
  return replace(s, old, s->count - 1);
}

/* ---- reading it */

static bool take_section(struct shelf *s, unsigned section,
                         const struct json *map) {
  for (const struct json *m = map == NULL ? NULL : map->first; m != NULL;
       m = m->next) {
    if (!add(s, section, m->key, m->source)) {
      return false;
    }
  }
  return true;
}

static enum bt_err take_tree(struct shelf *s, const struct json *tree) {
  for (unsigned i = 0; i < s->form->section_count; i++) {
    const struct json *map = json_member(tree, text_from(s->form->sections[i]));
    if (map != NULL && map->type != JSON_OBJECT) {
      return BT_ERR_CORRUPT;
    }
    if (!take_section(s, i, map)) {
      return BT_ERR_NOMEM;
    }
  }
  return tree->type == JSON_OBJECT ? BT_ERR_OK : BT_ERR_CORRUPT;
}

static enum bt_err parse(struct shelf *s, struct text bytes) {
  struct arena arena;
  struct json *tree = NULL;
  arena_init(&arena, s->mem, 0);
  enum bt_err err = json_parse(&arena, bytes, JSON_DEPTH_MAX, &tree, NULL);
  err = err == BT_ERR_OK      ? take_tree(s, tree)
        : err == BT_ERR_NOMEM ? err
                              : BT_ERR_CORRUPT;
  arena_free(&arena);
  return err;
}

static enum bt_err read_file(int fd, struct textbuf *b) {
  char part[4096];
  for (;;) {
    const ssize_t n = read(fd, part, sizeof part);
    if (n == 0) {
      return b->failed ? BT_ERR_NOMEM : BT_ERR_OK;
    }
    if (n < 0 && errno != EINTR) {
      return BT_ERR_IO;
    }
    textbuf_add(b, (struct text){part, n > 0 ? (size_t)n : 0});
  }
}

static enum bt_err load(struct shelf *s) {
  struct textbuf b;
  const int fd = open(s->path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return errno == ENOENT ? BT_ERR_OK : BT_ERR_IO;
  }
  textbuf_init(&b, s->mem);
  b.limit = FILE_MAX;
  enum bt_err err = read_file(fd, &b);
  (void)close(fd);
  if (err == BT_ERR_OK) {
    err = parse(s, textbuf_text(&b));
  }
  textbuf_free(&b);
  return err;
}

enum bt_err shelf_open(struct shelf *s, const struct mem *mem,
                       const struct shelf_form *form, struct text directory) {
  *s = (struct shelf){.mem = mem, .form = form};
  if (directory.len == 0) {
    return BT_ERR_OK;
  }
  const int n = snprintf(s->path, sizeof s->path, "%.*s/%s",
                         TEXT_ARG(directory), form->file);
  if (n < 0 || (size_t)n >= sizeof s->path) {
    s->path[0] = '\0';
    return BT_ERR_IO;
  }
  const enum bt_err err = load(s);
  if (err != BT_ERR_OK) {
    shelf_close(s);
  }
  return err;
}

void shelf_close(struct shelf *s) {
  while (s->count > 0) {
    drop(s, s->count - 1);
  }
  mem_free(s->mem, s->entries, s->cap * sizeof *s->entries);
  *s = (struct shelf){.mem = s->mem, .form = s->form};
}
