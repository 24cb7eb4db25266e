#include "agent/offers.h"

#include <stdbool.h>

#include "base/check.h"

#define NONE UINT32_MAX

struct offers_node {
  struct offer offer;
  uint32_t prev, next; /* of its list; next of the free ones */
};

static bool same_id(const void *ctx, uint32_t value, const void *key) {
  const struct offers *o = ctx;
  return o->nodes[value].offer.id == *(const uint64_t *)key;
}

static struct offers_list *list_of(struct offers *o, uint32_t at) {
  return o->nodes[at].offer.state == OFFER_PENDING ? &o->pending : &o->ended;
}

static void list_append(struct offers *o, uint32_t at) {
  struct offers_list *l = list_of(o, at);
  o->nodes[at].prev = l->last;
  o->nodes[at].next = NONE;
  if (l->last == NONE) {
    l->first = at;
  } else {
    o->nodes[l->last].next = at;
  }
  l->last = at;
  l->count++;
}

static void list_unlink(struct offers *o, uint32_t at) {
  struct offers_list *l = list_of(o, at);
  const struct offers_node *n = &o->nodes[at];
  if (n->prev == NONE) {
    l->first = n->next;
  } else {
    o->nodes[n->prev].next = n->next;
  }
  if (n->next == NONE) {
    l->last = n->prev;
  } else {
    o->nodes[n->next].prev = n->prev;
  }
  l->count--;
}

static uint32_t find(const struct offers *o, uint64_t id) {
  return map_get(&o->by_id, hash_u64(id), &id);
}

void offers_init(struct offers *o, const struct mem *mem) {
  const struct offers_list empty = {.first = NONE, .last = NONE};
  *o = (struct offers){.mem = mem,
                       .next_id = 1,
                       .free_head = NONE,
                       .pending = empty,
                       .ended = empty};
  map_init(&o->by_id, mem, same_id, o);
}

void offers_free(struct offers *o) {
  map_free(&o->by_id);
  mem_free(o->mem, o->nodes, o->cap * sizeof *o->nodes);
}

enum bt_err offers_reserve(struct offers *o, size_t more) {
  const size_t want = o->pending.count + o->ended.count + more;
  if (want >= NONE || !map_reserve(&o->by_id, more) ||
      !mem_grow(o->mem, &o->nodes, &o->cap, want, sizeof *o->nodes)) {
    return BT_ERR_NOMEM;
  }
  return BT_ERR_OK;
}

static uint32_t take_node(struct offers *o) {
  if (o->free_head == NONE) {
    bt_check(o->used < o->cap);
    return (uint32_t)o->used++;
  }
  const uint32_t at = o->free_head;
  o->free_head = o->nodes[at].next;
  return at;
}

static void forget_oldest(struct offers *o) {
  const uint32_t at = o->ended.first;
  list_unlink(o, at);
  bt_check(map_remove(&o->by_id, hash_u64(o->nodes[at].offer.id), at));
  o->nodes[at].next = o->free_head;
  o->free_head = at;
}

static void forget_beyond_limit(struct offers *o) {
  while (o->ended.count > OFFERS_ENDED_KEPT) {
    forget_oldest(o);
  }
}

void offers_put(struct offers *o, const struct offer *offer) {
  bt_check(offer->id != 0 && find(o, offer->id) == MAP_NONE);
  const uint32_t at = take_node(o);
  o->nodes[at].offer = *offer;
  list_append(o, at);
  bt_check(map_put(&o->by_id, hash_u64(offer->id), at));
  if (offer->id >= o->next_id) {
    o->next_id = offer->id + 1;
  }
  forget_beyond_limit(o);
}

const struct offer *offers_get(const struct offers *o, uint64_t id) {
  const uint32_t at = find(o, id);
  return at == MAP_NONE ? NULL : &o->nodes[at].offer;
}

enum offer_refusal offers_decide(const struct offers *o, uint64_t id,
                                 const struct offer_cmd *cmd,
                                 struct offer_out *out) {
  const struct offer *offer = offers_get(o, id);
  if (offer == NULL) {
    return id != 0 && id < o->next_id ? OFFER_REFUSAL_FORGOTTEN
                                      : OFFER_REFUSAL_UNKNOWN;
  }
  return offer_decide(offer, cmd, out);
}

void offers_apply(struct offers *o, uint64_t id, const struct offer_event *e) {
  const uint32_t at = find(o, id);
  bt_check(at != MAP_NONE);
  list_unlink(o, at);
  o->nodes[at].offer = offer_apply(o->nodes[at].offer, e);
  list_append(o, at);
  forget_beyond_limit(o);
}

const struct offer *offers_next(const struct offers *o,
                                const struct offer *after) {
  uint32_t at = o->ended.first == NONE ? o->pending.first : o->ended.first;
  if (after != NULL) {
    const struct offers_node *n = &o->nodes[find(o, after->id)];
    const bool last_ended = n->next == NONE && n->offer.state != OFFER_PENDING;
    at = last_ended ? o->pending.first : n->next;
  }
  return at == NONE ? NULL : &o->nodes[at].offer;
}
