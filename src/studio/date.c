/* Arithmetic of dates. */
#include <math.h>

#include "base/check.h"
#include "studio/date_priv.h"

enum { DAYS_TO_1970 = 25569, DAYS_END = 2958466 };

#define DAY_MS INT64_C(86400000)
#define DAY_US (DAY_MS * 1000)

bool date_is_valid(double days) {
  return days >= DATE_FIRST_DAY && days < DAYS_END &&
         date_to_ms(days) < DAYS_END * DAY_MS;
}

int64_t date_to_ms(double days) {
  return llround(days * (double)DAY_MS);
}

double date_from_ms(int64_t ms) {
  return (double)ms / (double)DAY_MS;
}

struct civil date_to_civil(double days) {
  const int64_t ms = date_to_ms(days) - DAYS_TO_1970 * DAY_MS;
  return civil_from_us(ms * 1000);
}

double date_from_civil(struct civil c) {
  return date_from_ms(civil_to_us(c) / 1000 + DAYS_TO_1970 * DAY_MS);
}

unsigned date_days_of_month(int64_t year, int64_t month) {
  static const uint8_t days[] = {31, 28, 31, 30, 31, 30,
                                 31, 31, 30, 31, 30, 31};
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  bt_check(month >= 1 && month <= 12);
  return month == 2 && leap ? 29 : days[month - 1];
}

bool date_exists(int64_t year, int64_t month, int64_t day) {
  return year >= DATE_YEAR_MIN && year <= DATE_YEAR_MAX && month >= 1 &&
         month <= 12 && day >= 1 && day <= date_days_of_month(year, month);
}

double date_floor(double days) {
  return (double)time_div_floor(date_to_ms(days), DAY_MS);
}

/* 1899-12-30 was a Saturday. */
int date_weekday(double days) {
  const int64_t day = time_div_floor(date_to_ms(days), DAY_MS);
  return (int)(((day + 6) % 7 + 7) % 7);
}

/* ---- zones */

double date_from_unix_us(const struct tz *zone, int64_t unix_us) {
  const int64_t unix_s = time_div_floor(unix_us, 1000000);
  const int64_t local_ms = time_div_floor(unix_us, 1000) +
                           (int64_t)tz_offset_at(zone, unix_s) * 1000;
  return date_from_ms(local_ms + DAYS_TO_1970 * DAY_MS);
}

int64_t date_to_unix_s(const struct tz *zone, double days) {
  const int64_t ms = date_to_ms(days) - DAYS_TO_1970 * DAY_MS;
  return tz_from_local(zone, time_div_floor(ms, 1000));
}

/* ---- units */

static const struct unit_name {
  const char *name;
  enum date_unit unit;
} unit_names[] = {
    {"yyyy", DATE_YEAR},       {"yy", DATE_YEAR},
    {"y", DATE_YEAR},          {"year", DATE_YEAR},
    {"q", DATE_QUARTER},       {"qq", DATE_QUARTER},
    {"quarter", DATE_QUARTER}, {"m", DATE_MONTH},
    {"mm", DATE_MONTH},        {"month", DATE_MONTH},
    {"w", DATE_WEEK},          {"ww", DATE_WEEK},
    {"wk", DATE_WEEK},         {"week", DATE_WEEK},
    {"d", DATE_DAY},           {"dd", DATE_DAY},
    {"day", DATE_DAY},         {"h", DATE_HOUR},
    {"hh", DATE_HOUR},         {"hr", DATE_HOUR},
    {"hour", DATE_HOUR},       {"n", DATE_MINUTE},
    {"nn", DATE_MINUTE},       {"mi", DATE_MINUTE},
    {"min", DATE_MINUTE},      {"minute", DATE_MINUTE},
    {"s", DATE_SECOND},        {"ss", DATE_SECOND},
    {"sec", DATE_SECOND},      {"second", DATE_SECOND},
    {"ms", DATE_MILLISECOND},  {"millisecond", DATE_MILLISECOND},
    {"dw", DATE_WEEKDAY},      {"dow", DATE_WEEKDAY},
    {"weekday", DATE_WEEKDAY}, {"dy", DATE_DAY_OF_YEAR},
    {"doy", DATE_DAY_OF_YEAR}, {"dayofyear", DATE_DAY_OF_YEAR},
};

