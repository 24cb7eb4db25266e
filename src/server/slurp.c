#include "server/slurp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Room for the whole file and one byte more, which shows that it is at its end;
 * of what has no size, such as a pipe, for its beginning. */
static size_t room_for(FILE *f, size_t max) {
  enum { BEGINNING = 64 << 10 };
  struct stat s;
  const bool known = fstat(fileno(f), &s) == 0 && S_ISREG(s.st_mode);
  const size_t size = known ? (size_t)s.st_size : BEGINNING;
  return (size < max ? size : max) + 1;
}

/* 0, ENOMEM or what the system said; beyond @max it stops. */
static int read_all(FILE *f, size_t max, char **bytes, size_t *len) {
  size_t room = room_for(f, max);
  *bytes = NULL;
  *len = 0;
  for (;;) {
    char *more = realloc(*bytes, room);
    if (more == NULL) {
      return ENOMEM;
    }
    *bytes = more;
    errno = 0;
    *len += fread(*bytes + *len, 1, room - *len, f);
    if (ferror(f)) {
      return errno;
    }
    if (*len < room || room > max) {
      return 0;
    }
    room = room > max / 2 ? max + 1 : room * 2;
  }
}

int file_slurp(struct arena *arena, const char *path, size_t max,
               struct text *out) {
  FILE *f = fopen(path, "rb");
  if (f == NULL) {
    return errno;
  }
  char *bytes;
  size_t len;
  int why = read_all(f, max, &bytes, &len);
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
