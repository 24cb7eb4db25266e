/* format.h - the canonical layout of a script.
 *
 * One statement a line, two blanks a level, keywords in capitals, one blank
 * round operators; comments stay, and so does one blank line of several. Braces
 * stay braces and keywords stay keywords. What is quoted stays as it is but for
 * its marks; pasted characters outside become the plain ones that they were
 * taken for. Formatting twice changes nothing more, and the compiled script is
 * the same but for its line numbers.
 */
#ifndef BATON_STUDIO_FORMAT_H
#define BATON_STUDIO_FORMAT_H

#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "studio/diagnostic.h"

/* Appends the script in its canonical layout to @out. Names that nobody knows
 * are no obstacle, malformed syntax is.
 * BT_ERR_SYNTAX: @diags has the errors, and @out is as it was.
 * BT_ERR_STATE: the result would not read as the source does, and is not given
 * out: a defect of this module. BT_ERR_NOMEM. */
enum bt_err format_script(const struct mem *mem, struct text file_name,
                          struct text source, struct diagnostics *diags,
                          struct textbuf *out) BT_USE_RESULT;

#endif
