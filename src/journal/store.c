#include "journal/store_priv.h"

#include <errno.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "journal/journal_priv.h"

enum { BUSY_MS = 10000, FOLD_BUSY_MS = 1000, CACHE_KIB = 8192 };

struct statement {
  const char *sql;
  bool writer;
};

#define STMT(name, w, text) [STORE_##name] = {.sql = (text), .writer = (w)},
static const struct statement statements[] = {
#include "journal/store_sql.def"
};
#undef STMT

/* A new file gets all of it in one transaction. */
static const char schema[] =
    "CREATE TABLE centre(name TEXT NOT NULL, created_us INTEGER NOT NULL);"
    "CREATE TABLE journal("
    "  seq INTEGER PRIMARY KEY, chain INTEGER NOT NULL, first INTEGER,"
    "  bytes BLOB NOT NULL);"
    "CREATE TABLE finished("
    "  session BLOB PRIMARY KEY, last_seq INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE snapshot("
    "  first_part INTEGER PRIMARY KEY, parts INTEGER NOT NULL,"
    "  seq INTEGER NOT NULL, size INTEGER NOT NULL, sum INTEGER NOT NULL);"
    "CREATE TABLE part(id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);";

/* --- errors -------------------------------------------------------------- */

/* SQLite tells ENOSPC from other failed writes, not a quota or a limit on
 * files; it does not keep the system's number for a failed COMMIT either. So
 * store_run and step clear errno, and what is there afterwards is the reason.
 */
static bool is_no_room(void) {
  return errno == ENOSPC || errno == EDQUOT || errno == EFBIG;
}

/* A failed fsync is never "no room": what the kernel dropped is not known. */
static enum bt_err err_of(struct store *s, int rc) {
  switch (rc & 0xff) {
  case SQLITE_OK:
  case SQLITE_DONE:
  case SQLITE_ROW:
    return BT_ERR_OK;
  case SQLITE_NOMEM:
    return BT_ERR_NOMEM;
  case SQLITE_CORRUPT:
  case SQLITE_NOTADB:
  case SQLITE_ERROR: /* a table is missing: the statements are ours */
  case SQLITE_MISMATCH:
    return BT_ERR_CORRUPT;
  case SQLITE_FULL:
    s->sys_errno = ENOSPC;
    return BT_ERR_FULL;
  default:
    s->sys_errno = errno;
    return rc == SQLITE_IOERR_WRITE && is_no_room() ? BT_ERR_FULL : BT_ERR_IO;
  }
}

static const char *cure_of(enum bt_err code) {
  switch ((int)code) {
  case BT_ERR_FULL:
    return "Make room on the disk.";
  case BT_ERR_NOMEM:
    return "Give the process more memory.";
  case BT_ERR_CORRUPT:
    return "Put the whole directory back from a backup.";
  default:
    return "Check the disk, the permissions and who else uses the file.";
  }
}

enum bt_err store_explain(const struct store *s, enum bt_err code,
                          const char *what, struct journal_error *why) {
  const bool system =
      (code == BT_ERR_FULL || code == BT_ERR_IO) && s->sys_errno != 0;
  return journal_fail(
      why, code, "%s: cannot %s: %s%s%s (SQLite %d). %s", s->file, what,
      s->db == NULL ? "no memory" : sqlite3_errmsg(s->db), system ? ", " : "",
      system ? strerror(s->sys_errno) : "",
      s->db == NULL ? SQLITE_NOMEM : sqlite3_extended_errcode(s->db),
      cure_of(code));
}

/* --- opening ------------------------------------------------------------- */

static enum bt_err run_sql(struct store *s, const char *sql) {
  errno = 0;
  return err_of(s, sqlite3_exec(s->db, sql, NULL, NULL, NULL));
}

