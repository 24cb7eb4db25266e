/* tz.h - time zones from the bytes of a TZif file (RFC 8536) or a POSIX rule.
 *
 * Reading files is the shell's: it hands in what /usr/share/zoneinfo holds. A
 * NULL zone is UTC everywhere below.
 */
#ifndef BATON_BASE_TZ_H
#define BATON_BASE_TZ_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"

enum { TZ_NAME_MAX = 64 };

struct tz;

/* The zone @name (kept for tz_name) from the bytes of its TZif file, version 1
 * to 4. BT_ERR_RANGE: the name is none. BT_ERR_CORRUPT: the bytes are no TZif
 * file. BT_ERR_NOMEM. */
enum bt_err tz_from_tzif(const struct mem *mem, struct text name,
                         struct text bytes, struct tz **out) BT_USE_RESULT;
/* From a rule as POSIX writes it: "EST5EDT,M3.2.0,M11.1.0". BT_ERR_SYNTAX,
 * BT_ERR_NOMEM. */
enum bt_err tz_from_rule(const struct mem *mem, struct text rule,
                         struct tz **out) BT_USE_RESULT;
void tz_free(struct tz *zone); /* NULL is fine */

/* "Europe/Berlin": letters, digits, _ + - and single slashes inside, so that it
 * can be a file's name below the zones' directory and nowhere else. */
bool tz_name_is_valid(struct text name);
struct text tz_name(const struct tz *zone); /* "UTC" for NULL */

/* Seconds that local time is ahead of UTC at this moment. */
int32_t tz_offset_at(const struct tz *zone, int64_t unix_s);
/* The moment when clocks there show @local_s (seconds since 1970 on that
 * clock). Of an hour that comes twice the first; of one that is left out, as
 * much later as clocks were put forward. */
int64_t tz_from_local(const struct tz *zone, int64_t local_s);

#endif
