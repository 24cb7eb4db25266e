/* Two members of one key, found without trusting the keys to be few.
 *
 * Hashing alone would not do: the hash is known to all, and a body full of keys
 * that collide would cost quadratic time. Sorting by (hash, key) cannot. */
#include "base/json_priv.h"
#include "base/map.h"

struct entry {
  uint64_t hash;
  struct json *member;
};

static int compare(const struct entry *a, const struct entry *b) {
  if (a->hash != b->hash) {
    return a->hash < b->hash ? -1 : 1;
  }
  return text_compare(a->member->key, b->member->key);
}

/* Merge the sorted runs [@from, @middle) and [@middle, @end) of @in. Stable,
 * so that of two equal keys the one written first stays first. */
static void merge(const struct entry *in, struct entry *out,
                  const size_t bounds[3]) {
  size_t left = bounds[0];
  size_t right = bounds[1];
  for (size_t to = bounds[0]; to < bounds[2]; to++) {
    const bool take_left =
        right == bounds[2] ||
        (left < bounds[1] && compare(&in[left], &in[right]) <= 0);
    out[to] = take_left ? in[left++] : in[right++];
  }
}

static size_t at_most(size_t n, size_t max) {
  return n < max ? n : max;
}

/* Sorts @a with the help of @b; returns whichever holds the result. */
static struct entry *sort(struct entry *a, struct entry *b, size_t count) {
  for (size_t run = 1; run < count; run *= 2) {
    for (size_t from = 0; from < count; from += 2 * run) {
      const size_t bounds[3] = {from, at_most(from + run, count),
                                at_most(from + 2 * run, count)};
      merge(a, b, bounds);
    }
    struct entry *sorted = b;
    b = a;
    a = sorted;
  }
  return a;
}

/* Of all members that repeat a key, the first in the text; NULL if none does.
 */
static struct json *first_twin(const struct entry *sorted, size_t count) {
  struct json *twin = NULL;
  for (size_t i = 1; i < count; i++) {
    if (compare(&sorted[i - 1], &sorted[i]) == 0 &&
        (twin == NULL || sorted[i].member->offset < twin->offset)) {
      twin = sorted[i].member;
    }
  }
  return twin;
}

/* A key with escapes is a copy and has lost its place: its value is near. */
static const char *key_place(const struct json_reader *r,
                             const struct json *member) {
  const char *key = member->key.ptr;
  const bool borrowed = key > r->begin && key < r->end;
  return borrowed ? key - 1 : r->begin + member->offset;
}

enum bt_err json_refuse_twins(struct json_reader *r, struct json_frame *f) {
  const size_t count = f->container->count;
  struct entry *entries = arena_alloc(r->arena, 2 * count * sizeof *entries);
  if (entries == NULL) {
    return json_fail_memory(r);
  }
  size_t i = 0;
  for (struct json *m = f->container->first; m != NULL; m = m->next) {
    entries[i++] = (struct entry){hash_text(m->key), m};
  }
  struct json *twin = first_twin(sort(entries, entries + count, count), count);
  if (twin == NULL) {
    return BT_ERR_OK;
  }
  f->last = twin;
  f->key_from = key_place(r, twin);
  return json_fail_twin(r);
}
