/* said.h - what bots say in JSON of our own form: messages, outcomes. */
#ifndef BATON_BOTS_SHARED_SAID_H
#define BATON_BOTS_SHARED_SAID_H

#include "bots/bot.h"

/* Each element of the list: a text, or {"text": …, "data": {…}}. What is
 * neither is noted in the timeline. @list may be NULL. */
void said_messages(struct bot_talk *talk, const struct json *list);

enum said_outcome { SAID_CONTINUE, SAID_ESCALATE, SAID_END, SAID_BAD };

/* {"outcome": "escalate", "reason": …, "attributes": {…}}: without an outcome,
 * or with "continue", attributes are set and nothing more; else the bot says
 * goodbye with them. BAD: another outcome, and nothing was done. */
enum said_outcome said_farewell(struct bot_talk *talk,
                                const struct json *answer);

#endif
