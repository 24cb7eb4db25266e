/* form.h - bodies of forms, read as the objects that they stand for.
 *
 * multipart/form-data (RFC 7578) and application/x-www-form-urlencoded. A
 * member whose name ends in "[]" is a list, and a file an object {file_name,
 * content_type, content} whose content is base64.
 */
#ifndef BATON_FACADES_CHATWOOT_FORM_H
#define BATON_FACADES_CHATWOOT_FORM_H

#include "base/arena.h"
#include "base/json.h"

enum { FORM_PARTS_MAX = 64 };

/* Is @content_type that of a form? */
bool form_is(struct text content_type);
/* The object, in @arena; NULL: it is no form, has more than FORM_PARTS_MAX
 * parts, or is not UTF-8. */
const struct json *form_read(struct arena *arena, struct text content_type,
                             struct text body);

#endif
