/* The rules of POSIX.1, section 8.3: "CET-1CEST,M3.5.0,M10.5.0/3". */
#include "base/calendar.h"
#include "base/tz_priv.h"

enum {
  HOUR_S = 3600,
  DAY_S = 86400,
  DEFAULT_TIME_S = 2 * HOUR_S,
  HOURS_MAX = 167 /* RFC 8536 allows a week, before and after */
};

/* ---- reading */

struct rule_reader {
  struct text rest;
  bool bad;
};

static char peek(const struct rule_reader *r) {
  if (r->rest.len == 0) {
    return '\0';
  }
  return r->rest.ptr[0];
}

static bool take(struct rule_reader *r, char c) {
  if (peek(r) != c || r->rest.len == 0) {
    return false;
  }
  r->rest = text_sub(r->rest, 1, r->rest.len);
  return true;
}

static void skip(struct rule_reader *r) {
  r->rest = text_sub(r->rest, 1, r->rest.len);
}

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

static int take_number(struct rule_reader *r, int max) {
  int n = 0;
  r->bad = r->bad || !is_digit(peek(r));
  while (is_digit(peek(r)) && n <= max) {
    n = n * 10 + (peek(r) - '0');
    skip(r);
  }
  r->bad = r->bad || n > max;
  return n;
}

/* "EST", or "<+03>" where it has other signs than letters. */
static void take_name(struct rule_reader *r) {
  size_t letters = 0;
  if (take(r, '<')) {
    while (r->rest.len > 0 && peek(r) != '>') {
      skip(r);
    }
    r->bad = r->bad || !take(r, '>');
    return;
  }
  for (int c = peek(r) | 0x20; c >= 'a' && c <= 'z'; c = peek(r) | 0x20) {
    skip(r);
    letters++;
  }
  r->bad = r->bad || letters < 3;
}

/* [+-]hh[:mm[:ss]] in seconds. */
static int32_t take_time(struct rule_reader *r) {
  const bool minus = take(r, '-');
  if (!minus) {
    (void)take(r, '+');
  }
  int32_t s = take_number(r, HOURS_MAX) * HOUR_S;
  if (take(r, ':')) {
    s += take_number(r, 59) * 60;
    s += take(r, ':') ? take_number(r, 59) : 0;
  }
  return minus ? -s : s;
}

static void take_weekday(struct rule_reader *r, struct tz_day *day) {
  day->kind = TZ_DAY_WEEKDAY;
  day->month = take_number(r, 12);
  r->bad = r->bad || !take(r, '.') || day->month == 0;
  day->week = take_number(r, 5);
  r->bad = r->bad || !take(r, '.') || day->week == 0;
  day->day = take_number(r, 6);
}

static struct tz_day take_day(struct rule_reader *r) {
  struct tz_day day = {.kind = TZ_DAY_COUNTED, .time_s = DEFAULT_TIME_S};
  r->bad = r->bad || !take(r, ',');
  if (take(r, 'M')) {
    take_weekday(r, &day);
  } else if (take(r, 'J')) {
    day.kind = TZ_DAY_JULIAN;
    day.day = take_number(r, 365);
    r->bad = r->bad || day.day == 0;
  } else {
    day.day = take_number(r, 365);
  }
  if (take(r, '/')) {
    day.time_s = take_time(r);
  }
  return day;
}

bool tz_rule_read(struct text t, struct tz_rule *out) {
  struct rule_reader r = {.rest = t};
  struct tz_rule rule = {0};
  take_name(&r);
  rule.standard_s = -take_time(&r); /* POSIX counts to the west */
  if (!r.bad && r.rest.len > 0) {
    rule.has_summer = true;
    take_name(&r);
    const bool stated = r.rest.len > 0 && peek(&r) != ',';
    rule.summer_s = stated ? -take_time(&r) : rule.standard_s + HOUR_S;
    rule.begins = take_day(&r);
    rule.ends = take_day(&r);
  }
  if (r.bad || r.rest.len > 0) {
    return false;
  }
  *out = rule;
  return true;
}

/* ---- a moment */

static int64_t days_to(int32_t year, int month, int day) {
  const struct civil c = {
      .year = year, .month = (uint8_t)month, .day = (uint8_t)day};
  return civil_to_us(c) / (INT64_C(1000000) * DAY_S);
}

/* 1970-01-01 was a Thursday. */
static int weekday(int64_t days) {
  return (int)(((days + 4) % 7 + 7) % 7);
}

static int64_t weekday_of(const struct tz_day *day, int32_t year) {
  const int64_t first = days_to(year, day->month, 1);
  const int64_t next = day->month == 12 ? days_to(year + 1, 1, 1)
                                        : days_to(year, day->month + 1, 1);
  int64_t at = first + (day->day - weekday(first) + 7) % 7;
  for (int week = 1; week < day->week && at + 7 < next; week++) {
    at += 7;
  }
  return at;
}

/* In seconds since 1970 of the clock that is in use until then. */
static int64_t change_s(const struct tz_day *day, int32_t year) {
  const int64_t first = days_to(year, 1, 1);
  const bool leap = days_to(year, 3, 1) - first == 60;
  int64_t days = first + day->day;
  if (day->kind == TZ_DAY_WEEKDAY) {
    days = weekday_of(day, year);
  } else if (day->kind == TZ_DAY_JULIAN) {
    days += leap && day->day >= 60 ? 0 : -1;
  }
  return days * DAY_S + day->time_s;
}

int32_t tz_rule_offset(const struct tz_rule *rule, int64_t unix_s) {
  if (!rule->has_summer) {
    return rule->standard_s;
  }
  const int32_t year =
      civil_from_us((unix_s + rule->standard_s) * INT64_C(1000000)).year;
  const int64_t begins = change_s(&rule->begins, year) - rule->standard_s;
  const int64_t ends = change_s(&rule->ends, year) - rule->summer_s;
  const bool summer = begins < ends ? unix_s >= begins && unix_s < ends
                                    : unix_s >= begins || unix_s < ends;
  return summer ? rule->summer_s : rule->standard_s;
}
