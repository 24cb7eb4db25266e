/* auth.h - tokens, customers' tokens, tickets: who is asking.
 *
 * A customer's token is signed, not stored: the session's id and an HMAC of it
 * under the server's secret. So it survives every restart, and whoever opens a
 * session with the same idempotency key gets the same token.
 *
 * Nothing here takes longer for a token that is nearly right: tables are looked
 * up by SHA-256, which nobody can choose, and compared in constant time.
 */
#ifndef BATON_API_AUTH_H
#define BATON_API_AUTH_H

#include "api/api.h"
#include "base/arena.h"
#include "base/map.h"

enum { AUTH_HASH = 32, TICKET_TEXT = 67, CUSTOMER_TOKEN_TEXT = 104 };

/* Which token let somebody in: for its revocation. */
struct auth_source {
  uint8_t sha256[AUTH_HASH];
  uint64_t subject;  /* a hash, and the role, as the table said then: a token */
  enum role role;    /* that is given to somebody else is another token */
  bool from_table;   /* customers' tokens cannot be revoked */
  bool from_browser; /* of an account that has signed in (accounts.h) */
};

/* What a token says. @subject is borrowed from the table or the ticket. */
struct auth_identity {
  enum role role;
  struct text subject;
  struct id session; /* customer */
  struct auth_source source;
};

struct auth_entry {
  uint8_t sha256[AUTH_HASH];
  enum role role;
  struct text subject;
  int64_t expires_us; /* 0: never */
  const struct text *entry_points;
  size_t entry_count;
};

/* Tickets of customers and of all others do not take each other's room, and
 * nobody has more than a few. */
enum { TICKETS_MAX = 1024, TICKET_RINGS = 2, TICKETS_OF_ONE = 4 };

struct ticket_ring {
  struct auth_ticket *tickets; /* TICKETS_MAX, from the first one on */
  size_t next;
};

struct auth_ticket {
  uint8_t secret[AUTH_HASH];
  int64_t expires_us; /* 0: free */
  struct auth_identity who;
  char subject[256]; /* what who.subject points to */
};

struct auth {
  const struct mem *mem;
  uint8_t signing_key[AUTH_HASH]; /* of HMAC-SHA256 */
  struct arena arena;             /* of the entries and their texts */
  struct auth_entry *entries;
  size_t count;
  struct map by_hash;
  struct ticket_ring rings[TICKET_RINGS];
};

/* @secret of any length. */
void auth_init(struct auth *a, const struct mem *mem, struct text secret);
void auth_free(struct auth *a);
/* BT_ERR_NOMEM: the old table stands. */
enum bt_err auth_set(struct auth *a, const struct api_token *tokens,
                     size_t count) BT_USE_RESULT;

/* False: nobody is known by this token, now. */
bool auth_find(const struct auth *a, struct text token, int64_t now_us,
               struct auth_identity *out);
/* Was somebody, until it expired? For the sentence that says so. */
bool auth_has_expired(const struct auth *a, struct text token, int64_t now_us);
/* Is the token that let somebody in still good? */
bool auth_still(const struct auth *a, const struct auth_source *source,
                int64_t now_us);
/* When the next of them expires, after @now_us; INT64_MAX: none does. */
int64_t auth_next_expiry(const struct auth *a, int64_t now_us);
/* The entry points to which the token is bound; their number, 0: to none. */
size_t auth_entry_points(const struct auth *a, const struct auth_source *source,
                         const struct text **list);

/* "cs_", the session's id, "_", 64 hexadecimal digits. */
void auth_customer_token(const struct auth *a, struct id session,
                         char out[CUSTOMER_TOKEN_TEXT]);

/* "tk_" and 64 hexadecimal digits of @random. The oldest of whoever has
 * TICKETS_OF_ONE goes, else the oldest of TICKETS_MAX of customers, or others.
 * BT_ERR_RANGE: the subject is too long for one. BT_ERR_NOMEM. */
enum bt_err auth_make_ticket(struct auth *a, const struct auth_identity *who,
                             const uint8_t random[AUTH_HASH],
                             int64_t expires_us,
                             char out[TICKET_TEXT]) BT_USE_RESULT;
/* Good once. *@out borrows until the next ticket is made. */
bool auth_take_ticket(struct auth *a, struct text ticket, int64_t now_us,
                      struct auth_identity *out);

#endif
