#include "api/topic.h"

#include "base/check.h"
#include "base/id.h"

struct topic {
  struct id session;
  struct watch *first; /* NULL: free */
  uint32_t next_free;
  struct receipt receipts[RECEIPT_PARTIES];
};

static bool same_session(const void *ctx, uint32_t value, const void *key) {
  const struct topics *t = ctx;
  return id_equal(t->list[value].session, *(const struct id *)key);
}

void topics_init(struct topics *t, const struct mem *mem) {
  *t = (struct topics){.mem = mem, .free_first = MAP_NONE};
  map_init(&t->by_session, mem, same_session, t);
}

void topics_free(struct topics *t) {
  bt_check(t->by_session.count == 0);
  map_free(&t->by_session);
  mem_free(t->mem, t->list, t->cap * sizeof *t->list);
}

static uint32_t find(const struct topics *t, struct id session) {
  return map_get(&t->by_session, id_hash(session), &session);
}

static uint32_t add_topic(struct topics *t, struct id session) {
  if (!map_reserve(&t->by_session, 1) ||
      (t->free_first == MAP_NONE &&
       !mem_grow(t->mem, &t->list, &t->cap, t->used + 1, sizeof *t->list))) {
    return MAP_NONE;
  }
  uint32_t i = t->free_first;
  if (i == MAP_NONE) {
    i = (uint32_t)t->used++;
  } else {
    t->free_first = t->list[i].next_free;
  }
  t->list[i] = (struct topic){.session = session};
  const bool put = map_put(&t->by_session, id_hash(session), i);
  bt_check(put);
  return i;
}

bool topics_add(struct topics *t, struct watch *w) {
  bt_check(!w->watching);
  uint32_t i = find(t, w->session);
  i = i == MAP_NONE ? add_topic(t, w->session) : i;
  if (i == MAP_NONE) {
    return false;
  }
  struct topic *topic = &t->list[i];
  w->next = topic->first;
  w->prev = NULL;
  if (w->next != NULL) {
    w->next->prev = w;
  }
  topic->first = w;
  w->watching = true;
  return true;
}

void topics_remove(struct topics *t, struct watch *w) {
  if (!w->watching) {
    return;
  }
  w->watching = false;
  const uint32_t i = find(t, w->session);
  bt_check(i != MAP_NONE);
  struct topic *topic = &t->list[i];
  if (w->prev != NULL) {
    w->prev->next = w->next;
  } else {
    topic->first = w->next;
  }
  if (w->next != NULL) {
    w->next->prev = w->prev;
  }
  if (topic->first == NULL) {
    map_remove(&t->by_session, id_hash(topic->session), i);
    topic->next_free = t->free_first;
    t->free_first = i;
  }
}

struct watch *topics_first(const struct topics *t, struct id session) {
  const uint32_t i = find(t, session);
  return i == MAP_NONE ? NULL : t->list[i].first;
}

void topics_tell(struct topics *t, uint64_t seq, const struct record *event) {
  struct watch *w = topics_first(t, record_id(event, FIELD_SESSION));
  while (w != NULL) {
    struct watch *next = w->next;
    if (seq > w->after) {
      w->ops->on_event(w, seq, event);
    }
    w = next;
  }
}

void topics_type(struct topics *t, struct id session,
                 const struct typing *how) {
  struct watch *w = topics_first(t, session);
  while (w != NULL) {
    struct watch *next = w->next;
    if (w->ops->on_typing != NULL) {
      w->ops->on_typing(w, how);
    }
    w = next;
  }
}

struct receipt topics_receipt_of(const struct topics *t, struct id session,
                                 enum receipt_of whose) {
  const uint32_t i = find(t, session);
  return i == MAP_NONE ? (struct receipt){0} : t->list[i].receipts[whose];
}

static bool get_further(uint32_t *have, uint32_t now) {
  const bool further = now > *have;
  *have = further ? now : *have;
  return further;
}

void topics_receipt(struct topics *t, struct id session, enum receipt_of whose,
                    const struct receipt *r) {
  const uint32_t i = find(t, session);
  if (i == MAP_NONE) {
    return;
  }
  struct receipt *have = &t->list[i].receipts[whose];
  const bool reached = get_further(&have->delivered, r->delivered);
  if (!get_further(&have->read, r->read) && !reached) {
    return;
  }
  (void)get_further(&have->delivered, have->read);
  const struct receipt now = *have;
  struct watch *w = t->list[i].first;
  while (w != NULL) {
    struct watch *next = w->next;
    if (w->ops->on_receipt != NULL) {
      w->ops->on_receipt(w, whose, &now);
    }
    w = next;
  }
}
