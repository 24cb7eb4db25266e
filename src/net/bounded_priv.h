/* bounded_priv.h - memory with a named limit, taken from other memory. */
#ifndef BATON_NET_BOUNDED_PRIV_H
#define BATON_NET_BOUNDED_PRIV_H

#include "base/mem.h"

struct bounded {
  struct mem mem; /* to be handed on */
  const struct mem *under;
  size_t used, limit; /* bytes */
};

/* Of the same memory, for users who must leave some of it to others. */
struct bounded_share {
  struct mem mem; /* to be handed on */
  struct bounded *of;
  size_t limit; /* bytes that all together may hold after this one has grown */
};

/* @under is borrowed; the object must not move. */
void bounded_init(struct bounded *b, const struct mem *under, size_t limit);
/* @of is borrowed; the object must not move. */
void bounded_share_init(struct bounded_share *s, struct bounded *of,
                        size_t limit);

#endif
