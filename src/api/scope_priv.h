/* scope_priv.h - how far a supervisor's and an administrator's rights go.
 *
 * The gate is call_in_scope(), behind the role's own (call_may()): nothing of
 * the api is served before both. Lists, searches and streams leave out what is
 * beyond a supervisor's teams.
 */
#ifndef BATON_API_SCOPE_PRIV_H
#define BATON_API_SCOPE_PRIV_H

#include "api/api_priv.h"

/* The caller's teams; 0: everything. */
uint64_t scope_teams(const struct api *api, enum role role,
                     const struct auth_source *source);
/* The teams that have it. */
uint64_t scope_of_queue(struct api *api, uint32_t queue);
uint64_t scope_of_agent(struct api *api, uint32_t agent);
uint64_t scope_of_session(struct api *api, uint32_t slot);
/* Is it for a supervisor of these teams? */
bool scope_has_event(struct api *api, uint64_t teams,
                     const struct record *event);

/* May the caller read what people said? An administrator by a grant alone. */
bool scope_reads(struct api *api, enum role role,
                 const struct auth_source *source);
/* The event without what people said and what is known of them; its texts are
 * those of @event. */
void scope_without_content(const struct record *event, struct record *out);

/* False and answered: what the path names is of another team, or a grant is
 * missing. */
bool call_in_scope(struct call *c);
/* False and answered: a supervisor gives sessions to agents of the own teams.
 */
bool call_may_send_to(struct call *c, const struct record *args);
/* Answers; false. @mask: the teams that have it. */
bool call_refuse_team(struct call *c, const char *kind, struct text name,
                      uint64_t mask);

#endif
