/* jwt.h - a signed token (JWT in a compact JWS, RFC 7515 and 7519), read and
 * not yet believed.
 *
 * Only signatures with a key pair are known: neither "none" nor a shared secret
 * has a name here, so no token can ask for them. What a token says about its
 * own key (jwk, jku, x5c, x5u) is never looked at.
 */
#ifndef BATON_OIDC_JWT_H
#define BATON_OIDC_JWT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"

/* JWT_ALG(name): RFC 7518, section 3.1 */
#define JWT_ALG_LIST(X)                                                        \
  X(RS256)                                                                     \
  X(PS256)                                                                     \
  X(ES256)
#define X(name) JWT_##name,
enum jwt_alg { JWT_ALG_LIST(X) JWT_ALGS };
#undef X

enum { JWT_BYTES_MAX = 16384, JWT_KID_MAX = 256 };

const char *jwt_alg_name(enum jwt_alg alg);
/* False: there is no such one here. */
bool jwt_alg_from_name(struct text name, enum jwt_alg *out);

/* All lives in the arena, or is borrowed from the token. */
struct jwt {
  enum jwt_alg alg;
  struct text kid;         /* of the key; empty: the token does not say */
  struct text signed_part; /* what the signature is of */
  struct text signature;
  const struct json *claims; /* an object */
};

/* BT_ERR_SYNTAX: *why is a sentence. BT_ERR_NOMEM. */
enum bt_err jwt_read(struct arena *arena, struct text token, struct jwt *out,
                     const char **why) BT_USE_RESULT;

#endif