static enum bt_err connect_file(struct store *s, const char *file, int flags) {
  *s = (struct store){0};
  errno = 0;
  (void)snprintf(s->file, sizeof s->file, "%s", file);
  const char *vfs = store_vfs();
  if (vfs == NULL) {
    return BT_ERR_NOMEM;
  }
  /* Each connection has one thread at a time; SQLite need not lock too. */
  const int rc =
      sqlite3_open_v2(file, &s->db, flags | SQLITE_OPEN_NOMUTEX, vfs);
  if (rc != SQLITE_OK) {
    return s->db == NULL ? BT_ERR_NOMEM : err_of(s, rc);
  }
  (void)sqlite3_extended_result_codes(s->db, 1);
  (void)sqlite3_busy_timeout(s->db, BUSY_MS);
  (void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
  (void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
  return BT_ERR_OK;
}

static int note_wal_pages(void *ctx, sqlite3 *db, const char *name, int pages) {
  (void)db;
  (void)name;
  struct store *s = ctx;
  s->wal_pages = pages;
  return SQLITE_OK;
}

/* Deleted parts of snapshots are not overwritten with zeros: personal data is
 * erased by destroying its key, and the zeros would be half of all writes. */
static enum bt_err configure(struct store *s, bool read_only) {
  char sql[256];
  (void)snprintf(sql, sizeof sql,
                 "PRAGMA synchronous=FULL; PRAGMA cell_size_check=ON;"
                 "PRAGMA secure_delete=OFF; PRAGMA cache_size=-%d;"
                 "PRAGMA wal_autocheckpoint=0",
                 CACHE_KIB);
  const enum bt_err err = run_sql(s, sql);
  if (err == BT_ERR_OK && !read_only) {
    (void)sqlite3_wal_hook(s->db, note_wal_pages, s);
  }
  return err;
}

static int read_version(struct store *s) {
  sqlite3_stmt *stmt = NULL;
  int version = 0;
  if (sqlite3_prepare_v2(s->db, "PRAGMA user_version", -1, &stmt, NULL) ==
          SQLITE_OK &&
      sqlite3_step(stmt) == SQLITE_ROW) {
    version = sqlite3_column_int(stmt, 0);
  }
  (void)sqlite3_finalize(stmt);
  return version;
}

/* A file of version 1 becomes one of this version, rows and all: adding a
 * column touches none of them. Its header is to say so at once, for older
 * programs look there. Who may only read sees it as if it had been done. */
static enum bt_err renew(struct store *s, bool read_only) {
  char sql[256];
  if (read_version(s) != 1) {
    return BT_ERR_OK;
  }
  if (read_only) {
    return run_sql(s, "CREATE TEMP VIEW journal AS"
                      " SELECT seq, chain, NULL AS first, bytes"
                      " FROM main.journal");
  }
  (void)snprintf(sql, sizeof sql,
                 "BEGIN IMMEDIATE; ALTER TABLE journal ADD COLUMN first "
                 "INTEGER; PRAGMA user_version=%d; COMMIT",
                 STORE_VERSION);
  const enum bt_err err = run_sql(s, sql);
  return err == BT_ERR_OK ? store_checkpoint(s) : err;
}

static enum bt_err prepare(struct store *s, bool read_only) {
  enum bt_err err = BT_ERR_OK;
  for (size_t i = 0; i < STORE_STMTS && err == BT_ERR_OK; i++) {
    if (!statements[i].writer || !read_only) {
      err = err_of(s, sqlite3_prepare_v3(s->db, statements[i].sql, -1,
                                         SQLITE_PREPARE_PERSISTENT,
                                         &s->stmts[i], NULL));
    }
  }
  return err;
}

enum bt_err store_open(struct store *s, const char *file, bool read_only,
                       struct journal_error *why) {
  enum bt_err err = connect_file(
      s, file, read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);
  if (err == BT_ERR_OK) {
    err = configure(s, read_only);
  }
  if (err == BT_ERR_OK) {
    err = renew(s, read_only);
  }
  if (err == BT_ERR_OK) {
    err = prepare(s, read_only);
  }
  if (err != BT_ERR_OK) {
    (void)store_explain(s, err, "open the journal", why);
    store_close(s);
  }
  return err;
}

void store_close(struct store *s) {
  for (size_t i = 0; i < STORE_STMTS; i++) {
    (void)sqlite3_finalize(s->stmts[i]);
  }
  (void)sqlite3_close(s->db);
  *s = (struct store){0};
}

static enum bt_err fill_new(struct store *s, struct text centre,
                            int64_t created_us) {
  char sql[256];
  (void)snprintf(sql, sizeof sql,
                 "PRAGMA page_size=%d; PRAGMA synchronous=FULL; BEGIN;"
                 "PRAGMA application_id=%d; PRAGMA user_version=%d",
                 STORE_PAGE_SIZE, STORE_APPLICATION_ID, STORE_VERSION);
  enum bt_err err = run_sql(s, sql);
  if (err == BT_ERR_OK) {
    err = run_sql(s, schema);
  }
  sqlite3_stmt *insert = NULL;
  if (err == BT_ERR_OK) {
    err =
        err_of(s, sqlite3_prepare_v2(s->db, "INSERT INTO centre VALUES(?1, ?2)",
                                     -1, &insert, NULL));
  }
  if (err == BT_ERR_OK) {
    (void)sqlite3_bind_text(insert, 1, centre.len == 0 ? "" : centre.ptr,
                            (int)centre.len, SQLITE_STATIC);
    (void)sqlite3_bind_int64(insert, 2, created_us);
    err = err_of(s, sqlite3_step(insert));
  }
  (void)sqlite3_finalize(insert);
  return err == BT_ERR_OK ? run_sql(s, "COMMIT; PRAGMA journal_mode=WAL") : err;
}

static void remove_leftovers(const struct journal_dir *d) {
  static const char *const ends[] = {"", "-journal", "-wal", "-shm"};
  for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
    char path[sizeof d->fresh + 16];
    (void)snprintf(path, sizeof path, "%s%s", d->fresh, ends[i]);
    (void)unlink(path);
  }
}

enum bt_err store_create(const struct journal_dir *d, struct text centre,
                         int64_t created_us, struct journal_error *why) {
  remove_leftovers(d);
  struct store s;
  enum bt_err err =
      connect_file(&s, d->fresh, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  if (err == BT_ERR_OK) {
    err = fill_new(&s, centre, created_us);
  }
  if (err != BT_ERR_OK) {
    (void)store_explain(&s, err, "make a new journal", why);
  }
  store_close(&s); /* folds and removes its log: one file is left */
  if (err != BT_ERR_OK) {
    return err;
  }
  if (rename(d->fresh, d->db) != 0) {
    return journal_fail(why, BT_ERR_IO,
                        "%s: cannot rename %s to it: %s. Check "
                        "the permissions.",
                        d->db, d->fresh, strerror(errno));
  }
  return dir_sync(d, why);
}

/* --- writing ------------------------------------------------------------- */

static void bind_u64(struct sqlite3_stmt *stmt, int at, uint64_t n) {
  bt_check(sqlite3_bind_int64(stmt, at, (sqlite3_int64)n) == SQLITE_OK);
}

/* Borrowed by the statement until it is reset; empty bytes are not NULL. */
static void bind_bytes(struct sqlite3_stmt *stmt, int at, struct text bytes) {
  const char *ptr = bytes.len == 0 ? "" : bytes.ptr;
  bt_check(sqlite3_bind_blob64(stmt, at, ptr, bytes.len, SQLITE_STATIC) ==
           SQLITE_OK);
}

enum bt_err store_run(struct store *s, enum store_stmt stmt) {
  errno = 0;
  (void)sqlite3_step(s->stmts[stmt]);
  return err_of(s, sqlite3_reset(s->stmts[stmt]));
}

int store_changes(const struct store *s) {
  return sqlite3_changes(s->db);
}

void store_rollback(struct store *s) {
  if (sqlite3_get_autocommit(s->db) == 0) {
    (void)sqlite3_step(s->stmts[STORE_ROLLBACK]);
    store_rest(s, STORE_ROLLBACK);
  }
}

enum bt_err store_checkpoint(struct store *s) {
  errno = 0;
  const int rc = sqlite3_wal_checkpoint_v2(
      s->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
  s->wal_pages = 0; /* until the next commit says how long it is now */
  return rc == SQLITE_BUSY ? BT_ERR_OK : err_of(s, rc);
}

enum bt_err store_fold_all(struct store *s, bool *left) {
  (void)sqlite3_busy_timeout(s->db, FOLD_BUSY_MS);
  errno = 0;
  const int rc = sqlite3_wal_checkpoint_v2(
      s->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
  (void)sqlite3_busy_timeout(s->db, BUSY_MS);
  const enum bt_err err = rc == SQLITE_BUSY ? BT_ERR_BUSY : err_of(s, rc);
  *left = err == BT_ERR_BUSY || err == BT_ERR_FULL;
  return *left ? BT_ERR_OK : err;
}

void store_keep_log(struct store *s) {
  (void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
}

enum bt_err store_put_row(struct store *s, const struct store_row *row) {
  struct sqlite3_stmt *stmt = s->stmts[STORE_PUT_ROW];
  bind_u64(stmt, 1, row->seq);
  bind_u64(stmt, 2, row->chain);
  if (row->first == row->seq) {
    bt_check(sqlite3_bind_null(stmt, 3) == SQLITE_OK);
  } else {
    bind_u64(stmt, 3, row->first);
  }
  bind_bytes(stmt, 4, row->bytes);
  return store_run(s, STORE_PUT_ROW);
}

static struct text id_bytes(struct id id, uint8_t out[ID_BYTES]) {
  id_to_bytes(id, out);
  return (struct text){(const char *)out, ID_BYTES};
}

enum bt_err store_put_finished(struct store *s,
                               const struct journal_finished *f) {
  uint8_t key[ID_BYTES];
  struct sqlite3_stmt *stmt = s->stmts[STORE_PUT_FINISHED];
  bind_bytes(stmt, 1, id_bytes(f->session, key));
  bind_u64(stmt, 2, f->last_seq);
  return store_run(s, STORE_PUT_FINISHED);
}

enum bt_err store_put_part(struct store *s, uint64_t id, struct text bytes) {
  struct sqlite3_stmt *stmt = s->stmts[STORE_PUT_PART];
  bind_u64(stmt, 1, id);
  bind_bytes(stmt, 2, bytes);
  return store_run(s, STORE_PUT_PART);
}

enum bt_err store_put_snapshot(struct store *s,
                               const struct store_snapshot *snapshot) {
  struct sqlite3_stmt *stmt = s->stmts[STORE_PUT_SNAPSHOT];
  bind_u64(stmt, 1, snapshot->first_part);
  bind_u64(stmt, 2, snapshot->parts);
  bind_u64(stmt, 3, snapshot->seq);
  bind_u64(stmt, 4, snapshot->size);
  bind_u64(stmt, 5, snapshot->sum);
  return store_run(s, STORE_PUT_SNAPSHOT);
}

/* --- reading ------------------------------------------------------------- */

static uint64_t column_u64(struct sqlite3_stmt *stmt, int at) {
  return (uint64_t)sqlite3_column_int64(stmt, at);
}

static struct text column_bytes(struct sqlite3_stmt *stmt, int at) {
  const void *ptr = sqlite3_column_blob(stmt, at);
  return (struct text){ptr, (size_t)sqlite3_column_bytes(stmt, at)};
}

/* BT_ERR_NOT_FOUND after the last row. */
static enum bt_err step(struct store *s, enum store_stmt stmt) {
  errno = 0;
  const int rc = sqlite3_step(s->stmts[stmt]);
  return rc == SQLITE_DONE ? BT_ERR_NOT_FOUND : err_of(s, rc);
}

void store_rest(struct store *s, enum store_stmt stmt) {
  (void)sqlite3_reset(s->stmts[stmt]);
}

enum bt_err store_get_centre(struct store *s, struct text *name,
                             int64_t *created_us) {
  const enum bt_err err = step(s, STORE_GET_CENTRE);
  if (err == BT_ERR_OK) {
    *name = column_bytes(s->stmts[STORE_GET_CENTRE], 0);
    *created_us = sqlite3_column_int64(s->stmts[STORE_GET_CENTRE], 1);
  }
  return err == BT_ERR_NOT_FOUND ? BT_ERR_CORRUPT : err;
}

enum bt_err store_get_number(struct store *s, enum store_stmt stmt,
                             uint64_t *out) {
  const enum bt_err err = step(s, stmt);
  if (err == BT_ERR_OK) {
    *out = column_u64(s->stmts[stmt], 0);
  }
  store_rest(s, stmt);
  return err;
}

enum bt_err store_next_row(struct store *s, enum store_stmt stmt,
                           struct store_row *out) {
  const enum bt_err err = step(s, stmt);
  if (err != BT_ERR_OK) {
    return err;
  }
  struct sqlite3_stmt *row = s->stmts[stmt];
  const int bytes_at = sqlite3_column_count(row) - 1;
  *out = (struct store_row){.seq = column_u64(row, 0),
                            .bytes = column_bytes(row, bytes_at)};
  if (bytes_at > 1) {
    const bool alone = sqlite3_column_type(row, 2) == SQLITE_NULL;
    out->chain = column_u64(row, 1);
    out->first = alone ? out->seq : column_u64(row, 2);
  }
  return sqlite3_errcode(s->db) == SQLITE_NOMEM ? BT_ERR_NOMEM : BT_ERR_OK;
}

enum bt_err store_get_row(struct store *s, uint64_t seq,
                          struct store_row *out) {
  store_seek(s, STORE_GET_ROW, seq, 0);
  const enum bt_err err = store_next_row(s, STORE_GET_ROW, out);
  return err == BT_ERR_OK && out->first > seq ? BT_ERR_NOT_FOUND : err;
}

enum bt_err store_get_chain(struct store *s, uint64_t seq, uint64_t *out) {
  store_seek(s, STORE_GET_CHAIN, seq, 0);
  return store_get_number(s, STORE_GET_CHAIN, out);
}

enum bt_err store_get_finished(struct store *s, struct id session,
                               uint64_t *last_seq) {
  uint8_t key[ID_BYTES];
  bind_bytes(s->stmts[STORE_GET_FINISHED], 1, id_bytes(session, key));
  return store_get_number(s, STORE_GET_FINISHED, last_seq);
}

void store_seek(struct store *s, enum store_stmt stmt, uint64_t from,
                uint64_t to) {
  store_rest(s, stmt);
  bind_u64(s->stmts[stmt], 1, from);
  if (sqlite3_bind_parameter_count(s->stmts[stmt]) > 1) {
    bind_u64(s->stmts[stmt], 2, to);
  }
}

enum bt_err store_next_snapshot(struct store *s, enum store_stmt stmt,
                                struct store_snapshot *out) {
  const enum bt_err err = step(s, stmt);
  if (err == BT_ERR_OK) {
    struct sqlite3_stmt *row = s->stmts[stmt];
    *out = (struct store_snapshot){.first_part = column_u64(row, 0),
                                   .parts = column_u64(row, 1),
                                   .seq = column_u64(row, 2),
                                   .size = column_u64(row, 3),
                                   .sum = column_u64(row, 4)};
  }
  return err;
}
