/* diagnostic.h - what the compiler and the checker have to say about a script.
 *
 * A list of findings, each with its place in the source, what was expected and,
 * where one is known, the edit that cures it. Every kind of finding has a
 * stable name (its slug) in diagnostics.def: editors, CI rules and the
 * documentation refer to it. The list owns its texts.
 */
#ifndef BATON_STUDIO_DIAGNOSTIC_H
#define BATON_STUDIO_DIAGNOSTIC_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/mem.h"
#include "base/text.h"

enum diagnostic_severity {
  DIAGNOSTIC_ERROR,   /* the script cannot run */
  DIAGNOSTIC_WARNING, /* a finding: it runs, and not as meant */
  DIAGNOSTIC_NOTE     /* worth knowing; never counts as a finding */
};

#define DIAGNOSTIC(name, severity, slug, doc) DIAGNOSTIC_CODE_##name,
enum diagnostic_code {
#include "studio/diagnostics.def"
  DIAGNOSTIC_CODES
};
#undef DIAGNOSTIC

struct diagnostic {
  enum diagnostic_code code;
  enum diagnostic_severity severity;
  uint32_t line;           /* from 1 */
  uint32_t column;         /* from 1, in code points */
  uint32_t length;         /* of the marked part, in code points; at least 1 */
  struct text message;     /* one sentence without a full stop */
  struct text hint;        /* the cure in words; empty if there is none */
  struct text edit;        /* what the line should say; empty if unknown */
  struct text source_line; /* as written, without its end; of a long one what
                            * is around the place */
  uint32_t first_column;   /* of source_line; 0 and 1 are its beginning */
  bool cut;                /* source_line goes on */
};

/* A file's worth of findings, in the order of their places once sorted. */
struct diagnostics {
  struct arena arena;
  struct diagnostic *items;
  size_t count, cap;
  size_t errors, warnings, notes;
  bool failed; /* memory ran out: some findings are missing */
};

enum { DIAGNOSTICS_MAX = 200 }; /* further findings of a file are dropped */

void diagnostics_init(struct diagnostics *d, const struct mem *mem);
void diagnostics_free(struct diagnostics *d);

/* Adds a copy of *@item (its texts too). Over DIAGNOSTICS_MAX it only counts.
 */
void diagnostics_add(struct diagnostics *d, const struct diagnostic *item);
/* Takes back the errors from number @from on, as if they had not been added. */
void diagnostics_take_back(struct diagnostics *d, size_t from);
/* By line, then column, then order of arrival. */
void diagnostics_sort(struct diagnostics *d);

const char *diagnostic_slug(enum diagnostic_code code);
const char *diagnostic_doc(enum diagnostic_code code);
enum diagnostic_severity diagnostic_severity_of(enum diagnostic_code code);
const char *diagnostic_severity_name(enum diagnostic_severity severity);

/* "file:line:col: error: message [slug]", the source line, a caret below, and
 * the hint and the edit when there are any. */
void diagnostic_print(const struct diagnostic *item, struct text file_name,
                      struct textbuf *out);
void diagnostics_print(const struct diagnostics *d, struct text file_name,
                       struct textbuf *out);
struct json_out;
/* A JSON list of objects with the members of struct diagnostic. */
void diagnostics_print_json(const struct diagnostics *d, struct text file_name,
                            struct textbuf *out);
/* The same as elements of a list that is open: objects with the members of
 * struct diagnostic. */
void diagnostics_put_json(const struct diagnostics *d, struct text file_name,
                          struct json_out *json);

#endif
