/* request.h - what a custom exchange is asked. */
#ifndef BATON_BOTS_EXCHANGE_REQUEST_H
#define BATON_BOTS_EXCHANGE_REQUEST_H

#include "bots/exchange/answer.h"
#include "bots/shared/rounds.h"

/* What is kept with the session between turns, read back. */
struct exchange_memory {
  uint32_t turns;                                /* that were answered */
  const struct json *state, *behaviors, *errors; /* of the last answer */
};

struct exchange_memory exchange_recall(const struct bot *bot, struct id session,
                                       struct arena *arena);
/* After an answer. */
void exchange_remember(struct bot *bot, struct id session,
                       const struct exchange_answer *answer);

/* As rounds_ops.write. */
bool exchange_write(struct rounds_bot *bot, const struct rounds_ask *ask,
                    struct rounds_request *out);

#endif
