/* format: a text with places for values, "%1 of %2", or a number in a pattern,
 * "#,##0.00", as the vendor's language has both. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "studio/builtin_impl_priv.h"
#include "studio/date_priv.h"

enum { PATTERN_MAX = 64, PLACES_MAX = 15, NUMBER_CHARS = 256 };

/* ---- numbers */

/* A pattern in parts: "($" "#,##0" "." "00" ")". */
struct pattern {
  struct text prefix, whole, fraction, suffix;
  unsigned places; /* behind the point */
  bool groups, percent;
};

static bool is_place(char c) {
  return c == '0' || c == '#';
}

static size_t find_place(struct text t, size_t from) {
  while (from < t.len && !is_place(t.ptr[from])) {
    from++;
  }
  return from;
}

/* Behind the last place. */
static size_t places_end(struct text t) {
  while (t.len > 0 && !is_place(t.ptr[t.len - 1])) {
    t.len--;
  }
  return t.len;
}

static bool read_pattern(struct text t, struct pattern *p) {
  const size_t first = find_place(t, 0), end = places_end(t);
  if (first == t.len || t.len > PATTERN_MAX) {
    return false;
  }
  size_t point = text_find(t, TEXT("."), 0);
  const size_t from = point + 1 == first ? point : first;
  if (point > end) {
    point = end;
  }
  *p = (struct pattern){.prefix = text_sub(t, 0, from),
                        .whole = text_sub(t, from, point - from),
                        .suffix = text_sub(t, end, t.len)};
  if (point < end) {
    p->fraction = text_sub(t, point + 1, end - point - 1);
  }
  for (size_t i = 0; i < p->fraction.len; i++) {
    p->places += is_place(p->fraction.ptr[i]);
  }
  p->groups = text_find(p->whole, TEXT(","), 0) < p->whole.len;
  p->percent = text_find(t, TEXT("%"), 0) < t.len;
  return p->places <= PLACES_MAX;
}

/* N2, F1, D4, P, C: the pattern that is meant. */
static struct text named_pattern(struct text t, char out[PATTERN_MAX]) {
  static const struct {
    char letter;
    unsigned places;
    const char *whole;
  } named[] = {{'N', 2, "#,##0"},
               {'F', 2, "0"},
               {'P', 2, "#,##0"},
               {'C', 2, "$#,##0"},
               {'D', 1, ""}};
  int64_t places = 0;
  const struct text digits = text_sub(t, 1, t.len);
  const bool given = text_to_i64(digits, &places) && places <= PLACES_MAX;
  for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
    if (t.len == 0 || (t.ptr[0] & ~0x20) != named[i].letter ||
        (digits.len > 0 && !given)) {
      continue;
    }
    const unsigned n = given ? (unsigned)places : named[i].places;
    const bool integer = named[i].letter == 'D';
    const int written =
        snprintf(out, PATTERN_MAX, "%s%s%.*s%s", named[i].whole,
                 n > 0 && !integer ? "." : "", (int)n, "000000000000000",
                 named[i].letter == 'P' ? "%" : "");
    return (struct text){out, (size_t)written};
  }
  return t;
}

/* The whole part, put from its end. */
struct backwards {
  char chars[NUMBER_CHARS];
  size_t count, digits;
  bool groups;
};

static void put_back(struct backwards *w, char c) {
  if (w->count < sizeof w->chars) {
    w->chars[w->count++] = c;
  }
}

static void put_digit(struct backwards *w, struct text *left) {
  if (w->groups && w->digits > 0 && w->digits % 3 == 0) {
    put_back(w, ',');
  }
  char digit = '0';
  if (left->len > 0) {
    digit = left->ptr[--left->len];
  }
  put_back(w, digit);
  w->digits++;
}

/* Places take digits, what is between them stays; the first place takes all
 * that is left. */
