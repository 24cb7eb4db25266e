/* erase.h - what is kept of sessions that are over goes: the keys of what the
 * journal holds first, then files, then the rows by which they are found.
 *
 * The rows last, so that whoever is stopped in the middle finds the session
 * again and begins anew: each step may be done twice.
 *
 * Blocking: for worker threads. Only sessions that have left the engine.
 */
#ifndef BATON_RETENTION_ERASE_H
#define BATON_RETENTION_ERASE_H

#include "history/history.h"
#include "vault/vault.h"

enum {
  ERASE_CONTENT = 1, /* what was said and known, in the journal */
  ERASE_FILES = 2,
  ERASE_ROW = 4, /* in the history */
  ERASE_ALL = ERASE_CONTENT | ERASE_FILES | ERASE_ROW
};

struct erase_item {
  struct id session;
  uint32_t parts;
};

/* Borrowed. */
struct erase_places {
  struct vault *vault;
  struct history *history;
  const char *files; /* NULL: there are none */
};

struct erase_done {
  struct vault_erased content;
  const char *where; /* after an error: "the files"; static storage */
};

/* After it history_write_anew() is due, once for all. Rows that stay know what
 * of them is gone. Errors as vault_erase(), file_drop_all(), history_put():
 * some may be gone, and it may be asked for again. */
enum bt_err erase_items(const struct erase_places *places,
                        const struct erase_item *items, size_t count,
                        struct erase_done *done) BT_USE_RESULT;

#endif
