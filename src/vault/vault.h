/* vault.h - a key for each session, so that what was said in it can be erased
 * out of a journal that is never changed.
 *
 * The journal holds the content of a session sealed under the session's key
 * (codec/seal.h). The keys lie in a file beside it, each in a slot of its own:
 *
 *   keys   = header slot*
 *   slot   = session (16 bytes) key (32) nothing (16)
 *          | session (16 bytes) wrapped key (40) nothing (8)
 *
 * Erasing a session is writing zeros over its key. The slot stays, with the
 * session's id: it is the tombstone.
 *
 * With a master key, which lies elsewhere, the keys are wrapped (AES-256 key
 * wrap, RFC 3394), and the file opens nothing by itself. The header then names
 * the master key by a mark, so that a wrong one is noticed before it is used,
 * and, while it is being changed, the one before.
 *
 * Keys are made, and on disk, thousands at a time before any is used; which one
 * a session has stands in each of its sealed records. So nothing waits for the
 * disk when a session is opened. The session's id in the slot is how its key is
 * found again when it is to be erased: it is written when the slot is taken, is
 * on disk before the next snapshot counts, and is written again from the
 * batches behind that snapshot after a loss of power.
 *
 * AES-256-GCM with a random nonce for each record; the session's id is
 * authenticated with it.
 */
#ifndef BATON_VAULT_VAULT_H
#define BATON_VAULT_VAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/id.h"
#include "base/mem.h"
#include "codec/seal.h"
#include "journal/journal.h"

struct vault;

enum { VAULT_KEY = 32, VAULT_MARK = 16, VAULT_MARK_TEXT = 2 * VAULT_MARK + 1 };

struct vault_master {
  bool given; /* false: there is none */
  uint8_t key[VAULT_KEY];
};

/* 64 hexadecimal digits. False: it is none. */
bool vault_read_master(struct text digits, struct vault_master *out);
/* By which people tell master keys apart: of a digest of it, in hexadecimal. */
void vault_mark_text(const struct vault_master *m, char out[VAULT_MARK_TEXT]);

struct vault_options {
  const char *path; /* made, readable by its owner alone, if it is not there;
                     * but not with @read_only: then it is as if all were erased
                     */
  bool read_only;
  /* With which the keys are wrapped from now on. None: they are in the clear;
   * to take the wrapping off is asked for by @bare. */
  struct vault_master master;
  struct vault_master former; /* with which they may still be; or none */
  bool bare;
};

/* What went wrong and what to do about it: a sentence or two. */
struct vault_error {
  char text[512];
};

/* A vault is for one journal and, unless it only reads, for one process. Keys
 * that are in the clear, or wrapped with the former master key, are wrapped
 * first; whoever is stopped in that goes on with it the next time. With
 * @read_only and without the master key it is as if all were erased.
 * BT_ERR_IO, BT_ERR_FULL, BT_ERR_NOMEM; BT_ERR_BUSY: another process has it;
 * BT_ERR_FOREIGN: it holds something else; BT_ERR_STATE: the master key is not
 * the right one; BT_ERR_CORRUPT: a key does not open with it. */
enum bt_err vault_open(const struct mem *mem,
                       const struct vault_options *options, struct vault **out,
                       struct vault_error *why) BT_USE_RESULT;
/* Are they wrapped, and this process cannot open them? */
bool vault_is_locked(const struct vault *v);

struct vault_status {
  uint64_t slots, taken, erased;
  bool wrapped, changing;
  char mark[VAULT_MARK_TEXT]; /* of the master key, if @wrapped */
};
/* What there is in a file; needs no master key. Errors as vault_open(). */
enum bt_err vault_look(const struct mem *mem, const char *path,
                       struct vault_status *out,
                       struct vault_error *why) BT_USE_RESULT;
void vault_close(struct vault *v); /* after the journal; NULL is fine */

/* What the journal's options name; borrowed from @v. */
const struct journal_cover *vault_cover(struct vault *v);

/* Opens what the cover sealed, record by record: for who loads the journal,
 * before there is another thread. Borrowed from @v. */
const struct seal *vault_seal(const struct vault *v);

struct vault_erased {
  size_t keys;  /* that were there, and are gone */
  size_t known; /* sessions that had one, now or before */
};

/* From any thread; nobody who seals waits for it. When it returns BT_ERR_OK the
 * keys of these sessions are gone from the disk, also those that an erasure
 * before, which failed, left there. A session that goes on gets no other: what
 * is said in it from then on is not kept. BT_ERR_IO: some may be gone.
 * BT_ERR_NOMEM. */
enum bt_err vault_erase(struct vault *v, const struct id *sessions,
                        size_t count, struct vault_erased *out) BT_USE_RESULT;

#endif
