#include "vault/vault.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/varint.h"
#include "vault/vault_priv.h"

bool key_is_erased(const uint8_t key[KEY_BYTES]) {
  static const uint8_t zeros[KEY_BYTES];
  return memcmp(key, zeros, KEY_BYTES) == 0;
}

static void lock(struct vault *v) {
  bt_check(pthread_mutex_lock(&v->lock) == 0);
}

static void unlock(struct vault *v) {
  bt_check(pthread_mutex_unlock(&v->lock) == 0);
}

/* ---- keys of sessions that go on */

static bool is_same(const void *ctx, uint32_t place, const void *session) {
  const struct vault *v = ctx;
  return id_equal(v->keys[place].session, *(const struct id *)session);
}

static struct held_key *find(struct vault *v, struct id session) {
  const uint32_t place = map_get(&v->by_session, id_hash(session), &session);
  return place == MAP_NONE ? NULL : &v->keys[place];
}

static bool find_place(struct vault *v, uint32_t *place) {
  if (v->free_count > 0) {
    *place = v->free_places[--v->free_count];
    return true;
  }
  if (!mem_grow(v->mem, &v->keys, &v->key_cap, v->key_count + 1,
                sizeof *v->keys)) {
    return false;
  }
  *place = (uint32_t)v->key_count++;
  return true;
}

static struct held_key *hold(struct vault *v, uint64_t number,
                             const struct slot *slot, struct id session) {
  uint32_t place = 0;
  if (!map_reserve(&v->by_session, 1) || !find_place(v, &place)) {
    return NULL;
  }
  struct held_key *key = &v->keys[place];
  key->session = session;
  key->slot = number;
  memcpy(key->key, slot->key, KEY_BYTES);
  bt_check(map_put(&v->by_session, id_hash(session), place));
  return key;
}

/* It has ended: its key is read from the disk if it is looked at again. */
static void forget(void *ctx, struct id session) {
  struct vault *v = ctx;
  lock(v);
  const uint32_t place = map_get(&v->by_session, id_hash(session), &session);
  if (place != MAP_NONE && mem_grow(v->mem, &v->free_places, &v->free_cap,
                                    v->free_count + 1, sizeof place)) {
    bt_check(map_remove(&v->by_session, id_hash(session), place));
    OPENSSL_cleanse(&v->keys[place], sizeof v->keys[place]);
    v->free_places[v->free_count++] = place;
  }
  unlock(v);
}

/* ---- sealing */

static enum bt_err take_key(struct vault *v, struct id session,
                            struct held_key **out) {
  struct slot slot;
  uint64_t number = 0;
  const enum bt_err err = slots_take(v, session, &number, &slot);
  if (err != BT_ERR_OK) {
    return err;
  }
  *out = hold(v, number, &slot, session);
  return *out == NULL ? BT_ERR_NOMEM : BT_ERR_OK;
}

/* What is said in a session that was erased is not kept. */
static enum bt_err close_content(void *ctx, struct id session,
                                 struct text content, struct textbuf *out) {
  struct vault *v = ctx;
  struct held_key *key = find(v, session);
  if (!v->loaded) {
    slots_forget_ahead(v);
    v->loaded = true;
  }
  if (key == NULL) {
    const enum bt_err err = take_key(v, session, &key);
    if (err != BT_ERR_OK) {
      return err;
    }
  }
  varint_put(out, key->slot);
  return key_is_erased(key->key) ? BT_ERR_OK
                                 : cipher_close(v, key, content, out);
}

/* ---- opening */

/* While the journal is loaded: sessions that go on, and what a loss of power
 * took from the slots. */
static enum bt_err learn(struct vault *v, uint64_t number,
                         const struct slot *slot, struct id session) {
  if (!v->read_only && id_is_null(slot->session)) {
    const enum bt_err err = slots_own(v, number, session);
    if (err != BT_ERR_OK) {
      return err;
    }
  }
  return hold(v, number, slot, session) == NULL ? BT_ERR_NOMEM : BT_ERR_OK;
}

static enum bt_err find_key(struct vault *v, uint64_t number, struct id session,
                            struct held_key *out) {
  const struct held_key *held = find(v, session);
  struct slot slot;
  if (held != NULL && held->slot == number) {
    *out = *held;
    return BT_ERR_OK;
  }
  enum bt_err err = slots_read(v, number, &slot);
  if (err == BT_ERR_OK && held == NULL && !v->loaded) {
    err = learn(v, number, &slot, session);
  }
  *out = (struct held_key){.session = session, .slot = number};
  memcpy(out->key, slot.key, KEY_BYTES);
  return err;
}

static enum bt_err open_content(void *ctx, struct id session,
                                struct text sealed, struct textbuf *out) {
  struct vault *v = ctx;
  struct held_key key;
  uint64_t number = 0;
  if (!varint_take(&sealed, &number)) {
    return BT_ERR_CORRUPT;
  }
  if (v->fd < 0) {
    return BT_ERR_NOT_FOUND;
  }
  enum bt_err err = find_key(v, number, session, &key);
  if (err == BT_ERR_OK) {
    err = key_is_erased(key.key) || sealed.len == 0
              ? BT_ERR_NOT_FOUND
              : cipher_open(v, &key, sealed, out);
  }
  OPENSSL_cleanse(&key, sizeof key);
  return err;
}

/* ---- the journal's side */

static enum bt_err seal_for_journal(void *ctx, enum journal_part part,
                                    struct text bytes, struct textbuf *out) {
  struct vault *v = ctx;
  lock(v);
  enum bt_err err = part == JOURNAL_BATCH ? seal_batch(&v->seal, bytes, out)
                                          : seal_snapshot(&v->seal, bytes, out);
  if (err == BT_ERR_OK && part == JOURNAL_SNAPSHOT) {
    err = slots_settle(v);
  }
  unlock(v);
  return err;
}

