/* keys.h - a provider's public keys (a JWK set, RFC 7517), and whether one of
 * them has signed a token.
 *
 * Keys that are of no use here (for encryption, of other kinds, too weak, of
 * more bits than anybody has) are passed over, as the RFC wants it.
 */
#ifndef BATON_OIDC_KEYS_H
#define BATON_OIDC_KEYS_H

#include "base/err.h"
#include "oidc/jwt.h"

enum { OIDC_KEYS_MAX = 32, RSA_BITS_MIN = 2048, RSA_BITS_MAX = 8192 };

struct evp_pkey_st;

struct oidc_key {
  struct evp_pkey_st *key;
  uint32_t algs; /* bits of enum jwt_alg: for which it may be used */
  char kid[JWT_KID_MAX];
  size_t kid_len;
};

struct oidc_keys {
  struct oidc_key list[OIDC_KEYS_MAX];
  size_t count;
};

/* BT_ERR_SYNTAX: it is no JWK set, or has no key that is of use; *why is a
 * sentence. BT_ERR_NOMEM. @out is to be freed if it was written. */
enum bt_err oidc_keys_read(struct arena *arena, struct text json,
                           struct oidc_keys *out,
                           const char **why) BT_USE_RESULT;
void oidc_keys_free(struct oidc_keys *keys);

/* The one that the token names; of a token that names none, the only one for
 * its algorithm. NULL: there is none, and the provider may have newer ones. */
const struct oidc_key *oidc_keys_find(const struct oidc_keys *keys,
                                      const struct jwt *token);
bool oidc_key_has_signed(const struct oidc_key *key, const struct jwt *token);

#endif
