/* scope_priv.h - how far a client's rights go beyond its role. The gate is
 * ask_in_scope(), behind the role's own: nothing is served before both. Lists
 * and notifications leave out what is beyond a supervisor's teams. */
#ifndef BATON_GENESYS_SCOPE_PRIV_H
#define BATON_GENESYS_SCOPE_PRIV_H

#include "genesys/channels_priv.h"

/* False and answered: what the path names is of another team, or a grant is
 * missing. */
bool ask_in_scope(struct ask *a);
/* The same for the agent to whom a conversation is to be given, and for the
 * name of a topic. */
bool ask_may_send_to(struct ask *a, struct text agent);
bool ask_may_hear(struct ask *a, struct text topic);

bool ask_has_queue(struct ask *a, uint32_t queue);
bool ask_has_agent(struct ask *a, uint32_t agent);
bool ask_has_session(struct ask *a, uint32_t slot);

#endif