enum date_unit date_unit_find(struct text name) {
  struct text t = text_trim(name);
  if (t.len > 3 && text_ends(t, TEXT("s"))) {
    t.len--;
  }
  for (size_t i = 0; i < sizeof unit_names / sizeof unit_names[0]; i++) {
    if (text_equal_nocase(t, text_from(unit_names[i].name))) {
      return unit_names[i].unit;
    }
  }
  return DATE_UNITS;
}

/* Of the units that have a length. */
static int64_t unit_ms(enum date_unit unit) {
  switch ((unsigned)unit) {
  case DATE_WEEK:
    return 7 * DAY_MS;
  case DATE_HOUR:
    return 3600000;
  case DATE_MINUTE:
    return 60000;
  case DATE_SECOND:
    return 1000;
  case DATE_MILLISECOND:
    return 1;
  default:
    return DAY_MS;
  }
}

/* 0 for those that have one. */
static int months_of(enum date_unit unit) {
  return unit == DATE_YEAR      ? 12
         : unit == DATE_QUARTER ? 3
         : unit == DATE_MONTH   ? 1
                                : 0;
}

/* 31 January and a month is the last of February. */
static bool add_months(double days, double n, double *out) {
  struct civil c = date_to_civil(days);
  const double months = (double)c.year * 12 + c.month - 1 + trunc(n);
  if (!(months >= DATE_YEAR_MIN * 12.0 &&
        months < (DATE_YEAR_MAX + 1) * 12.0)) {
    return false;
  }
  c.year = (int32_t)floor(months / 12);
  c.month = (uint8_t)((int64_t)months % 12 + 1);
  const unsigned last = date_days_of_month(c.year, c.month);
  c.day = c.day > last ? (uint8_t)last : c.day;
  *out = date_from_civil(c);
  return true;
}

bool date_add(double days, double n, enum date_unit unit, double *out) {
  const int months = months_of(unit);
  if (months > 0) {
    return add_months(days, n * months, out);
  }
  const double sum = days + n * ((double)unit_ms(unit) / (double)DAY_MS);
  if (!date_is_valid(sum)) {
    return false;
  }
  *out = date_from_ms(date_to_ms(sum));
  return true;
}

/* The milliseconds within the month. */
static int64_t of_month_ms(struct civil c, double days) {
  return (c.day - 1) * DAY_MS +
         (date_to_ms(days) - time_div_floor(date_to_ms(days), DAY_MS) * DAY_MS);
}

static int64_t whole_months(double a, double b) {
  const struct civil from = date_to_civil(a), to = date_to_civil(b);
  int64_t n = ((int64_t)to.year - from.year) * 12 + to.month - from.month;
  const int64_t rest = of_month_ms(to, b) - of_month_ms(from, a);
  if (n > 0 && rest < 0) {
    n--;
  } else if (n < 0 && rest > 0) {
    n++;
  }
  return n;
}

double date_difference(double a, double b, enum date_unit unit) {
  const int months = months_of(unit);
  if (months > 0) {
    const int64_t whole = whole_months(a, b) / months;
    return (double)whole;
  }
  const int64_t whole = (date_to_ms(b) - date_to_ms(a)) / unit_ms(unit);
  return (double)whole;
}

static double day_of_year(struct civil c) {
  double n = c.day;
  for (int month = 1; month < c.month; month++) {
    n += date_days_of_month(c.year, month);
  }
  return n;
}

double date_part(double days, enum date_unit unit) {
  const struct civil c = date_to_civil(days);
  switch (unit) {
  case DATE_YEAR:
    return c.year;
  case DATE_QUARTER:
    return floor((c.month - 1) / 3.0) + 1;
  case DATE_MONTH:
    return c.month;
  case DATE_WEEK: /* as people count without a calendar: from 1 January */
    return floor((day_of_year(c) - 1) / 7) + 1;
  case DATE_DAY:
    return c.day;
  case DATE_HOUR:
    return c.hour;
  case DATE_MINUTE:
    return c.minute;
  case DATE_SECOND:
    return c.second;
  case DATE_MILLISECOND:
    return floor(c.microsecond / 1000.0);
  case DATE_WEEKDAY:
    return date_weekday(days);
  case DATE_DAY_OF_YEAR:
    return day_of_year(c);
  case DATE_UNITS:
    break;
  }
  bt_check_failed("a unit of time", __FILE__, __LINE__, __func__);
}
