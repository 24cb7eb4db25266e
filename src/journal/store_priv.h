/* store_priv.h - one connection to the journal's file. The files that
 * know SQLite are store.c, whose SQL is store_sql.def, and log_vfs.c.
 *
 * A connection belongs to one thread at a time. Bytes that a read hands out
 * are borrowed until store_rest.
 *
 * A row of the table of batches holds one batch as it is, or several (row.h
 * says how). A file of version 1 has one in each row and gets the column that
 * tells when it is first opened for writing.
 */
#ifndef BATON_JOURNAL_STORE_PRIV_H
#define BATON_JOURNAL_STORE_PRIV_H

#include "journal/dir_priv.h"
#include "journal/journal.h"

enum {
  STORE_APPLICATION_ID = 0x42544A4C, /* "BTJL" in the file's header */
  STORE_VERSION = 2,                 /* of the tables and of the chain */
  STORE_PAGE_SIZE = 4096
};

struct sqlite3;
struct sqlite3_stmt;

#define STMT(name, writer, sql) STORE_##name,
enum store_stmt {
#include "journal/store_sql.def"
  STORE_STMTS
};
#undef STMT

struct store {
  struct sqlite3 *db;
  struct sqlite3_stmt *stmts[STORE_STMTS];
  char file[DIR_PATH_MAX + 16];
  int sys_errno; /* of the last failure of the system */
  int wal_pages; /* in the write-ahead log after the last commit */
};

struct store_row {
  uint64_t seq;   /* of its last batch */
  uint64_t chain; /* after that */
  uint64_t first; /* of its first; of one alone the same */
  struct text bytes;
};

/* The name by which SQLite finds its files, the log written in one piece; NULL
 * when there is no memory. */
const char *store_vfs(void);

/* What is known of a snapshot before its bytes are read. */
struct store_snapshot {
  uint64_t first_part, parts; /* its rows in table part */
  uint64_t seq, size, sum;
};

/* A new, whole, empty journal of @centre in @d, on disk when it returns. */
enum bt_err store_create(const struct journal_dir *d, struct text centre,
                         int64_t created_us,
                         struct journal_error *why) BT_USE_RESULT;

/* Whether @file is a journal of this version, judged by its first bytes and
 * before SQLite may touch it. */
enum bt_err store_check_header(const char *file,
                               struct journal_error *why) BT_USE_RESULT;

enum bt_err store_open(struct store *s, const char *file, bool read_only,
                       struct journal_error *why) BT_USE_RESULT;
void store_close(struct store *s);
/* Closing will not fold the log in: after a failure nothing more is written. */
void store_keep_log(struct store *s);

/* The sentence for a failure of @code in the call before, while doing @what. */
enum bt_err store_explain(const struct store *s, enum bt_err code,
                          const char *what, struct journal_error *why);

/* Those without results: BEGIN, COMMIT, ROLLBACK, THIN_OUT, DROP_…
 * BT_ERR_FULL if the disk has no room: the transaction can be tried again. */
enum bt_err store_run(struct store *s, enum store_stmt stmt) BT_USE_RESULT;
/* Rows that the last store_run took away. */
int store_changes(const struct store *s);
/* Back out of a transaction that failed; SQLite may have done so already. */
void store_rollback(struct store *s);
/* Folds the log into the file as far as readers allow. */
enum bt_err store_checkpoint(struct store *s) BT_USE_RESULT;
/* Folds all of the log into the file, both on disk, and begins it anew. *@left:
 * something of it stays where it is, because somebody reads it or the disk has
 * no room. */
enum bt_err store_fold_all(struct store *s, bool *left) BT_USE_RESULT;

enum bt_err store_put_row(struct store *s,
                          const struct store_row *row) BT_USE_RESULT;
enum bt_err store_put_finished(struct store *s,
                               const struct journal_finished *f) BT_USE_RESULT;
enum bt_err store_put_part(struct store *s, uint64_t id,
                           struct text bytes) BT_USE_RESULT;
enum bt_err
store_put_snapshot(struct store *s,
                   const struct store_snapshot *snapshot) BT_USE_RESULT;

/* The name is borrowed until store_rest(STORE_GET_CENTRE). */
enum bt_err store_get_centre(struct store *s, struct text *name,
                             int64_t *created_us) BT_USE_RESULT;
/* GET_LAST, GET_NEXT_PART: one number. */
enum bt_err store_get_number(struct store *s, enum store_stmt stmt,
                             uint64_t *out) BT_USE_RESULT;
/* The row in which batch @seq lies; BT_ERR_NOT_FOUND also when it would lie in
 * one that is missing. Ends with store_rest(STORE_GET_ROW). */
enum bt_err store_get_row(struct store *s, uint64_t seq,
                          struct store_row *out) BT_USE_RESULT;
/* After the row whose last batch is @seq. */
enum bt_err store_get_chain(struct store *s, uint64_t seq,
                            uint64_t *out) BT_USE_RESULT;
enum bt_err store_get_finished(struct store *s, struct id session,
                               uint64_t *last_seq) BT_USE_RESULT;

/* GET_AFTER, GET_PARTS: bind with store_seek, then one row a call. Both end
 * with BT_ERR_NOT_FOUND. (A part comes as .seq = id and .bytes.) */
void store_seek(struct store *s, enum store_stmt stmt, uint64_t from,
                uint64_t to);
enum bt_err store_next_row(struct store *s, enum store_stmt stmt,
                           struct store_row *out) BT_USE_RESULT;
/* The same of GET_SNAPSHOTS and of GET_SNAPSHOT_BEFORE. */
enum bt_err store_next_snapshot(struct store *s, enum store_stmt stmt,
                                struct store_snapshot *out) BT_USE_RESULT;
/* Ends a read; its borrowed bytes are gone. */
void store_rest(struct store *s, enum store_stmt stmt);

#endif
