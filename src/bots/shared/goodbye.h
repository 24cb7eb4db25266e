/* goodbye.h - which output of a bot means that its part is over.
 *
 * A rule is a path into the output's data, perhaps with a value, perhaps with
 * the word "end": "handover" (is there, and not false), "action=escalate",
 * "action=END_CONVERSATION end". Without the word a person is wanted.
 */
#ifndef BATON_BOTS_SHARED_GOODBYE_H
#define BATON_BOTS_SHARED_GOODBYE_H

#include "base/json.h"

enum goodbye { GOODBYE_NONE, GOODBYE_ESCALATE, GOODBYE_END };

enum goodbye goodbye_judge(struct text rule, const struct json *data);

/* What the data says besides, as attributes: its members, and those of
 * "handover" and "attributes" if they are objects; without what the vendor
 * keeps for itself ("_…") and "action". */
void goodbye_put_attributes(const struct json *data, struct json_out *out);

#endif