static enum bt_err open_for_journal(void *ctx, enum journal_part part,
                                    struct text bytes, struct textbuf *out) {
  struct vault *v = ctx;
  lock(v);
  const enum bt_err err = part == JOURNAL_BATCH
                              ? seal_open_batch(&v->seal, bytes, out)
                              : seal_open_snapshot(&v->seal, bytes, out);
  unlock(v);
  return err;
}

const struct journal_cover *vault_cover(struct vault *v) {
  return &v->cover;
}

const struct seal *vault_seal(const struct vault *v) {
  return &v->seal;
}

/* ---- erasing */

/* No key of theirs is used from here on, nor any that was read ahead. Returns
 * how many slots there are: one that is taken later is none of these sessions'.
 */
static uint64_t stop_using(struct vault *v, const struct id *sessions,
                           size_t count) {
  lock(v);
  for (size_t i = 0; i < count; i++) {
    struct held_key *key = find(v, sessions[i]);
    if (key != NULL) {
      OPENSSL_cleanse(key->key, KEY_BYTES);
    }
  }
  slots_forget_ahead(v);
  v->loaded = true;
  const uint64_t slots = v->slots;
  unlock(v);
  return slots;
}

enum bt_err vault_erase(struct vault *v, const struct id *sessions,
                        size_t count, struct vault_erased *out) {
  struct slots_erasing e = {.vault = v, .count = count};
  *out = e.done;
  if (count == 0) {
    return BT_ERR_OK;
  }
  struct id *sorted = mem_new(v->mem, count * sizeof *sorted);
  if (sorted == NULL) {
    return BT_ERR_NOMEM;
  }
  memcpy(sorted, sessions, count * sizeof *sorted);
  qsort(sorted, count, sizeof *sorted, slots_compare);
  e.slots = stop_using(v, sessions, count);
  e.sorted = sorted;
  const enum bt_err err = slots_erase(&e);
  mem_free(v->mem, sorted, count * sizeof *sorted);
  *out = e.done;
  return err;
}

/* ---- life */

static enum bt_err explain(const char *path, enum bt_err err,
                           struct vault_error *why) {
  const char *cure =
      err == BT_ERR_BUSY
          ? "another process uses it. Stop it, or use another directory"
          : bt_err_text(err);
  (void)snprintf(why->text, sizeof why->text,
                 "%s: %s. It holds the keys of what the journal keeps of each "
                 "session; put back the file that belongs to this journal.",
                 path, cure);
  return err;
}

static enum bt_err start(struct vault *v, const struct vault_options *o,
                         struct vault_error *why) {
  v->cipher = EVP_CIPHER_CTX_new();
  v->wrapping = EVP_CIPHER_CTX_new();
  if (v->cipher == NULL || v->wrapping == NULL ||
      EVP_EncryptInit_ex(v->cipher, EVP_aes_256_gcm(), NULL, NULL, NULL) != 1) {
    return explain(o->path, BT_ERR_NOMEM, why);
  }
  const enum bt_err err = slots_open(v, o->path, &o->master);
  if (err != BT_ERR_OK) {
    return explain(o->path, err, why);
  }
  return v->fd < 0 ? BT_ERR_OK : header_settle(v, o, why);
}

enum bt_err vault_open(const struct mem *mem,
                       const struct vault_options *options, struct vault **out,
                       struct vault_error *why) {
  struct vault *v = mem_new(mem, sizeof *v);
  if (v == NULL) {
    return explain(options->path, BT_ERR_NOMEM, why);
  }
  v->mem = mem;
  v->fd = -1;
  v->read_only = options->read_only;
  v->seal = (struct seal){v, close_content, open_content};
  v->cover =
      (struct journal_cover){v, seal_for_journal, open_for_journal, forget};
  map_init(&v->by_session, mem, is_same, v);
  bt_check(pthread_mutex_init(&v->lock, NULL) == 0);
  const enum bt_err err = start(v, options, why);
  if (err != BT_ERR_OK) {
    vault_close(v);
    return err;
  }
  *out = v;
  return BT_ERR_OK;
}

bool vault_is_locked(const struct vault *v) {
  return v->locked;
}

enum bt_err vault_look(const struct mem *mem, const char *path,
                       struct vault_status *out, struct vault_error *why) {
  const struct vault_options options = {.path = path, .read_only = true};
  struct vault *v = NULL;
  enum bt_err err = vault_open(mem, &options, &v, why);
  if (err != BT_ERR_OK) {
    return err;
  }
  err = v->fd < 0 ? BT_ERR_NOT_FOUND : header_status(v, out);
  vault_close(v);
  return err == BT_ERR_OK ? err : explain(path, err, why);
}

void vault_close(struct vault *v) {
  if (v == NULL) {
    return;
  }
  if (v->fd >= 0) {
    (void)close(v->fd);
  }
  EVP_CIPHER_CTX_free(v->cipher);
  EVP_CIPHER_CTX_free(v->wrapping);
  OPENSSL_cleanse(&v->master, sizeof v->master);
  slots_forget_ahead(v);
  if (v->key_cap > 0) {
    OPENSSL_cleanse(v->keys, v->key_cap * sizeof *v->keys);
  }
  mem_free(v->mem, v->keys, v->key_cap * sizeof *v->keys);
  mem_free(v->mem, v->free_places, v->free_cap * sizeof *v->free_places);
  map_free(&v->by_session);
  (void)pthread_mutex_destroy(&v->lock);
  mem_free(v->mem, v, sizeof *v);
}
