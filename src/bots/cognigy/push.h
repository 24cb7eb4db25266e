/* push.h - tells a flow over Cognigy's API that its session is back.
 *
 * POST {api}/v2.0/endpoint/inject runs the flow with a text and data, and
 * /notify says the text to the user; both with the header x-api-key.
 */
#ifndef BATON_BOTS_COGNIGY_PUSH_H
#define BATON_BOTS_COGNIGY_PUSH_H

#include "bots/bot.h"

struct push;

/* For a bot of type cognigy; *out stays NULL if its settings name no api.
 * BT_ERR_NOMEM. */
enum bt_err push_create(struct bot *bot, struct push **out) BT_USE_RESULT;
void push_free(struct push *push); /* NULL is fine */

/* The session is with the bot again: says so, once. A failure is noted in the
 * timeline. */
void push_return(struct push *push, const struct bot_talk *talk,
                 struct text user);

#endif
