/* form.h - bodies of forms, read as the objects that they stand for.
 *
 * multipart/form-data (RFC 7578) and application/x-www-form-urlencoded. A
 * member whose name ends in "[]" is a list. Files are no members: they stand
 * apart, as bytes; what they are, their bytes say.
 */
#ifndef BATON_FACADES_SHARED_FORM_H
#define BATON_FACADES_SHARED_FORM_H

#include "base/arena.h"
#include "base/json.h"

enum { FORM_PARTS_MAX = 64 };

/* Is @content_type that of a form? */
bool form_is(struct text content_type);
struct form_file {
  struct text name, bytes; /* borrowed from the body */
  struct text type;        /* what the part says it is; or empty */
};

struct form_files {
  struct form_file list[FORM_PARTS_MAX];
  size_t count;
};

/* The object, in @arena, and its files; NULL: it is no form, has more than
 * FORM_PARTS_MAX parts, or is not UTF-8. */
const struct json *form_read(struct arena *arena, struct text content_type,
                             struct text body, struct form_files *files);

#endif
