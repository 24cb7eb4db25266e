/* The file of keys. */
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vault/vault_priv.h"

enum {
  MODE_FILE = 0600,
  CHUNK_SLOTS = 1024,
  PAGE_SLOTS = 4096 / SLOT_BYTES /* of the smallest page of a system */
};

static enum bt_err of_errno(void) {
  return errno == ENOSPC || errno == EDQUOT ? BT_ERR_FULL : BT_ERR_IO;
}

off_t slots_place(uint64_t slot) {
  return (off_t)(slot + 1) * SLOT_BYTES;
}

enum bt_err slots_write_at(const struct vault *v, off_t at, const void *bytes,
                           size_t size) {
  const char *from = bytes;
  while (size > 0) {
    const ssize_t n = pwrite(v->fd, from, size, at);
    if (n < 0 && errno != EINTR) {
      return of_errno();
    }
    from += n > 0 ? n : 0;
    at += n > 0 ? n : 0;
    size -= n > 0 ? (size_t)n : 0;
  }
  return BT_ERR_OK;
}

enum bt_err slots_read_at(const struct vault *v, off_t at, void *bytes,
                          size_t size) {
  ssize_t n;
  do {
    n = pread(v->fd, bytes, size, at);
  } while (n < 0 && errno == EINTR);
  return n == (ssize_t)size ? BT_ERR_OK : BT_ERR_IO;
}

enum bt_err slots_sync(struct vault *v) {
  if (fdatasync(v->fd) == 0) {
    return BT_ERR_OK;
  }
  const enum bt_err err = of_errno();
  atomic_store(&v->doubtful, true);
  return err;
}

/* A byte of each page is written over with what it is, so that the page is to
 * be written again. It is one of a session's id: those are written under the
 * lock alone, and keys are not. */
static enum bt_err touch_pages(struct vault *v) {
  enum bt_err err = BT_ERR_OK;
  for (uint64_t slot = 0; slot < v->slots && err == BT_ERR_OK;
       slot += PAGE_SLOTS) {
    char byte;
    err = slots_read_at(v, slots_place(slot), &byte, 1);
    if (err == BT_ERR_OK) {
      err = slots_write_at(v, slots_place(slot), &byte, 1);
    }
  }
  return err;
}

enum bt_err slots_settle(struct vault *v) {
  if (atomic_exchange(&v->doubtful, false)) {
    const enum bt_err err = touch_pages(v);
    if (err != BT_ERR_OK) {
      atomic_store(&v->doubtful, true);
      return err;
    }
  }
  return slots_sync(v);
}

static enum bt_err make_key(const struct vault *v, uint8_t out[REST_BYTES]) {
  uint8_t key[KEY_BYTES];
  if (!v->master.given) {
    return RAND_priv_bytes(out, KEY_BYTES) == 1 ? BT_ERR_OK : BT_ERR_IO;
  }
  const enum bt_err err = RAND_priv_bytes(key, KEY_BYTES) == 1
                              ? master_wrap(v->wrapping, &v->master, key, out)
                              : BT_ERR_IO;
  OPENSSL_cleanse(key, sizeof key);
  return err;
}

/* Further keys, on disk before the first of them is used. */
static enum bt_err grow(struct vault *v) {
  uint8_t fresh[SLOTS_AT_ONCE / 16][SLOT_BYTES];
  const size_t count = sizeof fresh / SLOT_BYTES;
  enum bt_err err = BT_ERR_OK;
  for (uint64_t done = 0; done < SLOTS_AT_ONCE && err == BT_ERR_OK;
       done += count) {
    memset(fresh, 0, sizeof fresh);
    for (size_t i = 0; i < count && err == BT_ERR_OK; i++) {
      err = make_key(v, fresh[i] + ID_BYTES);
    }
    if (err == BT_ERR_OK) {
      err =
          slots_write_at(v, slots_place(v->slots + done), fresh, sizeof fresh);
    }
  }
  OPENSSL_cleanse(fresh, sizeof fresh);
  if (err == BT_ERR_OK) {
    err = slots_sync(v);
  }
  v->slots += err == BT_ERR_OK ? SLOTS_AT_ONCE : 0;
  return err;
}

