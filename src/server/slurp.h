/* slurp.h - a file that a person wrote, whole. */
#ifndef BATON_SERVER_SLURP_H
#define BATON_SERVER_SLURP_H

#include <stddef.h>

#include "base/arena.h"
#include "base/text.h"

/* 0, and the bytes in the arena; or an errno: EFBIG beyond @max, ENOMEM. */
int file_slurp(struct arena *arena, const char *path, size_t max,
               struct text *out);

#endif
