/* caps.c - which slope's first rising session reaches its maximum next. */
#include "routing/router_priv.h"

static void cap_moved(void *ctx, const struct heap_entry *e, uint32_t place) {
  const struct router *r = ctx;
  r->slopes[e->item].cap_place = place + 1;
}

bool routing_reserve_caps(struct router *r, size_t slopes) {
  if (r->caps == NULL) {
    r->caps = mem_new(r->mem, sizeof *r->caps);
  }
  return r->caps != NULL && heap_reserve(&r->caps->heap, r->mem, slopes);
}

void routing_free_caps(struct router *r) {
  if (r->caps != NULL) {
    struct heap *h = &r->caps->heap;
    mem_free(r->mem, h->entries, h->cap * sizeof *h->entries);
    mem_free(r->mem, r->caps, sizeof *r->caps);
    r->caps = NULL;
  }
}

int64_t routing_capped_at_ms(const struct router *r, uint32_t slope,
                             int64_t line) {
  const int64_t ageing = routing_ageing_of(r, slope);
  const int64_t left = (int64_t)routing_max_of(r, slope) * ROUTER_POINT - line;
  return (left + ageing - 1) / ageing;
}

void routing_refresh_cap(struct router *r, uint32_t slope) {
  struct router_slope *s = &r->slopes[slope];
  if (s->rising.count == 0) {
    if (s->cap_place != 0) {
      heap_remove(&r->caps->heap, s->cap_place - 1, cap_moved, r);
      s->cap_place = 0;
    }
    return;
  }
  const int64_t line = routing_line_of_entry(&s->rising.entries[0]);
  const struct heap_entry e = {
      .hi = (uint64_t)routing_capped_at_ms(r, slope, line),
      .lo = slope,
      .item = slope};
  if (s->cap_place == 0) {
    heap_push(&r->caps->heap, e, cap_moved, r);
  } else if (r->caps->heap.entries[s->cap_place - 1].hi != e.hi) {
    heap_change(&r->caps->heap, s->cap_place - 1, e, cap_moved, r);
  }
}
