/* hours.h - when a calendar is open: weekly openings, holidays, a time zone.
 *
 * Pure arithmetic on a checked object of config.def. Openings are kept as times
 * of the clock on the wall and become moments day by day, so that a day on
 * which clocks change is as long as it really is.
 */
#ifndef BATON_ENGINE_HOURS_H
#define BATON_ENGINE_HOURS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/tz.h"

enum { HOURS_RANGES_MAX = 8, HOURS_DAYS = 7 };

struct hours_range {
  uint16_t from_min, to_min; /* of the day; to_min at most 1440 */
};

/* The openings of one day, in order and apart from each other. */
struct hours_day {
  struct hours_range ranges[HOURS_RANGES_MAX];
  uint32_t count; /* 0: closed */
};

struct hours_holiday {
  int64_t first, last; /* days since 1970 */
  struct text name;
  struct hours_day day;
};

struct hours {
  struct hours_day week[HOURS_DAYS]; /* Monday first */
  struct hours_holiday *holidays;
  uint32_t holiday_count;
};

/* At a moment: what it is, and when that changes. */
struct hours_look {
  bool open;
  int64_t opens_us;    /* if it is closed; 0: not within a year */
  int64_t closes_us;   /* if it is open; 0: not within a year */
  struct text holiday; /* today's name; "holiday" if it has none; or empty */
};

/* "09:00-12:30, 13:30-18:00"; empty or blank for closed all day. False: a range
 * is none, ends before it begins or begins before the last one has ended, or
 * there are too many. */
bool hours_read_day(struct text t, struct hours_day *out);
/* "2026-12-25" as days since 1970; false if there is no such date. */
bool hours_read_date(struct text t, int64_t *day);
/* Of a checked object; texts and holidays live in @arena. BT_ERR_NOMEM. */
enum bt_err hours_read(const struct json *config, struct arena *arena,
                       struct hours *out) BT_USE_RESULT;
struct hours_look hours_look(const struct hours *h, const struct tz *zone,
                             int64_t now_us);

/* The moment on the zone's clock: "2026-12-28T09:00:00+01:00" (RFC 3339). */
enum { HOURS_TIME_MAX = 40 };
struct text hours_time_text(const struct tz *zone, int64_t unix_us,
                            char out[HOURS_TIME_MAX]);

#endif
