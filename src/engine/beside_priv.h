/* beside_priv.h - hold, and consultations.
 *
 * A consultation is a session of its own between the agent who asks and whoever
 * answers: it waits in a queue, is offered and counts for capacity as any other
 * does, so that there is one holder of each at all times. The customer's stays
 * with who asks, until it is given away in one step.
 */
#ifndef BATON_ENGINE_BESIDE_PRIV_H
#define BATON_ENGINE_BESIDE_PRIV_H

#include "engine/live_priv.h"

struct answer;
struct ctx;
struct engine;
struct json_out;
struct place;

/* ---- beside.c */

/* Does the caller talk with the customer? False: refused. */
bool beside_talks(struct ctx *x, uint32_t slot, struct answer *a);
/* The customer is on hold no more, if it was. */
void beside_resume(struct ctx *x, uint32_t slot);
/* Is it a step of the session towards whoever accepted it in another, which
 * stood in the queue for it? What is counted of queues was counted there. */
bool beside_was_accepted(const struct record *ev);
/* And is this the session in which it was accepted, and nothing said? */
bool beside_is_offer(const struct live *l);
/* Hold, recording and consultation in a snapshot. */
void beside_save(const struct live *l, struct record *r);
void beside_restore(struct live *l, const struct record *r);

/* ---- recording.c */

/* A message that is kept nowhere: an event without its content, and an effect
 * that shows it to the agent. */
void recording_pass_by(struct ctx *x, uint32_t slot, const struct record *args);

/* ---- consult.c */

/* Is the agent at the other end of the session's consultation? */
bool consult_has(const struct engine *e, const struct live *l, uint32_t agent);
/* May that agent speak in the session, though another one has it? */
bool consult_speaks(const struct engine *e, const struct live *l,
                    uint32_t agent);
/* After a transition of the session from @before: the other one of its
 * consultation follows in the same step. */
void consult_follow(struct ctx *x, uint32_t slot, const struct session *before);
/* May the session, which an agent has, be offered to who serves the queue,
 * while it stays where it is? False: refused. */
bool consult_may_offer(struct ctx *x, uint32_t slot, const struct record *args,
                       uint32_t queue, struct answer *a);
/* Offers it so: whoever accepts has it in that step. */
void consult_offer(struct ctx *x, uint32_t slot, const struct record *args,
                   const struct place *p);
/* The offer is taken back: the session stays with its agent. */
void consult_take_back(struct ctx *x, uint32_t slot);
/* The members of the session's view. */
void consult_view(const struct engine *e, const struct live *l,
                  struct json_out *o);

/* transfer.c: would the session go there now? False: answered. */
bool transfer_would(struct ctx *x, uint32_t slot, const struct record *args,
                    struct place *place, struct answer *a);

#endif
