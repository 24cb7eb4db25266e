/* shelf_priv.h - what the facade keeps about itself: a small file beside the
 * journal.
 *
 * JSON values by section and key. It is read whole at the start; each change
 * writes it whole to another name and puts that in its place, so that a crash
 * leaves the old or the new one. Changes are rare: an integration is made, a
 * queue's words change.
 */
#ifndef BATON_GENESYS_SHELF_PRIV_H
#define BATON_GENESYS_SHELF_PRIV_H

#include <limits.h>

#include "base/err.h"
#include "base/json.h"

#define SHELF_SECTION_LIST(X)                                                  \
  X(INTEGRATIONS, "integrations")                                              \
  X(QUEUES, "queues")                                                          \
  X(MEMBERS, "members")                                                        \
  X(BOTS, "bots")                                                              \
  X(REVOKED, "revoked")
#define X(name, wire) SHELF_##name,
enum shelf_section { SHELF_SECTION_LIST(X) SHELF_SECTIONS };
#undef X

struct shelf_entry {
  enum shelf_section section;
  struct text key, value; /* owned; value is JSON */
};

struct shelf {
  const struct mem *mem;
  char path[PATH_MAX]; /* empty: in memory */
  struct shelf_entry *entries;
  size_t count, cap;
};

/* @directory: of the file; empty: nothing outlives the process.
 * BT_ERR_IO, BT_ERR_CORRUPT (it is no such file), BT_ERR_NOMEM. */
enum bt_err shelf_open(struct shelf *s, const struct mem *mem,
                       struct text directory) BT_USE_RESULT;
void shelf_close(struct shelf *s);
/* Empty if there is none. Good until the next change. */
struct text shelf_get(const struct shelf *s, enum shelf_section section,
                      struct text key);
/* The entries of a section, from *@at on; NULL at the end. */
const struct shelf_entry *shelf_next(const struct shelf *s,
                                     enum shelf_section section, size_t *at);
/* An empty @value takes it away. It is on the disk when this returns.
 * BT_ERR_IO: it is not, and nothing has changed. BT_ERR_NOMEM. */
enum bt_err shelf_put(struct shelf *s, enum shelf_section section,
                      struct text key, struct text value) BT_USE_RESULT;

#endif
