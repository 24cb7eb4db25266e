/* Dates from text, in the forms that people and other systems write. */
#include "studio/date_priv.h"

enum { TEXT_MAX = 64 };

struct date_reader {
  struct text rest;
  bool bad;
  int64_t year, month, day; /* 0: not there yet */
  bool has_date, has_time, has_half, has_zone;
  int64_t hour, minute, second, millisecond;
  int32_t offset_s; /* from UTC, when it has a zone */
};

/* ---- characters */

static char peek(const struct date_reader *r, size_t ahead) {
  if (ahead >= r->rest.len) {
    return '\0';
  }
  return r->rest.ptr[ahead];
}

static void skip(struct date_reader *r, size_t n) {
  r->rest = text_sub(r->rest, n, r->rest.len);
}

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

static bool is_letter(char c) {
  return ((unsigned char)c | 0x20) >= 'a' && ((unsigned char)c | 0x20) <= 'z';
}

static void skip_blanks(struct date_reader *r) {
  while (peek(r, 0) == ' ' || peek(r, 0) == '\t' || peek(r, 0) == ',') {
    skip(r, 1);
  }
}

/* Up to nine digits; *@digits says how many. */
static int64_t take_number(struct date_reader *r, size_t *digits) {
  int64_t n = 0;
  *digits = 0;
  while (is_digit(peek(r, 0)) && *digits < 10) {
    n = n * 10 + (peek(r, 0) - '0');
    skip(r, 1);
    (*digits)++;
  }
  r->bad = r->bad || *digits == 0 || *digits > 9;
  return n;
}

static struct text take_letters(struct date_reader *r) {
  size_t n = 0;
  while (is_letter(peek(r, n))) {
    n++;
  }
  const struct text word = text_sub(r->rest, 0, n);
  skip(r, n);
  return word;
}

/* ---- words */

/* Which of the names it is, or the first three letters of one; from 1. */
static int find_name(struct text word, const char *const names[], int count) {
  for (int i = 0; i < count; i++) {
    const struct text name = text_from(names[i]);
    if (text_equal_nocase(word, name) ||
        text_equal_nocase(word, text_sub(name, 0, 3))) {
      return i + 1;
    }
  }
  return 0;
}

static int month_of(struct text word) {
  static const char *const months[] = {
      "January", "February", "March",     "April",   "May",      "June",
      "July",    "August",   "September", "October", "November", "December"};
  return text_equal_nocase(word, TEXT("sept")) ? 9
                                               : find_name(word, months, 12);
}

static bool is_weekday(struct text word) {
  static const char *const days[] = {"Sunday",    "Monday",   "Tuesday",
                                     "Wednesday", "Thursday", "Friday",
                                     "Saturday"};
  return find_name(word, days, 7) > 0;
}

static bool is_zone(struct text word) {
  return text_equal_nocase(word, TEXT("z")) ||
         text_equal_nocase(word, TEXT("gmt")) ||
         text_equal_nocase(word, TEXT("utc"));
}

static void take_half(struct date_reader *r, bool afternoon) {
  r->bad = r->bad || !r->has_time || r->has_half || r->hour < 1 || r->hour > 12;
  r->has_half = true;
  r->hour = r->hour % 12 + (afternoon ? 12 : 0);
}

static void take_word(struct date_reader *r) {
  const struct text word = take_letters(r);
  const int month = month_of(word);
  if (month > 0) {
    r->bad = r->bad || r->month != 0;
    r->month = month;
  } else if (text_equal_nocase(word, TEXT("am")) ||
             text_equal_nocase(word, TEXT("pm"))) {
    take_half(r, (word.ptr[0] | 0x20) == 'p');
  } else if (is_zone(word) && r->has_time && !r->has_zone) {
    r->has_zone = true;
  } else if (!is_weekday(word) &&
             !(text_equal_nocase(word, TEXT("t")) && r->has_date)) {
    r->bad = true;
  }
}

/* ---- numbers */

/* Years of two digits: 1950 to 2049. */
static int64_t whole_year(int64_t year, size_t digits) {
  return digits > 2 ? year : year + (year < 50 ? 2000 : 1900);
}

static void take_milliseconds(struct date_reader *r) {
  int64_t unit = 100;
  r->bad = r->bad || !is_digit(peek(r, 0));
  for (; is_digit(peek(r, 0)); skip(r, 1)) {
    r->millisecond += (peek(r, 0) - '0') * unit;
    unit /= 10;
  }
}

