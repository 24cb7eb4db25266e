/* about.h - what a flow learns of its session, and what the session says of
 * whether the flow had it before. */
#ifndef BATON_BOTS_COGNIGY_ABOUT_H
#define BATON_BOTS_COGNIGY_ABOUT_H

#include "base/json.h"

/* What flows are told about the session with its first input; @session may be
 * NULL. */
void cognigy_put_about(const struct json *session, struct textbuf *out);
/* Did an agent speak in it? */
bool cognigy_was_with_agent(const struct json *session);

#endif
