/* The numbers of text.h, to text and from it, the same in every locale. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/text.h"

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool text_to_i64(struct text t, int64_t *out) {
  const bool negative = t.len != 0 && t.ptr[0] == '-';
  const uint64_t max = negative ? (uint64_t)INT64_MAX + 1 : INT64_MAX;
  uint64_t n = 0;
  size_t at = negative;
  if (at == t.len) {
    return false;
  }
  for (; at < t.len; at++) {
    const uint64_t digit = (uint64_t)(t.ptr[at] - '0');
    if (!is_digit(t.ptr[at]) || n > (max - digit) / 10) {
      return false;
    }
    n = n * 10 + digit;
  }
  /* Negated without a sign first: INT64_MIN has no positive twin. */
  *out = negative ? (int64_t)(0 - n) : (int64_t)n;
  return true;
}

/* A decimal number taken apart. */
struct decimal {
  bool negative;
  struct text digits; /* with the point, if there is one */
  int exponent;       /* of ten, as written */
};

static size_t skip_digits(struct text t, size_t at) {
  while (at < t.len && is_digit(t.ptr[at])) {
    at++;
  }
  return at;
}

/* The exponent at @at, after the letter; an absurd one is as good as a big
 * one. */
static bool take_exponent(struct text t, size_t at, int *exponent) {
  const bool negative = at < t.len && t.ptr[at] == '-';
  if (at < t.len && (t.ptr[at] == '-' || t.ptr[at] == '+')) {
    at++;
  }
  if (at == t.len) {
    return false;
  }
  int n = 0;
  for (; at < t.len; at++) {
    if (!is_digit(t.ptr[at])) {
      return false;
    }
    n = n < 100000000 ? n * 10 + (t.ptr[at] - '0') : n;
  }
  *exponent = negative ? -n : n;
  return true;
}

static bool take_apart(struct text t, struct decimal *d) {
  *d = (struct decimal){.negative = t.len != 0 && t.ptr[0] == '-'};
  const size_t begin = d->negative;
  size_t at = skip_digits(t, begin);
  size_t last = begin; /* where a digit must have been read since */
  if (at < t.len && t.ptr[at] == '.') {
    last = at + 1;
    at = skip_digits(t, last);
  }
  if (at == last) {
    return false;
  }
  d->digits = text_sub(t, begin, at - begin);
  if (at == t.len) {
    return true;
  }
  return (t.ptr[at] == 'e' || t.ptr[at] == 'E') &&
         take_exponent(t, at + 1, &d->exponent);
}

/* Up to 2^53 a mantissa is exact, up to 10^22 a power of ten is: one division
 * or multiplication of the two is then rounded once, which is correct. */
