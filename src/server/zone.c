#include "server/zone.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

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

enum bt_err zone_read(struct text name, char bytes[ZONE_MAX_BYTES],
                      struct text *out) {
  if (!tz_name_is_valid(name)) {
    return BT_ERR_RANGE;
  }
  const bool utc = text_equal(name, TEXT("UTC"));
  const size_t len = utc ? 0 : read_zone(name, bytes);
  if (len == 0 && !utc) {
    return BT_ERR_NOT_FOUND;
  }
  *out = (struct text){bytes, len};
  return BT_ERR_OK;
}

enum bt_err zone_load(const struct mem *mem, struct text name,
                      struct tz **out) {
  char bytes[ZONE_MAX_BYTES];
  struct text file;
  const enum bt_err err = zone_read(name, bytes, &file);
  if (err != BT_ERR_OK) {
    return err;
  }
  if (file.len == 0) {
    *out = NULL;
    return BT_ERR_OK;
  }
  return tz_from_tzif(mem, name, file, out);
}
