#include "simulate/tally.h"

#include "base/check.h"

enum bt_err simulate_tally_init(struct simulate_tally *t, const struct mem *mem,
                                size_t rows, size_t intervals) {
  *t =
      (struct simulate_tally){.mem = mem, .rows = rows, .intervals = intervals};
  t->cells = mem_new(mem, rows * intervals * sizeof *t->cells);
  t->waits = mem_new(mem, rows * intervals * sizeof *t->waits);
  t->hours = mem_new(mem, intervals * sizeof *t->hours);
  if (t->cells == NULL || t->waits == NULL || t->hours == NULL) {
    simulate_tally_free(t);
    return BT_ERR_NOMEM;
  }
  return BT_ERR_OK;
}

void simulate_tally_free(struct simulate_tally *t) {
  for (size_t i = 0; t->waits != NULL && i < t->rows * t->intervals; i++) {
    mem_free(t->mem, t->waits[i].items_us,
             t->waits[i].cap * sizeof *t->waits[i].items_us);
  }
  mem_free(t->mem, t->cells, t->rows * t->intervals * sizeof *t->cells);
  mem_free(t->mem, t->waits, t->rows * t->intervals * sizeof *t->waits);
  mem_free(t->mem, t->hours, t->intervals * sizeof *t->hours);
  *t = (struct simulate_tally){0};
}

struct simulate_cell *simulate_cell_at(const struct simulate_tally *t,
                                       size_t row, size_t interval) {
  bt_check(row < t->rows && interval < t->intervals);
  return &t->cells[row * t->intervals + interval];
}

void simulate_tally_wait(struct simulate_tally *t, size_t row, size_t interval,
                         int64_t wait_us) {
  bt_check(row < t->rows && interval < t->intervals);
  struct simulate_waits *w = &t->waits[row * t->intervals + interval];
  if (!mem_grow(t->mem, &w->items_us, &w->cap, w->count + 1,
                sizeof *w->items_us)) {
    t->no_memory = true;
    return;
  }
  w->items_us[w->count++] = wait_us;
}

void simulate_tally_time(struct simulate_tally *t,
                         const struct simulate_plan *plan, int64_t from_us,
                         int64_t to_us, bool at_work) {
  const int64_t first_us = plan->from_us + plan->warm_up_us;
  int64_t at_us = from_us > first_us ? from_us : first_us;
  const int64_t end_us = to_us < plan->to_us ? to_us : plan->to_us;
  while (at_us < end_us) {
    const size_t i = simulate_interval_of(plan, at_us);
    const int64_t next_us =
        plan->from_us + ((int64_t)i + 1) * plan->interval_us;
    const int64_t until_us = next_us < end_us ? next_us : end_us;
    t->hours[i].ready_us += until_us - at_us;
    t->hours[i].work_us += at_work ? until_us - at_us : 0;
    at_us = until_us;
  }
}
