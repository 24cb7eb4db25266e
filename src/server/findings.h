/* findings.h - what is wrong with a centre's files: all of it, with places.
 *
 * One look at the files gives one list; nobody mends a configuration one error
 * at a time. The list owns its texts.
 */
#ifndef BATON_SERVER_FINDINGS_H
#define BATON_SERVER_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/mem.h"
#include "base/text.h"

enum finding_level {
  FINDING_ERROR,  /* the files cannot be used */
  FINDING_WARNING /* they can, and something is not as it should be */
};

struct finding_place {
  struct text file;      /* copied */
  uint32_t line, column; /* from 1; 0 for the file as a whole */
};

struct finding {
  enum finding_level level;
  uint32_t file; /* number of its file, in order of appearance */
  struct finding_place place;
  struct text message; /* a sentence with its cure, without a full stop */
};

enum { FINDINGS_MAX = 300 }; /* further ones are only counted */

struct findings {
  struct arena arena;
  struct finding *items;
  size_t count, cap;
  size_t errors, warnings;
  uint32_t files;
  bool failed; /* memory ran out: some are missing */
};

void findings_init(struct findings *f, const struct mem *mem);
void findings_free(struct findings *f);

/* A message of up to 1 KiB; what is longer is cut. */
__attribute__((format(printf, 4, 5))) void
findings_add(struct findings *f, enum finding_level level,
             struct finding_place place, const char *format, ...);
/* By file in order of appearance, then by line and column. */
void findings_sort(struct findings *f);

const char *finding_level_name(enum finding_level level);
/* "file:line:column: error: message" and a line end. */
void finding_print(const struct finding *item, struct textbuf *out);
void findings_print(const struct findings *f, struct textbuf *out);

/* `; did you mean "support"?`, or the names that there are, at most ten of
 * them; for the end of a message. Lives in the arena of @f. */
struct text findings_suggest(struct findings *f, struct text wrong,
                             const struct text *known, size_t count);

#endif
