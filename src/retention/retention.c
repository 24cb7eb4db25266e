#include "retention/retention.h"

#include "domain/heap.h"

enum { ROWS_AT_ONCE = 1024 };

/* ---- rules */

static bool is_over(int64_t kept_us, int64_t ended_us, int64_t now_us) {
  return kept_us > 0 && now_us - ended_us >= kept_us;
}

uint32_t retention_due(const struct retention *r, const struct history_row *row,
                       int64_t now_us) {
  int64_t channel = 0;
  if (!field_name_to_num(KIND_CHANNEL, row->channel, &channel)) {
    return 0;
  }
  const struct retention_rule *rule = &r->channels[channel];
  uint32_t parts = 0;
  parts |= is_over(rule->content_us, row->ended_us, now_us) ? ERASE_CONTENT : 0;
  parts |= is_over(rule->files_us, row->ended_us, now_us) ? ERASE_FILES : 0;
  parts |= is_over(rule->row_us, row->ended_us, now_us) ? ERASE_ROW : 0;
  return parts & ~row->gone;
}

/* The shortest time that anything is kept: nothing younger is looked at. */
static int64_t shortest_us(const struct retention *r) {
  int64_t least_us = INT64_MAX;
  for (size_t i = 0; i < CHANNELS; i++) {
    const int64_t kept_us[] = {r->channels[i].content_us,
                               r->channels[i].files_us, r->channels[i].row_us};
    for (size_t k = 0; k < sizeof kept_us / sizeof kept_us[0]; k++) {
      least_us =
          kept_us[k] > 0 && kept_us[k] < least_us ? kept_us[k] : least_us;
    }
  }
  return least_us;
}

/* ---- a sweep */

void sweep_init(struct sweep *s, const struct retention *rules,
                const struct erase_places *places, int64_t now_us) {
  *s = (struct sweep){.rules = *rules,
                      .places = *places,
                      .now_us = now_us,
                      .after_us = INT64_MIN};
  arena_init(&s->arena, heap_mem(), 0);
}

void sweep_free(struct sweep *s) {
  arena_free(&s->arena);
}

struct look {
  struct sweep *sweep;
  uint32_t seen;
  bool no_memory;
};

/* False: the batch is full; the row is the first of the next. */
static bool on_row(void *ctx, const struct history_row *row) {
  struct look *l = ctx;
  struct sweep *s = l->sweep;
  const uint32_t parts = retention_due(&s->rules, row, s->now_us);
  if (parts != 0) {
    if (s->count == SWEEP_BATCH) {
      return false;
    }
    const struct text customer = arena_copy_text(&s->arena, row->customer);
    if (customer.ptr == NULL) {
      l->no_memory = true;
      return false;
    }
    s->items[s->count++] = (struct sweep_item){{row->session, parts}, customer};
  }
  s->after_us = row->ended_us;
  s->after = row->session;
  l->seen++;
  return true;
}

/* Many rows may be looked at before one is due. */
enum bt_err sweep_look(struct sweep *s) {
  struct look l = {.sweep = s, .seen = ROWS_AT_ONCE};
  enum bt_err err = BT_ERR_OK;
  arena_reset(&s->arena);
  s->count = 0;
  while (err == BT_ERR_OK && s->count < SWEEP_BATCH && !s->done) {
    const struct history_walk walk = {.after_us = s->after_us,
                                      .after = s->after,
                                      .to_us = s->now_us -
                                               shortest_us(&s->rules) + 1,
                                      .limit = ROWS_AT_ONCE};
    l.seen = 0;
    err = history_walk(s->places.history, &walk, on_row, &l);
    err = err == BT_ERR_OK && l.no_memory ? BT_ERR_NOMEM : err;
    s->done = l.seen < ROWS_AT_ONCE && s->count < SWEEP_BATCH;
  }
  return err;
}

void sweep_spare(struct sweep *s, size_t i) {
  s->items[i].what.parts = 0;
  s->spared++;
}

bool sweep_is_done(const struct sweep *s) {
  return s->done;
}

enum bt_err sweep_carry_out(struct sweep *s) {
  struct erase_item items[SWEEP_BATCH];
  size_t count = 0;
  for (size_t i = 0; i < s->count; i++) {
    const uint32_t parts = s->items[i].what.parts;
    s->content += (parts & ERASE_CONTENT) != 0;
    s->files += (parts & ERASE_FILES) != 0;
    s->rows += (parts & ERASE_ROW) != 0;
    if (parts != 0) {
      items[count++] = s->items[i].what;
    }
  }
  s->last = (struct erase_done){.where = "the history"};
  const enum bt_err err =
      count == 0 ? BT_ERR_OK : erase_items(&s->places, items, count, &s->last);
  return err == BT_ERR_OK && s->done ? history_write_anew(s->places.history)
                                     : err;
}