static void take_time(struct date_reader *r, int64_t hour) {
  size_t digits;
  r->bad = r->bad || r->has_time;
  r->has_time = true;
  r->hour = hour;
  if (peek(r, 0) != ':') {
    return;
  }
  skip(r, 1);
  r->minute = take_number(r, &digits);
  if (peek(r, 0) == ':') {
    skip(r, 1);
    r->second = take_number(r, &digits);
    if (peek(r, 0) == '.') {
      skip(r, 1);
      take_milliseconds(r);
    }
  }
}

/* 2/9/2023, 2023-02-09, 09-Feb-2023: @first has been read. */
static void take_date(struct date_reader *r, int64_t first, size_t digits) {
  const char sign = peek(r, 0);
  size_t second_digits = 2, third_digits = 0;
  r->bad = r->bad || r->has_date || r->month != 0;
  skip(r, 1);
  const bool word = is_letter(peek(r, 0));
  const int64_t second =
      word ? month_of(take_letters(r)) : take_number(r, &second_digits);
  r->bad = r->bad || peek(r, 0) != sign;
  skip(r, 1);
  const int64_t third = take_number(r, &third_digits);
  const bool year_first = digits == 4;
  r->year = year_first ? first : whole_year(third, third_digits);
  r->month = year_first || word ? second : first;
  r->day = year_first ? third : word ? first : second;
  r->has_date = true;
}

/* Is it the hour of "8 AM"? */
static bool half_follows(const struct date_reader *r) {
  struct date_reader ahead = *r;
  skip_blanks(&ahead);
  const struct text word = take_letters(&ahead);
  return text_equal_nocase(word, TEXT("am")) ||
         text_equal_nocase(word, TEXT("pm"));
}

static void take_digits(struct date_reader *r) {
  size_t digits;
  const int64_t n = take_number(r, &digits);
  const char next = peek(r, 0);
  if (next == ':' || half_follows(r)) {
    take_time(r, n);
  } else if (next == '/' || next == '-') {
    take_date(r, n, digits);
  } else if (r->day == 0) {
    r->day = n;
  } else if (r->year == 0) {
    r->year = whole_year(n, digits);
  } else {
    r->bad = true;
  }
}

static void take_offset(struct date_reader *r) {
  const bool west = peek(r, 0) == '-';
  size_t digits;
  r->bad = r->bad || !r->has_time || r->has_zone;
  skip(r, 1);
  int64_t hours = take_number(r, &digits), minutes = 0;
  if (peek(r, 0) == ':') {
    skip(r, 1);
    minutes = take_number(r, &digits);
  } else if (digits == 4) {
    minutes = hours % 100;
    hours /= 100;
  }
  r->bad = r->bad || hours > 23 || minutes > 59;
  r->has_zone = true;
  const int64_t s = (hours * 60 + minutes) * 60;
  r->offset_s = r->bad ? 0 : (int32_t)(west ? -s : s);
}

/* ---- the whole */

static bool time_exists(const struct date_reader *r) {
  return r->hour <= 23 && r->minute <= 59 && r->second <= 59;
}

static bool finish(const struct date_reader *r, const struct tz *zone,
                   double *out) {
  const bool dated = r->day != 0 || r->month != 0 || r->year != 0;
  if (r->bad || !time_exists(r) || (!dated && !r->has_time) ||
      (dated && !date_exists(r->year, r->month, r->day)) ||
      (r->has_zone && !dated)) {
    return false;
  }
  const int64_t of_day_s = (r->hour * 60 + r->minute) * 60 + r->second;
  const int64_t of_day_ms = of_day_s * 1000 + r->millisecond;
  struct civil c = {.year = 1899, .month = 12, .day = 30};
  if (dated) {
    c = (struct civil){.year = (int32_t)r->year,
                       .month = (uint8_t)r->month,
                       .day = (uint8_t)r->day};
  }
  int64_t ms = date_to_ms(date_from_civil(c)) + of_day_ms;
  if (r->has_zone) {
    ms -= (int64_t)r->offset_s * 1000;
    const int64_t unix_s = date_to_unix_s(NULL, date_from_ms(ms));
    ms += (int64_t)tz_offset_at(zone, unix_s) * 1000;
  }
  *out = date_from_ms(ms);
  return date_is_valid(*out);
}

bool date_read(struct text t, const struct tz *zone, bool local_only,
               double *out) {
  struct date_reader r = {.rest = text_trim(t)};
  if (r.rest.len > TEXT_MAX) {
    return false;
  }
  while (r.rest.len > 0 && !r.bad) {
    const char c = peek(&r, 0);
    if (is_digit(c)) {
      take_digits(&r);
    } else if (is_letter(c)) {
      take_word(&r);
    } else if ((c == '+' || c == '-') && r.has_time) {
      take_offset(&r);
    } else {
      r.bad = true;
    }
    skip_blanks(&r);
  }
  return !(local_only && r.has_zone) && finish(&r, zone, out);
}
