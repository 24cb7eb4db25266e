#include "server/slurp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int file_slurp(struct arena *arena, const char *path, size_t max,
               struct text *out) {
  FILE *f = fopen(path, "rb");
  if (f == NULL) {
    return errno;
  }
  char *bytes = malloc(max + 1);
  errno = 0;
  const size_t len = bytes == NULL ? 0 : fread(bytes, 1, max + 1, f);
  int why = bytes == NULL ? ENOMEM : ferror(f) ? errno : 0;
  (void)fclose(f);
  if (why == 0 && len > max) {
    why = EFBIG;
  }
  if (why == 0) {
    *out = arena_copy_text(arena, (struct text){bytes, len});
    why = out->ptr == NULL ? ENOMEM : 0;
  }
  free(bytes);
  return why;
}

static char *real_path(struct text path) {
  char *copy = strndup(path.ptr, path.len);
  char *real = copy == NULL ? NULL : realpath(copy, NULL);
  free(copy);
  return real;
}

bool file_is_same(struct text a, struct text b) {
  char *one = real_path(a), *two = real_path(b);
  const bool same = one != NULL && two != NULL && strcmp(one, two) == 0;
  free(one);
  free(two);
  return same;
}
