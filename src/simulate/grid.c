#include "simulate/grid.h"

#include <stdarg.h>
#include <stdio.h>

void grid_init(struct grid *g, const struct mem *mem) {
  *g = (struct grid){0};
  textbuf_init(&g->text, mem);
}

void grid_free(struct grid *g) {
  mem_free(g->text.mem, g->ends, g->cell_cap * sizeof *g->ends);
  textbuf_free(&g->text);
}

void grid_cell(struct grid *g, const char *format, ...) {
  char cell[256];
  va_list args;
  va_start(args, format);
  (void)vsnprintf(cell, sizeof cell, format, args);
  va_end(args);
  textbuf_add(&g->text, text_from(cell));
  if (!mem_grow(g->text.mem, &g->ends, &g->cell_cap, g->cell_count + 1,
                sizeof *g->ends)) {
    g->failed = true;
    return;
  }
  g->ends[g->cell_count++] = g->text.len;
}

void grid_end_row(struct grid *g) {
  g->columns = g->columns == 0 ? g->cell_count : g->columns;
}

static struct text cell_at(const struct grid *g, size_t i) {
  const size_t from = i == 0 ? 0 : g->ends[i - 1];
  return text_sub(textbuf_text(&g->text), from, g->ends[i] - from);
}

static void find_widths(const struct grid *g, size_t widths[GRID_COLUMNS_MAX]) {
  for (size_t i = 0; i < g->cell_count; i++) {
    const size_t width = utf8_count(cell_at(g, i));
    size_t *widest = &widths[i % g->columns];
    *widest = width > *widest ? width : *widest;
  }
}

void grid_print(const struct grid *g, struct textbuf *out) {
  size_t widths[GRID_COLUMNS_MAX] = {0};
  if (g->failed || g->text.failed || g->columns == 0 ||
      g->columns > GRID_COLUMNS_MAX) {
    out->failed = true;
    return;
  }
  find_widths(g, widths);
  for (size_t i = 0; i < g->cell_count; i++) {
    const struct text cell = cell_at(g, i);
    const size_t column = i % g->columns;
    const int blanks = (int)(widths[column] - utf8_count(cell));
    if (column == 0) {
      textbuf_addf(out, "%.*s%*s", TEXT_ARG(cell), blanks, "");
    } else {
      textbuf_addf(out, "  %*s%.*s", blanks, "", TEXT_ARG(cell));
    }
    if (column + 1 == g->columns) {
      textbuf_add_char(out, '\n');
    }
  }
}
