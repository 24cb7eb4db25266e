/* candidates_priv.h - members that explanations of now and of then share. */
#ifndef BATON_ENGINE_CANDIDATES_PRIV_H
#define BATON_ENGINE_CANDIDATES_PRIV_H

#include "engine/live_priv.h"

struct engine;
struct json_out;

/* Members session, status, queue. */
void candidates_put_session(const struct engine *e, const struct live *l,
                            struct json_out *o);
/* Member candidates: each agent, or the one with the id or name @only. */
void candidates_put_list(const struct engine *e, uint32_t slot, int64_t now_us,
                         struct text only, struct json_out *o);

#endif
