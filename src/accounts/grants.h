/* grants.h - who of the administrators may read what people said, until when
 * and why. Without a grant that is nobody's who only configures.
 *
 * A small file beside the journal (grants.json). One thread.
 */
#ifndef BATON_ACCOUNTS_GRANTS_H
#define BATON_ACCOUNTS_GRANTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"

enum grants_limit {
#define LIMIT(name, value, unit, refusal, doc) name = (value),
#include "accounts/limit.def"
#undef LIMIT
};

struct grants;

/* All of them texts of the store, good until the next change. */
struct grant {
  struct text id;
  struct text to; /* an administrator: a token's name, an account's login */
  struct text why;
  struct text role, who; /* who gave it */
  int64_t at_us, until_us;
};

/* @directory: of the file; empty: nothing outlives the process. BT_ERR_IO;
 * BT_ERR_CORRUPT: it is no such file; BT_ERR_NOMEM. */
enum bt_err grants_open(const struct mem *mem, struct text directory,
                        struct grants **out) BT_USE_RESULT;
void grants_close(struct grants *g); /* NULL is fine */

/* It is on the disk when this returns. Those that were over at @grant's
 * at_us are gone. BT_ERR_FULL: there are as many as there may be. BT_ERR_IO: it
 * is not there. BT_ERR_NOMEM. */
enum bt_err grants_put(struct grants *g,
                       const struct grant *grant) BT_USE_RESULT;
/* BT_ERR_NOT_FOUND. Else as grants_put(). */
enum bt_err grants_withdraw(struct grants *g, struct text id) BT_USE_RESULT;

/* Appends a list of them, in the order in which they were given. */
void grants_write(const struct grants *g, struct json_out *o);
/* One that @to, the hash of a name, has at this time; or NULL. */
const struct grant *grants_find(const struct grants *g, uint64_t to,
                                int64_t now_us);
/* Appends it as it is stored and shown. */
void grant_write(const struct grant *grant, struct json_out *o);

#endif
