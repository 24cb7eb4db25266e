/* vault_priv.h - slots on the disk, keys in memory, content under keys. */
#ifndef BATON_VAULT_VAULT_PRIV_H
#define BATON_VAULT_VAULT_PRIV_H

#include <openssl/evp.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/map.h"
#include "codec/seal.h"
#include "vault/vault.h"

enum {
  SLOT_BYTES = 64, /* the header has as many */
  KEY_BYTES = VAULT_KEY,
  WRAPPED_BYTES = KEY_BYTES + 8,
  REST_BYTES = 48, /* of a slot behind the session's id */
  SLOTS_AT_ONCE = 4096,
  SLOTS_AHEAD = 256,
  NONCE_BYTES = 12,
  NONCES = 128 /* drawn at once */
};

/* The key of a session that is open, or was when the journal was loaded. */
struct held_key {
  struct id session; /* null: the place is free */
  uint64_t slot;
  uint8_t key[KEY_BYTES]; /* zeros: erased */
};

struct vault {
  const struct mem *mem;
  int fd; /* -1: there is no file */
  bool read_only;
  bool loaded;          /* something was sealed: no more is learnt */
  uint64_t next, slots; /* the slot to be taken next; how many there are */
  struct map by_session;
  struct held_key *keys;
  size_t key_count, key_cap;
  uint32_t *free_places; /* among the keys */
  size_t free_count, free_cap;
  /* While the journal is loaded: slots are read many at a time. */
  uint8_t ahead[SLOTS_AHEAD][SLOT_BYTES];
  uint64_t ahead_from, ahead_count;
  EVP_CIPHER_CTX *cipher;
  EVP_CIPHER_CTX *wrapping;
  struct vault_master master;          /* of the file as it is; or none */
  bool locked;                         /* it has one, and we do not */
  uint8_t nonces[NONCES][NONCE_BYTES]; /* random, each used once */
  size_t nonces_left;
  /* A sync failed: nobody knows what of the file the disk has, and the next
   * sync would leave out those pages. */
  atomic_bool doubtful;
  pthread_mutex_t lock; /* around all of it */
  struct seal seal;
  struct journal_cover cover;
};

bool key_is_erased(const uint8_t key[KEY_BYTES]);

/* ---- master.c */

/* BT_ERR_NOMEM. */
enum bt_err master_wrap(EVP_CIPHER_CTX *c, const struct vault_master *m,
                        const uint8_t key[KEY_BYTES],
                        uint8_t out[WRAPPED_BYTES]) BT_USE_RESULT;
/* False: it was wrapped with another, or changed. */
bool master_unwrap(EVP_CIPHER_CTX *c, const struct vault_master *m,
                   const uint8_t wrapped[WRAPPED_BYTES],
                   uint8_t out[KEY_BYTES]);
/* Zeros if there is none. */
void master_mark(const struct vault_master *m, uint8_t out[VAULT_MARK]);

/* ---- header.c: whose keys wrap the file */

/* Compares the file's header with what is @wanted, and changes the file if that
 * is asked for. Its slots have been counted. */
enum bt_err header_settle(struct vault *v, const struct vault_options *wanted,
                          struct vault_error *why) BT_USE_RESULT;
enum bt_err header_write_new(const struct vault *v,
                             const struct vault_master *m) BT_USE_RESULT;
/* Is it a file of keys? */
enum bt_err header_check(const struct vault *v) BT_USE_RESULT;
enum bt_err header_status(const struct vault *v,
                          struct vault_status *out) BT_USE_RESULT;

/* ---- slots.c: the file */

enum bt_err slots_write_at(const struct vault *v, off_t at, const void *bytes,
                           size_t size) BT_USE_RESULT;
enum bt_err slots_read_at(const struct vault *v, off_t at, void *bytes,
                          size_t size) BT_USE_RESULT;
off_t slots_place(uint64_t slot);
enum bt_err slots_sync(struct vault *v) BT_USE_RESULT;
/* Gives each of the first @slots to @fn, a chunk of the file at a time. */
typedef enum bt_err slot_fn(void *ctx, uint64_t slot, const uint8_t *bytes);
enum bt_err slots_each(const struct vault *v, uint64_t slots, slot_fn *fn,
                       void *ctx) BT_USE_RESULT;

struct slot {
  struct id session; /* null: not taken yet */
  uint8_t key[KEY_BYTES];
};

/* Opens it, or makes it with its first slots, wrapped with @master if there is
 * one, and finds the one to be taken next. */
enum bt_err slots_open(struct vault *v, const char *path,
                       const struct vault_master *master) BT_USE_RESULT;
/* BT_ERR_CORRUPT: there is no such slot, or its key does not open. */
enum bt_err slots_read(struct vault *v, uint64_t slot,
                       struct slot *out) BT_USE_RESULT;
/* Nothing that was read ahead is believed from here on. */
void slots_forget_ahead(struct vault *v);
/* A fresh key for @session, from slots that are on disk. */
enum bt_err slots_take(struct vault *v, struct id session, uint64_t *slot,
                       struct slot *out) BT_USE_RESULT;
/* Whose it is; on disk with the next slots_settle(). */
enum bt_err slots_own(struct vault *v, uint64_t slot,
                      struct id session) BT_USE_RESULT;
/* All that was written to slots is on disk, also what a sync that failed has
 * left in memory alone. */
enum bt_err slots_settle(struct vault *v) BT_USE_RESULT;
/* Two ids, for qsort(). */
int slots_compare(const void *a, const void *b);
/* Zeros over the keys of these sessions, on disk, among the first @slots. Only
 * those bytes are written, so that it needs no lock beside who takes slots. */
struct slots_erasing {
  struct vault *vault;
  const struct id *sorted;
  size_t count;
  uint64_t slots;
  struct vault_erased done;
};
enum bt_err slots_erase(struct slots_erasing *e) BT_USE_RESULT;

/* ---- cipher.c */

/* Appends nonce, @content under @key, and tag. */
enum bt_err cipher_close(struct vault *v, const struct held_key *key,
                         struct text content,
                         struct textbuf *out) BT_USE_RESULT;
/* BT_ERR_CORRUPT: it was not sealed for that session with that key. */
enum bt_err cipher_open(struct vault *v, const struct held_key *key,
                        struct text sealed, struct textbuf *out) BT_USE_RESULT;

#endif
