/* Dates as text: the way they print, and the vendor's custom formats, which are
 * those of .NET. */
#include <string.h>

#include "studio/date_priv.h"

static const char *const month_names[] = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};

static const char *const day_names[] = {"Sunday",    "Monday",   "Tuesday",
                                        "Wednesday", "Thursday", "Friday",
                                        "Saturday"};

/* ---- as it prints */

static char *put_two(char *at, unsigned n, char after) {
  *at++ = (char)('0' + n / 10 % 10);
  *at++ = (char)('0' + n % 10);
  *at++ = after;
  return at;
}

static char *put_date(char *at, struct civil c) {
  at = put_two(at, c.month, '/');
  at = put_two(at, c.day, '/');
  *at++ = (char)('0' + c.year / 1000 % 10);
  *at++ = (char)('0' + c.year / 100 % 10);
  *at++ = (char)('0' + c.year / 10 % 10);
  *at++ = (char)('0' + c.year % 10);
  return at;
}

static unsigned hour_of_half(struct civil c) {
  return c.hour % 12 == 0 ? 12 : c.hour % 12;
}

static char *put_time(char *at, struct civil c) {
  at = put_two(at, hour_of_half(c), ':');
  at = put_two(at, c.minute, ':');
  at = put_two(at, c.second, ' ');
  *at++ = c.hour < 12 ? 'A' : 'P';
  *at++ = 'M';
  return at;
}

struct text date_to_text(double days, char out[DATE_TEXT_MAX]) {
  if (!date_is_valid(days)) {
    return TEXT("");
  }
  const int64_t ms = date_to_ms(days);
  const bool has_date = ms < 0 || ms >= 86400000;
  const bool has_time = !has_date || ms % 86400000 != 0;
  const struct civil c = date_to_civil(days);
  char *at = out;
  if (has_date) {
    at = put_date(at, c);
  }
  if (has_date && has_time) {
    *at++ = ' ';
  }
  if (has_time) {
    at = put_time(at, c);
  }
  return (struct text){out, (size_t)(at - out)};
}

/* ---- formats */

struct formatter {
  struct textbuf *out;
  struct civil c;
  int weekday;
  int32_t offset_s;
};

static void put_name(const struct formatter *f, const char *name, size_t n) {
  textbuf_add(f->out, text_sub(text_from(name), 0, n == 3 ? 3 : 99));
}

static void put_number(const struct formatter *f, unsigned n, size_t width) {
  textbuf_addf(f->out, "%0*u", (int)(width > 9 ? 9 : width), n);
}

static void put_day(const struct formatter *f, size_t n) {
  if (n > 2) {
    put_name(f, day_names[f->weekday], n);
  } else {
    put_number(f, f->c.day, n);
  }
}

static void put_month(const struct formatter *f, size_t n) {
  if (n > 2) {
    put_name(f, month_names[f->c.month - 1], n);
  } else {
    put_number(f, f->c.month, n);
  }
}

static void put_year(const struct formatter *f, size_t n) {
  const unsigned year = (unsigned)f->c.year;
  put_number(f, n <= 2 ? year % 100 : year, n);
}

/* ff: hundredths; FF: the same without zeros behind. */
static void put_fraction(const struct formatter *f, size_t n, bool trimmed) {
  char digits[8];
  uint32_t rest = f->c.microsecond;
  n = n > 7 ? 7 : n;
  for (size_t i = 0; i < 7; i++) {
    digits[i] = (char)('0' + rest / 100000);
    rest = rest % 100000 * 10;
  }
  while (trimmed && n > 0 && digits[n - 1] == '0') {
    n--;
  }
  textbuf_add(f->out, (struct text){digits, n});
}

static void put_half(const struct formatter *f, size_t n) {
  const struct text half = f->c.hour < 12 ? TEXT("AM") : TEXT("PM");
  textbuf_add(f->out, text_sub(half, 0, n));
}

static void put_offset(const struct formatter *f, size_t n) {
  const unsigned minutes =
      (unsigned)(f->offset_s < 0 ? -f->offset_s : f->offset_s) / 60;
  textbuf_add_char(f->out, f->offset_s < 0 ? '-' : '+');
  put_number(f, minutes / 60, n > 1 ? 2 : 1);
  if (n > 2) {
    textbuf_add_char(f->out, ':');
    put_number(f, minutes % 60, 2);
  }
}

/* False if @c is no specifier. */
static bool put_specifier(const struct formatter *f, char c, size_t n) {
  switch (c) {
  case 'd':
    put_day(f, n);
    return true;
  case 'M':
    put_month(f, n);
    return true;
  case 'y':
    put_year(f, n);
    return true;
  case 'h':
    put_number(f, hour_of_half(f->c), n > 2 ? 2 : n);
    return true;
  case 'H':
    put_number(f, f->c.hour, n > 2 ? 2 : n);
    return true;
  case 'm':
    put_number(f, f->c.minute, n > 2 ? 2 : n);
    return true;
  case 's':
    put_number(f, f->c.second, n > 2 ? 2 : n);
    return true;
  case 'f':
  case 'F':
    put_fraction(f, n, c == 'F');
    return true;
  case 't':
    put_half(f, n);
    return true;
  case 'z':
    put_offset(f, n);
    return true;
  case 'K':
    if (f->offset_s == 0) {
      textbuf_add_char(f->out, 'Z');
    } else {
      put_offset(f, 3);
    }
    return true;
  default:
    return false;
  }
}

/* 'text' or "text" as it stands; the place behind it. */
static size_t put_quoted(const struct formatter *f, struct text t, size_t at) {
  const char mark = t.ptr[at++];
  while (at < t.len && t.ptr[at] != mark) {
    textbuf_add_char(f->out, t.ptr[at++]);
  }
  return at + 1;
}

static size_t put_next(const struct formatter *f, struct text t, size_t at) {
  const char c = t.ptr[at];
  size_t n = 1;
  if (c == '\'' || c == '"') {
    return put_quoted(f, t, at);
  }
  if (c == '\\' && at + 1 < t.len) {
    textbuf_add_char(f->out, t.ptr[at + 1]);
    return at + 2;
  }
  if (c == '%') { /* marks a specifier that stands alone */
    return at + 1;
  }
  while (at + n < t.len && t.ptr[at + n] == c) {
    n++;
  }
  if (put_specifier(f, c, n)) {
    return at + n;
  }
  textbuf_add_char(f->out, c);
  return at + 1;
}

void date_format(double days, struct text format, const struct tz *zone,
                 struct textbuf *out) {
  const struct formatter f = {
      .out = out,
      .c = date_to_civil(days),
      .weekday = date_weekday(days),
      .offset_s = tz_offset_at(zone, date_to_unix_s(zone, days))};
  for (size_t at = 0; at < format.len;) {
    at = put_next(&f, format, at);
  }
}
