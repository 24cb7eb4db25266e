/* The contacts that are kept: the newest first, found by number, source and
 * identifier. */
#include <string.h>

#include "base/check.h"
#include "facades/chatwoot/chatwoot_priv.h"

enum { CONTACTS_MAX = 10000 };

static const struct contact *in_slot(const void *ctx, uint32_t slot) {
  const struct contacts *all = ctx;
  return all->list[slot];
}

static bool same_number(const void *ctx, uint32_t slot, const void *key) {
  return in_slot(ctx, slot)->number == *(const int64_t *)key;
}

static bool same_source(const void *ctx, uint32_t slot, const void *key) {
  return text_equal(in_slot(ctx, slot)->source, *(const struct text *)key);
}

static bool same_identifier(const void *ctx, uint32_t slot, const void *key) {
  return text_equal(in_slot(ctx, slot)->identifier, *(const struct text *)key);
}

void contacts_init(struct contacts *all, const struct mem *mem) {
  *all = (struct contacts){.mem = mem, .hole = MAP_NONE};
  map_init(&all->by_number, mem, same_number, all);
  map_init(&all->by_source, mem, same_source, all);
  map_init(&all->by_identifier, mem, same_identifier, all);
}

/* ---- finding */

static struct contact *found(const struct contacts *all, uint32_t slot) {
  return slot == MAP_NONE ? NULL : all->list[slot];
}

struct contact *contact_find(const struct contacts *all, int64_t number) {
  return found(all,
               map_get(&all->by_number, hash_u64((uint64_t)number), &number));
}

struct contact *contact_find_source(const struct contacts *all,
                                    struct text source) {
  return found(all, map_get(&all->by_source, hash_text(source), &source));
}

struct contact *contact_find_identifier(const struct contacts *all,
                                        struct text identifier) {
  return found(
      all, map_get(&all->by_identifier, hash_text(identifier), &identifier));
}

/* ---- keeping */

static struct text copy(char **to, struct text t) {
  const struct text copied = {*to, t.len};
  if (t.len > 0) {
    memcpy(*to, t.ptr, t.len);
  }
  *to += t.len;
  return copied;
}

static struct contact *make(const struct mem *mem,
                            const struct contact_facts *f) {
  const size_t size = f->json.len + f->source.len + f->identifier.len;
  struct contact *p = mem_new(mem, sizeof *p + size);
  char *to = p == NULL ? NULL : p->bytes;
  if (p != NULL) {
    p->size = size;
    p->number = f->number;
    p->json = copy(&to, f->json);
    p->source = copy(&to, f->source);
    p->identifier = copy(&to, f->identifier);
  }
  return p;
}

static bool make_room(struct contacts *all) {
  return mem_grow(all->mem, &all->list, &all->cap, all->used + 1,
                  sizeof(struct contact *)) &&
         map_reserve(&all->by_number, 1) && map_reserve(&all->by_source, 1) &&
         map_reserve(&all->by_identifier, 1);
}

static void put_in(struct map *m, uint64_t hash, uint32_t slot) {
  const bool put = map_put(m, hash, slot);
  bt_check(put);
}

static void insert(struct contacts *all, struct contact *p) {
  p->slot = all->hole != MAP_NONE ? all->hole : (uint32_t)all->used++;
  all->hole = MAP_NONE;
  all->list[p->slot] = p;
  put_in(&all->by_number, hash_u64((uint64_t)p->number), p->slot);
  put_in(&all->by_source, hash_text(p->source), p->slot);
  if (p->identifier.len > 0) {
    put_in(&all->by_identifier, hash_text(p->identifier), p->slot);
  }
  p->older = all->newest;
  *(p->older == NULL ? &all->oldest : &p->older->newer) = p;
  all->newest = p;
  all->count++;
}

static void take_out(struct contacts *all, struct contact *p) {
  (void)map_remove(&all->by_number, hash_u64((uint64_t)p->number), p->slot);
  (void)map_remove(&all->by_source, hash_text(p->source), p->slot);
  (void)map_remove(&all->by_identifier, hash_text(p->identifier), p->slot);
  *(p->newer == NULL ? &all->newest : &p->newer->older) = p->older;
  *(p->older == NULL ? &all->oldest : &p->older->newer) = p->newer;
  all->list[p->slot] = NULL;
  all->hole = p->slot;
  all->count--;
  mem_free(all->mem, p, sizeof *p + p->size);
}

struct contact *contact_put(struct contacts *all,
                            const struct contact_facts *facts) {
  struct contact *p = make(all->mem, facts);
  if (p == NULL || !make_room(all)) {
    mem_free(all->mem, p, p == NULL ? 0 : sizeof *p + p->size);
    return NULL;
  }
  struct contact *goes = contact_find(all, facts->number);
  goes = goes == NULL && all->count == CONTACTS_MAX ? all->oldest : goes;
  if (goes != NULL) {
    take_out(all, goes);
  }
  insert(all, p);
  return p;
}

void contacts_free(struct contacts *all) {
  while (all->newest != NULL) {
    take_out(all, all->newest);
  }
  mem_free(all->mem, all->list, all->cap * sizeof(struct contact *));
  map_free(&all->by_number);
  map_free(&all->by_source);
  map_free(&all->by_identifier);
}
