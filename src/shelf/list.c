#include "shelf/list.h"

#include <stddef.h>

enum { DEPTH = 4 };

struct shelf_thing {
  struct shelf_thing *next;
  struct arena arena; /* of its texts */
  max_align_t thing[];
};

/* ---- one thing */

static size_t size_of(const struct shelf_list *l) {
  return sizeof(struct shelf_thing) + l->kind->size;
}

static enum bt_err read_thing(const struct shelf_list *l, struct text value,
                              struct shelf_thing *t) {
  struct json *tree = NULL;
  const struct text source = arena_copy_text(&t->arena, value);
  if (source.ptr == NULL) {
    return BT_ERR_NOMEM;
  }
  const enum bt_err err = json_parse(&t->arena, source, DEPTH, &tree, NULL);
  if (err != BT_ERR_OK) {
    return err == BT_ERR_NOMEM ? err : BT_ERR_CORRUPT;
  }
  return l->kind->read(tree, t->thing) ? BT_ERR_OK : BT_ERR_CORRUPT;
}

static void thing_free(const struct shelf_list *l, struct shelf_thing *t) {
  arena_free(&t->arena);
  mem_free(l->mem, t, size_of(l));
}

static enum bt_err thing_new(const struct shelf_list *l, struct text value,
                             struct shelf_thing **out) {
  struct shelf_thing *t = mem_new(l->mem, size_of(l));
  if (t == NULL) {
    return BT_ERR_NOMEM;
  }
  arena_init(&t->arena, l->mem, 0);
  const enum bt_err err = read_thing(l, value, t);
  if (err != BT_ERR_OK) {
    thing_free(l, t);
    return err;
  }
  *out = t;
  return BT_ERR_OK;
}

/* ---- all of them */

static void link_last(struct shelf_list *l, struct shelf_thing *t) {
  *l->end = t;
  l->end = &t->next;
  l->count++;
}

static enum bt_err read_all(struct shelf_list *l) {
  size_t at = 0;
  const struct shelf_entry *e;
  enum bt_err err = BT_ERR_OK;
  while (err == BT_ERR_OK && (e = shelf_next(&l->shelf, 0, &at)) != NULL) {
    struct shelf_thing *t = NULL;
    err = thing_new(l, e->value, &t);
    if (err == BT_ERR_OK) {
      link_last(l, t);
    }
  }
  return err;
}

enum bt_err shelf_list_open(struct shelf_list *l, const struct mem *mem,
                            const struct shelf_kind *kind,
                            struct text directory) {
  *l = (struct shelf_list){.mem = mem, .kind = kind};
  l->end = &l->first;
  enum bt_err err = shelf_open(&l->shelf, mem, &kind->form, directory);
  if (err == BT_ERR_OK) {
    err = read_all(l);
  }
  if (err != BT_ERR_OK) {
    shelf_list_close(l);
  }
  return err;
}

void shelf_list_close(struct shelf_list *l) {
  while (l->first != NULL) {
    struct shelf_thing *t = l->first;
    l->first = t->next;
    thing_free(l, t);
  }
  shelf_close(&l->shelf);
}

enum bt_err shelf_list_add(struct shelf_list *l, const void *thing) {
  struct textbuf value;
  struct json_out o;
  struct shelf_thing *t = NULL;
  textbuf_init(&value, l->mem);
  json_out_init(&o, &value);
  l->kind->write(thing, &o);
  enum bt_err err =
      value.failed ? BT_ERR_NOMEM : thing_new(l, textbuf_text(&value), &t);
  if (err == BT_ERR_OK) {
    err = shelf_put(&l->shelf, 0, l->kind->id(thing), textbuf_text(&value));
  }
  textbuf_free(&value);
  if (err == BT_ERR_OK) {
    link_last(l, t);
  } else if (t != NULL) {
    thing_free(l, t);
  }
  return err;
}

enum bt_err shelf_list_remove(struct shelf_list *l, struct text id) {
  struct shelf_thing **at = &l->first;
  while (*at != NULL && !text_equal(l->kind->id((*at)->thing), id)) {
    at = &(*at)->next;
  }
  struct shelf_thing *t = *at;
  if (t == NULL) {
    return BT_ERR_NOT_FOUND;
  }
  const enum bt_err err = shelf_put(&l->shelf, 0, id, TEXT(""));
  if (err == BT_ERR_OK) {
    *at = t->next;
    l->end = l->end == &t->next ? at : l->end;
    l->count--;
    thing_free(l, t);
  }
  return err;
}

/* ---- looking */

const void *shelf_list_next(const struct shelf_list *l, const void *thing) {
  const struct shelf_thing *next = l->first;
  if (thing != NULL) {
    const char *begin = thing;
    const void *own = begin - offsetof(struct shelf_thing, thing);
    next = ((const struct shelf_thing *)own)->next;
  }
  return next == NULL ? NULL : next->thing;
}

void shelf_list_write(const struct shelf_list *l, struct json_out *o) {
  json_open_list(o);
  for (const struct shelf_thing *t = l->first; t != NULL; t = t->next) {
    l->kind->write(t->thing, o);
  }
  json_close_list(o);
}
