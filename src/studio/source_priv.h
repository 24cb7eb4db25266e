/* source_priv.h - the text of a script, and how findings about it are made. */
#ifndef BATON_STUDIO_SOURCE_PRIV_H
#define BATON_STUDIO_SOURCE_PRIV_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"
#include "studio/diagnostic.h"

/* A part of one line. Columns and lengths count code points. */
struct place {
  uint32_t line, column, length;
};

struct source {
  struct text file_name;
  struct text text;
  uint32_t *starts; /* offset of each line; the text's length after the last */
  uint32_t lines;
};

/* Copies both texts into @arena and indexes the lines. False: no memory. */
bool source_init(struct source *s, struct arena *arena, struct text file_name,
                 struct text text);
/* Without its end; empty beyond the last. */
struct text source_line(const struct source *s, uint32_t line);

/* The offset of a column in @line, or its end. */
size_t source_offset(struct text line, uint32_t column);

struct reporter {
  const struct source *source;
  struct diagnostics *diags;
};

struct finding {
  enum diagnostic_code code;
  struct place at;
  struct text hint, edit;
};

__attribute__((format(printf, 3, 4))) void
report(struct reporter *r, struct finding f, const char *format, ...);
__attribute__((format(printf, 3, 0))) void report_list(struct reporter *r,
                                                       struct finding f,
                                                       const char *format,
                                                       va_list args);

/* "did you mean 'x'?" in @out, or nothing; returns what was written. */
struct text report_nearest(struct textbuf *out, struct text word,
                           const struct text *candidates, size_t count);

#endif
