/* holds.h - legal holds: nothing of the session, or of the customer, is erased
 * while one stands, whoever asks and however old it is.
 *
 * A small file beside the journal (holds.json). One thread.
 */
#ifndef BATON_RETENTION_HOLDS_H
#define BATON_RETENTION_HOLDS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/id.h"
#include "base/json.h"

enum holds_limit {
#define LIMIT(name, value, unit, refusal, doc) name = (value),
#include "retention/limit.def"
#undef LIMIT
};

struct holds;

/* All of them texts of the store, good until the next change. */
struct hold {
  struct text id;       /* of the hold */
  struct id session;    /* null: it is about a customer */
  struct text customer; /* its customer.id, or empty */
  struct text reason;
  struct text role, who; /* who put it */
  int64_t at_us;
};

/* @directory: of the file; empty: nothing outlives the process. BT_ERR_IO;
 * BT_ERR_CORRUPT: it is no such file; BT_ERR_NOMEM. */
enum bt_err holds_open(const struct mem *mem, struct text directory,
                       struct holds **out) BT_USE_RESULT;
void holds_close(struct holds *h); /* NULL is fine */

/* It is on the disk when this returns. BT_ERR_FULL: there are as many as there
 * may be. BT_ERR_IO: it is not, and nothing has changed. BT_ERR_NOMEM. */
enum bt_err holds_put(struct holds *h, const struct hold *hold) BT_USE_RESULT;
/* BT_ERR_NOT_FOUND. Else as holds_put(). */
enum bt_err holds_lift(struct holds *h, struct text id) BT_USE_RESULT;

/* Appends a list of them, in the order in which they were put. */
void holds_write(const struct holds *h, struct json_out *o);
/* One that keeps the session, whose customer is @customer (may be empty), from
 * being erased; or NULL. */
const struct hold *holds_find(const struct holds *h, struct id session,
                              struct text customer);
/* Appends it as it is stored and shown. */
void hold_write(const struct hold *hold, struct json_out *o);

#endif
