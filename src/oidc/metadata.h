/* metadata.h - what a provider says about itself: OpenID Connect Discovery 1.0,
 * section 3. Pure.
 */
#ifndef BATON_OIDC_METADATA_H
#define BATON_OIDC_METADATA_H

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"

/* How the client shows its secret (OpenID Connect Core 1.0, section 9). */
enum oidc_client_auth { OIDC_BASIC, OIDC_POST };

/* Endpoints are URLs; empty where there is none. */
struct oidc_metadata {
  struct text authorization, token, keys, userinfo, end_session;
  enum oidc_client_auth client_auth;
  bool names_issuer; /* its answers have "iss": RFC 9207 */
};

/* Everything lives in the arena. BT_ERR_SYNTAX: *why is a sentence.
 * BT_ERR_NOMEM. */
enum bt_err oidc_metadata_read(struct arena *arena, struct text json,
                               struct text issuer, struct oidc_metadata *out,
                               const char **why) BT_USE_RESULT;
/* Where it is: the issuer with /.well-known/… behind it. Empty if there is no
 * memory. */
struct text oidc_metadata_url(struct arena *arena, struct text issuer);

#endif
