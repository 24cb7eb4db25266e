/* slurp.h - a file that a person wrote, whole. */
#ifndef BATON_SERVER_SLURP_H
#define BATON_SERVER_SLURP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/text.h"

/* 0, and the bytes in the arena; or an errno: EFBIG beyond @max, ENOMEM. */
int file_slurp(struct arena *arena, const char *path, size_t max,
               struct text *out);
/* Do both paths lead to one file? False if one of them leads to none. */
bool file_is_same(struct text a, struct text b);

#endif