static enum bt_err sync_folder(const char *path) {
  char folder[4096];
  const char *slash = strrchr(path, '/');
  const size_t len = slash == NULL ? 0 : (size_t)(slash - path);
  if (len >= sizeof folder) {
    return BT_ERR_IO;
  }
  memcpy(folder, path, len);
  memcpy(folder + len, len == 0 ? "." : "", len == 0 ? 2 : 1);
  const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool good = fd >= 0 && fsync(fd) == 0;
  if (fd >= 0) {
    (void)close(fd);
  }
  return good ? BT_ERR_OK : BT_ERR_IO;
}

/* ---- one slot */

/* Sessions that were opened one after the other have slots side by side. */
static enum bt_err look_ahead(struct vault *v, uint64_t slot) {
  if (slot - v->ahead_from < v->ahead_count) {
    return BT_ERR_OK;
  }
  const uint64_t left = v->slots - slot;
  const uint64_t count = left < SLOTS_AHEAD ? left : SLOTS_AHEAD;
  const enum bt_err err =
      slots_read_at(v, slots_place(slot), v->ahead, (size_t)count * SLOT_BYTES);
  v->ahead_from = slot;
  v->ahead_count = err == BT_ERR_OK ? count : 0;
  return err;
}

static enum bt_err open_key(const struct vault *v,
                            const uint8_t rest[REST_BYTES],
                            uint8_t out[KEY_BYTES]) {
  if (v->locked || key_is_erased(rest)) {
    memset(out, 0, KEY_BYTES);
    return BT_ERR_OK;
  }
  if (!v->master.given) {
    memcpy(out, rest, KEY_BYTES);
    return BT_ERR_OK;
  }
  return master_unwrap(v->wrapping, &v->master, rest, out) ? BT_ERR_OK
                                                           : BT_ERR_CORRUPT;
}

enum bt_err slots_read(struct vault *v, uint64_t slot, struct slot *out) {
  uint8_t bytes[SLOT_BYTES];
  if (slot >= v->slots) {
    return BT_ERR_CORRUPT;
  }
  const enum bt_err err =
      v->loaded ? slots_read_at(v, slots_place(slot), bytes, sizeof bytes)
                : look_ahead(v, slot);
  if (err == BT_ERR_OK) {
    const uint8_t *from = v->loaded ? bytes : v->ahead[slot - v->ahead_from];
    out->session = id_from_bytes(from);
    return open_key(v, from + ID_BYTES, out->key);
  }
  return err;
}

void slots_forget_ahead(struct vault *v) {
  OPENSSL_cleanse(v->ahead, sizeof v->ahead);
  v->ahead_count = 0;
}

enum bt_err slots_own(struct vault *v, uint64_t slot, struct id session) {
  uint8_t bytes[ID_BYTES];
  id_to_bytes(session, bytes);
  const enum bt_err err =
      slots_write_at(v, slots_place(slot), bytes, sizeof bytes);
  v->next = err == BT_ERR_OK && slot >= v->next ? slot + 1 : v->next;
  return err;
}

/* A slot without a key is one that a loss of power left half made. */
enum bt_err slots_take(struct vault *v, struct id session, uint64_t *slot,
                       struct slot *out) {
  enum bt_err err = BT_ERR_OK;
  do {
    if (v->next == v->slots) {
      err = grow(v);
    }
    *slot = v->next;
    if (err == BT_ERR_OK) {
      err = slots_read(v, *slot, out);
    }
    v->next += err == BT_ERR_OK;
  } while (err == BT_ERR_OK && key_is_erased(out->key));
  return err == BT_ERR_OK ? slots_own(v, *slot, session) : err;
}

