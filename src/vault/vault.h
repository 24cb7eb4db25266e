/* vault.h - a key for each session, so that what was said in it can be erased
 * out of a journal that is never changed.
 *
 * The journal holds the content of a session sealed under the session's key
 * (codec/seal.h). The keys lie in a file beside it, each in a slot of its own:
 *
 *   keys   = header slot*
 *   slot   = session (16 bytes) key (32) nothing (16)
 *
 * Erasing a session is writing zeros over its key. The slot stays, with the
 * session's id: it is the tombstone.
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

/* The keys in the file @path, which is made, readable by its owner alone, if it
 * is not there; not with @read_only, where it is then as if all were erased. A
 * vault is for one journal. BT_ERR_IO, BT_ERR_FULL, BT_ERR_NOMEM;
 * BT_ERR_FOREIGN: it holds something else. */
enum bt_err vault_open(const struct mem *mem, const char *path, bool read_only,
                       struct vault **out) BT_USE_RESULT;
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
