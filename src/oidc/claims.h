/* claims.h - whether an ID token is about this sign-in: OpenID Connect
 * Core 1.0, section 3.1.3.7. Pure but for hashes.
 */
#ifndef BATON_OIDC_CLAIMS_H
#define BATON_OIDC_CLAIMS_H

#include <stdint.h>

#include "oidc/fault.h"
#include "oidc/jwt.h"

enum { OIDC_SUBJECT_MAX = 255, OIDC_SKEW_S = 60 };

struct oidc_expected {
  struct text issuer, client, nonce;
  struct text access_token; /* that came with it; empty: none */
  uint32_t algs;            /* bits of enum jwt_alg that the provider may use */
  int64_t now_s;            /* since 1970 */
};

/* Everything but the signature. Else *why is a sentence. */
enum oidc_fault oidc_check_claims(const struct jwt *token,
                                  const struct oidc_expected *expected,
                                  const char **why);

#endif
