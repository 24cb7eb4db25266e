/* members_priv.h - who serves a queue, in which ring, and who has stepped
 * aside. */
#ifndef BATON_GENESYS_MEMBERS_PRIV_H
#define BATON_GENESYS_MEMBERS_PRIV_H

#include "genesys/genesys_priv.h"

void members_count(struct ask *a, uint32_t queue, uint32_t *members,
                   uint32_t *joined);
/* The engine's rings out of a queue's words: each opens when all before it have
 * had their time, and lets its own members in. */
void members_put_rings(struct ask *a, struct text queue,
                       const struct json *words, struct json_out *o);
/* The queue is no more. */
void members_forget(struct ask *a, struct text queue);

/* queues.c: what was given of a queue, and its configuration; or NULL. */
const struct json *queue_words(struct ask *a, struct text id);
const struct json *queue_config(struct ask *a, uint32_t queue);

#endif
