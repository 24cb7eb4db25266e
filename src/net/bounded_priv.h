/* bounded_priv.h - memory with a named limit, taken from other memory. */
#ifndef BATON_NET_BOUNDED_PRIV_H
#define BATON_NET_BOUNDED_PRIV_H

#include "base/mem.h"

struct bounded {
  struct mem mem; /* to be handed on */
  const struct mem *under;
  size_t used, limit; /* bytes */
};

/* @under is borrowed; the object must not move. */
void bounded_init(struct bounded *b, const struct mem *under, size_t limit);

#endif
