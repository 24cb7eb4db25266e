/* audit.h - who did what, when and from where: a log to which is only added.
 *
 * A file of JSON objects, one a line. Each ends in a digest: the SHA-256, in
 * hexadecimal, of the digest of the line before (64 zeros before the first) and
 * of its own line up to there. So an entry that was changed, taken out, put in
 * or moved is found by whoever reads the file again. What was cut off at its
 * end is not: for that, note the newest digest (the head) elsewhere.
 *
 *   audit.log.000000000001   audit.log.000000000871   audit.log
 *   sealed: entries 1 … 870  sealed: 871 … 1530       from 1531 on, open
 *
 * Where entries are not kept for ever, the file is sealed once a day: it gets
 * the number of its first entry behind its name, is never written again, and a
 * new one goes on with the chain. Its first entry, "auditSegment", names the
 * digest before, so that it can be checked by itself. Sealed files go as a
 * whole, the oldest first, after an entry "auditRemoved" in the open one has
 * said which: what is left then proves that nothing else is missing.
 *
 * Entries tell of acts and hold nothing of what people said.
 *
 * The server and `baton account` may write to the same file at the same time.
 */
#ifndef BATON_AUDIT_AUDIT_H
#define BATON_AUDIT_AUDIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"

enum {
  AUDIT_DIGEST = 64,   /* characters */
  AUDIT_TEXT_MAX = 256 /* bytes of each text: what is longer is cut */
};

/* Texts of an entry, in the order of the line; an empty one is left out. */
#define AUDIT_TEXT_LIST(X)                                                     \
  X(role)                                                                      \
  X(who)                                                                       \
  X(what)                                                                      \
  X(of)      /* the session, queue, agent … that it was done to */           \
  X(from)    /* the peer's address */                                          \
  X(request) /* the request's id */

struct audit_entry {
  int64_t at_us;
#define X(name) struct text name;
  AUDIT_TEXT_LIST(X)
#undef X
  int code; /* HTTP status of the answer; 0: it was not known yet */
};

struct audit_head {
  uint64_t entries;
  char digest[AUDIT_DIGEST + 1];
};

/* Of a log without entries. */
struct audit_head audit_no_head(void);

/* ---- writing; from any thread */

struct audit;

/* Makes the file, readable by its owner alone, if it is not there. What a crash
 * left of a last line that was not whole goes: nobody was answered for it.
 * BT_ERR_IO, BT_ERR_NOMEM; BT_ERR_CORRUPT: its last line is no entry. */
enum bt_err audit_open(const struct mem *mem, const char *path,
                       struct audit **out) BT_USE_RESULT;
void audit_close(struct audit *a); /* NULL is fine */
/* Adds it; it survives the process, and power after the next audit_sync().
 * BT_ERR_FULL, BT_ERR_IO, BT_ERR_NOMEM, BT_ERR_CORRUPT: nothing was added. */
enum bt_err audit_put(struct audit *a,
                      const struct audit_entry *entry) BT_USE_RESULT;
/* What was added before is on disk, also what a sync that failed has left in
 * memory alone. BT_ERR_IO. */
enum bt_err audit_sync(struct audit *a) BT_USE_RESULT;
/* Of the newest entry that this process has seen. */
struct audit_head audit_head(struct audit *a);

struct audit_retired {
  uint64_t from, to; /* entries that went; 0: none did */
  bool sealed;       /* the open file was, and another begun */
};

/* Seals the open file if its first entry is a day old, and removes sealed ones
 * all of whose entries are older than @keep_us. Blocking, for worker threads;
 * may be stopped anywhere and be done again. BT_ERR_IO, BT_ERR_FULL,
 * BT_ERR_NOMEM, BT_ERR_CORRUPT: some may be gone. */
enum bt_err audit_retire(struct audit *a, int64_t now_us, int64_t keep_us,
                         struct audit_retired *out) BT_USE_RESULT;

/* ---- reading; without state, from any thread */

struct audit_report {
  struct audit_head head; /* of what fits */
  uint64_t removed;       /* entries before that went by their age */
  uint64_t line;          /* the first that does not fit, counted from the first
                           * entry there ever was; 0: all do */
  char why[256];          /* what is wrong with it, or with the whole */
};

/* Reads all of it, sealed files first. @noted: a head that was noted before, or
 * empty: its entry must still be there, or be the last that was removed.
 * BT_ERR_OK: all fits, and what is missing before was removed as an entry says.
 * BT_ERR_CORRUPT: @out says what does not. BT_ERR_NOT_FOUND: there is no such
 * file. BT_ERR_IO, BT_ERR_NOMEM. */
enum bt_err audit_verify(const struct mem *mem, const char *path,
                         struct text noted,
                         struct audit_report *out) BT_USE_RESULT;

/* Every text that is not empty must be equal. */
struct audit_query {
#define X(name) struct text name;
  AUDIT_TEXT_LIST(X)
#undef X
  int64_t from_us, to_us; /* not before, and before */
  uint64_t before;        /* entries with a smaller number; UINT64_MAX: all */
};

/* An entry's line, a JSON object, and its number, borrowed for the call; false:
 * no more. */
typedef bool audit_fn(void *ctx, uint64_t number, struct text line);
/* Those that fit, the newest first, sealed files last. Errors as
 * audit_verify(). */
enum bt_err audit_find(const struct mem *mem, const char *path,
                       const struct audit_query *q, audit_fn *fn,
                       void *ctx) BT_USE_RESULT;

#endif
