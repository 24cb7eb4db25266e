/* form.h - bodies and options as fields: the form that every request must have.
 *
 * What a command accepts is command.def, what a member may hold is field.def.
 * The first error is the answer: bad_request with the member and a pointer.
 */
#ifndef BATON_ENGINE_FORM_H
#define BATON_ENGINE_FORM_H

#include "base/json.h"
#include "engine/command.h"
#include "session/refusal.h"

struct form_error {
  enum refusal refusal; /* BAD_REQUEST (not well-formed), INVALID_MEMBER, or
                           UNAVAILABLE (no memory) */
  char pointer[256];    /* RFC 6901; empty for the whole */
  char detail[384];     /* what is wrong, where, and the cure */
};

/* A JSON body (may be empty: no members) as fields of a command, and no others:
 * @out is made anew. Texts live in @arena or borrow @body. A member that is
 * null is not given. Unknown members (with the nearest known name), wrong
 * types, values out of range: false, and *@error says which. */
bool form_read_json(enum command_type type, struct text body,
                    struct arena *arena, struct record *out,
                    struct form_error *error) BT_USE_RESULT;
/* The same for a tree that was parsed already, which @out borrows. Members
 * listed in @ignore (a NULL-ended list, or NULL) are passed over: frames carry
 * "type" and such. */
bool form_read_tree(enum command_type type, const struct json *object,
                    const char *const *ignore, struct record *out,
                    struct form_error *error) BT_USE_RESULT;
/* A script's "priority:1,when:released": members of the command as text, names
 * in either case. A text may hold commas: it ends at the next "member:". */
bool form_read_options(enum command_type type, struct text options,
                       struct arena *arena, struct record *out,
                       struct form_error *error) BT_USE_RESULT;
/* Are these the options of a transfer? Else a sentence is added to @why. What
 * the checker asks; see struct checker_world. */
bool form_options_fit(struct text options, struct textbuf *why);

#endif
