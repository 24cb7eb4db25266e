#include "server/slurp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

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
