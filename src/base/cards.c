#include "base/cards.h"

#include <string.h>

enum { DIGITS_MIN = 13, DIGITS_MAX = 19, KEPT = 4, GAP_MAX = 3 };

/* Of each scheme: from which to which first digits, and the lengths. */
static const struct scheme {
  unsigned digits, from, to, shortest, longest;
} schemes[] = {
    {1, 4, 4, 13, 19},       /* Visa */
    {2, 51, 55, 16, 16},     /* Mastercard */
    {4, 2221, 2720, 16, 16}, /* Mastercard */
    {2, 34, 34, 15, 15},     /* American Express */
    {2, 37, 37, 15, 15},     /* American Express */
    {3, 300, 305, 14, 19},   /* Diners Club */
    {2, 36, 36, 14, 19},     /* Diners Club */
    {2, 38, 39, 14, 19},     /* Diners Club */
    {4, 6011, 6011, 16, 19}, /* Discover */
    {3, 644, 649, 16, 19},   /* Discover */
    {2, 65, 65, 16, 19},     /* Discover */
    {4, 3528, 3589, 16, 19}, /* JCB */
    {2, 62, 62, 16, 19},     /* UnionPay */
    {2, 50, 50, 13, 19},     /* Maestro */
    {2, 56, 58, 13, 19},     /* Maestro */
    {4, 6304, 6304, 13, 19}, /* Maestro */
    {4, 6759, 6763, 13, 19}, /* Maestro */
};

/* Digits of a text that may be one number, and where they stand. */
struct candidate {
  size_t at[DIGITS_MAX];
  unsigned digit[DIGITS_MAX];
  size_t count;
};

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

static bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool joins(char c) {
  return c == '-' || c == '_';
}

/* Ids are of digits and letters, in groups: what is part of one is no card's.
 * A word may stand right before: "Visa4111…". */
static bool begins_token(const char *bytes, size_t at) {
  at -= at > 0 && joins(bytes[at - 1]);
  while (at > 0 && is_letter(bytes[at - 1])) {
    at--;
  }
  return at == 0 || !is_digit(bytes[at - 1]);
}

static bool ends_token(const char *bytes, size_t len, size_t at) {
  at += at + 1 < len && joins(bytes[at]);
  return at == len || (!is_digit(bytes[at]) && !is_letter(bytes[at]));
}

/* How long the one separator is that stands at @at; 0: none does. */
static size_t gap_at(const char *bytes, size_t len, size_t at) {
  static const char *const gaps[] = {" ",
                                     "-",
                                     ".",
                                     "/",
                                     "\xC2\xA0",
                                     "\xE2\x80\x87",
                                     "\xE2\x80\x89",
                                     "\xE2\x80\xAF",
                                     "\xE2\x80\x90",
                                     "\xE2\x80\x91",
                                     "\xE2\x80\x93"};
  for (size_t i = 0; i < sizeof gaps / sizeof gaps[0]; i++) {
    const size_t n = strlen(gaps[i]);
    if (n <= len - at && memcmp(bytes + at, gaps[i], n) == 0) {
      return n;
    }
  }
  return 0;
}

/* " - " is one gap, too. */
static size_t skip_gaps(const char *bytes, size_t len, size_t at) {
  for (int i = 0; i < GAP_MAX && at < len; i++) {
    at += gap_at(bytes, len, at);
  }
  return at;
}

static bool fits_scheme(const struct candidate *c) {
  for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
    const struct scheme *s = &schemes[i];
    unsigned first = 0;
    for (unsigned d = 0; d < s->digits; d++) {
      first = first * 10 + c->digit[d];
    }
    if (first >= s->from && first <= s->to && c->count >= s->shortest &&
        c->count <= s->longest) {
      return true;
    }
  }
  return false;
}

static bool fits_check_digit(const struct candidate *c) {
  unsigned sum = 0;
  for (size_t i = 0; i < c->count; i++) {
    const unsigned digit = c->digit[i];
    const bool doubled = (c->count - i) % 2 == 0;
    sum += !doubled ? digit : digit < 5 ? digit * 2 : digit * 2 - 9;
  }
  return sum % 10 == 0;
}

/* The longest card number that begins at @at, where a group of digits does, and
 * ends where one ends. Its end; @at: there is none. */
static size_t find_card(const char *bytes, size_t len, size_t at, bool bare,
                        struct candidate *out) {
  struct candidate c = {.count = 0};
  size_t end = at;
  for (size_t i = at; i < len && is_digit(bytes[i]) && c.count < DIGITS_MAX;) {
    c.at[c.count] = i;
    c.digit[c.count++] = (unsigned)(bytes[i++] - '0');
    if (i < len && is_digit(bytes[i])) {
      continue;
    }
    if (c.count >= DIGITS_MIN && ends_token(bytes, len, i) && fits_scheme(&c) &&
        fits_check_digit(&c)) {
      *out = c;
      end = i;
    }
    i = bare ? len : skip_gaps(bytes, len, i);
  }
  return end;
}

static void mask(char *bytes, const struct candidate *c, char with) {
  for (size_t i = 0; i + KEPT < c->count; i++) {
    bytes[c->at[i]] = with;
  }
}

static bool has_enough(const char *bytes, size_t len) {
  size_t digits = 0;
  for (size_t i = 0; i < len && digits < DIGITS_MIN; i++) {
    digits += is_digit(bytes[i]);
  }
  return digits >= DIGITS_MIN;
}

size_t cards_mask(char *bytes, size_t len, bool json) {
  size_t found = 0;
  bool quoted = !json;
  if (!has_enough(bytes, len)) {
    return 0;
  }
  for (size_t i = 0; i < len; i++) {
    struct candidate c = {.count = 0};
    const bool begins = is_digit(bytes[i]) && begins_token(bytes, i);
    const size_t end = begins ? find_card(bytes, len, i, !quoted, &c) : i;
    if (end > i) {
      mask(bytes, &c, quoted ? '*' : '9');
      found++;
      i = end - 1;
    } else if (json && bytes[i] == '\\') {
      i++;
    } else if (json && bytes[i] == '"') {
      quoted = !quoted;
    }
  }
  return found;
}