static void put_whole(const struct pattern *p, struct text digits,
                      struct textbuf *out) {
  struct backwards w = {.groups = p->groups};
  for (size_t i = p->whole.len; i > 0; i--) {
    const char c = p->whole.ptr[i - 1];
    if (is_place(c) && (digits.len > 0 || c == '0')) {
      put_digit(&w, &digits);
    } else if (!is_place(c) && !(c == ',' && p->groups)) {
      put_back(&w, c);
    }
  }
  while (p->whole.len > 0 && digits.len > 0) {
    put_digit(&w, &digits);
  }
  while (w.count > 0) {
    textbuf_add_char(out, w.chars[--w.count]);
  }
}

/* Zeros at the end are put for a 0 and left out for a #. */
static void put_fraction(const struct pattern *p, struct text digits,
                         struct textbuf *out) {
  size_t used = digits.len, at = 0;
  while (used > 0 && digits.ptr[used - 1] == '0') {
    used--;
  }
  bool point = false;
  for (size_t i = 0; i < p->fraction.len; i++) {
    const char c = p->fraction.ptr[i];
    if (c == '#' && at++ >= used) {
      continue;
    }
    at += c == '0';
    textbuf_add(out, point ? TEXT("") : TEXT("."));
    point = true;
    if (is_place(c)) {
      textbuf_add_char(out, digits.ptr[at - 1]);
    } else {
      textbuf_add_char(out, c);
    }
  }
}

/* False: it is no pattern, or the number is too large for one. */
static bool put_number(double x, struct text pattern, struct textbuf *out) {
  struct pattern p;
  char named[PATTERN_MAX], digits[64];
  if (!read_pattern(named_pattern(pattern, named), &p)) {
    return false;
  }
  const double n = builtin_round(fabs(x) * (p.percent ? 100 : 1), p.places);
  if (!(n < 1e15)) {
    return false;
  }
  const int len = snprintf(digits, sizeof digits, "%.*f", (int)p.places, n);
  const struct text all = {digits, (size_t)len};
  const size_t point = text_find(all, TEXT("."), 0);
  const struct text whole = text_sub(all, 0, point);
  textbuf_add(out, x < 0 && n > 0 ? TEXT("-") : TEXT(""));
  textbuf_add(out, p.prefix);
  put_whole(&p, text_equal(whole, TEXT("0")) ? TEXT("") : whole, out);
  put_fraction(&p, text_sub(all, point + 1, all.len), out);
  textbuf_add(out, p.suffix);
  return true;
}

/* ---- texts */

/* %1 … %9; %% is one per cent sign. */
static void put_places(const struct builtin *b, struct text t,
                       struct textbuf *out) {
  char part[BUILTIN_SHORT];
  for (size_t i = 0; i < t.len; i++) {
    const int next = i + 1 < t.len ? t.ptr[i + 1] : ' ';
    if (t.ptr[i] != '%' || (next != '%' && (next < '1' || next > '9'))) {
      textbuf_add_char(out, t.ptr[i]);
      continue;
    }
    i++;
    const unsigned n = next == '%' ? 0 : (unsigned)(next - '0');
    if (n == 0) {
      textbuf_add_char(out, '%');
    } else if (n < b->argc) {
      textbuf_add(out, builtin_text(b, n, part));
    }
  }
}

enum op_result builtin_do_FORMAT(const struct builtin *b) {
  char buffer[BUILTIN_SHORT];
  double x;
  const bool pattern = b->argc == 2 && value_tag(b->args[1]) == VALUE_TEXT;
  if (pattern && value_tag(b->args[0]) == VALUE_DATE) {
    return builtin_do_DATEFMT(b);
  }
  const bool number = pattern && value_to_number(b->args[0], &x);
  struct textbuf *out = builtin_scratch(b);
  if (!number || !put_number(x, value_as_text(b->args[1]), out)) {
    put_places(b, builtin_text(b, 0, buffer), out);
  }
  return builtin_put_scratch(b);
}
