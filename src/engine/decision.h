/* decision.h - why a session was offered to one agent and to no other.
 *
 * Asked of an engine as it was when the router decided: everything before the
 * event OFFERED is folded, and it is not. An engine folded from a journal says
 * the same as the one that decided.
 */
#ifndef BATON_ENGINE_DECISION_H
#define BATON_ENGINE_DECISION_H

#include "engine/engine.h"

/* A JSON object: the offer, the rule that decided, and for each agent (or for
 * @only alone, if it is not empty: an id or name) why it was, or was not, the
 * one. Costs as much as there are agents and open sessions. False, and nothing
 * is written: the session is not there. */
bool decision_write(const struct engine *e, uint64_t seq,
                    const struct record *offered, struct text only,
                    struct json_out *o);

/* The same in words, from that object: a line for the offer, one for each
 * agent. @mem is used on the way. */
void decision_tell(const struct mem *mem, struct text json,
                   struct textbuf *out);

#endif
