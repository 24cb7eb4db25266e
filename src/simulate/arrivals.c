/* Who comes in one run. */
#include <math.h>

#include "base/check.h"
#include "base/map.h"
#include "simulate/plan.h"

/* What numbers belong to: a stream's arrivals, a contact of it, copies of a
 * contact that is listed. */
enum { CHANCE_ARRIVALS = 1, CHANCE_CONTACT, CHANCE_COPIES };
#define FOR_EVER (INT64_MAX / 4)

size_t simulate_interval_count(const struct simulate_plan *plan) {
  const int64_t span = plan->to_us - plan->from_us;
  bt_check(span > 0 && plan->interval_us > 0);
  return (size_t)((span + plan->interval_us - 1) / plan->interval_us);
}

size_t simulate_interval_of(const struct simulate_plan *plan, int64_t at_us) {
  bt_check(at_us >= plan->from_us && at_us < plan->to_us);
  return (size_t)((at_us - plan->from_us) / plan->interval_us);
}

static int64_t to_us(double seconds) {
  const double us = seconds * 1e6;
  return us >= (double)FOR_EVER ? FOR_EVER : (int64_t)us;
}

/* Draws what is open, always in the same order. */
static void fill(const struct simulate_plan *plan, struct simulate_contact *c,
                 uint64_t key) {
  const struct simulate_stream *s = &plan->streams[c->stream];
  struct rand r = chance_of(key, CHANCE_CONTACT, 0);
  for (size_t i = 0; i < SIMULATE_TIMES; i++) {
    const int64_t drawn_us = to_us(simulate_law_draw(&s->laws[i], &r));
    if (c->times_us[i] != SIMULATE_OPEN) {
      continue;
    }
    c->times_us[i] = drawn_us;
    if (i == SIMULATE_PATIENCE) {
      c->times_us[i] =
          s->laws[i].form == SIMULATE_NONE ? FOR_EVER : drawn_us + c->waited_us;
    }
  }
}

static enum bt_err add(const struct mem *mem, const struct simulate_plan *plan,
                       struct simulate_arrivals *a,
                       const struct simulate_contact *c, uint64_t key) {
  if (a->count == SIMULATE_CONTACTS_MAX) {
    return BT_ERR_RANGE;
  }
  if (!mem_grow(mem, &a->items, &a->cap, a->count + 1, sizeof *a->items) ||
      !mem_grow(mem, &a->keys, &a->key_cap, a->count + 1, sizeof *a->keys)) {
    return BT_ERR_NOMEM;
  }
  a->items[a->count] = *c;
  a->keys[a->count] = key;
  fill(plan, &a->items[a->count++], key);
  return BT_ERR_OK;
}

static double scale_of(double scale) {
  return scale > 0 ? scale : 1;
}

/* One Poisson process of rate 1, stretched so that as many are expected in each
 * piece as it says. With more contacts the same ones come earlier. */
static enum bt_err stream_in(const struct mem *mem,
                             const struct simulate_plan *plan,
                             struct simulate_draw draw, uint32_t number,
                             struct simulate_arrivals *out) {
  const struct simulate_stream *s = &plan->streams[number];
  struct rand r = chance_of(draw.seed, draw.run, CHANCE_ARRIVALS + number * 16);
  struct simulate_contact c = s->form;
  double next = -log1p(-rand_unit(&r)), before = 0;
  enum bt_err err = BT_ERR_OK;
  uint64_t n = 0;
  c.stream = number;
  for (size_t i = 0; i < SIMULATE_TIMES; i++) {
    c.times_us[i] = SIMULATE_OPEN;
  }
  for (size_t i = 0; i < s->piece_count; i++) {
    const struct simulate_piece *p = &s->pieces[i];
    const bool outside = p->to_us <= plan->from_us || p->from_us >= plan->to_us;
    const double expected = outside ? 0 : p->contacts * scale_of(s->scale);
    while (err == BT_ERR_OK && next < before + expected) {
      const double part = (next - before) / expected;
      c.at_us = p->from_us + (int64_t)(part * (double)(p->to_us - p->from_us));
      const uint64_t key =
          hash_u64(draw.seed ^ hash_u64(draw.run ^ hash_u64(number))) + n++;
      if (c.at_us >= plan->from_us && c.at_us < plan->to_us) {
        err = add(mem, plan, out, &c, hash_u64(key));
      }
      next += -log1p(-rand_unit(&r));
    }
    before += expected;
  }
  return err;
}

