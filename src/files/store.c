#include "files/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/json.h"

enum { MODE_DIR = 0700, MODE_FILE = 0600, HEAD_DEPTH = 4, READ_STEP = 65536 };

static enum bt_err of_errno(void) {
  return errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? BT_ERR_FULL
         : errno == ENOENT                                    ? BT_ERR_NOT_FOUND
                                                              : BT_ERR_IO;
}

/* ---- paths */

struct path {
  char folder[PATH_MAX], file[PATH_MAX], part[PATH_MAX];
};

static bool fits(int n) {
  return n > 0 && n < PATH_MAX;
}

static bool path_make(const struct file_place *at, struct text id,
                      struct path *out) {
  char session[ID_TEXT_LEN];
  id_to_text(at->session, session);
  return fits(snprintf(out->folder, PATH_MAX, "%s/%.*s", at->dir, ID_TEXT_LEN,
                       session)) &&
         fits(snprintf(out->file, PATH_MAX, "%s/%.*s/%.*s", at->dir,
                       ID_TEXT_LEN, session, TEXT_ARG(id))) &&
         fits(snprintf(out->part, PATH_MAX, "%s/%.*s/part.XXXXXX", at->dir,
                       ID_TEXT_LEN, session));
}

bool file_is_id(struct text id) {
  for (size_t i = 0; i < id.len; i++) {
    if (hex_value(id.ptr[i]) < 0 || (id.ptr[i] >= 'A' && id.ptr[i] <= 'F')) {
      return false;
    }
  }
  return id.len == FILE_ID_TEXT;
}

static enum bt_err sync_folder(const char *path) {
  const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) {
    return of_errno();
  }
  const enum bt_err err = fsync(fd) == 0 ? BT_ERR_OK : of_errno();
  (void)close(fd);
  return err;
}

/* A folder that is new is known to the disk, too. */
static enum bt_err make_folder(const char *path, const char *above) {
  if (mkdir(path, MODE_DIR) != 0) {
    return errno == EEXIST ? BT_ERR_OK : of_errno();
  }
  return sync_folder(above);
}

static enum bt_err make_folders(const struct file_place *at,
                                const struct path *p) {
  char above[PATH_MAX];
  (void)snprintf(above, sizeof above, "%s", at->dir);
  char *slash = strrchr(above, '/');
  if (slash != NULL) {
    *slash = '\0';
  }
  const enum bt_err err =
      make_folder(at->dir, slash == NULL || slash == above ? "." : above);
  return err == BT_ERR_OK ? make_folder(p->folder, at->dir) : err;
}

/* ---- keeping */

void file_write_head(const struct file_head *head, struct textbuf *out) {
  struct json_out o;
  json_out_init(&o, out);
  json_open_object(&o);
  json_key(&o, "name");
  json_put_text(&o, head->name);
  json_key(&o, "type");
  json_put_text(&o, head->type);
  json_key(&o, "size");
  json_put_u64(&o, head->size);
  json_close_object(&o);
  textbuf_add_char(out, '\n');
}

static enum bt_err write_all(int fd, struct text bytes) {
  while (bytes.len > 0) {
    const ssize_t n = write(fd, bytes.ptr, bytes.len);
    if (n < 0 && errno != EINTR) {
      return of_errno();
    }
    bytes = text_sub(bytes, n < 0 ? 0 : (size_t)n, bytes.len);
  }
  return fsync(fd) == 0 ? BT_ERR_OK : of_errno();
}

/* Under its own name only when it is whole. */
static enum bt_err write_file(struct path *p, struct text whole) {
  const int fd = mkostemp(p->part, O_CLOEXEC);
  if (fd < 0) {
    return of_errno();
  }
  enum bt_err err = write_all(fd, whole);
  if (close(fd) != 0 && err == BT_ERR_OK) {
    err = of_errno();
  }
  if (err == BT_ERR_OK && rename(p->part, p->file) != 0) {
    err = of_errno();
  }
  if (err != BT_ERR_OK) {
    (void)unlink(p->part);
    return err;
  }
  return sync_folder(p->folder);
}

/* Is there room for so many bytes more in the session's folder? */
static bool has_room(const struct path *p, size_t more) {
  DIR *folder = opendir(p->folder);
  const struct dirent *one = NULL;
  struct stat st;
  size_t count = 0;
  uint64_t bytes = more;
  if (folder == NULL) {
    return true; /* it is not there yet; or writing says what is wrong */
  }
  while ((one = readdir(folder)) != NULL) {
    if (one->d_name[0] != '.' &&
        fstatat(dirfd(folder), one->d_name, &st, 0) == 0) {
      bytes += (uint64_t)st.st_size;
      count++;
    }
  }
  (void)closedir(folder);
  return count < FILES_MAX && bytes <= FILES_BYTES_MAX;
}

