/* event_priv.h - the events of ON sections, from events.def. */
#ifndef BATON_STUDIO_EVENT_PRIV_H
#define BATON_STUDIO_EVENT_PRIV_H

#include "studio/source_priv.h"

/* As events.def spells it; empty if there is no such event. */
struct text event_canonical_name(struct text name);
void event_report_unknown(struct reporter *r, struct text name,
                          struct place at);
/* The statuses that a session can be in when the section of @name (canonical)
 * begins, as a set of CHECKER_SET(). */
uint32_t event_entry_set(struct text name);
/* Does its event tell nothing of the session's status? */
bool event_comes_any_time(struct text name);

#endif