/* Contacts that are listed come as they are; with more of them some come twice,
 * the second at another moment of the same interval; with fewer some do not. */
static enum bt_err list_in(const struct mem *mem,
                           const struct simulate_plan *plan,
                           struct simulate_draw draw,
                           struct simulate_arrivals *out) {
  enum bt_err err = BT_ERR_OK;
  for (size_t i = 0; err == BT_ERR_OK && i < plan->contact_count; i++) {
    struct simulate_contact c = plan->contacts[i];
    const double scale = scale_of(plan->streams[c.stream].scale);
    struct rand r = chance_of(draw.seed ^ i, draw.run, CHANCE_COPIES);
    const double u = rand_unit(&r);
    const size_t copies = (size_t)floor(scale) + (u < scale - floor(scale));
    for (size_t k = 0; err == BT_ERR_OK && k < copies; k++) {
      const uint64_t key =
          hash_u64(hash_u64(draw.seed ^ hash_u64(draw.run + 1)) + i) + k;
      if (k > 0) {
        const size_t interval = simulate_interval_of(plan, c.at_us);
        const int64_t from_us =
            plan->from_us + (int64_t)interval * plan->interval_us;
        const int64_t to_us = from_us + plan->interval_us;
        const int64_t end_us = to_us < plan->to_us ? to_us : plan->to_us;
        c.at_us =
            from_us + (int64_t)rand_below(&r, (uint64_t)(end_us - from_us));
      }
      err = add(mem, plan, out, &c, hash_u64(key));
    }
  }
  return err;
}

/* ---- in order of time; by their keys in the same moment */

static bool is_later(const struct simulate_arrivals *a, size_t i, size_t j) {
  const uint32_t x = a->order[i], y = a->order[j];
  return a->items[x].at_us != a->items[y].at_us
             ? a->items[x].at_us > a->items[y].at_us
             : a->keys[x] > a->keys[y];
}

static void swap(uint32_t *order, size_t i, size_t j) {
  const uint32_t kept = order[i];
  order[i] = order[j];
  order[j] = kept;
}

static void sift(const struct simulate_arrivals *a, size_t at, size_t count) {
  for (size_t child = 2 * at + 1; child < count; child = 2 * at + 1) {
    child += child + 1 < count && is_later(a, child + 1, child);
    if (!is_later(a, child, at)) {
      return;
    }
    swap(a->order, child, at);
    at = child;
  }
}

static void sort(struct simulate_arrivals *a) {
  bool sorted = true;
  for (size_t i = 0; i < a->count; i++) {
    a->order[i] = (uint32_t)i;
    sorted = sorted && (i == 0 || !is_later(a, i - 1, i));
  }
  for (size_t i = sorted ? 0 : a->count / 2; i-- > 0;) {
    sift(a, i, a->count);
  }
  for (size_t end = sorted ? 0 : a->count; end > 1; end--) {
    swap(a->order, 0, end - 1);
    sift(a, 0, end - 1);
  }
}

enum bt_err simulate_arrive(const struct mem *mem,
                            const struct simulate_plan *plan,
                            struct simulate_draw draw,
                            struct simulate_arrivals *out) {
  struct simulate_arrivals a = {0};
  enum bt_err err = list_in(mem, plan, draw, &a);
  for (uint32_t i = 0; err == BT_ERR_OK && i < plan->stream_count; i++) {
    err = stream_in(mem, plan, draw, i, &a);
  }
  if (err == BT_ERR_OK &&
      !mem_grow(mem, &a.order, &a.order_cap, a.count, sizeof *a.order)) {
    err = BT_ERR_NOMEM;
  }
  if (err != BT_ERR_OK) {
    simulate_arrivals_free(mem, &a);
    return err;
  }
  sort(&a);
  *out = a;
  return BT_ERR_OK;
}

void simulate_arrivals_free(const struct mem *mem,
                            struct simulate_arrivals *a) {
  mem_free(mem, a->items, a->cap * sizeof *a->items);
  mem_free(mem, a->keys, a->key_cap * sizeof *a->keys);
  mem_free(mem, a->order, a->order_cap * sizeof *a->order);
}
