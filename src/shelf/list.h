/* list.h - things of one kind on a shelf, in the order in which they came, each
 * under its own id, understood at the start and whole in memory since.
 *
 * One that cannot be understood is an error of the start: a hold must not be as
 * if there were none.
 */
#ifndef BATON_SHELF_LIST_H
#define BATON_SHELF_LIST_H

#include "shelf/shelf.h"

/* Static storage. */
struct shelf_kind {
  struct shelf_form form; /* of one section */
  size_t size;            /* of the struct that a thing is */
  struct text (*id)(const void *thing);
  void (*write)(const void *thing, struct json_out *o);
  /* Its texts are those of the tree. False: it is no such thing. */
  bool (*read)(const struct json *tree, void *thing);
};

struct shelf_thing;

struct shelf_list {
  const struct mem *mem;
  const struct shelf_kind *kind;
  struct shelf shelf;
  struct shelf_thing *first, **end;
  size_t count;
};

/* As shelf_open(). After an error there is nothing to close. */
enum bt_err shelf_list_open(struct shelf_list *l, const struct mem *mem,
                            const struct shelf_kind *kind,
                            struct text directory) BT_USE_RESULT;
void shelf_list_close(struct shelf_list *l);

/* Behind all others, copied; it is on the disk when this returns. BT_ERR_IO: it
 * is not, and nothing has changed. BT_ERR_NOMEM. */
enum bt_err shelf_list_add(struct shelf_list *l,
                           const void *thing) BT_USE_RESULT;
/* BT_ERR_NOT_FOUND. Else as shelf_list_add(). */
enum bt_err shelf_list_remove(struct shelf_list *l,
                              struct text id) BT_USE_RESULT;

/* The one behind @thing, or the first behind NULL; NULL at the end. Good until
 * it is removed. */
const void *shelf_list_next(const struct shelf_list *l, const void *thing);
/* All of them, as a JSON list. */
void shelf_list_write(const struct shelf_list *l, struct json_out *o);

#endif