static bool convert_short(const struct decimal *d, double *out) {
  static const double power[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                 1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  uint64_t mantissa = 0;
  int exponent = d->exponent;
  bool in_fraction = false;
  for (size_t i = 0; i < d->digits.len; i++) {
    if (d->digits.ptr[i] == '.') {
      in_fraction = true;
      continue;
    }
    mantissa = mantissa * 10 + (uint64_t)(d->digits.ptr[i] - '0');
    exponent -= in_fraction;
    if (mantissa > UINT64_C(1) << 53) {
      return false;
    }
  }
  if (exponent < -22 || exponent > 22) {
    return false;
  }
  const double m = (double)mantissa;
  *out = exponent < 0 ? m / power[-exponent] : m * power[exponent];
  return true;
}

/* No double needs more digits than these to be told from its neighbours; a
 * digit beyond them matters only by not being zero. */
enum { DIGITS_MAX = 780, EXPONENT_TEXT = 16 };

/* Written as digits and an exponent, without the point, which strtod would
 * expect in the form of the locale. */
static double convert_long(const struct decimal *d) {
  char copy[DIGITS_MAX + 1 + EXPONENT_TEXT];
  size_t len = 0;
  int64_t exponent = d->exponent;
  bool in_fraction = false;
  bool rest = false;
  for (size_t i = 0; i < d->digits.len; i++) {
    const char c = d->digits.ptr[i];
    if (c == '.') {
      in_fraction = true;
    } else if (len == DIGITS_MAX) {
      rest = rest || c != '0';
      exponent += !in_fraction;
    } else {
      exponent -= in_fraction;
      len += len != 0 || c != '0';
      copy[len == 0 ? 0 : len - 1] = c;
    }
  }
  if (rest) {
    copy[len++] = '1';
    exponent--;
  }
  (void)snprintf(copy + len, EXPONENT_TEXT, "e%d",
                 exponent < -99999  ? -99999
                 : exponent > 99999 ? 99999
                                    : (int)exponent);
  return len == 0 ? 0.0 : strtod(copy, NULL);
}

bool text_to_double(struct text t, double *out) {
  struct decimal d;
  double n;
  if (!take_apart(t, &d)) {
    return false;
  }
  if (!convert_short(&d, &n)) {
    n = convert_long(&d);
  }
  if (!isfinite(n)) {
    return false;
  }
  *out = d.negative ? -n : n;
  return true;
}

enum { INTEGER_TEXT_MAX = 20 };

/* Writes the digits of @n so that they end before @end; returns their begin. */
static char *put_integer(char *end, uint64_t n) {
  char *at = end;
  for (; n >= 100; n /= 100) {
    *--at = (char)('0' + n % 10);
    *--at = (char)('0' + n / 10 % 10);
  }
  *--at = (char)('0' + n % 10);
  if (n >= 10) {
    *--at = (char)('0' + n / 10);
  }
  return at;
}

void textbuf_add_u64(struct textbuf *b, uint64_t n) {
  char out[INTEGER_TEXT_MAX];
  char *end = out + sizeof out;
  const char *at = put_integer(end, n);
  textbuf_add(b, (struct text){at, (size_t)(end - at)});
}

void textbuf_add_i64(struct textbuf *b, int64_t n) {
  char out[INTEGER_TEXT_MAX];
  char *end = out + sizeof out;
  char *at = put_integer(end, n < 0 ? 0 - (uint64_t)n : (uint64_t)n);
  if (n < 0) {
    *--at = '-';
  }
  textbuf_add(b, (struct text){at, (size_t)(end - at)});
}

/* The significant digits of a number: 0.d1d2d3… times ten to the @point. */
struct digits {
  bool negative;
  int point;
  int count;
  char digit[17];
};

static struct digits digits_of(double d, int count) {
  char form[48];
  (void)snprintf(form, sizeof form, "%.*e", count - 1, d);
  struct digits out = {.negative = form[0] == '-'};
  const char *at = form + out.negative;
  for (; *at != 'e'; at++) {
    if (is_digit(*at)) { /* all but the point of the locale */
      out.digit[out.count++] = *at;
    }
  }
  out.point = (int)strtol(at + 1, NULL, 10) + 1;
  while (out.count > 1 && out.digit[out.count - 1] == '0') {
    out.count--;
  }
  return out;
}

/* People read plain digits from a millionth to 10^21; beyond, an exponent. */
enum { POINT_MIN = -5, POINT_MAX = 21, DOUBLE_TEXT_MAX = 32 };

static size_t put_zeros(char *out, int count) {
  for (int i = 0; i < count; i++) {
    out[i] = '0';
  }
  return count > 0 ? (size_t)count : 0;
}

static size_t put_plain(char *out, const struct digits *d) {
  size_t len = 0;
  if (d->point <= 0) {
    len += put_zeros(out, 1);
    out[len++] = '.';
    len += put_zeros(out + len, -d->point);
  }
  for (int i = 0; i < d->count; i++) {
    if (i == d->point && i > 0) {
      out[len++] = '.';
    }
    out[len++] = d->digit[i];
  }
  return len + put_zeros(out + len, d->point - d->count);
}

static size_t put_exponent(char *out, const struct digits *d) {
  size_t len = 0;
  for (int i = 0; i < d->count; i++) {
    if (i == 1) {
      out[len++] = '.';
    }
    out[len++] = d->digit[i];
  }
  return len + (size_t)snprintf(out + len, DOUBLE_TEXT_MAX - len, "e%d",
                                d->point - 1);
}

static struct text format_double(char out[DOUBLE_TEXT_MAX], double value,
                                 int significant) {
  const struct digits d = digits_of(value, significant);
  size_t len = 0;
  if (d.negative) {
    out[len++] = '-';
  }
  const bool plain = d.point >= POINT_MIN && d.point <= POINT_MAX;
  len += plain ? put_plain(out + len, &d) : put_exponent(out + len, &d);
  return (struct text){out, len};
}

/* A number of millionths that reads back as @d is what 15 digits of @d say: no
 * two numbers of 15 digits read as the same double. The quotient of two
 * integers below 2^53 is rounded once, like a number that is read. */
static bool add_millionths(struct textbuf *b, double d) {
  const double millionths = round(fabs(d) * 1e6);
  if (!(millionths >= 1 && millionths < 1e15) || millionths / 1e6 != fabs(d)) {
    return false;
  }
  const uint64_t n = (uint64_t)millionths;
  uint64_t fraction = n % 1000000;
  int places = 6;
  for (; fraction % 10 == 0 && places > 1; fraction /= 10) {
    places--;
  }
  char out[DOUBLE_TEXT_MAX];
  char *end = out + sizeof out;
  char *at = end;
  for (; places > 0; places--, fraction /= 10) {
    *--at = (char)('0' + fraction % 10);
  }
  *--at = '.';
  at = put_integer(at, n / 1000000);
  if (d < 0) {
    *--at = '-';
  }
  textbuf_add(b, (struct text){at, (size_t)(end - at)});
  return true;
}

/* What needs no library: what is no number, integers of up to 15 digits, and
 * the fractions that people use. */
static bool add_simple(struct textbuf *b, double d) {
  if (isnan(d)) {
    textbuf_add(b, TEXT("nan"));
  } else if (isinf(d)) {
    textbuf_add(b, d < 0 ? TEXT("-inf") : TEXT("inf"));
  } else if (fabs(d) < 1e15 && trunc(d) == d) {
    textbuf_add_i64(b, (int64_t)d);
  } else {
    return add_millionths(b, d);
  }
  return true;
}

void textbuf_add_double(struct textbuf *b, double d) {
  char out[DOUBLE_TEXT_MAX];
  if (!add_simple(b, d)) {
    textbuf_add(b, format_double(out, d, 15));
  }
}

void textbuf_add_double_exact(struct textbuf *b, double d) {
  if (add_simple(b, d)) {
    return;
  }
  char out[DOUBLE_TEXT_MAX];
  for (int significant = 15; significant <= 17; significant++) {
    const struct text t = format_double(out, d, significant);
    double back = 0;
    /* 15 digits of the largest numbers round up to more than there is */
    if (text_to_double(t, &back) && (back == d || significant == 17)) {
      textbuf_add(b, t);
      return;
    }
  }
}
