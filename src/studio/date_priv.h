/* date_priv.h - dates: days since 1899-12-30 on the clock of the tenant, with a
 * fraction of a day, as OLE automation and the vendor's language count them.
 *
 * What is asked of a date is right to the millisecond; a double has more.
 */
#ifndef BATON_STUDIO_DATE_PRIV_H
#define BATON_STUDIO_DATE_PRIV_H

#include <stdbool.h>
#include <stdint.h>

#include "base/calendar.h"
#include "base/text.h"
#include "base/tz.h"

/* As many years as a value has bits for milliseconds (value_priv.h). */
enum { DATE_YEAR_MIN = 1100, DATE_YEAR_MAX = 9999, DATE_FIRST_DAY = -292192 };
bool date_is_valid(double days);
struct civil date_to_civil(double days); /* of a valid one */
double date_from_civil(struct civil c);  /* of one that exists */
bool date_exists(int64_t year, int64_t month, int64_t day);
unsigned date_days_of_month(int64_t year, int64_t month);
double date_floor(double days);  /* without the time */
int date_weekday(double days);   /* 0 is Sunday */
int64_t date_to_ms(double days); /* milliseconds since 1899-12-30 */
double date_from_ms(int64_t ms);

/* The clock of the zone at this moment, and back. */
double date_from_unix_us(const struct tz *zone, int64_t unix_us);
int64_t date_to_unix_s(const struct tz *zone, double days);

/* Reads "02/09/2023", "2023-02-09T08:00:00Z", "9 Feb 2023 8:00 AM", "08:00" (a
 * fraction alone) and their like. One that states an offset from UTC is turned
 * to the clock of @zone; with @local_only it is refused, as all else is that is
 * no date. */
bool date_read(struct text t, const struct tz *zone, bool local_only,
               double *out);

/* As it prints: "02/09/2023 08:00:00 AM", without what is zero. */
enum { DATE_TEXT_MAX = 32 };
struct text date_to_text(double days, char out[DATE_TEXT_MAX]);
/* In a format of the vendor's, "dddd, MMMM d yyyy h:mm tt"; @zone for z and K.
 */
void date_format(double days, struct text format, const struct tz *zone,
                 struct textbuf *out);

enum date_unit {
  DATE_YEAR,
  DATE_QUARTER,
  DATE_MONTH,
  DATE_WEEK,
  DATE_DAY,
  DATE_HOUR,
  DATE_MINUTE,
  DATE_SECOND,
  DATE_MILLISECOND,
  DATE_WEEKDAY,
  DATE_DAY_OF_YEAR,
  DATE_UNITS
};

/* "yyyy", "year", "years" …; DATE_UNITS if it is none. */
enum date_unit date_unit_find(struct text name);
/* False: beyond the years that there are. A fraction of a unit counts from
 * weeks down; months and years are whole. */
bool date_add(double days, double n, enum date_unit unit, double *out);
/* Whole units from @a to @b; negative when @b comes first. */
double date_difference(double a, double b, enum date_unit unit);
double date_part(double days, enum date_unit unit);

#endif
