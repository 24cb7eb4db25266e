/* region.h - memory that can be put back: all that an engine has, in one piece.
 *
 * An engine takes its memory from whoever makes it and keeps nothing elsewhere.
 * So a copy of the region is a copy of the engine, and putting the copy back,
 * at the same place, is going back in time.
 */
#ifndef BATON_TESTS_REGION_H
#define BATON_TESTS_REGION_H

#include <stddef.h>

#include "base/mem.h"

/* Empty again; whatever was in it is gone. */
void region_reset(void);
const struct mem *region_mem(void);
size_t region_used(void);

struct region_copy {
  unsigned char *bytes; /* owned */
  size_t len, cap;
};
void region_save(struct region_copy *copy);
void region_put_back(const struct region_copy *copy);
void region_copy_free(struct region_copy *copy);

#endif
