#include <string.h>

#include "base/check.h"
#include "studio/value_priv.h"

enum { HEAP_FIRST_COLLECTION = 64 * 1024 };

void heap_init(struct heap *h, const struct mem *mem, size_t limit) {
  *h = (struct heap){
      .mem = mem, .limit = limit, .next_collection = HEAP_FIRST_COLLECTION};
}

static size_t own_size(const struct heap_obj *o) {
  switch (o->tag) {
  case VALUE_TEXT:
    return sizeof(struct text_obj) + ((const struct text_obj *)o)->room + 1;
  case VALUE_LIST:
    return sizeof(struct list_obj);
  default:
    bt_check(o->tag == VALUE_OBJECT);
    return sizeof(struct object_obj);
  }
}

static void free_obj(struct heap *h, struct heap_obj *o) {
  if (o->tag == VALUE_LIST) {
    struct list_obj *list = (struct list_obj *)o;
    mem_free(h->mem, list->items, list->cap * sizeof *list->items);
    h->used -= list->cap * sizeof *list->items;
  } else if (o->tag == VALUE_OBJECT) {
    struct object_obj *object = (struct object_obj *)o;
    mem_free(h->mem, object->members, object->cap * sizeof *object->members);
    h->used -= object->cap * sizeof *object->members;
  }
  const size_t size = own_size(o);
  h->used -= size;
  mem_free(h->mem, o, size);
}

void heap_free(struct heap *h) {
  while (h->first != NULL) {
    struct heap_obj *o = h->first;
    h->first = o->next;
    free_obj(h, o);
  }
  bt_check(h->used == 0);
}

/* ---- room */

static bool has_room(struct heap *h, size_t size) {
  h->out_of_memory = false;
  return size <= h->limit && h->used <= h->limit - size;
}

/* With a head; what follows it is the caller's to fill. */
static struct heap_obj *new_obj(struct heap *h, enum value_tag tag,
                                size_t size) {
  const bool room = has_room(h, size);
  struct heap_obj *o = room ? h->mem->resize(h->mem->ctx, NULL, 0, size) : NULL;
  if (o == NULL) {
    h->out_of_memory = room;
    return NULL;
  }
  *o = (struct heap_obj){.tag = (uint8_t)tag};
  bt_check(((uintptr_t)o & ~(uintptr_t)VALUE_PAYLOAD) == 0);
  o->next = h->first;
  h->first = o;
  h->used += size;
  return o;
}

struct text_obj *heap_new_text_with_room(struct heap *h, struct text t,
                                         size_t room) {
  const size_t size = sizeof(struct text_obj) + room + 1;
  struct text_obj *o =
      room > h->limit ? NULL : (struct text_obj *)new_obj(h, VALUE_TEXT, size);
  if (o != NULL) {
    o->len = (uint32_t)t.len;
    o->room = (uint32_t)room;
    memcpy(o->bytes, t.len > 0 ? t.ptr : "", t.len);
    o->bytes[t.len] = '\0';
  }
  return o;
}

struct text_obj *heap_new_text(struct heap *h, struct text t) {
  return heap_new_text_with_room(h, t, t.len);
}

struct list_obj *heap_new_list(struct heap *h, size_t room) {
  struct list_obj *list =
      (struct list_obj *)new_obj(h, VALUE_LIST, sizeof *list);
  if (list == NULL) {
    return NULL;
  }
  list->items = NULL;
  list->count = list->cap = 0;
  /* On failure the empty list is garbage like any other. */
  return heap_list_reserve(h, list, room) ? list : NULL;
}

struct object_obj *heap_new_object(struct heap *h) {
  struct object_obj *object =
      (struct object_obj *)new_obj(h, VALUE_OBJECT, sizeof *object);
  if (object != NULL) {
    object->members = NULL;
    object->count = object->cap = 0;
  }
  return object;
}

