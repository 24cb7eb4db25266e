#include "server/zone.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

/* Today's largest file has 3.5 KiB. */
enum { ZONE_MAX_BYTES = 65536 };

static size_t read_zone(struct text name, char bytes[ZONE_MAX_BYTES]) {
  const char *dir = getenv("TZDIR");
  char path[PATH_MAX];
  const int n =
      snprintf(path, sizeof path, "%s/%.*s",
               dir == NULL ? "/usr/share/zoneinfo" : dir, TEXT_ARG(name));
  FILE *f = n > 0 && n < PATH_MAX ? fopen(path, "rb") : NULL;
  if (f == NULL) {
    return 0;
  }
  const size_t len = fread(bytes, 1, ZONE_MAX_BYTES, f);
  (void)fclose(f);
  return len;
}

enum bt_err zone_load(const struct mem *mem, struct text name,
                      struct tz **out) {
  if (!tz_name_is_valid(name)) {
    return BT_ERR_RANGE;
  }
  if (text_equal(name, TEXT("UTC"))) {
    *out = NULL;
    return BT_ERR_OK;
  }
  char bytes[ZONE_MAX_BYTES];
  const size_t len = read_zone(name, bytes);
  return len == 0 ? BT_ERR_NOT_FOUND
                  : tz_from_tzif(mem, name, (struct text){bytes, len}, out);
}
