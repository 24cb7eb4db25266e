/* grid.h - a table of texts in columns, the first to the left, the others to
 * the right. */
#ifndef BATON_SIMULATE_GRID_H
#define BATON_SIMULATE_GRID_H

#include "base/text.h"

enum { GRID_COLUMNS_MAX = 24 };

/* Cells are written one after the other into @text; a row ends with
 * grid_end_row(). */
struct grid {
  struct textbuf text;
  size_t *ends; /* of each cell in @text */
  size_t cell_count, cell_cap;
  size_t columns; /* of the first row */
  bool failed;
};

void grid_init(struct grid *g, const struct mem *mem);
void grid_free(struct grid *g);
__attribute__((format(printf, 2, 3))) void grid_cell(struct grid *g,
                                                     const char *format, ...);
void grid_end_row(struct grid *g);
void grid_print(const struct grid *g, struct textbuf *out);

#endif
