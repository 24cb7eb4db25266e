#include "base/calendar.h"

#include "base/check.h"

#define SECOND_US INT64_C(1000000)
#define DAY_US    (86400 * SECOND_US)

/* What 64 bits of microseconds can hold, with room to spare. */
enum { YEAR_MAX = 290000 };

/* Days are counted from 0000-03-01, so that the leap day ends its year, in
 * eras of 400 years, which all have the same length. */
enum { DAYS_PER_ERA = 146097, DAYS_TO_1970 = 719468 };

/* Days from 1970-01-01 to the civil date. */
static int64_t days_from_civil(int64_t year, unsigned month, unsigned day) {
  const int64_t y = month <= 2 ? year - 1 : year;
  const int64_t era = time_div_floor(y, 400);
  const int64_t year_of_era = y - era * 400;
  const int64_t month_from_march = (month + 9) % 12;
  const int64_t day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
  const int64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * DAYS_PER_ERA + day_of_era - DAYS_TO_1970;
}

static void set_date(struct civil *c, int64_t days) {
  const int64_t from_march = days + DAYS_TO_1970;
  const int64_t era = time_div_floor(from_march, DAYS_PER_ERA);
  const int64_t day_of_era = from_march - era * DAYS_PER_ERA;
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 -
       day_of_era / (DAYS_PER_ERA - 1)) /
      365;
  const int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t month_from_march = (5 * day_of_year + 2) / 153;
  c->day = (uint8_t)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
  c->month = (uint8_t)((month_from_march + 2) % 12 + 1);
  c->year = (int32_t)(year_of_era + era * 400 + (c->month <= 2));
}

struct civil civil_from_us(int64_t unix_us) {
  /* The remainder first: the first day of all, times its length, would not fit.
   */
  const int64_t rest_us = unix_us % DAY_US;
  const int64_t of_day_us = rest_us < 0 ? rest_us + DAY_US : rest_us;
  const int64_t of_day_s = of_day_us / SECOND_US;
  struct civil c = {
      .hour = (uint8_t)(of_day_s / 3600),
      .minute = (uint8_t)(of_day_s / 60 % 60),
      .second = (uint8_t)(of_day_s % 60),
      .microsecond = (uint32_t)(of_day_us % SECOND_US),
  };
  set_date(&c, time_div_floor(unix_us, DAY_US));
  return c;
}

int64_t civil_to_us(struct civil c) {
  bt_check(c.year >= -YEAR_MAX && c.year <= YEAR_MAX);
  bt_check(c.month >= 1 && c.month <= 12);
  const int64_t days = days_from_civil(c.year, c.month, c.day);
  const int64_t minutes = days * 1440 + c.hour * INT64_C(60) + c.minute;
  return (minutes * 60 + c.second) * SECOND_US + c.microsecond;
}

static char *put_digits(char *at, unsigned n, unsigned width) {
  for (unsigned i = width; i-- > 0; n /= 10) {
    at[i] = (char)('0' + n % 10);
  }
  return at + width;
}

struct text time_to_text(int64_t unix_us, char out[TIME_TEXT_MAX]) {
  const struct civil c = civil_from_us(unix_us);
  char *at = out;
  if (c.year < 0) {
    *at++ = '-';
  }
  const unsigned year = (unsigned)(c.year < 0 ? -c.year : c.year);
  at = put_digits(at, year, year > 9999 ? 6 : 4);
  *at++ = '-';
  at = put_digits(at, c.month, 2);
  *at++ = '-';
  at = put_digits(at, c.day, 2);
  *at++ = 'T';
  at = put_digits(at, c.hour, 2);
  *at++ = ':';
  at = put_digits(at, c.minute, 2);
  *at++ = ':';
  at = put_digits(at, c.second, 2);
  *at++ = '.';
  at = put_digits(at, c.microsecond / 1000, 3);
  *at++ = 'Z';
  return (struct text){out, (size_t)(at - out)};
}

