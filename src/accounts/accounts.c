#include "accounts/accounts.h"

#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>

#include "base/digest.h"

enum { BUSY_MS = 2000 };

/* How often it is written down that a browser was here. */
#define SEEN_EVERY_US   INT64_C(60000000)

#define ACCOUNT_COLUMNS "a.login, a.role, a.subject, a.name, a.disabled"
#define STATEMENT_LIST(X)                                                      \
  X(PUT, "INSERT INTO account(login, role, subject, name, hash) "              \
         "VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT(login) DO UPDATE SET "        \
         "role = ?2, subject = ?3, name = ?4, hash = ?5, disabled = 0")        \
  X(CHANGE, "UPDATE account SET role = ?2, subject = ?3, name = ?4 "           \
            "WHERE login = ?1")                                                \
  X(DISABLE, "UPDATE account SET disabled = ?2 WHERE login = ?1")              \
  X(LINK, "INSERT OR REPLACE INTO identity(issuer, subject, login) "           \
          "SELECT ?2, ?3, login FROM account WHERE login = ?1")                \
  X(UNLINK, "DELETE FROM identity WHERE login = ?1")                           \
  X(IDENTITY, "SELECT " ACCOUNT_COLUMNS " FROM identity i "                    \
              "JOIN account a USING (login) "                                  \
              "WHERE i.issuer = ?1 AND i.subject = ?2")                        \
  X(FIND, "SELECT " ACCOUNT_COLUMNS " FROM account a WHERE login = ?1")        \
  X(SET_HASH, "UPDATE account SET hash = ?2 WHERE login = ?1")                 \
  X(REMOVE, "DELETE FROM account WHERE login = ?1")                            \
  X(ALL, "SELECT " ACCOUNT_COLUMNS " FROM account a ORDER BY login")           \
  X(FIND_HASH, "SELECT hash FROM account "                                     \
               "WHERE login = ?1 AND hash <> '' AND disabled = 0")             \
  X(BEGIN, "INSERT INTO browser(sha256, login, began_us, seen_us, provider) "  \
           "SELECT ?1, login, ?3, ?3, ?4 FROM account "                        \
           "WHERE login = ?2 AND disabled = 0")                                \
  X(WHO, "SELECT " ACCOUNT_COLUMNS ", b.began_us, b.seen_us "                  \
         "FROM browser b JOIN account a USING (login) WHERE b.sha256 = ?1")    \
  X(SEEN, "UPDATE browser SET seen_us = ?2 WHERE sha256 = ?1")                 \
  X(STILL, "SELECT 1 FROM browser WHERE sha256 = ?1")                          \
  X(PROVIDER, "SELECT provider FROM browser WHERE sha256 = ?1")                \
  X(END, "DELETE FROM browser WHERE sha256 = ?1")                              \
  X(END_ALL, "DELETE FROM browser WHERE login = ?1")                           \
  X(END_OLD, "DELETE FROM browser WHERE began_us < ?1 OR seen_us < ?2")
#define X(name, sql) DO_##name,
enum statement { STATEMENT_LIST(X) STATEMENTS };
#undef X

struct accounts {
  const struct mem *mem;
  sqlite3 *db;
  sqlite3_stmt *statements[STATEMENTS];
};

/* ---- texts */

struct text account_text(const struct account_text *t) {
  return (struct text){t->bytes, t->len};
}

bool account_set(struct account_text *out, struct text t) {
  if (t.len > ACCOUNT_TEXT_MAX) {
    return false;
  }
  if (t.len > 0) {
    memcpy(out->bytes, t.ptr, t.len);
  }
  out->len = (uint8_t)t.len;
  return true;
}

/* ---- the database */

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
  default:
    return BT_ERR_IO;
  }
}

static enum bt_err prepare_all(struct accounts *a) {
  static const char *const sql[] = {
#define X(name, text) text,
      STATEMENT_LIST(X)
#undef X
  };
  int rc = SQLITE_OK;
  for (size_t i = 0; i < STATEMENTS && rc == SQLITE_OK; i++) {
    rc = sqlite3_prepare_v3(a->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT,
                            &a->statements[i], NULL);
  }
  return err_of(rc);
}

static int64_t version_of(struct accounts *a) {
  sqlite3_stmt *s = NULL;
  int64_t version = -1;
  if (sqlite3_prepare_v2(a->db, "PRAGMA user_version", -1, &s, NULL) ==
          SQLITE_OK &&
      sqlite3_step(s) == SQLITE_ROW) {
    version = sqlite3_column_int64(s, 0);
  }
  (void)sqlite3_finalize(s);
  return version;
}

/* Files of before there were providers. The server and `baton account` may both
 * come to it: whoever is second finds it done. */
