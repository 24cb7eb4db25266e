/* calendar.h - civil dates from microseconds since 1970, UTC. Pure. */
#ifndef BATON_BASE_CALENDAR_H
#define BATON_BASE_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

struct civil {
  int32_t year;
  uint8_t month, day; /* from 1 */
  uint8_t hour, minute, second;
  uint32_t microsecond;
};

/* Rounded down, before 1970, too; @unit > 0. */
static inline int64_t time_div_floor(int64_t time, int64_t unit) {
  return time / unit - (time % unit < 0);
}

struct civil civil_from_us(int64_t unix_us);
/* The year must lie within 290,000 of year 0. */
int64_t civil_to_us(struct civil c);
/* "2026-11-22T13:07:13.123Z" (RFC 3339, milliseconds); its text, which lies in
 * @out. */
enum { TIME_TEXT_MAX = sizeof "-290000-11-22T13:07:13.123Z" };
struct text time_to_text(int64_t unix_us, char out[TIME_TEXT_MAX]);
void textbuf_add_time(struct textbuf *b, int64_t unix_us);
/* RFC 3339 with Z or an offset; false if it is anything else. */
bool time_from_text(struct text t, int64_t *unix_us);

#endif