void textbuf_add_time(struct textbuf *b, int64_t unix_us) {
  char out[TIME_TEXT_MAX];
  textbuf_add(b, time_to_text(unix_us, out));
}

/* Reading: a cursor that goes bad at the first thing that does not fit. */
struct cursor {
  struct text rest;
  bool bad;
};

static char take(struct cursor *c) {
  if (c->rest.len == 0) {
    c->bad = true;
    return '\0';
  }
  const char taken = *c->rest.ptr;
  c->rest = text_sub(c->rest, 1, c->rest.len);
  return taken;
}

static void take_either(struct cursor *c, char one, char other) {
  const char got = take(c);
  c->bad = c->bad || (got != one && got != other);
}

static unsigned take_digits(struct cursor *c, unsigned width, unsigned max) {
  unsigned n = 0;
  for (unsigned i = 0; i < width; i++) {
    const char digit = take(c);
    c->bad = c->bad || digit < '0' || digit > '9';
    n = c->bad ? 0 : n * 10 + (unsigned)(digit - '0');
  }
  c->bad = c->bad || n > max;
  return n;
}

static bool next_is_digit(const struct cursor *c) {
  return c->rest.len != 0 && *c->rest.ptr >= '0' && *c->rest.ptr <= '9';
}

/* Digits beyond the microsecond are read and dropped. */
static uint32_t take_fraction(struct cursor *c) {
  if (c->rest.len == 0 || *c->rest.ptr != '.') {
    return 0;
  }
  (void)take(c);
  c->bad = c->bad || !next_is_digit(c);
  uint32_t us = 0;
  for (uint32_t unit = 100000; next_is_digit(c); unit /= 10) {
    us += (uint32_t)(take(c) - '0') * unit;
  }
  return us;
}

static int64_t take_offset_s(struct cursor *c) {
  const char sign = take(c);
  if (sign == 'Z' || sign == 'z') {
    return 0;
  }
  c->bad = c->bad || (sign != '+' && sign != '-');
  const int64_t hours = take_digits(c, 2, 23);
  take_either(c, ':', ':');
  const int64_t minutes = take_digits(c, 2, 59);
  const int64_t offset_s = (hours * 60 + minutes) * 60;
  return sign == '-' ? -offset_s : offset_s;
}

static unsigned days_of_month(int32_t year, unsigned month) {
  static const uint8_t days[] = {31, 28, 31, 30, 31, 30,
                                 31, 31, 30, 31, 30, 31};
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return month == 2 && leap ? 29 : days[month - 1];
}

static bool date_exists(struct civil c) {
  return c.month >= 1 && c.day >= 1 && c.day <= days_of_month(c.year, c.month);
}

static struct civil take_civil(struct cursor *in) {
  struct civil c = {0};
  c.year = (int32_t)take_digits(in, 4, 9999);
  take_either(in, '-', '-');
  c.month = (uint8_t)take_digits(in, 2, 12);
  take_either(in, '-', '-');
  c.day = (uint8_t)take_digits(in, 2, 31);
  take_either(in, 'T', 't');
  c.hour = (uint8_t)take_digits(in, 2, 23);
  take_either(in, ':', ':');
  c.minute = (uint8_t)take_digits(in, 2, 59);
  take_either(in, ':', ':');
  c.second = (uint8_t)take_digits(in, 2, 60);
  c.microsecond = take_fraction(in);
  return c;
}

/* A leap second is the last one of a UTC day; it counts as the next second. */
static bool second_exists(struct civil c, int64_t unix_us) {
  return c.second < 60 || time_div_floor(unix_us, SECOND_US) % 86400 == 0;
}

bool time_from_text(struct text t, int64_t *unix_us) {
  struct cursor in = {.rest = t};
  const struct civil c = take_civil(&in);
  const int64_t offset_s = take_offset_s(&in);
  if (in.bad || in.rest.len != 0 || !date_exists(c)) {
    return false;
  }
  const int64_t us = civil_to_us(c) - offset_s * SECOND_US;
  if (!second_exists(c, us)) {
    return false;
  }
  *unix_us = us;
  return true;
}
