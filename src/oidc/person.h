/* person.h - who somebody is, from what a provider says. Pure. */
#ifndef BATON_OIDC_PERSON_H
#define BATON_OIDC_PERSON_H

#include "base/json.h"
#include "oidc/settings.h"

struct oidc_person {
  struct text subject; /* for good, at this provider */
  struct text role;    /* by the grants; empty: none */
  struct text agent;   /* the claim's value; empty: it is not there */
  struct text login;   /* a name for the account; may be another's, too */
  struct text name;    /* what people read */
};

/* All texts are borrowed from @claims and @settings. */
void oidc_read_person(const struct oidc_settings *settings,
                      const struct json *claims, struct oidc_person *out);
/* Is something missing in @claims that the settings ask for? */
bool oidc_wants_more(const struct oidc_settings *settings,
                     const struct json *claims);

#endif
