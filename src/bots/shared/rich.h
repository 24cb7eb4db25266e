/* rich.h - messages that are more than a text: the rest of one is data for the
 * customer's channel. */
#ifndef BATON_BOTS_SHARED_RICH_H
#define BATON_BOTS_SHARED_RICH_H

#include "bots/bot.h"

/* How a protocol writes a message. */
struct rich_form {
  const char *words[2]; /* members; the first that is a text is said */
  const char *but[2];   /* members that are no data */
};

/* Each object of the list; what is neither text nor data is passed over. @last
 * (may be NULL) is a further member of the last one's data. @list may be
 * NULL. */
void rich_say(struct bot_talk *talk, const struct json *list,
              const struct rich_form *form, const struct json *last);
/* The same as {text, data} in a list that is open. */
void rich_put(struct json_out *o, const struct json *list,
              const struct rich_form *form);

#endif
