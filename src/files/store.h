/* store.h - files beside the journal: DIR/SESSION/ID.
 *
 * A file is a line of JSON (name, type, size), then its bytes; its id is the
 * SHA-256 of both. So the same file sent twice is one, what was changed on the
 * disk is noticed, and all of a session goes with its folder.
 *
 * Blocking, without state: for worker threads.
 */
#ifndef BATON_FILES_STORE_H
#define BATON_FILES_STORE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/id.h"
#include "base/text.h"

enum { FILE_ID_TEXT = 64 };
/* Of one session: nobody fills the disk out of one conversation. */
enum { FILES_MAX = 100, FILES_BYTES_MAX = 200 << 20 };

struct file_head {
  struct text name, type;
  uint64_t size;
};

/* Where a file is: @dir ends in no slash. */
struct file_place {
  const char *dir;
  struct id session;
};

/* Is it written as ids of files are? */
bool file_is_id(struct text id);

/* Appends the line that stands before the bytes of a file. */
void file_write_head(const struct file_head *head, struct textbuf *out);

/* @whole is head and bytes. When it returns BT_ERR_OK the file survives the
 * loss of power. *@fresh: it was not there before. BT_ERR_FULL: the disk has no
 * room; BT_ERR_IO; BT_ERR_RANGE: the session has as many files, or bytes of
 * them, as it may, or the path is too long. */
enum bt_err file_keep(const struct file_place *at, struct text whole,
                      char id[FILE_ID_TEXT], bool *fresh) BT_USE_RESULT;

/* The whole file into @out; *@head and *@bytes borrow from it and from @arena.
 * BT_ERR_NOT_FOUND; BT_ERR_CORRUPT: it is not what it was; BT_ERR_IO;
 * BT_ERR_NOMEM. */
struct file_read {
  struct textbuf whole;
  struct arena *arena;
  struct file_head head;
  struct text bytes;
};
enum bt_err file_read(const struct file_place *at, struct text id,
                      struct file_read *out) BT_USE_RESULT;

/* All files of the session are gone, for good with the next file_sync_drops().
 * BT_ERR_IO. */
enum bt_err file_drop_all(const struct file_place *at) BT_USE_RESULT;
/* What was dropped before in this directory, also by who was stopped before it
 * came to this, is gone from the disk. BT_ERR_IO, BT_ERR_FULL. */
enum bt_err file_sync_drops(const char *dir) BT_USE_RESULT;
/* The file is gone when it returns; one that was not there is gone already. */
void file_drop(const struct file_place *at, struct text id);

#endif
