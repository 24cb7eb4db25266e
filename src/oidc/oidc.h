/* oidc.h - providers at which people sign in: OpenID Connect Core 1.0, the
 * authorization code flow with PKCE.
 *
 *   oidc_begin()  → where to send the browser
 *   oidc_finish() → who it is, from the code that the browser brought back
 *   oidc_leave()  → where to send the browser that signs out
 *
 * What a provider says about itself (discovery, keys) is read when it is first
 * needed, and again after an hour; keys also when a token names one that is not
 * known, a few times a minute at most. One thread, the loop's; every call goes
 * over an outbound, and only to the issuer's host and those that the settings
 * name.
 */
#ifndef BATON_OIDC_OIDC_H
#define BATON_OIDC_OIDC_H

#include "base/err.h"
#include "base/mem.h"
#include "net/loop.h"
#include "net/outbound.h"
#include "oidc/fault.h"
#include "oidc/person.h"
#include "oidc/settings.h"

struct oidc;

struct oidc_options {
  const struct mem *mem; /* borrowed, as is the loop */
  struct loop *loop;
  const struct oidc_settings *list;
  size_t count;
  struct text public_url; /* of this server, as browsers see it */
  const struct outbound_rules *rules;
  void *ctx; /* for the function below */
  int64_t (*unix_us)(void *ctx);
};

/* Everything is copied. BT_ERR_NOMEM. */
enum bt_err oidc_create(const struct oidc_options *options,
                        struct oidc **out) BT_USE_RESULT;
/* Answers everybody who waits with OIDC_BUSY: another one takes its place. All
 * that may follow is oidc_free(). */
void oidc_cancel(struct oidc *o);
/* Whoever waits gets no answer. NULL is fine. */
void oidc_free(struct oidc *o);

size_t oidc_count(const struct oidc *o); /* of NULL: 0 */
const struct oidc_settings *oidc_at(const struct oidc *o, size_t number);
/* NULL: there is no provider of this id. */
const struct oidc_settings *oidc_find(const struct oidc *o, struct text id);

/* Borrowed for the call. */
struct oidc_answer {
  enum oidc_fault fault;
  struct text detail;               /* of a fault; for who runs the server */
  struct text url;                  /* where to send the browser; may be
                                       empty after oidc_leave() */
  const struct oidc_person *person; /* after oidc_finish() */
};
typedef void oidc_fn(void *ctx, const struct oidc_answer *answer);

/* Of attempt.h; all are copied. */
struct oidc_asked {
  uint64_t from; /* which address asks, hashed */
  struct text state, nonce, challenge;
};
struct oidc_brought {
  uint64_t from;
  struct text code, verifier, nonce;
  struct text issuer; /* "iss" of the answer (RFC 9207); empty: none */
};

/* @id is a provider's. @fn is called once: from a later turn of the loop, or at
 * once, where everything is known. BT_ERR_NOMEM, BT_ERR_FULL (too many wait, or
 * too many from the same address: one has as many places as it leaves free, so
 * that nobody takes all of them): it is not. */
enum bt_err oidc_begin(struct oidc *o, struct text id,
                       const struct oidc_asked *asked, oidc_fn *fn,
                       void *ctx) BT_USE_RESULT;
enum bt_err oidc_finish(struct oidc *o, struct text id,
                        const struct oidc_brought *brought, oidc_fn *fn,
                        void *ctx) BT_USE_RESULT;
enum bt_err oidc_leave(struct oidc *o, struct text id, oidc_fn *fn,
                       void *ctx) BT_USE_RESULT;

#endif