/* ---- all of them */

enum bt_err slots_each(const struct vault *v, uint64_t slots, slot_fn *fn,
                       void *ctx) {
  uint8_t bytes[CHUNK_SLOTS][SLOT_BYTES];
  enum bt_err err = BT_ERR_OK;
  for (uint64_t at = 0; at < slots && err == BT_ERR_OK; at += CHUNK_SLOTS) {
    const uint64_t left = slots - at;
    const size_t count = left < CHUNK_SLOTS ? (size_t)left : CHUNK_SLOTS;
    err = slots_read_at(v, slots_place(at), bytes, count * SLOT_BYTES);
    for (size_t i = 0; i < count && err == BT_ERR_OK; i++) {
      err = fn(ctx, at + i, bytes[i]);
    }
  }
  OPENSSL_cleanse(bytes, sizeof bytes);
  return err;
}

int slots_compare(const void *a, const void *b) {
  return id_compare(*(const struct id *)a, *(const struct id *)b);
}

static enum bt_err erase_slot(void *ctx, uint64_t slot, const uint8_t *bytes) {
  static const uint8_t zeros[REST_BYTES];
  struct slots_erasing *e = ctx;
  const struct id session = id_from_bytes(bytes);
  if (bsearch(&session, e->sorted, e->count, sizeof session, slots_compare) ==
      NULL) {
    return BT_ERR_OK;
  }
  /* Zeros in memory may not be on the disk: they are written again. */
  e->done.known++;
  e->done.keys += !key_is_erased(bytes + ID_BYTES);
  return slots_write_at(e->vault, slots_place(slot) + ID_BYTES, zeros,
                        sizeof zeros);
}

enum bt_err slots_erase(struct slots_erasing *e) {
  const enum bt_err err = slots_each(e->vault, e->slots, erase_slot, e);
  return err == BT_ERR_OK ? slots_sync(e->vault) : err;
}

/* ---- opening */

static enum bt_err find_next(void *ctx, uint64_t slot, const uint8_t *bytes) {
  struct vault *v = ctx;
  v->next = id_is_null(id_from_bytes(bytes)) ? v->next : slot + 1;
  return BT_ERR_OK;
}

static enum bt_err make(struct vault *v, const char *path,
                        const struct vault_master *master) {
  v->master = *master;
  enum bt_err err = header_write_new(v, master);
  if (err == BT_ERR_OK) {
    err = grow(v);
  }
  return err == BT_ERR_OK ? sync_folder(path) : err;
}

static enum bt_err look(struct vault *v, off_t size) {
  const enum bt_err err = header_check(v);
  v->slots = (uint64_t)size / SLOT_BYTES - 1;
  return err == BT_ERR_OK ? slots_each(v, v->slots, find_next, v) : err;
}

/* One process alone writes it: another would give out the same keys. */
static enum bt_err lock_file(const struct vault *v) {
  if (v->read_only || flock(v->fd, LOCK_EX | LOCK_NB) == 0) {
    return BT_ERR_OK;
  }
  return errno == EWOULDBLOCK ? BT_ERR_BUSY : BT_ERR_IO;
}

enum bt_err slots_open(struct vault *v, const char *path,
                       const struct vault_master *master) {
  struct stat st;
  v->fd = open(
      path, v->read_only ? O_RDONLY | O_CLOEXEC : O_RDWR | O_CREAT | O_CLOEXEC,
      MODE_FILE);
  if (v->fd < 0) {
    return v->read_only && errno == ENOENT ? BT_ERR_OK : of_errno();
  }
  const enum bt_err err = lock_file(v);
  if (err != BT_ERR_OK) {
    return err;
  }
  if (fstat(v->fd, &st) != 0) {
    return BT_ERR_IO;
  }
  if (st.st_size >= SLOT_BYTES) {
    return look(v, st.st_size);
  }
  return v->read_only ? BT_ERR_FOREIGN : make(v, path, master);
}
