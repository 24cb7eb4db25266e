/* link_priv.h - doubly linked lists through members. A list is a link that no
 * object owns; a link out of any list points to itself. */
#ifndef BATON_NET_LINK_PRIV_H
#define BATON_NET_LINK_PRIV_H

#include <stdbool.h>
#include <stddef.h>

struct link {
  struct link *prev, *next;
};

/* The object of type @type whose member @member is *@link. */
#define LINK_OWNER(link, type, member)                                         \
  ((type *)(void *)((char *)(link)-offsetof(type, member)))

static inline void link_init(struct link *l) {
  l->prev = l->next = l;
}

static inline bool link_is_alone(const struct link *l) {
  return l->next == l;
}

/* Out of whatever list it is in. */
static inline void link_remove(struct link *l) {
  l->prev->next = l->next;
  l->next->prev = l->prev;
  link_init(l);
}

static inline void link_add_last(struct link *list, struct link *l) {
  l->prev = list->prev;
  l->next = list;
  list->prev->next = l;
  list->prev = l;
}

/* All of @from to the end of @to. */
static inline void link_move_all(struct link *from, struct link *to) {
  if (link_is_alone(from)) {
    return;
  }
  from->next->prev = to->prev;
  to->prev->next = from->next;
  from->prev->next = to;
  to->prev = from->prev;
  link_init(from);
}

#endif
