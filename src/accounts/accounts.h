/* accounts.h - people who sign in, with a password or by a provider, and where
 * they are signed in.
 *
 * A small SQLite database beside the journal: what is in it is no event of any
 * session. Passwords are kept as Argon2id, what browsers hold as SHA-256. The
 * server and `baton account` may have it open at the same time.
 */
#ifndef BATON_ACCOUNTS_ACCOUNTS_H
#define BATON_ACCOUNTS_ACCOUNTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"

enum {
  ACCOUNT_TEXT_MAX = 128, /* bytes of a login, name, role or subject */
  ACCOUNT_HASH_MAX = 160, /* of an encoded Argon2id hash, with its NUL */
  ACCOUNT_SECRET = 32,    /* random bytes of a browser's secret */
  ACCOUNT_COOKIE = 64,    /* the same as text */
  PASSWORD_MIN = 10,      /* bytes */
  PASSWORD_MAX = 256
};

#define ACCOUNT_IDLE_US INT64_C(43200000000)  /* 12 h without a request */
#define ACCOUNT_LIFE_US INT64_C(604800000000) /* 7 days in all */

struct accounts;

struct account_text {
  char bytes[ACCOUNT_TEXT_MAX];
  uint8_t len;
};

struct account {
  struct account_text login;
  struct account_text role;    /* agent, supervisor, admin */
  struct account_text subject; /* the agent's id */
  struct account_text name;    /* what people read */
  bool disabled;               /* nobody signs in with it */
};

/* Who somebody is at a provider (OpenID Connect): for good, and at this one
 * alone. */
struct account_identity {
  struct text issuer, subject;
};

struct text account_text(const struct account_text *t);
/* False: longer than ACCOUNT_TEXT_MAX. */
bool account_set(struct account_text *out, struct text t);

/* Makes the file, readable by its owner alone, if it is not there.
 * BT_ERR_IO, BT_ERR_CORRUPT, BT_ERR_NOMEM. */
enum bt_err accounts_open(const struct mem *mem, const char *path,
                          struct accounts **out) BT_USE_RESULT;
void accounts_close(struct accounts *a); /* NULL is fine */

/* ---- the accounts */

/* Takes a tenth of a second. BT_ERR_RANGE: the password's length. @salt is
 * random. */
enum bt_err accounts_hash(struct text password, const uint8_t salt[16],
                          char out[ACCOUNT_HASH_MAX]) BT_USE_RESULT;
/* A new account, or the one of this login changed; whoever is signed in with it
 * is signed out. Without a hash ("") no password fits. It is not disabled. */
enum bt_err accounts_put(struct accounts *a, const struct account *account,
                         const char *hash) BT_USE_RESULT;
/* Another role, subject and name; password and identities stay. Whoever is
 * signed in is signed out. BT_ERR_NOT_FOUND. */
enum bt_err accounts_change(struct accounts *a,
                            const struct account *account) BT_USE_RESULT;
/* Nobody signs in with it until it is enabled; whoever is signed in is signed
 * out. BT_ERR_NOT_FOUND. */
enum bt_err accounts_disable(struct accounts *a, struct text login,
                             bool disabled) BT_USE_RESULT;
/* Another password; the rest stays. BT_ERR_NOT_FOUND. */
enum bt_err accounts_set_hash(struct accounts *a, struct text login,
                              const char *hash) BT_USE_RESULT;
/* BT_ERR_NOT_FOUND. */
enum bt_err accounts_remove(struct accounts *a,
                            struct text login) BT_USE_RESULT;
typedef void account_fn(void *ctx, const struct account *account);
/* All, by login. */
enum bt_err accounts_each(struct accounts *a, account_fn *fn,
                          void *ctx) BT_USE_RESULT;

/* The account is also that of whoever is this at a provider: of one account,
 * the last that was linked. BT_ERR_NOT_FOUND: there is no such account. */
enum bt_err accounts_link(struct accounts *a, struct text login,
                          const struct account_identity *who) BT_USE_RESULT;
/* BT_ERR_NOT_FOUND: nobody's. */
enum bt_err accounts_find_identity(struct accounts *a,
                                   const struct account_identity *who,
                                   struct account *out) BT_USE_RESULT;
/* BT_ERR_NOT_FOUND. */
enum bt_err accounts_find(struct accounts *a, struct text login,
                          struct account *out) BT_USE_RESULT;

/* ---- signing in */

/* The hash to look at. BT_ERR_NOT_FOUND: there is no such account, and @hash is
 * one that nothing fits, so that looking takes as long. */
enum bt_err accounts_find_hash(struct accounts *a, struct text login,
                               char hash[ACCOUNT_HASH_MAX]) BT_USE_RESULT;
/* Takes a tenth of a second; from any thread. */
bool accounts_fits(const char *hash, struct text password);
/* Who signs in, and by which provider; empty: with a password. */
struct account_entrance {
  struct text login, provider;
  int64_t now_us;
};
/* Signs in: @cookie is what the browser keeps. */
enum bt_err accounts_begin(struct accounts *a,
                           const struct account_entrance *entrance,
                           const uint8_t secret[ACCOUNT_SECRET],
                           char cookie[ACCOUNT_COOKIE]) BT_USE_RESULT;

/* ---- signed in */

/* Whose the cookie is, and what sockets remember of it. BT_ERR_NOT_FOUND:
 * nobody's, or too old. */
enum bt_err accounts_who(struct accounts *a, struct text cookie, int64_t now_us,
                         struct account *out, uint8_t sha256[32]) BT_USE_RESULT;
bool accounts_still(struct accounts *a, const uint8_t sha256[32]);
/* Signs out, and says by which provider it was; empty: with a password. */
enum bt_err accounts_end(struct accounts *a, struct text cookie,
                         struct account_text *provider) BT_USE_RESULT;

#endif
