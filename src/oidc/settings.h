/* settings.h - what one provider is told: "oidc" of the centre's file. */
#ifndef BATON_OIDC_SETTINGS_H
#define BATON_OIDC_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/* Whoever has @value in the claim has @role. */
struct oidc_grant {
  struct text role, value;
};

/* All texts are borrowed from the configuration, and copied by oidc_create().
 * An empty text is one that is not there. */
struct oidc_settings {
  struct text id; /* in paths of ours */
  struct text name;
  struct text issuer;         /* https://…, as the provider writes it */
  struct text client, secret; /* no secret: a public client */
  struct text scope;          /* with blanks between */
  const struct text *hosts;   /* rules for endpoints elsewhere (outbound.h) */
  size_t host_count;
  uint32_t algs;                   /* bits of enum jwt_alg */
  struct text claim;               /* whose values give roles */
  const struct oidc_grant *grants; /* the strongest role first; none: accounts
                                      say who is what */
  size_t grant_count;
  struct text agent_claim; /* which of the centre's agents it is */
  bool makes_accounts;     /* for people who have none */
};

#endif
