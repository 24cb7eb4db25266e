/* audit.h - who did what, when and from where: a log to which is only added.
 *
 * A file of JSON objects, one a line. Each ends in a digest: the SHA-256, in
 * hexadecimal, of the digest of the line before (64 zeros before the first) and
 * of its own line up to there. So an entry that was changed, taken out, put in
 * or moved is found by whoever reads the file again. What was cut off at its
 * end is not: for that, note the newest digest (the head) elsewhere.
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

/* ---- writing; one thread */

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
/* What was added before is on disk. From any thread. BT_ERR_IO. */
enum bt_err audit_sync(const struct audit *a) BT_USE_RESULT;
/* Of the newest entry that this process has seen. */
struct audit_head audit_head(const struct audit *a);

/* ---- reading; without state, from any thread */

struct audit_report {
  struct audit_head head; /* of what fits */
  uint64_t line;          /* the first that does not fit; 0: all do */
  char why[160];          /* what is wrong with it, or with the whole */
};

/* Reads all of it. @noted: a head that was noted before, or empty: its entry
 * must still be there. BT_ERR_OK: all fits. BT_ERR_CORRUPT: @out says what does
 * not. BT_ERR_NOT_FOUND: there is no such file. BT_ERR_IO, BT_ERR_NOMEM. */
enum bt_err audit_verify(const char *path, struct text noted,
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
/* Those that fit, the newest first. Errors as audit_verify(). */
enum bt_err audit_find(const struct mem *mem, const char *path,
                       const struct audit_query *q, audit_fn *fn,
                       void *ctx) BT_USE_RESULT;

#endif
