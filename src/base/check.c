#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>

void bt_check_failed(const char *what, const char *file, int line,
                     const char *func) {
  fprintf(stderr, "baton: check failed: %s\n  in %s, %s:%d\n", what, func, file,
          line);
  abort();
}
