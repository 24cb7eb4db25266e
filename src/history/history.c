#include "history/history.h"

#include <errno.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUSY_MS = 5000 };

struct history {
  const struct mem *mem;
  sqlite3 *db;
  uint64_t through;
};

static enum bt_err err_of(int rc) {
  switch (rc & 0xff) {
  case SQLITE_OK:
  case SQLITE_DONE:
  case SQLITE_ROW:
    return BT_ERR_OK;
  case SQLITE_NOMEM:
    return BT_ERR_NOMEM;
  case SQLITE_CORRUPT:
  case SQLITE_NOTADB:
    return BT_ERR_CORRUPT;
  case SQLITE_FULL:
    return BT_ERR_FULL;
  default:
    return BT_ERR_IO;
  }
}

/* ---- the file */

/* Files of before do not say what is gone. */
static enum bt_err add_gone(sqlite3 *db) {
  sqlite3_stmt *s = NULL;
  const int rc =
      sqlite3_prepare_v2(db, "SELECT gone FROM session", -1, &s, NULL);
  (void)sqlite3_finalize(s);
  return rc == SQLITE_OK
             ? BT_ERR_OK
             : err_of(sqlite3_exec(db,
                                   "ALTER TABLE session ADD COLUMN gone "
                                   "INTEGER NOT NULL DEFAULT 0",
                                   NULL, NULL, NULL));
}

static enum bt_err make_schema(sqlite3 *db) {
  static const char sql[] =
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
      "CREATE TABLE IF NOT EXISTS mark(id INTEGER PRIMARY KEY, "
      "through INTEGER NOT NULL) STRICT;"
      "CREATE TABLE IF NOT EXISTS session(id BLOB PRIMARY KEY, "
      "opened_us INTEGER NOT NULL, ended_us INTEGER NOT NULL, "
      "messages INTEGER NOT NULL"
#define X(name) ", " #name " TEXT NOT NULL"
      HISTORY_TEXT_LIST(X)
#undef X
          ") STRICT, WITHOUT ROWID;"
#define X(name)                                                                \
  "CREATE INDEX IF NOT EXISTS by_" #name " ON session(" #name                  \
  ", ended_us, id) WHERE " #name " <> '';"
      X(customer) X(number) X(queue) X(agent) X(disposition)
#undef X
          "CREATE INDEX IF NOT EXISTS by_end ON session(ended_us, id);";
  const enum bt_err err = err_of(sqlite3_exec(db, sql, NULL, NULL, NULL));
  return err == BT_ERR_OK ? add_gone(db) : err;
}

static enum bt_err read_mark(struct history *h) {
  sqlite3_stmt *s = NULL;
  int rc = sqlite3_prepare_v2(h->db, "SELECT through FROM mark", -1, &s, NULL);
  if (rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_ROW) {
    h->through = (uint64_t)sqlite3_column_int64(s, 0);
  }
  (void)sqlite3_finalize(s);
  return err_of(rc);
}

static enum bt_err start(struct history *h, const char *path) {
  const int flags =
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX;
  const int rc = sqlite3_open_v2(path, &h->db, flags, NULL);
  if (rc != SQLITE_OK) {
    return err_of(rc);
  }
  if (chmod(path, S_IRUSR | S_IWUSR) != 0) {
    return BT_ERR_IO;
  }
  (void)sqlite3_busy_timeout(h->db, BUSY_MS);
  const enum bt_err err = make_schema(h->db);
  return err == BT_ERR_OK ? read_mark(h) : err;
}

enum bt_err history_set_aside(const char *path) {
  static const char *const logs[] = {"-wal", "-shm"};
  char from[PATH_MAX];
  char to[PATH_MAX];
  const int len = snprintf(to, sizeof to, "%s.broken", path);
  if (len < 0 || (size_t)len >= sizeof to || rename(path, to) != 0) {
    return BT_ERR_IO;
  }
  for (size_t i = 0; i < sizeof logs / sizeof logs[0]; i++) {
    (void)snprintf(from, sizeof from, "%s%s", path, logs[i]);
    if (unlink(from) != 0 && errno != ENOENT) {
      return BT_ERR_IO;
    }
  }
  return BT_ERR_OK;
}

uint64_t history_through(const struct history *h) {
  return h->through;
}

