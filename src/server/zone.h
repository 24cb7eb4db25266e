/* zone.h - time zones from this machine's files. */
#ifndef BATON_SERVER_ZONE_H
#define BATON_SERVER_ZONE_H

#include "base/err.h"
#include "base/tz.h"

/* The zone of this name, from the directory that TZDIR names or from the
 * system's (Debian's package tzdata); the caller frees it. "UTC" needs no file
 * and gives NULL. BT_ERR_RANGE: the name is none. BT_ERR_NOT_FOUND: there is no
 * such file. BT_ERR_CORRUPT: it is no TZif file. BT_ERR_NOMEM. */
enum bt_err zone_load(const struct mem *mem, struct text name,
                      struct tz **out) BT_USE_RESULT;

/* Its file's bytes, none for "UTC"; they lie in @bytes. The same errors but
 * CORRUPT. Today's largest file has 3.5 KiB. */
enum { ZONE_MAX_BYTES = 65536 };
enum bt_err zone_read(struct text name, char bytes[ZONE_MAX_BYTES],
                      struct text *out) BT_USE_RESULT;

#endif
