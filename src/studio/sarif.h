/* sarif.h - findings as SARIF 2.1.0, which editors and code hosts read.
 *
 * https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
 * One run, all kinds of findings as its rules, columns in code points, and the
 * edit of a finding, if it has one, as a fix.
 */
#ifndef BATON_STUDIO_SARIF_H
#define BATON_STUDIO_SARIF_H

#include "base/json.h"
#include "studio/diagnostic.h"

/* The log up to its results; sarif_close() ends it. */
void sarif_open(struct json_out *json, const char *version);
/* The findings of one file, whose name is relative, or absolute with a slash.
 */
void sarif_add(struct json_out *json, const struct diagnostics *d,
               struct text file_name);
void sarif_close(struct json_out *json);

#endif
