/* kinds.h - what a file is, from its bytes; what it may be called; which files
 * are taken.
 */
#ifndef BATON_FILES_KINDS_H
#define BATON_FILES_KINDS_H

#include <stdbool.h>

#include "base/text.h"

enum { FILE_NAME_MAX = 200 };

/* The media type of @bytes; @name's ending decides only among types that begin
 * alike. Well-formed UTF-8 without control characters is text/plain, whatever
 * it looks like; all else is application/octet-stream. Static storage. */
struct text file_kind(struct text bytes, struct text name);

/* Is @type among the space-separated @accepted ("image/ *" written without the
 * blank takes every picture)? */
bool file_kind_is_among(struct text type, struct text accepted);

/* What people and their disks can bear of @name: its last part, without control
 * characters, marks that turn the direction of writing, and what disks do not
 * take; at most FILE_NAME_MAX bytes, the ending kept. "file" if nothing is
 * left. */
void file_name_clean(struct text name, struct textbuf *out);

#endif
