/* shelf.h - what a part of the server keeps about itself: a small file beside
 * the journal.
 *
 * JSON values by section and key. It is read whole at the start; each change
 * writes it whole to another name and puts that in its place, so that a crash
 * leaves the old or the new one. Changes are rare: an integration is made,
 * somebody puts a hold.
 */
#ifndef BATON_SHELF_SHELF_H
#define BATON_SHELF_SHELF_H

#include <limits.h>

#include "base/err.h"
#include "base/json.h"

/* Static storage. */
struct shelf_form {
  const char *file;            /* its name in the directory */
  const char *const *sections; /* their names in it, numbered from 0 */
  unsigned section_count;
};

struct shelf_entry {
  unsigned section;
  struct text key, value; /* owned; value is JSON */
};

struct shelf {
  const struct mem *mem;
  const struct shelf_form *form;
  char path[PATH_MAX]; /* empty: in memory */
  struct shelf_entry *entries;
  size_t count, cap;
};

/* @directory: of the file; empty: nothing outlives the process.
 * BT_ERR_IO, BT_ERR_CORRUPT (it is no such file), BT_ERR_NOMEM. */
enum bt_err shelf_open(struct shelf *s, const struct mem *mem,
                       const struct shelf_form *form,
                       struct text directory) BT_USE_RESULT;
void shelf_close(struct shelf *s);
/* Empty if there is none. Good until the next change. */
struct text shelf_get(const struct shelf *s, unsigned section, struct text key);
/* The entries of a section, from *@at on; NULL at the end. */
const struct shelf_entry *shelf_next(const struct shelf *s, unsigned section,
                                     size_t *at);
/* An empty @value takes it away. It is on the disk when this returns.
 * BT_ERR_IO: it is not, and nothing has changed. BT_ERR_NOMEM. */
enum bt_err shelf_put(struct shelf *s, unsigned section, struct text key,
                      struct text value) BT_USE_RESULT;

#endif