/* Grows an array of an object, counting it. */
static bool grow(struct heap *h, void *array, size_t *cap, size_t want,
                 size_t size) {
  if (want <= *cap) {
    return true;
  }
  if (want > h->limit / size || !has_room(h, (want - *cap) * size)) {
    h->out_of_memory = false;
    return false;
  }
  const size_t before = *cap;
  if (!mem_grow(h->mem, array, cap, want, size)) {
    h->out_of_memory = true;
    return false;
  }
  h->used += (*cap - before) * size;
  return true;
}

bool heap_list_reserve(struct heap *h, struct list_obj *list, size_t count) {
  return grow(h, &list->items, &list->cap, count, sizeof *list->items);
}

bool heap_object_reserve(struct heap *h, struct object_obj *o, size_t count) {
  return grow(h, &o->members, &o->cap, count, sizeof *o->members);
}

bool heap_list_add(struct heap *h, struct list_obj *list, struct value v) {
  if (!heap_list_reserve(h, list, list->count + 1)) {
    return false;
  }
  heap_share(v);
  list->items[list->count++] = v;
  return true;
}

bool heap_object_set(struct heap *h, struct object_obj *o, struct text_obj *key,
                     struct value v) {
  struct value *old = object_find_key(o, key);
  heap_share(v);
  heap_share(value_text(key));
  if (old != NULL) {
    *old = v;
    return true;
  }
  if (!heap_object_reserve(h, o, o->count + 1)) {
    return false;
  }
  o->members[o->count++] = (struct member){key, v};
  return true;
}

bool heap_object_set_text(struct heap *h, struct object_obj *o, struct text key,
                          struct value v) {
  struct text_obj *text = heap_new_text(h, key);
  return text != NULL && heap_object_set(h, o, text, v);
}

void heap_object_remove(struct object_obj *o, struct text key) {
  const struct value *found = object_find(o, key);
  if (found == NULL) {
    return;
  }
  size_t i = 0;
  while (&o->members[i].value != found) {
    i++;
  }
  o->count--;
  memmove(&o->members[i], &o->members[i + 1],
          (o->count - i) * sizeof *o->members);
}

/* ---- collection */

static void mark_obj(struct heap_marking *m, struct heap_obj *o) {
  if (o->constant || o->marked) {
    return;
  }
  o->marked = true;
  if (o->tag != VALUE_TEXT) {
    o->grey = m->grey;
    m->grey = o;
  }
}

void heap_mark(struct heap_marking *m, struct value v) {
  if (value_tag(v) >= VALUE_TEXT) {
    mark_obj(m, value_head_of(v));
  }
}

/* A list of what is still to be looked at instead of recursion: a script can
 * build chains as long as its memory. */
void heap_follow(struct heap_marking *m) {
  while (m->grey != NULL) {
    struct heap_obj *o = m->grey;
    m->grey = o->grey;
    if (o->tag == VALUE_LIST) {
      const struct list_obj *list = (const struct list_obj *)o;
      for (size_t i = 0; i < list->count; i++) {
        heap_mark(m, list->items[i]);
      }
    } else {
      const struct object_obj *object = (const struct object_obj *)o;
      for (size_t i = 0; i < object->count; i++) {
        mark_obj(m, &object->members[i].key->head);
        heap_mark(m, object->members[i].value);
      }
    }
  }
}

void heap_sweep(struct heap *h, struct heap_marking *m) {
  heap_follow(m);
  struct heap_obj **link = &h->first;
  while (*link != NULL) {
    struct heap_obj *o = *link;
    if (o->marked) {
      o->marked = false;
      link = &o->next;
    } else {
      *link = o->next;
      free_obj(h, o);
    }
  }
  const size_t twice = 2 * h->used;
  h->next_collection =
      twice < HEAP_FIRST_COLLECTION ? HEAP_FIRST_COLLECTION : twice;
}

void heap_unmark(const struct heap *h) {
  for (struct heap_obj *o = h->first; o != NULL; o = o->next) {
    o->marked = false;
  }
}