enum bt_err history_open(const struct mem *mem, const char *path,
                         struct history **out) {
  struct history *h = mem_new(mem, sizeof *h);
  if (h == NULL) {
    return BT_ERR_NOMEM;
  }
  h->mem = mem;
  const enum bt_err err = start(h, path);
  if (err != BT_ERR_OK) {
    history_close(h);
    return err;
  }
  *out = h;
  return BT_ERR_OK;
}

void history_close(struct history *h) {
  if (h != NULL) {
    (void)sqlite3_close(h->db);
    mem_free(h->mem, h, sizeof *h);
  }
}

/* ---- in */

static int bind_id(sqlite3_stmt *s, int at, struct id id) {
  uint8_t bytes[ID_BYTES];
  id_to_bytes(id, bytes);
  return sqlite3_bind_blob(s, at, bytes, sizeof bytes, SQLITE_TRANSIENT);
}

static int bind_text(sqlite3_stmt *s, int at, struct text t) {
  return sqlite3_bind_text(s, at, t.len == 0 ? "" : t.ptr, (int)t.len,
                           SQLITE_TRANSIENT);
}

static int put_row(sqlite3_stmt *s, const struct history_row *row) {
  int at = 1;
  int rc = bind_id(s, at++, row->session);
  rc |= sqlite3_bind_int64(s, at++, row->opened_us);
  rc |= sqlite3_bind_int64(s, at++, row->ended_us);
  rc |= sqlite3_bind_int64(s, at++, row->messages);
#define X(name) rc |= bind_text(s, at++, row->name);
  HISTORY_TEXT_LIST(X)
#undef X
  if (rc == SQLITE_OK) {
    rc = sqlite3_step(s);
  }
  (void)sqlite3_reset(s);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int put_all(struct history *h, const struct history_row *rows,
                   size_t count) {
  static const char sql[] = "INSERT OR REPLACE INTO session(id, opened_us, "
                            "ended_us, messages"
#define X(name) ", " #name
      HISTORY_TEXT_LIST(X)
#undef X
          ") VALUES(?, ?, ?, ?"
#define X(name) ", ?"
      HISTORY_TEXT_LIST(X)
#undef X
          ")";
  sqlite3_stmt *s = NULL;
  int rc = sqlite3_prepare_v2(h->db, sql, -1, &s, NULL);
  for (size_t i = 0; i < count && rc == SQLITE_OK; i++) {
    rc = put_row(s, &rows[i]);
  }
  (void)sqlite3_finalize(s);
  return rc;
}

static int put_mark(struct history *h, uint64_t through) {
  sqlite3_stmt *s = NULL;
  int rc = sqlite3_prepare_v2(
      h->db,
      "INSERT INTO mark VALUES(1, ?) ON CONFLICT(id) DO UPDATE "
      "SET through = max(through, excluded.through)",
      -1, &s, NULL);
  if (rc == SQLITE_OK) {
    rc = sqlite3_bind_int64(s, 1, (sqlite3_int64)through);
  }
  if (rc == SQLITE_OK) {
    rc = sqlite3_step(s);
  }
  (void)sqlite3_finalize(s);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* What is changed together. */
struct change {
  const struct history_row *rows;
  const struct id *ids;
  size_t count;
  uint64_t through;
};
typedef int change_fn(struct history *h, const struct change *c);

static enum bt_err all_or_none(struct history *h, change_fn *fn,
                               const struct change *c) {
  sqlite3_mutex *alone = sqlite3_db_mutex(h->db); /* recursive */
  sqlite3_mutex_enter(alone);
  int rc = sqlite3_exec(h->db, "BEGIN", NULL, NULL, NULL);
  if (rc == SQLITE_OK) {
    rc = fn(h, c);
    if (rc == SQLITE_OK) {
      rc = sqlite3_exec(h->db, "COMMIT", NULL, NULL, NULL);
    }
    if (rc != SQLITE_OK) {
      (void)sqlite3_exec(h->db, "ROLLBACK", NULL, NULL, NULL);
    }
  }
  sqlite3_mutex_leave(alone);
  return err_of(rc);
}

static int put_rows_and_mark(struct history *h, const struct change *c) {
  const int rc = put_all(h, c->rows, c->count);
  return rc == SQLITE_OK ? put_mark(h, c->through) : rc;
}

enum bt_err history_put(struct history *h, const struct history_row *rows,
                        size_t count, uint64_t through) {
  const struct change c = {.rows = rows, .count = count, .through = through};
  return all_or_none(h, put_rows_and_mark, &c);
}

/* ---- gone */

enum bt_err history_mark(struct history *h, struct id session, uint32_t gone) {
  sqlite3_stmt *s = NULL;
  int rc = sqlite3_prepare_v2(
      h->db, "UPDATE session SET gone = gone | ? WHERE id = ?", -1, &s, NULL);
  if (rc == SQLITE_OK) {
    rc = sqlite3_bind_int64(s, 1, gone) | bind_id(s, 2, session);
  }
  if (rc == SQLITE_OK) {
    rc = sqlite3_step(s);
  }
  (void)sqlite3_finalize(s);
  return err_of(rc);
}

/* Deleting leaves copies in free pages and in the log: the file's own number
 * says, from the same moment on, that it is to be written anew. */
static int remove_rows(struct history *h, const struct change *c) {
  sqlite3_stmt *s = NULL;
  int rc = sqlite3_prepare_v2(h->db, "DELETE FROM session WHERE id = ?", -1, &s,
                              NULL);
  for (size_t i = 0; i < c->count && rc == SQLITE_OK; i++) {
    rc = bind_id(s, 1, c->ids[i]);
    if (rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_DONE) {
      rc = sqlite3_reset(s);
    }
  }
  (void)sqlite3_finalize(s);
  return rc == SQLITE_OK
             ? sqlite3_exec(h->db, "PRAGMA user_version = 1", NULL, NULL, NULL)
             : rc;
}

enum bt_err history_remove(struct history *h, const struct id *sessions,
                           size_t count) {
  const struct change c = {.ids = sessions, .count = count};
  return all_or_none(h, remove_rows, &c);
}

static int is_stale(struct history *h, bool *stale) {
  sqlite3_stmt *s = NULL;
  int rc = sqlite3_prepare_v2(h->db, "PRAGMA user_version", -1, &s, NULL);
  if (rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_ROW) {
    *stale = sqlite3_column_int(s, 0) != 0;
    rc = SQLITE_OK;
  }
  (void)sqlite3_finalize(s);
  return rc;
}

/* The number goes last: whoever is stopped before begins again. */
static int write_anew(struct history *h) {
  int rc = sqlite3_exec(h->db, "VACUUM", NULL, NULL, NULL);
  if (rc == SQLITE_OK) {
    rc = sqlite3_wal_checkpoint_v2(h->db, NULL, SQLITE_CHECKPOINT_TRUNCATE,
                                   NULL, NULL);
  }
  return rc == SQLITE_OK
             ? sqlite3_exec(h->db, "PRAGMA user_version = 0", NULL, NULL, NULL)
             : rc;
}

enum bt_err history_write_anew(struct history *h) {
  bool stale = false;
  sqlite3_mutex *alone = sqlite3_db_mutex(h->db); /* recursive */
  sqlite3_mutex_enter(alone);
  int rc = is_stale(h, &stale);
  if (rc == SQLITE_OK && stale) {
    rc = write_anew(h);
  }
  sqlite3_mutex_leave(alone);
  return rc == SQLITE_BUSY ? BT_ERR_BUSY : err_of(rc);
}

/* ---- out */

#define COLUMN(name) ", " #name
#define SELECT_ROW                                                             \
  "SELECT id, opened_us, ended_us, messages, gone" HISTORY_TEXT_LIST(          \
      COLUMN) " FROM session WHERE "

struct condition {
  const char *sql; /* with one parameter */
  struct text value;
};

/* Only what is asked for stands in the statement, so that an index serves. */
static void write_sql(struct textbuf *sql, const struct condition *conditions,
                      size_t count, bool words) {
  textbuf_add(sql, TEXT(SELECT_ROW "ended_us >= ? AND ended_us < ? "
                                   "AND (ended_us, id) < (?, ?) AND id <> ?"));
  for (size_t i = 0; i < count; i++) {
    if (conditions[i].value.len > 0) {
      textbuf_add(sql, text_from(conditions[i].sql));
    }
  }
  if (words) {
    textbuf_add(sql, TEXT(" AND instr(lower(customer || char(10) || name || "
                          "char(10) || number || char(10) || entry || char(10) "
                          "|| queue || char(10) || agent || char(10) || "
                          "disposition), lower(?)) > 0"));
  }
  textbuf_add(sql, TEXT(" ORDER BY ended_us DESC, id DESC LIMIT ?"));
  textbuf_add_char(sql, '\0');
}

static int bind_query(sqlite3_stmt *s, const struct history_query *q,
                      const struct condition *conditions, size_t count) {
  int at = 1;
  int rc = sqlite3_bind_int64(s, at++, q->from_us);
  rc |= sqlite3_bind_int64(s, at++, q->to_us);
  rc |= sqlite3_bind_int64(s, at++, q->before_us);
  rc |= bind_id(s, at++, q->before);
  rc |= bind_id(s, at++, q->without);
  for (size_t i = 0; i < count; i++) {
    if (conditions[i].value.len > 0) {
      rc |= bind_text(s, at++, conditions[i].value);
    }
  }
  if (q->words.len > 0) {
    rc |= bind_text(s, at++, q->words);
  }
  return rc | sqlite3_bind_int64(s, at, q->limit);
}

static struct id column_id(sqlite3_stmt *s, int at) {
  const uint8_t *bytes = sqlite3_column_blob(s, at);
  return bytes != NULL && sqlite3_column_bytes(s, at) == ID_BYTES
             ? id_from_bytes(bytes)
             : (struct id){0, 0};
}

static struct text column_text(sqlite3_stmt *s, int at) {
  const unsigned char *bytes = sqlite3_column_text(s, at);
  const int len = sqlite3_column_bytes(s, at);
  return (struct text){bytes == NULL ? "" : (const char *)bytes, (size_t)len};
}

static int give_all(sqlite3_stmt *s, history_fn *fn, void *ctx) {
  int rc = SQLITE_ROW;
  while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
    int at = 0;
    struct history_row row = {.session = column_id(s, at++)};
    row.opened_us = sqlite3_column_int64(s, at++);
    row.ended_us = sqlite3_column_int64(s, at++);
    row.messages = sqlite3_column_int64(s, at++);
    row.gone = (uint32_t)sqlite3_column_int64(s, at++);
#define X(name) row.name = column_text(s, at++);
    HISTORY_TEXT_LIST(X)
#undef X
    if (!fn(ctx, &row)) {
      return SQLITE_OK;
    }
  }
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

enum bt_err history_find(struct history *h, const struct history_query *q,
                         history_fn *fn, void *ctx) {
  const struct condition conditions[] = {
#define X(name) {" AND " #name " <> '' AND " #name " = ?", q->name},
      X(customer) X(number) X(queue) X(agent) X(disposition)
#undef X
  };
  const size_t count = sizeof conditions / sizeof conditions[0];
  struct textbuf sql;
  sqlite3_stmt *s = NULL;
  textbuf_init(&sql, h->mem);
  write_sql(&sql, conditions, count, q->words.len > 0);
  if (sql.failed) {
    textbuf_free(&sql);
    return BT_ERR_NOMEM;
  }
  int rc = sqlite3_prepare_v2(h->db, textbuf_text(&sql).ptr, -1, &s, NULL);
  if (rc == SQLITE_OK) {
    rc = bind_query(s, q, conditions, count);
  }
  if (rc == SQLITE_OK) {
    rc = give_all(s, fn, ctx);
  }
  (void)sqlite3_finalize(s);
  textbuf_free(&sql);
  return err_of(rc);
}

enum bt_err history_read(struct history *h, struct id session, history_fn *fn,
                         void *ctx) {
  sqlite3_stmt *s = NULL;
  int rc = sqlite3_prepare_v2(h->db, SELECT_ROW "id = ?", -1, &s, NULL);
  if (rc == SQLITE_OK) {
    rc = bind_id(s, 1, session);
  }
  if (rc == SQLITE_OK) {
    rc = give_all(s, fn, ctx);
  }
  (void)sqlite3_finalize(s);
  return err_of(rc);
}

enum bt_err history_walk(struct history *h, const struct history_walk *walk,
                         history_fn *fn, void *ctx) {
  sqlite3_stmt *s = NULL;
  int rc =
      sqlite3_prepare_v2(h->db,
                         SELECT_ROW "(ended_us, id) > (?, ?) AND ended_us < ? "
                                    "ORDER BY ended_us, id LIMIT ?",
                         -1, &s, NULL);
  if (rc == SQLITE_OK) {
    rc = sqlite3_bind_int64(s, 1, walk->after_us);
    rc |= bind_id(s, 2, walk->after);
    rc |= sqlite3_bind_int64(s, 3, walk->to_us);
    rc |= sqlite3_bind_int64(s, 4, walk->limit);
  }
  if (rc == SQLITE_OK) {
    rc = give_all(s, fn, ctx);
  }
  (void)sqlite3_finalize(s);
  return err_of(rc);
}