static void name_by_content(struct text whole, char id[FILE_ID_TEXT]) {
  uint8_t sum[DIGEST_SHA256_SIZE];
  digest_sha256(whole, sum);
  hex_write(sum, sizeof sum, id);
}

enum bt_err file_keep(const struct file_place *at, struct text whole,
                      char id[FILE_ID_TEXT], bool *fresh) {
  char name[FILE_ID_TEXT];
  struct path p;
  struct stat st;
  name_by_content(whole, name);
  if (!path_make(at, (struct text){name, sizeof name}, &p)) {
    return BT_ERR_RANGE;
  }
  const bool there =
      stat(p.file, &st) == 0 && (uint64_t)st.st_size == whole.len;
  if (!there && !has_room(&p, whole.len)) {
    return BT_ERR_RANGE;
  }
  enum bt_err err = there ? BT_ERR_OK : make_folders(at, &p);
  if (!there && err == BT_ERR_OK) {
    err = write_file(&p, whole);
  }
  if (err == BT_ERR_OK) {
    memcpy(id, name, sizeof name);
    *fresh = !there;
  }
  return err == BT_ERR_NOT_FOUND ? BT_ERR_IO : err;
}

void file_drop(const struct file_place *at, struct text id) {
  struct path p;
  if (file_is_id(id) && path_make(at, id, &p)) {
    (void)unlink(p.file);
  }
}

static bool drop_each(DIR *folder) {
  const struct dirent *one = NULL;
  bool good = true;
  while ((one = readdir(folder)) != NULL) {
    const bool is_dots =
        strcmp(one->d_name, ".") == 0 || strcmp(one->d_name, "..") == 0;
    good = good && (is_dots || unlinkat(dirfd(folder), one->d_name, 0) == 0);
  }
  return good;
}

enum bt_err file_drop_all(const struct file_place *at) {
  struct path p;
  if (!path_make(at, TEXT(""), &p)) {
    return BT_ERR_RANGE;
  }
  DIR *folder = opendir(p.folder);
  if (folder == NULL) {
    return errno == ENOENT ? BT_ERR_OK : BT_ERR_IO;
  }
  const bool good = drop_each(folder);
  (void)closedir(folder);
  return good && rmdir(p.folder) == 0 ? BT_ERR_OK : BT_ERR_IO;
}

enum bt_err file_sync_drops(const char *dir) {
  const enum bt_err err = sync_folder(dir);
  return err == BT_ERR_NOT_FOUND ? BT_ERR_OK : err; /* none was ever kept */
}

/* ---- reading */

static enum bt_err slurp(const char *path, struct textbuf *out) {
  const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) {
    return of_errno();
  }
  enum bt_err err = BT_ERR_OK;
  ssize_t n = 1;
  while (n != 0 && err == BT_ERR_OK) {
    if (!textbuf_reserve(out, READ_STEP)) {
      err = BT_ERR_NOMEM;
      break;
    }
    n = read(fd, out->ptr + out->len, READ_STEP);
    if (n < 0 && errno != EINTR) {
      err = of_errno();
    }
    out->len += n > 0 ? (size_t)n : 0;
  }
  (void)close(fd);
  return err;
}

static enum bt_err read_head(struct file_read *f) {
  const struct text whole = textbuf_text(&f->whole);
  const size_t end = text_find(whole, TEXT("\n"), 0);
  struct json *tree = NULL;
  const enum bt_err err =
      json_parse(f->arena, text_sub(whole, 0, end), HEAD_DEPTH, &tree, NULL);
  if (err != BT_ERR_OK) {
    return err == BT_ERR_NOMEM ? err : BT_ERR_CORRUPT;
  }
  const struct json *name = json_member(tree, TEXT("name"));
  const struct json *type = json_member(tree, TEXT("type"));
  if (name == NULL || type == NULL || name->type != JSON_TEXT ||
      type->type != JSON_TEXT) {
    return BT_ERR_CORRUPT;
  }
  f->bytes = text_sub(whole, end + 1, whole.len);
  f->head = (struct file_head){name->text, type->text, f->bytes.len};
  return BT_ERR_OK;
}

enum bt_err file_read(const struct file_place *at, struct text id,
                      struct file_read *out) {
  struct path p;
  char sum[FILE_ID_TEXT];
  if (!file_is_id(id) || !path_make(at, id, &p)) {
    return BT_ERR_NOT_FOUND;
  }
  const enum bt_err err = slurp(p.file, &out->whole);
  if (err != BT_ERR_OK) {
    return err;
  }
  name_by_content(textbuf_text(&out->whole), sum);
  return memcmp(sum, id.ptr, sizeof sum) == 0 ? read_head(out) : BT_ERR_CORRUPT;
}