static enum bt_err grow_schema(struct accounts *a) {
  static const char sql[] =
      "ALTER TABLE account ADD COLUMN disabled INTEGER NOT NULL DEFAULT 0;"
      "ALTER TABLE browser ADD COLUMN provider TEXT NOT NULL DEFAULT '';"
      "CREATE TABLE identity(issuer TEXT NOT NULL, subject TEXT NOT NULL, "
      "login TEXT NOT NULL REFERENCES account ON DELETE CASCADE, "
      "PRIMARY KEY(issuer, subject)) STRICT, WITHOUT ROWID;"
      "CREATE INDEX identity_login ON identity(login);"
      "PRAGMA user_version = 1;";
  int rc = sqlite3_exec(a->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
  if (rc == SQLITE_OK && version_of(a) == 0) {
    rc = sqlite3_exec(a->db, sql, NULL, NULL, NULL);
  }
  const int end = sqlite3_exec(a->db, rc == SQLITE_OK ? "COMMIT" : "ROLLBACK",
                               NULL, NULL, NULL);
  return err_of(rc == SQLITE_OK ? end : rc);
}

/* What is lost with power is at worst the last sign-ins and -outs. */
static enum bt_err make_schema(struct accounts *a) {
  static const char sql[] =
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
      "PRAGMA foreign_keys = ON;"
      "CREATE TABLE IF NOT EXISTS account(login TEXT PRIMARY KEY, "
      "role TEXT NOT NULL, subject TEXT NOT NULL, name TEXT NOT NULL, "
      "hash TEXT NOT NULL) STRICT;"
      "CREATE TABLE IF NOT EXISTS browser(sha256 BLOB PRIMARY KEY, "
      "login TEXT NOT NULL REFERENCES account ON DELETE CASCADE, "
      "began_us INTEGER NOT NULL, seen_us INTEGER NOT NULL) STRICT;"
      "CREATE INDEX IF NOT EXISTS browser_login ON browser(login);";
  const enum bt_err err = err_of(sqlite3_exec(a->db, sql, NULL, NULL, NULL));
  return err == BT_ERR_OK && version_of(a) == 0 ? grow_schema(a) : err;
}

static enum bt_err start(struct accounts *a, const char *path) {
  const int rc = sqlite3_open_v2(
      path, &a->db,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
  if (rc != SQLITE_OK) {
    return err_of(rc);
  }
  if (chmod(path, S_IRUSR | S_IWUSR) != 0) {
    return BT_ERR_IO;
  }
  (void)sqlite3_busy_timeout(a->db, BUSY_MS);
  const enum bt_err err = make_schema(a);
  return err == BT_ERR_OK ? prepare_all(a) : err;
}

enum bt_err accounts_open(const struct mem *mem, const char *path,
                          struct accounts **out) {
  struct accounts *a = mem_new(mem, sizeof *a);
  if (a == NULL) {
    return BT_ERR_NOMEM;
  }
  a->mem = mem;
  const enum bt_err err = start(a, path);
  if (err != BT_ERR_OK) {
    accounts_close(a);
    return err;
  }
  *out = a;
  return BT_ERR_OK;
}

void accounts_close(struct accounts *a) {
  if (a == NULL) {
    return;
  }
  for (size_t i = 0; i < STATEMENTS; i++) {
    (void)sqlite3_finalize(a->statements[i]);
  }
  (void)sqlite3_close(a->db);
  mem_free(a->mem, a, sizeof *a);
}

/* ---- one statement: bound, stepped, rested */

static void bind_text(sqlite3_stmt *s, int at, struct text t) {
  (void)sqlite3_bind_text64(s, at, t.len > 0 ? t.ptr : "", t.len,
                            SQLITE_TRANSIENT, SQLITE_UTF8);
}

static void bind_sha(sqlite3_stmt *s, int at, const uint8_t sha256[32]) {
  (void)sqlite3_bind_blob(s, at, sha256, 32, SQLITE_TRANSIENT);
}

static void rest(sqlite3_stmt *s) {
  (void)sqlite3_reset(s);
  (void)sqlite3_clear_bindings(s);
}

/* For what has no rows. BT_ERR_NOT_FOUND: it changed nothing. */
static enum bt_err run(struct accounts *a, sqlite3_stmt *s) {
  const int rc = sqlite3_step(s);
  rest(s);
  if (rc != SQLITE_DONE) {
    return rc == SQLITE_ROW ? BT_ERR_OK : err_of(rc);
  }
  return sqlite3_changes(a->db) > 0 ? BT_ERR_OK : BT_ERR_NOT_FOUND;
}

/* The same where nothing to change is as good. */
static enum bt_err run_any(struct accounts *a, sqlite3_stmt *s) {
  const enum bt_err err = run(a, s);
  return err == BT_ERR_NOT_FOUND ? BT_ERR_OK : err;
}

/* A row is there. Else @s rests. */
static enum bt_err row(sqlite3_stmt *s) {
  const int rc = sqlite3_step(s);
  if (rc == SQLITE_ROW) {
    return BT_ERR_OK;
  }
  rest(s);
  return rc == SQLITE_DONE ? BT_ERR_NOT_FOUND : err_of(rc);
}

static struct text column(sqlite3_stmt *s, int at) {
  const char *bytes = (const char *)sqlite3_column_text(s, at);
  return (struct text){bytes == NULL ? "" : bytes,
                       (size_t)sqlite3_column_bytes(s, at)};
}

/* Of ACCOUNT_COLUMNS. */
static enum bt_err read_account(sqlite3_stmt *s, struct account *out) {
  out->disabled = sqlite3_column_int(s, 4) != 0;
  return account_set(&out->login, column(s, 0)) &&
                 account_set(&out->role, column(s, 1)) &&
                 account_set(&out->subject, column(s, 2)) &&
                 account_set(&out->name, column(s, 3))
             ? BT_ERR_OK
             : BT_ERR_CORRUPT;
}

/* ---- the accounts */

static enum bt_err sign_out_everywhere(struct accounts *a, struct text login) {
  sqlite3_stmt *s = a->statements[DO_END_ALL];
  bind_text(s, 1, login);
  return run_any(a, s);
}

static void bind_account(sqlite3_stmt *s, const struct account *account) {
  bind_text(s, 1, account_text(&account->login));
  bind_text(s, 2, account_text(&account->role));
  bind_text(s, 3, account_text(&account->subject));
  bind_text(s, 4, account_text(&account->name));
}

static enum bt_err run_and_sign_out(struct accounts *a, sqlite3_stmt *s,
                                    struct text login) {
  const enum bt_err err = run(a, s);
  return err == BT_ERR_OK ? sign_out_everywhere(a, login) : err;
}

enum bt_err accounts_put(struct accounts *a, const struct account *account,
                         const char *hash) {
  sqlite3_stmt *s = a->statements[DO_PUT];
  bind_account(s, account);
  bind_text(s, 5, text_from(hash));
  return run_and_sign_out(a, s, account_text(&account->login));
}

enum bt_err accounts_change(struct accounts *a, const struct account *account) {
  sqlite3_stmt *s = a->statements[DO_CHANGE];
  bind_account(s, account);
  return run_and_sign_out(a, s, account_text(&account->login));
}

enum bt_err accounts_disable(struct accounts *a, struct text login,
                             bool disabled) {
  sqlite3_stmt *s = a->statements[DO_DISABLE];
  bind_text(s, 1, login);
  (void)sqlite3_bind_int(s, 2, disabled);
  return run_and_sign_out(a, s, login);
}

enum bt_err accounts_set_hash(struct accounts *a, struct text login,
                              const char *hash) {
  sqlite3_stmt *s = a->statements[DO_SET_HASH];
  bind_text(s, 1, login);
  bind_text(s, 2, text_from(hash));
  return run_and_sign_out(a, s, login);
}

enum bt_err accounts_remove(struct accounts *a, struct text login) {
  sqlite3_stmt *s = a->statements[DO_REMOVE];
  bind_text(s, 1, login);
  return run(a, s);
}

enum bt_err accounts_each(struct accounts *a, account_fn *fn, void *ctx) {
  sqlite3_stmt *s = a->statements[DO_ALL];
  enum bt_err err = row(s);
  while (err == BT_ERR_OK) {
    struct account account;
    err = read_account(s, &account);
    if (err != BT_ERR_OK) {
      rest(s);
      return err;
    }
    fn(ctx, &account);
    err = row(s);
  }
  return err == BT_ERR_NOT_FOUND ? BT_ERR_OK : err;
}

/* ---- who they are elsewhere */

enum bt_err accounts_link(struct accounts *a, struct text login,
                          const struct account_identity *who) {
  sqlite3_stmt *unlink = a->statements[DO_UNLINK];
  bind_text(unlink, 1, login);
  const enum bt_err err = run_any(a, unlink);
  if (err != BT_ERR_OK) {
    return err;
  }
  sqlite3_stmt *s = a->statements[DO_LINK];
  bind_text(s, 1, login);
  bind_text(s, 2, who->issuer);
  bind_text(s, 3, who->subject);
  return run(a, s);
}

static enum bt_err find_one(sqlite3_stmt *s, struct account *out) {
  struct account found;
  enum bt_err err = row(s);
  if (err != BT_ERR_OK) {
    return err;
  }
  err = read_account(s, &found);
  rest(s);
  if (err == BT_ERR_OK) {
    *out = found;
  }
  return err;
}

enum bt_err accounts_find_identity(struct accounts *a,
                                   const struct account_identity *who,
                                   struct account *out) {
  sqlite3_stmt *s = a->statements[DO_IDENTITY];
  bind_text(s, 1, who->issuer);
  bind_text(s, 2, who->subject);
  return find_one(s, out);
}

enum bt_err accounts_find(struct accounts *a, struct text login,
                          struct account *out) {
  sqlite3_stmt *s = a->statements[DO_FIND];
  bind_text(s, 1, login);
  return find_one(s, out);
}

/* ---- signing in */

/* Of a password that nobody has. */
static const char nobodys_hash[] =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGhhcyBpdA$"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

static void set_hash(char out[ACCOUNT_HASH_MAX], struct text hash) {
  const size_t len =
      hash.len < ACCOUNT_HASH_MAX ? hash.len : ACCOUNT_HASH_MAX - 1;
  memcpy(out, hash.ptr, len);
  out[len] = '\0';
}

enum bt_err accounts_find_hash(struct accounts *a, struct text login,
                               char hash[ACCOUNT_HASH_MAX]) {
  sqlite3_stmt *s = a->statements[DO_FIND_HASH];
  set_hash(hash, text_from(nobodys_hash));
  bind_text(s, 1, login);
  const enum bt_err err = row(s);
  if (err == BT_ERR_OK) {
    set_hash(hash, column(s, 0));
    rest(s);
  }
  return err;
}

static enum bt_err forget_old(struct accounts *a, int64_t now_us) {
  sqlite3_stmt *s = a->statements[DO_END_OLD];
  (void)sqlite3_bind_int64(s, 1, now_us - ACCOUNT_LIFE_US);
  (void)sqlite3_bind_int64(s, 2, now_us - ACCOUNT_IDLE_US);
  return run_any(a, s);
}

enum bt_err accounts_begin(struct accounts *a,
                           const struct account_entrance *entrance,
                           const uint8_t secret[ACCOUNT_SECRET],
                           char cookie[ACCOUNT_COOKIE]) {
  uint8_t sha256[32];
  const enum bt_err err = forget_old(a, entrance->now_us);
  if (err != BT_ERR_OK) {
    return err;
  }
  hex_write(secret, ACCOUNT_SECRET, cookie);
  digest_sha256((struct text){cookie, ACCOUNT_COOKIE}, sha256);
  sqlite3_stmt *s = a->statements[DO_BEGIN];
  bind_sha(s, 1, sha256);
  bind_text(s, 2, entrance->login);
  (void)sqlite3_bind_int64(s, 3, entrance->now_us);
  bind_text(s, 4, entrance->provider);
  return run(a, s);
}

/* ---- signed in */

static enum bt_err note_seen(struct accounts *a, const uint8_t sha256[32],
                             int64_t now_us) {
  sqlite3_stmt *s = a->statements[DO_SEEN];
  bind_sha(s, 1, sha256);
  (void)sqlite3_bind_int64(s, 2, now_us);
  return run(a, s);
}

enum bt_err accounts_who(struct accounts *a, struct text cookie, int64_t now_us,
                         struct account *out, uint8_t sha256[32]) {
  digest_sha256(cookie, sha256);
  sqlite3_stmt *s = a->statements[DO_WHO];
  bind_sha(s, 1, sha256);
  enum bt_err err = row(s);
  if (err != BT_ERR_OK) {
    return err;
  }
  err = read_account(s, out);
  const int64_t began_us = sqlite3_column_int64(s, 5);
  const int64_t seen_us = sqlite3_column_int64(s, 6);
  rest(s);
  if (err != BT_ERR_OK) {
    return err;
  }
  if (now_us - began_us > ACCOUNT_LIFE_US ||
      now_us - seen_us > ACCOUNT_IDLE_US) {
    return BT_ERR_NOT_FOUND;
  }
  if (now_us - seen_us > SEEN_EVERY_US) {
    /* A store that takes nothing now must not sign anybody out. */
    (void)note_seen(a, sha256, now_us);
  }
  return BT_ERR_OK;
}

bool accounts_still(struct accounts *a, const uint8_t sha256[32]) {
  sqlite3_stmt *s = a->statements[DO_STILL];
  bind_sha(s, 1, sha256);
  const bool gone = row(s) == BT_ERR_NOT_FOUND;
  rest(s);
  return !gone;
}

enum bt_err accounts_end(struct accounts *a, struct text cookie,
                         struct account_text *provider) {
  uint8_t sha256[32];
  digest_sha256(cookie, sha256);
  sqlite3_stmt *by = a->statements[DO_PROVIDER];
  bind_sha(by, 1, sha256);
  const enum bt_err err = row(by);
  if (err != BT_ERR_OK) {
    return err;
  }
  const bool set = account_set(provider, column(by, 0));
  rest(by);
  provider->len = set ? provider->len : 0;
  sqlite3_stmt *s = a->statements[DO_END];
  bind_sha(s, 1, sha256);
  return run(a, s);
}
